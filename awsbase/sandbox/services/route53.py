"""Route 53: zones that are made twice, batches of records all or nothing, and what no zone takes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from awsbase.sandbox.authorization.permissions import arn, own, table
from awsbase.sandbox.service import AccountState, Codes, Need, Permissions, Request, Rule, Service
from awsbase.sandbox.snapshot import by_partition
from awsbase.sandbox.wire import Refusal

MOST_VALUES, MOST_CHARACTERS, LONGEST_VALUE, LONGEST_STRING = 1000, 32_000, 4000, 255
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
SERVERS = ("com", "net", "org", "co.uk")


@dataclass
class ServersGiven:
    """How many zones were made: each gets name servers of its own, and one that is made anew gets others."""

    zones: int = 0
    changed: str = ""
    """The zone of the last batch."""
    placeholders: dict[str, str] = field(default_factory=dict)


def new_reference(request: Request) -> None:
    """Refuse the reference of a zone that is there. Raises Refusal with HostedZoneAlreadyExists.

    https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateHostedZone.html
    """
    reference = request.params["CallerReference"]
    if any(zone.caller_reference == reference for zone in request.backend("route53").zones.values()):
        message = f"A hosted zone has already been created with the specified caller reference: {reference}."
        raise Refusal("HostedZoneAlreadyExists", message, 409)


def lower_case(request: Request) -> None:
    """Keep a name in lower case, as AWS lists it.

    https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html
    """
    request.params["Name"] = request.params["Name"].lower()


def own_servers(request: Request, response: dict[str, Any]) -> None:
    """Give each zone four name servers of its own, absolute as AWS lists them; moto gives all the same.

    https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/SOA-NSrecords.html
    """
    given = request.memory(ServersGiven)
    given.zones += 1
    servers = [f"ns-{given.zones * 8 + n * 512}.awsdns-{given.zones:02}.{top}" for n, top in enumerate(SERVERS)]
    zone = request.backend("route53").zones[bare_id(response["HostedZone"]["Id"])]
    given.placeholders |= {server: f"<name server {n}>" for n, server in enumerate(servers, 1)}
    given.placeholders[zone.resource_id] = f"<id of {zone.name}>"
    zone.delegation_set.name_servers = servers
    for held in zone.rrsets:
        if held.type == "NS":
            held.records, held.ttl = [f"{server}." for server in servers], 172800
        elif held.type == "SOA":
            held.records = [f"{servers[0]}. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"]
    if "DelegationSet" in response:
        response["DelegationSet"]["NameServers"] = servers


def one_batch(request: Request) -> None:
    """Refuse a batch while another one of the zone is under way. Raises Refusal with PriorRequestNotComplete.

    https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html
    """
    given, zone = request.memory(ServersGiven), bare_id(request.params["HostedZoneId"])
    if request.sandbox.in_flight.overlaps("route53") and given.changed == zone:
        message = "The request was rejected because Route 53 was still processing a prior request."
        raise Refusal("PriorRequestNotComplete", message, 400)


def change(request: Request) -> dict[str, Any] | None:
    """Carry out a batch wholly or not at all. Raises Refusal with InvalidChangeBatch.

    https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html
    """
    from moto.route53.models import RecordSet

    zone = request.backend("route53").zones.get(bare_id(request.params["HostedZoneId"]))
    if zone is None:
        return None
    changes = request.params["ChangeBatch"]["Changes"]
    held = {key_of(vars(each)): each for each in zone.rrsets}
    problems = [*too_much(changes)]
    for each in changes:
        wanted = RecordSet(as_kept(each["ResourceRecordSet"]))
        key = key_of(vars(wanted))
        problems += refused(each["Action"], wanted, held.get(key), zone.name)
        if each["Action"] == "DELETE":
            held.pop(key, None)
        else:
            held[key] = wanted
    problems += beside_each_other(list(held.values()))
    if problems:
        raise Refusal("InvalidChangeBatch", f"[{', '.join(problems)}]", 400)
    zone.rrsets[:] = held.values()
    request.memory(ServersGiven).changed = zone.resource_id
    request.sandbox.in_flight.finish("route53")
    at = request.sandbox.clock()
    return {"ChangeInfo": {"Id": "/change/C2682N5HXP0BZ4", "Status": "PENDING", "SubmittedAt": at}}


def as_kept(sent: dict[str, Any]) -> dict[str, Any]:
    """Return a record set as moto keeps it: absolute and lower case, its values as a list."""
    name = sent["Name"].lower().rstrip(".").replace("*", "\\052") + "."
    kept = {**sent, "Name": name}
    if "ResourceRecords" in sent:
        kept["ResourceRecords"] = [each["Value"] for each in sent["ResourceRecords"]]
    if target := sent.get("AliasTarget"):
        kept["AliasTarget"] = {**target, "DNSName": target["DNSName"].lower().rstrip(".") + "."}
    return kept


def key_of(held: dict[str, Any]) -> tuple[str, str, str]:
    """Return by what a record set is told from others of its zone."""
    return held["name"].lower().replace("*", "\\052"), held["type"], held["set_identifier"] or ""


def too_much(changes: list[dict[str, Any]]) -> Iterator[str]:
    """Yield why a batch is too large; what is written over counts twice."""
    values = characters = 0
    for each in changes:
        records = [record["Value"] for record in each["ResourceRecordSet"].get("ResourceRecords", [])]
        times = 2 if each["Action"] == "UPSERT" else 1
        values += times * max(1, len(records))
        characters += times * sum(map(len, records))
    if values > MOST_VALUES:
        yield f"Number of records limit of {MOST_VALUES} exceeded."
    if characters > MOST_CHARACTERS:
        yield f"RDATA character limit of {MOST_CHARACTERS} exceeded."


def refused(action: str, wanted: Any, there: Any, zone: str) -> Iterator[str]:
    """Yield why one change is refused."""
    name, what = wanted.name, f"[name='{wanted.name}', type='{wanted.type}']"
    if name != zone.lower() and not name.endswith(f".{zone.lower()}"):
        yield f"RRSet with DNS name {name} is not permitted in zone {zone}"
    if action == "CREATE" and there:
        yield f"Tried to create resource record set {what} but it already exists"
    if action == "DELETE":
        if there is None:
            yield f"Tried to delete resource record set {what} but it was not found"
        elif not same(wanted, there):
            yield f"Tried to delete resource record set {what} but the values provided do not match the current values"
        if name == zone.lower() and wanted.type in ("NS", "SOA"):
            yield f"A HostedZone must contain at least one {wanted.type} record for the zone itself."
        return
    if wanted.type == "CNAME" and name == zone.lower():
        yield f"RRSet of type CNAME with DNS name {name} is not permitted at apex in zone {zone}"
    if bool(wanted.alias_target) == bool(wanted.records):
        yield f"Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords]] in Change with {what}"
    if wanted.records and wanted.ttl is None:
        yield f"Missing field 'TTL' in Change with {what}"
    if len(wanted.records) != len(set(wanted.records)):
        yield f"Duplicate Resource Record in {what}"
    if wanted.type == "CNAME" and len(wanted.records) > 1:
        yield f"CNAME {name} has more than one value"
    for value in wanted.records if wanted.type == "TXT" else ():
        yield from bad_text(value)


def bad_text(value: str) -> Iterator[str]:
    """Yield why the value of a TXT record is refused."""
    strings = STRING.findall(value)
    if not strings or STRING.sub("", value).strip():
        yield (
            "Invalid Resource Record: 'FATAL problem: InvalidCharacterString (Value should be enclosed in quotation "
            f"marks) encountered with '{value}''"
        )
    if len(value) > LONGEST_VALUE:
        yield "Invalid Resource Record: 'FATAL problem: TXTRDATATooLong'"
    if any(len(re.sub(r"\\([0-7]{3}|.)", "x", each)) > LONGEST_STRING for each in strings):
        yield "Invalid Resource Record: 'FATAL problem: CharacterStringTooLong (Value is too long)'"


def same(one: Any, other: Any) -> bool:
    """Tell whether two record sets have the same values, which a deletion has to name."""
    kept = ("alias_target", "weight", "region", "failover")
    same_values = sorted(one.records) == sorted(other.records)
    return same_values and str(one.ttl) == str(other.ttl) and all(getattr(one, k) == getattr(other, k) for k in kept)


def beside_each_other(held: list[Any]) -> Iterator[str]:
    """Yield what cannot stand side by side: a CNAME and another type, a routed record and one that is not."""
    names = {each.name for each in held if each.type == "CNAME"}
    for each in held:
        if each.name in names and each.type != "CNAME":
            yield f"RRSet of type CNAME with DNS name {each.name} is not permitted as it conflicts with other records"
    routed = {(each.name, each.type) for each in held if each.set_identifier}
    for each in held:
        if not each.set_identifier and (each.name, each.type) in routed:
            yield f"RRSet with DNS name {each.name}, type {each.type} cannot be beside those with a routing policy"


def bare_id(id: str) -> str:
    """Return the id of a zone without what may stand before it."""
    return id.rpartition("/")[2]


def zone(*names: str) -> Any:
    """Name the zone that a parameter gives by its id."""

    def resources(request: Request) -> Iterator[str]:
        for name in names:
            given = request.params.get(name)
            for id in given if isinstance(given, list) else [given]:
                yield arn(request, f"route53:::hostedzone/{bare_id(str(id))}")

    return resources


def changing(request: Request) -> Iterator[Need]:
    """Need to change the records of a zone, by their names, types and actions.

    https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/specifying-conditions-route53.html
    """
    changes = request.params["ChangeBatch"]["Changes"]
    sets = [each["ResourceRecordSet"] for each in changes]
    prefix = "route53:ChangeResourceRecordSets"
    context = {
        f"{prefix}NormalizedRecordNames": sorted(
            {each["Name"].lower().rstrip(".").replace("*", "\\052") for each in sets}
        ),
        f"{prefix}RecordTypes": sorted({each["Type"] for each in sets}),
        f"{prefix}Actions": sorted({each["Action"] for each in changes}),
    }
    for resource in zone("HostedZoneId")(request):
        yield Need("route53:ChangeResourceRecordSets", resource, context)


CHANGING: Permissions = changing
CALLS = table(
    {
        "ListHostedZones ListHostedZonesByName GetHostedZoneCount CreateHostedZone": [own()],
        "GetHostedZone DeleteHostedZone UpdateHostedZoneComment": [own(zone("Id"))],
        "ListResourceRecordSets": [own(zone("HostedZoneId"))],
        "ChangeResourceRecordSets": [CHANGING],
        "ChangeTagsForResource ListTagsForResource": [own(zone("ResourceId"))],
        "ListTagsForResources": [own(zone("ResourceIds"))],
    }
)


def zones_held(route53: Any) -> Any:
    """Return the hosted zones by name; those of one name in the order in which they were made."""
    found: dict[str, list[Any]] = {}
    for held in route53.zones.values():
        records = {f"{each.name} {each.type} {each.set_identifier or ''}".strip(): record(each) for each in held.rrsets}
        tags = dict(route53.resource_tags.get(held.resource_id, {}))
        made = held.caller_reference.rpartition("/")[0]
        found.setdefault(held.name, []).append(
            {"private": held.private_zone, "comment": held.comment, "made": made, "tags": tags, "records": records}
        )
    return {name: sorted(zones, key=str) for name, zones in found.items()}


def record(held: Any) -> dict[str, Any]:
    """Return one record set."""
    alias = held.alias_target and {"to": held.alias_target["DNSName"], "zone": held.alias_target["HostedZoneId"]}
    values = sorted(held.records, key=lambda each: "" if ".awsdns-" in each else each)
    return {"ttl": held.ttl, "values": values, "alias": alias, "weight": held.weight}


def snapshot(sandbox: AccountState) -> Any:
    """Return the hosted zones of each partition that has any."""
    held: dict[str, Any] = by_partition("route53", zones_held)(sandbox)
    return {partition: zones for partition, zones in held.items() if zones}


def stable_names(sandbox: AccountState) -> dict[str, str]:
    """Return what stands for name servers and ids, which are others for each zone."""
    return sandbox.memory(ServersGiven).placeholders


def tags(request: Request, arn: str) -> dict[str, str]:
    """Return the tags of a zone."""
    return dict(request.backend("route53").resource_tags.get(bare_id(arn), {}))


RULES = (
    Rule("route53:CreateHostedZone", before=new_reference),
    Rule("route53:CreateHostedZone", before=lower_case, after=own_servers, strict=False),
    Rule("route53:ChangeResourceRecordSets", before=one_batch),
    Rule("route53:ChangeResourceRecordSets", before=change),
)

SERVICE = Service(
    "route53",
    rules=RULES,
    calls=CALLS,
    tags=tags,
    snapshot=snapshot,
    stable_names=stable_names,
    codes=Codes(
        invalid="InvalidInput", tags="InvalidInput", denied=("AccessDenied", 403), throttled=("Throttling", 400)
    ),
    is_global=True,
    warm_up={"ListHostedZones": {}},
)
