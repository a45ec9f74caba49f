"""Mistakes with organizations, one a row: moto alone takes each of them, and the sandbox says what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from awsbase.sandbox import Sandbox
from tests.sandbox.organizations import RCP, SCP, account, enabled, organization, policy, reason, root, unit

MANAGEMENT = "123456789012"
FULL = "p-FullAWSAccess"
CONSTRAINT = "ConstraintViolationException"
DENY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}'


class Mistake(NamedTuple):
    """What is done last, what is there before it, and what AWS says."""

    method: str
    said: tuple[str, str]
    before: Callable[[Any], dict[str, Any]]


def second_unit(aws: Any) -> dict[str, Any]:
    unit(aws, root(aws), "Workloads")
    return {"ParentId": root(aws), "Name": "Workloads"}


def nowhere(aws: Any) -> dict[str, Any]:
    return {"ParentId": "ou-abcd-12345678", "Name": "Workloads"}


def sixth_level(aws: Any) -> dict[str, Any]:
    at = root(aws)
    for name in "12345":
        at = unit(aws, at, name)
    return {"ParentId": at, "Name": "6"}


def unit_with_a_unit(aws: Any) -> dict[str, Any]:
    top = unit(aws, root(aws), "Workloads")
    unit(aws, top, "Prod")
    return {"OrganizationalUnitId": top}


def unit_with_an_account(aws: Any) -> dict[str, Any]:
    at, dev = root(aws), account(aws, "dev")
    top = unit(aws, at, "Workloads")
    aws.move_account(AccountId=dev, SourceParentId=at, DestinationParentId=top)
    return {"OrganizationalUnitId": top}


def wrong_source(aws: Any) -> dict[str, Any]:
    source = unit(aws, root(aws), "Workloads")
    return {"AccountId": account(aws, "dev"), "SourceParentId": source, "DestinationParentId": source}


def no_move(aws: Any) -> dict[str, Any]:
    return {"AccountId": account(aws, "dev"), "SourceParentId": root(aws), "DestinationParentId": root(aws)}


def before_it_is_enabled(aws: Any) -> dict[str, Any]:
    return {"PolicyId": policy(aws, "deny", {"Action": "s3:*"}), "TargetId": root(aws)}


def attached_already(aws: Any) -> dict[str, Any]:
    attach = {"PolicyId": policy(aws, "deny", {"Action": "s3:*"}), "TargetId": enabled(aws, SCP)}
    aws.attach_policy(**attach)
    return attach


def eleventh(aws: Any) -> dict[str, Any]:
    at = enabled(aws, SCP)
    ids = [policy(aws, f"deny-{number}", {"Action": "s3:*"}) for number in range(10)]
    for id in ids[:-1]:
        aws.attach_policy(PolicyId=id, TargetId=at)
    return {"PolicyId": ids[-1], "TargetId": at}


def last_one(aws: Any) -> dict[str, Any]:
    return {"PolicyId": FULL, "TargetId": enabled(aws, SCP)}


def not_attached(aws: Any) -> dict[str, Any]:
    return {"PolicyId": policy(aws, "deny", {"Action": "s3:*"}), "TargetId": enabled(aws, SCP)}


def awss_own(aws: Any) -> dict[str, Any]:
    return {"PolicyId": "p-RCPFullAWSAccess", "TargetId": enabled(aws, RCP)}


def document(content: str, type: str = SCP) -> Callable[[Any], dict[str, Any]]:
    return lambda aws: {"Name": "deny", "Description": "", "Type": type, "Content": content}


def second_name(aws: Any) -> dict[str, Any]:
    policy(aws, "deny", {"Action": "s3:*"})
    return {"PolicyId": policy(aws, "other", {"Action": "s3:*"}), "Name": "deny"}


def new_account(aws: Any) -> dict[str, Any]:
    return {"AccountId": account(aws, "dev")}


def management(aws: Any) -> dict[str, Any]:
    return {"AccountId": MANAGEMENT}


def not_trusted(aws: Any) -> dict[str, Any]:
    return {"AccountId": account(aws, "dev"), "ServicePrincipal": "ssm.amazonaws.com"}


def second_administrator(aws: Any) -> dict[str, Any]:
    aws.enable_aws_service_access(ServicePrincipal="guardduty.amazonaws.com")
    first = {"AccountId": account(aws, "dev"), "ServicePrincipal": "guardduty.amazonaws.com"}
    aws.register_delegated_administrator(**first)
    return {**first, "AccountId": account(aws, "prod")}


MALFORMED = ("MalformedPolicyDocumentException", "")
MISTAKES = (
    Mistake("create_organizational_unit", ("DuplicateOrganizationalUnitException", ""), second_unit),
    Mistake("create_organizational_unit", (CONSTRAINT, "OU_DEPTH_LIMIT_EXCEEDED"), sixth_level),
    Mistake("create_organizational_unit", ("ParentNotFoundException", ""), nowhere),
    Mistake("delete_organizational_unit", ("OrganizationalUnitNotEmptyException", ""), unit_with_a_unit),
    Mistake("delete_organizational_unit", ("OrganizationalUnitNotEmptyException", ""), unit_with_an_account),
    Mistake("move_account", ("SourceParentNotFoundException", ""), wrong_source),
    Mistake("move_account", ("DuplicateAccountException", ""), no_move),
    Mistake("attach_policy", ("PolicyTypeNotEnabledException", ""), before_it_is_enabled),
    Mistake("attach_policy", ("DuplicatePolicyAttachmentException", ""), attached_already),
    Mistake("attach_policy", (CONSTRAINT, "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"), eleventh),
    Mistake("detach_policy", (CONSTRAINT, "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"), last_one),
    Mistake("detach_policy", ("PolicyNotAttachedException", ""), not_attached),
    Mistake("detach_policy", ("InvalidInputException", "NON_DETACHABLE_POLICY"), awss_own),
    Mistake("create_policy", MALFORMED, document("{")),
    Mistake("create_policy", MALFORMED, document(DENY, RCP)),
    Mistake("create_policy", (CONSTRAINT, "POLICY_CONTENT_LIMIT_EXCEEDED"), document(DENY + " " * 10240)),
    Mistake("update_policy", ("DuplicatePolicyException", ""), second_name),
    Mistake("close_account", (CONSTRAINT, "CANNOT_CLOSE_MANAGEMENT_ACCOUNT"), management),
    Mistake("remove_account_from_organization", (CONSTRAINT, "WAIT_PERIOD_ACTIVE"), new_account),
    Mistake("register_delegated_administrator", (CONSTRAINT, "SERVICE_ACCESS_NOT_ENABLED"), not_trusted),
    Mistake(
        "register_delegated_administrator",
        (CONSTRAINT, "DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE"),
        second_administrator,
    ),
)


@pytest.mark.sampled(8)
@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda each: each.said[1] or each.said[0])
def test_moto_alone_takes_what_the_sandbox_refuses(mistake: Mistake) -> None:
    said = []
    for strict in (False, True):
        aws = Sandbox(strict=strict).client("organizations")
        organization(aws)
        said.append(reason(getattr(aws, mistake.method), **mistake.before(aws)))
    assert said == [None, mistake.said]


@pytest.mark.parametrize("email", ["early@acme.example", "a,b@acme.example"], ids=["used", "malformed"])
def test_moto_alone_makes_an_account_at_once_whatever_its_address(email: str) -> None:
    states = []
    for strict in (False, True):
        aws = Sandbox(strict=strict).client("organizations")
        organization(aws)
        account(aws, "early", Email="early@acme.example")
        made = aws.create_account(Email=email, AccountName="dev")["CreateAccountStatus"]
        states.append(made["State"])
    assert states == ["SUCCEEDED", "IN_PROGRESS"]
