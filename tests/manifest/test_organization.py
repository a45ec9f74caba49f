"""The organization section: what it stands for, and mistakes that are told before anything is asked of AWS."""

from __future__ import annotations

from pathlib import Path

import pytest

from awsbase.engine.references import references
from awsbase.engine.resource import Resource
from awsbase.ensure.bucket import Bucket
from awsbase.ensure.organization_policy import OrganizationPolicy
from awsbase.ensure.trail import Trail
from awsbase.manifest.load import understand
from awsbase.manifest.manifest import Manifest, resources
from tests.manifest.saying import ACCOUNT, mistakes, source

LEAVE = 'statements: [{Effect: Deny, Action: "organizations:LeaveOrganization", Resource: "*"}]'
LONG = "A" * 10_240
DEV = '{email: "aws+dev@acme.example", unit: Workloads/Dev}'
EXAMPLE = Path(__file__).parents[2] / "manifests" / "organization" / "management.yaml"


def made(text: str, rest: str = "") -> list[Resource]:
    """Return the resources of an organization section, and of what stands before it."""
    found = resources(understand(source(f"{ACCOUNT}{rest}organization: {text}\n"), Manifest))
    return [each for section in found.values() for each in section]


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("{}", []),
        (
            "{units: [Workloads/Dev, Workloads]}",
            ["organizational-unit/Workloads", "organizational-unit/Workloads/Dev"],
        ),
        (
            "{services: [account, iam], root: central}",
            ["trusted-service/account", "trusted-service/iam", "central-root/organization"],
        ),
        (
            f"{{units: [Workloads/Dev], delegate: {{access-analyzer: dev}}, new_accounts: {{dev: {DEV}}}}}",
            [
                "organizational-unit/Workloads",
                "organizational-unit/Workloads/Dev",
                "member-account/dev",
                "trusted-service/access-analyzer",
                "delegated-administrator/access-analyzer",
            ],
        ),
        (
            '{units: [Workloads], accounts: {"333333333333": Workloads}}',
            ["organizational-unit/Workloads", "member-account/333333333333"],
        ),
    ],
    ids=["nothing", "parents", "root", "delegate", "accounts"],
)
def test_the_section_stands_for_these_resources(text: str, addresses: list[str]) -> None:
    assert [each.address for each in made(text)] == ["organization/account", *addresses]


def test_a_policy_is_attached_to_units_accounts_and_the_root() -> None:
    on = f'policies: {{leave: {{{LEAVE}, on: [Workloads, "333333333333", "/", dev]}}}}'
    (policy,) = (
        each
        for each in made(f"{{units: [Workloads/Dev], {on}, break_glass: [Emergency], new_accounts: {{dev: {DEV}}}}}")
        if isinstance(each, OrganizationPolicy)
    )
    assert policy.targets == (
        "organizational-unit/Workloads",
        "333333333333",
        "organization/account",
        "member-account/dev",
    )
    assert policy.keeps == ("Emergency",)


def test_the_trail_of_audit_becomes_the_organizations() -> None:
    found = made("{trail: true}", "audit: {}\n")
    (trail,) = (each for each in found if isinstance(each, Trail))
    (bucket,) = (each for each in found if isinstance(each, Bucket))
    assert trail.organization
    assert {"organization/account", "trusted-service/cloudtrail"} <= set(trail.needs())
    assert "organization/account" in references(bucket.statements)
    (alone,) = (each for each in made("{}", "audit: {}\n") if isinstance(each, Trail))
    assert not alone.organization


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{units: [Workloads/]}", "units[0]: 'Workloads/' is no path of a unit"),
        ("{units: [a/b/c/d/e/f]}", "units[0]: 'a/b/c/d/e/f' is 6 levels deep, AWS takes 5"),
        (
            f"{{units: [Prod], policies: {{x: {{{LEAVE}, on: [Prd]}}}}}}",
            "no unit or new account called 'Prd', did you mean 'Prod'?",
        ),
        (f"{{policies: {{x: {{{LEAVE}, on: []}}}}}}", "policies.x.on"),
        ('{policies: {x: {on: ["/"]}}}', "policies.x: has no document"),
        (
            '{policies: {x: {statements: [{Effect: deny, Action: "s3:*", Resource: "*"}], on: ["/"]}}}',
            "write Allow or Deny",
        ),
        (
            f'{{policies: {{x: {{{LEAVE.replace("Effect", f"Sid: {LONG}, Effect")}, on: ["/"]}}}}}}',
            "and AWS takes 10240",
        ),
        ("{services: [cloudtrial]}", "no service called 'cloudtrial', did you mean 'cloudtrail'?"),
        ("{services: [guardduty]}", "run aws guardduty enable-organization-admin-account"),
        ('{delegate: {cloudtrail: "333333333333"}}', "run aws cloudtrail register-organization-delegated-admin"),
        ('{delegate: {tag-policies: "333333333333"}}', "no member can administer tag-policies"),
        ('{delegate: {account: "123456789012"}}', "this is the management account itself"),
        ("{delegate: {account: ops}}", "no new account called 'ops', write the id of an account"),
        ("{root: members}", "root"),
        ("{trail: true}", "there is no audit, which says where the record is kept, add audit: {}"),
        ('{accounts: {"333333333333": Prod}}', "no unit called 'Prod', name it in organization.units"),
        ('{units: [Prod], accounts: {"123456789012": Prod}}', "leave it in the root"),
        ("{accounts: {prod: Prod}}", "no account id"),
        (f"{{new_accounts: {{dev: {DEV}}}}}", "no unit called 'Workloads/Dev'"),
        ("{new_accounts: {a: {email: x@acme.example}, b: {email: X@acme.example}}}", "the address is that of a too"),
        (f"{{new_accounts: {{{'a' * 51}: {{email: x@acme.example}}}}}}", "no account name"),
    ],
)
def test_mistakes_are_told_with_what_to_write(text: str, expected: str) -> None:
    (line,) = mistakes(f"{ACCOUNT}organization: {text}\n", Manifest)
    assert expected in line


@pytest.mark.parametrize(
    ("email", "right"),
    [
        ("aws+dev@acme.example", True),
        ("o'hara@acme.example", False),
        (".aws@acme.example", False),
        ("a%b@acme.example", False),
        ("aws@acme", False),
        ("aws@@acme.example", False),
        ("a@b.c", False),
        ("ä@acme.example", False),
        (f"{'a' * 52}@acme.example", False),
    ],
)
def test_addresses_of_accounts_are_those_that_aws_takes(email: str, right: bool) -> None:
    text = f'{ACCOUNT}organization: {{new_accounts: {{dev: {{email: "{email}"}}}}}}\n'
    found = mistakes(text, Manifest)
    assert bool(found) is not right
    assert all("is no e-mail address for an account, 6 to 64 characters" in line for line in found)


def test_the_example_of_a_management_account_is_right() -> None:
    assert mistakes(EXAMPLE.read_bytes(), Manifest, EXAMPLE.parent) == []
