"""Edit the faces of a run: concept vectors of its latent space, pictures, and measurements of what edits change."""

from pathlib import Path

from atelier.core import files
from atelier.core.prepared import Prepared
from atelier.editing import concepts, latents, scores, tables
from atelier.editing.params import Edit
from atelier.editing.strips import PictureWriter
from atelier.modalities.judge import Judge
from atelier.networks.network import Network


def edit(network: Network, prepared: Prepared, judge: Path, params: Edit, out: Path) -> None:
    """Write `concepts.npy` and `.json`, `metrics.json`, the tables and all pictures to the directory `out`.

    Vectors are computed on the train split; pictures and measurements use the test split. `judge` is the directory of
    the dataset's judge.

    Raises:
        ValueError: the dataset has no attributes or not `params.concept`, or the judge has other attributes.
    """
    judging = Judge.load(judge)
    _check(prepared, judging, params)
    vectors = concepts.compute(network, prepared, params)
    test = prepared.images("test")
    rows = latents.choose(params.seed, "measured", len(test), params.images)
    z = latents.posterior_means(network, test, rows, params.batch)
    measured = tables.measure(scores.baseline(network, judging, z, params.batch), vectors, params.strength)
    metrics = tables.headline(measured, vectors, params.concept)
    with files.atomic_directory(out) as directory:
        vectors.write(directory)
        exhibits = PictureWriter(network, prepared, vectors, params, directory).write_all()
        exhibits.append(tables.write(measured, vectors, params, directory))
        files.write_json(directory / "metrics.json", metrics)
        files.write_json(directory / "pictures.json", exhibits)
    print(f"{prepared.spec.name}: {', '.join(f'{name} {value:.3f}' for name, value in metrics.items())}")


def _check(prepared: Prepared, judge: Judge, params: Edit) -> None:
    spec = prepared.spec
    if not spec.attributes:
        raise ValueError(f"{spec.name} has no attributes, so there are no concepts to edit")
    if params.concept not in spec.attributes:
        raise ValueError(
            f"concept: got {params.concept!r}; the attributes of {spec.name} are: {', '.join(spec.attributes)}"
        )
    if judge.spec.attributes != spec.attributes:
        raise ValueError(
            f"the judge was trained on other labels of {spec.name}: {', '.join(judge.spec.label_names)}; "
            f"needed are all its attributes (judges.{spec.name}.labels: attributes)"
        )
