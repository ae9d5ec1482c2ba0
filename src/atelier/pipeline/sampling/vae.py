"""What a variational autoencoder has to show: samples, manifold, reconstructions, interpolations, latents."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from scipy.stats import norm

from atelier.core import files, images, seeds
from atelier.core.params.families.vae import Sample
from atelier.pipeline import batching, generation
from atelier.pipeline.architecture import diagram
from atelier.pipeline.networks import Network
from atelier.pipeline.prepared import Prepared

Exhibit = dict[str, str]


def sample(network: Network, prepared: Prepared, params: Sample, out: Path) -> None:
    """Write `samples.npy` and all pictures, with `pictures.json` naming them in order, to the directory `out`."""
    test = prepared.images("test")
    means, log_vars = batching.apply(network.model.encoder, np.asarray(test), params.batch)
    first, second = most_active(means, log_vars)
    with files.atomic_directory(out) as directory:
        exhibits = [
            _samples(network, params, directory),
            _manifold(network, params, (first, second), directory),
            _reconstructions(network, params, test, means, directory),
            _interpolations(network, params, test, means, directory),
            _scatter(means[:, [first, second]], prepared, (first, second), directory),
        ]
        model = network.model
        files.write_text(directory / "architecture.svg", diagram({"encoder": model.encoder, "decoder": model.decoder}))
        files.write_json(directory / "pictures.json", exhibits)


def most_active(z_mean: np.ndarray, z_log_var: np.ndarray) -> tuple[int, int]:
    """The two latents that carry most nats on average, the lower index first; the same one twice if there is one.

    Args:
        z_mean, z_log_var: posteriors of some images, ``(n, latent_dim)``.
    """
    kl = 0.5 * (z_mean**2 + np.exp(z_log_var) - 1 - z_log_var).mean(axis=0, dtype=np.float64)
    first, second = sorted(np.argsort(-kl, kind="stable")[:2]) if len(kl) > 1 else (0, 0)
    return int(first), int(second)


def manifold_latents(side: int, plane: tuple[int, int], latent_dim: int) -> np.ndarray:
    """A square grid through the quantiles of the prior, float32 ``(side², latent_dim)``, zero off the `plane`.

    Each cell of the grid holds the same share of the prior (Kingma & Welling, 2014, appendix A); the first latent of
    the plane grows to the right, the second upwards.
    """
    quantiles = norm.ppf((np.arange(side) + 0.5) / side)
    z = np.zeros((side, side, latent_dim), np.float32)
    z[..., plane[1]] = quantiles[::-1, None]
    z[..., plane[0]] = quantiles[None, :]
    return z.reshape(-1, latent_dim)


def slerp(start: np.ndarray, end: np.ndarray, steps: int) -> np.ndarray:
    """Spherical interpolation (Shoemake, 1985), which keeps to the radii where the prior has its mass.

    Args:
        start, end: latents ``(latent_dim,)``.
        steps: points, the two ends included.

    Returns:
        float32 ``(steps, latent_dim)``; a straight line where the two are nearly parallel.

    >>> np.round(slerp(np.array([1.0, 0.0]), np.array([0.0, 1.0]), 3)[1], 4).tolist()
    [0.707099974155426, 0.707099974155426]
    """
    share = np.linspace(0, 1, steps)[:, None]
    cosine = np.dot(start, end) / max(np.linalg.norm(start) * np.linalg.norm(end), 1e-12)
    angle = np.arccos(np.clip(cosine, -1, 1))
    if np.sin(angle) < 1e-3:
        return ((1 - share) * start + share * end).astype(np.float32)
    path = (np.sin((1 - share) * angle) * start + np.sin(share * angle) * end) / np.sin(angle)
    return path.astype(np.float32)


def _samples(network: Network, params: Sample, directory: Path) -> Exhibit:
    drawn = generation.from_seeds(network, range(params.seed, params.seed + params.samples), params.batch)
    files.write_array(directory / "samples.npy", drawn)
    shown = drawn[: params.shown]
    images.write_png(directory / "samples.png", images.grid(shown, columns=16))
    caption = (
        f"The first {len(shown)} of {params.samples} samples from the prior, not chosen; seeds from {params.seed}."
    )
    return {"file": "samples.png", "title": "Samples", "caption": caption}


def _manifold(network: Network, params: Sample, plane: tuple[int, int], directory: Path) -> Exhibit:
    z = manifold_latents(params.manifold, plane, network.config.latent_dim)
    pictures = generation.decode(network, z, params.batch)
    images.write_png(directory / "manifold.png", images.grid(pictures, columns=params.manifold, gap=0))
    what = "the latent plane" if network.config.latent_dim == 2 else f"the plane of latents {plane[0]} and {plane[1]}"
    caption = f"The decoder over {what}, in equal shares of the prior: each picture stands for equally many samples."
    return {"file": "manifold.png", "title": "Latent manifold", "caption": caption}


def _reconstructions(network: Network, params: Sample, test: np.ndarray, means: np.ndarray, directory: Path) -> Exhibit:
    chosen = _choose(params.seed, "reconstructions", len(test), params.reconstructions)
    pictures = generation.decode(network, means[chosen], params.batch)
    columns = min(10, len(chosen))
    rows = [
        part[start : start + columns] for start in range(0, len(chosen), columns) for part in (test[chosen], pictures)
    ]
    whole = [row for row in rows if len(row) == columns]
    images.write_png(directory / "reconstructions.png", images.grid(np.concatenate(whole), columns))
    caption = "Test images, and below each its reconstruction from the mean of its posterior."
    return {"file": "reconstructions.png", "title": "Reconstructions", "caption": caption}


def _interpolations(network: Network, params: Sample, test: np.ndarray, means: np.ndarray, directory: Path) -> Exhibit:
    chosen = _choose(params.seed, "interpolations", len(test), 2 * params.interpolations)
    pairs = chosen.reshape(-1, 2)
    z = np.concatenate([slerp(means[a], means[b], params.steps) for a, b in pairs])
    paths = generation.decode(network, z, params.batch).reshape(len(pairs), params.steps, *test.shape[1:])
    rows = np.concatenate([test[pairs[:, :1]], paths, test[pairs[:, 1:]]], axis=1)
    images.write_png(directory / "interpolations.png", images.grid(rows.reshape(-1, *test.shape[1:]), params.steps + 2))
    caption = "From one test image (left) to another (right) along the sphere between their latents."
    return {"file": "interpolations.png", "title": "Interpolations", "caption": caption}


def _scatter(points: np.ndarray, prepared: Prepared, plane: tuple[int, int], directory: Path) -> Exhibit:
    figure = Figure(figsize=(7, 6), dpi=110, layout="constrained")
    axes = figure.subplots()
    labels = np.asarray(prepared.labels("test"))
    colours = plt.get_cmap("tab10" if len(prepared.spec.classes) <= 10 else "tab20")
    for i, name in enumerate(prepared.spec.classes):
        x, y = points[labels == i].T
        axes.scatter(x, y, s=4, color=colours(i % colours.N), label=name, linewidths=0, alpha=0.7)
    axes.set(xlabel=f"latent {plane[0]}", ylabel=f"latent {plane[1]}", aspect="equal")
    axes.legend(markerscale=3, frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    with files.atomic(directory / "latents.png") as temporary:
        figure.savefig(temporary, format="png", metadata={"Software": None})
    caption = "The means of the test images' posteriors, by class, which the model never saw."
    return {"file": "latents.png", "title": "Latents by class", "caption": caption}


def _choose(seed: int, purpose: str, available: int, wanted: int) -> np.ndarray:
    if wanted > available:
        raise ValueError(f"{wanted} test images are to be shown as {purpose}, but the split has {available}")
    return seeds.generator(seed, purpose).choice(available, wanted, replace=False)
