"""Measurement of a language model in training by the judge of its dataset."""

from pathlib import Path
from typing import Any

import numpy as np

from atelier.core import seeds
from atelier.core.prepared import Prepared
from atelier.core.text import Corpus, padded
from atelier.modalities.judge import Judge
from atelier.modalities.text.generate import Request, writer
from atelier.modalities.text.params import UNFILTERED
from atelier.networks.network import Network
from atelier.training.plan import Row

BATCH = 50


class Watch:
    """Compare texts at temperature 1 with validation texts; the test split is for the finished model only.

    Up to `params.watch_texts` texts with seeds from zero are compared with as many real texts, which `params.seed`
    draws; `params.preview_tokens` is the greatest length of both.
    """

    def __init__(self, judge: Path, prepared: Prepared, params: Any) -> None:
        self.judge = Judge.load(judge)
        self.classes = self.judge.predicts_labels_of(prepared.spec)
        corpus = Corpus.read(prepared.directory, "validation")
        self.count, self.tokens = min(params.watch_texts, len(corpus)), params.preview_tokens
        chosen = seeds.generator(params.seed, "watch").permutation(len(corpus))[: self.count]
        self.real = self._features([corpus.text(index)[:-1][: self.tokens] for index in chosen])

    def measure(self, network: Network) -> Row:
        """Return ``kid``, ``coverage`` and, if classes are predicted, ``class_entropy`` (nats) of fresh texts."""
        requests = [Request((), seed, 1.0, UNFILTERED) for seed in range(self.count)]
        texts = writer(network.model, BATCH, self.tokens).write(requests)
        return self.judge.watch(self.real, self._features([text.words for text in texts]), self.classes)

    def _features(self, texts: list[np.ndarray]) -> np.ndarray:
        return self.judge.features(padded(texts, self.judge.network.config.length))
