"""Write parts as ONNX files through Keras's own exporter, and read them with ONNX Runtime."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from tf2onnx.handler import tf_op

from atelier.networks.portable import Function, Outputs, Part, together

# Keras's exporter allows no other.
PRECISIONS = ("float32",)


def write(parts: list[Part], directory: Path) -> Iterator[tuple[Part, str, Function]]:
    """Write each part to a file of its name; see `export.FormatModule`."""
    for part in parts:
        path = directory / f"{part.model.name}.onnx"
        # A model that was never called has no function to export.
        part.model(together(part.examples))
        with warnings.catch_warnings():
            # Keras asks whether NumPy still has `np.object`.
            warnings.filterwarnings("ignore", "In the future `np.object`", FutureWarning)
            part.model.export(str(path), format="onnx", verbose=False)
        _rename(path, part)
        yield part, path.name, _read(path, part.outputs)


@tf_op("Erfc")
class Erfc:
    """TensorFlow's 1 − erf, which GELU uses and tf2onnx 1.17 does not know."""

    @classmethod
    def version_9(cls, ctx: Any, node: Any, **_: Any) -> None:
        """Replace a node of the graph `ctx`; tf2onnx calls this for operator sets from 9 on."""
        types = {"shapes": node.output_shapes, "dtypes": node.output_dtypes}
        ctx.remove_node(node.name)
        one = ctx.make_const(f"{node.name}_one", np.float32(1))
        erf = ctx.make_node("Erf", node.input, **types)
        ctx.make_node("Sub", [one.output[0], erf.output[0]], outputs=node.output, name=node.name, **types)


def _rename(path: Path, part: Part) -> None:
    """Name inputs, outputs and the batch axis; the exporter names outputs ``Identity:0``."""
    model = onnx.load(path)
    graph = model.graph
    values = [*graph.input, *graph.output]
    names = dict(
        zip((value.name for value in values), [*(each.name for each in part.inputs), *part.outputs], strict=True)
    )
    for value in values:
        value.name = names[value.name]
        value.type.tensor_type.shape.dim[0].dim_param = "n"
    for node in graph.node:
        for side in (node.input, node.output):
            side[:] = [names.get(name, name) for name in side]
    try:
        onnx.checker.check_model(model)
    except onnx.checker.ValidationError as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"{part.signature}: tf2onnx cannot convert all of its operations: {reason}") from None
    onnx.save(model, path)


def _read(path: Path, outputs: tuple[str, ...]) -> Function:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [wanted.name for wanted in session.get_inputs()]

    def function(*inputs: np.ndarray) -> Outputs:
        return dict(zip(outputs, session.run(outputs, dict(zip(names, inputs, strict=True))), strict=True))

    return function
