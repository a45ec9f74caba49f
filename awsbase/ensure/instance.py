"""Instances: one for an address, made from its launch template, and made anew when it can be changed no more."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from typing import Any

from awsbase.access.attributes import retagging
from awsbase.engine.changes import Drift, compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow, labelled, made_for
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access, deletion
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, LeftAlone, NotExpressible, Things
from awsbase.ensure.launch_template import (
    SCALING_GROUP,
    LaunchTemplate,
    decoded,
    launch_template,
    launch_template_reads,
    launch_template_things,
    length,
)
from awsbase.ensure.launch_template import description_permissions as template_description_permissions
from awsbase.ensure.launch_template import read_permissions as template_permissions
from awsbase.errors import AwsbaseError
from awsbase.facts import ec2, tags
from awsbase.facts.images import image, launch_permissions
from awsbase.facts.instances import GONE, InstanceFacts, instances, listed, protection, user_data
from awsbase.prices import VIRGINIA, Cost, monthly
from awsbase.prices import table as prices
from awsbase.records import record
from awsbase.userdata import letting_in, reasons

ENDED = {"ec2": "the terminated instance, listed for an hour"}


@record(kw_only=True)
class Instance(Resource):
    """The one instance made from a launch template, which says all that it is, its network included.

    Type, subnet, profile, key pair and user data are for life: another one of these replaces it, and so does another
    image if `refresh` is on. The age of the image alone is no reason. `router` lets it pass on what is not for it, and
    `elastic` tells that an elastic address takes the place of its own.
    """

    template: LaunchTemplate
    router: bool = False
    elastic: bool = False
    refresh: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.template.name

    @property
    def address(self) -> str:
        return self.scope.address("instance", self.name)

    def costs(self) -> Iterator[Cost]:
        """Yield what this costs by the price table."""
        template, region = self.template, self.scope.region
        yield monthly(prices.INSTANCES.get(template.type), region, prices.HOURS, f"a {template.type}")
        yield monthly(prices.VOLUME, region, template.volume_gib, f"its volume of {template.volume_gib} GB")
        if template.public and not self.elastic:
            yield monthly(prices.PUBLIC_ADDRESS, region, prices.HOURS, "its public address")

    def needs(self) -> Iterator[str]:
        yield from (self.template.address, self.template.profile, *self.template.groups, self.template.subnet)


class ProtectedInstance(AwsbaseError):
    """Somebody has protected an instance from being terminated, or from being stopped, which is the same for EC2."""


def alive(run: Run, instance: Instance) -> list[InstanceFacts]:
    """Return the instances at an address that are not gone."""
    found = ec2.ours(run.read(instances, instance.scope.region), instance.address)
    return [each for each in found if each.state not in GONE]


def instance_things(facts: Facts, scope: Scope) -> Things:
    """Yield the instances: those of Auto Scaling group by group, those that awsbase did not make by their ids."""
    templates = {
        each.name: each.resource for each in launch_template_things(facts, scope) if isinstance(each, Described)
    }
    scaled: Counter[str] = Counter()
    taken: set[str] = set()
    for each in facts.read(listed, scope.region):
        id, address = each.facts.id, each.tags.get(tags.ADDRESS, "")
        if group := each.tags.get(SCALING_GROUP):
            scaled[group] += 1
        elif address in taken:
            yield NotExpressible(scope.address("instance", id), (f"a second one at {address}",))
        else:
            ours = address.startswith("instance/") and tags.CREATED_BY in each.tags
            name = address.removeprefix("instance/").partition("@")[0] if ours else id
            taken |= {address} if ours else set()
            template = templates.get(scope.address("launch-template", name)) if ours else None
            yield Described(as_it_is(scope, name, each.facts, template), each.tags)
    for group, many in scaled.items():
        told = f"{many} instances by" if many > 1 else "by"
        yield LeftAlone(scope.address("instance", group), "Auto Scaling", f"{told} the tag {SCALING_GROUP}")


def as_it_is(scope: Scope, name: str, have: InstanceFacts, template: Resource | None) -> Instance:
    """Return an instance as it is, made from its template if that is ours."""
    made_from = LaunchTemplate(
        scope=scope,
        name=name,
        type=have.type,
        image=have.image,
        profile=f"instance-profile/{have.profile.rpartition('/')[2]}" if have.profile else "",
        groups=tuple(sorted(have.groups)),
        subnet=have.subnet,
        key_pair=have.key_pair,
    )
    of = template if isinstance(template, LaunchTemplate) else made_from
    return Instance(scope=scope, template=of, router=have.router)


def description_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions to list instances, and the templates that they were made from."""
    yield allow("ec2", "DescribeInstances")
    yield from template_description_permissions(scope)


def instance_reads(want: Instance) -> Iterator[Read]:
    """Yield the facts that the recipe of an instance reads, to prefetch them."""
    yield instances, want.scope.region
    yield from launch_template_reads(want.template)
    if want.refresh:
        yield image, want.scope.region, want.template.image, want.template.type


def ensure_instance(run: Run, want: Instance) -> dict[str, Any]:
    """Keep one instance as its template says; returns its id and its network interface."""
    client = run.aws.ec2
    made_for_it = ec2.ours(run.read(instances, want.scope.region), want.address)
    alive = [each for each in made_for_it if each.state not in GONE]
    reasons = {each.id: for_life(run, want, each) for each in alive}
    # The newest that may stay, or else the newest: it will be replaced.
    alive.sort(key=lambda each: (not reasons[each.id], each.launched is not None and each.launched.timestamp()))
    have = alive[-1] if alive else None

    if have is None:
        have = launched(run.create("instance", client.run_instances, **launch(run, want, made_for_it)), run, want)
    elif why := reasons[have.id]:
        risk = access(letting_in(*(decoded(each) for each in (first_told(run, want, have), encoded(want)))))
        made = run.replace("instance", why, client.run_instances, risk=risk, **launch(run, want, made_for_it))
        have = launched(made, run, want)
    run.created_at(have.launched)

    change(run, want, have)
    ec2.tag(run, want, have, retagging)
    if others := [other for other in alive if other.id is not have.id]:
        ids, risk = [other.id for other in others], deletion(of_others(want, others))
        run.delete("superseded instance", client.terminate_instances, risk=risk, InstanceIds=ids)
    return {"id": have.id, "interface": have.interface}


def of_others(want: Instance, found: Iterable[InstanceFacts]) -> str:
    """Say which instances carry our address and not our tag of origin: somebody else can have written the address."""
    theirs = [each.id for each in found if not tags.is_ours(each.tags, want.scope)]
    return f"what is on {', '.join(theirs)} is lost, which this manifest did not make" if theirs else ""


def for_life(run: Run, want: Instance, have: InstanceFacts) -> list[Drift]:
    """List why an instance has to be made anew."""
    template = want.template
    fits = {
        "type": template.type,
        "subnet": run.result(template.subnet),
        "instance profile": run.result(template.profile),
        "key pair": template.key_pair,
        "user data": encoded(want),
    }
    held = {
        "type": have.type,
        "subnet": have.subnet,
        "instance profile": have.profile,
        "key pair": have.key_pair,
        "user data": first_told(run, want, have),
    }
    if want.refresh:
        fits["image"] = run.read(image, want.scope.region, template.image, template.type).id
        held["image"] = have.image
    return [told(each) if each.field == "user data" else each for each in compare(held, fits)]


def encoded(want: Instance) -> str:
    """Return the user data that is wanted, in base64."""
    text = want.template.user_data
    return base64.b64encode(text.encode()).decode() if text else ""


def first_told(run: Run, want: Instance, have: InstanceFacts) -> str:
    """Return what an instance was told at its first boot, in base64; asks for it where no version tells it."""
    template = run.read(launch_template, want.scope.region, want.template.name)
    if template and have.told_by:
        id, version = have.told_by
        said = template.says(version) if id == template.id else None
        if said is not None:
            return str(said.get("UserData", ""))
    return run.read(user_data, want.scope.region, have.id)


def told(drift: Drift) -> Drift:
    """Say in words how user data differs: nobody reads base64."""
    texts = [base64.b64decode(str(each)).decode(errors="replace") for each in (drift.have, drift.want)]
    return Drift("user data", length(drift.have), "; ".join(reasons(*texts)) or length(drift.want))


def launch(run: Run, want: Instance, before: list[InstanceFacts]) -> dict[str, Any]:
    """Return how the instance is launched: with a token that tells this one from all that went before."""
    template = run.result(want.template.address)
    half_hour = int(run.now().timestamp()) // 1800
    # EC2 answers a token that it knows with the instance it made then, even one long gone, and forgets to list that
    # one within the hour: so the token says who went before, and roughly when.
    parts = (want.scope.account, want.address, str(half_hour), *(str(each.id) for each in before))
    labels = tags.pairs(ec2.labels(want) | tags.origin(want.scope))
    return {
        "MinCount": 1,
        "MaxCount": 1,
        "ClientToken": hashlib.sha256("\0".join(parts).encode()).hexdigest(),
        "LaunchTemplate": {"LaunchTemplateId": template["id"], "Version": versioned(template["version"])},
        "TagSpecifications": [
            {"ResourceType": kind, "Tags": labels} for kind in ("instance", "volume", "network-interface")
        ],
    }


def versioned(version: Any) -> Any:
    """Write a version number as EC2 takes it, as text."""
    return str(version) if isinstance(version, int) else version


def launched(answer: Any, run: Run, want: Instance) -> InstanceFacts:
    """Return the instance that was just launched."""
    made = answer["Instances"][0]
    return InstanceFacts(
        id=made["InstanceId"],
        groups=frozenset(),
        interface=made["NetworkInterfaces"][0]["NetworkInterfaceId"],
        tags=ec2.labels(want),
    )


def change(run: Run, want: Instance, have: InstanceFacts) -> None:
    """Correct what can be changed while it lives: its groups, its metadata service, whether it routes, that it runs."""
    client = run.aws.ec2
    groups = [run.result(group) for group in want.template.groups]
    known = frozenset(group for group in groups if isinstance(group, str))
    if have.groups and (have.groups != known or len(known) != len(groups)):
        drift = [Drift("security groups", sorted(have.groups), groups)]
        run.update("security groups", drift, client.modify_instance_attribute, InstanceId=have.id, Groups=groups)

    if drift := compare({"metadata tokens": have.tokens}, {"metadata tokens": "required"}):
        run.update(
            "metadata service",
            drift,
            client.modify_instance_metadata_options,
            InstanceId=have.id,
            HttpTokens="required",
        )

    if drift := compare({"routes": have.router}, {"routes": want.router}):
        run.update(
            "source and destination check",
            drift,
            client.modify_instance_attribute,
            InstanceId=have.id,
            SourceDestCheck={"Value": not want.router},
        )

    if have.state in ("stopped", "stopping"):
        run.update("state", [Drift("state", have.state, "running")], client.start_instances, InstanceIds=[have.id])


def remove_instance(run: Run, want: Instance) -> None:
    """Terminate what this manifest made for one address; raises ProtectedInstance for what may not be terminated."""
    found = [each for each in alive(run, want) if tags.made_here(run, want, each.tags)]
    for have in found:
        if attribute := run.read(protection, want.scope.region, have.id):
            raise ProtectedInstance(
                f"{have.id} is protected: its attribute {attribute} is on",
                hint=f"if it may go: aws ec2 modify-instance-attribute --instance-id {have.id} --no-{attribute} "
                f"--region {want.scope.region}",
            )
        if have.lasting:
            run.note(f"{', '.join(have.lasting)} of {have.id}: kept, since DeleteOnTermination is off")

    for have in found:
        what = "instance" if len(found) == 1 else f"instance {have.id}"
        lost = deletion("what is on its disk is lost")
        run.delete(what, run.aws.ec2.terminate_instances, risk=lost, InstanceIds=[have.id])


def removal_permissions(want: Instance) -> Allows:
    """Yield the IAM permissions to terminate what was made for an address, beyond those of a plan."""
    yield from presence_permissions(want)
    yield allow("ec2", "TerminateInstances", on=ec2.arns(want.scope, "instance"), when=made_for(want.address))


MADE_WITH_IT = ("instance", "network-interface", "volume")


def presence_permissions(want: Instance) -> Allows:
    """Yield what it takes to see the instances of an address, and what they were told at their first boot."""
    yield allow("ec2", "DescribeInstances")
    yield allow("ec2", "DescribeInstanceAttribute", on=ec2.arns(want.scope, "instance"), when=made_for(want.address))


def read_permissions(want: Instance) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield from template_permissions(want.template)
    yield from presence_permissions(want)


def write_permissions(want: Instance) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    scope, mine = want.scope, made_for(want.address)
    image = f"arn:{scope.partition}:ec2:{scope.region}::image/*"
    used = ec2.arns(scope, "launch-template", "security-group", "subnet")
    pairs = (scope.arn("ec2", f"key-pair/{want.template.key_pair}"),) if want.template.key_pair else ()
    yield allow("ec2", "RunInstances", on=(image, *used, *pairs))
    yield allow("ec2", "RunInstances", on=ec2.arns(scope, *MADE_WITH_IT), when=labelled(want.address))
    for kind in MADE_WITH_IT:
        yield from ec2.tagging_permissions(want, kind, "RunInstances")
    yield from launch_permissions(scope, want.template.image)

    changes = ("ModifyInstanceAttribute", "ModifyInstanceMetadataOptions", "StartInstances", "TerminateInstances")
    yield allow("ec2", *changes, on=ec2.arns(scope, "instance"), when=mine)
    yield allow("ec2", "ModifyInstanceAttribute", on=ec2.arns(scope, "security-group"))


KIND = Kind(
    ensure_instance,
    instance_reads,
    resource=Instance,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="The EC2 instance that is the bastion, made from its launch template: IMDSv2 alone, an encrypted disk.",
        why="One machine to go through, with nothing on it to lose: when it is to be another, it is made anew.",
        undo=(
            "first say `on_demand: true` in the manifest, or take it out: the next reconcile would make it again",
            "aws ec2 describe-instances --filters Name=tag:Name,Values=NAME --region REGION tells its id",
            "aws ec2 terminate-instances --instance-ids ID --region REGION: what is on its disk is lost",
        ),
        controls=("CIS 5.6", "FSBP EC2.3", "FSBP EC2.8"),
        cost=(
            f"by the hour: {monthly(prices.INSTANCES['t4g.micro'], VIRGINIA, prices.HOURS)} for t4g.micro, "
            f"{prices.VOLUME.rate} of its volume, and "
            f"{monthly(prices.PUBLIC_ADDRESS, VIRGINIA, prices.HOURS)} for its public address"
        ),
    ),
    word="instance",
    found_by="tag",
    owns="what its template says, that it runs",
    keeps="tags",
    describe=Describe(instance_things, permissions=description_permissions, everywhere=True),
    absent=Absent(remove_instance, leaves=ENDED, permissions=removal_permissions),
)
