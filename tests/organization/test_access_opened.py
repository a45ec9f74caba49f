"""A grant to a protected account needs that account's name typed, although it changes the people's account alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from awsbase.fleet.consent import consent
from awsbase.fleet.item import Item
from awsbase.fleet.results import Result
from awsbase.organization import Organization
from awsbase.organization.access_opened import opened, protected_of
from tests.fleet.test_grouping import change, resource
from tests.fleet.test_local import run
from tests.organization.access import FILE, GRANTS, ROLES, organization

ROLE_POLICY = "policy/acme-users-roles-"


@pytest.fixture
def acme(tmp_path: Path) -> Organization:
    return organization(tmp_path, FILE + ROLES + GRANTS.replace('"*": Admin', "dev: Admin"))


def test_groups_lead_into_the_protected_accounts_where_they_are_granted_a_role(acme: Organization) -> None:
    assert protected_of(acme.model, "users") == {"Deployers": ["prod"], "Developers": ["prod"]}
    assert protected_of(acme.model, "dev") == {}


@pytest.mark.parametrize(
    ("address", "what", "into"),
    [
        (f"{ROLE_POLICY}Deployers", "document", ["prod"]),
        (f"{ROLE_POLICY}Deployers-2", "document", ["prod"]),
        (f"{ROLE_POLICY}Admins", "document", []),
        ("group/Developers", "attachment arn:aws:iam::111111111111:policy/acme-users-roles-Developers", ["prod"]),
        ("user/alice", "membership in Deployers", ["prod"]),
        ("user/alice", "membership in Admins", []),
        ("trail/acme-users-trail", "logging", []),
    ],
)
def test_a_change_of_a_group_may_let_somebody_in(acme: Organization, address: str, what: str, into: list[str]) -> None:
    assert opened(acme.model, "users", [(address, what)]) == into
    assert opened(acme.model, "dev", [(address, what)]) == []


def planned(item: Item) -> Result:
    """Plan a new role for the deployers."""
    changes = [change("document", ["old"], ["new"], "access")] if item.account == "users" else []
    resources = [resource(f"{ROLE_POLICY}Deployers", *changes)]
    return Result(
        item.run, item.mode, item.account, item.id, "changes", 0, {"resources": resources, "manual_actions": []}
    )


@pytest.mark.parametrize(("typed", "agreed"), [("prod", True), ("acme", False), ("y", False)])
def test_the_name_of_the_protected_account_is_typed(acme: Organization, typed: str, agreed: bool) -> None:
    this, questions, answers = run(acme, planned), [], iter(["y", typed])
    this.plan()

    def ask(question: str, *accepted: str) -> bool:
        questions.append(question)
        return next(answers) in (accepted or ("y",))

    assert consent(this, ["users"], ask, allow_risky=True) == agreed
    assert "prod (333333333333) is protected, and users lets people into it.\n" in questions[1]
    assert questions[1].endswith("\nType prod to allow it: ")
