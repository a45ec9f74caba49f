"""EC2: what is launched must exist, what is used is not deleted, a token means one thing, blocks are canonical.

A request with a launch template is made whole here, as EC2 does it, so that moto sees a plain one.
"""

import base64
import re
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

from awsbase.sandbox.client_tokens import ClientTokens, keep_token, known_token, request_digest
from awsbase.sandbox.common.public_images import known_to_moto
from awsbase.sandbox.propagation import Propagation
from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.wire import Refusal

USER_DATA = 16 * 1024
FRESH_IDS = re.compile(r"[0-9a-f]{8}|[0-9a-f]{17}")
IDS = {
    "InstanceId": ("i-", "InvalidInstanceID.Malformed"),
    "VpcId": ("vpc-", "InvalidVpcID.Malformed"),
    "SubnetId": ("subnet-", "InvalidSubnetID.Malformed"),
    "GroupId": ("sg-", "InvalidGroupId.Malformed"),
    "RouteTableId": ("rtb-", "InvalidRouteTableId.Malformed"),
    "InternetGatewayId": ("igw-", "InvalidInternetGatewayId.Malformed"),
}
# What may be tagged in the call that makes it.
TAGGED = {
    "AllocateAddress": "elastic-ip",
    "CreateInstanceConnectEndpoint": "instance-connect-endpoint",
    "CreateInternetGateway": "internet-gateway",
    "CreateLaunchTemplate": "launch-template",
    "CreateRouteTable": "route-table",
    "CreateSecurityGroup": "security-group",
    "CreateSubnet": "subnet",
    "CreateVpc": "vpc",
    "CreateVpcEndpoint": "vpc-endpoint",
    "ImportKeyPair": "key-pair",
    "RunInstances": "instance volume network-interface spot-instances-request elastic-gpu",
}
LOCAL_ZONE = {
    "ZoneName": "us-west-2-lax-1a",
    "ZoneId": "usw2-lax1-az1",
    "ZoneType": "local-zone",
    "OptInStatus": "opted-in",
    "State": "available",
    "RegionName": "us-west-2",
    "GroupName": "us-west-2-lax-1",
}
# A region holds no more templates than half of this.
TEMPLATES = 10_000
GONE = ("terminated", "shutting-down")


def well_formed(request: Request) -> None:
    """Refuse ids that are none; raises Refusal.

    https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-error-codes.html
    """
    for name, (prefix, code) in IDS.items():
        given = request.params.get(name) or request.params.get(f"{name}s") or []
        for id in given if isinstance(given, list) else [given]:
            if not str(id).startswith(prefix) or not FRESH_IDS.fullmatch(str(id)[len(prefix) :]):
                raise Refusal(code, f'Invalid id: "{id}"')


def tagged(request: Request) -> None:
    """Refuse tags for something that the call does not make; raises Refusal with InvalidParameterValue.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TagSpecification.html
    """
    allowed = TAGGED.get(request.operation, "").split()
    for each in request.params.get("TagSpecifications", []) if allowed else []:
        if each.get("ResourceType") not in allowed:
            raise Refusal(
                "InvalidParameterValue", f"{each.get('ResourceType')!r} is not a valid taggable resource type."
            )


def launched(request: Request) -> dict[str, Any] | None:
    """Make a launch whole, answer a token that it knows with what it made then.

    What the request says overrides what its template says (API reference, RunInstances: LaunchTemplate), and an image
    can be named by `resolve:ssm:` and a parameter (RequestLaunchTemplateData: ImageId). Raises Refusal with
    InvalidParameterValue.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html
    """
    request.notes["digest"] = request_digest(request)
    if made := request.memory(ClientTokens).answer(request):
        return reservation(request, made)
    for name, value in from_template(request).items():
        request.params.setdefault(name, value)
    request.params.pop("LaunchTemplate", None)
    named = str(request.params.get("ImageId", ""))
    if named.startswith("resolve:ssm:"):
        try:
            parameter = request.call_moto("ssm:GetParameter", Name=known_to_moto(named.removeprefix("resolve:ssm:")))
        except Refusal:
            raise Refusal("InvalidParameterValue", f"Invalid parameter value {named}") from None
        request.params["ImageId"] = parameter["Parameter"]["Value"]
    return None


def launchable(request: Request) -> None:
    """Refuse what EC2 cannot launch.

    Raises Refusal with InvalidParameterValue, InvalidParameterCombination or InvalidKeyPair.NotFound.

    https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-error-codes.html
    """
    network_said_once(request)
    image(request)
    if len(base64.b64decode(request.params.get("UserData") or "")) > USER_DATA:
        raise Refusal("InvalidParameterValue", "User data is limited to 16384 bytes")
    key = request.params.get("KeyName")
    if key and key not in request.backend("ec2").key_pairs:
        raise Refusal("InvalidKeyPair.NotFound", f"The key pair '{key}' does not exist")
    profile(request)


def network_said_once(request: Request) -> None:
    """Refuse a launch that has interfaces, and groups or a subnet beside them, in the request or in its template.

    Raises Refusal with InvalidParameterCombination. The message is quoted in ansible-collections/amazon.aws#157 and
    hashicorp/terraform-provider-aws#32614; the API reference says it of RunInstances: SecurityGroupIds, SubnetId.
    """
    beside = {"SecurityGroupIds": "security groups", "SecurityGroups": "security groups", "SubnetId": "subnet ID"}
    for name, what in beside.items() if request.params.get("NetworkInterfaces") else ():
        if request.params.get(name):
            raise Refusal(
                "InvalidParameterCombination",
                f"Network interfaces and an instance-level {what} may not be specified on the same request",
            )


def from_template(request: Request) -> dict[str, Any]:
    """Return what the template of a launch says, without the template's own tags, which moto puts there."""
    named = request.params.get("LaunchTemplate")
    if not named:
        return {}
    which = {name: named[name] for name in ("LaunchTemplateId", "LaunchTemplateName") if named.get(name)}
    answer = request.call_moto(
        "ec2:DescribeLaunchTemplateVersions", **which, Versions=[named.get("Version") or "$Default"]
    )
    version = answer["LaunchTemplateVersions"][0]
    request.notes["template"] = {"id": version["LaunchTemplateId"], "version": str(version["VersionNumber"])}
    return without_own_tags(version["LaunchTemplateData"])


def image(request: Request) -> None:
    """Refuse an image that is not there, or is for another processor.

    Raises Refusal with InvalidAMIID.NotFound or InvalidParameterValue.
    """
    named = request.params.get("ImageId", "")
    found = request.call_moto("ec2:DescribeImages", ImageIds=[named])["Images"]
    if not found:
        raise Refusal("InvalidAMIID.NotFound", f"The image id '[{named}]' does not exist")
    kind = request.params.get("InstanceType", "m1.small")
    types = request.call_moto("ec2:DescribeInstanceTypes", InstanceTypes=[kind])["InstanceTypes"]
    if found[0]["Architecture"] not in types[0]["ProcessorInfo"]["SupportedArchitectures"]:
        raise Refusal(
            "InvalidParameterValue",
            f"The architecture '{found[0]['Architecture']}' of the specified image does not match that of {kind}",
        )


def profile(request: Request) -> None:
    """Refuse an instance profile that EC2 does not know, or not yet, and one without a role.

    Raises Refusal with InvalidParameterValue.
    """
    wanted = request.params.get("IamInstanceProfile") or {}
    if not wanted:
        return
    profiles = request.backend("iam", "aws").instance_profiles.values()
    held = next((p for p in profiles if wanted.get("Arn") == p.arn or wanted.get("Name") == p.name), None)
    if held is None or request.memory(Propagation).unknown(held.arn, request):
        name = wanted.get("Arn") or wanted.get("Name")
        raise Refusal(
            "InvalidParameterValue",
            f"Value ({name}) for parameter iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN",
        )
    if not held.roles or request.memory(Propagation).unknown(f"{held.arn} in use", request):
        raise Refusal("InvalidParameterValue", f'IAM Instance Profile "{held.arn}" has no associated IAM Roles')


def note_role(request: Request, response: dict[str, Any]) -> None:
    """Note that a role was put into a profile: EC2 sees that later than IAM does.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html (changes are not always immediately visible)
    """
    profiles = request.backend("iam", "aws").instance_profiles.values()
    for held in profiles:
        if held.name == request.params["InstanceProfileName"]:
            request.memory(Propagation).note_created(f"{held.arn} in use", request.sandbox.clock.time(), ec2=1)


def note_launch(request: Request, response: dict[str, Any]) -> None:
    """Remember what was launched under a token, and put the instance into the groups of its interface.

    DescribeInstances tells the groups of the first interface as the instance's own (API reference, Instance); moto
    forgets them.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html
    """
    ids = [each["InstanceId"] for each in response["Instances"]]
    if "digest" in request.notes:
        request.memory(ClientTokens).keep(request, request.notes["digest"], ids)
    for instance, launched in zip(
        (request.backend("ec2").get_instance(id) for id in ids), response["Instances"], strict=True
    ):
        specified = (request.params.get("NetworkInterfaces") or [{}])[0].get("Groups", [])
        groups = [request.backend("ec2").get_security_group_from_id(id) for id in specified]
        if groups:
            instance.security_groups = groups
            launched["SecurityGroups"] = [{"GroupId": group.id, "GroupName": group.name} for group in groups]


def reservation(request: Request, ids: list[str]) -> dict[str, Any]:
    """Answer a launch with instances that are there already."""
    found: dict[str, Any] = request.call_moto("ec2:DescribeInstances", InstanceIds=ids)["Reservations"][0]
    return found


def canonical(request: Request) -> None:
    """Drop the host bits of every block, as EC2 does (API reference: IpRange, CreateSubnet, CreateVpc, CreateRoute).

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpc.html
    """
    for permission in request.params.get("IpPermissions", []):
        for several, one in (("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6")):
            for each in permission.get(several, []):
                each[one] = block(each[one])
    for name in ("CidrBlock", "CidrIp", "DestinationCidrBlock", "DestinationIpv6CidrBlock", "Ipv6CidrBlock"):
        if request.params.get(name):
            request.params[name] = block(request.params[name])


def block(text: str) -> str:
    """Return a block without its host bits. Raises InvalidParameterValue when it is none."""
    try:
        return str(ip_network(text, strict=False))
    except ValueError:
        raise Refusal("InvalidParameterValue", f"CIDR block {text} is malformed") from None


def correct_ipv6_blocks(request: Request, response: dict[str, Any]) -> None:
    """Return the state of a subnet's IPv6 block as botocore's model has it: moto wraps it twice.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SubnetIpv6CidrBlockAssociation.html
    """
    for subnet in response["Subnets"] if "Subnets" in response else [response["Subnet"]]:
        for each in subnet.get("Ipv6CidrBlockAssociationSet", []):
            each["Ipv6CidrBlockState"] = {"State": "associated"}


def ask_for_all_templates(request: Request) -> None:
    """Ask moto for all templates: by itself it stops at the fifteenth and tells no token for the rest.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLaunchTemplates.html
    """
    request.params.setdefault("MaxResults", TEMPLATES)


def tags_of_templates(request: Request, response: dict[str, Any]) -> None:
    """Return the tags that templates have now (botocore's model: LaunchTemplate), not those they were created with.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_LaunchTemplate.html
    """
    held = request.backend("ec2").tags
    for template in response["LaunchTemplates"]:
        tags = held.get(template["LaunchTemplateId"], {})
        template["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]


def correct_version_data(request: Request, response: dict[str, Any]) -> None:
    """Return what a version says; moto tells the template's own tags among it.

    Recorded: cloud-custodian, ec2.DescribeLaunchTemplateVersions.
    """
    for version in response["LaunchTemplateVersions"]:
        version["LaunchTemplateData"] = without_own_tags(version["LaunchTemplateData"])


def without_own_tags(data: dict[str, Any]) -> dict[str, Any]:
    """Return what a version says without the tags of the template itself."""
    specified = [each for each in data.get("TagSpecifications", []) if each["ResourceType"] != "launch-template"]
    rest = {name: value for name, value in data.items() if name != "TagSpecifications"}
    return {**rest, "TagSpecifications": specified} if specified else rest


def add_opt_in_status(request: Request, response: dict[str, Any]) -> None:
    """Add the opt-in status of zones, and in Oregon a local zone that the account has opted into.

    DescribeAvailabilityZones tells both of every zone (API reference, AvailabilityZone), and moto does not.

    Recorded: LocalStack, test_describe_availability_zones_filters.
    """
    for zone in response["AvailabilityZones"]:
        zone["OptInStatus"] = "opt-in-not-required"
        zone["ZoneType"] = "availability-zone"
    if request.region == LOCAL_ZONE["RegionName"] and not request.params.get("ZoneNames"):
        response["AvailabilityZones"].append(dict(LOCAL_ZONE))


def metadata_kept(request: Request) -> None:
    """Leave the options of the metadata service that a request does not name as they are.

    API reference, ModifyInstanceMetadataOptions: without a parameter the existing state is maintained.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceMetadataOptions.html
    """
    answer = request.call_moto("ec2:DescribeInstances", InstanceIds=[request.params["InstanceId"]])
    held = answer["Reservations"][0]["Instances"][0].get("MetadataOptions", {})
    for name in ("HttpTokens", "HttpEndpoint", "HttpPutResponseHopLimit", "HttpProtocolIpv6", "InstanceMetadataTags"):
        if name in held:
            request.params.setdefault(name, held[name])


def group_named(request: Request) -> None:
    """Refuse a group's name that is none or is taken, whatever the letters' case.

    Raises Refusal with InvalidParameterValue or InvalidGroup.Duplicate.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
    """
    name, vpc = request.params["GroupName"], request.params.get("VpcId")
    text = re.compile(r"[A-Za-z0-9 ._:/()#,@\[\]+=&;{}!$*-]{1,255}")
    if not text.fullmatch(name) or name.startswith("sg-") or not text.fullmatch(request.params["Description"]):
        raise Refusal("InvalidParameterValue", "Value for parameter GroupName or GroupDescription is invalid.")
    taken = {group.name.casefold() for group in request.backend("ec2").groups.get(vpc, {}).values()}
    if name.casefold() in taken:
        raise Refusal("InvalidGroup.Duplicate", f"The security group '{name}' already exists for VPC '{vpc}'")


def one_gateway(request: Request) -> None:
    """Refuse a second internet gateway for a VPC; raises Refusal with InvalidParameterValue.

    https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
    """
    vpc = request.params["VpcId"]
    for gateway in request.backend("ec2").internet_gateways.values():
        if gateway.vpc and gateway.vpc.id == vpc and gateway.id != request.params["InternetGatewayId"]:
            raise Refusal("InvalidParameterValue", f"Network {vpc} already has an internet gateway attached")


def living_instances(request: Request) -> Iterator[Any]:
    """Yield the instances that are there."""
    for held in request.backend("ec2").reservations.values():
        yield from (instance for instance in held.instances if instance.state not in GONE)


def subnet_unused(request: Request) -> None:
    """Refuse to delete a subnet that something lives in; raises Refusal with DependencyViolation.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSubnet.html
    """
    if any(instance.subnet_id == request.params["SubnetId"] for instance in living_instances(request)):
        raise Refusal(
            "DependencyViolation", f"The subnet '{request.params['SubnetId']}' has dependencies and cannot be deleted."
        )


def group_unused(request: Request) -> None:
    """Refuse to delete a group that an instance or another group's rule names.

    Raises Refusal with DependencyViolation.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html
    """
    id = request.params.get("GroupId")
    worn = any(group.id == id for instance in living_instances(request) for group in instance.security_groups)
    named = any(
        pair.get("GroupId") == id
        for group in request.call_moto("ec2:DescribeSecurityGroups")["SecurityGroups"]
        if group["GroupId"] != id
        for permission in (*group["IpPermissions"], *group["IpPermissionsEgress"])
        for pair in permission.get("UserIdGroupPairs", [])
    )
    if worn or named:
        raise Refusal("DependencyViolation", f"resource {id} has a dependent object")


RULES = (
    Rule("ec2:*", before=well_formed),
    Rule("ec2:*", before=tagged),
    Rule("ec2:RunInstances", before=launched, after=note_launch, strict=False),
    Rule("ec2:RunInstances", before=launchable),
    Rule("iam:AddRoleToInstanceProfile", after=note_role),
    Rule(
        "ec2:AuthorizeSecurityGroup* ec2:RevokeSecurityGroup* ec2:UpdateSecurityGroupRule* "
        "ec2:CreateVpc ec2:CreateSubnet ec2:CreateRoute ec2:ReplaceRoute",
        before=canonical,
    ),
    Rule("ec2:CreateSubnet ec2:DescribeSubnets", after=correct_ipv6_blocks, strict=False),
    Rule("ec2:DescribeLaunchTemplates ec2:DescribeLaunchTemplateVersions", before=ask_for_all_templates, strict=False),
    Rule("ec2:DescribeLaunchTemplates", after=tags_of_templates, strict=False),
    Rule("ec2:DescribeLaunchTemplateVersions", after=correct_version_data, strict=False),
    Rule("ec2:DescribeAvailabilityZones", after=add_opt_in_status, strict=False),
    Rule("ec2:ModifyInstanceMetadataOptions", before=metadata_kept, strict=False),
    Rule(
        "ec2:CreateRouteTable ec2:CreateVpcEndpoint ec2:CreateLaunchTemplate ec2:CreateLaunchTemplateVersion",
        before=known_token,
        after=keep_token,
        strict=False,
    ),
    Rule("ec2:CreateSecurityGroup", before=group_named),
    Rule("ec2:AttachInternetGateway", before=one_gateway),
    Rule("ec2:DeleteSubnet", before=subnet_unused),
    Rule("ec2:DeleteSecurityGroup", before=group_unused),
)
