"""Measure and show how well a generator without an encoder reproduces images."""

from pathlib import Path

import numpy as np

from atelier.core import seeds
from atelier.core.pictures import write_png
from atelier.editing.sheets import sheet
from atelier.editing.space import Faces, Space
from atelier.metrics.images.similarity import psnr, ssim
from atelier.modalities.images import conditions
from atelier.modalities.images.exhibit import Exhibit
from atelier.modalities.judge import Judge

ROWS = ("original", "first guess", "inversion")


def own_samples(space: Space, seed: int) -> Faces:
    """Generate one batch of samples, whose latents are known, and invert them; there are no labels."""
    numbers = range(seed, seed + space.batch)
    told = conditions.draw(space.network, numbers)
    images = space.pictures(space.joined(seeds.latents(numbers, space.latent_dim), told))
    return Faces(images, np.zeros((len(images), 0), bool), space.points(images, told))


def measure(space: Space, judge: Judge, faces: Faces, own: Faces) -> dict[str, float]:
    """Compare images with their inversions.

    ``inversion_agreement`` is the share of attributes for which the judge predicts the same for both; ``…_own`` are the
    same measures of the generator's own samples.
    """
    measured = {}
    for suffix, seen in (("", faces), ("_own", own)):
        inverted = space.pictures(seen.points)
        same = (judge.logits(judge.features(seen.images)) > 0) == (judge.logits(judge.features(inverted)) > 0)
        measured[f"inversion_psnr{suffix}"] = psnr(seen.images, inverted)
        measured[f"inversion_ssim{suffix}"] = ssim(seen.images, inverted)
        measured[f"inversion_agreement{suffix}"] = float(same.mean())
    return measured


def show(space: Space, faces: Faces, own: Faces, count: int, directory: Path) -> list[Exhibit]:
    """Write `inversions.png` and `inversions_own.png` to `directory`, each with `count` images."""
    shown = []
    for file, of, seen in (("inversions.png", "Test faces", faces), ("inversions_own.png", "Own samples", own)):
        images, points = seen.images[:count], seen.points[:count]
        guess = space.points(images, space.told(points), refined=False)
        pictures = np.stack([images, space.pictures(guess), space.pictures(points)])
        write_png(directory / file, sheet(pictures, (), ROWS))
        caption = (
            f"{of}, above what the generator makes of the inverter's first guess, and of the latents that are refined "
            "for each image."
        )
        title = f"Inversions of {of.lower()}"
        shown.append({"file": file, "title": title, "caption": caption})
    return shown
