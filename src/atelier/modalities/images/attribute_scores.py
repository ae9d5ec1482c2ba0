"""Scores of samples that were asked to have attributes, also in combinations that no training image has."""

import numpy as np

from atelier.core import seeds
from atelier.core.prepared import Prepared
from atelier.metrics.classes import balanced_accuracy
from atelier.modalities.images import conditions, generate
from atelier.modalities.images.evaluate import Metrics, Samples
from atelier.modalities.images.exhibit import Table
from atelier.modalities.images.params import ConditionEvaluated
from atelier.networks.network import Network

# Attributes that are flipped at most, so that a new combination is still plausible.
FLIPS = 2


def measure(
    network: Network, samples: Samples, asked: np.ndarray, prepared: Prepared, params: ConditionEvaluated
) -> tuple[Metrics, Table]:
    """Return the metrics of samples with the attributes `asked`, ``(N, attributes)``, and a table of the attributes.

    All are balanced accuracies by the judge, averaged over attributes: of samples (``attribute_accuracy``), of test
    images (``attribute_accuracy_real``) and of fresh samples with unseen combinations (``attribute_accuracy_unseen``).
    """
    judge, names = samples.judge, prepared.spec.attributes
    test = judge.logits(judge.features(prepared.images("test")))
    columns = {
        "attribute_accuracy": balanced_accuracy(samples.logits > 0, asked),
        "attribute_accuracy_real": balanced_accuracy(test > 0, np.asarray(prepared.labels("test"))),
    }
    metrics: Metrics = {}
    combinations = unseen(network, prepared.labels("train"), range(params.seed, params.seed + len(asked)))
    if len(combinations):
        numbers = range(params.seed, params.seed + len(combinations))
        drawn = generate.from_seeds(network, numbers, params.batch, combinations)
        columns["attribute_accuracy_unseen"] = balanced_accuracy(judge.logits(judge.features(drawn)) > 0, combinations)
        metrics["unseen_combinations"] = len(np.unique(combinations, axis=0))
    # An attribute that all or none of the samples were asked for has no accuracy.
    metrics |= {name: float(column[np.isfinite(column)].mean()) for name, column in columns.items()}
    titles = ("of samples", "of test images", "of unseen combinations")
    head = ("attribute", "asked for", *titles[: len(columns)])
    shares, accuracies = asked.mean(axis=0), np.transpose(list(columns.values()))
    rows = [
        (name.replace("_", " "), f"{share:.1%}", *(f"{value:.3f}" if np.isfinite(value) else "" for value in row))
        for name, share, row in zip(names, shares, accuracies, strict=True)
    ]
    caption = (
        "The share of samples that were asked for an attribute, and balanced accuracies of the judge (guessing gives "
        "0.5): whether samples have what was asked, and for comparison its own on test images. Unseen combinations are "
        "those of training images with one or two attributes flipped, which no training image has."
    )
    return metrics, Table("asked_attributes.csv", "Each attribute that was asked for", caption, [head, *rows])


def unseen(network: Network, trained: np.ndarray, numbers: range) -> np.ndarray:
    """Return combinations of attributes that no row of `trained`, 0 or 1 ``(n, attributes)``, has.

    For each seed a condition is drawn, and one random attribute of it flipped, or two if that is not enough; those that
    are still seen are left out. The result is uint8, ``(at most len(numbers), attributes)``.
    """
    seen = {row.tobytes() for row in np.unique(np.asarray(trained, np.uint8), axis=0)}
    drawn = conditions.draw(network, numbers)
    assert drawn is not None
    found = []
    for number, row in zip(numbers, drawn.astype(np.uint8), strict=True):
        for attribute in seeds.generator(number, "unseen").permutation(len(row))[:FLIPS]:
            row[attribute] ^= 1
            if row.tobytes() not in seen:
                found.append(row)
                break
    return np.array(found, np.uint8).reshape(-1, drawn.shape[1])
