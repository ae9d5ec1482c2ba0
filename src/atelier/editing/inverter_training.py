"""Train the inverter of a generator, on real images and on the generator's own samples, whose latents are known."""

from pathlib import Path
from typing import Any

import keras
from keras import ops

from atelier.core.prepared import Prepared
from atelier.editing.inversion import Inverter, Objective
from atelier.editing.params import Inversion
from atelier.modalities.images import conditions
from atelier.modalities.images.params import InverterNetwork
from atelier.modalities.judge import Judge
from atelier.networks import network as networks
from atelier.networks.network import Network
from atelier.training import checkpoint, loop
from atelier.training.batches import Batches
from atelier.training.plan import Plan


class InverterTraining(keras.Model):
    """The inverter and its loss; `fit` takes images, uint8 ``(n, h, w, c)``, or pairs of images and conditions."""

    def __init__(self, encoder: keras.Model, objective: Objective, latent_weight: float) -> None:
        super().__init__(name="inverter_training", dtype="float32")
        self.encoder, self.objective, self.latent_weight = encoder, objective, latent_weight
        self.seed_generator = keras.random.SeedGenerator()
        self.trackers = {name: keras.metrics.Mean(name=name) for name in ("real", "own")}
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return nothing of use: `compute_loss` runs the inverter itself, on more than the inputs."""
        return ops.zeros(())

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """Return the error of real images, plus the weighted squared error of the latents of as many own samples."""
        real, condition = conditions.split(x)
        real = ops.cast(real, "float32")
        z = keras.random.normal((ops.shape(real)[0], self.encoder.output_shape[-1]), seed=self.seed_generator)
        own = ops.stop_gradient(self.objective.generated(z, condition))
        twice = None if condition is None else ops.concatenate([condition, condition])
        of_real, of_own = ops.split(self.encoder(conditions.joined(ops.concatenate([real, own]), twice)), 2)
        on_real = ops.mean(self.objective.errors(real, self.objective.features(real), of_real, condition))
        on_own = ops.mean(ops.square(of_own - z))
        self.trackers["real"].update_state(on_real)
        self.trackers["own"].update_state(on_own)
        return on_real + self.latent_weight * on_own


def train(
    generator: Network, prepared: Prepared, judge: Judge, params: Inversion, identity: dict[str, Any], checkpoints: Path
) -> Inverter:
    """Train an inverter on the train split; the validation split chooses the epoch.

    Args:
        identity: what the result depends on besides `params` and data, as JSON values.
        checkpoints: directory where an interrupted training leaves its state and resumes from.
    """
    own = {name: getattr(params, name) for name in InverterNetwork.model_fields if hasattr(params, name)}
    told = {split: conditions.told(generator, prepared, split) for split in ("train", "validation")}
    width = conditions.width(conditions.kind(generator), prepared.spec)
    config = InverterNetwork(**own, latent_dim=generator.config.latent_dim, conditions=width)
    encoder = networks.build("inverter.images", config, prepared.spec, seed=params.seed, precision=params.precision)
    objective = Objective(generator, judge, params.judge_weight, params.prior_weight)
    model = InverterTraining(encoder.model, objective, params.latent_weight)
    batches = Batches((prepared.images("train"),), params.batch, params.seed, conditions=told["train"])
    validate = loop.held_out(model, (prepared.images("validation"),), told["validation"])
    inputs = identity | {"params": params.model_dump(mode="json"), "data": prepared.spec.sha256}
    loop.run(Plan(model, batches, validate, "val_loss"), params, checkpoint.workspace(checkpoints, inputs))
    return Inverter(encoder, generator, judge)
