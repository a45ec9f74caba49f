"""The table of an organization file: which roles and groups each account gets, and what is a mistake."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from awsbase.engine.resource import Resource
from awsbase.ensure.group import Group
from awsbase.ensure.role import Role
from awsbase.manifest.manifest import resources
from awsbase.organization import Organization
from awsbase.organization.access import cells
from awsbase.organization.access_parts import assumed
from awsbase.scripts import cli
from tests.organization.access import ACCOUNT, FILE, GRANTS, ROLES, USERS, organization, with_policies
from tests.organization.files import mistakes

WRONG = yaml.safe_load((Path(__file__).parent / "access_mistakes.yaml").read_text())
AWS = "arn:aws:iam"


def made(found: Organization, account: str) -> dict[str, Any]:
    """Return the resources of an account by address."""
    several = resources(found.members[account].manifest).values()
    every: list[Resource] = [each for part in several for each in part]
    return {each.address: each for each in every}


def wrong(folder: Path, table: str, **templates: str) -> list[str]:
    """Return the mistakes in a file with this table."""
    files = {"users": USERS, "account": ACCOUNT, **templates}
    return mistakes(with_policies(folder), FILE + table, **files)


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Organization:
    return organization(tmp_path_factory.mktemp("acme"))


@pytest.mark.parametrize(
    ("account", "roles"),
    [
        ("users", ["acme-Admin"]),
        ("prod", ["acme-Admin", "acme-Prod", "acme-Read"]),
        ("dev", ["acme-Admin", "acme-Dev"]),
    ],
)
def test_an_account_has_the_roles_that_somebody_is_granted_there(
    account: str, roles: list[str], acme: Organization
) -> None:
    assert [each.name for each in made(acme, account).values() if isinstance(each, Role)] == roles


def test_a_role_trusts_the_account_of_the_people_with_mfa_and_the_organization(acme: Organization) -> None:
    role = made(acme, "prod")["role/acme-Prod"]
    assert role.trust["Statement"] == [
        {
            "Effect": "Allow",
            "Principal": {"AWS": [f"{AWS}::111111111111:root"]},
            "Action": "sts:AssumeRole",
            "Condition": {
                "Bool": {"aws:MultiFactorAuthPresent": "true"},
                "StringEquals": {"aws:PrincipalOrgID": "o-acme123456"},
            },
        }
    ]
    assert (role.max_session, role.description, role.exact) == (7200, "Deploys", True)
    assert role.policies == {f"{AWS}::333333333333:policy/acme-deploy"}
    assert made(acme, "prod")["role/acme-Admin"].max_session == 3600


def test_a_role_without_an_id_of_the_organization_trusts_the_account_alone(tmp_path: Path) -> None:
    found = organization(tmp_path, (FILE + ROLES + GRANTS).replace(", id: o-acme123456", ""))
    (statement,) = made(found, "dev")["role/acme-Dev"].trust["Statement"]
    assert statement["Condition"] == {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


@pytest.mark.parametrize(
    ("group", "roles"),
    [
        ("Admins", ["111111111111:role/acme-Admin", "333333333333:role/acme-Admin", "444444444444:role/acme-Admin"]),
        ("Deployers", ["333333333333:role/acme-Prod", "333333333333:role/acme-Read"]),
        ("Developers", ["333333333333:role/acme-Read", "444444444444:role/acme-Dev"]),
    ],
)
def test_a_group_assumes_exactly_its_roles(group: str, roles: list[str], acme: Organization) -> None:
    of_users = made(acme, "users")
    (statement,) = of_users[f"policy/acme-users-roles-{group}"].document["Statement"]
    assert statement["Resource"] == [f"{AWS}::{role}" for role in roles]
    assert of_users[f"group/{group}"].exact
    assert {arn.rpartition("/")[2] for arn in of_users[f"group/{group}"].policies} == {
        f"acme-users-roles-{group}",
        "awsbase-require-mfa",
        "awsbase-self-service",
    }
    assert [each for each in made(acme, "dev").values() if isinstance(each, Group)] == []


def test_a_group_that_the_template_defines_keeps_what_it_has_there(tmp_path: Path) -> None:
    users = USERS + '  groups: {Admins: {policies: ["awsbase:read-only"], path: /people/}, Others: {policies: []}}\n'
    group = made(organization(tmp_path, users=users), "users")["group/Admins"]
    assert {arn.rpartition("/")[2] for arn in group.policies} >= {"awsbase-read-only", "acme-users-roles-Admins"}
    assert (group.path, group.exact) == ("/people/", True)


@pytest.mark.parametrize(
    ("targets", "decides"),
    [
        ('"*": Read', {"users": "*", "prod": "*", "dev": "*"}),
        ('"*": Read, dev: Dev', {"users": "*", "prod": "*", "dev": "dev"}),
        ('"Workloads/**": Read, "*": Admin', {"users": "*", "prod": "Workloads/**", "dev": "Workloads/**"}),
        ('"Workloads/**": Read, "Workloads/Dev/**": Dev', {"prod": "Workloads/**", "dev": "Workloads/Dev/**"}),
        ('"Workloads/Dev/**": Read, dev: Dev', {"dev": "dev"}),
        ('"*": Admin, prod: []', {"users": "*", "prod": "prod", "dev": "*"}),
    ],
)
def test_the_most_specific_place_decides(targets: str, decides: dict[str, str], tmp_path: Path) -> None:
    table = ROLES + f'  grants:\n    Some: {{{targets}}}\n    All: {{"*": [Admin, Prod, Dev, Read]}}\n'
    model = organization(tmp_path, FILE + table, users=ACCOUNT).model
    assert {
        name: mine["Some"].at[-1] for name in ("users", "prod", "dev") if "Some" in (mine := cells(model, name))
    } == decides


def test_an_empty_list_takes_an_account_out(tmp_path: Path) -> None:
    found = organization(tmp_path, FILE + ROLES + GRANTS.replace('"*": Admin', '"*": Admin, prod: []'))
    assert "role/acme-Admin" not in made(found, "prod")
    assert [arn.split(":")[4] for arn in assumed(found.model, "Admins")] == ["111111111111", "444444444444"]


def test_more_roles_than_policies_hold_become_patterns_where_they_open_no_more(tmp_path: Path) -> None:
    """Deployers do not read in prod, where Read is too: a pattern would let them in there."""
    grants = GRANTS.replace("{prod: [Prod, Read]}", '{prod: Prod, "Workloads/Dev/**": Read}').replace(", dev: Dev", "")
    model = organization(tmp_path, FILE + ROLES.replace("    Dev: ", "    # ") + grants).model
    assert isinstance(model.accounts, dict)
    dev = model.accounts["dev"]
    many = {f"dev{number}": dev.model_copy(update={"id": f"{number:012}"}) for number in range(1_000)}
    large = model.model_copy(update={"accounts": {**model.accounts, **many}})
    assert assumed(large, "Admins") == [f"{AWS}::*:role/acme-Admin"]
    assert assumed(large, "Developers") == [f"{AWS}::*:role/acme-Read"]
    assert len(assumed(large, "Deployers")) == 1_002


def test_an_iam_section_that_asked_for_good_passwords_still_does(tmp_path: Path) -> None:
    found = organization(tmp_path, account=ACCOUNT + "iam:\n")
    assert "password-policy/account" in made(found, "dev")
    assert "password-policy/account" not in made(organization(tmp_path), "dev")


def test_files_of_policies_are_found_from_templates_in_another_folder(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/account.yaml").write_text(ACCOUNT)
    file = FILE.replace("manifest: account.yaml", "manifest: templates/account.yaml") + ROLES + GRANTS
    found = organization(tmp_path, file)
    assert found.members["prod"].source.value["iam"]["policies"] == {"acme-deploy": {"file": "../policies/deploy.json"}}


@pytest.mark.parametrize("row", WRONG, ids=lambda row: row["mistake"].split(": ", 2)[-1])
def test_a_mistake_in_the_table_is_told_with_its_line(row: dict[str, str], tmp_path: Path) -> None:
    assert wrong(tmp_path, row["table"], users=ACCOUNT) == [row["mistake"]]


def test_a_table_needs_an_account_with_the_people(tmp_path: Path) -> None:
    found = mistakes(with_policies(tmp_path), (FILE + ROLES + GRANTS).replace("identity: true, ", ""), users=USERS)
    assert found == [
        "org.yaml:8: access: no account has the people's IAM users, "
        "write identity: true at the account that they sign in to"
    ]


def test_people_in_another_account_are_a_mistake_unless_they_go(tmp_path: Path) -> None:
    account = ACCOUNT + "iam:\n  users:\n    bob: {state: absent}\n    carol: {}\n"
    assert wrong(tmp_path, ROLES + GRANTS, account=account) == [
        "account.yaml:5: iam.users.carol: people have their IAM users in users (in prod and 1 more account), move it "
        "into the manifest of users; state: absent deletes one that is here"
    ]


def test_a_template_that_contradicts_a_role_of_the_table_is_a_mistake(tmp_path: Path) -> None:
    account = ACCOUNT + 'iam: {roles: {acme-Admin: {trust: {accounts: ["{id}"]}, policies: []}}}\n'
    found = wrong(tmp_path, ROLES + GRANTS, account=account)
    assert found[0].startswith(
        "account.yaml:2: iam.roles.acme-Admin.trust.accounts: org.yaml:10 says a list, and this says a list"
    )


def shown(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """Return the exit code of `awsbase access`, and what it prints."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["access", *words])
    printed = capsys.readouterr()
    return int(ended.value.code or 0), printed.out + printed.err


def test_the_command_shows_the_table_of_the_file(acme: Organization, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = shown(capsys, acme.file, "--account", "prod,dev")
    assert code == 0
    assert [line.split() for line in text.splitlines()[:3]] == [
        ["prod", "dev"],
        ["Admins", "Admin", "Admin"],
        ["Deployers", "Prod,", "Read"],
    ]
    assert shown(capsys, "show", acme.file, "--account", "prod,dev") == (code, text)
    code, text = shown(capsys, "who", "alice", "prod", "--organization", acme.file, "--json")
    assert [each["role"] for each in json.loads(text)["chains"]] == ["acme-Read"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--markdown", "--json"], "--markdown and --json are two forms of the table"),
        (["--account", "prd"], "did you mean 'prod'?"),
    ],
)
def test_what_the_command_cannot_show_is_told(
    words: list[str], says: str, acme: Organization, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = shown(capsys, acme.file, *words)
    assert (code, says in text) == (2, True)


def test_a_file_without_a_table_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = organization(tmp_path, FILE, users=ACCOUNT)
    code, text = shown(capsys, found.file)
    assert (code, "org.yaml has no table: it says nothing below access" in text) == (2, True)
