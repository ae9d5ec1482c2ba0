"""Evaluate a variational autoencoder on the test split: its bound in nats, reconstructions and samples."""

from pathlib import Path

import keras
import numpy as np
from scipy.special import logsumexp

from atelier.core import seeds
from atelier.core.prepared import Prepared
from atelier.families.vae.params import Evaluate
from atelier.modalities.images import conditional_scores, conditions, generate
from atelier.modalities.images import evaluate as images
from atelier.networks import batching
from atelier.networks.network import Network

ACTIVE_VARIANCE = 0.01
CHUNK = 1000


def evaluate(network: Network, prepared: Prepared, judge: Path, samples: Path, params: Evaluate, out: Path) -> None:
    """Write `metrics.json`, `classes.json`, `neighbours.png` and `pictures.json` to the directory `out`."""
    seen = images.Samples.read(judge, samples, params.samples)
    test = np.asarray(prepared.images("test"))
    told = conditions.told(network, prepared, "test")
    metrics = bound(network, test, params, told) | images.similarity(network, test, params.batch, told)
    of_conditions, tables = conditional_scores.measure(network, seen, samples, prepared, params)
    images.write(seen, prepared, params, metrics | of_conditions, out, tables)


def bound(network: Network, test: np.ndarray, params: Evaluate, told: np.ndarray | None = None) -> dict[str, float]:
    """Compute the bounds on −log p(x) in nats, averaged over `test`, and the number of active latents.

    A network that is told conditions needs those of all images, ``(n, conditions)``; it bounds −log p(x|condition).

    ``reconstruction`` is E_q[−log p(x|z)] over k = `params.importance_samples` draws of z for each image, ``kl`` is
    KL(q(z|x) ‖ p(z)) in closed form, summed over latents, ``loss`` their sum. ``importance_weighted_bound`` is −log of
    the mean of k importance weights (Burda et al., 2016, arXiv:1509.00519, eq. 8), at most `loss`. ``active_units``
    counts the latents whose posterior mean has a variance above 0.01 (section 5.2 of that paper).
    """
    encoded = batching.apply(network.model.encoder, generate.inputs(test, told), params.batch)
    means, log_vars = (array.astype(np.float64) for array in encoded)
    k, scales = params.importance_samples, np.exp(0.5 * log_vars)
    reconstruction, log_weights = np.empty((2, k, len(test)))
    for draw in range(k):
        noise = seeds.generator(params.seed, "importance", draw).standard_normal(means.shape)
        z = means + scales * noise
        reconstruction[draw] = reconstruction_nats(network, test, z.astype(np.float32), params.batch, told)
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


def reconstruction_nats(
    network: Network, images: np.ndarray, z: np.ndarray, batch: int, told: np.ndarray | None = None
) -> np.ndarray:
    """Compute −log p(x|z) of each image in nats, float64 ``(n,)``, one chunk of images at a time."""
    nats = []
    for start in range(0, len(images), CHUNK):
        chunk = slice(start, start + CHUNK)
        condition = None if told is None else told[chunk]
        centre = batching.apply(network.model.decoder, generate.inputs(z[chunk], condition), batch)
        nats.append(keras.ops.convert_to_numpy(network.model.reconstruction_nats(images[chunk], centre)))
    return np.concatenate(nats).astype(np.float64)
