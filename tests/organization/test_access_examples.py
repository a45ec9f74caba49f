"""The organization file of manifests/organization: five roles, each where its people need it."""

from __future__ import annotations

from pathlib import Path

import pytest

from awsbase.access.assumable import keys
from awsbase.access.decision import Call, is_allowed
from awsbase.ensure.policy import Policy
from awsbase.ensure.role import Role
from awsbase.manifest.manifest import resources
from awsbase.organization import load
from awsbase.organization.access_table import table
from awsbase.view.access_matrix import text

FILE = Path(__file__).parents[2] / "manifests/organization/org.yaml"
ORGANIZATION = load(FILE)


def test_the_table_is_the_one_that_people_think_in() -> None:
    shown = table(ORGANIZATION, tuple(ORGANIZATION.members))
    assert {row.name: {account: text(cell) for account, cell in row.cells.items()} for row in shown.rows} == {
        "Admins": {"org": "Admin", "users": "Admin", "prod": "Admin", "dev": "Admin"},
        "Deployers": {"prod": "Prod, Read"},
        "Developers": {"prod": "Read", "dev": "Dev"},
        "Auditors": {"org": "Read", "users": "Read", "prod": "Read", "dev": "Read"},
        "Organizers": {"org": "Org"},
    }
    assert {row.name: row.people for row in shown.rows}["Developers"] == ("alice", "bob")


@pytest.mark.parametrize(
    ("account", "role", "action", "resource", "allowed"),
    [
        ("prod", "Admin", "iam:CreateUser", "*", True),
        ("prod", "Admin", "account:CloseAccount", "*", False),
        ("prod", "Prod", "ecs:UpdateService", "*", True),
        ("prod", "Prod", "logs:GetLogEvents", "*", True),
        ("prod", "Prod", "iam:PassRole", "arn:aws:iam::333333333333:role/app/web", True),
        ("prod", "Prod", "iam:PassRole", "arn:aws:iam::333333333333:role/acme-Admin", False),
        ("prod", "Prod", "s3:GetObject", "arn:aws:s3:::acme-prod-state/key", False),
        ("dev", "Dev", "ec2:RunInstances", "*", True),
        ("dev", "Dev", "iam:CreateUser", "*", False),
        ("dev", "Dev", "sts:AssumeRole", "arn:aws:iam::333333333333:role/acme-Admin", False),
        ("prod", "Read", "ec2:DescribeInstances", "*", True),
        ("prod", "Read", "ec2:RunInstances", "*", False),
        ("prod", "Read", "s3:GetObject", "arn:aws:s3:::data/key", False),
        ("org", "Org", "organizations:CreateAccount", "*", True),
        ("org", "Org", "organizations:CloseAccount", "*", False),
        ("org", "Org", "iam:CreateUser", "*", False),
    ],
)
def test_each_role_does_what_it_is_for_and_no_more(
    account: str, role: str, action: str, resource: str, allowed: bool
) -> None:
    made = {each.address: each for part in resources(ORGANIZATION.members[account].manifest).values() for each in part}
    found = made[f"role/acme-{role}"]
    assert isinstance(found, Role)
    documents = [each.document for each in made.values() if isinstance(each, Policy) and each.arn in found.policies]
    known = keys("222222222222", None, "o-acme123456") | {"iam:passedtoservice": ("ecs-tasks.amazonaws.com",)}
    assert len(documents) == len(found.policies)
    assert is_allowed(Call(action, resource, known), documents) is allowed
