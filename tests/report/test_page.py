"""The HTML of the page; `test_browser.py` opens it in a browser."""

import base64
import csv
import json
import re
import shutil
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from atelier.core import files, pictures
from atelier.report import page


class Reader(HTMLParser):
    """The tags, references, event handlers and text of a page."""

    POINTERS = ("src", "href", "srcset", "data", "action", "poster", "background", "xlink:href")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.handlers: list[str] = []
        self.references: list[str] = []
        self.text = ""
        self.feed(html)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.references += [value or "" for name, value in attrs if name in self.POINTERS]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.text += f" {data}"


def read(project: Any) -> Reader:
    return Reader(page.render(project.sources()))


def edit(project: Any, name: str, **changes: Any) -> None:
    path = project.data / name
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_same_inputs_give_the_same_bytes(project: Any, html: str) -> None:
    assert page.render(project.sources()) == html


def test_page_refers_only_to_itself(html: str) -> None:
    assert all(reference.startswith(("data:", "#")) for reference in Reader(html).references)
    assert not re.search(r"https?:|//[a-z]|@import|url\((?!#)", re.sub(r'"data:[^"]*"', '""', html))


def test_page_forbids_the_network_and_scripts_by_policy(html: str) -> None:
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    assert f'<meta http-equiv="Content-Security-Policy" content="{policy}">' in html
    assert "script" not in Reader(html).tags


def test_every_picture_that_the_stages_list_is_inlined_unchanged(built: Any, html: str) -> None:
    listings = list(built.data.rglob("pictures.json"))
    assert len(listings) == (2 + 2 + 3 + 3 + 3 + 1) + (1 + 1 + 1 + 1)
    for listing in listings:
        for entry in json.loads(listing.read_text()):
            content = (listing.parent / entry["file"]).read_bytes()
            assert base64.b64encode(content).decode() in html or not entry["file"].endswith(".png")
            assert entry["caption"] in html


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", "{{ 7 * 7 }}", "{% raw %}", "\"'><img src=x onerror=alert(1)>", "</style>"]
)
def test_text_from_data_stays_text(project: Any, hostile: str) -> None:
    edit(project, "prepared/mnist/spec.json", classes=[hostile, *"123456789"], source=hostile)
    edit(project, "judges/mnist/judge.json", class_accuracy={hostile: 0.5}, gauge={hostile: {"fd": 1.0, hostile: 2.0}})
    edit(project, "evaluations/mnist-vae/classes.json", samples={hostile: 0.5}, test={hostile: 0.4})
    edit(project, "evaluations/mnist-vae/metrics.json", **{f"{hostile}_rate": 1.0})
    project.summarize()
    picture = {"file": "samples.png", "title": f"title {hostile}", "caption": f"caption {hostile}"}
    text = {"file": "text.txt", "title": "Text", "caption": ""}
    table = {"file": "table.csv", "title": "Table", "caption": ""}
    (project.data / "samples" / "mnist-vae" / "text.txt").write_text(f"story {hostile}")
    with (project.data / "samples" / "mnist-vae" / "table.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["head", f"column {hostile}"], ["row", f"cell {hostile}"]])
    (project.data / "samples" / "mnist-vae" / "pictures.json").write_text(json.dumps([picture, text, table]))
    with (project.data / "models" / "mnist-vae" / "history.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["epoch", hostile], [1, 0.5], [2, 0.25]])

    reader = read(project)

    for kind in ("title", "caption", "story", "column", "cell"):
        assert f"{kind} {hostile}" in reader.text
    assert reader.text.count(hostile) >= 9
    assert "script" not in reader.tags
    assert not reader.handlers
    assert "x" not in reader.references


def test_metrics_are_shown_with_references_unit_and_meaning(html: str) -> None:
    text = Reader(html).text
    assert "FD 11.31 floor 0.420 N 1 000 ceiling 55.20 N 1 000" in text
    assert "KID 0.0123 ± 0.00110 floor 0.000400 N 1 000" in text
    assert "Loss 139.6 nats" in text
    assert "Share of samples within the neighbourhood of a real example." in text


def test_metric_that_the_glossary_lacks_is_shown_under_its_own_name(project: Any) -> None:
    edit(project, "evaluations/mnist-vae/metrics.json", sharpness_of_edges=0.25)
    project.summarize()
    assert "Sharpness of edges 0.250" in read(project).text


def test_score_of_a_run_without_distances_is_another_metric(project: Any) -> None:
    metrics = {"bits_per_byte": 1.5, "ngram_bits_per_byte": 1.875, "perplexity": 120.0}
    (project.data / "evaluations" / "mnist-vae" / "metrics.json").write_text(json.dumps(metrics))
    project.summarize()
    text = read(project).text
    assert "1.500 Bits per byte n-gram 1.875" in text
    assert "120 Perplexity" in text


def test_change_since_the_last_commit_is_shown(project: Any, html: str) -> None:
    assert "▼" not in Reader(html).text
    edit(project, "evaluations/mnist-vae/metrics.json", fd=9.3, recall=0.5, kl=7.0)
    project.summarize()
    text = read(project).text
    assert "▼ −2.010 better" in text
    assert "▼ −0.120 worse" in text
    assert "▲ +0.390 changed" in text
    project.commit()
    assert "▼" not in read(project).text


def test_results_without_a_commit_are_new(project: Any) -> None:
    shutil.rmtree(project.root / ".git")
    text = read(project).text
    assert "no commit yet" in text
    assert "139.6 nats new" in text


def test_lineage_names_commit_data_and_weights(built: Any, html: str) -> None:
    head = built.git("rev-parse", "HEAD")
    assert f"commit {head[:12]}" in Reader(html).text
    assert "uncommitted" not in html
    assert files.sha256(built.data / "prepared" / "mnist" / "spec.json") in html
    assert files.sha256(built.data / "models" / "mnist-vae" / "model.weights.h5") in html


def test_commit_is_the_last_one_that_touched_an_input_of_results(project: Any) -> None:
    before = project.git("rev-parse", "HEAD")
    project.write("README.md", "no input of results\n")
    project.git("add", "README.md")
    project.git("commit", "--quiet", "--message", "words")
    assert f"commit {before[:12]}" in read(project).text


def test_uncommitted_changes_are_shown(project: Any) -> None:
    project.write("src/code.py", "answer = 43\n")
    assert "+ uncommitted changes" in read(project).text


def test_parameters_are_shown_by_section(html: str) -> None:
    text = Reader(html).text
    assert "latent_dim 2" in text
    assert "importance_samples" in text


def test_pictures_are_shown_in_the_order_of_the_listing(html: str) -> None:
    text = Reader(html).text
    titles = ["Samples Decoded", "Manifold Through", "Reconstructions Test", "Interpolations From", "Latents Test"]
    places = [text.index(title) for title in titles]
    assert places == sorted(places)


def test_page_shows_the_machine_that_trained_each_network(html: str) -> None:
    assert "A Processor, 2 cores, no GPU, Linux, tensorflow 2.20.0" in html
    assert "A Processor, 2 cores, NVIDIA H100 81559 MiB 570.86, Linux, tensorflow 2.20.0" in html


@pytest.mark.parametrize(
    ("missing", "stage"),
    [
        ("metrics.json", "summarize"),
        ("data/prepared/mnist/spec.json", "prepare@mnist"),
        ("data/prepared/mnist/pictures.json", "prepare@mnist"),
        ("data/prepared/mnist/preview.png", "prepare@mnist"),
        ("data/judges/mnist/judge.json", "judge@mnist"),
        ("data/models/mnist-vae/history.csv", "train@mnist-vae"),
        ("data/models/mnist-vae/machine.json", "train@mnist-vae"),
        ("data/models/mnist-vae/model.weights.h5", "train@mnist-vae"),
        ("data/samples/mnist-vae/pictures.json", "sample@mnist-vae"),
        ("data/samples/mnist-vae/samples.png", "sample@mnist-vae"),
        ("data/evaluations/mnist-vae/pictures.json", "evaluate@mnist-vae"),
    ],
)
def test_missing_input_names_the_stage_that_makes_it(project: Any, missing: str, stage: str) -> None:
    (project.root / missing).unlink()
    with pytest.raises(ValueError, match=rf"{re.escape(missing)} is missing; make it with: dvc repro {stage}$"):
        page.render(project.sources())


@pytest.mark.parametrize(
    "optional",
    [
        "samples/mnist-vae/architecture.svg",
        "models/mnist-vae/previews",
        "models/mnist-vae/config.json",
        "evaluations/mnist-vae/classes.json",
        "judges/mnist/history.csv",
        "judges/mnist/pictures.json",
    ],
)
def test_page_is_rendered_without_optional_files(project: Any, optional: str) -> None:
    path = project.data / optional
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert "mnist-vae" in read(project).text


@pytest.mark.parametrize(
    ("broken", "content", "message"),
    [
        ("samples/mnist-vae/samples.png", "no picture", r"samples\.png is not a picture"),
        ("samples/mnist-vae/architecture.svg", "<svg/>", r"architecture\.svg is not an SVG with a viewBox"),
        ("samples/mnist-vae/pictures.json", '{"file": 1}', r"pictures\.json: got dict; allowed is a list"),
        ("samples/mnist-vae/pictures.json", '[{"file": "a.png"}]', r"got .*; allowed is .*file, title, caption"),
        (
            "samples/mnist-vae/pictures.json",
            '[{"file": "../../../secret.txt", "title": "", "caption": ""}]',
            r"file: got .*secret.*; allowed is a path inside",
        ),
        ("models/mnist-vae/history.csv", "epoch,loss\n", r"history\.csv has no epochs"),
        (
            "models/mnist-vae/history.csv",
            "epoch,loss\n1,high\n",
            r"history\.csv: loss: got 'high'; allowed is a number",
        ),
        ("judges/mnist/judge.json", "[]", r"judge\.json: got list; allowed is a JSON object"),
        (
            "evaluations/mnist-vae/classes.json",
            '{"samples": {}}',
            r"classes\.json: allowed is an object with the class shares",
        ),
    ],
)
def test_broken_input_is_an_error_of_one_line(project: Any, broken: str, content: str, message: str) -> None:
    (project.data / broken).write_text(content)
    with pytest.raises(ValueError, match=message) as caught:
        page.render(project.sources())
    assert "\n" not in str(caught.value)


def test_run_that_the_metrics_file_lacks_is_an_error(project: Any) -> None:
    project.write("metrics.json", {})
    with pytest.raises(ValueError, match=r"has no run 'mnist-vae'; make it with: dvc repro summarize"):
        page.render(project.sources())


def test_small_pictures_are_enlarged_with_sharp_pixels_and_large_ones_are_not(html: str) -> None:
    assert re.search(r'alt="Reconstructions" width="894" height="\d+" class="pixels"', html)
    assert re.search(r'alt="Manifold" width="560" height="560">', html)


def test_class_shares_are_shown_in_the_order_of_the_labels(html: str) -> None:
    text = Reader(html).text
    section = text[text.index("fashion_mnist-vae vae on") :]
    places = [section.index(f" {name} ") for name in ("T-shirt/top", "Trouser", "Pullover", "Sneaker", "Ankle boot")]
    assert places == sorted(places)


def test_edited_run_shows_the_pictures_and_metrics_of_its_edit(html: str) -> None:
    section = html.split('id="run-mnist-vae-32"')[1].split("<section")[0]
    assert "<h3>Editing</h3>" in section
    assert "From thin to thick." in section
    assert "Flip rate, smiling" in section
    assert "<h3>Editing</h3>" not in html.split('id="run-mnist-vae-32"')[0]


def test_wide_table_is_transposed(project: Any) -> None:
    rows = ["name," + ",".join(f"m{n}" for n in range(12)), "a," + ",".join(map(str, range(12)))]
    project.write("data/evaluations/imdb-lm/copies.csv", "\n".join(rows))
    assert '<tr><td data-column="name">m11</td><td data-column="a">11</td></tr>' in page.render(project.sources())


def test_large_colour_picture_is_encoded_as_jpeg(project: Any) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3), np.uint8)
    pictures.write_png(project.data / "edits" / "mnist-vae-32" / "strip.png", noise)
    assert "data:image/jpeg;base64," in page.render(project.sources())
