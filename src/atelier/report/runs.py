"""What the page shows of a run."""

from typing import Any

from atelier.core import files
from atelier.params.file import Params
from atelier.report import classes, curves, exhibits, glossary, lineage, numbers, scores, summary, watched
from atelier.report.gauge import Gauge
from atelier.report.sources import Sources, read_history, read_spec, require


def view(
    sources: Sources, name: str, params: Params, metrics: summary.Metrics, committed: summary.Metrics
) -> dict[str, Any]:
    """Return what `run.html.j2` and `overview.html.j2` show of a run."""
    if name not in metrics:
        raise ValueError(f"{sources.metrics} has no run {name!r}; make it with: dvc repro summarize")
    run, own, before = params.runs[name], metrics[name], committed.get(name)
    prepared, model, samples = sources.prepared / run.dataset, sources.models / name, sources.samples / name
    spec = read_spec(prepared / "spec.json", f"prepare@{run.dataset}")
    gauge = Gauge.read(sources.judges / run.dataset / "judge.json", f"judge@{run.dataset}")
    sampled = exhibits.read(samples, f"sample@{name}", _tile(spec))
    architecture = samples / "architecture.svg"
    if architecture.is_file():
        caption = "The layers of the network."
        sampled.append(exhibits.exhibit(architecture, "Architecture", caption, f"sample@{name}"))
    sections = {"train": run.train, "sample": run.sample, "evaluate": run.evaluate, "edit": params.edits.get(name)}
    notes = watched.notes(run, spec.get("sizes") or {}, own.get("samples"))
    return {
        "name": name,
        "dataset": run.dataset,
        "family": run.family,
        "score": scores.first(glossary.SCORES, own, before, gauge),
        "objective": scores.first(glossary.OBJECTIVES, own, before, gauge),
        "samples": own.get("samples"),
        "metrics": scores.rows(own, before, gauge),
        "charts": curves.charts(read_history(model / "history.csv", f"train@{name}"), own, notes),
        "previews": exhibits.read_optional(model / "previews", f"train@{name}"),
        "sampled": sampled,
        "evaluated": exhibits.read(sources.evaluations / name, f"evaluate@{name}"),
        "edited": exhibits.read(sources.edits / name, f"edit@{name}") if name in params.edits else [],
        "classes": classes.compared(sources.evaluations / name / "classes.json", classes.names(spec)),
        "parameters": {
            section: [(key, numbers.plain(value)) for key, value in values.model_dump().items()]
            for section, values in sections.items()
            if values is not None
        },
        "data_hash": files.sha256(prepared / "spec.json"),
        "weights_hash": files.sha256(require(model / "model.weights.h5", f"train@{name}")),
        "machine": lineage.machine(model / "machine.json", f"train@{name}"),
    }


def _tile(spec: dict[str, Any]) -> exhibits.Tile | None:
    """Return the width and height of an image of the dataset; None for texts."""
    shape = spec.get("shape") or []
    return (shape[1], shape[0]) if len(shape) == 3 else None
