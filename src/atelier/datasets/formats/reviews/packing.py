"""Reviews as tokens, one after the other, as `atelier.core.text.Corpus` reads them."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from atelier.core import files
from atelier.core.text import END, UNKNOWN, Corpus, Tokenizer
from atelier.datasets.formats.reviews.collection import Collection
from atelier.datasets.formats.reviews.restoring import Restorer
from atelier.datasets.formats.reviews.spelling import Speller

_CHUNK = 1000  # reviews that are encoded at a time

# For each review of a split: its tokens without END, its bytes, and the nats of what the tokens leave out.
Encoded = tuple[np.ndarray, int, float]


def by_words(
    collection: Collection, chosen: np.ndarray, trained: np.ndarray, learned: Sequence[str]
) -> Callable[[np.ndarray], Iterator[Encoded]]:
    """An encoder that knows some words.

    The words are numbered already, so that a table is faster than the tokenizer, and says the same.

    Args:
        collection: the reviews.
        chosen: numbers of the words of the vocabulary, in the order of their tokens.
        trained: numbers of the words of train, of which those that the vocabulary lacks teach how words are spelled.
        learned: texts of train, which teach what stands between words.
    """
    names = list(collection.lexicon)
    token = np.full(len(names), UNKNOWN, np.int64)
    token[chosen] = np.arange(END + 1, END + 1 + len(chosen))
    speller = Speller(names[number] for number in trained if token[number] == UNKNOWN)
    cost = np.array([speller.cost(name) if token[number] == UNKNOWN else 0.0 for number, name in enumerate(names)])
    restorer = Restorer(learned)

    def encode(indices: np.ndarray) -> Iterator[Encoded]:
        for index in indices:
            words, text = collection.words_of(index), collection.texts[index]
            yield token[words], len(text.encode()), float(cost[words].sum()) + restorer.cost(text)

    return encode


def by_pieces(collection: Collection, tokenizer: Tokenizer) -> Callable[[np.ndarray], Iterator[Encoded]]:
    """An encoder by a tokenizer that spells anything, so that nothing is unknown."""

    def encode(indices: np.ndarray) -> Iterator[Encoded]:
        for start in range(0, len(indices), _CHUNK):
            texts = [collection.texts[index] for index in indices[start : start + _CHUNK]]
            for text, tokens in zip(texts, tokenizer.encode_all(texts), strict=True):
                yield np.asarray(tokens, np.int64), len(text.encode()), 0.0

    return encode


def pack(
    collection: Collection, indices: np.ndarray, encode: Callable[[np.ndarray], Iterator[Encoded]], vocabulary: int
) -> Corpus:
    """Encode the reviews of a split, in their order; see `Corpus` for what comes of it.

    Tokens are uint16 where the vocabulary has at most 65,536 of them.
    """
    kind = np.uint16 if vocabulary <= 1 << 16 else np.uint32
    end = np.array([END], kind)
    blocks: list[np.ndarray] = []
    starts = np.zeros(len(indices) + 1, np.int64)
    sizes = np.zeros((len(indices), 2), np.int32)
    spelling = np.zeros(len(indices), np.float32)
    for row, (tokens, spelled, cost) in enumerate(encode(indices)):
        blocks += [tokens.astype(kind), end]
        starts[row + 1] = starts[row] + len(tokens) + 1
        sizes[row] = spelled, len(collection.words_of(indices[row]))
        spelling[row] = cost
    return Corpus(np.concatenate(blocks), starts, collection.labels[indices], sizes, spelling)


def write(directory: Path, split: str, corpus: Corpus) -> None:
    """Write the arrays of a split under the names that `Corpus.read` expects."""
    for name, array in vars(corpus).items():
        files.write_array(directory / f"{split}_{name}.npy", array)
