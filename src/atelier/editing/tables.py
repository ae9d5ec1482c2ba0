"""The numbers of all concepts: two tables, a heat map, and the few that stand for the run."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from atelier.core import files
from atelier.editing.params import Edit
from atelier.editing.scores import Gauge, Score, score
from atelier.editing.sheets import words
from atelier.editing.vectors import KINDS, Concepts, kind_name

Scores = dict[tuple[int, int], Score]
Exhibit = dict[str, str]


def measure(faces: Gauge, concepts: Concepts, strength: float) -> Scores:
    """The score of each vector, by the indices of its kind and of its attribute."""
    attributes = range(len(concepts.names))
    return {
        (kind, attribute): of
        for kind, vectors in enumerate(concepts.vectors)
        for attribute, of in enumerate(score(faces, vectors, attributes, strength))
    }


def headline(scores: Scores, concepts: Concepts, concept: str) -> dict[str, float]:
    """``flip_rate_…``, ``leakage_…`` and ``identity_drift_…`` of one concept, by vectors of the default kind."""
    of_concept = scores[concepts.default, concepts.names.index(concept)]
    name = concept.lower()
    return {
        f"flip_rate_{name}": of_concept.flip_rate,
        f"leakage_{name}": of_concept.leakage,
        f"identity_drift_{name}": of_concept.identity_drift,
    }


def write(scores: Scores, concepts: Concepts, params: Edit, directory: Path) -> Exhibit:
    """Write `concepts.csv`, `leakage.csv` and `leakage.png` to `directory`."""
    rows = [
        (concepts.names[attribute], *_kind(kind), *map(_number, (of.flip_rate, of.leakage, of.identity_drift)))
        for (kind, attribute), of in sorted(scores.items(), key=lambda item: item[0][::-1])
    ]
    header = ("concept", "method", "orthogonal", "flip_rate", "leakage", "identity_drift")
    files.write_text(directory / "concepts.csv", _csv([header, *rows]))
    changes = np.stack([scores[concepts.default, attribute].change for attribute in range(len(concepts.names))])
    table = [(name, *map(_number, row)) for name, row in zip(concepts.names, changes, strict=True)]
    files.write_text(directory / "leakage.csv", _csv([("edited", *concepts.names), *table]))
    with files.atomic(directory / "leakage.png") as temporary:
        heat_map(changes, concepts.names).savefig(temporary, format="png", metadata={"Software": None})
    caption = (
        f"How the judge's probability of each attribute (column) changes on average when a concept (row) is added to a "
        f"test face at strength {params.strength:g} ({kind_name(*KINDS[concepts.default])} vectors); taking it away "
        "counts with the opposite sign. Off the diagonal, what is not 0 is leakage."
    )
    return {"file": "leakage.png", "title": "What an edit changes besides", "caption": caption}


def heat_map(changes: np.ndarray, names: Sequence[str]) -> Figure:
    """Changes of probabilities, ``(edited, judged)``, from blue (−1) through white to red (1), with their numbers."""
    side = 2.6 + 0.52 * len(names)
    figure = Figure(figsize=(side, side - 0.6), dpi=110, layout="constrained")
    axes = figure.subplots()
    axes.imshow(changes, cmap="RdBu_r", vmin=-1, vmax=1)
    labels = [words(name) for name in names]
    axes.set_xticks(range(len(names)), labels, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(names)), labels)
    axes.set(xlabel="seen by the judge", ylabel="edited")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    for (row, column), change in np.ndenumerate(changes):
        text = f"{change:+.2f}".replace("0.", ".", 1) if abs(change) >= 0.005 else "0"
        axes.text(column, row, text, ha="center", va="center", size=7, color="white" if abs(change) > 0.6 else "black")
    return figure


def _kind(index: int) -> tuple[str, str]:
    method, orthogonal = KINDS[index]
    return method, "true" if orthogonal else "false"


def _number(value: float) -> str:
    return f"{value:.6f}"


def _csv(rows: Iterable[Sequence[str]]) -> str:
    return "".join(",".join(row) + "\n" for row in rows)
