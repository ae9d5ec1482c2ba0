"""`gates.yaml`: the limits for each metric, validated strictly.

Gates of a modality are refined by those of a family, and these by those of a run, key by key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from atelier.core import lookup
from atelier.params import document, file
from atelier.params.strict import ParamsError, Strict, require_mapping, validate

FILE = "gates.yaml"
NOISE = ("relative", "absolute", "deviations", "errors")

Amount = Annotated[float, Field(ge=0)]
Reason = Annotated[str, Field(min_length=1)]


class RelativeBound(Strict):
    """A bound set by another metric of the same run: `least` and `most` are factors of it, `above` is added to it."""

    metric: str = ""
    least: Amount | None = None
    most: Amount | None = None
    above: Amount | None = None


class Gate(Strict):
    """The limits for one metric. Every key is optional, because several layers together make a gate."""

    better: Literal["lower", "higher", "neither"] | None = None
    relative: Amount | None = None
    absolute: Amount | None = None
    deviations: Amount | None = None
    errors: Amount | None = None
    same: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    beside: RelativeBound = RelativeBound()
    exempt: Reason | None = None


@dataclass(frozen=True)
class Gates:
    """The gates of every layer, as the plain data of `gates.yaml`, validated part by part.

    Attributes:
        modalities, families, runs: for each name, its metrics.
        exempted: runs without any gate, each with the reason.
    """

    modalities: dict[str, dict[str, dict[str, Any]]]
    families: dict[str, dict[str, dict[str, Any]]]
    runs: dict[str, dict[str, dict[str, Any]]]
    exempted: dict[str, str]

    def of(self, run: str, modality: str, family: str) -> dict[str, Gate]:
        """Return the gates of a run, by metric; a name with ``*`` at its end is a prefix of metrics.

        Raises:
            ParamsError: the layers together give no direction, or no noise although a direction is better.
        """
        merged: dict[str, dict[str, Any]] = {}
        for layer in (self.modalities.get(modality, {}), self.families.get(family, {}), self.runs.get(run, {})):
            for metric, gate in layer.items():
                merged[metric] = merged.get(metric, {}) | gate
        return {metric: _complete(gate, f"{FILE}: {metric} of {run}") for metric, gate in merged.items()}

    def of_section(self, run: str, section: Mapping[str, Any]) -> dict[str, Gate]:
        """Return the gates of a run that is given by its section of `params.yaml`."""
        family = str(section.get("family", ""))
        known = family in lookup.names("families", "params")
        return self.of(run, file.modality(family) if known else "", family)


def find(gates: Mapping[str, Gate], metric: str) -> Gate | None:
    """Return the gate of a metric: its own, else the first whose pattern matches."""
    if metric in gates:
        return gates[metric]
    return next((gate for pattern, gate in gates.items() if fnmatchcase(metric, pattern)), None)


def read(path: Path) -> Gates:
    """Read and validate the gates.

    Raises:
        ParamsError: one line for each wrong key.
        ValueError: the file is missing.
    """
    if not path.is_file():
        raise ValueError(f"{path} is missing; `git checkout {FILE}` restores it")
    return check(document.load(path.read_text(encoding="utf-8"), path.name))


def check(raw: object) -> Gates:
    """Turn the plain data of a gates file into `Gates`.

    Raises:
        ParamsError: a key or a value is not allowed.
    """
    top = require_mapping({} if raw is None else raw, FILE)
    _require_known(top, ("modalities", "families", "runs"), FILE)
    known = {"modalities": lookup.names("modalities", "params"), "families": lookup.names("families", "params")}
    layers: dict[str, dict[str, dict[str, dict[str, Any]]]] = {}
    for section, names in known.items():
        entries = _entries(top.get(section), section)
        _require_known(entries, names, section)
        layers[section] = {name: _metrics(metrics, f"{section}.{name}") for name, metrics in entries.items()}
    runs, exempted = {}, {}
    for name, entry in _entries(top.get("runs"), "runs").items():
        own = _entries(entry, f"runs.{name}")
        _require_known(own, ("exempt", "metrics"), f"runs.{name}")
        if "exempt" in own:
            reason = validate(Gate, {"exempt": own["exempt"]}, f"runs.{name}").exempt
            exempted[name] = _require_reason(reason, f"runs.{name}.exempt")
        runs[name] = _metrics(own.get("metrics"), f"runs.{name}.metrics")
    return Gates(layers["modalities"], layers["families"], runs, exempted)


def _require_known(entries: Mapping[str, Any], known: tuple[str, ...] | list[str], path: str) -> None:
    for key in entries:
        if key not in known:
            raise ParamsError(f"{path}: got {key!r}; allowed are: {', '.join(known)}")


def _entries(value: object, path: str) -> dict[str, Any]:
    return {str(key): entry for key, entry in require_mapping({} if value is None else value, path).items()}


def _metrics(value: object, path: str) -> dict[str, dict[str, Any]]:
    gates = {}
    for metric, entry in _entries(value, path).items():
        gate = validate(Gate, entry, f"{path}.{metric}")
        if "exempt" in gate.model_fields_set:
            _require_reason(gate.exempt, f"{path}.{metric}.exempt")
        bound = gate.beside
        if "beside" in gate.model_fields_set and not (
            bound.metric and {bound.least, bound.most, bound.above} != {None}
        ):
            raise ParamsError(f"{path}.{metric}.beside: allowed is a metric with one of: least, most, above")
        gates[metric] = {key: entry[key] for key in gate.model_fields_set}
    return gates


def _require_reason(reason: str | None, path: str) -> str:
    if not reason:
        raise ParamsError(f"{path}: got nothing; allowed is a reason, in a few words")
    return reason


def _complete(merged: dict[str, Any], path: str) -> Gate:
    gate = validate(Gate, merged, path)
    if gate.better is None:
        raise ParamsError(f"{path}: better is missing; allowed is one of: lower, higher, neither")
    if gate.better != "neither" and all(getattr(gate, noise) is None for noise in NOISE):
        raise ParamsError(f"{path}: its noise is missing; allowed is one or more of: {', '.join(NOISE)}")
    return gate
