"""Sample an adopted network: samples, every class, interpolations, and with an encoder reconstructions."""

from pathlib import Path

import numpy as np
from scipy.stats import norm

from atelier.core import files, seeds
from atelier.core.pictures import grid, write_png
from atelier.core.prepared import Prepared
from atelier.families.adopted.params import Sample
from atelier.modalities.images import exhibit, generate
from atelier.modalities.images.exhibit import Exhibit
from atelier.networks import batching
from atelier.networks.architecture import diagram
from atelier.networks.network import Network

# Latents that every class is drawn from.
PER_CLASS = 16


def sample(network: Network, prepared: Prepared, params: Sample, out: Path) -> None:
    """Write `samples.npy` and all pictures, with `pictures.json` listing them in order, to the directory `out`."""
    numbers = range(params.seed, params.seed + params.samples)
    with files.atomic_directory(out) as directory:
        drawn = generate.from_seeds(network, numbers, params.batch)
        files.write_array(directory / "samples.npy", drawn)
        exhibits = [exhibit.samples(drawn, params.shown, params.seed, "of the adopted network", directory)]
        if network.config.label != "none":
            exhibits.append(_classes(network, prepared, params, directory))
        if network.model.encodes:
            test = prepared.images("test")
            means = batching.apply(network.model.encoder, np.asarray(test), params.batch)[0]
            options = (params.seed, params.batch, directory)
            exhibits.append(exhibit.reconstructions(network, test, means, params.reconstructions, *options))
            exhibits.append(exhibit.between_images(network, test, means, params, *options))
        else:
            exhibits.append(_interpolations(network, params, directory))
        files.write_text(directory / "architecture.svg", diagram(network.model.blocks))
        files.write_json(directory / "pictures.json", exhibits)


def _classes(network: Network, prepared: Prepared, params: Sample, directory: Path) -> Exhibit:
    labels = network.config.labels
    z = seeds.latents(range(params.seed, params.seed + PER_CLASS), network.config.latent_dim)
    z = np.tile(z, (labels, 1))
    # The last coordinate is the label: in the middle of the share of the prior that each class has.
    z[:, -1] = np.repeat(norm.ppf((np.arange(labels) + 0.5) / labels), PER_CLASS)
    write_png(directory / "classes.png", grid(generate.decode(network, z, params.batch), PER_CLASS))
    names = ", ".join(prepared.spec.classes[:labels])
    caption = f"One row for each label, from above: {names}. A column has the same latent."
    return {"file": "classes.png", "title": "Samples of each class", "caption": caption}


def _interpolations(network: Network, params: Sample, directory: Path) -> Exhibit:
    ends = seeds.latents(range(params.seed, params.seed + 2 * params.interpolations), network.config.latent_dim)
    # The class is no part of the path.
    fixed = network.config.label != "none"
    size = ends.shape[1] - fixed
    paths = []
    for start, end in ends.reshape(-1, 2, ends.shape[1]):
        path = exhibit.slerp(start[:size], end[:size], params.steps)
        paths.append(np.concatenate([path, np.repeat(start[None, size:], params.steps, axis=0)], axis=1))
    z = np.concatenate(paths).astype(np.float32)
    write_png(directory / "interpolations.png", grid(generate.decode(network, z, params.batch), params.steps))
    caption = "From one sample (left) to another (right) along the sphere between their latents."
    if fixed:
        caption = f"{caption} The class is that of the left one."
    return {"file": "interpolations.png", "title": "Interpolations", "caption": caption}
