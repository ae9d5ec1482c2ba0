"""The order of sentences as a label, for a judge of texts without labels: are the sentences of a text shuffled?"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from atelier.core import seeds
from atelier.core.spec import Spec
from atelier.core.text import Corpus, Tokenizer, padded
from atelier.training.batches import Batches

# What the judge predicts.
NAMES = ("in order", "shuffled")
# After a full stop and its like, and after a quotation mark or bracket that follows one.
_ENDS = re.compile(r"(?<=[.!?…؟۔।։။])\s+|(?<=[.!?…][\"'”’»)\]])\s+|(?<=[。！？])\s*")
_CHUNK = 1000  # texts split at a time, which limits memory


def spec_of(spec: Spec) -> Spec:
    """Return the Spec of a dataset whose labels are the orders of sentences."""
    return replace(spec, classes=NAMES, attributes=())


def split(text: str) -> list[str]:
    """Split a text into sentences.

    >>> split('It rains. "Stay in!" she said… Why?')
    ['It rains.', '"Stay in!"', 'she said…', 'Why?']
    """
    return [sentence for sentence in _ENDS.split(text) if sentence]


@dataclass(frozen=True)
class Sentences:
    """The texts of a split that have an order: at least two complete sentences, which differ, in their beginning.

    Attributes:
        rows: int32 ``(texts, length)``: the complete sentences in their order, with PAD after them.
        ends: of each text, the position after each of its sentences.
    """

    rows: np.ndarray
    ends: Sequence[np.ndarray]

    @classmethod
    def read(cls, corpus: Corpus, tokenizer: Tokenizer, length: int) -> "Sentences":
        """Split the first `length` tokens of each text; the last sentence is dropped if it is cut."""
        rows: list[np.ndarray] = []
        ends: list[np.ndarray] = []
        for start in range(0, len(corpus), _CHUNK):
            texts = [corpus.text(index)[:-1] for index in range(start, min(start + _CHUNK, len(corpus)))]
            decoded = tokenizer.decode_all([text[:length] for text in texts])
            found = [
                split(words.strip())[: -1 if len(text) > length else None]
                for text, words in zip(texts, decoded, strict=True)
            ]
            encoded = iter(tokenizer.encode_all([sentence for sentences in found for sentence in sentences]))
            for sentences in found:
                tokens = [next(encoded) for _ in sentences]
                last = np.cumsum([len(sentence) for sentence in tokens], dtype=np.int64)
                kept = int((last <= length).sum())
                if len(set(map(tuple, tokens[:kept]))) > 1:
                    rows.append(np.concatenate(tokens[:kept]))
                    ends.append(last[:kept])
        return cls(padded(rows, length), ends)

    def __len__(self) -> int:
        return len(self.rows)

    def shuffled(self, index: int, generator: np.random.Generator) -> np.ndarray:
        """Return the row of a text with its sentences in another order."""
        row, ends = self.rows[index], self.ends[index]
        parts = np.split(row[: ends[-1]], ends[:-1])
        result = row.copy()
        while np.array_equal(result, row):
            result[: ends[-1]] = np.concatenate([parts[part] for part in generator.permutation(len(parts))])
        return result

    def held_out(self, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Return a row for each text, shuffled if its index is odd, and the labels ``(texts,)``."""
        labels = (np.arange(len(self)) % len(NAMES)).astype(np.uint8)
        rows = self.rows.copy()
        for index in np.flatnonzero(labels).tolist():
            rows[index] = self.shuffled(index, seeds.generator(seed, "sentences", index))
        return rows, labels


class ShuffledBatches(Batches):
    """Serve shuffled batches of texts; in half of them, drawn at random, the sentences are shuffled too.

    `change` alters the rows of a batch, given a generator.
    """

    def __init__(
        self,
        sentences: Sentences,
        batch: int,
        seed: int,
        change: Callable[[np.ndarray, np.random.Generator], np.ndarray],
    ) -> None:
        super().__init__((np.arange(len(sentences)),), batch, seed)
        self.sentences, self.change = sentences, change

    def __getitem__(self, index: int) -> tuple[np.ndarray, ...]:
        (chosen,) = super().__getitem__(index)
        generator = seeds.generator(self.seed, f"sentences {self.epoch}", index)
        labels = generator.integers(0, len(NAMES), len(chosen))
        rows = [
            self.sentences.shuffled(text, generator) if label else self.sentences.rows[text]
            for text, label in zip(chosen.tolist(), labels.tolist(), strict=True)
        ]
        return self.change(np.stack(rows), generator), labels
