"""Tokenizers and tokenized corpora of prepared text datasets."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
import tokenizers
from tokenizers.decoders import ByteLevel, DecodeStream

from atelier.core import files

# The first tokens of every vocabulary: padding, unknown words, and the end of a text.
PAD, UNKNOWN, END = 0, 1, 2
SPECIAL = ("[PAD]", "[UNK]", "[END]")
# Letters and digits, with apostrophes between them.
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
TOKENIZER = "tokenizer.json"


def words(text: str) -> list[str]:
    """Return the words of a text, lower-cased and without punctuation; all word statistics count these.

    >>> words("Don't miss it: 10/10!")
    ["don't", 'miss', 'it', '10', '10']
    """
    return WORD.findall(text.lower())


class Tokenizer:
    """A Hugging Face tokenizer, read from its JSON file, whose first tokens are `SPECIAL`.

    Raises:
        FileNotFoundError: the file does not exist.
        ValueError: the file contains no tokenizer, or its first tokens are not `SPECIAL`.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise FileNotFoundError(f"{path} is missing: nothing has been prepared there yet")
        try:
            self._inner = tokenizers.Tokenizer.from_str(path.read_text(encoding="utf-8"))
        except Exception as error:  # noqa: BLE001 the library raises no narrower type
            raise ValueError(f"{path} is not a tokenizer: {error}") from None
        if tuple(self._inner.id_to_token(i) for i in range(len(SPECIAL))) != SPECIAL:
            raise ValueError(f"{path}: the first tokens must be {', '.join(SPECIAL)}")

    def __len__(self) -> int:
        return self._inner.get_vocab_size()

    def encode(self, text: str) -> list[int]:
        """Convert a text to tokens, without END."""
        return self._inner.encode(text, add_special_tokens=False).ids

    def encode_all(self, texts: Sequence[str]) -> list[list[int]]:
        """Convert many texts to tokens, on all cores."""
        return [encoding.ids for encoding in self._inner.encode_batch_fast(list(texts), add_special_tokens=False)]

    def decode(self, tokens: Iterable[int]) -> str:
        """Convert the tokens before the first END to text; PAD is skipped, an unknown token is shown."""
        return "".join(self.pieces(until_end(tokens))).strip()

    def decode_all(self, texts: Iterable[Iterable[int]]) -> list[str]:
        """Convert many token sequences to texts, on all cores; `SPECIAL` tokens are skipped."""
        return self._inner.decode_batch([[int(token) for token in text if token > END] for text in texts])

    def word_starts(self) -> np.ndarray:
        """Find the tokens that begin a new word or are punctuation, or end the text: bool ``(vocabulary,)``."""
        starts = np.ones(len(self), bool)
        if isinstance(self._inner.decoder, ByteLevel):
            for token in range(END + 1, len(self)):
                # The alphabet of byte-level pieces writes a space as Ġ, and other white space as Ċ, ĉ and č.
                first = (self._inner.id_to_token(token) or "Ġ")[0]
                starts[token] = first in "ĠĊĉč" or (first.isascii() and not first.isalnum())
        return starts

    def pieces(self, tokens: Iterable[int]) -> list[str]:
        """Return the piece of text that each token adds; the joined pieces are the text. PAD and END add nothing.

        If the bytes of a character are spread over several tokens, the last of these adds the character.
        """
        stream = DecodeStream(skip_special_tokens=False)
        return ["" if token in (PAD, END) else stream.step(self._inner, int(token)) or "" for token in tokens]


def until_end(tokens: Iterable[int]) -> list[int]:
    """Return the tokens before the first END.

    >>> until_end([5, 6, END, 7])
    [5, 6]
    """
    return [int(token) for token in takewhile(lambda token: token != END, tokens)]


# Codes of the types of its arrays, as in `numpy.dtype.kind`.
_KINDS = {"tokens": "u", "starts": "i", "labels": "u", "sizes": "i", "spelling": "f"}


@dataclass(frozen=True)
class Corpus:
    """One split of a prepared text dataset, memory-mapped.

    Attributes:
        tokens: uint16 or uint32 ``(tokens,)``: all texts, one after another, each followed by END.
        starts: int64 ``(texts + 1,)``: index of the first token of each text, then the total number of tokens.
        labels: uint8 ``(texts,)``: class of each text; the number of classes if it is unknown.
        sizes: int32 ``(texts, 2)``: UTF-8 bytes and words (as `words` counts them) of each text.
        spelling: float32 ``(texts,)``: cost in nats of encoding what the tokens of a text do not contain: the letters
            of unknown words and, if tokens are lower-cased words, their case and the text between them.
    """

    tokens: np.ndarray
    starts: np.ndarray
    labels: np.ndarray
    sizes: np.ndarray
    spelling: np.ndarray

    @classmethod
    def read(cls, directory: Path, split: str) -> "Corpus":
        """Open ``train``, ``validation`` or ``test``; raises FileNotFoundError if one of its files is missing."""
        arrays: dict[str, Any] = {}
        for name in cls.__dataclass_fields__:
            path = directory / f"{split}_{name}.npy"
            if not path.is_file():
                raise FileNotFoundError(f"{path} is not there; run the prepare stage")
            arrays[name] = files.read_array(path, 2 if name == "sizes" else 1, _KINDS[name])
        corpus = cls(**arrays)
        starts, count = corpus.starts, len(corpus.starts) - 1
        if count < 0 or starts[0] != 0 or starts[-1] != len(corpus.tokens) or (np.diff(starts) < 1).any():
            raise ValueError(f"{directory}: {split}_starts.npy and {split}_tokens.npy do not fit; {files.RESTORE}")
        for name in ("labels", "sizes", "spelling"):
            if len(arrays[name]) != count or arrays[name].shape[1:] not in ((), (2,)):
                path = directory / f"{split}_{name}.npy"
                raise ValueError(f"{path}: for {len(arrays[name])} texts; {split} has {count}; {files.RESTORE}")
        return corpus

    def __len__(self) -> int:
        return len(self.starts) - 1

    def text(self, index: int) -> np.ndarray:
        """Return the tokens of one text, including END."""
        return self.tokens[self.starts[index] : self.starts[index + 1]]

    def rows(self, texts: Iterable[int], length: int) -> np.ndarray:
        """Return the first `length` tokens of the texts with the given indices, without END; see `padded`."""
        return padded((self.text(index)[:-1] for index in texts), length)


def padded(texts: Iterable[Any], length: int) -> np.ndarray:
    """Cut or pad texts with PAD to a common length, int32 ``(texts, length)``.

    >>> padded([[5, 6, 7], [8]], 2).tolist()
    [[5, 6], [8, 0]]
    """
    texts = list(texts)
    rows = np.full((len(texts), length), PAD, np.int32)
    for row, text in zip(rows, texts, strict=True):
        row[: len(text)] = text[:length]
    return rows
