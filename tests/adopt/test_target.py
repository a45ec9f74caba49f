"""Where an adopted manifest goes: nothing is overwritten, and of what fails nothing is left."""

from __future__ import annotations

from pathlib import Path

import pytest

from awsbase.adopt import target
from awsbase.adopt.draft import Draft
from awsbase.adopt.proof import Target, whole
from awsbase.errors import UsageError
from awsbase.manifest.load import load

HEAD = """\
# My own words.
version: 1
account: {id: "123456789012", name: acme, region: eu-west-1}   # ours
state: {}
"""


def test_a_new_manifest_needs_a_name_that_a_manifest_takes() -> None:
    with pytest.raises(UsageError, match=r"account\.name: 'Not Good'"):
        target.new(Path("x.yaml"), "123456789012", "Not Good", "eu-west-1")


def test_what_exists_stays(tmp_path: Path) -> None:
    there = tmp_path / "acme.yaml"
    there.symlink_to(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="exists already"):
        target.check_new(there)
    with pytest.raises(UsageError, match="no folder"):
        target.check_new(tmp_path / "none" / "acme.yaml")


def test_files_are_written_with_the_manifest_or_not_at_all(tmp_path: Path) -> None:
    goal = target.new(tmp_path / "acme.yaml", "123456789012", "acme", "eu-west-1")
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "b.json").write_text("somebody's own")
    with pytest.raises(UsageError, match=r"b\.json exists already with other contents"):
        target.place(goal, "version: 1\n", {"policies/a.json": "{}", "policies/b.json": "{}"})
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["b.json", "policies"]
    assert (tmp_path / "policies" / "b.json").read_text() == "somebody's own"

    target.place(goal, "version: 1\n", {"policies/a.json": "{}", "policies/b.json": "somebody's own"})
    assert (tmp_path / "acme.yaml").read_text() == "version: 1\n"
    with pytest.raises(UsageError, match="exists already with other contents"):
        target.place(goal, "version: 1\n# other\n", {})


def test_a_folder_that_cannot_be_written_to_is_an_error_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "policies").write_text("a file where the folder should be")
    goal = target.new(tmp_path / "acme.yaml", "123456789012", "acme", "eu-west-1")
    with pytest.raises(UsageError, match="policies"):
        target.place(goal, "version: 1\n", {"policies/a.json": "{}"})
    assert not (tmp_path / "acme.yaml").exists()


def test_sections_are_added_and_every_line_stays(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(HEAD)
    goal = target.continued(file, load(file))
    assert goal.has == {"version", "account", "state"}
    target.place(goal, f"{HEAD}\ncontacts: {{}}\n", {})
    assert file.read_text() == f"{HEAD}\ncontacts: {{}}\n"


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_added_lines_end_as_those_of_the_file(end: str) -> None:
    draft = Draft("contacts")
    draft.put(value={})
    goal = Target(Path("acme.yaml"), before=f"version: 1{end}")
    assert whole([draft], goal) == (f"version: 1{end}{end}contacts: {{}}{end}", {})
    assert whole([], goal) == (goal.before, {})


@pytest.mark.parametrize(
    "text",
    [
        '{version: 1, account: {id: "123456789012", name: acme, region: eu-west-1}}\n',
        f"{HEAD}...\n",
        f"---\n{HEAD}...\n",
    ],
)
def test_a_file_that_lines_cannot_continue_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(text)
    with pytest.raises(UsageError, match="sections cannot be added"):
        target.continued(file, load(file))
    assert file.read_text() == text
