"""No two splits share a text, and the official test set stays complete."""

import numpy as np
import pytest

from atelier.datasets.formats.reviews.splits import divide


@pytest.fixture
def digests() -> list[bytes]:
    """200 reviews of 150 texts; the last 50 are of the test set."""
    rng = np.random.default_rng(1)
    return [b"%d" % number for number in rng.integers(0, 150, 200)]


TEST = np.arange(200) >= 150


def test_each_review_is_in_one_split_or_removed(digests: list[bytes]) -> None:
    parts = divide(digests, TEST, 20, seed=0)
    together = np.concatenate([parts.train, parts.validation, parts.test])
    assert len(np.unique(together)) == len(together) == 200 - parts.removed


def test_repeats_of_test_reviews_are_removed_from_train_only(digests: list[bytes]) -> None:
    parts = divide(digests, TEST, 20, seed=0)
    tested = {digests[index] for index in range(150, 200)}
    assert parts.test.tolist() == list(range(150, 200))
    assert parts.removed == sum(digest in tested for digest in digests[:150]) > 0
    assert not tested & {digests[index] for index in [*parts.train, *parts.validation]}


@pytest.mark.parametrize("seed", range(5))
def test_no_text_is_in_train_and_in_validation(digests: list[bytes], seed: int) -> None:
    parts = divide(digests, TEST, 20, seed)
    assert len(parts.validation) == 20
    assert not {digests[index] for index in parts.train} & {digests[index] for index in parts.validation}


def test_repeats_inside_train_are_kept_and_counted(digests: list[bytes]) -> None:
    parts = divide(digests, TEST, 20, seed=0)
    assert parts.repeated == len(parts.train) - len({digests[index] for index in parts.train}) > 0


def test_another_seed_holds_out_others_and_a_new_review_moves_few(digests: list[bytes]) -> None:
    first = divide(digests, TEST, 20, seed=0).validation
    assert set(first) != set(divide(digests, TEST, 20, seed=1).validation)
    more = divide([*digests, b"new"], np.append(TEST, False), 20, seed=0).validation
    assert len(set(first) & set(more)) >= 18


@pytest.mark.parametrize(
    "validation, said", [(4, "got 4; 4 reviews are not in test, so at most 3"), (1, "complete groups")]
)
def test_an_impossible_number_is_refused(validation: int, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        divide([b"a", b"a", b"b", b"b", b"c"], np.array([0, 0, 0, 0, 1], bool), validation, seed=0)
