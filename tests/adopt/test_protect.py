"""An account is adopted with its protection as it is: what is off is said, and what is there is described or told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from awsbase.adopt.sections.account import tags_of
from awsbase.engine.changes import Report
from awsbase.engine.things import Described
from awsbase.ensure.analyzer import Analyzer
from awsbase.ensure.regions import Regions
from awsbase.ensure.snapshot_block import NEW
from awsbase.manifest.load import load_text
from awsbase.manifest.manifest import resources
from awsbase.sandbox import Refusal, Request, Rule, Sandbox
from awsbase.sandbox.services.config import Recorders
from awsbase.testing.adopted import Adopted, adopted
from awsbase.testing.subject import FEWER, REGIONS
from tests.adopt.reconciled import reasons
from tests.contract.sample import HOME, go, problems, said

FAR = "us-east-1"
HEAD = """\
version: 1

account:
  id: "123456789012"
  name: acme
  region: eu-west-1
"""
WHOLE = f"""{HEAD}\
  alias: acme-prod
  tags: {{owner: platform}}

contacts:
  security: {{name: Team, title: Security, email: security@acme.example, phone: +1 555 0100}}

root: {{}}

protect:
  metadata_hops: 2
  own_volume_key: [us-east-1]
  config: {{retention_days: 400}}
  guardduty: {{plans: [malware, s3]}}
  security_hub: {{standards: [fsbp]}}
  flow_logs: {{bucket: acme-flows}}
  admin_ports: {{}}
"""
OFF = """
protect:
  block_public_buckets: false  # weaker than the default: true
  encrypt_volumes: false  # weaker than the default: true
  public_snapshots: unmanaged  # weaker than the default: blocked
  block_public_images: false  # weaker than the default: true
  require_imdsv2: false  # weaker than the default: true
  close_default_groups: false  # weaker than the default: true
  access_analyzer: false  # weaker than the default: true
  admin_ports: {}
"""


@pytest.fixture
def sandbox() -> Sandbox:
    """Return an account of four regions."""
    return Sandbox(pages=2, rules=FEWER)


def reconciled(sandbox: Sandbox, text: str) -> dict[str, Any]:
    """Make what a manifest says; return its resources by address."""
    made = compiled(text)
    assert problems(go(sandbox, "reconcile", made)) == []
    return {each.address: each for each in made}


def compiled(text: str) -> list[Any]:
    """Return the resources of a manifest."""
    return [each for several in resources(load_text(text, Path("acme.yaml"), {})).values() for each in several]


def line(found: Adopted, key: str) -> str:
    """Return the line of a key in the manifest; empty when it is not there."""
    return next((each.strip() for each in found.text.splitlines() if each.strip().startswith(f"{key}:")), "")


def test_an_account_of_a_manifest_is_adopted_as_that_manifest(sandbox: Sandbox) -> None:
    made = reconciled(sandbox, WHOLE)
    found = adopted(sandbox, only=("account", "contacts", "root", "protect"))
    assert found.text == WHOLE
    assert (reasons(found), found.proven.refuted, found.proven.plan.changes) == ({}, {}, [])
    assert found.resources == made


def test_an_account_as_it_comes_says_what_is_weaker_than_the_defaults(sandbox: Sandbox) -> None:
    found = adopted(sandbox, only=("protect",))
    assert found.text == HEAD + OFF
    assert (reasons(found), found.proven.refuted) == ({}, {})


def test_groups_that_may_open_support_cases_are_told_once(sandbox: Sandbox) -> None:
    made = reconciled(
        sandbox, f'{HEAD}root: {{support: [Ops]}}\niam: {{groups: {{Ops: {{policies: ["aws:ReadOnlyAccess"]}}}}}}\n'
    )
    found = adopted(sandbox, only=("root", "iam"))
    assert line(found, "support") == "support: [Ops]"
    assert "roles:" not in found.text
    assert reasons(found) == {}
    assert found.resources == made


def test_a_role_for_support_that_may_more_stays_a_role_like_others(sandbox: Sandbox) -> None:
    reconciled(
        sandbox, f'{HEAD}root: {{support: [Ops]}}\niam: {{groups: {{Ops: {{policies: ["aws:ReadOnlyAccess"]}}}}}}\n'
    )
    sandbox.client("iam").attach_role_policy(
        RoleName="acme-support", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess"
    )
    found = adopted(sandbox, only=("root", "iam"))
    assert line(found, "root") == "root: {}"
    assert {"role/acme-support", "policy/acme-support"} <= found.resources.keys()


def test_root_is_left_out_while_its_section_would_switch_billing_alerts_on(sandbox: Sandbox) -> None:
    found = adopted(sandbox, only=("root",))
    assert "root:" not in found.text
    assert reasons(found) == {"root/account": ("billing alerts are off, and the section would switch them on",)}


@pytest.mark.parametrize(
    ("name", "taken"), [("Team", True), ("  ", False)], ids=["a contact", "one whose name nobody sees"]
)
def test_contacts_are_told_as_far_as_a_manifest_takes_them(sandbox: Sandbox, name: str, taken: bool) -> None:
    sandbox.client("account").put_alternate_contact(
        AlternateContactType="BILLING", Name=name, Title="T", EmailAddress="t@acme.example", PhoneNumber="+1 555 0100"
    )
    found = adopted(sandbox, only=("contacts",))
    assert bool(line(found, "billing")) == taken
    assert [*reasons(found)] == ([] if taken else ["contact/billing"])


def test_what_holds_in_some_regions_alone_is_off_with_the_reason(sandbox: Sandbox) -> None:
    for region in ("eu-west-1", FAR):
        sandbox.client("ec2", region).enable_ebs_encryption_by_default()
    found = adopted(sandbox, only=("protect",))
    where = "new volumes are encrypted in eu-west-1, us-east-1, and not in eu-central-1, us-west-2"
    assert line(found, "encrypt_volumes") == f"encrypt_volumes: false  # weaker than the default: true; {where}"
    assert reasons(found) == {"ebs-encryption/account": (where,)}


def test_snapshots_that_are_public_already_stay_so(sandbox: Sandbox) -> None:
    for region in REGIONS:
        sandbox.client("ec2", region).enable_snapshot_block_public_access(State=NEW)
    found = adopted(sandbox, only=("protect",))
    assert line(found, "public_snapshots") == "public_snapshots: new-blocked  # weaker than the default: blocked"
    sandbox.client("ec2", FAR).enable_snapshot_block_public_access(State="block-all-sharing")
    found = adopted(sandbox, only=("protect",))
    assert line(found, "public_snapshots").endswith("# weaker than the default: blocked; regions differ")


def test_some_of_the_switches_for_buckets_are_named(sandbox: Sandbox) -> None:
    half = {"BlockPublicAcls": True, "IgnorePublicAcls": True}
    sandbox.client("s3control", HOME.region).put_public_access_block(
        AccountId=HOME.account, PublicAccessBlockConfiguration=half
    )
    found = adopted(sandbox, only=("protect",))
    assert line(found, "block_public_buckets").endswith("; on are BlockPublicAcls, IgnorePublicAcls alone")


def test_a_region_that_an_organization_closes_is_left_out_of_the_manifest() -> None:
    where = {"StringEquals": {"aws:RequestedRegion": "us-west-2"}}
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": where}
    sandbox = Sandbox(pages=2, rules=FEWER, deny=[{"Version": "2012-10-17", "Statement": [deny]}])
    found = adopted(sandbox, only=("protect",))
    assert [each.name for each in found.count.unread] == ["region us-west-2"]
    names, _, why = line(found, "regions").partition("  # ")
    assert names == "regions: [eu-central-1, eu-west-1, us-east-1]"
    assert why == (
        "left out: us-west-2; a service control policy of the organization refuses ec2:GetEbsEncryptionByDefault "
        "in us-west-2"
    )
    assert found.proven.plan.changes == []


def test_what_an_organization_closes_everywhere_is_told_and_left_as_it_is() -> None:
    deny = {"Effect": "Deny", "Action": "ec2:GetEbsEncryptionByDefault", "Resource": "*"}
    sandbox = Sandbox(pages=2, rules=FEWER, deny=[{"Version": "2012-10-17", "Statement": [deny]}])
    found = adopted(sandbox, only=("protect",))
    assert [(each.name, each.closed) for each in found.count.unread] == [("ebs-encryption/*", True)]
    assert line(found, "encrypt_volumes") == "encrypt_volumes: false  # what it is could not be read"
    assert line(found, "regions") == ""


@pytest.mark.parametrize(
    ("tagged", "tags"),
    [
        ([{"owner": "web", "unit": "a"}, {"owner": "web", "unit": "b", "awsbase:address": "x"}], {"owner": "web"}),
        ([{"owner": "web"}, {}], {}),
        ([{"aws:cloudformation:stack-name": "x", "a b": "1", "empty": "", "ok": "1"}], {"ok": "1"}),
        ([], {}),
    ],
    ids=["two", "one without", "what a manifest refuses", "nothing"],
)
def test_tags_of_the_account_are_those_that_everything_has(tagged: list[dict[str, str]], tags: dict[str, str]) -> None:
    things = [Described(Analyzer(scope=HOME, name=f"a{number}"), each) for number, each in enumerate(tagged)]
    assert tags_of([*things, Described(Regions(scope=HOME))]) == tags


@pytest.mark.parametrize(
    ("on", "key"),
    [
        ("ec2:GetEbsEncryptionByDefault", "encrypt_volumes"),
        ("ec2:GetSnapshotBlockPublicAccessState", "public_snapshots"),
        ("access-analyzer:ListAnalyzers", "access_analyzer"),
        ("s3:GetPublicAccessBlock", "block_public_buckets"),
    ],
)
def test_what_may_not_be_read_is_left_as_it_is(on: str, key: str) -> None:
    def refuse(request: Request) -> None:
        raise Refusal("AccessDenied", f"User: x is not authorized to perform: {on}", 403)

    apis = {"access-analyzer": "accessanalyzer", "s3": "s3control"}
    service, _, operation = on.partition(":")
    sandbox = Sandbox(rules=(*FEWER, Rule(f"{apis.get(service, service)}:{operation}", before=refuse)))
    found = adopted(sandbox, only=("protect",))
    assert [each.action for each in found.count.unread] == [on]
    assert line(found, key).endswith("  # what it is could not be read")


def test_analyzers_of_stacksets_are_left_to_them(sandbox: Sandbox) -> None:
    for region in REGIONS:
        sandbox.client("accessanalyzer", region).create_analyzer(
            analyzerName="org", type="ACCOUNT", tags={"unit": "web"}
        )
    stack = {"aws:cloudformation:stack-name": "StackSet-baseline-1"}
    from awsbase.sandbox.services.accessanalyzer import Analyzers

    for each in sandbox.memory(Analyzers).held.values():
        each.tags |= stack
    found = adopted(sandbox, only=("protect",))
    assert [(each.name, each.owner) for each in found.count.left_alone] == [("analyzer/org", "StackSets")]
    assert line(found, "access_analyzer") == (
        "access_analyzer: false  # somebody else looks after those that are there"
    )


def recording(sandbox: Sandbox) -> None:
    """Record all regions, and check them."""
    reconciled(sandbox, f"{HEAD}protect: {{config: {{}}, security_hub: {{}}}}\n")


def test_what_control_tower_records_is_left_to_it_and_hubs_need_a_record_of_ours(sandbox: Sandbox) -> None:
    recording(sandbox)
    for held in sandbox.memory(Recorders).regions.values():
        held.recorder = {**held.recorder, "name": "aws-controltower-BaselineConfigRecorder"}
    found = adopted(sandbox, only=("protect",))
    assert {each.owner for each in found.count.left_alone} == {"AWS Control Tower"}
    assert (line(found, "config"), line(found, "security_hub")) == ("", "")
    assert reasons(found)["security-hubs/account"] == ("a manifest has Security Hub only beside AWS Config",)


def test_a_record_that_the_section_would_change_is_told_with_its_fields(sandbox: Sandbox) -> None:
    recording(sandbox)
    group = {"allSupported": False, "resourceTypes": ["AWS::EC2::Instance"]}
    held = sandbox.memory(Recorders).regions[FAR]
    held.recorder = {**held.recorder, "recordingGroup": group}
    found = adopted(sandbox, only=("protect",))
    assert line(found, "config") == ""
    assert reasons(found)["config-recorders/account"] == ("recorder in us-east-1: all",)


def test_a_record_in_a_bucket_of_others_has_no_words(sandbox: Sandbox) -> None:
    recording(sandbox)
    for held in sandbox.memory(Recorders).regions.values():
        held.channel = {**held.channel, "s3BucketName": "central-log-archive"}
    found = adopted(sandbox, only=("protect",))
    assert reasons(found)["config-recorders/account"] == (
        "its bucket central-log-archive: it is none of this account's home region",
    )


def test_what_is_weaker_is_left_out_when_tightened_and_the_plan_shows_just_that(sandbox: Sandbox) -> None:
    from awsbase.adopt.proof import tightened

    sandbox.client("ec2", FAR).enable_ebs_encryption_by_default()
    found = adopted(sandbox, only=("protect",))

    def plan(wanted: Any, manifest: Any) -> Report:
        return go(sandbox, "plan", wanted)

    text, report = tightened(found.proven, found.target, plan)
    assert "weaker" not in text
    assert "ebs-encryption/account: update encryption in us-west-2" in said(report)
    assert "ebs-encryption/account: update encryption in us-east-1" not in said(report)
