"""The gradient with respect to inputs: exact, differentiable, equal on both backends."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from keras import ops

from atelier.networks.gradients import value_and_gradient

SCRIPT = """
import keras, numpy as np
from keras import ops
from atelier.networks.gradients import value_and_gradient

keras.utils.set_random_seed(4)
draw = np.random.default_rng(0)
images = draw.standard_normal((3, 8, 8, 2)).astype("float32")
network = keras.Sequential([keras.Input((8, 8, 2)), keras.layers.Conv2D(4, 3), keras.layers.LeakyReLU(0.2),
    keras.layers.AveragePooling2D(2), keras.layers.Flatten(), keras.layers.Dense(1, activation="tanh")])
network.set_weights([draw.standard_normal(w.shape) / 4 for w in network.get_weights()])

class Penalised(keras.Model):
    def __init__(self):
        super().__init__()
        self.network, self.built = network, True

    def call(self, images):
        return images

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        value, _, slope = value_and_gradient(lambda images: (self.network(images), None), x)
        return ops.mean(ops.sum(ops.square(slope), axis=(1, 2, 3))) + ops.mean(value)

model = Penalised()
model.compile(keras.optimizers.SGD(0.1))
losses = [float(model.train_on_batch(images)) for _ in range(3)]
slope = value_and_gradient(lambda images: (network(images), None), ops.convert_to_tensor(images))[2]
weights = {{str(number): weight for number, weight in enumerate(network.get_weights())}}
np.savez({!r}, slope=ops.convert_to_numpy(slope), losses=losses, **weights)
"""


def test_gradient_is_that_of_the_closed_form():
    inputs = np.array([[1.0, -2.0], [0.5, 3.0]], np.float32)

    def cubes(x: list[Any]) -> tuple[Any, str]:
        return ops.sum(x[0] ** 3 + 2 * x[1], axis=1, keepdims=True), "more"

    tensors = [ops.convert_to_tensor(inputs), ops.convert_to_tensor(inputs)]
    value, other, gradients = value_and_gradient(cubes, tensors)
    np.testing.assert_allclose(np.array(value), (inputs**3 + 2 * inputs).sum(axis=1, keepdims=True))
    assert other == "more"
    np.testing.assert_allclose(np.array(gradients[0]), 3 * inputs**2, rtol=1e-6)
    np.testing.assert_allclose(np.array(gradients[1]), np.full_like(inputs, 2))


def test_both_backends_compute_the_same_slopes_and_train_the_same_weights_on_them(tmp_path: Path):
    results = []
    for backend in ("tensorflow", "jax"):
        path = tmp_path / f"{backend}.npz"
        environment, command = os.environ | {"KERAS_BACKEND": backend}, [sys.executable, "-c", SCRIPT.format(str(path))]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        results.append(np.load(path))
    tensorflow, jax = results
    for name in tensorflow.files:
        np.testing.assert_allclose(tensorflow[name], jax[name], rtol=2e-4, atol=1e-6, err_msg=name)
    assert np.abs(tensorflow["slope"]).max() > 0.01
    assert np.ptp(tensorflow["losses"]) > 1e-4


def test_another_backend_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("keras.backend.backend", lambda: "numpy")
    with pytest.raises(RuntimeError, match="tensorflow and jax, not for numpy"):
        value_and_gradient(lambda x: (x, None), np.ones(2))
