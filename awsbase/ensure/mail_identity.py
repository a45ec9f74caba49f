"""Domains that SES sends mail for: the identity, its DKIM keys, and the domain that bounces come back to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from awsbase.access.attributes import retagging
from awsbase.engine.changes import Drift, Unknown, compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access, outage
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, NotExpressible, Things, refused
from awsbase.errors import AwsbaseError
from awsbase.facts import tags
from awsbase.prices import Cost, by_use
from awsbase.prices import table as prices
from awsbase.records import record

KEYS = 3
# What SES does while nobody finds the record of the MAIL FROM domain: it sends with its own.
ON_FAILURE = "USE_DEFAULT_VALUE"
DONE, GIVEN_UP = "SUCCESS", "FAILED"


class NoTokens(AwsbaseError):
    """SES has no DKIM keys of its own for the domain, and so no records to publish."""


@record(kw_only=True)
class MailIdentity(Resource):
    """A domain that SES signs mail for, with bounces to `mail_from`; without one SES's own domain gets them.

    `published` says that the manifest keeps its records in a zone; else `beside` are those that a person enters
    beside the DKIM records, each as it is typed.
    """

    domain: str
    mail_from: str = ""
    published: bool = False
    beside: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return self.scope.address("mail-identity", self.domain)

    @property
    def arn(self) -> str:
        return self.scope.arn("ses", f"identity/{self.domain}")

    def costs(self) -> Iterator[Cost]:
        """Yield what this costs by the price table."""
        yield by_use(prices.MAILS_SENT, self.scope.region)


@record
class IdentityFacts:
    """An identity as it is: whether mail is signed, what the world has found of its records, and its tags."""

    domain: bool = True
    signed: bool = True
    dkim: str = "NOT_STARTED"
    tokens: Any = ()
    mail_from: str = ""
    on_failure: str = ON_FAILURE
    mail_from_status: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_keys(self) -> bool:
        """Tell whether SES keeps the keys that sign. Of a key that its owner brought it tells the selector alone."""
        return isinstance(self.tokens, Unknown) or len(self.tokens) == KEYS


def identity(facts: Facts, region: str, name: str) -> IdentityFacts | None:
    """Return one identity of a region with its tags; None when there is none."""
    from botocore.exceptions import ClientError

    try:
        found = facts.aws.at(region).sesv2.get_email_identity(EmailIdentity=name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NotFoundException":
            raise
        return None
    dkim, mail_from = found.get("DkimAttributes", {}), found.get("MailFromAttributes", {})
    return IdentityFacts(
        domain="DOMAIN" in found.get("IdentityType", "DOMAIN"),
        signed=dkim.get("SigningEnabled", False),
        dkim=dkim.get("Status", "NOT_STARTED"),
        tokens=tuple(dkim.get("Tokens", ())),
        mail_from=mail_from.get("MailFromDomain", ""),
        on_failure=mail_from.get("BehaviorOnMxFailure", ON_FAILURE),
        mail_from_status=mail_from.get("MailFromDomainStatus", ""),
        tags={tag["Key"]: tag["Value"] for tag in found.get("Tags") or []},
    )


def identities(facts: Facts, region: str) -> tuple[str, ...]:
    """List the identities of a region by name; nothing where there is no SES.

    botocore has no paginator for ListEmailIdentities; raises ValueError when AWS gives the same page twice.
    """
    from botocore.exceptions import EndpointConnectionError

    client, names, more = facts.aws.at(region).sesv2, list[str](), dict[str, str]()
    while True:
        try:
            page = client.list_email_identities(**more)
        except EndpointConnectionError:
            return ()
        names += [each["IdentityName"] for each in page.get("EmailIdentities", [])]
        token = page.get("NextToken")
        if not token:
            return tuple(names)
        if token == more.get("NextToken"):
            raise ValueError(f"ListEmailIdentities gives {token!r} as the token after itself")
        more["NextToken"] = token


def mail_identity_reads(want: MailIdentity) -> Iterator[Read]:
    """Yield the facts that the recipe of an identity reads, to prefetch them."""
    yield identity, want.scope.region, want.domain


def ensure_mail_identity(run: Run, want: MailIdentity) -> Mapping[str, Any]:
    """Keep one domain signed, with its own domain for bounces; returns the tokens of its DKIM keys and its ARN.

    Whether the world has found the records is a state: nothing waits for it. Raises NoTokens for a domain that SES has
    no DKIM keys for.
    """
    ses = run.aws.at(want.scope.region).sesv2
    have = run.read(identity, want.scope.region, want.domain)
    if have and not have.has_keys:
        raise NoTokens(
            f"SES has no {KEYS} DKIM keys for {want.domain}: it is signed with a key of its own, or not at all",
            hint="take it out of mail.domains, or let SES sign: aws sesv2 put-email-identity-dkim-signing-attributes "
            f"--signing-attributes-origin AWS_SES --email-identity {want.domain} --region {want.scope.region}",
        )
    untagged = tags.missing(have.tags, tags.wanted(want)) if have else {}

    if have is None:
        labels = tags.pairs(tags.with_origin(want))
        made = run.create("mail identity", ses.create_email_identity, EmailIdentity=want.domain, Tags=labels)
        tokens = made if isinstance(made, Unknown) else tuple(made["DkimAttributes"]["Tokens"])
        have = IdentityFacts(tokens=tokens, tags=tags.wanted(want))

    if not have.signed:
        sign = ses.put_email_identity_dkim_attributes
        run.update("signing", [Drift("signing", False, True)], sign, EmailIdentity=want.domain, SigningEnabled=True)

    if want.mail_from and have.mail_from != want.mail_from:
        run.update(
            "MAIL FROM domain",
            [Drift("domain", have.mail_from or None, want.mail_from)],
            ses.put_email_identity_mail_from_attributes,
            risk=outage(f"bounces no longer come to {have.mail_from}" if have.mail_from else ""),
            EmailIdentity=want.domain,
            MailFromDomain=want.mail_from,
            BehaviorOnMxFailure=have.on_failure,
        )

    if untagged:
        run.update(
            "tags",
            compare(have.tags, untagged),
            ses.tag_resource,
            risk=access(retagging(run, have.tags, untagged)),
            ResourceArn=want.arn,
            Tags=tags.pairs(untagged),
        )
    tell_state(run, want, have)
    return {"arn": want.arn, **{f"token {number + 1}": have.tokens[number] for number in range(KEYS)}}


def tell_state(run: Run, want: MailIdentity, have: IdentityFacts) -> None:
    """Say what the world has not found of the records yet, and who has to enter them."""
    waits = have.dkim != DONE or (want.mail_from and have.mail_from_status != DONE)
    if have.dkim == GIVEN_UP:
        again = "aws sesv2 put-email-identity-dkim-signing-attributes --signing-attributes-origin AWS_SES"
        run.manual_action(
            f"AWS has given up looking for the DKIM records of {want.domain}: they were missing for 72 hours",
            *([] if want.published else records(want, have)),
            f"see that the records of {want.domain} answer: dig +short CNAME TOKEN._domainkey.{want.domain}",
            f"let AWS look again: {again} --email-identity {want.domain} --region {want.scope.region}",
            probe=f"sesv2 GetEmailIdentity of {want.domain} shows the DKIM status {DONE}",
        )
    elif waits and want.published:
        run.note(f"AWS has not found all records of {want.domain} yet: it looks for up to 72 hours")
    elif waits:
        run.manual_action(
            f"AWS waits for the mail records of {want.domain}, which no zone of the manifest keeps",
            *records(want, have),
            probe=f"sesv2 GetEmailIdentity of {want.domain} shows the DKIM status {DONE}",
        )


def records(want: MailIdentity, have: IdentityFacts) -> Iterator[str]:
    """Yield the records as they are entered at whoever publishes the domain."""
    if isinstance(have.tokens, Unknown):
        yield f"the plan after the next run shows the three DKIM records of {want.domain}: AWS draws their names"
    else:
        for token in have.tokens:
            yield f"enter {token}._domainkey.{want.domain} CNAME {token}.dkim.amazonses.com"
    yield from (f"enter {each}" for each in want.beside)


def remove_mail_identity(run: Run, want: MailIdentity) -> None:
    """Delete an identity that this manifest made."""
    have = run.read(identity, want.scope.region, want.domain)
    if have and tags.made_here(run, want, have.tags):
        why = f"nobody sends mail from {want.domain} any more"
        delete = run.aws.at(want.scope.region).sesv2.delete_email_identity
        run.delete("mail identity", delete, risk=outage(why), EmailIdentity=want.domain)


def things(facts: Facts, scope: Scope) -> Things:
    """Yield the identities of a region; a mail address is no domain, and no manifest says it."""
    from botocore.exceptions import ClientError

    region, names = scope.region, facts.read(identities, scope.region)
    facts.prefetch((identity, region, name) for name in names if "@" not in name)
    for name in names:
        address = scope.address("mail-identity", name)
        if "@" in name:
            yield NotExpressible(address, ("it is one address, and a manifest says domains",))
            continue
        try:
            have = facts.read(identity, region, name)
        except ClientError as error:
            yield refused(address, error)
            continue
        if have and not have.has_keys:
            yield NotExpressible(address, ("it is signed with a key of its own, or not at all",), have.tags)
        elif have:
            found = MailIdentity(scope=scope, domain=name, mail_from=have.mail_from, tags=tags.of_others(have.tags))
            yield Described(found, have.tags)


def describe_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions that it takes to list identities."""
    yield allow("ses", "ListEmailIdentities")
    yield allow("ses", "GetEmailIdentity", on=(scope.at("*").arn("ses", "identity/*"),))


def read_permissions(want: MailIdentity) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("ses", "GetEmailIdentity", on=(want.arn,))


def write_permissions(want: MailIdentity) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield allow("ses", "CreateEmailIdentity", "PutEmailIdentityDkimAttributes", "TagResource", on=(want.arn,))
    if want.mail_from:
        yield allow("ses", "PutEmailIdentityMailFromAttributes", on=(want.arn,))


def removal_permissions(want: MailIdentity) -> Allows:
    """Yield the IAM permissions that deleting one needs beyond those of a plan."""
    yield allow("ses", "DeleteEmailIdentity", on=(want.arn,))


KIND = Kind(
    ensure_mail_identity,
    mail_identity_reads,
    resource=MailIdentity,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="A domain that SES sends mail for, signed by DKIM, with a domain of its own for bounces.",
        why="Mail that is neither signed nor comes from its own domain ends among the spam.",
        undo=(TAKE_OUT, "aws sesv2 delete-email-identity --email-identity NAME --region REGION"),
        cost=prices.MAILS_SENT.rate,
    ),
    word="mail-identity",
    found_by="domain",
    owns="that it is signed; its MAIL FROM domain, if given",
    keeps="its policies and configuration set, tags",
    describe=Describe(things, describe_permissions, everywhere=True),
    absent=Absent(remove_mail_identity, permissions=removal_permissions),
)
