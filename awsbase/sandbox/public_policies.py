"""Which bucket policies S3 calls public; written apart from the product, which has to come to the same answer.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html, "The meaning of public":
a policy is public unless it grants access only to fixed values, without a wildcard or a policy variable, of a list.
"""

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

from awsbase.sandbox.policy_documents import listed, principals, statements

LISTED = {
    *("aws:principalorgid", "aws:principalarn", "aws:principalaccount", "aws:sourcearn", "aws:sourcevpc"),
    *("aws:sourcevpce", "aws:sourceowner", "aws:sourceaccount", "aws:userid", "s3:dataaccesspointarn"),
    *("s3:dataaccesspointaccount", "s3:x-amz-server-side-encryption-aws-kms-key-id"),
}
EQUAL = re.compile(r"(ForAnyValue:)?(String(Equals|EqualsIgnoreCase|Like)|Arn(Equals|Like))")
OPEN = re.compile(r"[*?]|\$\{")
ACCESS_POINT = re.compile(r"arn:[a-z-]+:s3:[a-z0-9-]+:\d{12}:accesspoint/.+")


def public(document: Mapping[str, Any]) -> bool:
    """Return whether a bucket policy lets anybody in."""
    return any(
        statement.get("Effect") == "Allow"
        and ("NotPrincipal" in statement or "*" in {name for _, name in principals(statement)})
        and not _restricted(statement.get("Condition") or {})
        for statement in statements(document)
    )


def _restricted(condition: Mapping[str, Any]) -> bool:
    return any(
        _fixed(operator, key.lower(), [str(value) for value in listed(values)])
        for operator, asked in condition.items()
        for key, values in asked.items()
    )


def _fixed(operator: str, key: str, values: list[str]) -> bool:
    if key == "aws:sourceip":
        return operator.removeprefix("ForAnyValue:") == "IpAddress" and not any(map(_broad, values))
    if not values or key not in LISTED or not EQUAL.fullmatch(operator):
        return False
    if key == "s3:dataaccesspointarn":
        return all(ACCESS_POINT.fullmatch(value) for value in values)
    if key == "aws:userid" and any(value.startswith("AROA") for value in values):
        return False
    return not any(OPEN.search(value) for value in values)


def _broad(text: str) -> bool:
    # Very broad ranges are public: beyond /8, or /32 of IPv6, but for private ones.
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return True
    return network.prefixlen < (8 if network.version == 4 else 32) and not network.is_private
