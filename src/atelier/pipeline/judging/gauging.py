"""Gauge a judge: how often it is right, and what its distances say of real draws, fresh and damaged."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from atelier.core import files
from atelier.core.params.gauging import Gauging
from atelier.metrics.classes import balanced_accuracy
from atelier.metrics.proxies import proxies
from atelier.pipeline import features as judge_features
from atelier.pipeline import networks


def write(
    network: networks.Network,
    test: tuple[np.ndarray, np.ndarray],
    draws: Mapping[str, np.ndarray],
    gauge: Gauging,
    directory: Path,
) -> None:
    """Write `judge.json` and the features of each draw to `directory`.

    Args:
        network: the trained judge.
        test: inputs and labels of the test split, which give its accuracy.
        draws: inputs by name: of the test split, of the train split, and damaged ones, the ceilings.
    """
    features = {name: judge_features.features(network, drawn) for name, drawn in draws.items()}
    for name, array in features.items():
        files.write_array(directory / f"features_{name}.npy", array)
    real = features.pop(judge_features.REAL)
    table = {
        "floor" if name == judge_features.FLOOR else name: measure(real, array, gauge)
        for name, array in features.items()
    }
    rates = accuracies(network, *test)
    summary = {
        **rates,
        "parameters": network.model.count_params(),
        "features": network.config.features,
        "samples": gauge.samples,
        "gauge": table,
    }
    files.write_json(directory / judge_features.SUMMARY, summary)
    said = ", ".join(f"{name} {value:.4f}" for name, value in rates.items() if isinstance(value, float))
    print(f"judge of {network.spec.name}: {said}, floor fd {table['floor']['fd']:.3g}")


def accuracies(network: networks.Network, inputs: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    """How well the judge tells classes or, each by itself, attributes."""
    spec, labels = network.spec, np.asarray(labels)
    verdicts = judge_features.verdicts(network, judge_features.features(network, inputs))
    if spec.attributes:
        balanced = balanced_accuracy(verdicts > 0, labels)
        by_name = {name: float(value) for name, value in zip(spec.attributes, balanced, strict=True)}
        return {"test_balanced_accuracy": float(balanced.mean()), "class_accuracy": by_name}
    right = verdicts.argmax(axis=1) == labels
    by_name = {name: float(right[labels == i].mean()) for i, name in enumerate(spec.classes)}
    return {"test_accuracy": float(right.mean()), "class_accuracy": by_name}


def measure(real: np.ndarray, other: np.ndarray, gauge: Gauging) -> dict[str, float]:
    """All proxies between two draws of features, as `gauge` sets them."""
    return proxies(
        real,
        other,
        neighbours=gauge.neighbours,
        subsets=gauge.subsets,
        subset_size=gauge.subset_size,
        seed=gauge.seed,
    )
