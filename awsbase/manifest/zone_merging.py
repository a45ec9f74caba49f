"""How the records that other sections need come into the zones of a manifest: imported when it has any."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from awsbase.engine.resource import Resource
from awsbase.ensure.zone_records import Record, ZoneRecords
from awsbase.manifest.merge import RecordsIn, Yielded
from awsbase.manifest.paths import Steps
from awsbase.manifest.section import ValidationProblem


def with_all(held: Mapping[str, list[Yielded]], entered: Mapping[str, list[RecordsIn]]) -> dict[str, Resource]:
    """Return the records of all zones by address, with those of other sections."""
    zones = [each for items in held.values() for each in items if isinstance(each, ZoneRecords)]
    return {each.address: with_records(each, entered.get(each.address, ())) for each in zones}


def with_records(resource: ZoneRecords, entered: Iterable[RecordsIn]) -> ZoneRecords:
    """Return the records of a zone with those of other sections; texts of one name stand together."""
    found: dict[object, Record] = {}
    for each in (*resource.records, *(one for several in entered for one in several.records)):
        there = found.get((each.name, each.type))
        values = there.values if there else ()
        found[each.name, each.type] = replace(each, values=tuple(dict.fromkeys([*values, *each.values])))
    return replace(resource, records=tuple(sorted(found.values(), key=repr)))


def colliding(held: Mapping[str, list[Yielded]], entered: Mapping[str, list[RecordsIn]]) -> Iterator[ValidationProblem]:
    """Yield the records of other sections that the zone says otherwise: texts of one name stand together, else one."""
    for items in held.values():
        for zone in (each for each in items if isinstance(each, ZoneRecords)):
            there: list[tuple[Record, Steps]] = [(each, ("zones", zone.zone, "records")) for each in zone.records]
            for several in entered.get(zone.address, ()):
                for one in several.records:
                    twin = next((each for each in there if collide(each[0], one)), None)
                    if twin:
                        message = f"{one.name} has a record {twin[0].type} already, and needs {one.type} for this"
                        yield ValidationProblem(several.at, message, "leave the other record out", also=twin[1])
                there += [(one, several.at) for one in several.records]


def collide(one: Record, other: Record) -> bool:
    """Tell whether two records of a zone cannot stand side by side."""
    if one.name != other.name or (one.name, one.type, one.values) == (other.name, other.type, other.values):
        return False
    return "CNAME" in (one.type, other.type) or (one.type == other.type != "TXT")


def without_zone(
    entered: Mapping[str, list[RecordsIn]], resources: Mapping[str, Resource]
) -> Iterator[ValidationProblem]:
    """Yield the records for a zone that the manifest does not have."""
    for address, several in entered.items():
        for each in several if address not in resources else ():
            yield ValidationProblem(each.at, f"no zone called {each.zone!r}", "define it in zones")
