"""Edit the faces of a run: concept vectors of its latent space, pictures, and what edits change."""

from pathlib import Path

from atelier.core import files
from atelier.core.prepared import Prepared
from atelier.editing import concepts as vectors
from atelier.editing import latents, scores, strips, tables
from atelier.editing.params import Edit
from atelier.modalities.judge import Judge
from atelier.networks.network import Network


def edit(network: Network, prepared: Prepared, judge: Path, params: Edit, out: Path) -> None:
    """Write `concepts.npy` and `.json`, `metrics.json`, the tables and all pictures to the directory `out`.

    Vectors come from the train split; faces that are measured or shown are those of the test split.

    Args:
        judge: directory of the dataset's judge.

    Raises:
        ValueError: the dataset lacks attributes or `params.concept`, or the judge knows others; or as
            `concepts.concepts`.
    """
    judging = Judge.load(judge)
    _check(prepared, judging, params)
    found = vectors.concepts(network, prepared, params)
    test = prepared.images("test")
    rows = latents.choose(params.seed, "measured", len(test), params.images)
    z = latents.posterior_means(network, test, rows, params.batch)
    measured = tables.measure(scores.gauge(network, judging, z, params.batch), found, params.strength)
    metrics = tables.headline(measured, found, params.concept)
    with files.atomic_directory(out) as directory:
        found.write(directory)
        exhibits = strips.Studio(network, prepared, found, params, directory).draw()
        exhibits.append(tables.write(measured, found, params, directory))
        files.write_json(directory / "metrics.json", metrics)
        files.write_json(directory / "pictures.json", exhibits)
    print(f"{prepared.spec.name}: {', '.join(f'{name} {value:.3f}' for name, value in metrics.items())}")


def _check(prepared: Prepared, judge: Judge, params: Edit) -> None:
    spec = prepared.spec
    if not spec.attributes:
        raise ValueError(f"{spec.name} has no attributes, so that there are no concepts to edit")
    if params.concept not in spec.attributes:
        raise ValueError(
            f"concept: got {params.concept!r}; the attributes of {spec.name} are: {', '.join(spec.attributes)}"
        )
    if judge.spec.attributes != spec.attributes:
        raise ValueError(
            f"the judge was trained on other attributes of {spec.name}: {', '.join(judge.spec.attributes) or 'none'}"
        )
