"""Concept vectors: what each kind means, where attributes are correlated."""

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
    """Latents that two correlated attributes push, each in its own direction."""
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


def test_raw_difference_of_means_takes_a_share_of_the_correlated_attribute(vectors, world):
    z, labels = world
    has = labels[:, 0] == 1
    np.testing.assert_allclose(vectors["means", False][0], z[has].mean(axis=0) - z[~has].mean(axis=0), atol=1e-5)
    # Of those who smile, a fifth are men; of the others, four fifths.
    np.testing.assert_allclose(vectors["means", False][0], EFFECTS[0] - 0.6 * EFFECTS[1], atol=0.03)


def test_orthogonal_difference_of_means_is_the_effect_with_the_other_attribute_held_fixed(vectors):
    for i in range(2):
        assert unit(vectors["means", True][i]) @ unit(EFFECTS[i]) > 0.999


def test_orthogonal_separator_leaves_every_other_readout_as_it_was(vectors, world):
    z, _ = world
    readouts = vectors["linear", False] / z.std(axis=0) ** 2
    for i in range(2):
        vector = vectors["linear", True][i]
        assert abs(unit(readouts[1 - i]) @ unit(vector)) < 1e-5
        assert readouts[i] @ vector > 0


@pytest.mark.parametrize("kind", KINDS)
def test_strength_one_goes_as_far_as_the_class_means_lie_apart(vectors, world, kind):
    z, labels = world
    for vector, has in zip(vectors[kind], labels.T == 1, strict=True):
        apart = z[has].mean(axis=0) - z[~has].mean(axis=0)
        assert np.linalg.norm(vector) == pytest.approx(np.linalg.norm(apart), rel=1e-4)
        assert vector @ apart > 0


def test_units_of_a_latent_change_no_vector_but_in_that_unit(world):
    z, labels = world
    scale = np.array([1.0, 10.0, 0.1, 3.0])
    plain, stretched = (concepts.directions(array, labels, NAMES, l2=0.01)[2:] for array in (z, z * scale))
    for ours, theirs in zip(plain.reshape(-1, 4), stretched.reshape(-1, 4), strict=True):
        assert unit(theirs / scale) @ unit(ours) > 0.999


@pytest.mark.parametrize("level, word", [(0, "none"), (1, "all")])
def test_attribute_that_all_or_none_have_is_named(world, level: int, word: str):
    z, labels = world
    constant = labels.copy()
    constant[:, 1] = level
    with pytest.raises(ValueError, match=f"^{word} of the 20000 train images .* have the attribute Male"):
        concepts.directions(z, constant, NAMES, l2=0.1)


def test_attribute_that_follows_from_another_is_named(world):
    z, labels = world
    with pytest.raises(ValueError, match=r"Smiling has no direction of its own"):
        concepts.directions(z, labels[:, [0, 0]], ("Smiling", "Grinning"), l2=0.1)


def test_vectors_come_back_from_disk_and_equal_ones_are_equal_bytes(vectors, tmp_path: Path):
    written = Concepts(NAMES, np.stack(list(vectors.values())), np.array([0.5, 0.25], np.float32), default=1)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        written.write(tmp_path / name)
    for name in ("concepts.npy", "concepts.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    again = Concepts.read(tmp_path / "a")
    assert (again.names, again.default) == (NAMES, 1)
    np.testing.assert_array_equal(again.vectors, written.vectors)
    np.testing.assert_array_equal(again.shares, written.shares)


def test_vector_is_of_the_default_kind_where_none_is_asked_for(vectors):
    found = Concepts(NAMES, np.stack(list(vectors.values())), np.zeros(2), KINDS.index(("linear", False)))
    np.testing.assert_array_equal(found.vector("Male"), vectors["linear", False][1])
    np.testing.assert_array_equal(found.vector("Male", method="means"), vectors["means", False][1])
    np.testing.assert_array_equal(found.vector("Male", orthogonal=True), vectors["linear", True][1])
    with pytest.raises(ValueError, match="no concept 'Grinning'; known are: Smiling, Male"):
        found.vector("Grinning")


def test_missing_vectors_are_an_error_that_names_the_file(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match=r"concepts\.npy is missing"):
        Concepts.read(tmp_path)


def test_posterior_means_do_not_depend_on_the_pieces_they_are_read_in(network, data, monkeypatch):
    rows = np.array([149, 3, 77, 3, 20, 51, 8])
    whole = latents.posterior_means(network, data.images("test"), rows, 50)
    monkeypatch.setattr(latents, "AT_ONCE", 3)
    np.testing.assert_array_equal(latents.posterior_means(network, data.images("test"), rows, 50), whole)
    np.testing.assert_array_equal(whole[1], whole[3])


def test_few_train_images_are_all_taken_and_many_are_capped(network, data, params: Edit):
    few, many = (
        concepts.concepts(network, data, params.model_copy(update={"train_images": n})) for n in (300, 100_000)
    )
    assert few.vectors.shape == many.vectors.shape == (4, 3, 8)
    np.testing.assert_allclose(many.shares, data.labels("train").mean(axis=0), rtol=1e-5)
    assert not np.array_equal(few.shares, many.shares)


@pytest.mark.parametrize("steps", [2, 4, 27])
def test_strip_needs_an_odd_number_of_steps(params: Edit, steps: int):
    with pytest.raises(ParamsError, match=rf"edits\.celeba-vae\.steps: got {steps}; "):
        validate(Edit, params.model_dump(mode="json") | {"steps": steps}, "edits.celeba-vae")
