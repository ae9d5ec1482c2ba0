"""How close samples come to real images: distances on the judge's features, classes, nearest training images."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from atelier.core import files, images
from atelier.metrics.classes import attribute_entropy, class_entropy, class_histogram
from atelier.metrics.images.similarity import psnr, ssim
from atelier.metrics.neighbours import nearest
from atelier.pipeline import batching, networks
from atelier.pipeline import features as judge_features
from atelier.pipeline.generation import images as generation
from atelier.pipeline.prepared import Prepared


@dataclass(frozen=True)
class Judged:
    """Samples and real draws as the judge sees them.

    Attributes:
        samples: uint8 ``(N, h, w, c)``.
        features: of these samples, float32 ``(N, features)``.
        verdicts: the judge's logits for them, ``(N, classes)`` or ``(N, attributes)``.
    """

    samples: np.ndarray
    features: np.ndarray
    verdicts: np.ndarray


def judged(judge: networks.Network, path: Path, count: int) -> Judged:
    """The first `count` samples of a `.npy` file, with the judge's features and verdicts.

    Raises:
        ValueError: the file holds fewer.
    """
    samples = np.load(path, mmap_mode="r", allow_pickle=False)[:count]
    if len(samples) < count:
        raise ValueError(f"{count} samples are to be judged, but {path} holds {len(samples)}; raise sample.samples")
    features = judge_features.features(judge, np.asarray(samples))
    return Judged(samples, features, judge_features.verdicts(judge, features))


def classes(seen: Judged, prepared: Prepared, judge: networks.Network) -> tuple[dict[str, dict[str, float]], float]:
    """Shares of the classes or attributes among samples and test images; the samples' entropy in nats.

    The judge tells the classes of samples, labels those of test images. A judge of attributes errs on the side of rare
    ones, so there it is asked about the test images as well. Entropy is of the classes, or of each attribute, averaged.
    """
    spec = prepared.spec
    if spec.attributes:
        test = judge_features.features(judge, prepared.images("test"))
        bits = {"samples": seen.verdicts > 0, "test": judge_features.verdicts(judge, test) > 0}
        by_name = {of: dict(zip(spec.attributes, has.mean(axis=0).tolist(), strict=True)) for of, has in bits.items()}
        return by_name, attribute_entropy(bits["samples"])
    counts = {"samples": class_histogram(seen.verdicts.argmax(axis=1), len(spec.classes))}
    counts["test"] = class_histogram(np.asarray(prepared.labels("test")), len(spec.classes))
    shares = {
        of: {name: float(n / histogram.sum()) for name, n in zip(spec.classes, histogram, strict=True)}
        for of, histogram in counts.items()
    }
    return shares, class_entropy(counts["samples"])


def similarity(network: networks.Network, test: np.ndarray, batch: int) -> dict[str, float]:
    """``psnr`` (dB) and ``ssim`` of reconstructions from the means of the posteriors, averaged over test images."""
    means, _ = batching.apply(network.model.encoder, test, batch)
    pictures = generation.decode(network, means, batch)
    return {"psnr": psnr(test, pictures), "ssim": ssim(test, pictures)}


def memorisation(
    seen: Judged, prepared: Prepared, judge: networks.Network, shown: int, directory: Path
) -> dict[str, float]:
    """Distances to the nearest training image, of samples and of as many test images, on the judge's features.

    Copies of training images would lie far closer than fresh real images do. Writes `neighbours.png`.

    Returns:
        Medians ``neighbour_distance`` of the samples and ``neighbour_distance_test`` of test images.
    """
    train = prepared.images("train")
    train_features = judge_features.features(judge, train)
    test = np.asarray(prepared.images("test")[: len(seen.samples)])
    of_samples, indices = nearest(seen.features, train_features, k=5)
    of_test, _ = nearest(judge_features.features(judge, test), train_features, k=1)
    rows = np.concatenate([seen.samples[:shown, None], train[indices[:shown]]], axis=1)
    images.write_png(directory / "neighbours.png", images.grid(rows.reshape(-1, *train.shape[1:]), columns=12))
    medians = {"neighbour_distance": np.median(of_samples[:, 0]), "neighbour_distance_test": np.median(of_test)}
    return {name: float(value) for name, value in medians.items()}


def write(directory: Path, metrics: dict[str, float], shares: dict[str, dict[str, float]]) -> None:
    """Write `metrics.json`, `classes.json` and the `pictures.json` of a judged run."""
    files.write_json(directory / "metrics.json", metrics)
    files.write_json(directory / "classes.json", shares)
    caption = (
        "Two samples a row, each followed by its five nearest training images on the judge's features. Median distance "
        f"to the nearest: {metrics['neighbour_distance']:.3g} for samples, "
        f"{metrics['neighbour_distance_test']:.3g} for test images; copies would be far closer."
    )
    exhibit = {"file": "neighbours.png", "title": "Nearest training images", "caption": caption}
    files.write_json(directory / "pictures.json", [exhibit])
