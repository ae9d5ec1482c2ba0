"""Gradients with respect to inputs, which Keras has no function for: one implementation for each backend.

The result is differentiable itself, so that a loss may contain it, such as the penalty on the slope of a
discriminator.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops


def value_and_gradient(function: Callable[[Any], Any], inputs: Any) -> tuple[Any, Any]:
    """Return ``function(inputs)`` and the gradient of its sum with respect to `inputs`, of their shape and dtype.

    If each output depends on the input of the same row alone, as with a network without batch normalisation, the
    gradient's row is that of this output.

    Raises:
        RuntimeError: the backend is neither TensorFlow nor JAX.
    """
    match keras.backend.backend():
        case "tensorflow":
            import tensorflow as tf

            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(inputs)
                value = function(inputs)
            return value, tape.gradient(value, inputs)
        case "jax":
            import jax

            value, pull_back = jax.vjp(function, inputs)
            return value, pull_back(ops.ones_like(value))[0]
        case other:
            raise RuntimeError(f"gradients of inputs are implemented for tensorflow and jax, not for {other}")
