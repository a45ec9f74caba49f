"""EC2: descriptions on `*`; everything else on each resource that it touches, and tags of their own accord."""

from collections.abc import Iterator
from typing import Any

from awsbase.sandbox.authorization.calls.call import Call, Need, arn, linked_role, own, table
from awsbase.sandbox.rule import Ask

# Where a request names a resource of a type; `TYPE/*` in the table stands for one that is made.
NAMED_BY = {
    "elastic-ip": ["AllocationId"],
    "image": ["ImageId"],
    "instance": ["InstanceId", "InstanceIds"],
    "instance-connect-endpoint": ["InstanceConnectEndpointId"],
    "internet-gateway": ["InternetGatewayId"],
    "key-pair": ["KeyName"],
    "launch-template": ["LaunchTemplateId", "LaunchTemplateName"],
    "network-acl": ["NetworkAclId"],
    "network-interface": ["NetworkInterfaceId"],
    "route-table": ["RouteTableId", "RouteTableIds", "AddRouteTableIds", "RemoveRouteTableIds"],
    "security-group": ["GroupId", "SecurityGroupIds"],
    "subnet": ["SubnetId", "SubnetIds"],
    "volume": ["VolumeId"],
    "vpc": ["VpcId"],
    "vpc-endpoint": ["VpcEndpointId", "VpcEndpointIds"],
    "vpc-flow-log": ["FlowLogIds"],
}
TYPES = {
    "eipalloc": "elastic-ip",
    "ami": "image",
    "i": "instance",
    "eice": "instance-connect-endpoint",
    "igw": "internet-gateway",
    "key": "key-pair",
    "lt": "launch-template",
    "acl": "network-acl",
    "eni": "network-interface",
    "rtb": "route-table",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "snap": "snapshot",
    "subnet": "subnet",
    "vol": "volume",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
    "fl": "vpc-flow-log",
}
"""The type of a resource, by the beginning of its id."""


def on(types: str) -> list[Call]:
    """Need the operation's own action on each resource of these types that the request makes or names."""

    def needs(ask: Ask) -> Iterator[Need]:
        asked = f"ec2:{ask.operation}"
        named = [(kind.removesuffix("/*"), id) for kind in types.split() for id in _named(ask, kind)]
        for kind, id in named:
            yield Need(asked, _arn(ask, kind, id), _keys(ask, kind) if id == "*" else {})
        if not named:
            yield Need(asked)

    return [needs, tags_on_create]


def tags_on_create(ask: Ask) -> Iterator[Need]:
    """Need to tag what is made with tags, told which operation makes it."""
    for one in ask.params.get("TagSpecifications", []):
        keys = {"ec2:CreateAction": ask.operation, **_request_tags(one.get("Tags", []))}
        yield Need("ec2:CreateTags", _arn(ask, one["ResourceType"], "*"), keys)


def tag(ask: Ask) -> Iterator[Need]:
    """Need to tag each of the resources."""
    for id in ask.params["Resources"]:
        kind = TYPES.get(id.rpartition("-")[0], "*")
        yield Need(f"ec2:{ask.operation}", _arn(ask, kind, id), _request_tags(ask.params.get("Tags", [])))


def launch(ask: Ask) -> Iterator[Need]:
    """Need to launch on everything that an instance is made from and of, also what a launch template says."""
    asked = {**_template(ask), **ask.params}
    interfaces = asked.get("NetworkInterfaces", [])
    groups = [*asked.get("SecurityGroupIds", []), *(id for one in interfaces for id in one.get("Groups", []))]
    keys = {"ec2:InstanceType": str(asked["InstanceType"])} if "InstanceType" in asked else {}
    touched: dict[str, list[str | None]] = {
        "image": [asked.get("ImageId")],
        "instance": ["*"],
        "key-pair": [asked.get("KeyName")],
        "launch-template": [_template_id(ask)],
        "network-interface": ["*"],
        "security-group": groups,
        "subnet": [asked.get("SubnetId"), *(one.get("SubnetId") for one in interfaces)],
        "volume": ["*"],
    }
    for kind, ids in touched.items():
        for id in filter(None, ids):
            context = {**_keys(ask, kind), **(keys if kind == "instance" else {})} if id == "*" else {}
            yield Need("ec2:RunInstances", _arn(ask, kind, id), context)
    if str(asked.get("ImageId", "")).startswith("resolve:ssm:"):
        name = asked["ImageId"].removeprefix("resolve:ssm:").removeprefix("/")
        account = "" if name.startswith("aws/") else ask.account
        yield Need("ssm:GetParameters", arn(ask, f"ssm:{ask.region}:{account}:parameter/{name}"))
    yield from _pass_profile(ask, asked.get("IamInstanceProfile", {}))
    for one in asked.get("TagSpecifications", []):
        keys = {"ec2:CreateAction": "RunInstances", **_request_tags(one.get("Tags", []))}
        yield Need("ec2:CreateTags", _arn(ask, one["ResourceType"], "*"), keys)


def flow_logs(ask: Ask) -> Iterator[Need]:
    """Need to log each resource, and to let flow logs deliver."""
    yield Need("ec2:CreateFlowLogs", _arn(ask, "vpc-flow-log", "*"), _keys(ask, "vpc-flow-log"))
    for id in ask.params["ResourceIds"]:
        yield Need("ec2:CreateFlowLogs", _arn(ask, TYPES.get(id.rpartition("-")[0], "vpc"), id))
    yield from tags_on_create(ask)
    if role := ask.params.get("DeliverLogsPermissionArn"):
        yield Need("iam:PassRole", role, {"iam:PassedToService": "vpc-flow-logs.amazonaws.com"})
    if ask.params.get("LogDestinationType") == "s3":
        yield Need("logs:CreateLogDelivery")
        yield Need("logs:DeleteLogDelivery")


def connect_endpoint(ask: Ask) -> Iterator[Need]:
    """Need to put a network interface where the endpoint goes, and a role for the service."""
    for kind in ("subnet", "security-group"):
        for id in _named(ask, kind):
            yield Need("ec2:CreateNetworkInterface", _arn(ask, kind, id))
    yield from linked_role("ec2-instance-connect.amazonaws.com", "AWSServiceRoleForEC2InstanceConnect")(ask)


def _pass_profile(ask: Ask, named: dict[str, str]) -> Iterator[Need]:
    held = ask.backend("iam").instance_profiles.values()
    profile = next((one for one in held if named and named in ({"Name": one.name}, {"Arn": one.arn})), None)
    for role in profile.roles if profile else []:
        yield Need("iam:PassRole", role.arn, {"iam:PassedToService": "ec2.amazonaws.com"})


def _template(ask: Ask) -> dict[str, Any]:
    """Return what the launch template of a request says."""
    named = ask.params.get("LaunchTemplate")
    held = ask.backend("ec2").launch_templates.get(_template_id(ask) or "")
    if not named or held is None:
        return {}
    data: dict[str, Any] = held.get_version(named.get("Version") or "$Default").data
    return data


def _template_id(ask: Ask) -> str | None:
    named = ask.params.get("LaunchTemplate") or {}
    by_name: dict[str, str] = ask.backend("ec2").launch_template_name_to_ids
    return named.get("LaunchTemplateId") or by_name.get(named.get("LaunchTemplateName", ""))


def _named(ask: Ask, kind: str) -> Iterator[str]:
    if kind.endswith("/*"):
        yield "*"
    for name in NAMED_BY.get(kind, []):
        value = ask.params.get(name)
        yield from value if isinstance(value, list) else [value] if value else []


def _keys(ask: Ask, kind: str) -> dict[str, Any]:
    """Tell what is made by its tags."""
    for one in ask.params.get("TagSpecifications", []):
        if one["ResourceType"] == kind:
            return _request_tags(one.get("Tags", []))
    return {}


def _request_tags(tags: list[dict[str, str]]) -> dict[str, Any]:
    keys: dict[str, Any] = {f"aws:RequestTag/{tag['Key']}": tag.get("Value", "") for tag in tags}
    return {**keys, "aws:TagKeys": [tag["Key"] for tag in tags]} if tags else {}


def _arn(ask: Ask, kind: str, id: str) -> str:
    # Images and snapshots are told by their region alone.
    account = "" if kind in ("image", "snapshot") else ask.account
    return arn(ask, f"ec2:{ask.region}:{account}:{kind}/{id}")


CALLS = table(
    {
        "DescribeAddresses DescribeAvailabilityZones DescribeFlowLogs DescribeImages "
        "DescribeInstanceConnectEndpoints DescribeInstanceTypes DescribeInstanceTypeOfferings DescribeInstances "
        "DescribeInstanceStatus DescribeInternetGateways DescribeKeyPairs DescribeLaunchTemplateVersions "
        "DescribeLaunchTemplates DescribeNatGateways DescribeNetworkAcls DescribeNetworkInterfaces DescribeRegions "
        "DescribeRouteTables DescribeSecurityGroups DescribeSecurityGroupRules DescribeSnapshots DescribeSubnets "
        "DescribeTags DescribeVolumes DescribeVpcEndpoints DescribeVpcs DescribePrefixLists "
        "DescribeManagedPrefixLists DescribeVpcEndpointServices "
        "EnableEbsEncryptionByDefault DisableEbsEncryptionByDefault GetEbsEncryptionByDefault "
        "GetEbsDefaultKmsKeyId ModifyEbsDefaultKmsKeyId ResetEbsDefaultKmsKeyId "
        "EnableImageBlockPublicAccess DisableImageBlockPublicAccess GetImageBlockPublicAccessState "
        "EnableSnapshotBlockPublicAccess DisableSnapshotBlockPublicAccess GetSnapshotBlockPublicAccessState "
        "GetInstanceMetadataDefaults ModifyInstanceMetadataDefaults": [own()],
        "DescribeInstanceAttribute ModifyInstanceAttribute ModifyInstanceMetadataOptions StartInstances "
        "StopInstances TerminateInstances": on("instance"),
        "RunInstances": [launch],
        "AllocateAddress": on("elastic-ip/*"),
        "AssociateAddress": on("elastic-ip instance network-interface"),
        "DisassociateAddress": [own()],
        "ReleaseAddress": on("elastic-ip"),
        "CreateVpc": on("vpc/*"),
        "DescribeVpcAttribute ModifyVpcAttribute DeleteVpc AssociateVpcCidrBlock": on("vpc"),
        "CreateSubnet": on("subnet/* vpc"),
        "AssociateSubnetCidrBlock DisassociateSubnetCidrBlock ModifySubnetAttribute DeleteSubnet": on("subnet"),
        "CreateInternetGateway": on("internet-gateway/*"),
        "AttachInternetGateway DetachInternetGateway": on("internet-gateway vpc"),
        "DeleteInternetGateway": on("internet-gateway"),
        "CreateRouteTable": on("route-table/* vpc"),
        "CreateRoute ReplaceRoute DeleteRoute DeleteRouteTable": on("route-table"),
        "DisassociateRouteTable ReplaceRouteTableAssociation": on("route-table"),
        "AssociateRouteTable": on("route-table subnet"),
        "CreateSecurityGroup": on("security-group/* vpc"),
        "AuthorizeSecurityGroupEgress AuthorizeSecurityGroupIngress RevokeSecurityGroupEgress "
        "RevokeSecurityGroupIngress UpdateSecurityGroupRuleDescriptionsIngress "
        "UpdateSecurityGroupRuleDescriptionsEgress DeleteSecurityGroup": on("security-group"),
        "CreateNetworkAcl": on("network-acl/* vpc"),
        "CreateNetworkAclEntry DeleteNetworkAclEntry ReplaceNetworkAclEntry DeleteNetworkAcl": on("network-acl"),
        "CreateVpcEndpoint": on("vpc-endpoint/* vpc route-table subnet security-group"),
        "ModifyVpcEndpoint": on("vpc-endpoint route-table"),
        "DeleteVpcEndpoints": on("vpc-endpoint"),
        "CreateInstanceConnectEndpoint": [
            *on("instance-connect-endpoint/* subnet security-group"),
            connect_endpoint,
        ],
        "DeleteInstanceConnectEndpoint": on("instance-connect-endpoint"),
        "ImportKeyPair CreateKeyPair DeleteKeyPair": on("key-pair"),
        "CreateLaunchTemplate": on("launch-template/*"),
        "CreateLaunchTemplateVersion ModifyLaunchTemplate DeleteLaunchTemplate": on("launch-template"),
        "CreateFlowLogs": [flow_logs],
        "DeleteFlowLogs": on("vpc-flow-log"),
        "CreateTags DeleteTags": [tag],
    }
)
