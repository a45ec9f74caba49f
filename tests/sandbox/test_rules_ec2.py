"""EC2 in the sandbox: what moto alone lets through, and AWS does not."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest

from awsbase.sandbox import Sandbox
from tests.sandbox.refused import refused

REGION = "eu-west-1"
ARM = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
ONE: dict[str, Any] = {"MinCount": 1, "MaxCount": 1, "ImageId": ARM, "InstanceType": "t4g.micro"}


def ec2(sandbox: Sandbox) -> Any:
    return sandbox.client("ec2", REGION)


def vpc(sandbox: Sandbox) -> str:
    return str(ec2(sandbox).describe_vpcs()["Vpcs"][0]["VpcId"])


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"ImageId": "ami-00000000000000000"}, "InvalidAMIID.NotFound"),
        ({"ImageId": "resolve:ssm:/nothing"}, "InvalidParameterValue"),
        ({"MetadataOptions": {"HttpPutResponseHopLimit": 65}}, "InvalidParameterValue"),
        ({"KeyName": "nobody"}, "InvalidKeyPair.NotFound"),
        ({"InstanceType": "t3.micro"}, "InvalidParameterValue"),
        ({"UserData": "x" * (16 * 1024 + 1)}, "InvalidParameterValue"),
        ({"IamInstanceProfile": {"Name": "nobody"}}, "InvalidParameterValue"),
        ({"TagSpecifications": [{"ResourceType": "vpc", "Tags": []}]}, "InvalidParameterValue"),
        ({"SubnetId": "subnet-xyz"}, "InvalidSubnetID.Malformed"),
        ({"SecurityGroupIds": ["sg-00000000"] * 6}, "SecurityGroupsPerInterfaceLimitExceeded"),
    ],
    ids=[
        "no image",
        "no such parameter",
        "far metadata",
        "no key pair",
        "other processor",
        "user data too long",
        "no profile",
        "foreign tags",
        "no id",
        "many groups",
    ],
)
def test_what_cannot_be_launched(wrong: dict[str, Any], code: str) -> None:
    sandbox = Sandbox()
    assert refused(ec2(sandbox).run_instances, **{**ONE, **wrong}) == code
    assert ec2(sandbox).describe_instances()["Reservations"] == []


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (
            {"TagSpecifications": [{"ResourceType": "spot-instances-request", "Tags": [{"Key": "a", "Value": "b"}]}]},
            "InvalidParameterValue",
        ),
        ({"SecurityGroups": ["default"]}, "InvalidParameterCombination"),
    ],
    ids=["tags on a Spot request, on demand", "a group by its name, in a subnet"],
)
def test_what_a_template_says_must_fit_the_launch(said: dict[str, Any], code: str) -> None:
    for strict, answer in ((False, None), (True, code)):
        sandbox = Sandbox(strict=strict)
        data = {"ImageId": ARM, "InstanceType": "t4g.micro", **said}
        ec2(sandbox).create_launch_template(LaunchTemplateName="web", LaunchTemplateData=data)
        subnet = ec2(sandbox).describe_subnets()["Subnets"][0]["SubnetId"]
        launch = {"LaunchTemplate": {"LaunchTemplateName": "web"}, "MinCount": 1, "MaxCount": 1, "SubnetId": subnet}
        assert refused(ec2(sandbox).run_instances, **launch) == answer


def test_a_spot_launch_may_tag_its_request() -> None:
    tags = [{"ResourceType": "spot-instances-request", "Tags": [{"Key": "a", "Value": "b"}]}]
    launch = {**ONE, "TagSpecifications": tags, "InstanceMarketOptions": {"MarketType": "spot"}}
    assert refused(ec2(Sandbox()).run_instances, **launch) is None


def test_a_token_means_one_launch() -> None:
    sandbox = Sandbox()
    first, second = (ec2(sandbox).run_instances(**ONE, ClientToken="once")["Instances"][0] for _ in range(2))
    assert first["InstanceId"] == second["InstanceId"]

    other = {**ONE, "InstanceType": "t4g.small", "ClientToken": "once"}
    assert refused(ec2(sandbox).run_instances, **other) == "IdempotentParameterMismatch"
    assert len(ec2(sandbox).describe_instances()["Reservations"]) == 1


def test_a_fresh_profile_is_not_known_at_once_and_one_without_a_role_never() -> None:
    sandbox = Sandbox()
    sandbox.client("iam").create_instance_profile(InstanceProfileName="fresh")
    launch = {**ONE, "IamInstanceProfile": {"Name": "fresh"}}

    def said() -> str:
        try:
            ec2(sandbox).run_instances(**launch)
        except ec2(sandbox).exceptions.ClientError as error:
            return str(error.response["Error"]["Message"])
        return "launched"

    answers = [said() for _ in range(3)]
    assert ["Invalid IAM Instance Profile" in answer for answer in answers] == [True, True, False]
    assert "has no associated IAM Roles" in answers[2]


def test_a_launch_template_is_made_whole() -> None:
    sandbox = Sandbox()
    told = base64.b64encode(b"#!/bin/sh\n").decode()
    data = {
        "ImageId": ARM,
        "InstanceType": "t4g.micro",
        "UserData": told,
        "MetadataOptions": {"HttpTokens": "required"},
    }
    made = ec2(sandbox).create_launch_template(LaunchTemplateName="host", LaunchTemplateData=data)["LaunchTemplate"]
    instance = ec2(sandbox).run_instances(
        MinCount=1, MaxCount=1, LaunchTemplate={"LaunchTemplateId": made["LaunchTemplateId"], "Version": "1"}
    )["Instances"][0]
    assert instance["InstanceType"] == "t4g.micro"
    assert instance["Architecture"] == "arm64"
    assert instance["MetadataOptions"]["HttpTokens"] == "required"
    asked = {"InstanceId": instance["InstanceId"], "Attribute": "userData"}
    assert ec2(sandbox).describe_instance_attribute(**asked)["UserData"]["Value"] == told


INTERFACE = {"DeviceIndex": 0}


@pytest.mark.parametrize(
    ("template", "request_", "code"),
    [
        ({"SecurityGroupIds": ["GROUP"]}, {"NetworkInterfaces": [INTERFACE]}, "InvalidParameterCombination"),
        ({"NetworkInterfaces": [INTERFACE]}, {"SecurityGroupIds": ["GROUP"]}, "InvalidParameterCombination"),
        ({"NetworkInterfaces": [INTERFACE]}, {"SubnetId": "SUBNET"}, "InvalidParameterCombination"),
        ({"SecurityGroupIds": ["GROUP"], "NetworkInterfaces": [INTERFACE]}, {}, "InvalidParameterCombination"),
        ({"SecurityGroupIds": ["GROUP"]}, {"SubnetId": "SUBNET"}, None),
        ({"NetworkInterfaces": [{**INTERFACE, "Groups": ["GROUP"], "SubnetId": "SUBNET"}]}, {}, None),
    ],
    ids=[
        "groups in the template",
        "groups beside it",
        "subnet beside it",
        "both in the template",
        "no interface",
        "in",
    ],
)
def test_groups_and_subnet_stand_in_the_interface_where_there_is_one(
    template: dict[str, Any], request_: dict[str, Any], code: str | None
) -> None:
    sandbox = Sandbox()
    group = ec2(sandbox).create_security_group(GroupName="web", Description="web", VpcId=vpc(sandbox))["GroupId"]
    subnet = ec2(sandbox).describe_subnets()["Subnets"][0]["SubnetId"]

    def real(said: dict[str, Any]) -> Any:
        return json.loads(json.dumps(said).replace("GROUP", group).replace("SUBNET", subnet))

    data = {"ImageId": ARM, "InstanceType": "t4g.micro", **real(template)}
    ec2(sandbox).create_launch_template(LaunchTemplateName="host", LaunchTemplateData=data)
    launch = {"LaunchTemplate": {"LaunchTemplateName": "host"}, "MinCount": 1, "MaxCount": 1, **real(request_)}
    assert refused(ec2(sandbox).run_instances, **launch) == code
    launched = [one for each in ec2(sandbox).describe_instances()["Reservations"] for one in each["Instances"]]
    held = [(one["SubnetId"], [each["GroupId"] for each in one["SecurityGroups"]]) for one in launched]
    assert held == ([] if code else [(subnet, [group])])


@pytest.mark.parametrize("strict", [True, False], ids=["strict", "lenient"])
def test_an_instance_tells_its_template_and_since_when_it_runs(strict: bool) -> None:
    sandbox = Sandbox(strict=strict)
    data = {"ImageId": ARM, "InstanceType": "t4g.micro", "UserData": base64.b64encode(b"#!/bin/sh").decode()}
    template = ec2(sandbox).create_launch_template(LaunchTemplateName="host", LaunchTemplateData=data)
    id = template["LaunchTemplate"]["LaunchTemplateId"]
    launched = ec2(sandbox).run_instances(MinCount=1, MaxCount=1, LaunchTemplate={"LaunchTemplateId": id})
    instance = launched["Instances"][0]["InstanceId"]
    assert launched["Instances"][0]["Tags"] == [
        {"Key": "aws:ec2launchtemplate:id", "Value": id},
        {"Key": "aws:ec2launchtemplate:version", "Value": "1"},
    ]

    def since() -> timedelta:
        """Return how much later the instance started than its network interface was attached."""
        told = ec2(sandbox).describe_instances()["Reservations"][0]["Instances"][0]
        assert told["Tags"] == launched["Instances"][0]["Tags"]
        moved: timedelta = told["LaunchTime"] - told["NetworkInterfaces"][0]["Attachment"]["AttachTime"]
        return moved

    assert since() < timedelta(seconds=2)
    ec2(sandbox).start_instances(InstanceIds=[instance])
    assert since() < timedelta(seconds=2)

    ec2(sandbox).stop_instances(InstanceIds=[instance])
    ec2(sandbox).modify_instance_attribute(InstanceId=instance, UserData={"Value": b"#!/bin/bash"})
    ec2(sandbox).start_instances(InstanceIds=[instance])
    assert since() > timedelta(seconds=20)
    told = ec2(sandbox).describe_instance_attribute(InstanceId=instance, Attribute="userData")["UserData"]["Value"]
    assert base64.b64decode(told) == b"#!/bin/bash"


@pytest.mark.parametrize("strict", [True, False], ids=["strict", "lenient"])
def test_all_templates_are_told_at_once_and_their_tags_in_the_index(strict: bool) -> None:
    sandbox = Sandbox(strict=strict)
    names = {f"host-{number}" for number in range(20)}
    for name in names:
        specified = [{"ResourceType": "launch-template", "Tags": [{"Key": "Name", "Value": name}]}]
        ec2(sandbox).create_launch_template(
            LaunchTemplateName=name, LaunchTemplateData={"ImageId": ARM}, TagSpecifications=specified
        )
    second = {"LaunchTemplateName": "host-7", "LaunchTemplateData": {"InstanceType": "t4g.micro"}}
    ec2(sandbox).create_launch_template_version(**second)

    pages = ec2(sandbox).get_paginator("describe_launch_template_versions").paginate(Versions=["$Default", "$Latest"])
    told = {
        (each["LaunchTemplateName"], each["VersionNumber"], each["DefaultVersion"])
        for page in pages
        for each in page["LaunchTemplateVersions"]
    }
    assert told == {(name, 1, True) for name in names} | {("host-7", 2, False)}
    described = ec2(sandbox).describe_launch_templates()["LaunchTemplates"]
    assert {each["LaunchTemplateName"]: each["Tags"][0]["Value"] for each in described} == dict(
        zip(names, names, strict=True)
    )

    index = sandbox.client("resourcegroupstaggingapi", REGION).get_paginator("get_resources").paginate()
    listed = [each for page in index for each in page["ResourceTagMappingList"] if ":launch-template/" in str(each)]
    assert {tag["Value"] for each in listed for tag in each["Tags"]} == names

    ec2(sandbox).delete_tags(Resources=[described[0]["LaunchTemplateId"]], Tags=[{"Key": "Name"}])
    assert ec2(sandbox).describe_launch_templates()["LaunchTemplates"][0].get("Tags", []) == []


def test_blocks_lose_their_host_bits_and_are_duplicates_then() -> None:
    sandbox = Sandbox()
    group = ec2(sandbox).create_security_group(GroupName="web", Description="web", VpcId=vpc(sandbox))["GroupId"]

    def allow(block: str) -> str | None:
        permission = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": block}]}
        call = ec2(sandbox).authorize_security_group_ingress
        return refused(call, GroupId=group, IpPermissions=[permission])

    assert allow("192.0.2.7/24") is None
    held = ec2(sandbox).describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"][0]
    assert [each["CidrIp"] for each in held["IpRanges"]] == ["192.0.2.0/24"]
    assert allow("192.0.2.9/24") == "InvalidPermission.Duplicate"


def test_group_names_are_unique_whatever_their_case() -> None:
    sandbox = Sandbox()
    ec2(sandbox).create_security_group(GroupName="Web", Description="web", VpcId=vpc(sandbox))
    again = {"GroupName": "web", "Description": "web", "VpcId": vpc(sandbox)}
    assert refused(ec2(sandbox).create_security_group, **again) == "InvalidGroup.Duplicate"
    assert refused(ec2(sandbox).create_security_group, **{**again, "GroupName": "sg-1"}) == "InvalidParameterValue"


def test_what_is_used_is_not_deleted() -> None:
    sandbox = Sandbox()
    group = ec2(sandbox).create_security_group(GroupName="web", Description="web", VpcId=vpc(sandbox))["GroupId"]
    subnet = ec2(sandbox).describe_subnets()["Subnets"][0]["SubnetId"]
    launch = {**ONE, "SubnetId": subnet, "SecurityGroupIds": [group]}
    instance = ec2(sandbox).run_instances(**launch)["Instances"][0]["InstanceId"]
    address = ec2(sandbox).allocate_address(Domain="vpc")["AllocationId"]
    associate = {"AllocationId": address, "InstanceId": instance}
    answers = [refused(ec2(sandbox).associate_address, **associate) for _ in range(3)]
    assert answers == ["InvalidInstanceID", "InvalidInstanceID", None]

    assert refused(ec2(sandbox).delete_subnet, SubnetId=subnet) == "DependencyViolation"
    assert refused(ec2(sandbox).delete_security_group, GroupId=group) == "DependencyViolation"
    assert refused(ec2(sandbox).release_address, AllocationId=address) == "InvalidIPAddress.InUse"

    ec2(sandbox).terminate_instances(InstanceIds=[instance])
    ec2(sandbox).release_address(AllocationId=address)
    assert ec2(sandbox).describe_addresses()["Addresses"] == []


def test_a_vpc_has_one_internet_gateway_and_a_default_group_that_talks() -> None:
    sandbox = Sandbox()
    made = ec2(sandbox).create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    first, second = (ec2(sandbox).create_internet_gateway()["InternetGateway"]["InternetGatewayId"] for _ in range(2))
    assert refused(ec2(sandbox).attach_internet_gateway, InternetGatewayId=first, VpcId=made) is None
    assert (
        refused(ec2(sandbox).attach_internet_gateway, InternetGatewayId=second, VpcId=made) == "InvalidParameterValue"
    )

    filters = [{"Name": "vpc-id", "Values": [made]}]
    group = ec2(sandbox).describe_security_groups(Filters=filters)["SecurityGroups"][0]
    assert group["IpPermissions"][0]["UserIdGroupPairs"][0]["GroupId"] == group["GroupId"]


def test_a_vpc_has_one_instance_connect_endpoint() -> None:
    sandbox = Sandbox()
    subnet = ec2(sandbox).describe_subnets()["Subnets"][0]["SubnetId"]
    create = ec2(sandbox).create_instance_connect_endpoint
    first, same = (
        create(SubnetId=subnet, ClientToken="once")["InstanceConnectEndpoint"]["InstanceConnectEndpointId"]
        for _ in range(2)
    )
    assert first == same
    assert refused(create, SubnetId=subnet) == "InstanceConnectEndpointLimitExceeded"
    ec2(sandbox).create_tags(Resources=[first], Tags=[{"Key": "Name", "Value": "way"}])
    found = ec2(sandbox).describe_instance_connect_endpoints()["InstanceConnectEndpoints"]
    assert [(each["State"], each["Tags"]) for each in found] == [("create-complete", [{"Key": "Name", "Value": "way"}])]


def test_a_schedule_needs_a_role_that_lets_it_in_and_does_its_work_in_time() -> None:
    sandbox = Sandbox()
    instance = ec2(sandbox).run_instances(**ONE)["Instances"][0]["InstanceId"]
    scheduler = sandbox.client("scheduler", REGION)
    role = "arn:aws:iam::123456789012:role/end"
    when = sandbox.clock.now() + timedelta(hours=4)
    wanted = {
        "Name": "end",
        "ScheduleExpression": f"at({when:%Y-%m-%dT%H:%M:%S})",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "ActionAfterCompletion": "DELETE",
        "Target": {
            "Arn": "arn:aws:scheduler:::aws-sdk:ec2:terminateInstances",
            "RoleArn": role,
            "Input": f'{{"InstanceIds": ["{instance}"]}}',
        },
    }
    assert refused(scheduler.create_schedule, **wanted) == "ValidationException"
    trust = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",'
        '"Principal":{"Service":"scheduler.amazonaws.com"}}]}'
    )
    sandbox.client("iam").create_role(RoleName="end", AssumeRolePolicyDocument=trust)
    assert [refused(scheduler.create_schedule, **wanted) for _ in range(3)] == ["ValidationException"] * 2 + [None]

    def state() -> str:
        answer = ec2(sandbox).describe_instances(InstanceIds=[instance])
        return str(answer["Reservations"][0]["Instances"][0]["State"]["Name"])

    assert state() == "running"
    sandbox.clock.advance(4 * 3600 + 60)
    assert state() == "terminated"
    assert refused(scheduler.get_schedule, Name="end") == "ResourceNotFoundException"


def test_what_is_gone_can_be_terminated_again() -> None:
    sandbox = Sandbox()
    gone, alive = (ec2(sandbox).run_instances(**ONE)["Instances"][0]["InstanceId"] for _ in range(2))
    for ids in ([gone], [gone], [gone, alive], [gone, alive]):
        told = ec2(sandbox).terminate_instances(InstanceIds=ids)["TerminatingInstances"]
        assert {each["InstanceId"] for each in told} == set(ids)
    assert (
        refused(ec2(sandbox).terminate_instances, InstanceIds=["i-0123456789abcdef0"]) == "InvalidInstanceID.NotFound"
    )


@pytest.mark.parametrize("attribute", ["DisableApiStop", "DisableApiTermination"])
def test_what_is_protected_is_not_terminated(attribute: str) -> None:
    for strict, stopping in ((True, "OperationNotPermitted"), (False, None)):
        sandbox = Sandbox(strict=strict)
        id = ec2(sandbox).run_instances(**ONE)["Instances"][0]["InstanceId"]
        ec2(sandbox).modify_instance_attribute(InstanceId=id, **{attribute: {"Value": True}})
        code = stopping if attribute == "DisableApiStop" else "OperationNotPermitted"
        assert refused(ec2(sandbox).terminate_instances, InstanceIds=[id]) == code
