"""Read and check the whole `params.yaml`, so that an error stops a stage before any work.

The schema of each section is found by name. Checking another section can stop a stage but never change its result, so a
stage does not depend on the schemas of sections that it does not use.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from atelier.core import lookup, similar
from atelier.params import document
from atelier.params.strict import ParamsError, require_mapping, validate

PARTS = ("train", "sample", "evaluate")


@dataclass(frozen=True)
class Download:
    """Where the raw files of a dataset come from, and how its offline twin is drawn."""

    source: Literal["embedded", "upstream", "mirror"]
    embedded: Any


@dataclass(frozen=True)
class Dataset:
    """What a dataset is, and how its raw files are prepared; `kind` is a package of `atelier.datasets`."""

    kind: str
    modality: str
    prepare: Any


@dataclass(frozen=True)
class Run:
    """A named experiment: one dataset, one family, and that family's sections."""

    dataset: str
    family: str
    train: Any
    sample: Any
    evaluate: Any

    def only(self, part: str) -> "Run":
        """Return the run with only one of `PARTS`: all that this stage depends on."""
        others: dict[str, Any] = dict.fromkeys(set(PARTS) - {part})
        return replace(self, **others)


@dataclass(frozen=True)
class Params:
    """All sections, by the names of their entries."""

    downloads: dict[str, Download]
    datasets: dict[str, Dataset]
    judges: dict[str, Any]
    runs: dict[str, Run]
    edits: dict[str, Any]

    def entry(self, section: str, name: str) -> Any:
        """Return one entry of a section; the ParamsError for an unknown name lists the known ones."""
        entries = getattr(self, section)
        if name not in entries:
            hint = similar.suggestion(name, entries)
            raise ParamsError(f"no {name!r} in {section} of params.yaml; there are: {', '.join(entries)}{hint}")
        return entries[name]


SECTIONS = tuple(Params.__dataclass_fields__)


def read(path: Path) -> Params:
    """Read and check a parameter file; see `check`."""
    return check(document.read(path, path.name))


def require_plain(path: Path) -> None:
    """Raise the ParamsError that `read` raises if a value of a parameter file has a type that DVC cannot take.

    Such files stop DVC with a traceback. Whether its other values are right is for the stages to say.
    """
    raw = require_mapping(document.read(path, path.name), path.name)
    for key, value in document.without_json(raw):
        check(raw)
        allowed = "text, numbers, true, false, null, lists and mappings with keys of text"
        raise ParamsError(f"{path.name}: {key or 'its content'}: got {value!r}; allowed are {allowed}")


def check(raw: object) -> Params:
    """Turn the plain data of a parameter file into `Params`.

    Raises:
        ParamsError: one line for each wrong key.
    """
    top = require_mapping(raw, "params.yaml")
    _require_keys(top, "params.yaml", SECTIONS)
    downloads = _entries(top, "downloads", _download)
    datasets = _entries(top, "datasets", _dataset)
    judges = _entries(top, "judges", lambda path, value: _judge(path, value, datasets))
    runs = _entries(top, "runs", lambda path, value: _run(path, value, datasets))
    edits = _entries(top, "edits", lambda path, value: _edit(path, value, runs))
    for name in datasets:
        _require_known("judges", name, judges, "each dataset needs a judge; there are")
    return Params(downloads, datasets, judges, runs, edits)


def modality(family: str) -> str:
    """Return the modality of a family: ``images`` or ``text``."""
    return str(lookup.module("families", family, "params").MODALITY)


def has_encoder(family: str) -> bool:
    """Return whether the networks of a family encode images to latents."""
    return bool(lookup.module("families", family, "params").ENCODER)


def _entries(top: Mapping[str, Any], section: str, parse: Callable[[str, Any], Any]) -> dict[str, Any]:
    entries = require_mapping(top[section], section)
    for name in entries:
        if not re.fullmatch(r"[A-Za-z0-9_-]+", str(name)):
            raise ParamsError(f"{section}: got the name {name!r}; allowed are letters, digits, '-' and '_'")
    return {str(name): parse(f"{section}.{name}", value) for name, value in entries.items()}


def _download(path: str, value: object) -> Download:
    kind = path.partition(".")[2]
    _require_known(path, kind, lookup.names("datasets", "twin"), "bring other data with `dvc add`; downloads are")
    schema = _dataset_schema(kind, path)
    section = require_mapping(value, path)
    _require_keys(section, path, ("source", "embedded"))
    sources = ("embedded", "upstream", "mirror")
    if section["source"] not in sources:
        raise ParamsError(f"{path}.source: got {section['source']!r}; allowed is one of: {', '.join(sources)}")
    return Download(section["source"], validate(schema.Embedded, section["embedded"], f"{path}.embedded"))


def _dataset(path: str, value: object) -> Dataset:
    section = require_mapping(value, path)
    _require_keys(section, path, ("kind", "prepare"))
    schema = _dataset_schema(section["kind"], f"{path}.kind")
    prepare = validate(schema.Prepare, section["prepare"], f"{path}.prepare")
    return Dataset(section["kind"], schema.MODALITY, prepare)


def _judge(path: str, value: object, datasets: Mapping[str, Dataset]) -> Any:
    name = path.partition(".")[2]
    _require_known(path, name, datasets, "datasets are")
    return validate(lookup.module("modalities", datasets[name].modality, "params").Judge, value, path)


def _run(path: str, value: object, datasets: Mapping[str, Dataset]) -> Run:
    section = require_mapping(value, path)
    _require_keys(section, path, ("dataset", "family", *PARTS))
    dataset, family = section["dataset"], section["family"]
    _require_known(f"{path}.dataset", dataset, datasets, "datasets are")
    _require_known(f"{path}.family", family, lookup.names("families", "params"), "families are")
    schema = lookup.module("families", family, "params")
    if modality(family) != datasets[dataset].modality:
        raise ParamsError(
            f"{path}.family: got {family!r}, a family of {modality(family)}; "
            f"the dataset {dataset} holds {datasets[dataset].modality}"
        )
    run = Run(dataset, family, *(validate(getattr(schema, p.title()), section[p], f"{path}.{p}") for p in PARTS))
    if run.evaluate.samples > run.sample.samples:
        raise ParamsError(
            f"{path}.evaluate.samples: got {run.evaluate.samples}; "
            f"allowed is at most {path}.sample.samples: {run.sample.samples}"
        )
    return run


def _edit(path: str, value: object, runs: Mapping[str, Run]) -> Any:
    name = path.partition(".")[2]
    edit = validate(import_module("atelier.editing.params").Edit, value, path)
    _require_known(path, name, runs, "runs are")
    run = runs[name]
    for key in ("dataset", "family"):
        came, wanted = getattr(edit, key), getattr(run, key)
        if came != wanted:
            raise ParamsError(f"{path}.{key}: got {came!r}; allowed is that of runs.{name}: {wanted!r}")
    if modality(run.family) != "images":
        raise ParamsError(f"{path}: runs.{name} is a run of {modality(run.family)}; allowed are runs of images")
    if edit.inversion is None and not has_encoder(run.family):
        raise ParamsError(f"{path}.inversion: got null; {run.family} has no encoder, so allowed is a mapping")
    return edit


def _dataset_schema(kind: object, path: str) -> Any:
    """Import the schema of a kind of dataset: that of its file format."""
    _require_known(path, kind, lookup.names("datasets", "source"), "kinds are")
    return lookup.module("datasets.formats", import_module(f"atelier.datasets.{kind}").FORMAT, "params")


def _require_known(path: str, name: object, known: Any, what: str) -> None:
    if not isinstance(name, str) or name not in known:
        raise ParamsError(f"{path}: got {name!r}; {what}: {', '.join(known)}{similar.suggestion(name, known)}")


def _require_keys(section: Any, path: str, keys: tuple[str, ...]) -> None:
    for key in keys:
        if key not in section:
            raise ParamsError(f"{path}.{key}: missing")
    for key in section:
        if key not in keys:
            hint = f"{', '.join(keys)}{similar.suggestion(key, keys)}"
            raise ParamsError(f"{path}.{key}: got {section[key]!r}; unknown key, known are: {hint}")
