"""The contract of a modality (images, text): the modules of its package and what each must define.

The stages `judge` and `train` import these modules by name. What the families of a modality share besides, they import
directly.
"""

from pathlib import Path
from typing import Any, Protocol

import keras

from atelier.core.prepared import Prepared
from atelier.core.spec import Spec
from atelier.networks.network import Network
from atelier.params.strict import Strict
from atelier.training.plan import Row


class ParamsModule(Protocol):
    """``params.py``: schemas. It does not import Keras.

    Attributes:
        Judge: the section `judges.NAME` of a dataset.
    """

    Judge: type[Strict]


class ClassifierModule(Protocol):
    """``classifier.py``: the network of a judge.

    Attributes:
        Config: the parameters that decide the network.
    """

    Config: type[Strict]

    def build(self, config: Any, spec: Spec) -> keras.Model:
        """Build the untrained classifier for the data and the classes or attributes of `spec`.

        It has a `trunk` (inputs → features) and a `head` (features → logits).
        """


class JudgeModule(Protocol):
    """``judge.py``: the training of a judge."""

    def train(self, prepared: Prepared, params: Any, code: Path, out: Path, checkpoints: Path) -> None:
        """Train the judge of a dataset and write it to `out`, with its accuracy, features of real draws and scale."""


class Watch(Protocol):
    """Measures the samples of a network in training."""

    def __init__(self, judge: Path, prepared: Prepared, params: Any) -> None: ...

    def measure(self, network: Network) -> Row:
        """Return columns of the history."""


class WatchModule(Protocol):
    """``watch.py``: what the judge measures during training."""

    Watch: type[Watch]


class PreviewModule(Protocol):
    """``preview.py``: samples during training."""

    def take(self, network: Network, prepared: Prepared, params: Any, stem: Path) -> None:
        """Write samples of the current network to one file: `stem` with a suffix."""

    def write(self, source: Path, out: Path, kept: str) -> None:
        """Gather the files that `take` wrote to `source` into an exhibit in the directory `out`."""


# The modules of a modality, by their names.
MODULES: dict[str, type] = {
    "params": ParamsModule,
    "classifier": ClassifierModule,
    "judge": JudgeModule,
    "watch": WatchModule,
    "preview": PreviewModule,
}
