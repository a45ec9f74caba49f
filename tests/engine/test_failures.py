"""A failure comes with a hint."""

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
        ("302", "check for a proxy"),
        ("502", "check for a proxy"),
    ],
)
def test_a_refusal_comes_with_a_hint(code: str, advice: str) -> None:
    result = failure(ClientError({"Error": {"Code": code, "Message": "no"}}, "ListUsers"), "arn:aws:iam::1:user/kim")
    assert result.code == code
    assert advice in (result.hint or "")
