"""The zones section: hosted zones, and the records in them that the manifest looks after."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from awsbase.engine.references import Reference
from awsbase.ensure.zone import Zone
from awsbase.ensure.zone_records import Record, ZoneRecords
from awsbase.manifest.base import Base
from awsbase.manifest.merge import Yielded
from awsbase.manifest.outputs import Output
from awsbase.manifest.paths import shown
from awsbase.manifest.section import Section, Several, ValidationProblem, invalid
from awsbase.manifest.values import OneNameEach, named

if TYPE_CHECKING:
    from awsbase.manifest.manifest import Manifest

APEX = "@"
# The hosted zone in which AWS keeps all distributions of CloudFront.
CLOUDFRONT = "Z2FDTNDATAQYW2"
MOST_RECORDS = 500
LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"


def longest(name: str) -> str | None:
    """Return what is wrong with a long name; None when nothing is."""
    return "has more than 253 characters" if len(name) > 253 else None


def host(value: str) -> str:
    """Return a domain name in lower case without its last dot; raises PydanticCustomError for what is none."""
    name = value.lower().removesuffix(".")
    if not re.fullmatch(rf"{LABEL}(\.{LABEL})*", name) or len(name) > 253:
        raise invalid(f"{shown(value)} is no domain name", "write it like www.acme.example")
    return name


def address_of(kind: type[IPv4Address | IPv6Address], example: str) -> AfterValidator:
    """Make the validator of an address."""

    def check(value: str) -> str:
        try:
            return str(kind(value))
        except ValueError:
            raise invalid(f"{shown(value)} is no {kind.__name__[:4]} address", f"write it like {example}") from None

    return AfterValidator(check)


def ending_in_host(pattern: str, example: str) -> AfterValidator:
    """Make the validator of numbers and a domain name."""

    def check(value: str) -> str:
        *before, name = value.split() or [""]
        if not re.fullmatch(pattern, " ".join(before)):
            raise invalid(f"{shown(value)} lacks its numbers", f"write it like {example}")
        return " ".join([*before, name if name == "." else host(name)])

    return AfterValidator(check)


def text(value: str) -> str:
    """Accept a text that is written without quotes; raises PydanticCustomError for any other."""
    if value.startswith('"'):
        raise invalid(f"{shown(value)} has quotes of its own", "write the text alone: awsbase quotes and splits it")
    if len(value.encode()) > 3500:
        raise invalid("Route 53 takes no text of more than 3,500 bytes here", "split it into several records")
    return value


Domain = Annotated[
    str,
    named(rf"{LABEL}(\.{LABEL})+", "domain name: like acme.example, in lower case, without a last dot", also=longest),
]
RecordName = Annotated[
    str,
    named(
        rf"@|(\*\.)?{LABEL}(\.{LABEL})*|\*",
        "name of a record: like www or _dmarc, without the domain, * for any, or @ for the domain itself",
    ),
]
Host = Annotated[str, AfterValidator(host)]
Caa = Annotated[str, named(r'[0-9]{1,3} (issue|issuewild|iodef) "[^"]*"', 'CAA value: like 0 issue "amazon.com"')]
DsValue = Annotated[str, named(r"[0-9]+ [0-9]+ [0-9]+ [0-9A-Fa-f ]+", "DS value: like 12345 13 2 and a digest")]


class AliasSpec(Section):
    """Another name of AWS whose addresses are answered: free of charge, and allowed at the domain itself."""

    to: Host = Field(description="The domain name of the distribution or load balancer.")
    zone: Annotated[str, named(r"Z[A-Z0-9]{4,31}", "id of a hosted zone: like Z2FDTNDATAQYW2")] | None = Field(
        default=None,
        description="The id of the hosted zone that AWS keeps that name in, its CanonicalHostedZoneId; left out for "
        "distributions of CloudFront.",
    )
    ipv6: bool = Field(default=False, description="Whether addresses of IPv6 are answered too.")

    @model_validator(mode="after")
    def _has_a_zone(self) -> Self:
        if self.zone is None and not self.to.endswith(".cloudfront.net"):
            hint = "write its CanonicalHostedZoneId, which `aws elbv2 describe-load-balancers` shows for a balancer"
            raise invalid(f"nothing says which hosted zone of AWS {self.to} is in", f"{hint}, as zone")
        return self

    @property
    def target(self) -> tuple[str, str]:
        """The name and the hosted zone that it is in."""
        return self.to, self.zone or CLOUDFRONT


class RecordSpec(Section):
    """What a name answers."""

    alias: AliasSpec | None = Field(default=None, description="Another name of AWS that stands for this one.")
    A: Several[Annotated[str, address_of(IPv4Address, "192.0.2.10")]] = Field(default=(), description="IPv4 addresses.")
    AAAA: Several[Annotated[str, address_of(IPv6Address, "2001:db8::10")]] = Field(
        default=(), description="IPv6 addresses."
    )
    CAA: Several[Caa] = Field(default=(), description="Who may issue certificates for it.")
    CNAME: Host | None = Field(default=None, description="The name that it stands for; it has nothing else then.")
    DS: Several[DsValue] = Field(default=(), description="Digests of the keys that sign a domain below.")
    MX: Several[Annotated[str, ending_in_host(r"[0-9]{1,5}", "10 mail.acme.example")]] = Field(
        default=(), description="Where mail goes, each with a priority."
    )
    NS: Several[Host] = Field(default=(), description="The name servers of a domain below; never of the zone itself.")
    SRV: Several[Annotated[str, ending_in_host(r"[0-9]{1,5} [0-9]{1,5} [0-9]{1,5}", "1 10 5269 chat.acme.example")]] = (
        Field(default=(), description="Where a service is: priority, weight, port, name.")
    )
    TXT: Several[Annotated[str, AfterValidator(text)]] = Field(
        default=(), description="Texts, without quotes; long ones are split as the DNS needs it."
    )
    ttl: Annotated[int, Field(ge=0, le=2_147_483_647)] = Field(
        default=300, description="For how many seconds others remember the answer."
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if not self.types:
            raise invalid("nothing is answered", "write one of A, AAAA, CNAME, MX, TXT, alias")
        if self.CNAME and self.types != ["CNAME"]:
            others = " and ".join(each for each in self.types if each != "CNAME")
            raise invalid(f"a CNAME stands alone, and here is {others} too", "leave one of them out")
        doubled = {"A": self.A, "AAAA": self.AAAA if self.alias and self.alias.ipv6 else ()}
        if self.alias and (twice := [type for type, values in doubled.items() if values]):
            raise invalid(f"an alias answers {twice[0]} already", f"leave out alias or {twice[0]}")
        return self

    @property
    def types(self) -> list[str]:
        """The types that are answered, by the keys of the manifest."""
        return [each for each in ("alias", *VALUES) if getattr(self, each)]

    def records(self, name: str) -> Iterator[Record]:
        """Yield the records of a name."""
        for type in VALUES:
            given = getattr(self, type)
            if values := (given,) if isinstance(given, str) else given:
                yield Record(name, type, tuple(values), self.ttl)
        if self.alias:
            for type in ("A", "AAAA") if self.alias.ipv6 else ("A",):
                yield Record(name, type, alias=self.alias.target)


VALUES = ("A", "AAAA", "CAA", "CNAME", "DS", "MX", "NS", "SRV", "TXT")


class ZoneSpec(Section):
    """A public hosted zone: the records that the manifest names are its own, all others stay."""

    records: Annotated[dict[RecordName, RecordSpec], OneNameEach] = Field(
        default={}, description="What names answer, by name without the domain; @ is the domain itself."
    )
    delegated: bool = Field(
        default=False,
        description="Whether the domain above is to lead here: then each plan asks the DNS, and tells you the four "
        "name servers to enter while it does not.",
    )

    def check(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        """Yield what no zone takes: a CNAME or name servers at its apex, awsbase's own record, and more than fit."""
        apex = self.records.get(APEX)
        if apex and apex.CNAME:
            message = "the domain itself takes no CNAME: its name servers stand beside it"
            yield ValidationProblem(("records", APEX, "CNAME"), message, "use `alias`, or A and AAAA")
        if apex and apex.NS:
            message = "the name servers of the zone itself are those that Route 53 gives it"
            yield ValidationProblem(("records", APEX, "NS"), message, "enter them where the domain was bought")
        if apex and apex.DS:
            message = "the DS records of a domain stand in the zone above it"
            yield ValidationProblem(("records", APEX, "DS"), message, "enter them where the domain was bought")
        own = f"_awsbase-{manifest.account.name}"
        if own in self.records:
            message = f"{own} is where awsbase writes down which records it has made"
            yield ValidationProblem(("records", own), message, "leave it out")
        if (count := sum(len(list(spec.records(name))) for name, spec in self.records.items())) > MOST_RECORDS:
            message = f"{count} records are more than the {MOST_RECORDS} of a manifest"
            yield ValidationProblem(("records",), message, "leave the rest to what makes them: awsbase keeps it")

    def entry_resources(self, name: str, base: Base, manifest: Manifest) -> Iterator[Yielded]:
        """Yield the zone, and its records."""
        zone = base.expand(name)
        yield Zone(scope=base.scope, name=zone, delegated=self.delegated, tags=base.tags)
        made = [record for key, spec in self.records.items() for record in spec.records(below(base.expand(key), zone))]
        yield ZoneRecords(scope=base.scope, zone=zone, records=tuple(made))

    def entry_outputs(self, name: str, base: Base, manifest: Manifest) -> Iterator[Output]:
        """Yield the id of the zone, and its name servers with commas between them."""
        zone = base.expand(name)
        address = base.scope.address("zone", zone)
        yield Output("zone_ids", Reference(address, "id"), key=zone, data=("aws_route53_zone", "zone_id"))
        yield Output("zone_name_servers", Reference(address, "joined_name_servers"), key=zone)


Zones = Annotated[dict[Domain, ZoneSpec], OneNameEach]


def below(name: str, zone: str) -> str:
    """Return the whole name of a record in a zone."""
    return zone if name == APEX else f"{name}.{zone}"


def zone_of(domain: str, zones: Mapping[str, object] | None, base: Base) -> str | None:
    """Return the zone of the manifest that a domain is in, the nearest of several; None when none is."""
    name = domain.removeprefix("*.")
    names = [base.expand(zone) for zone in zones or {}]
    return max((zone for zone in names if name == zone or name.endswith(f".{zone}")), key=len, default=None)
