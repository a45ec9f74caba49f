"""Protection that costs money is off by default; bucket policies allow the services of this account only."""

from __future__ import annotations

from typing import Any

import pytest

from awsbase.engine.resource import Resource
from awsbase.engine.scope import Scope
from awsbase.ensure.security_hubs import FSBP, SecurityHubs
from awsbase.ensure.trail import Trail
from awsbase.manifest.load import understand
from awsbase.manifest.log_buckets import access_log_statements
from awsbase.manifest.manifest import Manifest, resources
from awsbase.manifest.opt_ins import config_statements, delivery_statements
from tests.manifest.saying import ACCOUNT, mistakes, source
from tests.policies.evaluate import AccessRequest, allowed


def made(text: str, home: str = "eu-west-1") -> dict[str, Resource]:
    manifest = understand(source(ACCOUNT.replace("eu-west-1", home) + text), Manifest)
    return {each.address: each for section in resources(manifest).values() for each in section}


@pytest.mark.parametrize(
    ("text", "more"),
    [
        (
            "config: {}",
            {"bucket/acme-config", "service-linked-role/AWSServiceRoleForConfig", "config-recorders/account"},
        ),
        ("guardduty: {}", {"detectors/account"}),
        ("flow_logs: {bucket: acme-flows}", {"bucket/acme-flows", "flow-logs/account"}),
        ("admin_ports: {}", {"admin-ports/account"}),
    ],
)
def test_each_opt_in_adds_its_own_resources(text: str, more: set[str]) -> None:
    assert made(f"protect: {{{text}}}").keys() - made("protect:").keys() == more


@pytest.mark.parametrize("home", ["eu-west-1", "cn-north-1"])
def test_all_opt_ins_are_valid_in_every_partition(home: str) -> None:
    text = "protect:\n  config:\n  guardduty:\n  security_hub: {standards: [fsbp]}\n  flow_logs:\n  admin_ports:\n"
    found = made(text, home)
    hubs = found["security-hubs/account"]
    assert isinstance(hubs, SecurityHubs)
    assert hubs.standards == (FSBP,)
    assert hubs.recorders == "config-recorders/account"
    partition = Scope("123456789012", home, home).partition
    assert f"arn:{partition}:" in repr(found["flow-logs/account"])


def test_audit_section_logs_objects_and_access_on_request() -> None:
    plain, more = made("audit:"), made("audit: {data_events: true, access_logs: {}}")
    assert more.keys() - plain.keys() == {"bucket/acme-access-logs", "access-log/acme-audit"}
    trails = [found["trail/acme-trail"] for found in (plain, more)]
    assert [isinstance(each, Trail) and each.objects for each in trails] == [False, True]
    assert [bool([*each.costs()]) for each in trails] == [False, True]


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("protect: {security_hub: {}}", "m.yaml:3: protect.security_hub: Security Hub judges what AWS Config records"),
        (
            "audit: {bucket: acme-logs, access_logs: {bucket: acme-logs}}",
            "audit.access_logs.bucket: a bucket that logs into itself never ends",
        ),
        ("protect: {config: {retention_days: 36501}}", "protect.config.retention_days: must be at most 36500"),
        ("protect: {flow_logs: {retention_days: 36501}}", "protect.flow_logs.retention_days: must be at most 36500"),
        ("protect: {security_hub: {standards: [cis-2]}, config: {}}", "protect.security_hub.standards[0]"),
    ],
)
def test_mistake_in_opt_ins_gives_advice(text: str, mistake: str) -> None:
    (found,) = mistakes(ACCOUNT + text, Manifest)
    assert mistake.removeprefix("m.yaml:3: ") in found


HOME = Scope("123456789012", "eu-west-1", "eu-west-1")
ACL = {"s3:x-amz-acl": "bucket-owner-full-control"}
CONFIG = config_statements(HOME, "acme-config")
FLOW = delivery_statements(HOME, "acme-flow-logs")
ACCESS = access_log_statements(HOME, "acme-access-logs", "acme-audit")
US, THEM = "123456789012", "999999999999"


def put(key: str, **context: str) -> AccessRequest:
    return AccessRequest(
        "s3:PutObject", f"arn:aws:s3:::{key}", {name.replace("_", ":"): each for name, each in context.items()} | ACL
    )


@pytest.mark.parametrize(
    ("statements", "request_", "gets_in"),
    [
        (CONFIG, put(f"acme-config/AWSLogs/{US}/Config/eu-west-1/a.gz", aws_SourceAccount=US), True),
        (CONFIG, put(f"acme-config/AWSLogs/{US}/Config/eu-west-1/a.gz", aws_SourceAccount=THEM), False),
        (CONFIG, put(f"acme-config/AWSLogs/{THEM}/Config/eu-west-1/a.gz", aws_SourceAccount=US), False),
        (CONFIG, AccessRequest("s3:ListBucket", "arn:aws:s3:::acme-config", {"aws:SourceAccount": US}), True),
        (CONFIG, AccessRequest("s3:GetBucketAcl", "arn:aws:s3:::acme-config", {"aws:SourceAccount": THEM}), False),
        (
            FLOW,
            put(
                f"acme-flow-logs/AWSLogs/{US}/vpcflowlogs/a",
                aws_SourceAccount=US,
                aws_SourceArn=f"arn:aws:logs:us-east-1:{US}:*",
            ),
            True,
        ),
        (
            FLOW,
            put(
                f"acme-flow-logs/AWSLogs/{US}/vpcflowlogs/a",
                aws_SourceAccount=THEM,
                aws_SourceArn=f"arn:aws:logs:us-east-1:{THEM}:*",
            ),
            False,
        ),
        (
            ACCESS,
            put("acme-access-logs/acme-audit/a", aws_SourceAccount=US, aws_SourceArn="arn:aws:s3:::acme-audit"),
            True,
        ),
        (ACCESS, put("acme-access-logs/acme-audit/a", aws_SourceAccount=US, aws_SourceArn="arn:aws:s3:::other"), False),
        (
            ACCESS,
            put("acme-access-logs/acme-audit/a", aws_SourceAccount=THEM, aws_SourceArn="arn:aws:s3:::acme-audit"),
            False,
        ),
    ],
)
def test_bucket_policy_allows_this_account_only(statements: Any, request_: AccessRequest, gets_in: bool) -> None:
    assert allowed([{"Statement": list(statements)}], request_) is gets_in
