"""Write the scores of all concepts: two tables, their pictures, and the metrics of the run."""

from collections.abc import Iterable, Mapping, Sequence
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
        for attribute, result in enumerate(score(faces, faces.space.step(vectors), attributes, strength))
    }


def measure_flips(faces: Baseline) -> list[Score]:
    """Return the score of flipping the condition of each attribute at a fixed latent."""
    flips = faces.space.flips()
    return score(faces, flips, range(len(flips)), strength=1)


def headline(result: Score, concept: str) -> dict[str, float]:
    """Return the metrics ``flip_rate_…``, ``leakage_…`` and ``identity_drift_…`` of a concept."""
    return {f"{metric}_{concept.lower()}": getattr(result, metric) for metric in METRICS}


def write(scores: Scores, flips: list[Score], concepts: Concepts, params: Edit, directory: Path) -> list[Exhibit]:
    """Write `concepts.csv`, `leakage.csv` and `leakage.png` to `directory`; with `flips` also `ways.png`."""
    rows: list[tuple[str, ...]] = [("concept", "method", "orthogonal", *METRICS)]
    for attribute, name in enumerate(concepts.names):
        ways = [((*KINDS[kind],), scores[kind, attribute]) for kind in range(len(KINDS))]
        ways += [(("condition", False), flips[attribute])] if flips else []
        for (method, orthogonal), result in ways:
            rows.append((name, method, str(orthogonal).lower(), *(f"{getattr(result, m):.6f}" for m in METRICS)))
    files.write_text(directory / "concepts.csv", _csv(rows))
    default = [scores[concepts.default, attribute] for attribute in range(len(concepts.names))]
    changes = np.stack([result.change for result in default])
    table = [(name, *(f"{change:.6f}" for change in row)) for name, row in zip(concepts.names, changes, strict=True)]
    files.write_text(directory / "leakage.csv", _csv([("edited", *concepts.names), *table]))
    _write_figure(directory / "leakage.png", heat_map(changes, concepts.names))
    kind = kind_name(*KINDS[concepts.default])
    caption = (
        f"Mean change of the judge's probability of each attribute (column) when a concept (row) is added to a test "
        f"face at strength {params.strength:g} ({kind} vectors); removing it counts with the opposite sign. All "
        "changes off the diagonal are leakage."
    )
    exhibits: list[Exhibit] = [{"file": "leakage.png", "title": "What else an edit changes", "caption": caption}]
    if flips:
        _write_figure(
            directory / "ways.png", bars({"concept vector": default, "flipped condition": flips}, concepts.names)
        )
        caption = (
            f"The same test faces, edited in two ways: by concept vectors at strength {params.strength:g} ({kind}), "
            "and by changing what the network is told at the same latent."
        )
        exhibits.append({"file": "ways.png", "title": "Scores of vector and condition", "caption": caption})
    return exhibits


def bars(ways: Mapping[str, Sequence[Score]], names: Sequence[str]) -> Figure:
    """Draw the metrics of each attribute as bars, one for each way of editing, in a panel for each metric."""
    figure = Figure(figsize=(9, 1 + 0.3 * len(names)), dpi=110, layout="constrained")
    height = 0.8 / len(ways)
    for panel, (axes, metric) in enumerate(zip(figure.subplots(1, len(METRICS), sharey=True), METRICS, strict=True)):
        for way, (label, results) in enumerate(ways.items()):
            places = np.arange(len(names)) + (way - (len(ways) - 1) / 2) * height
            axes.barh(places, [getattr(result, metric) for result in results], height, label=label)
        axes.set_title(words(metric), size=9)
        axes.spines[["top", "right"]].set_visible(False)
        if panel == 0:
            axes.set_yticks(range(len(names)), [words(name) for name in names])
            axes.invert_yaxis()
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=len(ways), frameon=False)
    return figure


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


def _write_figure(path: Path, figure: Figure) -> None:
    with files.atomic(path) as temporary:
        figure.savefig(temporary, format="png", metadata={"Software": None})


def _csv(rows: Iterable[Sequence[str]]) -> str:
    return "".join(",".join(row) + "\n" for row in rows)
