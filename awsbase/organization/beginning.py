"""An organization file to start from, made of a list of accounts and the profiles that reach them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field

from awsbase.aws import Aws, of_botocore
from awsbase.engine.account import identify
from awsbase.engine.wire import Wire
from awsbase.errors import AwsbaseError, ManifestError, Mistake
from awsbase.manifest.load import validated
from awsbase.manifest.paths import dotted
from awsbase.manifest.section import Section, ValidationProblem
from awsbase.manifest.source import Source, parse, read_bytes
from awsbase.manifest.writing import as_yaml
from awsbase.organization.file import LONGEST_NAME, AccountName
from awsbase.organization.reach import OfProfile
from awsbase.records import record

# Where AWS answers GetCallerIdentity for accounts of whatever home.
ASKED_IN = "us-east-1"
TEMPLATE = "account.yaml"
START = """\
# The accounts of {name}. Each gets the manifest {template}, with its own name and id.
#
#   awsbase validate {file}             every mistake at once, without calling AWS
#   awsbase accounts list {file}        the accounts, and how each is reached
#   awsbase accounts show {file} NAME   the manifest that an account gets
#   awsbase plan {file}                 what would change in all of them
version: 1
organization: {{name: {name}, home: {home}}}{change}
defaults: {{manifest: {template}}}
"""
# In order: no e-mail address or user is known, so what needs one is a comment.
BEGINNERS = """\
# What each account gets. {org} and {account} stand for the names in the organization file.
version: 1

# In every region: nothing public, encrypted volumes, IMDSv2, closed default security groups, Access Analyzer. Free.
protect: {}

# CloudTrail in all regions, validated, encrypted with its own key, to S3 and CloudWatch Logs.
audit:
  bucket: "{name}-{id}-audit"

# An encrypted, versioned bucket for Terraform or OpenTofu state, called {org}-{account}-state.
state: {}

iam:
  password_policy: {}

# Alarms when the bill of a month exceeds an amount. AWS asks each address for confirmation by mail.
# notify:
#   billing: {email: [billing@acme.example]}
# alarms:
#   billing: {amounts: [50, 200, 1000], notify: billing}
"""


class AccountProfiles(Section):
    """A platform, and the profile of each of its accounts."""

    platform: AccountName = Field(description="A short name, with which names in all accounts begin.")
    accounts: dict[AccountName, Annotated[str, Field(min_length=1)]] = Field(
        description="The profile of each account, by the account's name."
    )

    def check(self, manifest: object) -> Iterator[ValidationProblem]:
        """Yield names that are too long, and a list without accounts."""
        if not self.accounts:
            yield ValidationProblem(("accounts",), "there is no account", "write one, with its profile")
        longest = LONGEST_NAME - len(self.platform) - 1
        for name in self.accounts:
            if len(name) > longest:
                message = f"names begin with {self.platform}-{name}, which is too long"
                yield ValidationProblem(("accounts", name), message, f"at most {longest} characters are left for it")


@record
class KnownAccount:
    """An account that a profile reaches."""

    name: str
    profile: str
    id: str
    region: str | None


@record
class KnownAccounts:
    """A platform with its accounts, by the profiles that were asked."""

    platform: str
    accounts: tuple[KnownAccount, ...]

    @property
    def region(self) -> str | None:
        """Return the region that most profiles name."""
        named = Counter(each.region for each in self.accounts if each.region)
        return named.most_common(1)[0][0] if named else None


def known_accounts(path: Path, of_profile: OfProfile) -> KnownAccounts:
    """Ask each profile of a file which account it reaches; raises ManifestError with the mistakes of all of them."""
    # JSON may be indented with tabs, and YAML may not; within a string JSON writes them as \t.
    source = parse(read_bytes(path).replace(b"\t", b" "), file=str(path), folder=path.parent)
    file = validated(source, AccountProfiles)
    found: list[KnownAccount] = []
    mistakes: list[Mistake] = []
    for name, profile in file.accounts.items():
        try:
            session = of_profile(profile)
            region = of_botocore(session).get_config_variable("region")
            account = identify(Aws(session, region or ASKED_IN), Wire())
        except AwsbaseError as error:
            hint = sign_in_hint(error, profile) or error.hint
            mistakes.append(mistake(source, name, f"profile {profile}: {error.message}", hint))
            continue
        if first := next((each for each in found if each.id == account.id), None):
            message = f"profile {profile} reaches {account.id}, as {first.profile} does for {first.name}"
            mistakes.append(
                mistake(source, name, message, "one account has one name: delete one, or correct its profile")
            )
            continue
        found.append(KnownAccount(name, profile, account.id, region))
    if mistakes:
        raise ManifestError(mistakes)
    return KnownAccounts(file.platform, tuple(found))


def mistake(source: Source, name: str, message: str, hint: str | None) -> Mistake:
    """Return a mistake at an account of the list."""
    at = ("accounts", name)
    return Mistake(source.file, source.at(at), dotted(at), message, hint)


def sign_in_hint(error: AwsbaseError, profile: str) -> str | None:
    """Return what helps where a sign-in with IAM Identity Center has ended, of which botocore has no code."""
    from botocore.exceptions import SSOError, TokenRetrievalError

    if isinstance(error.__cause__, SSOError | TokenRetrievalError):
        return f"run `aws sso login --profile {profile}`"
    return None


def organization_text(known: KnownAccounts, file: str, region: str | None) -> str:
    """Return the organization file of accounts that are known; without a region it is marked CHANGE."""
    home = region or known.region
    head = START.format(
        name=known.platform,
        template=TEMPLATE,
        file=file,
        home=home or ASKED_IN,
        change="" if home else "  # CHANGE: the home region",
    )
    accounts = {each.name: {"id": each.id, "profile": each.profile} for each in known.accounts}
    return head + as_yaml("accounts", accounts, {})
