"""Check results against the gates: non-finite numbers, collapse, and scores worse than another commit's."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from atelier.workflow.results.gate_file import Gate, Gates, find
from atelier.workflow.results.states import State


@dataclass(frozen=True)
class Failure:
    """One reason why a check fails.

    Attributes:
        where: the run or the stage.
        kind: ``missing``, ``stray``, ``not_finite``, ``bound``, ``worse`` or ``output``.
        metric: empty if the failure is not about a metric.
        text: the message, on one line.
    """

    where: str
    kind: str
    metric: str
    text: str

    def __str__(self) -> str:
        return f"{self.where}: {self.text}"


@dataclass
class Report:
    """The result of a check.

    Attributes:
        notes: which numbers were not compared, and why.
        held: how many numbers were checked against a gate.
    """

    failures: list[Failure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    held: int = 0


def check(
    now: State, before: State, gates: Gates, reference: str, runs: Iterable[str] = (), *, complete: bool = True
) -> Report:
    """Check the working tree (`now`) against the gates and against a commit (`before`).

    Args:
        now, before: parameters and metrics; `before` may be empty.
        gates: the limits.
        reference: the name of the commit.
        runs: the runs to check.
        complete: whether a run in `metrics.json` that is not in `runs` is a failure.
    """
    report = Report()
    runs = list(runs)
    for run in runs:
        _check_run(run, now, before, gates, reference, report)
    for run in sorted(set(now.metrics) - set(runs)) if complete else ():
        text = "in metrics.json but not in params.yaml; `dvc repro summarize` writes the file again"
        report.failures.append(Failure(run, "stray", "", text))
    return report


def _check_run(run: str, now: State, before: State, gates: Gates, reference: str, report: Report) -> None:
    numbers = now.metrics.get(run)
    if not numbers:
        report.failures.append(Failure(run, "missing", "", "no metrics; `dvc repro summarize` collects them"))
        return
    invalid = {metric: value for metric, value in numbers.items() if not is_number(value)}
    for metric, value in sorted(invalid.items()):
        report.failures.append(Failure(run, "not_finite", metric, f"{metric} is {value!r}, not a finite number"))
    if run in gates.exempted:
        report.notes.append(f"{run}: exempt: {gates.exempted[run]}")
        return
    own = gates.of_section(run, now.params["runs"][run])
    checked = {}
    for metric in sorted(set(numbers) - set(invalid)):
        gate = find(own, metric)
        if gate and gate.exempt:
            report.notes.append(f"{run}: {metric} is exempt: {gate.exempt}")
        elif gate:
            checked[metric] = gate
            report.failures += [Failure(run, "bound", metric, text) for text in _out_of_bounds(metric, gate, numbers)]
    report.held += len(checked)
    if run not in before.metrics:
        report.notes.append(f"{run}: new: {reference} has no numbers for it")
        return
    if changed := incomparable_sections(run, now.params, before.params):
        report.notes.append(f"{run}: not compared: {reference} has another {', '.join(changed)}")
        return
    earlier = before.metrics[run]
    for metric in sorted(set(earlier) - set(numbers)):
        gate = find(own, metric)
        if gate and not gate.exempt and is_number(earlier[metric]):
            report.failures.append(Failure(run, "missing", metric, f"{metric} is missing; {reference} has it"))
    for metric, gate in checked.items():
        if not is_number(earlier.get(metric)):
            continue
        differing = [path for path in gate.same if _at(now.params, run, path) != _at(before.params, run, path)]
        if differing:
            report.notes.append(f"{run}: {metric} is not compared: {reference} has another {', '.join(differing)}")
        elif text := worse(metric, gate, numbers, earlier, reference):
            report.failures.append(Failure(run, "worse", metric, text))


def is_number(value: object) -> TypeGuard[float]:
    """Return whether a value is a finite number; a bool is an int in Python, but no metric.

    >>> is_number(0.5), is_number(float("nan")), is_number(True), is_number("0.5")
    (True, False, False, False)
    """
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def worse(metric: str, gate: Gate, now: Mapping[str, Any], before: Mapping[str, Any], reference: str) -> str | None:
    """Describe how a metric got worse by more than its noise; None if it did not.

    >>> gate = Gate(better="lower", relative=0.25)
    >>> worse("fd", gate, {"fd": 9.1}, {"fd": 5.2}, "main")
    "fd 9.1 is worse than main's 5.2 by more than 25 %"
    >>> worse("fd", gate, {"fd": 6.4}, {"fd": 5.2}, "main")
    """
    if gate.better == "neither":
        return None
    amount, words = noise(metric, gate, now, before)
    change = now[metric] - before[metric]
    if (change if gate.better == "lower" else -change) <= amount:
        return None
    return f"{metric} {now[metric]:.4g} is worse than {reference}'s {before[metric]:.4g} by more than {words}"


def noise(metric: str, gate: Gate, now: Mapping[str, Any], before: Mapping[str, Any]) -> tuple[float, str]:
    """Return how far a metric changes by chance, and the same in words; of several measures the largest counts.

    `deviations` multiplies the standard deviation that the run itself measured (``kid_std``), `errors` the standard
    error of a share of N samples, √(p(1−p)/N); both combine the two sides.

    >>> noise("recall", Gate(better="higher", errors=4.0), {"recall": 0.5, "samples": 100}, {"recall": 0.5})
    (0.2, '4 standard errors (0.2)')
    """
    measures = [(0.0, "nothing")]
    if gate.relative is not None:
        measures.append((gate.relative * abs(before[metric]), f"{100 * gate.relative:g} %"))
    if gate.absolute is not None:
        measures.append((gate.absolute, f"{gate.absolute:g}"))
    if gate.deviations is not None:
        spread = gate.deviations * math.hypot(*(side.get(f"{metric}_std", 0.0) for side in (now, before)))
        measures.append((spread, f"{gate.deviations:g} standard deviations ({spread:.2g})"))
    if gate.errors is not None:
        spread = gate.errors * math.hypot(*(_standard_error(metric, side) for side in (now, before)))
        measures.append((spread, f"{gate.errors:g} standard errors ({spread:.2g})"))
    return max(measures)


def _standard_error(metric: str, numbers: Mapping[str, Any]) -> float:
    share, count = min(1.0, max(0.0, numbers[metric])), numbers.get("samples", 0)
    return math.sqrt(share * (1 - share) / count) if count else 0.0


def _out_of_bounds(metric: str, gate: Gate, numbers: Mapping[str, Any]) -> list[str]:
    """Return a line for each bound that a metric exceeds."""
    value, bound = numbers[metric], gate.beside
    found = []
    if gate.least is not None and value < gate.least:
        found.append(f"{metric} {value:.4g} is below {gate.least:g}, the least allowed")
    if gate.most is not None and value > gate.most:
        found.append(f"{metric} {value:.4g} is above {gate.most:g}, the most allowed")
    if not bound.metric:
        return found
    other = numbers.get(bound.metric)
    if other is None or not is_number(other):
        return [*found, f"{metric} {value:.4g} cannot be checked: {bound.metric} is not a number"]
    for factor, word, sign in ((bound.least, "below", -1), (bound.most, "above", 1)):
        if factor is not None and sign * (value - factor * other) > 0:
            times = "" if factor == 1 else f"{factor:g} × "
            found.append(f"{metric} {value:.4g} is {word} {times}{bound.metric}, {factor * other:.4g}")
    if bound.above is not None and value > other + bound.above:
        found.append(f"{metric} {value:.4g} is above {bound.metric} + {bound.above:g}, {other + bound.above:.4g}")
    return found


def incomparable_sections(run: str, now: Mapping[str, Any], before: Mapping[str, Any]) -> list[str]:
    """Return which of data, judge and evaluation differ, so that the metrics of a run cannot be compared."""

    def sections(params: Mapping[str, Any]) -> dict[str, Any]:
        own = params.get("runs", {}).get(run, {})
        dataset = own.get("dataset")
        prepared, judge = (params.get(section, {}).get(dataset, {}) for section in ("datasets", "judges"))
        # Earlier parameters had source and embedded in the section of the dataset.
        raw = params.get("downloads", {}).get(dataset, prepared)
        return {
            "dataset": (prepared.get("prepare"), raw.get("source"), raw.get("embedded")),
            "judge": (judge.get("train"), judge.get("gauge")),
            "evaluation": own.get("evaluate"),
        }

    present, earlier = sections(now), sections(before)
    return [name for name, section in present.items() if section != earlier[name]]


def _at(params: Mapping[str, Any], run: str, path: str) -> Any:
    value: Any = params.get("runs", {}).get(run, {})
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
