"""`gates.yaml`: the limits of each metric, validated strictly.

The gates of a family override those of its modality, and the gates of a run override both, key by key.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from atelier.core import lookup, similar
from atelier.params import document, file
from atelier.params.strict import ParamsError, Strict, require_mapping, validate

FILE = "gates.yaml"
NOISE = ("relative", "absolute", "deviations", "errors")

Amount = Annotated[float, Field(ge=0)]
Reason = Annotated[str, Field(min_length=1)]
Layer = dict[str, dict[str, Any]]


class RelativeBound(Strict):
    """Bounds from another metric of the same run: `least` and `most` are factors of it, `above` is added to it."""

    metric: str = ""
    least: Amount | None = None
    most: Amount | None = None
    above: Amount | None = None


class Gate(Strict):
    """The limits of one metric. Every key is optional, because several layers are merged into a gate."""

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
    """The gates of every layer, as validated plain data.

    Attributes:
        modalities, families, runs: the gates of each name, by metric.
        exempted: runs that are not checked, each with the reason.
    """

    modalities: dict[str, Layer]
    families: dict[str, Layer]
    runs: dict[str, Layer]
    exempted: dict[str, str]

    def of(self, run: str, modality: str, family: str) -> dict[str, Gate]:
        """Return the gates of a run, by metric or by pattern of metrics (``flip_rate_*``).

        Raises:
            ParamsError: a merged gate has no direction, or a direction without noise.
        """
        merged: Layer = {}
        for layer in (self.modalities.get(modality, {}), self.families.get(family, {}), self.runs.get(run, {})):
            for metric, gate in layer.items():
                merged[metric] = merged.get(metric, {}) | gate
        return {metric: _complete(gate, run, metric, set(merged) - {metric}) for metric, gate in merged.items()}

    def of_section(self, run: str, section: Mapping[str, Any]) -> dict[str, Gate]:
        """Return the gates of a run, given its section of `params.yaml`."""
        family = str(section.get("family", ""))
        known = family in lookup.names("families", "params")
        return self.of(run, file.modality(family) if known else "", family)


def find(gates: Mapping[str, Gate], metric: str) -> Gate | None:
    """Return the gate of a metric: its own, else the first whose pattern matches."""
    return gates.get(metric) or next((gate for name, gate in gates.items() if fnmatchcase(metric, name)), None)


def read(path: Path) -> Gates:
    """Read and validate the gates; raises as `check` does, or `ValueError` if the file is missing."""
    if not path.is_file():
        raise ValueError(f"{path} is missing; `git checkout {FILE}` restores it")
    return check(document.read(path, path.name))


def check(raw: object) -> Gates:
    """Turn the plain data of `gates.yaml` into `Gates`; an unknown key or a wrong value is a `ParamsError`."""
    top = _entries(raw, FILE, ("modalities", "families", "runs"))
    layers: dict[str, dict[str, Layer]] = {}
    for section in ("modalities", "families"):
        entries = _entries(top.get(section), section, lookup.names(section, "params"))
        layers[section] = {name: _metrics(metrics, f"{section}.{name}") for name, metrics in entries.items()}
    runs, exempted = {}, {}
    for name, entry in _entries(top.get("runs"), "runs").items():
        own = _entries(entry, f"runs.{name}", ("exempt", "metrics"))
        if "exempt" in own:
            exempted[name] = str(_gate({"exempt": own["exempt"]}, f"runs.{name}").exempt)
        runs[name] = _metrics(own.get("metrics"), f"runs.{name}.metrics")
    return Gates(layers["modalities"], layers["families"], runs, exempted)


def _entries(value: object, path: str, known: Collection[str] | None = None) -> dict[str, Any]:
    entries = {str(key): entry for key, entry in require_mapping({} if value is None else value, path).items()}
    for key in entries:
        if known is not None and key not in known:
            hint = similar.suggestion(key, known)
            raise ParamsError(f"{path}: got {key!r}; allowed are: {', '.join(known)}{hint}")
    return entries


def _metrics(value: object, path: str) -> Layer:
    gates = {}
    for metric, entry in _entries(value, path).items():
        gates[metric] = {key: entry[key] for key in _gate(entry, f"{path}.{metric}").model_fields_set}
    return gates


def _gate(entry: object, path: str) -> Gate:
    gate = validate(Gate, entry, path)
    if "exempt" in gate.model_fields_set and gate.exempt is None:
        raise ParamsError(f"{path}.exempt: got nothing; allowed is a reason, in a few words")
    bound = gate.beside
    has_bound = bound.metric and {bound.least, bound.most, bound.above} != {None}
    if "beside" in gate.model_fields_set and not has_bound:
        raise ParamsError(f"{path}.beside: allowed is a metric with one of: least, most, above")
    return gate


def _complete(merged: dict[str, Any], run: str, metric: str, others: Collection[str]) -> Gate:
    path = f"{FILE}: {metric} of {run}"
    gate = validate(Gate, merged, path)
    if gate.better is None:
        # A mistyped metric of a run has nothing to add to.
        hint = similar.suggestion(metric, others)
        raise ParamsError(f"{path}: better is missing; allowed is one of: lower, higher, neither{hint}")
    if gate.better != "neither" and all(getattr(gate, noise) is None for noise in NOISE):
        raise ParamsError(f"{path}: its noise is missing; allowed is one or more of: {', '.join(NOISE)}")
    return gate
