"""The password for SMTP that the mail section of a draft says, with the user and the secret that it makes by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from awsbase.adopt.seen import Seen
from awsbase.ensure.mail_identity import MailIdentity
from awsbase.ensure.secret import Secret
from awsbase.ensure.smtp_password import SmtpPassword
from awsbase.facts.authorization import authorization
from awsbase.manifest.mail import only_send
from awsbase.policies.document import listed, same
from awsbase.records import record

OTHERWISE = "its user may do more or less than a manifest says: it is in one group, with one policy that sends mail"


@record
class Sending:
    """A password that a manifest can say, with its secret and who mail may be from."""

    password: SmtpPassword
    secret: Secret
    senders: tuple[str, ...]

    @property
    def addresses(self) -> frozenset[str]:
        """What the mail section makes for it."""
        user = self.password.user
        return frozenset({self.secret.address, *(f"{kind}/{user}" for kind in ("user", "group", "policy"))})


def domains(seen: Seen) -> dict[str, MailIdentity]:
    """Return the domains that the mail section says, by name."""
    home = (each for each in seen.at_home(MailIdentity) if sayable(each))
    return {each.domain: each for each in sorted(home, key=lambda each: each.domain)}


def sayable(identity: MailIdentity) -> bool:
    """Tell whether a manifest has words for where bounces go."""
    return not identity.mail_from or identity.mail_from.endswith(f".{identity.domain}")


def sending(seen: Seen) -> Sending | None:
    """Return the one password that the mail section says; None where there is none that it could."""
    return next((each for each in several(seen) if isinstance(each, Sending)), None)


def several(seen: Seen) -> Iterator[Sending | tuple[SmtpPassword, str]]:
    """Yield the passwords of an account, or why a manifest cannot say one: it has one, in its home region."""
    secrets, said = {each.name: each for each in seen.at_home(Secret)}, domains(seen)
    taken = False
    for password in sorted(seen.of(SmtpPassword), key=lambda each: each.address):
        secret = secrets.get(password.secret)
        if password.scope.region != seen.base.scope.home or not said:
            yield password, "its region has no domain of the manifest"
        elif taken:
            yield password, "a manifest has one password for SMTP"
        elif secret is None:
            yield password, f"no manifest keeps its secret {password.secret} as it is"
        elif (senders := senders_of(seen, password.user, said)) is None:
            yield password, OTHERWISE
        else:
            taken = True
            yield Sending(password, secret, senders)


def senders_of(seen: Seen, user: str, said: Mapping[str, MailIdentity]) -> tuple[str, ...] | None:
    """Return who a user may send as; None when it is not in one group of its name, with one policy for that."""
    iam, name = seen.facts.read(authorization), user.casefold()
    one, group, policy = iam.users.get(name), iam.groups.get(name), iam.policies.get(name)
    if one is None or group is None or policy is None or one.inline or one.policies or one.boundary:
        return None
    if one.groups != {group.name} or group.policies != {policy.arn} or group.inline:
        return None
    statement = next(iter(listed(policy.document.get("Statement"))), {})
    found = statement.get("Condition", {}).get("StringLike", {}) if isinstance(statement, Mapping) else {}
    senders = tuple(str(each) for each in listed(found.get("ses:FromAddress")))
    return senders if senders and same(policy.document, only_send(senders, dict(said))) else None


def made_by_mail(seen: Seen) -> frozenset[str]:
    """Return the addresses that the mail section makes by itself, for the other sections to leave out."""
    found = sending(seen)
    return found.addresses if found else frozenset()
