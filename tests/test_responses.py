"""Responses are parsed strictly."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.parsers import ResponseParserFactory
from botocore.session import get_session

from awsbase.errors import MalformedResponse
from awsbase.responses import StrictParsers, parse_time

PAGE = b"<html><body>Sign in</body></html>"
ALIAS = (
    b"<ListAccountAliasesResponse><ListAccountAliasesResult><AccountAliases><member>acme</member></AccountAliases>"
    b"<IsTruncated>false</IsTruncated></ListAccountAliasesResult></ListAccountAliasesResponse>"
)


def parsed(name: str, body: bytes, status: int = 200) -> dict[str, Any]:
    service, _, operation = name.partition(":")
    model = get_session().get_service_model(service)
    response: dict[str, Any] = (
        StrictParsers()
        .create_parser(model.resolved_protocol)
        .parse(
            {"status_code": status, "headers": {}, "body": body, "context": {"operation_name": operation}},
            model.operation_model(operation).output_shape,
        )
    )
    return response


@pytest.mark.parametrize(
    ("name", "body", "part"),
    [
        ("iam:ListAccountAliases", ALIAS, {"AccountAliases": ["acme"], "IsTruncated": False}),
        ("kms:ListAliases", b'{"Aliases": [{"AliasName": "alias/a"}]}', {"Aliases": [{"AliasName": "alias/a"}]}),
        ("kms:DisableKey", b"", {}),
        ("s3:GetBucketVersioning", b"<VersioningConfiguration/>", {}),
        ("s3:GetBucketPolicy", b'{"Statement": []}', {"Policy": '{"Statement": []}'}),
        ("s3:PutBucketPolicy", b"", {}),
        ("s3:CreateBucket", b"", {}),
    ],
)
def test_a_valid_response_equals_that_of_botocore(name: str, body: bytes, part: dict[str, Any]) -> None:
    response = parsed(name, body)
    response.pop("ResponseMetadata")
    assert response == part


NESTED = (
    b"<DescribeSecurityGroupsResponse><requestId>1</requestId><securityGroupInfo><item><groupId>sg-1</groupId>"
    b"<ipPermissions><item><fromPort>22</fromPort><ipRanges><item><cidrIp>10.0.0.0/8</cidrIp></item>"
    b"<item><cidrIp>10.1.0.0/16</cidrIp></item></ipRanges></item></ipPermissions></item><item><groupId>sg-2</groupId>"
    b"</item></securityGroupInfo></DescribeSecurityGroupsResponse>"
)
FLAT = b"<ListObjectsV2Output><Contents><Key>a</Key></Contents><Contents><Key>b</Key></Contents></ListObjectsV2Output>"


@pytest.mark.parametrize(
    ("name", "body"),
    [("ec2:DescribeSecurityGroups", NESTED), ("s3:ListObjectsV2", FLAT), ("iam:ListAccountAliases", ALIAS)],
)
def test_lists_are_read_as_botocore_reads_them(name: str, body: bytes) -> None:
    """Although an item is dropped from the tree once it is read."""
    service, _, operation = name.partition(":")
    model = get_session().get_service_model(service)
    theirs = ResponseParserFactory().create_parser(model.resolved_protocol)
    response: Any = {"status_code": 200, "headers": {}, "body": body, "context": {"operation_name": operation}}
    shape: Any = model.operation_model(operation).output_shape
    assert parsed(name, body) == theirs.parse(response, shape)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("iam:ListAccountAliases", b""),
        ("iam:ListAccountAliases", PAGE),
        ("iam:ListAccountAliases", ALIAS[:-9]),
        ("iam:ListAccountAliases", ALIAS.replace(b"ListAccountAliases", b"ListUsers")),
        ("ec2:DescribeVpcs", PAGE),
        ("kms:ListAliases", b""),
        ("kms:ListAliases", b"[]"),
        ("kms:ListAliases", b'{"Aliases": [{"AliasName"'),
        ("kms:ListAliases", b'{"Aliases": "alias/a"}'),
        ("kms:ListAliases", b'{"Aliases": [null]}'),
        ("kms:ListAliases", b'{"Aliases": [{"AliasName": 7}]}'),
        ("kms:GetKeyRotationStatus", b'{"KeyRotationEnabled": "false"}'),
        ("kms:DisableKey", PAGE),
        ("s3:GetBucketVersioning", b""),
        ("s3:GetBucketPolicy", b""),
        ("s3:PutBucketPolicy", PAGE),
    ],
)
def test_an_incomplete_response_is_malformed_and_not_quoted(name: str, body: bytes) -> None:
    with pytest.raises(MalformedResponse, match=f"the response to {name.partition(':')[2]} is incomplete") as caught:
        parsed(name, body)
    assert caught.value.__suppress_context__


def test_a_missing_field_is_named() -> None:
    response = parsed("kms:ListAliases", b'{"Aliases": [{}]}')
    with pytest.raises(MalformedResponse, match="AWS answered ListAliases without AliasName"):
        response["Aliases"][0]["AliasName"]
    assert response.get("NextMarker") is None


@pytest.mark.parametrize("name", ["iam:ListAccountAliases", "kms:ListAliases", "s3:GetBucketVersioning"])
@pytest.mark.parametrize("body", [b"", PAGE, b"<!DOCTYPE html><p>", b"\xff\x00", b"[]", b"{}"])
@pytest.mark.parametrize(("status", "message"), [(302, "Found"), (403, "Forbidden"), (502, "Bad Gateway")])
def test_every_refusal_has_a_code_and_a_message(name: str, body: bytes, status: int, message: str) -> None:
    assert parsed(name, body, status)["Error"] == {"Code": str(status), "Message": message}


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-28T19:10:00Z",
        "2026-11-28T20:10:00.000+01:00",
        "20261128T191000Z",
        "Sat, 28 Nov 2026 19:10:00 GMT",
        1795893000,
        1795893000.0,
        "1795893000",
    ],
)
def test_every_time_format_is_parsed(text: str | float) -> None:
    assert parse_time(text) == datetime(2026, 11, 28, 19, 10, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "T", "soon", "2026-13-28T19:10:00Z"])
def test_an_invalid_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="Invalid timestamp"):
        parse_time(text)
