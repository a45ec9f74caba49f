"""Whether SES lets an account send to everybody, or holds it in its sandbox: AWS's people decide on a request."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.engine.things import Describe
from awsbase.records import record

PENDING = "PENDING"
HEALTHY = "HEALTHY"
REQUESTS = "https://docs.aws.amazon.com/ses/latest/dg/request-production-access.html"
# What stands in a request where the manifest does not say it.
UNSAID = "WHAT YOU SEND, TO WHOM, HOW THEY AGREED TO IT, AND WHAT YOU DO WITH BOUNCES AND COMPLAINTS"


@record(kw_only=True)
class MailLimits(Resource):
    """The limits of SES in one region, and what a request to lift them says."""

    website: str
    use_case: str = ""
    type: str = "TRANSACTIONAL"
    contacts: tuple[str, ...] = ()
    language: str = "EN"

    @property
    def address(self) -> str:
        return self.scope.address("mail-limits", "production")

    @property
    def request(self) -> str:
        """The command that asks AWS to let the account out of the sandbox."""
        options = {
            "mail-type": self.type,
            "website-url": self.website,
            "use-case-description": self.use_case or UNSAID,
            "contact-language": self.language,
        }
        words = ["aws", "sesv2", "put-account-details", "--production-access-enabled"]
        words += [word for name, value in options.items() for word in (f"--{name}", value)]
        if self.contacts:
            words += ["--additional-contact-email-addresses", *self.contacts]
        return shlex.join([*words, "--region", self.scope.region])


@record
class LimitFacts:
    """What SES lets an account do in a region: `review` is the state of the last request, `daily` the limit."""

    production: bool
    sending: bool = True
    standing: str = HEALTHY
    review: str = ""
    daily: int = 0


def limits(facts: Facts, region: str) -> LimitFacts:
    """Return what SES lets the account do in a region."""
    found = facts.aws.at(region).sesv2.get_account()
    return LimitFacts(
        production=found.get("ProductionAccessEnabled", False),
        sending=found.get("SendingEnabled", True),
        standing=found.get("EnforcementStatus", HEALTHY),
        review=found.get("Details", {}).get("ReviewDetails", {}).get("Status", ""),
        daily=int(found.get("SendQuota", {}).get("Max24HourSend", 0)),
    )


def mail_limits_reads(want: MailLimits) -> Iterator[Read]:
    """Yield the facts that the recipe of the limits reads, to prefetch them."""
    yield limits, want.scope.region


def ensure_mail_limits(run: Run, want: MailLimits) -> None:
    """Say what a person has to ask AWS for before mail reaches everybody; nothing is written."""
    have, region = run.read(limits, want.scope.region), want.scope.region
    if have.standing != HEALTHY or not have.sending:
        standing = "off" if have.standing == HEALTHY else have.standing
        run.manual_action(
            f"SES does not send as it should in {region}: its status is {standing}",
            "read the case in the support centre: too many bounces or complaints are the usual cause",
            f"then: aws sesv2 put-account-sending-attributes --sending-enabled --region {region}",
            probe=f"sesv2 GetAccount shows EnforcementStatus {HEALTHY} and SendingEnabled",
        )
    if have.production:
        return
    if have.review == PENDING:
        run.note(f"AWS is looking at the request to leave the sandbox of SES in {region}: that takes about a day")
        return
    refused = have.review in ("DENIED", "FAILED")
    denied = ["AWS has denied the last request: answer in its case in the support centre"] if refused else []
    run.manual_action(
        f"SES is in its sandbox in {region}: {have.daily} mails a day, and to verified addresses alone",
        *denied,
        *([] if want.use_case else ["write mail.production.use_case into the manifest, or fill it in below"]),
        want.request,
        f"AWS answers within a day: {REQUESTS}",
        probe=f"sesv2 GetAccount in {region} shows ProductionAccessEnabled",
    )


def read_permissions(want: MailLimits) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("ses", "GetAccount")


KIND = Kind(
    ensure_mail_limits,
    mail_limits_reads,
    resource=MailLimits,
    permissions=Permissions(read=read_permissions),
    about=About(
        what="Whether SES lets the account send to everybody. awsbase looks; AWS's people decide on a request.",
        why="In the sandbox of SES mail reaches verified addresses alone, and the first customer gets none.",
        undo=("nothing is made for it; leave the section out, and awsbase no longer looks",),
    ),
    word="mail-limits",
    found_by="there are some",
    owns="nothing: they are only looked at",
    describe=Describe(lambda facts, scope: iter(())),  # every account has them, and the section says them by itself
    absent=Absent(why="nothing is made for it"),
)
