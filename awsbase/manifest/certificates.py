"""The certificates section: certificates of AWS for the domains of a zone, proved by one record for each domain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field

from awsbase.engine.references import Reference
from awsbase.engine.scope import Scope
from awsbase.ensure.certificate import Certificate
from awsbase.ensure.certificate import base as proved_by
from awsbase.ensure.zone_records import Record
from awsbase.manifest.base import Base
from awsbase.manifest.merge import RecordsIn, Yielded
from awsbase.manifest.outputs import Output
from awsbase.manifest.paths import shown
from awsbase.manifest.section import Section, Several, ValidationProblem, invalid
from awsbase.manifest.values import OneNameEach, named
from awsbase.manifest.zones import LABEL, below, longest, zone_of

if TYPE_CHECKING:
    from awsbase.manifest.manifest import Manifest

# How a CAA record says who may issue, and what it calls AWS.
ISSUE = " issue"
AUTHORITIES = ("amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com")
# CloudFront takes certificates of this region alone.
CLOUDFRONT = "us-east-1"
# What an account may have unless AWS has raised it, and how long a common name may be.
MOST_DOMAINS, COMMON_NAME = 10, 64

CertificateName = Annotated[
    str, named(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", "name of a certificate: letters, digits, _.-")
]
CertificateDomain = Annotated[
    str,
    named(
        rf"(\*\.)?{LABEL.replace('_', '')}(\.{LABEL.replace('_', '')})+",
        "domain of a certificate: like acme.example or *.acme.example, in lower case",
        also=longest,
    ),
]


def few_domains(value: tuple[str, ...]) -> tuple[str, ...]:
    """Accept the domains of one certificate; raises PydanticCustomError for more than AWS takes."""
    if not value:
        raise invalid("a certificate has at least one domain", "write it like [acme.example, '*.acme.example']")
    if len(value) > MOST_DOMAINS:
        raise invalid(f"{len(value)} domains are more than the {MOST_DOMAINS} of a certificate", "make several of it")
    if len(value[0]) > COMMON_NAME:
        raise invalid(f"{shown(value[0])} is longer than {COMMON_NAME} characters", "put a shorter domain first")
    return value


class CertificateSpec(Section):
    """A certificate for some domains."""

    domains: Annotated[Several[CertificateDomain], AfterValidator(few_domains)] = Field(
        description="What it is for: up to ten domains, the first of them its common name. *.acme.example is for all "
        "names right below acme.example, and not for that itself."
    )
    use: Several[Literal["elb", "cloudfront"]] = Field(
        default=("elb",),
        description="What shows it: elb for load balancers and API Gateway of the home region, cloudfront, which "
        "takes certificates of us-east-1 alone.",
    )

    def check(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        """Yield a certificate that nothing uses or AWS may not issue, and one of the same domains as another."""
        yield from closed_to_aws(self.domains, manifest)
        if not self.use:
            yield ValidationProblem(("use",), "nothing shows it", "write elb, cloudfront or both")
        for name, other in (manifest.certificates or {}).items():
            if other is self:
                return
            if set(other.domains) == set(self.domains) and set(other.use) & set(self.use):
                message = f"{shown(name)} is for the same domains, and one certificate serves as many as want it"
                yield ValidationProblem(("domains",), message, "leave one of them out")

    def scopes(self, base: Base) -> list[Scope]:
        """Return where it is, the home region first."""
        regions = [base.scope.home if use == "elb" else CLOUDFRONT for use in sorted(self.use, reverse=True)]
        return [base.scope.at(region) for region in dict.fromkeys(regions)]

    def certificates(self, name: str, base: Base, manifest: Manifest) -> list[Certificate]:
        """Return it, once for each region that shows it."""
        zones = [zone_of(each, manifest.zones, base) for each in self.domains]
        asked = [zone for zone in zones if zone and delegated(zone, base, manifest)]
        return [
            Certificate(
                scope=scope,
                name=base.expand(name),
                domains=self.domains,
                zones=tuple(dict.fromkeys(asked)),
                by_hand=tuple(each for each, zone in zip(self.domains, zones, strict=True) if zone is None),
                tags=base.tags,
            )
            for scope in self.scopes(base)
        ]


def closed_to_aws(domains: tuple[str, ...], manifest: Manifest) -> Iterator[ValidationProblem]:
    """Yield the domains whose CAA records in the manifest let other authorities alone issue."""
    base = Base(manifest.account.name, manifest.account.scope, {})
    answers = {
        below(base.expand(name), base.expand(zone)): [each for each in record.CAA if ISSUE in each]
        for zone, spec in (manifest.zones or {}).items()
        for name, record in spec.records.items()
    }
    for index, domain in enumerate(domains):
        labels = proved_by(domain).split(".")
        # The nearest name with CAA records decides, whatever those above it say.
        names = [".".join(labels[start:]) for start in range(len(labels))]
        at = next((name for name in names if answers.get(name)), None)
        if at and not any(authority in value for value in answers[at] for authority in AUTHORITIES):
            message = f"AWS may not issue it: the CAA records of {at} name other authorities alone"
            yield ValidationProblem(("domains", index), message, f'add `0 issue "amazon.com"` to those of {at}')


def delegated(zone: str, base: Base, manifest: Manifest) -> bool:
    """Tell whether the manifest wants the domain above a zone to lead to it."""
    return any(spec.delegated for name, spec in (manifest.zones or {}).items() if base.expand(name) == zone)


class Certificates(dict[str, CertificateSpec]):
    """The certificates by name."""

    def resources(self, base: Base, manifest: Manifest) -> Iterator[Yielded]:
        """Yield the certificates, and the records that prove their domains: one each, whoever needs it."""
        proved: set[str] = set()
        for name, spec in self.items():
            made = spec.certificates(name, base, manifest)
            yield from made
            # The record of a domain is the same in all regions of an account, and for its wildcard.
            for domain in spec.domains:
                zone = zone_of(domain, manifest.zones, base)
                if zone and (plain := proved_by(domain)) not in proved:
                    proved.add(plain)
                    yield RecordsIn(zone=zone, records=(proof(made[0].address, plain),), at=(name, "domains"))

    def outputs(self, base: Base, manifest: Manifest) -> Iterator[Output]:
        """Yield the ARN of each certificate: those for CloudFront by themselves."""
        for name, spec in self.items():
            for use in spec.use:
                scope = base.scope.at(base.scope.home if use == "elb" else CLOUDFRONT)
                value = Reference(scope.address("certificate", base.expand(name)), "arn")
                output = "certificate_arns" if use == "elb" else "cloudfront_certificate_arns"
                yield Output(output, value, key=base.expand(name))


def proof(address: str, domain: str) -> Record:
    """Return the record that proves a domain, as the certificate names it."""
    return Record(Reference(address, f"{domain} name"), "CNAME", (Reference(address, f"{domain} value"),))


def as_certificates(value: dict[str, CertificateSpec]) -> Certificates:
    """Return the certificates as a part of the manifest that yields resources."""
    return Certificates(value)


IssuedCertificates = Annotated[dict[CertificateName, CertificateSpec], OneNameEach, AfterValidator(as_certificates)]
