"""EC2: what is launched must exist, what is used is not deleted, a token means one thing, blocks are canonical.

A request with a launch template is made whole here, as EC2 does it, so that moto sees a plain one.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any

from awsbase.sandbox.rule import Ask, Refusal, Rule
from awsbase.sandbox.rules.documents import Fresh

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


@dataclass
class Tokens:
    """Which requests have been made under which tokens: of the same one the second is answered like the first."""

    used: dict[tuple[str, str, str], tuple[str, Any]] = field(default_factory=dict)

    def answer(self, ask: Ask) -> Any:
        """Return what was made under the token of a request; refuse when it was another request."""
        digest, made = self.used.get((ask.operation, ask.region, ask.params.get("ClientToken", "")), ("", None))
        if made is not None and digest != said(ask):
            raise Refusal(
                "IdempotentParameterMismatch",
                "The client token you have provided is associated with a resource that has different parameters.",
            )
        return made

    def keep(self, ask: Ask, digest: str, made: Any) -> None:
        """Remember what was made under a token."""
        if token := ask.params.get("ClientToken"):
            self.used[ask.operation, ask.region, token] = digest, made


def said(ask: Ask) -> str:
    """Return the digest of a request without its token."""
    rest = {name: value for name, value in ask.params.items() if name != "ClientToken"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True, default=str).encode()).hexdigest()


def well_formed(ask: Ask) -> None:
    """Refuse ids that are none."""
    for name, (prefix, code) in IDS.items():
        given = ask.params.get(name) or ask.params.get(f"{name}s") or []
        for id in given if isinstance(given, list) else [given]:
            if not str(id).startswith(prefix) or not FRESH_IDS.fullmatch(str(id)[len(prefix) :]):
                raise Refusal(code, f'Invalid id: "{id}"')


def tagged(ask: Ask) -> None:
    """Refuse tags for something that the call does not make."""
    allowed = TAGGED.get(ask.operation, "").split()
    for each in ask.params.get("TagSpecifications", []) if allowed else []:
        if each.get("ResourceType") not in allowed:
            raise Refusal(
                "InvalidParameterValue", f"{each.get('ResourceType')!r} is not a valid taggable resource type."
            )


def launched(ask: Ask) -> dict[str, Any] | None:
    """Make a launch whole, answer a token that it knows with what it made then."""
    ask.notes["said"] = said(ask)
    if made := ask.memory(Tokens).answer(ask):
        return reservation(ask, made)
    for name, value in from_template(ask).items():
        ask.params.setdefault(name, value)
    ask.params.pop("LaunchTemplate", None)
    named = str(ask.params.get("ImageId", ""))
    if named.startswith("resolve:ssm:"):
        try:
            parameter = ask.moto("ssm:GetParameter", Name=named.removeprefix("resolve:ssm:"))
        except Refusal:
            raise Refusal("InvalidParameterValue", f"Invalid parameter value {named}") from None
        ask.params["ImageId"] = parameter["Parameter"]["Value"]
    return None


def launchable(ask: Ask) -> None:
    """Refuse what EC2 cannot launch."""
    image(ask)
    if len(base64.b64decode(ask.params.get("UserData") or "")) > USER_DATA:
        raise Refusal("InvalidParameterValue", "User data is limited to 16384 bytes")
    key = ask.params.get("KeyName")
    if key and key not in ask.backend("ec2").key_pairs:
        raise Refusal("InvalidKeyPair.NotFound", f"The key pair '{key}' does not exist")
    profile(ask)


def from_template(ask: Ask) -> dict[str, Any]:
    """Return what the template of a launch says."""
    named = ask.params.get("LaunchTemplate")
    if not named:
        return {}
    which = {name: named[name] for name in ("LaunchTemplateId", "LaunchTemplateName") if named.get(name)}
    answer = ask.moto("ec2:DescribeLaunchTemplateVersions", **which, Versions=[named.get("Version") or "$Default"])
    version = answer["LaunchTemplateVersions"][0]
    ask.notes["template"] = {"id": version["LaunchTemplateId"], "version": str(version["VersionNumber"])}
    data = dict(version["LaunchTemplateData"])
    if ask.params.get("NetworkInterfaces"):
        # Groups belong to the interface where there is one.
        data.pop("SecurityGroupIds", None)
    data.pop("TagSpecifications", None)
    return data


def image(ask: Ask) -> None:
    """Refuse an image that is not there, or is for another processor."""
    named = ask.params.get("ImageId", "")
    found = ask.moto("ec2:DescribeImages", ImageIds=[named])["Images"]
    if not found:
        raise Refusal("InvalidAMIID.NotFound", f"The image id '[{named}]' does not exist")
    kind = ask.params.get("InstanceType", "m1.small")
    types = ask.moto("ec2:DescribeInstanceTypes", InstanceTypes=[kind])["InstanceTypes"]
    if found[0]["Architecture"] not in types[0]["ProcessorInfo"]["SupportedArchitectures"]:
        raise Refusal(
            "InvalidParameterValue",
            f"The architecture '{found[0]['Architecture']}' of the specified image does not match that of {kind}",
        )


def profile(ask: Ask) -> None:
    """Refuse an instance profile that EC2 does not know, or not yet, and one without a role."""
    wanted = ask.params.get("IamInstanceProfile") or {}
    if not wanted:
        return
    profiles = ask.backend("iam", "aws").instance_profiles.values()
    held = next((p for p in profiles if wanted.get("Arn") == p.arn or wanted.get("Name") == p.name), None)
    if held is None or ask.memory(Fresh).unknown(held.arn, ask):
        told = wanted.get("Arn") or wanted.get("Name")
        raise Refusal(
            "InvalidParameterValue",
            f"Value ({told}) for parameter iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN",
        )
    if not held.roles or ask.memory(Fresh).unknown(f"{held.arn} in use", ask):
        raise Refusal("InvalidParameterValue", f'IAM Instance Profile "{held.arn}" has no associated IAM Roles')


def note_role(ask: Ask, said: dict[str, Any]) -> None:
    """Note that a role was put into a profile: EC2 sees that later than IAM does."""
    profiles = ask.backend("iam", "aws").instance_profiles.values()
    for held in profiles:
        if held.name == ask.params["InstanceProfileName"]:
            ask.memory(Fresh).born(f"{held.arn} in use", ask.sandbox.clock.time(), ec2=1)


def note_launch(ask: Ask, said: dict[str, Any]) -> None:
    """Remember what was launched under a token, and do what moto forgets of a launch."""
    ids = [each["InstanceId"] for each in said["Instances"]]
    if "said" in ask.notes:
        ask.memory(Tokens).keep(ask, ask.notes["said"], ids)
    for instance, told in zip((ask.backend("ec2").get_instance(id) for id in ids), said["Instances"], strict=True):
        specified = (ask.params.get("NetworkInterfaces") or [{}])[0].get("Groups", [])
        groups = [ask.backend("ec2").get_security_group_from_id(id) for id in specified]
        if groups:
            instance.security_groups = groups
            told["SecurityGroups"] = [{"GroupId": group.id, "GroupName": group.name} for group in groups]


def reservation(ask: Ask, ids: list[str]) -> dict[str, Any]:
    """Answer a launch with instances that are there already."""
    found: dict[str, Any] = ask.moto("ec2:DescribeInstances", InstanceIds=ids)["Reservations"][0]
    return found


def canonical(ask: Ask) -> None:
    """Drop the host bits of every block, as EC2 does."""
    for permission in ask.params.get("IpPermissions", []):
        for several, one in (("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6")):
            for each in permission.get(several, []):
                each[one] = block(each[one])
    for name in ("CidrBlock", "CidrIp", "DestinationCidrBlock", "DestinationIpv6CidrBlock", "Ipv6CidrBlock"):
        if ask.params.get(name):
            ask.params[name] = block(ask.params[name])


def block(text: str) -> str:
    try:
        return str(ip_network(text, strict=False))
    except ValueError:
        raise Refusal("InvalidParameterValue", f"CIDR block {text} is malformed") from None


def blocks_told(ask: Ask, said: dict[str, Any]) -> None:
    """Tell the state of a subnet's IPv6 block, which moto wraps twice."""
    for subnet in said.get("Subnets") or [said["Subnet"]]:
        for each in subnet.get("Ipv6CidrBlockAssociationSet", []):
            each["Ipv6CidrBlockState"] = {"State": "associated"}


def all_templates(ask: Ask) -> None:
    """Let moto tell all that it has of templates, where it stops at the fifteenth without a word."""
    ask.params.setdefault("MaxResults", TEMPLATES)


def tags_of_templates(ask: Ask, said: dict[str, Any]) -> None:
    """Tell the tags that templates have now; moto tells those that they were made with."""
    held = ask.backend("ec2").tags
    for template in said["LaunchTemplates"]:
        tags = held.get(template["LaunchTemplateId"], {})
        template["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]


def said_in(ask: Ask, said: dict[str, Any]) -> None:
    """Tell what a version says; moto tells the template's own tags among it."""
    for version in said["LaunchTemplateVersions"]:
        data = version["LaunchTemplateData"]
        kept = [each for each in data.pop("TagSpecifications", []) if each["ResourceType"] != "launch-template"]
        if kept:
            data["TagSpecifications"] = kept


def opted_in(ask: Ask, said: dict[str, Any]) -> None:
    """Tell how a zone was come by; and in Oregon a local zone that this account has opted into."""
    for zone in said["AvailabilityZones"]:
        zone["OptInStatus"] = "opt-in-not-required"
        zone["ZoneType"] = "availability-zone"
    if ask.region == LOCAL_ZONE["RegionName"] and not ask.params.get("ZoneNames"):
        said["AvailabilityZones"].append(dict(LOCAL_ZONE))


def metadata_kept(ask: Ask) -> None:
    """Leave the options of the metadata service that a request does not name as they are."""
    answer = ask.moto("ec2:DescribeInstances", InstanceIds=[ask.params["InstanceId"]])
    held = answer["Reservations"][0]["Instances"][0].get("MetadataOptions", {})
    for name in ("HttpTokens", "HttpEndpoint", "HttpPutResponseHopLimit", "HttpProtocolIpv6", "InstanceMetadataTags"):
        if name in held:
            ask.params.setdefault(name, held[name])


def known_token(ask: Ask) -> dict[str, Any] | None:
    """Answer a token that was used before with what was made then."""
    ask.notes["said"] = said(ask)
    answer: dict[str, Any] | None = ask.memory(Tokens).answer(ask)
    return answer


def keep_token(ask: Ask, said: dict[str, Any]) -> None:
    """Remember what was made under a token."""
    ask.memory(Tokens).keep(ask, ask.notes["said"], deepcopy(said))


def group_named(ask: Ask) -> None:
    """Refuse a group's name that is none or is taken, whatever the letters' case."""
    name, vpc = ask.params["GroupName"], ask.params.get("VpcId")
    text = re.compile(r"[A-Za-z0-9 ._:/()#,@\[\]+=&;{}!$*-]{1,255}")
    if not text.fullmatch(name) or name.startswith("sg-") or not text.fullmatch(ask.params["Description"]):
        raise Refusal("InvalidParameterValue", "Value for parameter GroupName or GroupDescription is invalid.")
    taken = {group.name.casefold() for group in ask.backend("ec2").groups.get(vpc, {}).values()}
    if name.casefold() in taken:
        raise Refusal("InvalidGroup.Duplicate", f"The security group '{name}' already exists for VPC '{vpc}'")


def one_gateway(ask: Ask) -> None:
    """Refuse a second internet gateway for a VPC."""
    vpc = ask.params["VpcId"]
    for gateway in ask.backend("ec2").internet_gateways.values():
        if gateway.vpc and gateway.vpc.id == vpc and gateway.id != ask.params["InternetGatewayId"]:
            raise Refusal("InvalidParameterValue", f"Network {vpc} already has an internet gateway attached")


def living(ask: Ask) -> Iterator[Any]:
    """Yield the instances that are there."""
    for held in ask.backend("ec2").reservations.values():
        yield from (instance for instance in held.instances if instance.state not in GONE)


def subnet_unused(ask: Ask) -> None:
    """Refuse to delete a subnet that something lives in."""
    if any(instance.subnet_id == ask.params["SubnetId"] for instance in living(ask)):
        raise Refusal(
            "DependencyViolation", f"The subnet '{ask.params['SubnetId']}' has dependencies and cannot be deleted."
        )


def group_unused(ask: Ask) -> None:
    """Refuse to delete a group that an instance or another group's rule names."""
    id = ask.params.get("GroupId")
    worn = any(group.id == id for instance in living(ask) for group in instance.security_groups)
    named = any(
        pair.get("GroupId") == id
        for group in ask.moto("ec2:DescribeSecurityGroups")["SecurityGroups"]
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
    Rule("ec2:CreateSubnet ec2:DescribeSubnets", after=blocks_told, strict=False),
    Rule("ec2:DescribeLaunchTemplates ec2:DescribeLaunchTemplateVersions", before=all_templates, strict=False),
    Rule("ec2:DescribeLaunchTemplates", after=tags_of_templates, strict=False),
    Rule("ec2:DescribeLaunchTemplateVersions", after=said_in, strict=False),
    Rule("ec2:DescribeAvailabilityZones", after=opted_in, strict=False),
    Rule("ec2:ModifyInstanceMetadataOptions", before=metadata_kept, strict=False),
    Rule(
        "ec2:CreateRouteTable ec2:CreateVpcEndpoint ec2:CreateLaunchTemplate ec2:CreateLaunchTemplateVersion "
        "scheduler:CreateSchedule",
        before=known_token,
        after=keep_token,
        strict=False,
    ),
    Rule("ec2:CreateSecurityGroup", before=group_named),
    Rule("ec2:AttachInternetGateway", before=one_gateway),
    Rule("ec2:DeleteSubnet", before=subnet_unused),
    Rule("ec2:DeleteSecurityGroup", before=group_unused),
)
