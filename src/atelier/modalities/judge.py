"""The judge of a dataset: a classifier trained on it, on whose features samples are compared with real data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from atelier.core import files
from atelier.core.prepared import Prepared
from atelier.core.spec import Spec
from atelier.metrics import manifold
from atelier.metrics.classes import attribute_entropy, balanced_accuracy, class_entropy, class_histogram
from atelier.metrics.kernel import kernel_distance
from atelier.metrics.proxies import proxies
from atelier.modalities.params import Compared, JudgeTraining
from atelier.networks import batching
from atelier.networks import network as networks
from atelier.training import checkpoint, loop
from atelier.training.plan import Plan, Row

# Draws of real data whose features the judge keeps. Samples are compared with REAL. The distance from FLOOR to REAL is
# the floor; those of all other draws, which are damaged, are ceilings. The first N rows of a draw are a draw too.
REAL, FLOOR = "test", "train"
SUMMARY = "judge.json"
BATCH = 256
# Settings of the measurement during training.
WATCH_NEIGHBOURS, WATCH_SUBSETS = 5, 20


@dataclass(frozen=True)
class Judge:
    """A trained judge and the directory that holds it."""

    directory: Path
    network: networks.Network

    @classmethod
    def load(cls, directory: Path) -> "Judge":
        """Load the judge in `directory`; raises as `networks.load`."""
        return cls(directory, networks.load(directory))

    @property
    def spec(self) -> Spec:
        return self.network.spec

    def predicts_labels_of(self, dataset: Spec) -> bool:
        """Return whether the judge predicts the classes or attributes of a dataset, and not something else."""
        return bool(dataset.label_names) and self.spec.label_names == dataset.label_names

    def features(self, inputs: Any) -> np.ndarray:
        """Compute features, float32 ``(n, features)``, of images ``(n, h, w, c)`` or tokens ``(n, length)``."""
        return np.asarray(batching.apply(self.network.model.trunk, inputs, BATCH))

    def logits(self, features: np.ndarray) -> np.ndarray:
        """Compute logits, float32 ``(n, classes)`` or ``(n, attributes)``, from features."""
        return np.asarray(batching.apply(self.network.model.head, features, BATCH))

    def histogram(self, logits: np.ndarray) -> np.ndarray:
        """Count the predicted classes, int64 ``(classes,)``."""
        return class_histogram(logits.argmax(axis=1), len(self.spec.classes))

    def entropy(self, logits: np.ndarray) -> float:
        """Return the entropy of the predicted classes in nats, or the mean entropy of the attributes."""
        return attribute_entropy(logits > 0) if self.spec.attributes else class_entropy(self.histogram(logits))

    def draw(self, name: str, samples: int) -> np.ndarray:
        """Read the first `samples` features of a draw of real data; raise `ValueError` if the judge kept fewer."""
        kept = files.read_array(self.directory / f"features_{name}.npy", 2, "f")
        if samples > len(kept):
            raise ValueError(
                f"evaluate.samples: got {samples}; the judge in {self.directory} kept features of {len(kept)} real "
                "examples; raise its gauge.samples or lower the run's evaluate.samples"
            )
        return np.asarray(kept[:samples])

    @property
    def ceilings(self) -> list[str]:
        """The names of the damaged draws."""
        return [name for name in files.read_record(self.directory / SUMMARY, "gauge")["gauge"] if name != "floor"]

    def distances(self, features: np.ndarray, params: Compared) -> dict[str, float]:
        """Measure distances of samples, features ``(N, features)``, to real data; add floor and largest ceiling."""
        real = self.draw(REAL, params.samples)
        floor = compare(real, self.draw(FLOOR, params.samples), params)
        ceilings = [compare(real, self.draw(name, params.samples), params) for name in self.ceilings]
        return compare(real, features, params) | {
            "fd_floor": floor["fd"],
            "fd_ceiling": max(ceiling["fd"] for ceiling in ceilings),
            "kid_floor": floor["kid"],
            "samples": params.samples,
        }

    def watch(self, real: np.ndarray, drawn: np.ndarray, classes: bool = True) -> Row:
        """Compare equally many validation examples and samples of a model in training, features ``(n, features)``.

        `classes`: whether the judge predicts labels of the dataset, whose entropy is then measured.
        """
        if not np.isfinite(drawn).all():
            return dict.fromkeys(("kid", "coverage", *(("class_entropy",) if classes else ())), float("nan"))
        kid, _ = kernel_distance(real, drawn, subsets=WATCH_SUBSETS, subset_size=len(real) // 2, seed=0)
        coverage = manifold.compare(real, drawn, neighbours=WATCH_NEIGHBOURS).coverage
        entropy = {"class_entropy": self.entropy(self.logits(drawn))} if classes else {}
        return {"kid": kid, "coverage": coverage} | entropy

    def accuracy(self, inputs: Any, labels: np.ndarray) -> dict[str, Any]:
        """Measure the accuracy of the judge, in total and for each class or attribute.

        The accuracy of an attribute is balanced: the mean of those on examples with it and without it.
        """
        logits, labels = self.logits(self.features(inputs)), np.asarray(labels)
        if self.spec.attributes:
            balanced = balanced_accuracy(logits > 0, labels)
            by_name = {name: float(value) for name, value in zip(self.spec.attributes, balanced, strict=True)}
            return {"test_balanced_accuracy": float(balanced.mean()), "class_accuracy": by_name}
        correct = logits.argmax(axis=1) == labels
        by_name = {name: float(correct[labels == i].mean()) for i, name in enumerate(self.spec.classes)}
        return {"test_accuracy": float(correct.mean()), "class_accuracy": by_name}

    def write_gauge(self, test: tuple[Any, np.ndarray], draws: Mapping[str, Any], gauge: Compared) -> None:
        """Write `judge.json` and the features of each draw to the judge's directory.

        `judge.json` holds the accuracy on `test` (inputs and labels), the floor and the ceilings.
        """
        features = {name: self.features(drawn) for name, drawn in draws.items()}
        for name, array in features.items():
            files.write_array(self.directory / f"features_{name}.npy", array)
        real = features.pop(REAL)
        table = {"floor" if name == FLOOR else name: compare(real, each, gauge) for name, each in features.items()}
        accuracy = self.accuracy(*test)
        summary = {
            **accuracy,
            "parameters": self.network.model.count_params(),
            "features": self.network.config.features,
            "samples": gauge.samples,
            "gauge": table,
        }
        files.write_json(self.directory / SUMMARY, summary)
        shown = ", ".join(f"{name} {value:.4f}" for name, value in accuracy.items() if isinstance(value, float))
        print(f"judge of {self.spec.name}: {shown}, floor fd {table['floor']['fd']:.3g}")


def compare(real: np.ndarray, other: np.ndarray, params: Compared) -> dict[str, float]:
    """Compute all proxies between two draws of features, each ``(N, features)``."""
    return proxies(real, other, **params.model_dump(include={"neighbours", "subsets", "subset_size", "seed"}))


def build(modality: str, spec: Spec, params: JudgeTraining) -> networks.Network:
    """Build the untrained classifier of a judge, whose outputs are the classes or attributes of `spec`."""
    return networks.build(f"judge.{modality}", params, spec, seed=params.seed, precision=params.precision)


def fit(
    plan: Plan, prepared: Prepared, labels: Sequence[str], params: JudgeTraining, code: Path, checkpoints: Path
) -> checkpoint.Progress:
    """Carry out the plan of a judge's training; `code` is the manifest of this stage's code.

    `labels` are the names of what the judge predicts.
    """
    inputs = {
        "params": params.model_dump(mode="json"),
        "data": prepared.spec.sha256,
        "labels": labels,
        "code": files.read_record(code),
    }
    return loop.run(plan, params, checkpoint.workspace(checkpoints, inputs))
