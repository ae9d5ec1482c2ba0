"""IMDb: its pinned file, and the real archive if there is a mirror."""

import os
from itertools import islice
from pathlib import Path

import pytest

from atelier.core.text import Corpus
from atelier.datasets.formats.reviews import archive
from atelier.datasets.formats.reviews.params import Embedded, Prepare
from atelier.datasets.imdb import source
from atelier.datasets.imdb.twin import write as twin


def test_the_archive_is_pinned_by_the_published_md5() -> None:
    (remote,) = source.FILES
    assert remote.word == "MD5"
    assert remote.bytes == 84_125_825
    assert remote.urls == ("https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",)


def test_the_twin_is_prepared(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    twin.write(tmp_path / "raw", Embedded(train=600, test=300, unsup=100, seed=1))
    params = Prepare(tokenizer="word", vocabulary=600, unsup=True, validation=60, seed=0)
    spec = source.prepare("imdb", tmp_path / "raw", tmp_path / "out", params, "embedded")
    removed = spec.statistics["duplicates_removed"]
    assert removed > 0
    assert spec.sizes == {"train": 640 - removed, "validation": 60, "test": 300}
    assert spec.vocabulary == 600
    assert 0.005 < spec.statistics["oov_rate_test"] < 0.2
    assert 90 < spec.statistics["words_median"] < 200
    assert set(Corpus.read(tmp_path / "out", "test").labels.tolist()) == {0, 1}


def test_the_real_archive_is_readable() -> None:
    place = Path(os.environ.get("ATELIER_MIRROR", ""))
    path = place / "imdb" / source.FILES[0].name
    if "ATELIER_MIRROR" not in os.environ or not path.is_file():
        pytest.skip("needs real data: ATELIER_MIRROR names no directory with it")
    reviews = list(islice(archive.read(path), 3000))
    assert len({(review.split, review.label, review.number) for review in reviews}) == 3000
    assert {review.rating for review in reviews} <= set(range(11))
    assert any("<br />" in review.text for review in reviews)
