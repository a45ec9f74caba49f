"""Systems Manager hears of instances that run with an instance profile."""

from __future__ import annotations

import json
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from awsbase.sandbox import Sandbox

REGION = "eu-west-1"
IMAGE = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}


def heard(sandbox: Sandbox, *ids: str) -> list[str]:
    filters = [{"Key": "InstanceIds", "Values": list(ids)}] if ids else []
    told = sandbox.client("ssm", REGION).describe_instance_information(Filters=filters)["InstanceInformationList"]
    return [each["InstanceId"] for each in told]


def launched(sandbox: Sandbox, **params: Any) -> str:
    one: dict[str, Any] = {"ImageId": IMAGE, "MinCount": 1, "MaxCount": 1, "InstanceType": "t3.micro"}
    made = sandbox.call_moto("ec2:RunInstances", region=REGION, **one, **params)
    return str(made["Instances"][0]["InstanceId"])


def test_systems_manager_hears_of_an_instance_with_a_profile_and_of_no_other() -> None:
    sandbox = Sandbox()
    assert heard(sandbox) == []
    trust = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
    sandbox.call_moto("iam:CreateRole", RoleName="host", AssumeRolePolicyDocument=trust)
    sandbox.call_moto("iam:CreateInstanceProfile", InstanceProfileName="host")
    sandbox.call_moto("iam:AddRoleToInstanceProfile", InstanceProfileName="host", RoleName="host")
    bare, managed = launched(sandbox), launched(sandbox, IamInstanceProfile={"Name": "host"})

    assert heard(sandbox) == [managed]
    assert heard(sandbox, bare) == []
    assert heard(sandbox, bare, managed) == [managed]


def test_a_parameter_was_written_when_it_is_here_and_every_answer_says_when_that_is() -> None:
    sandbox = Sandbox()
    sandbox.clock.advance(86_400)
    ssm = sandbox.client("ssm", REGION)
    answer = ssm.put_parameter(Name="/a", Value="b", Type="String")
    changed = ssm.get_parameter(Name="/a")["Parameter"]["LastModifiedDate"]
    said = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
    assert abs(sandbox.clock.now() - changed) < timedelta(minutes=10)
    assert abs(sandbox.clock.now() - said) < timedelta(minutes=10)
