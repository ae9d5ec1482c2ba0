import numpy as np
import pytest

from atelier.metrics.kernel import kernel_distance, squared_mmd


def by_loops(a, b):
    def k(x, y):
        return (np.dot(x, y) / len(x) + 1) ** 3

    def within(rows):
        pairs = [k(x, y) for i, x in enumerate(rows) for j, y in enumerate(rows) if i != j]
        return sum(pairs) / len(pairs)

    return within(a) + within(b) - 2 * np.mean([k(x, y) for x in a for y in b])


def test_value_agrees_with_explicit_sums(rng):
    a, b = rng.normal(size=(9, 4)), rng.normal(size=(7, 4)) + 0.5
    assert squared_mmd(a, b) == pytest.approx(by_loops(a, b), rel=1e-12)


def test_value_agrees_with_torchmetrics(frozen_mmd):
    frozen = frozen_mmd
    assert squared_mmd(frozen.real, frozen.generated) == pytest.approx(frozen.numbers["mmd"], rel=1e-9)


def test_mean_over_draws_of_one_distribution_is_zero(rng):
    values, with_diagonal = [], []
    for _ in range(300):
        a, b = rng.normal(size=(2, 20, 4))
        values.append(squared_mmd(a, b))
        with_diagonal.append(sum(s * ((x @ y.T / 4 + 1) ** 3).mean() for s, x, y in ((1, a, a), (1, b, b), (-2, a, b))))
    error = np.std(values) / np.sqrt(len(values))
    assert abs(np.mean(values)) < 4 * error
    assert min(values) < 0
    # The biased estimator, which includes the diagonal, fails the same check.
    assert np.mean(with_diagonal) > 20 * error


def test_subsets_of_all_images_give_the_value_itself(rng):
    a, b = rng.normal(size=(2, 30, 5))
    mean, std = kernel_distance(a, b, subsets=4, subset_size=30, seed=0)
    assert mean == pytest.approx(squared_mmd(a, b), rel=1e-9)
    assert std == pytest.approx(0.0, abs=1e-12)


def test_subsets_are_drawn_without_replacement(rng):
    # With replacement, a subset as large as the set would contain some images twice.
    a, b = rng.normal(size=(2, 10, 2))
    assert kernel_distance(a, b, subsets=20, subset_size=10, seed=3)[1] < 1e-12


def test_mean_over_subsets_approaches_the_value_of_all_images(rng):
    a, b = rng.normal(size=(200, 4)), rng.normal(size=(200, 4)) + 0.5
    mean, std = kernel_distance(a, b, subsets=300, subset_size=50, seed=0)
    assert abs(mean - squared_mmd(a, b)) < 4 * std / np.sqrt(300)


def test_value_depends_on_features_and_seed_only(rng):
    a, b = rng.normal(size=(2, 60, 4))
    options = dict(subsets=5, subset_size=20)
    assert kernel_distance(a, b, seed=1, **options) == kernel_distance(a, b, seed=1, **options)
    assert kernel_distance(a, b, seed=1, **options) != kernel_distance(a, b, seed=2, **options)


def test_more_subsets_do_not_change_the_earlier_ones(rng):
    a, b = rng.normal(size=(2, 60, 4))
    one, _ = kernel_distance(a, b, subsets=1, subset_size=20, seed=1)
    two, spread = kernel_distance(a, b, subsets=2, subset_size=20, seed=1)
    # The mean of two values differs from the first by half their difference, which is also their standard deviation.
    assert spread > 0
    assert abs(two - one) == pytest.approx(spread, rel=1e-9)


def test_the_two_sides_draw_independently(rng):
    a = rng.normal(size=(100, 3))
    # With equal subsets on equal sides, the estimate would always be negative.
    values = [kernel_distance(a, a, subsets=1, subset_size=10, seed=seed)[0] for seed in range(40)]
    assert max(values) > 0


def test_distance_is_symmetric(rng):
    a, b = rng.normal(size=(40, 4)), rng.normal(size=(40, 4)) + 1
    assert squared_mmd(a, b) == pytest.approx(squared_mmd(b, a), rel=1e-12)


def test_distance_does_not_change_with_a_rotation(rng, rotation):
    a, b = rng.normal(size=(60, 8)), rng.normal(size=(60, 8)) + 1
    assert squared_mmd(a @ rotation, b @ rotation) == pytest.approx(squared_mmd(a, b), rel=1e-10)


def test_distance_rises_with_noise(rng):
    real, other, noise = rng.normal(size=(3, 600, 8))
    noisy = [other + level * noise for level in (0, 0.5, 1, 2)]
    values = [kernel_distance(real, rows, subsets=3, subset_size=400, seed=0)[0] for rows in noisy]
    assert values == sorted(values)
    assert values[-1] > values[0] + 1


def test_distance_sees_third_moments():
    # Equal means and covariances: FD is 0 here.
    a = np.repeat([[-1.0], [1.0]], 500, axis=0)
    b = np.repeat([[-2.0], [0.5]], [200, 800], axis=0)
    assert a.mean() == b.mean()
    assert a.var() == b.var()
    assert squared_mmd(a, b) > 1


@pytest.mark.parametrize(
    ("sizes", "options", "message"),
    [
        ((9, 20), dict(subsets=2, subset_size=10), "a: too few images: got 9, need at least 10"),
        ((20, 9), dict(subsets=2, subset_size=10), "b: too few images: got 9, need at least 10"),
        ((20, 20), dict(subsets=0, subset_size=10), "got 0 and 10"),
        ((20, 20), dict(subsets=2, subset_size=1), "got 2 and 1"),
    ],
)
def test_too_few_images_or_subsets_are_refused(sizes, options, message):
    with pytest.raises(ValueError, match=message):
        kernel_distance(np.zeros((sizes[0], 3)), np.zeros((sizes[1], 3)), seed=0, **options)


def test_one_image_is_refused():
    with pytest.raises(ValueError, match="a: too few images: got 1, need at least 2"):
        squared_mmd([[1.0]], [[1.0], [2.0]])


def test_sides_with_different_features_are_refused():
    with pytest.raises(ValueError, match="number of features: 3 and 4"):
        squared_mmd(np.zeros((5, 3)), np.zeros((5, 4)))


def test_features_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match="b: need finite"):
        squared_mmd(np.zeros((2, 1)), [[0.0], [np.inf]])
