"""Edit the faces of a run: concept vectors of its latent space, pictures, and measurements of what edits change."""

import time
from pathlib import Path
from typing import Any

import numpy as np

from atelier.core import files
from atelier.core.prepared import Prepared
from atelier.editing import concepts, inversions, inverter_training, latents, scores, tables
from atelier.editing.params import Edit
from atelier.editing.space import Faces, Space, has_encoder
from atelier.editing.strips import PictureWriter
from atelier.modalities.images.exhibit import Exhibit
from atelier.modalities.judge import Judge
from atelier.networks import network as networks


def edit(model: Path, prepared: Prepared, judge: Path, params: Edit, out: Path, code: Path, checkpoints: Path) -> None:
    """Write `concepts.npy` and `.json`, `metrics.json`, the tables and all pictures to the directory `out`.

    Vectors are computed on the train split; pictures and measurements use the test split. The inverter of a network
    without an encoder is trained first, and written too.

    Args:
        model: directory of the trained network.
        judge: directory of the dataset's judge.
        code: the manifest of this stage's code.
        checkpoints: directory where an interrupted training of an inverter leaves its state and resumes from.

    Raises:
        ValueError: the dataset has no attributes or not `params.concept`, the judge has other attributes, or
            `params.inversion` does not fit the network.
    """
    judging = Judge.load(judge)
    _check(prepared, judging, params)
    identity: dict[str, Any] = {
        "network": files.sha256(model / networks.WEIGHTS),
        "judge": files.sha256(judge / networks.WEIGHTS),
        "code": files.read_record(code),
    }
    space = _space(networks.load(model), prepared, judging, params, identity, checkpoints)
    vectors = concepts.compute(space, prepared, params)
    rows = latents.choose(params.seed, "measured", prepared.spec.sizes["test"], params.images)
    images, labels = prepared.images("test")[rows], np.asarray(prepared.labels("test"))[rows].astype(bool)
    started = time.monotonic()
    faces = Faces(np.asarray(images), labels, latents.encode(space, prepared, "test", rows))
    if space.inverter is not None:
        print(f"inversion: {(time.monotonic() - started) / len(rows):.2g} s per image")
    baseline = scores.baseline(space, judging, faces.points)
    measured = tables.measure(baseline, vectors, params.strength)
    index = vectors.names.index(params.concept)
    metrics = tables.headline(measured[vectors.default, index], params.concept)
    flips = tables.measure_flips(baseline) if space.condition == "attributes" else []
    if flips:
        by_condition = tables.headline(flips[index], params.concept)
        metrics |= {f"{name}_condition": value for name, value in by_condition.items()}
    with files.atomic_directory(out) as directory:
        exhibits: list[Exhibit] = []
        if space.inverter is not None:
            own = inversions.own_samples(space, params.seed)
            metrics |= inversions.measure(space, judging, faces, own)
            exhibits += inversions.show(space, faces, own, 2 * params.examples, directory)
            networks.save(space.inverter.network, directory)
        vectors.write(directory)
        exhibits += PictureWriter(space, faces, vectors, params, directory).write_all()
        exhibits += tables.write(measured, flips, vectors, params, directory)
        files.write_json(directory / "metrics.json", metrics)
        files.write_json(directory / "pictures.json", exhibits)
    print(f"{prepared.spec.name}: {', '.join(f'{name} {value:.3f}' for name, value in metrics.items())}")


def _space(
    network: networks.Network,
    prepared: Prepared,
    judge: Judge,
    params: Edit,
    identity: dict[str, Any],
    checkpoints: Path,
) -> Space:
    """Return the space of a network, for which an inverter is trained if it has no encoder."""
    if has_encoder(network) != (params.inversion is None):
        allowed = "null, because this network has an encoder" if has_encoder(network) else "a mapping"
        raise ValueError(f"inversion: got {'null' if params.inversion is None else 'a mapping'}; allowed is {allowed}")
    if params.inversion is None:
        return Space(network, None, params.batch)
    inverter = inverter_training.train(network, prepared, judge, params.inversion, identity, checkpoints)
    return Space(network, inverter, params.batch)


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
