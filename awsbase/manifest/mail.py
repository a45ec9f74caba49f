"""The mail section: domains that SES sends for, and the password by which programs send over SMTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field

from awsbase import smtp
from awsbase.engine.references import Reference
from awsbase.engine.scope import Scope
from awsbase.ensure.group import Group
from awsbase.ensure.mail_identity import KEYS, MailIdentity
from awsbase.ensure.mail_limits import MailLimits
from awsbase.ensure.policy import Policy
from awsbase.ensure.secret import Secret
from awsbase.ensure.smtp_password import SmtpPassword
from awsbase.ensure.user import User
from awsbase.ensure.zone_records import Record
from awsbase.manifest.base import Base
from awsbase.manifest.holders import policy_of
from awsbase.manifest.merge import RecordsIn, Yielded
from awsbase.manifest.outputs import Output
from awsbase.manifest.readers import ReaderName, mistake
from awsbase.manifest.secrets import SecretName, key_use, reading
from awsbase.manifest.section import Section, Several, ValidationProblem, closest, invalid
from awsbase.manifest.values import Email, KmsAlias, OneNameEach, UserName, named
from awsbase.manifest.zones import LABEL, Domain, zone_of
from awsbase.policies import Document

if TYPE_CHECKING:
    from awsbase.manifest.manifest import Manifest

DMARC = "_dmarc"
UNMANAGED = "unmanaged"
PURPOSE = "SMTP of SES for {user}: host, port, username, password"
BY_AWS = "aws"
# Where there is no SES.
WITHOUT = ("aws-cn",)

Label = Annotated[str, named(rf"{LABEL}(\.{LABEL})*", "name below the domain: like mail, without the domain")]
Sender = Annotated[
    str,
    named(
        rf"(\*|[A-Za-z0-9._%+=#-]+)@{LABEL}(\.{LABEL})+", "sender: like app@acme.example, or *@acme.example for anybody"
    ),
]
Website = Annotated[str, named(r"https?://\S{1,990}", "address of a web site: like https://acme.example")]


class MailDomain(Section):
    """One domain that mail is sent for. Its records go into the zone of the manifest that it is in."""

    mail_from: Label = Field(
        default="mail",
        description="The name below the domain that bounces come back to; its MX record leads to SES. With aws they go "
        "to SES's own domain.",
    )
    records: bool = Field(
        default=True, description="Whether the zone of the manifest gets the records; false leaves them to you."
    )
    dmarc: Literal["none", "quarantine", "reject", "unmanaged"] = Field(
        default="quarantine",
        description="What others do with mail that says to be from the domain and is not signed; unmanaged leaves the "
        "record to you.",
    )
    reports: Email | None = Field(default=None, description="Who gets the reports of others about such mail.")

    def policy(self) -> str:
        """Return the text of the DMARC record."""
        return f"v=DMARC1; p={self.dmarc}" + (f"; rua=mailto:{self.reports}" if self.reports else "")

    def every_record(self, domain: str, identity: MailIdentity) -> Iterator[Record]:
        """Yield the records of a domain; the names of its DKIM keys are known once the identity is made."""
        for number in range(1, KEYS + 1):
            name, value = (
                Reference(identity.address, f"token {number}", within)
                for within in (f"{{}}._domainkey.{domain}", "{}.dkim.amazonses.com")
            )
            yield Record(name, "CNAME", (value,))
        yield from self.known_records(domain, identity.scope)

    def known_records(self, domain: str, scope: Scope) -> Iterator[Record]:
        """Yield the records that are known beforehand."""
        if self.mail_from != BY_AWS:
            yield Record(f"{self.mail_from}.{domain}", "MX", (f"10 feedback-smtp.{scope.region}.amazonses.com",))
            yield Record(f"{self.mail_from}.{domain}", "TXT", ("v=spf1 include:amazonses.com ~all",))
        if self.dmarc != UNMANAGED:
            yield Record(f"{DMARC}.{domain}", "TXT", (self.policy(),))

    def identity(self, domain: str, base: Base, *, published: bool) -> MailIdentity:
        """Return the identity; where no zone of the manifest has its records, it says which to enter."""
        beside = [f"{each.name} {each.type} {each.values[0]}" for each in self.known_records(domain, base.scope)]
        return MailIdentity(
            scope=base.scope,
            domain=domain,
            mail_from="" if self.mail_from == BY_AWS else f"{self.mail_from}.{domain}",
            published=published,
            beside=() if published else tuple(beside),
            tags=base.tags,
        )


class Smtp(Section):
    """A user who may do nothing but send mail, and the password that follows from its access key."""

    user: UserName = Field(default="{name}-smtp", description="The IAM user; a group and a policy are called the same.")
    secret: SecretName = Field(
        default="{name}/smtp", description="The secret that gets host, port, username and password, as JSON."
    )
    senders: Several[Sender] = Field(
        default=(), alias="from", description="Who mail may be from; left out, any address at the domains."
    )
    readers: Several[ReaderName] = Field(
        default=(), description="Groups of iam.groups and roles of iam.roles that may read the secret."
    )
    key: KmsAlias | Literal["aws"] = Field(
        default="alias/{name}-secrets", description="The alias of the key of the secret; aws for AWS's own."
    )
    max_days: int = Field(
        default=90, ge=1, le=1000, description="How old a password may become before you are told to rotate it."
    )

    def check(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        """Yield senders of no domain of the manifest, and readers that it does not define."""
        domains = manifest.mail.domains if manifest.mail else {}
        for index, sender in enumerate(self.senders):
            if identity_of(sender, domains) is None:
                message = f"{sender.rpartition('@')[2]} is no domain of mail.domains, nor below one"
                yield ValidationProblem(("from", index), message, closest(sender.rpartition("@")[2], list(domains)))
        for index, reader in enumerate(self.readers):
            if wrong := mistake(reader, self.readers, manifest, "smtp", "secret"):
                yield ValidationProblem(("readers", index), *wrong)


class Production(Section):
    """What a request to leave the sandbox of SES says; awsbase fills it in, and you send it."""

    wanted: bool = Field(
        default=True, description="Whether mail is to reach everybody: then you are told until AWS allows it."
    )
    website: Website | None = Field(
        default=None, description="Your web site, which AWS's people look at; left out, that of the first domain."
    )
    use_case: str = Field(
        default="", max_length=5000, description="What you send, to whom, and what you do with bounces and complaints."
    )
    type: Literal["transactional", "marketing"] = Field(
        default="transactional", description="Answers to what somebody did, or mail that nobody asked for at that time."
    )
    contacts: Annotated[Several[Email], Field(max_length=4)] = Field(
        default=(), description="Who else hears AWS's answer."
    )
    language: Literal["EN", "JA"] = Field(default="EN", description="The language of the answer.")

    def resource(self, first: str, base: Base) -> MailLimits:
        """Return what is looked at until AWS lets the account out of the sandbox."""
        return MailLimits(
            scope=base.scope,
            website=self.website or f"https://{first}",
            use_case=self.use_case,
            type=self.type.upper(),
            contacts=self.contacts,
            language=self.language,
        )


def not_empty(domains: dict[str, MailDomain]) -> dict[str, MailDomain]:
    """Refuse a section without any domain; raises PydanticCustomError for that."""
    if not domains:
        raise invalid("mail is sent for no domain", "write one, like acme.example: {}")
    return domains


class Mail(Section):
    """Domains that SES sends mail for, signed, and the password for programs that send over SMTP."""

    domains: Annotated[dict[Domain, MailDomain], OneNameEach, AfterValidator(not_empty)] = Field(
        description="The domains that mail is from, by name."
    )
    smtp: Smtp | None = Field(
        default=None, description="A password for SMTP, kept in a secret; left out, there is none."
    )
    production: Production = Field(default=Production(), description="How the account leaves the sandbox of SES.")

    def check(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        """Yield a second DMARC record, which others take for none, and a partition without SES."""
        for name, domain in self.domains.items():
            for zone, spec in (manifest.zones or {}).items():
                written = {f"{record}.{zone}": record for record, held in spec.records.items() if held.TXT}
                if domain.records and domain.dmarc != UNMANAGED and (record := written.get(f"{DMARC}.{name}")):
                    message = f"the zone {zone} has a record {record} already, and two are none to others"
                    hint = "leave it out there, or write `dmarc: unmanaged` here"
                    yield ValidationProblem(
                        ("domains", name, "dmarc"), message, hint, also=("zones", zone, "records", record)
                    )
        if manifest.account.scope.partition in WITHOUT:
            yield ValidationProblem((), "there is no SES in China", "send mail by another service")

    def resources(self, base: Base, manifest: Manifest) -> Iterator[Yielded]:
        """Yield the identities with their records, the password with its user and secret, and the limits."""
        identities = {}
        for written, domain in self.domains.items():
            name = base.expand(written)
            zone = zone_of(name, manifest.zones, base) if domain.records else None
            identity = identities[name] = domain.identity(name, base, published=zone is not None)
            yield identity
            if zone:
                records = tuple(domain.every_record(name, identity))
                yield RecordsIn(zone=zone, records=records, at=("domains", written))
        if self.smtp:
            yield from sending(self.smtp, identities, base, manifest)
        if self.production.wanted:
            yield self.production.resource(next(iter(identities)), base)

    def outputs(self, base: Base, manifest: Manifest) -> Iterator[Output]:
        """Yield the ARNs of the identities, and where the password is; never the password."""
        for name in map(base.expand, self.domains):
            yield Output("mail_identity_arns", Reference(base.scope.address("mail-identity", name), "arn"), key=name)
        if self.smtp:
            secret = Reference(base.scope.address("secret", base.expand(self.smtp.secret)))
            yield Output("smtp_secret_arn", secret, data=("aws_secretsmanager_secret", "arn"))
            yield Output("smtp_host", smtp.host(base.scope.region), needs=secret.address)


def sending(spec: Smtp, identities: dict[str, MailIdentity], base: Base, manifest: Manifest) -> Iterator[Yielded]:
    """Yield the user with its one right, the secret with those who read it, and the password."""
    user, name = base.expand(spec.user), base.expand(spec.secret)
    key = key_use(base, name, base.expand(spec.key))
    if key:
        yield key
    secret = Secret(
        scope=base.scope,
        name=name,
        key=key.address if key else None,
        description=PURPOSE.format(user=user),
        filled=True,
        tags=base.tags,
    )
    sends = Policy(
        scope=base.scope,
        name=user,
        document=only_send(spec.senders, identities),
        description="Sends mail by SES, from the named senders alone",
        tags=base.tags,
    )
    group = Group(scope=base.scope, name=user, policies=frozenset({sends.arn}), made_here=(sends.address,))
    yield from (secret, sends, group)
    yield User(scope=base.scope, name=user, groups=frozenset({group.name}), tags=base.tags, made_here=(group.address,))
    yield SmtpPassword(scope=base.scope, user=user, secret=name, key=secret.key, max_days=spec.max_days)
    yield from readable(secret, spec, base, manifest)


def only_send(senders: tuple[str, ...], identities: dict[str, MailIdentity]) -> Document:
    """Allow to send from these addresses by their identities, and nothing else."""
    froms = senders or tuple(f"*@{name}" for name in identities)
    used = dict.fromkeys(name for each in froms if (name := identity_of(each, identities)))
    send = {
        "Sid": "Send",
        "Effect": "Allow",
        "Action": "ses:SendRawEmail",
        "Resource": [identities[name].arn for name in used],
        "Condition": {"StringLike": {"ses:FromAddress": list(froms)}},
    }
    return {"Version": "2012-10-17", "Statement": [send]}


def identity_of(sender: str, domains: dict[str, MailDomain] | dict[str, MailIdentity]) -> str | None:
    """Return the domain whose identity a sender uses, the nearest of several; None when there is none."""
    name = sender.rpartition("@")[2]
    return max((each for each in domains if name == each or name.endswith(f".{each}")), key=len, default=None)


def readable(secret: Secret, spec: Smtp, base: Base, manifest: Manifest) -> Iterator[Yielded]:
    """Yield a policy for each reader of the secret, attached to the group or role of that name."""
    for index, reader in enumerate(spec.readers):
        yield from policy_of(base, manifest, "smtp", reader, reading([secret]), ("smtp", "readers", index))
