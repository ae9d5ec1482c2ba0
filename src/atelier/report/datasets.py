"""What the page shows of a dataset and of its judge."""

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from atelier.core.spec import SPLITS
from atelier.params.file import Params
from atelier.report import classes, curves, exhibits, glossary, numbers
from atelier.report.gauge import REAL, Gauge
from atelier.report.origins import origin
from atelier.report.sources import Sources, read_history, read_mapping, read_spec

# Keys of `spec.json` that are not shown as facts; `source` becomes a badge, and `statistics` facts of their own.
NOT_SHOWN = ("name", "sha256", "source", "value_range", "statistics")
# Names of a judge's facts, where the key would be unclear.
FACTS = {"samples": "N of the gauge"}
# What a judge predicts, by `judges.NAME.labels`.
LABELS = {
    "classes": "the class",
    "attributes": "each attribute",
    "rotations": "by how many quarter turns an image was rotated",
    "shuffled": "whether the sentences of a text were shuffled",
}
# What its accuracies are listed by.
BY = {"rotations": "rotation", "shuffled": "order of the sentences"}


def view(sources: Sources, name: str, params: Params) -> dict[str, Any]:
    """Return what `dataset.html.j2` shows of a dataset."""
    prepared = sources.prepared / name
    spec = read_spec(prepared / "spec.json", f"prepare@{name}")
    shown = {key: value for key, value in spec.items() if key not in NOT_SHOWN and value not in ([], {}, None, "", 0)}
    return {
        "name": name,
        "origin": origin(spec),
        "facts": [
            *((glossary.humanise(key), _fact(key, value)) for key, value in shown.items()),
            *_statistics(spec.get("statistics") or {}),
        ],
        "pictures": exhibits.read(prepared, f"prepare@{name}"),
        "judge": _judge(sources.judges / name, spec, f"judge@{name}", params.judges[name])
        if name in params.judges
        else None,
    }


def _judge(directory: Path, spec: dict[str, Any], stage: str, params: Any) -> dict[str, Any]:
    judge = read_mapping(directory / "judge.json", stage)
    gauge = Gauge.read(directory / "judge.json", stage)
    present = {metric for row in gauge.rows.values() for metric in row}
    columns = sorted(present - glossary.companions(present), key=glossary.order)
    accuracies: dict[str, float] = judge.get("class_accuracy") or {}
    history = directory / "history.csv"
    return {
        "facts": [
            ("Predicts", LABELS[params.labels]),
            *_numbers(judge),
        ],
        "title": BY.get(params.labels, "class or attribute"),
        "classes": [
            classes.Bar(classes.label(name), accuracies[name])
            for name in classes.in_order(accuracies, classes.names(spec))
        ],
        "gauge_columns": columns,
        "gauge": [
            (_gauge_row(name), gauge.samples, [_with_spread(gauge.rows[name], metric) for metric in columns])
            for name in classes.in_order(gauge.rows, [REAL])
        ],
        "charts": curves.charts(read_history(history, stage)) if history.is_file() else [],
        "pictures": exhibits.read_optional(directory, stage),
    }


def _numbers(judge: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the numbers of a judge as facts, accuracies first."""
    for key, value in sorted(judge.items(), key=lambda item: not item[0].endswith("accuracy")):
        if isinstance(value, (int, float)):
            name = FACTS.get(key) or glossary.humanise(key)
            yield name, numbers.share(value) if key.endswith("accuracy") else numbers.number(value)


def _gauge_row(name: str) -> tuple[str, str]:
    """Return the name of a row of the gauge, and what its data are."""
    if name == REAL:
        return "Real data (floor)", "Training data, undamaged."
    damage = glossary.damage(name)
    return glossary.humanise(damage.label), damage.meaning


def _with_spread(row: dict[str, float], metric: str) -> str:
    if metric not in row:
        return "–"
    spread = row.get(glossary.SPREAD.format(metric))
    return numbers.number(row[metric]) + ("" if spread is None else f" ± {numbers.number(spread)}")


def _fact(key: str, value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_fact(name, value[name])}" for name in classes.in_order(value, SPLITS))
    if key == "attributes":
        return ", ".join(classes.label(name) for name in value)
    if key == "shape":
        return " × ".join(str(part) for part in value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return numbers.number(value)
    return numbers.plain(value)


def _statistics(statistics: dict[str, float]) -> Iterator[tuple[str, str]]:
    """Yield each statistic of a dataset as a fact; those of its splits (``tokens_train``, ``tokens_test``) as one."""
    for stem, group in groupby(statistics, key=lambda key: re.sub(f"_({'|'.join(SPLITS)})$", "", key)):
        keys = list(group)
        if len(keys) == 1:
            yield glossary.statistic(keys[0]), _amount(keys[0], statistics[keys[0]])
        else:
            splits = classes.in_order((key.removeprefix(f"{stem}_") for key in keys), SPLITS)
            amounts = (f"{split} {_amount(stem, statistics[f'{stem}_{split}'])}" for split in splits)
            yield glossary.statistic(stem), ", ".join(amounts)


def _amount(name: str, value: float) -> str:
    return numbers.share(value) if re.search(r"(^|_)(rate|share)(_|$)", name) else numbers.number(value)
