"""`gates.yaml`: what each metric has to hold, read strictly, from the general to the particular.

What a modality says, its families refine, and a run refines both, key by key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from atelier.core import lookup
from atelier.params import document
from atelier.params.strict import ParamsError, Strict, require_mapping, validate

FILE = "gates.yaml"
NOISE = ("relative", "absolute", "deviations", "errors")

Amount = Annotated[float, Field(ge=0)]
Reason = Annotated[str, Field(min_length=1)]


class Beside(Strict):
    """A bound that another metric of the same run sets: at least and at most so many times it, at most so far above."""

    metric: str = ""
    least: Amount | None = None
    most: Amount | None = None
    above: Amount | None = None


class Gate(Strict):
    """What one metric has to hold. Every key is optional, since a nearer layer may say the rest."""

    better: Literal["lower", "higher", "neither"] | None = None
    relative: Amount | None = None
    absolute: Amount | None = None
    deviations: Amount | None = None
    errors: Amount | None = None
    same: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    beside: Beside = Beside()
    exempt: Reason | None = None


@dataclass(frozen=True)
class Gates:
    """The gates of every layer, as the plain data of `gates.yaml`, each part checked.

    Attributes:
        modalities, families: for each of them its metrics.
        runs: for each run its metrics.
        exempted: runs none of whose numbers is held against a gate, each with its reason.
    """

    modalities: dict[str, dict[str, dict[str, Any]]]
    families: dict[str, dict[str, dict[str, Any]]]
    runs: dict[str, dict[str, dict[str, Any]]]
    exempted: dict[str, str]

    def of(self, run: str, modality: str, family: str) -> dict[str, Gate]:
        """The gates of a run, by metric; a name that ends with ``*`` stands for all that begin so.

        Raises:
            ParamsError: the layers together say no direction, or no noise where one way is better.
        """
        merged: dict[str, dict[str, Any]] = {}
        for layer in (self.modalities.get(modality, {}), self.families.get(family, {}), self.runs.get(run, {})):
            for metric, gate in layer.items():
                merged[metric] = merged.get(metric, {}) | gate
        return {metric: _whole(gate, f"{FILE}: {metric} of {run}") for metric, gate in merged.items()}


def find(gates: Mapping[str, Gate], metric: str) -> Gate | None:
    """The gate of a metric: its own, else the first whose pattern fits."""
    if metric in gates:
        return gates[metric]
    return next((gate for pattern, gate in gates.items() if fnmatchcase(metric, pattern)), None)


def read(path: Path) -> Gates:
    """Read and check the gates.

    Raises:
        ParamsError: one line for each wrong key.
        ValueError: the file is missing.
    """
    if not path.is_file():
        raise ValueError(f"{path} is missing; it says what results have to hold (git checkout {FILE})")
    return check(document.load(path.read_text(encoding="utf-8"), path.name))


def check(raw: object) -> Gates:
    """Turn the plain data of a gates file into `Gates`; raises `ParamsError`."""
    top = require_mapping({} if raw is None else raw, FILE)
    sections = ("modalities", "families", "runs")
    for key in top:
        if key not in sections:
            raise ParamsError(f"{FILE}: got {key!r}; known are: {', '.join(sections)}")
    known = {"modalities": lookup.names("core.params.judges"), "families": lookup.names("core.params.families")}
    layers: dict[str, dict[str, dict[str, dict[str, Any]]]] = {}
    for section, names in known.items():
        layers[section] = {}
        for name, metrics in _entries(top.get(section), section).items():
            if name not in names:
                raise ParamsError(f"{section}.{name}: known are: {', '.join(names)}")
            layers[section][name] = _metrics(metrics, f"{section}.{name}")
    runs, exempted = {}, {}
    for name, entry in _entries(top.get("runs"), "runs").items():
        own = require_mapping(entry, f"runs.{name}")
        for key in own:
            if key not in ("exempt", "metrics"):
                raise ParamsError(f"runs.{name}: got {key!r}; known are: exempt, metrics")
        if "exempt" in own:
            reason = validate(Gate, {"exempt": own["exempt"]}, f"runs.{name}").exempt
            exempted[name] = _reason(reason, f"runs.{name}.exempt")
        runs[name] = _metrics(own.get("metrics"), f"runs.{name}.metrics")
    return Gates(layers["modalities"], layers["families"], runs, exempted)


def _entries(value: object, path: str) -> dict[str, Any]:
    return {str(key): entry for key, entry in require_mapping({} if value is None else value, path).items()}


def _metrics(value: object, path: str) -> dict[str, dict[str, Any]]:
    gates = {}
    for metric, entry in _entries(value, path).items():
        gate = validate(Gate, entry, f"{path}.{metric}")
        if "exempt" in gate.model_fields_set:
            _reason(gate.exempt, f"{path}.{metric}.exempt")
        bounds = gate.beside
        if "beside" in gate.model_fields_set and not (
            bounds.metric and {bounds.least, bounds.most, bounds.above} != {None}
        ):
            raise ParamsError(f"{path}.{metric}.beside: allowed is a metric with one of: least, most, above")
        gates[metric] = {key: entry[key] for key in gate.model_fields_set}
    return gates


def _reason(reason: str | None, path: str) -> str:
    if not reason:
        raise ParamsError(f"{path}: got nothing; say in a few words why")
    return reason


def _whole(merged: dict[str, Any], path: str) -> Gate:
    gate = validate(Gate, merged, path)
    if gate.better is None:
        raise ParamsError(f"{path}: better is missing; allowed is one of: lower, higher, neither")
    if gate.better != "neither" and all(getattr(gate, noise) is None for noise in NOISE):
        raise ParamsError(f"{path}: its noise is missing; allowed is one or more of: {', '.join(NOISE)}")
    return gate
