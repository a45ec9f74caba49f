"""A request reaches moto as werkzeug would build it, and is read once however often it is sent."""

from __future__ import annotations

import pytest
from moto.core.request import Request

from awsbase.sandbox import wire
from awsbase.sandbox.http import Message
from awsbase.sandbox.moto_state import request_of

FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8", "Content-Length": "16", "X-Amz-Date": "x"}
ALIKE = [
    ("POST", "https://iam.amazonaws.com/", FORM, b"Action=ListUsers"),
    ("GET", "https://s3.us-east-1.amazonaws.com/b/a%20k%C3%BC?x=1&y&z=a%2Fb", {}, b""),
    ("PUT", "https://b.s3.amazonaws.com", {"x-amz-meta-my_key": "v", "Transfer-Encoding": "chunked"}, b"text"),
    ("PUT", "https://b.s3.amazonaws.com/ü?q='é'", {}, b"text"),
    ("GET", "https://b.s3.amazonaws.com//twice//over?list-type=2&prefix=", {"content-type": "text/plain"}, b""),
]


@pytest.mark.parametrize(("method", "url", "headers", "body"), ALIKE)
def test_moto_gets_the_request_that_werkzeug_would_build(
    method: str, url: str, headers: dict[str, str], body: bytes
) -> None:
    ours, theirs = request_of(method, url, headers, body), Request.from_primitives(method, url, headers, body)
    assert ours.get_data(cache=True) == theirs.get_data(cache=True)
    assert (ours.form, ours.args, dict(ours.headers)) == (theirs.form, theirs.args, dict(theirs.headers))
    assert (ours.raw_url, ours.raw_path, ours.url) == (theirs.raw_url, theirs.raw_path, theirs.url)
    own = ("werkzeug.request", "wsgi.input")
    environ = [{name: held for name, held in each.environ.items() if name not in own} for each in (ours, theirs)]
    assert environ[0] == environ[1]


def test_a_request_that_was_read_before_is_told_apart_by_all_that_it_asks() -> None:
    def tags(url: str = "https://b.s3.amazonaws.com/k", body: bytes = b"", **headers: str) -> object:
        return wire.read("s3", Message("PUT", url, {name.replace("_", "-"): v for name, v in headers.items()}, body))[1]

    first = tags(x_amz_tagging="a=1", X_Amz_Date="one", Authorization="somebody")
    assert first == tags(x_amz_tagging="a=1", X_Amz_Date="two", Authorization="somebody else")
    assert first != tags(x_amz_tagging="a=2", X_Amz_Date="one", Authorization="somebody")
    assert tags(body=b"1") != tags(body=b"2")
    assert tags(url="https://b.s3.amazonaws.com/other") != tags()


def test_who_changes_what_was_read_changes_it_for_nobody_else() -> None:
    message = Message("POST", "https://iam.amazonaws.com/", FORM, b"Action=GetUser&Version=2010-05-08&UserName=one")
    wire.read("iam", message)[1]["UserName"] = "two"
    assert wire.read("iam", message)[1] == {"UserName": "one"}


def test_what_a_large_request_holds_is_not_kept() -> None:
    def put(size: int) -> int:
        wire.read("s3", Message("PUT", "https://b.s3.amazonaws.com/large", {}, b"x" * size))
        return wire._read.cache_info().currsize

    before = put(1)
    assert put(wire.LARGE + 1) == before
