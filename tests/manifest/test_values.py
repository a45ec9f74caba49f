"""Single values: what AWS accepts, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from awsbase.manifest import values as v
from awsbase.manifest.paths import closest, dotted, shown


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (
            v.BucketName,
            ["abc", "acme-state", "a" * 63, "1-2", "{name}-state"],
            ["ab", "A-b", "a.b", "-ab", "ab-", "a" * 64, "a_b", "127.0.0.1", "abc\n",
             "xn--a", "sthree-a", "a-s3alias", "a--x-s3", "acme-an", "amzn-s3-demo-x"],
        ),
        (v.UserName, ["a", "a.b@c-d_e+f=g,h", "x" * 64], ["", "x" * 65, "a b", "ü", "a/b", "a\n"]),
        (v.GroupName, ["Ops", "x" * 128], ["x" * 129, "a:b"]),
        (v.IamPath, ["/", "/a/", "/a/b/"], ["", "a", "/a", "a/"]),
        (v.AccountAlias, ["abc", "acme-prod"], ["ab", "a--b", "-ab", "ab-", "Abc", "123456789012", "a" * 64]),
        (v.TopicName, ["a", "a_b-c"], ["a.fifo", "a b", "x" * 257]),
        (v.TrailName, ["abc", "a.b-c_d"], ["ab", "a..b", "-ab", "1.2.3.4"]),
        (v.LogGroupName, ["/a/b", "a.b_c#d-e"], ["aws/a", "a b", ""]),
        (v.KmsAlias, ["alias/a", "alias/a/b_c-d"], ["a", "alias/", "alias/aws/s3", "alias/a b"]),
        (
            v.ArnStr,
            ["arn:aws:iam::aws:policy/X", "arn:aws-cn:sns:cn-north-1:123456789012:x"],
            ["arn:x", "aws:iam", "arn:aws:iam::12:x", "arn:aws:iam::123456789012: x"],
        ),
        (
            v.Email,
            ["a@b.example", "a+b@c-d.co.uk", "{name}@acme.example"],
            ["a", "a@b", "a b@c.de", "@b.de", "a@-b.de", "a@b..de", "A <a@b.de>"],
        ),
        (v.LogRetention, [1, 365, 3653], [0, 2, 4000]),
        (v.AccountId, ["000000000012"], ["1" * 11, "1" * 13, "１２３４５６７８９０１２", "123456789012\n"]),
        (
            v.Tags,
            [{}, {"a": ""}, {"Größe ä": "x@y/z:1"}, {"k" * 128: "v" * 256}],
            [{"": "x"}, {"k" * 129: ""}, {"k": "v" * 257}, {"AWS:x": "y"}, {"awsbase:address": "x"}, {"a": "b,c"},
             {str(n): "x" for n in range(46)}],
        ),
    ],
)  # fmt: skip
def test_values_are_valid_exactly_as_in_aws(kind: Any, good: list[object], bad: list[object]) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    for value in good:
        assert adapter.validate_python(value, strict=True) == value
    for value in bad:
        with pytest.raises(ValidationError):
            adapter.validate_python(value, strict=True)


@pytest.mark.parametrize(
    ("word", "choices", "hint"),
    [
        ("Opps", ["Ops", "Admins"], "did you mean 'Ops'?"),
        ("ops", ["Ops", "Admins"], "did you mean 'Ops'?"),
        ("admin", ["Administrators", "Billing"], "did you mean 'Administrators'?"),
        ("xyz", ["Ops", "Admins"], None),
        ("", ["a"], None),
        ("a", [], None),
        ("x" * 100_000, ["x"], None),
    ],
)
def test_nearest_name_is_suggested(word: str, choices: list[str], hint: str | None) -> None:
    assert closest(word, choices) == hint


def test_paths_and_values_are_shown_as_in_yaml() -> None:
    assert dotted(("iam", "users", "a.b", "keys", 0)) == 'iam.users."a.b".keys[0]'
    given: list[object] = [None, True, {}, [1], 5, "x"]
    assert [shown(value) for value in given] == ["nothing", "true", "a mapping", "a list", "5", "'x'"]
    assert shown("x" * 100) == "'" + "x" * 38 + "…"
