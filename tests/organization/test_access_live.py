"""The table of who may do what against accounts in a sandbox: as wanted, missing, more than wanted and by what."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest

from awsbase.approach import Target
from awsbase.aws import Aws
from awsbase.engine.account import identify
from awsbase.engine.execution import execute
from awsbase.engine.wire import Wire
from awsbase.ensure import KINDS
from awsbase.errors import AwsbaseError, UsageError
from awsbase.facts.authorization import Authorization, RoleFacts
from awsbase.fleet.item import loaded_member
from awsbase.manifest.manifest import resources
from awsbase.organization import Member, Organization
from awsbase.organization.access_chain import chains
from awsbase.organization.access_changes import changes
from awsbase.organization.access_live import Iams, compared, live_table
from awsbase.organization.access_table import Table, table
from awsbase.organization.reach import Sessions
from awsbase.sandbox import World
from awsbase.sandbox.serve import listen
from awsbase.scripts import cli
from awsbase.scripts.each import Reached
from awsbase.scripts.options import Options
from awsbase.scripts.report import table_of
from awsbase.scripts.session import Session
from awsbase.view.access_chain import chain_lines, change_lines
from awsbase.view.access_matrix import MARKS, differences, document, label, lines, manual_actions, markdown
from awsbase.view.text import render
from tests.organization.access import FILE, GRANTS, ROLES, organization
from tests.view.terminals import ESCAPES, terminal

USERS, PROD, DEV = "111111111111", "333333333333", "444444444444"
PROFILES = {"acme-users": USERS, "acme-prod": PROD, "acme-dev": DEV}
BY_PROFILE = FILE.replace("role: OrganizationAccountAccessRole, via: users", "profile: acme-prod", 1).replace(
    "role: OrganizationAccountAccessRole, via: users", "profile: acme-dev", 1
)


def reconcile(world: World, found: Organization) -> list[str]:
    """Bring the accounts to the file; return what was written."""
    changes = []
    for member in found.members.values():
        account = identify(Aws(world.session(member.entry.id), "eu-west-1"), Wire())
        wanted = [each for part in resources(member.manifest).values() for each in part]
        report = execute("reconcile", wanted, KINDS, account, clock=world.clock)
        assert not report.failed
        changes += [change.what for _, change in report.changes]
    return changes


def show(found: Organization, world: World, *accounts: str) -> Table:
    """Return the table of the accounts as they are."""
    sessions = Sessions(lambda profile: world.session(PROFILES[profile or ""]), now=world.clock)
    return live_table(found, accounts or ("users", "prod", "dev"), sessions)


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Organization:
    return organization(tmp_path_factory.mktemp("acme"), BY_PROFILE + ROLES + GRANTS)


def remarks(of: Table) -> set[str]:
    """Return how cells differ, as lines."""
    return {
        f"{MARKS[state][0]} {label(row)} in {', '.join(accounts)}: {why}"
        for state, row, accounts, why in differences(of)
    }


TRUSTING_ALL = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{USERS}:root"}, "Action": "sts:AssumeRole"}


def tamper(world: World) -> None:
    """Change by hand who may do what."""
    users, prod, dev = (world.session(id).client("iam") for id in (USERS, PROD, DEV))
    admin = "arn:aws:iam::aws:policy/AdministratorAccess"
    # People get in who shall not: by a policy of their own, by another group, by joining, and from a machine.
    users.create_user(UserName="carol")
    users.attach_user_policy(UserName="carol", PolicyArn="arn:aws:iam::aws:policy/PowerUserAccess")
    users.create_group(GroupName="Ops")
    users.put_group_policy(
        GroupName="Ops", PolicyName="enter", PolicyDocument=allowing("sts:*", f"arn:aws:iam::{DEV}:role/acme-*")
    )
    users.create_user(UserName="mallory")
    users.add_user_to_group(UserName="mallory", GroupName="Deployers")
    users.remove_user_from_group(UserName="alice", GroupName="Developers")
    users.attach_group_policy(GroupName="Deployers", PolicyArn=admin)
    # Roles do more, or less, than the file gives them.
    prod.attach_role_policy(RoleName="acme-Read", PolicyArn=admin)
    prod.put_role_policy(RoleName="acme-Read", PolicyName="more", PolicyDocument=allowing("s3:*", "*"))
    prod.detach_role_policy(RoleName="acme-Prod", PolicyArn=f"arn:aws:iam::{PROD}:policy/acme-deploy")
    dev.update_assume_role_policy(
        RoleName="acme-Dev", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [TRUSTING_ALL]})
    )
    dev.create_user(UserName="bob")


def allowing(action: str, resource: str) -> str:
    """Return a policy of one statement."""
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


ENTERED = "OrganizationAccountAccessRole"
BY_HAND = {
    "! Deployers in users: may assume acme-Admin by aws:AdministratorAccess",
    f"! Deployers in prod: may assume acme-Admin, {ENTERED} by aws:AdministratorAccess",
    f"! Deployers in dev: may assume acme-Admin, acme-Dev, {ENTERED} by aws:AdministratorAccess",
    "! Deployers in prod: mallory is in Deployers, and not by the manifest of users",
    "! Deployers in prod: acme-Read has aws:AdministratorAccess too",
    "! Deployers in prod: acme-Read has the inline policy more too",
    "+ Deployers in prod: acme-Prod lacks acme-deploy",
    "! Developers in prod: acme-Read has aws:AdministratorAccess too",
    "! Developers in prod: acme-Read has the inline policy more too",
    "! Developers in dev: the trust of acme-Dev asks for no MFA",
    f"! Developers in dev: the trust of acme-Dev allows Principal AWS {USERS}, Action sts:AssumeRole of statement 1",
    "+ Developers in prod, dev: alice is not in Developers",
    "! Ops in dev: may assume acme-Admin, acme-Dev by enter",
    "! user carol in users: may assume acme-Admin by aws:PowerUserAccess",
    f"! user carol in prod: may assume acme-Admin, acme-Prod, acme-Read, {ENTERED} by aws:PowerUserAccess",
    f"! user carol in dev: may assume acme-Admin, acme-Dev, {ENTERED} by aws:PowerUserAccess",
}


@dataclass(frozen=True)
class Course:
    """Three accounts, and their table after a reconcile, after people changed them by hand, and after another one."""

    world: World
    reconciled: Table
    tampered: Table
    repaired: Table


@pytest.fixture(scope="module")
def course(acme: Organization) -> Course:
    world = World([USERS, PROD, DEV], management=USERS)
    reconcile(world, acme)
    reconciled = show(acme, world)
    tamper(world)
    tampered = show(acme, world)
    reconcile(world, acme)
    return Course(world, reconciled, tampered, show(acme, world))


def test_accounts_that_were_reconciled_are_as_wanted(course: Course) -> None:
    states = [cell.state for row in course.reconciled.rows for cell in row.cells.values()]
    assert states == ["as wanted"] * 6
    assert remarks(course.reconciled) == set()
    assert course.reconciled.administrators == ("acme-Admin",)


def test_what_was_changed_by_hand_is_told_with_who_and_by_which_policy(course: Course) -> None:
    assert sorted(remarks(course.tampered)) == sorted(BY_HAND)
    # An administrator of dev by another user is nobody's wish, and no manifest's.
    assert [title for title, _ in manual_actions(course.tampered)] == ["dev has the IAM user bob"]


NAMED_NOWHERE = ("Ops", "user carol", "Deployers in prod: mallory")


def test_a_reconcile_repairs_all_but_what_no_manifest_names(course: Course) -> None:
    left = {line for line in BY_HAND if line[2:].startswith(NAMED_NOWHERE)}
    staying = {why for each in changes(course.tampered) if each.kind == "stays" for why in each.why}
    assert staying == {line.partition(": ")[2] for line in left}
    assert remarks(course.repaired) == left


def test_changes_name_new_access_first_and_protected_accounts(course: Course) -> None:
    found = [(each.kind, label(each.row), each.account, each.protected) for each in changes(course.tampered)]
    assert found[:3] == [
        ("gains", "Deployers", "prod", True),
        ("gains", "Developers", "prod", True),
        ("gains", "Developers", "dev", False),
    ]
    text = render(change_lines(changes(course.tampered)), StringIO())
    assert "+ Deployers gets Prod, Read in prod\n    acme-Prod lacks acme-deploy\n" in text
    assert "new access, which needs approval: prod is protected, its name has to be typed" in text


def test_an_account_that_cannot_be_reached_is_told_and_the_others_are_compared(acme: Organization) -> None:
    """Here dev has another id than the file says."""
    world = World([USERS, PROD, "555555555555"])
    reached = {**PROFILES, "acme-dev": "555555555555"}
    sessions = Sessions(lambda profile: world.session(reached[profile or ""]), now=world.clock)
    found = live_table(acme, ("users", "prod", "dev"), sessions)
    assert list(found.unread) == ["dev"]
    assert "these credentials reach 555555555555" in found.unread["dev"]
    assert [row.cells["dev"].state for row in found.rows if "dev" in row.cells] == ["unknown", "unknown"]
    assert "+ Admins in users, prod: the group Admins is not there" in remarks(found)


def test_nobody_can_say_who_gets_in_without_the_account_of_the_people(acme: Organization) -> None:
    world = World([PROD, DEV, "555555555555"])
    sessions = Sessions(lambda profile: world.session("555555555555"), now=world.clock)
    with pytest.raises(AwsbaseError, match=r"accounts\.users says 111111111111"):
        live_table(acme, ("dev",), sessions)


def test_the_role_by_which_awsbase_gets_in_is_as_the_file_wants_it(tmp_path: Path) -> None:
    """Another role with the same policy is not."""
    file = BY_PROFILE.replace("profile: acme-users", "role: Entered, via: dev").replace("dev:   {", "dev: {")
    found = organization(tmp_path, file + ROLES + GRANTS)
    assert found.identity
    admin = frozenset({"arn:aws:iam::aws:policy/AdministratorAccess"})
    trust: dict[str, object] = {"Statement": [TRUSTING_ALL]}
    roles = {
        name.casefold(): RoleFacts(f"arn:aws:iam::{USERS}:role/{name}", name, "/", trust=trust, policies=admin)
        for name in ("Entered", "Backdoor")
    }
    read = {"users": Authorization({}, {}, roles, {})}
    shown = compared(found, found.identity, ("users",), Iams(read, {}))
    assert [label(row) for row in shown.rows if not row.granted] == ["role Backdoor"]
    assert shown.administrators == ("Entered",)


def test_who_gets_to_what_is_answered_with_the_chain(acme: Organization, course: Course) -> None:
    by_file = chains(acme, "Alice", "prod")
    assert by_file.user == "alice"
    assert [(each.group, each.by, each.role, each.policies) for each in by_file.chains] == [
        ("Developers", ("acme-users-roles-Developers",), "acme-Read", ("awsbase:read-only",))
    ]
    live = chains(acme, "carol", "dev", Sessions(lambda profile: course.world.session(PROFILES[profile or ""])))
    assert {(each.group, each.by, each.role) for each in live.chains} == {
        (None, ("aws:PowerUserAccess",), name) for name in ("acme-Admin", "acme-Dev", "OrganizationAccountAccessRole")
    }
    assert chains(acme, "dan", "dev").chains == ()
    text = render(chain_lines(by_file), StringIO())
    assert text.splitlines()[1:] == [
        "  group Developers",
        "    -> may assume role acme-Read by acme-users-roles-Developers",
        "      -> has awsbase:read-only",
    ]
    with pytest.raises(UsageError, match="users has no user 'carol'"):
        chains(acme, "carol", "dev")


@pytest.mark.parametrize("columns", [40, 120])
def test_the_table_fits_into_a_terminal(course: Course, columns: int) -> None:
    with terminal(columns) as stream:
        text = ESCAPES.sub("", render(lines(course.tampered, columns), stream))
    assert [line for line in text.splitlines() if len(line) > columns and " " in line.strip()] == []
    grid = "            users    prod          dev" in text
    assert grid == (columns == 120)
    assert ("  ! prod: Prod, Read" in text) == (columns == 40)


def test_markdown_and_json_say_the_same(course: Course) -> None:
    page, value = markdown(course.tampered), document(course.tampered)
    assert "| Deployers | ! | ! Prod, Read | ! |" in page
    assert "- ! **Ops** in dev: may assume acme-Admin, acme-Dev by enter" in page
    assert value["totals"] == {"as wanted": 3, "missing": 0, "more": 9, "unknown": 0}
    (deployers,) = [each for each in value["rows"] if each["name"] == "Deployers"]
    assert deployers["people"] == ["dan", "mallory"]
    assert deployers["cells"]["prod"]["missing"] == ["acme-Prod lacks acme-deploy"]
    assert value["manual_actions"][0]["title"] == "dev has the IAM user bob"


def test_a_report_compares_the_accounts_that_it_has_reached(acme: Organization, course: Course) -> None:
    reached = [
        Reached(member.name, Session(loaded_member(acme, member), [], target(course.world, member), Options()))
        for member in acme.members.values()
    ]
    assert table_of(acme, reached).rows == course.repaired.rows
    # Without the account of the people nobody can say who gets in.
    assert table_of(acme, reached[1:]) == table(acme, ("prod", "dev"))


def target(world: World, member: Member) -> Target:
    """Return an account of the file as a report has it."""
    return Target(identify(Aws(world.session(member.entry.id), "eu-west-1"), Wire()), world.clock)


@pytest.mark.slow
def test_the_command_reads_the_accounts_through_their_profiles(
    acme: Organization,
    course: Course,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """An account that is not read makes the command fail."""
    profiles = "".join(
        f"[{name}]\naws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}\n"
        for name, key in ((name, course.world.key(id)) for name, id in PROFILES.items())
        if name != "acme-dev"
    )
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/credentials").write_text(profiles)
    with serving(course.world, {"HOME": str(tmp_path)}) as environment:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            monkeypatch.delenv(name)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as ended:
            cli.main(["access", acme.file, "--live", "--json"])
    assert ended.value.code == 1
    value = json.loads(capsys.readouterr().out)
    assert list(value["unread"]) == ["dev"]
    assert value["rows"][0]["cells"]["prod"]["state"] == "as wanted"


@contextmanager
def serving(world: World, environment: dict[str, str]) -> Iterator[dict[str, str]]:
    """Serve several accounts to this process."""
    server = listen(world)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield {
        **environment,
        "AWS_ENDPOINT_URL": f"http://{server.host}:{server.port}",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    server.shutdown()
    thread.join()
    server.server_close()
