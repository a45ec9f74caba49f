"""A network and a bastion from start to end, against the strict sandbox."""

from __future__ import annotations

import contextlib
from threading import Event
from typing import Any

import pytest
from botocore.exceptions import ClientError

from awsbase.engine.propagation import wait_for_propagation
from awsbase.engine.scope import Scope
from awsbase.ensure.elastic_ip import ElasticIp
from awsbase.ensure.subnet import Subnet
from awsbase.ensure.vpc import Vpc
from awsbase.samples.bastion import Bastion
from awsbase.sandbox import Fault, Killed, Sandbox
from awsbase.sandbox.clock import Clock
from awsbase.sandbox.propagation import Propagation
from tests.contract.sample import HOME, OREGON, go, problems, said

pytestmark = pytest.mark.slow

BASTION = Bastion(HOME)
INSTANCE = [*BASTION.ready, BASTION.host]


def network(scope: Scope, zones: int) -> list[Any]:
    vpc = Vpc(scope=scope, name="acme", cidr="10.42.0.0/24")
    cut = [
        Subnet(scope=scope, name=f"acme-{n}", vpc=vpc.address, cidr=f"10.42.0.{n * 32}/27", zone=n, ipv6=n)
        for n in range(zones)
    ]
    return [vpc, *cut]


@pytest.mark.parametrize(
    ("scope", "most", "last"),
    [(HOME, 3, "eu-west-1c"), (OREGON, 4, "us-west-2d")],
    ids=["three zones", "one that is opted into"],
)
def test_subnets_are_placed_in_the_zones_open_to_every_account(scope: Scope, most: int, last: str) -> None:
    sandbox = Sandbox()
    assert problems(go(sandbox, "reconcile", network(scope, most))) == []
    assert said(go(sandbox, "plan", network(scope, most))) == []
    filters = [{"Name": "tag-key", "Values": ["awsbase:address"]}]
    made = sandbox.client("ec2", scope.region).describe_subnets(Filters=filters)["Subnets"]
    assert max(subnet["AvailabilityZone"] for subnet in made) == last

    report = go(Sandbox(), "plan", network(scope, most + 1))
    assert f"does not have {most + 1} zones" in str(report.outcomes[-1].error)


@pytest.mark.parametrize(
    ("operation", "resources", "describe", "key"),
    [
        ("ec2:CreateVpc", network(HOME, 1), "describe_vpcs", "Vpcs"),
        ("ec2:CreateSubnet", network(HOME, 1), "describe_subnets", "Subnets"),
        ("ec2:AllocateAddress", [ElasticIp(scope=HOME, name="acme")], "describe_addresses", "Addresses"),
        ("ec2:RunInstances", INSTANCE, "describe_instances", "Reservations"),
    ],
    ids=["VPC", "subnet", "address", "instance"],
)
@pytest.mark.parametrize(
    ("lost", "attempts"),
    [("reset after", 1), ("reset after", 8), ("killed after", 1)],
    ids=["lost", "lost, and botocore would send it again", "killed"],
)
def test_a_lost_reply_never_leaves_duplicates(
    operation: str, resources: list[Any], describe: str, key: str, lost: Any, attempts: int
) -> None:
    undisturbed, sandbox = Sandbox(), Sandbox()
    for each in (undisturbed, sandbox):
        BASTION.subnets(each)
    go(undisturbed, "reconcile", resources)
    sandbox.faults.add(Fault(lost, on=operation))
    with contextlib.suppress(Killed):
        go(sandbox, "reconcile", resources, attempts=attempts)
    sandbox.faults.clear()
    assert problems(go(sandbox, "reconcile", resources)) == []

    counts = [len(getattr(each.client("ec2", HOME.region), describe)()[key]) for each in (undisturbed, sandbox)]
    assert counts[0] == counts[1]


def launches(sandbox: Sandbox) -> list[str | None]:
    """Return what became of each RunInstances."""
    return [call.error for call in sandbox.calls if call.name == "ec2:RunInstances"]


def test_a_run_waits_for_its_new_instance_profile() -> None:
    sandbox = Sandbox()
    BASTION.subnets(sandbox)
    before = sandbox.clock.ahead
    assert problems(go(sandbox, "reconcile", INSTANCE)) == []
    assert launches(sandbox) == ["InvalidParameterValue"] * 3 + [None]
    assert (sandbox.clock.ahead - before).total_seconds() > 1


def test_a_run_fails_immediately_for_an_old_broken_profile() -> None:
    sandbox = Sandbox()
    BASTION.subnets(sandbox)
    go(sandbox, "reconcile", BASTION.ready)
    sandbox.clock.advance(3600)
    # IAM has it for an hour, and EC2 does not know it.
    sandbox.memory(Propagation).note_created(BASTION.profile.arn, sandbox.clock.time())
    before = sandbox.clock.ahead

    report = go(sandbox, "reconcile", INSTANCE)
    (failed,) = problems(report)
    assert "Invalid IAM Instance Profile ARN" in failed
    assert launches(sandbox) == ["InvalidParameterValue"]
    assert sandbox.clock.ahead == before


@pytest.mark.parametrize(
    ("fresh", "message", "tries"),
    [
        (True, "Invalid IAM Instance Profile ARN", 3),
        (True, "IAM Instance Profile x has no associated IAM Roles", 3),
        (False, "Invalid IAM Instance Profile ARN", 1),
        (True, "The architecture does not match", 1),
    ],
    ids=["fresh", "fresh, its role not seen", "wrong", "something else"],
)
def test_only_a_fresh_profile_is_waited_for(fresh: bool, message: str, tries: int) -> None:
    clock, asked = Clock(), []

    def launch() -> str:
        asked.append(message)
        if len(asked) < 3:
            raise ClientError({"Error": {"Code": "InvalidParameterValue", "Message": message}}, "RunInstances")
        return "launched"

    with contextlib.nullcontext() if tries == 3 else pytest.raises(ClientError):
        wait_for_propagation(launch, service="ec2", operation="RunInstances", fresh=fresh, clock=clock, stop=Event())
    assert len(asked) == tries
