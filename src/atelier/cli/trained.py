"""The trained network that a command's argument names: ``mnist-vae`` here, ``mnist-vae@v1.2.0`` at another commit."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from atelier.core import files, lookup
from atelier.core.params import document, file
from atelier.repository import locked, versions

CONFIG, WEIGHTS = "config.json", "model.weights.h5"
# What a run of each modality is for.
COMMANDS = {"images": "`atelier generate {}` draws from it", "text": "`atelier write {}` writes with it"}


@dataclass(frozen=True)
class Trained:
    """A trained run, here or at another commit.

    Attributes:
        root: the checkout.
        run: its name in `params.yaml`.
        dataset, family: what it was trained on, and as what.
        directory: holds `config.json` and `model.weights.h5`.
        commit: where it was trained; None for the working tree.
    """

    root: Path
    run: str
    dataset: str
    family: str
    directory: Path
    commit: versions.Commit | None = None

    def written(self, stage: str, entry: str, names: list[str]) -> Path:
        """The directory where files of another stage lie that belong to this network.

        Args:
            stage: in `dvc.yaml`, such as ``prepare``.
            entry: what it was run for, such as ``imdb``.
            names: of the files, which in the working tree need not be there.

        Raises:
            ValueError: the commit does not have them.
        """
        if self.commit is not None:
            return versions.fetch(self.commit, {f"{stage}@{entry}": names})
        out = _declared(self.root, stage)[0]
        return self.root / out.replace("${key}", entry)

    def prepared_with(self) -> dict[str, Any]:
        """The section `prepare` of its dataset, as plain data."""
        path = self.root / "params.yaml"
        text = path.read_text(encoding="utf-8") if self.commit is None else self.commit.text("params.yaml")
        params = document.load(
            text or "", "params.yaml" if self.commit is None else f"params.yaml of {self.commit.name}"
        )
        try:
            return dict(params["datasets"][self.dataset]["prepare"])
        except (KeyError, TypeError):
            raise ValueError(f"{self.run}: params.yaml does not say how {self.dataset} was prepared") from None


def unverified_option(command: Callable[..., None]) -> Callable[..., None]:
    """The option of every command that loads weights of the working tree."""
    text = "Take the files of the working tree as they are, whatever dvc.lock says."
    return click.option("--unverified", is_flag=True, help=text)(command)


def find(root: Path, named: str, modality: str, unverified: bool = False) -> Trained:
    """The trained network that an argument names.

    Files of the working tree must be what `dvc.lock` names, those of another commit what its `dvc.lock` named: loading
    a network runs none of their contents, but only the pipeline's own files are known to be what was measured.

    Args:
        root: the checkout.
        named: a run of `params.yaml`, or any run, ``@``, and a version, a stage or a commit.
        modality: that the command is for.
        unverified: do not ask `dvc.lock` about files of the working tree.

    Raises:
        ValueError: there is none, it is of another modality, or its files are not those that were trained.
    """
    run, at, which = named.partition("@")
    if not at:
        return _here(root, run, modality, unverified)
    if unverified:
        raise ValueError(f"--unverified is for the working tree; {named} is that of a commit, or is nothing")
    commit = versions.resolve(root, run, which)
    directory = versions.fetch(commit, {f"train@{run}": [CONFIG, WEIGHTS]})
    description = files.read_json(directory / CONFIG)
    try:
        dataset, family = str(description["spec"]["name"]), str(description["family"])
    except (KeyError, TypeError):
        raise ValueError(f"{named}: its {CONFIG} describes no network") from None
    _require_modality(named, lookup.module("core.params.families", family).MODALITY, modality)
    return Trained(root, run, dataset, family, directory, commit)


def _here(root: Path, run: str, modality: str, unverified: bool) -> Trained:
    of = file.read(root / "params.yaml").run(run)
    _require_modality(run, of.modality, modality)
    weights = next(out for out in _declared(root, "train") if Path(out).name == WEIGHTS)
    path = root / weights.replace("${key}", run)
    if not path.is_file():
        there = sorted(p.parent.name for p in path.parent.parent.glob(f"*/{WEIGHTS}"))
        raise ValueError(
            f"{run} is not trained here (trained are: {', '.join(there) or 'none'}); "
            f"train it with `dvc repro train@{run}` or fetch it with `dvc pull train@{run}`"
        )
    if not unverified:
        wanted = [path.parent / CONFIG, path]
        locked.require_as_locked(root, f"train@{run}", wanted, "--unverified takes it as it is")
    return Trained(root, run, of.dataset, of.family, path.parent)


def _require_modality(named: str, came: str, wanted: str) -> None:
    if came != wanted:
        raise ValueError(f"{named} is of {came}, not of {wanted}; {COMMANDS[came].format(named)}")


def _declared(root: Path, stage: str) -> list[str]:
    stages = document.load((root / "dvc.yaml").read_text(encoding="utf-8"), "dvc.yaml")["stages"]
    return list(stages[stage]["do"]["outs"])
