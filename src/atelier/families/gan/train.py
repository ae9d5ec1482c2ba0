"""The training of a generative adversarial network. Its losses do not measure quality, so the judge does.

The epoch with the lowest KID on the validation split is kept. Training stops early when the discriminator has won, when
samples lose their diversity, or when a loss is no longer finite.
"""

from functools import partial

import keras
import numpy as np

from atelier.core.prepared import Prepared
from atelier.families.gan.params import Train
from atelier.modalities.images import conditions
from atelier.networks.network import Network
from atelier.training import optimizers
from atelier.training.batches import Batches, shift_and_flip
from atelier.training.plan import Plan, Row

# The discriminator has won if its accuracy is at least this, on real images and on samples.
SATURATED = 0.995


def train(network: Network, prepared: Prepared, params: Train) -> Plan:
    """Plan the training of `network` on the train split."""
    told = None
    if params.condition != "none":
        told = conditions.of_split(params.condition, prepared, "train")
        network.model.conditions.assign(conditions.table(told))
    batches = batches_of(prepared.images("train"), params, told)
    return Plan(
        network.model,
        batches,
        validate=dict,
        monitor="kid",
        optimizer=optimizer_of(network.model, params, len(batches)),
        alarm=partial(alarm, params=params),
    )


def batches_of(images: np.ndarray, params: Train, told: np.ndarray | None = None) -> Batches:
    """Return shuffled batches of training images, half of them mirrored if `params.flip`, with their conditions."""
    augment = partial(shift_and_flip, shift=0, flip=True) if params.flip else None
    return Batches((images,), params.batch, params.seed, augment, conditions=told)


def optimizer_of(model: keras.Model, params: Train, steps_per_epoch: int) -> keras.optimizers.Optimizer:
    """Return one optimiser that updates generator and discriminator, each with its own learning rate."""
    rates = ((model.generator, params.learning_rate), (model.discriminator, params.discriminator_learning_rate))
    return optimizers.build_several(params, steps_per_epoch, rates, beta_1=params.beta_1, beta_2=params.beta_2)


def alarm(history: list[Row], params: Train) -> str:
    """Return why training should stop, or an empty text; epochs with a preview have `coverage` and `class_entropy`."""
    last = history[-params.patience :]
    won = [min(row["discriminator_real"], row["discriminator_fake"]) >= SATURATED for row in last]
    if len(won) == params.patience and all(won):
        return f"the discriminator has classified all images correctly for {params.patience} epochs (divergence)"
    watched = [row for row in history if "coverage" in row]
    for name, least in (("coverage", params.least_coverage), ("class_entropy", params.least_entropy)):
        # A judge of rotations measures no class entropy.
        values = [row[name] for row in watched if name in row]
        low = values[-params.patience :]
        if len(low) == params.patience and max(low) < least <= max(values):
            return f"{name} has been below {least:g} for {params.patience} previews, after {max(values):.3g} (collapse)"
    return ""
