from dataclasses import asdict

import numpy as np
import pytest

from atelier.metrics.kernel import kernel_distance
from atelier.metrics.manifold import compare
from atelier.metrics.proxies import proxies

OPTIONS = dict(neighbours=3, subsets=4, subset_size=50, seed=1)
KEYS = ["fd", "kid", "kid_std", "precision", "recall", "density", "coverage"]


@pytest.fixture
def sides(rng):
    return rng.normal(size=(200, 6)), rng.normal(size=(200, 6)) * 1.2 + 0.1


def test_proxies_are_named_plain_numbers(sides):
    scores = proxies(*sides, **OPTIONS)
    assert list(scores) == KEYS
    assert {type(value) for value in scores.values()} == {float}


def test_proxies_equal_the_single_metrics(sides):
    scores = proxies(*sides, **OPTIONS)
    real, generated = sides
    assert (scores["kid"], scores["kid_std"]) == kernel_distance(*sides, subsets=4, subset_size=50, seed=1)
    assert {key: scores[key] for key in KEYS[3:]} == asdict(compare(real, generated, neighbours=3))
    shift = real.mean(axis=0) - generated.mean(axis=0)
    a, b = np.cov(real.T), np.cov(generated.T)
    root = np.sqrt(np.linalg.eigvals(a @ b).real).sum()
    assert scores["fd"] == pytest.approx(shift @ shift + np.trace(a) + np.trace(b) - 2 * root, rel=1e-9)


def test_seed_changes_the_kernel_distance_only(sides):
    one, other = proxies(*sides, **OPTIONS), proxies(*sides, **(OPTIONS | {"seed": 2}))
    assert [key for key in KEYS if one[key] != other[key]] == ["kid", "kid_std"]
    assert one == proxies(*sides, **OPTIONS)


def test_float32_features_are_converted_to_float64_first(sides):
    narrow = [side.astype(np.float32) for side in sides]
    assert proxies(*narrow, **OPTIONS) == proxies(*(side.astype(np.float64) for side in narrow), **OPTIONS)


def test_every_proxy_but_recall_is_worse_for_noisy_images(rng):
    real, other, noise = rng.normal(size=(3, 300, 6))
    floor, ceiling = proxies(real, other, **OPTIONS), proxies(real, other + 2 * noise, **OPTIONS)
    assert all(ceiling[key] > 5 * floor[key] for key in ("fd", "kid"))
    assert all(ceiling[key] < 0.6 * floor[key] for key in ("precision", "density", "coverage"))


def test_sides_of_different_size_are_refused(sides):
    with pytest.raises(ValueError, match="differ in their number of images: 200 and 199"):
        proxies(sides[0], sides[1][1:], **OPTIONS)


@pytest.mark.parametrize(
    ("change", "least"), [({"subset_size": 201}, 201), ({"neighbours": 200, "subset_size": 2}, 201)]
)
def test_too_few_images_are_refused(sides, change, least):
    with pytest.raises(ValueError, match=f"real: too few images: got 200, need at least {least}"):
        proxies(*sides, **(OPTIONS | change))


def test_sides_with_different_features_are_refused(sides):
    with pytest.raises(ValueError, match="number of features: 6 and 5"):
        proxies(sides[0], sides[1][:, :5], **OPTIONS)


def test_features_that_are_not_finite_are_refused(sides):
    sides[1][7, 0] = np.nan
    with pytest.raises(ValueError, match=r"generated: need finite .* the first in row 7"):
        proxies(*sides, **OPTIONS)
