"""Hosted zones of Route 53 and their records, in the one form in which they are compared."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address
from typing import Any, TypeVar

from awsbase.engine.facts import Facts
from awsbase.records import record

# What one call takes of zones whose tags are read, and of tags that are set.
AT_ONCE = 10
# The longest string of a TXT record; longer texts are several strings, which readers put together.
LONGEST_STRING = 255
# Types whose values end in a domain name.
POINTING = ("CNAME", "MX", "NS", "PTR", "SRV")
STRINGS = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)', re.DOTALL)
ESCAPED = re.compile(r"\\([0-7]{3}|.)", re.DOTALL)

Item = TypeVar("Item")
Key = tuple[str, str]
"""The name and the type of a record set."""


@record
class HostedZone:
    """A hosted zone as Route 53 lists it; `reference` is that of the call that made it."""

    id: str
    name: str
    private: bool
    reference: str


@record
class RecordSet:
    """The records of one name and type. An alias has a target in place of values; `routed` ones are one of several."""

    name: str
    type: str
    ttl: int | None
    values: tuple[str, ...]
    alias: tuple[str, str] | None
    routed: bool
    raw: Mapping[str, Any]

    @property
    def meaning(self) -> object:
        """What it says, whatever the way in which it is written."""
        return meaning_of(self.type, self.values, self.alias)

    @property
    def shown(self) -> str:
        return f"alias of {self.alias[0]}" if self.alias else ", ".join(plain(self.type, each) for each in self.values)


def plain(type: str, value: str) -> str:
    """Return a value as people write it."""
    return text_of(value) if type == "TXT" else value_meaning(type, value)


def hosted_zones(facts: Facts) -> Sequence[HostedZone]:
    """List all hosted zones of the account, a hundred a call."""
    pages = facts.aws.route53.get_paginator("list_hosted_zones").paginate()
    return [
        HostedZone(
            bare_id(zone["Id"]),
            domain(zone["Name"]),
            bool(zone.get("Config", {}).get("PrivateZone")),
            zone.get("CallerReference", ""),
        )
        for page in pages
        for zone in page["HostedZones"]
    ]


def zone_tags(facts: Facts) -> Mapping[str, Mapping[str, str]]:
    """Read the tags of all hosted zones by id, ten a call."""
    ids = [zone.id for zone in facts.read(hosted_zones)]
    found: dict[str, Mapping[str, str]] = {}
    for ten in tens(ids):
        answer = facts.aws.route53.list_tags_for_resources(ResourceType="hostedzone", ResourceIds=ten)
        for each in answer["ResourceTagSets"]:
            found[each["ResourceId"]] = {tag["Key"]: tag["Value"] for tag in each.get("Tags", [])}
    return found


def tens(items: Sequence[Item]) -> Iterator[list[Item]]:
    """Yield so many of something as a call about tags takes."""
    for start in range(0, len(items), AT_ONCE):
        yield list(items[start : start + AT_ONCE])


def record_sets(facts: Facts, zone: str) -> Mapping[Key, RecordSet]:
    """List the records of a hosted zone, three hundred a call; of those that are routed any one stands for all."""
    pages = facts.aws.route53.get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone)
    listed = [_record_set(each) for page in pages for each in page["ResourceRecordSets"]]
    return {(each.name, each.type): each for each in listed}


def _record_set(each: Mapping[str, Any]) -> RecordSet:
    target = each.get("AliasTarget")
    return RecordSet(
        domain(each["Name"]),
        each["Type"],
        each.get("TTL"),
        tuple(value["Value"] for value in each.get("ResourceRecords", [])),
        (domain(target["DNSName"]), target["HostedZoneId"]) if target else None,
        "SetIdentifier" in each,
        each,
    )


def bare_id(id: str) -> str:
    """Return the id of a hosted zone without the path that most answers put before it."""
    return id.rpartition("/")[2]


def domain(name: str) -> str:
    """Return a domain name in lower case, without the last dot, and with `*` for the way in which AWS lists that."""
    return name.lower().removesuffix(".").replace("\\052", "*")


def meaning_of(type: str, values: Sequence[str], alias: tuple[str, str] | None) -> object:
    """Return what a record says, so that two ways of writing one are equal."""
    if alias:
        target, zone = alias
        return domain(target).removeprefix("dualstack."), zone
    return frozenset(value_meaning(type, value) for value in values)


def value_meaning(type: str, value: str) -> str:
    """Return what one value says."""
    if type == "TXT":
        return "".join(strings(value))
    words = value.split()
    if type in POINTING and words:
        return " ".join([*words[:-1], domain(words[-1])])
    if type == "AAAA":
        try:
            return str(ip_address(value))
        except ValueError:
            return value
    if type == "DS":
        return " ".join([*words[:3], "".join(words[3:]).upper()])
    return " ".join(words)


def strings(value: str) -> Iterator[str]:
    """Yield the strings of a TXT record as they are read: without quotes and escapes."""
    for quoted, plain in STRINGS.findall(value):
        yield ESCAPED.sub(unescaped, quoted or plain)


def unescaped(match: re.Match[str]) -> str:
    """Return the character that an escape stands for."""
    return chr(int(match[1], 8)) if len(match[1]) == 3 else match[1]


def written(type: str, value: str) -> str:
    """Return a value as Route 53 takes it: names absolute, texts in quoted strings of at most 255 characters."""
    if type == "TXT":
        # Each byte beyond ASCII is an octal escape, and counts as one character.
        text = value.encode().decode("latin-1")
        parts = [text[start : start + LONGEST_STRING] for start in range(0, len(text), LONGEST_STRING)] or [""]
        return " ".join(f'"{"".join(map(escaped, part))}"' for part in parts)
    if type in POINTING:
        *before, name = value.split()
        return " ".join([*before, f"{domain(name)}."])
    return value


def escaped(character: str) -> str:
    """Return a character as it stands within a quoted string."""
    if character in '"\\':
        return f"\\{character}"
    return character if " " <= character <= "~" else f"\\{ord(character):03o}"


def text_of(value: str) -> str:
    """Return the text of a TXT record as people write it."""
    return "".join(strings(value)).encode("latin-1", "replace").decode(errors="replace")
