"""Read a SavedModel of TensorFlow 2 as data: its signatures, functions and variables. Nothing in it is executed.

Of TensorFlow, only the readers of its protocol buffers are used.
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from google.protobuf.message import DecodeError
from tensorflow import as_dtype, make_ndarray
from tensorflow.core.framework.tensor_pb2 import TensorProto
from tensorflow.core.protobuf import saved_model_pb2

from atelier.families.adopted.saved_models.bundle import Bundle
from atelier.families.adopted.saved_models.constants import MAX_NUMBERS, is_float

# Of graph and index: real ones have a few megabytes, because the weights are not in them.
MAX_BYTES = 64 << 20
# Signatures of Keras: of 2 and 3, and of 3.
DEFAULTS = ("serving_default", "serve")


class SavedModel:
    """A SavedModel.

    Attributes:
        signatures: the functions for users, with the names and shapes of their inputs and outputs.
        nodes: of the main graph, by name: placeholders of inputs, variables, and calls of functions.
        functions: by name.
    """

    def __init__(self, files: Mapping[str, bytes]) -> None:
        """Parse the files of the directory, by their relative paths; a `ValueError` says what is wrong."""
        for name in ("saved_model.pb", "variables/variables.index"):
            if len(files.get(name, b"")) > MAX_BYTES:
                raise ValueError(f"{name} has {len(files[name])} bytes; allowed are at most {MAX_BYTES}")
        try:
            graphs = saved_model_pb2.SavedModel.FromString(files["saved_model.pb"]).meta_graphs
        except DecodeError:
            raise ValueError("saved_model.pb is damaged or not complete") from None
        served = [graph for graph in graphs if "serve" in graph.meta_info_def.tags]
        if not served:
            raise ValueError("saved_model.pb has no graph with the tag 'serve'")
        graph = served[0]
        self.signatures = {name: of for name, of in graph.signature_def.items() if not name.startswith("__")}
        self.nodes: dict[str, Any] = {node.name: node for node in graph.graph_def.node}
        self.functions = {function.signature.name: function for function in graph.graph_def.library.function}
        self._keys = self._checkpoint_keys(graph.saver_def.restore_op_name)
        inside = {name.removeprefix("variables/"): content for name, content in files.items()}
        self._bundle = Bundle(inside, set(self._keys.values()))

    def variable(self, name: str) -> np.ndarray:
        """Read a variable, the name of a node; a `ValueError` says that it is not stored."""
        if name not in self._keys:
            raise ValueError(f"the variable {name!r} is not in the checkpoint")
        return self._bundle.read(self._keys[name])

    def _checkpoint_keys(self, restore: str) -> dict[str, str]:
        """Return the key of each variable in the checkpoint, which the function that restores them assigns to it."""
        if restore not in self.nodes:
            return {}
        call = self.nodes[restore]
        function = self.functions[call.attr["f"].func.name]
        variables = dict(zip((each.name for each in function.signature.input_arg), call.input, strict=True))
        nodes = {node.name: node for node in function.node_def}
        keys = {}
        for node in function.node_def:
            if node.op == "AssignVariableOp":
                restored, _, number = nodes[_name(node.input[1])].input[0].split(":")
                names = nodes[_name(nodes[restored].input[1])].attr["value"].tensor.string_val
                keys[variables[node.input[0]]] = names[int(number)].decode()
        return keys


def _name(reference: str) -> str:
    return reference.partition(":")[0]


class Argument(NamedTuple):
    """An input of a signature: the node of the main graph that it is put into, its shape with the batch, its dtype."""

    name: str
    node: str
    shape: tuple[int | None, ...]
    kind: str

    def __str__(self) -> str:
        return f"{self.name}: {self.kind} {self.shape}"


def arguments(signature: Any) -> list[Argument]:
    """Return the inputs of a signature, in the order of their names."""
    found = []
    for name, of in sorted(signature.inputs.items()):
        shape = tuple(None if side.size < 0 else side.size for side in of.tensor_shape.dim)
        found.append(Argument(name, _name(of.name), shape, as_dtype(of.dtype).name))
    return found


def choose(signatures: Mapping[str, Any], custom: Mapping[str, str], part: str) -> dict[str, str]:
    """Choose the signatures to adopt: that of `part`, a decoder or encoder, and of an encoder beside a decoder.

    Args:
        custom: `encode` or `decode` for signatures of other names.
    """
    named = {custom.get(name, name): name for name in signatures}
    if part == "decoder" and "decode" in named:
        return {"decoder": named["decode"]} | ({"encoder": named["encode"]} if "encode" in named else {})
    if part == "encoder" and "encode" in named:
        return {"encoder": named["encode"]}
    fitting = [named[name] for name in (*(["generate"] if part == "decoder" else []), *DEFAULTS) if name in named]
    of_seeds = [name for name in fitting if all(_is_seed(each) for each in arguments(signatures[name]))]
    if usable := [name for name in fitting if name not in of_seeds]:
        return {part: usable[0]}
    seen = "; ".join(f"{name} ({', '.join(map(str, arguments(of)))})" for name, of in sorted(signatures.items()))
    why = f"; {of_seeds[0]} takes seeds, from which only its own code draws latents" if of_seeds else ""
    wanted = {"decoder": "decode", "encoder": "encode"}[part]
    raise ValueError(
        f"its signatures are {seen or 'none'}{why}; allowed for the {part} are {wanted}"
        f"{', generate of latents' if part == 'decoder' else ''} and {DEFAULTS[0]}; if one has another name, say so: "
        f"custom: {{NAME: {wanted}}}"
    )


def _is_seed(argument: Argument) -> bool:
    return argument.kind in ("int32", "int64") and len(argument.shape) < 2


def constant(proto: Any) -> np.ndarray:
    """Return a constant, as float32 or int64; one that repeats a single number takes no memory.

    Raises:
        ValueError: it has another type, or its shape is not that of the numbers in it.
    """
    kind, shape = as_dtype(proto.dtype), tuple(side.size for side in proto.tensor_shape.dim)
    size, flat = math.prod(shape), TensorProto()
    flat.CopyFrom(proto)
    flat.ClearField("tensor_shape")
    flat.tensor_shape.dim.add(size=_stored(proto, kind.size))
    numbers = make_ndarray(flat).astype(np.float32 if is_float(proto.dtype) else np.int64)
    if min(shape, default=0) < 0 or len(numbers) not in (size, 1) or size > max(len(numbers), MAX_NUMBERS):
        raise ValueError(f"a constant has the shape {shape}, but {len(numbers)} numbers")
    return numbers.reshape(shape) if len(numbers) == size else np.broadcast_to(numbers, shape)


def _stored(proto: Any, itemsize: int) -> int:
    """Return how many numbers are stored in a constant."""
    fields = (proto.float_val, proto.double_val, proto.int_val, proto.int64_val, proto.half_val)
    return len(proto.tensor_content) // itemsize or max(map(len, fields))
