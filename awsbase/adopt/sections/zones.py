"""The zones section: public hosted zones, with the records that a manifest has words for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from awsbase.adopt.draft import Draft
from awsbase.adopt.seen import Seen
from awsbase.ensure.zone import Zone
from awsbase.ensure.zone_records import TTL, Record, ZoneRecords
from awsbase.manifest.zones import APEX, CLOUDFRONT, Domain, RecordName, RecordSpec

KINDS = (Zone, ZoneRecords)
DOMAIN: TypeAdapter[str] = TypeAdapter(Domain)
NAME: TypeAdapter[str] = TypeAdapter(RecordName)


def draft(seen: Seen, section: Draft) -> None:
    """Write each zone, and below it the records by name; what has no words stays as it is, and is remarked."""
    remarks = {each.name: each.remarks for each in seen.things(ZoneRecords)}
    records = {each.zone: each for each in seen.of(ZoneRecords)}
    for zone in seen.of(Zone):
        entered = records.get(zone.name)
        if faults := refused(DOMAIN, zone.name):
            section.cannot(zone.address, *faults)
            if entered:
                section.cannot(entered.address, *faults)
            continue
        section.put(zone.name, value={}, of=zone.address)
        if entered:
            section.covers(entered.address)
            for remark in remarks[entered.address]:
                section.remark(zone.name, text=f"kept: {remark}")
            write_records(section, zone.name, entered.records)


def write_records(section: Draft, zone: str, records: Sequence[Record]) -> None:
    """Write the records of a zone by name."""
    by_name: dict[str, list[Record]] = {}
    for each in sorted(records, key=lambda each: (str(each.name), each.type)):
        by_name.setdefault(str(each.name), []).append(each)
    for name, several in by_name.items():
        short = APEX if name == zone else name.removesuffix(f".{zone}")
        alike = [each for each in several if each.alias or each.ttl == several[0].ttl]
        value = said(alike)
        if faults := [*refused(NAME, short), *refused(TypeAdapter(RecordSpec), value)]:
            section.remark(zone, text=f"kept: {name}: {faults[0]}")
            continue
        section.put(zone, "records", short, value=value)
        for other in several:
            if other not in alike:
                section.remark(zone, text=f"kept: {name} {other.type} is remembered for another time than its others")


def said(records: Sequence[Record]) -> dict[str, Any]:
    """Return what a manifest says of the records of one name."""
    value: dict[str, Any] = {}
    aliases = [each for each in records if each.alias]
    if aliases:
        target, zone = aliases[0].alias or ("", "")
        known = {} if zone == CLOUDFRONT and target.endswith(".cloudfront.net") else {"zone": zone}
        types = {each.type for each in aliases if each.alias == aliases[0].alias}
        value["alias"] = {"to": target, **known, **({"ipv6": True} if "AAAA" in types else {})}
        if len(types) < len(aliases) or "A" not in types:
            value["alias"] = None  # no words: an alias for IPv6 alone, or two targets
    for each in records:
        if not each.alias:
            value[each.type] = str(each.values[0]) if each.type == "CNAME" else [str(one) for one in each.values]
            if each.ttl != TTL:
                value["ttl"] = each.ttl
    return value


def refused(kind: TypeAdapter[Any], value: Any) -> list[str]:
    """Return what of a value a manifest does not take."""
    try:
        kind.validate_python(value)
    except ValidationError as error:
        return [each["msg"] for each in error.errors()]
    return []
