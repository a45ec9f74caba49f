"""A Deny of others is held against the requests that a bucket is for."""

from __future__ import annotations

from typing import Any

import pytest

from awsbase.access.bucket_policy import Obstructed, Use, obstacles, with_key
from awsbase.access.denials import Request, refuses, services
from awsbase.facts.buckets import BucketFacts
from awsbase.manifest.audit import bucket_statements
from awsbase.manifest.log_buckets import access_log_statements
from awsbase.manifest.opt_ins import config_statements, delivery_statements
from tests.ensure.planned import HOME

TRAIL = "arn:aws:cloudtrail:eu-west-1:123456789012:trail/acme-trail"
OBJECTS = "arn:aws:s3:::b/*"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1"
SSE = "s3:x-amz-server-side-encryption"
USES = {
    "cloudtrail.amazonaws.com": bucket_statements(HOME, "b", TRAIL, "arn:aws:s3:::b/AWSLogs/123456789012/*"),
    "config.amazonaws.com": config_statements(HOME, "b"),
    "delivery.logs.amazonaws.com": delivery_statements(HOME, "b"),
    "logging.s3.amazonaws.com": access_log_statements(HOME, "b", "other"),
}
HEADERS = {"cloudtrail.amazonaws.com": with_key(KEY)}


def deny(condition: Any = None, **other: Any) -> dict[str, Any]:
    made = {"Sid": "Theirs", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": OBJECTS, **other}
    return {**made, "Condition": condition} if condition else made


def upload(service: str) -> Request:
    requests = services(USES[service], HOME, HEADERS)
    return next(request for request in requests if request.action == "s3:PutObject")


ALL, TRAILS = tuple(USES), ("cloudtrail.amazonaws.com",)


@pytest.mark.parametrize(
    ("held", "senders", "expected"),
    [
        (deny(), ALL, True),
        (deny(Principal={"AWS": "*"}), ALL, True),
        (deny(Principal={"Service": "config.amazonaws.com"}), TRAILS, False),
        (deny(Principal={"AWS": "arn:aws:iam::123456789012:root"}), ALL, False),
        (deny(Action="s3:GetObject"), ALL, False),
        (deny(Resource="arn:aws:s3:::b/private/*"), TRAILS, False),
        (deny(Resource="arn:aws:s3:::b/AWSLogs/123456789012/CloudTrail/eu-west-1/*"), TRAILS, True),
        (deny({"Bool": {"aws:SecureTransport": "false"}}), ALL, False),
        (deny({"NumericLessThan": {"s3:TlsVersion": "1.2"}}), ALL, False),
        (deny({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}), ALL, True),
        (deny({"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}), ALL, True),
        (deny({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}), ALL, True),
        (
            deny({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}, "Bool": {"aws:PrincipalIsAWSService": "false"}}),
            ALL,
            False,
        ),
        (deny({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}), ALL, False),
        (deny({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/ops"}}), ALL, True),
        (deny({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}), ALL, True),
        (deny({"StringNotEquals": {"aws:SourceAccount": "123456789012"}}), ALL, False),
        (deny({"StringNotEquals": {"aws:SourceAccount": "999999999999"}}), ALL, True),
        (deny({"StringNotEquals": {"aws:SourceArn": TRAIL}}), TRAILS, False),
        (deny({"StringNotEquals": {SSE: "AES256"}}), TRAILS, True),
        (deny({"StringNotEquals": {SSE: "AES256"}}), ("config.amazonaws.com",), None),
        (deny({"StringNotEquals": {SSE: ["AES256", "aws:kms"]}}), TRAILS, False),
        (deny({"Null": {SSE: "true"}}), TRAILS, False),
        (deny({"StringNotEquals": {f"{SSE}-aws-kms-key-id": KEY}}), TRAILS, False),
        (deny({"StringNotEquals": {f"{SSE}-aws-kms-key-id": "arn:aws:kms:eu-west-1:1:key/2"}}), TRAILS, True),
        (deny({"DateGreaterThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}), ALL, None),
        (deny({"StringNotEquals": {"aws:SourceOrgID": "o-1"}}), ALL, None),
    ],
)
def test_deny_is_held_against_what_services_send(held: dict[str, Any], senders: tuple[str, ...], expected: Any) -> None:
    assert {sender: refuses(held, upload(sender)) for sender in senders} == dict.fromkeys(senders, expected)


def test_not_principal_spares_the_service_it_names() -> None:
    held = {k: v for k, v in deny().items() if k != "Principal"}
    assert refuses({**held, "NotPrincipal": {"AWS": "123456789012"}}, upload("config.amazonaws.com")) is True
    named = {"Service": "config.amazonaws.com"}
    assert refuses({**held, "NotPrincipal": named}, upload("config.amazonaws.com")) is False


@pytest.mark.parametrize(
    ("held", "refused", "told"),
    [
        ([deny({"StringNotEquals": {SSE: "AES256"}}, Action="s3:PutObject")], "every upload", ""),
        ([deny({"Null": {SSE: "true"}}, Action="s3:PutObject")], "", "that can go"),
        ([deny({"StringEquals": {SSE: "aws:kms"}}, Action="s3:PutObject")], "", "leave kms_key_id out"),
        ([deny(Action="s3:GetObject")], "s3:GetObject to everybody", ""),
        ([deny(Action="s3:DeleteObject")], "", "refuses to delete"),
        ([deny({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}, Action="s3:GetObject")], "", "some people only"),
        ([deny({"Bool": {"aws:SecureTransport": "false"}})], "", ""),
        ([deny(Principal={"AWS": "arn:aws:iam::999999999999:root"})], "", ""),
    ],
)
def test_people_can_use_the_bucket_or_the_plan_says_who_cannot(held: list[Any], refused: str, told: str) -> None:
    use, have = Use("b", "state.bucket", key=KEY, people=True), BucketFacts(policy={"Statement": held})
    if refused:
        with pytest.raises(Obstructed, match=f"Theirs refuses .*{refused}") as caught:
            obstacles(have, use, HOME)
        assert "state.bucket" in str(caught.value.hint)
    else:
        notes = obstacles(have, use, HOME)
        assert bool(notes) == bool(told)
        assert told in " ".join(notes)
