"""Hold results against the gates: numbers that are none, collapse, and scores worse than another commit's.

Pure functions on plain data; where the data come from, others say.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from atelier.repository.gate_file import Gate, Gates, find

Metrics = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class State:
    """A commit's or the working tree's numbers, and the parameters that they come from.

    Attributes:
        metrics: for each run its metrics, as `metrics.json` holds them.
        params: the plain data of `params.yaml`.
    """

    metrics: Metrics
    params: Mapping[str, Any]


@dataclass(frozen=True)
class Failure:
    """One thing that does not hold.

    Attributes:
        where: the run or the stage.
        kind: ``missing``, ``stray``, ``not_finite``, ``bound``, ``worse`` or ``output``.
        metric: empty where it is about no metric.
        text: what came and what is allowed, on one line.
    """

    where: str
    kind: str
    metric: str
    text: str

    def __str__(self) -> str:
        return f"{self.where}: {self.text}"


@dataclass
class Verdict:
    """What came out: failures, what could not be compared and why, and how many numbers were held against a gate."""

    failures: list[Failure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    held: int = 0


def check(
    now: State, before: State | None, gates: Gates, than: str, runs: Iterable[str] = (), *, whole: bool = True
) -> Verdict:
    """Hold the present numbers against the gates, and against those of another commit.

    Args:
        now: the working tree.
        before: the other commit; None where it has no numbers.
        gates: what they have to hold.
        than: what the other commit is called.
        runs: the runs to look at.
        whole: these are all runs there are, so that one in the metrics beyond them is a stray.

    Raises:
        ParamsError: the gates of a run are not whole.
    """
    verdict = Verdict()
    runs = list(runs)
    for run in runs:
        _check_run(run, now, before, gates, than, verdict)
    for run in sorted(set(now.metrics) - set(runs)) if whole else ():
        text = "is in metrics.json but not in params.yaml; `dvc repro summarize` writes it anew"
        verdict.failures.append(Failure(run, "stray", "", text))
    return verdict


def _check_run(run: str, now: State, before: State | None, gates: Gates, than: str, verdict: Verdict) -> None:
    numbers = now.metrics.get(run)
    if not numbers:
        verdict.failures.append(Failure(run, "missing", "", "no metrics; `dvc repro summarize` gathers them"))
        return
    broken = {metric: value for metric, value in numbers.items() if not is_number(value)}
    for metric, value in sorted(broken.items()):
        verdict.failures.append(Failure(run, "not_finite", metric, f"{metric} is {value!r}, not a finite number"))
    if run in gates.exempted:
        verdict.notes.append(f"{run}: exempt: {gates.exempted[run]}")
        return
    of = now.params["runs"][run]
    own = gates.of(run, of["modality"], of["family"])
    held = {metric: gate for metric in sorted(set(numbers) - set(broken)) if (gate := find(own, metric))}
    for metric, gate in held.items():
        if gate.exempt:
            verdict.notes.append(f"{run}: {metric} is exempt: {gate.exempt}")
            continue
        verdict.held += 1
        for text in _beyond(metric, gate, numbers):
            verdict.failures.append(Failure(run, "bound", metric, text))
    obstacle = _incomparable(run, now, before, than)
    if before is None or obstacle:
        verdict.notes.append(f"{run}: {obstacle}")
        return
    earlier = before.metrics[run]
    for metric in sorted(set(earlier) - set(numbers)):
        gate = find(own, metric)
        if gate and not gate.exempt and is_number(earlier[metric]):
            verdict.failures.append(Failure(run, "missing", metric, f"{metric} is gone; {than} has it"))
    for metric, gate in held.items():
        if gate.exempt or not is_number(earlier.get(metric)):
            continue
        differing = [path for path in gate.same if _at(now.params, run, path) != _at(before.params, run, path)]
        if differing:
            verdict.notes.append(f"{run}: {metric} is not compared, since {', '.join(differing)} differs from {than}'s")
            continue
        fault = worse(metric, gate, numbers, earlier, than)
        if fault:
            verdict.failures.append(Failure(run, "worse", metric, fault))


def is_number(value: object) -> bool:
    """Whether a value is a finite number; a bool is an int in Python, but no metric.

    >>> is_number(0.5), is_number(float("nan")), is_number(True), is_number("0.5")
    (True, False, False, False)
    """
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def worse(metric: str, gate: Gate, now: Mapping[str, Any], before: Mapping[str, Any], than: str) -> str | None:
    """Why a metric is worse than it was by more than its noise; None where it is not.

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
    return f"{metric} {now[metric]:.4g} is worse than {than}'s {before[metric]:.4g} by more than {words}"


def noise(metric: str, gate: Gate, now: Mapping[str, Any], before: Mapping[str, Any]) -> tuple[float, str]:
    """How far a metric moves by chance, by the most generous of its gate's measures, and that measure in words.

    `deviations` counts the spread that the run itself measured (``kid_std``), `errors` the standard errors of a share
    of N samples, both of the two sides together.

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


def _beyond(metric: str, gate: Gate, numbers: Mapping[str, Any]) -> list[str]:
    """A line for each bound that a metric is beyond."""
    value, beside = numbers[metric], gate.beside
    found = []
    if gate.least is not None and value < gate.least:
        found.append(f"{metric} {value:.4g} is below {gate.least:g}, the least")
    if gate.most is not None and value > gate.most:
        found.append(f"{metric} {value:.4g} is above {gate.most:g}, the most")
    if not beside.metric:
        return found
    other = numbers.get(beside.metric)
    if not is_number(other) or other is None:
        return [*found, f"{metric} {value:.4g} has no {beside.metric} beside it that is a number"]
    for times, word, beyond in ((beside.least, "below", -1), (beside.most, "above", 1)):
        if times is not None and beyond * (value - times * other) > 0:
            factor = "" if times == 1 else f"{times:g} × "
            found.append(f"{metric} {value:.4g} is {word} {factor}{beside.metric}, {times * other:.4g}")
    if beside.above is not None and value > other + beside.above:
        found.append(f"{metric} {value:.4g} is above {beside.metric} + {beside.above:g}, {other + beside.above:.4g}")
    return found


def _incomparable(run: str, now: State, before: State | None, than: str) -> str:
    """Why a run's numbers do not compare with the other commit's; empty where they do."""
    if before is None or run not in before.metrics:
        return f"new: {than} has no numbers of it to compare with"
    changed = incomparable_sections(run, now.params, before.params)
    return f"not compared with {than}: another {', '.join(changed)}" if changed else ""


def incomparable_sections(run: str, now: Mapping[str, Any], before: Mapping[str, Any]) -> list[str]:
    """What differs of that which numbers of a run compare within: its data, its judge, and how it is measured."""

    def parts(params: Mapping[str, Any]) -> dict[str, Any]:
        of = params.get("runs", {}).get(run, {})
        dataset = of.get("dataset")
        return {
            "dataset": params.get("datasets", {}).get(dataset),
            "judge": params.get("judges", {}).get(dataset),
            "evaluation": of.get("evaluate"),
        }

    present, earlier = parts(now), parts(before)
    return [name for name, section in present.items() if section != earlier[name]]


def _at(params: Mapping[str, Any], run: str, path: str) -> Any:
    value: Any = params.get("runs", {}).get(run, {})
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
