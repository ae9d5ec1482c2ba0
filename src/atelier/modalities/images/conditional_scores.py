"""Scores of samples of a network that is told conditions: whether they are what was asked for."""

from pathlib import Path

from atelier.core.prepared import Prepared
from atelier.modalities.images import attribute_scores, class_scores, conditions
from atelier.modalities.images.evaluate import Metrics, Samples
from atelier.modalities.images.exhibit import Table
from atelier.modalities.images.params import ConditionEvaluated
from atelier.networks.network import Network


def measure(
    network: Network, samples: Samples, directory: Path, prepared: Prepared, params: ConditionEvaluated
) -> tuple[Metrics, list[Table]]:
    """Return what is measured of samples beside what they were asked to be; nothing if the network is told nothing.

    Args:
        directory: the run's samples and their conditions.

    Raises:
        ValueError: the conditions are missing or belong to other samples, or `classifier_epochs` is not null for a
            network that is not told classes.
    """
    kind = conditions.kind(network)
    if kind != "class" and params.classifier_epochs is not None:
        raise ValueError(
            f"evaluate.classifier_epochs: got {params.classifier_epochs}; allowed is null, because classifiers learn "
            f"from samples of classes, and train.condition is {kind}"
        )
    asked = conditions.read(network, len(samples.images), directory)
    if asked is None:
        return {}, []
    if kind == "class":
        metrics, table = class_scores.measure(samples, asked.argmax(axis=1), prepared, params)
        return metrics, [table]
    if not samples.judge.predicts_labels_of(prepared.spec):
        return {}, []
    metrics, table = attribute_scores.measure(network, samples, asked, prepared, params)
    return metrics, [table]
