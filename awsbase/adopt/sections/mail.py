"""The mail section: domains that SES sends for, and the password for SMTP where a secret has one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from awsbase.adopt.draft import Draft
from awsbase.adopt.sections.secrets import readers_of
from awsbase.adopt.seen import Seen
from awsbase.ensure.group import Group
from awsbase.ensure.key import Key
from awsbase.ensure.mail_identity import MailIdentity
from awsbase.ensure.mail_limits import MailLimits
from awsbase.ensure.policy import Policy
from awsbase.ensure.secret import Secret
from awsbase.ensure.smtp_password import SmtpPassword
from awsbase.ensure.user import User
from awsbase.facts.authorization import authorization
from awsbase.manifest.mail import BY_AWS, only_send
from awsbase.manifest.secrets import OWN_BY_AWS
from awsbase.policies.document import listed, same

KINDS = (MailIdentity, MailLimits, SmtpPassword, Secret, Key, Policy, Group, User)
OTHERWISE = "its user may do more or less than a manifest says: it is in one group, with one policy that sends mail"


def draft(seen: Seen, section: Draft) -> None:
    """Write each domain of the home region, and the one password; their records stay where they are."""
    home = seen.base.scope.home
    domains = {}
    for have in sorted(seen.of(MailIdentity), key=lambda each: each.domain):
        if have.scope.region != home:
            section.cannot(have.address, f"region: a manifest sends mail from {home}")
        elif have.mail_from and not have.mail_from.endswith(f".{have.domain}"):
            section.cannot(have.address, f"MAIL FROM domain: {have.mail_from}")
        else:
            domains[have.domain] = have
            put(section, have)
    secrets = {each.name: each for each in seen.at_home(Secret)}
    passwords = sorted(seen.of(SmtpPassword), key=lambda each: each.address)
    for password in passwords:
        if password.scope.region != home or not domains:
            section.cannot(password.address, "its region has no domain of the manifest")
        elif "smtp" in section.value:
            section.cannot(password.address, "a manifest has one password for SMTP")
        elif password.secret not in secrets:
            section.cannot(password.address, f"no manifest keeps its secret {password.secret} as it is")
        elif (senders := senders_of(seen, password.user, domains)) is None:
            section.cannot(password.address, OTHERWISE)
        else:
            put_password(seen, section, password, senders, secrets[password.secret])


def put(section: Draft, have: MailIdentity) -> None:
    """Write one domain."""
    section.put("domains", have.domain, value={"records": False}, of=have.address)
    if not have.mail_from:
        section.weaker("domains", have.domain, "mail_from", value=BY_AWS, default="mail")
    elif (label := have.mail_from.removesuffix(f".{have.domain}")) != "mail":
        section.put("domains", have.domain, "mail_from", value=label)


def senders_of(seen: Seen, user: str, domains: Mapping[str, MailIdentity]) -> list[str] | None:
    """Return who a user may send as; None when it is not in one group of its name, with one policy for that."""
    iam = seen.facts.read(authorization)
    name = user.casefold()
    one, group, policy = iam.users.get(name), iam.groups.get(name), iam.policies.get(name)
    if one is None or group is None or policy is None or one.inline or one.policies or one.boundary:
        return None
    if one.groups != {group.name} or group.policies != {policy.arn} or group.inline:
        return None
    statement = next(iter(listed(policy.document.get("Statement"))), {})
    found = statement.get("Condition", {}).get("StringLike", {}) if isinstance(statement, Mapping) else {}
    senders = [str(each) for each in listed(found.get("ses:FromAddress"))]
    return senders if senders and same(policy.document, only_send(tuple(senders), dict(domains))) else None


def put_password(seen: Seen, section: Draft, password: SmtpPassword, senders: list[str], secret: Secret) -> None:
    """Write the password, with the secret that it is in and who reads that."""
    name = seen.base.name
    value: dict[str, Any] = {"from": senders}
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
