"""Scores of samples that were each asked to be of one class: whether they are, and how close each class is to real."""

import numpy as np

from atelier.core import seeds
from atelier.core.prepared import Prepared
from atelier.metrics.features import moments
from atelier.metrics.frechet import frechet_distance
from atelier.modalities.images import fresh_classifier
from atelier.modalities.images.evaluate import Metrics, Samples
from atelier.modalities.images.exhibit import Table
from atelier.modalities.images.params import ConditionEvaluated

# A class with fewer samples, test images or training images has no Fréchet distance.
LEAST = 10


def measure(
    samples: Samples, asked: np.ndarray, prepared: Prepared, params: ConditionEvaluated
) -> tuple[Metrics, Table]:
    """Return the metrics of samples with the classes `asked`, ``(N,)``, and a table with a row for each class.

    ``label_accuracy`` and ``label_accuracy_real`` are the shares of samples and of test images whose class the judge
    predicts; a judge of rotations measures neither.
    """
    judge, names = samples.judge, prepared.spec.classes
    test, labels = judge.features(prepared.images("test")), np.asarray(prepared.labels("test"))
    metrics: Metrics = {}
    columns: dict[str, list[str]] = {"class": list(names)}
    if judge.predicts_labels_of(prepared.spec):
        drawn, real = samples.logits.argmax(axis=1) == asked, judge.logits(test).argmax(axis=1) == labels
        metrics |= {"label_accuracy": float(drawn.mean()), "label_accuracy_real": float(real.mean())}
        columns["samples as asked"] = [_share(drawn[asked == index]) for index in range(len(names))]
        columns["test images recognised"] = [_share(real[labels == index]) for index in range(len(names))]
    caption = "What the judge says of samples of each class and, for comparison, of test images."
    count, distances = _distances(samples, asked, test, prepared, params.seed)
    if distances:
        metrics |= _summary(distances) | {"fd_class_samples": count}
        for place, title in enumerate(("FD", "FD floor")):
            columns[title] = [f"{distances[i][place]:.4g}" if i in distances else "" for i in range(len(names))]
        caption += (
            f" FD compares {count} samples with {count} test images of the class, its floor {count} training images "
            "with the same test images. So few images make any FD large: only the distance from the floor counts."
        )
    if params.classifier_epochs is not None:
        metrics |= _teaching(samples, asked, prepared, params, params.classifier_epochs)
    rows = [tuple(columns), *zip(*columns.values(), strict=True)]
    return metrics, Table("asked_classes.csv", "Each class that was asked for", caption, rows)


def _share(correct: np.ndarray) -> str:
    return f"{correct.mean():.3f}" if len(correct) else ""


def _distances(
    samples: Samples, asked: np.ndarray, test: np.ndarray, prepared: Prepared, seed: int
) -> tuple[int, dict[int, tuple[float, float]]]:
    """Return N, and by class the Fréchet distance of N samples and of N training images to the same N test images.

    N is equal for all classes, because the distance depends on it. `test` are the features of all test images.
    """
    images = prepared.images("train")
    in_order = {split: _of_classes(prepared, split, seed) for split in ("test", "train")}
    drawn = [np.flatnonzero(asked == index) for index in range(len(prepared.spec.classes))]
    rows = list(zip(drawn, in_order["test"], in_order["train"], strict=True))
    measured = [index for index, sides in enumerate(rows) if min(map(len, sides)) >= LEAST]
    count = min((len(side) for index in measured for side in rows[index]), default=0)
    distances = {}
    for index in measured:
        own, real, other = (np.sort(side[:count]) for side in rows[index])
        target = moments(test[real])
        distances[index] = (
            frechet_distance(*target, *moments(samples.features[own])),
            frechet_distance(*target, *moments(samples.judge.features(images[other]))),
        )
    return count, distances


def _of_classes(prepared: Prepared, split: str, seed: int) -> list[np.ndarray]:
    """Return the indices of the images of each class, in random order."""
    labels = np.asarray(prepared.labels(split))
    order = seeds.generator(seed, f"{split} by class").permutation(len(labels))
    return [order[labels[order] == index] for index in range(len(prepared.spec.classes))]


def _summary(distances: dict[int, tuple[float, float]]) -> Metrics:
    fd, floor = np.transpose(list(distances.values()))
    worst = int(fd.argmax())
    return {
        "fd_class_mean": float(fd.mean()),
        "fd_class_mean_floor": float(floor.mean()),
        "fd_class_worst": float(fd[worst]),
        "fd_class_worst_floor": float(floor[worst]),
    }


def _teaching(
    samples: Samples, asked: np.ndarray, prepared: Prepared, params: ConditionEvaluated, epochs: int
) -> Metrics:
    """Return the accuracy on test images of a classifier trained on samples, and of one trained on real images."""
    available = prepared.spec.sizes["train"]
    count = min(len(samples.images), available)
    chosen = np.sort(seeds.generator(params.seed, "classifier").permutation(available)[:count])
    taught = {
        "samples": (samples.images[:count], asked[:count]),
        "real": (prepared.images("train")[chosen], np.asarray(prepared.labels("train"))[chosen]),
    }
    config = samples.judge.network.config
    return {
        f"train_on_{of}_accuracy": fresh_classifier.accuracy(
            fresh_classifier.train(*pair, prepared.spec, config, epochs, params.seed), prepared
        )
        for of, pair in taught.items()
    }
