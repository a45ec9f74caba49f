"""Accounts that administer a service for the whole organization, so that nobody works in the management account."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from awsbase.engine.changes import Unknown
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow, equals
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, Things
from awsbase.ensure.member_account import account_arns
from awsbase.ensure.trusted_service import PRINCIPALS, service_address
from awsbase.errors import AwsbaseError
from awsbase.facts.organization import client, delegates, manages, trusted_services
from awsbase.records import record

# Those of the trusted services that a member can administer by AWS Organizations' own call.
DELEGABLE = tuple(sorted(PRINCIPALS.keys() - {"cloudtrail", "tag-policies"}))
# https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-delegated-administrator.html and
# https://docs.aws.amazon.com/accounts/latest/reference/using-orgs-delegated-admin.html
ONE_ALONE = ("access-analyzer", "account")


class AlreadyDelegated(AwsbaseError):
    """Another account administers the service, and AWS takes one alone."""


@record(kw_only=True)
class DelegatedAdministrator(Resource):
    """The account that administers a service: its id, or the address of one that is made here."""

    service: str
    account: str

    @property
    def address(self) -> str:
        return f"delegated-administrator/{self.service}"

    @property
    def principal(self) -> str:
        """What policies call the service."""
        return PRINCIPALS[self.service]

    def needs(self) -> Iterator[str]:
        yield service_address(self.service)
        if "/" in self.account:
            yield self.account


def ensure_delegated_administrator(run: Run, want: DelegatedAdministrator) -> None:
    """Let one member administer a service; others that do stay. Raises AlreadyDelegated when AWS takes one alone."""
    account: Any = run.result(want.account) if "/" in want.account else want.account
    have = run.read(delegates, want.principal)
    if not isinstance(account, Unknown) and account in have:
        return
    if have and want.service in ONE_ALONE:
        others = ", ".join(sorted(have))
        raise AlreadyDelegated(
            f"{others} administers {want.service} already, and AWS takes one account alone",
            hint=f"name it, or first: aws organizations deregister-delegated-administrator --account-id {others} "
            f"--service-principal {want.principal}",
        )
    who = want.account.partition("/")[2] or want.account
    run.create(
        "delegated administrator",
        client(run.aws).register_delegated_administrator,
        risk=access(f"who administers the account {who} administers {want.service} in every account"),
        AccountId=account,
        ServicePrincipal=want.principal,
    )


def administrator_reads(want: DelegatedAdministrator) -> Iterator[Read]:
    """Yield the facts that the recipe of an administrator reads, to prefetch them."""
    yield delegates, want.principal


def read_permissions(want: DelegatedAdministrator) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("organizations", "DescribeOrganization", "ListDelegatedAdministrators")


def write_permissions(want: DelegatedAdministrator) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    only = equals("organizations:ServicePrincipal", want.principal)
    yield allow("organizations", "RegisterDelegatedAdministrator", on=(account_arns(want.scope),), when=only)


def things(facts: Facts, scope: Scope) -> Things:
    """Yield the administrators of the services that the organization trusts."""
    if not manages(facts, scope):
        return
    trusted = facts.read(trusted_services)
    for service in DELEGABLE:
        if PRINCIPALS[service] in trusted:
            for account in sorted(facts.read(delegates, PRINCIPALS[service])):
                yield Described(DelegatedAdministrator(scope=scope, service=service, account=account))


def listing_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions that listing them needs."""
    lists = ("ListAWSServiceAccessForOrganization", "ListDelegatedAdministrators")
    yield allow("organizations", "DescribeOrganization", *lists)


KIND = Kind(
    ensure_delegated_administrator,
    administrator_reads,
    resource=DelegatedAdministrator,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="A member account that administers a service of AWS for all accounts of the organization.",
        why="No policy binds the management account, so as little as possible is done in it.",
        undo=(
            TAKE_OUT,
            "aws organizations deregister-delegated-administrator --account-id ID --service-principal "
            "NAME.amazonaws.com: what it set up in the service may go with it",
        ),
    ),
    word="delegated-administrator",
    found_by="its service",
    owns="that the account is one",
    keeps="other accounts that administer the same service",
    describe=Describe(things, listing_permissions),
    absent=Absent(why="what it set up for the organization would go with it"),
)
