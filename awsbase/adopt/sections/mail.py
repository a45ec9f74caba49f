"""The mail section: domains that SES sends for, and the password for SMTP where a secret has one."""

from __future__ import annotations

from typing import Any

from awsbase.adopt.draft import Draft
from awsbase.adopt.sections.secrets import readers_of
from awsbase.adopt.seen import Seen
from awsbase.adopt.smtp import Sending, domains, several
from awsbase.ensure.group import Group
from awsbase.ensure.key import Key
from awsbase.ensure.mail_identity import MailIdentity
from awsbase.ensure.mail_limits import MailLimits
from awsbase.ensure.policy import Policy
from awsbase.ensure.secret import Secret
from awsbase.ensure.smtp_password import SmtpPassword
from awsbase.ensure.user import User
from awsbase.manifest.mail import BY_AWS
from awsbase.manifest.secrets import OWN_BY_AWS

KINDS = (MailIdentity, MailLimits, SmtpPassword, Secret, Key, Policy, Group, User)


def draft(seen: Seen, section: Draft) -> None:
    """Write each domain of the home region, and the one password; their records stay where they are."""
    home, said = seen.base.scope.home, domains(seen)
    for have in seen.of(MailIdentity):
        if have.scope.region != home:
            section.cannot(have.address, f"region: a manifest sends mail from {home}")
        elif have.domain not in said:
            section.cannot(have.address, f"MAIL FROM domain: {have.mail_from}")
    for have in said.values():
        put(section, have)
    for each in several(seen):
        if isinstance(each, Sending):
            put_password(seen, section, each)
        else:
            password, why = each
            section.cannot(password.address, why)


def put(section: Draft, have: MailIdentity) -> None:
    """Write one domain."""
    section.put("domains", have.domain, value={"records": False}, of=have.address)
    if not have.mail_from:
        section.weaker("domains", have.domain, "mail_from", value=BY_AWS, default="mail")
    elif (label := have.mail_from.removesuffix(f".{have.domain}")) != "mail":
        section.put("domains", have.domain, "mail_from", value=label)


def put_password(seen: Seen, section: Draft, found: Sending) -> None:
    """Write the password, with the secret that it is in and who reads that."""
    name, password, secret = seen.base.name, found.password, found.secret
    value: dict[str, Any] = {"from": list(found.senders)}
    if password.user != f"{name}-smtp":
        value["user"] = password.user
    if password.secret != f"{name}/smtp":
        value["secret"] = password.secret
    if secret.key is None:
        value["key"] = OWN_BY_AWS
    elif secret.key != f"key/{name}-secrets":
        value["key"] = f"alias/{secret.key.removeprefix('key/')}"
    if readers := readers_of(seen, "smtp").get(password.secret, ()):
        value["readers"] = [each.partition("/")[2] for each in readers]
    section.put("smtp", value=value, of=password.address)
