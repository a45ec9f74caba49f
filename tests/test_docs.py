"""The documentation keeps up: every key, default, command and option is told, and what is shown works."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest

from awsbase.manifest.load import load
from awsbase.manifest.schema import json_schema
from awsbase.policies import curated
from awsbase.scripts import cli
from awsbase.scripts.options import common

ROOT = Path(__file__).parent.parent
MANIFEST, COMMANDS = ROOT / "docs/manifest.md", ROOT / "docs/commands.md"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
MANIFESTS = sorted((ROOT / "manifests").glob("*.yaml"))
ACCOUNT = 'account: {id: "123456789012", name: acme, region: eu-west-1}\n'

FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def prose(page: Path) -> str:
    """Return a page without what its code blocks show."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def under_headings(page: Path) -> dict[str, str]:
    """Return what stands under each heading of a page, down to the next one of any rank."""
    title, *rest = HEADING.split(prose(page))
    return {"": title, **dict(zip(rest[::2], rest[1::2], strict=True))}


def slug(heading: str) -> str:
    """Return the anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


# The manifest.


@dataclass(frozen=True)
class Key:
    """A key of the manifest, with the heading that it is told under; names that the author chooses are left out."""

    heading: str
    name: str
    default: object


def keys() -> Iterator[Key]:
    schema = json_schema()

    def below(part: dict[str, Any], heading: str) -> Iterator[Key]:
        if "$ref" in part:
            part = schema["$defs"][part["$ref"].rpartition("/")[2]]
        if isinstance(part.get("additionalProperties"), dict):
            yield from below(part["additionalProperties"], heading)
        for name, value in part.get("properties", {}).items():
            yield Key(heading, name, value.get("default"))
            yield from below(value, f"{heading}.{name}".lstrip("."))

    yield from below(schema, "")


def told_keys(text: str) -> dict[str, str]:
    """Return what a text tells of each key: an item of a list that begins with keys in bold."""
    items = re.findall(r"^- (\*\*`\w+`\*\*.*?)(?=^- |\n\n|\Z)", text, re.MULTILINE | re.DOTALL)
    heads = [(re.findall(r"\*\*`(\w+)`\*\*", item), item) for item in items]
    return {name: item for names, item in heads for name in names}


TOP = "The manifest"


@pytest.mark.parametrize("key", list(keys()), ids=lambda key: f"{key.heading}.{key.name}".lstrip("."))
def test_every_key_of_the_manifest_is_told_with_its_default(key: Key) -> None:
    chapters, heading = under_headings(MANIFEST), key.heading or TOP
    assert heading in chapters, f"docs/manifest.md has no heading {heading!r}"
    told = told_keys(chapters[heading])
    assert key.name in told, f"docs/manifest.md does not tell {key.name!r} under {heading!r}, write - **`{key.name}`**"
    if isinstance(key.default, dict) or key.default in (None, [], ""):
        return
    shown = key.default if isinstance(key.default, str) else json.dumps(key.default)
    assert f"default `{shown}`" in " ".join(told[key.name].split())


def test_no_key_is_told_that_is_not_there() -> None:
    there = {(key.heading or TOP, key.name) for key in keys()}
    sections = under_headings(MANIFEST)
    headings = {heading for heading, _ in there}
    told = {(heading, name) for heading in headings for name in told_keys(sections.get(heading, ""))}
    assert told - there == set()


@pytest.mark.parametrize("name", curated())
def test_every_curated_policy_is_told(name: str) -> None:
    assert f"`awsbase:{name}`" in under_headings(MANIFEST)["Policy names"]
    assert f"`awsbase:{name}`" in prose(ROOT / "README.md")


def yaml_blocks() -> Iterator[Any]:
    # tests/organization/test_organization_page.py loads those of the organization file.
    for page in [each for each in PAGES if each.name != "organization.md"]:
        blocks = [text for language, text in FENCE.findall(page.read_text(encoding="utf-8")) if language == "yaml"]
        # tests/fleet/test_page.py loads those of an organization.
        for number, text in enumerate((each for each in blocks if "\naccounts:" not in each), 1):
            yield pytest.param(text, id=f"{page.name} {number}")


@pytest.mark.parametrize("text", list(yaml_blocks()))
def test_what_is_shown_of_a_manifest_validates(
    text: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is shown in part is completed with version and account, and with the one file that the page names."""
    if "extras:" in text:
        monkeypatch.syspath_prepend(str(request.getfixturevalue("acme_repositories")))
    (tmp_path / "policies").mkdir()
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    (tmp_path / "policies/deploy.json").write_text(json.dumps(document))
    file = tmp_path / "acme.yaml"
    file.write_text(text if text.startswith("version:") else f"version: 1\n{ACCOUNT}{text}")
    assert load(file).version == 1


# The commands.


def commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Yield every command below one, by its words."""
    if path:
        yield " ".join(path), command
    if isinstance(command, click.Group):
        with click.Context(command) as context:
            for name in command.list_commands(context):
                found = command.get_command(context, name)
                assert found is not None
                yield from commands(found, (*path, name))


EVERY = dict(commands(cli))


def options(command: click.Command) -> dict[str, str | None]:
    """Return the options of a command, each spelling with its help."""
    return {
        spelling: parameter.help
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for spelling in (*parameter.opts, *parameter.secondary_opts)
    }


COMMON = options(click.command("any")(common(lambda **_: None)))


def told_options(text: str) -> set[str]:
    """Return the options that stand in a text as code, with or without their values."""
    return {found for code in re.findall(r"`([^`]+)`", text) for found in re.findall(r"(?<![\w-])--?[a-z][\w-]*", code)}


@pytest.mark.parametrize("words", list(EVERY))
def test_every_command_is_told_with_its_options(words: str) -> None:
    sections = under_headings(COMMANDS)
    assert words in sections, f"docs/commands.md has no heading {words!r}"
    own = options(EVERY[words])
    told = told_options(sections[words])
    # An option that means what it means everywhere is told once, and the command says that it takes those.
    if "[common options](#common-options)" in sections[words]:
        told |= {option for option, help in COMMON.items() if own.get(option) == help}
    assert own.keys() - told == set()


def test_every_common_option_is_told() -> None:
    assert COMMON.keys() - told_options(under_headings(COMMANDS)["Common options"]) == set()


def test_no_option_is_told_that_is_not_there() -> None:
    there = {"--version", "-h", "--help"}.union(*(options(command) for command in EVERY.values()))
    told = {
        option
        for page in PAGES
        for line in prose(page).splitlines()
        for code in re.findall(r"`([^`]+)`", line)
        if code.startswith(("--", "-", "awsbase "))
        for option in re.findall(r"(?<![\w-])--[a-z][\w-]*", code)
    }
    assert told - there == set()


def test_no_command_is_told_that_is_not_there() -> None:
    known = {words.split()[0] for words in EVERY}
    # A message that is quoted may begin with awsbase too; it names something in quotes.
    called = re.compile(r"(?:^\$ |&& )awsbase ([a-z]\w+)|`awsbase ([a-z]\w+)[^`']*`", re.MULTILINE)
    told = {
        (page.name, name)
        for page in PAGES
        for found in called.findall(page.read_text(encoding="utf-8"))
        for name in found
        if name
    }
    assert {(page, name) for page, name in told if name not in known} == set()


# Links, and the manifests that come with the project.


def links() -> Iterator[tuple[Path, str]]:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
            if not re.match(r"[a-z]+:", target):
                yield page, target


@pytest.mark.parametrize(
    ("page", "target"), list(links()), ids=lambda each: each.name if isinstance(each, Path) else each
)
def test_every_link_points_somewhere(page: Path, target: str) -> None:
    name, _, anchor = target.partition("#")
    file = (page.parent / name).resolve() if name else page
    assert file.exists()
    if anchor:
        assert anchor in map(slug, under_headings(file))


@pytest.mark.parametrize("page", [MANIFEST, COMMANDS], ids=lambda page: page.name)
def test_lines_are_not_too_long(page: Path) -> None:
    # A row of a table cannot be wrapped.
    lines = [line for line in page.read_text(encoding="utf-8").splitlines() if not line.startswith("|")]
    assert [line for line in lines if len(line) > 120] == []
