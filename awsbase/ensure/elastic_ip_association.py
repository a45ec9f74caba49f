"""Where an Elastic IP address leads."""

from __future__ import annotations

from collections.abc import Iterator

from awsbase.engine.changes import Drift
from awsbase.engine.facts import Read
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.ensure.elastic_ip import addresses
from awsbase.records import record


@record(kw_only=True)
class AddressInUse(Resource):
    """The address at `ip` leads to the instance at `instance`."""

    ip: str
    instance: str

    @property
    def address(self) -> str:
        return self.ip.replace("elastic-ip/", "elastic-ip-association/", 1)

    def needs(self) -> Iterator[str]:
        yield from (self.ip, self.instance)


def elastic_ip_association_reads(want: AddressInUse) -> Iterator[Read]:
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
