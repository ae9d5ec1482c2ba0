"""Training of the textbook's VAE: our loop against the textbook's, with the same images, batch size and steps."""

import keras
import numpy as np

import textbook_vae
from atelier.networks import network as networks
from atelier.training import optimizers
from atelier.training.batches import Batches
from embedded import DIGITS, digits
from side_by_side import Comparison, Side, compare


def against_textbook(*, eager: bool, steps: int, rounds: int) -> Comparison:
    """Compare images per second in `fit`.

    Args:
        eager: whether the textbook's loop runs in eager mode, as in the book, or in graph mode, Keras's default.
        steps: number of batches in a round.
        rounds: number of timed rounds.
    """
    images = digits(steps * textbook_vae.BATCH)
    model, batches = ours(images)
    textbook, scaled = textbook_vae.TextbookVAE(), images.astype("float32") / 255
    for half in ("encoder", "decoder"):
        assert getattr(model, half).count_params() == getattr(textbook, half).count_params()
    textbook.compile(optimizer=keras.optimizers.Adam(textbook_vae.LEARNING_RATE), run_eagerly=eager)
    return compare(
        Side(lambda: model.fit(batches, shuffle=False, verbose=0), len(images)),
        Side(lambda: textbook.fit(scaled, batch_size=textbook_vae.BATCH, verbose=0), len(images)),
        unit="images",
        rounds=rounds,
    )


def ours(images: np.ndarray) -> tuple[keras.Model, Batches]:
    """Build the network, compiled as `loop.run` does, and its batches."""
    params = textbook_vae.OURS
    model = networks.build("vae", params, DIGITS, seed=params.seed, precision=params.precision).model
    batches = Batches((images,), params.batch, params.seed)
    model.compile(
        optimizer=optimizers.build(params, len(batches)),
        jit_compile=params.jit_compile,
        steps_per_execution=params.steps_per_execution,
    )
    return model, batches
