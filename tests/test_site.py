"""The documentation as a site: nothing is broken, nothing is requested, and the reference has all that there is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from awsbase import __version__, ensure
from awsbase.explain import POLICIES
from tests.conftest import needs
from tests.test_docs import EVERY, keys, options
from tools import man
from tools.site import __main__ as site
from tools.site import links, reference, stage

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site of this version beside an older one; return the folder of both."""
    folder = tmp_path_factory.mktemp("docs") / "site"
    (folder / "0.1.0").mkdir(parents=True)
    (folder / "0.1.0/index.html").touch()
    assert site.build(folder) == []
    return folder


@pytest.mark.slow
@needs(ROOT / ".venv-docs")
def test_the_site_has_every_page_and_no_broken_link(built: Path) -> None:
    here = built / __version__
    wanted = [Path(name).with_suffix(".html") for name in stage.pages(__version__)]
    assert [name for name in wanted if not (here / name).is_file()] == []
    assert all((here / name).is_file() for name in links_of_llms(here))
    listed = (built / "index.html").read_text()
    assert listed.index(f"{__version__}/index.html") < listed.index("0.1.0/index.html")


@pytest.mark.slow
@needs(ROOT / ".venv-docs")
@needs("chromium")
def test_the_search_finds_a_page_without_a_server_and_requests_only_files(built: Path, browser: Any) -> None:
    asked: list[str] = []
    context = browser.new_context(offline=True)
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    page.goto((built / __version__ / "index.html").as_uri())
    page.fill("input[name=q]", "retention_days")
    page.press("input[name=q]", "Enter")
    page.wait_for_selector("ul.search li a")
    found = {link.get_attribute("href").partition("?")[0] for link in page.query_selector_all("ul.search li a")}
    context.close()

    assert any(name.startswith("docs/manifest.html") for name in found)
    assert [address for address in asked if not address.startswith(("file:", "data:"))] == []


def links_of_llms(folder: Path) -> list[str]:
    lines = [line for line in (folder / "llms.txt").read_text().splitlines() if line.startswith("- ")]
    assert len(lines) >= 15
    return [line.partition("](")[2].partition(")")[0] for line in lines]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('<a href="b.html#there">b</a><a href="https://example.com/x">x</a>', []),
        ('<a href="c.html">c</a>', ["a.html links to c.html, which is not there"]),
        ('<a href="b.html#gone">b</a>', ["a.html links to b.html#gone, which is not there"]),
        ('<a href="#gone">a</a>', ["a.html links to #gone, which is not there"]),
        ('<img src="gone.png">', ["a.html links to gone.png, which is not there"]),
        ('<script src="https://cdn.example/x.js"></script>', ["a.html requests https://cdn.example/x.js"]),
        ('<link rel="stylesheet" href="//cdn.example/x.css">', ["a.html requests //cdn.example/x.css"]),
    ],
    ids=["fine", "no page", "no anchor", "no anchor here", "no image", "script", "style"],
)
def test_a_broken_link_and_a_request_to_elsewhere_are_named(tmp_path: Path, body: str, expected: list[str]) -> None:
    (tmp_path / "a.html").write_text(body)
    (tmp_path / "b.html").write_text('<h1 id="there">b</h1>')

    assert list(links.faults(tmp_path)) == expected


def test_a_font_of_another_host_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("@font-face { src: url('https://fonts.example/a.woff2') }")

    assert list(links.faults(tmp_path)) == ["a.css requests https://fonts.example/a.woff2"]


def test_a_link_to_a_folder_leads_to_a_list_of_its_files(tmp_path: Path) -> None:
    text = stage.linked(
        "docs/a.md", "[p](../awsbase/policies) [r](../README.md#x) [m](../manifests/cis.yaml)", tmp_path
    )

    assert text == "[p](/files/awsbase/policies.md) [r](../index.md#x) [m](/files/manifests/cis.yaml)"
    assert (
        "[read-only.json](/files/awsbase/policies/read-only.json)"
        in (tmp_path / "files/awsbase/policies.md").read_text()
    )
    assert (tmp_path / "files/manifests/cis.yaml").read_bytes() == (ROOT / "manifests/cis.yaml").read_bytes()


# The reference.


def test_every_key_is_in_the_reference_with_its_default() -> None:
    chapters: dict[str, list[str]] = {"": []}
    heading = ""
    for line in reference.pages()["manifest"].splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ").replace(".*", "").replace("[]", "")
        chapters.setdefault(heading, []).append(line)

    missing = []
    for key in keys():
        rows = [line for line in chapters.get(key.heading, []) if line.startswith(f"| `{key.name}` |")]
        default = f"`{key.default}`" if isinstance(key.default, str) and key.default else f"`{json.dumps(key.default)}`"
        if not rows or (key.default is not None and default not in rows[0]):
            missing.append(key)
    assert missing == []


def test_every_command_and_option_is_in_the_reference() -> None:
    page = reference.pages()["commands"]
    sections = {part.partition("\n")[0]: part for part in page.split("\n## ")}
    for words, command in EVERY.items():
        shown = sections[f"awsbase {words}"]
        assert [option for option in options(command) if f"{option}" not in shown] == []


def test_every_kind_and_every_policy_is_in_the_reference() -> None:
    page = reference.pages()["kinds"]
    assert [name for name in (*ensure.names(), *POLICIES) if f"\n## {name}\n" not in page] == []


# The man pages.


def test_the_man_pages_are_those_of_the_commands() -> None:
    kept = {file.name: file.read_text(encoding="utf-8") for file in man.FOLDER.glob("*.1")}
    assert kept == man.pages(), "write them anew: python -m tools.man"
    assert {name.removesuffix(".1") for name in kept} == {
        "awsbase",
        *(f"awsbase-{words.replace(' ', '-')}" for words in EVERY),
    }


def test_a_man_page_shows_what_would_be_a_request_of_roff_as_text() -> None:
    assert man.plain(".aws --profile\n'x' a\\b") == "\\&.aws \\-\\-profile\n\\&'x' a\\eb"
