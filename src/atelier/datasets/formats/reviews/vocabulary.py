"""Tokenizers, made of nothing but the reviews of train; equal reviews give equal bytes."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from atelier.core.text import SPECIAL, UNKNOWN
from atelier.datasets.formats.reviews import unigram

# What `core.text.WORD` says in the syntax of the library, whose \w takes combining marks but not "²".
_LEARNED = 20_000  # texts, which are plenty for pieces of words
# As the library cuts before it looks for pieces (Radford et al., 2019), but for a few rare digits.
_RUN = re.compile(r"'(?:s|t|re|ve|m|ll|d)| ?[^\W\d_]+| ?\d+| ?(?:[^\w\s]|_)+|\s+(?!\S)|\s+")

_WORD = r"[\p{L}\p{N}]+(?:['’][\p{L}\p{N}]+)*"


def most_frequent(names: Sequence[str], counts: np.ndarray, size: int) -> np.ndarray:
    """Numbers of the `size` most frequent words, the most frequent first, equally frequent ones by the alphabet.

    >>> most_frequent(["b", "a", "never", "c"], np.array([2, 2, 0, 5]), 2).tolist()
    [3, 1]
    """
    present = np.flatnonzero(counts)
    if len(present) > size:
        least = np.partition(counts[present], -size)[-size]
        present = present[counts[present] >= least]
    return np.array(sorted(present.tolist(), key=lambda number: (-counts[number], names[number]))[:size], np.int64)


def spaced(texts: Sequence[str]) -> Sequence[str]:
    """At most `_LEARNED` of the texts, evenly spaced."""
    return texts[:: max(-(-len(texts) // _LEARNED), 1)]


def of_words(words: Sequence[str]) -> str:
    """The JSON of a tokenizer that knows some words, lower-cased and without punctuation, behind `SPECIAL`."""
    tokens = [*SPECIAL, *words]
    tokenizer = Tokenizer(models.WordLevel({word: token for token, word in enumerate(tokens)}, SPECIAL[UNKNOWN]))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(_WORD), behavior="removed", invert=True)
    return str(tokenizer.to_str())


def of_pieces(texts: Sequence[str], kind: str, size: int) -> str:
    """The JSON of a tokenizer of pieces of words, behind `SPECIAL`, that spells any text, by its bytes if need be.

    Decoding gives the text back but for spaces at its ends. What looks like a special token in a text is cut like any
    other text.

    Args:
        texts: those of train; where there are many, evenly spaced ones are learned from.
        kind: ``unigram`` or ``bpe``.
        size: of the vocabulary, smaller where the texts yield no more pieces.

    Raises:
        ValueError: `size` is less than the alphabet of bytes takes.
    """
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    if size < len(SPECIAL) + len(alphabet):
        raise ValueError(f"vocabulary: got {size}; an alphabet of bytes alone takes {len(SPECIAL) + len(alphabet)}")
    learned = spaced(texts)
    level = pre_tokenizers.ByteLevel(add_prefix_space=True)
    if kind == "unigram":
        pieces = unigram.pieces(_counted(learned), alphabet, size - len(SPECIAL))
        model = models.Unigram([*((name, 0.0) for name in SPECIAL), *pieces], UNKNOWN, byte_fallback=False)
        tokenizer = Tokenizer(model)
        tokenizer.pre_tokenizer = level
    else:
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = level
        trainer = trainers.BpeTrainer(
            vocab_size=size, special_tokens=list(SPECIAL), initial_alphabet=alphabet, show_progress=False
        )
        tokenizer.train_from_iterator(learned, trainer)
    tokenizer.decoder = decoders.ByteLevel()
    description = json.loads(tokenizer.to_str())
    # The library would find added tokens in a text, too: a review that says "[END]" would end there.
    description["added_tokens"] = []
    return str(Tokenizer.from_str(json.dumps(description)).to_str())


def _counted(texts: Iterable[str]) -> Counter[str]:
    """How often each run of letters, digits or other signs is there, spelled as `ByteLevel` spells bytes."""
    found: Counter[str] = Counter()
    for text in texts:
        found.update(_RUN.findall(f" {text}"))
    spelled: Counter[str] = Counter()
    for run, count in found.items():
        spelled["".join(_SYMBOLS[byte] for byte in run.encode())] += count
    return spelled


def _symbols() -> list[str]:
    """The sign that stands for each byte: itself where it can be seen, else one of those behind U+0100 in turn."""
    seen = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = iter(range(0x100, 0x200))
    return [chr(byte if byte in seen else next(others)) for byte in range(256)]


_SYMBOLS = _symbols()
