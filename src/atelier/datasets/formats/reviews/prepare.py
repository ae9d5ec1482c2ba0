"""Prepare a dataset of film reviews: from IMDb's archive to tokens and a Spec."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from atelier.core import files, seeds
from atelier.core.spec import Spec
from atelier.core.text import SPECIAL, TOKENIZER, UNKNOWN, Corpus, Tokenizer
from atelier.datasets import raw_files
from atelier.datasets.formats.reviews import packing, preview, splits, vocabulary
from atelier.datasets.formats.reviews.archive import ARCHIVE
from atelier.datasets.formats.reviews.collection import Collection, read
from atelier.datasets.formats.reviews.params import Prepare

CLASSES = ("negative", "positive")
SPLITS = ("train", "validation", "test")


def prepare_reviews(name: str, raw: Path, out: Path, params: Prepare, source: str) -> Spec:
    """Clean and split the reviews, fit a tokenizer to train, and write tokens, `spec.json` and the report's pictures.

    The number of threads does not change the bytes written. Memory is about twice the size of the texts.

    Args:
        name: the dataset.
        raw: directory with the archive.
        out: directory to write; it replaces an existing one only when it is complete.
        params: splits and tokenizer.
        source: where the raw file came from; recorded in the Spec.

    Raises:
        ValueError: the archive is malformed (see `archive.read`), or has too few reviews for the validation split.
    """
    reviews = read(raw_files.find(raw, ARCHIVE), params.unsup)
    try:
        division = splits.divide(reviews.digests, reviews.test, params.validation, params.seed)
    except ValueError as error:
        raise ValueError(f"datasets.{name}.prepare.{error}") from None
    counts = reviews.counts(division.train)
    texts = [reviews.texts[index] for index in division.train]
    with files.atomic_directory(out) as folder:
        path = folder / TOKENIZER
        if params.tokenizer == "word":
            names = list(reviews.lexicon)
            chosen = vocabulary.most_frequent(names, counts, params.vocabulary - len(SPECIAL))
            files.write_text(path, vocabulary.of_words([names[number] for number in chosen]))
            encode = packing.by_words(reviews, chosen, np.flatnonzero(counts), vocabulary.spaced(texts))
        else:
            files.write_text(path, vocabulary.of_pieces(texts, params.vocabulary))
            encode = packing.by_pieces(reviews, Tokenizer(path))
        tokenizer = Tokenizer(path)
        packed: dict[str, Corpus] = {}
        for split in SPLITS:
            packed[split] = packing.pack(reviews, getattr(division, split), encode, len(tokenizer))
            packing.write(folder, split, packed[split])
        spec = Spec(
            name=name,
            shape=(),
            value_range=(),
            classes=CLASSES,
            attributes=(),
            sizes={split: len(corpus) for split, corpus in packed.items()},
            sha256={file.name: files.sha256(file) for file in sorted([*folder.glob("*.npy"), path])},
            source=source,
            split_rule=splits.RULE,
            vocabulary=len(tokenizer),
            statistics=_statistics(packed, counts, division),
        )
        spec.write(folder / "spec.json")
        preview.write(folder, spec, packed, _examples(reviews, division.train, params.seed), tokenizer)
    return spec


def _statistics(packed: Mapping[str, Corpus], counts: np.ndarray, division: splits.Division) -> dict[str, float]:
    """Compute statistics of the data, by name; those of words are of train."""
    train = packed["train"]
    lengths = train.sizes[:, 1]
    size = int(train.sizes[:, 0].sum(dtype=np.int64))
    found: dict[str, float] = {
        "duplicates_removed": division.removed,
        "duplicates_in_train": division.repeated,
        "unlabelled_train": int((train.labels == len(CLASSES)).sum()),
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


def _examples(reviews: Collection, train: np.ndarray, seed: int) -> dict[str, str]:
    """Draw a review of each class from those of train whose length is in the middle third."""
    found = {}
    for label, title in enumerate(CLASSES):
        candidates = train[reviews.labels[train] == label]
        if len(candidates):
            lengths = reviews.spans[candidates, 1] - reviews.spans[candidates, 0]
            middle = np.argsort(lengths, kind="stable")[len(candidates) // 3 : 2 * len(candidates) // 3 + 1]
            found[title] = reviews.texts[candidates[seeds.generator(seed, title).choice(middle)]]
    return found
