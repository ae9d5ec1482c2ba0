"""CelebA: its pinned files, its licence, and prepared real faces if there is a mirror."""

import json
import os
import subprocess
import sys
import zipfile
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from atelier.core import files
from atelier.core.prepared import Prepared
from atelier.core.shards import Shards
from atelier.core.spec import Spec
from atelier.datasets.celeba import source as celeba
from atelier.datasets.formats.faces.archive import ARCHIVE, ATTRIBUTES, PARTITION
from atelier.datasets.formats.faces.params import Prepare

ROOT = Path(__file__).parents[3]
FEW = 80
PREPARE = {
    "crop": 140,
    "size": 64,
    "attributes": ["Smiling", "Male", "Eyeglasses"],
    "max_bad": 0,
    "validation": 0.2,
    "test": 0.2,
    "seed": 15,
}


def test_the_three_files_are_pinned_by_the_published_md5():
    assert [(file.name, file.algorithm) for file in celeba.FILES] == [
        ("img_align_celeba.zip", "md5"),
        ("list_attr_celeba.txt", "md5"),
        ("list_eval_partition.txt", "md5"),
    ]
    assert all(url.startswith("https://drive.google.com/file/d/") for file in celeba.FILES for url in file.urls)


@pytest.mark.parametrize(("source", "license"), [("mirror", celeba.LICENSE), ("embedded", "")])
def test_only_real_faces_have_a_licence(monkeypatch, source, license):
    seen = []
    monkeypatch.setattr(celeba, "prepare_faces", lambda *arguments: seen.append(arguments))
    celeba.prepare("faces2", Path("raw"), Path("out"), Prepare.model_validate_json(json.dumps(PREPARE)), source)
    name, *_, source_seen, license_seen = seen[0]
    assert (name, source_seen, license_seen) == ("faces2", source, license)


@pytest.fixture(scope="module")
def mirror(tmp_path_factory) -> Path:
    """Build a mirror of the first real faces."""
    place = os.environ.get("ATELIER_MIRROR", "")
    if not place or not (Path(place) / "celeba").is_dir():
        pytest.skip("needs real data: ATELIER_MIRROR names no directory with it")
    source, mirror = Path(place) / "celeba", tmp_path_factory.mktemp("mirror")
    few = mirror / "celeba"
    few.mkdir()
    with zipfile.ZipFile(source / ARCHIVE) as whole, zipfile.ZipFile(few / ARCHIVE, "w") as archive:
        names = sorted(name for name in whole.namelist() if name.endswith(".jpg"))[:FEW]
        for name in names:
            archive.writestr(name, whole.read(name))
    with (source / ATTRIBUTES).open() as table:
        _, known, *rows = islice(table, FEW + 2)
    (few / ATTRIBUTES).write_text("".join([f"{FEW}\n", known, *rows]))
    with (source / PARTITION).open() as table:
        (few / PARTITION).write_text("".join(islice(table, FEW + 5)))
    listed = {path.name: {"bytes": path.stat().st_size, "sha256": files.sha256(path)} for path in few.iterdir()}
    (mirror / "manifest.json").write_text(json.dumps({"datasets": {"celeba": {"files": listed}}}))
    return mirror


@pytest.fixture(scope="module")
def staged(mirror, manifests, packages, small_params, tmp_path_factory):
    """Real faces through both stages: the output of each, and the prepared folder."""
    folder = tmp_path_factory.mktemp("stages")
    embedded = {"train": 100, "validation": 50, "test": 50, "seed": 0}
    downloads = {"celeba": {"source": "mirror", "embedded": embedded}}
    datasets = {"celeba": {"kind": "celeba", "prepare": PREPARE}}
    judges = {"celeba": small_params["judges"]["celeba"]}
    params = {"downloads": downloads, "datasets": datasets, "judges": judges, "runs": {}, "edits": {}}
    (folder / "params.yaml").write_text(json.dumps(params))  # JSON is YAML
    printed = []
    for stage, *options in (
        ("download", "--out", "raw", "--partial", "part"),
        ("prepare", "--raw", "raw", "--out", "out", "--environment", str(packages)),
    ):
        command = [sys.executable, str(ROOT / "stages" / f"{stage}.py"), "celeba", *options]
        command += ["--code", str(manifests / stage / "celeba.json")]
        environment = os.environ | {"ATELIER_MIRROR": str(mirror)}
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        printed.append(done.stdout + done.stderr)
    return printed, folder / "out"


def test_download_prints_the_licence(staged):
    (downloaded, _), _ = staged
    assert downloaded.splitlines()[0] == f"celeba: {celeba.LICENSE}"
    assert "non-commercial" in celeba.LICENSE


def test_real_faces_are_prepared(staged):
    _, out = staged
    spec = Spec.read(out / "spec.json")
    assert (spec.shape, sum(spec.sizes.values())) == ((64, 64, 3), FEW)
    assert (spec.source, spec.license) == ("mirror", celeba.LICENSE)
    assert spec.split_rule.startswith("seeded hash of the name"), "all of the mirror's faces are of one official split"
    labels = np.concatenate([np.load(out / f"{split}_labels.npy") for split in spec.sizes])
    assert (labels.mean(axis=0) > [0.2, 0.2, 0.0]).all()
    assert (labels.mean(axis=0) < [0.8, 0.8, 0.3]).all()


def test_prepared_faces_read_like_an_array(staged):
    _, out = staged
    prepared = Prepared.read(out)
    images = prepared.images("train")
    assert isinstance(images, Shards)
    assert images.shape == (prepared.spec.sizes["train"], 64, 64, 3)
    assert prepared.labels("train").shape == (len(images), 3)
    assert 60 < np.asarray(images).mean() < 190


def test_a_missing_shard_is_named_with_the_stage_to_run(tmp_path):
    spec = Spec("celeba", (8, 8, 3), (0, 255), (), ("Smiling",), {}, {}, "mirror")
    with pytest.raises(FileNotFoundError, match=r"train_images.npy is not there; run the prepare stage of celeba"):
        Prepared(tmp_path, spec).images("train")
    (tmp_path / "images.json").write_text('{"train": [{"file": "train_images_00000.npy", "images": 3}]}')
    with pytest.raises(
        FileNotFoundError, match=r"train_images_00000.npy is not there; run the prepare stage of celeba"
    ):
        Prepared(tmp_path, spec).images("train")
