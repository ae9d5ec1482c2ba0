"""An export that computes something else than its network is refused."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from atelier.core.spec import Spec
from atelier.exporting.export import difference, export
from atelier.exporting.formats import FORMATS, require
from atelier.networks import network as networks
from atelier.params import file

SPEC = Spec("mnist", (8, 8, 1), (0, 255), ("a", "b"), (), {}, {}, "embedded")
SIZES = {"latent_dim": 3, "encoder_filters": (4,), "decoder_filters": (4,), "encoder_dense": (), "decoder_dense": ()}


def vae(params_file: Path, precision: str = "float32", **options: str) -> networks.Network:
    section = file.read(params_file).entry("runs", "mnist-vae").train.model_copy(update={**SIZES, **options})
    return networks.build("vae", section, SPEC, seed=1, precision=precision)


def test_export_that_draws_other_pixels_is_refused(params_file: Path, tmp_path: Path):
    network = vae(params_file)
    pixels = network.model.pixels
    network.model.pixels = lambda centre: 255 - pixels(centre)
    with pytest.raises(ValueError, match=r"decode: the export differs from the network by \d+ grey levels"):
        export(network, FORMATS["keras"], tmp_path)


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian", "logistic"])
def test_decoder_draws_the_mean_of_every_likelihood(params_file: Path, tmp_path: Path, likelihood: str):
    encode, decode = export(vae(params_file, likelihood=likelihood), FORMATS["keras"], tmp_path)
    assert encode.difference < 1e-5
    assert decode.difference <= 1
    assert str(decode.outputs[0]) == "`images`, uint8 `(n, 8, 8, 1)`"


@pytest.mark.skipif(find_spec("tf2onnx") is None, reason="the extra `onnx` is missing")
def test_onnx_of_mixed_precision_is_float32_and_says_how_far_that_is_from_the_network(
    params_file: Path, tmp_path: Path
):
    parts = export(vae(params_file, "mixed_bfloat16", activation="gelu"), FORMATS["onnx"], tmp_path)
    assert [part.file for part in parts] == ["encoder.onnx", "decoder.onnx"]
    assert all(part.difference <= 1 for part in parts)
    assert all(part.rounding is not None for part in parts)


def test_family_that_cannot_be_exported_is_named_with_those_that_can():
    with pytest.raises(ValueError, match=r"my-run: networks of the family wae cannot .*: gan, transformer_lm, vae"):
        require("keras", "my-run", "wae")


def test_difference_counts_grey_levels_or_is_relative_to_the_largest_value():
    grey = np.array([[0, 250]], np.uint8)
    assert difference({"images": grey}, {"images": np.array([[2, 250]], np.uint8)}) == 2
    logits = np.array([[1.0, -200.0]], np.float32)
    assert difference({"logits": logits}, {"logits": logits + 1}) == pytest.approx(1 / 200)


@pytest.mark.parametrize(
    "came",
    [
        {"other": np.zeros((2, 3), np.float32)},
        {"logits": np.zeros((2, 4), np.float32)},
        {"logits": np.zeros((2, 3), np.uint8)},
        {"logits": np.full((2, 3), np.nan, np.float32)},
    ],
)
def test_other_names_shapes_types_or_no_numbers_differ_infinitely(came: dict[str, np.ndarray]):
    assert difference({"logits": np.zeros((2, 3), np.float32)}, came) == float("inf")
