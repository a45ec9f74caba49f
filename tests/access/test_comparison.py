"""A document counts as wider unless the comparison proves that it allows nothing more."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awsbase.access.comparison import widening, wider
from awsbase.engine.changes import Unknown
from awsbase.policies.document import Document
from tests.policies.evaluate import AccessRequest, allowed
from tests.policies.test_document import document, statement, trusted

DENY = statement(Sid="Closed", Effect="Deny", Action="s3:*")
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
OFFICE = {"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "198.51.100.0/24"]}}
ADMIN = statement(Sid="Rest", NotAction=["account:CloseAccount"], Action=None)


def only(**elements: object) -> Document:
    """Return a document of one statement, without the elements that are None."""
    return document({key: value for key, value in statement(**elements).items() if value is not None})


def arn(resource: str) -> str:
    return f"arn:aws:s3:::{resource}"


@pytest.mark.parametrize(
    ("have", "want"),
    [
        pytest.param(only(), only(), id="the same"),
        pytest.param(only(Action=["s3:GetObject", "s3:PutObject"]), only(), id="one action less"),
        pytest.param(
            document(statement(), statement(Action="s3:PutObject")),
            only(Action=["s3:PutObject", "S3:getobject"]),
            id="statements brought together, in other letters",
        ),
        pytest.param(only(Action="s3:*"), only(Action=["s3:Get*", "s3:PutObject"]), id="narrower patterns"),
        pytest.param(only(Action="s3:Get*"), only(Action="s3:Get?bject"), id="one letter for many"),
        pytest.param(only(Resource=arn("a*")), only(Resource=arn("acme/*")), id="a narrower resource"),
        pytest.param(only(Resource=arn("home/*")), only(Resource=arn("home/${aws:username}/x")), id="a variable"),
        pytest.param(only(), only(Condition=MFA), id="a condition more"),
        pytest.param(
            only(Condition=OFFICE), only(Condition={"IpAddress": {"aws:sourceip": "192.0.2.0/24"}}), id="a value less"
        ),
        pytest.param(
            only(Condition={"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}),
            only(Condition={"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-west-2"]}}),
            id="a value more that must not be",
        ),
        pytest.param(document(statement(), DENY), document(statement(), DENY, {**DENY, "Action": "iam:*"}), id="deny"),
        pytest.param(
            document({**DENY, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}),
            document({**DENY, "Condition": {"BoolIfExists": {"aws:SecureTransport": "false"}}}),
            id="a deny that also holds when the key is missing",
        ),
        pytest.param(only(Action=None, NotAction=["a:B"]), only(Action=None, NotAction=["a:*", "c:D"]), id="not more"),
        pytest.param(only(Action="*"), only(Action=None, NotAction="a:B"), id="everything but"),
        pytest.param(only(Action=None, NotAction=["a:*", "c:D"]), only(Action=["b:X", "c:E"]), id="none of those out"),
        pytest.param(trusted("*"), trusted({"AWS": "arn:aws:iam::123456789012:role/ci"}), id="one of everybody"),
        pytest.param(trusted({"AWS": "arn:aws:iam::123456789012:root"}), trusted({"AWS": "123456789012"}), id="root"),
        pytest.param(only(), document(), id="nothing left"),
        pytest.param({}, {}, id="no document at all"),
    ],
)
def test_narrower_or_equal_document_is_not_wider(have: Document, want: Document) -> None:
    assert wider(have, want) == []


@pytest.mark.parametrize(
    ("have", "want", "expected"),
    [
        pytest.param(
            only(Sid="Read"),
            only(Sid="Read", Action=["s3:GetObject", "s3:*"]),
            "newly allows Action s3:*, Resource * of statement Read",
            id="an action",
        ),
        pytest.param(
            document(statement(Sid="Read"), DENY),
            only(Sid="Read"),
            "no longer denies Action s3:*, Resource * of statement Closed",
            id="a deny removed",
        ),
        pytest.param(document(DENY), document({**DENY, "Action": "s3:Get*"}), "no longer denies", id="a deny narrower"),
        pytest.param(document(DENY), document({**DENY, "Condition": MFA}), "no longer denies", id="a deny conditional"),
        pytest.param(only(Condition=MFA), only(), "newly allows", id="a condition removed"),
        pytest.param(only(Condition=MFA), only(Condition=OFFICE), "newly allows", id="another condition"),
        pytest.param(
            only(Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}),
            only(Condition=OFFICE),
            "newly allows",
            id="a value more",
        ),
        pytest.param(
            only(Condition={"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-west-2"]}}),
            only(Condition={"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}),
            "newly allows",
            id="a value less that must not be",
        ),
        pytest.param(
            only(Condition=MFA),
            only(Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}),
            "newly allows",
            id="a condition that also holds when the key is missing",
        ),
        pytest.param(only(Resource=arn("a")), only(Resource=arn("*")), "newly allows", id="a wider resource"),
        pytest.param(only(Resource=arn("home/????")), only(Resource=arn("home/${a}")), "newly allows", id="a variable"),
        pytest.param(
            only(Resource="arn:aws:sns:*:b"), only(Resource="arn:aws:sns:a:1:b"), "newly allows", id="too few parts"
        ),
        pytest.param(
            only(Resource="arn:aws:sqs:*:1:b:c"),
            only(Resource="arn:aws:sqs:eu-west-1:2:1:b:c"),
            "newly allows",
            id="a wildcard that would have to leave its part of the ARN",
        ),
        pytest.param(
            only(Action=None, NotAction=["a:B", "c:D"]), only(Action=None, NotAction="a:B"), "newly", id="not"
        ),
        pytest.param(only(Action="s3:*"), only(Action=None, NotAction="a:B"), "newly allows", id="everything but"),
        pytest.param(only(Action=None, NotAction="a:B"), only(Action="a:*"), "newly allows", id="perhaps one left out"),
        pytest.param(
            only(Resource=None, NotResource=arn("${aws:username}")),
            only(Resource=arn("a")),
            "newly allows",
            id="perhaps the one left out",
        ),
        pytest.param(
            only(Resource=None, NotResource="arn:aws:s3"),
            only(Resource=arn("a")),
            "newly allows",
            id="a part of an ARN",
        ),
        pytest.param(
            trusted({"Service": "ec2.amazonaws.com"}),
            trusted({"AWS": "123456789012"}),
            "newly allows Principal AWS 123456789012, Action sts:AssumeRole of statement 1",
            id="a principal",
        ),
        pytest.param(trusted({"AWS": "123456789012"}), trusted("*"), "newly allows Principal AWS *", id="everybody"),
        pytest.param(trusted("*"), trusted({"Service": "a.amazonaws.com"}), "newly allows", id="a service"),
        pytest.param(
            only(Resource=arn("a")), only(Resource=Unknown("bucket")), "newly allows", id="what is to be made"
        ),
        pytest.param({}, only(), "newly allows", id="where there was none"),
        pytest.param(
            only(Version="2008-10-17", Resource="${aws:username}") | {"Version": "2008-10-17"},
            only(Resource="${aws:username}"),
            "the new Version",
            id="variables that were text",
        ),
    ],
)
def test_document_that_allows_more_is_wider(have: Document, want: Document, expected: str) -> None:
    found = wider(have, want)
    assert len(found) == 1
    assert found[0].startswith(expected)


def test_what_is_not_made_yet_is_named_and_not_numbered() -> None:
    reason = widening({}, only(Sid="Use", Resource=[Unknown("key acme"), arn("a/*")]))
    assert reason == (
        "newly allows Action s3:GetObject, Resource <key acme, once made> of statement Use; "
        "newly allows Action s3:GetObject, Resource arn:aws:s3:::a/* of statement Use"
    )


def test_widening_shows_the_first_reasons_and_counts_the_others() -> None:
    many = only(Action=[f"s3:{number}" for number in range(5)])
    assert widening({}, many).count("newly allows") == 3
    assert widening({}, many).endswith("; and 2 more")


ACTIONS = ["a:X", "a:Y", "b:X"]
RESOURCES = ["arn:aws:a:::p", "arn:aws:a:::pq", "arn:aws:a:::r"]
REGIONS = ["eu", "us"]


def one_or_not(name: str, values: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    several = st.lists(values, min_size=1, max_size=2)
    return st.sampled_from([name, f"Not{name}"]).flatmap(lambda key: several.map(lambda chosen: {key: chosen}))


conditions: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.just({"Null": {"aws:Region": ["true"]}}),
    st.dictionaries(
        st.sampled_from(["StringEquals", "StringNotEquals", "StringEqualsIfExists", "StringLike"]),
        st.lists(st.sampled_from([*REGIONS, "e*"]), min_size=1, max_size=2).map(lambda values: {"aws:Region": values}),
        min_size=1,
        max_size=2,
    ),
)
statements = st.builds(
    lambda effect, action, resource, condition: {"Effect": effect, **action, **resource, "Condition": condition},
    st.sampled_from(["Allow", "Allow", "Deny"]),
    one_or_not("Action", st.sampled_from([*ACTIONS, "a:*", "*", "?:X"])),
    one_or_not("Resource", st.sampled_from([*RESOURCES, "arn:aws:a:::p*", "*", "arn:aws:a:::${aws:name}"])),
    conditions,
)
REQUESTS = [
    AccessRequest(action, resource, context)
    for action in ACTIONS
    for resource in RESOURCES
    for context in ({"aws:name": "p"}, {"aws:name": "r", "aws:Region": "eu"}, {"aws:name": "pq", "aws:Region": "us"})
]


@st.composite
def edited(draw: st.DrawFn) -> tuple[Document, Document]:
    """Draw a document, and the same document with one element of one statement changed."""
    have, other = draw(st.lists(statements, min_size=1, max_size=2)), draw(statements)
    of = draw(st.sampled_from(["Action", "Resource", "Condition", ""]))
    number = draw(st.integers(0, len(have) - 1))
    rest = {key: value for key, value in have[number].items() if not (of and key.endswith(of))}
    new = {**rest, **{key: value for key, value in other.items() if of and key.endswith(of)}} if of else other
    want = [*have[:number], new, *have[number + 1 :]]
    return ({"Version": "2012-10-17", "Statement": have}, {"Version": "2012-10-17", "Statement": want})


@settings(max_examples=200, deadline=None)
@given(edited())
def test_document_that_is_not_wider_allows_nothing_more(both: tuple[Document, Document]) -> None:
    have, want = both
    if not wider(have, want):
        assert [each for each in REQUESTS if allowed([want], each) and not allowed([have], each)] == []
