"""Accounts of an organization: asked for, made later, usable later still, closed late; their contacts and roots."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from awsbase.sandbox import Fault, Sandbox, World
from awsbase.sandbox.callers import Key
from awsbase.sandbox.clients import session
from awsbase.sandbox.organization_state import organization as held
from awsbase.sandbox.organization_state import progress
from tests.sandbox.organizations import account, organization, reason, root, unit
from tests.sandbox.refused import refused

MANAGEMENT = "123456789012"
ROLE = "OrganizationAccountAccessRole"


@pytest.fixture
def sandbox() -> Sandbox:
    """Return an account that manages an organization."""
    sandbox = Sandbox()
    organization(sandbox.client("organizations"))
    return sandbox


def ask(aws: Any, email: str, name: str = "dev") -> str:
    """Ask for an account; return the id of the request."""
    return str(aws.create_account(Email=email, AccountName=name)["CreateAccountStatus"]["Id"])


def ended(aws: Any, request: str) -> str:
    """Return how a request ended."""
    for _ in range(3):
        status = aws.describe_create_account_status(CreateAccountRequestId=request)["CreateAccountStatus"]
    return str(status.get("FailureReason", status["State"]))


def test_an_account_is_made_in_the_background(sandbox: Sandbox) -> None:
    aws = sandbox.client("organizations")
    request = ask(aws, "dev@acme.example")
    states = []
    for _ in range(3):
        (status,) = aws.list_create_account_status()["CreateAccountStatuses"]
        states.append((status["State"], len(aws.list_accounts()["Accounts"])))
    # The account is listed once it is there, which may be before somebody looks at its status again.
    assert states == [("IN_PROGRESS", 1), ("IN_PROGRESS", 2), ("SUCCEEDED", 2)]
    assert aws.describe_create_account_status(CreateAccountRequestId=request)["CreateAccountStatus"] == status
    assert aws.list_create_account_status(States=["FAILED"])["CreateAccountStatuses"] == []
    assert [each["Id"] for each in aws.list_accounts()["Accounts"]] == [MANAGEMENT, status["AccountId"]]
    missing = {"CreateAccountRequestId": "car-00000000"}
    assert refused(aws.describe_create_account_status, **missing) == "CreateAccountStatusNotFoundException"


def test_an_account_is_made_as_time_passes_too(sandbox: Sandbox) -> None:
    aws = sandbox.client("organizations")
    ask(aws, "dev@acme.example")
    sandbox.clock.advance(61)
    assert len(aws.list_accounts()["Accounts"]) == 2


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    "email",
    [".dev@acme.example", "a,b@acme.example", "a(b)@acme.example", "dev@acme_x.example", "dev@acme..example",
     "d%v@acme.example", "dév@acme.example"],
)  # fmt: skip
def test_an_invalid_address_fails_later(sandbox: Sandbox, email: str) -> None:
    aws = sandbox.client("organizations")
    assert ended(aws, ask(aws, email)) == "INVALID_EMAIL"
    assert len(aws.list_accounts()["Accounts"]) == 1


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("email", "name"),
    [("no-address", "x"), ("a@b@c.example", "x"), ("a" * 60 + "@b.example", "x"), ("dev@acme.example", "x" * 51),
     ("dev@acme.example", "dév")],
)  # fmt: skip
def test_what_the_model_forbids_is_refused_at_once(sandbox: Sandbox, email: str, name: str) -> None:
    aws = sandbox.client("organizations")
    assert refused(aws.create_account, Email=email, AccountName=name) == "InvalidInputException"


def test_an_address_is_good_once_also_after_its_account_is_closed(sandbox: Sandbox) -> None:
    aws = sandbox.client("organizations")
    first, second = ask(aws, "dev@acme.example"), ask(aws, "DEV@acme.example", "again")
    assert [ended(aws, first), ended(aws, second)] == ["SUCCEEDED", "EMAIL_ALREADY_EXISTS"]
    (dev,) = [each["Id"] for each in aws.list_accounts()["Accounts"] if each["Id"] != MANAGEMENT]
    aws.close_account(AccountId=dev)
    sandbox.clock.advance(3600)
    assert aws.describe_account(AccountId=dev)["Account"]["Status"] == "SUSPENDED"
    assert ended(aws, ask(aws, "dev@acme.example")) == "EMAIL_ALREADY_EXISTS"
    # The same name is no obstacle, and no proof of anything.
    assert ended(aws, ask(aws, "other@acme.example")) == "SUCCEEDED"


def test_accounts_above_the_quota_fail_later(sandbox: Sandbox) -> None:
    aws = sandbox.client("organizations")
    progress(held(sandbox)).account_quota = 2
    first, second = ask(aws, "a@acme.example"), ask(aws, "b@acme.example")
    assert [ended(aws, first), ended(aws, second)] == ["SUCCEEDED", "ACCOUNT_LIMIT_EXCEEDED"]


def test_five_accounts_are_made_at_a_time(sandbox: Sandbox) -> None:
    aws = sandbox.client("organizations")
    requests = [ask(aws, f"{name}@acme.example") for name in "abcde"]
    more = {"Email": "f@acme.example", "AccountName": "f"}
    assert reason(aws.create_account, **more) == (
        "ConstraintViolationException",
        "ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED",
    )
    assert ended(aws, requests[0]) == "SUCCEEDED"
    assert refused(aws.create_account, **more) is None


def test_an_account_whose_reply_was_lost_is_found_by_its_address(sandbox: Sandbox) -> None:
    aws = sandbox.client("organizations")
    sandbox.faults.add(Fault("reset after", on="organizations:CreateAccount"))
    with pytest.raises(Exception, match="Connection was closed"):
        ask(aws, "dev@acme.example")
    sandbox.clock.advance(61)
    emails = [each["Email"] for each in aws.list_accounts()["Accounts"]]
    assert emails == ["master@example.com", "dev@acme.example"]
    assert ended(aws, ask(aws, "dev@acme.example")) == "EMAIL_ALREADY_EXISTS"


def test_late_reads_show_an_account_at_work_and_make_it_once(sandbox: Sandbox) -> None:
    aws = sandbox.client("organizations")
    request = ask(aws, "dev@acme.example")
    sandbox.faults.add(Fault("stale", on="organizations:CreateOrganizationalUnit"))
    unit(aws, root(aws), "Workloads")
    late = [ended(aws, request) for _ in range(2)]
    assert late == ["IN_PROGRESS", "SUCCEEDED"]
    listed = [len(aws.list_accounts()["Accounts"]) for _ in range(3)]
    assert listed == [2, 2, 2]


def test_a_new_account_is_entered_by_its_role_after_a_while_and_its_services_know_it_later() -> None:
    world = World([MANAGEMENT], management=MANAGEMENT)
    management = world.accounts[MANAGEMENT]
    new = account(management.client("organizations"), "dev", RoleName="Access")
    sts, role = management.client("sts"), f"arn:aws:iam::{new}:role/Access"

    def enter() -> str | None:
        return refused(sts.assume_role, RoleArn=role, RoleSessionName="you")

    assert [enter() for _ in range(5)] == [
        *("AccessDenied", "AccessDenied", "RegionDisabledException", "RegionDisabledException", None)
    ]
    given = sts.assume_role(RoleArn=role, RoleSessionName="you")["Credentials"]
    inside: Any = session(
        Key(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]), "eu-west-1", world.transport
    )
    assert inside.client("sts").get_caller_identity()["Account"] == new
    for service, method, code in (
        ("ec2", "describe_vpcs", "OptInRequired"),
        ("sns", "list_topics", "SubscriptionRequiredException"),
        ("iam", "list_users", None),
    ):
        call = getattr(inside.client(service), method)
        assert [refused(call) for _ in range(3)] == [code, code, None]
    attached = inside.client("iam").list_attached_role_policies(RoleName="Access")["AttachedPolicies"]
    assert [each["PolicyName"] for each in attached] == ["AdministratorAccess"]
    assert inside.client("organizations").describe_organization()["Organization"]["MasterAccountId"] == MANAGEMENT


def test_an_account_that_a_lone_sandbox_creates_is_opened_beside_it(sandbox: Sandbox) -> None:
    key = sandbox.key()
    dev = account(sandbox.client("organizations"), "dev")
    sandbox.clock.advance(301)
    role = {"RoleArn": f"arn:aws:iam::{dev}:role/{ROLE}", "RoleSessionName": "you"}
    given = sandbox.client("sts").assume_role(**role)["Credentials"]
    inside: Any = session(
        Key(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]), "eu-west-1", sandbox.transport
    )
    inside.client("iam").create_user(UserName="alice")
    # The first account's key and users stay what they were.
    assert session(key, "eu-west-1", sandbox.transport).client("sts").get_caller_identity()["Account"] == MANAGEMENT
    assert sandbox.client("iam").list_users()["Users"] == []
    assert [each["UserName"] for each in inside.client("iam").list_users()["Users"]] == ["alice"]


def test_a_new_account_is_usable_after_five_minutes_whoever_tried() -> None:
    world = World([MANAGEMENT], management=MANAGEMENT)
    management = world.accounts[MANAGEMENT]
    new = account(management.client("organizations"), "dev")
    world.clock.advance(301)
    role = {"RoleArn": f"arn:aws:iam::{new}:role/{ROLE}", "RoleSessionName": "you"}
    assert refused(management.client("sts").assume_role, **role) is None
    joined = management.client("organizations").describe_account(AccountId=new)["Account"]["JoinedTimestamp"]
    assert world.clock() - joined < timedelta(minutes=6)


def test_closing_takes_time_and_is_final(sandbox: Sandbox) -> None:
    aws = sandbox.client("organizations")
    dev = account(aws, "dev")
    aws.close_account(AccountId=dev)
    assert refused(aws.close_account, AccountId=dev) == "ConflictException"
    seen = [aws.describe_account(AccountId=dev)["Account"] for _ in range(3)]
    assert [(each["Status"], each["State"]) for each in seen] == [
        ("ACTIVE", "ACTIVE"), ("PENDING_CLOSURE", "PENDING_CLOSURE"), ("SUSPENDED", "CLOSED")
    ]  # fmt: skip
    assert refused(aws.close_account, AccountId=dev) == "AccountAlreadyClosedException"
    role = {"RoleArn": f"arn:aws:iam::{dev}:role/{ROLE}", "RoleSessionName": "you"}
    sandbox.clock.advance(301)
    assert refused(sandbox.client("sts").assume_role, **role) == "AccessDenied"


def test_closing_has_a_quota_of_thirty_days_and_spares_the_management_account(sandbox: Sandbox) -> None:
    aws = sandbox.client("organizations")
    progress(held(sandbox)).closure_quota = 1
    dev, prod = account(aws, "dev"), account(aws, "prod")
    constraint = "ConstraintViolationException"
    assert reason(aws.close_account, AccountId=MANAGEMENT) == (constraint, "CANNOT_CLOSE_MANAGEMENT_ACCOUNT")
    aws.close_account(AccountId=dev)
    assert reason(aws.close_account, AccountId=prod) == (constraint, "CLOSE_ACCOUNT_QUOTA_EXCEEDED")
    sandbox.clock.advance(timedelta(days=30).total_seconds())
    assert refused(aws.close_account, AccountId=prod) is None


def test_a_created_account_cannot_just_leave(sandbox: Sandbox) -> None:
    aws = sandbox.client("organizations")
    dev = account(aws, "dev")

    def said(id: str) -> str | None:
        found = reason(aws.remove_account_from_organization, AccountId=id)
        return found[1] or found[0] if found else None

    assert said(dev) == "WAIT_PERIOD_ACTIVE"
    aws.enable_aws_service_access(ServicePrincipal="guardduty.amazonaws.com")
    aws.register_delegated_administrator(AccountId=dev, ServicePrincipal="guardduty.amazonaws.com")
    assert said(dev) == "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG"
    aws.deregister_delegated_administrator(AccountId=dev, ServicePrincipal="guardduty.amazonaws.com")
    sandbox.clock.advance(timedelta(days=4).total_seconds())
    assert said(dev) == "MEMBER_ACCOUNT_PAYMENT_INSTRUMENT_REQUIRED"
    assert said(MANAGEMENT) == "MasterCannotLeaveOrganizationException"


def test_contacts_of_members_are_kept_from_the_management_account(sandbox: Sandbox) -> None:
    organizations, aws = sandbox.client("organizations"), sandbox.client("account")
    dev = account(organizations, "dev")
    contact = {"Name": "Sec", "Title": "Security", "EmailAddress": "sec@acme.example", "PhoneNumber": "+1"}
    put = {"AlternateContactType": "SECURITY", **contact}
    assert refused(aws.put_alternate_contact, AccountId=dev, **put) == "AccessDeniedException"
    organizations.enable_aws_service_access(ServicePrincipal="account.amazonaws.com")
    for foreign in (MANAGEMENT, "999999999999"):
        assert refused(aws.put_alternate_contact, AccountId=foreign, **put) == "AccessDeniedException"
    aws.put_alternate_contact(AccountId=dev, **put)
    kept = aws.get_alternate_contact(AccountId=dev, AlternateContactType="SECURITY")["AlternateContact"]
    assert kept["EmailAddress"] == "sec@acme.example"
    assert refused(aws.get_alternate_contact, AlternateContactType="SECURITY") == "ResourceNotFoundException"
    assert set(sandbox.snapshot()["account"]["members"]) == {"aws+dev@acme.example"}


def test_a_member_keeps_its_own_contacts_and_sees_what_the_management_account_put() -> None:
    world = World([MANAGEMENT, "222222222222"], management=MANAGEMENT)
    management, member = world.accounts[MANAGEMENT], world.accounts["222222222222"]
    management.client("organizations").enable_aws_service_access(ServicePrincipal="account.amazonaws.com")
    put = {"AlternateContactType": "BILLING", "Name": "B", "Title": "B", "EmailAddress": "b@a.example",
           "PhoneNumber": "+1"}  # fmt: skip
    management.client("account").put_alternate_contact(AccountId="222222222222", **put)
    seen = member.client("account").get_alternate_contact(AlternateContactType="BILLING")["AlternateContact"]
    assert seen["EmailAddress"] == "b@a.example"
    code = "AccessDeniedException"
    assert refused(member.client("account").put_alternate_contact, AccountId=MANAGEMENT, **put) == code


def test_central_root_access_is_for_the_management_account_where_iam_is_trusted() -> None:
    world = World([MANAGEMENT, "222222222222"], management=MANAGEMENT)
    management, member = world.accounts[MANAGEMENT].client("iam"), world.accounts["222222222222"].client("iam")
    organizations = world.accounts[MANAGEMENT].client("organizations")
    enable = management.enable_organizations_root_credentials_management

    assert refused(Sandbox().client("iam").enable_organizations_root_sessions) == "OrganizationNotFoundException"
    assert refused(enable) == "ServiceAccessNotEnabledException"
    organizations.enable_aws_service_access(ServicePrincipal="iam.amazonaws.com")
    assert enable()["EnabledFeatures"] == ["RootCredentialsManagement"]
    new = account(organizations, "dev")
    roots = [world.accounts[id].client("iam").get_account_summary()["SummaryMap"] for id in (MANAGEMENT, new)]
    assert [each["AccountPasswordPresent"] for each in roots] == [1, 0]
    management.enable_organizations_root_sessions()
    management.disable_organizations_root_credentials_management()
    assert refused(member.enable_organizations_root_sessions) == "CallerIsNotManagementAccountException"
    code = "AccountNotManagementOrDelegatedAdministratorException"
    assert refused(member.list_organizations_features) == code
    organizations.register_delegated_administrator(AccountId="222222222222", ServicePrincipal="iam.amazonaws.com")
    assert member.list_organizations_features()["EnabledFeatures"] == ["RootSessions"]
    have = world.accounts[MANAGEMENT].snapshot()["organizations"]["aws"]
    assert have["central root"] == ["RootSessions"]
