"""Losses of generator and discriminator, on the discriminator's logits."""

from typing import Any

import keras
from keras import ops

from atelier.families.gan.params import Config


def discriminator_loss(config: Config, on_real: Any, on_fake: Any, seed: keras.random.SeedGenerator) -> Any:
    """Compute the discriminator's loss, a scalar, from its logits ``(n, 1)`` on real and on generated images."""
    if config.loss == "hinge":
        return ops.mean(ops.relu(1 - on_real) + ops.relu(1 + on_fake))
    if config.loss == "relativistic":
        return ops.mean(ops.softplus(on_fake - on_real))
    real_label, fake_label = 1 - config.label_smoothing, 0.0
    if config.label_noise:
        noise = config.label_noise * keras.random.uniform((2, *ops.shape(on_real)), seed=seed)
        real_label, fake_label = real_label - noise[0], noise[1]
    if config.loss == "least_squares":
        return ops.mean(ops.square(on_real - real_label) + ops.square(on_fake - fake_label)) / 2
    # softplus(l) − t·l is the cross-entropy of t against sigmoid(l), without overflow.
    real = ops.softplus(on_real) - real_label * on_real
    return ops.mean(real + ops.softplus(on_fake) - fake_label * on_fake)


def generator_loss(loss: str, on_fake: Any, on_real: Any) -> Any:
    """Compute the generator's loss, a scalar, from logits ``(n, 1)``; only the relativistic loss uses real images."""
    match loss:
        case "hinge":
            return -ops.mean(on_fake)
        case "relativistic":
            return ops.mean(ops.softplus(on_real - on_fake))
        case "least_squares":
            return ops.mean(ops.square(on_fake - 1)) / 2
        case _:
            return ops.mean(ops.softplus(-on_fake))


def discriminator_accuracy(loss: str, on_real: Any, on_fake: Any) -> tuple[Any, Any]:
    """Return which real and which generated images the discriminator classifies correctly, 0 or 1 ``(n, 1)``.

    The threshold of its logits is 0, one half for least squares, and for the relativistic loss, in which only
    differences matter, the mean logit of the images of the other kind.
    """
    match loss:
        case "relativistic":
            real_above, fake_below = ops.mean(on_fake), ops.mean(on_real)
        case "least_squares":
            real_above = fake_below = 0.5
        case _:
            real_above = fake_below = 0.0
    return ops.cast(on_real > real_above, "float32"), ops.cast(on_fake < fake_below, "float32")
