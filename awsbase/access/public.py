"""Tell whether a statement of a bucket policy is public, as S3 means the word: Block Public Access refuses those.

S3 takes a statement for public until it grants access to fixed values only: a principal, or one of the condition keys
below, without a wildcard or a policy variable. Who may send which `aws:Referer` is not fixed, say.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html, "The meaning of public"
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network, ip_network

from awsbase.access.comparison import WILD
from awsbase.policies.document import conditions, principals

FIXING = {
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
}
COMPARES = {"StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike"}
# Broader ranges count as public, but for the private ones of RFC 1918.
BROADEST = {4: 8, 6: 32}
PRIVATE = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))


def is_public(statement: object) -> bool:
    """Tell whether a statement lets everybody in: S3 refuses such a policy once the public is blocked."""
    if not isinstance(statement, Mapping) or statement.get("Effect") != "Allow":
        return False
    named = list(principals(statement["Principal"])) if "Principal" in statement else []
    # All but a few are everybody; a statement that names nobody is not known to be narrower.
    anybody = not named or any(isinstance(one, tuple) and one[1] == "*" for one in named)
    return anybody and not any(map(fixes, conditions(statement.get("Condition"))))


def fixes(condition: object) -> bool:
    """Tell whether a condition is met by fixed callers only."""
    if not isinstance(condition, tuple) or len(condition) != 3:
        return False
    operator, key, values = condition
    # With IfExists and with ForAllValues it is also met by a request that lacks the key.
    operator = str(operator).removeprefix("ForAnyValue:")
    if not isinstance(values, frozenset) or not values:
        return False
    if key == "aws:sourceip":
        return operator == "IpAddress" and all(map(narrow, values))
    return key in FIXING and operator in COMPARES and all(fixed(key, value) for value in values)


def fixed(key: object, value: object) -> bool:
    """Tell whether a value of a condition stands for one caller or source."""
    if not isinstance(value, str):
        return False
    if key == "s3:dataaccesspointarn":
        # The name of the access point may be a wildcard as long as its account is not.
        parts = value.split(":", 5)
        return len(parts) == 6 and not any(WILD.search(part) for part in parts[:5])
    if key == "aws:userid" and value.startswith("AROA"):
        # Whoever takes a role names the session: ROLE-ID:* is what S3's documentation calls AROLEID:*.
        return False
    return not WILD.search(value)


def narrow(value: object) -> bool:
    """Tell whether a range of addresses is no broader than what S3 takes for private."""
    try:
        network = ip_network(str(value), strict=False)
    except ValueError:
        return False
    own = isinstance(network, IPv4Network) and any(network.subnet_of(whole) for whole in PRIVATE)
    return own or network.prefixlen >= BROADEST[network.version]
