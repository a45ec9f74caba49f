"""A sandbox with rates refuses what comes too fast, in the words of each service, and takes it later."""

import pytest

from awsbase.sandbox import Sandbox
from awsbase.sandbox.rates import DOCUMENTED, Rate
from tests.sandbox.refused import refused
from tests.still import Still


def flooded(*rates: Rate) -> Sandbox:
    sandbox = Sandbox(strict=False, rates=rates)
    sandbox.clock = Still()
    return sandbox


def test_a_bucket_is_emptied_by_calls_and_filled_by_time() -> None:
    sandbox = flooded(Rate("iam:List*", 2))
    iam = sandbox.client("iam")
    assert [refused(iam.list_groups) for _ in range(3)] == [None, None, "Throttling"]
    sandbox.clock.advance(1)
    assert [refused(iam.list_groups) for _ in range(3)] == [None, None, "Throttling"]


def test_other_calls_and_regions_have_buckets_of_their_own() -> None:
    sandbox = flooded(Rate("kms:*", 1, only=True), Rate("kms:*", 1, only=False))
    home, away = sandbox.client("kms", "eu-west-1"), sandbox.client("kms", "us-east-1")
    assert refused(home.list_keys) is None
    assert refused(home.create_key) is None
    assert refused(away.list_keys) is None
    assert refused(home.list_keys) == "ThrottlingException"


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "code"),
    [
        ("iam", "create_group", {"GroupName": "team"}, "Throttling"),
        ("kms", "create_key", {}, "ThrottlingException"),
        ("cloudtrail", "describe_trails", {}, "ThrottlingException"),
    ],
)
def test_the_documented_rates_refuse_a_flood(service: str, operation: str, arguments: object, code: str) -> None:
    sandbox = flooded(*DOCUMENTED)
    call = getattr(sandbox.client(service), operation)
    assert code in [refused(call, **arguments) for _ in range(20)]  # type: ignore[arg-type]


def test_without_rates_nothing_is_too_fast() -> None:
    sandbox = flooded()
    assert {refused(sandbox.client("cloudtrail").describe_trails) for _ in range(20)} == {None}
