"""Launch templates: all that an instance is, before there is one."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import Any

from awsbase.access.attributes import retagging
from awsbase.engine import quotas
from awsbase.engine.changes import Drift, Unknown, compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, Things
from awsbase.ensure.subnet import subnets, with_ipv4
from awsbase.facts import ec2, tags
from awsbase.facts.images import image, image_permissions, launch_permissions, named_by, names
from awsbase.facts.launch_templates import launch_templates
from awsbase.prices import table as prices
from awsbase.records import record
from awsbase.userdata import letting_in

SCALING_GROUP = "aws:autoscaling:groupName"


@record(kw_only=True)
class LaunchTemplate(Resource):
    """A launch template: the image by its parameter, IMDSv2 alone, an encrypted root volume, no key pair unless given.

    The image is found anew at every launch, so that its age is no drift. `profile`, `groups` and `subnet` are
    addresses; what else somebody put into a version of their own is not taken over: the default version is ours.

    Without `subnet` and with `public` left open the template has no network interface: whoever launches says where, as
    an Auto Scaling group does. It says nothing of a market unless `spot` is asked for, so that both can use it.
    """

    name: str
    type: str
    image: str
    profile: str
    groups: tuple[str, ...]
    subnet: str
    public: bool | None = True
    user_data: str = ""
    key_pair: str | None = None
    volume_gib: int = 8
    hops: int = 1
    monitoring: bool = False
    spot: bool = False
    launched_tags: Mapping[str, str] = field(default_factory=dict)
    made_here: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return self.scope.address("launch-template", self.name)

    def needs(self) -> Iterator[str]:
        made = (self.profile, *(each for each in self.groups if not is_id(each)), self.subnet)
        yield from filter(None, (*made, *self.made_here))


def is_id(group: str) -> bool:
    """Tell whether a security group is given by its id, and not by an address."""
    return group.startswith("sg-")


@record
class TemplateFacts:
    """A launch template as it is: what its default version says, and what its newest does."""

    id: Any
    data: Mapping[str, Any] = field(default_factory=dict)
    default: Any = 1
    newest: Mapping[str, Any] = field(default_factory=dict)
    newest_version: int = 1
    tags: Mapping[str, str] = field(default_factory=dict)

    def says(self, version: str) -> Mapping[str, Any] | None:
        """Return what a version says, if it is one of these two."""
        return {str(self.default): self.data, str(self.newest_version): self.newest}.get(version)


def launch_template(facts: Facts, region: str, name: str) -> TemplateFacts | None:
    """Return one launch template, without its tags."""
    versions = sorted(facts.read(launch_templates, region).get(name, ()), key=lambda each: int(each["VersionNumber"]))
    if not versions:
        return None
    default, newest = next(each for each in versions if each["DefaultVersion"]), versions[-1]
    return TemplateFacts(
        default["LaunchTemplateId"],
        default["LaunchTemplateData"],
        default["VersionNumber"],
        newest["LaunchTemplateData"],
        newest["VersionNumber"],
    )


def template_tags(facts: Facts, region: str, id: str) -> Mapping[str, str]:
    """Read the tags of one launch template from EC2 itself."""
    answer = facts.aws.at(region).ec2.describe_launch_templates(LaunchTemplateIds=[id])
    return ec2.tags_in(answer["LaunchTemplates"][0])


def listed(facts: Facts, region: str) -> Mapping[str, Mapping[str, str]]:
    """Return all tags of each launch template of a region, by its name; what its versions say is not read."""
    pages = facts.aws.at(region).ec2.get_paginator("describe_launch_templates").paginate()
    return {
        each.get("LaunchTemplateName", ""): {tag["Key"]: tag["Value"] for tag in each.get("Tags", [])}
        for page in pages
        for each in page["LaunchTemplates"]
    }


def launch_template_things(facts: Facts, scope: Scope) -> Things:
    """Yield the launch templates; the user data of those that awsbase did not make stays where it is."""
    for name, tagged in facts.read(listed, scope.region).items():
        bare = LaunchTemplate(scope=scope, name=name, type="", image="", profile="", groups=(), subnet="")
        ours = tagged.get(tags.ADDRESS) == bare.address and tags.CREATED_BY in tagged
        found = described(facts, bare)
        yield Described(found if ours else replace(found, user_data=""), tagged)


def described(facts: Facts, bare: LaunchTemplate) -> LaunchTemplate:
    """Return a launch template as its default version says it, as far as there are words for it."""
    found = facts.read(launch_template, bare.scope.region, bare.name)
    data = found.data if found else {}
    (network, *_) = data.get("NetworkInterfaces") or [{}]
    (disk, *_) = data.get("BlockDeviceMappings") or [{}]
    named = data.get("IamInstanceProfile", {})
    profile = named.get("Name") or named.get("Arn", "").rpartition("/")[2]
    labels = [each["Tags"] for each in data.get("TagSpecifications", []) if each["ResourceType"] == "instance"]
    return replace(
        bare,
        type=data.get("InstanceType", ""),
        image=named_by(data.get("ImageId", "")),
        profile=f"instance-profile/{profile}" if profile else "",
        groups=tuple(network.get("Groups", data.get("SecurityGroupIds", ()))),
        subnet=network.get("SubnetId", ""),
        public=network.get("AssociatePublicIpAddress"),
        user_data=decoded(data.get("UserData")),
        key_pair=data.get("KeyName"),
        volume_gib=disk.get("Ebs", {}).get("VolumeSize", 8),
        hops=data.get("MetadataOptions", {}).get("HttpPutResponseHopLimit", 1),
        monitoring=data.get("Monitoring", {}).get("Enabled", False),
        spot="InstanceMarketOptions" in data,
        launched_tags={tag["Key"]: tag["Value"] for each in labels for tag in each},
    )


def description_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions to list launch templates, and to read those that awsbase made."""
    yield allow("ec2", "DescribeLaunchTemplates", "DescribeLaunchTemplateVersions")


def launch_template_reads(want: LaunchTemplate) -> Iterator[Read]:
    """Yield the facts that the recipe of a launch template reads, to prefetch them."""
    yield launch_template, want.scope.region, want.name
    yield tags.indexed, want.scope.region
    if want.subnet:
        yield subnets, want.scope.region


def reads_to_make(want: LaunchTemplate) -> Iterator[Read]:
    """Yield what is read beforehand only to make one."""
    yield image_of_new, want.scope.region, want.name, want.image, want.type


def image_of_new(facts: Facts, region: str, name: str, named: str, type: str) -> None:
    """Read the image of a template that is still to be made: three calls in turn, the longest chain of a first plan."""
    if facts.read(launch_template, region, name) is None:
        facts.read(image, region, named, type)


def ensure_launch_template(run: Run, want: LaunchTemplate) -> dict[str, Any]:
    """Keep one launch template whose default version says this; returns its id and that version."""
    client = run.aws.ec2
    have = run.read(launch_template, want.scope.region, want.name)
    have = have and replace(have, tags=tags_of(run, want, have))
    data = content(run, want, have)
    region, groups = want.scope.region, len(want.groups)
    remedy, where = "name fewer groups, or ask AWS for more", f"launch template {want.name}"
    quotas.fits(run, quotas.GROUPS_OF_INTERFACE, where, groups, remedy, region)

    if have is None:
        leave_room(run, want)
        made = run.create(
            "launch template",
            client.create_launch_template,
            LaunchTemplateName=want.name,
            LaunchTemplateData=data,
            TagSpecifications=ec2.tagging("launch-template", want),
        )
        have = TemplateFacts(made["LaunchTemplate"]["LaunchTemplateId"], data, tags=ec2.labels(want))

    version = have.default
    if drift := differences(have.data, data):
        version = have.newest_version
        risk = access(opening(have.data, data))
        # A run that was cut off has left the version, and not made it the default.
        if differences(have.newest, data):
            made = run.update(
                "contents",
                drift,
                client.create_launch_template_version,
                risk=risk,
                LaunchTemplateId=have.id,
                LaunchTemplateData=data,
            )
            version = made["LaunchTemplateVersion"]["VersionNumber"]
        run.update(
            "default version",
            [Drift("default version", have.default, version)],
            client.modify_launch_template,
            risk=risk,
            LaunchTemplateId=have.id,
            DefaultVersion=version if not isinstance(version, int) else str(version),
        )

    ec2.tag(run, want, have, retagging)
    return {"id": have.id, "version": version}


def leave_room(run: Run, want: LaunchTemplate) -> None:
    """Make sure that the region takes all the templates that the manifest wants; raises QuotaExceeded."""
    region, names = want.scope.region, quotas.others(run, want, lambda each: each.name)
    there = run.read(launch_templates, region)
    remedy = "delete {excess} that nobody needs: aws ec2 delete-launch-template"
    quotas.room_beside(run, quotas.TEMPLATES, region, held=there, wanted=names, remedy=remedy, region=region)


def tags_of(run: Run, want: LaunchTemplate, have: TemplateFacts) -> Mapping[str, str]:
    """Return the tags that the resource has."""
    region, arn = want.scope.region, want.scope.arn("ec2", f"launch-template/{have.id}")
    return tags.current(run, want, region, arn, (template_tags, region, have.id), ec2.labels(want))


def content(run: Run, want: LaunchTemplate, have: TemplateFacts | None) -> dict[str, Any]:
    """Return what the template says, in the words of EC2."""
    launched_as, device = (have and kept_image(want, have.data)) or found_image(run, want)
    encoded = base64.b64encode(want.user_data.encode()).decode() if want.user_data else None
    root = {"Encrypted": True, "VolumeType": "gp3", "VolumeSize": want.volume_gib, "DeleteOnTermination": True}
    said = {
        "ImageId": launched_as,
        "InstanceType": want.type,
        "IamInstanceProfile": {"Arn": run.result(want.profile)} if want.profile else None,
        # Under any other device name EC2 would add a second volume.
        "BlockDeviceMappings": [{"DeviceName": device, "Ebs": root}],
        "MetadataOptions": {
            "HttpTokens": "required",
            "HttpEndpoint": "enabled",
            "HttpPutResponseHopLimit": want.hops,
        },
        **network(run, want),
        # EC2 knows no other name of a key pair here than its name.
        "KeyName": want.key_pair,
        "UserData": encoded,
        "Monitoring": {"Enabled": True} if want.monitoring else None,
        # With market options an Auto Scaling group refuses the template for a mix of both, and nobody else can start
        # an instance on demand from it: https://docs.aws.amazon.com/autoscaling/ec2/userguide/create-launch-template.html
        "InstanceMarketOptions": {"MarketType": "spot"} if want.spot else None,
        "TagSpecifications": launched_tags(want) or None,
    }
    return {name: value for name, value in said.items() if value is not None}


def network(run: Run, want: LaunchTemplate) -> dict[str, Any]:
    """Return where an instance is launched and what it lets in, by ids: names work in a default VPC alone."""
    groups = [group if is_id(group) else run.result(group) for group in want.groups]
    if want.public is None and not want.subnet:
        # Whoever launches can then say a subnet, which EC2 refuses beside an interface.
        return {"SecurityGroupIds": groups} if groups else {}
    # Only an interface says whether it has a public address, and EC2 takes groups and subnet of an instance that
    # has a specified interface in no other place: InvalidParameterCombination.
    said = {
        "DeviceIndex": 0,
        "SubnetId": with_ipv4(run, want.scope.region, run.result(want.subnet)) if want.subnet else None,
        "Groups": groups or None,
        "AssociatePublicIpAddress": want.public,
        "DeleteOnTermination": True,
    }
    return {"NetworkInterfaces": [{name: value for name, value in said.items() if value is not None}]}


def launched_tags(want: LaunchTemplate) -> list[dict[str, Any]]:
    """Return the tags of what is launched. A Spot request is none of it: on demand EC2 would refuse its tags."""
    labels = tags.pairs(dict(sorted(want.launched_tags.items())))
    return [{"ResourceType": kind, "Tags": labels} for kind in ("instance", "volume")] if labels else []


def kept_image(want: LaunchTemplate, data: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the image and the root device of a version whose image was looked up for this type and parameter."""
    fits = data.get("InstanceType") == want.type and data.get("ImageId") in names(want.image)
    devices = [each["DeviceName"] for each in data.get("BlockDeviceMappings", []) if each.get("DeviceName")]
    return (data["ImageId"], devices[0]) if fits and len(devices) == 1 else None


def found_image(run: Run, want: LaunchTemplate) -> tuple[str, str]:
    """Return the id and the name of the newest image that fits."""
    found = run.read(image, want.scope.region, want.image, want.type)
    return found.launched_as, found.root


def differences(have: Mapping[str, Any], want: Mapping[str, Any]) -> list[Drift]:
    """List what a version says otherwise, or says at all and should not; user data is shown by its length."""
    have = {**have, "TagSpecifications": in_order(have["TagSpecifications"])} if "TagSpecifications" in have else have
    found = compare({**have, **as_asked(have, want)}, {**dict.fromkeys(have), **want})
    return [
        Drift("UserData", length(each.have), length(each.want)) if each.field == "UserData" else each for each in found
    ]


def opening(have: Mapping[str, Any], want: Mapping[str, Any]) -> str:
    """Say why another version is risky: who gets into what is launched from it, and what that may do."""
    hops = [each.get("MetadataOptions", {}).get("HttpPutResponseHopLimit", 1) for each in (have, want)]
    reasons = (
        letting_in(*(decoded(each.get("UserData")) for each in (have, want))),
        newly("whoever has the key pair {} gets into what is launched", have.get("KeyName"), want.get("KeyName")),
        newly("what is launched acts as {}", *(each.get("IamInstanceProfile", {}).get("Arn") for each in (have, want))),
        *(newly("the rules of {} hold for what is launched", None, each) for each in groups_of(want) - groups_of(have)),
        newly("what is launched has a public address", is_public(have), is_public(want)),
        "containers on it can act as the host" if hops[0] < hops[1] else "",
    )
    return "; ".join(filter(None, reasons))


def newly(text: str, have: Any, want: Any) -> str:
    """Return a text about what is wanted; empty when it was there, or nothing is wanted."""
    if isinstance(want, Unknown):
        return text.format("what this run makes")
    return text.format(want) if want and have != want else ""


def groups_of(data: Mapping[str, Any]) -> frozenset[Any]:
    """Return the security groups that a version names, in either place."""
    inside = (group for each in data.get("NetworkInterfaces", []) for group in each.get("Groups", []))
    return frozenset([*data.get("SecurityGroupIds", []), *inside])


def is_public(data: Mapping[str, Any]) -> bool:
    """Tell whether a version asks for a public address."""
    return any(each.get("AssociatePublicIpAddress") for each in data.get("NetworkInterfaces", []))


def in_order(specified: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return tags in the order in which they are sent: EC2 promises none."""
    ordered = [{**each, "Tags": sorted(each["Tags"], key=lambda tag: str(tag["Key"]))} for each in specified]
    return sorted(ordered, key=lambda each: str(each["ResourceType"]))


def as_asked(have: Any, want: Any) -> Any:
    """Return what is there as far as it was asked for: EC2 adds states and defaults."""
    if isinstance(have, Mapping) and isinstance(want, Mapping):
        return {key: as_asked(have.get(key), value) for key, value in want.items()}
    if isinstance(have, list) and isinstance(want, list) and len(have) == len(want):
        return [as_asked(*pair) for pair in zip(have, want, strict=True)]
    return have


def decoded(encoded: object) -> str:
    """Return user data as text."""
    return base64.b64decode(encoded).decode(errors="replace") if isinstance(encoded, str) else ""


def length(encoded: object) -> str:
    """Write the length of user data in bytes."""
    return f"{len(base64.b64decode(encoded))} bytes" if isinstance(encoded, str) else "none"


def scaling_groups(facts: Facts, region: str, id: str) -> frozenset[str]:
    """Return the Auto Scaling groups that have instances from a launch template."""
    # EC2 and Auto Scaling tag each instance with what it was made from and for.
    made_from = [
        {"Name": "tag:aws:ec2launchtemplate:id", "Values": [id]},
        {"Name": "tag-key", "Values": [SCALING_GROUP]},
        {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]},
    ]
    pages = facts.aws.at(region).ec2.get_paginator("describe_instances").paginate(Filters=made_from)
    listed = (each for page in pages for reservation in page["Reservations"] for each in reservation["Instances"])
    return frozenset(tag["Value"] for each in listed for tag in each.get("Tags", []) if tag["Key"] == SCALING_GROUP)


def remove_launch_template(run: Run, want: LaunchTemplate) -> None:
    """Delete the launch template that this manifest made, with all versions, unless a group of others scales by it."""
    region = want.scope.region
    have = run.read(launch_template, region, want.name)
    if have is None or not tags.made_here(run, want, run.read(template_tags, region, have.id)):
        return
    if scaling := sorted(run.read(scaling_groups, region, have.id)):
        run.note(f"kept: Auto Scaling starts instances from it for {', '.join(scaling)}")
        return
    run.delete("launch template", run.aws.ec2.delete_launch_template, LaunchTemplateId=have.id)


def removal_permissions(want: LaunchTemplate) -> Allows:
    """Yield the IAM permissions to delete the launch template, beyond those of a plan."""
    yield allow("ec2", "DescribeInstances", "DescribeLaunchTemplateVersions", "DescribeLaunchTemplates")
    yield allow("ec2", "DeleteLaunchTemplate", on=ec2.arns(want.scope, "launch-template"))


def read_permissions(want: LaunchTemplate) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield tags.TAG_INDEX
    yield from image_permissions(want.scope, want.image)
    yield allow("ec2", "DescribeLaunchTemplates", "DescribeLaunchTemplateVersions")
    if want.subnet:
        yield allow("ec2", "DescribeSubnets")


def write_permissions(want: LaunchTemplate) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield from ec2.tagging_permissions(want, "launch-template", "CreateLaunchTemplate")
    yield from ec2.adoption_permissions(want, "launch-template")
    yield allow(
        "ec2",
        *("CreateLaunchTemplate", "CreateLaunchTemplateVersion", "ModifyLaunchTemplate"),
        on=ec2.arns(want.scope, "launch-template"),
    )
    yield from launch_permissions(want.scope, want.image)


KIND = Kind(
    ensure_launch_template,
    launch_template_reads,
    reads_to_make=reads_to_make,
    resource=LaunchTemplate,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="All that an instance is before there is one: image, type, role, network, encrypted disk, IMDSv2 alone.",
        why="What is started from it, by whomever, is started right.",
        undo=(TAKE_OUT, "aws ec2 delete-launch-template --launch-template-name NAME --region REGION: instances stay"),
        controls=("CIS 5.6", "FSBP EC2.8"),
        cost=f"nothing; what is launched with metrics every minute, {prices.DETAILED_MONITORING.rate}",
    ),
    word="launch-template",
    found_by="name",
    owns="all that it says",
    keeps="tags, older versions",
    quotas=(quotas.TEMPLATES, quotas.GROUPS_OF_INTERFACE),
    describe=Describe(launch_template_things, permissions=description_permissions, everywhere=True),
    absent=Absent(remove_launch_template, permissions=removal_permissions),
)
