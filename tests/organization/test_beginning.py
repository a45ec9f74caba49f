"""`awsbase init --from accounts.json`: from names and profiles to an organization file."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest
from botocore.exceptions import UnauthorizedSSOTokenError
from click.testing import CliRunner, Result

from awsbase.errors import AwsbaseError, ManifestError, UsageError
from awsbase.organization import load
from awsbase.organization.beginning import BEGINNERS, KnownAccount, KnownAccounts, known_accounts, organization_text
from awsbase.sandbox import World
from awsbase.sandbox.callers import Key
from awsbase.sandbox.clients import session as session_with
from awsbase.scripts import Invocation, cli
from awsbase.scripts.init import init_organization

PROD, DEV = "333333333333", "444444444444"
LIST = '{\n\t"platform": "acme",\n\t"accounts": {"prod": "acme-prod", "dev": "acme-dev"}\n}\n'


def of_profile(profile: str | None) -> boto3.Session:
    """Return the session of a profile that there is, or fail as a real one does."""
    world = World([PROD, DEV])
    if profile in ("acme-prod", "acme-dev", "also-dev"):
        return world.session(PROD if profile == "acme-prod" else DEV, region="eu-west-1")
    if profile == "deleted":
        return session_with(Key("AKIAIOSFODNN7EXAMPLE", "x", None), "eu-west-1", world.transport)
    if profile == "signed-out":
        cause = UnauthorizedSSOTokenError()
        raise AwsbaseError(f"cannot reach AWS: {cause}", hint="check the network") from cause
    raise UsageError(f"no profile called {profile} in the AWS files", hint="did you mean acme-prod?")


def listed(folder: Path, text: str = LIST) -> Path:
    path = folder / "accounts.json"
    path.write_text(text)
    return path


def mistakes(folder: Path, text: str) -> list[str]:
    path = listed(folder, text)
    with pytest.raises(ManifestError) as error:
        known_accounts(path, of_profile)
    return [str(each).removeprefix(f"{path}:") for each in error.value.mistakes]


def run(home: Path, *arguments: str | Path) -> Result:
    runner = CliRunner(env={"HOME": str(home)})
    return runner.invoke(cli, ["init", *map(str, arguments)], obj=Invocation({}))


def test_each_profile_is_asked_which_account_it_reaches(tmp_path: Path) -> None:
    path = listed(tmp_path)
    known = known_accounts(path, of_profile)
    assert [(each.name, each.profile, each.id) for each in known.accounts] == [
        ("prod", "acme-prod", PROD),
        ("dev", "acme-dev", DEV),
    ]
    assert (known.platform, known.region, path.read_text()) == ("acme", "eu-west-1", LIST)


def test_the_file_is_an_organization_file_whose_accounts_get_the_beginners_manifest(tmp_path: Path) -> None:
    known = known_accounts(listed(tmp_path), of_profile)
    (tmp_path / "org.yaml").write_text(organization_text(known, "org.yaml", None))
    (tmp_path / "account.yaml").write_text(BEGINNERS)
    found = load(tmp_path / "org.yaml")
    assert {name: (each.entry.id, each.way.profile) for name, each in found.members.items()} == {
        "prod": (PROD, "acme-prod"),
        "dev": (DEV, "acme-dev"),
    }
    prod = found.members["prod"].manifest
    assert (prod.account.region, prod.audit is not None, prod.state is not None) == ("eu-west-1", True, True)
    # What is a comment there is right as well, as it stands.
    (tmp_path / "account.yaml").write_text(
        BEGINNERS.replace("# notify", "notify").replace("# alarms", "alarms").replace("#   b", "  b")
    )
    assert load(tmp_path / "org.yaml").members["prod"].manifest.alarms


def test_a_region_that_nobody_names_is_marked() -> None:
    known = KnownAccounts("acme", (KnownAccount("prod", "0123", PROD, None),))
    text = organization_text(known, "org.yaml", None)
    assert "organization: {name: acme, home: us-east-1}  # CHANGE: the home region\n" in text
    assert f'  prod: {{id: "{PROD}", profile: "0123"}}\n' in text
    assert "CHANGE" not in organization_text(known, "org.yaml", "eu-west-1")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"platform": "acme", "accounts": {"prod": "acme-prod", "dev": "acme-dev", "test": "also-dev"}}',
         [f"1: accounts.test: profile also-dev reaches {DEV}, as acme-dev does for dev, "
          "one account has one name: delete one, or correct its profile"]),
        ('{"platform": "acme",\n"accounts": {\n"prod": "acme-prd",\n"dev": "signed-out",\n"old": "deleted"}}',
         ["3: accounts.prod: profile acme-prd: no profile called acme-prd in the AWS files, did you mean acme-prod?",
          "4: accounts.dev: profile signed-out: cannot reach AWS: The SSO session associated with this profile has "
          "expired or is otherwise invalid. To refresh this SSO session run aws sso login with the corresponding "
          "profile., run `aws sso login --profile signed-out`",
          "5: accounts.old: profile deleted: AWS refuses these credentials: InvalidClientTokenId: The security token "
          "included in the request is invalid., the access key …MPLE is deleted, inactive or mistyped, or it is of "
          "another partition than eu-west-1, such as GovCloud: then give a --region of that partition"]),
        ('{"platform": "acme",\n"accounts": {"Prod": "p", "prod-of-a-very-long-name-indeed": "q", "x": 3}}',
         ["2: accounts.Prod: 'Prod' cannot begin the names of buckets, write 2 to 32 lower-case letters, digits and "
          "single hyphens, a letter first",
          "2: accounts.x: 'x' cannot begin the names of buckets, write 2 to 32 lower-case letters, digits and single "
          "hyphens, a letter first",
          "2: accounts.prod-of-a-very-long-name-indeed: names begin with acme-prod-of-a-very-long-name-indeed, which "
          "is too long, at most 27 characters are left for it"]),
        ('{"platform": "acme", "acounts": {}}', ["1: acounts: unknown key 'acounts', did you mean 'accounts'?"]),
        ('{"platform": "acme", "accounts": {}}', ["1: accounts: there is no account, write one, with its profile"]),
    ],
    ids=["one id twice", "no way in", "no names", "mistyped", "empty"],
)  # fmt: skip
def test_the_mistakes_of_all_accounts_come_at_once(text: str, expected: list[str], tmp_path: Path) -> None:
    assert mistakes(tmp_path, text) == expected


def test_nothing_is_overwritten_and_nothing_is_half_written(tmp_path: Path) -> None:
    path, file = listed(tmp_path), tmp_path / "org.yaml"
    file.write_text("mine")
    there = run(tmp_path, "--from", path, file)
    assert (there.exit_code, "exists already, and stays unchanged" in there.stderr) == (2, True)
    file.unlink()
    failed = run(tmp_path, "--from", path, file)
    assert (failed.exit_code, "no profile called acme-prod" in failed.stderr) == (2, True)
    assert sorted(each.name for each in tmp_path.glob("*.*")) == ["accounts.json"]


def test_options_about_one_account_are_refused(tmp_path: Path) -> None:
    done = run(tmp_path, "--from", listed(tmp_path), "--email", "a@b.example")
    assert (done.exit_code, done.stderr.split("\n")[0]) == (
        2,
        "awsbase: --email is about one account, and --from about several",
    )


def test_both_files_are_written_and_a_manifest_that_is_there_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    init_organization(listed(tmp_path), tmp_path / "a.yaml", None, of_profile)
    assert (tmp_path / "account.yaml").read_text() == BEGINNERS
    (tmp_path / "account.yaml").write_text("version: 1\n")
    init_organization(listed(tmp_path), tmp_path / "b.yaml", "us-west-2", of_profile)
    assert "account.yaml, which was there\n" in capsys.readouterr().err
    assert (tmp_path / "account.yaml").read_text() == "version: 1\n"
    assert [each.manifest.account.region for each in load(tmp_path / "b.yaml").members.values()] == ["us-west-2"] * 2
