"""`params.yaml` as a whole: read once, checked whole, so that a slip stops before any work.

The schema of each section is found by name. Checking another section can stop a stage but never change its result,
so a stage does not depend on the schemas of sections that it does not use.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from atelier.core import lookup
from atelier.core.params import document
from atelier.core.params.strict import ParamsError, Strict, require_mapping, validate

SECTIONS = ("downloads", "datasets", "judges", "runs", "edits")


@dataclass(frozen=True)
class Run:
    """A named experiment: one dataset, its modality, one family, and that family's sections."""

    dataset: str
    modality: str
    family: str
    train: Any
    sample: Any
    evaluate: Any

    def only(self, section: str) -> "Run":
        """The run with one of its sections, `train`, `sample` or `evaluate`: all that this stage depends on."""
        others: dict[str, Any] = {name: None for name in ("train", "sample", "evaluate") if name != section}
        return replace(self, **others)


@dataclass(frozen=True)
class Params:
    downloads: dict[str, Any]
    datasets: dict[str, Any]
    judges: dict[str, Any]
    runs: dict[str, Run]
    edits: dict[str, Any]

    def run(self, name: str) -> Run:
        return _entry(self.runs, name, "runs")

    def judge(self, name: str) -> Any:
        return _entry(self.judges, name, "judges")

    def download(self, name: str) -> Any:
        return _entry(self.downloads, name, "downloads")

    def dataset(self, name: str) -> Any:
        return _entry(self.datasets, name, "datasets")

    def edit(self, name: str) -> Any:
        return _entry(self.edits, name, "edits")


def read(path: Path) -> Params:
    """Read and check a parameter file.

    Raises:
        ParamsError: one line for each wrong key.
    """
    return check(document.load(path.read_text(encoding="utf-8"), str(path)))


def check(raw: object) -> Params:
    """Turn the plain data of a parameter file into `Params`; raises `ParamsError`."""
    top = require_mapping(raw, "params.yaml")
    _require_keys(top, "params.yaml", SECTIONS)
    sections = {key: _named(top[key], key) for key in SECTIONS}
    datasets = {name: _dataset(value, f"datasets.{name}") for name, value in sections["datasets"].items()}
    downloads = {}
    for name, value in sections["downloads"].items():
        kind = datasets[name].kind
        embedded = lookup.module(f"datasets.formats.{_format(kind)}", "params").Embedded
        downloads[name] = SimpleNamespace(
            source=value["source"], embedded=validate(embedded, value["embedded"], f"downloads.{name}.embedded")
        )
    judges = {name: _judge(value, f"judges.{name}") for name, value in sections["judges"].items()}
    runs = {name: _run(value, f"runs.{name}") for name, value in sections["runs"].items()}
    for name, judge in judges.items():
        _require_known(f"judges.{name}", name, datasets, "datasets")
    for name, run in runs.items():
        _require_known(f"runs.{name}.dataset", run.dataset, datasets, "datasets")
        _require_known(f"runs.{name}.dataset", run.dataset, judges, "judges")
    edit = lookup.module("core.params", "edit").Edit
    edits = {name: validate(edit, value, f"edits.{name}") for name, value in sections["edits"].items()}
    for name, section in edits.items():
        _require_known(f"edits.{name}", name, runs, "runs")
        for key in ("dataset", "family"):
            _require_same(key, section, f"edits.{name}", runs[name], f"runs.{name}")
    return Params(downloads, datasets, judges, runs, edits)


def _format(kind: str) -> str:
    return str(import_module(f"atelier.datasets.{kind}").FORMAT)


def _dataset(value: Any, path: str) -> Any:
    prepare = lookup.module(f"datasets.formats.{_format(value['kind'])}", "params").Prepare
    return SimpleNamespace(kind=value["kind"], prepare=validate(prepare, value["prepare"], f"{path}.prepare"))


def _named(value: object, path: str) -> Mapping[str, Any]:
    section = require_mapping(value, path)
    for name in section:
        if not re.fullmatch(r"[A-Za-z0-9_-]+", str(name)):
            raise ParamsError(f"{path}: got the name {name!r}; allowed are letters, digits, '-' and '_'")
    return {str(name): entry for name, entry in section.items()}


def _judge(value: object, path: str) -> Any:
    section = require_mapping(value, path)
    if "modality" not in section:
        raise ParamsError(f"{path}.modality: missing")
    return validate(_schema("judges", section["modality"], f"{path}.modality").Judge, section, path)


def _run(value: object, path: str) -> Run:
    section = require_mapping(value, path)
    _require_keys(section, path, ("dataset", "modality", "family", "train", "sample", "evaluate"))
    family = section["family"]
    schema = _schema("families", family, f"{path}.family")
    if section["modality"] != schema.MODALITY:
        raise ParamsError(
            f"{path}.modality: got {section['modality']!r}; the family {family} makes {schema.MODALITY!r}"
        )
    parts: dict[str, Strict] = {
        key: validate(getattr(schema, key.title()), section[key], f"{path}.{key}")
        for key in ("train", "sample", "evaluate")
    }
    run = Run(dataset=section["dataset"], modality=section["modality"], family=family, **parts)
    if run.evaluate.samples > run.sample.samples:
        raise ParamsError(
            f"{path}.evaluate.samples: got {run.evaluate.samples}; "
            f"at most the {run.sample.samples} of {path}.sample.samples are drawn"
        )
    return run


def _schema(kind: str, name: object, path: str) -> Any:
    known = lookup.names(f"core.params.{kind}")
    _require_known(path, name, known, "known")
    return lookup.module(f"core.params.{kind}", str(name))


def _require_known(path: str, name: object, known: Any, what: str) -> None:
    if not isinstance(name, str) or name not in known:
        raise ParamsError(f"{path}: got {name!r}; {what} are: {', '.join(known)}")


def _require_same(key: str, section: Any, path: str, other: Any, where: str) -> None:
    came, allowed = getattr(section, key), getattr(other, key)
    if came != allowed:
        raise ParamsError(f"{path}.{key}: got {came!r}; allowed is what {where}.{key} says: {allowed!r}")


def _require_keys(section: Any, path: str, keys: tuple[str, ...]) -> None:
    for key in keys:
        if key not in section:
            raise ParamsError(f"{path}.{key}: missing")
    for key in section:
        if key not in keys:
            raise ParamsError(f"{path}.{key}: got {section[key]!r}; no such key here, known are: {', '.join(keys)}")


def _entry(section: dict[str, Any], name: str, what: str) -> Any:
    if name not in section:
        raise ParamsError(f"no {name!r} in {what} of params.yaml; there are: {', '.join(section)}")
    return section[name]
