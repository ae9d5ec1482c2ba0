"""The page as text; `test_browser.py` opens it."""

import base64
import csv
import json
import re
import shutil
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from atelier.core import files, images
from atelier.report import page


class Reader(HTMLParser):
    """Collects the tags, what their attributes point to, and the text."""

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


def read(house: Any) -> Reader:
    return Reader(page.render(house.sources()))


def edit(house: Any, name: str, **changes: Any) -> None:
    path = house.data / name
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_same_inputs_give_the_same_bytes(house: Any) -> None:
    assert page.render(house.sources()) == page.render(house.sources())


def test_page_refers_to_nothing_but_itself(house: Any) -> None:
    html = page.render(house.sources())
    assert all(reference.startswith(("data:", "#")) for reference in Reader(html).references)
    assert not re.search(r"https?:|//[a-z]|@import|url\((?!#)", re.sub(r'"data:[^"]*"', '""', html))


def test_page_forbids_the_network_and_scripts_by_policy(house: Any) -> None:
    html = page.render(house.sources())
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    assert f'<meta http-equiv="Content-Security-Policy" content="{policy}">' in html
    assert "script" not in Reader(html).tags


def test_every_picture_that_the_stages_list_is_inlined_byte_for_byte(house: Any) -> None:
    html = page.render(house.sources())
    listings = list(house.data.rglob("pictures.json"))
    assert len(listings) == (2 + 2 + 3 + 3 + 3 + 1) + (1 + 1 + 1 + 1)
    for listing in listings:
        for entry in json.loads(listing.read_text()):
            content = (listing.parent / entry["file"]).read_bytes()
            assert base64.b64encode(content).decode() in html or not entry["file"].endswith(".png")
            assert entry["caption"] in html


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", "{{ 7 * 7 }}", "{% raw %}", "\"'><img src=x onerror=alert(1)>", "</style>"]
)
def test_text_from_data_stays_text(house: Any, hostile: str) -> None:
    edit(house, "prepared/mnist/spec.json", classes=[hostile, *"123456789"], source=hostile)
    edit(house, "judges/mnist/judge.json", class_accuracy={hostile: 0.5}, gauge={hostile: {"fd": 1.0, hostile: 2.0}})
    edit(house, "evaluations/mnist-vae/classes.json", samples={hostile: 0.5}, test={hostile: 0.4})
    edit(house, "evaluations/mnist-vae/metrics.json", **{f"{hostile}_rate": 1.0})
    house.summarize()
    picture = {"file": "samples.png", "title": f"title {hostile}", "caption": f"caption {hostile}"}
    text = {"file": "text.txt", "title": "Text", "caption": ""}
    table = {"file": "table.csv", "title": "Table", "caption": ""}
    (house.data / "samples" / "mnist-vae" / "text.txt").write_text(f"story {hostile}")
    with (house.data / "samples" / "mnist-vae" / "table.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["head", f"column {hostile}"], ["row", f"cell {hostile}"]])
    (house.data / "samples" / "mnist-vae" / "pictures.json").write_text(json.dumps([picture, text, table]))
    with (house.data / "models" / "mnist-vae" / "history.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["epoch", hostile], [1, 0.5], [2, 0.25]])

    reader = read(house)

    for kind in ("title", "caption", "story", "column", "cell"):
        assert f"{kind} {hostile}" in reader.text
    assert reader.text.count(hostile) >= 9
    assert "script" not in reader.tags
    assert not reader.handlers
    assert "x" not in reader.references


def test_names_of_metrics_come_with_what_they_mean_and_their_unit(house: Any) -> None:
    text = read(house).text
    assert "FD 11.31 floor 0.420 ceiling 55.20" in text
    assert "KID 0.0123 ± 0.00110 floor 0.000400" in text
    assert "Loss 139.6 nats" in text
    assert "Share of samples that lie among real ones: fidelity." in text


def test_metric_without_an_entry_in_the_glossary_is_shown_all_the_same(house: Any) -> None:
    edit(house, "evaluations/mnist-vae/metrics.json", sharpness_of_edges=0.25)
    house.summarize()
    assert "Sharpness of edges 0.250" in read(house).text


def test_run_without_distances_is_scored_by_what_it_has(house: Any) -> None:
    metrics = {"bits_per_byte": 1.5, "ngram_bits_per_byte": 1.875, "perplexity": 120.0}
    (house.data / "evaluations" / "mnist-vae" / "metrics.json").write_text(json.dumps(metrics))
    house.summarize()
    text = read(house).text
    assert "1.500 Bits per byte n-gram 1.875" in text
    assert "120 Perplexity" in text


def test_change_is_told_against_the_last_commit(house: Any) -> None:
    assert "▼" not in read(house).text
    edit(house, "evaluations/mnist-vae/metrics.json", fd=9.3, recall=0.5, kl=7.0)
    house.summarize()
    text = read(house).text
    assert "▼ −2.010 better" in text
    assert "▼ −0.120 worse" in text
    assert "▲ +0.390 " in text
    house.commit()
    assert "▼" not in read(house).text


def test_first_results_have_nothing_to_compare_with(house: Any) -> None:
    shutil.rmtree(house.root / ".git")
    text = read(house).text
    assert "no commit yet" in text
    assert "139.6 nats first" in text


def test_lineage_names_commit_data_and_weights(house: Any) -> None:
    head = house.git("rev-parse", "HEAD")
    html = page.render(house.sources())
    assert f"commit {head[:12]}" in Reader(html).text
    assert "uncommitted" not in html
    assert files.sha256(house.data / "prepared" / "mnist" / "spec.json") in html
    assert files.sha256(house.data / "models" / "mnist-vae" / "model.weights.h5") in html


def test_commit_is_the_last_one_that_touched_what_results_depend_on(house: Any) -> None:
    before = house.git("rev-parse", "HEAD")
    house.write("README.md", "nothing that counts\n")
    house.git("add", "README.md")
    house.git("commit", "--quiet", "--message", "words")
    assert f"commit {before[:12]}" in read(house).text


def test_uncommitted_changes_are_told(house: Any) -> None:
    house.write("src/code.py", "answer = 43\n")
    assert "+ uncommitted changes" in read(house).text


def test_parameters_are_shown_by_section(house: Any) -> None:
    text = read(house).text
    assert "latent_dim 2" in text
    assert "importance_samples" in text


def test_order_of_pictures_is_that_of_the_listing(house: Any) -> None:
    text = read(house).text
    titles = ["Samples Decoded", "Manifold Through", "Reconstructions Test", "Interpolations From", "Latents Test"]
    places = [text.index(title) for title in titles]
    assert places == sorted(places)


def test_page_says_what_each_network_was_trained_on(house: Any) -> None:
    text = page.render(house.sources())
    assert "A Processor, 2 cores, no GPU, Linux, tensorflow 2.20.0" in text
    assert "A Processor, 2 cores, NVIDIA H100 81559 MiB 570.86, Linux, tensorflow 2.20.0" in text


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
def test_missing_input_names_the_stage_that_makes_it(house: Any, missing: str, stage: str) -> None:
    (house.root / missing).unlink()
    with pytest.raises(ValueError, match=rf"{re.escape(missing)} is missing; make it with: dvc repro {stage}$"):
        page.render(house.sources())


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
def test_page_does_without_what_another_family_may_lack(house: Any, optional: str) -> None:
    path = house.data / optional
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert "mnist-vae" in read(house).text


@pytest.mark.parametrize(
    ("broken", "content", "message"),
    [
        ("samples/mnist-vae/samples.png", "no picture", r"samples\.png is no picture"),
        ("samples/mnist-vae/architecture.svg", "<svg/>", r"architecture\.svg is no SVG with a viewBox"),
        ("samples/mnist-vae/pictures.json", '{"file": 1}', r"pictures\.json: got dict; a list of pictures is expected"),
        ("samples/mnist-vae/pictures.json", '[{"file": "a.png"}]', r"the texts file, title, caption is expected"),
        (
            "samples/mnist-vae/pictures.json",
            '[{"file": "../../../secret.txt", "title": "", "caption": ""}]',
            r"a path inside .* is expected",
        ),
        ("models/mnist-vae/history.csv", "epoch,loss\n", r"history\.csv has no epochs"),
        ("models/mnist-vae/history.csv", "epoch,loss\n1,high\n", r"loss is 'high'; a number is expected"),
        ("judges/mnist/judge.json", "[]", r"judge\.json: got list; a JSON object is expected"),
        ("evaluations/mnist-vae/classes.json", '{"samples": {}}', r"classes\.json: an object with the shares"),
    ],
)
def test_broken_input_is_named_in_one_line(house: Any, broken: str, content: str, message: str) -> None:
    (house.data / broken).write_text(content)
    with pytest.raises(ValueError, match=message) as caught:
        page.render(house.sources())
    assert "\n" not in str(caught.value)


def test_run_that_the_summary_lacks_is_an_error(house: Any) -> None:
    house.write("metrics.json", {})
    with pytest.raises(ValueError, match=r"has no run 'mnist-vae'; make it with: dvc repro summarize"):
        page.render(house.sources())


def test_small_pictures_are_enlarged_with_hard_pixels_and_large_ones_left_alone(house: Any) -> None:
    html = page.render(house.sources())
    assert re.search(r'alt="Reconstructions" width="894" height="\d+" class="pixels"', html)
    assert re.search(r'alt="Manifold" width="560" height="560">', html)


def test_shares_are_shown_in_the_order_of_the_labels(house: Any) -> None:
    text = read(house).text
    verdict = text[text.index("fashion_mnist-vae vae on") :]
    places = [verdict.index(f" {name} ") for name in ("T-shirt/top", "Trouser", "Pullover", "Sneaker", "Ankle boot")]
    assert places == sorted(places)


def test_edited_run_shows_its_strips_and_its_numbers(house) -> None:
    html = page.render(house.sources())
    section = html.split('id="run-mnist-vae-32"')[1].split("<section")[0]
    assert "<h3>Editing</h3>" in section
    assert "From thin to thick." in section
    assert "Flip rate, smiling" in section
    assert "<h3>Editing</h3>" not in html.split('id="run-mnist-vae-32"')[0]


def test_heavy_picture_in_colour_travels_as_jpeg(house) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3), np.uint8)
    images.write_png(house.data / "edits" / "mnist-vae-32" / "strip.png", noise)
    assert "data:image/jpeg;base64," in page.render(house.sources())
