"""Certificate Manager: certificates that wait until their record is in a zone that the public DNS leads to."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from moto.core.resource_tagging import TaggedResource

from awsbase.sandbox.authorization.permissions import act, given, own, table
from awsbase.sandbox.domains import answers, bare
from awsbase.sandbox.service import AccountState, Codes, Request, Rule, Service
from awsbase.sandbox.snapshot import remembered
from awsbase.sandbox.wire import Refusal

ONE_REQUEST = timedelta(hours=1)
PATIENCE = timedelta(hours=72)
MOST_DOMAINS = 10
# Ending of what nobody can have a public certificate for.
NOT_PUBLIC = (".amazonaws.com", ".localhost", ".local")


@dataclass
class Certificate:
    """One certificate, as it was requested."""

    arn: str
    domains: tuple[str, ...]
    made: datetime
    token: str | None
    tags: dict[str, str]
    algorithm: str = "RSA_2048"
    status: str = "PENDING_VALIDATION"
    reason: str = ""
    looks: int = 0
    used_by: list[str] = field(default_factory=list)
    issued: datetime | None = None

    @property
    def region(self) -> str:
        """Return the region that it is in."""
        return self.arn.split(":")[3]

    @property
    def account(self) -> str:
        """Return the account that it is in."""
        return self.arn.split(":")[4]


@dataclass
class Certificates:
    """The certificates of the account, by ARN, and how many there have been."""

    held: dict[str, Certificate] = field(default_factory=dict)
    requested: int = 0

    def state(self) -> list[Any]:
        """Return what counts as the account's state; ARNs are random."""
        shown = [
            {"region": each.region, "domains": each.domains, "tags": each.tags, "status": each.status}
            for each in self.held.values()
        ]
        return sorted(shown, key=lambda one: json.dumps(one, sort_keys=True))


def request_one(request: Request) -> dict[str, Any]:
    """Take a request: the same token means the same certificate for an hour, and another one later.

    Raises Refusal with LimitExceededException or InvalidDomainValidationOptionsException.

    https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html
    """
    params, held, now = request.params, request.memory(Certificates), request.sandbox.clock()
    names = [params["DomainName"], *params.get("SubjectAlternativeNames", [])]
    domains = tuple(dict.fromkeys(map(bare, names)))
    token = params.get("IdempotencyToken")
    for each in here(request):
        if token and each.token == token and each.domains == domains and now - each.made < ONE_REQUEST:
            return {"CertificateArn": each.arn}
    if len(domains) > MOST_DOMAINS:
        raise Refusal("LimitExceededException", f"Error: This certificate has too many domains: {len(domains)}")
    if params.get("ValidationMethod") is None:
        # Then ACM writes mails to the owner of the domain, whom the sandbox does not play.
        raise Refusal("SandboxGap", "the sandbox validates certificates by DNS alone")
    held.requested += 1
    id = uuid5(NAMESPACE_URL, f"{request.account} {request.region} {held.requested}")
    arn = f"arn:{request.partition}:acm:{request.region}:{request.account}:certificate/{id}"
    tags = {each["Key"]: each.get("Value", "") for each in params.get("Tags", [])}
    made = Certificate(arn, domains, now, token, tags, params.get("KeyAlgorithm", "RSA_2048"))
    if any(domain.endswith(NOT_PUBLIC) for domain in domains):
        made.status, made.reason = "FAILED", "DOMAIN_NOT_ALLOWED"
    held.held[arn] = made
    return {"CertificateArn": arn}


def here(request: Request) -> list[Certificate]:
    """Return the certificates of the region as they are by now."""
    found = [each for each in request.memory(Certificates).held.values() if each.region == request.region]
    for each in found:
        go_on(request, each)
    return found


def go_on(request: Request, certificate: Certificate) -> None:
    """Issue a certificate whose records the public DNS answers; end one that has waited for three days.

    https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
    """
    if certificate.status != "PENDING_VALIDATION":
        return
    now = request.sandbox.clock()
    if all(proved(request.sandbox, certificate, domain) for domain in certificate.domains):
        certificate.status, certificate.issued = "ISSUED", now
    elif now - certificate.made > PATIENCE:
        certificate.status = "VALIDATION_TIMED_OUT"


def proved(sandbox: AccountState, certificate: Certificate, domain: str) -> bool:
    """Tell whether the public DNS has the record for a domain."""
    wanted = proof(certificate.account, domain)
    return bare(wanted["Value"]) in map(bare, answers(sandbox, wanted["Name"], "CNAME"))


def proof(account: str, domain: str) -> dict[str, str]:
    """Return the record that proves a domain: one for a domain and its wildcard, the same in all regions.

    https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
    """
    base = domain.removeprefix("*.")
    digest = hashlib.sha256(f"{account} {base}".encode()).hexdigest()
    return {"Name": f"_{digest[:32]}.{base}.", "Type": "CNAME", "Value": f"_{digest[32:]}.sandbox.acm-validations.aws."}


def find(request: Request) -> Certificate:
    """Return the certificate of a request; raises Refusal with ResourceNotFoundException."""
    arn = request.params["CertificateArn"]
    found = next((each for each in here(request) if each.arn == arn), None)
    if found is None:
        raise Refusal("ResourceNotFoundException", f"Could not find certificate {arn}.")
    return found


def describe(request: Request) -> dict[str, Any]:
    """Describe a certificate; the records that prove its domains are there at the second look.

    https://docs.aws.amazon.com/acm/latest/APIReference/API_DescribeCertificate.html
    """
    held = find(request)
    held.looks += 1
    return {"Certificate": {**summary(held), **details(held)}}


def details(held: Certificate) -> dict[str, Any]:
    """Return what a description says beyond a summary."""
    status = {"PENDING_VALIDATION": "PENDING_VALIDATION", "ISSUED": "SUCCESS"}.get(held.status, "FAILED")
    options = [
        {
            "DomainName": domain,
            "ValidationDomain": domain,
            "ValidationStatus": status,
            "ValidationMethod": "DNS",
            **({"ResourceRecord": proof(held.account, domain)} if held.looks > 1 else {}),
        }
        for domain in held.domains
    ]
    reason = {"FailureReason": held.reason} if held.reason else {}
    names = list(held.domains)
    return {"SubjectAlternativeNames": names, "DomainValidationOptions": options, "InUseBy": held.used_by, **reason}


def summary(held: Certificate) -> dict[str, Any]:
    """Return what a list says of a certificate."""
    issued = {"IssuedAt": held.issued} if held.issued else {}
    return {
        "CertificateArn": held.arn,
        "DomainName": held.domains[0],
        "Status": held.status,
        "Type": "AMAZON_ISSUED",
        "KeyAlgorithm": held.algorithm,
        "CreatedAt": held.made,
        **issued,
    }


def list_all(request: Request) -> dict[str, Any]:
    """List the certificates of the region; without a filter those with keys of RSA alone, up to 2,048 bits.

    https://docs.aws.amazon.com/acm/latest/APIReference/API_ListCertificates.html
    """
    types = request.params.get("Includes", {}).get("keyTypes") or ["RSA_1024", "RSA_2048"]
    statuses = request.params.get("CertificateStatuses")
    listed = [
        {
            **summary(each),
            "SubjectAlternativeNameSummaries": list(each.domains),
            "HasAdditionalSubjectAlternativeNames": False,
            "InUse": bool(each.used_by),
        }
        for each in here(request)
        if each.algorithm in types and (not statuses or each.status in statuses)
    ]
    return {"CertificateSummaryList": listed}


def delete(request: Request) -> dict[str, Any]:
    """Delete a certificate that nothing uses. Raises Refusal with ResourceInUseException.

    https://docs.aws.amazon.com/acm/latest/APIReference/API_DeleteCertificate.html
    """
    held = find(request)
    if held.used_by:
        raise Refusal("ResourceInUseException", f"Certificate {held.arn} in account {held.account} is in use.")
    del request.memory(Certificates).held[held.arn]
    return {}


def tag(request: Request) -> dict[str, Any]:
    """Add tags.

    https://docs.aws.amazon.com/acm/latest/APIReference/API_AddTagsToCertificate.html
    """
    find(request).tags.update({each["Key"]: each.get("Value", "") for each in request.params["Tags"]})
    return {}


def untag(request: Request) -> dict[str, Any]:
    """Take tags away.

    https://docs.aws.amazon.com/acm/latest/APIReference/API_RemoveTagsFromCertificate.html
    """
    held = find(request)
    for each in request.params["Tags"]:
        held.tags.pop(each["Key"], None)
    return {}


def list_tags(request: Request) -> dict[str, Any]:
    """List the tags of a certificate.

    https://docs.aws.amazon.com/acm/latest/APIReference/API_ListTagsForCertificate.html
    """
    return {"Tags": [{"Key": key, "Value": value} for key, value in find(request).tags.items()]}


def tagged(request: Request) -> Iterable[TaggedResource]:
    """Yield the certificates of the region with their tags."""
    for each in request.memory(Certificates).held.values():
        if each.region == request.region:
            yield TaggedResource(each.arn, each.tags, "acm:certificate")


def stable_names(sandbox: AccountState) -> dict[str, str]:
    """Return what stands for each ARN, which is random: parameters may hold it."""
    held = sandbox.memory(Certificates).held.values()
    return {each.arn: f"certificate of {', '.join(each.domains)} in {each.region}" for each in held}


def certificates(request: Request) -> Iterator[str]:
    """Name any certificate of the region: a new one has no ARN yet."""
    yield f"arn:{request.partition}:acm:{request.region}:{request.account}:certificate/*"


CERTIFICATE = given("CertificateArn")
CALLS = table(
    {
        "ListCertificates": [own()],
        "RequestCertificate": [own(), act("acm:AddTagsToCertificate", certificates, when="Tags")],
        "DescribeCertificate DeleteCertificate AddTagsToCertificate RemoveTagsFromCertificate ListTagsForCertificate": [
            own(CERTIFICATE)
        ],
    }
)
RULES = (
    Rule("acm:RequestCertificate", before=request_one),
    Rule("acm:DescribeCertificate", before=describe),
    Rule("acm:ListCertificates", before=list_all),
    Rule("acm:DeleteCertificate", before=delete),
    Rule("acm:AddTagsToCertificate", before=tag),
    Rule("acm:RemoveTagsFromCertificate", before=untag),
    Rule("acm:ListTagsForCertificate", before=list_tags),
)

SERVICE = Service(
    "acm",
    rules=RULES,
    calls=CALLS,
    tags=lambda request, arn: dict(getattr(request.memory(Certificates).held.get(arn), "tags", {})),
    tagged=tagged,
    snapshot=remembered(Certificates),
    stable_names=stable_names,
    codes=Codes(tags="InvalidTagException", too_many_tags="TooManyTagsException"),
    warm_up={"ListCertificates": {}},
)
