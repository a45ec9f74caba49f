"""`make docs`: build the site of this version into `build/site`, beside the versions that are there already."""

from __future__ import annotations

import argparse
import html
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from awsbase import __version__
from tools.site import links, stage

ROOT = Path(__file__).parents[2]
SPHINX = ROOT / ".venv-docs/bin/sphinx-build"
INDEX = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>awsbase: documentation</title>
<style>body {{ font: 1.1em/1.5 system-ui, sans-serif; max-width: 40em; margin: 3em auto; padding: 0 1em }}</style>
<h1>Documentation of awsbase</h1>
<ul>
{items}
</ul>
</html>
"""


def main(arguments: list[str] | None = None) -> int:
    """Build, check every link, and print what is broken; returns 1 then."""
    parser = argparse.ArgumentParser(prog="python -m tools.site", description="Build the site of this version.")
    parser.add_argument("--to", type=Path, default=ROOT / "build/site", help="the folder of all versions")
    target = parser.parse_args(arguments).to
    if not SPHINX.exists():
        sys.exit("make docs installs Sphinx into .venv-docs")
    if broken := build(target):
        print("\n".join(broken), file=sys.stderr)
        return 1
    print(target / __version__ / "index.html")
    return 0


def build(target: Path) -> list[str]:
    """Build the pages of this version below `target`, and the list of versions; return what is broken."""
    site, pages = target / __version__, target.parent / "pages"
    stage.stage(pages, __version__)
    for old in (site, Path(f"{pages}.doctrees")):
        shutil.rmtree(old, ignore_errors=True)
    # -W: what Sphinx warns about, such as a link to a heading that is not there, is an error.
    command = [str(SPHINX), "-q", "-W", "--keep-going", "-b", "html", "-d", f"{pages}.doctrees", str(pages), str(site)]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment = {**kept, "AWSBASE_VERSION": __version__, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, env=environment, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        return [line.replace(f"{pages}/", "") for line in done.stderr.splitlines()]
    (site / ".buildinfo").unlink()
    for_machines(pages, site)
    list_versions(target)
    return list(links.faults(target))


def for_machines(pages: Path, site: Path) -> None:
    """Write each page as Markdown beside its HTML, and `llms.txt` that lists them."""
    lines = ["# awsbase", "", first_sentence((pages / "index.md").read_text(encoding="utf-8")), "", "## Pages", ""]
    for file in sorted([*pages.glob("*.md"), *pages.glob("docs/*.md"), *pages.glob("reference/*.md")]):
        text, name = file.read_text(encoding="utf-8"), file.relative_to(pages)
        shutil.copyfile(file, site / name)
        lines.append(f"- [{title(text)}]({name}): {first_sentence(text)}".rstrip(": "))
    (site / "llms.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def title(text: str) -> str:
    return text.partition("\n")[0].removeprefix("# ")


def first_sentence(text: str) -> str:
    """Return what the prose of a page begins with, on one line and without links; nothing where it has a table."""
    paragraph = " ".join(text.split("\n\n")[1].split())
    sentence = re.split(r"(?<=[.:]) ", "" if paragraph.startswith("|") else paragraph)[0]
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", sentence)


def list_versions(target: Path) -> None:
    """Write the page that lists the versions with a folder here, newest first."""
    found = [file.parent.name for file in target.glob("*/index.html")]
    newest = sorted(found, key=lambda name: [int(part) for part in re.findall(r"\d+", name)], reverse=True)
    items = "\n".join(f'<li><a href="{html.escape(name)}/index.html">{html.escape(name)}</a></li>' for name in newest)
    (target / "index.html").write_text(INDEX.format(items=items), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
