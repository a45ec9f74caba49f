"""Policy documents and calls drawn at random, near enough to each other that about half of the calls are allowed."""

from __future__ import annotations

from random import Random
from typing import Any, NamedTuple

from awsbase.access.decision import Call

ACCOUNT = "123456789012"
USER = f"arn:aws:iam::{ACCOUNT}:user/team/kim"
GROUP = f"arn:aws:iam::{ACCOUNT}:group/Ops"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
CALLS = [
    ("iam:AttachUserPolicy", USER),
    ("iam:PutUserPolicy", USER),
    ("iam:DetachGroupPolicy", GROUP),
    ("s3:GetObject", "arn:aws:s3:::acme/logs/a:b.txt"),
]
ACTIONS = ["*", "iam:*", "iam:Attach*", "IAM:*userpolicy", "iam:?ut*", "iam:AttachUserPolicy", "s3:*", "s3:GetObject"]
RESOURCES = [
    *("*", USER, GROUP, f"arn:aws:iam::{ACCOUNT}:*", f"arn:aws:iam::{ACCOUNT}:user/*", "arn:aws:iam::*:group/?ps"),
    *("arn:aws:iam::*:user/team/${aws:username}", "arn:aws:iam::*:user/${aws:PrincipalTag/dir, 'team'}/*"),
    *("arn:aws:s3:::*", "arn:aws:s3:::acme/*", "arn:aws:s3:::acme/logs/*.txt", "arn:aws:s3:::acme/${*}"),
    *("arn:*:iam::123456789012:group/*", "arn:aws:iam::123456789012:User/team/kim"),
]

# For each kind of key: its keys, the values that a request has, and what policies write.
TEXTS = {
    "aws:PrincipalArn": [USER, f"arn:aws:iam::{ACCOUNT}:role/deployer"],
    "aws:username": ["kim", "KIM", "k*m"],
    "aws:PrincipalTag/team": ["platform", "Platform", "", "a b"],
    "iam:PolicyARN": [ADMIN, f"arn:aws:iam::{ACCOUNT}:policy/own"],
}
WRITTEN = {
    "aws:PrincipalArn": [USER, f"arn:aws:iam::{ACCOUNT}:user/*", "arn:aws:iam::*:role/*", "*", f"{USER}?"],
    "aws:username": ["kim", "k*", "K?M", "${aws:username}", "${aws:PrincipalTag/team}", "k${*}m"],
    "aws:PrincipalTag/team": ["platform", "plat*", "${aws:username}", "${aws:PrincipalTag/no, 'platform'}", ""],
    "iam:PolicyARN": [
        ADMIN,
        "*",
        "arn:aws:iam::aws:policy/*",
        f"arn:aws:iam::{ACCOUNT}:policy/own",
        "arn:aws:iam::*:*",
    ],
}
ARN = {
    key: [value for value in WRITTEN[key] if value.startswith("arn:")] for key in ("aws:PrincipalArn", "iam:PolicyARN")
}
NUMBERS = ["0", "60", "3600", "3600.5", "-1"]
DATES = ["2026-01-01T00:00:00Z", "2026-06-30T12:00:00Z", "2027-01-01T00:00:00+02:00", "2026-06-30"]
ADDRESSES = ["192.0.2.7", "198.51.100.1", "2001:db8::1"]
RANGES = ["192.0.2.0/24", "192.0.2.7", "0.0.0.0/0", "2001:db8::/32", "198.51.100.0/25"]
YES_NO = ["true", "false"]
TAG_KEYS = [["team"], ["team", "cost"], ["Team", "owner", "cost"]]
STRINGS = ("StringEquals", "StringEqualsIgnoreCase", "StringLike")
ARNS = ("ArnEquals", "ArnLike")
ORDERS = ("Equals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals", "NotEquals")


OTHERS: dict[str, tuple[str, list[str], list[str]]] = {
    "number": ("aws:MultiFactorAuthAge", [f"Numeric{test}" for test in ORDERS], NUMBERS),
    "date": ("aws:CurrentTime", [f"Date{test}" for test in ORDERS], DATES),
    "address": ("aws:SourceIp", ["IpAddress", "NotIpAddress"], RANGES),
    "yes": ("aws:MultiFactorAuthPresent", ["Bool"], YES_NO),
}


class Drawn(NamedTuple):
    """A call with the documents that decide about it."""

    documents: list[dict[str, Any]]
    boundary: list[dict[str, Any]] | None
    action: str
    resource: str
    keys: dict[str, str | list[str]]

    @property
    def call(self) -> Call:
        """Return the call as the evaluator takes it: each key that the request does not have is known to be absent."""
        return Call(self.action, self.resource, Everything(self.keys))


class Everything(dict[str, tuple[str, ...]]):
    """The keys of a request of which everything is known."""

    def __init__(self, keys: dict[str, str | list[str]]) -> None:
        values = {key.lower(): tuple(value) if isinstance(value, list) else (value,) for key, value in keys.items()}
        super().__init__(values)

    def get(self, key: str, default: object = None) -> tuple[str, ...]:
        return super().get(key, ())


def drawn(draw: Random) -> Drawn:
    """Draw a call and its documents."""
    action, resource = draw.choice(CALLS)
    documents = [document(draw, action, resource) for _ in range(draw.choice([1, 1, 2]))]
    boundary = [document(draw, action, resource)] if draw.random() < 0.2 else None
    return Drawn(documents, boundary, action, resource, keys(draw))


def keys(draw: Random) -> dict[str, str | list[str]]:
    """Draw what a request has."""
    have: dict[str, str | list[str]] = {
        key: draw.choice(values) for key, values in TEXTS.items() if draw.random() < 0.7
    }
    have |= {"aws:TagKeys": draw.choice(TAG_KEYS)} if draw.random() < 0.6 else {}
    for key, values in (
        ("aws:MultiFactorAuthAge", NUMBERS),
        ("aws:CurrentTime", DATES),
        ("aws:SourceIp", ADDRESSES),
        ("aws:MultiFactorAuthPresent", YES_NO),
    ):
        have |= {key: draw.choice(values)} if draw.random() < 0.7 else {}
    return have


def document(draw: Random, action: str, resource: str) -> dict[str, Any]:
    """Draw a document."""
    first = statement(draw, "Allow", action, resource)
    others = [statement(draw, draw.choice(["Allow", "Deny"]), action, resource) for _ in range(draw.randrange(3))]
    found: dict[str, Any] = {"Statement": [first, *others] if others or draw.random() < 0.5 else first}
    return found | ({"Version": "2012-10-17"} if draw.random() < 0.8 else {})


def statement(draw: Random, effect: str, action: str, resource: str) -> dict[str, Any]:
    """Draw a statement, which is about the call half of the time at least."""
    found: dict[str, Any] = {"Effect": effect}
    found |= one_of(draw, "Action", action, ACTIONS) | one_of(draw, "Resource", resource, RESOURCES)
    if conditions := dict(condition(draw) for _ in range(draw.choice([0, 1, 1, 2]))):
        found["Condition"] = conditions
    return found


def one_of(draw: Random, element: str, value: str, patterns: list[str]) -> dict[str, Any]:
    if draw.random() < 0.2:
        return {f"Not{element}": some(draw, patterns[1:])}
    return {element: value if draw.random() < 0.3 else some(draw, patterns)}


def some(draw: Random, values: list[str]) -> str | list[str]:
    several = draw.sample(values, draw.choice([1, 1, 2]))
    return several[0] if len(several) == 1 and draw.random() < 0.5 else several


def condition(draw: Random) -> tuple[str, dict[str, Any]]:
    """Draw an operator with a key and its values."""
    kind = draw.choice(["text", "text", "text", "arn", "number", "date", "address", "yes", "null", "many"])
    if kind == "many":
        quantifier = draw.choice(["ForAllValues", "ForAnyValue"])
        operator = f"{quantifier}:{negated(draw, draw.choice(STRINGS))}"
        return optional(draw, operator), {"aws:TagKeys": some(draw, ["team", "Team", "c*", "cost", "owner"])}
    if kind == "null":
        return "Null", {draw.choice(["aws:username", "aws:TagKeys", "aws:SourceIp"]): draw.choice(YES_NO)}
    if kind == "text":
        key = draw.choice([*WRITTEN])
        return optional(draw, negated(draw, draw.choice(STRINGS))), {key: some(draw, WRITTEN[key])}
    if kind == "arn":
        key = draw.choice([*ARN])
        return optional(draw, negated(draw, draw.choice(ARNS))), {key: some(draw, ARN[key])}
    key, operators, values = OTHERS[kind]
    return optional(draw, draw.choice(operators)), {key: some(draw, values)}


def negated(draw: Random, operator: str) -> str:
    """Return the negated form of an operator, half of the time."""
    kind = "String" if operator.startswith("String") else "Arn"
    return operator if draw.random() < 0.5 else operator.replace(kind, f"{kind}Not", 1)


def optional(draw: Random, operator: str) -> str:
    return f"{operator}IfExists" if draw.random() < 0.3 else operator
