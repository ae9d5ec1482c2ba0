"""`atelier generate` generates pictures with a trained run; errors are one line."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from atelier.cli.main import main

ROOT = Path(__file__).parents[2]


@pytest.fixture
def generate(trained_digits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Call the command with the working directory in the project; what it writes goes to `tmp_path`."""
    monkeypatch.chdir(trained_digits)

    def call(*words: str | Path, out: str) -> Result:
        return CliRunner().invoke(main, ["generate", *map(str, words), "-o", str(tmp_path / out)])

    return call


def drawn(result: Result, path: Path) -> np.lib.npyio.NpzFile:
    assert result.exit_code == 0, result.output
    return np.load(path)


def refusal(result: Result) -> str:
    """The one line of a command that fails."""
    assert result.exit_code == 1
    (line,) = result.output.splitlines()
    assert line.startswith("Error: ")
    return line.removeprefix("Error: ")


def test_arrays_hold_a_picture_for_each_seed(generate, tmp_path: Path):
    result = generate("mnist-vae", "-n", "5", "--seed", "40", out="many.npz")
    with drawn(result, tmp_path / "many.npz") as arrays:
        assert arrays["images"].shape == (5, 28, 28, 1)
        assert arrays["images"].dtype == np.uint8
        assert arrays["seeds"].tolist() == [40, 41, 42, 43, 44]
    assert result.output == f"5 pictures of mnist-vae, seeds 40 to 44: {tmp_path / 'many.npz'}\n"


def test_single_picture_of_a_seed_is_the_one_of_a_larger_draw(generate, tmp_path: Path):
    generate("mnist-vae", "-n", "16", "--seed", "0", out="sixteen.npz")
    generate("mnist-vae", "-n", "1", "--seed", "7", out="one.npz")
    generate("mnist-vae", "-n", "16", "--seed", "0", "--batch", "5", out="fives.npz")
    sixteen, one, fives = (np.load(tmp_path / f"{name}.npz")["images"] for name in ("sixteen", "one", "fives"))
    np.testing.assert_array_equal(one[0], sixteen[7])
    np.testing.assert_array_equal(fives, sixteen)
    assert len({picture.tobytes() for picture in sixteen}) == 16


def test_grid_holds_the_pictures_row_by_row(generate, tmp_path: Path):
    generate("mnist-vae", "-n", "4", out="four.npz")
    assert generate("mnist-vae", "-n", "4", "--scale", "1", out="grid.png").exit_code == 0
    grid = np.asarray(Image.open(tmp_path / "grid.png"))
    images = np.load(tmp_path / "four.npz")["images"][..., 0]
    assert grid.shape == (58, 58)
    np.testing.assert_array_equal(grid[:28, 30:], images[1])
    np.testing.assert_array_equal(grid[30:, :28], images[2])


def test_scale_enlarges_each_pixel(generate, tmp_path: Path):
    generate("mnist-vae", "-n", "4", "--scale", "1", out="grid.png")
    generate("mnist-vae", "-n", "4", "--scale", "3", out="large.png")
    grid, large = (np.asarray(Image.open(tmp_path / name)) for name in ("grid.png", "large.png"))
    np.testing.assert_array_equal(large, grid.repeat(3, axis=0).repeat(3, axis=1))


def test_folder_holds_a_picture_named_by_each_seed(generate, tmp_path: Path):
    assert generate("mnist-vae", "-n", "3", "--seed", "9", out="pictures").exit_code == 0
    generate("mnist-vae", "-n", "3", "--seed", "9", out="three.npz")
    names = [f"seed-{seed:06}.png" for seed in (9, 10, 11)]
    assert sorted(path.name for path in (tmp_path / "pictures").iterdir()) == names
    pictures = [np.asarray(Image.open(tmp_path / "pictures" / name)) for name in names]
    np.testing.assert_array_equal(pictures, np.load(tmp_path / "three.npz")["images"][..., 0])


def test_command_works_in_a_folder_below_the_project(generate, trained_digits: Path, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(trained_digits / "data")
    assert generate("mnist-vae", "-n", "1", out="grid.png").exit_code == 0


def test_unknown_run_is_one_line_with_those_that_there_are(generate, small_params, tmp_path: Path):
    line = refusal(generate("mnist-gan", out="grid.png"))
    assert "'mnist-gan'" in line
    assert ", ".join(small_params["runs"]) in line
    assert list(tmp_path.iterdir()) == []


def test_untrained_run_is_one_line_with_what_is_trained_and_what_to_do(generate, tmp_path: Path):
    line = refusal(generate("fashion_mnist-vae", out="grid.png"))
    assert line.startswith("fashion_mnist-vae is not trained here (trained runs: mnist-vae); ")
    assert "dvc repro train@fashion_mnist-vae" in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["grid.jpg", "grid.tar.gz", "pictures.png"])
def test_path_that_is_neither_png_nor_npz_nor_folder_is_one_line(generate, tmp_path: Path, name: str):
    (tmp_path / "pictures.png").mkdir()
    line = refusal(generate("mnist-vae", out=name))
    assert line.startswith(f"{tmp_path / name}: ")
    assert "allowed are a .png, a .npz or a folder" in line
    assert [path.name for path in tmp_path.rglob("*")] == ["pictures.png"]


def test_missing_folder_is_one_line_that_names_it(generate, tmp_path: Path):
    line = refusal(generate("mnist-vae", out="nowhere/grid.png"))
    assert line.startswith(f"{tmp_path}/nowhere/grid.png: ")
    assert f"{tmp_path}/nowhere does not exist" in line
    assert list(tmp_path.iterdir()) == []


def test_file_in_the_way_of_a_folder_is_one_line_and_stays(generate, tmp_path: Path):
    (tmp_path / "pictures").write_text("mine", encoding="utf-8")
    line = refusal(generate("mnist-vae", out="pictures"))
    assert line.startswith(f"{tmp_path}/pictures: there is a file")
    assert (tmp_path / "pictures").read_text(encoding="utf-8") == "mine"


def test_outside_a_checkout_is_one_line(generate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    line = refusal(generate("mnist-vae", out="grid.png"))
    assert line.startswith(f"no params.yaml in {tmp_path} or above it")


@pytest.mark.parametrize("option, value", [("-n", "0"), ("--seed", "-1"), ("--scale", "0")])
def test_number_out_of_range_is_refused_with_what_is_allowed(generate, option: str, value: str, tmp_path: Path):
    result = generate("mnist-vae", option, value, out="grid.png")
    assert result.exit_code == 2
    assert "is not in the range" in result.output
    assert list(tmp_path.iterdir()) == []


def test_picture_that_would_be_too_large_is_one_line_with_its_size_and_the_limit(generate, tmp_path: Path):
    line = refusal(generate("mnist-vae", "-n", "100000", "--scale", "32", out="grid.png"))
    assert "303,296×304,256 pixels, 92,280 million" in line
    assert "allowed are 80 million" in line
    assert "--scale" in line
    assert list(tmp_path.iterdir()) == []


def test_largest_seed_is_drawn(generate, tmp_path: Path):
    with drawn(
        generate("mnist-vae", "-n", "2", "--seed", str(9 * 10**18), out="two.npz"), tmp_path / "two.npz"
    ) as arrays:
        assert arrays["seeds"].tolist() == [9 * 10**18, 9 * 10**18 + 1]
