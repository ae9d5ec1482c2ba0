"""Gradients with respect to inputs, which Keras has no function for: one implementation for each backend.

The result is differentiable itself, so that a loss may contain it, such as the penalty on the slope of a
discriminator.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops


def value_and_gradient(function: Callable[[Any], tuple[Any, Any]], inputs: Any) -> tuple[Any, Any, Any]:
    """Return the two results of ``function(inputs)``, and the gradient of the sum of the first one.

    `inputs` is a tensor or a list of tensors; the gradient has its structure, shapes and dtypes. The second result is
    anything else that the function computes. If each row of the first result depends on the same row of `inputs`
    alone, as with a network without batch normalisation, each row of the gradient is that of its own result.

    Raises:
        RuntimeError: the backend is neither TensorFlow nor JAX.
    """
    match keras.backend.backend():
        case "tensorflow":
            import tensorflow as tf

            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(inputs)
                value, others = function(inputs)
            return value, others, tape.gradient(value, inputs)
        case "jax":
            import jax

            value, pull_back, others = jax.vjp(function, inputs, has_aux=True)
            return value, others, pull_back(ops.ones_like(value))[0]
        case other:
            raise RuntimeError(f"gradients of inputs are implemented for tensorflow and jax, not for {other}")
