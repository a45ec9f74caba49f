"""A person of an organization: one MFA code, all accounts, with awsbase and with the AWS CLI."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner

from awsbase.aws import Aws
from awsbase.engine.account import identify
from awsbase.engine.execution import execute
from awsbase.engine.wire import Wire
from awsbase.ensure import KINDS
from awsbase.errors import AwsbaseError, UsageError
from awsbase.manifest.manifest import resources
from awsbase.people import account_profiles, file_writing, files, profile_writing, profiles, resolver
from awsbase.people.files import Files
from awsbase.people.live_session import SessionRequest
from awsbase.people.session import refresh
from awsbase.sandbox import World
from awsbase.scripts import Invocation, cli, prompts
from tests.organization.files import ORGANIZATION, loaded
from tests.people.alice import Alice
from tests.people.leaks import assert_no_secret
from tests.people.shell import AWS, ended, served, shell_of

USERS, PROD, DEV = "111111111111", "333333333333", "444444444444"
ACCESS = """\
access:
  roles:
    Read: {policies: ["awsbase:read-only"]}
    Dev: {policies: ["awsbase:power-user"]}
  grants:
    Developers: {dev: [Dev, Read], prod: Read}
"""
PEOPLE = "version: 1\niam:\n  users: {alice: {groups: [Developers]}}\n"
FILE = ORGANIZATION.replace("identity: true}", "identity: true, manifest: people.yaml}") + ACCESS


@pytest.fixture
def alice(tmp_path: Path) -> Iterator[Alice]:
    """Yield a developer of three accounts that were reconciled, with the profiles that were written for her."""
    place = tmp_path / "organization"
    place.mkdir()
    organization = loaded(place, FILE, account="version: 1\niam: {}\n", people=PEOPLE)
    world = World([USERS, PROD, DEV], enforce=True)
    for member in organization.members.values():
        wanted = [each for section in resources(member.manifest).values() for each in section]
        account = identify(Aws(world.session(member.entry.id), "eu-west-1"), Wire())
        assert not execute("reconcile", wanted, KINDS, account, clock=world.clock).failed
    user = Alice(tmp_path, world=world, profile="acme-users")
    roles = profile_writing.named(profile_writing.granted(organization, "Developers"), "{account}-{role}")
    written = profile_writing.with_iam(roles, resolver.read(user.files), "acme-users")
    profile_writing.write(user.files, "acme", written, {}, prune=False)
    world.clock.advance(60)
    world.forget_calls()
    yield user
    assert_no_secret(user, "\n".join([*user.terminal.asked, *user.terminal.messages]))


@pytest.fixture
def where(tmp_path: Path) -> Files:
    """Return AWS files with the profiles of three roles."""
    found = files.find({}, tmp_path)
    for name, mark in {"prod-Read": "acme/prod/Read", "dev-Dev": "acme/dev/Dev", "dev-Read": "acme/dev/Read"}.items():
        file_writing.write_config(
            found, name, {"role_arn": "arn:x", "x_source_profile": "acme-users", "x_awsbase": mark}
        )
    return found


def session(alice: Alice, profile: str) -> str:
    """Return the profile that holds the session of another one."""
    return refresh(SessionRequest(profile), alice.person()).profile


def refusal(alice: Alice, profile: str) -> str | None:
    """Return the code with which AWS refuses to create a bucket; None when it does not."""
    s3 = alice.client(profile, "s3")
    s3.list_buckets()
    try:
        s3.create_bucket(
            Bucket=f"acme-{profile.lower()}", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return None


def test_one_code_serves_all_accounts(alice: Alice) -> None:
    alice.types(alice.phone.code)
    sessions = [session(alice, profile) for profile in ("prod-Read", "dev-Dev", "dev-Read")]
    assert sessions == ["prod-Read-mfa", "dev-Dev-mfa", "dev-Read-mfa"]
    assert alice.terminal.asked == ["MFA code of alice-0: "]
    who = [alice.client(each, "sts").get_caller_identity()["Arn"] for each in sessions]
    assert who == [
        f"arn:aws:sts::{PROD}:assumed-role/acme-Read/alice",
        f"arn:aws:sts::{DEV}:assumed-role/acme-Dev/alice",
        f"arn:aws:sts::{DEV}:assumed-role/acme-Read/alice",
    ]
    assert [refusal(alice, each) for each in sessions] == ["AccessDenied", None, "AccessDenied"]


def test_the_session_that_serves_all_accounts_is_that_of_the_persons_own_profile(alice: Alice) -> None:
    alice.types(alice.phone.code)
    refresh(SessionRequest("acme-users"), alice.person())
    session(alice, "prod-Read")
    assert len(alice.terminal.asked) == 1
    assert session(alice, "prod-Read") == "prod-Read-mfa", "the live session is used again"
    # What an administrator does in a role needs no other code.
    assert prompts.session_profile("prod-Read", debugging=False) == "prod-Read-mfa"
    assert prompts.session_profile("acme-users", debugging=False) == "acme-users"

    alice.sandbox.client("iam").remove_user_from_group(UserName="alice", GroupName="Developers")
    alice.sandbox.clock.advance(60)
    with pytest.raises(AwsbaseError, match="AWS refuses"):
        session(alice, "dev-Read")


@pytest.mark.parametrize(
    ("account", "role", "expected"),
    [
        ("prod", None, "prod-Read"),
        ("dev", "Read", "dev-Read"),
        ("dev", None, "which role in dev? Your profiles have Dev, Read; name one with --role"),
        ("prod", "Admin", "no profile for the role Admin in prod; there is Read"),
        ("staging", None, "no profile for the account staging; there are profiles for prod, dev"),
    ],
)
def test_a_profile_is_found_by_account_and_role(account: str, role: str | None, expected: str, where: Files) -> None:
    try:
        found = account_profiles.find(where, account, role)
    except UsageError as error:
        found = f"{error.message}; {error.hint}"
    assert found == expected


def test_without_profiles_the_command_that_writes_them_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as error:
        account_profiles.find(files.find({}, tmp_path), "prod", None)
    assert error.value.hint == "`awsbase profiles write org.yaml` writes them"


def test_two_organizations_with_an_account_of_one_name_are_told_apart(where: Files) -> None:
    file_writing.write_config(where, "other-prod", {"role_arn": "arn:x", "x_awsbase": "other/prod/Read"})
    with pytest.raises(UsageError, match=r"^prod-Read, other-prod are all for prod$"):
        account_profiles.find(where, "prod", "Read")


def test_a_profile_and_an_account_are_two_answers() -> None:
    arguments = ["exec", "--account", "prod", "--profile", "acme-users", "--", "true"]
    done = CliRunner().invoke(cli, arguments, obj=Invocation({"PATH": "/bin:/usr/bin"}))
    assert done.exit_code == 2
    assert done.stderr.startswith("awsbase: --profile and --account both say who runs it\n")


@pytest.mark.slow
def test_the_same_with_the_aws_cli(alice: Alice) -> None:
    """One code, and the CLI works with the profiles as they were written."""
    shell = shell_of(alice)
    with served(alice) as url:
        run = shell.spawn("exec", "--account", "prod", "--", "sh", "-c", "echo $AWSBASE_EXEC", AWS_ENDPOINT_URL=url)
        run.expect_exact("MFA code of alice-0: ")
        run.sendline(alice.phone.code())
        assert "prod-Read-mfa" in ended(run)
        read = shell.program(AWS, "--profile", "prod-Read", "s3api", "list-buckets", AWS_ENDPOINT_URL=url)
        assert '"Buckets": []' in read.stdout
        write = ["--profile", "dev-Read", "s3api", "create-bucket", "--bucket", "acme-x"]
        assert "AccessDenied" in shell.program(AWS, *write, AWS_ENDPOINT_URL=url).stderr


def test_a_profile_whose_owner_has_no_key_says_which_it_needs(where: Files) -> None:
    with pytest.raises(UsageError) as error:
        profiles.find(where, "prod-Read", {})
    assert error.value.message == "profile prod-Read takes its session from profile acme-users, which does not exist"
    assert error.value.hint == "`aws configure --profile acme-users` makes it from your access key"


@pytest.mark.parametrize(
    ("named", "environ", "expected"),
    [
        ("prod-Read", {}, "acme-users"),
        (None, {"AWS_PROFILE": "dev-Dev"}, "acme-users"),
        ("acme-users", {}, "acme-users"),
    ],
)
def test_what_is_ones_own_is_in_the_account_of_the_people(
    named: str | None, environ: dict[str, str], expected: str, where: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_writing.write_config(where, "acme-users", {"region": "eu-west-1"})
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert prompts.own_profile(named) == expected
