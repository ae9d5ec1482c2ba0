"""The working tree compared with another commit: parameters, numbers, and the stages whose outputs differ.

Plain data in, plain data out; `comparison_markdown` and `atelier compare` display them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from atelier.params import profiles
from atelier.workflow.results.gate_file import Gate, Gates, find
from atelier.workflow.results.gates import incomparable_sections, is_number, noise, worse
from atelier.workflow.results.states import State
from atelier.workflow.versions.lock_file import Out

MARKS = {
    "better": "▲ better",
    "worse": "▼ worse",
    "noise": "≈ within noise",
    "same": "=",
    "incomparable": "not comparable",
}


@dataclass(frozen=True)
class Row:
    """One metric of both sides.

    Attributes:
        before, after: the values; None where a side lacks it. A value that is no number is kept, to be displayed.
        change: ``better``, ``worse``, ``noise`` (within the noise), ``moved`` (neither direction is better), ``same``,
            ``new``, ``removed`` or ``incomparable``.
        noise: how far the metric changes by chance, in words; empty if unknown.
    """

    metric: str
    before: Any
    after: Any
    change: str
    noise: str = ""

    @property
    def mark(self) -> str:
        """The change in a word.

        >>> Row("fd", 9.0, 5.0, "better").mark, Row("fd", None, 5.0, "new").mark
        ('▲ better', 'new')
        """
        return MARKS.get(self.change, self.change)


class Table(NamedTuple):
    """A table to display, with a note below its title."""

    title: str
    head: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]
    note: str = ""


@dataclass(frozen=True)
class Comparison:
    """Everything that differs.

    Attributes:
        than: the name of the other commit.
        params: each changed value of `params.yaml`: its key, the value before and after.
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

    def tables(self) -> Iterator[Table]:
        """Yield what differs as tables: parameters, the metrics of each run, stages."""
        if self.params:
            yield Table("Parameters", ("parameter", self.than, "now"), self.params)
        for run, found in self.metrics.items():
            rows = [(row.metric, row.before, row.after, row.mark, row.noise) for row in found]
            yield Table(run, ("metric", self.than, "now", "", "noise"), rows, self.notes.get(run, ""))
        if self.stages:
            yield Table("Outputs that differ", ("stage", ""), list(self.stages.items()))


def compare(
    now: State,
    before: State,
    gates: Gates,
    than: str,
    outs: Mapping[str, Mapping[str, Out]],
    earlier: Mapping[str, Mapping[str, Out]],
) -> Comparison:
    """Compare two states.

    Args:
        now: the working tree.
        before: the other commit.
        gates: for each metric, which direction is better, and how far it changes by chance.
        than: the name of the other commit.
        outs, earlier: for each stage what it wrote, now and at the other commit.
    """
    metrics, notes = {}, {}
    for run in dict.fromkeys([*now.metrics, *before.metrics]):
        sections = incomparable_sections(run, now.params, before.params)
        if run in now.metrics and run in before.metrics and sections:
            notes[run] = f"Its numbers do not compare: another {', '.join(sections)}."
        section = now.params.get("runs", {}).get(run) or before.params.get("runs", {}).get(run)
        own = gates.of_section(run, section) if section else {}
        sides = now.metrics.get(run, {}), before.metrics.get(run, {})
        rows = [
            _row(metric, *sides, find(own, metric), not sections) for metric in dict.fromkeys([*sides[0], *sides[1]])
        ]
        if found := [row for row in rows if row.change != "same"]:
            metrics[run] = found
    return Comparison(than, _changed_params(before.params, now.params), metrics, notes, _changed_stages(outs, earlier))


def _row(metric: str, now: Mapping[str, Any], before: Mapping[str, Any], gate: Gate | None, comparable: bool) -> Row:
    after, earlier = now.get(metric), before.get(metric)
    if after == earlier:
        return Row(metric, earlier, after, "same")
    if earlier is None or after is None:
        return Row(metric, earlier, after, "new" if earlier is None else "removed")
    if not comparable or not (is_number(after) and is_number(earlier)):
        return Row(metric, earlier, after, "incomparable")
    if gate is None or gate.better == "neither":
        return Row(metric, earlier, after, "moved")
    amount, words = noise(metric, gate, now, before)
    if abs(after - earlier) <= amount:
        return Row(metric, earlier, after, "noise", words)
    return Row(metric, earlier, after, "worse" if worse(metric, gate, now, before, "") else "better", words)


def _changed_params(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """Return each changed value; of whole entries (a run, a dataset, …) only that they were added or removed."""

    def shown(value: Any) -> Any:
        return "present" if isinstance(value, Mapping) else value

    return [
        (".".join(change.path), *map(shown, (change.before, change.after)))
        for change in profiles.compare(before, after)
    ]


def _changed_stages(now: Mapping[str, Mapping[str, Out]], before: Mapping[str, Mapping[str, Out]]) -> dict[str, str]:
    changed = {}
    for stage in dict.fromkeys([*now, *before]):
        if stage not in before:
            changed[stage] = "added"
        elif stage not in now:
            changed[stage] = "removed"
        elif now[stage] != before[stage]:
            changed[stage] = "changed"
    return changed
