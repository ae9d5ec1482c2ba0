import itertools
import tracemalloc

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from atelier.metrics import neighbours
from atelier.metrics.neighbours import blocks, nearest


@pytest.fixture
def lattice(rng):
    """Create points with many equal distances and many equal rows, in random order."""
    points = np.array(list(itertools.product(range(4), repeat=3)), float)
    return rng.permutation(np.repeat(points, 3, axis=0))


def by_sorting(queries, references, k):
    """Compute all exact distances, and sort by distance and then by index."""
    distances = np.sqrt(((queries[:, None] - references) ** 2).sum(axis=2))
    indices = np.argsort(distances, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(distances, indices, axis=1), indices


@pytest.mark.parametrize("k", [1, 4, 250])
def test_neighbours_agree_with_a_tree_of_scikit_learn(rng, k):
    queries, references = rng.normal(size=(120, 6)), rng.normal(size=(250, 6))
    distances, indices = nearest(queries, references, k)
    tree = NearestNeighbors(n_neighbors=k, algorithm="kd_tree").fit(references)
    expected, expected_indices = tree.kneighbors(queries)
    assert np.array_equal(indices, expected_indices)
    assert np.allclose(distances, expected, rtol=1e-12, atol=0)


def test_own_neighbours_agree_with_a_tree_of_scikit_learn(rng):
    points = rng.normal(size=(300, 5))
    distances, indices = nearest(points, points, 3, exclude_self=True)
    expected, expected_indices = NearestNeighbors(n_neighbors=3, algorithm="kd_tree").fit(points).kneighbors()
    assert np.array_equal(indices, expected_indices)
    assert np.allclose(distances, expected, rtol=1e-12, atol=0)


def test_equal_distances_are_sorted_by_index(lattice):
    distances, indices = nearest(lattice, lattice, 9)
    expected, expected_indices = by_sorting(lattice, lattice, 9)
    assert np.array_equal(distances, expected)
    assert np.array_equal(indices, expected_indices)


def test_equal_rows_are_at_distance_zero_far_from_the_origin(rng):
    points = rng.normal(size=(50, 64)) + 1000
    norms = (points**2).sum(axis=1)
    assert (norms[:, None] - 2 * points @ points.T + norms).diagonal().any(), (
        "the expanded form has no rounding error here"
    )
    distances, indices = nearest(points, points, 1)
    assert distances.tolist() == [[0.0]] * 50
    assert indices[:, 0].tolist() == list(range(50))


def test_neighbours_far_from_the_origin_keep_their_order(lattice):
    # Exact in float64, but squared distances of 1e-3 vanish in squared norms of 1e14.
    points = lattice / 32 + 2.0**23
    distances, indices = nearest(points, points, 9)
    expected, expected_indices = by_sorting(lattice / 32, lattice / 32, 9)
    assert np.array_equal(distances, expected)
    assert np.array_equal(indices, expected_indices)


def test_a_row_is_not_its_own_neighbour_but_an_equal_row_is():
    points = np.array([[0.0], [5.0], [0.0], [7.0]])
    distances, indices = nearest(points, points, 1, exclude_self=True)
    assert distances[:, 0].tolist() == [0, 2, 0, 2]
    assert indices[:, 0].tolist() == [2, 3, 0, 1]


@pytest.mark.parametrize("exclude_self", [False, True])
@pytest.mark.parametrize("queries", [0, 1, 7, 191, 192])
def test_block_size_does_not_change_the_bytes(lattice, rng, monkeypatch, queries, exclude_self):
    for points in (lattice, rng.normal(size=(192, 20)) + 100):
        monkeypatch.undo()
        whole = nearest(points, points, 5, exclude_self)
        monkeypatch.setattr(neighbours, "BLOCK_SIZE", queries * len(points))
        in_blocks = nearest(points, points, 5, exclude_self)
        assert [part.tobytes() for part in in_blocks] == [part.tobytes() for part in whole]


def test_memory_is_bounded_by_the_block_size(rng, monkeypatch):
    monkeypatch.setattr(neighbours, "BLOCK_SIZE", 2**15)
    points = rng.normal(size=(1500, 8))
    tracemalloc.start()
    try:
        nearest(points, points, 5, exclude_self=True)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * 8 * 2**15 + 8 * points.nbytes < points.shape[0] ** 2 * 8 / 5


def test_unsigned_pixels_do_not_wrap_around():
    distances, _ = nearest(np.array([[0]], np.uint8), np.array([[255], [200]], np.uint8), 2)
    assert distances.tolist() == [[200, 255]]


@pytest.mark.parametrize("radii", ["of references", "of queries"])
def test_surface_of_a_ball_belongs_to_it(lattice, monkeypatch, radii):
    monkeypatch.setattr(neighbours, "BLOCK_SIZE", 50 * len(lattice))
    lattice = lattice / 3 + 100
    pairwise = by_sorting(lattice, lattice, 9)[0][:, -1]
    for block in blocks(lattice, lattice):
        assert len(block.queries) <= 50
        limit = pairwise if radii == "of references" else pairwise[block.rows, None]
        exact = np.sqrt(((lattice[block.rows, None] - lattice) ** 2).sum(axis=2))
        assert np.array_equal(block.within(limit), exact <= limit)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(k=0), "k must be from 1 to the 4 available references, got 0"),
        (dict(k=5), "k must be from 1 to the 4 available references, got 5"),
        (dict(k=1, exclude_self=True), "the same rows twice, got 3 queries and 4 references"),
        (dict(k=1, queries=np.zeros((3, 1))), "queries and references differ in their number of features: 1 and 2"),
        (dict(k=1, queries=np.full((3, 2), np.nan)), "queries: need finite"),
        (dict(k=1, references=np.zeros(4)), "references: need numbers of shape"),
    ],
)
def test_invalid_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        nearest(**(dict(queries=np.zeros((3, 2)), references=np.zeros((4, 2))) | arguments))


def test_one_of_n_images_has_n_minus_one_neighbours():
    points = np.arange(4.0)[:, None]
    assert nearest(points, points, 3, exclude_self=True)[1].tolist() == [[1, 2, 3], [0, 2, 3], [1, 3, 0], [2, 1, 0]]
    with pytest.raises(ValueError, match="the 3 available references, got 4"):
        nearest(points, points, 4, exclude_self=True)
