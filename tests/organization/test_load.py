"""The organization file: what each account gets, and what is a mistake, with the file and line that it stands on."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
import yaml

from awsbase.ensure.bucket import Bucket
from awsbase.errors import UsageError
from awsbase.manifest.load import load
from awsbase.manifest.manifest import fingerprint, resources
from awsbase.manifest.source import parse
from awsbase.organization import is_organization
from awsbase.organization.reach import route
from tests.organization.files import ORGANIZATION, TEMPLATE, loaded, mistakes

MISTAKES = yaml.safe_load((Path(__file__).parent / "mistakes.yaml").read_text())
ENTRY = '  dev:   {id: "444444444444", role: OrganizationAccountAccessRole, via: users, with: {budget: 200}}\n'


def with_entry(entry: str) -> str:
    """Return the organization file with another account dev."""
    assert ENTRY in ORGANIZATION
    return ORGANIZATION.replace(ENTRY, f"  {entry}\n")


def test_each_account_gets_the_template_with_its_own_values(tmp_path: Path) -> None:
    members = loaded(tmp_path).members
    dev = members["dev"].source.value
    assert dev["account"] == {
        "id": "444444444444",
        "name": "acme-dev",
        "region": "eu-west-1",
        "tags": {"owner": "platform"},
    }
    assert dev["alarms"] == {"billing": {"amounts": [200]}}
    assert dev["notify"]["billing"]["email"] == ["dev@acme.example"]
    assert members["prod"].source.value["alarms"] == {"billing": {"amounts": [50]}}
    assert [name for name, each in members.items() if each.manifest.account.protected] == ["prod"]


def test_state_buckets_are_called_after_organization_and_account(tmp_path: Path) -> None:
    made = [each for part in resources(loaded(tmp_path).members["prod"].manifest).values() for each in part]
    assert [each.name for each in made if isinstance(each, Bucket)] == ["acme-prod-state"]


def test_the_text_of_an_account_is_an_ordinary_manifest_that_means_the_same(tmp_path: Path) -> None:
    for member in loaded(tmp_path).members.values():
        again = load(Path("-"), stdin=BytesIO(member.text.encode()))
        assert fingerprint(again) == fingerprint(member.manifest)


def test_what_the_template_says_of_the_account_is_kept(tmp_path: Path) -> None:
    own = TEMPLATE + 'account: {alias: "{org}-{account}-sign-in", tags: {team: core}}\n'
    account = loaded(tmp_path, account=own).members["dev"].manifest.account
    assert (account.alias, account.tags) == ("acme-dev-sign-in", {"owner": "platform", "team": "core"})


def test_a_placeholder_that_is_all_of_a_value_keeps_its_kind(tmp_path: Path) -> None:
    file = ORGANIZATION.replace(
        "with: {budget: 200}", "with: {budget: 200, days: 90, mail: [a@x.example, b@x.example]}"
    )
    file = file.replace("{budget: 50}", "{budget: 50, days: 30, mail: [ops@x.example]}")
    template = TEMPLATE.replace('["{account}@{org}.example"]', '"{with.mail}"')
    template = template.replace(
        "state: {}", 'state: {old_versions_days: "{with.days}", bucket: "{org}-{with.days}-st"}'
    )
    value = loaded(tmp_path, file, account=template).members["dev"].source.value
    assert value["state"] == {"old_versions_days": 90, "bucket": "acme-90-st"}
    assert value["notify"]["billing"]["email"] == ["a@x.example", "b@x.example"]


def test_variables_of_iam_and_names_of_the_manifest_are_left_alone(tmp_path: Path) -> None:
    template = TEMPLATE.replace("state: {}", 'state: {bucket: "{name}-${org}-st"}')
    (mistake,) = mistakes(tmp_path, account=template)
    assert mistake.startswith(
        "account.yaml:6: state.bucket: 'acme-users-${org}-st' (from '{name}-${org}-st') is no bucket"
    )
    assert "(in users and 2 more accounts)" in mistake


@pytest.mark.parametrize("row", MISTAKES, ids=lambda row: row["mistake"].split(": ")[-1])
def test_a_mistake_in_an_account_is_told_with_its_line(row: dict[str, str], tmp_path: Path) -> None:
    assert mistakes(tmp_path, with_entry(row["account"])) == [row["mistake"]]


def test_a_mistake_of_the_template_is_told_once_and_at_its_own_line(tmp_path: Path) -> None:
    assert mistakes(tmp_path, account=TEMPLATE + "audit: {trial: x}\n") == [
        "account.yaml:7: audit.trial: unknown key 'trial', did you mean 'trail'?"
    ]


def test_mistakes_of_all_accounts_come_at_once(tmp_path: Path) -> None:
    file = ORGANIZATION.replace("budget: 200", "budget: -1").replace("protected: true", "manifest: prod.yaml")
    assert mistakes(tmp_path, file, prod=TEMPLATE.replace("with.budget", "with.limit").replace("state", "stat")) == [
        "account.yaml:5: alarms.billing.amounts[0]: -1 is no amount that can be exceeded (in dev), write one greater "
        "than 0",
        "prod.yaml:5: alarms.billing.amounts[0]: org.yaml: accounts.prod gives no 'limit' for {with.limit} (in "
        "prod), write `with: {limit: …}` there, or below defaults",
        "prod.yaml:6: stat: unknown key 'stat' (in prod), did you mean 'state'?",
    ]


@pytest.mark.parametrize(
    ("account", "says"),
    [
        ('{id: "999999999999"}', "account.id: org.yaml:5 says '111111111111', and this says '999999999999'"),
        ("{region: us-east-1}", "account.region: org.yaml:5 says 'eu-west-1', and this says 'us-east-1'"),
        ("{tags: {owner: me}}", "account.tags.owner: org.yaml:5 says 'platform', and this says 'me'"),
        ("7", "account: org.yaml:5 says a mapping, and this says 7"),
    ],
)
def test_two_files_that_contradict_each_other_are_a_mistake(account: str, says: str, tmp_path: Path) -> None:
    found = mistakes(tmp_path, account=TEMPLATE + f"account: {account}\n")
    assert found[0] == f"account.yaml:7: {says} (in users and 2 more accounts), leave it out here, or correct one"


def test_names_that_accounts_do_not_have_are_refused(tmp_path: Path) -> None:
    organization = loaded(tmp_path)
    assert [each.name for each in organization.chosen(["dev", "users"])] == ["users", "dev"]
    with pytest.raises(UsageError, match="has no account 'prd'") as refused:
        organization.chosen(["prd"])
    assert refused.value.hint == "did you mean 'prod'?"


def test_defaults_and_a_selection_may_be_left_out(tmp_path: Path) -> None:
    file = ORGANIZATION.replace("defaults: {manifest: account.yaml, tags: {owner: platform}, with: {budget: 50}}\n", "")
    entry = ENTRY.replace("with:", "manifest: account.yaml, with:")
    users, prod = '  users: {id: "111111111111", profile: acme-users, identity: true', '  prod:  {id: "333333333333",'
    rest = file.replace(users, f"{users}, manifest: account.yaml, with: {{budget: 1}}")
    rest = rest.replace(prod, f"{prod} manifest: account.yaml, with: {{budget: 1}},").replace(ENTRY, entry)
    assert list(loaded(tmp_path, rest).members) == ["users", "prod", "dev"]


def test_accounts_that_aws_lists_need_somebody_to_ask_it(tmp_path: Path) -> None:
    file = ORGANIZATION.partition("accounts:")[0] + "accounts: {from: organization, select: {units: [Workloads]}}\n"
    with pytest.raises(UsageError, match="are listed by AWS, which this command does not ask"):
        loaded(tmp_path, file)


@pytest.mark.parametrize(
    ("text", "several"),
    [(ORGANIZATION, True), ("version: 1\naccount: {}\norganization: {}\n", False), ("organization: {}\n", True)],
    ids=["accounts", "manifest of a management account", "nothing but its owner"],
)
def test_a_file_tells_what_it_is(text: str, several: bool) -> None:
    assert is_organization(parse(text.encode(), file="f", folder=Path())) == several


def test_a_way_through_several_accounts_is_a_chain_of_roles(tmp_path: Path) -> None:
    file = with_entry('dev: {id: "444444444444", role: Deep, via: prod}')
    organization = loaded(tmp_path, file)
    way = route(organization, organization.members["dev"])
    assert way.profile == "acme-users"
    assert way.roles == (
        "arn:aws:iam::333333333333:role/OrganizationAccountAccessRole",
        "arn:aws:iam::444444444444:role/Deep",
    )
    assert way.words == "profile acme-users → OrganizationAccountAccessRole in 333333333333 → Deep in 444444444444"
