"""Translate a signature of a SavedModel to a graph of layers, through the functions that it calls."""

import graphlib
from collections.abc import Mapping, Sequence
from typing import Any

from atelier.families.adopted.graph import MAX_DEPTH
from atelier.families.adopted.saved_models.builder import Builder, Noise, Tensor, Value, Variable
from atelier.families.adopted.saved_models.constants import Constant, is_float
from atelier.families.adopted.saved_models.operations import ALLOWED, CALLS, PASSING, RANDOM, build
from atelier.families.adopted.saved_models.reader import SavedModel, arguments, choose, constant
from atelier.families.adopted.source import HELP

# Functions can call each other: a few lines may stand for billions of operations.
MAX_NODES = 20_000
# The memory for weights, relative to the files: layers that share weights get a copy each.
MAX_COPIES, SMALL = 8, 2**24


def translate(files: Mapping[str, bytes], custom: Mapping[str, str], part: str) -> dict[str, Builder]:
    """Translate the signatures for an `encoder` or a `decoder`, or for both, in the files of a SavedModel.

    Raises:
        ValueError: they contain what is not allowed, or are not what TensorFlow writes; the message says where.
    """
    try:
        saved = SavedModel(files)
        chosen = choose(saved.signatures, custom, part)
        memory = MAX_COPIES * sum(map(len, files.values())) + SMALL
        return {of: _Translator(saved, memory).signature(saved.signatures[name]) for of, name in chosen.items()}
    except (KeyError, IndexError, TypeError, AttributeError, ArithmeticError, graphlib.CycleError) as error:
        raise ValueError(f"the graph is not one that TensorFlow writes: {type(error).__name__}: {error}") from None


class _Translator:
    """Translates one signature."""

    def __init__(self, saved: SavedModel, memory: int) -> None:
        self.saved, self.net, self.count = saved, Builder(memory), 0
        self.variables: dict[str, Constant] = {}
        self.functions: dict[str, dict[str, Any]] = {}

    def signature(self, signature: Any) -> Builder:
        given: dict[str, list[Value]] = {}
        for name, placeholder, shape, kind in arguments(signature):
            if not shape or shape[0] is not None:
                raise ValueError(f"the input {name!r} has the shape {shape}; the first size is that of the batch, None")
            # The pixels of an encoder's pictures come as floats.
            tensor = self.net.graph.add_input(name, list(shape), "float32" if kind == "uint8" else kind)
            given[placeholder] = [Tensor(tensor, self.net.graph.inputs[tensor].shape)]
        outputs = sorted(signature.outputs.items())
        results = self._compute(self.saved.nodes, given, [output.name for _, output in outputs], 0)
        for (name, _), result in zip(outputs, results, strict=True):
            if not isinstance(result, Tensor) or result.rows > 1:
                raise ValueError(f"the output {name!r} is not computed for each example of the inputs")
            self.net.graph.outputs.append(result.index)
            self.net.graph.output_names.append(name)
        if not self.net.calls:
            raise ValueError("the network computes nothing from its inputs")
        return self.net

    def _compute(
        self, nodes: Mapping[str, Any], given: Mapping[str, list[Value]], wanted: Sequence[str], depth: int
    ) -> list[Value]:
        """Compute some results of a graph, each named as ``node``, ``node:0`` or ``node:output:0``."""
        values = dict(given)

        def value(reference: str) -> Value:
            name, *position = reference.split(":")
            if position[0:1] in (["batch_mean"], ["batch_variance"]):
                raise ValueError(f"{reference} is a statistic of a batch; each example is computed alone")
            return values[name][int(position[-1]) if position else 0]

        needed: dict[str, list[str]] = {}
        waiting = [_name(reference) for reference in wanted]
        while waiting:
            name = waiting.pop()
            if name not in needed and name not in values:
                _require_allowed(nodes[name])
                needed[name] = [_name(reference) for reference in _operands(nodes[name])]
                waiting += needed[name]
        for name in graphlib.TopologicalSorter(needed).static_order():
            if name not in values:
                values[name] = self._node(nodes[name], [value(each) for each in _operands(nodes[name])], depth)
        return [value(reference) for reference in wanted]

    def _node(self, node: Any, operands: list[Value], depth: int) -> list[Value]:
        self.count += 1
        if self.count > MAX_NODES:
            raise ValueError(f"the graph has more than {MAX_NODES} operations")
        if node.op in CALLS:
            return self._call(node.attr["f"].func.name, operands, depth + 1)
        if node.op == "VarHandleOp":
            return [Variable(node.name)]
        try:
            if node.op == "Const":
                return [Constant(constant(node.attr["value"].tensor))]
            if node.op in RANDOM:
                return [Noise()]
            if node.op in ("ReadVariableOp", "ResourceGather"):
                operands = [self._read(each) if isinstance(each, Variable) else each for each in operands]
            return operands if node.op in PASSING else build(self.net, node, operands)
        except ValueError as error:
            raise ValueError(
                f"the operation {node.name!r} ({node.op}): {error}; {HELP}, if it is one of Keras"
            ) from None

    def _call(self, name: str, operands: Sequence[Value], depth: int) -> list[Value]:
        """Compute all results of a function, after a look at all of its operations, also those without an effect."""
        if depth > MAX_DEPTH:
            raise ValueError(f"functions are nested deeper than {MAX_DEPTH} levels")
        function = self.saved.functions[name]
        if name not in self.functions:
            self.functions[name] = {node.name: node for node in function.node_def}
            for node in function.node_def:
                _require_allowed(node)
        signature = function.signature
        given = {each.name: [value] for each, value in zip(signature.input_arg, operands, strict=True)}
        wanted = [function.ret[each.name] for each in signature.output_arg]
        return self._compute(self.functions[name], given, wanted, depth)

    def _read(self, variable: Variable) -> Constant:
        if variable.name not in self.variables:
            self.variables[variable.name] = Constant(self.saved.variable(variable.name))
        return self.variables[variable.name]


def _operands(node: Any) -> list[str]:
    """Return the inputs of a node that are tensors; those of random numbers do not matter."""
    return [] if node.op in RANDOM else [each for each in node.input if not each.startswith("^")]


def _name(reference: str) -> str:
    return reference.partition(":")[0]


def _require_allowed(node: Any) -> None:
    writes_weights = node.op == "AssignVariableOp" and is_float(node.attr["dtype"].type)
    if node.op not in ALLOWED or writes_weights:
        raise ValueError(
            f"the graph has the operation {node.op} ({node.name!r}), which is not one of the pure functions that can "
            f"be adopted, so it is refused; {HELP}, if it is one of Keras"
        )
