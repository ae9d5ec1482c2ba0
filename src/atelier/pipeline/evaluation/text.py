"""What a set of texts is like, whoever wrote it: a model at some temperature, or people."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from atelier.core import files
from atelier.core.spec import Spec
from atelier.core.text import UNKNOWN, Corpus, Tokenizer, filled, words
from atelier.metrics.classes import class_entropy, class_histogram
from atelier.metrics.text import diversity
from atelier.metrics.text.copying import Matches, Source, Span
from atelier.pipeline import features as judge_features
from atelier.pipeline import networks

COPIED = range(4, 9)
# Of the statistics, those that are metrics; the others stand in the table alone.
METRICS = (
    *("distinct_1", "distinct_2", "distinct_3", "rep_4", "self_bleu_4", "copied_8", "longest_copy"),
    *("positive_share", "class_entropy"),
)
# Tokens of a train text shown around what was copied from it.
AROUND = 6


@dataclass(frozen=True)
class Texts:
    """A set of texts in every form that something is measured on.

    Attributes:
        tokens: of each text, without END.
        words: of each text, as `core.text.words` finds them.
        features: of the judge, float32 ``(texts, features)``.
        classes: the judge's verdicts: how many texts are of each class, int64 ``(classes,)``.
        matches: with the train split.
    """

    tokens: list[np.ndarray]
    words: list[list[str]]
    features: np.ndarray
    classes: np.ndarray
    matches: Matches


def read(tokens: Sequence[np.ndarray], tokenizer: Tokenizer, judge: networks.Network, train: Source) -> Texts:
    """Look at texts, given as tokens without END, in all ways."""
    kept = [np.asarray(text, np.int64) for text in tokens]
    features = judge_features.features(judge, filled(kept, judge.config.length))
    verdicts = judge_features.verdicts(judge, features).argmax(axis=1)
    known = [np.where(text == UNKNOWN, -1, text) for text in kept]
    return Texts(
        kept,
        [words(text) for text in tokenizer.decode_all(kept)],
        features,
        class_histogram(verdicts, len(judge.spec.classes)),
        train.matches(known),
    )


def statistics(texts: Texts, budget: int, bleu_samples: int, seed: int) -> dict[str, float]:
    """Diversity, repetition and copying.

    Args:
        budget: words that distinct-n is measured on, the same for all sets that are compared.
        bleu_samples, seed: the texts that self-BLEU draws.
    """
    cut = diversity.truncated(texts.words, budget)
    longest = [span.length if span else 0 for span in texts.matches.longest()]
    return (
        {f"distinct_{n}": diversity.distinct(cut, n) for n in (1, 2, 3)}
        | {
            "rep_4": diversity.repetition(texts.words, 4),
            "self_bleu_4": diversity.self_bleu(texts.words, 4, sample=min(bleu_samples, len(texts.words)), seed=seed),
        }
        | {f"copied_{n}": texts.matches.share(n) for n in COPIED}
        | {
            "longest_copy": float(max(longest)),
            "words": float(np.mean([len(text) for text in texts.words])),
            "positive_share": float(texts.classes[-1] / texts.classes.sum()),
            "class_entropy": class_entropy(texts.classes),
        }
    )


def shares(texts: Texts, spec: Spec) -> dict[str, float]:
    """The share of the texts that the judge takes for each class, by its name."""
    return dict(zip(spec.classes, (texts.classes / texts.classes.sum()).tolist(), strict=True))


def write_table(rows: Mapping[str, Mapping[str, float]], path: Path) -> None:
    """Write statistics as CSV, a set of texts a row."""
    columns = list(dict.fromkeys(name for row in rows.values() for name in row))
    with files.atomic(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["texts", *(name.replace("_", " ") for name in columns)])
        writer.writerows([name, *(_cell(row.get(column)) for column in columns)] for name, row in rows.items())


def write_copies(texts: Texts, train: Corpus, tokenizer: Tokenizer, shown: int, path: Path) -> None:
    """Write the texts that share the longest spans with the train split, beside where it comes from, as CSV."""
    spans = [(index, span) for index, span in enumerate(texts.matches.longest()) if span]
    spans.sort(key=lambda pair: (-pair[1].length, pair[0]))
    with files.atomic(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["tokens", "sample", "train split"])
        writer.writerows(
            [span.length, _around(texts.tokens[index], span.start, span, tokenizer), _source(train, span, tokenizer)]
            for index, span in spans[:shown]
        )


def _source(train: Corpus, span: Span, tokenizer: Tokenizer) -> str:
    return _around(train.text(span.text)[:-1], span.offset, span, tokenizer)


def _around(tokens: np.ndarray, start: int, span: Span, tokenizer: Tokenizer) -> str:
    """The span in brackets, with some tokens before and after it."""
    end = start + span.length
    before, copied, after = (
        tokenizer.decode(part)
        for part in (tokens[max(0, start - AROUND) : start], tokens[start:end], tokens[end : end + AROUND])
    )
    return f"{before} [{copied}] {after}".strip()


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"
