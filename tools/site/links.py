"""Broken links of the built site, and whatever a page would request from the network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# The attributes with which a page requests something by itself; a link to follow requests nothing.
REQUESTS = {("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src"), ("form", "action")}
ICONS = {"canonical", "next", "prev", "search", "index"}  # relations of <link> that nothing is requested for
OUTSIDE = re.compile(r"(?:https?:)?//")
FROM_CSS = re.compile(r"(?:url\(|@import)\s*['\"]?((?:https?:)?//[^'\")]+)")


class Page(HTMLParser):
    """The anchors of a page, what it links to, and what it requests."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.requests: list[str] = []
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the anchor, link or request of a tag."""
        found = {name: value for name, value in attrs if value}
        self.anchors |= {found[name] for name in ("id", "name") if name in found}
        wanted = [value for name, value in found.items() if (tag, name) in REQUESTS]
        if tag == "link" and not ICONS & set(found.get("rel", "").split()):
            wanted.append(found["href"])
        self.requests += wanted
        self.links += [*wanted, *([found["href"]] if tag == "a" and "href" in found else [])]


@cache
def page(file: Path) -> Page:
    return Page(file)


def faults(site: Path) -> Iterator[str]:
    """Yield each link without a target and each request to another host, with its page."""
    page.cache_clear()
    for file in sorted(site.rglob("*.html")):
        name = file.relative_to(site)
        yield from (f"{name} requests {each}" for each in page(file).requests if OUTSIDE.match(each))
        yield from (f"{name} links to {each}, which is not there" for each in page(file).links if not leads(file, each))
    for file in sorted(site.rglob("*.css")):
        found = FROM_CSS.findall(file.read_text(encoding="utf-8"))
        yield from (f"{file.relative_to(site)} requests {each}" for each in found)


def leads(file: Path, link: str) -> bool:
    """Tell whether a link leads to a file of the site, and to an anchor in it; links to elsewhere do."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return True
    target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
    if not target.is_file():
        return False
    return not parts.fragment or target.suffix != ".html" or unquote(parts.fragment) in page(target).anchors
