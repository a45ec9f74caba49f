"""Facts read answers that AWS really gave: with members left out, and with refusals that mean *no*.

The shapes are those that cloud-custodian's tests recorded on AWS; the values are our own.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any, cast

import boto3
import pytest
from botocore.client import BaseClient

from awsbase.aws import Aws
from awsbase.engine.facts import Facts
from awsbase.ensure.log_group import LogGroupFacts, log_group
from awsbase.ensure.secret import value_since
from awsbase.facts.keys import key_of, rotation_of
from awsbase.responses import validated

REGION = "eu-west-1"
KEY = f"arn:aws:kms:{REGION}:123456789012:key/1234"
IMPORTED = {"Error": {"Code": "UnsupportedOperationException",
                      "Message": f"{KEY} origin is EXTERNAL which is not valid for this operation."}}  # fmt: skip
POLICY = {"Policy": '{"Version": "2012-10-17", "Statement": []}'}


def facts(answers: Mapping[str, Mapping[str, Any]]) -> Facts:
    """Return facts of an account that gives these answers, by operation."""

    def attach(client: BaseClient) -> None:
        def answer(model: Any, **_: Any) -> tuple[Any, dict[str, Any]]:
            given = answers[model.name]
            if "Error" in given:
                return SimpleNamespace(status_code=400, headers={}), {**given, "ResponseMetadata": {}}
            read = validated(given, model.output_shape, model.name)
            return SimpleNamespace(status_code=200, headers={}), {**read, "ResponseMetadata": {}}

        client.meta.events.register("before-call", cast(Any, answer))

    session = boto3.Session("AKIDEXAMPLE", "secret", region_name=REGION)
    return Facts(Aws(session, REGION, attach=[attach]), ThreadPoolExecutor(1))


def test_a_key_of_imported_material_does_not_rotate() -> None:
    assert facts({"GetKeyRotationStatus": IMPORTED}).read(rotation_of, REGION, KEY) is None


@pytest.mark.parametrize(
    ("known", "state"),
    [({}, "Enabled"), ({"Enabled": True}, "Enabled"), ({"Enabled": False}, "Disabled")],
    ids=["ARN alone", "enabled", "disabled"],
)
def test_a_key_may_lack_its_state_and_its_age(known: Mapping[str, Any], state: str) -> None:
    metadata: Mapping[str, Any] = {"KeyMetadata": {"KeyId": "1234", "Arn": KEY, **known}}
    answers = {"DescribeKey": metadata, "GetKeyPolicy": POLICY, "GetKeyRotationStatus": IMPORTED}
    found = facts(answers).read(key_of, REGION, KEY)
    assert (found.state, found.created, found.rotation_days) == (state, None, None)


def test_a_log_group_may_lack_its_age() -> None:
    group = {"logGroupName": "acme", "kmsKeyId": KEY, "storedBytes": 0}
    found = facts({"DescribeLogGroups": {"logGroups": [group]}}).read(log_group, REGION, "acme")
    assert found == LogGroupFacts(retention=None, key=KEY, created=None)


def test_a_secret_without_versions_has_no_value() -> None:
    assert facts({"ListSecretVersionIds": {"Name": "acme"}}).read(value_since, REGION, "acme") is None
