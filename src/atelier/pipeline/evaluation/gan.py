"""Judge a generative adversarial network: its samples beside real images, and what its discriminator makes of both."""

from pathlib import Path

import keras
import numpy as np

from atelier.core import files, seeds
from atelier.core.params.families.gan import Evaluate
from atelier.models.gan import right_about
from atelier.pipeline import batching, networks
from atelier.pipeline.evaluation import images
from atelier.pipeline.evaluation.distances import distances
from atelier.pipeline.prepared import Prepared


def evaluate(
    network: networks.Network, prepared: Prepared, judge: Path, samples: Path, params: Evaluate, out: Path
) -> None:
    """Write `metrics.json`, `classes.json`, `neighbours.png` and `pictures.json` to the directory `out`.

    Args:
        judge: directory of the dataset's judge.
        samples: directory of the run's samples.
    """
    judging = networks.load(judge)
    seen = images.judged(judging, samples / "samples.npy", params.samples)
    metrics = distances(seen.features, judge, params) | opinions(network, prepared, seen.samples, params)
    shares, metrics["class_entropy"] = images.classes(seen, prepared, judging)
    with files.atomic_directory(out) as directory:
        metrics |= images.memorisation(seen, prepared, judging, params.shown, directory)
        images.write(directory, metrics, shares)


def opinions(network: networks.Network, prepared: Prepared, samples: np.ndarray, params: Evaluate) -> dict[str, float]:
    """Shares of unseen real images that the discriminator takes for real, and of samples that it sees through.

    One half each is a draw. A share of real test images far below that of training images is overfitting.
    """
    test = seeds.generator(params.seed, "discriminator").permutation(prepared.spec.sizes["test"])[: params.samples]
    real, fake = (_logits(network.model, x, params.batch) for x in (prepared.images("test")[np.sort(test)], samples))
    right = right_about(network.config.loss, real, fake)
    of_real, of_fake = (float(np.mean(each)) for each in right)
    return {"discriminator_real": of_real, "discriminator_fake": of_fake}


def _logits(model: keras.Model, pictures: np.ndarray, batch: int) -> np.ndarray:
    return np.asarray(batching.apply(model.discriminator, pictures.astype(np.float32) / 127.5 - 1, batch))
