"""What each operation of EC2 needs: descriptions on `*`; everything else on each resource that it touches."""

from collections.abc import Iterator, Mapping
from typing import Any

from awsbase.sandbox.authorization.permissions import arn, linked_role, own, table
from awsbase.sandbox.service import Need, Permissions, Request

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


def on(types: str) -> list[Permissions]:
    """Need the operation's own action on each resource of these types that the request makes or names."""

    def needs(request: Request) -> Iterator[Need]:
        asked = f"ec2:{request.operation}"
        named = [(kind.removesuffix("/*"), id) for kind in types.split() for id in _named(request, kind)]
        for kind, id in named:
            yield Need(asked, _resource_arn(request, kind, id), _keys(request, kind))
        if not named:
            yield Need(asked)

    return [needs, tags_on_create]


def tags_on_create(request: Request) -> Iterator[Need]:
    """Need to tag what is created with tags; policies see the operation as `ec2:CreateAction`."""
    for one in request.params.get("TagSpecifications", []):
        keys = {"ec2:CreateAction": request.operation, **_request_tags(one.get("Tags", []))}
        yield Need("ec2:CreateTags", _resource_arn(request, one["ResourceType"], "*"), keys)


def tag(request: Request) -> Iterator[Need]:
    """Need to tag each of the resources."""
    for id in request.params["Resources"]:
        kind = TYPES.get(id.rpartition("-")[0], "*")
        yield Need(
            f"ec2:{request.operation}", _resource_arn(request, kind, id), _request_tags(request.params.get("Tags", []))
        )


def launch(request: Request) -> Iterator[Need]:
    """Need to launch on everything that an instance is made from and of, also what a launch template says."""
    asked = {**_template(request), **request.params}
    interfaces = asked.get("NetworkInterfaces", [])
    groups = [*asked.get("SecurityGroupIds", []), *(id for one in interfaces for id in one.get("Groups", []))]
    keys = {"ec2:InstanceType": str(asked["InstanceType"])} if "InstanceType" in asked else {}
    touched: dict[str, list[str | None]] = {
        "image": [asked.get("ImageId")],
        "instance": ["*"],
        "key-pair": [asked.get("KeyName")],
        "launch-template": [_template_id(request)],
        "network-interface": ["*"],
        "security-group": groups,
        "subnet": [asked.get("SubnetId"), *(one.get("SubnetId") for one in interfaces)],
        "volume": ["*"],
    }
    for kind, ids in touched.items():
        for id in filter(None, ids):
            context = {**_keys(request, kind), **(keys if kind == "instance" else {})} if id == "*" else {}
            yield Need("ec2:RunInstances", _resource_arn(request, kind, id), context)
    yield from image_parameter(request, asked)
    yield from _pass_profile(request, asked.get("IamInstanceProfile", {}))
    for one in asked.get("TagSpecifications", []):
        keys = {"ec2:CreateAction": "RunInstances", **_request_tags(one.get("Tags", []))}
        yield Need("ec2:CreateTags", _resource_arn(request, one["ResourceType"], "*"), keys)


def template_image(request: Request) -> Iterator[Need]:
    """Need to read the parameter that a launch template names its image by.

    The user guide asks it of whoever uses a parameter in a template: EC2, "Reference AMIs using Systems Manager
    parameters".
    """
    yield from image_parameter(request, request.params["LaunchTemplateData"])


def image_parameter(request: Request, asked: Mapping[str, Any]) -> Iterator[Need]:
    """Need to read the parameter that an image is named by."""
    if str(asked.get("ImageId", "")).startswith("resolve:ssm:"):
        name = asked["ImageId"].removeprefix("resolve:ssm:").removeprefix("/")
        account = "" if name.startswith("aws/") else request.account
        yield Need("ssm:GetParameters", arn(request, f"ssm:{request.region}:{account}:parameter/{name}"))


def flow_logs(request: Request) -> Iterator[Need]:
    """Need to log each resource, and to let flow logs deliver."""
    yield Need("ec2:CreateFlowLogs", _resource_arn(request, "vpc-flow-log", "*"), _keys(request, "vpc-flow-log"))
    for id in request.params["ResourceIds"]:
        yield Need("ec2:CreateFlowLogs", _resource_arn(request, TYPES.get(id.rpartition("-")[0], "vpc"), id))
    yield from tags_on_create(request)
    if role := request.params.get("DeliverLogsPermissionArn"):
        yield Need("iam:PassRole", role, {"iam:PassedToService": "vpc-flow-logs.amazonaws.com"})
    if request.params.get("LogDestinationType") == "s3":
        yield Need("logs:CreateLogDelivery")
        yield Need("logs:DeleteLogDelivery")


def disassociation(request: Request) -> Iterator[Need]:
    """Need to take a subnet out of its route table, on both: the request names neither.

    Service authorization reference, Amazon EC2: DisassociateRouteTable.
    """
    id = request.params["AssociationId"]
    for routes in request.backend("ec2").route_tables.values():
        if subnet := routes._associations.get(id):
            yield Need("ec2:DisassociateRouteTable", _resource_arn(request, "route-table", routes.id))
            yield Need("ec2:DisassociateRouteTable", _resource_arn(request, "subnet", subnet))


def connect_endpoint(request: Request) -> Iterator[Need]:
    """Need to put a network interface where the endpoint goes, and a role for the service."""
    for kind in ("subnet", "security-group"):
        for id in _named(request, kind):
            yield Need("ec2:CreateNetworkInterface", _resource_arn(request, kind, id))
    yield from linked_role("ec2-instance-connect.amazonaws.com", "AWSServiceRoleForEC2InstanceConnect")(request)


def _pass_profile(request: Request, named: dict[str, str]) -> Iterator[Need]:
    held = request.backend("iam").instance_profiles.values()
    profile = next((one for one in held if named and named in ({"Name": one.name}, {"Arn": one.arn})), None)
    for role in profile.roles if profile else []:
        yield Need("iam:PassRole", role.arn, {"iam:PassedToService": "ec2.amazonaws.com"})


def _template(request: Request) -> dict[str, Any]:
    """Return what the launch template of a request says."""
    named = request.params.get("LaunchTemplate")
    held = request.backend("ec2").launch_templates.get(_template_id(request) or "")
    if not named or held is None:
        return {}
    data: dict[str, Any] = held.get_version(named.get("Version") or "$Default").data
    return data


def _template_id(request: Request) -> str | None:
    named = request.params.get("LaunchTemplate") or {}
    by_name: dict[str, str] = request.backend("ec2").launch_template_name_to_ids
    return named.get("LaunchTemplateId") or by_name.get(named.get("LaunchTemplateName", ""))


def _named(request: Request, kind: str) -> Iterator[str]:
    if kind.endswith("/*"):
        yield "*"
    for name in NAMED_BY.get(kind, []):
        value = request.params.get(name)
        yield from value if isinstance(value, list) else [value] if value else []


def _keys(request: Request, kind: str) -> dict[str, Any]:
    """Return what is made by its tags."""
    for one in request.params.get("TagSpecifications", []):
        if one["ResourceType"] == kind:
            return _request_tags(one.get("Tags", []))
    return {}


def _request_tags(tags: list[dict[str, str]]) -> dict[str, Any]:
    keys: dict[str, Any] = {f"aws:RequestTag/{tag['Key']}": tag.get("Value", "") for tag in tags}
    return {**keys, "aws:TagKeys": [tag["Key"] for tag in tags]} if tags else {}


def _resource_arn(request: Request, kind: str, id: str) -> str:
    # ARNs of images and snapshots name no account.
    account = "" if kind in ("image", "snapshot") else request.account
    return arn(request, f"ec2:{request.region}:{account}:{kind}/{id}")


CALLS = table(
    {
        "DescribeAddresses DescribeAvailabilityZones DescribeFlowLogs DescribeImages "
        "DescribeEgressOnlyInternetGateways DescribeVpcPeeringConnections DescribeVpnGateways "
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
        "DisassociateRouteTable": [disassociation],
        "ReplaceRouteTableAssociation": on("route-table"),
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
        "CreateLaunchTemplate": [*on("launch-template/*"), template_image],
        "CreateLaunchTemplateVersion": [*on("launch-template"), template_image],
        "ModifyLaunchTemplate DeleteLaunchTemplate": on("launch-template"),
        "CreateFlowLogs": [flow_logs],
        "DeleteFlowLogs": on("vpc-flow-log"),
        "CreateTags DeleteTags": [tag],
    }
)
