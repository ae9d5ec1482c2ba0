"""What a variational autoencoder has to show: samples, manifold, reconstructions, interpolations, latents."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from scipy.stats import norm
from sklearn.mixture import GaussianMixture

from atelier.core import files, images, seeds
from atelier.core.params.families.vae import Sample
from atelier.pipeline import batching
from atelier.pipeline.architecture import diagram
from atelier.pipeline.generation import images as generation
from atelier.pipeline.networks import Network
from atelier.pipeline.prepared import Prepared
from atelier.pipeline.sampling import images as pictures
from atelier.pipeline.sampling.images import Exhibit

# Training images that a mixture prior is fitted to, at most.
FITTED = 20_000


def sample(network: Network, prepared: Prepared, params: Sample, out: Path) -> None:
    """Write `samples.npy` and all pictures, with `pictures.json` naming them in order, to the directory `out`."""
    test = prepared.images("test")
    means, _ = batching.apply(network.model.encoder, np.asarray(test), params.batch)
    through = plane(means)
    with files.atomic_directory(out) as directory:
        exhibits = [
            _samples(network, prepared, params, directory),
            _manifold(network, params, through, directory),
            _reconstructions(network, params, test, means, directory),
            _interpolations(network, params, test, means, directory),
            _scatter(through.places(means), prepared, through.name, directory),
        ]
        model = network.model
        files.write_text(directory / "architecture.svg", diagram({"encoder": model.encoder, "decoder": model.decoder}))
        files.write_json(directory / "pictures.json", exhibits)


@dataclass(frozen=True)
class Plane:
    """A plane through a latent space.

    Attributes:
        centre: ``(latent_dim,)``.
        axes: what one standard deviation along each of the two axes is, ``(2, latent_dim)``.
        name: what they are.
    """

    centre: np.ndarray
    axes: np.ndarray
    name: str

    def places(self, z: np.ndarray) -> np.ndarray:
        """Where latents ``(n, latent_dim)`` lie on the plane, in standard deviations ``(n, 2)``."""
        return np.asarray((z - self.centre) @ np.linalg.pinv(self.axes))

    def latents(self, side: int) -> np.ndarray:
        """A square grid of places at the quantiles of a standard normal, as latents, float32 ``(side², latent_dim)``.

        Each cell of the grid holds the same share of a normal distribution (Kingma & Welling, 2014, appendix A); the
        first axis grows to the right, the second upwards.
        """
        quantiles = norm.ppf((np.arange(side) + 0.5) / side)
        places = np.stack(np.meshgrid(quantiles, quantiles[::-1]), axis=-1).reshape(-1, 2)
        return np.asarray(self.centre + places @ self.axes, np.float32)


def plane(z_mean: np.ndarray) -> Plane:
    """The whole of a latent space of two dimensions, under its prior; of a larger one, its two principal components.

    Few latents out of many change a picture on their own, and the origin need not be a picture at all.

    Args:
        z_mean: means of some images' posteriors, ``(n, latent_dim)``.
    """
    latent_dim = z_mean.shape[1]
    if latent_dim <= 2:
        return Plane(np.zeros(latent_dim), np.eye(2)[:, :latent_dim], "latent")
    centre = z_mean.mean(axis=0, dtype=np.float64)
    _, scales, directions = np.linalg.svd(z_mean - centre, full_matrices=False)
    axes = (scales[:2, None] / np.sqrt(len(z_mean))) * directions[:2]
    # A component's sign is arbitrary: its largest part counts as positive.
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=1)[:, None], axis=1)
    return Plane(centre, axes * np.sign(largest), "principal component")


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


def _manifold(network: Network, params: Sample, through: Plane, directory: Path) -> Exhibit:
    decoded = generation.decode(network, through.latents(params.manifold), params.batch)
    images.write_png(directory / "manifold.png", images.grid(decoded, columns=params.manifold, gap=0))
    if network.config.latent_dim == 2:
        caption = (
            "The decoder over the latent plane, in equal shares of the prior: each picture stands for as many samples."
        )
    else:
        caption = (
            "The decoder over the two principal components of the posteriors' means of test images, in equal shares."
        )
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


def _scatter(points: np.ndarray, prepared: Prepared, axis: str, directory: Path) -> Exhibit:
    figure = Figure(figsize=(7, 6), dpi=110, layout="constrained")
    axes = figure.subplots()
    names, labels, kind = _groups(prepared)
    colours = plt.get_cmap("tab10" if len(names) <= 10 else "tab20")
    for i, name in enumerate(names):
        x, y = points[labels == i].T
        axes.scatter(x, y, s=4, color=colours(i % colours.N), label=name, linewidths=0, alpha=0.7)
    axes.set(xlabel=f"{axis} 1", ylabel=f"{axis} 2", aspect="equal")
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
