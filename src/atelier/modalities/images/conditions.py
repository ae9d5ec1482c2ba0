"""Conditions: what a sample is asked to be, a class or attributes.

A condition is a vector: one-hot for a class, 0 or 1 for each attribute. A network that is told one has
``config.condition`` and a weight `conditions`, a table of conditions of training images: the prior that conditions are
drawn from, as latents are drawn from a normal.
"""

from collections.abc import Iterable
from typing import Literal

import keras
import numpy as np

from atelier.core import seeds
from atelier.core.prepared import Prepared
from atelier.core.spec import Spec
from atelier.networks.network import Network

Kind = Literal["none", "class", "attributes"]
# Rows of the table of conditions.
ROWS = 1000


def width(kind: Kind, spec: Spec) -> int:
    """Return the length of a condition: 0 without; raise `ValueError` if the dataset has no such labels."""
    if kind == "none":
        return 0
    names = spec.classes if kind == "class" else spec.attributes
    if not names:
        raise ValueError(f"condition: got {kind}; {spec.name} has no {'classes' if kind == 'class' else 'attributes'}")
    return len(names)


def encode(kind: Kind, spec: Spec, labels: np.ndarray) -> np.ndarray:
    """Return the conditions of labels, uint8 ``(n, conditions)``: labels are ``(n,)`` classes or ``(n, attributes)``.

    >>> spec = Spec("toy", (8, 8, 1), (0, 255), ("a", "b", "c"), (), {}, {}, "embedded")
    >>> encode("class", spec, np.array([2, 0])).tolist()
    [[0, 0, 1], [1, 0, 0]]
    """
    if kind == "attributes":
        return np.asarray(labels, np.uint8)
    return np.eye(width(kind, spec), dtype=np.uint8)[np.asarray(labels)]


def of_split(kind: Kind, prepared: Prepared, split: str) -> np.ndarray:
    """Return the conditions of a split, uint8 ``(n, conditions)``, in its order; ``(n, 0)`` without a condition."""
    if kind == "none":
        return np.zeros((prepared.spec.sizes[split], 0), np.uint8)
    return encode(kind, prepared.spec, np.asarray(prepared.labels(split)))


def table(conditions: np.ndarray) -> np.ndarray:
    """Choose `ROWS` conditions ``(n, conditions)``, each about as often as it is among them."""
    ordered = conditions[np.lexsort(conditions.T)]
    return ordered[((np.arange(ROWS) + 0.5) * len(ordered) / ROWS).astype(int)]


def draw(network: Network, image_seeds: Iterable[int]) -> np.ndarray | None:
    """Draw one condition for each seed from the network's table, float32 ``(seeds, conditions)``; None without."""
    if getattr(network.config, "condition", "none") == "none":
        return None
    rows = [seeds.generator(seed, "condition").integers(ROWS) for seed in image_seeds]
    return keras.ops.convert_to_numpy(network.model.conditions)[rows]
