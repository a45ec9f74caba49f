"""Systems Manager hears of instances that run with an instance profile."""

from __future__ import annotations

from awsbase.sandbox import Sandbox


def test_systems_manager_hears_of_nobody_without_an_instance() -> None:
    ssm = Sandbox().client("ssm", "eu-west-1")
    assert ssm.describe_instance_information()["InstanceInformationList"] == []
    filters = [{"Key": "InstanceIds", "Values": ["i-0123456789abcdef0"]}]
    assert ssm.describe_instance_information(Filters=filters)["InstanceInformationList"] == []
