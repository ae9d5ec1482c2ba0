"""What a variational autoencoder has to show: samples, manifold, reconstructions, interpolations, latents."""

from collections.abc import Iterable
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from scipy.stats import norm
from sklearn.mixture import GaussianMixture

from atelier.core import files, images, seeds
from atelier.core.params.families.vae import Sample
from atelier.pipeline import batching, generation
from atelier.pipeline.architecture import diagram
from atelier.pipeline.networks import Network
from atelier.pipeline.prepared import Prepared
from atelier.pipeline.sampling import pictures
from atelier.pipeline.sampling.pictures import Exhibit

# Training images that a mixture prior is fitted to, at most.
FITTED = 20_000


def sample(network: Network, prepared: Prepared, params: Sample, out: Path) -> None:
    """Write `samples.npy` and all pictures, with `pictures.json` naming them in order, to the directory `out`."""
    test = prepared.images("test")
    means, log_vars = batching.apply(network.model.encoder, np.asarray(test), params.batch)
    first, second = most_active(means, log_vars)
    with files.atomic_directory(out) as directory:
        exhibits = [
            _samples(network, prepared, params, directory),
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


def _samples(network: Network, prepared: Prepared, params: Sample, directory: Path) -> Exhibit:
    numbers = range(params.seed, params.seed + params.samples)
    if params.prior == "mixture":
        z = mixture_latents(network, prepared, params, numbers)
        drawn = generation.decode(network, z, params.batch)
        origin = f"from a mixture of {params.mixture_components} Gaussians, fitted to where training images lie"
    else:
        drawn = generation.from_seeds(network, numbers, params.batch)
        origin = "from the prior"
    files.write_array(directory / "samples.npy", drawn)
    return pictures.samples(drawn, params.shown, params.seed, origin, directory)


def mixture_latents(network: Network, prepared: Prepared, params: Sample, numbers: Iterable[int]) -> np.ndarray:
    """One latent for each seed from a mixture fitted to the aggregated posterior, float32 ``(seeds, latent_dim)``.

    Of training images, at most `FITTED`, the means of the posteriors are drawn from first, so that the mixture is
    fitted to draws of the aggregated posterior and not to its means alone, which lie too close together.
    """
    chosen = np.sort(pictures.choose(params.seed, "mixture", prepared.spec.sizes["train"], FITTED, at_most=True))
    means, log_vars = batching.apply(network.model.encoder, prepared.images("train")[chosen], params.batch)
    noise = seeds.generator(params.seed, "posterior").standard_normal(means.shape)
    mixture = GaussianMixture(
        params.mixture_components, reg_covar=1e-4, max_iter=200, random_state=params.seed, covariance_type="full"
    ).fit(means + np.exp(0.5 * log_vars) * noise)
    shares, factors = np.cumsum(mixture.weights_), np.linalg.cholesky(mixture.covariances_)
    latents = []
    for number in numbers:
        generator = seeds.generator(number, "mixture")
        component = min(int(np.searchsorted(shares, generator.random())), len(shares) - 1)
        latents.append(mixture.means_[component] + factors[component] @ generator.standard_normal(means.shape[1]))
    return np.asarray(latents, np.float32)


def _manifold(network: Network, params: Sample, plane: tuple[int, int], directory: Path) -> Exhibit:
    z = manifold_latents(params.manifold, plane, network.config.latent_dim)
    decoded = generation.decode(network, z, params.batch)
    images.write_png(directory / "manifold.png", images.grid(decoded, columns=params.manifold, gap=0))
    what = "the latent plane" if network.config.latent_dim == 2 else f"the plane of latents {plane[0]} and {plane[1]}"
    caption = f"The decoder over {what}, in equal shares of the prior: each picture stands for equally many samples."
    return {"file": "manifold.png", "title": "Latent manifold", "caption": caption}


def _reconstructions(network: Network, params: Sample, test: np.ndarray, means: np.ndarray, directory: Path) -> Exhibit:
    chosen = pictures.choose(params.seed, "reconstructions", len(test), params.reconstructions)
    decoded = generation.decode(network, means[chosen], params.batch)
    columns = min(10, len(chosen))
    rows = [
        part[start : start + columns] for start in range(0, len(chosen), columns) for part in (test[chosen], decoded)
    ]
    whole = [row for row in rows if len(row) == columns]
    images.write_png(directory / "reconstructions.png", images.grid(np.concatenate(whole), columns))
    caption = "Test images, and below each its reconstruction from the mean of its posterior."
    return {"file": "reconstructions.png", "title": "Reconstructions", "caption": caption}


def _interpolations(network: Network, params: Sample, test: np.ndarray, means: np.ndarray, directory: Path) -> Exhibit:
    chosen = pictures.choose(params.seed, "interpolations", len(test), 2 * params.interpolations)
    pairs = chosen.reshape(-1, 2)
    z = np.concatenate([pictures.slerp(means[a], means[b], params.steps) for a, b in pairs])
    paths = generation.decode(network, z, params.batch).reshape(len(pairs), params.steps, *test.shape[1:])
    rows = np.concatenate([test[pairs[:, :1]], paths, test[pairs[:, 1:]]], axis=1)
    images.write_png(directory / "interpolations.png", images.grid(rows.reshape(-1, *test.shape[1:]), params.steps + 2))
    caption = "From one test image (left) to another (right) along the sphere between their latents."
    return {"file": "interpolations.png", "title": "Interpolations", "caption": caption}


def _scatter(points: np.ndarray, prepared: Prepared, plane: tuple[int, int], directory: Path) -> Exhibit:
    figure = Figure(figsize=(7, 6), dpi=110, layout="constrained")
    axes = figure.subplots()
    names, labels, kind = _groups(prepared)
    colours = plt.get_cmap("tab10" if len(names) <= 10 else "tab20")
    for i, name in enumerate(names):
        x, y = points[labels == i].T
        axes.scatter(x, y, s=4, color=colours(i % colours.N), label=name, linewidths=0, alpha=0.7)
    axes.set(xlabel=f"latent {plane[0]}", ylabel=f"latent {plane[1]}", aspect="equal")
    axes.legend(markerscale=3, frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    with files.atomic(directory / "latents.png") as temporary:
        figure.savefig(temporary, format="png", metadata={"Software": None})
    caption = f"The means of the test images' posteriors, by {kind}, which the model never saw."
    return {"file": "latents.png", "title": f"Latents by {kind}", "caption": caption}


def _groups(prepared: Prepared) -> tuple[tuple[str, ...], np.ndarray, str]:
    """Names of groups of test images, the group of each, and what groups them: classes, or else an attribute.

    The attribute is the one that divides the test images most evenly.
    """
    labels = np.asarray(prepared.labels("test"))
    if prepared.spec.classes:
        return prepared.spec.classes, labels, "class"
    most_even = int(np.argmin(np.abs(labels.mean(axis=0) - 0.5)))
    name = prepared.spec.attributes[most_even]
    return (f"not {name}", name), labels[:, most_even], f"the attribute {name}"
