"""The gauge of a judge: what real data and damaged data score, which every score of a model is compared with."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atelier.report import glossary, summary
from atelier.report.numbers import number
from atelier.report.sources import read_mapping

REAL = "floor"
# Damaged data whose share of the real score is at least this are as good as real data for a metric.
AS_GOOD = 0.9
# What these metrics ask of each example holds for data that are real but incomplete.
OF_SINGLE_EXAMPLES = ("precision", "density")


@dataclass(frozen=True)
class Gauge:
    """The scores of real data (`floor`) and of each kind of damaged data, with N = `samples`."""

    samples: int | None
    rows: dict[str, dict[str, float]]

    @classmethod
    def of(cls, judge: Mapping[str, Any]) -> "Gauge":
        """Take the gauge from the content of `judge.json`; it may have none."""
        return cls(judge.get("samples"), judge.get("gauge") or {})

    @classmethod
    def read(cls, path: Path, stage: str) -> "Gauge":
        """Read the gauge of `judge.json`; the ValueError for a file of another form names it."""
        judge = read_mapping(path, stage)
        summary.check(judge.get("gauge") or {}, f"{path}: gauge")
        summary.check({"class_accuracy": judge.get("class_accuracy") or {}}, str(path))
        return cls.of(judge)

    @property
    def damages(self) -> list[str]:
        return [name for name in self.rows if name != REAL]

    @property
    def worst(self) -> str | None:
        """The damage with the largest FD, which is the end of the scale; None without a gauge."""
        known = [name for name in self.damages if "fd" in self.rows[name]]
        return max(known, key=lambda name: self.rows[name]["fd"], default=None)

    def scores(self, metric: str) -> dict[str, float]:
        """Return what real data, and then each kind of damaged data, score."""
        names = [REAL, *self.damages]
        return {name: self.rows[name][metric] for name in names if metric in self.rows.get(name, {})}

    def ticks(self) -> list[tuple[str, float]]:
        """Return the place of each damage but the worst between the floor (0) and the worst (1), nearest first."""
        scores = self.scores("fd")
        if self.worst is None or REAL not in scores or scores[self.worst] <= scores[REAL]:
            return []
        low, high = scores[REAL], scores[self.worst]
        places = {name: (fd - low) / (high - low) for name, fd in scores.items() if name not in (REAL, self.worst)}
        shown = [(glossary.damage(name).label, min(1.0, max(0.0, place))) for name, place in places.items()]
        return sorted(shown, key=lambda tick: tick[1])

    def warning(self, metric: str, value: float) -> str:
        """Say which damaged data score better than the model, and whether the metric notices their damage at all.

        >>> rows = {"floor": {"precision": 0.98}, "noise": {"precision": 0.95}, "blur": {"precision": 0.2}}
        >>> Gauge(500, rows).warning("precision", 0.91)
        'On these data, noise (0.950) scores higher than the model: this number says little here.'
        >>> Gauge(500, rows).warning("precision", 0.97)
        'On these data, noise (0.950) scores almost like real data: this number says little here.'
        >>> Gauge(500, {"floor": {"fd": 1.0}, "blur": {"fd": 9.0}}).warning("fd", 12.5)
        'On these data, blur (9) is closer to real data than the model.'
        """
        better, scores = glossary.term(metric).better, self.scores(metric)
        if better == "neither":
            return ""
        real = scores.pop(REAL, None)
        damaged = {
            name: score
            for name, score in scores.items()
            if not (metric in OF_SINGLE_EXAMPLES and glossary.damage(name).of_real_examples)
        }
        lower = better == "lower"
        ahead = {name: score for name, score in damaged.items() if (score < value if lower else score > value)}
        if lower:
            return f"On these data, {_listed(ahead)} closer to real data than the model." if ahead else ""
        unnoticed = {
            name: score
            for name, score in damaged.items()
            if real is not None and score >= AS_GOOD * real and not glossary.damage(name).of_real_examples
        }
        little = ": this number says little here" if unnoticed else ""
        if ahead:
            return f"On these data, {_listed(ahead, 'scores', 'score')} higher than the model{little}."
        if unnoticed:
            return f"On these data, {_listed(unnoticed, 'scores', 'score')} almost like real data{little}."
        return ""


def _listed(scores: Mapping[str, float], one: str = "is", several: str = "are") -> str:
    """Return the damages with their scores and a verb: ``blur (0.924) and noise (0.954) score``."""
    named = [f"{glossary.damage(name).label} ({number(score)})" for name, score in scores.items()]
    text = " and ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)
    return f"{text} {one if len(named) == 1 else several}"
