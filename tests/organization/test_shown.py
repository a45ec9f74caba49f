"""An organization from nothing to what its file says: several accounts, one person, changes by hand, and kills."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from awsbase.engine.lock import LEASE
from awsbase.fleet import records
from awsbase.fleet.item import Item
from awsbase.fleet.local import LocalRun
from awsbase.fleet.pool import one_by_one
from awsbase.fleet.records import Header, Record
from awsbase.fleet.results import Result
from awsbase.fleet.tolerance import Tolerance
from awsbase.fleet.work import work
from awsbase.organization import Organization, load
from awsbase.organization.access_live import live_table
from awsbase.organization.access_table import Table
from awsbase.organization.beginning import known_accounts, organization_text
from awsbase.organization.reach import Sessions
from awsbase.people import profile_writing, resolver
from awsbase.people.live_session import SessionRequest
from awsbase.people.session import refresh
from awsbase.sandbox import Fault, Killed, Sandbox, World
from awsbase.view.access_matrix import differences
from tests.fleet.test_records import Silent
from tests.later import unhurried
from tests.organization.files import loaded
from tests.people.alice import Alice

ACCOUNTS = {"users": "111111111111", "prod": "333333333333", "dev": "444444444444"}
PROFILES = {f"acme-{name}": id for name, id in ACCOUNTS.items()}
LIST = {"platform": "acme", "accounts": {name: f"acme-{name}" for name in ACCOUNTS}}
ACCESS = """\
access:
  roles:
    Admin: {policies: ["awsbase:administrator"]}
    Dev: {policies: ["awsbase:power-user"]}
    Read: {policies: ["awsbase:read-only"]}
  grants:
    Admins: {"*": Admin}
    Developers: {dev: [Dev, Read], prod: Read}
"""
PEOPLE = "version: 1\niam:\n  users: {alice: {groups: [Developers]}, eve: {groups: [Admins]}}\n"
RUN = "20261129-120000-a1b2c3"


def world_of(ids: Iterable[str], *, enforce: bool = False) -> World:
    """Return accounts from nothing, in which a run need not wait for the one before it."""
    world = World(list(ids), enforce=enforce)
    for sandbox in world.accounts.values():
        unhurried(sandbox)
    return world


@cache
def session_of(world: World, id: str) -> boto3.Session:
    """Return the session of an account's administrator, made once: its clients cost more than their calls."""
    return world.session(id, region="eu-west-1")


def run_in(world: World, organization: Organization, record: Record | None = None) -> LocalRun:
    """Return a run on the accounts of a file from this process, whose record is in memory unless there is one."""

    def unit(item: Item, stop: threading.Event) -> Result:
        return work(item, lambda route: session_of(world, route.id), clock=world.clock, stop=stop)

    def carry_out(items: Iterable[Item], stop: threading.Event) -> Iterator[Result]:
        return one_by_one(items, unit, stop)

    names = tuple(organization.members)
    record = record or records.in_memory(Header(RUN, "reconcile", organization.file, "digest", names))
    return LocalRun(organization, record, carry_out, Silent(), threading.Event())


def reconciled(world: World, organization: Organization) -> list[str]:
    """Plan, have the plans approved, and reconcile; return what became of each account."""
    run = run_in(world, organization)
    run.plan()
    run.keep_approved(run.planned())
    run.reconcile([list(run.members.values())], Tolerance(), lambda name: True)
    return [each.status for each in run.results.values()]


def compared(world: World, organization: Organization) -> Table:
    """Return the table of groups and accounts against what the accounts allow."""
    sessions = Sessions(lambda profile: session_of(world, PROFILES[profile or ""]), now=world.clock)
    return live_table(organization, tuple(ACCOUNTS), sessions)


def cells(table: Table) -> dict[tuple[str, str], str]:
    """Return the state of each cell by group and account."""
    return {(row.name, account): cell.state or "" for row in table.rows for account, cell in row.cells.items()}


AS_WANTED = dict.fromkeys(
    [("Admins", "users"), ("Admins", "prod"), ("Admins", "dev"), ("Developers", "prod"), ("Developers", "dev")],
    "as wanted",
)


@pytest.fixture(scope="module")
def world() -> World:
    return world_of(ACCOUNTS.values(), enforce=True)


@pytest.fixture(scope="module")
def acme(world: World, tmp_path_factory: pytest.TempPathFactory) -> Organization:
    """Return the organization of a list of accounts and profiles, with people and a table of who may do what."""
    folder = tmp_path_factory.mktemp("acme")
    (folder / "accounts.json").write_text(json.dumps(LIST))
    known = known_accounts(folder / "accounts.json", lambda profile: world.session(PROFILES[profile or ""]))
    text = organization_text(known, "org.yaml", "eu-west-1")
    assert text.count("profile: acme-users}") == 1
    text = text.replace("profile: acme-users}", "profile: acme-users, identity: true, manifest: people.yaml}")
    (folder / "org.yaml").write_text(text + ACCESS)
    (folder / "account.yaml").write_text("version: 1\niam: {}\n")
    (folder / "people.yaml").write_text(PEOPLE)
    assert json.loads((folder / "accounts.json").read_text()) == LIST
    return load(folder / "org.yaml")


@pytest.fixture(scope="module")
def done(world: World, acme: Organization) -> World:
    """Return the accounts after the first reconcile."""
    assert reconciled(world, acme) == ["done"] * 3
    return world


@pytest.mark.slow
def test_accounts_from_nothing_are_as_wanted_and_a_second_run_writes_nothing(done: World, acme: Organization) -> None:
    table = compared(done, acme)
    assert cells(table) == AS_WANTED
    assert list(differences(table)) == []
    done.forget_calls()
    assert reconciled(done, acme) == ["unchanged"] * 3
    assert [call.name for call in done.calls if call.writes] == []


def test_a_person_reads_with_one_code_where_she_may_and_is_refused_a_write(
    done: World, acme: Organization, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)  # an embedded account in this process sets some
    monkeypatch.setenv("HOME", str(tmp_path))
    alice = Alice(tmp_path, world=done, profile="acme-users")
    roles = profile_writing.named(profile_writing.granted(acme, "Developers"), "{account}-{role}")
    written = profile_writing.with_iam(roles, resolver.read(alice.files), "acme-users")
    profile_writing.write(alice.files, "acme", written, {}, prune=False)
    done.clock.advance(60)

    alice.types(alice.phone.code)
    in_prod, in_dev = [
        alice.client(refresh(SessionRequest(profile), alice.person()).profile, "s3")
        for profile in ("prod-Read", "dev-Dev")
    ]
    assert alice.terminal.asked == ["MFA code of alice-0: "]
    here = {"LocationConstraint": "eu-west-1"}
    in_dev.create_bucket(Bucket="acme-by-alice-in-dev", CreateBucketConfiguration=here)
    assert in_prod.list_buckets()["Buckets"] == []
    with pytest.raises(ClientError, match="AccessDenied"):
        in_prod.create_bucket(Bucket="acme-by-alice-in-prod", CreateBucketConfiguration=here)


def test_a_grant_removed_by_hand_is_told_in_its_cell_and_repaired(done: World, acme: Organization) -> None:
    prod = done.session(ACCOUNTS["prod"]).client("iam")
    prod.detach_role_policy(RoleName="acme-Read", PolicyArn=f"arn:aws:iam::{ACCOUNTS['prod']}:policy/awsbase-read-only")

    table = compared(done, acme)
    assert cells(table) == {**AS_WANTED, ("Developers", "prod"): "missing"}
    assert [(state, row.name, tuple(accounts), why) for state, row, accounts, why in differences(table)] == [
        ("missing", "Developers", ("prod",), "acme-Read lacks awsbase:read-only")
    ]
    assert sorted(reconciled(done, acme)) == ["done", "unchanged", "unchanged"]
    assert cells(compared(done, acme)) == AS_WANTED


TWENTY = {f"a{number:02}": f"{500_000_000_000 + number}" for number in range(20)}
# With the lock and its release, three writes.
SMALL = "version: 1\niam: {password_policy: {minimum_length: 15}}\n"


@pytest.fixture(scope="module")
def twenty(tmp_path_factory: pytest.TempPathFactory) -> Organization:
    accounts = "".join(f'  {name}: {{id: "{id}", profile: {name}}}\n' for name, id in TWENTY.items())
    text = "version: 1\norganization: {name: acme, home: eu-west-1}\ndefaults: {manifest: account.yaml}\naccounts:\n"
    return loaded(tmp_path_factory.mktemp("twenty"), text + accounts, account=SMALL)


@pytest.mark.slow
def test_a_run_that_is_killed_in_each_of_twenty_accounts_ends_in_the_same_accounts(
    twenty: Organization, tmp_path: Path
) -> None:
    """Each account kills the process once, at another write than the one before, and each time the run is resumed."""
    (first, *_) = wave = list(twenty.members.values())
    undisturbed = world_of([first.entry.id])
    run_in(undisturbed, twenty).reconcile([[first]], Tolerance(), lambda name: True)
    writes = [call.name for call in undisturbed.calls if call.writes]
    assert len(writes) == 3

    world = world_of(TWENTY.values())
    for number, sandbox in enumerate(world.accounts.values()):
        fault = Fault("killed after" if number % 2 else "killed before", at=1 + number // 2 % len(writes))
        sandbox.faults.add(fault)
    record = records.create(tmp_path, Header(RUN, "reconcile", twenty.file, "digest", tuple(TWENTY)), sync=unsynced)
    for kills in range(len(TWENTY)):
        assert record.left == list(TWENTY)[max(kills - 1, 0) :]
        with pytest.raises(Killed):
            run_in(world, twenty, record).reconcile([wave], Tolerance(), lambda name: True)
        record.close()
        world.clock.advance(LEASE.total_seconds())
        record = records.resume(tmp_path, RUN, lambda found: found)
        record.sync = unsynced
    run_in(world, twenty, record).reconcile([wave], Tolerance(), lambda name: True)
    assert (record.left, {each.failing for each in record.results.values()}) == ([], {False})
    record.close()
    assert {text_of(each) for each in world.accounts.values()} == {text_of(undisturbed.first)}


def text_of(sandbox: Sandbox) -> str:
    """Return what an account has as text, which is the same in each account that has the same."""
    return str(sandbox.snapshot()).replace(sandbox.account, "ID")


def unsynced(descriptor: int) -> None:
    """Leave to the machine when it writes to its disk: here only the process ends."""
