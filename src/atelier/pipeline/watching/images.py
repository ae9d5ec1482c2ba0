"""What a dataset's judge says of a model's images while it is still training."""

from pathlib import Path
from typing import Any

import numpy as np

from atelier.core import seeds
from atelier.core.spec import Spec
from atelier.metrics import manifold
from atelier.metrics.classes import attribute_entropy, class_entropy, class_histogram
from atelier.metrics.kernel import kernel_distance
from atelier.pipeline import features as judge_features
from atelier.pipeline import networks
from atelier.pipeline.generation import images as generation
from atelier.pipeline.prepared import Prepared

NEIGHBOURS, SUBSETS = 5, 20
BATCH = 100


class Watch:
    """Compares samples with images of the validation split on the judge's features.

    The test split stays unseen: it judges the finished model.

    Args:
        judge: directory of the dataset's judge.
        prepared: the dataset.
        params: a family's train section: `watch_images` says how many samples are compared with as many images (fewer
            where the split has fewer), `seed` draws these images; samples have the seeds from zero.
    """

    def __init__(self, judge: Path, prepared: Prepared, params: Any) -> None:
        self.judge = networks.load(judge)
        available = prepared.spec.sizes["validation"]
        self.count = min(params.watch_images, available)
        chosen = np.sort(seeds.generator(params.seed, "watch").permutation(available)[: self.count])
        self.real = judge_features.features(self.judge, prepared.images("validation")[chosen])

    def __call__(self, network: networks.Network) -> dict[str, float]:
        """``kid``, ``coverage`` and ``class_entropy`` (nats) of as many samples as there are images to compare with."""
        samples = generation.from_seeds(network, range(self.count), BATCH)
        drawn = judge_features.features(self.judge, samples)
        if not np.isfinite(drawn).all():
            return dict.fromkeys(("kid", "coverage", "class_entropy"), float("nan"))
        kid, _ = kernel_distance(self.real, drawn, subsets=SUBSETS, subset_size=self.count // 2, seed=0)
        coverage = manifold.compare(self.real, drawn, neighbours=NEIGHBOURS).coverage
        verdicts = judge_features.verdicts(self.judge, drawn)
        return {"kid": kid, "coverage": coverage, "class_entropy": entropy(verdicts, self.judge.spec)}


def entropy(verdicts: np.ndarray, spec: Spec) -> float:
    """How evenly a judge's verdicts (logits) spread over the classes, or over each attribute, in nats."""
    if spec.attributes:
        return attribute_entropy(verdicts > 0)
    return class_entropy(class_histogram(verdicts.argmax(axis=1), len(spec.classes)))
