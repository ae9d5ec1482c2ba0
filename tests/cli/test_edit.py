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
from atelier.editing import space as spaces
from atelier.editing.vectors import KINDS, Concepts
from atelier.modalities.images import generate as generation
from atelier.modalities.images.params import InverterNetwork
from atelier.networks import batching
from atelier.networks import network as networks
from atelier.params import file

ROOT = Path(__file__).parents[2]
RUN, GAN = "celeba-vae", "celeba-gan"
NAMES = ("Smiling", "Eyeglasses")
SIZE, LATENT_DIM = 32, 6
SPEC = Spec("celeba", (SIZE, SIZE, 3), (0, 255), (), NAMES, {}, {}, "embedded")


@pytest.fixture(scope="module")
def network() -> networks.Network:
    shape = {
        "latent_dim": LATENT_DIM,
        "encoder_filters": (),
        "decoder_filters": (),
        "encoder_dense": (),
        "decoder_dense": (),
    }
    train = file.read(ROOT / "params.yaml").entry("runs", RUN).train.model_copy(update=shape)
    return networks.build("vae", train, SPEC, seed=1, precision="float32")


def generator(condition: str) -> networks.Network:
    shape = {"condition": condition, "latent_dim": LATENT_DIM, "generator_base": 4, "generator_filters": (4,)}
    shape |= {"discriminator_filters": (4,)}
    train = file.read(ROOT / "params.yaml").entry("runs", GAN).train.model_copy(update=shape)
    return networks.build("gan", train, SPEC, seed=2, precision="float32")


def inverter(conditions: int) -> networks.Network:
    config = InverterNetwork(
        filters=(4,),
        judge_weight=0.1,
        prior_weight=0.1,
        refine_steps=2,
        refine_rate=0.1,
        latent_dim=LATENT_DIM,
        conditions=conditions,
    )
    return networks.build("inverter.images", config, SPEC, seed=3, precision="float32")


def judge() -> networks.Network:
    train = file.read(ROOT / "params.yaml").entry("judges", "celeba").train
    small = train.model_copy(update={"filters": (4,), "features": 4})
    return networks.build("judge.images", small, SPEC, seed=4, precision="float32")


@pytest.fixture(scope="module")
def concepts() -> Concepts:
    vectors = np.random.default_rng(1).normal(size=(len(KINDS), len(NAMES), LATENT_DIM)).astype(np.float32)
    return Concepts(NAMES, vectors, np.array([0.5, 0.1], np.float32), KINDS.index(("means", True)))


@pytest.fixture(scope="module")
def template(network, lock, concepts: Concepts, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout's layout with a VAE, a GAN, their vectors and a judge; pictures lie in `faces/`."""
    place = tmp_path_factory.mktemp("template")
    for name in ("params.yaml", "dvc.yaml"):
        (place / name).write_bytes((ROOT / name).read_bytes())
    networks.save(network, place / f"data/models/{RUN}")
    lock(place, f"train@{RUN}", f"data/models/{RUN}/config.json", f"data/models/{RUN}/model.weights.h5")
    networks.save(generator("none"), place / f"data/models/{GAN}")
    networks.save(inverter(conditions=0), place / f"data/edits/{GAN}")
    networks.save(judge(), place / "data/judges/celeba")
    for run in (RUN, GAN):
        (place / f"data/edits/{run}").mkdir(parents=True, exist_ok=True)
        concepts.write(place / f"data/edits/{run}")
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
    assert line.endswith(f"{RUN}, {GAN}")


def space_of(project: Path, run: str = GAN) -> spaces.Space:
    """The space that the command edits in: an inversion fills batches of one."""
    directory = project / "data/edits" / run
    return spaces.load(project / "data/models" / run, directory, project / "data/judges/celeba", 1)


def test_generator_without_an_encoder_moves_the_latent_that_its_inverter_finds(project: Path, concepts: Concepts):
    made(GAN, "faces/a.png", "--concept", "Smiling", "--strength", "2", "-o", "out", "--unverified")
    space = space_of(project)
    original = picture_files.read(project / "faces/a.png", SIZE)[None]
    points = space.points(original, space.predicted(original))
    picture = space.pictures(points + 2 * space.step(concepts.vector("Smiling")))[0]
    np.testing.assert_array_equal(np.asarray(Image.open(project / "out/a.png")), picture)


@pytest.mark.parametrize("name", ["config.json", "model.weights.h5"])
def test_generator_without_its_inverter_says_what_to_do(project: Path, name: str):
    (project / f"data/edits/{GAN}" / name).unlink()
    line = refusal(call(GAN, "faces/a.png", "--noise", "0.1", "-o", "out.png", "--unverified"))
    assert line == (
        f"{GAN} has no inverter here; compute it with `dvc repro edit@{GAN}` or fetch it with `dvc pull edit@{GAN}`"
    )


def test_damaged_inverter_is_one_line(project: Path):
    path = project / f"data/edits/{GAN}/model.weights.h5"
    path.write_bytes(path.read_bytes()[:-100])
    assert str(path.relative_to(project)) in refusal(
        call(GAN, "faces/a.png", "--noise", "0.1", "-o", "out.png", "--unverified")
    )


def test_generator_without_an_edit_stage_is_one_line(project: Path):
    line = refusal(call("fashion_mnist-cgan", "faces/a.png", "--noise", "0.1", "-o", "out.png"))
    assert "'fashion_mnist-cgan'" in line
    assert "in edits of params.yaml" in line


def test_run_of_texts_is_one_line(project: Path):
    for options in (["--concept", "Smiling"], ["--noise", "0.1"]):
        line = refusal(call("imdb-lm", "faces/a.png", *options, "-o", "out.png"))
        assert line == "imdb-lm is a run of text, not of images; use `atelier write imdb-lm`"


@pytest.fixture
def conditional(project: Path) -> Path:
    """The GAN is told attributes."""
    networks.save(generator("attributes"), project / f"data/models/{GAN}")
    networks.save(inverter(conditions=len(NAMES)), project / f"data/edits/{GAN}")
    return project


def test_conditional_generator_is_told_what_the_judge_sees_and_can_be_told_the_opposite(conditional: Path):
    space = space_of(conditional)
    original = picture_files.read(conditional / "faces/a.png", SIZE)[None]
    told = space.predicted(original)
    points = space.points(original, told)
    words = ["--concept", "Eyeglasses", "--method", "condition", "--strength", str(1 - 2 * int(told[0, 1]))]
    made(GAN, "faces/a.png", *words, "-o", "out", "--unverified")
    opposite = points.copy()
    opposite[0, LATENT_DIM + 1] = 1 - told[0, 1]
    picture = space.pictures(opposite)[0]
    np.testing.assert_array_equal(np.asarray(Image.open(conditional / "out/a.png")), picture)
    assert not np.array_equal(picture, space.pictures(points)[0])


def test_condition_of_a_network_that_is_told_nothing_is_one_line(project: Path):
    line = refusal(call(RUN, "faces/a.png", "--concept", "Smiling", "--method", "condition", "-o", "out.png"))
    assert line == f"--method: got condition; {RUN} is told no attributes, allowed are means and linear"


def test_unknown_concept_of_a_condition_lists_those_that_there_are(conditional: Path):
    words = ["--concept", "smile", "--method", "condition", "-o", "out.png", "--unverified"]
    assert refusal(call(GAN, "faces/a.png", *words)).startswith("no concept 'smile'; known are: Smiling, Eyeglasses")


@pytest.mark.parametrize("run", [RUN, GAN])
def test_variation_depends_on_its_seed_only(project: Path, run: str):
    words = [run, "faces/a.png", "faces/c.png", "--noise", "0.5", "--unverified"]
    made(*words, "-n", "3", "-o", "many")
    names = [f"{name}-seed-{seed:06}.png" for name in "ac" for seed in range(3)]
    assert sorted(path.name for path in (project / "many").iterdir()) == sorted(names)
    made(*words[:2], *words[3:], "-n", "1", "--seed", "2", "-o", "one")
    one = (project / "one/a-seed-000002.png").read_bytes()
    assert one == (project / "many/a-seed-000002.png").read_bytes()
    assert one != (project / "many/a-seed-000001.png").read_bytes()


def test_variations_of_a_run_without_an_edit_stage(project: Path):
    """Only concepts need what the stage computes, if the network has an encoder."""
    shutil.rmtree(project / "data/edits")
    text = made(RUN, "faces/a.png", "--noise", "0.1", "-n", "2", "--seed", "5", "-o", "sheet.png")
    assert text == f"1 picture: 2 variations each, noise 0.1, seeds 5 to 6 by {RUN}: sheet.png\n"
    assert np.asarray(Image.open(project / "sheet.png")).shape[1] > 4 * 3 * (SIZE + 2)


@pytest.mark.parametrize("run", [RUN, GAN])
def test_pictures_between_two_begin_and_end_with_their_reconstructions(project: Path, run: str):
    made(run, "faces/a.png", "faces/c.png", "--between", "5", "-o", "out", "--unverified")
    made(run, "faces/a.png", "faces/c.png", "--concept", "Smiling", "--strength", "0", "-o", "ends", "--unverified")
    assert sorted(path.name for path in (project / "out").iterdir()) == [f"a-c-{number}.png" for number in range(1, 6)]
    for name, end in (("a-c-1.png", "a.png"), ("a-c-5.png", "c.png")):
        shown, expected = (np.asarray(Image.open(p), int) for p in (project / "out" / name, project / "ends" / end))
        assert np.abs(shown - expected).max() <= 1
    text = made(run, "faces/a.png", "faces/c.png", "--between", "3", "-o", "out.png", "--unverified")
    assert text == f"2 pictures: 3 from the first to the second by {run}: out.png\n"


@pytest.mark.parametrize(
    "options, message",
    [
        ([], "none is given; choose one of --concept, --noise, --between"),
        (["--concept", "Smiling", "--noise", "1"], "got --concept and --noise; choose one of"),
        (["--noise", "1", "--between", "3"], "got --noise and --between; choose one of"),
        (["--noise", "1", "--strength", "2"], "--strength belongs to --concept; it does nothing with --noise"),
        (["--noise", "1", "--raw"], "--orthogonal belongs to --concept"),
        (["--between", "3", "--method", "linear"], "--method belongs to --concept; it does nothing with --between"),
        (["--concept", "Smiling", "-n", "3"], "--count belongs to --noise; it does nothing with --concept"),
        (["--between", "3", "--seed", "3"], "--seed belongs to --noise"),
        (["--between", "3"], "--between: got 1 picture; allowed are 2"),
    ],
)
def test_options_that_do_not_belong_together_are_one_line(project: Path, options: list[str], message: str):
    assert refusal(call(RUN, "faces/a.png", *options, "-o", "out.png")).startswith(message)


@pytest.mark.parametrize("options", [["--noise", "nan"], ["--noise", "0"], ["--noise", "11"], ["--between", "1"]])
def test_number_out_of_range_names_its_option(project: Path, options: list[str]):
    result = call(RUN, "faces/a.png", *options, "-o", "out.png")
    assert result.exit_code == 2
    assert options[0] in result.output


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
    for run, *options in ((RUN, "--concept", "Smiling"), (GAN, "--noise", "1"), (RUN, "--between", "3")):
        line = refusal(call(run, "faces/a.png", path, *options, "-o", "out", "--unverified"))
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
