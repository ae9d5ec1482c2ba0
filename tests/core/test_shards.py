"""Shards are indexed like the array that their files were cut from."""

import re
from pathlib import Path

import numpy as np
import pytest

from atelier.core.shards import Shards

LENGTHS = (5, 1, 7, 4)
WHOLE = np.random.default_rng(0).integers(0, 256, (sum(LENGTHS), 3, 2), np.uint8)


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    paths = []
    for index, part in enumerate(np.split(WHOLE, np.cumsum(LENGTHS)[:-1])):
        paths.append(tmp_path / f"{index}.npy")
        np.save(paths[-1], part)
    return paths


@pytest.fixture
def shards(paths: list[Path]) -> Shards:
    return Shards.open(paths)


def test_shards_have_the_attributes_of_the_whole(shards):
    assert (shards.shape, shards.dtype, shards.ndim, len(shards)) == (WHOLE.shape, WHOLE.dtype, 3, len(WHOLE))
    np.testing.assert_array_equal(np.asarray(shards), WHOLE)
    assert np.asarray(shards, np.float32).dtype == np.float32


@pytest.mark.parametrize("index", [0, 4, 5, 6, 16, -1, -17, np.int64(12), np.array(3)])
def test_one_row(shards, index):
    row = shards[index]
    assert row.shape == WHOLE.shape[1:]
    np.testing.assert_array_equal(row, WHOLE[index])


@pytest.mark.parametrize("start", [None, 0, 3, 5, 6, 20, -4])
@pytest.mark.parametrize("stop", [None, 0, 5, 6, 12, 99, -2])
@pytest.mark.parametrize("step", [None, 1, 2, -1, -3])
def test_slices(shards, start, stop, step):
    index = slice(start, stop, step)
    got = shards[index]
    assert got.dtype == WHOLE.dtype
    np.testing.assert_array_equal(got, WHOLE[index], strict=True)


@pytest.mark.parametrize("shape", [(), (0,), (1,), (9,), (100,), (4, 5), (2, 3, 4), (0, 3)])
def test_random_indices_of_any_shape(shards, shape):
    rng = np.random.default_rng(len(shape))
    for _ in range(20):
        index = rng.integers(-len(WHOLE), len(WHOLE), shape)
        np.testing.assert_array_equal(shards[index], WHOLE[index], strict=True)


def test_ascending_and_listed_indices(shards):
    for index in (np.arange(3, 14), [1, 6, 6, 2], [], list(range(17)), np.array([3, 9], np.uint8)):
        np.testing.assert_array_equal(shards[index], WHOLE[np.asarray(index, int)], strict=True)


def test_boolean_rows(shards):
    for seed in range(5):
        mask = np.random.default_rng(seed).random(len(WHOLE)) < 0.4
        np.testing.assert_array_equal(shards[mask], WHOLE[mask], strict=True)
    assert shards[np.zeros(17, bool)].shape == (0, 3, 2)


def test_repeated_rows_are_read_once(paths):
    read = []

    class Counted(np.ndarray):
        def __getitem__(self, index):
            read.extend(np.atleast_1d(index).tolist())
            return np.asarray(self)[index]

    shards = Shards([np.load(path).view(Counted) for path in paths])
    shards[[[16, 0, 0], [16, 3, -1]]]
    assert read == [0, 3, 3], "rows 0 and 3 of the first file, and row 3 of the last"


def test_rows_are_read_only(shards):
    with pytest.raises(ValueError, match="read-only"):
        shards[0:2][:] = 0


@pytest.mark.parametrize("index", [17, -18, [0, 17], [[-18]]])
def test_rows_out_of_range_are_refused(shards, index):
    with pytest.raises(IndexError, match=re.escape(f"row {np.ravel(index)[-1]} of 17")):
        shards[index]


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (1.0, "got 1.0; rows are selected by"),
        ("1", "got '1'; rows are selected by"),
        ([True, False], "a boolean index of shape (2,); 17 rows need (17,)"),
        (True, "a boolean index of shape (); 17 rows need (17,)"),
        (None, "got None; rows are selected by"),
    ],
)
def test_indices_of_other_types_are_refused(shards, index, message):
    with pytest.raises(IndexError, match=re.escape(message)):
        shards[index]


def test_arrays_that_differ_in_shape_are_refused(paths):
    np.save(paths[1], np.zeros((1, 3, 3), np.uint8))
    with pytest.raises(ValueError, match=r"only in their number of rows, got uint8 \(5, 3, 2\), uint8 \(1, 3, 3\)"):
        Shards.open(paths)
    with pytest.raises(ValueError, match="got none"):
        Shards.open([])


def test_a_missing_file_is_named(paths):
    paths[2].unlink()
    with pytest.raises(FileNotFoundError, match=re.escape(str(paths[2]))):
        Shards.open(paths)
