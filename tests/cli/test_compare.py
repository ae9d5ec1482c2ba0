"""`atelier compare` shows what differs from another commit, and copies no picture of real people."""

import re
from pathlib import Path

from copied_results import Results


def change_picture(results: Results, run: str, content: str) -> None:
    results.write(f"drawn/{run}/samples.png", content)
    results.dvc("repro", "-q")


def test_equal_sides_differ_in_nothing(results: Results) -> None:
    assert results.atelier("compare").stdout == "nothing differs from main\n"
    assert "Nothing differs" in results.atelier("compare", "HEAD", "--markdown").stdout


def test_parameters_numbers_and_outputs_are_shown(results: Results) -> None:
    results.replace("params.yaml", "latent_dim: 2", "latent_dim: 8")
    results.replace("params.yaml", "decoder_filters: []", "decoder_filters: [8]")
    results.set_number("mnist-vae", "fd", 9.0, "numbers.json")
    results.set_number("mnist-vae", "recall", 0.018, "numbers.json")
    results.set_number("mnist-vae", "kl", 6.0, "numbers.json")
    results.set_number("imdb-lm", "perplexity", 4.0, "numbers.json")
    results.dvc("repro", "-q")
    text = results.atelier("compare", "--markdown").stdout
    assert "| runs.mnist-vae.train.latent\\_dim | 2 | 8 |" in text
    assert "| runs.mnist-vae.train.decoder\\_filters | \\[\\] | \\[8\\] |" in text
    assert "| fd | 19.77 | 9 | ▲ better | 25 % |" in text
    assert re.search(r"\| recall \| 0.017 \| 0.018 \| ≈ within noise \| 3 standard errors \(0.018\) \|", text)
    assert "| kl | 5.157 | 6 | moved |  |" in text
    assert "| perplexity | 3.193 | 4 | ▼ worse | 5 % |" in text
    assert "| summarize | changed |" in text
    plain = results.atelier("compare").stdout
    assert all(word in plain for word in ("latent_dim", "▲ better", "▼ worse", "summarize"))


def test_numbers_of_other_data_do_not_compare(results: Results) -> None:
    results.replace("params.yaml", "train: 6000", "train: 5000")
    results.set_number("mnist-vae", "fd", 9.0, "numbers.json")
    results.dvc("repro", "-q")
    text = results.atelier("compare", "--markdown").stdout
    assert "| fd | 19.77 | 9 | not comparable |  |" in text
    assert "another dataset" in text


def test_pictures_of_both_sides_are_copied_and_linked(results: Results, tmp_path: Path) -> None:
    change_picture(results, "mnist-vae", "a better picture")
    out = tmp_path / "out"
    results.atelier("compare", "-o", str(out))
    text = (out / "comparison.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert links == ["mnist-vae/then/samples.png", "mnist-vae/now/samples.png"]
    assert [(out / link).read_text(encoding="utf-8") for link in links] == ["picture of mnist-vae", "a better picture"]
    results.atelier("compare", "-o", str(out), "--pictures-at", "https://example.org/a b/")
    assert "(https://example.org/a%20b/mnist-vae/now/samples.png)" in (out / "comparison.md").read_text(
        encoding="utf-8"
    )


def test_earlier_pictures_come_from_the_remote(results: Results, tmp_path: Path) -> None:
    results.dvc("push", "-q")
    results.remove(".dvc/cache")
    change_picture(results, "mnist-vae", "a better picture")
    results.atelier("compare", "-o", str(tmp_path / "out"))
    assert (tmp_path / "out/mnist-vae/then/samples.png").read_text(encoding="utf-8") == "picture of mnist-vae"


def test_pictures_that_are_not_available_are_noted(results: Results, tmp_path: Path) -> None:
    change_picture(results, "mnist-vae", "a better picture")
    results.remove(".dvc/cache")
    results.atelier("compare", "-o", str(tmp_path / "out"))
    assert "main: not available: neither the workspace" in (tmp_path / "out/comparison.md").read_text(encoding="utf-8")
    assert (tmp_path / "out/mnist-vae/now/samples.png").is_file()


def test_real_faces_are_never_copied(results: Results, tmp_path: Path) -> None:
    change_picture(results, "celeba-vae", "drawn faces")
    head, tail = results.read("params.yaml").split("  celeba:\n    source: embedded")
    results.write("params.yaml", f"{head}  celeba:\n    source: upstream{tail}")
    results.atelier("compare", "-o", str(tmp_path / "out"))
    text = (tmp_path / "out/comparison.md").read_text(encoding="utf-8")
    assert "now: pictures of real people and own data are not copied" in text
    assert [path.name for path in (tmp_path / "out/celeba-vae").iterdir()] == ["then"]
    # And the other way round: main has real faces, the working tree drawn ones.
    results.commit("real faces")
    results.write("params.yaml", f"{head}  celeba:\n    source: embedded{tail}")
    change_picture(results, "celeba-vae", "drawn anew")
    results.atelier("compare", "-o", str(tmp_path / "other"))
    assert [path.name for path in (tmp_path / "other/celeba-vae").iterdir()] == ["now"]


def test_texts_are_tables_and_cannot_break_out_of_them(results: Results, tmp_path: Path) -> None:
    results.replace("drawn/imdb-lm/pictures.json", "Samples", "Texts")
    results.dvc("repro", "-q")
    results.atelier("compare", "-o", str(tmp_path / "out"))
    text = (tmp_path / "out/comparison.md").read_text(encoding="utf-8")
    assert "| a \\| b &lt;i&gt;\\`c\\` |" in text
    assert "**Texts**" in text


def test_listing_that_leaves_its_directory_is_refused(results: Results, tmp_path: Path) -> None:
    results.replace("drawn/mnist-vae/pictures.json", "samples.png", "../../../secret.png")
    results.dvc("repro", "-q")
    line = results.refusal("compare", "-o", str(tmp_path / "out"))
    assert "got the file '../../../secret.png'; allowed is a path inside" in line
    assert not (tmp_path / "out").exists()


def test_unknown_commit_is_one_line(results: Results) -> None:
    assert results.refusal("compare", "nowhere").startswith("no commit 'nowhere'")


def test_a_folder_of_an_earlier_comparison_is_replaced_and_any_other_is_left_alone(
    results: Results, tmp_path: Path
) -> None:
    change_picture(results, "mnist-vae", "a better picture")
    out = tmp_path / "out"
    results.atelier("compare", "-o", str(out))
    assert "![" not in (out / "summary.md").read_text(encoding="utf-8")
    change_picture(results, "mnist-vae", "picture of mnist-vae")
    results.atelier("compare", "-o", str(out))
    assert sorted(path.name for path in out.iterdir()) == ["comparison.md", "summary.md"]
    (out / "mine.txt").write_text("", encoding="utf-8")
    assert "holds mine.txt" in results.refusal("compare", "-o", str(out))
    assert (out / "mine.txt").is_file()
