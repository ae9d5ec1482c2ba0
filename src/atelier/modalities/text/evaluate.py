"""Statistics of a set of texts, generated or human: diversity, repetition, copying, predicted classes."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from atelier.core import files
from atelier.core.text import UNKNOWN, Corpus, Tokenizer, padded, words
from atelier.metrics.classes import class_entropy
from atelier.metrics.text import diversity
from atelier.metrics.text.copying import CorpusIndex, Matches, Span
from atelier.modalities.judge import Judge

COPIED = range(4, 9)
POSITIVE = "positive"
# The statistics that are metrics too; the others are only in the table.
METRICS = (
    *("distinct_1", "distinct_2", "distinct_3", "rep_4", "self_bleu_4", "copied_8", "longest_copy"),
    *("positive_share", "class_entropy"),
)
# Tokens shown before and after a copied span.
CONTEXT = 6


@dataclass(frozen=True)
class Texts:
    """A set of texts in all forms that are measured.

    Attributes:
        tokens: of each text, without END.
        features: of the judge, float32 ``(texts, features)``.
        classes: number of texts in each class that the judge predicts; empty if it predicts no classes.
        matches: spans that the texts share with the train split.
    """

    tokens: list[np.ndarray]
    words: list[list[str]]
    features: np.ndarray
    classes: dict[str, int]
    matches: Matches


def read(
    tokens: Sequence[np.ndarray], tokenizer: Tokenizer, judge: Judge, train: CorpusIndex, classified: bool
) -> Texts:
    """Compute the features, classes and copied spans of texts, which are tokens without END.

    `classified`: whether the judge predicts the classes of the dataset.
    """
    kept = [np.asarray(text, np.int64) for text in tokens]
    features = judge.features(padded(kept, judge.network.config.length))
    known = [np.where(text == UNKNOWN, -1, text) for text in kept]
    split = [words(text) for text in tokenizer.decode_all(kept)]
    counts = judge.histogram(judge.logits(features)).tolist() if classified else []
    classes = dict(zip(judge.spec.classes if classified else (), counts, strict=True))
    return Texts(kept, split, features, classes, train.matches(known))


def statistics(texts: Texts, budget: int, bleu_samples: int, seed: int) -> dict[str, float]:
    """Measure diversity, repetition, copying and, if the judge predicts classes, these.

    Distinct-n uses the first `budget` words, equal for all compared sets; self-BLEU draws `bleu_samples` texts.
    """
    cut = diversity.truncated(texts.words, budget)
    longest = [span.length if span else 0 for span in texts.matches.longest()]
    return {
        **{f"distinct_{n}": diversity.distinct(cut, n) for n in (1, 2, 3)},
        "rep_4": diversity.repetition(texts.words, 4),
        "self_bleu_4": diversity.self_bleu(texts.words, 4, sample=min(bleu_samples, len(texts.words)), seed=seed),
        **{f"copied_{n}": texts.matches.share(n) for n in COPIED},
        "longest_copy": float(max(longest)),
        "words": float(np.mean([len(text) for text in texts.words])),
        **({"positive_share": shares(texts)[POSITIVE]} if POSITIVE in texts.classes else {}),
        **({"class_entropy": class_entropy(list(texts.classes.values()))} if texts.classes else {}),
    }


def metrics(row: Mapping[str, float]) -> dict[str, float]:
    """Return the statistics that are metrics too."""
    return {name: row[name] for name in METRICS if name in row}


def shares(texts: Texts) -> dict[str, float]:
    """Return the share of each predicted class, by its name."""
    return {name: count / len(texts.tokens) for name, count in texts.classes.items()}


def write_table(rows: Mapping[str, Mapping[str, float]], path: Path) -> None:
    """Write statistics as CSV, with one row per set of texts."""
    columns = list(dict.fromkeys(name for row in rows.values() for name in row))
    with files.atomic(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["texts", *(name.replace("_", " ") for name in columns)])
        for name, row in rows.items():
            writer.writerow([name, *(f"{row[column]:.4g}" if column in row else "" for column in columns)])


def write_copies(texts: Texts, train: Corpus, tokenizer: Tokenizer, shown: int, path: Path) -> None:
    """Write as CSV the texts that share the longest spans with the train split, each beside its source."""
    spans = [(index, span) for index, span in enumerate(texts.matches.longest()) if span]
    spans.sort(key=lambda pair: (-pair[1].length, pair[0]))
    with files.atomic(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["tokens", "sample", "train split"])
        for index, span in spans[:shown]:
            sample = _in_context(texts.tokens[index], span.start, span, tokenizer)
            source = _in_context(train.text(span.text)[:-1], span.offset, span, tokenizer)
            writer.writerow([span.length, sample, source])


def _in_context(tokens: np.ndarray, start: int, span: Span, tokenizer: Tokenizer) -> str:
    """Return the text of a span in brackets, with some tokens before and after it."""
    end = start + span.length
    parts = tokens[max(0, start - CONTEXT) : start], tokens[start:end], tokens[end : end + CONTEXT]
    before, copied, after = (tokenizer.decode(part) for part in parts)
    return f"{before} [{copied}] {after}".strip()
