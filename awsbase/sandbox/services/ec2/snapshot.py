"""What an account has in EC2, as a plain value: names instead of ids, and nothing that every region has by itself."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from awsbase.sandbox.service import AccountState
from awsbase.sandbox.services.ec2.connect_endpoints import Endpoints
from awsbase.sandbox.services.ec2.defaults import Defaults
from awsbase.sandbox.services.ec2.flow_logs import FlowLogs
from awsbase.sandbox.snapshot import as_text, by_region, remembered

GONE = ("terminated", "shutting-down")
# Left out: ids of no meaning, times, and what is random or follows from the rest.
OMITTED = frozenset(
    """
    OwnerId CreateDate CreateTime CreationTimestamp CreatedBy LaunchTime AttachTime RouteTableAssociationId
    AssociationId Id NetworkInterfaces BlockDeviceMappings PrivateDnsName PrivateIpAddress PublicDnsName PublicIp
    PublicIpAddress ClientToken ReservationId AmiLaunchIndex KeyPairId SecurityGroupArn VpcArn SubnetArn
    SecurityGroupRuleId AvailableIpAddressCount NetworkInterfaceIds UsageOperationUpdateTime Ipv6CidrBlock
    DhcpOptionsId DnsEntries LatestVersionNumber DefaultVersionNumber VersionNumber NetworkInterfaceOwnerId
    DefaultForAz MapPublicIpOnLaunch
    """.split()  # noqa: SIM905, a list of words
)
# Of AWS's own choosing: IPv6 blocks, prefix lists, network interfaces.
RANDOM = re.compile(r"[0-9a-f:]+::/(56|64)|(pl|eni)-[0-9a-f]{17}")
READ = (
    ("vpcs", "DescribeVpcs", "Vpcs", "VpcId"),
    ("subnets", "DescribeSubnets", "Subnets", "SubnetId"),
    ("gateways", "DescribeInternetGateways", "InternetGateways", "InternetGatewayId"),
    ("route tables", "DescribeRouteTables", "RouteTables", "RouteTableId"),
    ("endpoints", "DescribeVpcEndpoints", "VpcEndpoints", "VpcEndpointId"),
    ("security groups", "DescribeSecurityGroups", "SecurityGroups", "GroupId"),
    ("key pairs", "DescribeKeyPairs", "KeyPairs", "KeyPairId"),
    ("templates", "DescribeLaunchTemplates", "LaunchTemplates", "LaunchTemplateId"),
    ("addresses", "DescribeAddresses", "Addresses", "AllocationId"),
)


def untouched(ec2: Any) -> bool:
    """Tell whether a region has only what every region has by itself: most do, and it is asked for often."""
    made = (
        *(ec2.reservations, ec2.vpc_end_points, ec2.internet_gateways, ec2.addresses, ec2.key_pairs),
        *(ec2.launch_templates, *ec2.tags.values()),
    )
    groups = [group.name for groups in ec2.groups.values() for group in groups.values()]
    return (
        not any(made)
        and [vpc.is_default for vpc in ec2.vpcs.values()] == [True]
        and groups == ["default"]
        and [len(table.routes) for table in ec2.route_tables.values()] == [1]
        and all(subnet.default_for_az for zone in ec2.subnets.values() for subnet in zone.values())
    )


def networks(sandbox: AccountState, region: str) -> dict[str, Any]:
    """Return what an account has made in EC2 in one region."""
    connected = any(where == region for where, _ in sandbox.memory(Endpoints).made)
    if not connected and untouched(sandbox.backend("ec2", region)):
        return {}

    def call(operation: str, **params: Any) -> dict[str, Any]:
        answer: dict[str, Any] = sandbox.call_moto(f"ec2:{operation}", region=region, **params)
        return answer

    held: dict[str, list[dict[str, Any]]] = {
        kind: call(operation)[key] for kind, operation, key, _ in READ if operation != "DescribeKeyPairs"
    }
    held["key pairs"] = call("DescribeKeyPairs", IncludePublicKey=True)["KeyPairs"]
    held["instances"] = [
        instance
        | {
            # EC2's own tags hold ids.
            "Tags": [tag for tag in instance.get("Tags", []) if not tag["Key"].startswith("aws:")],
            "user data": call("DescribeInstanceAttribute", InstanceId=instance["InstanceId"], Attribute="userData")[
                "UserData"
            ],
        }
        for reservation in call("DescribeInstances")["Reservations"]
        for instance in reservation["Instances"]
        if instance["State"]["Name"] not in GONE
    ]
    held["connect endpoints"] = [each for (where, _), each in sandbox.memory(Endpoints).made.items() if where == region]
    for template in held["templates"]:
        versions = call("DescribeLaunchTemplateVersions", LaunchTemplateId=template["LaunchTemplateId"])
        template["Default"] = next(
            each["LaunchTemplateData"] for each in versions["LaunchTemplateVersions"] if each["DefaultVersion"]
        )
        # The template's own tags are those that it has now; moto returns the ones it was created with.
        template["Default"]["TagSpecifications"] = [
            each
            for each in template["Default"].get("TagSpecifications", [])
            if each["ResourceType"] != "launch-template"
        ]
        tags = sandbox.backend("ec2", region).tags.get(template["LaunchTemplateId"], {})
        template["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
    for vpc in held["vpcs"]:
        names = call("DescribeVpcAttribute", VpcId=vpc["VpcId"], Attribute="enableDnsHostnames")
        vpc["DnsHostnames"] = names["EnableDnsHostnames"]["Value"]

    own = without_defaults(held)
    names = {id: name for kind, each in held.items() for item in each for id, name in named(kind, item).items()}
    return {kind: sorted((plain(item, names) for item in each), key=str) for kind, each in own.items() if each}


def without_defaults(held: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """Leave out the VPC that every region has, and what came with it."""
    default = {vpc["VpcId"] for vpc in held["vpcs"] if vpc.get("IsDefault")}

    def by_itself(kind: str, item: Mapping[str, Any]) -> bool:
        if item.get("VpcId") not in default or item.get("Tags"):
            return False
        if kind == "route tables":
            return any(each.get("Main") for each in item["Associations"]) and all(
                route.get("GatewayId") == "local" for route in item["Routes"]
            )
        return (
            kind == "vpcs"
            or (kind == "subnets" and item.get("DefaultForAz"))
            or (kind == "security groups" and item["GroupName"] == "default")
        )

    return {kind: [item for item in items if not by_itself(kind, item)] for kind, items in held.items()}


def named(kind: str, item: Mapping[str, Any]) -> dict[str, str]:
    """Return the names that stand for the ids of one thing."""
    keys = {kind: key for kind, _, _, key in READ}
    keys |= {"instances": "InstanceId", "connect endpoints": "InstanceConnectEndpointId"}
    tags = {tag["Key"]: tag["Value"] for tag in item.get("Tags", [])}
    name = tags.get("awsbase:address") or tags.get("Name") or item.get("GroupName") or "unnamed"
    names = {str(item[keys[kind]]): f"<{kind} {name}>"}
    for interface in item.get("NetworkInterfaces", []):
        names[interface["NetworkInterfaceId"]] = f"<interface of {name}>"
    return names


def plain(value: Any, names: Mapping[str, str]) -> Any:
    """Return a value without what is random in it."""
    if isinstance(value, Mapping):
        if set(value) == {"Key", "Value"}:
            if value["Key"] == "awsbase:born":
                return value["Key"]
            return f"{value['Key']}={value['Value']}"
        kept = {str(key): plain(each, names) for key, each in sorted(value.items()) if key not in OMITTED}
        return {key: each for key, each in kept.items() if each not in (None, [], {}, "")}
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return sorted((plain(each, names) for each in value), key=str)
    if isinstance(value, str):
        return names.get(value) or RANDOM.sub("<random>", value)
    return value


def chosen_rules(ec2: Any) -> Any:
    """Return the security groups whose rules somebody has chosen: default groups as they come are left out."""
    held = []
    for groups in ec2.groups.values():
        for group in groups.values():
            rules = {"in": sorted(map(_rule, group.ingress_rules)), "out": sorted(map(_rule, group.egress_rules))}
            untouched = len(rules["in"]) == len(getattr(group, "furnished", ())) and len(rules["out"]) == 1
            if group.name != "default" or not untouched:
                vpc = ec2.vpcs.get(group.vpc_id)
                held.append({"name": group.name, "vpc": vpc and vpc.cidr_block, **rules})
    return sorted(held, key=as_text)


def _rule(rule: Any) -> str:
    """Return a rule in one line, without the ids of groups, which are random."""
    source = rule.cidr_ipv4 or rule.cidr_ipv6 or rule.prefix_list_id or "a group"
    return f"{rule.ip_protocol} {rule.from_port}-{rule.to_port} {source}"


def snapshot(sandbox: AccountState) -> dict[str, Any]:
    """Return what an account has in EC2, region by region, flow logs and settings of regions included."""
    parts = {
        "networks": {region: networks(sandbox, region) for region in sorted(sandbox.backends("ec2"))},
        "security groups": by_region("ec2", chosen_rules)(sandbox),
        "flow logs": remembered(FlowLogs)(sandbox),
        "defaults": remembered(Defaults)(sandbox),
    }
    parts["networks"] = {region: held for region, held in parts["networks"].items() if held}
    return {name: held for name, held in parts.items() if held}


def stable_names(sandbox: AccountState) -> dict[str, str]:
    """Return what stands for the ids of VPCs and for public addresses, which policies may name."""
    found: dict[str, str] = {}
    for ec2 in sandbox.backends("ec2").values():
        found |= {vpc.id: f"<vpc {vpc.cidr_block}>" for vpc in ec2.vpcs.values()}
        found |= {address.public_ip: "<public address>" for address in ec2.addresses}
    return found
