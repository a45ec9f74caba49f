"""Hosted zones of Route 53: the name servers that answer for a domain."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from awsbase.access.attributes import retagging
from awsbase.engine.changes import Deferred, Unknown, compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access, deletion
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, NotExpressible, Things
from awsbase.errors import AwsbaseError
from awsbase.facts import tags
from awsbase.facts.delegation import Delegation, delegation
from awsbase.facts.zone_register import of_others
from awsbase.facts.zones import HostedZone, bare_id, domain, hosted_zones, record_sets, tens, zone_tags
from awsbase.prices import Cost, monthly
from awsbase.prices import table as prices
from awsbase.records import record

# For so long a request that is sent again makes no second zone, if AWS made the first and its answer was lost.
GENERATION = "%Y-%m-%dT%H"


class SeveralZones(AwsbaseError):
    """Several public hosted zones have one name, and nobody can tell which is meant."""


@record(kw_only=True)
class Zone(Resource):
    """A public hosted zone. One that is `delegated` is asked for in the DNS: the domain above it has to lead here."""

    name: str
    delegated: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return self.scope.address("zone", self.name)

    def costs(self) -> Iterator[Cost]:
        """Yield what this costs by the price table."""
        yield monthly(prices.HOSTED_ZONE, self.scope.region)


def zone_arns(scope: Scope) -> tuple[str, ...]:
    """Return what policies name hosted zones by: their ids are known only once they are there."""
    return (f"arn:{scope.partition}:route53:::hostedzone/*",)


def zone_arn(scope: Scope, id: str) -> str:
    """Return the ARN of a hosted zone."""
    return f"arn:{scope.partition}:route53:::hostedzone/{id}"


def zone_reads(want: Zone) -> Iterator[Read]:
    """Yield the facts that the recipe of a zone reads, to prefetch them."""
    yield (zone_tags,)
    if want.delegated:
        yield delegation, want.name


def ensure_zone(run: Run, want: Zone) -> Mapping[str, Any]:
    """Keep one hosted zone and its tags, and ask for its delegation; returns its id, ARN and name servers.

    Raises SeveralZones when two public ones have its name.
    """
    have = zone_called(run.facts, want.name)
    # The creating call takes no tags; the reference in it stays, and proves whose the zone is.
    tagged = with_origin(have, run.read(zone_tags).get(have.id, {}), want.scope) if have else {}
    if have:
        id: Any = have.id
        servers: Any = name_servers(run.facts, have)
        arn: Any = zone_arn(want.scope, have.id)

    if have is None:
        made = run.create(
            "zone",
            run.aws.route53.create_hosted_zone,
            Name=f"{want.name}.",
            CallerReference=Deferred("its reference", lambda: reference(want, f"{run.now():{GENERATION}}")),
            HostedZoneConfig={"Comment": f"Kept by awsbase for {want.scope.name}", "PrivateZone": False},
        )
        planned = isinstance(made, Unknown)
        id = made if planned else bare_id(made["HostedZone"]["Id"])
        servers = made if planned else tuple(sorted(map(domain, made["DelegationSet"]["NameServers"])))
        arn = made if planned else zone_arn(want.scope, id)

    untagged = tags.missing(tagged, tags.wanted(want))
    for number, several in enumerate(tens(list(untagged.items())), 1):
        some = dict(several)
        run.update(
            "tags" if number == 1 else f"tags, batch {number}",
            compare(tagged, some),
            run.aws.route53.change_tags_for_resource,
            risk=access(retagging(run, tagged, some)) if have else None,
            ResourceType="hostedzone",
            ResourceId=id,
            AddTags=tags.pairs(some),
        )

    if want.delegated:
        ask_for_delegation(run, want.name, servers)
    joined = servers if isinstance(servers, Unknown) else ",".join(servers)
    return {"id": id, "arn": arn, "name_servers": servers, "joined_name_servers": joined}


def zone_called(facts: Facts, name: str) -> HostedZone | None:
    """Return the public hosted zone of a name, None when there is none; raises SeveralZones when there are two."""
    found = [zone for zone in facts.read(hosted_zones) if zone.name == name and not zone.private]
    if len(found) > 1:
        ids = " and ".join(zone.id for zone in found)
        raise SeveralZones(
            f"{len(found)} public hosted zones are called {name}: {ids}. Only one can be the one that answers",
            hint=f"ask `dig NS {name}` which name servers count, and delete the zone that has others",
        )
    return found[0] if found else None


def name_servers(facts: Facts, zone: HostedZone) -> tuple[str, ...]:
    """Return the name servers that a zone names for itself."""
    own = facts.read(record_sets, zone.id).get((zone.name, "NS"))
    return tuple(sorted(map(domain, own.values))) if own else ()


def reference(want: Zone, generation: str) -> str:
    """Return the reference of the call that makes a zone: AWS refuses the same one twice, and lists it for good."""
    digest = hashlib.sha256("\0".join([want.scope.account, want.address, generation]).encode()).hexdigest()
    return f"{origin(want.scope)}{digest[:32]}"


def origin(scope: Scope) -> str:
    """Return what the reference of each zone begins with that this manifest made."""
    return f"awsbase/{scope.name}/"


def with_origin(zone: HostedZone, tagged: Mapping[str, str], scope: Scope) -> Mapping[str, str]:
    """Return the tags of a zone, with that of origin where the call that made it proves the same."""
    return {**tagged, **tags.origin(scope)} if zone.reference.startswith(origin(scope)) else tagged


def ask_for_delegation(run: Run, name: str, servers: Any) -> None:
    """Say what is left to do until the domain above leads to these name servers, or that nobody knows."""
    if isinstance(servers, Unknown):
        run.note(f"once it is made, {name} has to be delegated to its name servers")
        return
    found: Delegation = run.read(delegation, name)
    if found.unknown:
        run.note(f"whether {name} is delegated is unknown: {found.unknown}; its name servers: {', '.join(servers)}")
    elif not set(servers) & set(found.servers):
        run.manual_action(
            f"{name} {leading(found)}: the hosted zone answers to nobody",
            f"where {name} was bought, or in the zone of the domain above it, replace its name servers by these:",
            *servers,
            "it can take until the old entry expires, at most two days",
            probe=f"the DNS answers NS {name} with these name servers",
            who=f"who holds {name}",
            need=f"delegation of {name}",
        )


def leading(found: Delegation) -> str:
    """Return what a domain does that does not lead here."""
    return f"leads to {', '.join(found.servers)}" if found.servers else "is not delegated"


def undelegated(run: Run, name: str, servers: Any) -> str:
    """Say that the DNS does not lead to a zone with these name servers; empty when it does, or when nobody knows."""
    if isinstance(servers, Unknown):
        return f"the zone {name} is not there yet"
    found: Delegation = run.read(delegation, name)
    return "" if found.unknown or set(servers) & set(found.servers) else f"{name} {leading(found)}"


def remove_zone(run: Run, want: Zone) -> None:
    """Delete a zone that this manifest made and that holds no records of others."""
    have = zone_called(run.facts, want.name)
    held = with_origin(have, run.read(zone_tags).get(have.id, {}), want.scope) if have else {}
    if have is None or not tags.made_here(run, want, held):
        return
    others = of_others(run.read(record_sets, have.id), have.name, want.scope)
    if others:
        more = f", and {len(others) - 1} more" if len(others) > 1 else ""
        run.note(f"kept: this manifest did not make {' '.join(others[0])} in it{more}")
        return

    run.delete(
        "zone",
        run.aws.route53.delete_hosted_zone,
        risk=deletion("a zone that is made anew has other name servers"),
        Id=have.id,
    )


def zone_things(facts: Facts, scope: Scope) -> Things:
    """Yield the hosted zones of the account; private ones are not expressible."""
    listed = facts.read(hosted_zones)
    names = [zone.name for zone in listed if not zone.private]
    for zone in listed:
        held = with_origin(zone, facts.read(zone_tags).get(zone.id, {}), scope)
        found = Zone(scope=scope, name=zone.name, tags=tags.of_others(held))
        if zone.private:
            yield NotExpressible(f"{found.address} ({zone.id})", ("private zones",), held)
        elif names.count(zone.name) > 1:
            yield NotExpressible(f"{found.address} ({zone.id})", ("one of several zones of this name",), held)
        else:
            yield Described(found, held)


def describe_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions to list hosted zones."""
    yield allow("route53", "ListHostedZones")
    yield allow("route53", "ListTagsForResources", on=zone_arns(scope))


def read_permissions(want: Zone) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield from describe_permissions(want.scope)
    yield allow("route53", "ListResourceRecordSets", on=zone_arns(want.scope))


def write_permissions(want: Zone) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield allow("route53", "CreateHostedZone")
    yield allow("route53", "ChangeTagsForResource", on=zone_arns(want.scope))


def removal_permissions(want: Zone) -> Allows:
    """Yield the IAM permissions that a removal needs beyond those of a plan."""
    yield allow("route53", "DeleteHostedZone", on=zone_arns(want.scope))


KIND = Kind(
    ensure_zone,
    zone_reads,
    resource=Zone,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="A public hosted zone: four name servers of Route 53 that answer for a domain.",
        why="Certificates and mail are proved by records in it. A second zone of the name would answer to nobody.",
        undo=(
            TAKE_OUT,
            "aws route53 list-hosted-zones-by-name --dns-name NAME shows its id",
            "aws route53 delete-hosted-zone --id ID, once it has no other records: a new one has other name servers",
        ),
        cost=prices.HOSTED_ZONE.rate,
    ),
    word="zone",
    found_by="name, among public zones",
    owns="that it is there",
    keeps="comment, tags",
    describe=Describe(zone_things, describe_permissions),
    absent=Absent(
        remove_zone,
        exempt="a zone that is made anew has other name servers",
        permissions=removal_permissions,
    ),
)
