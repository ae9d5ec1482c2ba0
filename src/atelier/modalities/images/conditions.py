"""Conditions: what a sample is asked to be, a class or attributes.

A condition is a vector: one-hot for a class, 0 or 1 for each attribute. A network that is told one has
``config.condition`` and a weight `conditions`, a table of conditions of training images: the prior that conditions are
drawn from, as latents are drawn from a normal.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
from keras import ops

from atelier.core import files, seeds
from atelier.core.prepared import Prepared
from atelier.core.spec import Spec
from atelier.networks.network import Network

Kind = Literal["none", "class", "attributes"]
# Rows of the table of conditions.
ROWS = 1000
# The conditions of a run's samples, beside them.
FILE = "conditions.npy"


def kind(network: Network) -> Kind:
    """Return what a network of any family is told of each image."""
    found: Kind = getattr(network.config, "condition", "none")
    return found


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


def told(network: Network, prepared: Prepared, split: str) -> np.ndarray | None:
    """Return what a network is told of the images of a split, uint8 ``(n, conditions)``; None if it is told nothing."""
    return None if kind(network) == "none" else of_split(kind(network), prepared, split)


def split(inputs: Any) -> tuple[Any, Any]:
    """Return the images of what a model is trained on, and their conditions, float32, or None if it is told none."""
    if not isinstance(inputs, (tuple, list)):
        return inputs, None
    images, condition = inputs
    # Without compilation JAX serves NumPy arrays, and Keras refuses to mix them with tensors.
    return ops.convert_to_tensor(images), ops.cast(condition, "float32")


def joined(inputs: Any, condition: Any) -> Any:
    """Return the arguments of a part of a model that is told a condition, or, if this is None, of one that is not."""
    return inputs if condition is None else [inputs, condition]


def add_table(model: keras.Model, width: int) -> keras.Variable | None:
    """Add a weight for the table of conditions, which `fill_table` fills; None for a width of 0."""
    if not width:
        return None
    return model.add_weight(name="conditions", shape=(ROWS, width), initializer="zeros", trainable=False)


def fill_table(network: Network, prepared: Prepared) -> np.ndarray | None:
    """Fill the table of a network from the train split, and return what it is told of that split; see `told`."""
    of_train = told(network, prepared, "train")
    if of_train is not None:
        network.model.conditions.assign(table(of_train))
    return of_train


def table(conditions: np.ndarray) -> np.ndarray:
    """Choose `ROWS` conditions ``(n, conditions)``, each about as often as it is among them."""
    ordered = conditions[np.lexsort(conditions.T)]
    return ordered[((np.arange(ROWS) + 0.5) * len(ordered) / ROWS).astype(int)]


def draw(network: Network, image_seeds: Iterable[int]) -> np.ndarray | None:
    """Draw one condition for each seed from the network's table, float32 ``(seeds, conditions)``; None without."""
    if kind(network) == "none":
        return None
    rows = [seeds.generator(seed, "condition").integers(ROWS) for seed in image_seeds]
    return ops.convert_to_numpy(network.model.conditions)[rows]


def write(network: Network, image_seeds: Iterable[int], directory: Path) -> None:
    """Write the conditions that `draw` draws to `conditions.npy`, uint8 ``(seeds, conditions)``; no file without."""
    drawn = draw(network, image_seeds)
    if drawn is not None:
        files.write_array(directory / FILE, drawn.astype(np.uint8))


def read(network: Network, samples: int, directory: Path) -> np.ndarray | None:
    """Read the conditions of the first `samples` samples of a run, uint8 ``(samples, conditions)``; None without.

    Raises:
        ValueError: the file is missing, or is not that of these samples and conditions.
    """
    if kind(network) == "none":
        return None
    path, conditions = directory / FILE, width(kind(network), network.spec)
    if not path.is_file():
        raise ValueError(f"{path} is missing; run the sample stage, which writes it beside the samples")
    asked = files.read_array(path, 2, "u")
    if len(asked) < samples or asked.shape[1] != conditions:
        wanted = f"at least {samples} conditions of length {conditions}"
        raise ValueError(f"{path}: got {len(asked)} of length {asked.shape[1]}; allowed are {wanted}; {files.RESTORE}")
    return np.asarray(asked[:samples])


def described(network: Network, condition: np.ndarray) -> str:
    """Return the names of what a condition ``(conditions,)`` asks for, such as ``Sneaker`` or ``Smiling and Young``."""
    names = [name for name, asked in zip(network.spec.label_names, condition, strict=True) if asked]
    return " and ".join(names) or "no attribute"
