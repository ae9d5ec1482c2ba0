"""Evaluate a generative adversarial network: its samples, what they were asked to be, and its discriminator."""

from pathlib import Path

import numpy as np

from atelier.core import seeds
from atelier.core.prepared import Prepared
from atelier.families.gan.losses import discriminator_accuracy
from atelier.families.gan.params import Evaluate
from atelier.modalities.images import conditional_scores, conditions, generate
from atelier.modalities.images import evaluate as comparison
from atelier.networks import batching
from atelier.networks.network import Network


def evaluate(network: Network, prepared: Prepared, judge: Path, samples: Path, params: Evaluate, out: Path) -> None:
    """Write `metrics.json`, `classes.json`, `neighbours.png` and `pictures.json` to the directory `out`."""
    seen = comparison.Samples.read(judge, samples, params.samples)
    metrics, tables = conditional_scores.measure(network, seen, samples, prepared, params)
    asked = conditions.read(network, params.samples, samples)
    metrics |= accuracy(network, prepared, seen.images, asked, params)
    comparison.write(seen, prepared, params, metrics, out, tables)


def accuracy(
    network: Network, prepared: Prepared, samples: np.ndarray, asked: np.ndarray | None, params: Evaluate
) -> dict[str, float]:
    """Return the shares of test images and of samples that the discriminator classifies correctly.

    Both are one half if it guesses. It overfits if the share of test images is far below that of training images.
    `asked` are the conditions of the samples, ``(n, conditions)``, if there are any.
    """
    test = seeds.generator(params.seed, "discriminator").permutation(prepared.spec.sizes["test"])[: params.samples]
    rows, kind = np.sort(test), conditions.kind(network)
    labels = None if asked is None else conditions.of_split(kind, prepared, "test")[rows]
    real, fake = (
        np.asarray(
            batching.apply(
                network.model.discriminator,
                generate.inputs(images.astype(np.float32) / 127.5 - 1, condition),
                params.batch,
            )
        )
        for images, condition in ((prepared.images("test")[rows], labels), (samples, asked))
    )
    correct = discriminator_accuracy(network.config.loss, real, fake)
    return {f"discriminator_{of}": float(np.mean(each)) for of, each in zip(("real", "fake"), correct, strict=True)}
