"""Encode the texts of a split as one array of tokens, an `atelier.core.text.Corpus`."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from atelier.core import files
from atelier.core.text import END, UNKNOWN, Corpus, Tokenizer
from atelier.datasets.formats.corpus.collection import Collection
from atelier.datasets.formats.corpus.spelling import Restorer, Speller

_CHUNK = 1000  # texts encoded at a time

# A text's tokens without END, its length in bytes, and the cost in nats of the information that the tokens lack.
Encoded = tuple[np.ndarray, int, float]
Encode = Callable[[np.ndarray], Iterator[Encoded]]


def by_words(collection: Collection, vocabulary: np.ndarray, trained: np.ndarray, texts: Sequence[str]) -> Encode:
    """Return an encoder into tokens of words: a table from word numbers to tokens, faster than the tokenizer.

    Args:
        collection: the texts.
        vocabulary: numbers of the words of the vocabulary, in the order of their tokens.
        trained: numbers of the words of train; those outside of the vocabulary fit the model of spelling.
        texts: texts of train, which fit the model of case and punctuation.
    """
    names = list(collection.lexicon)
    token = np.full(len(names), UNKNOWN, np.int64)
    token[vocabulary] = np.arange(END + 1, END + 1 + len(vocabulary))
    speller = Speller(names[number] for number in trained if token[number] == UNKNOWN)
    cost = np.array([speller.cost(name) if token[number] == UNKNOWN else 0.0 for number, name in enumerate(names)])
    restorer = Restorer(texts)

    def encode(indices: np.ndarray) -> Iterator[Encoded]:
        for index in indices:
            words, text = collection.words_of(index), collection.texts[index]
            yield token[words], len(text.encode()), float(cost[words].sum()) + restorer.cost(text)

    return encode


def by_pieces(collection: Collection, tokenizer: Tokenizer) -> Encode:
    """Return an encoder into sub-words of `tokenizer`, which encodes any text without an unknown token."""

    def encode(indices: np.ndarray) -> Iterator[Encoded]:
        for start in range(0, len(indices), _CHUNK):
            texts = [collection.texts[index] for index in indices[start : start + _CHUNK]]
            for text, tokens in zip(texts, tokenizer.encode_all(texts), strict=True):
                yield np.asarray(tokens, np.int64), len(text.encode()), 0.0

    return encode


def pack(collection: Collection, indices: np.ndarray, encode: Encode, vocabulary: int) -> Corpus:
    """Encode the texts of a split in their order: uint16 for a vocabulary of at most 65,536 tokens, else uint32."""
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
    """Write the arrays of a split, named as `Corpus.read` expects."""
    for name, array in vars(corpus).items():
        files.write_array(directory / f"{split}_{name}.npy", array)
