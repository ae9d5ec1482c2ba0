"""Sample a generative adversarial network: samples with and without averaged weights, conditions, interpolations."""

from pathlib import Path

import numpy as np

from atelier.core import files, seeds
from atelier.core.pictures import grid, write_png
from atelier.core.prepared import Prepared
from atelier.families.gan.params import Sample
from atelier.modalities.images import conditional_exhibits, conditions, exhibit, generate
from atelier.modalities.images.exhibit import Exhibit
from atelier.networks import batching
from atelier.networks.architecture import diagram
from atelier.networks.network import Network


def sample(network: Network, prepared: Prepared, params: Sample, out: Path) -> None:
    """Write `samples.npy` and all pictures, with `pictures.json` listing them in order, to the directory `out`."""
    model = network.model
    numbers = range(params.seed, params.seed + params.samples)
    with files.atomic_directory(out) as directory:
        drawn = generate.from_seeds(network, numbers, params.batch)
        files.write_array(directory / "samples.npy", drawn)
        conditions.write(network, numbers, directory)
        origin = "of the averaged generator" if network.config.ema else "of the generator"
        exhibits = [exhibit.samples(drawn, params.shown, params.seed, origin, directory)]
        if network.config.ema:
            exhibits.append(_unaveraged(network, params, directory))
        exhibits += conditional_exhibits.write(network, params, params.seed, params.batch, directory)
        exhibits.append(_interpolations(network, params, directory))
        drawing = diagram({"generator": model.generator, "discriminator": model.discriminator})
        files.write_text(directory / "architecture.svg", drawing)
        files.write_json(directory / "pictures.json", exhibits)


def _unaveraged(network: Network, params: Sample, directory: Path) -> Exhibit:
    numbers = range(params.seed, params.seed + params.shown)
    z = seeds.latents(numbers, network.config.latent_dim)
    inputs = generate.inputs(z, conditions.draw(network, numbers))
    outputs = batching.apply(network.model.generator, inputs, min(params.batch, len(z)))
    write_png(directory / "samples-raw.png", grid(network.model.pixels(outputs), exhibit.COLUMNS))
    caption = "The same latents decoded by the generator of the last step, without averaged weights."
    return {"file": "samples-raw.png", "title": "Samples without averaging", "caption": caption}


def _interpolations(network: Network, params: Sample, directory: Path) -> Exhibit:
    numbers = range(params.seed, params.seed + 2 * params.interpolations)
    ends = seeds.latents(numbers, network.config.latent_dim)
    z = np.concatenate([exhibit.slerp(start, end, params.steps) for start, end in ends.reshape(-1, 2, ends.shape[1])])
    caption = "From one sample (left) to another (right) along the sphere between their latents."
    condition = conditions.draw(network, numbers[::2])
    if condition is not None:
        condition = np.repeat(condition, params.steps, axis=0)
        caption = f"{caption} The condition is that of the left one."
    decoded = generate.decode(network, z, params.batch, condition)
    write_png(directory / "interpolations.png", grid(decoded, params.steps))
    return {"file": "interpolations.png", "title": "Interpolations", "caption": caption}
