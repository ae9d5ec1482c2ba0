"""Optimisers and schedules from parameters, with an average of the weights that is correct from the first step."""

import math
from typing import Any

import keras
from keras import ops

from atelier.params.training import Training


@keras.saving.register_keras_serializable("atelier")
class Schedule(keras.optimizers.schedules.LearningRateSchedule):
    """Linear warm-up, then constant or half a cosine down to zero (Loshchilov & Hutter, 2017, eq. 5).

    The rate rises from zero to `peak` during `warmup` of all `steps` of the optimiser.
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
    """Mixin for optimisers: an exponential moving average of the trained weights, in `averages`.

    Keras's own `use_ema` gives initial weights too much weight for thousands of steps. Here the decay rises as
    ``min(ema, (1 + t) / (10 + t))``, so that short trainings have a correct average too.
    """

    ema: float = 0.0

    def build(self, variables: list[Any]) -> None:
        super().build(variables)  # type: ignore[misc]
        self.averages = [
            self.add_variable_from_reference(v, name="average", initializer="zeros")  # type: ignore[attr-defined]
            for v in variables
        ]
        for average, variable in zip(self.averages, variables, strict=True):
            # A copy: JAX does not accept one buffer under two names.
            average.assign(ops.copy(variable))

    def apply(self, grads: list[Any], trainable_variables: list[Any] | None = None) -> None:
        super().apply(grads, trainable_variables)  # type: ignore[misc]
        step = ops.cast(self.iterations, "float32")  # type: ignore[attr-defined]
        decay = ops.minimum(self.ema, (1 + step) / (10 + step))
        for average, variable in zip(self.averages, self._trainable_variables, strict=True):  # type: ignore[attr-defined]
            average.assign(average + (1 - ops.cast(decay, average.dtype)) * (variable - average))


# Learning rate of the AdamW inside Muon, relative to Muon's.
ADAM_SHARE = 0.2
_PLAIN = {
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    "muon": keras.optimizers.Muon,
    "rmsprop": keras.optimizers.RMSprop,
    "sgd": keras.optimizers.SGD,
}
_AVERAGED = {name: type(kind.__name__, (WeightAverage, kind), {}) for name, kind in _PLAIN.items()}


def build(params: Training, steps_per_epoch: int) -> keras.optimizers.Optimizer:
    """Return the optimiser that `params` describe, for ``params.epochs · steps_per_epoch`` steps."""
    kind = (_AVERAGED if params.ema else _PLAIN)[params.optimizer]
    # Muon trains embeddings and vectors with AdamW; weight decay would erase the embeddings of rare tokens.
    only_muon = {"adam_lr_ratio": ADAM_SHARE, "adam_weight_decay": 0.0} if params.optimizer == "muon" else {}
    optimizer = kind(**_common(params, steps_per_epoch, params.learning_rate), **only_muon)
    if params.ema:
        optimizer.ema = params.ema
    return optimizer


def with_betas(
    params: Training, steps_per_epoch: int, peak: float, beta_1: float, beta_2: float
) -> keras.optimizers.Optimizer:
    """Return an Adam or AdamW like that of `build`, with a peak learning rate and decays of its moments of its own."""
    return _PLAIN[params.optimizer](**_common(params, steps_per_epoch, peak), beta_1=beta_1, beta_2=beta_2)


def rates(optimizer: keras.optimizers.Optimizer) -> dict[str, float]:
    """Return the current learning rate as a column of the history."""
    return {"learning_rate": float(optimizer.learning_rate)}


def _common(params: Training, steps_per_epoch: int, peak: float) -> dict[str, Any]:
    """Return the arguments that all optimisers have, with a schedule that rises to `peak`."""
    steps, warmup = params.epochs * steps_per_epoch, round(params.warmup_epochs * steps_per_epoch)
    return {
        "learning_rate": Schedule(peak, steps, warmup, cosine=params.schedule == "cosine"),
        "weight_decay": params.weight_decay or None,
        "global_clipnorm": params.clip_norm or None,
    }
