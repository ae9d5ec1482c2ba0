"""GAN training at 64×64 in float32 with the same batch size: our default network against the textbook's."""

from pathlib import Path

import numpy as np

import textbook_gan
from atelier.core.spec import Spec
from atelier.families.gan import train as gan
from atelier.families.gan.adversarial import Adversarial
from atelier.families.gan.params import Train
from atelier.networks import network as networks
from atelier.params import profiles
from atelier.params.strict import validate
from atelier.training.plan import Epochs
from side_by_side import Comparison, Side, compare

STEPS, ROUNDS = 3, 5
PROFILES = Path(__file__).resolve().parents[2] / "profiles"
FACES = Spec("celeba", (textbook_gan.SIDE, textbook_gan.SIDE, 3), (0, 255), (), ("Smiling",), {}, {}, "embedded")


def measure() -> Comparison:
    # The content of the images does not influence the speed.
    images = np.random.default_rng(0).integers(0, 256, (STEPS * textbook_gan.BATCH, *FACES.shape), np.uint8)
    model, batches = ours(images)
    textbook = textbook_gan.TextbookGAN()
    textbook.compile()
    scaled = images.astype("float32") / 255
    return compare(
        Side(lambda: model.fit(batches, shuffle=False, verbose=0), len(images)),
        Side(lambda: textbook.fit(scaled, batch_size=textbook_gan.BATCH, verbose=0), len(images)),
        unit="images",
        rounds=ROUNDS,
    )


def ours(images: np.ndarray, epochs: int = 1) -> tuple[Adversarial, Epochs]:
    """Build the profile's network for 64×64 faces, compiled as `loop.run` does for `epochs`, and its batches."""
    train = profiles.resolve(PROFILES, "laptop")["runs"]["celeba-gan"]["train"]
    changes = {"batch": textbook_gan.BATCH, "precision": "float32", "epochs": epochs}
    params = validate(Train, train | changes, "celeba-gan.train")
    network = networks.build("gan", params, FACES, seed=params.seed, precision=params.precision)
    plan = gan.plan(network, images, params)
    plan.model.compile(
        optimizer=plan.optimizer, jit_compile=params.jit_compile, steps_per_execution=params.steps_per_execution
    )
    return plan.model, plan.batches
