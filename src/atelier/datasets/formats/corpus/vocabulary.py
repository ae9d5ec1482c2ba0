"""Fit tokenizers to the texts of train; equal texts give equal bytes."""

import json
from collections.abc import Sequence

import numpy as np
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from atelier.core.text import SPECIAL, UNKNOWN

_LEARNED = 20_000  # texts to fit to: enough for sub-words
# `core.text.WORD` in the syntax of the library, whose \w includes combining marks but not "²".
_WORD = r"[\p{L}\p{N}]+(?:['’][\p{L}\p{N}]+)*"


def most_frequent(names: Sequence[str], counts: np.ndarray, size: int) -> np.ndarray:
    """Return the numbers of the `size` most frequent words, by descending frequency and then by the alphabet.

    >>> most_frequent(["b", "a", "never", "c"], np.array([2, 2, 0, 5]), 2).tolist()
    [3, 1]
    """
    present = np.flatnonzero(counts)
    if len(present) > size:
        least = np.partition(counts[present], -size)[-size]
        present = present[counts[present] >= least]
    return np.array(sorted(present.tolist(), key=lambda number: (-counts[number], names[number]))[:size], np.int64)


def spaced(texts: Sequence[str]) -> Sequence[str]:
    """Return at most `_LEARNED` of the texts, evenly spaced."""
    return texts[:: max(-(-len(texts) // _LEARNED), 1)]


def of_words(words: Sequence[str]) -> str:
    """Return the JSON of a tokenizer of lower-case words without punctuation, whose first tokens are `SPECIAL`."""
    tokens = [*SPECIAL, *words]
    tokenizer = Tokenizer(models.WordLevel({word: token for token, word in enumerate(tokens)}, SPECIAL[UNKNOWN]))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(_WORD), behavior="removed", invert=True)
    return str(tokenizer.to_str())


def of_pieces(texts: Sequence[str], size: int) -> str:
    """Return the JSON of a tokenizer of sub-words over bytes (BPE), whose first tokens are `SPECIAL`.

    It encodes any text, and decoding restores the text except for spaces at its ends. Text that looks like a special
    token is encoded like any other text.

    Args:
        texts: those of train; of many texts, evenly spaced ones are used.
        size: of the vocabulary; smaller if the texts yield fewer sub-words.
    """
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    if size < len(SPECIAL) + len(alphabet):
        raise ValueError(f"vocabulary: got {size}; allowed is at least {len(SPECIAL) + len(alphabet)}")
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=list(SPECIAL), initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(spaced(texts), trainer)
    tokenizer.decoder = decoders.ByteLevel()
    description = json.loads(tokenizer.to_str())
    # The library would also find added tokens in a text: a text that contains "[END]" would end there.
    description["added_tokens"] = []
    return str(Tokenizer.from_str(json.dumps(description)).to_str())
