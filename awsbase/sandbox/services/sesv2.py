"""SES: identities with DKIM and a MAIL FROM domain, looked up in the zones of Route 53, and the way out of its sandbox.

moto keeps identities, but neither their DKIM tokens nor a MAIL FROM domain, and nothing of an account.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from moto.core.resource_tagging import TaggedResource

from awsbase.sandbox.authorization.permissions import act, arn, given, own, table
from awsbase.sandbox.domains import answers, bare
from awsbase.sandbox.service import Codes, Request, Rule, Service
from awsbase.sandbox.snapshot import remembered
from awsbase.sandbox.wire import Refusal

IDENTITIES = 10_000
DEFAULT = "USE_DEFAULT_VALUE"
# How long AWS looks for the records of a domain.
PATIENCE = timedelta(hours=72)


@dataclass
class Identity:
    """One identity of a region: a domain, or a mail address."""

    name: str
    region: str
    made: datetime
    signing: bool = True
    mail_from: str = ""
    on_failure: str = DEFAULT
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def is_domain(self) -> bool:
        return "@" not in self.name

    @property
    def tokens(self) -> list[str]:
        """The tokens of its keys: AWS draws them at random, and nobody can know them before."""
        drawn = (hashlib.sha256(f"{self.region} {self.name} {number}".encode()) for number in range(3))
        return [each.hexdigest()[:32] for each in drawn] if self.is_domain else []


@dataclass
class Mail:
    """The identities of the account by region and name, and what was asked for to leave the sandbox of each region."""

    STATE = "mail"

    identities: dict[tuple[str, str], Identity] = field(default_factory=dict)
    details: dict[str, dict[str, Any]] = field(default_factory=dict)
    granted: set[str] = field(default_factory=set)
    """The regions that have left the sandbox."""

    def state(self) -> dict[str, Any]:
        """Return what counts as the account's state."""
        return {
            f"{region} {name}": [one.signing, one.mail_from, one.on_failure, one.tags]
            for (region, name), one in self.identities.items()
        } | {f"{region} details": asked for region, asked in self.details.items()}


def new_identity(request: Request) -> None:
    """Refuse an identity that is there, and what is neither a domain nor an address.

    Raises Refusal with AlreadyExistsException, BadRequestException or LimitExceededException.

    https://github.com/namuh-eng/opensend/pull/259
    https://docs.aws.amazon.com/ses/latest/dg/quotas.html
    """
    name, held = request.params["EmailIdentity"], request.memory(Mail).identities
    if (request.region, name.lower()) in held:
        raise Refusal("AlreadyExistsException", f"Email identity {name} already exist.")
    if "." not in name.rpartition("@")[2].strip(".") or " " in name:
        raise Refusal("BadRequestException", f"Invalid email address/domain <{name}>.")
    if sum(region == request.region for region, _ in held) >= IDENTITIES:
        raise Refusal("LimitExceededException", "The account has as many identities as it may have.")


def create(request: Request) -> dict[str, Any]:
    """Make an identity; a domain gets the tokens of its DKIM keys at once.

    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_CreateEmailIdentity.html
    """
    name = request.params["EmailIdentity"].lower()
    tags = {tag["Key"]: tag["Value"] for tag in request.params.get("Tags", [])}
    made = request.memory(Mail).identities[request.region, name] = Identity(
        name, request.region, request.sandbox.clock(), tags=tags
    )
    if not made.is_domain:
        return {"IdentityType": "EMAIL_ADDRESS", "VerifiedForSendingStatus": False}
    dkim = {**signing(made), "Status": "NOT_STARTED"}
    return {"IdentityType": "DOMAIN", "VerifiedForSendingStatus": False, "DkimAttributes": dkim}


def signing(one: Identity) -> dict[str, Any]:
    """Return what AWS tells of the keys of an identity."""
    known = {
        "SigningEnabled": one.signing,
        "SigningAttributesOrigin": "AWS_SES",
        "NextSigningKeyLength": "RSA_2048_BIT",
    }
    return {**known, "CurrentSigningKeyLength": "RSA_2048_BIT", "Tokens": one.tokens} if one.is_domain else known


def get(request: Request) -> dict[str, Any]:
    """Describe an identity: it is verified once its DKIM records are in a zone that the world asks.

    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetEmailIdentity.html
    """
    one = find(request)
    status = state_of(request, one)
    mail_from: dict[str, Any] = {"BehaviorOnMxFailure": one.on_failure}
    if one.mail_from:
        known = {"MailFromDomain": one.mail_from, "MailFromDomainStatus": mail_from_state(request, one)}
        mail_from = {**known, **mail_from}
    return {
        "IdentityType": "DOMAIN" if one.is_domain else "EMAIL_ADDRESS",
        "FeedbackForwardingStatus": True,
        "VerifiedForSendingStatus": status == "SUCCESS",
        "DkimAttributes": {**signing(one), "Status": status if one.is_domain else "NOT_STARTED"},
        "MailFromAttributes": mail_from,
        "Policies": {},
        "Tags": [{"Key": key, "Value": value} for key, value in one.tags.items()],
        "VerificationStatus": status,
        "VerificationInfo": {},
    }


def state_of(request: Request, one: Identity) -> str:
    """Return whether the world finds all three DKIM records of a domain, or has not for three days.

    https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html
    """
    wanted = {f"{token}._domainkey.{one.name}": f"{token}.dkim.amazonses.com" for token in one.tokens}
    if wanted and all(published(request, name, "CNAME", value) for name, value in wanted.items()):
        return "SUCCESS"
    return "FAILED" if request.sandbox.clock() - one.made > PATIENCE else "PENDING"


def mail_from_state(request: Request, one: Identity) -> str:
    """Return whether the world finds the record by which bounces reach SES."""
    wanted = f"10 feedback-smtp.{one.region}.amazonses.com"
    return "SUCCESS" if published(request, one.mail_from, "MX", wanted) else "PENDING"


def published(request: Request, name: str, kind: str, value: str) -> bool:
    """Tell whether the public DNS answers with a value."""
    return value in map(bare, answers(request.sandbox, name, kind))


def list_identities(request: Request) -> dict[str, Any]:
    """List the identities of the region, page by page.

    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_ListEmailIdentities.html
    """
    here = [one for (region, _), one in request.memory(Mail).identities.items() if region == request.region]
    start = int(request.params.get("NextToken", 0))
    end = start + min(int(request.params.get("PageSize", 100)), request.sandbox.pages or 100)
    page: dict[str, Any] = {"EmailIdentities": [listed(request, one) for one in here[start:end]]}
    return {**page, "NextToken": str(end)} if end < len(here) else page


def listed(request: Request, one: Identity) -> dict[str, Any]:
    """Return an identity as a list has it."""
    kind, status = "DOMAIN" if one.is_domain else "EMAIL_ADDRESS", state_of(request, one)
    known = {"IdentityType": kind, "IdentityName": one.name, "VerificationStatus": status}
    return {**known, "SendingEnabled": status == "SUCCESS"}


def find(request: Request, name: str = "") -> Identity:
    """Return the identity that a request names; raises Refusal with NotFoundException."""
    name = name or request.params["EmailIdentity"]
    found = request.memory(Mail).identities.get((request.region, name.lower()))
    if found is None:
        raise Refusal("NotFoundException", f"Email identity {name} does not exist.", 404)
    return found


def within_identity(request: Request) -> None:
    """Refuse a MAIL FROM domain that is not below the identity's; raises Refusal with BadRequestException.

    https://docs.aws.amazon.com/ses/latest/dg/mail-from.html
    """
    wanted, name = request.params.get("MailFromDomain", ""), request.params["EmailIdentity"].rpartition("@")[2]
    if wanted and not wanted.endswith(f".{name}"):
        message = f"Provided MAIL-FROM domain <{wanted}> is not subdomain of the domain of the identity <{name}>."
        raise Refusal("BadRequestException", message)


def put_mail_from(request: Request) -> dict[str, Any]:
    """Keep the MAIL FROM domain; without one SES's own is used again.

    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_PutEmailIdentityMailFromAttributes.html
    """
    one = find(request)
    one.mail_from = request.params.get("MailFromDomain", "")
    one.on_failure = request.params.get("BehaviorOnMxFailure", DEFAULT)
    return {}


def put_dkim(request: Request) -> dict[str, Any]:
    """Switch signing on or off; raises Refusal with BadRequestException for an identity that is not there.

    https://github.com/floci-io/floci/pull/723
    """
    name = request.params["EmailIdentity"]
    found = request.memory(Mail).identities.get((request.region, name.lower()))
    if found is None:
        raise Refusal("BadRequestException", f"Domain {name} is not verified for DKIM signing.")
    found.signing = request.params.get("SigningEnabled", False)
    return {}


def delete(request: Request) -> dict[str, Any]:
    """Delete an identity; raises Refusal with NotFoundException.

    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_DeleteEmailIdentity.html
    """
    one = find(request)
    del request.memory(Mail).identities[request.region, one.name]
    return {}


def of_arn(request: Request, arn: str) -> Identity:
    """Return the identity of an ARN; raises Refusal with NotFoundException."""
    return find(request, arn.rpartition(":identity/")[2] or arn)


def tag(request: Request) -> dict[str, Any]:
    """Add tags.

    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_TagResource.html
    """
    new = {tag["Key"]: tag["Value"] for tag in request.params["Tags"]}
    of_arn(request, request.params["ResourceArn"]).tags.update(new)
    return {}


def untag(request: Request) -> dict[str, Any]:
    """Take tags away.

    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_UntagResource.html
    """
    held = of_arn(request, request.params["ResourceArn"]).tags
    for key in request.params["TagKeys"]:
        held.pop(key, None)
    return {}


def list_tags(request: Request) -> dict[str, Any]:
    """List the tags of an identity.

    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_ListTagsForResource.html
    """
    held = of_arn(request, request.params["ResourceArn"]).tags
    return {"Tags": [{"Key": key, "Value": value} for key, value in held.items()]}


def get_account(request: Request) -> dict[str, Any]:
    """Tell whether the account has left the sandbox of the region, and what was asked for.

    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html
    """
    mail = request.memory(Mail)
    granted = request.region in mail.granted
    quota = {"Max24HourSend": 50000.0, "MaxSendRate": 14.0} if granted else {"Max24HourSend": 200.0, "MaxSendRate": 1.0}
    told: dict[str, Any] = {
        "DedicatedIpAutoWarmupEnabled": True,
        "EnforcementStatus": "HEALTHY",
        "ProductionAccessEnabled": granted,
        "SendQuota": {**quota, "SentLast24Hours": 0.0},
        "SendingEnabled": True,
        "SuppressionAttributes": {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]},
    }
    if asked := mail.details.get(request.region):
        review = {"Status": "GRANTED" if granted else "PENDING", "CaseId": "1"}
        told["Details"] = {**asked, "ReviewDetails": review}
    return told


def one_review(request: Request) -> None:
    """Refuse a second request while the first is looked at; raises Refusal with ConflictException.

    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_PutAccountDetails.html
    """
    mail = request.memory(Mail)
    if request.region in mail.details and request.region not in mail.granted:
        raise Refusal("ConflictException", "There is a pending review of the account's details.", 409)


def put_account(request: Request) -> dict[str, Any]:
    """Ask to leave the sandbox: people of AWS look at it.

    https://docs.aws.amazon.com/ses/latest/dg/request-production-access.html
    """
    asked = {name: value for name, value in request.params.items() if name != "ProductionAccessEnabled"}
    request.memory(Mail).details[request.region] = asked
    return {}


def identity(request: Request) -> Iterator[str]:
    """Name the identity."""
    yield arn(request, f"ses:{request.region}:{request.account}:identity/{request.params['EmailIdentity']}")


def tags_of(request: Request, arn: str) -> dict[str, str]:
    """Return the tags of an identity by its ARN."""
    name = arn.rpartition(":identity/")[2]
    return dict(getattr(request.memory(Mail).identities.get((request.region, name)), "tags", {}))


def tagged(request: Request) -> Iterator[TaggedResource]:
    """Yield the identities of the region that have tags."""
    for (region, name), one in request.memory(Mail).identities.items():
        if region == request.region and one.tags:
            place = arn(request, f"ses:{region}:{request.account}:identity/{name}")
            yield TaggedResource(place, dict(one.tags), "ses:identity")


CALLS = table(
    {
        "ListEmailIdentities GetAccount PutAccountDetails": [own()],
        "CreateEmailIdentity": [own(identity), act("ses:TagResource", identity, when="Tags")],
        "GetEmailIdentity DeleteEmailIdentity PutEmailIdentityMailFromAttributes PutEmailIdentityDkimAttributes": [
            own(identity)
        ],
        "TagResource UntagResource ListTagsForResource": [own(given("ResourceArn"))],
    }
)
RULES = (
    Rule("sesv2:CreateEmailIdentity", before=new_identity),
    Rule("sesv2:CreateEmailIdentity", before=create, strict=False),
    Rule("sesv2:GetEmailIdentity", before=get, strict=False),
    Rule("sesv2:ListEmailIdentities", before=list_identities, strict=False),
    Rule("sesv2:PutEmailIdentityMailFromAttributes", before=within_identity),
    Rule("sesv2:PutEmailIdentityMailFromAttributes", before=put_mail_from, strict=False),
    Rule("sesv2:PutEmailIdentityDkimAttributes", before=put_dkim, strict=False),
    Rule("sesv2:DeleteEmailIdentity", before=delete, strict=False),
    Rule("sesv2:TagResource", before=tag, strict=False),
    Rule("sesv2:UntagResource", before=untag, strict=False),
    Rule("sesv2:ListTagsForResource", before=list_tags, strict=False),
    Rule("sesv2:GetAccount", before=get_account, strict=False),
    Rule("sesv2:PutAccountDetails", before=one_review),
    Rule("sesv2:PutAccountDetails", before=put_account, strict=False),
)


SERVICE = Service(
    "sesv2",
    rules=RULES,
    calls=CALLS,
    tags=tags_of,
    tagged=tagged,
    snapshot=remembered(Mail),
    codes=Codes(
        invalid="BadRequestException",
        tags="BadRequestException",
        denied=("AccessDeniedException", 403),
        throttled=("TooManyRequestsException", 429),
    ),
    prefix="ses",
    warm_up={"ListEmailIdentities": {}},
)
