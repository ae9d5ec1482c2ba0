"""The report: one HTML page about all runs and datasets, which loads no other file."""

import re
from functools import cache, partial
from pathlib import Path

import jinja2

from atelier.report import curves, datasets, exhibits, glossary, graph, layout, lineage, numbers, runs, summary, texts
from atelier.report.sources import Sources

TEMPLATES = Path(__file__).parent / "templates"


def render(sources: Sources) -> str:
    """Return the report as HTML; equal inputs and an equal Git history give equal bytes.

    A missing or invalid input raises a `ValueError` that names the stage that writes it.
    """
    params, raw = sources.read_params()
    metrics = summary.read(sources.metrics)
    committed = lineage.committed_metrics(Path(), sources.metrics)
    stages = graph.read(sources.pipeline, raw)
    views = [datasets.view(sources, name, params) for name in params.datasets]
    origins = {view["name"]: view["origin"] for view in views}
    return _environment().get_template("page.html.j2").render(
        runs=[runs.view(sources, name, params, metrics, committed or {}) for name in params.runs],
        datasets=views,
        origins=origins,
        commit=lineage.commit(Path(), sources.code),
        profile=lineage.profile(sources.profiles, raw),
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
    environment.filters.update(
        number=numbers.number, share=numbers.share, tint=exhibits.tint, anchor=partial(re.sub, r"[^\w-]+", "-")
    )
    environment.globals.update(term=glossary.term, layout=layout, curves=curves, texts=texts)
    return environment
