"""Optimisers and schedules from parameters, with an average of the weights that is right from the first step."""

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from atelier.core.params.training import Training


@keras.saving.register_keras_serializable("atelier")
class Schedule(keras.optimizers.schedules.LearningRateSchedule):
    """Linear warm-up, then constant or half a cosine down to zero (Loshchilov & Hutter, 2017, eq. 5).

    Args:
        peak: the learning rate after warm-up.
        steps: optimiser steps in the whole training.
        warmup: steps over which the rate rises from zero.
        cosine: whether it falls afterwards.
    """

    def __init__(self, peak: float, steps: int, warmup: int, cosine: bool) -> None:
        self.peak, self.steps, self.warmup, self.cosine = peak, steps, warmup, cosine

    def __call__(self, step: Any) -> Any:
        step = ops.cast(step, "float32")
        rate = ops.full((), self.peak, dtype="float32")
        if self.cosine:
            done = ops.clip((step - self.warmup) / max(1, self.steps - self.warmup), 0.0, 1.0)
            rate = rate * 0.5 * (1 + ops.cos(math.pi * done))
        return rate * ops.minimum(1.0, (step + 1) / self.warmup) if self.warmup else rate

    def get_config(self) -> dict[str, Any]:
        return {"peak": self.peak, "steps": self.steps, "warmup": self.warmup, "cosine": self.cosine}


class WeightAverage:
    """Mixed into an optimiser: an exponential moving average of the trained weights.

    Keras's own `use_ema` weighs the untrained weights too much for the first thousands of steps. Here the decay
    rises as ``min(ema, (1 + t) / (10 + t))``, so that short trainings are averaged rightly as well.

    Attributes:
        averages: one variable for each trained one, in their order.
    """

    ema: float = 0.0

    def build(self, variables: list[Any]) -> None:
        super().build(variables)  # type: ignore[misc]
        self.averages = [
            self.add_variable_from_reference(v, name="average", initializer="zeros")  # type: ignore[attr-defined]
            for v in variables
        ]
        for average, variable in zip(self.averages, variables, strict=True):
            # A copy: JAX may not be given one buffer under two names.
            average.assign(ops.copy(variable))

    def apply(self, grads: list[Any], trainable_variables: list[Any] | None = None) -> None:
        super().apply(grads, trainable_variables)  # type: ignore[misc]
        step = ops.cast(self.iterations, "float32")  # type: ignore[attr-defined]
        decay = ops.minimum(self.ema, (1 + step) / (10 + step))
        for average, variable in zip(self.averages, self._trainable_variables, strict=True):  # type: ignore[attr-defined]
            average.assign(average + (1 - ops.cast(decay, average.dtype)) * (variable - average))


class Adam(WeightAverage, keras.optimizers.Adam):
    pass


class AdamW(WeightAverage, keras.optimizers.AdamW):
    pass


class Muon(WeightAverage, keras.optimizers.Muon):
    pass


class RMSprop(WeightAverage, keras.optimizers.RMSprop):
    pass


class SGD(WeightAverage, keras.optimizers.SGD):
    pass


# Learning rate of the AdamW inside Muon, as a share of Muon's.
ADAM_SHARE = 0.2
_AVERAGED = {"adam": Adam, "adamw": AdamW, "muon": Muon, "rmsprop": RMSprop, "sgd": SGD}
_PLAIN = {
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    "muon": keras.optimizers.Muon,
    "rmsprop": keras.optimizers.RMSprop,
    "sgd": keras.optimizers.SGD,
}


def build(params: Training, steps_per_epoch: int) -> keras.optimizers.Optimizer:
    """The optimiser that `params` describe, for a training of ``params.epochs · steps_per_epoch`` steps."""
    optimizer = (_AVERAGED if params.ema else _PLAIN)[params.optimizer](
        learning_rate=_schedule(params, steps_per_epoch, params.learning_rate),
        weight_decay=params.weight_decay or None,
        global_clipnorm=params.clip_norm or None,
        **_kind(params),
    )
    if params.ema:
        optimizer.ema = params.ema
    return optimizer


def _kind(params: Training) -> dict[str, Any]:
    """What an optimiser takes besides.

    Muon leaves embeddings and vectors to AdamW, at a rate of its own, and does not let them decay: what occurs rarely
    would be forgotten.
    """
    return {"adam_lr_ratio": ADAM_SHARE, "adam_weight_decay": 0.0} if params.optimizer == "muon" else {}


def build_sides(
    params: Training, steps_per_epoch: int, sides: Sequence[tuple[keras.Model, float]], beta_1: float
) -> keras.optimizers.Optimizer:
    """One optimiser for networks that play against each other, made of one for each of them.

    Args:
        params: the kind (Adam or AdamW), schedule, warm-up, weight decay and clipping are the same for all.
        sides: the networks, each with its peak learning rate.
        beta_1: decay of the first moment.
    """
    chosen: dict[int, keras.optimizers.Optimizer] = {}
    for network, rate in sides:
        side = _PLAIN[params.optimizer](
            learning_rate=_schedule(params, steps_per_epoch, rate),
            beta_1=beta_1,
            weight_decay=params.weight_decay or None,
            global_clipnorm=params.clip_norm or None,
        )
        chosen |= {id(variable): side for variable in network.trainable_variables}
    return keras.optimizers.MultiOptimizer(lambda variable: chosen[id(variable)])


def rates(optimizer: keras.optimizers.Optimizer) -> dict[str, float]:
    """The current learning rate as a column of the history, or the largest of several optimisers'."""
    several = getattr(optimizer, "optimizers", [optimizer])
    return {"learning_rate": max(float(each.learning_rate) for each in several)}


def _schedule(params: Training, steps_per_epoch: int, peak: float) -> Schedule:
    return Schedule(
        peak,
        steps=params.epochs * steps_per_epoch,
        warmup=round(params.warmup_epochs * steps_per_epoch),
        cosine=params.schedule == "cosine",
    )
