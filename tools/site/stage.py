"""The pages of the site, laid out as in the clone: what is written, what is generated, and the files that they name."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from tools.site import reference

ROOT = Path(__file__).parents[2]
# Heading of the navigation → its pages, in the order to read them. Other pages of docs/ follow the guides.
NAVIGATION = {
    "Begin": ["docs/tutorial.md", "docs/install.md", "docs/adopt.md", "docs/upgrading.md"],
    "Guides": ["docs/manifest.md", "docs/commands.md", "docs/extending.md"],
    "Reference": ["reference/manifest.md", "reference/commands.md", "reference/kinds.md"],
    "Project": ["SECURITY.md", "CHANGELOG.md", "CONTRIBUTING.md", "versions.md"],
}
VERSIONS = """\
# Versions

This is the documentation of awsbase {version}. <a href="../index.html">All versions</a> have a folder each.
"""
LINK = re.compile(r"(\]\()([^)\s#]+)(#[^)\s]*)?(\))")
FENCE = re.compile(r"(^ *```.*?^ *```$)", re.MULTILINE | re.DOTALL)


def stage(target: Path, version: str) -> None:
    """Write all that Sphinx reads into a new folder."""
    shutil.rmtree(target, ignore_errors=True)
    for name, text in pages(version).items():
        file = target / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(linked(name, text, target), encoding="utf-8")
    shutil.copy(Path(__file__).parent / "conf.py", target)


def pages(version: str) -> dict[str, str]:
    """Return the pages by name; the README is the first one."""
    written = [*ROOT.glob("docs/*.md"), *(ROOT / name for name in NAVIGATION["Project"] if (ROOT / name).exists())]
    found = {str(file.relative_to(ROOT)): file.read_text(encoding="utf-8") for file in sorted(written)}
    found |= {f"reference/{name}.md": text for name, text in reference.pages().items()}
    found["versions.md"] = VERSIONS.format(version=version)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    return {"index.md": readme + "".join(navigation(set(found))), **found}


def navigation(names: set[str]) -> Iterator[str]:
    """Yield the trees of contents, with what no heading lists among the guides."""
    others = sorted(names - {name for listed in NAVIGATION.values() for name in listed})
    for heading, listed in NAVIGATION.items():
        here = [*listed, *others] if heading == "Guides" else listed
        lines = "\n".join(name for name in here if name in names)
        yield f"\n```{{toctree}}\n:hidden:\n:caption: {heading}\n\n{lines}\n```\n"


def linked(page: str, text: str, target: Path) -> str:
    """Return a page whose links lead to other pages, or to copies of the files and folders that they name."""

    def lead(found: re.Match[str]) -> str:
        begin, name, anchor, end = found[1], found[2], found[3] or "", found[4]
        if re.match(r"[a-z]+:", name):
            return found[0]
        there = (ROOT / page).parent / name
        if there.resolve() == ROOT / "README.md":
            return f"{begin}{name.replace('README.md', 'index.md')}{anchor}{end}"
        if there.suffix == ".md" or not there.exists():
            return found[0]
        copy = "/files/" + str(there.resolve().relative_to(ROOT))
        if there.is_dir():
            listed(there.resolve(), target)
            copy += ".md"
        else:
            copied(there.resolve(), target)
        return f"{begin}{copy}{anchor}{end}"

    parts = FENCE.split(text)
    parts[::2] = (LINK.sub(lead, part) for part in parts[::2])
    return "".join(parts)


def copied(file: Path, target: Path) -> Path:
    """Copy a file of the clone; Sphinx offers it for download."""
    copy = target / "files" / file.relative_to(ROOT)
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, copy)
    return copy


def listed(folder: Path, target: Path) -> None:
    """Write a page that lists the files of a folder."""
    name = folder.relative_to(ROOT)
    files = sorted(file for file in folder.rglob("*") if file.is_file() and not hidden(file.relative_to(folder)))
    lines = [f"- [{file.relative_to(folder)}](/{copied(file, target).relative_to(target)})" for file in files]
    page = target / f"files/{name}.md"
    page.write_text(f"---\norphan: true\n---\n\n# {name}\n\n" + "\n".join(lines) + "\n", encoding="utf-8")


def hidden(file: Path) -> bool:
    """Tell whether a file is no source, such as a cache or what a build leaves; a page would be another one's."""
    return file.suffix in (".pyc", ".md") or any(part.startswith((".", "__pycache__", "build")) for part in file.parts)
