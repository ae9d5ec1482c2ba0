"""What the judge measures during training, which is not what the table of metrics measures."""

from collections.abc import Mapping
from typing import Any

from atelier.params.file import Run
from atelier.report import glossary
from atelier.report.numbers import number


def notes(run: Run, sizes: Mapping[str, int], measured: float | None) -> dict[str, str]:
    """Return a note for the chart of each quantity that the judge measures during training.

    Args:
        sizes: number of examples by split; training is compared with `validation`.
        measured: N of the table of metrics, which is compared with the test split.
    """
    watched = getattr(run.train, "watch_images", None) or getattr(run.train, "watch_texts", None)
    if watched is None or measured is None:
        return {}
    during, finished = _drawn(run)
    count = number(min(watched, sizes.get("validation", watched)))
    note = (
        f"Here {count} samples {during} against validation; in the table {number(measured)} samples {finished} against "
        "test. The values do not compare."
    )
    return dict.fromkeys(glossary.SCORED_IN_TRAINING, note)


def _drawn(run: Run) -> tuple[str, str]:
    """Say how samples are drawn during training, and how those of the table are."""
    sample: Any = run.sample
    if hasattr(run.train, "watch_texts"):
        filters = f", top-p {sample.top_p:g}" if sample.top_p < 1 else ""
        return "at temperature 1", f"at temperature {run.evaluate.temperature:g}{filters}"
    if getattr(sample, "prior", "normal") == "mixture":
        return "from N(0, I)", f"from a mixture of {sample.mixture_components} Gaussians"
    return "from N(0, I)", "from N(0, I)"
