"""Security groups that name each other are made in the order of the manifest, and get their rules all the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from awsbase.ensure.security_group import SecurityGroup
from awsbase.manifest.security_groups import RuleSpec, SecurityGroupSpec, in_a_circle
from awsbase.sandbox import Sandbox
from awsbase.session import reconcile
from tests.scripts.conftest import ACCOUNT, EMPTY, written
from tests.scripts.test_lock import session

TWO = (
    EMPTY
    + """\
security_groups:
  web:
    ingress: [{ports: 443, cidr: [203.0.113.0/24]}, {ports: 9100, groups: [db]}]
  db:
    ingress: [{ports: 5432, groups: [web, db]}]
"""
)


def groups(**named: str) -> dict[str, SecurityGroupSpec]:
    """Return groups with a rule for each other that they name."""
    rules = {
        name: tuple(RuleSpec(ports=443, groups=(other,)) for other in others.split()) for name, others in named.items()
    }
    return {name: SecurityGroupSpec(ingress=each) for name, each in rules.items()}


@pytest.mark.parametrize(
    ("named", "later", "earlier"),
    [
        ({"a": "b", "b": "a"}, {"a": "b"}, {"b": "a"}),
        ({"a": "b", "b": "c", "c": "a"}, {"a": "b", "b": "c"}, {"b": "a", "c": "b"}),
        ({"a": "a b", "b": ""}, {}, {}),
        ({"a": "b", "b": "c", "c": "b"}, {"b": "c"}, {"c": "b"}),
        ({"a": "sg-11112222 b", "b": "a"}, {"a": "b"}, {"b": "a"}),
    ],
    ids=["two", "three", "itself and one way", "one outside of the circle", "and one by its id"],
)
def test_circle_is_ordered_as_the_manifest_is(
    named: dict[str, str], later: dict[str, str], earlier: dict[str, str]
) -> None:
    found = {name: in_a_circle(name, groups(**named)) for name in named}
    assert {name: " ".join(each.later) for name, each in found.items() if each.later} == later
    assert {name: " ".join(each.earlier) for name, each in found.items() if each.earlier} == earlier


def test_two_groups_that_let_each_other_in_are_made_and_converge(tmp_path: Path) -> None:
    sandbox, file = Sandbox(account=ACCOUNT), written(tmp_path / "two.yaml", TWO)
    made, _ = reconcile(session(sandbox, file), ask=None)
    assert not made.failed
    assert session(sandbox, file).execute("plan").changes == []

    ec2 = sandbox.client("ec2", "eu-west-1")
    held = {group["GroupName"]: group for group in ec2.describe_security_groups()["SecurityGroups"]}
    names = {group["GroupId"]: name for name, group in held.items()}
    lets_in = {
        (name, rule["FromPort"], names[pair["GroupId"]])
        for name in ("web", "db")
        for rule in held[name]["IpPermissions"]
        for pair in rule["UserIdGroupPairs"]
    }
    assert lets_in == {("web", 9100, "db"), ("db", 5432, "web"), ("db", 5432, "db")}


def test_one_group_alone_says_which_rules_come_later(tmp_path: Path) -> None:
    sandbox, file = Sandbox(account=ACCOUNT), written(tmp_path / "two.yaml", TWO)
    # The rule opens a group that a finished run has made, which needs approval.
    both = session(sandbox, file, allow_risky=True)
    only = [each for each in both.resources if not isinstance(each, SecurityGroup) or each.name == "web"]
    alone = replace(both, resources=only)
    made, _ = reconcile(alone, ask=None)
    notes = [note for outcome in made.outcomes for note in outcome.notes]
    assert notes == ["its rules that name security-group/db come when that is made"]
    assert not reconcile(both, ask=None)[0].failed
    assert session(sandbox, file).execute("plan").changes == []
