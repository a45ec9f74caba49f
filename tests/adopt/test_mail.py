"""Domains that SES sends for, and the password for SMTP, are adopted as they are, or it is told why not."""

from __future__ import annotations

from typing import Any

from awsbase.sandbox import Sandbox
from awsbase.testing.adopted import adopted
from awsbase.testing.sample import HOME, go, problems
from awsbase.testing.subject import FEWER
from tests.adopt.reconciled import compiled, reasons

HEAD = 'version: 1\naccount: {id: "123456789012", name: acme, region: eu-west-1}\n'
MAIL = """
iam:
  password_policy: {}
  groups: {Web: {policies: ["aws:ReadOnlyAccess"]}}
mail:
  domains:
    acme.example: {}
    b.example: {mail_from: bounce}
  smtp: {user: sender, secret: acme/mail, from: [app@acme.example], readers: [Web], key: alias/acme-mail}
"""
SECTIONS = ["mail", "iam", "secrets"]
WORDS = ("group", "key", "policy", "secret", "smtp-password", "user")


def ses(sandbox: Sandbox, region: str = HOME.region) -> Any:
    return sandbox.client("sesv2", region)


def made() -> Sandbox:
    """Return an account that the manifest has made, of few regions."""
    sandbox = Sandbox(pages=2, rules=FEWER)
    assert problems(go(sandbox, "reconcile", list(compiled(HEAD + MAIL).values()))) == []
    return sandbox


def test_mail_is_adopted_with_its_user_and_who_reads_the_password() -> None:
    found = adopted(made(), only=SECTIONS)
    assert reasons(found) == {}
    want = {address: each for address, each in compiled(HEAD + MAIL).items() if address.split("/")[0] in WORDS}
    assert {address: each for address, each in found.resources.items() if address.split("/")[0] in WORDS} == want
    assert "b.example: {records: false, mail_from: bounce}" in found.text
    assert "users:" not in found.text


def test_a_user_who_may_do_more_is_adopted_as_a_user() -> None:
    sandbox = made()
    iam = sandbox.client("iam")
    iam.add_user_to_group(UserName="sender", GroupName="Web")
    found = adopted(sandbox, only=SECTIONS)
    assert "in one group, with one policy that sends mail" in reasons(found)["smtp-password/sender"][0]
    assert "smtp:" not in found.text
    assert {"user/sender", "secret/acme/mail"} <= set(found.resources)


def test_what_a_manifest_has_no_words_for_is_told() -> None:
    sandbox = Sandbox(pages=2, rules=FEWER)
    ses(sandbox).create_email_identity(EmailIdentity="acme.example")
    ses(sandbox).create_email_identity(EmailIdentity="ann@acme.example")
    ses(sandbox, "us-east-1").create_email_identity(EmailIdentity="acme.example")
    found = adopted(sandbox, only=["mail"])
    assert reasons(found) == {
        "mail-identity/ann@acme.example": ("it is one address, and a manifest says domains",),
        "mail-identity/acme.example@us-east-1": ("region: a manifest sends mail from eu-west-1",),
    }
    assert "mail_from: aws  # weaker than the default: mail" in found.text


def test_a_password_whose_key_is_gone_is_told() -> None:
    sandbox = made()
    iam = sandbox.client("iam")
    (key,) = iam.list_access_keys(UserName="sender")["AccessKeyMetadata"]
    iam.delete_access_key(UserName="sender", AccessKeyId=key["AccessKeyId"])
    found = adopted(sandbox, only=SECTIONS)
    assert "is gone" in reasons(found)["smtp-password/acme/mail"][0]
