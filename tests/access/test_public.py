"""A bucket policy is public as S3 means it; product and sandbox, written apart, come to the same answer."""

from __future__ import annotations

from typing import Any

import pytest

from awsbase.access.public import is_public
from awsbase.sandbox.public_policies import public

ORG = {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}


def statement(condition: Any = None, **other: Any) -> dict[str, Any]:
    made = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", **other}
    return {**made, "Condition": condition} if condition else made


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        (statement(), True),
        (statement(Principal={"AWS": "*"}), True),
        (statement(Principal={"AWS": ["*", "arn:aws:iam::123456789012:root"]}), True),
        (statement(Principal={"AWS": "arn:aws:iam::999999999999:root"}), False),
        (statement(Principal={"Service": "cloudtrail.amazonaws.com"}), False),
        (statement(Effect="Deny"), False),
        ({**{k: v for k, v in statement().items() if k != "Principal"}, "NotPrincipal": {"AWS": "123456789012"}}, True),
        (statement({"StringLike": {"aws:Referer": "https://www.acme.example/*"}}), True),
        (statement({"StringEquals": {"aws:UserAgent": "secret"}}), True),
        (statement(ORG), False),
        (statement(ORG, Principal={"AWS": ["*"]}), False),
        (statement({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}), True),
        (statement({"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-1"}}), True),
        (statement({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}), True),
        (statement({"StringEquals": {"aws:SourceVpce": "vpce-1"}}), False),
        (statement({"StringLike": {"aws:SourceVpc": "vpc-*"}}), True),
        (statement({"StringLike": {"aws:SourceVpc": "vpc-1"}}), False),
        (statement({"StringEquals": {"aws:SourceAccount": ["123456789012", "*"]}}), True),
        (statement({"ArnLike": {"aws:SourceArn": "arn:aws:cloudfront::123456789012:distribution/*"}}), True),
        (statement({"ArnEquals": {"aws:sourcearn": "arn:aws:cloudfront::123456789012:distribution/E1"}}), False),
        (statement({"StringEquals": {"aws:PrincipalArn": "${aws:PrincipalArn}"}}), True),
        (statement({"StringLike": {"aws:userid": "AROAEXAMPLE:*"}}), True),
        (statement({"StringEquals": {"aws:userid": "AIDAEXAMPLE"}}), False),
        (statement({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}), True),
        (statement({"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "0.0.0.0/1"]}}), True),
        (statement({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}), False),
        (statement({"IpAddress": {"aws:SourceIp": "::/0"}}), True),
        (statement({"IpAddress": {"aws:SourceIp": "172.16.0.0/12"}}), False),
        (statement({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}), True),
        (
            statement({"StringLike": {"s3:DataAccessPointArn": "arn:aws:s3:eu-west-1:123456789012:accesspoint/*"}}),
            False,
        ),
        (statement({"StringLike": {"s3:DataAccessPointArn": "arn:aws:s3:eu-west-1:*:accesspoint/*"}}), True),
        (statement({"Bool": {"aws:SecureTransport": "true"}}), True),
        (statement({"StringEquals": {"aws:Referer": "x"}, "StringLike": {"aws:SourceOwner": "123456789012"}}), False),
    ],
)
def test_public_is_what_s3_calls_public(held: dict[str, Any], expected: bool) -> None:
    assert is_public(held) is expected
    assert public({"Statement": [held]}) is expected
