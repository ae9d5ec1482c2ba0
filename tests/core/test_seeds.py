"""Draws depend on seed, purpose and index only."""

import numpy as np
import pytest

from atelier.core import seeds


def test_same_arguments_give_the_same_draw() -> None:
    assert seeds.generator(3, "split", 2).random() == seeds.generator(3, "split", 2).random()


@pytest.mark.parametrize("other", [(4, "split", 2), (3, "draw", 2), (3, "split", 1)])
def test_seed_purpose_and_index_each_change_the_draw(other: tuple[int, str, int]) -> None:
    assert seeds.generator(3, "split", 2).random() != seeds.generator(*other).random()


def test_draws_equal_those_of_earlier_versions() -> None:
    assert seeds.generator(0, "latent").integers(1_000_000, size=3).tolist() == [370990, 719241, 354189]
    assert seeds.latents([5], 2).tolist() == [[1.671862006187439, 0.47939756512641907]]


def test_latent_depends_on_its_seed_and_not_on_its_batch() -> None:
    together = seeds.latents(range(100), 8)
    apart = np.concatenate([seeds.latents([seed], 8) for seed in range(100)])
    assert np.array_equal(together, apart)


def test_latents_are_standard_normal() -> None:
    latents = seeds.latents(range(4000), 4)
    assert latents.shape == (4000, 4)
    assert latents.dtype == np.float32
    assert np.abs(latents.mean(axis=0)).max() < 0.06
    assert np.abs(np.cov(latents, rowvar=False) - np.eye(4)).max() < 0.08


def test_no_seeds_give_no_latents() -> None:
    assert seeds.latents([], 5).shape == (0, 5)
