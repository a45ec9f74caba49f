"""Where an Elastic IP address leads."""

from __future__ import annotations

from collections.abc import Iterator

from awsbase.engine.changes import Drift
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, Things
from awsbase.ensure.elastic_ip import addresses, association_of, leads_to_ours
from awsbase.facts import ec2, tags
from awsbase.facts.instances import instances
from awsbase.records import record


@record(kw_only=True)
class AddressInUse(Resource):
    """The address at `ip` leads to the instance at `instance`."""

    ip: str
    instance: str

    @property
    def address(self) -> str:
        return association_of(self.ip)

    def needs(self) -> Iterator[str]:
        yield from (self.ip, self.instance)


def elastic_ip_association_reads(want: AddressInUse) -> Iterator[Read]:
    """Yield the facts that the recipe of an elastic ip association reads, to prefetch them."""
    yield addresses, want.scope.region


def ensure_address_in_use(run: Run, want: AddressInUse) -> None:
    """Let an address lead to an instance."""
    client = run.aws.ec2
    ip, instance = run.result(want.ip), run.result(want.instance)["id"]
    have = next((each for each in run.read(addresses, want.scope.region) if each.id == ip["id"]), None)
    held = have.instance if have else None

    if held is None:
        run.create("association", client.associate_address, AllocationId=ip["id"], InstanceId=instance)
    elif held != instance:
        run.update(
            "association",
            [Drift("instance", held, instance)],
            client.associate_address,
            AllocationId=ip["id"],
            InstanceId=instance,
            AllowReassociation=True,
        )


def remove_address_in_use(run: Run, want: AddressInUse) -> None:
    """Let an address lead nowhere, if it leads to the instance that this manifest made."""
    for have in ec2.ours(run.read(addresses, want.scope.region), want.ip):
        if have.association and leads_to_ours(run, want, have, want.instance):
            run.delete("association", run.aws.ec2.disassociate_address, AssociationId=have.association)
        elif have.leads_to:
            run.note(f"kept: {have.ip} leads to {have.leads_to}, which this manifest did not make")


def removal_permissions(want: AddressInUse) -> Allows:
    """Yield the IAM permissions that the removal needs beyond those of a plan."""
    yield allow("ec2", "DescribeInstances")
    # AWS knows no single address for this action, only every one.
    yield allow("ec2", "DisassociateAddress")


def elastic_ip_association_things(facts: Facts, scope: Scope) -> Things:
    """Yield which addresses that awsbase made lead to instances that awsbase made."""
    there = facts.read(addresses, scope.region)
    made, hosts = ec2.made(there, scope, "elastic-ip"), facts.read(instances, scope.region)
    for have in there:
        host = next((each for each in hosts if each.id == have.instance), None)
        if host and have.id in made:
            yield Described(AddressInUse(scope=scope, ip=have.tags[tags.ADDRESS], instance=host.tags[tags.ADDRESS]))


def describe_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions to list where addresses lead."""
    yield allow("ec2", "DescribeAddresses", "DescribeInstances")


def read_permissions(want: AddressInUse) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("ec2", "DescribeAddresses")


def write_permissions(want: AddressInUse) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield allow("ec2", "AssociateAddress", on=ec2.arns(want.scope, "elastic-ip", "instance", "network-interface"))


KIND = Kind(
    ensure_address_in_use,
    elastic_ip_association_reads,
    resource=AddressInUse,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="Lets an Elastic IP address lead to an instance.",
        why="A new instance takes over the address of the one that it replaces.",
        undo=(
            TAKE_OUT,
            "aws ec2 describe-addresses --filters Name=tag:Name,Values=NAME --region REGION tells its association",
            "aws ec2 disassociate-address --association-id ASSOCIATION --region REGION",
        ),
        cost="nothing beside the address",
    ),
    word="elastic-ip-association",
    found_by="its address",
    owns="where it leads",
    describe=Describe(elastic_ip_association_things, describe_permissions),
    absent=Absent(remove_address_in_use, permissions=removal_permissions),
)
