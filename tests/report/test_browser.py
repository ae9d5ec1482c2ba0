"""The page in a browser: Debian's Chromium, headless."""

import json
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from atelier.report import page

CHROMIUM = Path("/usr/bin/chromium")
WIDTHS = [360, 390, 768, 1024, 1300, 1600]
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
    const text_colour = luminance(channels(element.closest('svg') ? style.fill : style.color));
    const page_colour = luminance(background(element));
    found.push([(Math.max(text_colour, page_colour) + 0.05) / (Math.min(text_colour, page_colour) + 0.05), text]);
  }
  return found;
}"""

# Elements that reach beyond the page, or beyond their own box where that does not scroll: [name, right edge].
CUT = """() => {
  const visible = (element) => getComputedStyle(element).overflowX === 'visible';
  const scrolls = (element) => ['auto', 'scroll'].includes(getComputedStyle(element).overflowX);
  const name = (element) => `${element.localName}.${element.getAttribute('class') || ''}`;
  const found = [];
  for (const element of document.body.querySelectorAll('*')) {
    const rect = element.getBoundingClientRect();
    let inside = false;
    for (let box = element.parentElement; box; box = box.parentElement) inside ||= scrolls(box);
    if (rect.width && !inside && (rect.right > innerWidth + 0.5 || rect.left < -0.5)) {
      found.push([name(element), rect.right]);
    }
    if (!visible(element) && !scrolls(element) && element.scrollWidth > element.clientWidth + 1) {
      found.push([name(element), element.scrollWidth]);
    }
  }
  return found;
}"""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


class Opened:
    """A report in a tab, with everything that the tab requested, logged or asked."""

    def __init__(self, chromium: Any, path: Path) -> None:
        self.requests: list[str] = []
        self.messages: list[str] = []
        self.context = chromium.new_context()
        self.tab = self.context.new_page()
        self.tab.on("request", lambda request: self.requests.append(request.url))
        self.tab.on("console", lambda message: self.messages.append(message.text))
        self.tab.on("pageerror", lambda error: self.messages.append(str(error)))
        self.tab.on("dialog", lambda dialog: (self.messages.append(dialog.message), dialog.dismiss()))
        self.tab.goto(path.as_uri(), wait_until="load")

    def show(self, width: int = 1400, scheme: str = "light", media: str = "screen") -> Any:
        """Set the size and the style; return the tab."""
        self.tab.set_viewport_size({"width": width, "height": 800})
        self.tab.emulate_media(media=media, color_scheme=scheme)
        return self.tab

    def text(self) -> str:
        return " ".join(self.tab.inner_text("body").split())


@pytest.fixture(scope="session")
def unchanged(chromium: Any, html: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    path = tmp_path_factory.mktemp("report") / "index.html"
    path.write_text(html, encoding="utf-8")
    opened = Opened(chromium, path)
    yield opened
    opened.context.close()


@pytest.fixture
def shared(unchanged: Opened) -> Opened:
    """The report on the unchanged project, in a tab that all tests share, at its default size and style."""
    unchanged.show()
    return unchanged


@pytest.fixture
def opened(chromium: Any, project: Any) -> Iterator[Callable[[], Opened]]:
    """Open the report on the project as the test has changed it."""
    tabs: list[Opened] = []

    def render() -> Opened:
        tabs.append(Opened(chromium, project.write("data/report/index.html", page.render(project.sources()))))
        tabs[-1].show()
        return tabs[-1]

    yield render
    for tab in tabs:
        tab.context.close()


def test_page_opens_from_a_file_without_message_or_request(shared: Opened) -> None:
    assert shared.messages == []
    assert [url for url in shared.requests if not url.startswith("data:")] == [shared.tab.url]


def test_every_picture_is_decoded_and_described(shared: Opened, built: Any) -> None:
    pictures = shared.tab.eval_on_selector_all(
        "img", "all => all.map((i) => [i.complete, i.naturalWidth, i.clientWidth, i.alt])"
    )
    listed = sum(len(json.loads(path.read_text())) for path in built.data.rglob("pictures.json"))
    others = len(shared.tab.query_selector_all("figure.texts, figure.table"))
    assert len(pictures) == listed - others + 1  # one architecture
    assert all(complete and natural > 0 and shown > 0 and alt for complete, natural, shown, alt in pictures)


def test_page_shows_runs_datasets_and_pipeline(shared: Opened) -> None:
    text = shared.text()
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
    graph = shared.tab.text_content(".graph")
    assert "summarize" in graph
    assert "environment" not in graph


def test_parameters_can_be_unfolded(shared: Opened) -> None:
    cell = shared.tab.locator("th", has_text=re.compile("^latent_dim$")).first
    assert not cell.is_visible()
    shared.tab.locator("summary").first.click()
    assert cell.is_visible()
    shared.tab.locator("summary").first.click()


def test_every_link_leads_to_a_section(shared: Opened) -> None:
    targets = shared.tab.eval_on_selector_all(
        "nav a, .overview a, a.node",
        "all => all.map((a) => [a.getAttribute('href'), !!document.querySelector(a.hash ?? a.href.baseVal)])",
    )
    assert len(targets) > 20
    assert [href for href, found in targets if not found] == []


@pytest.mark.parametrize("width", WIDTHS)
def test_no_element_is_wider_than_the_page(shared: Opened, width: int) -> None:
    tab = shared.show(width)
    assert tab.evaluate("Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)") <= width
    assert tab.evaluate(CUT) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_overview_shows_all_its_columns(shared: Opened, width: int) -> None:
    tab = shared.show(width)
    edges = tab.eval_on_selector_all(
        ".overview td, .overview td *, .overview tbody th", "all => all.map((one) => one.getBoundingClientRect().right)"
    )
    box = tab.locator(".scroll", has=tab.locator(".overview")).bounding_box()
    assert max(edges) <= box["x"] + box["width"] + 0.5 <= width
    assert tab.locator(".overview .held").last.is_visible()


def test_wide_graph_scrolls_in_its_box_on_a_phone(shared: Opened) -> None:
    assert shared.show(360).eval_on_selector(".graph", "box => box.scrollWidth > box.clientWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast(shared: Opened, scheme: str) -> None:
    tab = shared.show(scheme=scheme)
    unfold = "(all, open) => all.forEach((one) => { one.open = open; })"
    tab.eval_on_selector_all("details", unfold, True)
    found = tab.evaluate(CONTRASTS)
    tab.eval_on_selector_all("details", unfold, False)
    assert len(found) > 300
    assert [(round(ratio, 2), text) for ratio, text in found if ratio < 4.5] == []


def test_light_and_dark_differ(shared: Opened) -> None:
    colour = "getComputedStyle(document.body).backgroundColor"
    assert shared.show(scheme="light").evaluate(colour) != shared.show(scheme="dark").evaluate(colour)


def test_hostile_text_is_shown_and_never_run(opened: Callable[[], Opened], project: Any) -> None:
    for path in project.data.rglob("pictures.json"):
        entries = [{**entry, "title": HOSTILE, "caption": HOSTILE} for entry in json.loads(path.read_text())]
        path.write_text(json.dumps(entries))
    classes = project.data / "evaluations" / "mnist-vae" / "classes.json"
    classes.write_text(json.dumps({"samples": {HOSTILE: 1.0}, "test": {HOSTILE: 1.0}}))
    pieces = [[HOSTILE, None], ["<script>alert(1)</script>", 0.5], [" {{ 7*7 }}", 9.0], ["\n  </td></table>&amp;", 9.5]]
    table = {"columns": [HOSTILE], "rows": [{"name": HOSTILE, "cells": [pieces]}]}
    project.write("data/samples/imdb-lm/texts.json", table)
    report = opened()
    assert report.text().count(HOSTILE) > 20
    shown = report.tab.locator("#run-imdb-lm .texts").first
    assert shown.locator(".tokens").evaluate("box => box.textContent") == "".join(text for text, _ in pieces)
    assert "<script>alert(1)</script> {{ 7*7 }}" in shown.inner_text()
    assert shown.locator("thead").inner_text().strip() == shown.locator(".name").inner_text().strip() == HOSTILE
    assert report.tab.title() == "Atelier: report"
    assert report.messages == []
    assert report.tab.query_selector("script, [onerror]") is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_each_tint_differs_from_the_others(shared: Opened, scheme: str) -> None:
    colour = "all => all.map((one) => getComputedStyle(one).backgroundColor)"
    legend = shared.show(scheme=scheme).eval_on_selector_all("#run-imdb-lm .tints [class]", colour)
    assert len(legend) == 2 * 6
    assert len(set(legend)) == 6


def test_texts_are_in_columns_on_a_desktop_and_stacked_on_a_phone(shared: Opened) -> None:
    boxes = "all => all.slice(0, 5).map((one) => one.getBoundingClientRect().toJSON())"
    wide = shared.show(1400).eval_on_selector_all("#run-imdb-lm .tokens", boxes)
    assert len({box["y"] for box in wide}) == 1
    assert all(left["right"] <= right["left"] for left, right in pairwise(wide))
    narrow = shared.show(360).eval_on_selector_all("#run-imdb-lm .tokens", boxes)
    assert all(above["bottom"] < below["top"] for above, below in pairwise(narrow))
    assert all(box["left"] >= 0 and box["right"] <= 360 for box in narrow)


def test_reference_line_is_dashed_and_inside_its_chart(shared: Opened) -> None:
    line = shared.tab.locator("#run-imdb-lm line.reference")
    assert line.count() == 1
    assert line.evaluate("one => getComputedStyle(one).strokeDasharray") != "none"
    inner, outer = line.bounding_box(), line.locator("xpath=..").bounding_box()
    assert outer["y"] < inner["y"] < outer["y"] + outer["height"]


def test_print_hides_navigation_and_unfolds_parameters(shared: Opened) -> None:
    tab = shared.show(media="print")
    assert not tab.locator("nav").is_visible()
    assert tab.locator("th", has_text=re.compile("^latent_dim$")).first.bounding_box()["height"] > 0
