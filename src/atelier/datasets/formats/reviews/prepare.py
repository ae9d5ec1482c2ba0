"""Prepare a dataset of film reviews: from IMDb's archive to tokens and a Spec."""

from pathlib import Path

import numpy as np

from atelier.core.spec import SPLITS, Spec
from atelier.datasets import raw_files
from atelier.datasets.formats.corpus import output
from atelier.datasets.formats.corpus.output import Facts, Tokens
from atelier.datasets.formats.reviews import splits
from atelier.datasets.formats.reviews.archive import ARCHIVE
from atelier.datasets.formats.reviews.collection import read
from atelier.datasets.formats.reviews.params import Prepare

CLASSES = ("negative", "positive")


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
    statistics = {
        "duplicates_removed": division.removed,
        "duplicates_in_train": division.repeated,
        "unlabelled_train": int((reviews.labels[division.train] == len(CLASSES)).sum()),
    }
    facts = Facts(name, CLASSES, source, splits.RULE, statistics)
    parts: dict[str, np.ndarray] = {split: getattr(division, split) for split in SPLITS}
    tokens = Tokens(params.tokenizer, params.vocabulary)
    return output.write(out, reviews, parts, tokens, facts, "review", params.seed)
