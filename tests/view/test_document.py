"""A report is one JSON document, and a plan is read back from it."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from awsbase import __version__
from awsbase.engine.changes import Change, Drift, Pending
from awsbase.errors import AwsbaseError, UsageError
from awsbase.view.document import document, read, save
from tests.view.reports import ASK, BLOCKED, DRIFTED, FAILED, HOME, NEW, report

KEYED = Change("create", "alias", "kms:CreateAlias", (Drift("key", None, Pending("key")),), "", "d" * 32, ("Key",))


def test_the_document_has_the_keys_that_programs_rely_on() -> None:
    held = document(report(FAILED, *BLOCKED, needs_you=(ASK,), mode="reconcile", second=report(NEW)))
    assert list(held) == [
        *("schema", "awsbase", "mode", "account", "region", "sandbox", "fingerprint", "interrupted"),
        *("resources", "grave", "needs_you", "totals", "calls", "second"),
    ]
    assert held["totals"] == {"unchanged": 0, "planned": 0, "changed": 0, "failed": 1, "blocked": 2, "skipped": 0}
    assert held["calls"] == {"read": 9, "write": 0}
    assert held["second"]["mode"] == "plan"
    assert held["resources"][0]["error"]["code"] == "AccessDenied"
    assert held["resources"][1] == {
        "address": "user/alice",
        "region": HOME,
        "status": "blocked",
        "changes": [],
        "error": None,
        "blocked_by": "group/Ops",
        "notes": [],
        "price": None,
    }
    assert held["needs_you"][0]["steps"] == ["run awsbase passwd", "run awsbase mfa create"]
    assert json.loads(json.dumps(held)) == held


def test_a_plan_comes_back_as_it_was(tmp_path: Path) -> None:
    planned = report(NEW, DRIFTED, replace(NEW, address="key/a", changes=(KEYED,)))
    file = tmp_path / "plan.json"
    save(json.dumps(document(planned)), file)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]
    plan = read(file)
    assert (plan.account, plan.region, plan.version) == ("123456789012", HOME, __version__)
    assert [(address, change.digest, change.unknown) for address, change in plan.changes] == [
        (address, change.digest, change.unknown) for address, change in planned.changes
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no plan: it is not JSON"),
        (b"\xff\xfe", "is no plan: it is not text"),
        (b"[" * 100_000, "is no plan: it is not JSON"),
        (b"[]", "is no plan"),
        (b'{"resources": []}', "is no plan"),
        (b'{"schema": 2}', "has the format 2, and this awsbase reads 1"),
        (b'{"schema": 1, "mode": "reconcile"}', "reports what was done; it is no plan"),
        (b'{"schema": 1, "mode": "plan"}', "is no complete plan"),
    ],
)
def test_a_file_that_is_no_plan_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_bytes(content)
    with pytest.raises(UsageError) as refused:
        read(file)
    assert refused.value.message == f"{file} {message}"


@pytest.mark.parametrize(
    "spoil",
    [
        {"resources": [{"address": "a", "changes": [{"action": "explode"}]}]},
        {"resources": [{"address": "a", "changes": ["create"]}]},
        {"resources": None},
        {"account": 123456789012},
    ],
)
def test_a_plan_with_something_wrong_inside_is_refused_as_a_whole(spoil: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text(json.dumps({**document(report(NEW)), **spoil}))
    with pytest.raises(UsageError, match="is no complete plan"):
        read(file)


def test_a_plan_that_is_not_there_or_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read the plan"):
        read(tmp_path / "none.json")
    with pytest.raises(AwsbaseError, match="cannot write"):
        save("{}", tmp_path / "none" / "plan.json")
