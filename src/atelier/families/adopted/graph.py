"""A graph of layers in a file, and how a part of it is cut out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from atelier.families.adopted.layers import LARGEST
from atelier.families.adopted.params import Architecture, Input, Layer, Node

MAX_DEPTH = 16


@dataclass(frozen=True)
class Place:
    """Where a layer stands in the file, from the outermost model inwards.

    Attributes:
        names: of the models and of the layer.
        classes, ordinals: the class of each, and how many of this class precede it in its model.
    """

    names: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    ordinals: tuple[int, ...] = ()

    def inside(self, name: str, kind: str, ordinal: int) -> "Place":
        if len(self.names) > MAX_DEPTH:
            raise ValueError(f"models are nested deeper than {MAX_DEPTH} levels")
        return Place((*self.names, name), (*self.classes, kind), (*self.ordinals, ordinal))


@dataclass
class Graph:
    """A translated model.

    Attributes:
        names: of its inputs.
        places: of its layers in the file.
        samplers: for the result of each Gaussian sampler, its mean and log-variance.
        frozen: whether a layer was excluded from training, which decides the order of weights.
    """

    names: list[str] = field(default_factory=list)
    inputs: list[Input] = field(default_factory=list)
    layers: list[Layer] = field(default_factory=list)
    places: list[Place | None] = field(default_factory=list)
    frozen: list[bool] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)
    output_names: list[str] = field(default_factory=list)
    samplers: dict[int, tuple[int, int]] = field(default_factory=dict)
    models: list[tuple[str, list[int], list[int]]] = field(default_factory=list)
    known: dict[tuple[str, ...], int] = field(default_factory=dict)

    def architecture(self) -> Architecture:
        """Return the graph as parameters."""
        return Architecture(
            inputs=tuple(self.inputs), layers=tuple(self.layers), nodes=tuple(self.nodes), outputs=tuple(self.outputs)
        )

    def add_input(self, name: str, shape: Any, dtype: Any) -> int:
        """Add an input and return its tensor; inputs come first."""
        assert not self.nodes
        if not isinstance(shape, list) or not all(isinstance(n, int) and 0 < n <= LARGEST for n in shape[1:]):
            raise ValueError(f"the input {name!r} has the shape {shape}; allowed are fixed sizes")
        whole = isinstance(dtype, str) and "int" in dtype
        self.names.append(name)
        self.inputs.append(Input(shape=tuple(shape[1:]), dtype="int32" if whole else "float32"))
        return len(self.inputs) - 1

    def call(self, place: Place | None, layer: Layer, inputs: list[int], frozen: bool = False) -> int:
        """Add a call of a layer, which is created once for each place in the file; return its result."""
        index = self.known.get(place.names) if place else None
        if index is None:
            index = len(self.layers)
            self.layers.append(layer)
            self.places.append(place)
            self.frozen.append(frozen)
            if place:
                self.known[place.names] = index
        self.nodes.append(Node(layer=index, inputs=tuple(inputs)))
        return len(self.inputs) + len(self.nodes) - 1


def cut(graph: Graph, inputs: Sequence[tuple[int, Input]], outputs: Sequence[int]) -> tuple[Architecture, list[int]]:
    """Cut out what computes `outputs` from `inputs`, tensors with their shapes; return it with the layers it keeps.

    Raises:
        ValueError: an output also depends on another input.
    """
    first = len(graph.inputs)
    numbers = {tensor: index for index, (tensor, _) in enumerate(inputs)}
    needed, waiting = set(), [tensor for tensor in outputs if tensor not in numbers]
    while waiting:
        tensor = waiting.pop()
        if tensor < first:
            raise ValueError(f"the network also depends on its input {graph.names[tensor]!r}")
        if tensor not in needed:
            needed.add(tensor)
            waiting += [source for source in graph.nodes[tensor - first].inputs if source not in numbers]
    kept: list[int] = []
    nodes: list[Node] = []
    for tensor in sorted(needed):
        node = graph.nodes[tensor - first]
        if node.layer not in kept:
            kept.append(node.layer)
        nodes.append(Node(layer=kept.index(node.layer), inputs=tuple(numbers[source] for source in node.inputs)))
        numbers[tensor] = len(inputs) + len(nodes) - 1
    if not nodes:
        raise ValueError("the network has no layers")
    architecture = Architecture(
        inputs=tuple(shape for _, shape in inputs),
        layers=tuple(graph.layers[index] for index in kept),
        nodes=tuple(nodes),
        outputs=tuple(numbers[tensor] for tensor in outputs),
    )
    return architecture, kept
