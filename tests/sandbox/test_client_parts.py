"""What clients of sandboxes share is nothing that one could change for another, and no other client has it."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.awsrequest import AWSPreparedRequest

from awsbase.sandbox import Sandbox


def test_clients_share_models_and_methods_but_neither_handlers_nor_account() -> None:
    one, other = Sandbox(account="111111111111"), Sandbox(account="222222222222")
    first, second = one.client("sts"), other.client("sts", "eu-west-1")
    assert first.meta.service_model is second.meta.service_model
    assert type(first).get_caller_identity is type(second).get_caller_identity

    seen: list[str] = []

    def see(request: AWSPreparedRequest, **_: Any) -> None:
        seen.append(request.url)

    first.meta.events.register_first("before-send.sts.GetCallerIdentity", see)
    assert second.get_caller_identity()["Account"] == "222222222222"
    assert seen == []
    assert first.get_caller_identity()["Account"] == "111111111111"
    assert len(seen) == 1
    assert "sts.us-east-1." in seen[0]


def test_other_clients_have_models_of_their_own() -> None:
    shared = Sandbox().client("sts").meta.service_model
    session = boto3.Session("AKIDEXAMPLE", "secret", region_name="eu-west-1")
    assert session.client("sts").meta.service_model is not shared


def test_a_client_in_another_region_has_its_endpoint() -> None:
    sandbox = Sandbox()
    for region in ("us-east-1", "eu-west-1", "us-east-1"):
        assert region in sandbox.client("kms", region).meta.endpoint_url
        sandbox.client("kms", region).list_keys()
    assert [call.region for call in sandbox.calls] == ["us-east-1", "eu-west-1", "us-east-1"]
