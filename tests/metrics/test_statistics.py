import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from atelier.metrics.statistics import FeatureStatistics


def shards(features, size):
    return [features[start : start + size] for start in range(0, len(features), size)]


def same_bytes(a, b):
    return a.n == b.n and a.total.tobytes() == b.total.tobytes() and a.products.tobytes() == b.products.tobytes()


def test_mean_and_covariance_are_those_of_numpy(rng):
    features = rng.normal(size=(300, 5)) * [1, 2, 3, 4, 5] + [5, 4, 3, 2, 1]
    statistics = FeatureStatistics.of(features)
    assert np.allclose(statistics.mean, features.mean(axis=0), rtol=1e-12)
    assert np.allclose(statistics.covariance, np.cov(features.T), rtol=1e-11, atol=1e-12)
    assert np.array_equal(statistics.covariance, statistics.covariance.T)


def test_float32_features_are_summed_in_float64():
    features = np.full((100_000, 1), np.float32(0.1))
    assert FeatureStatistics.of(features).mean[0] == pytest.approx(float(np.float32(0.1)), rel=1e-14)


@pytest.mark.parametrize("size", [1, 7, 64, 299, 300, 1000])
def test_merged_shards_equal_the_whole(rng, size):
    features = rng.normal(size=(300, 5)) + 2
    whole = FeatureStatistics.of(features)
    merged = FeatureStatistics.merge(FeatureStatistics.of(part) for part in shards(features, size))
    assert merged.n == whole.n == 300
    assert np.allclose(merged.total, whole.total, rtol=1e-13)
    assert np.allclose(merged.covariance, whole.covariance, rtol=1e-11, atol=1e-13)


def test_sums_of_whole_numbers_are_exact_in_any_order(rng):
    features = rng.integers(0, 256, size=(200, 4))
    parts = [FeatureStatistics.of(part) for part in shards(features, 30)]
    assert same_bytes(FeatureStatistics.merge(parts[::-1]), FeatureStatistics.of(features))


def test_merging_leaves_the_shards_alone(rng):
    parts = [FeatureStatistics.of(part) for part in shards(rng.normal(size=(40, 3)), 10)]
    before = [part.to_array() for part in parts]
    FeatureStatistics.merge(parts)
    assert all(np.array_equal(part.to_array(), array) for part, array in zip(parts, before, strict=True))


def test_bytes_do_not_depend_on_the_number_of_workers(rng):
    parts = shards(rng.normal(size=(500, 32)), 64)
    alone = FeatureStatistics.merge(map(FeatureStatistics.of, parts))
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        shared = FeatureStatistics.merge(pool.map(FeatureStatistics.of, parts))
    assert same_bytes(alone, shared)


def test_bytes_do_not_depend_on_the_number_of_blas_threads(rng):
    features = rng.normal(size=(2000, 65))
    with threadpool_limits(1):
        one = FeatureStatistics.of(features)
    with threadpool_limits(2):
        two = FeatureStatistics.of(features)
    assert same_bytes(one, two)


def test_statistics_survive_the_disk(rng, tmp_path):
    statistics = FeatureStatistics.of(rng.normal(size=(20, 6)))
    np.save(tmp_path / "moments.npy", statistics.to_array())
    assert same_bytes(FeatureStatistics.from_array(np.load(tmp_path / "moments.npy")), statistics)


@pytest.mark.parametrize(
    ("moments", "message"),
    [
        (np.eye(3, dtype=np.float32), "got float32"),
        (np.ones((1, 1)), r"got float64 \(1, 1\)"),
        (np.ones((2, 3)), r"got float64 \(2, 3\)"),
        (np.ones(4), r"got float64 \(4,\)"),
        (np.array([[2.0, 1.0], [3.0, 4.0]]), "symmetric"),
        (np.array([[2.0, np.nan], [np.nan, 4.0]]), "finite"),
        (np.array([[2.5, 1.0], [1.0, 4.0]]), "corner of 2.5"),
        (np.array([[0.0, 1.0], [1.0, 4.0]]), "corner of 0"),
    ],
)
def test_what_is_no_array_of_moments_is_an_error(moments, message):
    with pytest.raises(ValueError, match=message):
        FeatureStatistics.from_array(moments)


def test_covariance_of_one_image_is_an_error():
    with pytest.raises(ValueError, match="at least 2 images, got 1"):
        _ = FeatureStatistics.of([[1.0, 2.0]]).covariance


def test_no_image_is_an_error():
    with pytest.raises(ValueError, match="too few images: got 0"):
        FeatureStatistics.of(np.empty((0, 3)))


def test_features_that_are_not_finite_are_an_error():
    with pytest.raises(ValueError, match="finite"):
        FeatureStatistics.of([[1.0], [np.nan]])


def test_shards_with_different_features_do_not_merge():
    with pytest.raises(ValueError, match=r"got 2 of widths \[2, 3\]"):
        FeatureStatistics.merge([FeatureStatistics.of(np.ones((2, 2))), FeatureStatistics.of(np.ones((2, 3)))])


def test_merge_of_nothing_is_an_error():
    with pytest.raises(ValueError, match="got 0"):
        FeatureStatistics.merge([])
