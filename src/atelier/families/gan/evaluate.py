"""Evaluate a generative adversarial network: its samples, and the accuracy of its discriminator."""

from pathlib import Path

import keras
import numpy as np

from atelier.core import seeds
from atelier.core.prepared import Prepared
from atelier.families.gan.network import discriminator_accuracy
from atelier.families.gan.params import Evaluate
from atelier.modalities.images import evaluate as images
from atelier.networks import batching
from atelier.networks.network import Network


def evaluate(network: Network, prepared: Prepared, judge: Path, samples: Path, params: Evaluate, out: Path) -> None:
    """Write `metrics.json`, `classes.json`, `neighbours.png` and `pictures.json` to the directory `out`.

    Args:
        judge: directory of the dataset's judge.
        samples: directory of the run's samples.
    """
    seen = images.Samples.read(judge, samples, params.samples)
    images.write(seen, prepared, params, accuracy(network, prepared, seen.images, params), out)


def accuracy(network: Network, prepared: Prepared, samples: np.ndarray, params: Evaluate) -> dict[str, float]:
    """Return the shares of test images and of samples that the discriminator classifies correctly.

    Both are one half where it guesses. A share of test images far below that of training images is overfitting.
    """
    test = seeds.generator(params.seed, "discriminator").permutation(prepared.spec.sizes["test"])[: params.samples]
    real, fake = (_logits(network.model, x, params.batch) for x in (prepared.images("test")[np.sort(test)], samples))
    correct = discriminator_accuracy(network.config.loss, real, fake)
    of_real, of_fake = (float(np.mean(each)) for each in correct)
    return {"discriminator_real": of_real, "discriminator_fake": of_fake}


def _logits(model: keras.Model, pictures: np.ndarray, batch: int) -> np.ndarray:
    return np.asarray(batching.apply(model.discriminator, pictures.astype(np.float32) / 127.5 - 1, batch))
