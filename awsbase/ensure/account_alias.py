"""The alias that stands for the account's number in its sign-in address."""

from __future__ import annotations

from collections.abc import Iterator

from awsbase.engine.changes import Drift
from awsbase.engine.facts import Facts, Read
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
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
        run.update("account alias", drift, iam.create_account_alias, AccountAlias=want.alias)


def account_alias_reads(want: AccountAlias) -> Iterator[Read]:
    yield (account_alias,)
