"""Waiting for propagation: only for fresh resources, only for the codes of TABLE, only so long."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError

from awsbase.engine.propagation import Interrupted, wait_for_propagation
from awsbase.sandbox import Clock


def refusals(count: int, code: str, message: str = "") -> Callable[[], str]:
    """Return a call that is refused `count` times."""
    left = iter(range(count))

    def call() -> str:
        if next(left, None) is not None:
            raise ClientError({"Error": {"Code": code, "Message": message}}, "Operation")
        return "done"

    return call


@pytest.mark.parametrize(
    ("service", "operation", "code", "message", "fresh", "waits"),
    [
        ("iam", "CreateRole", "MalformedPolicyDocument", "Invalid principal in policy", True, True),
        ("iam", "CreateRole", "MalformedPolicyDocument", "Invalid principal in policy", False, False),
        ("iam", "CreateRole", "MalformedPolicyDocument", "Syntax errors in policy", True, False),
        ("iam", "CreateGroup", "ConcurrentModification", "", False, True),
        ("kms", "CreateKey", "MalformedPolicyDocumentException", "invalid principals", True, True),
        ("kms", "PutKeyPolicy", "MalformedPolicyDocumentException", "update the key policy in the future", True, False),
        ("s3", "PutBucketVersioning", "NoSuchBucket", "", True, True),
        ("s3", "PutBucketVersioning", "NoSuchBucket", "", False, False),
        ("iam", "CreateUser", "EntityAlreadyExists", "", True, False),
        ("ec2", "AttachInternetGateway", "InvalidVpcID.NotFound", "", True, True),
        ("ec2", "DeleteVpc", "InvalidVpcID.NotFound", "", True, False),
        ("ec2", "DeleteSecurityGroup", "InvalidGroup.NotFound", "", True, False),
        ("ec2", "ReleaseAddress", "InvalidAllocationID.NotFound", "", True, False),
        ("ec2", "DeleteSecurityGroup", "DependencyViolation", "", False, True),
        ("ec2", "AuthorizeSecurityGroupIngress", "InvalidGroup.NotFound", "", True, True),
        ("ec2", "AssociateAddress", "InvalidInstanceID", "instance is not in a valid state", True, True),
        ("ec2", "AssociateAddress", "IncorrectInstanceState", "instance is not in a valid state", True, True),
        ("ec2", "AssociateAddress", "InvalidInstanceID", "instance is not in a valid state", False, False),
        ("ec2", "CreateRoute", "InvalidRouteTableID.NotFound", "", True, True),
        ("ec2", "DeleteRouteTable", "InvalidRouteTableID.NotFound", "", True, False),
        ("ec2", "DetachInternetGateway", "DependencyViolation", "", False, True),
        ("ec2", "ReleaseAddress", "InvalidIPAddress.InUse", "", False, True),
    ],
)
def test_only_temporary_refusals_are_waited_for(
    service: str, operation: str, code: str, message: str, fresh: bool, waits: bool
) -> None:
    def go() -> object:
        call = refusals(3, code, message)
        return wait_for_propagation(
            call, service=service, operation=operation, fresh=fresh, clock=Clock(), stop=threading.Event()
        )

    if waits:
        assert go() == "done"
    else:
        with pytest.raises(ClientError, match=code):
            go()


def test_waiting_ends_at_the_deadline_and_raises_the_error_of_aws() -> None:
    clock, waits = Clock(), list[tuple[str, float]]()
    started = clock.now()
    with pytest.raises(ClientError, match="EntityTemporarilyUnmodifiable"):
        wait_for_propagation(
            refusals(1000, "EntityTemporarilyUnmodifiable"),
            service="iam",
            operation="UpdateLoginProfile",
            fresh=True,
            clock=clock,
            stop=threading.Event(),
            waiting=lambda why, seconds: waits.append((why, seconds)),
        )
    assert 50 < (clock.now() - started).total_seconds() < 65
    assert {why for why, _ in waits} == {"AWS answers EntityTemporarilyUnmodifiable"}
    assert waits[0][1] == pytest.approx(60, abs=0.1)
    assert [left for _, left in waits] == sorted((left for _, left in waits), reverse=True)


def test_waiting_ends_once_the_run_is_stopped() -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Interrupted) as cut:
        wait_for_propagation(
            refusals(1, "OperationAborted"),
            service="s3",
            operation="PutBucketPolicy",
            fresh=True,
            clock=Clock(),
            stop=stop,
        )
    assert isinstance(cut.value.__cause__, ClientError)
