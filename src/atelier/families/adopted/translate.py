"""Translate the configuration of a model, written by Keras 2.2 or newer, to a graph of Keras 3 layers.

Nested models are written out. Only the names of classes and plain options are read: bytecode, serialised functions and
custom classes are refused, unless `custom` says which known layer stands for them.
"""

import re
from collections.abc import Mapping
from typing import Any

from atelier.families.adopted import layers
from atelier.families.adopted.graph import Graph, Place
from atelier.families.adopted.params import Layer

MODELS = ("Functional", "Model", "Sequential")
# Nested models can call each other: a few lines may stand for billions of calls.
MAX_CALLS = 4000
SAMPLER, IDENTITY, VAE = "gaussian_sampler", "identity", "vae"


def translate(
    model: Mapping[str, Any], custom: Mapping[str, str], version: str = "", within: Place | None = None
) -> Graph:
    """Translate a whole model, an object with `class_name` and `config`.

    Raises:
        ValueError: it contains what is not allowed, or is not what Keras writes; the message is one line.
    """
    graph = Graph()
    kind, config = _class(model, "the model"), model.get("config")
    if kind not in MODELS or _is_custom(model):
        held = f"; if it is a VAE, say so: custom: {{{kind}: {VAE}}}" if parts(model, {kind: VAE}) else ""
        raise ValueError(
            f"the model is of the class {kind!r}, whose code the file does not contain; save its encoder and its "
            f"decoder, if they are Keras models, as a file each{held}"
        )
    translator = _Translator(graph, custom, version)
    try:
        for name, shape, dtype in _inputs(kind, config, model.get("build_config")):
            graph.add_input(name, shape, dtype)
        graph.outputs = translator.model(
            kind, config, list(range(len(graph.inputs))), within or Place(), graph.output_names
        )
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise ValueError(f"the configuration is not one that Keras writes: {type(error).__name__}: {error}") from None
    return graph


def parts(model: Mapping[str, Any], custom: Mapping[str, str]) -> dict[str, Mapping[str, Any]]:
    """Return the models that a subclassed model holds by the names of its attributes, if `custom` calls it a VAE."""
    kind = _class(model, "the model")
    config = model.get("config")
    if custom.get(kind) != VAE or not isinstance(config, dict):
        return {}
    held: dict[str, Mapping[str, Any]] = {}
    for key in ("encoder", "decoder"):
        value = config.get(key)
        if isinstance(value, dict) and "layers" in value:
            # Some authors write the configuration of a part without its class.
            value = {"class_name": "Functional" if "input_layers" in value else "Sequential", "config": value}
        if isinstance(value, dict) and value.get("class_name") in MODELS:
            held[key] = value
    return held


def _class(item: Mapping[str, Any], what: str) -> str:
    """Return the name of a class without that of its package."""
    name = item.get("class_name")
    if not isinstance(name, str):
        raise ValueError(f"{what} has no class_name: {str(item)!r:.60}")
    return name.rpartition(">")[2]


def _is_custom(item: Mapping[str, Any]) -> bool:
    """Whether a class is not one of Keras's own."""
    module, registered = item.get("module"), item.get("registered_name")
    foreign = isinstance(module, str) and not re.match(r"(tf_)?keras(\.|$)|tensorflow\.(python\.)?keras", module)
    packaged = ">" in str(item.get("class_name")) or (isinstance(registered, str) and ">" in registered)
    return foreign or packaged or ("module" in item and module is None and item.get("class_name") not in MODELS)


def _inputs(kind: str, config: Any, build: Any) -> list[tuple[str, Any, Any]]:
    """Return name, shape with the batch, and dtype of each input of a model."""
    entries = config["layers"] if isinstance(config, dict) else config
    if kind != "Sequential":
        found = {
            entry["config"]["name"]: entry["config"] for entry in entries if _class(entry, "a layer") == "InputLayer"
        }
        return [
            (name, _shape(found[name]), found[name].get("dtype")) for name, *_ in _references(config["input_layers"])
        ]
    first = entries[0]["config"]
    shape = _shape(first) if isinstance(first, dict) else None
    if shape is None:
        shape = (config.get("build_input_shape") if isinstance(config, dict) else None) or (build or {}).get(
            "input_shape"
        )
    if shape is None:
        raise ValueError(
            "the file does not say which shape the model's input has; call the model once, and save it again"
        )
    return [(str(entries[0].get("name") or first.get("name")), shape, first.get("dtype"))]


def _shape(config: Mapping[str, Any]) -> Any:
    return config.get("batch_shape") or config.get("batch_input_shape")


def _references(value: Any) -> list[list[Any]]:
    """Return references ``[name, node, tensor]`` in any of the structures that versions of Keras write."""
    if isinstance(value, dict):
        return [reference for item in value.values() for reference in _references(item)]
    if value and isinstance(value[0], str):
        return [list(value)]
    return [reference for item in value for reference in _references(item)]


class _Translator:
    """Adds the layers of a model, and of those nested in it, to a graph."""

    def __init__(self, graph: Graph, custom: Mapping[str, str], version: str) -> None:
        self.graph, self.custom, self.version, self.calls = graph, custom, version, 0

    def model(self, kind: str, config: Any, inputs: list[int], place: Place, names: list[str]) -> list[int]:
        entries = config["layers"] if isinstance(config, dict) else config
        if len(entries) > MAX_CALLS:
            raise ValueError(f"a model has {len(entries)} layers; allowed are at most {MAX_CALLS}")
        counts: dict[str, int] = {}
        places = []
        for entry in entries:
            of = _class(entry, "a layer")
            name = str(entry.get("name") or entry["config"]["name"])
            places.append(place.inside(name, of, counts.get(of, 0)))
            counts[of] = counts.get(of, 0) + 1
        if kind == "Sequential":
            tensors = list(inputs)
            for entry, at in zip(entries, places, strict=True):
                if at.classes[-1] != "InputLayer":
                    tensors = self.layer(entry, tensors, at)
            names.append(places[-1].names[-1])
            return tensors
        return self._functional(config, entries, places, inputs, names)

    def _functional(
        self, config: Any, entries: Any, places: list[Place], inputs: list[int], names: list[str]
    ) -> list[int]:
        sources = [str(name) for name, *_ in _references(config["input_layers"])]
        if len(sources) != len(inputs):
            raise ValueError(f"a nested model has {len(sources)} inputs, but is called with {len(inputs)}")
        # The results of a layer, call by call.
        results: dict[str, list[list[int]]] = {name: [[x]] for name, x in zip(sources, inputs, strict=True)}
        waiting = [
            (entry, place, node, call)
            for entry, place in zip(entries, places, strict=True)
            for call, node in enumerate(entry.get("inbound_nodes") or [])
            if place.names[-1] not in sources
        ]
        # Keras 3 also counts calls outside of this model at times; then the last of its own calls is meant.
        calls = [max(1, len(entry.get("inbound_nodes") or [])) for entry in entries]
        last = {place.names[-1]: count - 1 for place, count in zip(places, calls, strict=True)}
        while waiting:
            later = []
            for entry, place, node, nth in waiting:
                references, own = _arguments(node, place.names[-1]), results.setdefault(place.names[-1], [])
                references = [(name, min(call, last.get(name, 0)), tensor) for name, call, tensor in references]
                if len(own) == nth and all(len(results.get(name, ())) > call for name, call, _ in references):
                    arguments = [results[name][call][tensor] for name, call, tensor in references]
                    own.append(self.layer(entry, arguments, place))
                else:
                    later.append((entry, place, node, nth))
            if len(later) == len(waiting):
                raise ValueError(f"the layer {later[0][1].names[-1]!r} is called with what no layer computes")
            waiting = later
        ends = _references(config["output_layers"])
        names += [str(name) for name, *_ in ends]
        return [results[name][min(call, last[name])][tensor] for name, call, tensor in ends]

    def layer(self, entry: Mapping[str, Any], inputs: list[int], place: Place) -> list[int]:
        """Add one layer or nested model and return its results."""
        kind, name, config = place.classes[-1], place.names[-1], entry.get("config")
        self.calls += 1
        if self.calls > MAX_CALLS:
            raise ValueError(f"its layers are called more than {MAX_CALLS} times")
        stand_in = self.custom.get(name, self.custom.get(kind))
        if stand_in == SAMPLER:
            if len(inputs) != 2:
                raise ValueError(
                    f"the layer {name!r} ({kind}): a {SAMPLER} has 2 inputs, mean and log-variance, not {len(inputs)}"
                )
            result = self.graph.call(None, Layer(kind="Identity", options={}), inputs[:1])
            self.graph.samplers[result] = (inputs[0], inputs[1])
            return [result]
        if stand_in == IDENTITY or (kind in layers.IDENTITIES and not _is_custom(entry)):
            return inputs[:1]
        if stand_in is None and (kind not in (*layers.KINDS, *MODELS) or _is_custom(entry)):
            raise ValueError(_refusal(kind, name))
        if stand_in is None and kind in MODELS:
            names: list[str] = []
            results = self.model(kind, config, inputs, place, names)
            self.graph.models.append((name, inputs, results))
            return results
        kind = stand_in or kind
        if kind not in layers.KINDS:
            allowed = ", ".join((SAMPLER, IDENTITY, VAE, *layers.KINDS))
            raise ValueError(f"custom: got {kind!r} for the layer {name!r}; allowed are: {allowed}")
        return [self._plain(kind, dict(config or {}), inputs, place)]

    def _plain(self, kind: str, config: dict[str, Any], inputs: list[int], place: Place) -> int:
        name, after = place.names[-1], None
        active = config.get("activation")
        if isinstance(active, dict) and active.get("class_name") in layers.KINDS:
            # A layer as activation: it becomes the next layer of the graph.
            after = layers.describe(active["class_name"], active.get("config"), name)
            config["activation"] = "linear"
        if config.get("activation") == "hard_sigmoid" and not self.version.startswith("3"):
            raise ValueError(f"the layer {name!r} ({kind}): hard_sigmoid of Keras 2 is another function in Keras 3")
        frozen = config.get("trainable") is False
        if len(inputs) > 1 and kind not in layers.MERGING:
            raise ValueError(f"the layer {name!r} ({kind}) is called with {len(inputs)} inputs; allowed is one")
        result = self.graph.call(place, layers.describe(kind, config, name), inputs, frozen)
        return result if after is None else self.graph.call(None, after, [result])


def _refusal(kind: str, name: str) -> str:
    if kind in ("Lambda", "TFOpLambda", "SlicingOpLambda"):
        what = "which is code" if kind == "Lambda" else "an operation without a layer"
    else:
        what = "which is not one of the layers of Keras that can be adopted"
    return (
        f"the layer {name!r} is a {kind}, {what}, so it is refused; if it is a known one under another name, say so: "
        f"custom: {{{name if kind.endswith('Lambda') else kind}: {SAMPLER}}}, identity, or the name of a layer of Keras"
    )


def _arguments(node: Any, name: str) -> list[tuple[str, int, int]]:
    """Return the tensors that a call of a layer gets."""
    if isinstance(node, dict):
        found = _tensors(node.get("args", []), name)
        options = node.get("kwargs") or {}
    else:
        calls = [node] if node and isinstance(node[0], str) else node
        found = [(str(call[0]), int(call[1]), int(call[2])) for call in calls]
        options = {key: value for call in calls for key, value in (call[3] if len(call) > 3 else {}).items()}
    for key, value in options.items():
        if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
            found += _tensors(value, name)
        elif (
            isinstance(value, list) and len(value) == 3 and isinstance(value[0], str) and value[0] != "_CONSTANT_VALUE"
        ):
            found.append((value[0], int(value[1]), int(value[2])))
        elif value not in (None, False):
            raise ValueError(f"the layer {name!r} is called with {key}={value!r:.60}; allowed are inputs alone")
    if not found or min(min(call, tensor) for _, call, tensor in found) < 0:
        raise ValueError(f"the layer {name!r} is called without inputs")
    return found


def _tensors(value: Any, name: str) -> list[tuple[str, int, int]]:
    if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        layer, call, tensor = value["config"]["keras_history"]
        return [(str(layer), int(call), int(tensor))]
    if isinstance(value, list):
        return [found for item in value for found in _tensors(item, name)]
    raise ValueError(f"the layer {name!r} is called with {value!r:.60}; allowed are inputs alone")
