import numpy as np
import pytest
import scipy.stats
from sklearn.metrics import balanced_accuracy_score

from atelier.metrics.classes import attribute_entropy, balanced_accuracy, class_entropy, class_histogram


def test_histogram_includes_absent_classes():
    assert class_histogram(np.array([3, 1, 1], np.uint8), 5).tolist() == [0, 2, 0, 1, 0]


@pytest.mark.parametrize(
    ("labels", "classes", "message"),
    [
        ([0, 3], 3, "labels from 0 to 2, got 0 to 3"),
        ([-1, 2], 3, "got -1 to 2"),
        ([0.0, 1.0], 3, "got float64"),
        ([[0, 1]], 3, r"got int64 \(1, 2\)"),
        (np.empty(0, np.int64), 3, r"got int64 \(0,\)"),
        ([0], 0, "labels from 0 to -1, got 0 to 0"),
    ],
)
def test_invalid_labels_are_refused(labels, classes, message):
    with pytest.raises(ValueError, match=message):
        class_histogram(labels, classes)


@pytest.mark.parametrize("classes", [1, 2, 10])
def test_entropy_of_equally_frequent_classes_is_the_logarithm_of_their_number(classes):
    assert class_entropy(np.full(classes, 7)) == pytest.approx(np.log(classes), rel=1e-14)


def test_entropy_of_a_single_class_is_zero():
    entropy = class_entropy([0, 12, 0])
    assert entropy == 0.0
    assert np.copysign(1, entropy) == 1


def test_entropy_agrees_with_scipy(rng):
    histogram = rng.integers(0, 50, size=20)
    assert class_entropy(histogram) == pytest.approx(scipy.stats.entropy(histogram), rel=1e-13)


@pytest.mark.parametrize("histogram", [[0, 0], [], [1, -1], [1, np.nan], [[1, 2]]])
def test_invalid_histograms_are_refused(histogram):
    with pytest.raises(ValueError, match="need finite counts of shape"):
        class_entropy(histogram)


def test_attribute_entropy_is_the_mean_over_attributes(rng):
    bits = rng.random((500, 3)) < [0.5, 0.1, 0.9]
    expected = np.mean([scipy.stats.entropy(np.bincount(column, minlength=2)) for column in bits.T.astype(int)])
    assert attribute_entropy(bits) == pytest.approx(expected, rel=1e-13)
    assert attribute_entropy([[0, 1], [1, 1]]) == pytest.approx(np.log(2) / 2)


@pytest.mark.parametrize("bits", [[0, 1], np.empty((0, 3)), np.empty((3, 0))])
def test_bits_without_an_image_or_an_attribute_are_refused(bits):
    with pytest.raises(ValueError, match=r"need bits of shape \(images, attributes\)"):
        attribute_entropy(bits)


def test_balanced_accuracy_agrees_with_scikit_learn(rng):
    bits, predicted = rng.random((200, 4)) < [0.02, 0.3, 0.5, 0.9], rng.random((200, 4)) < 0.4
    expected = [balanced_accuracy_score(*columns) for columns in zip(bits.T, predicted.T, strict=True)]
    assert balanced_accuracy(predicted, bits) == pytest.approx(expected, rel=1e-12)


def test_guessing_one_answer_has_a_balanced_accuracy_of_one_half():
    bits = [[1], [0], [0], [0], [0]]
    assert balanced_accuracy(np.zeros((5, 1)), bits) == balanced_accuracy(np.ones((5, 1)), bits) == [0.5]


def test_balanced_accuracy_of_an_attribute_without_variation_is_nan():
    assert np.isnan(balanced_accuracy([[1, 0], [0, 0]], [[1, 0], [1, 0]])).all()


@pytest.mark.parametrize("shapes", [((3, 2), (3, 1)), ((3,), (3,))])
def test_predictions_of_another_shape_are_refused(shapes):
    with pytest.raises(ValueError, match=r"need two tables of shape \(images, attributes\), got \(3,"):
        balanced_accuracy(np.zeros(shapes[0]), np.zeros(shapes[1]))
