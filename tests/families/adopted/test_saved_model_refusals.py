"""What a SavedModel contains that is no network, or not only one: one line says what was found, nothing is run."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import foreign_files
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from atelier.core.prepared import Prepared
from atelier.families.adopted.params import Train
from atelier.families.adopted.train import adopt

GRAPH, INDEX, DATA = "saved_model.pb", "variables/variables.index", "variables/variables.data-00000-of-00001"


def generator(change: Callable[[Any, Any], Any] = lambda z, picture: picture, spec: Any = None, name: str = "decode"):
    """Return a function that writes a generator whose picture is changed by TensorFlow's operations."""

    def write(path: Path) -> None:
        module = tf.Module()
        module.kernel = tf.Variable(foreign_files.generator().normal(0, 0.5, (3, 784)).astype(np.float32))

        def draw(z: Any) -> Any:
            latent = z if z.dtype.is_floating else tf.ones((tf.size(z), 3))
            return {"picture": change(z, tf.sigmoid(latent @ module.kernel))}

        module.draw = tf.function(draw, input_signature=[spec or tf.TensorSpec((None, 3), name="z")])
        tf.saved_model.save(module, str(path), {name: module.draw})

    return write


def edited(
    change: Callable[[Any], None], operation: Callable[[Any, Any], Any] = lambda z, picture: picture
) -> Callable[[Path], None]:
    """Return a function that writes a SavedModel whose graph was edited afterwards."""

    def written(path: Path) -> None:
        generator(operation)(path)
        saved = SavedModel.FromString((path / GRAPH).read_bytes())
        change(saved.meta_graphs[0])
        (path / GRAPH).write_bytes(saved.SerializeToString())

    return written


def cut(name: str, size: int) -> Callable[[Path], None]:
    def written(path: Path) -> None:
        generator()(path)
        (path / name).write_bytes((path / name).read_bytes()[:size])

    return written


def replaced(name: str, old: bytes, new: bytes) -> Callable[[Path], None]:
    def written(path: Path) -> None:
        generator()(path)
        content = (path / name).read_bytes()
        assert old in content
        (path / name).write_bytes(content.replace(old, new))

    return written


def without_variables(path: Path) -> None:
    generator()(path)
    (path / INDEX).unlink()


def linked(path: Path) -> None:
    generator()(path)
    (path / DATA).rename(path.parent / "data")
    (path / DATA).symlink_to(path.parent / "data")


def leave_file(z: Any, picture: Any) -> Any:
    with tf.control_dependencies([tf.io.write_file("written-by-the-graph", "x")]):
        return tf.identity(picture)


def doubled(z: Any, picture: Any) -> Any:
    """Functions that call each other twice, so that a few of them stand for many operations."""
    function = tf.function(lambda x: x * 0.9)
    for _ in range(12):
        inner = function.get_concrete_function(tf.TensorSpec((None, 784)))
        function = tf.function(lambda x, inner=inner: inner(inner(x)))
    return function(picture)


def nodes(graph: Any) -> list[Any]:
    return [node for function in graph.graph_def.library.function for node in function.node_def]


def claim_terabytes(graph: Any) -> None:
    """Let a constant of one number have the shape of a million rows and columns."""
    for node in nodes(graph):
        if node.op == "Const" and node.attr["value"].tensor.float_val == [0.25]:
            for _ in range(2):
                node.attr["value"].tensor.tensor_shape.dim.add(size=2**20)


def endless(graph: Any) -> None:
    for node in nodes(graph):
        if node.op == "Sigmoid":
            node.input[0] = f"{node.name}:y:0"


def without_function(graph: Any) -> None:
    del graph.graph_def.library.function[:]


def without_kernel(graph: Any) -> None:
    graph.saver_def.restore_op_name = ""


BATCH = tf.TensorSpec((16, 3), name="z")
SEEDS = tf.TensorSpec((None,), tf.int64, name="seeds")
CASES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "file": (
        generator(lambda z, x: x + tf.cast(tf.strings.length(tf.io.read_file("/etc/passwd")), tf.float32)),
        r"has the operation (ReadFile|StringLength) \('.*'\), which is not one of the pure functions .*NAME\.keras",
    ),
    "python": (generator(lambda z, x: tf.numpy_function(np.sqrt, [x], tf.float32)), r"has the operation PyFunc \("),
    "effect": (generator(leave_file), r"has the operation WriteFile \("),
    "printed": (generator(lambda z, x: [tf.print(x), x][1]), r"has the operation (PrintV2|StringFormat) \("),
    "loop": (generator(lambda z, x: tf.while_loop(lambda y: True, lambda y: y, [x], maximum_iterations=2)[0]),
             r"has the operation (StatelessWhile|While) \("),
    "unusual": (generator(lambda z, x: tf.linalg.svd(x, full_matrices=False)[1]), r"has the operation Svd \("),
    "tensors": (generator(lambda z, x: tf.matmul(x, tf.matmul(z, x, transpose_a=True), transpose_b=True)),
                r"\(MatMul\): is not known for tensor, tensor"),
    "random": (generator(lambda z, x: x + tf.random.normal(tf.shape(x))), r"adds random numbers; known is only the"),
    "over the batch": (generator(lambda z, x: x - tf.reduce_mean(x, axis=0)), r"the axis 0 of \(-1, 784\) is not one"),
    "constant": (generator(lambda z, x: tf.ones((3, 784))), "the output 'picture' is not computed for each example"),
    "fixed batch": (generator(spec=BATCH), r"the input 'z' has the shape \(16, 3\); the first size is that of the bat"),
    "seeds": (generator(spec=SEEDS, name="generate"),
              r"generate \(seeds: int64 \(None,\)\); generate takes seeds, .*; allowed for the decoder are decode,"),
    "doubled": (generator(doubled), "the graph has more than 20000 operations"),
    "claimed": (edited(claim_terabytes, lambda z, x: x * 0.25),
                r"a constant has the shape \(1048576, 1048576\), but 1 numbers"),
    "outer product": (generator(lambda z, x: x * tf.reduce_sum(tf.ones((2**16, 1)) * tf.ones((1, 2**16)))),
                      "computes 4294967296 numbers from constants; allowed are at most"),
    "cycle": (edited(endless), "the graph is not one that TensorFlow writes: CycleError"),
    "no function": (edited(without_function), "the graph is not one that TensorFlow writes: KeyError"),
    "no signature": (edited(lambda graph: graph.signature_def.clear()), "its signatures are none; allowed for the"),
    "training": (edited(lambda graph: graph.meta_info_def.tags.__delitem__(0)), "has no graph with the tag 'serve'"),
    "not restored": (edited(without_kernel), r"the variable '.*' is not in the checkpoint"),
    "cut graph": (cut(GRAPH, 2000), "saved_model.pb is damaged or not complete"),
    "cut weights": (cut(DATA, 2000), r"kernel/.* extends beyond the end of variables\.data-00000-of-00001"),
    "cut index": (cut(INDEX, 100), "variables.index is missing or not complete"),
    "no weights": (without_variables, "variables.index is missing or not complete"),
    "other shape": (replaced(INDEX, b"\x12\x03\x08\x90\x06", b"\x12\x03\x08\x91\x06"),
                    r"shape \(3, 785\), but 9408 bytes"),
    "link": (linked, "is a link or something else than a file; links are not followed"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_saved_model_is_refused_with_one_line(
    case: str, prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, message = CASES[case]
    path = tmp_path / "generator"
    write(path)
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    section = foreign_files.section(path, inputs__latent="normal")
    with pytest.raises(ValueError, match=message) as caught:
        adopt(Prepared.read(prepared), Train.model_validate(section))
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    assert sorted(tmp_path.rglob("*")) == before


def test_digest_of_a_directory_is_what_the_documented_command_prints(prepared: Path, tmp_path: Path) -> None:
    path = tmp_path / "generator"
    generator()(path)
    document = (Path(__file__).parents[3] / "docs" / "adopting.md").read_text(encoding="utf-8")
    (command,) = [line for line in document.splitlines() if "xargs" in line]
    printed = subprocess.run(command.replace("models/generator", str(path)), shell=True, capture_output=True, text=True)
    digest = printed.stdout.split()[0]
    section = foreign_files.section(path, sha256="0" * 64, inputs__latent="normal")
    with pytest.raises(ValueError, match=f"sha256: got 0000.*; that of .*{path} is {digest}: use this value if you"):
        adopt(Prepared.read(prepared), Train.model_validate(section))
    assert adopt(Prepared.read(prepared), Train.model_validate(section | {"sha256": digest})).config.latent_dim == 3


def test_size_is_checked_before_anything_is_read(prepared: Path, tmp_path: Path) -> None:
    path = tmp_path / "generator"
    section = foreign_files.section(path)
    generator()(path)
    with (path / "assets" / "zeros").open("wb") as file:
        file.truncate(5 << 30)
    with pytest.raises(ValueError, match="generator has more than 1000 files or 4294967296 bytes"):
        adopt(Prepared.read(prepared), Train.model_validate(section))
