"""Judge a variational autoencoder on the test split: its bound in nats, and its samples beside real images."""

from pathlib import Path

import keras
import numpy as np
from scipy.special import logsumexp

from atelier.core import files, seeds
from atelier.core.params.families.vae import Evaluate
from atelier.pipeline import batching, networks
from atelier.pipeline.evaluation import images
from atelier.pipeline.evaluation.distances import distances
from atelier.pipeline.prepared import Prepared

ACTIVE_VARIANCE = 0.01
CHUNK = 1000


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
    test = np.asarray(prepared.images("test"))
    metrics = bound(network, test, params) | distances(seen.features, judge, params)
    metrics |= images.similarity(network, test, params.batch)
    shares, metrics["class_entropy"] = images.classes(seen, prepared, judging)
    with files.atomic_directory(out) as directory:
        metrics |= images.memorisation(seen, prepared, judging, params.shown, directory)
        images.write(directory, metrics, shares)


def bound(network: networks.Network, test: np.ndarray, params: Evaluate) -> dict[str, float]:
    """The bounds on −log p(x) in nats, averaged over `test`, and the number of latents in use.

    ``reconstruction`` is E_q[−log p(x|z)] over k draws of z for each image, ``kl`` is KL(q(z|x) ‖ p(z)) in closed form
    and summed over latents, ``loss`` their sum. ``importance_weighted_bound`` is −log of the mean of k importance
    weights (Burda et al., 2016, arXiv:1509.00519, eq. 8), at most `loss`. ``active_units`` counts the latents whose
    posterior mean varies by more than 0.01 (same paper, section 5.2).

    Args:
        test: uint8 ``(n, h, w, c)``.
        params: `importance_samples` is k, `seed` seeds the draws, the same ones whenever the test split is the same.
    """
    means, log_vars = (a.astype(np.float64) for a in batching.apply(network.model.encoder, test, params.batch))
    k, scales = params.importance_samples, np.exp(0.5 * log_vars)
    reconstruction, log_weights = np.empty((2, k, len(test)))
    for draw in range(k):
        noise = seeds.generator(params.seed, "importance", draw).standard_normal(means.shape)
        z = means + scales * noise
        reconstruction[draw] = reconstruction_nats(network, test, z.astype(np.float32), params.batch)
        # log p(z) − log q(z|x); the constants of the two Gaussians cancel.
        log_ratio = 0.5 * (noise**2 + log_vars - z**2).sum(axis=1)
        log_weights[draw] = log_ratio - reconstruction[draw]
    kl = 0.5 * (means**2 + scales**2 - 1 - log_vars).sum(axis=1)
    importance_weighted = -(logsumexp(log_weights, axis=0) - np.log(k))
    return {
        "loss": float(reconstruction.mean() + kl.mean()),
        "reconstruction": float(reconstruction.mean()),
        "kl": float(kl.mean()),
        "importance_weighted_bound": float(importance_weighted.mean()),
        "active_units": int((means.var(axis=0) > ACTIVE_VARIANCE).sum()),
    }


def reconstruction_nats(network: networks.Network, images: np.ndarray, z: np.ndarray, batch: int) -> np.ndarray:
    """−log p(x|z) of each image in nats, float64 ``(n,)``, a chunk of images at a time."""
    nats = []
    for start in range(0, len(images), CHUNK):
        chunk = slice(start, start + CHUNK)
        centre = batching.apply(network.model.decoder, z[chunk], batch)
        nats.append(keras.ops.convert_to_numpy(network.model.reconstruction_nats(images[chunk], centre)))
    return np.concatenate(nats).astype(np.float64)
