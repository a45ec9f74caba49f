"""An account has one alias, and a new one replaces the old."""

from __future__ import annotations

import pytest

from awsbase.engine.changes import Drift
from awsbase.ensure.account_alias import AccountAlias, account_alias
from tests.ensure.planned import HOME, described, planned


@pytest.mark.parametrize(
    ("have", "changes"),
    [(None, ["create account alias"]), ("acme", []), ("old", ["update account alias"])],
    ids=["none", "converged", "another"],
)
def test_account_gets_its_alias(have: str | None, changes: list[str]) -> None:
    run = planned(AccountAlias(scope=HOME, alias="acme"), {account_alias: have})
    assert described(run) == changes
    assert [change.drift for change in run.changes if change.action == "update"] == (
        [(Drift("alias", "old", "acme"),)] if have == "old" else []
    )
