"""Pages in Debian's Chromium, which may load nothing but the page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Playwright, Route

CHROMIUM = "chromium"
Theme = Literal["light", "dark"]


def launch(playwright: Playwright) -> Browser:
    """Start Chromium; root may not use its sandbox."""
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    return playwright.chromium.launch(executable_path=shutil.which(CHROMIUM), args=arguments)


@contextmanager
def opened(
    browser: Browser, file: Path, *, width: int = 1280, theme: Theme = "light", scripts: bool = True, scale: float = 1
) -> Iterator[Page]:
    """Open a file; at the end, assert that it asked for nothing else and that the console is empty."""
    address, asked, complaints = file.resolve().as_uri(), list[str](), list[str]()

    def allow(route: Route) -> None:
        asked.append(route.request.url)
        if route.request.url == address:
            route.continue_()
        else:
            route.abort()

    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=theme,
        device_scale_factor=scale,
        java_script_enabled=scripts,
        offline=True,
    )
    try:
        context.route("**/*", allow)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        yield page
        assert asked == [address]
        assert complaints == []
    finally:
        context.close()
