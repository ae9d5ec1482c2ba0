"""Find the trained network that an argument names: ``mnist-vae`` (working tree) or ``mnist-vae@v1.2.0`` (a commit)."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atelier.core import files, mixture
from atelier.params import document, file
from atelier.workflow.versions import fetching, lock_file
from atelier.workflow.versions.revisions import Commit

if TYPE_CHECKING:
    from atelier.networks.network import Network

CONFIG, WEIGHTS = "config.json", "model.weights.h5"
# The command for runs of each modality.
COMMANDS = {"images": "atelier generate", "text": "atelier write"}
UNVERIFIED = "Use the trained files in data/ even if they are not those that dvc.lock records."
unverified_option = click.option("--unverified", is_flag=True, help=UNVERIFIED)


@dataclass(frozen=True)
class Trained:
    """A trained run, of the working tree or of a commit.

    Attributes:
        directory: contains `config.json` and `model.weights.h5`.
        commit: None for the working tree.
        unverified: files of the working tree are used even if `dvc.lock` does not record them.
    """

    root: Path
    run: str
    dataset: str
    family: str
    directory: Path
    commit: Commit | None = None
    unverified: bool = False

    def load(self) -> "Network":
        """Load the network, with the prior that its samples come from; this imports Keras.

        Raises:
            ValueError: the files are damaged, or the prior is missing or was fitted to another network.
        """
        # First, because loading Keras takes seconds.
        prior = self._prior()
        from atelier.networks import network as networks

        network = networks.load(self.directory)
        if prior is None:
            return network
        return replace(network, prior=mixture.Mixture.read(prior, network.config.latent_dim))

    def written(self, stage: str, entry: str, names: list[str]) -> Path:
        """Return the directory of files (`names`) that the stage ``STAGE@ENTRY`` wrote, such as ``prepare@imdb``.

        Raises:
            ValueError: the commit does not have them; in the working tree they may be missing.
        """
        if self.commit is not None:
            return fetching.fetch(self.commit, {f"{stage}@{entry}": names})
        return self.root / _declared(self.root, stage)[0].replace("${key}", entry)

    def prepare_params(self) -> dict[str, Any]:
        return dict(self._param(dict, "datasets", self.dataset, "prepare"))

    def prompt(self) -> str:
        """Return the prompt of the run's own samples."""
        return str(self._param(str, "runs", self.run, "sample", "prompt"))

    @property
    def inverted(self) -> bool:
        """Whether the stage `edit` trained an inverter for the run, instead of using its encoder."""
        return isinstance(self._value("edits", self.run, "inversion"), dict)

    def _prior(self) -> Path | None:
        """Return the directory of the mixture that the stage `sample` fitted; None if latents are standard normal."""
        if self._value("runs", self.run, "sample", "prior") != "mixture":
            return None
        stage = f"sample@{self.run}"
        directory = self.written("sample", self.run, [mixture.FILE])
        remedy = f"run `dvc repro {stage}`"
        if not (directory / mixture.FILE).is_file():
            raise ValueError(
                f"{self.run} draws from a mixture (sample.prior) that its stage sample fits, and it is not here; "
                f"{remedy} or fetch it with `dvc pull {stage}`"
            )
        weights = lock_file.md5(self.directory / WEIGHTS)
        if not self.unverified and weights not in lock_file.dependencies(self._lock(), stage):
            raise ValueError(
                f"{self.run}: {lock_file.FILE} does not say that the mixture that it draws from (sample.prior) was "
                f"fitted to this network; {remedy}"
            )
        return directory

    def _lock(self) -> str | None:
        if self.commit is not None:
            return self.commit.text(lock_file.FILE)
        path = self.root / lock_file.FILE
        return path.read_text(encoding="utf-8") if path.is_file() else None

    def _param(self, kind: type, *keys: str) -> Any:
        """Return a value of the network's `params.yaml`; `ValueError` if it has none of this kind."""
        value = self._value(*keys)
        if not isinstance(value, kind):
            raise ValueError(f"{self.run}: its params.yaml has no {'.'.join(keys)}")
        return value

    def _value(self, *keys: str) -> Any:
        """Return a value of the network's `params.yaml`; None if it has none."""
        if self.commit is None:
            path = self.root / "params.yaml"
            value = document.read(path, path.name)
        else:
            value = self.commit.params()
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return value


def find(root: Path, named: str, modality: str | None, unverified: bool = False) -> Trained:
    """Find the trained network that an argument names.

    Its files must be as in `dvc.lock`, because only these were evaluated. Loading them never executes their content.

    Args:
        root: the checkout.
        named: a run of `params.yaml`; or any run, ``@``, and a version, a stage or a commit.
        modality: the modality that the command is for; None for all.
        unverified: do not compare files of the working tree with `dvc.lock`.

    Raises:
        ValueError: there is none, it has another modality, or its files differ from `dvc.lock`.
    """
    run, at, which = named.partition("@")
    if not at:
        return _here(root, run, modality, unverified)
    if unverified:
        raise ValueError(f"--unverified is for the working tree; {named} is of a commit")
    commit = fetching.resolve(root, run, which)
    directory = fetching.fetch(commit, {f"train@{run}": [CONFIG, WEIGHTS]})
    description = files.read_json(directory / CONFIG)
    try:
        dataset, family = str(description["spec"]["name"]), str(description["family"])
    except (KeyError, TypeError):
        raise ValueError(f"{named}: its {CONFIG} does not describe a network") from None
    _require_modality(named, file.modality(family), modality)
    return Trained(root, run, dataset, family, directory, commit)


def _here(root: Path, run: str, modality: str | None, unverified: bool) -> Trained:
    section = file.read(root / "params.yaml").entry("runs", run)
    _require_modality(run, file.modality(section.family), modality)
    weights = next(out for out in _declared(root, "train") if Path(out).name == WEIGHTS)
    path = root / weights.replace("${key}", run)
    if not path.is_file():
        others = sorted(p.parent.name for p in path.parent.parent.glob(f"*/{WEIGHTS}"))
        raise ValueError(
            f"{run} is not trained here (trained runs: {', '.join(others) or 'none'}); "
            f"train it with `dvc repro train@{run}` or fetch it with `dvc pull train@{run}`"
        )
    if not unverified:
        wanted = [path.parent / CONFIG, path]
        lock_file.require_unchanged(root, f"train@{run}", wanted, "--unverified uses it as it is")
    return Trained(root, run, section.dataset, section.family, path.parent, unverified=unverified)


def _require_modality(named: str, came: str, wanted: str | None) -> None:
    if wanted not in (None, came):
        raise ValueError(f"{named} is a run of {came}, not of {wanted}; use `{COMMANDS[came]} {named}`")


def _declared(root: Path, stage: str) -> list[str]:
    stages = document.read(root / "dvc.yaml", "dvc.yaml")["stages"]
    return list(stages[stage]["do"]["outs"])
