"""`atelier generate` asks a run for classes or attributes, if its network is told them."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from atelier.cli.asked import file_names
from atelier.cli.main import main
from atelier.core.spec import Spec
from atelier.modalities.images import conditions
from atelier.networks import network as networks
from atelier.params import file

ROOT = Path(__file__).parents[2]
CLASSES = ("T-shirt/top", "Ankle boot", "Sneaker", "sandal", "Sandal", "Bag")
ATTRIBUTES = ("Smiling", "Male", "No_Beard")
SPECS = {
    "fashion_mnist-cgan": Spec("fashion_mnist", (28, 28, 1), (0, 255), CLASSES, (), {}, {}, "embedded"),
    "celeba-gan": Spec("celeba", (16, 16, 3), (0, 255), (), ATTRIBUTES, {}, {}, "embedded"),
    "mnist-vae": Spec("mnist", (28, 28, 1), (0, 255), tuple("0123456789"), (), {}, {}, "embedded"),
}
TOLD = {"fashion_mnist-cgan": "class", "celeba-gan": "attributes", "mnist-vae": "none"}


@pytest.fixture(scope="module")
def checkout(shared, params_file: Path) -> Path:
    """The files of a checkout with untrained networks that are told a class, attributes, and nothing."""

    def build(place: Path) -> None:
        (place / "params.yaml").write_bytes(params_file.read_bytes())
        (place / "dvc.yaml").write_bytes((ROOT / "dvc.yaml").read_bytes())
        for run, spec in SPECS.items():
            entry = file.read(params_file).entry("runs", run)
            told = {"condition": TOLD[run], "space_to_depth": 1} if entry.family == "gan" else {}
            network = networks.build(
                entry.family, entry.train.model_copy(update=told), spec, seed=1, precision="float32"
            )
            if told:
                labels = np.arange(600) % 6 if TOLD[run] == "class" else np.arange(600)[:, None] % [2, 3, 5] == 0
                table = conditions.table(conditions.encode(network.config.condition, spec, labels))
                network.model.conditions.assign(table)
            networks.save(network, place / "data" / "models" / run)

    return shared("conditional", build)


@pytest.fixture
def generate(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Call the command with the working directory in the project; what it writes goes to `tmp_path`."""
    monkeypatch.chdir(checkout)

    def call(run: str, *words: str, out: str = "many.npz") -> Result:
        return CliRunner().invoke(main, ["generate", run, *words, "--unverified", "-o", str(tmp_path / out)])

    return call


@pytest.fixture
def arrays(generate, tmp_path: Path):
    """Return the arrays that a call writes."""

    def call(*words: str) -> dict[str, np.ndarray]:
        result = generate(*words)
        assert result.exit_code == 0, result.output
        return dict(np.load(tmp_path / "many.npz"))

    return call


def refusal(result: Result) -> str:
    assert result.exit_code == 1, result.output
    (line,) = result.output.splitlines()
    return line.removeprefix("Error: ")


def test_each_class_gets_its_number_of_pictures_with_the_same_seeds(arrays):
    drawn = arrays("fashion_mnist-cgan", "--class", "Sneaker", "--class", "bag", "-n", "3", "--seed", "5")
    assert [drawn["names"][label] for label in drawn["labels"]] == ["Sneaker"] * 3 + ["Bag"] * 3
    assert drawn["seeds"].tolist() == [5, 6, 7, 5, 6, 7]
    assert len({picture.tobytes() for picture in drawn["images"]}) == 6
    (alone,) = arrays("fashion_mnist-cgan", "--class", "Bag", "-n", "1", "--seed", "6")["images"]
    np.testing.assert_array_equal(alone, drawn["images"][4])


@pytest.mark.parametrize("given, name", [("2", "Sneaker"), ("SNEAKER", "Sneaker"), ("sandal", "sandal")])
def test_class_is_given_by_number_or_by_name_in_any_case_unless_two_differ_in_case_only(arrays, given: str, name: str):
    assert CLASSES[arrays("fashion_mnist-cgan", "--class", given, "-n", "1")["labels"][0]] == name


def test_classes_are_drawn_by_seed_if_none_is_asked_for(arrays):
    many = arrays("fashion_mnist-cgan", "-n", "40")
    assert set(many["labels"]) == set(range(len(CLASSES)))
    one = arrays("fashion_mnist-cgan", "-n", "1", "--seed", "7")
    np.testing.assert_array_equal(one["images"][0], many["images"][7])
    assert one["labels"][0] == many["labels"][7]


def test_attributes_that_are_not_asked_for_are_those_drawn_by_the_seed(arrays):
    drawn = arrays("celeba-gan", "-n", "30")["labels"]
    asked = arrays("celeba-gan", "-n", "30", "--attribute", "smiling", "--attribute", "no-No_Beard")["labels"]
    assert asked[:, 0].all()
    assert not asked[:, 2].any()
    np.testing.assert_array_equal(asked[:, 1], drawn[:, 1])
    assert len(np.unique(drawn, axis=0)) > 4


def test_run_without_condition_has_neither_labels_nor_names(arrays):
    assert sorted(arrays("mnist-vae", "-n", "1")) == ["images", "seeds"]


def test_files_of_a_folder_are_named_by_class_and_seed(generate, tmp_path: Path):
    result = generate(
        "fashion_mnist-cgan", "--class", "T-shirt/top", "--class", "sandal", "-n", "1", "--seed", "7", out="pictures"
    )
    assert result.output.startswith("2 pictures of T-shirt/top, sandal, by fashion_mnist-cgan, seeds 7 to 7: ")
    names = sorted(path.name for path in (tmp_path / "pictures").iterdir())
    assert names == ["3-sandal-seed-000007.png", "T-shirt-top-seed-000007.png"]


def test_each_class_is_a_row_of_the_sheet(generate, arrays, tmp_path: Path):
    words = ("fashion_mnist-cgan", "--class", "Bag", "--class", "Sneaker", "-n", "3")
    assert generate(*words, "--scale", "1", out="rows.png").exit_code == 0
    sheet = np.asarray(Image.open(tmp_path / "rows.png"))
    assert sheet.shape == (58, 88)
    np.testing.assert_array_equal(sheet[30:, :28], arrays(*words)["images"][3, ..., 0])


@pytest.mark.parametrize(
    "words, expected",
    [
        (("fashion_mnist-cgan", "--class", "Sneeker"), ("'Sneeker'", "Ankle boot, Sneaker", "did you mean 'Sneaker'?")),
        (("fashion_mnist-cgan", "--class", "6"), ("--class: got '6'", "classes of fashion_mnist are: T-shirt/top")),
        (("fashion_mnist-cgan", "--class", "SANDAL"), ("--class: got 'SANDAL'", "sandal, Sandal")),
        (("fashion_mnist-cgan", "--class", "Bag", "--class", "5"), ("--class: Bag is given twice",)),
        (("fashion_mnist-cgan", "--attribute", "Smiling"), ("--attribute: ", "told classes; use --class")),
        (("celeba-gan", "--attribute", "no-Smilling"), ("--attribute: got 'no-Smilling'", "did you mean 'Smiling'?")),
        (("celeba-gan", "--attribute", "Male", "--attribute", "no-Male"), ("--attribute: Male is given twice",)),
        (("celeba-gan", "--class", "Male"), ("--class: celeba-gan ", "told attributes; use --attribute")),
        (("mnist-vae", "--class", "7"), ("--class: mnist-vae ", "told no condition")),
    ],
)
def test_what_cannot_be_asked_for_is_one_line_that_says_why(generate, tmp_path: Path, words, expected):
    line = refusal(generate(*words))
    for part in expected:
        assert part in line
    assert list(tmp_path.iterdir()) == []


def test_names_of_files_are_different_and_safe():
    names = file_names([*CLASSES, "../x", "", ".", "a" * 200, "신발"])
    assert len(set(map(str.casefold, names))) == len(names)
    assert "신발" in names
    assert all(name and "/" not in name and name[0] not in ".-" and len(name) < 70 for name in names)
