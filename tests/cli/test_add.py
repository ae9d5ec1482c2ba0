"""`atelier add` looks at own data, says what it found, and writes the entries of a run."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from checkout import ROOT, Checkout
from dvc.repo import Repo
from own_pictures import drawn, encoded, in_classes
from own_texts import in_folder, short
from PIL import Image

from atelier.params import file, profiles

SECTIONS = ("datasets", "judges", "runs")


@pytest.fixture
def project(tmp_path: Path) -> Checkout:
    """The parameters, profiles and pipeline, without data."""
    made = Checkout(tmp_path / "repo")
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(ROOT / name, made.root)
    shutil.copytree(ROOT / "profiles", made.root / "profiles")
    return made


def put(project: Checkout, files: dict[str, bytes], name: str = "flowers") -> None:
    for path, content in files.items():
        target = project.root / "data/raw" / name / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def in_two_classes(**options: Any) -> dict[str, bytes]:
    numbers = {"daisy": range(150), "rose": range(1000, 1150)}
    return {f"{kind}/{i}.png": drawn(i, **options) for kind, several in numbers.items() for i in several}


def add(project: Checkout, *words: str, status: int = 0) -> str:
    return project.atelier("add", "flowers", "data/raw/flowers", "--family", "vae", *words, status=status).output


def entry(project: Checkout, section: str, name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(project.read("params.yaml"))
    return content[section][name]


def everything(project: Checkout) -> dict[str, bytes]:
    names = ["params.yaml", "dvc.yaml", *(f"profiles/{path.name}" for path in (project.root / "profiles").iterdir())]
    return {name: (project.root / name).read_bytes() for name in names}


def test_pictures_in_folders_become_a_dataset_a_judge_and_a_run_with_fitting_values(project: Checkout) -> None:
    put(project, in_two_classes(width=80, height=70) | {"rose/broken.png": b"x", "rose/copy.png": drawn(1000, 80, 70)})
    before = project.read("params.yaml")
    output = add(project)
    for found in (
        "301 pictures: 301 PNG",
        "size: 64",
        "not square: 301; fit: crop",
        "301 in colour, 0 grey; colour: rgb",
        "2 classes, from folders: daisy 150, rose 151; the judge predicts classes",
        "problem: 1 bad file (max_bad: 1): rose/broken.png: not a picture",
        "problem: 1 file equal to another one",
        "note: no data/raw/flowers.dvc: run `dvc add data/raw/flowers`",
        "`dvc repro evaluate@flowers-vae` runs it",
    ):
        assert found in output
    params = file.read(project.root / "params.yaml")
    prepare = params.datasets["flowers"].prepare
    assert (prepare.size, prepare.colour, prepare.classes, prepare.max_bad) == (64, "rgb", "folders", 1)
    assert params.judges["flowers"].labels == "classes"
    run = params.runs["flowers-vae"]
    assert len(run.train.decoder_filters) == len(run.train.encoder_filters) == 4
    assert run.evaluate.samples == params.judges["flowers"].gauge.samples >= 100
    assert run.train.epochs > params.runs["celeba-vae"].train.epochs  # of fewer pictures
    # Every line of the file is still there, in its order.
    lines = iter(project.read("params.yaml").splitlines())
    assert all(line in lines for line in before.splitlines())


def test_profile_of_that_name_brings_the_entries_back(project: Checkout) -> None:
    put(project, in_two_classes())
    before = everything(project)
    add(project)
    with_flowers = everything(project)
    assert "* flowers" in project.atelier("profile", "list").stdout
    project.atelier("profile", "apply", "demo")
    assert project.read("params.yaml").encode() == before["params.yaml"]
    project.atelier("profile", "apply", "flowers")
    assert everything(project) == with_flowers
    assert project.atelier("graph").stdout == "dvc.yaml lists the model of every run\n"


def test_profile_extends_the_one_that_is_applied(project: Checkout) -> None:
    put(project, in_two_classes())
    project.atelier("profile", "apply", "laptop", "--source", "mirror")
    output = add(project)
    assert "note: params.yaml differs from the profile laptop in 4 places" in output
    resolved = profiles.resolve(project.root / "profiles", "flowers")
    laptop = profiles.resolve(project.root / "profiles", "laptop")
    assert resolved["runs"].items() >= laptop["runs"].items()
    assert resolved["downloads"] == laptop["downloads"]
    assert resolved["edits"] == laptop["edits"]


def test_dry_shows_the_change_and_writes_nothing(project: Checkout) -> None:
    put(project, in_two_classes())
    before = everything(project)
    output = add(project, "--dry")
    for line in (
        "+  flowers-vae:",
        "+++ profiles/flowers.yaml",
        "+extends: demo",
        "+    path: data/models/flowers-vae",
    ):
        assert line in output
    assert everything(project) == before


def test_second_family_keeps_the_dataset_and_the_judge_as_they_are(project: Checkout) -> None:
    put(project, in_two_classes())
    add(project)
    project.replace("params.yaml", "      size: 28\n", "      size: 16\n")
    project.replace("profiles/flowers.yaml", "      size: 28\n", "      size: 16\n")
    output = project.atelier("add", "flowers", "data/raw/flowers", "--family", "gan").stdout
    assert "datasets.flowers exists already; kept as it is" in output
    assert "judges.flowers exists already; kept as it is" in output
    assert entry(project, "datasets", "flowers")["prepare"]["size"] == 16
    assert len(entry(project, "runs", "flowers-gan")["train"]["generator_filters"]) == 2  # from 4×4 to 16×16
    assert set(profiles.resolve(project.root / "profiles", "flowers")["runs"]) >= {"flowers-vae", "flowers-gan"}
    after = everything(project)
    assert "nothing to add" in project.atelier("add", "flowers", "data/raw/flowers", "--family", "gan").stdout
    assert everything(project) == after


def test_grey_pictures_without_folders_are_judged_by_rotations(project: Checkout) -> None:
    grey = np.random.default_rng(0).integers(0, 256, (300, 40, 36), np.uint8)
    # Some are saved as RGB, although they are grey.
    put(project, {f"{i}.png": encoded(Image.fromarray(p).convert("RGB" if i % 2 else "L")) for i, p in enumerate(grey)})
    output = add(project)
    assert "0 in colour, 300 grey; colour: grey" in output
    assert "no classes; the judge predicts rotations" in output
    prepare = entry(project, "datasets", "flowers")["prepare"]
    assert (prepare["size"], prepare["colour"], prepare["classes"]) == (32, "grey", "none")
    assert entry(project, "judges", "flowers")["labels"] == "rotations"
    assert entry(project, "judges", "flowers")["gauge"]["missing_class"] is None


def test_table_of_attributes_gives_a_judge_of_attributes(project: Checkout) -> None:
    rows = "\n".join(f"{i}.png,{i % 2}" for i in range(300))
    put(project, {f"{i}.png": drawn(i) for i in range(300)} | {"labels.csv": f"file,Red\n{rows}\n".encode()})
    assert "1 attribute, from the table: Red 150; the judge predicts attributes" in add(project)
    assert entry(project, "judges", "flowers")["labels"] == "attributes"


def test_folders_that_hold_few_of_the_files_are_no_classes(project: Checkout) -> None:
    put(project, in_classes("a b", each=3) | {f"{i}.png": drawn(1000 + i) for i in range(300)})
    assert "no classes (300 of 306 files are in no folder that can be a class)" in add(project)


def test_class_of_two_pictures_is_an_error_and_classes_none_helps(project: Checkout) -> None:
    put(project, in_two_classes() | {f"tulip/{i}.png": drawn(9000 + i) for i in range(2)})
    before = everything(project)
    line = add(project, status=1)
    assert "class 'tulip': 2 different pictures; at least 3 are needed" in line
    assert everything(project) == before
    add(project, "--classes", "none")
    assert entry(project, "judges", "flowers")["labels"] == "rotations"


def test_too_few_pictures_for_an_evaluation_are_an_error(project: Checkout) -> None:
    put(project, in_classes(each=20))
    line = add(project, status=1)
    assert "40 pictures" in line
    assert "at least 100" in line


REFUSED = {
    "another place": (["flowers", "elsewhere", "--family", "vae"], "dvc add elsewhere --out data/raw/flowers"),
    "no such folder": (["flowers", "nowhere", "--family", "vae"], "does not exist; allowed is data/raw/flowers"),
    "no data": (["roses", "data/raw/roses", "--family", "vae"], "put your pictures there and run `dvc add"),
    "unknown family": (["flowers", "data/raw/flowers", "--family", "vea"], "got 'vea'; families are: "),
    "a name with a dot": (["a.b", "data/raw/a.b", "--family", "vae"], "NAME: got 'a.b'; allowed are letters"),
    "a dataset of another kind": (["mnist", "data/raw/mnist", "--family", "vae"], "datasets.mnist exists already"),
    "a profile": (["laptop", "data/raw/laptop", "--family", "vae"], "profiles/laptop.yaml exists already"),
    "labels from a column": (
        ["flowers", "data/raw/flowers", "--family", "vae", "--classes", "column"],
        "--classes: got 'column'; allowed for image_folder is one of: folders, table, none",
    ),
}  # fmt: skip


@pytest.mark.parametrize("words, expected", REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_added_is_one_line(project: Checkout, words: list[str], expected: str) -> None:
    (project.root / "elsewhere").mkdir()
    put(project, {"1.png": drawn(1)})
    before = everything(project)
    assert expected in project.refusal("add", *words)
    assert everything(project) == before


def test_files_that_are_no_pictures_are_one_line(project: Checkout) -> None:
    put(project, {"1.txt": b"A text.", "2.txt": b"Another one."})
    assert "no pictures among 2 files, for example 1.txt: not a picture" in project.refusal(
        "add", "flowers", "data/raw/flowers", "--family", "vae"
    )


def add_texts(project: Checkout, *words: str) -> str:
    return project.atelier("add", "notes", "data/raw/notes", "--family", "transformer_lm", *words).stdout


def test_texts_in_folders_become_a_dataset_with_classes(project: Checkout) -> None:
    put(project, in_folder(200, "good/") | in_folder(200, "bad/", first=200) | {"bad/x.txt": b" "}, "notes")
    output = add_texts(project)
    for found in (
        "400 texts, a file each; encoding: utf-8",
        "lengths: 9 to 9 words, 9 in the middle, 3,600 in all",
        "2 classes: bad 200, good 200; the judge predicts classes",
        "problem: 1 bad text (max_bad: 1): bad/x.txt: empty",
    ):
        assert found in output
    params = file.read(project.root / "params.yaml")
    prepare = params.datasets["notes"].prepare
    assert (prepare.text, prepare.label, prepare.classes, prepare.max_bad) == ("", "", "folders", 1)
    assert params.judges["notes"].labels == "classes"
    train = params.runs["notes-transformer_lm"].train
    assert 4 * (train.batch + 1) * train.context <= 3600
    assert train.preview_prompt == "The number"
    assert params.runs["notes-transformer_lm"].evaluate.stride <= train.context


def test_table_of_texts_has_its_columns_and_its_encoding_found(project: Checkout) -> None:
    rows = "\n".join(f"{i};{short(i)} Voilà.;{'sad' if i % 2 else 'merry'}" for i in range(400))
    put(project, {"all.csv": f"id;Review;mood\n{rows}\n".encode("cp1252"), "readme.txt": b"About it."}, "notes")
    output = add_texts(project)
    assert "400 texts, in 1 table, column 'Review' with the label 'mood'; encoding: cp1252" in output
    assert "problem: not UTF-8; read as cp1252" in output
    prepare = entry(project, "datasets", "notes")["prepare"]
    assert [prepare[key] for key in ("encoding", "text", "label", "classes")] == ["cp1252", "Review", "mood", "column"]
    assert prepare["max_bad"] == 1  # the readme


def test_texts_without_labels_are_judged_by_shuffled_sentences(project: Checkout) -> None:
    rows = "\n".join(json.dumps({"n": i, "body": short(i)}) for i in range(400))
    put(project, {"all.jsonl": rows.encode()}, "notes")
    assert "no classes; the judge predicts shuffled" in add_texts(project, "--classes", "none")
    assert entry(project, "judges", "notes")["labels"] == "shuffled"
    assert entry(project, "datasets", "notes")["prepare"]["text"] == "body"


def test_family_of_texts_on_pictures_is_one_line(project: Checkout) -> None:
    put(project, {"1.png": drawn(1)}, "notes")
    line = project.refusal("add", "notes", "data/raw/notes", "--family", "transformer_lm")
    assert "no texts among 1 file; read are .txt, .csv" in line


def test_three_commands_lead_from_a_folder_to_the_stages_of_a_run(tmp_path: Path) -> None:
    """The networks themselves are trained in tests/modalities/images/test_own_pictures.py."""
    checkout = Checkout(tmp_path / "repo", PYTHONPATH=str(tmp_path / "repo/src"))
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines():
        if name.startswith(("src/", "stages/", "requirements/", "profiles/", ".dvcignore", "dvc.yaml", "params.yaml")):
            (checkout.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, checkout.root / name)
    checkout.init()
    put(checkout, in_two_classes())
    checkout.dvc("add", "data/raw/flowers")
    assert "note:" not in add(checkout)
    assert checkout.repro("prepare@flowers")[-1] == "prepare@flowers"
    assert (checkout.root / "data/prepared/flowers/spec.json").is_file()
    rest = ["judge@flowers", *(f"{stage}@flowers-vae" for stage in ("train", "sample", "evaluate"))]
    shown = checkout.atelier("run", "--dry", "evaluate@flowers-vae").stdout
    assert list(dict.fromkeys(re.findall(r"^(\w+@[\w-]+): ", shown, re.MULTILINE))) == rest
    # Every input of these stages is there, or the output of one of them.
    with checkout.inside(), Repo() as opened:
        reached = [opened.stage.load_one(name=name) for name in rest]
        made = {Path(out.fs_path) for stage in reached for out in stage.outs}
        for dependency in (dep for stage in reached for dep in stage.deps):
            path = Path(dependency.fs_path)
            assert path.exists() or made & {path, *path.parents}, path
