"""Evaluate a generative adversarial network: its samples, and the accuracy of its discriminator."""

from pathlib import Path

import numpy as np

from atelier.core import seeds
from atelier.core.prepared import Prepared
from atelier.families.gan.losses import discriminator_accuracy
from atelier.families.gan.params import Evaluate
from atelier.modalities.images import evaluate as comparison
from atelier.networks import batching
from atelier.networks.network import Network


def evaluate(network: Network, prepared: Prepared, judge: Path, samples: Path, params: Evaluate, out: Path) -> None:
    """Write `metrics.json`, `classes.json`, `neighbours.png` and `pictures.json` to the directory `out`."""
    seen = comparison.Samples.read(judge, samples, params.samples)
    comparison.write(seen, prepared, params, accuracy(network, prepared, seen.images, params), out)


def accuracy(network: Network, prepared: Prepared, samples: np.ndarray, params: Evaluate) -> dict[str, float]:
    """Return the shares of test images and of samples that the discriminator classifies correctly.

    Both are one half if it guesses. It overfits if the share of test images is far below that of training images.
    """
    test = seeds.generator(params.seed, "discriminator").permutation(prepared.spec.sizes["test"])[: params.samples]
    real, fake = (
        np.asarray(batching.apply(network.model.discriminator, images.astype(np.float32) / 127.5 - 1, params.batch))
        for images in (prepared.images("test")[np.sort(test)], samples)
    )
    correct = discriminator_accuracy(network.config.loss, real, fake)
    return {f"discriminator_{of}": float(np.mean(each)) for of, each in zip(("real", "fake"), correct, strict=True)}
