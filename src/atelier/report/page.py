"""The report: one HTML page about all runs and datasets, which loads no other file."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, partial
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import jinja2

from atelier.core import files
from atelier.params.file import Params
from atelier.report import curves, exhibits, glossary, graph, layout, lineage, numbers, scores, summary, texts
from atelier.report.sources import Sources, read_history, read_mapping, require

TEMPLATES = Path(__file__).parent / "templates"
# Keys of `spec.json` that are not shown as facts; `statistics` become facts of their own.
NOT_SHOWN = ("name", "sha256", "value_range", "statistics")
# The order in which splits are shown; the keys of JSON files are sorted by name.
SPLITS = ("train", "validation", "test")


class Bar(NamedTuple):
    """The share of one class, and the share to compare it with."""

    name: str
    share: float
    reference: float | None = None


def render(sources: Sources) -> str:
    """Return the report as HTML; equal inputs and an equal Git history give equal bytes.

    A missing or invalid input raises a `ValueError` that names the stage that writes it.
    """
    params, raw = sources.read_params()
    metrics = summary.read(sources.metrics)
    committed = lineage.committed_metrics(Path(), sources.metrics)
    stages = graph.read(sources.pipeline, raw)
    return _environment().get_template("page.html.j2").render(
        runs=[_run(sources, name, params, metrics, committed or {}) for name in params.runs],
        datasets=[_dataset(sources, name, params) for name in params.datasets],
        commit=lineage.commit(Path(), sources.code),
        tracked=[str(path) for path in sources.code],
        graph=layout.draw(stages, graph.edges(stages)),
        not_drawn=graph.NOT_DRAWN,
    )  # fmt: skip


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(number=numbers.number, share=numbers.share, anchor=partial(re.sub, r"[^\w-]+", "-"))
    environment.globals.update(term=glossary.term, layout=layout, curves=curves, texts=texts)
    return environment


def _run(
    sources: Sources, name: str, params: Params, metrics: summary.Metrics, committed: summary.Metrics
) -> dict[str, Any]:
    """Return what `run.html.j2` and `overview.html.j2` show of a run."""
    if name not in metrics:
        raise ValueError(f"{sources.metrics} has no run {name!r}; make it with: dvc repro summarize")
    run, own, before = params.runs[name], metrics[name], committed.get(name)
    prepared, model, samples = sources.prepared / run.dataset, sources.models / name, sources.samples / name
    spec = read_mapping(prepared / "spec.json", f"prepare@{run.dataset}")
    sampled = exhibits.read(samples, f"sample@{name}")
    architecture = samples / "architecture.svg"
    if architecture.is_file():
        caption = "The layers of the network."
        sampled.append(exhibits.exhibit(architecture, "Architecture", caption, f"sample@{name}"))
    sections = {"train": run.train, "sample": run.sample, "evaluate": run.evaluate, "edit": params.edits.get(name)}
    return {
        "name": name,
        "dataset": run.dataset,
        "family": run.family,
        "score": scores.first(glossary.SCORES, own, before),
        "objective": scores.first(glossary.OBJECTIVES, own, before),
        "samples": own.get("samples"),
        "metrics": scores.rows(own, before),
        "charts": curves.charts(read_history(model / "history.csv", f"train@{name}"), own),
        "previews": _optional_exhibits(model / "previews", f"train@{name}"),
        "sampled": sampled,
        "evaluated": exhibits.read(sources.evaluations / name, f"evaluate@{name}"),
        "edited": exhibits.read(sources.edits / name, f"edit@{name}") if name in params.edits else [],
        "classes": _classes(sources.evaluations / name / "classes.json", _class_names(spec)),
        "parameters": {
            section: [(key, numbers.plain(value)) for key, value in values.model_dump().items()]
            for section, values in sections.items()
            if values is not None
        },
        "data_hash": files.sha256(prepared / "spec.json"),
        "weights_hash": files.sha256(require(model / "model.weights.h5", f"train@{name}")),
        "machine": lineage.machine(model / "machine.json", f"train@{name}"),
    }


def _dataset(sources: Sources, name: str, params: Params) -> dict[str, Any]:
    """Return what `dataset.html.j2` shows of a dataset."""
    prepared = sources.prepared / name
    spec = read_mapping(prepared / "spec.json", f"prepare@{name}")
    shown = {key: value for key, value in spec.items() if key not in NOT_SHOWN and value not in ([], {}, None, "", 0)}
    return {
        "name": name,
        "facts": [
            *((glossary.humanise(key), _fact(key, value)) for key, value in shown.items()),
            *_statistics(spec.get("statistics") or {}),
        ],
        "pictures": exhibits.read(prepared, f"prepare@{name}"),
        "judge": _judge(sources.judges / name, spec, f"judge@{name}") if name in params.judges else None,
    }


def _judge(directory: Path, spec: dict[str, Any], stage: str) -> dict[str, Any]:
    judge = read_mapping(directory / "judge.json", stage)
    gauge: dict[str, dict[str, float]] = judge.get("gauge") or {}
    present = {metric for row in gauge.values() for metric in row}
    columns = sorted(present - glossary.companions(present), key=glossary.order)
    accuracies: dict[str, float] = judge.get("class_accuracy") or {}
    history = directory / "history.csv"
    return {
        "facts": [
            (glossary.humanise(key), numbers.share(value) if key.endswith("accuracy") else numbers.number(value))
            for key, value in sorted(judge.items(), key=lambda item: not item[0].endswith("accuracy"))
            if isinstance(value, (int, float))
        ],
        "classes": [Bar(name, accuracies[name]) for name in _in_order(accuracies, _class_names(spec))],
        "gauge_columns": columns,
        "gauge": [
            (glossary.humanise(name), [_with_spread(gauge[name], metric) for metric in columns])
            for name in _in_order(gauge, ["floor"])
        ],
        "charts": curves.charts(read_history(history, stage)) if history.is_file() else [],
        "pictures": _optional_exhibits(directory, stage),
    }


def _optional_exhibits(directory: Path, stage: str) -> list[exhibits.Exhibit]:
    return exhibits.read(directory, stage) if (directory / "pictures.json").is_file() else []


def _classes(path: Path, order: list[str]) -> list[Bar]:
    """Return the shares of each class in samples and test split, sorted by label; empty without a file."""
    if not path.is_file():
        return []
    shares = files.read_json(path)
    if not isinstance(shares, dict) or set(shares) != {"samples", "test"}:
        raise ValueError(f"{path}: allowed is an object with the class shares of `samples` and `test`")
    names = _in_order({**shares["test"], **shares["samples"]}, order)
    return [Bar(name, shares["samples"].get(name, 0.0), shares["test"].get(name, 0.0)) for name in names]


def _class_names(spec: dict[str, Any]) -> list[str]:
    """Return the names of a dataset's classes, or else its attributes."""
    return spec.get("classes") or spec.get("attributes") or []


def _in_order(names: Iterable[str], order: Sequence[str]) -> list[str]:
    """Sort names by their position in `order`; names that it lacks follow in their own order."""
    return sorted(names, key=lambda name: order.index(name) if name in order else len(order))


def _with_spread(row: dict[str, float], metric: str) -> str:
    if metric not in row:
        return "–"
    spread = row.get(glossary.SPREAD.format(metric))
    return numbers.number(row[metric]) + ("" if spread is None else f" ± {numbers.number(spread)}")


def _fact(key: str, value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_fact(name, value[name])}" for name in _in_order(value, SPLITS))
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
            splits = _in_order((key.removeprefix(f"{stem}_") for key in keys), SPLITS)
            amounts = (f"{split} {_amount(stem, statistics[f'{stem}_{split}'])}" for split in splits)
            yield glossary.statistic(stem), ", ".join(amounts)


def _amount(name: str, value: float) -> str:
    return numbers.share(value) if re.search(r"(^|_)(rate|share)(_|$)", name) else numbers.number(value)
