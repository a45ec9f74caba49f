"""SES in the sandbox: what moto lets through, or does not have."""

from __future__ import annotations

from typing import Any

import pytest

from awsbase.sandbox import Sandbox
from awsbase.sandbox.domains import delegate
from tests.sandbox.refused import refused

NAME = "acme.example"
HOUR = 3600


def ses(sandbox: Sandbox, region: str = "eu-west-1") -> Any:
    return sandbox.client("sesv2", region)


def made(sandbox: Sandbox) -> list[str]:
    """Make the identity; return the tokens of its keys."""
    answer: dict[str, Any] = ses(sandbox).create_email_identity(EmailIdentity=NAME)
    assert answer["DkimAttributes"]["Status"] == "NOT_STARTED"
    return list(answer["DkimAttributes"]["Tokens"])


def states(sandbox: Sandbox) -> tuple[str, str]:
    """Return the states of the DKIM records and of the MAIL FROM domain."""
    found = ses(sandbox).get_email_identity(EmailIdentity=NAME)
    return found["DkimAttributes"]["Status"], found["MailFromAttributes"].get("MailFromDomainStatus", "")


def enter(sandbox: Sandbox, zone: str, *records: tuple[str, str, str]) -> None:
    """Put records into a hosted zone."""
    sets = [{"Name": name, "Type": kind, "TTL": 300, "ResourceRecords": [{"Value": value}]}
            for name, kind, value in records]  # fmt: skip
    changes = [{"Action": "UPSERT", "ResourceRecordSet": each} for each in sets]
    sandbox.client("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})


def test_an_identity_is_verified_once_the_world_finds_all_its_records() -> None:
    sandbox = Sandbox()
    first, *others = made(sandbox)
    ses(sandbox).put_email_identity_mail_from_attributes(EmailIdentity=NAME, MailFromDomain=f"mail.{NAME}")
    zone = sandbox.client("route53").create_hosted_zone(Name=NAME, CallerReference="1")["HostedZone"]["Id"]
    cnames = [(f"{token}._domainkey.{NAME}", "CNAME", f"{token}.dkim.amazonses.com") for token in (first, *others)]
    enter(sandbox, zone, *cnames[1:], (f"mail.{NAME}", "MX", "10 feedback-smtp.eu-west-1.amazonses.com"))
    assert states(sandbox) == ("PENDING", "PENDING")
    delegate(sandbox, NAME)
    assert states(sandbox) == ("PENDING", "SUCCESS")
    enter(sandbox, zone, cnames[0])
    assert states(sandbox) == ("SUCCESS", "SUCCESS")
    (listed,) = ses(sandbox).list_email_identities()["EmailIdentities"]
    assert listed["SendingEnabled"]


def test_aws_looks_for_records_for_three_days() -> None:
    sandbox = Sandbox()
    made(sandbox)
    sandbox.clock.advance(73 * HOUR)
    assert states(sandbox)[0] == "FAILED"


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("create_email_identity", {"EmailIdentity": NAME.upper()}, "AlreadyExistsException"),
        ("create_email_identity", {"EmailIdentity": "localhost"}, "BadRequestException"),
        (
            "put_email_identity_mail_from_attributes",
            {"EmailIdentity": NAME, "MailFromDomain": "mail.other.example"},
            "BadRequestException",
        ),
        (
            "put_account_details",
            {"MailType": "TRANSACTIONAL", "WebsiteURL": "https://acme.example"},
            "ConflictException",
        ),
    ],
)
def test_what_aws_refuses_moto_alone_takes(method: str, params: dict[str, Any], code: str) -> None:
    for strict, expected in ((True, code), (False, None)):
        sandbox = Sandbox(strict=strict)
        made(sandbox)
        ses(sandbox).put_account_details(MailType="TRANSACTIONAL", WebsiteURL="https://acme.example")
        assert refused(getattr(ses(sandbox), method), **params) == expected


def test_what_is_not_there_is_not_found() -> None:
    client = ses(Sandbox())
    assert refused(client.get_email_identity, EmailIdentity=NAME) == "NotFoundException"
    assert refused(client.delete_email_identity, EmailIdentity=NAME) == "NotFoundException"
    assert refused(client.put_email_identity_dkim_attributes, EmailIdentity=NAME) == "BadRequestException"


def test_each_region_has_identities_and_a_sandbox_of_its_own() -> None:
    sandbox = Sandbox()
    made(sandbox)
    assert ses(sandbox, "us-east-1").list_email_identities()["EmailIdentities"] == []
    ses(sandbox).put_account_details(MailType="MARKETING", WebsiteURL="https://acme.example")
    assert ses(sandbox).get_account()["Details"]["ReviewDetails"]["Status"] == "PENDING"
    assert "Details" not in ses(sandbox, "us-east-1").get_account()


def test_identities_come_in_pages_and_with_tags() -> None:
    sandbox = Sandbox(pages=2)
    for name in ("a.example", "b.example", "app@c.example"):
        ses(sandbox).create_email_identity(EmailIdentity=name, Tags=[{"Key": "team", "Value": "web"}])
    page = ses(sandbox).list_email_identities()
    rest = ses(sandbox).list_email_identities(NextToken=page["NextToken"])
    assert [each["IdentityType"] for each in (*page["EmailIdentities"], *rest["EmailIdentities"])] == [
        *("DOMAIN", "DOMAIN", "EMAIL_ADDRESS")
    ]
    arn = "arn:aws:ses:eu-west-1:123456789012:identity/a.example"
    ses(sandbox).untag_resource(ResourceArn=arn, TagKeys=["team"])
    assert ses(sandbox).list_tags_for_resource(ResourceArn=arn)["Tags"] == []
    tagged = sandbox.client("resourcegroupstaggingapi", "eu-west-1").get_paginator("get_resources").paginate()
    arns = {each["ResourceARN"].rpartition("/")[2] for page in tagged for each in page["ResourceTagMappingList"]}
    assert arns == {"b.example", "app@c.example"}


def test_versions_of_secrets_are_dated_by_the_clock_of_the_account() -> None:
    sandbox = Sandbox()
    secrets = sandbox.client("secretsmanager", "eu-west-1")
    secrets.create_secret(Name="acme", SecretString="x")
    sandbox.clock.advance(48 * HOUR)
    secrets.put_secret_value(SecretId="acme", SecretString="y")
    old, new = sorted(each["CreatedDate"] for each in secrets.list_secret_version_ids(SecretId="acme")["Versions"])
    assert (new - old).total_seconds() >= 48 * HOUR - 1
