"""Malicious files of a network are refused in one line; nothing in them is executed, and they take no memory."""

import json
import os
import pickle
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from atelier.core.spec import Spec
from atelier.networks import network as networks
from atelier.params import file

ROOT = Path(__file__).parents[2]
SMALL = {"latent_dim": 2, "encoder_filters": (4,), "encoder_dense": (), "decoder_dense": (), "decoder_filters": (4,)}
# For a file of a few kilobytes; a network of the absurd sizes below would take gigabytes.
MOST_BYTES = 300 << 20


class Canary:
    """A pickle that executes code when it is read: it creates a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return (Path.touch, (self.path,))


@pytest.fixture(scope="module")
def network() -> networks.Network:
    train = file.read(ROOT / "params.yaml").entry("runs", "mnist-vae").train.model_copy(update=SMALL)
    spec = Spec("digits", (8, 8, 1), (0, 255), ("a", "b"), (), {}, {}, "embedded")
    return networks.build("vae", train, spec, seed=1, precision="float32")


@pytest.fixture(scope="module")
def template(network: networks.Network, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("template")
    networks.save(network, directory)
    return directory


@pytest.fixture
def saved(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "model"))


def refusal(directory: Path) -> str:
    """The message of `load`, which is one line."""
    with pytest.raises(ValueError, match=re.escape(str(directory))) as error:
        networks.load(directory)
    (line,) = str(error.value).splitlines()
    return line.replace(f"{directory}/", "")


def with_array(directory: Path, write: Callable[[h5py.Group], None]) -> Path:
    """Replace one array of the weights."""
    with h5py.File(directory / networks.WEIGHTS, "r+") as weights:
        group = weights["encoder/layers/conv2d/vars"]
        del group["0"]
        write(group)
    return directory


def with_description(directory: Path, **changes: Any) -> Path:
    """Change `config.json`; a key with `__` is inside a section."""
    path = directory / networks.CONFIG
    content = json.loads(path.read_text(encoding="utf-8"))
    for key, value in changes.items():
        section, _, name = key.rpartition("__")
        (content[section] if section else content)[name] = value
    path.write_text(json.dumps(content), encoding="utf-8")
    return directory


def test_saved_network_is_restored(saved: Path, network: networks.Network):
    restored = networks.load(saved)
    for expected, read in zip(network.model.weights, restored.model.weights, strict=True):
        np.testing.assert_array_equal(np.asarray(expected), np.asarray(read))


def test_pickle_instead_of_weights_is_refused_and_not_executed(saved: Path, tmp_path: Path):
    (saved / networks.WEIGHTS).write_bytes(pickle.dumps(Canary(tmp_path / "canary")))
    assert "file signature not found" in refusal(saved)
    assert not (tmp_path / "canary").exists()
    # The pickle would have worked.
    pickle.loads((saved / networks.WEIGHTS).read_bytes())
    assert (tmp_path / "canary").exists()


def test_archive_with_a_lambda_instead_of_weights_is_refused_and_not_executed(saved: Path, tmp_path: Path):
    code = f"lambda x: __import__('pathlib').Path({str(tmp_path / 'canary')!r}).touch() or x"
    layer = {"module": "keras.layers", "class_name": "Lambda", "config": {"function": code}}
    with zipfile.ZipFile(saved / networks.WEIGHTS, "w") as archive:
        archive.writestr("config.json", json.dumps(layer))
        archive.writestr("metadata.json", "{}")
        archive.write(ROOT / "params.yaml", "model.weights.h5")
    assert "file signature not found" in refusal(saved)
    assert not (tmp_path / "canary").exists()


def test_truncated_file_is_refused(saved: Path):
    whole = (saved / networks.WEIGHTS).read_bytes()
    (saved / networks.WEIGHTS).write_bytes(whole[: len(whole) * 2 // 3])
    assert refusal(saved).startswith("model.weights.h5 is not a complete HDF5 file of weights: truncated file")


def test_damaged_file_is_refused(saved: Path):
    whole = bytearray((saved / networks.WEIGHTS).read_bytes())
    whole[96:2000] = bytes(2000 - 96)
    (saved / networks.WEIGHTS).write_bytes(whole)
    assert refusal(saved).startswith("model.weights.h5 ")


SHAPE, LARGE = (3, 3, 1, 4), (1 << 20, 1 << 22)
VIRTUAL = h5py.VirtualLayout(SHAPE, "float32")
VIRTUAL[...] = h5py.VirtualSource("elsewhere.h5", "secret", SHAPE)
HOSTILE: dict[str, tuple[Callable[[h5py.Group], Any], str]] = {
    "terabytes that are not stored": (
        lambda group: group.create_dataset("0", LARGE, "float32"),
        "has 17592186044416 bytes by its shape, but the file stores 0",
    ),
    "terabytes in chunks": (
        lambda group: group.create_dataset("0", LARGE, "float32", chunks=(64, 64)),
        "is chunked, compressed or virtual",
    ),
    "compressed zeros": (
        lambda group: group.create_dataset("0", data=np.zeros((1 << 10, 1 << 10), "float32"), compression="gzip"),
        "is chunked, compressed or virtual",
    ),
    "virtual": (
        lambda group: group.create_virtual_dataset("0", VIRTUAL),
        "is chunked, compressed or virtual",
    ),
    "numbers in another file": (
        lambda group: group.create_dataset("0", SHAPE, "float32", external=[("/etc/passwd", 0, 144)]),
        "is stored in another file",
    ),
    "link into another file": (
        lambda group: group.__setitem__("0", h5py.ExternalLink("elsewhere.h5", "/secret")),
        "is a link, not an array",
    ),
    "soft link": (lambda group: group.__setitem__("0", h5py.SoftLink("/vars/0")), "is a link, not an array"),
    "second name": (lambda group: group.__setitem__("0", group["1"]), "is also stored under another name"),
    "group within itself": (lambda group: group.__setitem__("0", group), "is also stored under another name"),
    "objects": (
        lambda group: group.create_dataset("0", data=[b"x"], dtype=h5py.string_dtype()),
        "is not float32",
    ),
    "references": (
        lambda group: group.create_dataset("0", data=group.ref, dtype=h5py.ref_dtype),
        "is not float32",
    ),
    "float64": (lambda group: group.create_dataset("0", SHAPE, "float64"), "is not float32"),
    "a type": (lambda group: group.__setitem__("0", np.dtype("float32")), "is neither a group nor an array"),
    "empty": (
        lambda group: group.create_dataset("0", data=h5py.Empty("float32")),
        "is empty",
    ),
    "attribute with another dtype": (
        lambda group: group.create_dataset("0", data=np.ones(SHAPE, "float32")).attrs.update({"dtype": "bfloat16"}),
        "has attributes",
    ),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_array_that_is_not_plain_is_refused_by_name(saved: Path, kind: str):
    write, reason = HOSTILE[kind]
    line = refusal(with_array(saved, write))
    assert re.match(r"model\.weights\.h5: /encoder/layers/conv2d/vars/[01] ", line), line
    assert reason in line


def test_array_of_another_shape_is_refused_with_the_expected_shape(saved: Path):
    line = refusal(with_array(saved, lambda group: group.create_dataset("0", data=np.ones((4, 4), "float32"))))
    assert line.startswith("model.weights.h5 does not fit ")
    assert re.search(r"'centre' .* shape \(3, 3, 1, 4\) than the 1 ", line)


def test_additional_array_is_refused(saved: Path):
    def write(group: h5py.Group) -> None:
        group.create_dataset("0", data=np.ones(SHAPE, "float32"))
        group.create_dataset("2", data=np.ones(5, "float32"))

    assert "does not use 1 of its" in refusal(with_array(saved, write))


def test_arrays_in_another_order_are_refused(saved: Path):
    with h5py.File(saved / networks.WEIGHTS, "r+") as weights:
        weights.move("encoder/layers/conv2d", "encoder/layers/other")
    assert refusal(saved).startswith("model.weights.h5 does not fit ")


def test_deeply_nested_groups_are_refused(saved: Path):
    def write(group: h5py.Group) -> None:
        for _ in range(200):
            group = group.create_group("a")

    assert "is nested deeper than 64 levels" in refusal(with_array(saved, write))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"family": "diffusion"}, "no 'diffusion' with a module 'network' in atelier.families; known are: "),
        ({"family": "../../evil"}, "no '../../evil' with a module 'network' in atelier.families; known are: "),
        ({"family": 3}, "family: Input should be a valid string"),
        ({"precision": "float8"}, "precision: Input should be 'float32' or 'mixed_bfloat16'"),
        ({"config__latent_dim": 0}, "latent_dim: got 0; allowed is a whole number at least 1"),
        ({"config__latent_dim": 3}, "needs one more array of shape (64, 3) than the 0"),
        ({"config__latent_dim": 1 << 30}, "in the file"),
        ({"config__latent_dim": 10**12}, "got the number 1000000000000; allowed are at most 2147483647"),
        ({"config__residual_blocks": 1 << 30}, "in the file"),
        ({"config__decoder_dense": [1 << 20, 1 << 20]}, "in the file"),
        ({"config__function": "lambda x: x"}, "unknown key"),
        ({"spec__shape": [1 << 20, 1 << 20, 4]}, "in the file"),
        ({"spec__shape": [8, 8]}, "allowed are height, width and channels"),
        ({"spec__shape": [8, -8, 1]}, "allowed are height, width and channels"),
        ({"spec__shape": "8"}, "spec.shape: Input should be a valid"),
        ({"module": "os"}, "module: Unexpected keyword argument"),
    ],
)
def test_absurd_description_is_refused(saved: Path, changes: dict[str, Any], reason: str):
    with pytest.raises(ValueError, match=re.escape(reason)) as error:
        networks.load(with_description(saved, **changes))
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[" * 100_000, "it is nested too deeply"),
        ('{"family": "vae"', "is not JSON"),
        ("9" * 5000, "is not JSON"),
        (" " * (1 << 21), "allowed are at most 1048576"),
        ("[]", "does not describe a network"),
    ],
)
def test_invalid_description_is_refused(saved: Path, text: str, reason: str):
    (saved / networks.CONFIG).write_text(text, encoding="utf-8")
    line = refusal(saved)
    assert line.startswith("config.json ")
    assert reason in line


def test_network_of_absurd_sizes_takes_little_memory(saved: Path, tmp_path: Path):
    """In a process of its own, because only the peak memory of a whole process can be measured."""
    absurd = {"config__encoder_dense": [1 << 24, 1 << 24], "config__residual_blocks": 1 << 30}
    with_description(saved, **absurd)
    wide = tmp_path / "language"
    wide.mkdir()
    config = {"context": 4096, "width": 1 << 20, "depth": 256, "heads": 1, "hidden": 1 << 20, "activation": "relu"}
    config |= {"norm": "rms", "norm_position": "pre", "positions": "rotary", "tied": True, "dropout": 0.0}
    spec = json.loads((saved / networks.CONFIG).read_text())["spec"] | {"shape": [], "vocabulary": 3}
    description = {"family": "transformer_lm", "config": config, "precision": "float32", "spec": spec}
    (wide / networks.CONFIG).write_text(json.dumps(description), encoding="utf-8")
    with h5py.File(wide / networks.WEIGHTS, "w") as weights:
        # The weights before the attention, whose angles would take twelve gigabytes.
        weights["embedding/vars/0"] = np.zeros((3, 1 << 20), "float32")
        weights["norm/vars/0"] = np.zeros(1 << 20, "float32")
    code = f"""
import resource, sys
from pathlib import Path
from atelier.networks import network as networks
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for directory in sys.argv[1:]:
    try:
        networks.load(Path(directory))
    except ValueError as error:
        print(error)
taken = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) << 10
assert taken < {MOST_BYTES}, taken
"""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-c", code, str(saved), str(wide)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 2
    assert done.stdout.count("in the file") == 2
