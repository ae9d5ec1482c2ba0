"""Adopt a network that others trained: open its file, find out what it needs, and rebuild it as one of ours.

There is nothing to train; the weights are those of the file.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from atelier.core.prepared import Prepared
from atelier.families.adopted import findings, network, source, translate
from atelier.families.adopted.findings import Roles
from atelier.families.adopted.graph import Graph, cut
from atelier.families.adopted.params import Architecture, Config, Encoder, Foreign, Input, Train
from atelier.families.adopted.stored import Stored
from atelier.networks import batching, weights
from atelier.networks.network import Network

PRECISION = "float32"
BATCH = 16


@dataclass(frozen=True)
class Loaded:
    """A network of a file: its graph, its layers with their weights, and the shapes of its tensors."""

    graph: Graph
    made: list[keras.layers.Layer]
    shapes: list[tuple[int, ...]]

    def cut(self, inputs: Sequence[int], outputs: Sequence[int]) -> tuple[Architecture, list[int]]:
        """Cut out what computes some tensors from others."""
        known = dict(enumerate(self.graph.inputs))
        given = [(t, known.get(t) or Input(shape=self.shapes[t], dtype="float32")) for t in inputs]
        return cut(self.graph, given, outputs)


@dataclass(frozen=True)
class Half:
    """An architecture cut out of a file, and its layers there, which have the weights."""

    loaded: Loaded
    architecture: Architecture
    kept: list[int]

    def give(self, made: list[keras.layers.Layer]) -> None:
        """Copy the weights to the layers of a rebuilt network."""
        for layer, index in zip(made, self.kept, strict=True):
            for variable, value in zip(layer.weights, self.loaded.made[index].weights, strict=True):
                variable.assign(value)


def adopt(prepared: Prepared, params: Train) -> Network:
    """Rebuild the network of a file for the pictures of a dataset, with its weights.

    Raises:
        ValueError: the file is not what `sha256` says, contains what is refused, or something that is neither in it nor
            in the parameters; one line says which.
    """
    keras.config.set_dtype_policy(PRECISION)
    decoder, encoder, found = _halves(prepared, params)
    latent = _distribution(decoder, encoder, found, params)
    raw = _draw(decoder, found, latent)
    values = findings.output_range(decoder.architecture, raw, params.output.range)
    size = math.prod(decoder.architecture.inputs[0 if found.latent_first else 1].shape)
    given: dict[str, Any] = {
        "latent_dim": size - (found.labels if found.label == "appended" else 0) + (found.label != "none"),
        "latent": latent,
        "label": found.label,
        "labels": found.labels,
        "latent_first": found.latent_first,
        "decoder": decoder.architecture,
        "output_range": values,
        "fit": params.output.fit,
        "encoder": None if encoder is None else encoder.architecture,
    }

    def build(encoder_range: str) -> network.Adopted:
        config = Config.model_validate(given | {"encoder_range": encoder_range})
        return _build(config, prepared, decoder, encoder)

    asked = "0..1" if encoder is None else "auto" if params.encoder is None else params.encoder.range
    built = build(_encoder_range(build, prepared, asked))
    print(", ".join(f"{key}: {given[key]}" for key in ("latent_dim", "latent", "label", "output_range")))
    return Network("adopted", built.config, prepared.spec, PRECISION, built)


def describe(config: Config) -> str:
    """Say what was found out about a network."""
    name = {"normal": "standard normal", "uniform": "uniform from −1 to 1", "uniform_01": "uniform from 0 to 1"}
    size = config.latent_dim - (config.label != "none")
    label = {"integer": "an index", "one_hot": "one-hot", "appended": "one-hot, appended to it"}.get(config.label)
    labelled = f", and labels of {config.labels} classes as {label}" if label else ""
    encoder = f"; the encoder takes pixels from {config.encoder_range.replace('..', ' to ')}" if config.encoder else ""
    return f"Latents of {size} numbers, {name[config.latent]}{labelled}; outputs are {config.output_range}{encoder}."


def _build(config: Config, prepared: Prepared, decoder: Half, encoder: Half | None) -> network.Adopted:
    built = network.build(config, prepared.spec)
    decoder.give(built.decoder_layers)
    if encoder is not None:
        encoder.give(built.encoder_layers)
    return built


def _halves(prepared: Prepared, params: Train) -> tuple[Half, Half | None, Roles]:
    """Load the file or files, and cut decoder and encoder out of them."""
    parts = _load(params, params.custom, "decoder")
    if params.encoder is not None:
        parts["encoder"] = _load(params.encoder, params.custom, "encoder")["encoder"]
    if len(parts) == 2:
        return *_both(parts["decoder"], parts["encoder"], params), Roles(True, "none", 0)
    whole = parts["decoder"]
    pixels = math.prod(prepared.spec.shape)
    if len(whole.graph.inputs) == 1 and math.prod(whole.graph.inputs[0].shape) == pixels and (at := _latent(whole)):
        # From picture to picture: an autoencoder in one file.
        encoder_half = Half(whole, *whole.cut([0], _posterior(whole.graph, [at], [])))
        return Half(whole, *whole.cut([at], whole.graph.outputs[:1])), encoder_half, Roles(True, "none", 0)
    found = findings.roles(whole.graph, prepared.spec, params.inputs)
    return Half(whole, *whole.cut(range(len(whole.graph.inputs)), whole.graph.outputs[:1])), None, found


def _both(decoder: Loaded, encoder: Loaded, params: Train) -> tuple[Half, Half]:
    for what, loaded in (("decoder", decoder), ("encoder", encoder)):
        if len(loaded.graph.inputs) != 1:
            raise ValueError(
                f"the {what} has {len(loaded.graph.inputs)} inputs: {', '.join(loaded.graph.names)}; allowed is 1"
            )
    if params.inputs.label not in ("auto", "none"):
        raise ValueError(f"inputs.label: got {params.inputs.label!r}; with an encoder, allowed is none")
    posterior = _posterior(encoder.graph, encoder.graph.outputs, encoder.graph.output_names)
    return Half(decoder, *decoder.cut([0], decoder.graph.outputs[:1])), Half(encoder, *encoder.cut([0], posterior))


def _latent(whole: Loaded) -> int | None:
    """Return the tensor that the decoder inside an autoencoder takes, if there is one."""
    for _, inputs, results in whole.graph.models:
        if results == whole.graph.outputs and len(inputs) == 1 and inputs[0] >= len(whole.graph.inputs):
            return inputs[0]
    return next(iter(whole.graph.samplers)) if len(whole.graph.samplers) == 1 else None


def _posterior(graph: Graph, outputs: Sequence[int], names: Sequence[str]) -> list[int]:
    """Return the tensors of the posterior mean and, if there is one, its log-variance."""
    for output in outputs:
        if output in graph.samplers:
            return list(graph.samplers[output])
    if len(outputs) > 1:
        named = dict(zip([name.lower() for name in names], outputs, strict=False))
        means = [output for name, output in named.items() if "mean" in name or "mu" in name.split("_")]
        variances = [output for name, output in named.items() if "var" in name or "sigma" in name]
        if len(means) == len(variances) == 1:
            return [*means, *variances]
    return list(outputs[:2])


def _load(foreign: Foreign | Encoder, custom: Mapping[str, str], part: str) -> dict[str, Loaded]:
    """Load the network of a file as the `part` `encoder` or `decoder`, or both parts if the file holds both."""
    path = Path(foreign.file)
    if path.is_dir():
        files = source.saved_model(foreign)
        with _about(path):
            return _load_saved_model(files, custom, part, path)
    with source.opened(foreign) as opened, _about(path):
        held = translate.parts(opened.config, custom)
        if len(held) < 2:
            return {part: _load_one(opened, translate.translate(opened.config, custom, opened.version))}
        return {
            name: _load_one(opened, translate.translate(of, custom, opened.version), name) for name, of in held.items()
        }


@contextmanager
def _about(path: Path) -> Iterator[None]:
    """Name the file in errors, in one line."""
    try:
        yield
    except ValueError as error:
        message = " ".join(str(error).split())
        raise ValueError(message if message.startswith(str(path)) else f"{path}: {message}") from None


def _load_saved_model(
    files: Mapping[str, bytes], custom: Mapping[str, str], part: str, path: Path
) -> dict[str, Loaded]:
    # Nothing else of this family needs TensorFlow where Keras has another backend.
    from atelier.families.adopted.saved_models import translate as graphs

    loaded = {}
    for name, net in graphs.translate(files, custom, part).items():
        loaded[name] = _assembled(net.graph, net.shapes(), path)
        net.assign(loaded[name].made)
    return loaded


def _load_one(opened: source.Opened, graph: Graph, part: str = "") -> Loaded:
    stored = Stored(opened, graph, part)
    loaded = _assembled(graph, stored.shapes(), opened.path)
    stored.assign(loaded.made)
    return loaded


def _assembled(graph: Graph, shapes: weights.Shapes, path: Path) -> Loaded:
    """Create the layers of a graph, whose weights have the given shapes in its file."""
    every = graph.architecture().model_copy(update={"outputs": tuple(range(len(graph.inputs) + len(graph.nodes)))})
    with weights.limited_to(shapes, path, exact=False):
        tensors, made, _ = network.assemble(every, network.inputs_of(every))
    return Loaded(graph, made, [tuple(tensor.shape[1:]) for tensor in tensors])


def _draw(half: Half, found: Roles, latent: str) -> np.ndarray:
    """Draw values from the decoder as it came."""
    inputs = network.inputs_of(half.architecture)
    outputs, made, _ = network.assemble(half.architecture, inputs)
    half.give(made)
    arrays = findings.draw_inputs(half.architecture, found, latent, findings.DRAWN)
    return _apply(keras.Model(inputs, outputs[0]), arrays)


def _apply(model: keras.Model, arrays: list[np.ndarray]) -> np.ndarray:
    """Return what a model computes, in batches; it is used too seldom to be compiled."""
    batches = [[array[start : start + BATCH] for array in arrays] for start in range(0, len(arrays[0]), BATCH)]
    return np.concatenate([keras.ops.convert_to_numpy(model(batch, training=False)) for batch in batches])


def _distribution(half: Half, encoder: Half | None, found: Roles, params: Train) -> str:
    """Find the distribution of latents: an autoencoder's is normal; others show it in a batch normalisation."""
    asked = params.inputs.latent
    if encoder is not None:
        if asked not in ("auto", "normal"):
            raise ValueError(f"inputs.latent: got {asked!r}; with an encoder, allowed is normal")
        return "normal"
    if asked != "auto":
        return asked
    inputs = network.inputs_of(half.architecture)
    _, made, _ = network.assemble(half.architecture, inputs)
    half.give(made)
    fits = {}
    order = [half.architecture.layers[node.layer].kind for node in half.architecture.nodes]
    if "BatchNormalization" in order:
        norm = made[half.architecture.nodes[order.index("BatchNormalization")].layer]
        before = keras.Model(inputs, norm.input)
        mean, variance = (np.asarray(keras.ops.convert_to_numpy(x)) for x in (norm.moving_mean, norm.moving_variance))
        for name in findings.DISTRIBUTIONS:
            arrays = findings.draw_inputs(half.architecture, found, name, findings.MEASURED)
            fits[name] = findings.divergence(_apply(before, arrays), mean, variance)
    seen = ", ".join(f"an input {each.shape}" for each in half.architecture.inputs)
    return findings.distribution(fits, seen)


def _encoder_range(build: Callable[[str], network.Adopted], prepared: Prepared, asked: str) -> str:
    """Find the range of the pixels that an encoder takes: with the right one, reconstructions are closest to images."""
    if asked != "auto":
        return asked
    images = np.asarray(prepared.images("train")[: findings.DRAWN])
    errors = {}
    for name in findings.RANGES:
        built = build(name)
        means = batching.apply(built.encoder, images, BATCH)[0]
        grey = batching.apply(built.decoder, means, BATCH)
        errors[name] = float(np.square(grey - images / 255.0).mean())
    best, second = sorted(errors, key=errors.__getitem__)[:2]
    if findings.CLEARER * errors[best] < errors[second]:
        return best
    values = ", ".join(f"{name} {error:.3g}" for name, error in errors.items())
    raise ValueError(
        f"encoder.range: no range gives clearly better reconstructions (mean squared errors: {values}); "
        f"allowed are {', '.join(findings.RANGES)}"
    )
