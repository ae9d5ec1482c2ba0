"""The offline twin of IMDb: reviews of films that nobody made, by a grammar of our own, in upstream's archive."""

from collections.abc import Iterator
from pathlib import Path

from atelier.core import seeds
from atelier.datasets.formats.reviews.params import Embedded
from atelier.datasets.drawing.imdb.review import write as write_review
from atelier.datasets.embedded.reviews import archive

# As upstream, where some reviews stand in train and in test: one of so many.
_REPEATED = 100
_README = """The offline twin of the Large Movie Review Dataset, in its layout.

Nobody wrote these reviews: a grammar of Atelier's did, and no film, actor or director in them is real.
"""
_RATINGS = {"neg": (1, 2, 3, 4), "pos": (7, 8, 9, 10), "unsup": tuple(range(1, 11))}


def write(directory: Path, params: Embedded) -> None:
    """Write the archive; its bytes depend on the parameters only.

    Args:
        directory: an existing one.
        params: how many reviews of each split, and the seed.
    """
    archive.write(directory, _README, _reviews(params))


def _reviews(params: Embedded) -> Iterator[archive.Review]:
    for split, count in (("train", params.train), ("test", params.test)):
        for folder, number in (("neg", count - count // 2), ("pos", count // 2)):
            for index in range(number):
                # What stands in train and in test, the test review, is drawn as it is there.
                repeated = split == "train" and index % _REPEATED == _REPEATED - 1 and index < params.test // 2
                rating, text = _draw(params.seed, "test" if repeated else split, folder, index)
                yield archive.Review(split, folder, index, rating, text)
    for index in range(params.unsup):
        yield archive.Review("train", "unsup", index, 0, _draw(params.seed, "train", "unsup", index)[1])


def _draw(seed: int, split: str, folder: str, index: int) -> tuple[int, str]:
    """Rating and text of one review; they depend on the arguments only."""
    rng = seeds.generator(seed, f"imdb {split} {folder}", index)
    rating = _RATINGS[folder][int(rng.integers(len(_RATINGS[folder])))]
    return rating, write_review(rng, rating)
