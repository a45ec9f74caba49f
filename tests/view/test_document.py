"""A report is one JSON document, and a plan can be read back from it."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from awsbase import __version__
from awsbase.engine.changes import Change, Drift, Unknown
from awsbase.errors import AwsbaseError, UsageError
from awsbase.view.document import MAX_BYTES, document, read, save
from tests.nobody import unprivileged
from tests.view.reports import ASK, BLOCKED, DRIFTED, FAILED, HOME, NEW, report

KEYED = Change("create", "alias", "kms:CreateAlias", (Drift("key", None, Unknown("key")),), None, "d" * 32, ("Key",))


def test_the_document_of_a_run_has_its_documented_keys() -> None:
    result = document(report(FAILED, *BLOCKED, manual_actions=(ASK,), mode="reconcile", second=report(NEW)))
    assert list(result) == [
        *("schema", "awsbase", "mode", "account", "region", "sandbox", "only", "fingerprint", "interrupted"),
        *("resources", "risky", "refusals", "manual_actions", "totals", "calls", "steps", "second"),
    ]
    assert result["steps"] == {}
    assert result["totals"] == {"unchanged": 0, "planned": 0, "changed": 0, "failed": 1, "blocked": 2, "skipped": 0}
    assert result["calls"] == {"read": 9, "write": 0}
    assert result["second"]["mode"] == "plan"
    assert result["resources"][0]["error"]["code"] == "AccessDenied"
    assert result["resources"][1] == {
        "address": "user/alice",
        "region": HOME,
        "status": "blocked",
        "changes": [],
        "error": None,
        "blocked_by": "group/Ops",
        "notes": [],
        "price": None,
    }
    assert result["manual_actions"][0]["steps"] == ["run awsbase passwd", "run awsbase mfa create"]
    assert json.loads(json.dumps(result)) == result


def test_a_plan_is_read_back_unchanged(tmp_path: Path) -> None:
    planned = report(NEW, DRIFTED, replace(NEW, address="key/a", changes=(KEYED,)))
    file = tmp_path / "plan.json"
    save(json.dumps(document(planned, only=["iam"])), file)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]
    plan = read(file)
    assert (plan.account, plan.region, plan.version) == ("123456789012", HOME, __version__)
    assert plan.only == ("iam",)
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
        (b'{"schema": 1}', "has the format 1, and this awsbase reads 2"),
        (b'{"schema": 2, "mode": "reconcile"}', "is no plan: it reports a reconcile"),
        (b'{"schema": 2, "mode": "plan"}', "is no complete plan"),
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
        {"only": "iam"},
    ],
)
def test_a_plan_with_an_invalid_value_is_refused(spoil: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text(json.dumps({**document(report(NEW)), **spoil}))
    with pytest.raises(UsageError, match="is no complete plan"):
        read(file)


def test_a_missing_or_unwritable_plan_is_reported(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read the plan"):
        read(tmp_path / "none.json")
    with pytest.raises(AwsbaseError, match="cannot write"):
        save("{}", tmp_path / "none" / "plan.json")


def test_a_plan_is_read_only_from_a_regular_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(UsageError, match="fifo is no plan: not a regular file") as refused:
        read(tmp_path / "fifo")
    assert refused.value.hint == "write one with `awsbase plan MANIFEST -o PLAN.json`"
    with pytest.raises(UsageError, match="/dev/zero is no plan: not a regular file"):
        read(Path("/dev/zero"))
    with pytest.raises(UsageError, match=r"cannot read the plan .*: Is a directory"):
        read(tmp_path)
    with (tmp_path / "large").open("wb") as large:
        large.truncate(MAX_BYTES + 1)
    with pytest.raises(UsageError, match="large is no plan: larger than 64 MiB"):
        read(tmp_path / "large")


def test_an_unreadable_plan_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tmp_path.chmod(0o755)
    save(json.dumps(document(report(NEW))), Path("plan.json"))
    Path("plan.json").chmod(0)
    with unprivileged(), pytest.raises(UsageError, match=r"cannot read the plan plan\.json: Permission denied"):
        read(Path("plan.json"))
    tmp_path.chmod(0o555)
    with unprivileged(), pytest.raises(AwsbaseError, match=r"cannot write plan\.json: Permission denied"):
        save("{}", Path("plan.json"))


def test_a_link_to_a_plan_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "plans" / "today.json", tmp_path / "plan.json"
    target.parent.mkdir()
    link.symlink_to("plans/today.json")
    for text in ("{}", json.dumps(document(report(NEW)))):
        save(text, link)
        assert link.is_symlink()
        assert target.read_text() == text
        assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert read(link).account == "123456789012"
    assert [path.name for path in target.parent.iterdir()] == ["today.json"]


def test_a_plan_is_written_only_to_a_pipe_with_a_reader(tmp_path: Path) -> None:
    pipe = tmp_path / "fifo"
    os.mkfifo(pipe)
    with pytest.raises(AwsbaseError, match=r"cannot write .*fifo: nobody reads it"):
        save("{}", pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    save("{}", pipe)
    assert os.read(reader, 10) == b"{}"
    os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_device_stays_a_device() -> None:
    save("{}", Path("/dev/null"))
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
