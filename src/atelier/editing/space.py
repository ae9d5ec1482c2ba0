"""The space in which faces are edited: points ↔ pictures.

A point is a latent, followed by the condition if the network is told one. A concept vector moves the latent; the
condition is flipped by a step along one of its own coordinates.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from atelier.editing.inversion import Inverter
from atelier.modalities.images import conditions, exhibit, generate
from atelier.modalities.judge import Judge
from atelier.networks import batching
from atelier.networks import network as networks
from atelier.networks.network import Network


@dataclass(frozen=True)
class Space:
    """The points of a network.

    Attributes:
        inverter: finds the points of images for a network without an encoder; otherwise None.
        batch: images that a network processes at once.
        judge: predicts the conditions of images without labels.
    """

    network: Network
    inverter: Inverter | None
    batch: int
    judge: Judge | None = None

    @property
    def picture(self) -> str:
        """What the picture of an unedited point is called."""
        return "reconstruction" if self.inverter is None else "inversion"

    @property
    def latent_dim(self) -> int:
        return int(self.network.config.latent_dim)

    @property
    def condition(self) -> conditions.Kind:
        """What the network is told of each image."""
        return conditions.kind(self.network)

    def points(self, images: np.ndarray, condition: np.ndarray | None, refined: bool = True) -> np.ndarray:
        """Compute the points, float32 ``(n, dim)``, of images, uint8 ``(n, h, w, c)``.

        Args:
            images: the images.
            condition: ``(n, conditions)``; None if the network is told nothing.
            refined: whether an inverter improves each latent, which takes much longer than its first guess.
        """
        if self.inverter is not None:
            z = (self.inverter.refine if refined else self.inverter.guess)(images, condition, self.batch)
        else:
            inputs = generate.inputs(images, condition)
            z = np.asarray(batching.apply(self.network.model.encoder, inputs, self.batch)[0])
        return self.joined(z, condition)

    def joined(self, z: np.ndarray, condition: np.ndarray | None) -> np.ndarray:
        """Return the points, float32 ``(n, dim)``, of latents ``(n, latent_dim)`` and conditions."""
        return z if condition is None else np.concatenate([z, condition], axis=1, dtype=np.float32)

    def told(self, points: np.ndarray) -> np.ndarray | None:
        """Return the conditions of points ``(n, dim)``, between 0 and 1; None if the network is told nothing."""
        return None if self.condition == "none" else points[:, self.latent_dim :].clip(0, 1)

    def predicted(self, images: np.ndarray) -> np.ndarray | None:
        """Predict what to tell the network of images without labels, ``(n, conditions)``; None for nothing."""
        if self.condition == "none":
            return None
        if self.judge is None or not self.judge.predicts_labels_of(self.network.spec):
            raise ValueError(
                f"the judge of {self.network.spec.name} predicts other labels than those that the network is told"
            )
        logits = self.judge.logits(self.judge.features(images))
        labels = logits > 0 if self.condition == "attributes" else logits.argmax(axis=1)
        return conditions.encode(self.condition, self.network.spec, labels)

    def pictures(self, points: np.ndarray) -> np.ndarray:
        """Decode points ``(…, dim)`` to pictures, uint8 ``(…, h, w, c)``; conditions are cut to 0 and 1."""
        flat = points.reshape(-1, points.shape[-1]).astype(np.float32)
        decoded = generate.decode(self.network, flat[:, : self.latent_dim], self.batch, self.told(flat))
        return decoded.reshape(*points.shape[:-1], *decoded.shape[1:])

    def step(self, vector: np.ndarray) -> np.ndarray:
        """Return the step of concept vectors ``(…, latent_dim)`` between points, ``(…, dim)``: it keeps conditions."""
        width = conditions.width(self.condition, self.network.spec)
        return np.concatenate([vector, np.zeros((*vector.shape[:-1], width), np.float32)], axis=-1)

    def flips(self) -> np.ndarray:
        """Return the step that adds each attribute to the condition and keeps the latent, ``(attributes, dim)``.

        Raises:
            ValueError: the network is not told attributes.
        """
        if self.condition != "attributes":
            raise ValueError("there is no condition to flip: the network is not told attributes")
        width = conditions.width(self.condition, self.network.spec)
        return np.eye(width, self.latent_dim + width, self.latent_dim, dtype=np.float32)

    def between(self, start: np.ndarray, end: np.ndarray, steps: int) -> np.ndarray:
        """Interpolate between two points ``(dim,)``: latents on the sphere, conditions on a line, ``(steps, dim)``."""
        share = np.linspace(0, 1, steps)[:, None]
        told = (1 - share) * start[self.latent_dim :] + share * end[self.latent_dim :]
        z = exhibit.slerp(start[: self.latent_dim], end[: self.latent_dim], steps)
        return np.concatenate([z, told], axis=1).astype(np.float32)


@dataclass(frozen=True)
class Faces:
    """Test images, uint8 ``(n, h, w, c)``, labels, bool ``(n, attributes)``, and points, float32 ``(n, dim)``."""

    images: np.ndarray
    labels: np.ndarray
    points: np.ndarray


def has_encoder(network: Network) -> bool:
    """Return whether a network encodes images itself; the family `adopted` learns it from the file that it opens."""
    return getattr(network.model, "encodes", True) and hasattr(network.model, "encoder")


def load(model: Path, inverter: Path | None, judge: Path | None, batch: int) -> Space:
    """Load the space of a network from directories, for pictures without labels.

    Args:
        model: directory of the network.
        inverter: what the stage `edit` wrote, for a network without an encoder.
        judge: of the dataset; needed with an inverter, and by a network that is told conditions.
    """
    network = networks.load(model)
    judging = None if judge is None else Judge.load(judge)
    if inverter is None or judging is None:
        return Space(network, None, batch, judging)
    return Space(network, Inverter.load(inverter, network, judging), batch, judging)
