"""The page in a real browser: both themes, a telephone, a keyboard, paper, without JavaScript and without a network."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest

from awsbase.report.graph import svg
from awsbase.report.page import render
from awsbase.view.graph import needs_of
from tests.browser import CHROMIUM, Theme, opened
from tests.conftest import needs
from tests.report.subjects import drifted, past, planned, subject

ROOT = Path(__file__).parents[2]
AXE = ROOT / "tools/node_modules/axe-core"
PICTURES = ROOT / "build/report"
OPEN_ALL = "document.querySelectorAll('details').forEach(each => each.open = true)"
# What the keyboard is on: its place in the document, its name, and whether that is visible.
FOCUSED = """() => {
    const every = [...document.querySelectorAll('*')], one = document.activeElement, box = one.getBoundingClientRect()
    return {
        place: every.indexOf(one), text: (one.innerText || one.labels?.[0].innerText || '').trim(),
        outline: getComputedStyle(one).outlineStyle,
        seen: box.right > 0 && box.bottom > 0 && box.top < innerHeight,
    }
}"""

pytestmark = [pytest.mark.slow, needs(CHROMIUM)]


@pytest.fixture(scope="session")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("report") / "report.html"
    found.write_text(render(subject(drifted(planned("baseline"))), past()))
    return found


@needs(AXE)
@pytest.mark.parametrize("width", [1280, 400])
def test_nothing_keeps_anybody_out(browser: Any, file: Path, width: int) -> None:
    with opened(browser, file, width=width) as page:
        page.evaluate(OPEN_ALL)
        page.evaluate((AXE / "axe.min.js").read_text())
        assert violations(page) == []
        if width == 1280:
            # The colours of the dark theme are the same on a narrow screen, and take axe long.
            page.emulate_media(color_scheme="dark")
            assert violations(page, "color-contrast") == []


def violations(page: Any, *rules: str) -> list[tuple[str, str, str]]:
    """Return what axe finds: the rule, how bad it is, and an example."""
    options = {"resultTypes": ["violations"], **({"runOnly": rules} if rules else {})}
    found = page.evaluate("options => axe.run(document, options)", options)
    return [(each["id"], each["impact"], each["nodes"][0]["html"]) for each in found["violations"]]


@needs(AXE)
def test_barriers_would_be_found(browser: Any, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text("<!doctype html><title>x</title><p style='color: #ccc; background: #fff'>pale</p><input>")
    with opened(browser, file) as page:
        page.evaluate((AXE / "axe.min.js").read_text())
        assert {"color-contrast", "html-has-lang", "label"} <= {rule for rule, _, _ in violations(page)}


@pytest.mark.parametrize(
    "content",
    ["<img src='https://203.0.113.1/x.png'>", "<img src='other.png'>", "<script>console.log('x')</script>"],
    ids=["from elsewhere", "another file", "console"],
)
def test_what_a_page_loads_or_logs_would_be_found(browser: Any, tmp_path: Path, content: str) -> None:
    file = tmp_path / "page.html"
    file.write_text(f"<!doctype html><title>x</title>{content}")
    with pytest.raises(AssertionError), opened(browser, file):
        pass


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (400, "dark")])
def test_it_fits_its_window(browser: Any, file: Path, width: int, theme: Theme) -> None:
    with opened(browser, file, width=width, theme=theme) as page:
        PICTURES.mkdir(parents=True, exist_ok=True)
        picture = page.screenshot(path=PICTURES / f"{width}-{theme}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        page.evaluate(OPEN_ALL)
        assert page.evaluate("document.documentElement.scrollWidth") == width
    assert struct.unpack(">I", picture[16:20])[0] == width


def test_the_keyboard_goes_from_top_to_bottom(browser: Any, file: Path) -> None:
    with opened(browser, file) as page:
        met: list[dict[str, Any]] = []
        while not met or met[-1]["text"] != "alice has no MFA device":
            page.keyboard.press("Tab")
            met.append(page.evaluate(FOCUSED))
            assert len(met) < 40
        texts = [each["text"] for each in met]
        assert texts[:3] == ["Skip to the report", "Needs you", "Plan"]
        assert [each["place"] for each in met] == sorted({each["place"] for each in met})
        assert [each for each in met if each["outline"] == "none" or not each["seen"]] == []


def test_boxes_are_ticked_and_details_opened_by_keyboard(browser: Any, file: Path) -> None:
    with opened(browser, file) as page:
        box = page.get_by_label("alice has no MFA device")
        box.focus()
        page.keyboard.press("Space")
        assert box.is_checked()
        page.locator("summary", has_text="password-policy/account").focus()
        page.keyboard.press("Enter")
        assert page.get_by_text("MinimumPasswordLength: 8 → 14").is_visible()
        page.locator(".scroll[aria-label^=Graph]").focus()
        assert page.evaluate("document.activeElement.ariaLabel") == "Graph, scrolls sideways"


def test_without_javascript_it_is_all_there(browser: Any, file: Path) -> None:
    with opened(browser, file, scripts=False) as page:
        assert page.get_by_role("heading", name="Who may do what").is_visible()
        page.locator("summary", has_text="password-policy/account").click()
        assert page.get_by_text("MinimumPasswordLength: 8 → 14").is_visible()
        assert page.locator("svg.graph text").count() == 49


def test_on_paper_everything_is_open(browser: Any, file: Path) -> None:
    with opened(browser, file, theme="dark") as page:
        pages = page.pdf(format="A4").count(b"/Type /Page\n")
        page.emulate_media(media="print")
        assert page.get_by_text("MinimumPasswordLength: 8 → 14").is_visible()
        assert page.get_by_text("alice runs `awsbase mfa create`").is_visible()
        assert page.get_by_role("navigation").is_hidden()
        paper = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert paper == "rgb(255, 255, 255)"
    assert 4 <= pages <= 12


def test_a_screen_reader_finds_the_parts(browser: Any, file: Path) -> None:
    with opened(browser, file) as page:
        snapshot = page.locator("body").aria_snapshot()
    for words in (
        '- navigation "Sections"',
        '- heading "Needs you" [level=2]',
        '- checkbox "alice has no MFA device"',
        '- img "49 resources; an arrow points to what a resource needs"',
        '- columnheader "Administrators alice"',
        '- region "Policies by group, scrolls sideways"',
    ):
        assert words in snapshot


def test_the_graph_is_a_file_of_its_own_too(browser: Any, tmp_path: Path) -> None:
    about, file = subject(), tmp_path / "graph.svg"
    file.write_text(svg(needs_of(about.resources), about.section_of, alone=True))
    with opened(browser, file, theme="dark") as page:
        box = page.evaluate("document.querySelector('rect').getBoundingClientRect().width")
        assert box > 50
        assert page.evaluate("getComputedStyle(document.querySelector('rect')).fill") == "rgb(23, 22, 20)"
