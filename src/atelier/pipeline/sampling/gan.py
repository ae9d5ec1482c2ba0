"""What a generative adversarial network has to show: samples, averaged and raw, and paths between them."""

from pathlib import Path

import numpy as np

from atelier.core import files, images, seeds
from atelier.core.params.families.gan import Sample
from atelier.models.gan import pixels
from atelier.pipeline import batching
from atelier.pipeline.architecture import diagram
from atelier.pipeline.generation import images as generation
from atelier.pipeline.networks import Network
from atelier.pipeline.prepared import Prepared
from atelier.pipeline.sampling import images as pictures
from atelier.pipeline.sampling.images import Exhibit


def sample(network: Network, prepared: Prepared, params: Sample, out: Path) -> None:
    """Write `samples.npy` and all pictures, with `pictures.json` naming them in order, to the directory `out`."""
    model = network.model
    numbers = range(params.seed, params.seed + params.samples)
    with files.atomic_directory(out) as directory:
        drawn = generation.from_seeds(network, numbers, params.batch)
        files.write_array(directory / "samples.npy", drawn)
        origin = "of the averaged generator" if network.config.ema else "of the generator"
        exhibits = [pictures.samples(drawn, params.shown, params.seed, origin, directory)]
        if network.config.ema:
            exhibits.append(_raw(network, params, directory))
        exhibits.append(_interpolations(network, params, directory))
        networks = {"generator": model.generator, "discriminator": model.discriminator}
        files.write_text(directory / "architecture.svg", diagram(networks))
        files.write_json(directory / "pictures.json", exhibits)


def _raw(network: Network, params: Sample, directory: Path) -> Exhibit:
    z = seeds.latents(range(params.seed, params.seed + params.shown), network.config.latent_dim)
    outputs = batching.apply(network.model.generator, z, min(params.batch, len(z)))
    raw = pixels(outputs, network.config)
    images.write_png(directory / "samples-raw.png", images.grid(raw, pictures.COLUMNS))
    caption = "The same latents through the raw generator, as its last step left it: what averaging its weights is for."
    return {"file": "samples-raw.png", "title": "Samples without averaging", "caption": caption}


def _interpolations(network: Network, params: Sample, directory: Path) -> Exhibit:
    ends = seeds.latents(range(params.seed, params.seed + 2 * params.interpolations), network.config.latent_dim)
    z = np.concatenate([pictures.slerp(start, end, params.steps) for start, end in ends.reshape(-1, 2, ends.shape[1])])
    paths = generation.decode(network, z, params.batch)
    images.write_png(directory / "interpolations.png", images.grid(paths, params.steps))
    caption = "From one sample (left) to another (right) along the sphere between their latents."
    return {"file": "interpolations.png", "title": "Interpolations", "caption": caption}
