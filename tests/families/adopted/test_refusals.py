"""What a file contains that is no network, or not only one: one line says what was found and what helps."""

import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import foreign_files
import h5py
import numpy as np
import pytest

from atelier.core import files
from atelier.core.prepared import Prepared
from atelier.families.adopted.params import Train
from atelier.families.adopted.train import adopt
from atelier.networks import network as networks


def model(*layers: dict[str, Any]) -> dict[str, Any]:
    source = foreign_files.old_layer("InputLayer", "z", batch_input_shape=[None, 3])
    return {"class_name": "Sequential", "config": {"name": "m", "layers": [source, *layers]}}


def dense(units: Any = 784, name: str = "dense", **options: Any) -> dict[str, Any]:
    return foreign_files.old_layer("Dense", name, units=units, activation="sigmoid", use_bias=False, **options)


KERNEL = {"dense": {"dense/kernel:0": np.random.default_rng(0).normal(0, 1, (3, 784)).astype(np.float32)}}
LAMBDA = {"class_name": "Lambda", "config": {"name": "code", "function": ["4wEAAAAA", None, None]}}
CUSTOM = {"class_name": "Custom>Glow", "config": {"name": "glow", "depth": 3}}
FOREIGN = dense() | {"module": "os.path", "registered_name": None}


def legacy(value: Any, groups: Any = KERNEL) -> Callable[[Path], Any]:
    return lambda path: foreign_files.write_legacy(path, value, "2.10.0", groups)


def truncated(path: Path) -> None:
    foreign_files.conditional(path)
    path.write_bytes(path.read_bytes()[:3000])


def zipped(**members: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in members.items():
                archive.writestr(name.replace("__", "."), content)

    return write


def without_numbers(path: Path) -> None:
    """A file of a few kilobytes that claims weights of terabytes."""
    foreign_files.write_legacy(path, model(dense(2**20), dense(2**20, "dense_1")), "2.10.0", {})
    with h5py.File(path, "r+") as file:
        for name, shape in (("dense", (3, 2**20)), ("dense_1", (2**20, 2**20))):
            group = file["model_weights"].create_group(name)
            group.attrs["weight_names"] = [b"kernel:0"]
            group.create_dataset("kernel:0", shape, "float32")


def linked(path: Path) -> None:
    foreign_files.write_legacy(path, model(dense()), "2.10.0", {})
    with h5py.File(path, "r+") as file:
        group = file["model_weights"].create_group("dense")
        group.attrs["weight_names"] = [b"kernel:0"]
        group["kernel:0"] = h5py.ExternalLink("/etc/passwd", "/kernel")


def odd_names(path: Path) -> None:
    foreign_files.write_legacy(path, model(dense()), "2.10.0", KERNEL)
    with h5py.File(path, "r+") as file:
        file["model_weights/dense"].attrs["weight_names"] = 3.5


def endless(path: Path) -> None:
    many = [foreign_files.old_layer("ReLU", f"relu_{index}") for index in range(4100)]
    foreign_files.write_archive(path, model(*many), "2.15.0", {})


def doubled(path: Path) -> None:
    """Models of models, ten thousand layers in a few lines."""
    inner = {"class_name": "Dropout", "config": {"name": "dropout", "rate": 0.5}}
    for level in range(4):
        repeated = [inner | {"name": f"{level}-{index}"} for index in range(10)]
        inner = {"class_name": "Sequential", "config": {"name": f"m{level}", "layers": repeated}}
    foreign_files.write_legacy(path, model(dense(), inner), "2.10.0", KERNEL)


def only(kernel: np.ndarray) -> dict[str, dict[str, np.ndarray]]:
    return {"dense": {"dense/kernel:0": kernel if kernel.dtype == int else kernel.astype(np.float32)}}


SYSTEM = {"class_name": "Dense", "config": {"name": "d", "units": 3, "activation": "os.system"}}
UP = foreign_files.old_layer("UpSampling2D", "up", size=[1024, 1024], interpolation="nearest")
RESHAPE = foreign_files.old_layer("Reshape", "reshape", target_shape=[28, 28, 1])
CASES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "lambda": (legacy(model(dense(), LAMBDA)), r"'code' is a Lambda, which is code, so it is refused; .*custom: \{c"),
    "custom class": (legacy(model(dense(), CUSTOM)), r"'glow' is a Glow, which is not one of .*custom: \{Glow: "),
    "class of another module": (legacy(model(FOREIGN)), "'dense' is a Dense, which is not one of the layers of Keras"),
    "subclassed model": (legacy({"class_name": "GAN", "config": {}}), "class 'GAN', whose code the file does not"),
    "pickle": (lambda path: path.write_bytes(pickle.dumps({"a": 1})), "a pickle, which could run any code; allowed"),
    "something else": (lambda path: path.write_text("hello"), "a file that begins with b'hello'; allowed are .keras"),
    "tensorflow lite": (lambda path: path.write_bytes(b"\x1c\0\0\0TFL3" * 9), "a TensorFlow Lite file"),
    "directory": (Path.mkdir, "is a directory without saved_model.pb, so it is no SavedModel; save the model with"),
    "missing": (lambda path: None, r"is missing; the path is relative to the checkout; .*dvc pull"),
    "truncated": (truncated, "is no complete HDF5 file: "),
    "weights alone": (lambda path: h5py.File(path, "w").close(), "weights without the architecture"),
    "half a zip": (lambda path: path.write_bytes(b"PK\x03\x04" + b"x" * 40), "is no complete .keras archive"),
    "zip without a model": (zipped(readme=b"x"), "is no .keras archive: it has no config.json"),
    "json of a list": (zipped(config__json=b"[]"), "config.json: got list; allowed is an object"),
    "deep json": (zipped(config__json=b"[" * 10**6), "config.json is (nested too deeply|not JSON)"),
    "not a model": (legacy({"class_name": "Sequential", "config": 3}), "the configuration is not one that"),
    "huge layer": (legacy(model(dense(2**20))), r"needs one more array of shape \(3, 1048576\) than the 0"),
    "huge number": (legacy(model(dense(10**12))), r"'dense' \(Dense\): units: got 1000000000000; allowed is"),
    "claimed terabytes": (without_numbers, r"kernel:0 has the shape \(3, 1048576\), but the file lacks its numbers"),
    "huge picture": (legacy(model(dense(), RESHAPE, UP)), r"\(UpSampling2D\) computes \(28672, 28672, 1\); allowed"),
    "link": (linked, "kernel:0 is a link; links are not followed"),
    "doubled": (doubled, "its layers are called more than 4000 times"),
    "odd names": (odd_names, "has no '3.5'"),
    "endless": (endless, "a model has 4101 layers; allowed are at most 4000"),
    "no weights": (legacy(model(dense()), {}), r"needs one more array of shape \(3, 784\) than the 0 in the file"),
    "integers": (legacy(model(dense()), only(np.ones((3, 784), int))), "has the type int64; weights are floats"),
    "not a number": (legacy(model(dense()), only(np.full((3, 784), np.nan))), "contains numbers that are not finite"),
    "unknown option": (legacy(model(dense(sparsity=0.5))), "got the option sparsity: 0.5, which is unknown"),
    "unknown activation": (legacy(model(SYSTEM)), r"'d' \(Dense\): activation: got 'os.system'; allowed is one of: "),
    "constant": (legacy(model(dense()), only(np.zeros((3, 784)))), "draws the same picture for every latent"),
    "wrong size": (legacy(model(dense(100)), only(np.eye(3, 100))), r"draws \(100,\), images of the dataset are"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_file_is_refused_with_one_line(case: str, prepared: Path, tmp_path: Path) -> None:
    write, message = CASES[case]
    path = tmp_path / "generator"
    write(path)
    section = foreign_files.section(path, inputs__latent="normal")
    with pytest.raises(ValueError, match=message) as caught:
        adopt(Prepared.read(prepared), Train.model_validate(section))
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value) or case in ("constant", "wrong size")


def test_content_is_not_parsed_before_its_digest_is_right(prepared: Path, tmp_path: Path) -> None:
    path = tmp_path / "generator.keras"
    path.write_bytes(b"PK\x03\x04 not a zip")
    section = foreign_files.section(path, sha256="0" * 64)
    with pytest.raises(ValueError, match=f"sha256: got 0000.*; that of .* is {foreign_files.digest_of(path)}: "):
        adopt(Prepared.read(prepared), Train.model_validate(section))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, r"inputs.latent: .*an input \(3,\), and no batch normalisation.*; allowed are normal \(the usual one\)"),
        (
            {"inputs__latent": "normal", "inputs__label": "integer"},
            r"inputs.label: got 'integer' for one input, z",
        ),
        (
            {"inputs__latent": "normal", "output__range": "0..255"},
            r"output.range: got '0..255', but 64 drawn",
        ),
        (
            {"inputs__latent": "normal", "custom": {"Dense": "Lambda"}},
            "custom: got 'Lambda' for the layer",
        ),
        (
            {"inputs__latent": "normal", "custom": {"dense": "gaussian_sampler"}},
            "has 2 inputs, mean and",
        ),
    ],
)
def test_what_cannot_be_found_out_is_a_parameter(
    changes: dict[str, Any], message: str, prepared: Path, tmp_path: Path
) -> None:
    path = foreign_files.write_legacy(tmp_path / "generator.h5", model(dense()), "2.10.0", KERNEL)
    section = foreign_files.section(path, **changes)
    with pytest.raises(ValueError, match=message):
        adopt(Prepared.read(prepared), Train.model_validate(section))


def test_lambda_may_stand_for_a_known_layer(prepared: Path, tmp_path: Path) -> None:
    path = foreign_files.write_legacy(tmp_path / "generator.h5", model(dense(), LAMBDA), "2.10.0", KERNEL)
    section = foreign_files.section(path, inputs__latent="normal", custom={"code": "identity"})
    network = adopt(Prepared.read(prepared), Train.model_validate(section))
    assert [layer.kind for layer in network.config.decoder.layers] == ["Dense"]
    assert "4wEAAAAA" not in json.dumps(network.config.model_dump(mode="json"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layers": [{"kind": "Lambda", "options": {}}]}, "layer 0: got 'Lambda'; known are: Add, "),
        ({"layers": [{"kind": "Dense", "options": {"function": "x"}}]}, r"layer 0 \(Dense\): unknown option function"),
        ({"layers": [{"kind": "Dense", "options": {"units": 999}}]}, r"needs one more array of shape \(3, 999\)"),
        ({"nodes": [{"layer": 7, "inputs": [0]}]}, "a node refers to layer 7 and tensors"),
        (
            {"nodes": [{"layer": 0, "inputs": [-1]}]},
            r"config.decoder.nodes.0.inputs.0: got -1|got -1; allowed is a whole",
        ),
        ({"outputs": [5]}, r"the outputs \[5\] are not there"),
        ({"inputs": [{"shape": [4], "dtype": "float32"}]}, r"latent_dim: got 3 for an input of the shape \(4,\)"),
    ],
)
def test_changed_description_of_an_adopted_network_is_refused(
    change: dict[str, Any], message: str, prepared: Path, tmp_path: Path
) -> None:
    path = foreign_files.write_legacy(tmp_path / "generator.h5", model(dense()), "2.10.0", KERNEL)
    section = foreign_files.section(path, inputs__latent="normal")
    networks.save(adopt(Prepared.read(prepared), Train.model_validate(section)), tmp_path)
    description = files.read_json(tmp_path / "config.json")
    description["config"]["decoder"] |= change
    files.write_json(tmp_path / "config.json", description)
    with pytest.raises(ValueError, match=message):
        networks.load(tmp_path)
