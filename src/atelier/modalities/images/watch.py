"""Measurement of a model in training by the judge of its dataset."""

from pathlib import Path
from typing import Any

import numpy as np

from atelier.core import seeds
from atelier.core.prepared import Prepared
from atelier.modalities.images import generate
from atelier.modalities.judge import Judge
from atelier.networks.network import Network
from atelier.training.plan import Row

BATCH = 100


class Watch:
    """Compare samples with validation images; the test split is for the finished model only.

    Up to `params.watch_images` samples with seeds from zero are compared with as many images, drawn by `params.seed`.
    """

    def __init__(self, judge: Path, prepared: Prepared, params: Any) -> None:
        self.judge = Judge.load(judge)
        self.classes = self.judge.predicts_labels_of(prepared.spec)
        available = prepared.spec.sizes["validation"]
        self.count = min(params.watch_images, available)
        chosen = np.sort(seeds.generator(params.seed, "watch").permutation(available)[: self.count])
        self.real = self.judge.features(prepared.images("validation")[chosen])

    def measure(self, network: Network) -> Row:
        """Return ``kid``, ``coverage`` and, if classes are predicted, ``class_entropy`` (nats) of fresh samples."""
        samples = generate.from_seeds(network, range(self.count), BATCH)
        return self.judge.watch(self.real, self.judge.features(samples), self.classes)
