"""The record of a run: private, flushed line by line, and what a run that was killed goes on from."""

from __future__ import annotations

import json
import stat
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest

from awsbase.engine.changes import Mode
from awsbase.errors import AwsbaseError, Refused, UsageError
from awsbase.fleet import records
from awsbase.fleet.item import Item
from awsbase.fleet.local import LocalRun
from awsbase.fleet.records import Header, Record
from awsbase.fleet.results import Result, Status
from awsbase.fleet.tolerance import Tolerance
from awsbase.organization import Organization
from awsbase.sandbox import Killed
from tests.fleet.organizations import ORGANIZATION, organization

RUN = "20261129-120000-a1b2c3"
HEADER = Header(RUN, "reconcile", "org.yaml", "digest", ("users", "prod", "dev"))


def result(account: str, status: Status = "done", mode: Mode = "reconcile") -> Result:
    return Result(RUN, mode, account, "1" * 12, status, 0, {"resources": [account]})


def same(found: Header) -> Header:
    return found


def test_a_record_is_private_and_gives_each_result_back(tmp_path: Path) -> None:
    where = tmp_path / "state" / "runs"
    made = records.create(where, HEADER)
    for status in ("failed", "done"):
        made.add(result("prod", status))
    made.close()
    assert stat.S_IMODE((where / f"{RUN}.jsonl").stat().st_mode) == 0o600
    assert stat.S_IMODE(where.stat().st_mode) == 0o700

    again = records.resume(where, RUN, same)
    assert again.left == ["users", "dev"]
    assert again.results["prod"].report is None
    assert again.full("prod") == result("prod")
    assert list(again.all()) == [result("prod")]
    again.close()


@pytest.mark.parametrize("torn", ["{", '{"schema": "awsbase.fleet.result/1"}', '{"schema": 1}\n', "\x00\x00"])
def test_a_line_that_was_half_written_is_cut_off(tmp_path: Path, torn: str) -> None:
    made = records.create(tmp_path, HEADER)
    made.add(result("prod"))
    made.close()
    with (tmp_path / f"{RUN}.jsonl").open("a") as file:
        file.write(torn)
    again = records.resume(tmp_path, RUN, same)
    again.add(result("dev"))
    again.close()
    last = records.resume(tmp_path, RUN, same)
    assert last.left == ["users"]
    last.close()


@pytest.mark.parametrize(
    ("run", "now", "error", "message"),
    [
        ("20261129-120000-ffffff", same, UsageError, f"there is no run 20261129-120000-ffffff in .*there are {RUN}"),
        ("../x", same, UsageError, r"there is no run \.\./x"),
        (RUN, lambda found: replace(found, digest="other"), Refused, "was about something else than org.yaml is now"),
    ],
    ids=["unknown", "no name", "another file"],
)
def test_what_does_not_go_on_is_refused(
    tmp_path: Path, run: str, now: Callable[[Header], Header], error: type[AwsbaseError], message: str
) -> None:
    records.create(tmp_path, HEADER).close()
    with pytest.raises(error) as refused:
        records.resume(tmp_path, run, now)
    assert message.partition(".*")[0].replace("\\", "") in refused.value.message
    assert message.partition(".*")[2] in (refused.value.hint or "")


def test_a_run_goes_on_in_one_process_alone(tmp_path: Path) -> None:
    made = records.create(tmp_path, HEADER)
    with pytest.raises(Refused, match="goes on in another process"):
        records.resume(tmp_path, RUN, same)
    made.close()
    records.resume(tmp_path, RUN, same).close()


def test_old_records_are_deleted(tmp_path: Path) -> None:
    for number in range(records.KEPT + 5):
        (tmp_path / f"20260101-000000-{number:06x}.jsonl").touch()
    (tmp_path / "kept.jsonl").touch()
    records.create(tmp_path, HEADER).close()
    assert len(records.runs(tmp_path)) == records.KEPT
    assert (tmp_path / "kept.jsonl").exists()


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({}, "/home/kim/.local/state/awsbase/runs"),
        ({"XDG_STATE_HOME": "/var/state"}, "/var/state/awsbase/runs"),
        ({"XDG_STATE_HOME": "here"}, "/home/kim/.local/state/awsbase/runs"),
    ],
)
def test_records_are_where_the_state_of_programs_is(environ: dict[str, str], folder: str) -> None:
    assert str(records.folder(environ, Path("/home/kim"))) == folder


TWENTY = [f"a{number:02}" for number in range(20)]


@pytest.fixture(scope="module")
def twenty(tmp_path_factory: pytest.TempPathFactory) -> Organization:
    accounts = "".join(f'  {name}: {{id: "{index:012}"}}\n' for index, name in enumerate(TWENTY, 1))
    text = f"{ORGANIZATION.partition('accounts:')[0]}accounts:\n{accounts}"
    return organization(tmp_path_factory.mktemp("twenty"), text, "version: 1\n")


class Silent:
    """Hears nothing."""

    def begins(self, mode: Mode, total: int) -> None: ...
    def ended(self, account: str, status: Status) -> None: ...


class Accounts:
    """Twenty accounts that count what is written to them, and kill the process at one of them, before or after that."""

    def __init__(self, killed_at: str, after: bool) -> None:
        self.written: dict[str, str] = {}
        self.begun: list[str] = []
        self._killed_at, self._after = killed_at, after

    def carry_out(self, items: Iterable[Item], stop: threading.Event) -> Iterator[Result]:
        for item in items:
            self.begun.append(item.account)
            killed = item.account == self._killed_at and self.begun.count(item.account) == 1
            if killed and not self._after:
                raise Killed
            status: Status = "unchanged" if item.account in self.written else "done"
            self.written.setdefault(item.account, item.fingerprint)
            if killed:
                raise Killed
            yield Result(item.run, item.mode, item.account, item.id, status, 0)


@pytest.mark.parametrize("after", [False, True], ids=["before its writes", "after its writes"])
def test_a_run_that_was_killed_at_any_account_ends_in_the_same_accounts(
    tmp_path: Path, twenty: Organization, after: bool
) -> None:
    undisturbed = {name: item.fingerprint for name, item in items(twenty).items()}
    for killed_at in TWENTY:
        where, accounts = tmp_path / killed_at, Accounts(killed_at, after)
        # What outlives the machine costs a write to the disk; here only the process is killed.
        record = records.create(where, replace(HEADER, accounts=tuple(TWENTY)), sync=lambda descriptor: None)
        with pytest.raises(Killed):
            reconcile(twenty, record, accounts)
        record.close()
        with (where / f"{RUN}.jsonl").open("a") as file:
            file.write('{"schema": "awsbase.fleet.res')

        record = records.resume(where, RUN, same)
        record.sync = lambda descriptor: None
        finished = len(record.results)
        assert record.left == TWENTY[finished:]
        reconcile(twenty, record, accounts)
        assert record.left == []
        record.close()
        assert accounts.written == undisturbed
        assert accounts.begun == [*TWENTY[: finished + 1], *TWENTY[finished:]]


class Prepared(LocalRun):
    """A run whose items are made once for all tests."""

    made: ClassVar[dict[str, Item]] = {}

    def item(self, name: str, mode: Mode, allow_risky: bool = False) -> Item:
        if name not in self.made:
            self.made[name] = super().item(name, mode, allow_risky)
        return self.made[name]


def items(twenty: Organization) -> dict[str, Item]:
    """Return the items of a run that nothing disturbs."""
    run = Prepared(twenty, records.in_memory(HEADER), lambda *_: iter(()), Silent(), threading.Event())
    return {name: run.item(name, "reconcile") for name in TWENTY}


def reconcile(twenty: Organization, record: Record, accounts: Accounts) -> None:
    """Reconcile what is not finished."""
    run = Prepared(twenty, record, accounts.carry_out, Silent(), threading.Event())
    run.reconcile([list(twenty.members.values())], Tolerance(), lambda name: False)


def test_the_digest_tells_apart_what_is_to_be_done(twenty: Organization) -> None:
    item = items(twenty)["a00"]
    others = [
        replace(item, fingerprint="other"),
        replace(item, only=("iam",)),
        replace(item, route=replace(item.route, profile="other")),
        replace(item, version="0.0.1"),
        replace(item, mode="plan"),
    ]
    assert len({records.digest([each]) for each in [item, *others]}) == 1 + len(others)
    assert records.digest([replace(item, run="another", patience=5.0)]) == records.digest([item])
    assert json.loads(json.dumps(HEADER.document()))["accounts"] == ["users", "prod", "dev"]
