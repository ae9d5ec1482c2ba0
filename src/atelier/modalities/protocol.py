"""The contract of a modality (images, text): the modules of its package and what each must define.

The stages `judge` and `train` import these modules by name.
"""

from pathlib import Path
from typing import Any, Protocol

from atelier.core.prepared import Prepared
from atelier.core.spec import Spec
from atelier.modalities.classifier import Classifier
from atelier.networks.network import Network
from atelier.params.strict import Strict
from atelier.training.plan import Row


class ParamsModule(Protocol):
    """``params.py``: the schema of a section `judges.NAME`. It does not import Keras."""

    Judge: type[Strict]


class ClassifierModule(Protocol):
    """``classifier.py``: the network of a judge, and the parameters that decide it."""

    Config: type[Strict]

    def build(self, config: Any, spec: Spec) -> Classifier:
        """Build the untrained classifier for the data and the classes or attributes of `spec`."""


class JudgeModule(Protocol):
    """``judge.py``: the training of a judge."""

    def train(self, prepared: Prepared, params: Any, code: Path, out: Path, checkpoints: Path) -> None:
        """Train the judge of a dataset, and write it with its accuracy, features of real draws and scale to `out`.

        Args:
            code: the manifest of this stage's code.
            checkpoints: directory where an interrupted training leaves its state.
        """


class Watch(Protocol):
    """Measure the samples of a network in training."""

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
