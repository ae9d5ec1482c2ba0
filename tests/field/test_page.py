"""What a reader of the report's page sees: sources, measures, samples and texts, at every width."""

import csv
import json
import re
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from report_browser import CHROMIUM, CUT, Opened, browsed, chromium, opened, unchanged
from report_project import built, html, project

from atelier.core import pictures
from atelier.report import page

__all__ = ["browsed", "built", "chromium", "html", "opened", "project", "unchanged"]
ROOT = Path(__file__).parents[2]
THIN = "\u202f"
needs_browser = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is not installed")
# The texts and tables that reach beyond their box: nothing of them is shown without scrolling.
OVERFLOWING = """() => [...document.querySelectorAll('figure.texts, figure.texts *, .cards, .cards *, .fit')]
  .filter((one) => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== 'inline'
    || one.getBoundingClientRect().right > innerWidth + 0.5)
  .map((one) => `${one.localName}.${one.className}: ${one.textContent.slice(0, 40)}`)"""


class Text(HTMLParser):
    """The words of a page, without its style."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.feed(re.sub(r"<style>.*?</style>", "", html, flags=re.S))

    def handle_data(self, data: str) -> None:
        self.words += data.replace(THIN, "").split()


def text(html: str) -> str:
    return " ".join(Text(html).words)


def section(html: str, name: str) -> str:
    return html.split(f'id="{name}"')[1].split("<section")[0]


def edit(project: Any, name: str, change: Callable[[dict[str, Any]], object]) -> None:
    path = project.data / name
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def rendered(project: Any) -> str:
    project.summarize()
    return page.render(project.sources())


# Where the data came from


def test_badge_says_that_data_are_drawn_in_lead_overview_and_head_of_run(html: str) -> None:
    assert "trained on mnist drawn here , fashion_mnist drawn here and imdb written here" in text(html)
    assert "None of these datasets is the published one." in text(html)
    assert "mnist , vae drawn here, not the real files" in text(section(html, "overview"))
    assert "vae on mnist drawn here, not the real files" in text(section(html, "run-mnist-vae"))
    assert "dataset drawn here, not the real files" in text(section(html, "dataset-mnist"))
    assert "transformer_lm on imdb written here, not the real files" in text(section(html, "run-imdb-lm"))


@pytest.mark.parametrize(
    ("source", "badge"),
    [
        ("upstream", "the real files, from their authors"),
        ("mirror", "files of a mirror, which may differ from the real ones"),
        ("own", "own files, added by hand"),
        ("other", "from a source that the report does not know: other"),
    ],
)
def test_badge_names_every_other_source(project: Any, source: str, badge: str) -> None:
    edit(project, "prepared/mnist/spec.json", lambda spec: spec.update(source=source))
    seen = rendered(project)
    assert f"vae on mnist {badge}" in text(section(seen, "run-mnist-vae"))
    assert "None of these datasets" not in text(seen) or source != "upstream"


def test_profile_is_named_beside_the_commit(project: Any) -> None:
    shutil.copytree(ROOT / "profiles", "profiles")
    shutil.copy(ROOT / "profiles" / "demo.yaml", "params.yaml")
    params, raw = project.sources().read_params()
    assert params.runs
    assert page.lineage.profile(Path("profiles"), raw) == "demo"
    raw["downloads"]["mnist"]["source"] = "upstream"
    assert page.lineage.profile(Path("profiles"), raw) == "demo"
    raw["runs"]["mnist-vae"]["train"]["epochs"] += 1
    assert page.lineage.profile(Path("profiles"), raw) == "demo, with 1 other value"


def test_page_names_the_nearest_profile_beside_the_commit(project: Any) -> None:
    shutil.copytree(ROOT / "profiles", "profiles")
    head = project.git("rev-parse", "HEAD")[:12]
    assert re.search(rf"commit {head} , profile demo, with \d+ other values", text(rendered(project)))


# What a score is measured against


def test_gauge_stands_beside_precision_recall_density_and_coverage(html: str) -> None:
    seen = text(section(html, "run-mnist-vae"))
    for metric in ("Precision 0.810", "Recall 0.620", "Density 0.740", "Coverage 0.690"):
        assert f"{metric} gauge, N 1000: real 0.957 blur 0.120 noise 0.310 missing class 0.880" in seen
    assert "idelity" not in text(html)


def test_page_says_where_damaged_data_beat_the_model_and_the_number_says_little(project: Any) -> None:
    edit(project, "judges/mnist/judge.json", lambda judge: judge["gauge"]["noise"].update(precision=0.95))
    seen = text(section(rendered(project), "run-mnist-vae"))
    assert "On these data, noise (0.950) scores higher than the model: this number says little here." in seen


def test_page_says_where_damaged_data_beat_a_poor_model(project: Any) -> None:
    edit(project, "evaluations/mnist-vae/metrics.json", lambda metrics: metrics.update(recall=0.05, fd=57.0))
    seen = text(section(rendered(project), "run-mnist-vae"))
    assert "On these data, blur (0.120), noise (0.310) and missing class (0.880) score higher than the model." in seen
    closer = "blur (55.20), noise (38.90) and missing class (6.100) are closer to real data than the model."
    assert f"On these data, {closer}" in seen


def test_real_data_without_a_class_are_no_argument_against_precision(project: Any) -> None:
    edit(project, "judges/mnist/judge.json", lambda judge: judge["gauge"]["missing_class"].update(precision=0.957))
    seen = text(section(rendered(project), "run-mnist-vae"))
    assert "(0.957)" not in seen


def test_scale_names_its_end_and_has_a_tick_for_each_damage(html: str) -> None:
    row = section(html, "overview")
    assert "20 % of the way to blur ; missing class at 10 %; noise at 70 %" in text(row)
    assert row.count('class="tick"') == 3 * 3 + 2
    assert "Compare the dots of different datasets" not in text(html)


def test_n_stands_beside_every_floor_and_ceiling(html: str) -> None:
    seen = text(html)
    for name in ("floor", "ceiling"):
        values = re.findall(rf"\b{name} −?\d[\d.]*( N \d+)?", seen)
        assert values
        assert all(values)
    assert "Real data (floor) 1000 0.420" in text(section(html, "dataset-mnist"))


# Curves


def test_curve_says_that_it_measures_other_samples_than_the_table(project: Any) -> None:
    path = project.data / "models" / "mnist-vae" / "history.csv"
    path.write_text("epoch,loss,val_loss,kid\n1,3,3.5,0.9\n2,2,2.5,0.4\n3,1,3.0,0.6\n")
    params = project.root / "params.yaml"
    params.write_text(params.read_text().replace("prior: normal", "prior: mixture", 1))
    seen = text(section(rendered(project), "run-mnist-vae"))
    assert "Here 300 samples from N(0, I) against validation; in the table 1000 samples from a mixture of" in seen, seen
    assert "The values do not compare." in seen


def test_every_chart_marks_the_kept_epoch(project: Any) -> None:
    path = project.data / "models" / "mnist-vae" / "history.csv"
    path.write_text("epoch,loss,kl,learning_rate,kid\n1,3,1,0.1,0.9\n2,2,2,0.1,0.4\n3,1,3,0,0.6\n")
    seen = section(rendered(project), "run-mnist-vae")
    assert text(seen).count("epoch 2 kept") == seen.count('class="chart"') == 4
    assert seen.count('<line class="kept"') == 4


def test_sum_of_the_losses_of_a_gan_has_no_chart(project: Any) -> None:
    path = project.data / "models" / "mnist-vae" / "history.csv"
    path.write_text("epoch,discriminator_loss,generator_loss,loss,kid\n1,0.9,1.1,2,0.9\n2,1,1,2,0.8\n")
    seen = text(section(rendered(project), "run-mnist-vae"))
    charts = seen[seen.index("Training") :]
    assert "Generator loss" in charts
    assert not re.search(r"(?<!Generator )(?<!Discriminator )\bLoss", charts)


# Pictures and tables


def test_sheet_with_its_numbers_beside_it_is_a_table(project: Any) -> None:
    edits = project.data / "edits" / "mnist-vae-32"
    with (edits / "strip.csv").open("w", newline="") as file:
        csv.writer(file).writerows(
            [["edited", "Pale_Skin", "No_Beard"], ["Pale_Skin", 0.9123, -0.004], ["No_Beard", -0.31, 0.5]]
        )
    seen = section(rendered(project), "run-mnist-vae-32")
    assert '<th scope="row">Pale skin</th><td class="s5">+0.91</td><td class="">0</td>' in seen
    assert '<th scope="row">No beard</th><td class="c3">−0.31</td><td class="s4">+0.50</td>' in seen
    assert 'alt="Thickness"' not in seen


def test_keys_in_tables_are_words(project: Any) -> None:
    rows = [
        ["texts", "rep 4", "copied_5", "self bleu 4", "longest copy", "fd", *(f"copied {n}" for n in range(6, 12))],
        ["people", *range(11)],
    ]
    with (project.data / "evaluations" / "imdb-lm" / "copies.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    seen = text(section(rendered(project), "run-imdb-lm"))
    assert "Repetition-4 0 Copied-5 1 Self-BLEU-4 2 Longest copy 3 FD 4 Copied-6 5" in seen
    assert "rep 4" not in seen


def test_caption_comes_before_a_text_and_a_table(html: str) -> None:
    run = section(html, "run-imdb-lm")
    assert run.index("The same prompt at five temperatures") < run.index('class="tokens"')
    assert run.index("Spans that a sample shares") < run.index("so it goes")


def test_attribute_is_written_in_words(project: Any) -> None:
    shares = {"samples": {"Mouth_Slightly_Open": 0.4}, "test": {"Mouth_Slightly_Open": 0.5}}
    (project.data / "evaluations" / "mnist-vae" / "classes.json").write_text(json.dumps(shares))
    assert "Mouth slightly open 40.0% 50.0%" in text(section(rendered(project), "run-mnist-vae"))


@needs_browser
@pytest.mark.parametrize("width", [320, 360, 768, 1024, 1280, 1440, 1600])
def test_no_text_or_table_is_cut(browsed: Opened, width: int) -> None:
    tab = browsed.show(width)
    assert tab.evaluate(CUT) == []
    assert tab.evaluate(OVERFLOWING) == []


@needs_browser
def test_samples_have_a_row_of_their_own_and_whole_factors_at_every_width(
    opened: Callable[[], Opened], project: Any
) -> None:
    samples = project.data / "samples" / "mnist-vae" / "samples.png"
    tiles = np.random.default_rng(0).integers(0, 255, (90, 28, 28, 1), np.uint8)
    pictures.write_png(samples, pictures.grid(tiles, 16))
    tab = opened().tab
    picture, others = tab.locator("#run-mnist-vae .samples img"), tab.locator("#run-mnist-vae .picture:not(.samples)")
    columns = {}
    for width in (360, 768, 1280, 1600):
        tab.set_viewport_size({"width": width, "height": 800})
        tab.wait_for_function("one => one.complete && one.naturalWidth", arg=picture.element_handle())
        shown, natural = picture.evaluate("one => [one.clientWidth, one.naturalWidth]")
        columns[width] = (natural + 2) // 30
        assert shown % natural == 0
        assert shown // columns[width] >= 56
        assert picture.bounding_box()["x"] + shown <= width
        assert others.first.bounding_box()["y"] > picture.bounding_box()["y"] + picture.bounding_box()["height"]
    assert columns == {360: 4, 768: 8, 1280: 8, 1600: 16}
    assert picture.evaluate("one => getComputedStyle(one).imageRendering") == "pixelated"


@needs_browser
def test_tall_strip_is_shown_at_its_size(opened: Callable[[], Opened], project: Any) -> None:
    tall = np.zeros((1659, 632, 3), np.uint8)
    pictures.write_png(project.data / "edits" / "mnist-vae-32" / "strip.png", tall)
    tab = opened().tab
    strip = tab.locator('img[alt="Thickness"]')
    for width, least in ((360, 480), (768, 632), (1600, 632)):
        tab.set_viewport_size({"width": width, "height": 800})
        assert strip.bounding_box()["width"] >= least
