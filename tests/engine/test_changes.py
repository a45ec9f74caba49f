"""Unknown values stay unknown, and digests leave out only them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from awsbase.engine.changes import Drift, Unknown, UnknownValueUsed, compare, digest, unknowns


@pytest.mark.parametrize(
    "look",
    [bool, str, len, list, lambda value: f"{value}", lambda value: value + "/x", lambda value: "x" in value],
    ids=["bool", "str", "len", "list", "format", "add", "in"],
)
def test_an_unknown_value_refuses_inspection(look: Callable[[Unknown], object]) -> None:
    with pytest.raises(UnknownValueUsed, match="key is not known before it is created"):
        look(Unknown("key"))


def test_an_unknown_value_can_be_passed_on_and_indexed() -> None:
    arn = Unknown("key")["KeyMetadata"]["Arn"]
    assert repr([arn]) == "[<key, once made>]"
    assert list(unknowns({"Policy": {"Statement": [{"Resource": arn}]}, "Name": "x"})) == [
        "Policy.Statement.0.Resource"
    ]


def test_compare_names_the_fields_that_differ_and_only_managed_ones() -> None:
    have, want = {"path": "/", "tags": {"a": "1"}, "foreign": 1}, {"path": "/ops/", "tags": {"a": "1"}}
    assert compare(have, want) == [Drift("path", "/", "/ops/")]


def test_the_digest_of_a_plan_equals_that_of_the_call_with_known_values() -> None:
    planned = {"Bucket": "b", "Rules": [{"KMSMasterKeyID": Unknown("key")}]}
    holes = tuple(unknowns(planned))
    made = {"Bucket": "b", "Rules": [{"KMSMasterKeyID": "arn:aws:kms:eu-west-1:1:key/2"}]}
    assert digest(planned) == digest(made, holes)
    assert digest(planned) != digest({**made, "Bucket": "other"}, holes)
    assert digest({"a": {"x": 1, "y": 2}}) == digest({"a": {"y": 2, "x": 1}})
