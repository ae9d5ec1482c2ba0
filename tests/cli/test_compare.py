"""`atelier compare` shows what differs from another commit, and copies no picture of real people."""

import re
import shutil
from pathlib import Path

from click.testing import CliRunner, Result

from atelier.cli.main import main


def compare(*options: str) -> Result:
    result = CliRunner().invoke(main, ["compare", *options], env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    return result


def change_picture(results, run: str, content: str) -> None:
    (results.path / "drawn" / run / "samples.png").write_text(content, encoding="utf-8")
    results.dvc("repro", "-q")


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_equal_sides_differ_in_nothing(results) -> None:
    assert compare().output == "nothing differs from main\n"
    assert "Nothing differs" in compare("HEAD", "--markdown").output


def test_parameters_numbers_and_outputs_are_told(results) -> None:
    replace(results.path / "params.yaml", "latent_dim: 2", "latent_dim: 8")
    results.set_number("mnist-vae", "fd", 9.0, "numbers.json")
    results.set_number("mnist-vae", "recall", 0.018, "numbers.json")
    results.set_number("mnist-vae", "kl", 6.0, "numbers.json")
    results.set_number("imdb-lm", "perplexity", 4.0, "numbers.json")
    results.dvc("repro", "-q")
    told = compare("--markdown").output
    assert "| runs.mnist-vae.train.latent\\_dim | 2 | 8 |" in told
    assert "| fd | 19.77 | 9 | ▲ better | 25 % |" in told
    assert re.search(r"\| recall \| 0.017 \| 0.018 \| ≈ within noise \| 3 standard errors \(0.018\) \|", told)
    assert "| kl | 5.157 | 6 | moved |  |" in told
    assert "| perplexity | 3.193 | 4 | ▼ worse | 5 % |" in told
    assert "| summarize | changed |" in told
    plain = compare().output
    assert all(word in plain for word in ("latent_dim", "▲ better", "▼ worse", "summarize"))


def test_numbers_of_other_data_do_not_compare(results) -> None:
    replace(results.path / "params.yaml", "train: 6000", "train: 5000")
    results.set_number("mnist-vae", "fd", 9.0, "numbers.json")
    results.dvc("repro", "-q")
    told = compare("--markdown").output
    assert "| fd | 19.77 | 9 | not comparable |  |" in told
    assert "another dataset" in told


def test_pictures_of_both_sides_are_copied_and_linked(results, tmp_path: Path) -> None:
    change_picture(results, "mnist-vae", "a better picture")
    out = tmp_path / "out"
    compare("-o", str(out))
    text = (out / "comparison.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert links == ["mnist-vae/then/samples.png", "mnist-vae/now/samples.png"]
    assert [(out / link).read_text(encoding="utf-8") for link in links] == ["picture of mnist-vae", "a better picture"]
    compare("-o", str(out), "--pictures-at", "https://example.org/a b/")
    assert "(https://example.org/a%20b/mnist-vae/now/samples.png)" in (out / "comparison.md").read_text(
        encoding="utf-8"
    )


def test_earlier_pictures_come_from_the_remote(results, tmp_path: Path) -> None:
    results.dvc("push", "-q")
    shutil.rmtree(results.path / ".dvc" / "cache")
    change_picture(results, "mnist-vae", "a better picture")
    compare("-o", str(tmp_path / "out"))
    assert (tmp_path / "out/mnist-vae/then/samples.png").read_text(encoding="utf-8") == "picture of mnist-vae"


def test_pictures_that_are_nowhere_are_said_to_be(results, tmp_path: Path) -> None:
    change_picture(results, "mnist-vae", "a better picture")
    shutil.rmtree(results.path / ".dvc" / "cache")
    compare("-o", str(tmp_path / "out"))
    assert "main: not here: neither the workspace" in (tmp_path / "out/comparison.md").read_text(encoding="utf-8")
    assert (tmp_path / "out/mnist-vae/now/samples.png").is_file()


def test_real_faces_are_never_copied(results, tmp_path: Path) -> None:
    change_picture(results, "celeba-vae", "drawn faces")
    text = (results.path / "params.yaml").read_text(encoding="utf-8")
    head, tail = text.split("  celeba:\n    source: embedded")
    (results.path / "params.yaml").write_text(f"{head}  celeba:\n    source: upstream{tail}", encoding="utf-8")
    compare("-o", str(tmp_path / "out"))
    text = (tmp_path / "out/comparison.md").read_text(encoding="utf-8")
    assert "now: pictures of real people stay where they are" in text
    assert [path.name for path in (tmp_path / "out/celeba-vae").iterdir()] == ["then"]
    # And the other way round: main has real faces, the working tree drawn ones.
    results.commit("real faces")
    (results.path / "params.yaml").write_text(f"{head}  celeba:\n    source: embedded{tail}", encoding="utf-8")
    change_picture(results, "celeba-vae", "drawn anew")
    compare("-o", str(tmp_path / "other"))
    assert [path.name for path in (tmp_path / "other/celeba-vae").iterdir()] == ["now"]


def test_texts_are_tables_and_cannot_break_out_of_them(results, tmp_path: Path) -> None:
    listing = results.path / "drawn/imdb-lm/pictures.json"
    replace(listing, "Samples", "Texts")
    results.dvc("repro", "-q")
    compare("-o", str(tmp_path / "out"))
    text = (tmp_path / "out/comparison.md").read_text(encoding="utf-8")
    assert "| a \\| b &lt;i&gt;\\`c\\` |" in text
    assert "**Texts**" in text


def test_listing_that_leaves_its_directory_is_refused(results, tmp_path: Path) -> None:
    listing = results.path / "drawn/mnist-vae/pictures.json"
    replace(listing, "samples.png", "../../../secret.png")
    results.dvc("repro", "-q")
    result = CliRunner().invoke(main, ["compare", "-o", str(tmp_path / "out")])
    assert result.exit_code == 1
    assert "got the file '../../../secret.png'; allowed is a path inside" in result.output
    assert not (tmp_path / "out").exists()


def test_unknown_commit_is_told_in_one_line(results) -> None:
    result = CliRunner().invoke(main, ["compare", "nowhere"])
    assert result.exit_code == 1
    assert result.output.startswith("Error: no commit 'nowhere' here")


def test_a_folder_of_an_earlier_comparison_is_replaced_and_any_other_is_left_alone(results, tmp_path: Path) -> None:
    change_picture(results, "mnist-vae", "a better picture")
    out = tmp_path / "out"
    compare("-o", str(out))
    assert "![" not in (out / "summary.md").read_text(encoding="utf-8")
    change_picture(results, "mnist-vae", "picture of mnist-vae")
    compare("-o", str(out))
    assert sorted(path.name for path in out.iterdir()) == ["comparison.md", "summary.md"]
    (out / "mine.txt").write_text("", encoding="utf-8")
    result = CliRunner().invoke(main, ["compare", "-o", str(out)])
    assert result.exit_code == 1
    assert "holds mine.txt, which is no part of a comparison" in result.output
    assert (out / "mine.txt").is_file()
