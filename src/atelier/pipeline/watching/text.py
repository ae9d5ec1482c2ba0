"""What a dataset's judge says of a language model's texts while it is still training."""

from pathlib import Path
from typing import Any

import numpy as np

from atelier.core import seeds
from atelier.core.params.text import UNFILTERED
from atelier.core.text import Corpus, filled
from atelier.metrics import manifold
from atelier.metrics.classes import class_entropy, class_histogram
from atelier.metrics.kernel import kernel_distance
from atelier.pipeline import features as judge_features
from atelier.pipeline import networks
from atelier.pipeline.generation.text import Request, writer
from atelier.pipeline.prepared import Prepared

NEIGHBOURS, SUBSETS = 5, 20
BATCH = 50


class Watch:
    """Compares texts at temperature 1 with those of the validation split on the judge's features.

    The test split stays unseen: it judges the finished model.

    Args:
        judge: directory of the dataset's judge.
        prepared: the dataset.
        params: a family's train section; `watch_texts` texts of `preview_tokens` are compared, fewer where the split
            has fewer; `seed` draws those of the split, texts have the seeds from zero.
    """

    def __init__(self, judge: Path, prepared: Prepared, params: Any) -> None:
        self.judge = networks.load(judge)
        corpus = Corpus.read(prepared.directory, "validation")
        self.count, self.tokens = min(params.watch_texts, len(corpus)), params.preview_tokens
        chosen = seeds.generator(params.seed, "watch").permutation(len(corpus))[: self.count]
        self.real = self._features([corpus.text(index)[:-1][: self.tokens] for index in chosen])

    def __call__(self, network: networks.Network) -> dict[str, float]:
        """``kid``, ``coverage`` and ``class_entropy`` (nats) of as many texts as there are to compare with."""
        requests = [Request((), seed, 1.0, UNFILTERED) for seed in range(self.count)]
        texts = writer(network.model, BATCH, self.tokens).write(requests)
        drawn = self._features([text.words for text in texts])
        kid, _ = kernel_distance(self.real, drawn, subsets=SUBSETS, subset_size=self.count // 2, seed=0)
        coverage = manifold.compare(self.real, drawn, neighbours=NEIGHBOURS).coverage
        verdicts = judge_features.verdicts(self.judge, drawn).argmax(axis=1)
        entropy = class_entropy(class_histogram(verdicts, len(self.judge.spec.classes)))
        return {"kid": kid, "coverage": coverage, "class_entropy": entropy}

    def _features(self, texts: list[np.ndarray]) -> np.ndarray:
        return judge_features.features(self.judge, filled(texts, self.judge.config.length))
