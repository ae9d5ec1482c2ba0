"""Training stops after divergence or collapse, and the best weights are kept."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from atelier.core.prepared import Prepared
from atelier.core.spec import Spec
from atelier.families.gan import train as gan
from atelier.families.gan.params import Train
from atelier.networks import network as networks
from atelier.params.strict import validate
from atelier.training import loop
from atelier.training.plan import Hooks

PARAMS = {
    "condition": "none",
    "latent_dim": 4,
    "space_to_depth": 1,
    "resampling": "strided",
    "generator_base": 4,
    "generator_filters": [4],
    "generator_norm": "none",
    "output_kernel": 3,
    "discriminator_filters": [4],
    "discriminator_features": 0,
    "dropout": 0.0,
    "loss": "non_saturating",
    "r1": 0.0,
    "r2": 0.0,
    "label_smoothing": 0.0,
    "label_noise": 0.0,
    "augment": [],
    "ema": 0.5,
    "beta_1": 0.5,
    "beta_2": 0.99,
    "discriminator_learning_rate": 0.001,
    "flip": True,
    "preview_epochs": 1,
    "watch_images": 100,
    "patience": 2,
    "least_coverage": 0.1,
    "least_entropy": 0.2,
    "seed": 1,
    "epochs": 6,
    "batch": 8,
    "optimizer": "adam",
    "learning_rate": 0.001,
    "schedule": "constant",
    "warmup_epochs": 0.0,
    "weight_decay": 0.0,
    "clip_norm": 0.0,
    "precision": "float32",
    "jit_compile": False,
    "steps_per_execution": 1,
}


def params(**changes: Any) -> Train:
    return validate(Train, PARAMS | changes, "train")


def history(coverage: list[float], accuracy: float = 0.7, entropy: float = 0.5) -> list[dict[str, float]]:
    return [
        {"discriminator_real": accuracy, "discriminator_fake": accuracy, "coverage": value, "class_entropy": entropy}
        for value in coverage
    ]


def test_good_training_raises_no_alarm():
    assert gan.alarm(history([0.02, 0.3, 0.4]), params()) == ""


def test_samples_without_variety_from_the_start_are_not_a_collapse():
    assert gan.alarm(history([0.01, 0.02, 0.02]), params()) == ""


def test_loss_of_coverage_is_a_collapse():
    assert gan.alarm(history([0.02, 0.3, 0.05]), params()) == ""
    assert "coverage has been below 0.1 for 2 previews" in gan.alarm(history([0.3, 0.05, 0.01]), params())


def test_loss_of_entropy_is_a_collapse():
    rows = history([0.3], entropy=0.6) + history([0.3, 0.3], entropy=0.1)
    assert "class_entropy has been below 0.2" in gan.alarm(rows, params())


def test_discriminator_without_errors_is_a_divergence():
    assert gan.alarm(history([0.3, 0.3], accuracy=1.0)[:1], params()) == ""
    assert "for 2 epochs (divergence)" in gan.alarm(history([0.3, 0.3], accuracy=1.0), params())


@pytest.fixture
def faces(tmp_path: Path) -> Prepared:
    images = np.random.default_rng(0).integers(0, 256, (40, 8, 8, 3), np.uint8)
    np.save(tmp_path / "train_images.npy", images)
    np.save(tmp_path / "train_labels.npy", np.zeros((40, 1), np.uint8))
    Spec("faces", (8, 8, 3), (0, 255), (), ("Smiling",), {"train": 40}, {}, "embedded").write(tmp_path / "spec.json")
    return Prepared.read(tmp_path)


def fit(faces: Prepared, scores: list[float], tmp_path: Path, **changes: Any):
    """Train with a judge that returns these KIDs, one per epoch."""
    section = params(**changes)
    network = networks.build("gan", section, faces.spec, seed=1, precision="float32")
    kids = iter(scores)
    kept = []

    def watch() -> dict[str, float]:
        kept.append([np.array(v) for v in network.model.variables])
        return {"kid": next(kids), "coverage": 0.5, "class_entropy": 0.5}

    (tmp_path / "work").mkdir()
    hooks = Hooks(every=1, preview=lambda stem: None, watch=watch)
    progress = loop.run(gan.train(network, faces, section), section, tmp_path / "work", hooks)
    return network, progress, kept


def test_epoch_with_the_lowest_kid_is_kept(faces: Prepared, tmp_path: Path):
    network, progress, kept = fit(faces, [3.0, 1.0, 2.0], tmp_path, epochs=3)
    assert progress.best_epoch == 2
    for variable, value in zip(network.model.variables, kept[1], strict=True):
        np.testing.assert_array_equal(np.array(variable), value)


def test_divergence_stops_the_training_and_keeps_the_best_weights(faces: Prepared, tmp_path: Path):
    network, progress, kept = fit(faces, [3.0, 2.0, float("nan"), 1.0], tmp_path)
    assert (progress.epoch, progress.best_epoch) == (2, 2)
    assert "epoch 3: kid" in progress.stopped
    for variable, value in zip(network.model.variables, kept[1], strict=True):
        np.testing.assert_array_equal(np.array(variable), value)


def test_divergence_in_the_first_epoch_is_an_error(faces: Prepared, tmp_path: Path):
    with pytest.raises(ValueError, match="epoch 1: kid"):
        fit(faces, [float("nan")], tmp_path)
