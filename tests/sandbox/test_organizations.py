"""Organizations: who may call, one write at a time, units, where accounts are, and whom an organization trusts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from awsbase.sandbox import Request, Rule, Sandbox, World
from awsbase.sandbox.rates import Rate
from awsbase.sandbox.services.organizations import SERVICE
from tests.sandbox.organizations import SCP, account, organization, policy, reason, root, unit
from tests.sandbox.refused import refused

MANAGEMENT, PROD, DEV = "111111111111", "333333333333", "444444444444"


@pytest.fixture
def world() -> World:
    return World([MANAGEMENT, PROD, DEV], management=MANAGEMENT)


@pytest.fixture
def aws() -> Any:
    """Return a client of an account that manages an organization."""
    client = Sandbox().client("organizations")
    organization(client)
    return client


def client(world: World, account: str, service: str = "organizations") -> Any:
    return world.accounts[account].client(service)


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("list_accounts", {}),
        ("list_roots", {}),
        ("list_policies", {"Filter": SCP}),
        ("create_organizational_unit", {"ParentId": "r-abcd", "Name": "Workloads"}),
        ("create_account", {"Email": "dev@acme.example", "AccountName": "dev"}),
        ("enable_aws_service_access", {"ServicePrincipal": "iam.amazonaws.com"}),
    ],
)
def test_nothing_is_answered_outside_an_organization_and_little_to_a_member(
    world: World, operation: str, params: dict[str, Any]
) -> None:
    outside = Sandbox().client("organizations")
    assert refused(getattr(outside, operation), **params) == "AWSOrganizationsNotInUseException"
    assert refused(getattr(client(world, PROD), operation), **params) == "AccessDeniedException"


def test_every_member_sees_whose_organization_it_is_in(world: World) -> None:
    found = [client(world, id).describe_organization()["Organization"] for id in (MANAGEMENT, PROD, DEV)]
    assert {each["MasterAccountId"] for each in found} == {MANAGEMENT}
    assert len({each["Id"] for each in found}) == 1


def test_a_delegated_administrator_reads_and_keeps_policies_and_no_more(world: World) -> None:
    management, member = client(world, MANAGEMENT), client(world, PROD)
    management.enable_aws_service_access(ServicePrincipal="guardduty.amazonaws.com")
    management.register_delegated_administrator(AccountId=PROD, ServicePrincipal="guardduty.amazonaws.com")

    assert {each["Id"] for each in member.list_accounts()["Accounts"]} == {MANAGEMENT, PROD, DEV}
    assert root(member) == root(management)
    assert "deny" in [each["Name"] for each in written(member)]
    assert refused(member.create_organizational_unit, ParentId=root(management), Name="W") == "AccessDeniedException"
    assert refused(client(world, DEV).list_accounts) == "AccessDeniedException"


def written(member: Any) -> list[Any]:
    policy(member, "deny", {"Action": "s3:*"})
    return list(member.list_policies(Filter=SCP)["Policies"])


def test_lists_come_in_pages_to_members_as_well() -> None:
    world = World([MANAGEMENT, PROD, DEV], management=MANAGEMENT, pages=1)
    management = client(world, MANAGEMENT)
    management.enable_aws_service_access(ServicePrincipal="guardduty.amazonaws.com")
    management.register_delegated_administrator(AccountId=PROD, ServicePrincipal="guardduty.amazonaws.com")
    for each in (management, client(world, PROD)):
        pages = list(each.get_paginator("list_accounts").paginate())
        assert [len(page["Accounts"]) for page in pages] == [1, 1, 1]
    assert refused(management.list_accounts, NextToken="made up") == "InvalidInputException"


def test_whoever_writes_one_after_the_other_is_never_refused(aws: Any) -> None:
    made = [unit(aws, root(aws), name) for name in "abcdef"]
    assert len(set(made)) == 6


def test_one_of_two_writes_at_a_time_is_refused_and_passes_later() -> None:
    def wait_for_another(request: Request) -> None:
        assert request.sandbox.in_flight.wait_for("organizations", arrived + 2, 10)

    sandbox = Sandbox(rules=(Rule("organizations:CreateOrganizationalUnit", before=wait_for_another),))
    aws = sandbox.client("organizations")
    at = organization(aws)
    arrived = sandbox.in_flight.arrived["organizations"]

    def create(name: str) -> str | None:
        return refused(aws.create_organizational_unit, ParentId=at, Name=name)

    with ThreadPoolExecutor(2) as pool:
        ended = dict(zip("ab", pool.map(create, "ab"), strict=True))
    assert sorted(map(str, ended.values())) == ["ConcurrentModificationException", "None"]
    (again,) = [name for name, code in ended.items() if code]
    assert create(again) is None


def test_reads_never_conflict(aws: Any) -> None:
    with ThreadPoolExecutor(4) as pool:
        reads = pool.map(lambda _: refused(aws.list_roots), range(12))
        assert set(reads) == {None}


def test_a_new_organization_takes_accounts_after_a_while() -> None:
    sandbox = Sandbox()
    aws = sandbox.client("organizations")
    aws.create_organization(FeatureSet="ALL")
    new = {"Email": "dev@acme.example", "AccountName": "dev"}
    assert refused(aws.create_account, **new) == "FinalizingOrganizationException"
    # Everything else works meanwhile.
    unit(aws, root(aws), "Workloads")
    sandbox.clock.advance(3600)
    assert refused(aws.create_account, **new) is None


def test_too_many_requests_are_refused_by_that_name() -> None:
    sandbox = Sandbox(rates=(Rate("organizations:*", 1),))
    calls = [refused(sandbox.client("organizations").describe_organization) for _ in range(2)]
    assert calls == ["AWSOrganizationsNotInUseException", "TooManyRequestsException"]


def test_names_of_units_are_unique_below_their_parent_alone(aws: Any) -> None:
    top = unit(aws, root(aws), "Workloads")
    below = unit(aws, top, "Workloads")
    other = unit(aws, top, "Prod")
    code = "DuplicateOrganizationalUnitException"
    assert refused(aws.create_organizational_unit, ParentId=top, Name="Prod") == code
    assert refused(aws.update_organizational_unit, OrganizationalUnitId=below, Name="Prod") == code
    # Its own name, and one that is taken elsewhere only, are free.
    aws.update_organizational_unit(OrganizationalUnitId=other, Name="Prod")
    aws.update_organizational_unit(OrganizationalUnitId=other, Name="Other")
    assert refused(aws.create_organizational_unit, ParentId="ou-abcd-12345678", Name="x") == "ParentNotFoundException"


def test_units_are_five_levels_deep_at_most(aws: Any) -> None:
    at = root(aws)
    for name in "12345":
        at = unit(aws, at, name)
    said = reason(aws.create_organizational_unit, ParentId=at, Name="6")
    assert said == ("ConstraintViolationException", "OU_DEPTH_LIMIT_EXCEEDED")


def test_a_unit_goes_when_it_is_empty_and_its_policies_are_free_then(aws: Any) -> None:
    at = root(aws)
    top = unit(aws, at, "Workloads")
    dev = account(aws, "dev")
    aws.move_account(AccountId=dev, SourceParentId=at, DestinationParentId=top)
    assert refused(aws.delete_organizational_unit, OrganizationalUnitId=top) == "OrganizationalUnitNotEmptyException"
    aws.move_account(AccountId=dev, SourceParentId=top, DestinationParentId=at)
    below = unit(aws, top, "Prod")
    assert refused(aws.delete_organizational_unit, OrganizationalUnitId=top) == "OrganizationalUnitNotEmptyException"
    aws.delete_organizational_unit(OrganizationalUnitId=below)
    aws.delete_organizational_unit(OrganizationalUnitId=top)
    assert refused(aws.list_parents, ChildId=top) == "ChildNotFoundException"


def test_an_account_is_moved_from_where_it_is_to_where_it_is_not(aws: Any) -> None:
    at, dev = root(aws), account(aws, "dev")
    top, other = unit(aws, at, "Workloads"), unit(aws, at, "Other")
    aws.move_account(AccountId=dev, SourceParentId=at, DestinationParentId=top)
    for params, code in (
        ({"SourceParentId": at, "DestinationParentId": other}, "SourceParentNotFoundException"),
        ({"SourceParentId": top, "DestinationParentId": "ou-abcd-12345678"}, "DestinationParentNotFoundException"),
        ({"SourceParentId": top, "DestinationParentId": top}, "DuplicateAccountException"),
    ):
        assert refused(aws.move_account, AccountId=dev, **params) == code
    assert refused(aws.move_account, AccountId="999999999999", SourceParentId=at, DestinationParentId=top) == (
        "AccountNotFoundException"
    )
    assert [each["Id"] for each in aws.list_parents(ChildId=dev)["Parents"]] == [top]


@pytest.mark.parametrize("service", ["guardduty.amazonaws.com", "ssm.amazonaws.com"])
def test_a_delegated_administrator_is_an_active_member_of_a_trusted_service(aws: Any, service: str) -> None:
    dev, prod = account(aws, "dev"), account(aws, "prod")
    register = aws.register_delegated_administrator

    def said(id: str) -> str | None:
        found = reason(register, AccountId=id, ServicePrincipal=service)
        return found[1] or found[0] if found else None

    assert said(dev) == "SERVICE_ACCESS_NOT_ENABLED"
    aws.enable_aws_service_access(ServicePrincipal=service)
    assert said("123456789012") == "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR"
    aws.close_account(AccountId=prod)
    assert said(prod) == "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR"
    assert said(dev) is None
    assert said(dev) == "AccountAlreadyRegisteredException"
    # GuardDuty has one administrator; of Systems Manager several are possible.
    alone = "DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE" if service.startswith("guardduty") else None
    assert said(account(aws, "audit")) == alone
    deregister = {"AccountId": dev, "ServicePrincipal": service}
    aws.deregister_delegated_administrator(**deregister)
    assert refused(aws.deregister_delegated_administrator, **deregister) == "AccountNotRegisteredException"


def test_services_that_moto_does_not_know_can_be_trusted(aws: Any) -> None:
    aws.enable_aws_service_access(ServicePrincipal="iam.amazonaws.com")
    aws.enable_aws_service_access(ServicePrincipal="iam.amazonaws.com")
    listed = aws.list_aws_service_access_for_organization()["EnabledServicePrincipals"]
    assert [each["ServicePrincipal"] for each in listed] == ["iam.amazonaws.com"]
    assert refused(aws.enable_aws_service_access, ServicePrincipal="made.up") == "InvalidInputException"


def test_a_snapshot_names_what_ids_stand_for() -> None:
    first, second = Sandbox(services=[SERVICE]), Sandbox(services=[SERVICE])
    for sandbox in (first, second):
        aws = sandbox.client("organizations")
        at = organization(aws)
        prod = account(aws, "prod", Tags=[{"Key": "stage", "Value": "prod"}])
        top = unit(aws, unit(aws, at, "Workloads"), "Prod")
        aws.move_account(AccountId=prod, SourceParentId=at, DestinationParentId=top)
        policy(aws, "deny", {"Action": "s3:*", "Resource": f"arn:aws:s3:::logs-{prod}"})
    have = first.snapshot()["organizations"]
    assert have == second.snapshot()["organizations"]
    assert set(have["aws"]["units"]) == {"Workloads", "Workloads/Prod"}
    assert have["aws"]["accounts"]["aws+prod@acme.example"]["parent"] == "Workloads/Prod"
    assert have["aws"]["accounts"]["aws+prod@acme.example"]["tags"] == {"stage": "prod"}
    aws.tag_resource(ResourceId=prod, Tags=[{"Key": "stage", "Value": "test"}])
    assert have != second.snapshot()["organizations"]
