"""The contract of a family: the modules of its package and what each must define.

`params.yaml` names a family, and each stage imports one module of its package (`core.lookup.module`).
"""

from pathlib import Path
from typing import Any, Protocol

import keras

from atelier.core.prepared import Prepared
from atelier.core.spec import Spec
from atelier.networks.network import Network
from atelier.networks.portable import Part
from atelier.params.strict import Strict
from atelier.training.plan import Plan


class ParamsModule(Protocol):
    """``params.py``: schemas of the sections `train`, `sample` and `evaluate` of a run. It does not import Keras.

    Attributes:
        MODALITY: the package of `atelier.modalities` that generates previews and measures samples.
        ENCODER: whether the networks encode images to latents, so that `edit` can use them.
        Config: the parameters that decide the network; `Train` inherits from it, unless it names a file to adopt.
    """

    MODALITY: str
    ENCODER: bool
    Config: type[Strict]
    Train: type[Strict]
    Sample: type[Strict]
    Evaluate: type[Strict]


class NetworkModule(Protocol):
    """``network.py``: the network and its loss; `Config` is that of ``params.py``."""

    Config: type[Strict]

    def build(self, config: Any, spec: Spec) -> keras.Model:
        """Build the untrained network for the data of `spec`.

        Its loss is its method `compute_loss`. A network of images has a `decoder` (latents → outputs) and a method
        `pixels` (outputs → uint8); with `ENCODER`, also an `encoder` whose first output is the posterior mean. Without
        an encoder it has `output_range`, the outputs for black and for white, so that images can be inverted.
        """


class TrainModule(Protocol):
    """``train.py``: the plan of a training, which `training.loop` carries out."""

    def train(self, network: Network, prepared: Prepared, params: Any) -> Plan:
        """Plan the training of `network` on the train split."""


class AdoptModule(Protocol):
    """``train.py`` of a family whose networks others trained; it takes the place of `TrainModule`."""

    def adopt(self, prepared: Prepared, params: Any) -> Network:
        """Rebuild a network, with its weights, from the file that `params` name."""

    def describe(self, config: Any) -> str:
        """Say what was found out about a network, as the caption of its first samples."""


class SampleModule(Protocol):
    """``sample.py``: samples and other exhibits of a trained network."""

    def sample(self, network: Network, prepared: Prepared, params: Any, out: Path) -> None:
        """Write `samples.npy` and all exhibits, listed in `pictures.json`, to the directory `out`."""


class EvaluateModule(Protocol):
    """``evaluate.py``: metrics of the network and its samples."""

    def evaluate(
        self, network: Network, prepared: Prepared, judge: Path, samples: Path, params: Any, out: Path
    ) -> None:
        """Write `metrics.json` and all exhibits, listed in `pictures.json`, to the directory `out`.

        Args:
            judge: directory of the dataset's judge.
            samples: directory of the run's samples.
        """


class ExportModule(Protocol):
    """``export.py``: what `atelier export` writes; a family without this module cannot be exported."""

    def parts(self, network: Network) -> list[Part]:
        """Return the parts of a trained network that work without this package.

        Parts of images consist of Keras's own layers: `decode` and, with `ENCODER`, `encode`; see
        `modalities.images.portable`.
        """


# The modules of a family, by their names.
MODULES: dict[str, type] = {
    "params": ParamsModule,
    "network": NetworkModule,
    "train": TrainModule,
    "sample": SampleModule,
    "evaluate": EvaluateModule,
}
# Modules that a family may have.
OPTIONAL: dict[str, type] = {"export": ExportModule}
