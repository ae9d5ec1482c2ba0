"""Write the texts of a dataset: a tokenizer fitted to train, the tokens of each split, `spec.json` and a preview."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from atelier.core import files, seeds
from atelier.core.spec import Spec
from atelier.core.text import SPECIAL, TOKENIZER, UNKNOWN, Corpus, Tokenizer
from atelier.datasets.formats.corpus import packing, preview, vocabulary
from atelier.datasets.formats.corpus.collection import Collection

_SHOWN = 4  # texts


@dataclass(frozen=True)
class Tokens:
    """How texts become tokens: see the parameters `tokenizer` and `vocabulary`."""

    tokenizer: Literal["word", "bpe"]
    vocabulary: int


@dataclass(frozen=True)
class Facts:
    """What `Spec` says of a dataset besides sizes; `statistics` are those of the format, beside those of tokens."""

    name: str
    classes: tuple[str, ...]
    source: str
    split_rule: str
    statistics: Mapping[str, float]
    dropped: tuple[str, ...] = ()


def write(
    out: Path, texts: Collection, splits: Mapping[str, np.ndarray], tokens: Tokens, facts: Facts, noun: str, seed: int
) -> Spec:
    """Write a prepared dataset to `out`; it replaces an existing one only when it is complete.

    The number of threads does not change the bytes written. Memory is about twice the size of the texts.

    Args:
        out: directory to write.
        texts: all texts.
        splits: indices of the texts of each split, train first.
        tokens: how texts become tokens.
        facts: for the Spec.
        noun: what a text is called in the preview.
        seed: of the choice of texts that it shows.
    """
    train = splits["train"]
    counts = texts.counts(train)
    of_train = [texts.texts[index] for index in train]
    with files.atomic_directory(out) as folder:
        path = folder / TOKENIZER
        if tokens.tokenizer == "word":
            names = list(texts.lexicon)
            chosen = vocabulary.most_frequent(names, counts, tokens.vocabulary - len(SPECIAL))
            files.write_text(path, vocabulary.of_words([names[number] for number in chosen]))
            encode = packing.by_words(texts, chosen, np.flatnonzero(counts), vocabulary.spaced(of_train))
        else:
            files.write_text(path, vocabulary.of_pieces(of_train, tokens.vocabulary))
            encode = packing.by_pieces(texts, Tokenizer(path))
        tokenizer = Tokenizer(path)
        packed: dict[str, Corpus] = {}
        for split, indices in splits.items():
            packed[split] = packing.pack(texts, indices, encode, len(tokenizer))
            packing.write(folder, split, packed[split])
        spec = Spec(
            name=facts.name,
            shape=(),
            value_range=(),
            classes=facts.classes,
            attributes=(),
            sizes={split: len(corpus) for split, corpus in packed.items()},
            sha256={file.name: files.sha256(file) for file in sorted([*folder.glob("*.npy"), path])},
            source=facts.source,
            split_rule=facts.split_rule,
            dropped=facts.dropped,
            vocabulary=len(tokenizer),
            statistics={**facts.statistics, **_statistics(packed, counts)},
        )
        spec.write(folder / "spec.json")
        preview.write(folder, spec, packed, _examples(texts, train, facts.classes, seed), tokenizer, noun)
    return spec


def _statistics(packed: Mapping[str, Corpus], counts: np.ndarray) -> dict[str, float]:
    """Compute statistics of the data, by name; those of words are of train."""
    train = packed["train"]
    lengths = train.sizes[:, 1]
    size = int(train.sizes[:, 0].sum(dtype=np.int64))
    found: dict[str, float] = {
        "words_median": float(np.median(lengths)),
        "words_p95": round(float(np.percentile(lengths, 95)), 1),
        "word_types": int((counts > 0).sum()),
        "bytes_per_token": round(size / max(len(train.tokens) - len(train), 1), 4),
    }
    for split, corpus in packed.items():
        tokens = len(corpus.tokens) - len(corpus)  # without END
        found[f"tokens_{split}"] = len(corpus.tokens)
        found[f"oov_rate_{split}"] = round(int((corpus.tokens == UNKNOWN).sum()) / max(tokens, 1), 6)
    return found


def _examples(texts: Collection, train: np.ndarray, classes: tuple[str, ...], seed: int) -> dict[str, str]:
    """Draw a text of each of the first classes, or two, from those of train with a length in the middle third."""
    if not classes:
        first, second = (_drawn(texts, train, seed, title) for title in ("first", "second"))
        return {"first": first, "second": second}
    found = {}
    for label, title in enumerate(classes[:_SHOWN]):
        if len(candidates := train[texts.labels[train] == label]):
            found[title] = _drawn(texts, candidates, seed, title)
    return found


def _drawn(texts: Collection, candidates: np.ndarray, seed: int, title: str) -> str:
    lengths = texts.spans[candidates, 1] - texts.spans[candidates, 0]
    middle = np.argsort(lengths, kind="stable")[len(candidates) // 3 : 2 * len(candidates) // 3 + 1]
    return texts.texts[candidates[seeds.generator(seed, title).choice(middle)]]
