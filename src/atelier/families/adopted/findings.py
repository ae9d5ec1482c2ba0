"""Find out what goes into a foreign generator and what comes out: from its layers, and by drawing from it.

What neither shows is a parameter: the ValueError names it and says what was seen.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from atelier.core import seeds
from atelier.core.spec import Spec
from atelier.families.adopted.graph import Graph
from atelier.families.adopted.params import Architecture, Inputs

DRAWN = 64
# Draws for the statistics of a batch normalisation.
MEASURED = 400
# How much better than the others the best distribution, or the best range of an encoder, must fit.
CLEARLY, CLEARER = 2.0, 1.05
# Of a latent coordinate: how it is drawn, for each distribution.
DISTRIBUTIONS: dict[str, Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]] = {
    "normal": lambda generator, shape: generator.standard_normal(shape),
    "uniform": lambda generator, shape: generator.uniform(-1, 1, shape),
    "uniform_01": lambda generator, shape: generator.uniform(0, 1, shape),
}
RANGES = {"-1..1": (-1.0, 1.0), "0..1": (0.0, 1.0), "0..255": (0.0, 255.0)}
# Layers that only move values.
MOVING = ("Cropping2D", "Flatten", "Identity", "Permute", "Reshape", "UpSampling2D")
# Functions that change grey levels by less than one.
ROUNDING = ("floor", "round", "trunc")


@dataclass(frozen=True)
class Roles:
    """Which input is the latent, and how the label is given.

    Attributes:
        labels: number of labels; 0 without.
    """

    latent_first: bool
    label: str
    labels: int


def roles(graph: Graph, spec: Spec, asked: Inputs) -> Roles:
    """Find the role of each input."""
    shapes = [math.prod(each.shape) for each in graph.inputs]
    seen = ", ".join(f"{name} {each.shape}" for name, each in zip(graph.names, graph.inputs, strict=True))
    classes = len(spec.classes)
    if len(shapes) == 1:
        if asked.label in ("integer", "one_hot"):
            raise ValueError(f"inputs.label: got {asked.label!r} for one input, {seen}; allowed are none and appended")
        if asked.label != "appended":
            return Roles(True, "none", 0)
        if not 0 < classes < shapes[0]:
            raise ValueError(f"inputs.label: got 'appended' for {seen} and {classes} classes of {spec.name}")
        return Roles(True, "appended", classes)
    if len(shapes) != 2:
        raise ValueError(
            f"the network has {len(shapes)} inputs ({seen}); allowed are a latent, or a latent and a label"
        )
    if asked.label in ("none", "appended"):
        raise ValueError(f"inputs.label: got {asked.label!r} for two inputs, {seen}; allowed are integer and one_hot")
    if not classes:
        raise ValueError(f"the network has two inputs ({seen}), but {spec.name} has no classes for a label")
    label = _label(graph, shapes, classes, asked, seen)
    given: str = asked.label
    if given == "auto":
        known = {"integer": label in _embedded(graph) or shapes[label] == 1, "one_hot": shapes[label] == classes}
        given = next((name for name, fits in known.items() if fits), "")
    wanted = {"integer": 1, "one_hot": classes}.get(given)
    if shapes[label] != wanted:
        raise ValueError(
            f"inputs.label: the inputs are {seen}; an index has 1 number, and one-hot has {classes} for {spec.name}"
        )
    embedded = _embedded(graph).get(label)
    return Roles(label == 1, given, min(classes, embedded) if embedded else classes)


def _label(graph: Graph, shapes: list[int], classes: int, asked: Inputs, seen: str) -> int:
    """Return the index of the input that is the label."""
    if asked.order != "auto":
        return 1 if asked.order == "latent_first" else 0
    tests: tuple[Callable[[int], bool], ...] = (
        lambda i: i in _embedded(graph) or graph.inputs[i].dtype == "int32",
        lambda i: bool(re.search(r"label|class|cond|digit|categor", graph.names[i], re.IGNORECASE)),
        lambda i: shapes[i] == 1,
        lambda i: shapes[i] == classes,
    )
    for test in tests:
        if test(0) != test(1):
            return 0 if test(0) else 1
    raise ValueError(f"inputs.order: which of {seen} is the label is not clear; allowed are latent_first, label_first")


def _embedded(graph: Graph) -> dict[int, int]:
    """Return the inputs that an embedding reads, with its number of rows."""
    moved = {index: index for index in range(len(graph.inputs))}
    found = {}
    for index, node in enumerate(graph.nodes, start=len(graph.inputs)):
        layer, source = graph.layers[node.layer], moved.get(node.inputs[0])
        if source is None:
            continue
        if layer.kind == "Embedding":
            found[source] = int(layer.options["input_dim"])
        elif layer.kind in MOVING:
            moved[index] = source
    return found


def declared_interval(architecture: Architecture) -> tuple[float, float] | None:
    """Return the interval that the last layers confine values to; None if they do not."""
    tensor, first = architecture.outputs[0], len(architecture.inputs)
    changes: list[tuple[float, float]] = []
    while tensor >= first:
        node = architecture.nodes[tensor - first]
        layer = architecture.layers[node.layer]
        active = layer.options.get("activation", "linear")
        interval = {"tanh": (-1.0, 1.0), "sigmoid": (0.0, 1.0), "hard_sigmoid": (0.0, 1.0)}.get(active)
        if interval:
            for scale, offset in reversed(changes):
                interval = (scale * interval[0] + offset, scale * interval[1] + offset)
            return interval
        if layer.kind == "Rescaling":
            scale, offset = layer.options.get("scale", 1.0), layer.options.get("offset", 0.0)
            if isinstance(scale, list) or isinstance(offset, list):
                return None
            changes.append((scale, offset))
        elif not (
            layer.kind in MOVING
            or (layer.kind == "Activation" and active == "linear")
            or layer.options.get("function") in ROUNDING
        ):
            return None
        tensor = node.inputs[0]
    return None


def output_range(architecture: Architecture, drawn: np.ndarray, asked: str) -> str:
    """Find the range of the values that a network draws, given some, ``(n, …)``."""
    if not np.isfinite(drawn).all():
        raise ValueError("the network draws values that are not finite")
    if len(drawn) > 1 and np.ptp(drawn, axis=0).max() < 1e-6 * max(1.0, np.abs(drawn).max()):
        raise ValueError("the network draws the same picture for every latent")
    low, high = float(drawn.min()), float(drawn.max())
    seen = f"{len(drawn)} drawn pictures have values from {low:.3g} to {high:.3g}, {drawn.mean():.3g} on average"
    interval = declared_interval(architecture)
    if asked != "auto":
        _require(asked, low, high, seen)
        return asked
    if interval is not None:
        # Grey levels may be rounded by adding a half.
        name = next(
            (name for name, ends in RANGES.items() if np.allclose(ends, interval, atol=np.ptp(ends) / 200)), None
        )
        # A hyperbolic tangent that never draws below zero was trained on pictures from 0 to 1.
        if name == "-1..1" and low > -0.1:
            name = "0..1"
        if name:
            return name
    elif -1.2 < low < -0.5 and high < 1.2:
        return "-1..1"
    elif low > -0.2 and 0.3 < high < 1.2:
        return "0..1"
    elif -64 < low < 64 < high < 320:
        return "0..255"
    elif low < -2 and high < 64:
        return "logits"
    raise ValueError(f"output.range: {seen}; allowed are -1..1, 0..1, 0..255, logits")


def _require(name: str, low: float, high: float, seen: str) -> None:
    """Raise `ValueError` if values do not lie in the range that a person gave, with half its width on each side."""
    if name == "logits":
        return
    least, most = RANGES[name]
    margin = (most - least) / 2
    if low < least - margin or high > most + margin or (name == "0..255" and high < 4):
        raise ValueError(f"output.range: got {name!r}, but {seen}")


def draw_inputs(architecture: Architecture, found: Roles, distribution: str, count: int) -> list[np.ndarray]:
    """Draw inputs of the network, of one distribution of latents and labels in turn."""
    generator = seeds.generator(0, "adopted")
    arrays = []
    for index, each in enumerate(architecture.inputs):
        if (index == 0) == found.latent_first:
            latent = DISTRIBUTIONS[distribution](generator, (count, math.prod(each.shape)))
            if found.label == "appended":
                latent[:, -found.labels :] = np.eye(found.labels)[np.arange(count) % found.labels]
            arrays.append(latent.reshape(count, *each.shape).astype(np.float32))
        else:
            classes = np.arange(count) % found.labels
            label = np.eye(found.labels)[classes] if found.label == "one_hot" else classes.astype(np.float64)
            arrays.append(label.reshape(count, *each.shape).astype(np.float32))
    return arrays


def distribution(fits: dict[str, float], seen: str) -> str:
    """Choose the distribution of latents, given how badly each fits what the network noted while it was trained."""
    if fits:
        best, second = sorted(fits, key=fits.__getitem__)[:2]
        if CLEARLY * fits[best] < fits[second]:
            return best
        values = ", ".join(f"{name} {value:.3g}" for name, value in fits.items())
        seen = f"{seen}; its first batch normalisation fits no distribution clearly better (divergence: {values})"
    else:
        seen = f"{seen}, and no batch normalisation, whose statistics would show it"
    raise ValueError(
        f"inputs.latent: the distribution of latents cannot be found out: {seen}; allowed are normal (the usual one), "
        "uniform (from −1 to 1), uniform_01"
    )


def divergence(values: np.ndarray, mean: np.ndarray, variance: np.ndarray) -> float:
    """Compute the mean divergence, over channels, of values ``(n, …, c)`` from Gaussians of a mean and variance."""
    flat = values.reshape(-1, values.shape[-1]).astype(np.float64)
    drawn_mean, drawn_variance = flat.mean(axis=0), flat.var(axis=0) + 1e-6
    variance = variance.astype(np.float64) + 1e-6
    ratio = drawn_variance / variance
    return float(np.mean(0.5 * (ratio + (drawn_mean - mean) ** 2 / variance - 1 - np.log(ratio))))
