"""The working tree beside another commit: parameters, numbers, and the stages whose outputs differ.

Plain data in, plain data out; `comparison_markdown` and the terminal's tables show them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from atelier.params import profiles
from atelier.repository.gate_file import Gate, Gates, find
from atelier.repository.gates import State, incomparable_sections, is_number, noise, worse

MARKS = {"better": "▲ better", "worse": "▼ worse", "noise": "≈ within noise", "moved": "moved", "same": "="}


@dataclass(frozen=True)
class Row:
    """One metric of both sides.

    Attributes:
        before, after: None where a side lacks it; a value that is no number is kept, to be shown.
        verdict: ``better``, ``worse``, ``noise`` (less than it moves by chance), ``moved`` (neither way is better),
            ``same``, ``new``, ``gone`` or ``other`` (not comparable).
        noise: how far it moves by chance, in words; empty where nobody said.
    """

    metric: str
    before: Any
    after: Any
    verdict: str
    noise: str = ""


@dataclass(frozen=True)
class Comparison:
    """Everything that differs.

    Attributes:
        than: what the other commit is called.
        params: each changed leaf of `params.yaml`, with its values.
        metrics: for each run its rows, without those that are equal.
        notes: for a run, why its numbers do not compare.
        stages: each stage whose outputs differ, with ``changed``, ``added`` or ``removed``.
    """

    than: str
    params: list[tuple[str, Any, Any]]
    metrics: dict[str, list[Row]]
    notes: dict[str, str]
    stages: dict[str, str]

    @property
    def empty(self) -> bool:
        return not (self.params or self.metrics or self.stages)


def compare(
    now: State,
    before: State,
    gates: Gates,
    than: str,
    outputs: Mapping[str, Mapping[str, str]],
    earlier: Mapping[str, Mapping[str, str]],
) -> Comparison:
    """Put two states side by side.

    Args:
        now: the working tree.
        before: the other commit.
        gates: which way each metric is better, and how far it moves by chance.
        than: what the other commit is called.
        outputs, earlier: the digest of every output of every stage, of the two.
    """
    metrics, notes = {}, {}
    for run in [*now.metrics, *(run for run in before.metrics if run not in now.metrics)]:
        sections = incomparable_sections(run, now.params, before.params)
        both = run in now.metrics and run in before.metrics
        if both and sections:
            notes[run] = f"Its numbers do not compare: another {', '.join(sections)}."
        found = _rows(
            now.metrics.get(run, {}), before.metrics.get(run, {}), _gates(run, now, before, gates), not sections
        )
        if found:
            metrics[run] = found
    return Comparison(than, _leaves(before.params, now.params), metrics, notes, _stages(outputs, earlier))


def _gates(run: str, now: State, before: State, gates: Gates) -> dict[str, Gate]:
    of = now.params.get("runs", {}).get(run) or before.params.get("runs", {}).get(run)
    return {} if of is None else gates.of(run, str(of.get("modality", "")), str(of.get("family", "")))


def _rows(now: Mapping[str, Any], before: Mapping[str, Any], gates: Mapping[str, Gate], comparable: bool) -> list[Row]:
    rows = []
    for metric in [*now, *(metric for metric in before if metric not in now)]:
        row = _row(metric, now, before, find(gates, metric), comparable)
        if row.verdict != "same":
            rows.append(row)
    return rows


def _row(metric: str, now: Mapping[str, Any], before: Mapping[str, Any], gate: Gate | None, comparable: bool) -> Row:
    after, earlier = now.get(metric), before.get(metric)
    if after == earlier:
        return Row(metric, earlier, after, "same")
    if earlier is None or after is None:
        return Row(metric, earlier, after, "new" if earlier is None else "gone")
    if not comparable or not (is_number(after) and is_number(earlier)):
        return Row(metric, earlier, after, "other")
    if gate is None or gate.better == "neither":
        return Row(metric, earlier, after, "moved")
    amount, words = noise(metric, gate, now, before)
    if abs(after - earlier) <= amount:
        return Row(metric, earlier, after, "noise", words)
    return Row(metric, earlier, after, "worse" if worse(metric, gate, now, before, "") else "better", words)


def _leaves(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """Each changed leaf; of whole entries of datasets, judges, runs and edits, only that they came or went."""
    leaves = []
    for change in profiles.compare(before, after):
        sides = change.before, change.after
        if change.kind == "removed":
            sides = ("there" if isinstance(change.before, Mapping) else change.before), None
        elif change.kind == "added":
            sides = None, ("there" if isinstance(change.after, Mapping) else change.after)
        leaves.append((".".join(change.path), *sides))
    return leaves


def _stages(now: Mapping[str, Mapping[str, str]], before: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    changed = {}
    for stage in [*now, *(stage for stage in before if stage not in now)]:
        if stage not in before:
            changed[stage] = "added"
        elif stage not in now:
            changed[stage] = "removed"
        elif now[stage] != before[stage]:
            changed[stage] = "changed"
    return changed
