"""Organizations: who may change one, what is adopted, what is never taken away, and accounts that take their time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from awsbase.aws import Aws
from awsbase.engine.account import identify
from awsbase.engine.changes import Report
from awsbase.engine.execution import execute
from awsbase.engine.resource import Resource
from awsbase.engine.wire import Wire
from awsbase.ensure import KINDS
from awsbase.ensure.delegated_administrator import DelegatedAdministrator
from awsbase.ensure.member_account import MemberAccount
from awsbase.ensure.organization import ADDRESS, Organization
from awsbase.ensure.organization_policy import OrganizationPolicy
from awsbase.ensure.organizational_unit import OrganizationalUnit, unit_address
from awsbase.ensure.trusted_service import TrustedService
from awsbase.facts.organization import SCP
from awsbase.manifest.manifest import Manifest, resources
from awsbase.samples.organization import RECORD
from awsbase.sandbox import Fault, Request, Rule, Sandbox
from awsbase.sandbox.organization_state import organization, progress
from awsbase.sandbox.wire import Refusal
from awsbase.sandbox.world import World
from awsbase.testing.removal import away
from awsbase.testing.sample import HOME, go, problems, risky, said

ORGANIZATION = Organization(scope=HOME, policy_types=(SCP,))
WORKLOADS = OrganizationalUnit(scope=HOME, path="Workloads")
PROD = OrganizationalUnit(scope=HOME, path="Workloads/Prod")
DEV = MemberAccount(scope=HOME, name="dev", email="aws+dev@acme.example", unit="Workloads")
LEAVE = OrganizationPolicy(
    scope=HOME,
    name="deny-leave",
    document={
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*"}],
    },
    targets=(WORKLOADS.address,),
)
DAYS = 3 * 86_400


def organizations(sandbox: Sandbox) -> Any:
    """Return the client of AWS Organizations."""
    return sandbox.client("organizations")


def made(*resources: Resource, rules: tuple[Rule, ...] = ()) -> Sandbox:
    """Return an account that manages an organization with these resources."""
    sandbox = Sandbox(rules=rules)
    assert problems(go(sandbox, "reconcile", [ORGANIZATION, *resources])) == []
    sandbox.clock.advance(DAYS)
    sandbox.forget_calls()
    return sandbox


def errors(report: Report) -> list[str]:
    """List what failed, by code."""
    return [outcome.error.code for outcome in report.outcomes if outcome.error]


def notes(report: Report) -> list[str]:
    """List the notes of a report."""
    return [note for outcome in report.outcomes for note in outcome.notes]


def account_ids(sandbox: Sandbox) -> dict[str, str]:
    """Return the ids of all accounts by e-mail address."""
    return {each["Email"]: each["Id"] for each in organizations(sandbox).list_accounts()["Accounts"]}


def test_a_member_is_told_whose_manifest_the_section_belongs_in() -> None:
    world = World(["999999999999", HOME.account], management="999999999999")
    report = go(world.accounts[HOME.account], "plan", [ORGANIZATION, WORKLOADS])
    assert errors(report) == ["NotTheManagementAccount"]
    assert "the manifest of 999999999999" in str(report.outcomes[0].error)
    assert report.outcomes[1].blocked_by == ADDRESS


def test_an_organization_that_only_shares_bills_needs_people_and_takes_no_policies() -> None:
    sandbox = Sandbox()
    organizations(sandbox).create_organization(FeatureSet="CONSOLIDATED_BILLING")
    report = go(sandbox, "plan", [ORGANIZATION])
    assert (said(report), problems(report)) == ([], [])
    assert [action.probe for action in report.manual_actions] == [
        "organizations DescribeOrganization says FeatureSet ALL"
    ]


def test_writes_of_an_organization_go_out_one_by_one() -> None:
    units = [OrganizationalUnit(scope=HOME, path=f"Team{number}") for number in range(6)]
    sandbox = Sandbox()
    assert problems(go(sandbox, "reconcile", [ORGANIZATION, *units])) == []
    assert [call.name for call in sandbox.calls if call.error == "ConcurrentModificationException"] == []


def test_a_unit_with_an_account_or_a_unit_of_others_is_not_taken_away() -> None:
    sandbox = made(WORKLOADS, PROD, DEV)
    report = away(sandbox, "reconcile", [ORGANIZATION, WORKLOADS, PROD])
    assert said(report) == [f"{PROD.address}: delete organizational unit"]
    assert notes(report)[-1] == f"kept: the account {account_ids(sandbox)[DEV.email]} would be left without it"


def by_hand(sandbox: Sandbox, document: str, *targets: str) -> str:
    """Let somebody make the policy, and attach it to these units."""
    client = organizations(sandbox)
    made_one = client.create_policy(Name=LEAVE.name, Description="", Type=SCP, Content=document)
    id = made_one["Policy"]["PolicySummary"]["Id"]
    top = client.list_roots()["Roots"][0]["Id"]
    units = client.list_organizational_units_for_parent(ParentId=top)["OrganizationalUnits"]
    for unit in units:
        if unit["Name"] in targets:
            client.attach_policy(PolicyId=id, TargetId=unit["Id"])
    return str(id)


def test_a_policy_of_others_is_adopted_and_keeps_what_they_attached_it_to() -> None:
    security = OrganizationalUnit(scope=HOME, path="Security")
    sandbox = made(WORKLOADS, security)
    by_hand(sandbox, json.dumps(LEAVE.document, indent=2), "Security")
    report = go(sandbox, "reconcile", [ORGANIZATION, WORKLOADS, security, LEAVE])
    assert said(report) == [f"{LEAVE.address}: update tags", f"{LEAVE.address}: create attachment to Workloads"]
    assert (
        notes(report)
        == [
            "nobody in the 0 accounts below used in 90 days what it denies",
            "somebody else attached it to Security too",
        ][1:]
    )
    assert said(go(sandbox, "plan", [ORGANIZATION, WORKLOADS, security, LEAVE])) == []


def test_a_document_that_denies_less_needs_approval() -> None:
    sandbox = made(WORKLOADS, LEAVE)
    less = {"Effect": "Deny", "Action": "account:CloseAccount", "Resource": "*"}
    report = go(
        sandbox, "plan", [ORGANIZATION, WORKLOADS, replace(LEAVE, document={**LEAVE.document, "Statement": [less]})]
    )
    (change,) = [change for _, change in report.changes]
    assert change.risk
    assert "no longer denies" in change.risk.reason


def sized(length: int) -> OrganizationPolicy:
    """Return a policy whose document has so many characters, or a few more."""
    statement = {"Sid": "A" * length, "Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*"}
    return replace(LEAVE, document={"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.parametrize(
    ("policy", "code", "note"),
    [
        (replace(LEAVE, name="FullAWSAccess"), ["OfAws"], ""),
        (sized(6_000), [], "AWS takes 10240 now, and 5120 before 15 May 2026"),
    ],
    ids=["of AWS", "long"],
)
def test_what_aws_would_refuse_is_told_before_it_is_asked(
    policy: OrganizationPolicy, code: Sequence[str], note: str
) -> None:
    report = go(made(WORKLOADS), "plan", [ORGANIZATION, WORKLOADS, policy])
    assert errors(report) == code
    assert note in "".join(notes(report))


def test_more_than_five_policies_on_a_target_are_told() -> None:
    sandbox = made(WORKLOADS)
    policies = [replace(LEAVE, name=f"deny-{number}") for number in range(10)]
    seven = go(sandbox, "plan", [ORGANIZATION, WORKLOADS, *policies[:7]])
    assert set(notes(seven)) == {"Workloads gets 8 policies: AWS takes 10 now, and 5 before 15 May 2026"}


def test_an_account_is_asked_for_once_though_the_answer_is_lost() -> None:
    sandbox = made(WORKLOADS)
    sandbox.faults.add(Fault("reset after", on="organizations:CreateAccount"))
    assert problems(go(sandbox, "reconcile", [ORGANIZATION, WORKLOADS, DEV])) == []
    assert [call.name for call in sandbox.calls].count("organizations:CreateAccount") == 1
    assert list(account_ids(sandbox)).count(DEV.email) == 1


def test_why_aws_does_not_make_an_account_is_told_with_what_to_do() -> None:
    sandbox = made(WORKLOADS, DEV)
    taken = replace(DEV, name="other", email="aws+DEV@acme.example")
    # Addresses are compared as AWS compares them: this one is there.
    assert said(go(sandbox, "plan", [ORGANIZATION, WORKLOADS, taken])) == [f"{taken.address}: update tags"]
    wrong = replace(DEV, name="wrong", unit="", email="aws+wrong@acme.example")
    progress(organization(sandbox)).emails.add(wrong.email)
    report = go(sandbox, "reconcile", [ORGANIZATION, WORKLOADS, DEV, wrong])
    assert errors(report) == ["AccountNotCreated"]
    assert "EMAIL_ALREADY_EXISTS" in str(report.outcomes[-1].error)
    assert "take another address" in str(report.outcomes[-1].error)


def test_a_closed_account_is_not_made_again() -> None:
    sandbox = made(WORKLOADS, DEV)
    organizations(sandbox).close_account(AccountId=account_ids(sandbox)[DEV.email])
    for _ in range(2):
        report = go(sandbox, "reconcile", [ORGANIZATION, WORKLOADS, DEV])
        assert (said(report), problems(report)) == ([], [])
        assert [action.title for action in report.manual_actions] == [
            "the account dev is closed, or being closed: nothing is made in its place"
        ]
        sandbox.clock.advance(DAYS)


def never(request: Request) -> None:
    """Let nobody into any other account."""
    raise Refusal("AccessDenied", "not authorized to perform: sts:AssumeRole", 403)


def test_a_new_account_that_cannot_be_entered_needs_somebody_to_look() -> None:
    sandbox = Sandbox(rules=(Rule("sts:AssumeRole", before=never),))
    report = go(sandbox, "reconcile", [ORGANIZATION, WORKLOADS, DEV])
    assert problems(report) == []
    assert [action.title for action in report.manual_actions] == ["the new account dev cannot be entered yet"]
    sandbox.clock.advance(DAYS)
    assert go(sandbox, "plan", [ORGANIZATION, WORKLOADS, DEV]).manual_actions == ()


def test_a_move_to_where_less_is_denied_needs_approval() -> None:
    security = OrganizationalUnit(scope=HOME, path="Security")
    sandbox = made(WORKLOADS, security, DEV, LEAVE)
    report = go(sandbox, "plan", [ORGANIZATION, WORKLOADS, security, LEAVE, replace(DEV, unit="Security")])
    (change,) = [change for _, change in report.changes]
    assert change.risk
    assert change.risk.reason == "what deny-leave denies is no longer denied in it"
    assert [(drift.have, drift.want) for drift in change.drift] == [("Workloads", "Security")]


def test_an_account_of_no_organization_is_named() -> None:
    report = go(made(WORKLOADS), "plan", [ORGANIZATION, WORKLOADS, replace(DEV, email="", id="111111111111")])
    assert errors(report) == ["NoSuchAccount"]


def test_a_second_administrator_is_refused_where_aws_takes_one_alone() -> None:
    service, other = (
        TrustedService(scope=HOME, service="access-analyzer"),
        replace(DEV, name="b", email="b@acme.example"),
    )
    first = DelegatedAdministrator(scope=HOME, service="access-analyzer", account=DEV.address)
    sandbox = made(WORKLOADS, DEV, other, service, first)
    report = go(sandbox, "plan", [ORGANIZATION, WORKLOADS, DEV, other, service, replace(first, account=other.address)])
    assert errors(report) == ["AlreadyDelegated"]
    assert f"{account_ids(sandbox)[DEV.email]} administers access-analyzer" in str(report.outcomes[-1].error)


def test_a_trail_of_all_accounts_is_that_of_each_member() -> None:
    member = "333333333333"
    world = World([HOME.account, member], management=HOME.account)
    assert problems(go(world.accounts[HOME.account], "reconcile", RECORD)) == []
    theirs = replace(HOME, account=member, name="app")
    manifest = {"version": 1, "account": {"id": member, "name": "app", "region": HOME.region}, "audit": {}}
    wanted = [each for section in resources(Manifest.model_validate(manifest)).values() for each in section]
    wire = Wire()
    session = world.session(member, region=HOME.region)
    reached = identify(Aws(session, HOME.region, attach=[wire.attach], attempts=1), wire)
    report = execute("plan", wanted, KINDS, reached, clock=world.clock)
    assert {each.scope for each in wanted} == {theirs}
    assert (said(report), problems(report)) == ([], [])
    assert all("records this account" in note for note in notes(report))
    assert len(notes(report)) == len(wanted)


def test_a_policy_that_allows_is_risky_where_not_everything_is_allowed() -> None:
    allows = replace(
        LEAVE,
        name="allow",
        document={**LEAVE.document, "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]},
    )
    sandbox = made(WORKLOADS, LEAVE)
    assert risky(go(sandbox, "plan", [ORGANIZATION, WORKLOADS, LEAVE, allows])) == []
    client = organizations(sandbox)
    top = client.list_roots()["Roots"][0]["Id"]
    (unit,) = client.list_organizational_units_for_parent(ParentId=top)["OrganizationalUnits"]
    client.detach_policy(PolicyId="p-FullAWSAccess", TargetId=unit["Id"])
    report = go(sandbox, "plan", [ORGANIZATION, WORKLOADS, LEAVE, allows])
    assert risky(report) == [f"{allows.address}: create attachment to Workloads"]


def test_detaching_comes_after_attaching_and_needs_approval() -> None:
    sandbox = made(WORKLOADS, PROD, LEAVE)
    report = go(
        sandbox, "reconcile", [ORGANIZATION, WORKLOADS, PROD, replace(LEAVE, targets=(unit_address("Workloads/Prod"),))]
    )
    detached = f"{LEAVE.address}: delete attachment to Workloads"
    assert said(report) == [f"{LEAVE.address}: create attachment to Workloads/Prod", detached]
    assert risky(report) == [detached]
