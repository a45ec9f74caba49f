"""The mail section is identities with their records, and a user with a password for SMTP."""

from __future__ import annotations

from typing import Any

import pytest

from awsbase.engine.references import Reference
from awsbase.ensure.zone_records import Record
from awsbase.manifest.load import understand
from awsbase.manifest.manifest import Manifest, outputs, resources
from awsbase.policies import problems
from tests.manifest.saying import ACCOUNT, mistakes, source

ZONES = "zones: {acme.example: {}}\n"
DOMAIN = "mail: {domains: {acme.example: {}}}\n"
SMTP = "mail: {domains: {acme.example: {}, b.example: {}}, smtp: %s}\n"
IAM = "iam: {groups: {Web: {policies: []}}, roles: {app: {trust: {services: [ec2.amazonaws.com]}}}}\n"


def of(text: str) -> dict[str, Any]:
    """Return the resources of a manifest by address."""
    manifest = understand(source(ACCOUNT + text), Manifest)
    return {resource.address: resource for each in resources(manifest).values() for resource in each}


def records(text: str) -> dict[str, Any]:
    """Return the records of the zone that are known beforehand, by name and type."""
    held: tuple[Record, ...] = of(text)["zone-records/acme.example"].records
    return {f"{each.name} {each.type}": each.values[0] for each in held if isinstance(each.name, str)}


def test_a_domain_needs_no_settings() -> None:
    made = of(ZONES + DOMAIN)
    assert list(made) == [
        *("zone/acme.example", "zone-records/acme.example", "mail-identity/acme.example", "mail-limits/production")
    ]
    assert made["mail-identity/acme.example"].published
    assert made["mail-limits/production"].website == "https://acme.example"
    assert records(ZONES + DOMAIN) == {
        "mail.acme.example MX": "10 feedback-smtp.eu-west-1.amazonses.com",
        "mail.acme.example TXT": "v=spf1 include:amazonses.com ~all",
        "_dmarc.acme.example TXT": "v=DMARC1; p=quarantine",
    }


def test_the_names_of_dkim_records_come_from_the_identity() -> None:
    made = of(ZONES + DOMAIN)["zone-records/acme.example"]
    identity = "mail-identity/acme.example"
    assert (
        Record(
            Reference(identity, "token 1", "{}._domainkey.acme.example"),
            "CNAME",
            (Reference(identity, "token 1", "{}.dkim.amazonses.com"),),
        )
        in made.records
    )
    assert identity in list(made.needs())


def test_a_domain_below_a_zone_is_in_it_and_one_without_a_zone_says_its_records() -> None:
    made = of(f"{ZONES}mail: {{domains: {{shop.acme.example: {{}}, b.example: {{mail_from: aws, dmarc: none}}}}}}")
    names = {str(each.name) for each in made["zone-records/acme.example"].records}
    assert "_dmarc.shop.acme.example" in names
    other = made["mail-identity/b.example"]
    assert (other.published, other.mail_from, other.beside) == (False, "", ("_dmarc.b.example TXT v=DMARC1; p=none",))


def test_records_may_be_left_to_others() -> None:
    kept = of(f"{ZONES}mail: {{domains: {{acme.example: {{records: false}}}}}}")
    assert kept["zone-records/acme.example"].records == ()
    text = f"{ZONES}mail: {{domains: {{acme.example: {{dmarc: unmanaged, reports: a@acme.example}}}}}}"
    assert "_dmarc.acme.example TXT" not in records(text)


def test_the_user_may_send_from_the_senders_and_nothing_else() -> None:
    made = of(SMTP % '{from: [app@acme.example, "*@shop.acme.example"]}')
    document = made["policy/acme-smtp"].document
    assert document["Statement"] == [
        {
            "Sid": "Send",
            "Effect": "Allow",
            "Action": "ses:SendRawEmail",
            "Resource": ["arn:aws:ses:eu-west-1:123456789012:identity/acme.example"],
            "Condition": {"StringLike": {"ses:FromAddress": ["app@acme.example", "*@shop.acme.example"]}},
        }
    ]
    assert list(problems(document, "identity")) == []
    user = made["user/acme-smtp"]
    assert (user.groups, user.console, user.mfa, user.exact) == ({"acme-smtp"}, False, False, True)
    everybody = of(SMTP % "{}")["policy/acme-smtp"].document["Statement"][0]
    assert everybody["Condition"]["StringLike"]["ses:FromAddress"] == ["*@acme.example", "*@b.example"]


def test_the_password_needs_its_user_and_its_secret() -> None:
    made = of(SMTP % "{user: sender, secret: a/b, key: alias/own, max_days: 30}")
    assert list(made["smtp-password/sender"].needs()) == ["user/sender", "secret/a/b"]
    assert made["smtp-password/sender"].max_days == 30
    assert (made["secret/a/b"].key, made["secret/a/b"].filled) == ("key/own", True)
    assert of(SMTP % "{key: aws}")["secret/acme/smtp"].key is None


def test_readers_get_a_policy_for_the_secret() -> None:
    made = of(IAM + SMTP % "{readers: [Web, app]}")
    assert made["policy/acme-smtp-Web"].arn in made["group/Web"].policies
    assert made["policy/acme-smtp-app"].arn in made["role/app"].policies


def test_outputs_say_where_the_password_is() -> None:
    found = outputs(understand(source(ACCOUNT + SMTP % "{}"), Manifest))
    named = {each.name: each.value for each in found}
    assert named["smtp_secret_arn"] == Reference("secret/acme/smtp")
    assert named["smtp_host"] == "email-smtp.eu-west-1.amazonaws.com"
    assert [each.key for each in found if each.name == "mail_identity_arns"] == ["acme.example", "b.example"]


def test_who_stays_in_the_sandbox_of_ses_is_not_asked() -> None:
    assert "mail-limits/production" not in of("mail: {domains: {acme.example: {}}, production: {wanted: false}}")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("mail: {domains: {}}", "mail is sent for no domain"),
        ("mail: {domains: {Acme.example: {}}}", "is no domain name"),
        ("mail: {domains: {acme.example: {dmarc: strict}}}", "dmarc"),
        ("mail: {domains: {acme.example: {mail_from: a b}}}", "is no name below the domain"),
        (SMTP % "{from: [app@other.example]}", "other.example is no domain of mail.domains, nor below one"),
        (SMTP % "{from: [acme.example]}", "is no sender"),
        (SMTP % "{readers: [Web]}", "no group or role called 'Web'"),
        ("secrets: {db: {}}\n" + SMTP % "{secret: db}", "makes a secret 'db' too"),
        (
            "iam: {groups: {W: {policies: []}}, users: {ann: {groups: [W]}}}\n" + SMTP % "{user: ann}",
            "makes a user 'ann' too",
        ),
        ("mail: {domains: {acme.example: {}}, production: {website: acme}}", "is no address of a web site"),
        (
            "zones: {acme.example: {records: {_dmarc: {TXT: [x]}}}}\n" + DOMAIN,
            "has a record _dmarc already, and two are none to others",
        ),
    ],
)
def test_mistakes_are_told_with_their_place(text: str, part: str) -> None:
    found = mistakes(ACCOUNT + text, Manifest)
    assert any(part in each for each in found), found


def test_there_is_no_ses_in_china() -> None:
    (found,) = mistakes(ACCOUNT.replace("eu-west-1", "cn-north-1") + DOMAIN, Manifest)
    assert "there is no SES in China" in found
