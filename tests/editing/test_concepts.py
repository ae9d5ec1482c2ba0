"""Concept vectors of every kind, for correlated attributes."""

from pathlib import Path

import numpy as np
import pytest

from atelier.editing import concepts, latents
from atelier.editing.params import Edit
from atelier.editing.vectors import KINDS, Concepts
from atelier.params.strict import ParamsError, validate

NAMES = ("Smiling", "Male")
EFFECTS = np.array([[1.0, 0.0, 0.3, 0.0], [0.0, 2.0, 0.3, 0.0]])


@pytest.fixture(scope="module")
def world() -> tuple[np.ndarray, np.ndarray]:
    """Latents and labels: each of two correlated attributes shifts the latents by its effect."""
    rng = np.random.default_rng(1)
    male = rng.random(20_000) < 0.5
    smiling = rng.random(20_000) < np.where(male, 0.2, 0.8)
    labels = np.stack([smiling, male], axis=1).astype(np.uint8)
    return labels @ EFFECTS + 0.5 * rng.normal(size=(20_000, 4)), labels


@pytest.fixture(scope="module")
def vectors(world) -> dict[tuple[str, bool], np.ndarray]:
    return dict(zip(KINDS, concepts.directions(*world, NAMES, l2=1e-4), strict=True))


def unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)


def test_raw_difference_of_means_contains_a_part_of_the_correlated_effect(vectors, world):
    z, labels = world
    has = labels[:, 0] == 1
    np.testing.assert_allclose(vectors["means", False][0], z[has].mean(axis=0) - z[~has].mean(axis=0), atol=1e-5)
    # A fifth of the smiling faces are male, and four fifths of the others.
    np.testing.assert_allclose(vectors["means", False][0], EFFECTS[0] - 0.6 * EFFECTS[1], atol=0.03)


def test_orthogonal_difference_of_means_is_the_effect_of_one_attribute(vectors):
    for i in range(2):
        assert unit(vectors["means", True][i]) @ unit(EFFECTS[i]) > 0.999


def test_orthogonal_separator_does_not_change_other_readouts(vectors, world):
    z, _ = world
    readouts = vectors["linear", False] / z.std(axis=0) ** 2
    for i in range(2):
        vector = vectors["linear", True][i]
        assert abs(unit(readouts[1 - i]) @ unit(vector)) < 1e-5
        assert readouts[i] @ vector > 0


@pytest.mark.parametrize("kind", KINDS)
def test_every_vector_has_the_length_of_the_difference_of_class_means(vectors, world, kind):
    z, labels = world
    for vector, has in zip(vectors[kind], labels.T == 1, strict=True):
        difference = z[has].mean(axis=0) - z[~has].mean(axis=0)
        assert np.linalg.norm(vector) == pytest.approx(np.linalg.norm(difference), rel=1e-4)
        assert vector @ difference > 0


def test_separators_do_not_depend_on_the_units_of_latents(world):
    z, labels = world
    scale = np.array([1.0, 10.0, 0.1, 3.0])
    plain, stretched = (concepts.directions(array, labels, NAMES, l2=0.01)[2:] for array in (z, z * scale))
    for original, scaled in zip(plain.reshape(-1, 4), stretched.reshape(-1, 4), strict=True):
        assert unit(scaled / scale) @ unit(original) > 0.999


@pytest.mark.parametrize("level, word", [(0, "none"), (1, "all")])
def test_attribute_of_all_or_no_faces_is_refused(world, level: int, word: str):
    z, labels = world
    constant = labels.copy()
    constant[:, 1] = level
    with pytest.raises(ValueError, match=f"^{word} of the 20000 .* Male"):
        concepts.directions(z, constant, NAMES, l2=0.1)


def test_attribute_that_follows_from_another_is_refused(world):
    z, labels = world
    with pytest.raises(ValueError, match=r"^Smiling "):
        concepts.directions(z, labels[:, [0, 0]], ("Smiling", "Grinning"), l2=0.1)


def test_vectors_are_restored_from_disk_and_equal_vectors_give_equal_bytes(vectors, tmp_path: Path):
    written = Concepts(NAMES, np.stack(list(vectors.values())), np.array([0.5, 0.25], np.float32), default=1)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        written.write(tmp_path / name)
    for name in ("concepts.npy", "concepts.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    read = Concepts.read(tmp_path / "a")
    assert (read.names, read.default) == (NAMES, 1)
    np.testing.assert_array_equal(read.vectors, written.vectors)
    np.testing.assert_array_equal(read.shares, written.shares)


def test_vector_has_the_default_kind_unless_another_is_requested(vectors):
    found = Concepts(NAMES, np.stack(list(vectors.values())), np.zeros(2), KINDS.index(("linear", False)))
    np.testing.assert_array_equal(found.vector("Male"), vectors["linear", False][1])
    np.testing.assert_array_equal(found.vector("Male", method="means"), vectors["means", False][1])
    np.testing.assert_array_equal(found.vector("Male", orthogonal=True), vectors["linear", True][1])
    with pytest.raises(ValueError, match="no concept 'Grinning'; known are: Smiling, Male"):
        found.vector("Grinning")


def test_missing_vectors_are_an_error_that_names_the_file(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match=r"concepts\.npy is missing"):
        Concepts.read(tmp_path)


def test_points_do_not_depend_on_chunks(space, data, monkeypatch):
    rows = np.array([149, 3, 77, 3, 20, 51, 8])
    whole = latents.encode(space, data, "test", rows)
    monkeypatch.setattr(latents, "CHUNK", 3)
    np.testing.assert_array_equal(latents.encode(space, data, "test", rows), whole)
    np.testing.assert_array_equal(whole[1], whole[3])


def test_number_of_training_images_is_limited_by_the_parameter(space, data, params: Edit):
    few, many = (concepts.compute(space, data, params.model_copy(update={"train_images": n})) for n in (300, 100_000))
    assert few.vectors.shape == many.vectors.shape == (4, 3, 8)
    np.testing.assert_allclose(many.shares, data.labels("train").mean(axis=0), rtol=1e-5)
    assert not np.array_equal(few.shares, many.shares)


@pytest.mark.parametrize("steps", [2, 4, 27])
def test_strip_needs_an_odd_number_of_steps(params: Edit, steps: int):
    with pytest.raises(ParamsError, match=rf"edits\.celeba-vae\.steps: got {steps}; "):
        validate(Edit, params.model_dump(mode="json") | {"steps": steps}, "edits.celeba-vae")
