"""The offline twin of IMDb: the original layout, the same bytes for a seed, and grammatical agreement."""

import re
from pathlib import Path

import numpy as np
import pytest

from atelier.core import files
from atelier.core.text import words
from atelier.datasets.formats.corpus.cleaning import clean
from atelier.datasets.formats.reviews import archive
from atelier.datasets.formats.reviews.archive import ARCHIVE
from atelier.datasets.formats.reviews.params import Embedded
from atelier.datasets.imdb.twin import write as twin
from atelier.datasets.imdb.twin.review import write as write_review

SMALL = Embedded(train=120, test=101, unsup=30, seed=5)


@pytest.fixture(scope="module")
def written() -> list[tuple[int, str]]:
    """Ratings and cleaned texts."""
    return [(rating := 1 + seed % 10, clean(write_review(np.random.default_rng(seed), rating))) for seed in range(1500)]


def test_twin_writes_a_readable_archive(tmp_path: Path) -> None:
    twin.write(tmp_path, SMALL)
    found = list(archive.read(tmp_path / ARCHIVE))
    counts = {(review.split, review.label): 0 for review in found}
    for review in found:
        counts[review.split, review.label] += 1
        allowed = {0: (1, 2, 3, 4), 1: (7, 8, 9, 10), 2: (0,)}[review.label]
        assert review.rating in allowed
        assert review.text.count("<br /><br />") <= 2
    assert counts == {("train", 0): 60, ("train", 1): 60, ("test", 0): 51, ("test", 1): 50, ("train", 2): 30}


def test_equal_seeds_give_equal_bytes(tmp_path: Path) -> None:
    digests = []
    for index, seed in enumerate((5, 5, 6)):
        folder = tmp_path / str(index)
        folder.mkdir()
        twin.write(folder, SMALL.model_copy(update={"seed": seed}))
        digests.append(files.sha256(folder / ARCHIVE))
    assert digests[0] == digests[1] != digests[2]


def test_reviews_have_60_to_250_words(written: list[tuple[int, str]]) -> None:
    lengths = [len(words(text)) for _, text in written]
    assert min(lengths) >= 60
    assert max(lengths) <= 250
    assert len({text for _, text in written}) == len(written)


def test_no_slot_is_left_in_a_text(written: list[tuple[int, str]]) -> None:
    for _, text in written:
        assert not re.search(r"[{}]|\(n\)|  |\b[Aa] [aeiouAEIOU]|\b[Aa]n [^aeiouAEIOU]| [,.;]", text), text
        assert not re.search(r"(?:^|[.!?] )[a-z]", text), text


def test_pronouns_agree_with_a_name_far_before(written: list[tuple[int, str]]) -> None:
    women = men = 0
    for _, text in written:
        for name, pronoun in re.findall(r"(\w+) plays the [\w ]+ next door, and (s?he) has more", text):
            first = re.search(rf"(\w+) {name} plays", text)
            assert first is not None
            women += pronoun == "she"
            men += pronoun == "he"
            others = re.findall(rf"{first[1]} {name}, (?:clumsy|great) as ever, \w+ every scene that (s?he)", text)
            assert set(others) <= {pronoun}
    assert min(women, men) > 20


def test_verbs_agree_across_a_clause(written: list[tuple[int, str]]) -> None:
    found = re.findall(r"The (\w+)[^.]*?, which \w+ took from (?:his|her) earlier films, (is|are) ", "\n".join(
        text for _, text in written))  # fmt: skip
    assert {verb for _, verb in found} == {"is", "are"}
    number: dict[str, set[str]] = {}
    for noun, verb in found:
        number.setdefault(noun, set()).add(verb)
    assert all(len(verbs) == 1 for noun, verbs in number.items() if noun not in ("last", "action", "special"))


def test_sentiment_follows_the_rating_but_not_in_every_word(written: list[tuple[int, str]]) -> None:
    kind = re.compile(r"\b(great|wonderful|excellent|funny|beautiful|moving)\b")
    shares = {
        liked: np.mean([bool(kind.search(text)) for rating, text in written if (rating > 5) == liked])
        for liked in (True, False)
    }
    assert shares[True] > shares[False] + 0.1
    assert shares[False] > 0.1


def test_words_have_a_long_tail(written: list[tuple[int, str]]) -> None:
    counts: dict[str, int] = {}
    for _, text in written:
        for word in words(text):
            counts[word] = counts.get(word, 0) + 1
    once = sum(count == 1 for count in counts.values())
    assert len(counts) > 2000
    assert 0.2 < once / len(counts) < 0.8
