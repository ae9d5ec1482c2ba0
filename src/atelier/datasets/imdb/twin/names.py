"""Draw invented names of people and places, with a long-tailed distribution."""

import math
from functools import cache

import numpy as np

from atelier.core import seeds
from atelier.datasets.imdb.twin.grammar import Kept

_WOMEN = (
    "Ada", "Alma", "Bettina", "Cora", "Delia", "Edith", "Flora", "Greta", "Hedda", "Ines", "Judith", "Karin",
    "Leonie", "Mabel", "Nadia", "Odile", "Petra", "Rosa", "Sabine", "Thea", "Ursula", "Vera", "Wilma", "Yvonne",
)  # fmt: skip
_MEN = (
    "Alfred", "Bruno", "Cedric", "Dario", "Edgar", "Felix", "Gustav", "Hector", "Igor", "Julius", "Konrad", "Lars",
    "Magnus", "Nestor", "Oskar", "Pavel", "Rufus", "Stefan", "Tobias", "Ulrich", "Victor", "Walter", "Yuri", "Zeno",
)  # fmt: skip
_ONSETS = (
    "b", "br", "c", "d", "dr", "f", "g", "gr", "h", "k", "l", "m", "n", "p", "r", "s", "st", "t", "tr", "v", "w", "z",
)  # fmt: skip
_NUCLEI = ("a", "e", "i", "o", "u", "ai", "ea", "oo", "au", "ie")
_CODAS = ("", "", "l", "n", "r", "s", "m", "nd", "rk", "lt", "ss", "x")
_ENDINGS = {
    "surname": ("berg", "wick", "sen", "holm", "mond", "ley", "ov", "ard", "etti", "quist", "worth", "ane"),
    "place": ("ford", "burg", "mere", "haven", "stad", "ville", "moor", "minster", "port", "ia", "dale", "gate"),
}
_DISTINCT = 20_000  # names of each kind

_FEATURES = {
    True: {"he": "she", "him": "her", "his": "her", "himself": "herself", "actor": "actress", "man": "woman"},
    False: {"he": "he", "him": "him", "his": "his", "himself": "himself", "actor": "actor", "man": "man"},
}


def person(rng: np.random.Generator) -> tuple[Kept, Kept]:
    """Draw the full name and the last name of a person, with the pronouns that agree with the first name."""
    woman = bool(rng.random() < 0.5)
    pool = _WOMEN if woman else _MEN
    first, last = pool[_rank(rng, len(pool)) - 1], invented(rng, "surname")
    return Kept(f"{first} {last}", _FEATURES[woman]), Kept(last, _FEATURES[woman])


def invented(rng: np.random.Generator, kind: str) -> str:
    """Draw a ``surname`` or a ``place`` with probability about 1/rank (Zipf's law)."""
    return _spelled(kind, _rank(rng, _DISTINCT))


@cache
def _spelled(kind: str, rank: int) -> str:
    rng = seeds.generator(rank, f"imdb {kind}")
    syllables = 1 + int(rng.random() < 0.35)
    made = "".join(_one(rng, part) for _ in range(syllables) for part in (_ONSETS, _NUCLEI, _CODAS))
    return (made + _one(rng, _ENDINGS[kind])).capitalize()


def _rank(rng: np.random.Generator, count: int) -> int:
    """Draw a rank from 1 to `count` with probability about 1/rank."""
    return min(int(math.exp(rng.random() * math.log(count + 1))), count)


def _one(rng: np.random.Generator, parts: tuple[str, ...]) -> str:
    return parts[int(rng.integers(len(parts)))]
