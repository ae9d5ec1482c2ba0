"""The report: everything there is to see about runs and data, as one page without any reference to a network."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

from atelier.core import files
from atelier.params.file import Params, Run
from atelier.report import curves, exhibits, glossary, graph, layout, lineage, numbers, scores, summary, writing
from atelier.report.sources import Sources, read_history, read_mapping

TEMPLATES = Path(__file__).parent / "templates"
# Keys of a dataset's `spec.json` that say nothing to a reader, or are facts one by one.
UNSHOWN = ("name", "sha256", "value_range", "statistics")
# JSON files are written with sorted keys; splits read better in the order of their use.
SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Bar:
    """A share of each class, beside what to compare it with (None: nothing)."""

    name: str
    share: float
    reference: float | None = None


@dataclass(frozen=True)
class RunView:
    name: str
    run: Run
    score: scores.Row | None
    objective: scores.Row | None
    samples: float | None
    metrics: list[scores.Row]
    charts: list[curves.Chart]
    previews: list[exhibits.Exhibit]
    sampled: list[exhibits.Exhibit]
    verdict: list[exhibits.Exhibit]
    edited: list[exhibits.Exhibit]
    classes: list[Bar]
    parameters: dict[str, list[tuple[str, str]]]
    data_hash: str
    weights: dict[str, str]
    machine: list[str]


@dataclass(frozen=True)
class DatasetView:
    name: str
    facts: list[tuple[str, str]]
    pictures: list[exhibits.Exhibit]
    judge: "JudgeView | None"


@dataclass(frozen=True)
class JudgeView:
    facts: list[tuple[str, str]]
    classes: list[Bar]
    gauge_columns: list[str]
    gauge: list[tuple[str, list[str]]]
    charts: list[curves.Chart]
    pictures: list[exhibits.Exhibit]


def render(sources: Sources) -> str:
    """The report as HTML. The same inputs and the same Git history give the same bytes.

    Raises:
        ValueError: an input is missing or broken; one line, which names the stage that makes it.
    """
    params, raw = sources.read_params()
    metrics = summary.read(sources.metrics)
    committed = lineage.committed_metrics(Path(), sources.metrics)
    stages = graph.read(sources.pipeline, raw)
    return _environment().get_template("page.html.j2").render(
        runs=[_run(sources, name, params, metrics, committed) for name in params.runs],
        datasets=[_dataset(sources, name, params) for name in params.datasets],
        commit=lineage.commit(Path(), sources.code),
        tracked=[str(path) for path in sources.code],
        graph=layout.draw(stages, graph.edges(stages)),
        places={"runs": set(params.runs), "datasets": set(params.datasets)},
    )  # fmt: skip


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(number=numbers.number, share=numbers.share, anchor=_anchor)
    environment.globals.update(term=glossary.term, box=layout, curves=curves, writing=writing)
    return environment


def _run(
    sources: Sources, name: str, params: Params, metrics: summary.Metrics, committed: summary.Metrics | None
) -> RunView:
    run = params.runs[name]
    if name not in metrics:
        raise ValueError(f"{sources.metrics} has no run {name!r}; make it with: dvc repro summarize")
    own, before = metrics[name], None if committed is None else committed.get(name)
    model, samples = sources.models / name, sources.samples / name
    sampled = exhibits.read(samples, f"sample@{name}")
    architecture = samples / "architecture.svg"
    if architecture.is_file() and not any(exhibit.kind == "drawing" for exhibit in sampled):
        sampled.append(exhibits.exhibit(architecture, "Architecture", "The network, layer by layer.", f"sample@{name}"))
    previews = model / "previews"
    spec = read_mapping(sources.prepared / run.dataset / "spec.json", f"prepare@{run.dataset}")
    return RunView(
        name=name,
        run=run,
        score=scores.first(glossary.SCORES, own, before),
        objective=scores.first(glossary.OBJECTIVES, own, before),
        samples=own.get("samples"),
        metrics=scores.rows(own, before),
        charts=curves.charts(read_history(model / "history.csv", f"train@{name}"), own),
        previews=exhibits.read(previews, f"train@{name}") if (previews / "pictures.json").is_file() else [],
        sampled=sampled,
        verdict=exhibits.read(sources.evaluations / name, f"evaluate@{name}"),
        edited=exhibits.read(sources.edits / name, f"edit@{name}") if name in params.edits else [],
        classes=_classes(sources.evaluations / name / "classes.json", _kinds(spec)),
        parameters={
            section: list(_flat(values.model_dump()))
            for section, values in (
                ("train", run.train),
                ("sample", run.sample),
                ("evaluate", run.evaluate),
                ("edit", params.edits.get(name)),
            )
            if values is not None
        },
        data_hash=lineage.data_hash(sources.prepared / run.dataset, f"prepare@{run.dataset}"),
        weights=lineage.weights_hashes(model, f"train@{name}"),
        machine=lineage.machine(model / "machine.json", f"train@{name}"),
    )


def _dataset(sources: Sources, name: str, params: Params) -> DatasetView:
    prepared = sources.prepared / name
    spec = read_mapping(prepared / "spec.json", f"prepare@{name}")
    return DatasetView(
        name=name,
        facts=[
            *(
                (glossary.humanise(key), _fact(key, value))
                for key, value in spec.items()
                if key not in UNSHOWN and value not in ([], {}, None, "", 0)
            ),
            *_statistics(spec.get("statistics") or {}),
        ],
        pictures=exhibits.read(prepared, f"prepare@{name}"),
        judge=_judge(sources.judges / name, spec, f"judge@{name}") if name in params.judges else None,
    )


def _judge(directory: Path, spec: dict[str, Any], stage: str) -> JudgeView:
    judge = read_mapping(directory / "judge.json", stage)
    gauge: dict[str, dict[str, float]] = judge.get("gauge") or {}
    present = {metric for row in gauge.values() for metric in row}
    columns = sorted(present - glossary.companions(present), key=glossary.order)
    accuracies: dict[str, float] = judge.get("class_accuracy") or {}
    history = directory / "history.csv"
    return JudgeView(
        facts=[
            (glossary.humanise(key), numbers.share(value) if key.endswith("accuracy") else numbers.number(value))
            for key, value in sorted(judge.items(), key=lambda item: not item[0].endswith("accuracy"))
            if isinstance(value, (int, float))
        ],
        classes=[Bar(name, accuracies[name]) for name in _in_order(accuracies, _kinds(spec))],
        gauge_columns=columns,
        gauge=[
            (glossary.humanise(name), [_measured(row, metric) for metric in columns])
            # The floor first, then the ceilings as they come.
            for name, row in sorted(gauge.items(), key=lambda item: item[0] != "floor")
        ],
        charts=curves.charts(read_history(history, stage)) if history.is_file() else [],
        pictures=exhibits.read(directory, stage) if (directory / "pictures.json").is_file() else [],
    )


def _classes(path: Path, order: list[str]) -> list[Bar]:
    """The classes of samples and of the test split, in the order of the labels; empty where a family has none."""
    if not path.is_file():
        return []
    shares = files.read_json(path)
    if not isinstance(shares, dict) or set(shares) != {"samples", "test"}:
        raise ValueError(f"{path}: an object with the shares of samples and test by class is expected")
    names = _in_order({**shares["test"], **shares["samples"]}, order)
    return [Bar(name, shares["samples"].get(name, 0.0), shares["test"].get(name, 0.0)) for name in names]


def _kinds(spec: dict[str, Any]) -> list[str]:
    """The names of a dataset's classes, or else of its attributes."""
    return spec.get("classes") or spec.get("attributes") or []


def _in_order(names: Iterable[str], order: Sequence[str]) -> list[str]:
    """Names as `order` has them; what it has not comes last, as it came."""
    return sorted(names, key=lambda name: order.index(name) if name in order else len(order))


def _measured(row: dict[str, float], metric: str) -> str:
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
    """Each number of a dataset as a fact; those of its splits (``tokens_train``, ``tokens_test``) are one."""
    seen = set()
    for key in statistics:
        stem, _, last = key.rpartition("_")
        splits = [split for split in SPLITS if f"{stem}_{split}" in statistics]
        if last not in splits or len(splits) == 1:
            yield glossary.statistic(key), _amount(key, statistics[key])
        elif stem not in seen:
            seen.add(stem)
            parts = (f"{split} {_amount(stem, statistics[f'{stem}_{split}'])}" for split in splits)
            yield glossary.statistic(stem), ", ".join(parts)


def _amount(name: str, value: float) -> str:
    return numbers.share(value) if re.search(r"(^|_)(rate|share)(_|$)", name) else numbers.number(value)


def _flat(section: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in section.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", numbers.plain(value)


def _anchor(name: str) -> str:
    return re.sub(r"[^\w-]+", "-", name)
