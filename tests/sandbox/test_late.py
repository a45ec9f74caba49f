"""What the sandbox answers in the seconds after a write: reads of the state before it, and keys that nobody knows."""

from __future__ import annotations

from typing import Any

import pytest

from awsbase.sandbox import Fault, Sandbox
from tests.sandbox.refused import refused


def test_reads_are_late_after_a_stale_write_each_twice() -> None:
    sandbox = Sandbox()
    iam = sandbox.client("iam")
    iam.create_user(UserName="ann")
    sandbox.faults.add(Fault("stale", on="iam:CreateUser"))
    iam.create_user(UserName="kim")
    names = [[user["UserName"] for user in iam.list_users()["Users"]] for _ in range(3)]
    assert names == [["ann"], ["ann"], ["ann", "kim"]]
    assert [refused(iam.get_user, UserName="kim") for _ in range(3)] == ["NoSuchEntity", "NoSuchEntity", None]
    # Writes find what is there.
    assert refused(iam.create_user, UserName="kim") == "EntityAlreadyExists"


def test_the_tag_index_and_rules_of_our_own_are_late_too() -> None:
    sandbox = Sandbox()
    for name in ("kms:CreateKey", "ce:CreateAnomalyMonitor", "ssm:PutParameter"):
        sandbox.faults.add(Fault("stale", on=name))
    sandbox.client("kms").create_key(Tags=[{"TagKey": "a", "TagValue": "b"}])
    services = {"MonitorName": "all", "MonitorType": "DIMENSIONAL", "MonitorDimension": "SERVICE"}
    sandbox.client("ce").create_anomaly_monitor(AnomalyMonitor=services)
    sandbox.client("ssm").put_parameter(Name="/x/y", Value="1", Type="String")
    index, costs, ssm = sandbox.client("resourcegroupstaggingapi"), sandbox.client("ce"), sandbox.client("ssm")

    def seen() -> list[int]:
        return [
            len(index.get_resources()["ResourceTagMappingList"]),
            len(costs.get_anomaly_monitors()["AnomalyMonitors"]),
            len(ssm.get_parameters_by_path(Path="/x")["Parameters"]),
        ]

    assert seen() == [0, 0, 0]
    sandbox.clock.advance(10)
    assert seen() == [1, 1, 1]


@pytest.mark.parametrize(
    ("service", "method", "code"),
    [
        ("sts", "get_caller_identity", "InvalidClientTokenId"),
        ("iam", "list_users", "InvalidClientTokenId"),
        ("s3", "list_buckets", "InvalidAccessKeyId"),
        ("kms", "list_keys", "UnrecognizedClientException"),
    ],
)
def test_each_service_learns_of_a_new_key_by_itself(service: str, method: str, code: str) -> None:
    sandbox = Sandbox()
    iam = sandbox.client("iam")
    iam.create_user(UserName="kim")
    key = iam.create_access_key(UserName="kim")["AccessKey"]
    session: Any = sandbox.session()
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    for _ in range(3):
        refused(session.client("ec2", **keys).describe_vpcs)  # says nothing about the others
    make: Any = session.client
    client = make(service, **keys)
    assert [refused(getattr(client, method)) for _ in range(3)] == [code, code, None]
