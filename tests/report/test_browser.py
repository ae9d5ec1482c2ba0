"""The page in a browser: Debian's Chromium, headless."""

import json
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from report_browser import CHROMIUM, CUT, Opened

WIDTHS = [360, 390, 768, 1024, 1300, 1600]
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is not installed")
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


def test_page_opens_from_a_file_without_message_or_request(browsed: Opened) -> None:
    assert browsed.messages == []
    assert [url for url in browsed.requests if not url.startswith("data:")] == [browsed.tab.url]


def test_every_picture_is_decoded_and_described(browsed: Opened, built: Any) -> None:
    pictures = browsed.tab.eval_on_selector_all(
        "img", "all => all.map((i) => [i.complete, i.naturalWidth, i.clientWidth, i.alt])"
    )
    listed = sum(len(json.loads(path.read_text())) for path in built.data.rglob("pictures.json"))
    others = len(browsed.tab.query_selector_all("figure.texts, figure.table"))
    assert len(pictures) == listed - others + 1  # one architecture
    assert all(complete and natural > 0 and shown > 0 and alt for complete, natural, shown, alt in pictures)


def test_page_shows_runs_datasets_and_pipeline(browsed: Opened) -> None:
    text = browsed.text()
    for run in ("mnist-vae", "mnist-vae-32", "fashion_mnist-vae", "imdb-lm"):
        assert run in text
    for words in (
        "4 generative models, trained on mnist drawn here, fashion_mnist drawn here and imdb written here,",
        "floor 0.420 N 1 000 ceiling 55.20 N 1 000",
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
    graph = browsed.tab.text_content(".graph")
    assert "summarize" in graph
    assert "environment" not in graph


def test_parameters_can_be_unfolded(browsed: Opened) -> None:
    cell = browsed.tab.locator("th", has_text=re.compile("^latent_dim$")).first
    assert not cell.is_visible()
    browsed.tab.locator("summary").first.click()
    assert cell.is_visible()
    browsed.tab.locator("summary").first.click()


def test_every_link_leads_to_a_section(browsed: Opened) -> None:
    targets = browsed.tab.eval_on_selector_all(
        "nav a, .overview a, a.node",
        "all => all.map((a) => [a.getAttribute('href'), !!document.querySelector(a.hash ?? a.href.baseVal)])",
    )
    assert len(targets) > 20
    assert [href for href, found in targets if not found] == []


@pytest.mark.parametrize("width", WIDTHS)
def test_no_element_is_wider_than_the_page(browsed: Opened, width: int) -> None:
    tab = browsed.show(width)
    assert tab.evaluate("Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)") <= width
    assert tab.evaluate(CUT) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_overview_shows_all_its_columns(browsed: Opened, width: int) -> None:
    tab = browsed.show(width)
    edges = tab.eval_on_selector_all(
        ".overview td, .overview td *, .overview tbody th", "all => all.map((one) => one.getBoundingClientRect().right)"
    )
    box = tab.locator(".scroll", has=tab.locator(".overview")).bounding_box()
    assert max(edges) <= box["x"] + box["width"] + 0.5 <= width
    assert tab.locator(".overview .held").last.is_visible()


def test_wide_graph_scrolls_in_its_box_on_a_phone(browsed: Opened) -> None:
    assert browsed.show(360).eval_on_selector(".graph", "box => box.scrollWidth > box.clientWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast(browsed: Opened, scheme: str) -> None:
    tab = browsed.show(scheme=scheme)
    unfold = "(all, open) => all.forEach((one) => { one.open = open; })"
    tab.eval_on_selector_all("details", unfold, True)
    found = tab.evaluate(CONTRASTS)
    tab.eval_on_selector_all("details", unfold, False)
    assert len(found) > 300
    assert [(round(ratio, 2), text) for ratio, text in found if ratio < 4.5] == []


def test_light_and_dark_differ(browsed: Opened) -> None:
    colour = "getComputedStyle(document.body).backgroundColor"
    assert browsed.show(scheme="light").evaluate(colour) != browsed.show(scheme="dark").evaluate(colour)


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
def test_each_tint_differs_from_the_others(browsed: Opened, scheme: str) -> None:
    colour = "all => all.map((one) => getComputedStyle(one).backgroundColor)"
    legend = browsed.show(scheme=scheme).eval_on_selector_all("#run-imdb-lm .tints [class]", colour)
    assert len(legend) == 2 * 6
    assert len(set(legend)) == 6


def test_texts_are_in_columns_on_a_desktop_and_stacked_on_a_phone(browsed: Opened) -> None:
    boxes = "all => all.slice(0, 5).map((one) => one.getBoundingClientRect().toJSON())"
    wide = browsed.show(1400).eval_on_selector_all("#run-imdb-lm .tokens", boxes)
    assert len({box["y"] for box in wide}) == 1
    assert all(left["right"] <= right["left"] for left, right in pairwise(wide))
    narrow = browsed.show(360).eval_on_selector_all("#run-imdb-lm .tokens", boxes)
    assert all(above["bottom"] < below["top"] for above, below in pairwise(narrow))
    assert all(box["left"] >= 0 and box["right"] <= 360 for box in narrow)


def test_reference_line_is_dashed_and_inside_its_chart(browsed: Opened) -> None:
    line = browsed.tab.locator("#run-imdb-lm line.reference")
    assert line.count() == 1
    assert line.evaluate("one => getComputedStyle(one).strokeDasharray") != "none"
    inner, outer = line.bounding_box(), line.locator("xpath=..").bounding_box()
    assert outer["y"] < inner["y"] < outer["y"] + outer["height"]


def test_print_hides_navigation_and_unfolds_parameters(browsed: Opened) -> None:
    tab = browsed.show(media="print")
    assert not tab.locator("nav").is_visible()
    assert tab.locator("th", has_text=re.compile("^latent_dim$")).first.bounding_box()["height"] > 0
