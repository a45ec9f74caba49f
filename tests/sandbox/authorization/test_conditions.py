"""Condition operators, judged by what AWS's documentation says of each.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

from typing import Any

import pytest

from awsbase.sandbox.authorization.conditions import met
from awsbase.sandbox.authorization.decision import knowing


def holds(operator: str, wanted: Any, have: Any, key: str = "aws:key") -> bool:
    context = knowing({} if have is None else {key: have})
    return met({operator: {key: wanted}}, context, context)


@pytest.mark.parametrize(
    ("operator", "wanted", "have", "answer"),
    [
        ("StringEquals", "iamuser-admin", "iamuser-admin", True),
        ("StringEquals", "iamuser-admin", "IAMUser-Admin", False),
        ("StringEquals", "iamuser-*", "iamuser-admin", False),
        ("StringEquals", ["a", "b"], "b", True),
        ("StringNotEquals", ["a", "b"], "b", False),
        ("StringNotEquals", ["a", "b"], "c", True),
        ("StringEqualsIgnoreCase", "John", "jOHN", True),
        ("StringNotEqualsIgnoreCase", "John", "jOHN", False),
        ("StringLike", ["", "home/", "home/ann/*"], "home/ann/photos/1", True),
        ("StringLike", ["", "home/"], "", True),
        ("StringLike", "home/?nn", "home/ann", True),
        ("StringLike", "HOME/*", "home/ann", False),
        ("StringNotLike", "home/*", "home/ann", False),
        ("StringNotLike", "home/*", "tmp", True),
        ("NumericLessThanEquals", "10", "10", True),
        ("NumericLessThanEquals", 10, "11", False),
        ("NumericLessThan", "10", "9.5", True),
        ("NumericEquals", "10", "10.0", True),
        ("NumericNotEquals", "10", "11", True),
        ("NumericGreaterThan", "3600", "3601", True),
        ("NumericGreaterThanEquals", "3600", "many", False),
        ("DateGreaterThan", "2020-01-01T00:00:01Z", "2020-01-01T00:00:02Z", True),
        ("DateGreaterThan", "2020-01-01T00:00:01Z", "2019-12-31T23:59:59Z", False),
        ("DateLessThan", "2020-01-01", "2019-12-31T23:59:59+00:00", True),
        ("DateEquals", "2020-01-01T00:00:00Z", "1577836800", True),
        ("DateNotEquals", "2020-01-01T00:00:00Z", "1577836801", True),
        ("DateLessThanEquals", "1577836800", "2020-01-01T01:00:00+01:00", True),
        ("DateGreaterThanEquals", "tomorrow", "2020-01-01T00:00:00Z", False),
        ("Bool", "false", "false", True),
        ("Bool", False, "false", True),
        ("Bool", "TRUE", "true", True),
        ("Bool", "true", "false", False),
        ("BinaryEquals", "QmluYXJ5VmFsdWVJbkJhc2U2NA==", "BinaryValueInBase64", True),
        ("BinaryEquals", "QmluYXJ5VmFsdWVJbkJhc2U2NA==", "QmluYXJ5VmFsdWVJbkJhc2U2NA==", False),
        ("IpAddress", "203.0.113.0/24", "203.0.113.255", True),
        ("IpAddress", "203.0.113.0/24", "203.0.114.0", False),
        ("IpAddress", "203.0.113.7", "203.0.113.7", True),
        ("IpAddress", ["203.0.113.0/24", "2001:DB8:1234:5678::/64"], "2001:db8:1234:5678::1", True),
        ("NotIpAddress", "203.0.113.0/24", "203.0.113.7", False),
        ("NotIpAddress", "203.0.113.0/24", "198.51.100.1", True),
    ],
)
def test_operators_compare_as_documented(operator: str, wanted: Any, have: str, answer: bool) -> None:
    assert holds(operator, wanted, have) is answer


ARN = "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt"
PATTERN = "arn:aws:someservice:*:111122223333:finance/*"


@pytest.mark.parametrize(
    ("operator", "wanted", "have", "answer"),
    [
        ("StringLike", PATTERN, ARN, True),
        ("ArnLike", PATTERN, ARN, False),
        ("ArnEquals", "arn:aws:sns:*:123456789012:ops*", "arn:aws:sns:eu-west-1:123456789012:ops-a", True),
        ("ArnNotLike", "arn:aws:sns:*:123456789012:ops*", "arn:aws:sns:eu-west-1:123456789012:ops-a", False),
        ("ArnNotEquals", "arn:aws:sns:*:123456789012:ops*", "arn:aws:sns:eu-west-1:123456789012:dev", True),
        ("ArnLike", "arn:aws:logs:*:*:log-group:*", "arn:aws:logs:eu-west-1:1:log-group:a:log-stream:b", True),
    ],
)
def test_arns_are_compared_field_by_field(operator: str, wanted: str, have: str, answer: bool) -> None:
    """An asterisk stays within its field in ArnLike, and runs across fields in StringLike."""
    assert holds(operator, wanted, have) is answer


@pytest.mark.parametrize(
    ("operator", "wanted", "answer"),
    [
        ("StringEquals", "x", False),
        ("StringNotEquals", "x", True),
        ("ArnNotLike", "arn:aws:iam::1:role/x", True),
        ("NotIpAddress", "203.0.113.0/24", True),
        ("Bool", "false", False),
        ("StringEqualsIfExists", "x", True),
        ("StringNotEqualsIfExists", "x", True),
        ("BoolIfExists", "false", True),
        ("NumericLessThanIfExists", "3600", True),
        ("Null", "true", True),
        ("Null", "false", False),
        ("ForAllValues:StringEquals", "x", True),
        ("ForAnyValue:StringEquals", "x", False),
        ("ForAnyValue:StringNotEquals", "x", False),
        ("ForAnyValue:StringEqualsIfExists", "x", True),
    ],
)
def test_a_key_that_is_not_there(operator: str, wanted: str, answer: bool) -> None:
    """It equals nothing, so a negated operator holds; IfExists holds; of no values all are right and none is."""
    assert holds(operator, wanted, None) is answer


@pytest.mark.parametrize(("wanted", "answer"), [("true", False), ("false", True), (["true", "false"], True)])
def test_null_asks_whether_a_key_is_there(wanted: Any, answer: bool) -> None:
    assert holds("Null", wanted, "2020-01-01T00:00:00Z", "aws:TokenIssueTime") is answer


READABLE = ["PostDateTime", "Message", "Tags"]


@pytest.mark.parametrize(
    ("operator", "wanted", "have", "answer"),
    [
        ("ForAllValues:StringLike", READABLE, ["PostDateTime", "Message"], True),
        ("ForAllValues:StringLike", READABLE, ["PostDateTime", "UserName"], False),
        ("ForAllValues:StringEquals", READABLE, [], True),
        ("ForAnyValue:StringLike", ["ID", "PostDateTime"], ["UserName", "Message", "PostDateTime"], True),
        ("ForAnyValue:StringLike", ["ID", "PostDateTime"], ["UserName"], False),
        ("ForAnyValue:StringEquals", READABLE, [], False),
        ("ForAllValues:StringLike", ["key1*", "key2*"], ["key1", "key2:x"], True),
        ("ForAllValues:StringLike", ["key1*", "key2*"], ["key1", "other"], False),
        ("ForAllValues:StringNotEquals", ["secret"], ["a", "b"], True),
        ("ForAllValues:StringNotEquals", ["secret"], ["a", "secret"], False),
        ("ForAnyValue:StringNotEquals", ["secret"], ["a", "secret"], True),
    ],
)
def test_sets_of_values(operator: str, wanted: Any, have: list[str], answer: bool) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition_examples-multi-valued-context-keys.html"""
    assert holds(operator, wanted, have, "aws:TagKeys") is answer


def test_every_operator_and_key_has_to_hold_and_any_of_its_values() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html"""
    condition = {
        "StringEquals": {"aws:PrincipalTag/department": ["finance", "hr"], "aws:PrincipalTag/role": "audit"},
        "ArnLike": {"aws:PrincipalArn": ["arn:aws:iam::222222222222:user/Ana", "arn:aws:iam::222222222222:user/M*"]},
    }
    mary = {
        "aws:PrincipalTag/department": "hr",
        "aws:PrincipalTag/role": "audit",
        "aws:PrincipalArn": "arn:aws:iam::222222222222:user/Mary",
    }
    assert met(condition, knowing(mary))
    for key in mary:
        assert not met(condition, knowing({**mary, key: "other"})), key


def test_the_name_of_a_key_is_read_in_any_case() -> None:
    assert met({"Bool": {"AWS:MultifactorAuthPresent": "true"}}, knowing({"aws:MultiFactorAuthPresent": "true"}))


def test_an_operator_that_does_not_exist_is_an_error_and_no_guess() -> None:
    with pytest.raises(ValueError, match="StringMatches"):
        holds("StringMatches", "x", "x")
