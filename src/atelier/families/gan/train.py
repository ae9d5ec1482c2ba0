"""The training of a generative adversarial network. Its losses do not measure quality, so the judge does.

The epoch with the lowest KID on the validation split is kept. Training stops early when the discriminator has won, when
samples lose their diversity, or when a loss is no longer finite.
"""

from functools import partial

import numpy as np

from atelier.core.prepared import Prepared
from atelier.families.gan.adversarial import Adversarial
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
    return plan(network, prepared.images("train"), params, conditions.fill_table(network, prepared))


def plan(network: Network, images: np.ndarray, params: Train, told: np.ndarray | None = None) -> Plan:
    """Plan the training of `network` on images, half of them mirrored if `params.flip`, and their conditions."""
    augment = partial(shift_and_flip, shift=0, flip=True) if params.flip else None
    batches = Batches((images,), params.batch, params.seed, augment, conditions=told)
    generator, discriminator = (
        optimizers.with_betas(params, len(batches), rate, params.beta_1, params.beta_2)
        for rate in (params.learning_rate, params.discriminator_learning_rate)
    )
    return Plan(
        Adversarial(network.model, discriminator),
        batches,
        validate=dict,
        monitor="kid",
        optimizer=generator,
        alarm=partial(alarm, params=params),
    )


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
