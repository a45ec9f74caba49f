"""The sandbox is an account in China and in GovCloud as well: the baseline converges there, with ARNs of its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from awsbase.aws import Aws
from awsbase.engine.account import check, identify
from awsbase.engine.changes import Mode, Report
from awsbase.engine.execution import execute
from awsbase.engine.wire import Wire
from awsbase.ensure import KINDS
from awsbase.manifest.load import load
from awsbase.manifest.manifest import Manifest, resources
from awsbase.sandbox import Sandbox
from tests.contract.sample import problems, said
from tests.sandbox.refused import refused

BASELINE = Path(__file__).parents[2] / "manifests" / "baseline.yaml"
ELSEWHERE = pytest.mark.parametrize(
    ("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)


def baseline(folder: Path, region: str) -> Manifest:
    text = BASELINE.read_text().replace("region: eu-west-1", f"region: {region}")
    if region.startswith("us-gov-"):  # billed by its commercial twin
        text = re.sub(r"\nalarms:\n(  .*\n)+", "\n", text)
    path = folder / "baseline.yaml"
    path.write_text(text)
    return load(path)


def go(sandbox: Sandbox, mode: Mode, manifest: Manifest) -> Report:
    wire, account = Wire(), manifest.account
    aws = Aws(sandbox.session(region=account.region), account.region, attach=[wire.attach], attempts=1)
    wanted = [resource for section in resources(manifest).values() for resource in section]
    return execute(mode, wanted, KINDS, check(identify(aws, wire), account.id), clock=sandbox.clock)


@ELSEWHERE
def test_the_baseline_converges_in_its_own_partition(tmp_path: Path, region: str, partition: str) -> None:
    manifest, sandbox = baseline(tmp_path, region), Sandbox(pages=2)

    planned = go(sandbox, "plan", manifest)
    done = go(sandbox, "reconcile", manifest)
    assert problems(done) == []
    assert sorted(said(done)) == sorted(said(planned))
    assert said(go(sandbox, "plan", manifest)) == []

    assert set(re.findall(r"arn:(aws[a-z-]*):", str([call.params for call in sandbox.calls]))) == {partition}
    assert {call.region.startswith(region[:3]) for call in sandbox.calls} == {True}
    held = sandbox.snapshot()
    assert held["iam"]["aws"]["groups"] == {}
    assert (
        f"arn:{partition}:iam::aws:policy/job-function/Billing"
        in held["iam"][partition]["groups"]["Billing"]["attached"]
    )


@ELSEWHERE
def test_who_asks_is_of_the_partition_too(region: str, partition: str) -> None:
    sandbox = Sandbox()
    iam = sandbox.client("iam", region)
    assert iam.create_user(UserName="ann")["User"]["Arn"] == f"arn:{partition}:iam::123456789012:user/ann"
    told = sandbox.client("sts", region, caller="user/ann").get_caller_identity()
    assert told["Arn"] == f"arn:{partition}:iam::123456789012:user/ann"
    assert sandbox.client("iam").list_users()["Users"] == []
    attach = {"UserName": "ann", "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}
    assert refused(iam.attach_user_policy, **attach) == "NoSuchEntity"


@pytest.mark.parametrize(
    ("region", "rings"),
    [
        ("us-east-1", True),
        ("eu-west-1", False),
        ("cn-northwest-1", True),
        ("cn-north-1", False),
        ("us-gov-west-1", False),
    ],
)
def test_billing_alarms_ring_in_one_region_of_a_partition(region: str, rings: bool) -> None:
    refusal = refused(
        Sandbox().client("cloudwatch", region).put_metric_alarm,
        AlarmName="bill",
        Namespace="AWS/Billing",
        MetricName="EstimatedCharges",
        Statistic="Maximum",
        Period=21600,
        EvaluationPeriods=1,
        Threshold=1.0,
        ComparisonOperator="GreaterThanThreshold",
    )
    assert refusal == (None if rings else "ValidationError")
