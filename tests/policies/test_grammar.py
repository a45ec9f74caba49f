"""Documents that AWS would refuse are found without a call, with one line of advice for each mistake."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awsbase.engine.changes import Unknown
from awsbase.policies.grammar import Kind, problems
from tests.policies.test_document import ANYTHING, document, statement

ROLE: dict[str, Any] = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}
BUCKET: dict[str, Any] = statement(Principal="*", Resource="arn:aws:s3:::acme/*")


def without(statement: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in statement.items() if key not in keys}


def when(operator: str, key: str, value: object) -> object:
    return document(statement(Condition={operator: {key: value}}))


@pytest.mark.parametrize(
    ("kind", "given_document"),
    [
        ("identity", document(statement())),
        ("identity", {"Version": "2012-10-17", "Statement": statement(Sid="")}),
        ("inline", {"Version": "2008-10-17", "Statement": statement()}),
        ("identity", document(statement(Action="*"), statement(Action=["s3:Get*", "aws-marketplace:*"]))),
        ("identity", document(statement(Resource=["arn:aws-cn:s3:::x/${aws:username}", "arn:*:iam::*:role/a b"]))),
        ("identity", document({"Effect": "Deny", "NotAction": "iam:*", "NotResource": "arn:aws:s3:::x"})),
        ("identity", when("ForAllValues:StringEqualsIfExists", "aws:TagKeys", ["a", "b"])),
        ("identity", when("BoolIfExists", "aws:MultiFactorAuthPresent", False)),
        ("identity", when("Null", "aws:TagKeys", "true")),
        ("identity", when("NotIpAddress", "aws:SourceIp", ["203.0.113.0/24", "2001:db8::/32", "198.51.100.7"])),
        ("identity", when("NumericLessThan", "aws:MultiFactorAuthAge", 3600)),
        ("trust", document(ROLE)),
        ("trust", document({**ROLE, "Action": ["sts:AssumeRole", "STS:TagSession"]})),
        ("trust", document({**ROLE, "Principal": {"AWS": ["123456789012", "arn:aws:iam::123456789012:role/x/y"]}})),
        ("trust", document({**ROLE, "Principal": {"Federated": "accounts.google.com"}})),
        ("resource", document(BUCKET)),
        ("resource", document({**BUCKET, "Sid": "TLS only", "Principal": {"AWS": "*"}})),
    ],
)
def test_valid_document_has_no_problem(kind: Kind, given_document: object) -> None:
    assert problems(given_document, kind) == []


@pytest.mark.parametrize(
    ("kind", "given_document", "advice"),
    [
        ("identity", [], 'the document is not a JSON object, write {"Version": "2012-10-17", "Statement": [...]}'),
        ("identity", "{}", 'the document is not a JSON object, write {"Version": "2012-10-17", "Statement": [...]}'),
        ("identity", document(), "there is no Statement, add one with Effect, Action and Resource"),
        ("identity", document("x"), "statement 1 is not a JSON object, write one object for each statement"),
        (
            "identity",
            {"Statement": statement()},
            'there is no Version, add "Version": "2012-10-17"; without it AWS takes ${...} variables for plain text',
        ),
        ("identity", {**document(statement()), "Version": "2012"}, "AWS knows no Version '2012', write \"2012-10-17\""),
        (
            "identity",
            {"Version": "2008-10-17", "Statement": statement(Resource="arn:aws:s3:::x/${aws:username}")},
            'Version 2008-10-17 takes ${...} variables for plain text, write "2012-10-17"',
        ),
        (
            "identity",
            {**document(statement()), "Statements": []},
            "the document has no element 'Statements', did you mean Statement?",
        ),
        (
            "identity",
            document(statement(Actions=[])),
            "statement 1: a statement has no element 'Actions', did you mean Action?",
        ),
        ("identity", document(without(statement(), "Effect")), "statement 1: there is no Effect, write Allow or Deny"),
        ("identity", document(statement(Effect="allow")), "statement 1: Effect is 'allow', write Allow or Deny"),
        (
            "identity",
            document(statement(), statement(Sid="Both", NotAction="s3:*")),
            "statement 2 (Both): there are both Action and NotAction, keep one of them",
        ),
        (
            "identity",
            document(without(statement(), "Action")),
            "statement 1: there is neither Action nor NotAction, add Action, such as s3:GetObject",
        ),
        (
            "identity",
            document(statement(Action=[])),
            "statement 1: Action is an empty list, name at least one or leave it out",
        ),
        (
            "identity",
            document(statement(Action=["s3:GetObject", 5])),
            "statement 1: Action contains something that is not a text, write a text or a list of texts",
        ),
        (
            "identity",
            document(statement(Action="GetObject")),
            "statement 1: Action 'GetObject' is not of the form service:Operation, such as s3:GetObject",
        ),
        (
            "identity",
            document(statement(Action="s*:Get")),
            "statement 1: Action 's*:Get' is not of the form service:Operation, such as s3:GetObject",
        ),
        (
            "identity",
            document(without(statement(), "Resource")),
            'statement 1: there is neither Resource nor NotResource, add Resource, an ARN or "*"',
        ),
        (
            "identity",
            document(statement(Resource="acme-state")),
            "statement 1: Resource 'acme-state' is not an ARN, "
            'write arn:partition:service:region:account:name or "*"',
        ),
        (
            "identity",
            document(statement(Principal="*")),
            "statement 1: an identity policy has no Principal, it applies to its own user, group or role; leave it out",
        ),
        (
            "identity",
            document(statement(Sid="Read it")),
            "statement 1 (Read it): IAM takes only letters and digits in a Sid, write 'Readit'",
        ),
        (
            "identity",
            document(statement(Sid="A"), statement(Sid="A", Action="s3:PutObject")),
            "the Sid 'A' is used 2 times, give each statement its own",
        ),
        (
            "identity",
            when("StringEqual", "aws:x", "a"),
            "statement 1: AWS knows no condition operator 'StringEqual', did you mean StringEquals?",
        ),
        (
            "identity",
            when("boolIfExists", "aws:x", "true"),
            "statement 1: AWS knows no condition operator 'boolIfExists', did you mean Bool?",
        ),
        (
            "identity",
            document(statement(Condition={"Bool": "aws:x"})),
            'statement 1: Bool is not a JSON object, write {"key": "value"}',
        ),
        (
            "identity",
            document(statement(Condition=["Bool"])),
            'statement 1: Condition is not a JSON object, write {"Operator": {"key": "value"}}',
        ),
        (
            "identity",
            when("Bool", "MultiFactorAuthPresent", True),
            "statement 1: Bool tests 'MultiFactorAuthPresent' and condition keys look like aws:MultiFactorAuthPresent",
        ),
        ("identity", when("Bool", "aws:x", "yes"), "statement 1: Bool aws:x is 'yes', write true or false"),
        ("identity", when("NumericEquals", "s3:x", "a"), "statement 1: NumericEquals s3:x is 'a', write a number"),
        (
            "identity",
            when("IpAddress", "aws:SourceIp", "203.0.113.0/33"),
            "statement 1: IpAddress aws:SourceIp is '203.0.113.0/33', write a range such as 203.0.113.0/24",
        ),
        (
            "identity",
            when("StringEquals", "aws:x", {"a": "b"}),
            "statement 1: StringEquals aws:x is neither a value nor a list of values, write one of them",
        ),
        (
            "identity",
            document(statement(Resource=[f"arn:aws:s3:::{number:06}" for number in range(400)])),
            "the document has 8894 characters without white space and AWS takes 6144, "
            "split it into two policies, or shorten it with wildcards",
        ),
        (
            "identity",
            document(statement(Resource="arn:aws:s3:::acme→")),
            "IAM does not take the characters →, write it in Latin letters",
        ),
        (
            "trust",
            document(statement(Principal="*", Action="sts:AssumeRole")),
            "statement 1: a trust policy has no Resource, it applies to its own role; leave it out",
        ),
        (
            "trust",
            document(without(ROLE, "Principal")),
            "statement 1: there is neither Principal nor NotPrincipal, add Principal, "
            'such as {"Service": "ec2.amazonaws.com"}',
        ),
        (
            "trust",
            document({**ROLE, "Action": "s3:GetObject"}),
            "statement 1: a trust policy allows only sts actions and this is 's3:GetObject', write sts:AssumeRole",
        ),
        (
            "trust",
            document({**without(ROLE, "Action"), "NotAction": "sts:AssumeRole"}),
            "statement 1: a trust policy has no NotAction, name the sts actions under Action",
        ),
        (
            "trust",
            document({**ROLE, "Principal": "ec2.amazonaws.com"}),
            'statement 1: Principal has no kind, write {"AWS": ...}, {"Service": ...} or {"Federated": ...}',
        ),
        (
            "trust",
            document({**ROLE, "Principal": {"Aws": "123456789012"}}),
            "statement 1: Principal has no element 'Aws', did you mean AWS?",
        ),
        (
            "trust",
            document({**ROLE, "Principal": {"AWS": "alice"}}),
            "statement 1: Principal 'alice' is not a principal, write an account id or the ARN of a user or role",
        ),
        (
            "trust",
            document({**ROLE, "Principal": {"AWS": "AROAEXAMPLEEXAMPLE"}}),
            "statement 1: Principal 'AROAEXAMPLEEXAMPLE' is the id of a deleted user or role, "
            "write the ARN of one that exists",
        ),
        (
            "trust",
            document({**ROLE, "Principal": {"AWS": "arn:aws:iam::123456789012:role/*"}}),
            "statement 1: Principal 'arn:aws:iam::123456789012:role/*' has a wildcard, "
            "name the account and test aws:PrincipalArn with ArnLike",
        ),
        (
            "trust",
            document({**ROLE, "Principal": {"Service": "EC2"}}),
            "statement 1: Principal 'EC2' is not a service, write it like ec2.amazonaws.com",
        ),
        (
            "trust",
            document(*[{**ROLE, "Sid": f"A{number}"} for number in range(25)]),
            "the document has 2553 characters without white space and AWS takes 2048, "
            "shorten it; a raised quota (role trust policy length) allows 4096 at most",
        ),
        (
            "resource",
            document(without(BUCKET, "Principal")),
            "statement 1: there is neither Principal nor NotPrincipal, add Principal, "
            'such as {"Service": "ec2.amazonaws.com"}',
        ),
        (
            "resource",
            document(without(BUCKET, "Resource")),
            'statement 1: there is neither Resource nor NotResource, add Resource, an ARN or "*"',
        ),
    ],
)
def test_each_mistake_is_one_line_of_advice(kind: Kind, given_document: object, advice: str) -> None:
    assert problems(given_document, kind) == [advice]


def test_all_mistakes_are_listed_at_once() -> None:
    broken = {"Statement": [statement(Action="Get"), statement(Effect="No", Resource="x")]}

    assert [problem.partition(":")[0] for problem in problems(broken, "identity")[1:]] == [
        "statement 1",
        "statement 2",
        "statement 2",
    ]


def test_unknown_counts_as_valid() -> None:
    key = Unknown("key")
    unknown = document(
        statement(Resource=key), statement(Resource=[key, "*"], Condition={"ArnLike": {"aws:SourceArn": key}})
    )

    assert problems(unknown, "identity") == []
    assert problems(document({**ROLE, "Principal": {"AWS": [key]}}), "trust") == []


@settings(max_examples=100, deadline=None)
@given(ANYTHING, st.sampled_from(["identity", "trust", "resource"]))
def test_linter_never_fails_on_any_input(anything: object, kind: Kind) -> None:
    for problem in problems({"Version": "2012-10-17", "Statement": anything}, kind) + problems(anything, kind):
        assert problem
        assert "\n" not in problem
