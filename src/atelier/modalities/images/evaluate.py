"""Comparison of samples with real images: distances on the judge's features, classes, nearest training images."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from atelier.core import files
from atelier.core.pictures import grid, write_png
from atelier.core.prepared import Prepared
from atelier.metrics.classes import class_histogram
from atelier.metrics.images.similarity import psnr, ssim
from atelier.metrics.neighbours import nearest
from atelier.modalities.images import generate
from atelier.modalities.images.exhibit import Table
from atelier.modalities.images.params import Evaluated
from atelier.modalities.judge import Judge
from atelier.networks import batching
from atelier.networks.network import Network

Metrics = dict[str, float]
Shares = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Samples:
    """Samples, uint8 ``(N, h, w, c)``, with the judge's features ``(N, features)`` and logits ``(N, outputs)``."""

    judge: Judge
    images: np.ndarray
    features: np.ndarray
    logits: np.ndarray

    @classmethod
    def read(cls, judge: Path, directory: Path, count: int) -> "Samples":
        """Read the first `count` samples of a run from `directory`; raise `ValueError` if it has fewer."""
        path = directory / "samples.npy"
        images = files.read_array(path, 4, "u")[:count]
        if len(images) < count:
            raise ValueError(f"evaluate.samples: got {count}; {path} holds {len(images)} samples; raise sample.samples")
        judging = Judge.load(judge)
        features = judging.features(np.asarray(images))
        return cls(judging, images, features, judging.logits(features))


def write(
    samples: Samples,
    prepared: Prepared,
    params: Evaluated,
    metrics: Metrics,
    out: Path,
    tables: Sequence[Table] = (),
) -> None:
    """Add what all families of images measure to `metrics`, and write them and all exhibits to the directory `out`.

    A judge of rotations says nothing about classes: then there are neither `class_entropy` nor `classes.json`.
    """
    metrics = metrics | samples.judge.distances(samples.features, params)
    classified = samples.judge.predicts_labels_of(prepared.spec)
    if classified:
        metrics["class_entropy"] = samples.judge.entropy(samples.logits)
    with files.atomic_directory(out) as directory:
        metrics |= memorisation(samples, prepared, params.shown, directory)
        files.write_json(directory / "metrics.json", metrics)
        if classified:
            files.write_json(directory / "classes.json", classes(samples, prepared))
        caption = (
            "Two samples per row, each followed by its five nearest training images on the judge's features. Median "
            f"distance to the nearest one: {metrics['neighbour_distance']:.3g} for samples, "
            f"{metrics['neighbour_distance_test']:.3g} for test images; copies would be much closer."
        )
        exhibit = {"file": "neighbours.png", "title": "Nearest training images", "caption": caption}
        files.write_json(directory / "pictures.json", [*(table.write(directory) for table in tables), exhibit])


def classes(samples: Samples, prepared: Prepared) -> Shares:
    """Return the share of each class or attribute among samples and among test images.

    The judge predicts the classes of samples; those of test images are their labels. A judge of attributes is biased
    towards rare ones, so it predicts the attributes of test images as well.
    """
    spec, judge = prepared.spec, samples.judge
    if spec.attributes:
        test = judge.logits(judge.features(prepared.images("test")))
        predicted = {"samples": samples.logits > 0, "test": test > 0}
        return {of: dict(zip(spec.attributes, has.mean(axis=0).tolist(), strict=True)) for of, has in predicted.items()}
    labels = class_histogram(np.asarray(prepared.labels("test")), len(spec.classes))
    return {
        of: {name: float(n / histogram.sum()) for name, n in zip(spec.classes, histogram, strict=True)}
        for of, histogram in {"samples": judge.histogram(samples.logits), "test": labels}.items()
    }


def similarity(network: Network, test: np.ndarray, batch: int, told: np.ndarray | None = None) -> Metrics:
    """Compute ``psnr`` (dB) and ``ssim`` of reconstructions from posterior means, averaged over test images.

    A network that is told conditions needs those of all images, ``(n, conditions)``.
    """
    means, _ = batching.apply(network.model.encoder, generate.inputs(test, told), batch)
    reconstructions = generate.decode(network, means, batch, told)
    return {"psnr": psnr(test, reconstructions), "ssim": ssim(test, reconstructions)}


def memorisation(samples: Samples, prepared: Prepared, shown: int, directory: Path) -> Metrics:
    """Write `neighbours.png`, and return the median distances of samples and of test images to the training images.

    Distances are on the judge's features. Copies would be much closer than unseen real images are.
    """
    train = prepared.images("train")
    train_features = samples.judge.features(train)
    test = np.asarray(prepared.images("test")[: len(samples.images)])
    of_samples, indices = nearest(samples.features, train_features, k=5)
    of_test, _ = nearest(samples.judge.features(test), train_features, k=1)
    rows = np.concatenate([samples.images[:shown, None], train[indices[:shown]]], axis=1)
    write_png(directory / "neighbours.png", grid(rows.reshape(-1, *train.shape[1:]), columns=12))
    return {
        "neighbour_distance": float(np.median(of_samples[:, 0])),
        "neighbour_distance_test": float(np.median(of_test)),
    }
