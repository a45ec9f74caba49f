"""A failure is told with what to do about it."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from awsbase.engine.failures import failure


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("AccessDenied", "this needs ListUsers"),
        ("403", "this needs ListUsers"),
        ("ExpiredToken", "awsbase mfa refresh"),
        ("InvalidClientTokenId", "check --profile"),
        ("SignatureDoesNotMatch", "clock"),
        ("302", "does a proxy"),
        ("502", "does a proxy"),
    ],
)
def test_a_refusal_comes_with_advice(code: str, advice: str) -> None:
    told = failure(ClientError({"Error": {"Code": code, "Message": "no"}}, "ListUsers"), "arn:aws:iam::1:user/kim")
    assert told.code == code
    assert advice in (told.hint or "")
