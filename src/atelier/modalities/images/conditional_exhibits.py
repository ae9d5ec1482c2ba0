"""Exhibits of a network that is told conditions: every class at the same latents, walks between classes, flips."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from atelier.core import seeds
from atelier.core.pictures import labelled_rows, write_png
from atelier.modalities.images import conditions, generate
from atelier.modalities.images.exhibit import Exhibit
from atelier.modalities.images.params import Interpolations
from atelier.networks.network import Network

# Latents that each condition is drawn from.
COLUMNS = 12
# A picture is enlarged by a whole factor, up to this width in pixels.
WIDTH = 64


def write(network: Network, params: Interpolations, seed: int, batch: int, directory: Path) -> list[Exhibit]:
    """Write the pictures of what a network is told, with latents from `seed`; none if it is told nothing."""
    match conditions.kind(network):
        case "class":
            options = (network, seed, batch, directory)
            return [_classes(*options), _walks(params, *options)]
        case "attributes":
            return [_flips(network, seed, batch, directory)]
        case _:
            return []


def _classes(network: Network, seed: int, batch: int, directory: Path) -> Exhibit:
    names = network.spec.classes
    z = generate.latents(network, range(seed, seed + COLUMNS))
    told = np.repeat(np.eye(len(names)), COLUMNS, axis=0)
    _write_rows(directory / "classes.png", generate.decode(network, np.tile(z, (len(names), 1)), batch, told), names)
    caption = "A row for each class that the network is told; a column has the same latent."
    return {"file": "classes.png", "title": "Samples of each class", "caption": caption}


def _walks(params: Interpolations, network: Network, seed: int, batch: int, directory: Path) -> Exhibit:
    """Write a row for each of several pairs of classes, with the condition on the line between the two."""
    names = network.spec.classes
    numbers = range(seed, seed + params.interpolations)
    pairs = [seeds.generator(number, "walk").choice(len(names), 2, replace=False) for number in numbers]
    z = np.repeat(generate.latents(network, numbers), params.steps, axis=0)
    start, end = (np.eye(len(names))[of][:, None] for of in np.transpose(pairs))
    share = np.linspace(0, 1, params.steps)[:, None]
    told = ((1 - share) * start + share * end).reshape(-1, len(names))
    labels = [f"{names[a]} to {names[b]}" for a, b in pairs]
    _write_rows(directory / "walks.png", generate.decode(network, z, batch, told), labels)
    caption = "From one class (left) to another (right) along the line between their conditions; a row has one latent."
    return {"file": "walks.png", "title": "Walks between classes", "caption": caption}


def _flips(network: Network, seed: int, batch: int, directory: Path) -> Exhibit:
    names = network.spec.attributes
    numbers = range(seed, seed + COLUMNS)
    drawn = conditions.draw(network, numbers)
    assert drawn is not None
    # Row 0 changes nothing, row i + 1 the attribute i.
    flipped = np.concatenate([np.zeros((1, len(names))), np.eye(len(names))])[:, None]
    told = np.abs(drawn - flipped).reshape(-1, len(names))
    z = np.tile(generate.latents(network, numbers), (len(flipped), 1))
    labels = ["as drawn", *(name.replace("_", " ") for name in names)]
    _write_rows(directory / "flips.png", generate.decode(network, z, batch, told), labels)
    caption = (
        "A column has one latent. The first row has attributes of training images; each other row flips one of them, "
        "so it is given to a sample without it and taken from a sample with it."
    )
    return {"file": "flips.png", "title": "Each attribute flipped", "caption": caption}


def _write_rows(path: Path, images: np.ndarray, labels: Sequence[str]) -> None:
    """Write images, uint8 ``(rows·columns, h, w, c)``, with a label for each row."""
    scale = max(1, WIDTH // images.shape[2])
    write_png(path, labelled_rows(images, labels, len(images) // len(labels), scale))
