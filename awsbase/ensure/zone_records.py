"""The records of a hosted zone that a manifest names; all others are somebody else's, and stay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from awsbase.engine.changes import Drift, Unknown, unknowns
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Condition, Permissions, allow
from awsbase.engine.references import Reference, references, resolve
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access, outage
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, Things
from awsbase.ensure.zone import zone_arns, zone_called
from awsbase.errors import AwsbaseError
from awsbase.facts.zone_register import (
    OF_THE_ZONE,
    Entry,
    RecordSets,
    Register,
    ours,
    read_register,
    register_name,
    register_values,
    short,
)
from awsbase.facts.zones import Key, RecordSet, hosted_zones, meaning_of, plain, record_sets, written
from awsbase.prices import Cost, by_use
from awsbase.prices import table as prices
from awsbase.records import record

TTL = 300
# AWS takes a thousand values and 32,000 characters in a batch, and counts each of an UPSERT twice. What is left is the
# register's.
MOST_VALUES, MOST_CHARACTERS = 400, 6_000
# The types that a manifest has words for.
TYPES = ("A", "AAAA", "CAA", "CNAME", "DS", "MX", "NS", "SRV", "TXT")
# Where the records lead by which AWS is shown that a domain is yours.
PROOFS = ("acm-validations.aws", "dkim.amazonses.com")


class TakenRecord(AwsbaseError):
    """A record of somebody else is in the way of one of the manifest."""


@record
class Record:
    """The records of one name and type: an absolute name without the last dot, and values; or the target of an alias.

    Values are plain: texts without quotes. `alias` is a domain name and the id of the hosted zone that AWS keeps it in.
    Name and values may refer to what other resources return.
    """

    name: Reference | str
    type: str
    values: tuple[Reference | str, ...] = ()
    ttl: int = TTL
    alias: tuple[str, str] | None = None

    @property
    def refers(self) -> tuple[str, ...]:
        """The addresses of the resources that say what is in it."""
        return tuple(dict.fromkeys(references([self.name, *self.values])))


@record(kw_only=True)
class ZoneRecords(Resource):
    """The records that a manifest names in the hosted zone of a domain."""

    zone: str
    records: tuple[Record, ...] = ()

    @property
    def address(self) -> str:
        return self.scope.address("zone-records", self.zone)

    def costs(self) -> Iterator[Cost]:
        """Yield what this costs by the price table."""
        yield by_use(prices.DNS_QUERIES, self.scope.region)

    def needs(self) -> Iterator[str]:
        yield self.scope.address("zone", self.zone)
        yield from dict.fromkeys(address for each in self.records for address in each.refers)


@record
class Wanted:
    """A record with what its references stand for, which a plan may not know; `source` are the addresses in them."""

    name: Any
    type: str
    values: tuple[Any, ...]
    ttl: int
    alias: tuple[str, str] | None
    source: tuple[str, ...]

    @property
    def known(self) -> bool:
        return not any(unknowns([self.name, *self.values]))

    @property
    def key(self) -> Key:
        return self.name, self.type

    @property
    def meaning(self) -> object:
        """What it says, whatever the way in which it is written."""
        return meaning_of(self.type, [written(self.type, each) for each in self.values], self.alias)

    def differs(self, have: RecordSets) -> bool:
        """Tell whether it is not there, or says something else."""
        there = have.get(self.key) if self.known else None
        # For how long a proof is remembered means nothing.
        timed = self.alias is None and not self.source
        return there is None or there.meaning != self.meaning or (timed and there.ttl != self.ttl)

    def moves(self, have: RecordSets) -> bool:
        """Tell whether it says something else than what is there."""
        there = have.get(self.key) if self.known else None
        return there is not None and there.meaning != self.meaning

    def drift(self, have: RecordSets) -> Drift:
        """Return how it differs, as people read it."""
        if not self.known:
            return Drift(f"{self.type} for {', '.join(self.source)}", None, Unknown("its value"))
        there = have.get(self.key)
        if there and there.meaning == self.meaning:
            return Drift(f"{self.name} {self.type} seconds", there.ttl, self.ttl)
        want = f"alias of {self.alias[0]}" if self.alias else ", ".join(self.values)
        return Drift(f"{self.name} {self.type}", there.shown if there else None, want)

    def sent(self) -> dict[str, Any]:
        """Return it as Route 53 takes it."""
        name = self.name if isinstance(self.name, Unknown) else f"{self.name}."
        if self.alias:
            target, zone = self.alias
            alias = {"HostedZoneId": zone, "DNSName": f"{target}.", "EvaluateTargetHealth": False}
            return {"Name": name, "Type": self.type, "AliasTarget": alias}
        values = [each if isinstance(each, Unknown) else written(self.type, each) for each in self.values]
        records = [{"Value": value} for value in values]
        return {"Name": name, "Type": self.type, "TTL": self.ttl, "ResourceRecords": records}


def zone_records_reads(want: ZoneRecords) -> Iterator[Read]:
    """Yield the facts that the recipe of records reads, to prefetch them."""
    yield (hosted_zones,)


def ensure_zone_records(run: Run, want: ZoneRecords) -> None:
    """Keep the records that the manifest names, and delete those that it made and names no more.

    Raises TakenRecord when a record of somebody else is in the way.
    """
    id = run.result(want.scope.address("zone", want.zone))["id"]
    have: RecordSets = {} if isinstance(id, Unknown) else run.read(record_sets, id)
    groups = grouped(run, want)
    wanted = {each.key for several in groups.values() for each in several if each.known}
    there = read_register(have, want.zone, want.scope)
    dropped = [key for key in ours(have, there) if key not in wanted and not there[key].lasts]
    for several in groups.values():
        for each in several:
            refuse_taken(have, each, dropped)

    made: Register | None = there
    for source, several in groups.items():
        sent = [each for each in several if each.differs(have)]
        # A plan does not know what another resource is to name. Once it is known the same is sent: all, or nothing.
        sent = several if source and sent else sent
        what = f"records for {', '.join(source)}" if source else "records"
        for number, (gone, batch) in enumerate(batches(have, () if source else dropped, sent), 1):
            made = change(run, want, id, have, made, numbered(what, number), gone, batch)


def grouped(run: Run, want: ZoneRecords) -> Mapping[tuple[str, ...], list[Wanted]]:
    """Return the records by the resources that say what is in them; first those that the manifest says itself."""
    groups: dict[tuple[str, ...], list[Wanted]] = {(): []}
    for each in want.records:
        name, *values = resolve(run, [each.name, *each.values])
        found = Wanted(name, each.type, tuple(values), each.ttl, each.alias, each.refers)
        groups.setdefault(found.source, []).append(found)
    return groups


def refuse_taken(have: RecordSets, want: Wanted, dropped: Sequence[Key]) -> None:
    """Raise TakenRecord when what is there leaves no place for a record: AWS would refuse all that goes with it."""
    if not want.known:
        return
    there = have.get(want.key)
    if there and there.routed:
        raise TakenRecord(
            f"{want.name} has several {want.type} records with a routing policy, which awsbase does not change",
            hint="take this record out of the manifest, or delete those",
        )
    in_the_way = [
        type
        for name, type in have
        if name == want.name and (name, type) not in dropped and (type == "CNAME") != (want.type == "CNAME")
    ]
    if in_the_way:
        raise TakenRecord(
            f"{want.name} has a record {in_the_way[0]} that the manifest does not name, and a CNAME stands alone",
            hint=f"delete that record, or take {want.type} of {want.name} out of the manifest",
        )


Batch: TypeAlias = tuple[list[Key], list[Wanted]]


def batches(have: RecordSets, dropped: Sequence[Key], sent: Sequence[Wanted]) -> Iterator[Batch]:
    """Yield what to delete and to send in each batch, as much as AWS takes; all of one name goes together."""
    by_name: dict[Any, Batch] = {}
    for key in dropped:
        by_name.setdefault(key[0], ([], []))[0].append(key)
    for each in sent:
        by_name.setdefault(each.name, ([], []))[1].append(each)

    batch: Batch = ([], [])
    values = characters = 0
    for gone, wanted in by_name.values():
        texts = [value for key in gone for value in have[key].values or ("",)]
        texts += [value if isinstance(value, str) else "" for each in wanted for value in each.values or ("",)]
        longer = sum(map(len, texts))
        if any(batch) and (values + len(texts) > MOST_VALUES or characters + longer > MOST_CHARACTERS):
            yield batch
            batch, values, characters = ([], []), 0, 0
        batch = [*batch[0], *gone], [*batch[1], *wanted]
        values, characters = values + len(texts), characters + longer
    if any(batch):
        yield batch


def numbered(what: str, number: int) -> str:
    """Return what a batch is called in a plan."""
    return what if number == 1 else f"{what}, batch {number}"


def change(
    run: Run,
    want: ZoneRecords,
    id: Any,
    have: RecordSets,
    made: Register | None,
    what: str,
    dropped: Sequence[Key],
    sent: Sequence[Wanted],
) -> Register | None:
    """Send one batch, with the register as it is thereafter; returns that, None while a plan cannot know it."""
    after = registered(have, made, dropped, sent)
    changes: list[Mapping[str, Any]] = [{"Action": "DELETE", "ResourceRecordSet": have[key].raw} for key in dropped]
    changes += [{"Action": "UPSERT", "ResourceRecordSet": each.sent()} for each in sent]
    if after is None or after != made or any(each.source for each in sent):
        changes.append(register_change(want, after))
    differing = [each for each in sent if each.differs(have)]
    moved = [each.drift(have).field for each in differing if each.moves(have)]
    run.update(
        what,
        [*(Drift(" ".join(key), have[key].shown, None) for key in dropped), *(each.drift(have) for each in differing)],
        run.aws.route53.change_resource_record_sets,
        risk=outage(losing([*map(" ".join, dropped), *moved])) or access(handed_over(differing)),
        HostedZoneId=id,
        ChangeBatch={"Changes": changes},
    )
    return after


def register_change(want: ZoneRecords, register: Register | None) -> Mapping[str, Any]:
    """Return the part of a batch that writes the register."""
    values = [written("TXT", each) for each in register_values(register or {}, want.scope)]
    records: Any = Unknown("the register") if register is None else [{"Value": value} for value in values]
    name = f"{register_name(want.zone, want.scope)}."
    return {
        "Action": "UPSERT",
        "ResourceRecordSet": {"Name": name, "Type": "TXT", "TTL": TTL, "ResourceRecords": records},
    }


def losing(names: Sequence[str]) -> str:
    """Say what people are led elsewhere by; empty when nobody is."""
    return f"whoever uses {', '.join(names)} no longer gets what is there now" if names else ""


def handed_over(sent: Sequence[Wanted]) -> str:
    """Say who answers for a domain below from now on; empty when none is handed over."""
    servers = [f"{each.name} by {', '.join(each.values)}" for each in sent if each.type == "NS"]
    return f"others answer for all of {' and '.join(servers)}" if servers else ""


def registered(
    have: RecordSets, made: Register | None, dropped: Sequence[Key], sent: Sequence[Wanted]
) -> Register | None:
    """Return the register after a batch: with what it makes, without what it deletes; what was there is not ours."""
    if made is None or not all(each.known for each in sent):
        return None
    after = {key: entry for key, entry in made.items() if key not in dropped}
    for each in sent:
        if each.key in made or each.key not in have:
            after[each.key] = Entry(short(each.meaning), bool(each.source))
    return after


def remove_zone_records(run: Run, want: ZoneRecords) -> None:
    """Delete the records that this manifest made, as far as nobody has changed them since."""
    zone = zone_called(run.facts, want.zone)
    have = run.read(record_sets, zone.id) if zone else {}
    if zone is None:
        return
    made = read_register(have, want.zone, want.scope)
    mine = ours(have, made)
    if kept := sorted({(each.name, each.type) for each in want.records if not each.refers} & have.keys() - set(mine)):
        several = f", and {len(kept) - 1} more" if len(kept) > 1 else ""
        run.note(f"kept: this manifest did not make {' '.join(map(str, kept[0]))} as it is{several}")

    own: Any = have[register_name(want.zone, want.scope), "TXT"].raw if mine else {}
    for number, (gone, _) in enumerate(batches(have, mine, ()), 1):
        made = {key: entry for key, entry in made.items() if key not in gone}
        register = register_change(want, made) if made else {"Action": "DELETE", "ResourceRecordSet": own}
        own = register["ResourceRecordSet"]
        changes = [{"Action": "DELETE", "ResourceRecordSet": have[key].raw} for key in gone]
        run.delete(
            numbered("records", number),
            run.aws.route53.change_resource_record_sets,
            risk=outage(losing([" ".join(key) for key in gone])),
            HostedZoneId=zone.id,
            ChangeBatch={"Changes": [*changes, register]},
        )


def zone_records_things(facts: Facts, scope: Scope) -> Things:
    """Yield the records of each public zone together; those that others keep in it are not among them."""
    for zone in facts.read(hosted_zones):
        if zone.private:
            continue
        have = facts.read(record_sets, zone.id)
        kept = {*map(tuple, ((zone.name, type) for type in OF_THE_ZONE)), (register_name(zone.name, scope), "TXT")}
        mine = [each for key, each in have.items() if key not in kept and not proves(each)]
        records = tuple(as_record(each) for each in mine if expressible(each))
        strange = tuple(f"{each.name} {each.type} has no words in a manifest" for each in mine if not expressible(each))
        found = ZoneRecords(scope=scope, zone=zone.name, records=records)
        yield Described(found, remarks=strange)


def proves(each: RecordSet) -> bool:
    """Tell whether a record proves to a service of AWS whose a domain is: certificates and mail name theirs."""
    return each.type == "CNAME" and any(value.rstrip(".").endswith(PROOFS) for value in each.values)


def expressible(each: RecordSet) -> bool:
    """Tell whether a manifest has words for a record."""
    return each.type in TYPES and not each.routed and "\\" not in each.name


def as_record(each: RecordSet) -> Record:
    """Return a record that is there as a manifest would name it."""
    values = tuple(sorted(plain(each.type, value) for value in each.values))
    return Record(each.name, each.type, values, TTL if each.ttl is None else each.ttl, each.alias)


def describe_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions to list records."""
    yield allow("route53", "ListHostedZones")
    yield allow("route53", "ListResourceRecordSets", on=zone_arns(scope))


def read_permissions(want: ZoneRecords) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield from describe_permissions(want.scope)


def write_permissions(want: ZoneRecords) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those: to change what is below the domain."""
    names = frozenset({want.zone, f"*.{want.zone}"})
    below = Condition("ForAllValues:StringLike", "route53:ChangeResourceRecordSetsNormalizedRecordNames", names)
    yield allow("route53", "ChangeResourceRecordSets", on=zone_arns(want.scope), when=below)


KIND = Kind(
    ensure_zone_records,
    zone_records_reads,
    resource=ZoneRecords,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="The records that the manifest names in a hosted zone, in one batch for as many as AWS takes.",
        why="Records that others made stay. A TXT record says which are the manifest's, since records take no tags.",
        undo=(TAKE_OUT, "delete the records in the console, and the TXT record _awsbase-NAME that lists them"),
        cost=prices.DNS_QUERIES.rate,
    ),
    word="zone-records",
    found_by="name and type",
    owns="those that the manifest names, and what it made and names no more",
    keeps="all other records; those that prove a certificate or mail",
    describe=Describe(zone_records_things, describe_permissions),
    absent=Absent(remove_zone_records, permissions=write_permissions),
)
