"""A trail of an organization counts as the audit trail of a member, and is never moved by chance."""

from __future__ import annotations

import json
from typing import Any

import pytest

from awsbase.engine.changes import Report
from awsbase.manifest.load import understand
from awsbase.manifest.manifest import Manifest, resources
from awsbase.samples.audit import of_an_organization
from awsbase.sandbox import Fault, Sandbox
from tests.contract.sample import HOME, go, problems, said
from tests.manifest.saying import ACCOUNT, source

ALARMS = "notify: {security: {email: [a@acme.example]}}\naudit: {}\nalarms: {security: {controls: [root-use]}}\n"


def wanted(text: str) -> list[Any]:
    """Return the resources of a manifest."""
    manifest = understand(source(ACCOUNT + text), Manifest)
    return [resource for section in resources(manifest).values() for resource in section]


def member(name: str = "aws-controltower-BaselineCloudTrail", region: str = HOME.region, **how: bool) -> Sandbox:
    """Return the account of a member whose organization has a trail."""
    sandbox = Sandbox()
    sandbox.organization_trail(name, region, **how)
    return sandbox


def made(sandbox: Sandbox) -> list[str]:
    """Return the ARNs of the account's own trails."""
    found = sandbox.client("cloudtrail", HOME.region).describe_trails()["trailList"]
    return [each["TrailARN"] for each in found if ":123456789012:" in each["TrailARN"]]


def notes(report: Report) -> set[str]:
    return {note for outcome in report.outcomes for note in outcome.notes}


@pytest.mark.parametrize(
    ("name", "region"),
    [("aws-controltower-BaselineCloudTrail", "eu-west-1"), ("acme-trail", "eu-west-1"), ("acme-trail", "us-east-1")],
    ids=["of another name", "of the wanted name", "at home in another region"],
)
def test_member_makes_nothing_beside_the_trail_of_its_organization(name: str, region: str) -> None:
    sandbox = member(name, region)
    done = go(sandbox, "reconcile", wanted("audit: {access_logs: {}}\n"))
    assert (said(done), problems(done)) == ([], [])
    (note,) = notes(done)
    assert f"not made: the organization's trail arn:aws:cloudtrail:{region}:999999999999:trail/{name} records" in note
    assert [call.name for call in sandbox.calls if call.writes] == []


def test_alarms_in_a_member_say_that_they_need_an_own_trail() -> None:
    sandbox = member()
    planned = go(sandbox, "plan", wanted(ALARMS))
    failed = {outcome.address: outcome.error for outcome in planned.outcomes if outcome.error}
    assert list(failed) == ["metric-filter/acme-audit/acme-root-use"]
    (error,) = failed.values()
    assert error.code == "NotMade"
    assert error.message.startswith("this needs log-group/acme-audit, which is not made here: the organization's trail")
    assert "own_trail: true" in error.message
    own = ALARMS.replace("audit: {}", "audit: {own_trail: true}")
    assert problems(go(sandbox, "reconcile", wanted(own))) == []


@pytest.mark.parametrize(
    ("name", "own"), [("acme-trail", "acme-trail-own"), ("main", "acme-trail")], ids=["taken", "free"]
)
def test_own_trail_gets_another_name_where_its_own_is_taken(name: str, own: str) -> None:
    sandbox, resources = member(name), wanted("audit: {own_trail: true}\n")
    assert problems(go(sandbox, "reconcile", resources)) == []
    assert made(sandbox) == [f"arn:aws:cloudtrail:eu-west-1:123456789012:trail/{own}"]
    assert sandbox.client("cloudtrail", HOME.region).get_trail_status(Name=made(sandbox)[0])["IsLogging"]
    assert said(go(sandbox, "plan", resources)) == []


def test_trail_that_the_account_has_already_is_kept() -> None:
    sandbox, resources = Sandbox(), wanted("audit: {}\n")
    go(sandbox, "reconcile", resources)
    sandbox.organization_trail("acme-trail", HOME.region)
    sandbox.client("cloudtrail", HOME.region).stop_logging(Name=made(sandbox)[0])
    assert said(go(sandbox, "reconcile", resources)) == ["trail/acme-trail: update logging"]


@pytest.mark.parametrize(("logging", "everywhere"), [(False, True), (True, False)], ids=["stopped", "of one region"])
def test_trail_of_the_organization_counts_only_if_it_records_all(logging: bool, everywhere: bool) -> None:
    sandbox = member(logging=logging, everywhere=everywhere)
    assert problems(go(sandbox, "reconcile", wanted("audit: {}\n"))) == []
    assert made(sandbox) == ["arn:aws:cloudtrail:eu-west-1:123456789012:trail/acme-trail"]


def test_key_that_others_use_is_made_all_the_same() -> None:
    done = go(member(), "reconcile", wanted("audit: {}\nstate: {key: alias/acme-audit}\n"))
    assert problems(done) == []
    assert "key/acme-audit: create key" in said(done)
    assert "bucket/acme-audit: create bucket" not in said(done)


def test_management_account_moves_the_trail_only_with_approval_and_for_the_whole_organization() -> None:
    sandbox, resources = Sandbox(), wanted("audit: {}\n")
    of_an_organization(sandbox)
    planned = go(sandbox, "plan", resources)
    (risk,) = [change.risk for _, change in planned.changes if change.what == "settings"]
    assert risk is not None
    assert risk.reason.startswith("the record of every account of the organization gets another bucket")

    assert problems(go(sandbox, "reconcile", resources)) == []
    id = sandbox.client("organizations").describe_organization()["Organization"]["Id"]
    policy = json.loads(sandbox.client("s3", HOME.region).get_bucket_policy(Bucket="acme-audit")["Policy"])
    (written,) = [each["Resource"] for each in policy["Statement"] if each["Action"] == "s3:PutObject"]
    assert written == [f"arn:aws:s3:::acme-audit/AWSLogs/{owner}/*" for owner in ("123456789012", id)]
    role = sandbox.client("iam").get_role_policy(RoleName="acme-cloudtrail-logs", PolicyName="deliver")
    assert f"log-stream:{id}_CloudTrail_eu-west-1*" in str(role["PolicyDocument"])
    assert said(go(sandbox, "plan", resources)) == []


def test_management_account_keeps_both_trails_where_it_asks_for_an_own_one() -> None:
    sandbox, resources = Sandbox(), wanted("audit: {own_trail: true}\n")
    of_an_organization(sandbox)
    assert problems(go(sandbox, "reconcile", resources)) == []
    assert [arn.rpartition("/")[2] for arn in made(sandbox)] == ["acme-trail", "acme-trail-own"]


def test_organization_is_known_by_the_bucket_where_nobody_may_ask() -> None:
    sandbox, resources = Sandbox(), wanted("audit: {}\n")
    of_an_organization(sandbox)
    sandbox.faults.add(Fault("access denied", on="organizations:DescribeOrganization", times=9))
    assert problems(go(sandbox, "reconcile", resources)) == []
    policy = sandbox.client("s3", HOME.region).get_bucket_policy(Bucket="acme-audit")["Policy"]
    sandbox.faults.clear()
    assert sandbox.client("organizations").describe_organization()["Organization"]["Id"] in policy
