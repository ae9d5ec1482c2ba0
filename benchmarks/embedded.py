"""Digits of the offline twin, which need neither files nor a network."""

import numpy as np

from atelier.core import seeds
from atelier.core.spec import Spec
from atelier.datasets.mnist.twin import write as mnist

DIGITS = Spec("mnist", (28, 28, 1), (0, 255), tuple("0123456789"), (), {}, {}, "embedded")


def digits(count: int) -> np.ndarray:
    """Draw digits of all classes, uint8 ``(count, 28, 28, 1)``."""
    drawn = [mnist.draw(index % 10, seeds.generator(0, "benchmark", index)) for index in range(count)]
    return np.stack(drawn)[..., np.newaxis]
