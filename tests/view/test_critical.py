"""The chain that a run waited for, from the times in its document."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from awsbase.errors import UsageError
from awsbase.scripts import cli
from awsbase.view.critical import chain, drawn, times_of
from tests.faults.subject import MANIFESTS

NEEDS = {"vpc/acme": [], "key/acme": [], "subnet/a": ["vpc/acme"], "instance/b": ["subnet/a", "key/acme"], "user/c": []}
TIMES = {
    "vpc/acme": (0.0, 0.4),
    "key/acme": (0.0, 0.9),
    "subnet/a": (0.5, 0.7),
    "instance/b": (1.0, 3.0),
    "user/c": (0.2, 2.9),
}


def test_the_chain_follows_what_was_done_last() -> None:
    assert [(each.address, round(each.waited, 1), each.took) for each in chain(NEEDS, TIMES)] == [
        ("key/acme", 0.0, 0.9),
        ("instance/b", 0.1, 2.0),
    ]
    assert list(drawn(chain(NEEDS, TIMES), TIMES)) == [
        "waited    took    done",
        "  0.00    0.90    0.90  key/acme",
        "  0.10    2.00    3.00  instance/b",
        "2 of 5 resources; one after another, all would take 6.20 s",
    ]


def test_what_a_run_left_out_is_in_no_chain() -> None:
    times = {address: times for address, times in TIMES.items() if address != "key/acme"}
    assert [each.address for each in chain(NEEDS, times)] == ["vpc/acme", "subnet/a", "instance/b"]
    assert chain(NEEDS, {}) == []


def test_a_run_says_when_each_resource_was_done(tmp_path: Path) -> None:
    manifest, file = str(MANIFESTS / "state-only.yaml"), tmp_path / "run.json"
    ran = CliRunner().invoke(cli, ["reconcile", manifest, "--sandbox", "--yes", "--json"])
    document = json.loads(ran.stdout)
    assert set(document["steps"]) == {each["address"] for each in document["resources"]}
    file.write_text(ran.stdout)
    drawing = CliRunner().invoke(cli, ["graph", manifest, "--critical", str(file), "--json"])
    steps = json.loads(drawing.stdout)
    assert steps[-1]["done"] == max(done for _, done in document["steps"].values())


@pytest.mark.parametrize("content", [None, "", "[]", '{"steps": null}', '{"steps": {"a": [1]}}', "{}"])
def test_a_file_without_times_is_refused(content: str | None, tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(UsageError) as told:
        times_of(file)
    assert "reconcile MANIFEST --json" in str(told.value.hint)
