"""Documents are compared by meaning, and differences are listed by element."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awsbase.engine.changes import Unknown
from awsbase.policies.document import Difference, Document, difference, minified, same, size

ROOT = "arn:aws:iam::123456789012:root"


def statement(**elements: object) -> Document:
    return {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", **elements}


def document(*statements: object, **elements: object) -> Document:
    return {"Version": "2012-10-17", "Statement": list(statements), **elements}


def when(operator: str, key: str, value: object) -> Document:
    return document(statement(Condition={operator: {key: value}}))


def trusted(principal: object) -> Document:
    return document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal})


READ = statement(Sid="Read")
WRITE = statement(Sid="Write", Action="s3:PutObject")
OWN = statement(Resource="arn:aws:s3:::home/${aws:username}/*")


@pytest.mark.parametrize(
    ("a", "b"),
    [
        pytest.param(document(READ), {"Version": "2012-10-17", "Statement": READ}, id="one statement or a list"),
        pytest.param(document(READ, WRITE), document(WRITE, READ), id="order of statements"),
        pytest.param(document(statement(Action=["s3:GetObject"])), document(statement()), id="one action or a list"),
        pytest.param(
            document(statement(Action=["a:B", "c:D"])),
            document(statement(Action=["c:D", "a:B"])),
            id="order of actions",
        ),
        pytest.param(document(statement(Action="S3:getobject")), document(statement()), id="case of actions"),
        pytest.param(
            document(statement(Resource=["b", "a", "a"])), document(statement(Resource=["a", "b"])), id="resources"
        ),
        pytest.param(document(statement(Sid="A")), document(statement(Sid="B")), id="Sid"),
        pytest.param(document(statement(), Id="x"), document(statement()), id="Id"),
        pytest.param(document(statement(Condition={})), document(statement()), id="no condition"),
        pytest.param(trusted({"AWS": "123456789012"}), trusted({"AWS": [ROOT]}), id="account id"),
        pytest.param(trusted("*"), trusted({"AWS": "*"}), id="everyone"),
        pytest.param(trusted({"Service": ["a", "b"]}), trusted({"Service": ["b", "a"]}), id="order of principals"),
        pytest.param(when("Bool", "aws:X", True), when("Bool", "aws:X", "true"), id="boolean"),
        pytest.param(when("Bool", "aws:X", "True"), when("Bool", "aws:X", ["true"]), id="case of booleans"),
        pytest.param(when("NumericLessThan", "s3:X", 5), when("NumericLessThan", "s3:X", ["5"]), id="number"),
        pytest.param(when("StringEquals", "aws:x", "a"), when("StringEquals", "AWS:X", "a"), id="case of keys"),
        pytest.param({"Statement": []}, {"Version": "2008-10-17"}, id="the oldest version"),
        pytest.param({"Statement": [READ]}, document(READ), id="no version, and no variable"),
    ],
)
def test_documents_with_the_same_meaning_are_same(a: Document, b: Document) -> None:
    assert same(a, b)
    assert difference(a, b) == []


@pytest.mark.parametrize(
    ("a", "b"),
    [
        pytest.param({"Statement": [OWN]}, document(OWN), id="no version, and a variable"),
        pytest.param(document(READ), document(WRITE), id="action"),
        pytest.param(document(statement(Effect="Deny")), document(statement()), id="effect"),
        pytest.param(
            document(statement()),
            document({"Effect": "Allow", "NotAction": "s3:GetObject", "Resource": "*"}),
            id="negation",
        ),
        pytest.param(document(statement(Resource="A")), document(statement(Resource="a")), id="case of resources"),
        pytest.param(when("StringEquals", "aws:x", "a"), when("StringEquals", "aws:x", "A"), id="case of values"),
        pytest.param(when("StringEquals", "aws:x", "a"), when("StringLike", "aws:x", "a"), id="operator"),
        pytest.param(document(statement()), when("StringEquals", "aws:x", "a"), id="condition"),
        pytest.param(trusted({"AWS": ROOT}), trusted({"AWS": "210987654321"}), id="account"),
        pytest.param(trusted({"AWS": "a.com"}), trusted({"Service": "a.com"}), id="kind of principal"),
        pytest.param(document(READ), document(READ, WRITE), id="one more"),
    ],
)
def test_documents_with_different_meanings_are_not_same(a: Document, b: Document) -> None:
    assert not same(a, b)
    assert difference(a, b) != []


@pytest.mark.parametrize("scope", ["Resource", "Action", "Principal", "Condition", "Effect", "Version", "Statement"])
def test_unknown_equals_only_itself(scope: str) -> None:
    unknown = Unknown("key")
    parts: dict[str, Any] = {
        "Resource": document(statement(Resource=["*", unknown])),
        "Action": document(statement(Action=unknown)),
        "Principal": trusted({"AWS": unknown}),
        "Condition": when("StringEquals", "aws:SourceArn", unknown),
        "Effect": document(statement(Effect=unknown)),
        "Version": {**document(READ), "Version": unknown},
        "Statement": document(READ, unknown),
    }
    with_it, from_aws = parts[scope], document(statement())

    assert same(with_it, copy.copy(with_it))
    assert not same(with_it, from_aws)
    assert difference(from_aws, with_it) != []
    assert difference(with_it, with_it) == []
    assert size(with_it) > 0
    with pytest.raises(TypeError):
        minified(with_it)


def test_difference_shows_an_unknown_as_it_is() -> None:
    unknown = Unknown("key")
    assert difference(document(READ), document({**READ, "Resource": unknown})) == [
        Difference("statement Read Resource", ["*"], [unknown])
    ]


@pytest.mark.parametrize(
    ("have", "want", "shown"),
    [
        pytest.param(
            document(statement(Sid="Read", Action=["s3:GetObject", "s3:PutObject"])),
            document(statement(Sid="Read", Action=["S3:getObject", "s3:ListBucket"])),
            [("statement Read Action", ["s3:PutObject"], ["s3:ListBucket"])],
            id="only the actions that differ",
        ),
        pytest.param(
            document(READ),
            document({**READ, "Condition": {"Bool": {"aws:SecureTransport": True}}}),
            [("statement Read Condition", None, {"Bool": {"aws:SecureTransport": True}})],
            id="a condition came",
        ),
        pytest.param(document(READ), document(WRITE, READ), [("statement Write", None, WRITE)], id="a statement came"),
        pytest.param(document(READ, WRITE), document(READ), [("statement Write", WRITE, None)], id="a statement went"),
        pytest.param(
            document(statement(), statement(Effect="Deny")),
            document(statement(), statement(Effect="Deny", Resource="x")),
            [("statement 2 Resource", ["*"], ["x"])],
            id="without a Sid it is numbered",
        ),
        pytest.param(
            {"Statement": [OWN]}, document(OWN), [("Version", None, "2012-10-17")], id="the version is missing"
        ),
    ],
)
def test_difference_is_listed_by_statement(have: Document, want: Document, shown: list[Any]) -> None:
    assert difference(have, want) == shown


def test_minified_keeps_the_order_and_size_counts_as_iam_does() -> None:
    text = '{"Version":"2012-10-17","Statement":[{"Sid":"É","Effect":"Allow"}]}'

    assert minified(json.loads(text)) == text
    assert size(json.loads(text)) == len(text)


# Documents of every shape, and the ways to write each.

NAMES = st.sampled_from(["s3:GetObject", "s3:Put*", "iam:*", "*", "kms:Decrypt"])
SCALARS = st.sampled_from(["a", "true", "5", True, False, 5, "123456789012", ROOT])


def some(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return values | st.lists(values, max_size=3)


STATEMENTS = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny"])},
    optional={
        "Sid": st.sampled_from(["A", "B", ""]),
        "Action": some(NAMES),
        "NotAction": some(NAMES),
        "Resource": some(st.sampled_from(["*", "x", "X"])),
        "Principal": st.just("*") | st.dictionaries(st.sampled_from(["AWS", "Service"]), some(SCALARS), max_size=2),
        "Condition": st.dictionaries(
            st.sampled_from(["Bool", "StringEquals"]), st.dictionaries(st.just("aws:x"), some(SCALARS)), max_size=2
        ),
    },
)
DOCUMENTS = st.fixed_dictionaries(
    {}, optional={"Version": st.sampled_from(["2012-10-17", "2008-10-17"]), "Statement": some(STATEMENTS)}
)
LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.builds(Unknown, st.just("key"))
ANYTHING = st.recursive(
    LEAVES,
    lambda part: (
        st.lists(part, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Version", "Statement", "Action", "Principal", "AWS", "Condition", "Bool", "x"]), part
        )
    ),
    max_leaves=8,
)
ANY_DOCUMENT = st.dictionaries(st.sampled_from(["Version", "Id", "Statement", "Action", "x"]), ANYTHING, max_size=4)
FEW = settings(max_examples=60, deadline=None)


def respelt(draw: st.DataObject, part: Any, key: str = "") -> Any:
    """Draw a document of the same meaning: shuffled, lists of one unwrapped, actions in upper case."""
    if isinstance(part, dict):
        turned = draw.draw(st.permutations(sorted(part)))
        return {name: respelt(draw, part[name], name if key != "Condition" else key) for name in turned}
    if isinstance(part, list):
        mixed = [respelt(draw, entry, key) for entry in draw.draw(st.permutations(part))]
        return mixed[0] if len(mixed) == 1 and draw.draw(st.booleans()) else mixed
    return part.upper() if key in ("Action", "NotAction") and draw.draw(st.booleans()) else part


@FEW
@given(DOCUMENTS, st.data())
def test_same_ignores_spelling_and_order(one: Document, data: st.DataObject) -> None:
    other = respelt(data, one)

    assert same(one, other)
    assert same(other, one)
    assert difference(one, other) == []


@FEW
@given(DOCUMENTS, DOCUMENTS, DOCUMENTS)
def test_same_is_an_equivalence_relation(a: Document, b: Document, c: Document) -> None:
    assert same(a, copy.deepcopy(a))
    assert same(a, b) == same(b, a)
    assert not (same(a, b) and same(b, c)) or same(a, c)


@FEW
@given(ANY_DOCUMENT | DOCUMENTS, ANY_DOCUMENT | DOCUMENTS)
def test_difference_is_empty_exactly_when_documents_are_same(a: Document, b: Document) -> None:
    assert same(a, a)
    assert same(a, b) == (difference(a, b) == [])
    assert same(a, b) == (difference(b, a) == [])
