import numpy as np
import pytest
import scipy.stats

from atelier.metrics.classes import class_entropy, class_histogram


def test_histogram_counts_every_class_also_the_absent_ones():
    assert class_histogram(np.array([3, 1, 1], np.uint8), 5).tolist() == [0, 2, 0, 1, 0]


@pytest.mark.parametrize(
    ("labels", "classes", "message"),
    [
        ([0, 3], 3, "labels from 0 to 2, got 0 to 3"),
        ([-1, 2], 3, "got -1 to 2"),
        ([0.0, 1.0], 3, "got float64"),
        ([[0, 1]], 3, r"got int64 \(1, 2\)"),
        (np.empty(0, np.int64), 3, r"got int64 \(0,\)"),
    ],
)
def test_what_is_no_label_is_an_error(labels, classes, message):
    with pytest.raises(ValueError, match=message):
        class_histogram(labels, classes)


@pytest.mark.parametrize("classes", [1, 2, 10])
def test_entropy_of_even_classes_is_the_logarithm_of_their_number(classes):
    assert class_entropy(np.full(classes, 7)) == pytest.approx(np.log(classes), rel=1e-14)


def test_entropy_of_a_single_class_is_zero():
    entropy = class_entropy([0, 12, 0])
    assert entropy == 0.0
    assert np.copysign(1, entropy) == 1


def test_entropy_agrees_with_scipy(rng):
    histogram = rng.integers(0, 50, size=20)
    assert class_entropy(histogram) == pytest.approx(scipy.stats.entropy(histogram), rel=1e-13)


@pytest.mark.parametrize("histogram", [[0, 0], [], [1, -1], [1, np.nan], [[1, 2]]])
def test_what_is_no_histogram_is_an_error(histogram):
    with pytest.raises(ValueError, match="need counts of shape"):
        class_entropy(histogram)
