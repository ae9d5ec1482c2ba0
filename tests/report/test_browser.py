"""The page in a real browser: Debian's Chromium, headless."""

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from atelier.report import page as report

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is not installed")
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
HOSTILE = "<script>document.title='owned'</script>{{ 7 * 7 }}<img src=x onerror=\"document.title='owned'\">"

# Contrast (WCAG 2.1) of every piece of text against the first opaque background behind it: [ratio, text].
CONTRASTS = """() => {
  const channels = (colour) => colour.match(/[0-9.]+/g).map(Number);
  const luminance = (rgb) => {
    const [r, g, b] = rgb.slice(0, 3).map((c) => c / 255)
      .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const background = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const rect = e.localName === 'a' || e.localName === 'g' ? e.querySelector(':scope > rect') : null;
      const colour = channels(rect ? getComputedStyle(rect).fill : getComputedStyle(e).backgroundColor);
      if (colour.length === 3 || colour[3] > 0.99) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.data.trim(), element = walker.currentNode.parentElement;
    if (!text || ['TITLE', 'title', 'STYLE'].includes(element.tagName)) continue;
    const style = getComputedStyle(element);
    const ink = luminance(channels(element.closest('svg') ? style.fill : style.color));
    const paper = luminance(background(element));
    found.push([(Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05), text]);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


class Opened:
    """The report in a tab, with everything that the tab asked for or complained about."""

    def __init__(self, chromium: Any, house: Any, width: int = 1400, scheme: str = "light") -> None:
        path = house.write("data/report/index.html", report.render(house.sources()))
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
        self.tab = self.context.new_page()
        self.tab.on("request", lambda request: self.requests.append(request.url))
        self.tab.on("console", lambda message: self.complaints.append(message.text))
        self.dialogs: list[str] = []
        self.tab.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))
        self.tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.tab.goto(path.as_uri(), wait_until="load")

    def text(self) -> str:
        return " ".join(self.tab.inner_text("body").split())


@pytest.fixture
def opened(chromium: Any, house: Any) -> Iterator[Any]:
    tabs: list[Opened] = []

    def open_report(**settings: Any) -> Opened:
        tabs.append(Opened(chromium, house, **settings))
        return tabs[-1]

    yield open_report
    for tab in tabs:
        tab.context.close()


def test_page_opens_from_a_file_without_complaint_or_request(opened: Any) -> None:
    report = opened()
    assert report.complaints == []
    assert [url for url in report.requests if not url.startswith("data:")] == [report.tab.url]


def test_every_picture_is_decoded_and_described(opened: Any, house: Any) -> None:
    pictures = opened().tab.eval_on_selector_all(
        "img", "all => all.map((i) => [i.complete, i.naturalWidth, i.clientWidth, i.alt])"
    )
    listed = sum(len(json.loads(path.read_text())) for path in house.data.rglob("pictures.json"))
    written = len(opened().tab.query_selector_all("figure.writing, figure.table"))
    assert len(pictures) == listed - written + 1  # and one architecture
    assert all(complete and natural > 0 and shown > 0 and alt for complete, natural, shown, alt in pictures)


def test_page_shows_what_it_must(opened: Any) -> None:
    report = opened()
    text = report.text()
    for run in ("mnist-vae", "mnist-vae-32", "fashion_mnist-vae", "imdb-lm"):
        assert run in text
    for words in (
        "4 generative models, trained on mnist, fashion_mnist and ",
        "floor 0.420 ceiling 55.20",
        "Samples Decoded from the prior, one seed each.",
        "What the samples show",
        "Lineage",
        "SHA-256 of model.weights.h5",
        "Test accuracy 99.1",
        "Missing class",
        "Ankle boot",
        "Preview Ten training images of each class.",
    ):
        assert words in text
    assert "summarize" in report.tab.inner_text(".graph") or "summarize" in report.tab.text_content(".graph")


def test_parameters_unfold(opened: Any) -> None:
    report = opened()
    assert not report.tab.locator("td, th", has_text=re.compile("^latent_dim$")).first.is_visible()
    report.tab.locator("summary").first.click()
    assert report.tab.locator("td, th", has_text=re.compile("^latent_dim$")).first.is_visible()


def test_navigation_leads_to_each_section(opened: Any) -> None:
    report = opened()
    for link in report.tab.query_selector_all("nav a, .overview a, a.node"):
        target = link.get_attribute("href")
        assert report.tab.query_selector(f"[id='{target[1:]}']"), target


@pytest.mark.parametrize("width", [360, 768, 1000, 1200, 1600])
def test_page_does_not_scroll_sideways(opened: Any, width: int) -> None:
    report = opened(width=width)
    assert report.tab.evaluate("document.documentElement.scrollWidth") <= width
    assert report.tab.evaluate("document.body.scrollWidth") <= width


def test_wide_things_scroll_within_their_box_on_a_phone(opened: Any) -> None:
    report = opened(width=360)
    assert report.tab.eval_on_selector(".graph", "box => box.scrollWidth > box.clientWidth")
    score = report.tab.query_selector(".overview .score").bounding_box()
    assert score["x"] + score["width"] <= 360


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast(opened: Any, scheme: str) -> None:
    report = opened(scheme=scheme)
    report.tab.eval_on_selector_all("details", "all => all.forEach((d) => { d.open = true; })")
    found = report.tab.evaluate(CONTRASTS)
    assert len(found) > 300
    assert [(round(ratio, 2), text) for ratio, text in found if ratio < 4.5] == []


def test_light_and_dark_differ(opened: Any) -> None:
    papers = {
        opened(scheme=scheme).tab.evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    }
    assert len(papers) == 2


def test_hostile_text_is_shown_and_never_run(opened: Any, house: Any) -> None:
    for path in house.data.rglob("pictures.json"):
        entries = [{**entry, "title": HOSTILE, "caption": HOSTILE} for entry in json.loads(path.read_text())]
        path.write_text(json.dumps(entries))
    classes = house.data / "evaluations" / "mnist-vae" / "classes.json"
    classes.write_text(json.dumps({"samples": {HOSTILE: 1.0}, "test": {HOSTILE: 1.0}}))
    report = opened()
    assert report.tab.title() == "Atelier: report"
    assert report.complaints == []
    assert report.text().count(HOSTILE) > 20
    assert report.tab.query_selector("script, [onerror]") is None


def test_writing_from_a_hostile_corpus_is_shown_letter_by_letter_and_never_run(opened: Any, house: Any) -> None:
    pieces = [[HOSTILE, None], ["<script>alert(1)</script>", 0.5], [" {{ 7*7 }}", 9.0], ["\n  </td></table>&amp;", 9.5]]
    table = {"columns": [HOSTILE], "rows": [{"name": HOSTILE, "cells": [pieces]}]}
    house.write("data/samples/imdb-lm/texts.json", table)
    report = opened()
    shown = report.tab.locator("#run-imdb-lm .writing").first
    assert shown.locator(".said").evaluate("box => box.textContent") == "".join(text for text, _ in pieces)
    assert "<script>alert(1)</script> {{ 7*7 }}" in shown.inner_text()
    assert shown.locator("thead").inner_text().strip() == shown.locator(".name").inner_text().strip() == HOSTILE
    assert report.tab.title() == "Atelier: report"
    assert report.complaints == []
    assert report.dialogs == []
    assert report.tab.query_selector("script, [onerror]") is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_each_tint_differs_from_the_others(opened: Any, scheme: str) -> None:
    colour = "all => all.map((one) => getComputedStyle(one).backgroundColor)"
    legend = opened(scheme=scheme).tab.eval_on_selector_all("#run-imdb-lm .tints [class]", colour)
    assert len(legend) == 2 * 6
    assert len(set(legend)) == 6


def test_texts_stand_side_by_side_on_a_desk_and_one_below_the_other_on_a_phone(opened: Any) -> None:
    boxes = "all => all.slice(0, 5).map((one) => one.getBoundingClientRect().toJSON())"
    wide = opened(width=1400).tab.eval_on_selector_all("#run-imdb-lm .said", boxes)
    assert len({box["y"] for box in wide}) == 1
    assert all(left["right"] <= right["left"] for left, right in pairwise(wide))
    narrow = opened(width=360).tab.eval_on_selector_all("#run-imdb-lm .said", boxes)
    assert all(above["bottom"] < below["top"] for above, below in pairwise(narrow))
    assert all(box["left"] >= 0 and box["right"] <= 360 for box in narrow)


def test_reference_line_is_dashed_and_inside_its_chart(opened: Any) -> None:
    line = opened().tab.locator("#run-imdb-lm line.reference")
    assert line.count() == 1
    assert line.evaluate("one => getComputedStyle(one).strokeDasharray") != "none"
    inner, outer = line.bounding_box(), line.locator("xpath=..").bounding_box()
    assert outer["y"] < inner["y"] < outer["y"] + outer["height"]


def test_print_hides_navigation_and_unfolds_parameters(opened: Any) -> None:
    report = opened()
    report.tab.emulate_media(media="print")
    assert not report.tab.locator("nav").is_visible()
    assert report.tab.locator("th", has_text=re.compile("^latent_dim$")).first.bounding_box()["height"] > 0
