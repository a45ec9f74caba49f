"""`awsbase profiles write` changes the profiles that it wrote, and no other byte of the file."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path

import pytest
from botocore.configloader import load_config
from click.testing import CliRunner, Result

from awsbase.errors import UsageError
from awsbase.organization.file import SignIn
from awsbase.people import files, profile_writing
from awsbase.people.account_profiles import Mark
from awsbase.people.files import FileError, Files
from awsbase.people.profile_writing import AccountRole, compare, named, with_iam, with_sso, write
from awsbase.people.resolver import Profiles
from awsbase.scripts import Invocation, cli
from tests.organization.files import ORGANIZATION, written

ACCESS = """\
access:
  roles:
    Admin: {policies: ["awsbase:administrator"]}
    Read: {policies: ["awsbase:read-only"]}
  grants:
    Admins: {"*": Admin}
    Developers: {prod: Read, dev: [Read, Admin]}
"""
FILE = ORGANIZATION + ACCESS
SSO = 'home: eu-west-1, sso: {start_url: "https://acme.awsapps.com/start", region: eu-central-1}}'
MINE = "# mine\n[default]\nregion = eu-west-1\n\n[profile  own]\n; why\noutput=json\n"
PROD_READ = """\
[profile prod-Read]
role_arn = arn:aws:iam::333333333333:role/acme-Read
source_profile = acme-users-mfa
x_source_profile = acme-users
region = eu-west-1
x_awsbase = acme/prod/Read
"""
NOBODY = Profiles({}, {})


def role(account: str, name: str = "Read", organization: str = "acme") -> AccountRole:
    arn = f"arn:aws:iam::333333333333:role/{organization}-{name}"
    return AccountRole(Mark(organization, account, name), "333333333333", "eu-west-1", arn)


def wanted(*accounts: str, source: str = "iam") -> Mapping[str, Mapping[str, str]]:
    roles = named([role(each) for each in accounts], "{account}-{role}")
    return with_iam(roles, NOBODY, "acme-users") if source == "iam" else with_sso(roles, "acme")


@pytest.fixture
def where(tmp_path: Path) -> Files:
    found = files.find({}, tmp_path)
    found.config.parent.mkdir()
    return found


def run(home: Path, *arguments: str) -> Result:
    runner = CliRunner(env={"HOME": str(home)})
    return runner.invoke(cli, ["profiles", "write", *arguments], obj=Invocation({}))


def test_a_profile_for_each_account_and_role_is_appended_and_found_by_botocore(where: Files) -> None:
    where.config.write_text(MINE)
    done = write(where, "acme", wanted("prod"), {}, prune=False)
    assert where.config.read_text() == f"{MINE}\n{PROD_READ}"
    assert done.added == ("prod-Read",)
    assert load_config(str(where.config))["profiles"]["prod-Read"]["source_profile"] == "acme-users-mfa"
    assert write(where, "acme", wanted("prod"), {}, prune=True).edits == {}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (PROD_READ.replace("acme-users-mfa", "other"), PROD_READ),
        (PROD_READ.replace("[profile prod-Read]", '[profile "prod-Read"]'), None),
        (PROD_READ.replace("region = eu-west-1", "region=us-east-1\noutput = json\n# mine"), None),
        (PROD_READ.replace("\n", "\r\n").replace("eu-west-1", "x"), PROD_READ.replace("\n", "\r\n")),
        (PROD_READ + "sso_session = acme\n", PROD_READ),
        (PROD_READ + "mfa_serial = by-hand\n", None),
    ],
    ids=["source", "header in quotes", "additions", "CRLF", "of another source", "device"],
)
def test_a_profile_of_ours_is_corrected_in_its_place(before: str, after: str | None, where: Files) -> None:
    where.config.write_bytes(f"[profile above]\n{before}[profile below]\nk = v\n".encode())
    write(where, "acme", wanted("prod"), {}, prune=False)
    expected = after or before.replace("region=us-east-1", "region=eu-west-1")
    assert where.config.read_bytes().decode() == f"[profile above]\n{expected}[profile below]\nk = v\n"


@pytest.mark.parametrize(
    ("config", "credentials", "why"),
    [
        ("[profile prod-Read]\nrole_arn = x\n", "", "somebody else made it"),
        (PROD_READ.replace("acme/prod", "other/prod"), "", "it belongs to the organization other"),
        (PROD_READ.replace("\nsource_profile", "\naws_access_key_id"), "", "it has keys of its own"),
        ("", "[prod-Read]\naws_access_key_id = x\n", "it has keys of its own"),
        (PROD_READ, "[prod-Read]\naws_access_key_id = x\n", "it has keys of its own"),
        ("[DEFAULT]\nx_awsbase = acme/prod/Read\n[profile prod-Read]\nrole_arn = x\n", "", "somebody else made it"),
    ],
    ids=["no mark", "another organization", "keys in it", "keys", "keys and a mark", "a mark for all"],
)
@pytest.mark.parametrize("prune", [False, True])
def test_a_profile_of_somebody_else_is_left_and_told(
    config: str, credentials: str, why: str, prune: bool, where: Files
) -> None:
    where.config.write_text(config)
    where.credentials.write_text(credentials)
    done = write(where, "acme", wanted("prod"), {}, prune=prune)
    assert (done.edits, done.left) == ({}, {"prod-Read": why})
    assert (where.config.read_text(), where.credentials.read_text()) == (config, credentials)


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ({"aws_access_key_id": "AKIA"}, {"source_profile": "kim-mfa", "x_source_profile": "kim"}),
        ({"credential_process": "x"}, {"source_profile": "kim-mfa", "x_source_profile": "kim"}),
        ({"region": "eu-west-1"}, {"source_profile": "kim-mfa", "x_source_profile": "kim"}),
        ({"sso_session": "x", "sso_account_id": "1", "sso_role_name": "r"}, {"source_profile": "kim"}),
        ({"role_arn": "x", "source_profile": "y"}, {"source_profile": "kim"}),
    ],
    ids=["key", "keychain", "nothing yet", "sign-in", "role"],
)
def test_roles_are_assumed_from_a_session_where_a_key_gets_one(own: dict[str, str], expected: dict[str, str]) -> None:
    made = with_iam(named([role("prod")], "{account}"), Profiles({}, {"kim": own}), "kim")
    assert {key: value for key, value in made["prod"].items() if "source" in key} == expected


def test_prune_removes_what_the_file_no_longer_has_and_only_that(where: Files) -> None:
    where.config.write_text(MINE)
    write(
        where,
        "other",
        with_iam(named([role("prod", organization="other")], "{org}-{account}"), NOBODY, "x"),
        {},
        prune=True,
    )
    before = where.config.read_text()
    write(where, "acme", wanted("prod", "dev"), {}, prune=False)
    assert compare(where, "acme", wanted("dev"), {}, prune=False).unwanted == ("prod-Read",)
    assert write(where, "acme", {}, {}, prune=True).removed == ("prod-Read", "dev-Read")
    assert where.config.read_text() == before


def test_a_removed_profile_leaves_what_a_person_added_to_it(where: Files) -> None:
    where.config.write_text(f"{PROD_READ}output = json\n# mine\n")
    write(where, "acme", {}, {}, prune=True)
    assert where.config.read_text() == "[profile prod-Read]\noutput = json\n# mine\n"


def test_the_sign_in_is_one_section_that_goes_with_its_last_profile(where: Files) -> None:
    sections = profile_writing.sign_in("acme", SignIn(start_url="https://a.example/start", region="eu-west-1"))
    where.config.write_text(MINE)
    write(where, "acme", wanted("prod", source="sso"), sections, prune=False)
    assert load_config(str(where.config))["sso_sessions"]["acme"]["sso_start_url"] == "https://a.example/start"
    write(where, "acme", wanted("prod"), {}, prune=True)
    assert where.config.read_text() == f"{MINE}\n[profile prod-Read]\nregion = eu-west-1\n" + (
        "x_awsbase = acme/prod/Read\nrole_arn = arn:aws:iam::333333333333:role/acme-Read\n"
        "source_profile = acme-users-mfa\nx_source_profile = acme-users\n"
    )


def test_a_sign_in_of_somebody_else_is_used_as_it_is(where: Files) -> None:
    own = "[sso-session acme]\nsso_start_url = https://b.example/start\n"
    where.config.write_text(own)
    sections = profile_writing.sign_in("acme", SignIn(start_url="https://a.example/start", region="eu-west-1"))
    write(where, "acme", wanted("prod", source="sso"), sections, prune=True)
    assert where.config.read_text().startswith(f"{own}\n[profile prod-Read]\n")


def test_links_modes_and_read_only_files_are_as_other_writers_have_them(where: Files, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles"
    real.write_text(MINE)
    real.chmod(0o640)
    where.config.symlink_to(real)
    write(where, "acme", wanted("prod"), {}, prune=False)
    assert where.config.is_symlink()
    assert real.read_text() == f"{MINE}\n{PROD_READ}"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    with pytest.raises(FileError, match="not a regular file"):
        write(Files(where.credentials, Path("/dev/null")), "acme", wanted("prod"), {}, prune=False)
    real.write_text("[profile a]\nk = v\n[profile a]\n")
    with pytest.raises(FileError, match=r"config:3: section \[profile a\] is already on line 1$"):
        write(where, "acme", wanted("prod"), {}, prune=False)


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("{role}", "acme/prod/Read and acme/dev/Read would both be the profile Read"),
        ("{acount}", "--as has {acount}, which stands for nothing"),
        ("{account}]", "'prod]' cannot be the name of a profile"),
        (" ", "' ' cannot be the name of a profile"),
    ],
)
def test_a_template_that_is_of_no_use_is_refused(template: str, problem: str) -> None:
    with pytest.raises(UsageError) as error:
        named([role("prod"), role("dev")], template)
    assert error.value.message == problem


def test_many_profiles_are_written_in_one_pass(where: Files) -> None:
    many = [f"a{number}" for number in range(500)]
    write(where, "acme", wanted(*many), {}, prune=False)
    write(where, "acme", wanted(*many, source="sso"), {}, prune=False)
    assert len(write(where, "acme", wanted("a7"), {}, prune=True).removed) == 499
    assert where.config.read_text().count("[profile") == 1


@pytest.mark.parametrize(
    ("arguments", "code", "shown", "told"),
    [
        ([], 0, "+ users-Admin\n+ prod-Admin\n+ prod-Read\n+ dev-Admin\n+ dev-Read\n", ""),
        (["--group", "Developers", "--check"], 1, "+ prod-Read\n+ dev-Read\n+ dev-Admin\n", ""),
        (["--group", "Devs"], 2, "", "org.yaml has no group 'Devs'\n  → "),
        (["--source", "sso", "--check"], 2, "", "org.yaml does not say where people sign in\n"),
        (["--profile", "kim", "--source", "sso"], 2, "", "--profile is about --source iam"),
    ],
    ids=["all", "a group", "no group", "no sign-in", "sso has no source"],
)
def test_the_command_writes_what_the_file_grants(
    arguments: list[str], code: int, shown: str, told: str, tmp_path: Path
) -> None:
    written(tmp_path, FILE)
    done = run(tmp_path, str(tmp_path / "org.yaml"), *arguments)
    assert (done.exit_code, done.stdout.partition("~")[0]) == (code, shown)
    assert told in done.stderr
    assert (tmp_path / ".aws/config").exists() == (code == 0)


def test_a_person_has_a_profile_of_their_own_where_the_file_reaches_their_account_by_a_role(tmp_path: Path) -> None:
    way = "role: OrganizationAccountAccessRole, via: prod"
    file = FILE.replace("profile: acme-users", way).replace(
        "role: OrganizationAccountAccessRole, via: users, p", "profile: p, p"
    )
    done = run(tmp_path, str(written(tmp_path, file)))
    assert "source_profile = acme-users-mfa\n" in (tmp_path / ".aws/config").read_text()
    assert "there is no profile acme-users yet: `aws configure --profile acme-users` makes it\n" in done.stderr


def test_check_is_quiet_about_profiles_that_are_as_they_should_be(tmp_path: Path) -> None:
    path = str(written(tmp_path, FILE.replace("home: eu-west-1}", SSO)))
    assert run(tmp_path, path, "--source", "sso").exit_code == 0
    assert run(tmp_path, path, "--source", "sso", "--check").exit_code == 0
    changed = run(tmp_path, path, "--check", "--json")
    assert (changed.exit_code, '"changed": [\n    "users-Admin"' in changed.stdout) == (1, True)
