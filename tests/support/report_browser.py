"""A report in a browser: Debian's Chromium, headless."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from atelier.report import page

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip

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


_BROWSER = pytest.StashKey[Any]()


@pytest.fixture(scope="session")
def chromium(pytestconfig: pytest.Config) -> Any:
    """One browser for the session: a second one in the same process would share its event loop, which is an error."""
    if _BROWSER not in pytestconfig.stash:
        playwright = pytest.importorskip("playwright.sync_api").sync_playwright().start()
        pytestconfig.add_cleanup(playwright.stop)
        pytestconfig.stash[_BROWSER] = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        pytestconfig.add_cleanup(pytestconfig.stash[_BROWSER].close)
    return pytestconfig.stash[_BROWSER]


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
def browsed(unchanged: Opened) -> Opened:
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
