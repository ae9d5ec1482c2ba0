"""A small archive of reviews in IMDb's layout, to be damaged by tests."""

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from atelier.core.spec import Spec
from atelier.datasets.formats.reviews.archive import ARCHIVE
from atelier.datasets.formats.reviews.params import Prepare
from atelier.datasets.formats.reviews.prepare import prepare_reviews

Pack = Callable[..., Path]

_VERBS = ("liked", "hated", "watched", "forgot", "praised", "remembered")
_NOUNS = ("film", "story", "music", "ending", "plot", "cast", "camera", "hero")


def texts(rng: np.random.Generator, count: int) -> list[str]:
    """Return different reviews."""
    return [
        f"Review {int(rng.integers(1 << 40))}: I {rng.choice(_VERBS)} the {rng.choice(_NOUNS)}, "
        f"she {rng.choice(_VERBS)} the {rng.choice(_NOUNS)}!<br /><br />So it goes."
        for _ in range(count)
    ]


@pytest.fixture
def members() -> dict[str, bytes]:
    """Forty labelled reviews for train, twenty for test, thirty unlabelled, and other files."""
    rng = np.random.default_rng(0)
    named = {"aclImdb/README": b"read me", "aclImdb/imdb.vocab": b"the\n", "aclImdb/train/urls_pos.txt": b"http://x"}
    for folder, count, rating in (("train/neg", 20, 2), ("train/pos", 20, 9), ("test/neg", 10, 1), ("test/pos", 10, 8)):
        for index, text in enumerate(texts(rng, count)):
            named[f"aclImdb/{folder}/{index}_{rating}.txt"] = text.encode()
    for index, text in enumerate(texts(rng, 30)):
        named[f"aclImdb/train/unsup/{index}_0.txt"] = text.encode()
    return named


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    """Write the members to an archive in ``raw/``, and return its path."""

    def pack(members: dict[str, bytes], *others: tarfile.TarInfo) -> Path:
        path = tmp_path / "raw" / ARCHIVE
        path.parent.mkdir(exist_ok=True)
        with tarfile.open(path, "w:gz", compresslevel=1) as tar:
            for name, data in members.items():
                member = tarfile.TarInfo(name)
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
            for member in others:
                tar.addfile(member, io.BytesIO(b"\0" * member.size) if member.size else None)
        return path

    return pack


PARAMS = Prepare(tokenizer="word", vocabulary=300, unsup=True, validation=8, seed=3)


@pytest.fixture
def prepare(pack: Pack, members: dict[str, bytes], tmp_path: Path) -> Callable[..., Spec]:
    """Write `members` and prepare them into ``out``, with some parameters changed."""

    def prepare(out: str = "out", source: str = "mirror", **changed: object) -> Spec:
        raw = pack(members).parent
        return prepare_reviews("imdb", raw, tmp_path / out, PARAMS.model_copy(update=changed), source)

    return prepare
