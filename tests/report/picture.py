"""Take the picture of README.md: `python -m tests.report.picture`."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import sync_playwright

from awsbase.report.page import Subject, render
from tests.browser import launch, opened
from tests.report.subjects import ROOT, drifted, past, planned, subject

PICTURE = ROOT / "docs/report.png"
HEIGHT = 1790
SCALE = 0.7


def shown() -> Subject:
    """Return an account in which most is well, so that a screen shows several parts."""
    plan = drifted(planned("baseline"))
    left = tuple(each for each in plan.manual_actions if each.address in ("root/account", "user/alice"))
    well = tuple(
        replace(each, status="unchanged", error=None, blocked_by=None) if each.status in ("failed", "blocked") else each
        for each in plan.outcomes
    )
    return subject(replace(plan, outcomes=well, manual_actions=left))


def main() -> None:
    """Write the picture."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "report.html"
        file.write_text(render(shown(), past()))
        browser = launch(playwright)
        with opened(browser, file, scale=SCALE) as page:
            page.screenshot(path=PICTURE, clip={"x": 0, "y": 0, "width": 1280, "height": HEIGHT}, full_page=True)
        browser.close()


if __name__ == "__main__":
    main()
