"""Compare the working tree with another commit: parameters, metrics, and the stages whose outputs differ.

`comparison_markdown` and `atelier compare` display the result.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from atelier.params import profiles
from atelier.workflow.results.gate_file import Gate, Gates, find
from atelier.workflow.results.gates import incomparable_sections, is_number, noise, worse
from atelier.workflow.results.states import State
from atelier.workflow.versions.lock_file import Out

# Relative differences below this come from the machine: the order of sums, another instruction set.
SAME = 1e-6
MARKS = {
    "better": "▲ better",
    "worse": "▼ worse",
    "noise": "≈ within noise",
    "incomparable": "not comparable",
}


@dataclass(frozen=True)
class Row:
    """One metric on both sides.

    Attributes:
        before, after: the values, which may be of any type; None on a side without this metric.
        change: ``better``, ``worse``, ``noise`` (within the noise), ``moved`` (neither direction is better), ``same``,
            ``new``, ``removed`` or ``incomparable``.
        noise: how far the metric changes by chance, in words; empty if unknown.
    """

    metric: str
    before: Any
    after: Any
    change: str
    noise: str = ""


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
        reference: the name of the other commit.
        params: key, value before and value after, for each changed value of `params.yaml`.
        metrics: for each run, the metrics that differ.
        notes: for a run, why its metrics cannot be compared, and how its machine differs.
        stages: for each stage whose outputs differ, ``changed``, ``added`` or ``removed``.
        equal: how many metrics are the same on both sides.
        commit: the hash of the other commit.
    """

    reference: str
    params: list[tuple[str, Any, Any]]
    metrics: dict[str, list[Row]]
    notes: dict[str, str]
    stages: dict[str, str]
    equal: int = 0
    commit: str = ""

    @property
    def label(self) -> str:
        """The name of the other commit and, because a branch moves, its hash."""
        named = self.commit.startswith(self.reference)
        return self.reference if named or not self.commit else f"{self.reference} ({self.commit[:7]})"

    @property
    def verdict(self) -> str:
        """A sentence that says that all metrics are the same; empty if any differs or there is none."""
        same = self.equal and not self.metrics
        return f"All {self.equal} numbers in metrics.json are the same as those of {self.reference}." if same else ""

    def noted(self, notes: Mapping[str, str]) -> "Comparison":
        """Return the comparison with more notes, by run."""
        runs = dict.fromkeys([*self.notes, *notes])
        return replace(self, notes={run: f"{self.notes.get(run, '')} {notes.get(run, '')}".strip() for run in runs})

    def tables(self) -> Iterator[Table]:
        """Yield a table of the parameters, one of the metrics of each run, and one of the stages, if they differ."""
        if self.params:
            yield Table("Parameters", ("parameter", self.reference, "now"), self.params)
        for run, found in self.metrics.items():
            rows = [(r.metric, r.before, r.after, MARKS.get(r.change, r.change), r.noise) for r in found]
            yield Table(run, ("metric", self.reference, "now", "", "noise"), rows, self.notes.get(run, ""))
        if self.stages:
            head = ("stage", f"compared with {self.reference}")
            yield Table(f"Outputs that differ from {self.label}", head, list(self.stages.items()))


def compare(
    now: State,
    before: State,
    gates: Gates,
    reference: str,
    outs: Mapping[str, Mapping[str, Out]],
    earlier: Mapping[str, Mapping[str, Out]],
    commit: str = "",
) -> Comparison:
    """Compare the working tree (`now`, `outs`) with a `commit` (`before`, `earlier`) of the name `reference`.

    Gates say which direction of a metric is better, and how far it changes by chance. `outs` and `earlier` are the
    outputs of each stage.
    """
    metrics, notes, equal = {}, {}, 0
    for run in dict.fromkeys([*now.metrics, *before.metrics]):
        sections = incomparable_sections(run, now.params, before.params)
        if run in now.metrics and run in before.metrics and sections:
            notes[run] = f"Its metrics cannot be compared: another {', '.join(sections)}."
        section = now.params.get("runs", {}).get(run) or before.params.get("runs", {}).get(run)
        own = gates.of_section(run, section) if section else {}
        sides = now.metrics.get(run, {}), before.metrics.get(run, {})
        names = dict.fromkeys([*sides[0], *sides[1]])
        rows = [_row(metric, *sides, find(own, metric), not sections) for metric in names]
        if found := [row for row in rows if row.change != "same"]:
            metrics[run] = found
        equal += len(rows) - len(found)
    params, stages = _changed_params(before.params, now.params), _changed_stages(outs, earlier)
    return Comparison(reference, params, metrics, notes, stages, equal, commit)


def _row(metric: str, now: Mapping[str, Any], before: Mapping[str, Any], gate: Gate | None, comparable: bool) -> Row:
    after, earlier = now.get(metric), before.get(metric)
    if after == earlier or (is_number(after) and is_number(earlier) and math.isclose(after, earlier, rel_tol=SAME)):
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
    """List the changed values; a whole entry (a run, a dataset, …) is ``present`` or None."""

    def shown(value: Any) -> Any:
        return "present" if isinstance(value, Mapping) else value

    return [(".".join(c.path), shown(c.before), shown(c.after)) for c in profiles.compare(before, after)]


def _changed_stages(now: Mapping[str, Mapping[str, Out]], before: Mapping[str, Mapping[str, Out]]) -> dict[str, str]:
    return {
        stage: "added" if stage not in before else "removed" if stage not in now else "changed"
        for stage in dict.fromkeys([*now, *before])
        if now.get(stage) != before.get(stage)
    }
