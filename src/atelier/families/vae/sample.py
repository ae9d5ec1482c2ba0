"""Sample a variational autoencoder: samples, latent manifold, reconstructions, interpolations, latents."""

from dataclasses import dataclass, replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from scipy.stats import norm
from sklearn.mixture import GaussianMixture

from atelier.core import files, seeds
from atelier.core.mixture import Mixture
from atelier.core.pictures import grid, write_png
from atelier.core.prepared import Prepared
from atelier.families.vae.params import Sample
from atelier.modalities.images import conditional_exhibits, conditions, exhibit, generate
from atelier.modalities.images.exhibit import Exhibit
from atelier.networks import batching
from atelier.networks.architecture import diagram
from atelier.networks.network import Network

# Greatest number of training images that a mixture prior is fitted to.
FITTED = 20_000


def sample(network: Network, prepared: Prepared, params: Sample, out: Path) -> None:
    """Write `samples.npy` and all pictures, with `pictures.json` listing them in order, to the directory `out`.

    With a mixture prior also `prior.npy`, from which `atelier generate` and `atelier export` draw as well.
    """
    test = prepared.images("test")
    told = conditions.told(network, prepared, "test")
    means, _ = batching.apply(network.model.encoder, generate.inputs(np.asarray(test), told), params.batch)
    through = plane(means)
    if params.prior == "mixture":
        network = replace(network, prior=fit_mixture(network, prepared, params))
    with files.atomic_directory(out) as directory:
        if network.prior is not None:
            network.prior.write(directory)
        options = (params.seed, params.batch, directory)
        exhibits = [
            _samples(network, params, directory),
            *conditional_exhibits.write(network, params, *options),
            _manifold(network, params, through, directory),
            exhibit.reconstructions(network, test, means, params.reconstructions, *options, told),
            exhibit.between_images(network, test, means, params, *options, told),
            _scatter(through.project(means), prepared, through.name, directory, told is not None),
        ]
        model = network.model
        files.write_text(directory / "architecture.svg", diagram({"encoder": model.encoder, "decoder": model.decoder}))
        files.write_json(directory / "pictures.json", exhibits)


@dataclass(frozen=True)
class Plane:
    """A plane through a latent space.

    The centre is ``(latent_dim,)``; the axes, ``(2, latent_dim)``, are one standard deviation long and labelled `name`.
    """

    centre: np.ndarray
    axes: np.ndarray
    name: str

    def project(self, z: np.ndarray) -> np.ndarray:
        """Project latents ``(n, latent_dim)`` onto the plane; coordinates ``(n, 2)`` in standard deviations."""
        return np.asarray((z - self.centre) @ np.linalg.pinv(self.axes))

    def latents(self, side: int) -> np.ndarray:
        """Return latents, float32 ``(side², latent_dim)``, on a square grid at the quantiles of a standard normal.

        Each cell has the same probability (Kingma & Welling, 2014, appendix A); the second axis points upwards.
        """
        quantiles = norm.ppf((np.arange(side) + 0.5) / side)
        places = np.stack(np.meshgrid(quantiles, quantiles[::-1]), axis=-1).reshape(-1, 2)
        return np.asarray(self.centre + places @ self.axes, np.float32)


def plane(z_mean: np.ndarray) -> Plane:
    """Return the latent plane, or the first two principal components of posterior means ``(n, latent_dim)``."""
    latent_dim = z_mean.shape[1]
    if latent_dim <= 2:
        return Plane(np.zeros(latent_dim), np.eye(2)[:, :latent_dim], "latent")
    centre = z_mean.mean(axis=0, dtype=np.float64)
    _, scales, directions = np.linalg.svd(z_mean - centre, full_matrices=False)
    axes = (scales[:2, None] / np.sqrt(len(z_mean))) * directions[:2]
    # The sign of a component is arbitrary: make its largest entry positive.
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=1)[:, None], axis=1)
    return Plane(centre, axes * np.sign(largest), "principal component")


def _samples(network: Network, params: Sample, directory: Path) -> Exhibit:
    numbers = range(params.seed, params.seed + params.samples)
    drawn = generate.from_seeds(network, numbers, params.batch)
    files.write_array(directory / "samples.npy", drawn)
    conditions.write(network, numbers, directory)
    origin = "from the prior"
    if network.prior is not None:
        origin = f"from a mixture of {params.mixture_components} Gaussians, fitted to the latents of training images"
    return exhibit.samples(drawn, params.shown, params.seed, origin, directory)


def fit_mixture(network: Network, prepared: Prepared, params: Sample) -> Mixture:
    """Fit a mixture of Gaussians to the aggregated posterior.

    It is fitted to draws from the posteriors of up to `FITTED` training images, whose means alone vary too little.
    """
    available = prepared.spec.sizes["train"]
    chosen = np.sort(exhibit.choose(params.seed, "mixture", available, min(available, FITTED)))
    told = conditions.told(network, prepared, "train")
    inputs = generate.inputs(prepared.images("train")[chosen], None if told is None else told[chosen])
    means, log_vars = batching.apply(network.model.encoder, inputs, params.batch)
    noise = seeds.generator(params.seed, "posterior").standard_normal(means.shape)
    fitted = GaussianMixture(
        params.mixture_components, reg_covar=1e-4, max_iter=200, random_state=params.seed, covariance_type="full"
    ).fit(means + np.exp(0.5 * log_vars) * noise)
    return Mixture(fitted.weights_, fitted.means_, np.linalg.cholesky(fitted.covariances_))


def _manifold(network: Network, params: Sample, through: Plane, directory: Path) -> Exhibit:
    z = through.latents(params.manifold)
    condition = conditions.draw(network, [params.seed])
    of_all = None if condition is None else np.repeat(condition, len(z), axis=0)
    decoded = generate.decode(network, z, params.batch, of_all)
    write_png(directory / "manifold.png", grid(decoded, columns=params.manifold, gap=0))
    whole = "latent plane; each image represents the same share of the prior."
    components = "first two principal components of the posterior means of test images."
    caption = f"The decoder over the {whole if network.config.latent_dim == 2 else components}"
    if condition is not None:
        caption = f"{caption} Every image is asked to be the same: {conditions.described(network, condition[0])}."
    return {"file": "manifold.png", "title": "Latent manifold", "caption": caption}


def _scatter(points: np.ndarray, prepared: Prepared, axis: str, directory: Path, told: bool) -> Exhibit:
    figure = Figure(figsize=(7, 6), dpi=110, layout="constrained")
    axes = figure.subplots()
    names, labels, kind = _groups(prepared)
    colours = plt.get_cmap("tab10" if len(names) <= 10 else "tab20")
    for i, name in enumerate(names):
        x, y = points[labels == i].T
        axes.scatter(x, y, s=4, color=colours(i % colours.N), label=name, linewidths=0, alpha=0.7)
    axes.set(xlabel=f"{axis} 1", ylabel=f"{axis} 2", aspect="equal")
    if kind:
        legend = axes.legend(markerscale=3, frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
        for text in legend.get_texts():
            text.set_parse_math(False)  # a name may contain dollar signs
    with files.atomic(directory / "latents.png") as temporary:
        figure.savefig(temporary, format="png", metadata={"Software": None})
    seen = "and the model is told what each image is" if told else "which the model never saw"
    caption = f"The posterior means of test images, coloured by {kind}, {seen}."
    if not kind:
        return {"file": "latents.png", "title": "Latents", "caption": "The posterior means of test images."}
    return {"file": "latents.png", "title": f"Latents by {kind}", "caption": caption}


def _groups(prepared: Prepared) -> tuple[tuple[str, ...], np.ndarray, str]:
    """Return names of groups, the group of each test image (class, or most even attribute), and the grouping's name.

    Without labels there is one group, and no name.
    """
    if not prepared.spec.label_names:
        return ("images",), np.zeros(prepared.spec.sizes["test"], int), ""
    labels = np.asarray(prepared.labels("test"))
    if prepared.spec.classes:
        return prepared.spec.classes, labels, "class"
    most_even = int(np.argmin(np.abs(labels.mean(axis=0) - 0.5)))
    name = prepared.spec.attributes[most_even]
    return (f"not {name}", name), labels[:, most_even], f"the attribute {name}"
