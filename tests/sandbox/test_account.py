"""The sandbox answers as one AWS account, and nothing leaves it."""

import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from awsbase.sandbox import Sandbox
from tests.sandbox.refused import refused


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


@pytest.mark.parametrize(
    ("caller", "arn"),
    [
        (None, "arn:aws:sts::123456789012:assumed-role/sandbox-administrator/you"),
        ("root", "arn:aws:iam::123456789012:root"),
        ("user/alice", "arn:aws:iam::123456789012:user/alice"),
        ("session/alice", "arn:aws:iam::123456789012:user/alice"),
        ("role/reader", "arn:aws:sts::123456789012:assumed-role/reader/session"),
    ],
)
def test_everybody_is_who_they_say(caller: str | None, arn: str) -> None:
    sts = Sandbox().client("sts", caller=caller)

    assert sts.get_caller_identity()["Arn"] == arn


def test_a_created_key_acts_as_its_user_until_it_is_deleted() -> None:
    sandbox = Sandbox()
    iam = sandbox.client("iam")
    iam.create_user(UserName="kim", Path="/staff/")
    key = iam.create_access_key(UserName="kim")["AccessKey"]
    sandbox.clock.advance(60)
    sts = sandbox.session().client(
        "sts", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"]
    )

    assert sts.get_caller_identity()["Arn"] == "arn:aws:iam::123456789012:user/staff/kim"

    iam.delete_access_key(UserName="kim", AccessKeyId=key["AccessKeyId"])
    with pytest.raises(ClientError) as refused:
        sts.get_caller_identity()
    assert code(refused) == "InvalidClientTokenId"


@pytest.mark.parametrize(
    ("service", "method", "said"),
    [
        ("sts", "get_caller_identity", "InvalidClientTokenId"),
        ("kms", "list_keys", "UnrecognizedClientException"),
        ("ec2", "describe_vpcs", "AuthFailure"),
        ("s3", "list_buckets", "InvalidAccessKeyId"),
    ],
)
def test_a_key_that_is_nobodys_is_refused_in_each_services_words(service: str, method: str, said: str) -> None:
    def asking(key: str, *, strict: bool = True) -> str | None:
        make: Any = Sandbox(strict=strict).session().client
        return refused(getattr(make(service, aws_access_key_id=key, aws_secret_access_key="x"), method))

    assert asking("AKIANOBODY0000000000") == said
    assert asking("AKIANOBODY0000000000", strict=False) is None
    assert asking("sandbox") is None


def test_what_crossed_the_wire_is_recorded_in_order() -> None:
    sandbox = Sandbox()
    iam = sandbox.client("iam")
    iam.create_group(GroupName="Ops")
    iam.list_groups()
    with pytest.raises(ClientError):
        iam.get_group(GroupName="absent")

    assert [(call.name, call.region, call.writes, call.error) for call in sandbox.calls] == [
        ("iam:CreateGroup", "us-east-1", True, None),
        ("iam:ListGroups", "us-east-1", False, None),
        ("iam:GetGroup", "us-east-1", False, "NoSuchEntity"),
    ]
    assert sandbox.calls[0].params == {"GroupName": "Ops"}


def test_two_sandboxes_know_nothing_of_each_other() -> None:
    one, other = Sandbox(), Sandbox(account="210987654321")
    one.client("s3").create_bucket(Bucket="acme-state")
    other.client("s3").create_bucket(Bucket="acme-state")
    one.client("iam").create_user(UserName="alice")

    assert [user["UserName"] for user in one.client("iam").list_users()["Users"]] == ["alice"]
    assert other.client("iam").list_users()["Users"] == []
    assert ":210987654321:" in other.client("iam").create_user(UserName="bob")["User"]["Arn"]


def test_policies_that_aws_manages_are_there() -> None:
    iam = Sandbox().client("iam")
    iam.create_group(GroupName="Readers")
    iam.attach_group_policy(GroupName="Readers", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")

    assert iam.get_policy(PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")["Policy"]["AttachmentCount"] == 1
    fresh = Sandbox().client("iam").get_policy(PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    assert fresh["Policy"]["AttachmentCount"] == 0


@pytest.mark.parametrize(
    ("service", "method", "params"),
    [
        ("freetier", "get_free_tier_usage", {}),
        ("iam", "simulate_custom_policy", {"PolicyInputList": ["{}"], "ActionNames": ["s3:Get*"]}),
    ],
)
def test_what_the_sandbox_lacks_is_refused_by_name(service: str, method: str, params: dict[str, Any]) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(Sandbox().client(service), method)(**params)

    assert code(refused) == "SandboxGap"


def test_another_host_is_never_reached() -> None:
    client = Sandbox().session().client("iam", endpoint_url="http://203.0.113.1:9")

    with pytest.raises(ClientError) as refused:
        client.list_users()
    assert code(refused) == "SandboxGap"


def test_no_test_connects_to_another_machine() -> None:
    with pytest.raises(ConnectionRefusedError, match="a test wanted to connect"):
        socket.create_connection(("192.0.2.1", 443), timeout=1)


def test_many_threads_find_one_account() -> None:
    sandbox, other = Sandbox(), Sandbox()
    iam, other_iam = sandbox.client("iam"), other.client("iam")

    def create(number: int) -> None:
        (iam if number % 2 else other_iam).create_user(UserName=f"user-{number}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(create, range(40)))

    assert [len(one.list_users()["Users"]) for one in (iam, other_iam)] == [20, 20]
    assert [len(one.calls) for one in (sandbox, other)] == [21, 21]
