"""Write the scores of all concepts: two tables, a heat map, and the metrics of the run."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from atelier.core import files
from atelier.editing.params import Edit
from atelier.editing.scores import Baseline, Score, score
from atelier.editing.sheets import words
from atelier.editing.vectors import KINDS, Concepts, kind_name
from atelier.modalities.images.exhibit import Exhibit

METRICS = ("flip_rate", "leakage", "identity_drift")
Scores = dict[tuple[int, int], Score]


def measure(faces: Baseline, concepts: Concepts, strength: float) -> Scores:
    """Return the score of each vector, by the indices of its kind and of its attribute."""
    attributes = range(len(concepts.names))
    return {
        (kind, attribute): result
        for kind, vectors in enumerate(concepts.vectors)
        for attribute, result in enumerate(score(faces, vectors, attributes, strength))
    }


def headline(scores: Scores, concepts: Concepts, concept: str) -> dict[str, float]:
    """Return ``flip_rate_…``, ``leakage_…`` and ``identity_drift_…`` of a concept, for vectors of the default kind."""
    result = scores[concepts.default, concepts.names.index(concept)]
    return {f"{metric}_{concept.lower()}": getattr(result, metric) for metric in METRICS}


def write(scores: Scores, concepts: Concepts, params: Edit, directory: Path) -> Exhibit:
    """Write `concepts.csv`, `leakage.csv` and `leakage.png` to `directory`."""
    rows: list[tuple[str, ...]] = [("concept", "method", "orthogonal", *METRICS)]
    for (kind, attribute), result in sorted(scores.items(), key=lambda item: item[0][::-1]):
        method, orthogonal = KINDS[kind]
        numbers = [f"{getattr(result, metric):.6f}" for metric in METRICS]
        rows.append((concepts.names[attribute], method, str(orthogonal).lower(), *numbers))
    files.write_text(directory / "concepts.csv", _csv(rows))
    changes = np.stack([scores[concepts.default, attribute].change for attribute in range(len(concepts.names))])
    table = [(name, *(f"{change:.6f}" for change in row)) for name, row in zip(concepts.names, changes, strict=True)]
    files.write_text(directory / "leakage.csv", _csv([("edited", *concepts.names), *table]))
    with files.atomic(directory / "leakage.png") as temporary:
        heat_map(changes, concepts.names).savefig(temporary, format="png", metadata={"Software": None})
    caption = (
        f"Mean change of the judge's probability of each attribute (column) when a concept (row) is added to a test "
        f"face at strength {params.strength:g} ({kind_name(*KINDS[concepts.default])} vectors); removing it counts "
        "with the opposite sign. All changes off the diagonal are leakage."
    )
    return {"file": "leakage.png", "title": "What else an edit changes", "caption": caption}


def heat_map(changes: np.ndarray, names: Sequence[str]) -> Figure:
    """Draw changes of probabilities, ``(edited, predicted)``, from blue (−1) through white to red (1), with numbers."""
    side = 2.6 + 0.52 * len(names)
    figure = Figure(figsize=(side, side - 0.6), dpi=110, layout="constrained")
    axes = figure.subplots()
    axes.imshow(changes, cmap="RdBu_r", vmin=-1, vmax=1)
    labels = [words(name) for name in names]
    axes.set_xticks(range(len(names)), labels, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(names)), labels)
    axes.set(xlabel="predicted by the judge", ylabel="edited")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    for (row, column), change in np.ndenumerate(changes):
        text = f"{change:+.2f}".replace("0.", ".", 1) if abs(change) >= 0.005 else "0"
        axes.text(column, row, text, ha="center", va="center", size=7, color="white" if abs(change) > 0.6 else "black")
    return figure


def _csv(rows: Iterable[Sequence[str]]) -> str:
    return "".join(",".join(row) + "\n" for row in rows)
