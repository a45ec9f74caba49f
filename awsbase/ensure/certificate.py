"""Certificates of Certificate Manager (ACM), proved by a record in the zone of their domain."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from awsbase.access.attributes import add_tags
from awsbase.engine.changes import Unknown
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import ADDRESS, Resource
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, NotExpressible, Things
from awsbase.ensure.zone import undelegated
from awsbase.facts import tags
from awsbase.facts.zones import domain
from awsbase.records import record

# Without this filter ACM lists certificates with keys of RSA up to 2,048 bits alone.
KEYS = ("RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1")
ISSUED, PENDING, FAILED = "ISSUED", "PENDING_VALIDATION", "FAILED"
# A certificate that AWS gave up on is of no use; one that timed out is requested anew.
ALIVE = (ISSUED, PENDING, FAILED)
WHY = {
    "CAA_ERROR": "a CAA record of the domain, or above it, lets other authorities alone issue: add one for amazon.com",
    "ADDITIONAL_VERIFICATION_REQUIRED": "AWS wants to know more first: open a case with AWS Support",
    "DOMAIN_NOT_ALLOWED": "AWS issues none for this domain: ask AWS Support, or choose another",
    "INVALID_PUBLIC_DOMAIN": "the domain is not one of the public DNS: correct it",
}


@record(kw_only=True)
class Certificate(Resource):
    """A public certificate for `domains`, of which the first is its common name.

    `zones` are those of the manifest whose delegation is looked up as long as it is not issued. `by_hand` are the
    domains that no zone of the manifest holds: somebody else enters their records.
    """

    name: str
    domains: tuple[str, ...]
    zones: tuple[str, ...] = ()
    by_hand: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return self.scope.address("certificate", self.name)

    def needs(self) -> Iterator[str]:
        yield from (self.scope.at(self.scope.home).address("zone", zone) for zone in self.zones)

    def mentions(self) -> Iterator[str]:
        """Yield the zones, which are only asked where they lead: without them a certificate stays what it is."""
        return self.needs()

    @property
    def arn(self) -> str:
        """The ARN as policies name it: its last part is known once it is there."""
        return self.scope.arn("acm", "certificate/*")


@record
class CertificateFacts:
    """A certificate as ACM lists it."""

    arn: str
    domains: frozenset[str]
    common_name: str
    status: str
    type: str


@record
class Proof:
    """The record that proves a domain."""

    name: str
    value: str


@record
class CertificateDetails:
    """What ACM tells of one certificate alone: its proofs by domain, None while there are none; who uses it."""

    proofs: Mapping[str, Proof] | None
    by_dns: bool
    reason: str
    used_by: tuple[str, ...]


def certificates(facts: Facts, region: str) -> Sequence[CertificateFacts]:
    """List the certificates of a region."""
    pages = facts.aws.at(region).acm.get_paginator("list_certificates").paginate(Includes={"keyTypes": list(KEYS)})
    return [
        CertificateFacts(
            each["CertificateArn"],
            frozenset(map(domain, [each.get("DomainName", ""), *each.get("SubjectAlternativeNameSummaries", [])])),
            domain(each.get("DomainName", "")),
            each.get("Status", ""),
            each.get("Type", ""),
        )
        for page in pages
        for each in page["CertificateSummaryList"]
    ]


def certificate_details(facts: Facts, region: str, arn: str) -> CertificateDetails:
    """Read what the list does not tell of a certificate."""
    one = facts.aws.at(region).acm.describe_certificate(CertificateArn=arn)["Certificate"]
    options = one.get("DomainValidationOptions", [])
    proofs = {
        base(domain(each["DomainName"])): Proof(domain(each["ResourceRecord"]["Name"]), each["ResourceRecord"]["Value"])
        for each in options
        if "ResourceRecord" in each
    }
    whole = len(proofs) == len({base(domain(each["DomainName"])) for each in options})
    by_dns = all(each.get("ValidationMethod", "DNS") == "DNS" for each in options)
    used = tuple(one.get("InUseBy", []))
    return CertificateDetails(proofs if whole else None, by_dns, one.get("FailureReason", ""), used)


def proofs(facts: Facts, region: str, arn: str) -> Mapping[str, Proof] | None:
    """Return the records that prove the domains of a certificate; None until ACM has made them up."""
    return facts.read(certificate_details, region, arn).proofs


def certificate_tags(facts: Facts, region: str, arn: str) -> Mapping[str, str]:
    """Read the tags of one certificate from ACM itself."""
    answer = facts.aws.at(region).acm.list_tags_for_certificate(CertificateArn=arn)
    return {tag["Key"]: tag.get("Value", "") for tag in answer["Tags"]}


def base(name: str) -> str:
    """Return the domain whose record proves another one: a wildcard is proved by that of its base."""
    return name.removeprefix("*.")


def certificate_reads(want: Certificate) -> Iterator[Read]:
    """Yield the facts that the recipe of a certificate reads, to prefetch them."""
    yield certificates, want.scope.region
    yield tags.indexed, want.scope.region


def ensure_certificate(run: Run, want: Certificate) -> Mapping[str, Any]:
    """Keep one certificate for exactly these domains; returns its ARN, and name and value of each proving record.

    Nobody waits until it is issued. A certificate of other domains is another one, and the old one stays.
    """
    region = want.scope.region
    acm = run.aws.at(region).acm
    have, dead = found(run, want)
    ask = (certificate_tags, region, have.arn) if have else ()
    tagged = tags.current(run, want, region, have.arn, ask) if have else tags.wanted(want)
    arn: Any = have.arn if have else None

    if have is None:
        others = [name for name in want.domains[1:] if name != want.domains[0]]
        made = run.create(
            "certificate",
            acm.request_certificate,
            DomainName=want.domains[0],
            SubjectAlternativeNames=others or None,
            ValidationMethod="DNS",
            IdempotencyToken=token(want, dead),
            Tags=tags.pairs(tags.with_origin(want)),
        )
        arn = made["CertificateArn"]

    add_tags(run, want, tagged, acm.add_tags_to_certificate, CertificateArn=arn)

    found_proofs = run.later("the record that proves its domain", proofs, region, arn)
    tell_state(run, want, have, found_proofs)
    named = {base(name): found_proofs[base(name)] for name in want.domains}
    parts = {f"{name} name": part_of(proof, "name") for name, proof in named.items()}
    parts |= {f"{name} value": part_of(proof, "value") for name, proof in named.items()}
    return {"arn": arn, **parts}


def part_of(proof: Any, part: str) -> Any:
    """Return the name or the value of a record, Unknown while it is."""
    return proof if isinstance(proof, Unknown) else getattr(proof, part)


def found(run: Run, want: Certificate) -> tuple[CertificateFacts | None, list[str]]:
    """Return the certificate of exactly these domains, and the ARNs of those that AWS gave up on.

    An issued one goes before one that waits, and ours before that of others. One that is somebody else's by its tag,
    or proved by mail, is none of them.
    """
    region = want.scope.region
    index = run.read(tags.indexed, region)
    same = [each for each in run.read(certificates, region) if each.domains == frozenset(want.domains)]
    free = [each for each in same if index.get(each.arn, {}).get(ADDRESS, want.address) == want.address]
    public = [each for each in free if each.type == "AMAZON_ISSUED"]
    alive = sorted(
        (each for each in public if each.status in ALIVE),
        key=lambda each: (ALIVE.index(each.status), each.arn not in index, each.arn),
    )
    chosen = (each for each in alive if run.read(certificate_details, region, each.arn).by_dns)
    return next(chosen, None), sorted(each.arn for each in public if each.status not in ALIVE)


def token(want: Certificate, dead: Sequence[str]) -> str:
    """Return the token of a request: within an hour the same one makes no second certificate, if an answer is lost."""
    parts = [want.scope.account, want.address, *want.domains, *dead]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def tell_state(run: Run, want: Certificate, have: CertificateFacts | None, proofs: Any) -> None:
    """Say what is left until it is issued, and which older one of this name is still there."""
    status = have.status if have else PENDING
    if have and status == FAILED:
        reason = run.read(certificate_details, want.scope.region, have.arn).reason
        run.manual_action(
            f"AWS refuses the certificate {want.name} for {', '.join(want.domains)}: {reason or 'it says no reason'}",
            WHY.get(reason, "look it up in the console of Certificate Manager"),
            f"then aws acm delete-certificate --region {want.scope.region} --certificate-arn {have.arn}: the next run "
            "requests it anew",
            probe="acm ListCertificates shows no failed certificate for these domains",
            need=f"the certificate {want.name}",
        )
    elif status == PENDING:
        tell_what_it_waits_for(run, want, proofs)
    for old in former(run, want):
        run.note(
            f"the certificate {old.arn} of former domains is still there: once nothing uses it, delete it with "
            f"aws acm delete-certificate --region {want.scope.region} --certificate-arn {old.arn}"
        )


def tell_what_it_waits_for(run: Run, want: Certificate, proofs: Any) -> None:
    """Say why a certificate is not issued yet, or which records somebody has to enter."""
    zones = {zone: run.result(want.scope.at(want.scope.home).address("zone", zone)) for zone in want.zones}
    reasons = [why for zone, made in zones.items() if (why := undelegated(run, zone, made["name_servers"]))]
    if want.by_hand and not isinstance(proofs, Unknown):
        run.manual_action(
            f"the certificate {want.name} waits for records in a zone that the manifest does not have",
            *(f"enter {proofs[base(name)].name} CNAME {proofs[base(name)].value}" for name in bases(want.by_hand)),
            "keep them for good: AWS renews the certificate by them",
            probe="acm DescribeCertificate shows the status ISSUED",
            need=f"the records of the certificate {want.name}",
        )
    elif reasons:
        run.note(f"issuing: {' and '.join(reasons)}; AWS gives up after 72 hours")
    else:
        run.note("issuing: AWS looks for its record in the DNS, which takes some minutes; the next run looks again")


def bases(names: Sequence[str]) -> list[str]:
    """Return the domains whose records prove others, each once."""
    return list(dict.fromkeys(map(base, names)))


def former(run: Run, want: Certificate) -> list[CertificateFacts]:
    """Return the certificates that were made for this name, and for other domains."""
    index = run.read(tags.indexed, want.scope.region)
    ours = [
        each
        for each in run.read(certificates, want.scope.region)
        if index.get(each.arn, {}).get(ADDRESS) == want.address and each.domains != frozenset(want.domains)
    ]
    return sorted((each for each in ours if each.status in (ISSUED, PENDING)), key=lambda each: each.arn)


def remove_certificate(run: Run, want: Certificate) -> None:
    """Delete the certificates that this manifest made under this name, as far as nothing uses them."""
    region = want.scope.region
    index = run.read(tags.indexed, region)
    for each in run.read(certificates, region):
        mine = index.get(each.arn, {}).get(ADDRESS) == want.address
        if not mine and each.domains != frozenset(want.domains):
            continue
        if not tags.made_here(run, want, run.read(certificate_tags, region, each.arn)):
            continue
        if used := run.read(certificate_details, region, each.arn).used_by:
            run.note(f"kept: {used[0]} uses it{f', and {len(used) - 1} more' if len(used) > 1 else ''}")
            continue
        what = "certificate" if each.domains == frozenset(want.domains) else f"certificate of {each.common_name}"
        run.delete(what, run.aws.at(region).acm.delete_certificate, CertificateArn=each.arn)


def certificate_things(facts: Facts, scope: Scope) -> Things:
    """Yield the certificates of a region; those that AWS gave up on are nobody's."""
    index = facts.read(tags.indexed, scope.region)
    for each in facts.read(certificates, scope.region):
        held = index.get(each.arn, {})
        kind, _, name = held.get(ADDRESS, "").partition("@")[0].partition("/")
        domains = (each.common_name, *sorted(each.domains - {each.common_name}))
        name = name if kind == "certificate" else base(each.common_name)
        found = Certificate(scope=scope, name=name, domains=domains)
        if each.type != "AMAZON_ISSUED":
            why = "an imported certificate" if each.type == "IMPORTED" else f"a certificate of the type {each.type}"
            yield NotExpressible(f"{found.address} ({each.arn})", (why,), held)
        elif each.status not in (ISSUED, PENDING):
            yield NotExpressible(f"{found.address} ({each.arn})", (f"a certificate that is {each.status}",), held)
        elif not facts.read(certificate_details, scope.region, each.arn).by_dns:
            yield NotExpressible(f"{found.address} ({each.arn})", ("a certificate that is proved by mail",), held)
        else:
            yield Described(found, held)


def describe_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions to list certificates."""
    yield tags.TAG_INDEX
    yield allow("acm", "ListCertificates")
    yield allow("acm", "DescribeCertificate", on=(scope.arn("acm", "certificate/*"),))


def read_permissions(want: Certificate) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield tags.TAG_INDEX
    yield allow("acm", "ListCertificates")
    yield allow("acm", "DescribeCertificate", "ListTagsForCertificate", on=(want.arn,))


def write_permissions(want: Certificate) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield allow("acm", "RequestCertificate")
    yield allow("acm", "AddTagsToCertificate", on=(want.arn,))


def removal_permissions(want: Certificate) -> Allows:
    """Yield the IAM permissions that a removal needs beyond those of a plan."""
    yield allow("acm", "DeleteCertificate", on=(want.arn,))


KIND = Kind(
    ensure_certificate,
    certificate_reads,
    resource=Certificate,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="A public certificate of AWS for some domains, which renews itself as long as its record is in the DNS.",
        why="Load balancers and CloudFront need one for HTTPS. Proved by a record, it never runs out unseen.",
        undo=(
            TAKE_OUT,
            "aws acm list-certificates --region REGION shows its ARN",
            "aws acm delete-certificate --region REGION --certificate-arn ARN, once nothing uses it",
        ),
    ),
    word="certificate",
    found_by="its domains and its tag; an issued one first",
    owns="its domains: with others it is a new one beside the old",
    keeps="tags",
    describe=Describe(certificate_things, describe_permissions, everywhere=True),
    absent=Absent(remove_certificate, permissions=removal_permissions),
)
