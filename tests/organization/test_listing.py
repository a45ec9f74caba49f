"""Accounts as AWS Organizations lists them: names, units, ways, and what is left out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from awsbase.errors import AwsbaseError, ManifestError, UsageError
from awsbase.manifest.source import parse
from awsbase.organization.file import FromOrganization, OrganizationFile
from awsbase.organization.listing import ListedAccount, ListedOrganization, asking, entries, listed, parents, refused
from awsbase.organization.load import organization
from awsbase.sandbox import World
from tests.organization.files import TEMPLATE

MANAGEMENT, USERS, PROD, DEV = "111111111111", "222222222222", "333333333333", "444444444444"
FILE = """\
version: 1
organization: {name: acme, home: eu-west-1}
defaults: {manifest: account.yaml, role: OrganizationAccountAccessRole, with: {budget: 50}}
accounts: {from: organization, profile: acme-management}
"""
FOUND = (
    ListedAccount(MANAGEMENT, "Acme Management", "ACTIVE"),
    ListedAccount(USERS, "users", "ACTIVE", "Security"),
    ListedAccount(PROD, "acme-prod", "ACTIVE", "Workloads/Prod"),
    ListedAccount(DEV, "Dev & Test", "ACTIVE", "Workloads/Dev"),
    ListedAccount("555555555555", "Old One", "SUSPENDED", "Workloads/Dev"),
    ListedAccount("666666666666", "Older", "PENDING_CLOSURE"),
)
UNITS = ("Security", "Workloads", "Workloads/Prod", "Workloads/Dev")
WITH_ROLE = {"profile": "acme-management", "role": "OrganizationAccountAccessRole"}


def file_of(**accounts: Any) -> OrganizationFile:
    return OrganizationFile.model_validate(
        {**parse(FILE.encode(), file="org.yaml", folder=Path()).value, "accounts": {"from": "organization", **accounts}}
    )


def listing_of(
    model: OrganizationFile, *accounts: ListedAccount, caller: str = MANAGEMENT
) -> tuple[Mapping[str, Mapping[str, Any]], list[str]]:
    told: list[str] = []
    assert isinstance(model.accounts, FromOrganization)
    found = ListedOrganization(accounts or FOUND, UNITS, MANAGEMENT, caller)
    return entries(model, model.accounts, found, told.append), told


def test_active_accounts_get_names_units_and_a_way() -> None:
    found, told = listing_of(file_of(profile="acme-management", identity="users"))
    assert found == {
        "dev-test": {"id": DEV, "unit": "Workloads/Dev", **WITH_ROLE},
        "management": {"id": MANAGEMENT, "management": True, "profile": "acme-management"},
        "prod": {"id": PROD, "unit": "Workloads/Prod", **WITH_ROLE},
        "users": {"id": USERS, "unit": "Security", "identity": True, **WITH_ROLE},
    }
    assert told == [
        "old-one (555555555555) is closed, and left out\n",
        "older (666666666666) is being closed, and left out\n",
    ]


@pytest.mark.parametrize(
    ("select", "names"),
    [
        ({"units": ["Workloads"]}, ["dev-test", "prod"]),
        ({"units": ["Workloads/Prod", "Security"]}, ["prod", "users"]),
        ({"not": ["management", DEV, "old-one", "older"]}, ["prod", "users"]),
        ({"units": ["Workloads"], "not": ["prod", "old-one"]}, ["dev-test"]),
    ],
)
def test_the_file_selects_by_unit_and_leaves_out_by_name_or_id(select: dict[str, Any], names: list[str]) -> None:
    found, _ = listing_of(file_of(profile="p", select=select))
    assert sorted(found) == names


@pytest.mark.parametrize(
    ("override", "way"),
    [
        ({"profile": "own"}, {"profile": "own"}),
        ({"role": "Other"}, {"profile": "acme-management", "role": "Other"}),
        ({"role": "Other", "via": "users"}, {"role": "Other", "via": "users"}),
        ({"protected": True, "with": {"budget": 5}}, {**WITH_ROLE, "protected": True, "with": {"budget": 5}}),
    ],
)
def test_a_named_account_may_have_something_otherwise(override: dict[str, Any], way: dict[str, Any]) -> None:
    found, _ = listing_of(file_of(profile="acme-management", named={"prod": override}))
    assert found["prod"] == {"id": PROD, "unit": "Workloads/Prod", **way}


@pytest.mark.parametrize(
    ("accounts", "listed", "problems"),
    [
        ({"select": {"units": ["Workload"]}}, FOUND, [
            "accounts.select.units: AWS lists no 'Workload', did you mean 'Workloads'?",
        ]),
        ({"select": {"not": ["prd", "older"]}}, FOUND, [
            "accounts.select.not: AWS lists no 'prd', did you mean 'prod'?",
        ]),
        ({"named": {"older": {}}, "identity": "user"}, FOUND, [
            "accounts.named: AWS lists no 'older'",
            "accounts.identity: AWS lists no 'user', did you mean 'users'?",
        ]),
        ({}, [ListedAccount(PROD, "Acme Prod", "ACTIVE"), ListedAccount(DEV, "prod", "ACTIVE")], [
            f"accounts: {PROD} and {DEV} are both called prod; "
            f"rename it in AWS, or leave it out with select: {{not: ['{DEV}']}}",
        ]),
        ({}, [ListedAccount(PROD, "日本", "ACTIVE"), ListedAccount(DEV, "x" * 40, "ACTIVE")], [
            f"accounts: {PROD} is called '日本' in AWS: names have 2 to 27 letters and digits, a letter first; "
            f"rename it in AWS, or leave it out with select: {{not: ['{PROD}']}}",
            f"accounts: {DEV} is called '{'x' * 40}' in AWS: names have 2 to 27 letters and digits, a letter first; "
            f"rename it in AWS, or leave it out with select: {{not: ['{DEV}']}}",
        ]),
    ],
    ids=["no unit", "no account", "no name", "one name twice", "no names"],
)  # fmt: skip
def test_what_names_nothing_and_what_cannot_be_named_is_told_at_once(
    accounts: dict[str, Any], listed: list[ListedAccount], problems: list[str]
) -> None:
    with pytest.raises(UsageError) as error:
        listing_of(file_of(profile="p", **accounts), *listed)
    assert error.value.message.split("\n") == problems


def test_a_role_that_nobody_assumes_is_a_mistake() -> None:
    with pytest.raises(UsageError, match=r"^accounts.profile: write the profile that lists the accounts"):
        listing_of(file_of())


@pytest.fixture
def world() -> World:
    """Return an organization with two units."""
    world = World([MANAGEMENT, PROD, DEV], management=MANAGEMENT, pages=1)
    client = world.session(MANAGEMENT).client("organizations")
    root = client.list_roots()["Roots"][0]["Id"]
    unit = client.create_organizational_unit(ParentId=root, Name="Workloads")["OrganizationalUnit"]["Id"]
    inner = client.create_organizational_unit(ParentId=unit, Name="Prod")["OrganizationalUnit"]["Id"]
    client.move_account(AccountId=PROD, SourceParentId=root, DestinationParentId=inner)
    world.forget_calls()
    return world


def test_the_accounts_of_a_file_are_listed_with_few_calls(world: World, tmp_path: Path) -> None:
    (tmp_path / "account.yaml").write_text(TEMPLATE)
    source = parse(FILE.encode(), file="org.yaml", folder=tmp_path)
    asked: list[str | None] = []

    def of_profile(profile: str | None) -> boto3.Session:
        asked.append(profile)
        return world.session(MANAGEMENT)

    found = organization(source, asking(of_profile, lambda text: None))
    assert asked == ["acme-management"]
    assert {each.entry.id: each.entry.unit for each in found.members.values()} == {
        MANAGEMENT: None,
        PROD: "Workloads/Prod",
        DEV: None,
    }
    assert [each.entry.id for each in found.members.values() if each.entry.management] == [MANAGEMENT]
    names = [call.name.partition(":")[2] for call in world.calls]
    # A page holds one account here.
    assert {name: names.count(name) for name in names} == {
        "GetCallerIdentity": 1,
        "DescribeOrganization": 1,
        "ListAccounts": 3,
        "ListRoots": 1,
        "ListOrganizationalUnitsForParent": 3,
        "ListAccountsForParent": 4,
    }


def test_the_units_are_known_by_the_paths_that_aws_answers_with() -> None:
    class Nobody:
        """A client that may not be asked."""

    paths = [
        ["o-acme123456/r-ab12/ou-ab12-11111111/ou-ab12-22222222/333333333333/"],
        ["o-acme123456/r-ab12/444444444444/"],
    ]
    accounts = [{"Id": id, "Paths": path} for id, path in zip((PROD, DEV), paths, strict=True)]
    units = {"r-ab12": "", "ou-ab12-11111111": "Workloads", "ou-ab12-22222222": "Workloads/Prod"}
    assert parents(Nobody(), accounts, units) == {PROD: "Workloads/Prod", DEV: ""}


def test_an_answer_with_less_in_it_is_read_as_far_as_it_goes(world: World) -> None:
    session = world.session(MANAGEMENT)

    def less(parsed: dict[str, Any], **_: Any) -> None:
        for each in parsed.get("Accounts", ()):
            del each["Id" if each["Id"] == DEV else "Name"]

    session.events.register("after-call.organizations.ListAccounts", less)
    found = listed(session, "eu-west-1")
    assert [(each.id, each.name) for each in found.accounts] == [(MANAGEMENT, MANAGEMENT), (PROD, PROD)]


def test_who_may_not_list_is_told_who_may(world: World) -> None:
    with pytest.raises(AwsbaseError) as error:
        listed(world.session(PROD), "eu-west-1")
    assert "may not list the accounts of the organization" in error.value.message
    assert error.value.hint == (
        "ask with a profile of the management account or of a delegated administrator: accounts.profile names it"
    )


def test_an_account_in_no_organization_says_so() -> None:
    with pytest.raises(AwsbaseError, match=r"is in no organization$"):
        listed(World([PROD]).session(PROD), "eu-west-1")


def test_any_other_refusal_is_told_as_aws_says_it() -> None:
    error = ClientError({"Error": {"Code": "ServiceException", "Message": "later"}}, "ListAccounts")
    assert refused(error, "kim").message == "AWS Organizations refuses to list the accounts: ServiceException: later"


def test_without_aws_a_file_that_lists_is_refused_with_what_to_do(tmp_path: Path) -> None:
    source = parse(FILE.encode(), file="org.yaml", folder=tmp_path)
    with pytest.raises(
        UsageError, match=r"^the accounts of org.yaml are listed by AWS, which this command does not ask"
    ):
        organization(source)


def test_a_listed_account_that_the_file_contradicts_is_a_mistake(tmp_path: Path) -> None:
    source = parse(FILE.encode(), file="org.yaml", folder=tmp_path)
    with pytest.raises(ManifestError, match=r"accounts\.dev\.via: via 'user' is no account"):
        organization(source, lambda model: {"dev": {"id": DEV, "role": "R", "via": "user"}})
