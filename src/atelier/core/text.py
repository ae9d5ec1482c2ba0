"""Text as tokens: the tokenizer that a dataset was prepared with, and the corpus that it made."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tokenizers
from tokenizers.decoders import ByteLevel, DecodeStream

# The first tokens of every vocabulary: filling, what is not in it, and the end of a text, where the next one begins.
PAD, UNKNOWN, END = 0, 1, 2
SPECIAL = ("[PAD]", "[UNK]", "[END]")
# Letters and digits, with apostrophes inside.
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
TOKENIZER = "tokenizer.json"


def words(text: str) -> list[str]:
    """The words of a text, lower-cased, without punctuation: what every word statistic counts.

    >>> words("Don't miss it: 10/10!")
    ["don't", 'miss', 'it', '10', '10']
    """
    return WORD.findall(text.lower())


class Tokenizer:
    """A Hugging Face tokenizer, read from its JSON, whose first tokens are `SPECIAL`."""

    def __init__(self, path: Path) -> None:
        """Read the file.

        Raises:
            FileNotFoundError: there is none.
            ValueError: it is no tokenizer, or its first tokens are others.
        """
        if not path.is_file():
            raise FileNotFoundError(f"{path} is missing: nothing has been prepared there yet")
        try:
            self._inner = tokenizers.Tokenizer.from_str(path.read_text(encoding="utf-8"))
        except Exception as error:  # noqa: BLE001 the library raises nothing narrower
            raise ValueError(f"{path} is no tokenizer: {error}") from None
        if tuple(self._inner.id_to_token(i) for i in range(len(SPECIAL))) != SPECIAL:
            raise ValueError(f"{path}: the first tokens must be {', '.join(SPECIAL)}")

    def __len__(self) -> int:
        return self._inner.get_vocab_size()

    def encode(self, text: str) -> list[int]:
        """Tokens of a text, without END."""
        return self._inner.encode(text, add_special_tokens=False).ids

    def encode_all(self, texts: Sequence[str]) -> list[list[int]]:
        """Tokens of many texts, on all cores."""
        return [encoding.ids for encoding in self._inner.encode_batch_fast(list(texts), add_special_tokens=False)]

    def decode(self, tokens: Iterable[int]) -> str:
        """The text of tokens up to the first END; PAD leaves no trace, an unknown token is shown."""
        return "".join(self.pieces(until_end(tokens))).strip()

    def decode_all(self, texts: Iterable[Iterable[int]]) -> list[str]:
        """The texts of tokens, on all cores; `SPECIAL` tokens leave no trace."""
        return self._inner.decode_batch([[int(token) for token in text if token > END] for text in texts])

    def word_starts(self) -> np.ndarray:
        """Find the tokens that begin a new word or are punctuation, or end the text: bool ``(vocabulary,)``."""
        starts = np.ones(len(self), bool)
        if isinstance(self._inner.decoder, ByteLevel):
            # A byte-level piece that begins a word begins with a space, which its alphabet writes as Ġ.
            pieces = [self._inner.id_to_token(token) for token in range(len(self))]
            starts[:] = [token in (END,) or piece[0] in "ĠĊĉč" or (piece[0].isascii() and not piece[0].isalnum())
                         for token, piece in enumerate(pieces)]
        return starts

    def pieces(self, tokens: Iterable[int]) -> list[str]:
        """What each token adds to the text: joined they are the text, and PAD and END add nothing.

        A character of which several tokens hold bytes comes with the last of them.
        """
        stream = DecodeStream(skip_special_tokens=False)
        return ["" if token in (PAD, END) else stream.step(self._inner, int(token)) or "" for token in tokens]


def until_end(tokens: Iterable[int]) -> list[int]:
    """The tokens before the first END.

    >>> until_end([5, 6, END, 7])
    [5, 6]
    """
    kept: list[int] = []
    for token in tokens:
        if token == END:
            break
        kept.append(int(token))
    return kept


@dataclass(frozen=True)
class Corpus:
    """One split of a prepared dataset of texts, memory-mapped.

    Attributes:
        tokens: uint16 or uint32 ``(tokens,)``: all texts, one after the other, each with END behind it.
        starts: int64 ``(texts + 1,)``: where each text begins, and where the last one ends.
        labels: uint8 ``(texts,)``: the class of each; the number of classes where it is unknown.
        sizes: int32 ``(texts, 2)``: UTF-8 bytes and words (as `words` counts them) of each text.
        spelling: float32 ``(texts,)``: nats that it costs to say what each text's tokens leave out of it: the letters
            of unknown words, and where tokens are lower-cased words without punctuation, these too.
    """

    tokens: np.ndarray
    starts: np.ndarray
    labels: np.ndarray
    sizes: np.ndarray
    spelling: np.ndarray

    @classmethod
    def read(cls, directory: Path, split: str) -> "Corpus":
        """Open ``train``, ``validation`` or ``test`` of a prepared dataset.

        Raises:
            FileNotFoundError: a file of the split is not there.
        """
        arrays: dict[str, Any] = {}
        for name in cls.__dataclass_fields__:
            path = directory / f"{split}_{name}.npy"
            if not path.is_file():
                raise FileNotFoundError(f"{path} is not there; run the prepare stage")
            arrays[name] = np.load(path, mmap_mode="r", allow_pickle=False)
        return cls(**arrays)

    def __len__(self) -> int:
        return len(self.starts) - 1

    def text(self, index: int) -> np.ndarray:
        """The tokens of one text, END included."""
        return self.tokens[self.starts[index] : self.starts[index + 1]]

    def rows(self, texts: Iterable[int], length: int) -> np.ndarray:
        """The first `length` tokens of each of the `texts` (their numbers), END left out; see `filled`."""
        return filled((self.text(index)[:-1] for index in texts), length)


def filled(texts: Iterable[Any], length: int) -> np.ndarray:
    """Texts of any lengths as rows of one: their first tokens, with PAD behind short ones; int32 ``(n, length)``.

    >>> filled([[5, 6, 7], [8]], 2).tolist()
    [[5, 6], [8, 0]]
    """
    rows = []
    for text in texts:
        row = np.full(length, PAD, np.int32)
        row[: min(length, len(text))] = text[:length]
        rows.append(row)
    return np.stack(rows) if rows else np.zeros((0, length), np.int32)
