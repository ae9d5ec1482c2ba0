"""Fit a generative adversarial network: no loss says how good it is, so the judge watches it.

The epoch with the lowest KID on the validation split is kept, and training stops when the game is over: when one side
has won, when samples lose their variety, or when a loss is no longer a number.
"""

from pathlib import Path

import keras
import numpy as np

from atelier.core.params.families.gan import Train
from atelier.pipeline import checkpoint, loop, networks, optimizers
from atelier.pipeline.batches import Batches, moved
from atelier.pipeline.prepared import Prepared

# Shares of real images and of samples that the discriminator is right about, above which it has won.
SATURATED = 0.995


def fit(
    network: networks.Network,
    prepared: Prepared,
    params: Train,
    workspace: Path,
    preview: loop.Preview,
    watch: loop.Validate,
) -> checkpoint.Progress:
    """Train `network` on the train split; see `loop.fit`."""
    batches = batches_of(prepared.images("train"), params)
    return loop.fit(
        network.model,
        batches,
        lambda _: {},
        "kid",
        params,
        workspace,
        optimizer=optimizer_of(network.model, params, len(batches)),
        preview=preview,
        preview_epochs=params.preview_epochs,
        watch=watch,
        alarm=lambda history: alarm(history, params),
    )


def batches_of(images: np.ndarray, params: Train) -> Batches:
    """Shuffled batches of training images, half of them mirrored if `params.flip`."""

    def augment(batch: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        return moved(batch, generator, 0, flip=True)

    return Batches((images,), params.batch, params.seed, augment if params.flip else None)


def optimizer_of(model: keras.Model, params: Train, steps_per_epoch: int) -> keras.optimizers.Optimizer:
    """An optimiser for each of the two sides, with a learning rate of its own."""
    sides = ((model.generator, params.learning_rate), (model.discriminator, params.discriminator_learning_rate))
    return optimizers.build_sides(params, steps_per_epoch, sides, params.beta_1)


def alarm(history: list[checkpoint.Row], params: Train) -> str:
    """Why the game is over, or an empty text.

    Args:
        history: of the epochs so far; those with a preview have `coverage` and `class_entropy`.
        params: `patience` and the least that coverage and entropy may fall to, once they were above.
    """
    last = history[-params.patience :]
    won = [min(row["discriminator_real"], row["discriminator_fake"]) >= SATURATED for row in last]
    if len(won) == params.patience and all(won):
        return f"the discriminator has been right about everything for {params.patience} epochs (divergence)"
    watched = [row for row in history if "coverage" in row]
    for name, least in (("coverage", params.least_coverage), ("class_entropy", params.least_entropy)):
        values = [row[name] for row in watched]
        low = values[-params.patience :]
        if len(low) == params.patience and max(low) < least <= max(values):
            return f"{name} has been below {least:g} for {params.patience} previews, after {max(values):.3g} (collapse)"
    return ""
