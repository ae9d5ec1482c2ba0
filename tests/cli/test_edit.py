"""`atelier edit` edits the faces in picture files; errors are one line."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from atelier.cli.main import main
from atelier.core import picture_files
from atelier.core.spec import Spec
from atelier.editing.vectors import KINDS, Concepts
from atelier.modalities.images import generate as generation
from atelier.networks import batching
from atelier.networks import network as networks
from atelier.params import file

ROOT = Path(__file__).parents[2]
RUN = "celeba-vae"
NAMES = ("Smiling", "Eyeglasses")
SIZE = 32


@pytest.fixture(scope="module")
def network() -> networks.Network:
    shape = {"latent_dim": 6, "encoder_filters": (), "decoder_filters": (), "encoder_dense": (), "decoder_dense": ()}
    train = file.read(ROOT / "params.yaml").entry("runs", RUN).train.model_copy(update=shape)
    spec = Spec("celeba", (SIZE, SIZE, 3), (0, 255), (), NAMES, {}, {}, "embedded")
    return networks.build("vae", train, spec, seed=1, precision="float32")


@pytest.fixture(scope="module")
def concepts() -> Concepts:
    vectors = np.random.default_rng(1).normal(size=(len(KINDS), len(NAMES), 6)).astype(np.float32)
    return Concepts(NAMES, vectors, np.array([0.5, 0.1], np.float32), KINDS.index(("means", True)))


@pytest.fixture(scope="module")
def template(network, lock, concepts: Concepts, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout's layout with a network and its vectors; pictures lie in `faces/`."""
    place = tmp_path_factory.mktemp("template")
    for name in ("params.yaml", "dvc.yaml"):
        (place / name).write_bytes((ROOT / name).read_bytes())
    networks.save(network, place / f"data/models/{RUN}")
    lock(place, f"train@{RUN}", f"data/models/{RUN}/config.json", f"data/models/{RUN}/model.weights.h5")
    (place / f"data/edits/{RUN}").mkdir(parents=True)
    concepts.write(place / f"data/edits/{RUN}")
    draw = np.random.default_rng(2)
    (place / "faces").mkdir()
    for name, (width, height) in {"a.png": (90, 70), "b.jpg": (178, 218), "c.png": (40, 60)}.items():
        Image.fromarray(draw.integers(0, 256, (height, width, 3), np.uint8)).save(place / "faces" / name)
    return place


@pytest.fixture
def project(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the template, as the working directory."""
    shutil.copytree(template, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["edit", *map(str, words)])


def refusal(result: Result) -> str:
    assert result.exit_code == 1
    (line,) = result.output.splitlines()
    assert line.startswith("Error: ")
    return line.removeprefix("Error: ")


def made(*words: str | Path) -> str:
    result = call(*words)
    assert result.exit_code == 0, result.output
    return result.output


def expected(network, original: np.ndarray, step: np.ndarray | float) -> np.ndarray:
    z = batching.apply(network.model.encoder, original[None], 16)[0]
    return generation.decode(network, (z + step).astype(np.float32), 16)[0]


def test_folder_gets_the_decoded_sum_of_latent_and_vector(project: Path, network, concepts: Concepts):
    made(RUN, "faces/a.png", "faces/b.jpg", "--concept", "Smiling", "--strength", "2", "-o", "out")
    assert sorted(path.name for path in (project / "out").iterdir()) == ["a.png", "b.png"]
    crop = file.read(project / "params.yaml").entry("datasets", "celeba").prepare.crop
    for name in ("a.png", "b.jpg"):
        original = picture_files.read(project / "faces" / name, SIZE, crop=crop)
        edited = np.asarray(Image.open((project / "out" / name).with_suffix(".png")))
        np.testing.assert_array_equal(edited, expected(network, original, 2 * concepts.vector("Smiling")))
    # The picture of 178×218 was cut as for training.
    assert not np.array_equal(original, picture_files.read(project / "faces/b.jpg", SIZE))


@pytest.mark.parametrize(
    "options, kind",
    [([], ("means", True)), (["--raw"], ("means", False)), (["--method", "linear", "--orthogonal"], ("linear", True))],
)
def test_options_choose_the_vector(project: Path, network, concepts: Concepts, options: list[str], kind):
    made(RUN, "faces/c.png", "--concept", "Eyeglasses", *options, "-o", "out")
    step = concepts.vectors[KINDS.index(kind), 1]
    picture = expected(network, picture_files.read(project / "faces/c.png", SIZE), step)
    np.testing.assert_array_equal(np.asarray(Image.open(project / "out/c.png")), picture)


def test_sheet_has_a_row_for_each_picture_and_a_column_for_each_strength(project: Path, network, concepts: Concepts):
    words = ["--concept", "Smiling", "--strength", "-1", "--strength", "1.5", "--scale", "3", "-o", "sheet.png"]
    made(RUN, "faces/a.png", "faces/c.png", *words)
    sheet = np.asarray(Image.open(project / "sheet.png"))
    step = 3 * (SIZE + 2)
    rows, columns = sheet.shape[0] // step, sheet.shape[1] // step
    assert rows == 2
    assert columns >= 4
    left, top = sheet.shape[1] - 4 * step, sheet.shape[0] - 2 * step
    tiles = [
        [sheet[top + i * step :, left + j * step :][: 3 * SIZE : 3, : 3 * SIZE : 3] for j in range(4)] for i in (0, 1)
    ]
    vector = concepts.vector("Smiling")
    for row, name in zip(tiles, ("a.png", "c.png"), strict=True):
        original = picture_files.read(project / "faces" / name, SIZE)
        np.testing.assert_array_equal(row[0], original)
        for tile, strength in zip(row[1:], (0, -1, 1.5), strict=True):
            np.testing.assert_array_equal(tile, expected(network, original, strength * vector))


def test_several_strengths_in_a_folder_stand_in_the_names(project: Path):
    made(RUN, "faces/a.png", "--concept", "Smiling", "--strength", "-1", "--strength", "0.5", "-o", "out")
    assert sorted(path.name for path in (project / "out").iterdir()) == ["a+0.5.png", "a-1.png"]


def test_picture_does_not_depend_on_the_others(project: Path):
    several = made(RUN, "faces/a.png", "faces/b.jpg", "faces/c.png", "--concept", "Smiling", "-o", "many")
    assert several == f"3 pictures with Smiling +1 by {RUN}: many\n"
    alone = made(RUN, "faces/c.png", "--concept", "Smiling", "-o", "one")
    assert alone == f"1 picture with Smiling +1 by {RUN}: one\n"
    assert (project / "many/c.png").read_bytes() == (project / "one/c.png").read_bytes()


def test_unknown_concept_lists_those_that_there_are(project: Path):
    line = refusal(call(RUN, "faces/a.png", "--concept", "smile", "-o", "out.png"))
    assert "'smile'" in line
    assert "Smiling, Eyeglasses" in line


def test_unknown_run_is_one_line_with_those_that_there_are(project: Path):
    line = refusal(call("nobody", "faces/a.png", "--concept", "Smiling", "-o", "out.png"))
    assert "'nobody'" in line
    assert RUN in line


def test_untrained_run_says_what_to_do(project: Path):
    (project / f"data/models/{RUN}/model.weights.h5").unlink()
    line = refusal(call(RUN, "faces/a.png", "--concept", "Smiling", "-o", "out.png"))
    assert f"dvc repro train@{RUN}" in line


def test_run_without_vectors_says_what_to_do(project: Path):
    (project / f"data/edits/{RUN}/concepts.npy").unlink()
    line = refusal(call(RUN, "faces/a.png", "--concept", "Smiling", "-o", "out.png"))
    assert f"dvc repro edit@{RUN}" in line


def test_run_without_an_edit_stage_is_one_line(project: Path):
    shutil.copytree(project / f"data/models/{RUN}", project / "data/models/mnist-vae")
    line = refusal(call("mnist-vae", "faces/a.png", "--concept", "Smiling", "-o", "out.png"))
    assert "'mnist-vae'" in line
    assert line.endswith(RUN)


def test_family_without_an_encoder_is_one_line(project: Path):
    line = refusal(call("celeba-gan", "faces/a.png", "--concept", "Smiling", "-o", "out.png"))
    assert line.startswith("celeba-gan has no encoder: its family is gan")
    assert line.endswith("vae")


@pytest.mark.parametrize(
    "name, content, message",
    [
        ("note.jpg", b"not a picture", "not a picture that can be read"),
        ("nowhere.jpg", None, "No such file or directory"),
        ("tiny.png", (15, 40), "15×40 pixels are too few; the model works at 32×32 and needs at least 16"),
    ],
)
def test_picture_that_cannot_be_used_is_one_line_with_its_name(project: Path, name: str, content, message: str):
    path = project / "faces" / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content:
        Image.new("RGB", content).save(path)
    line = refusal(call(RUN, "faces/a.png", path, "--concept", "Smiling", "-o", "out"))
    assert line.startswith(f"{path}: {message}")
    assert not (project / "out").exists()


@pytest.mark.parametrize(
    "out, message",
    [
        ("out.jpg", "out.jpg: cannot write there; allowed are a .png or a folder"),
        ("nowhere/out.png", "does not exist; make it first"),
        ("faces/c.png", "faces/c.png: this would overwrite"),
        ("faces", "faces/c.png: this would overwrite"),
        ("params", "params: there is a file"),
    ],
)
def test_place_that_must_not_be_written_is_one_line(project: Path, out: str, message: str):
    (project / "params").write_text("mine", encoding="utf-8")
    before = (project / "faces/c.png").read_bytes()
    assert message in refusal(call(RUN, "faces/c.png", "--concept", "Smiling", "-o", out))
    assert (project / "faces/c.png").read_bytes() == before


def test_two_pictures_of_one_name_do_not_overwrite_each_other(project: Path):
    (project / "faces/a.jpg").write_bytes((project / "faces/b.jpg").read_bytes())
    line = refusal(call(RUN, "faces/a.png", "faces/a.jpg", "--concept", "Smiling", "-o", "out"))
    assert line.startswith("out/a.png: two pictures have this target")


@pytest.mark.parametrize("strength", ["nan", "inf", "-21", "1e9"])
def test_strength_out_of_range_is_one_line(project: Path, strength: str):
    line = refusal(call(RUN, "faces/a.png", "--concept", "Smiling", "--strength", strength, "-o", "out.png"))
    assert line.startswith("--strength: got ")
    assert "allowed are -20 to 20" in line


def test_errors_are_printed_without_loading_keras(project: Path):
    code = (
        "import sys; from click.testing import CliRunner; from atelier.cli.main import main\n"
        f"words = ['edit', '{RUN}', 'faces/none.png', '--concept', 'Smiling', '-o', 'out.png']\n"
        "result = CliRunner().invoke(main, words)\n"
        "assert result.exit_code == 1 and 'none.png' in result.output, result.output\n"
        "assert not {'keras', 'tensorflow', 'sklearn'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ)


def test_help_teaches_with_examples():
    result = call("--help")
    assert result.exit_code == 0
    assert "atelier edit celeba-vae me.jpg --concept Smiling -o smile.png" in result.output
    assert "178×218" in result.output
