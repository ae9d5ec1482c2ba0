"""The page in a real browser: Debian's Chromium, headless."""

import json
import re
from collections.abc import Iterator
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
    assert len(pictures) == listed + 1  # and one architecture
    assert all(complete and natural > 0 and shown > 0 and alt for complete, natural, shown, alt in pictures)


def test_page_shows_what_it_must(opened: Any) -> None:
    report = opened()
    text = report.text()
    for run in ("mnist-vae", "mnist-vae-32", "fashion_mnist-vae"):
        assert run in text
    for words in (
        "3 generative models, trained on mnist and fashion_mnist",
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


def test_print_hides_navigation_and_unfolds_parameters(opened: Any) -> None:
    report = opened()
    report.tab.emulate_media(media="print")
    assert not report.tab.locator("nav").is_visible()
    assert report.tab.locator("th", has_text=re.compile("^latent_dim$")).first.bounding_box()["height"] > 0
