"""The alias that stands for the account's number in its sign-in address."""

from __future__ import annotations

from collections.abc import Iterator

from awsbase.engine.changes import Drift
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, Things
from awsbase.records import record


@record(kw_only=True)
class AccountAlias(Resource):
    """The account's one alias, unique among all accounts of AWS."""

    alias: str

    @property
    def address(self) -> str:
        return f"account-alias/{self.alias}"


def account_alias(facts: Facts) -> str | None:
    """Read the account's alias."""
    pages = facts.aws.iam.get_paginator("list_account_aliases").paginate()
    return next((alias for page in pages for alias in page["AccountAliases"]), None)


def ensure_account_alias(run: Run, want: AccountAlias) -> None:
    """Give the account its alias; a new one takes the place of the old, whose sign-in address ends."""
    iam = run.aws.iam
    have = run.read(account_alias)
    if have is None:
        run.create("account alias", iam.create_account_alias, AccountAlias=want.alias)
    elif have != want.alias:
        drift = [Drift("alias", have, want.alias)]
        # Whoever signs in at the old address gets to whichever account takes the name.
        risk = access(f"another account can take the sign-in address of {have}")
        run.update("account alias", drift, iam.create_account_alias, risk=risk, AccountAlias=want.alias)


def remove_account_alias(run: Run, want: AccountAlias) -> None:
    """Take the alias away, if the account is still called so.

    An alias takes no tag: that somebody named its address is all that says whose it is.
    """
    have = run.read(account_alias)
    if have and have != want.alias:
        run.note(f"kept: the alias is {have} by now")
    elif have:
        risk = access(f"another account can take the sign-in address of {have}")
        run.delete("account alias", run.aws.iam.delete_account_alias, risk=risk, AccountAlias=have)


def account_alias_reads(want: AccountAlias) -> Iterator[Read]:
    """Yield the facts that the recipe of account alias reads, to prefetch them."""
    yield (account_alias,)


def read_permissions(want: AccountAlias) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("iam", "ListAccountAliases")


def write_permissions(want: AccountAlias) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield allow("iam", "CreateAccountAlias")


def removal_permissions(want: AccountAlias) -> Allows:
    """Yield the IAM permissions that a removal needs beyond those of a plan."""
    yield allow("iam", "DeleteAccountAlias")


def things(facts: Facts, scope: Scope) -> Things:
    """Yield the alias, if there is one."""
    if alias := facts.read(account_alias):
        yield Described(AccountAlias(scope=scope, alias=alias))


def listing_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions that listing it needs."""
    yield allow("iam", "ListAccountAliases")


KIND = Kind(
    ensure_account_alias,
    account_alias_reads,
    resource=AccountAlias,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="The name of the account in its sign-in address, https://NAME.signin.aws.amazon.com/console.",
        why="People know a name by heart, and notice a wrong one; nobody notices a wrong number.",
        undo=(TAKE_OUT, "aws iam delete-account-alias --account-alias NAME"),
    ),
    word="account-alias",
    found_by="there is one",
    owns="the alias",
    describe=Describe(things, listing_permissions),
    absent=Absent(
        remove_account_alias,
        exempt="people sign in at its address, and another account can take the name",
        permissions=removal_permissions,
    ),
)
