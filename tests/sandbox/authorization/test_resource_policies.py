"""Keys, buckets, topics, secrets and roles say themselves who may use them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from awsbase.sandbox import Sandbox
from tests.sandbox.principals import ACCOUNT, KIM, allow, deny, error, kim, person, policy
from tests.sandbox.refused import refused


def once_known(method: Callable[..., Any], **params: Any) -> None:
    """Make a call that names somebody who has just been made: it takes a while until they are known."""
    while refused(method, **params):
        pass


ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}


def key_policy(principal: Any, *actions: str) -> str:
    administrator = f"arn:aws:iam::{ACCOUNT}:root"
    keeper = allow("kms:PutKeyPolicy", "kms:CreateKey", Principal={"AWS": administrator})
    return json.dumps(policy(keeper, allow(*(actions or ("kms:*",)), Principal=principal)))


@pytest.mark.parametrize(
    ("rights", "principal", "code"),
    [
        ([allow("kms:DescribeKey")], ROOT, None),
        ([], ROOT, "AccessDeniedException"),
        ([allow("kms:DescribeKey")], {"AWS": f"arn:aws:iam::{ACCOUNT}:user/ann"}, "AccessDeniedException"),
        ([], {"AWS": KIM}, None),
        ([deny("kms:*")], {"AWS": KIM}, "AccessDeniedException"),
    ],
    ids=["both", "key policy alone", "identity alone", "key policy names kim", "identity denies"],
)
def test_a_key_is_used_by_whom_its_policy_lets(rights: list[Any], principal: Any, code: str | None) -> None:
    sandbox = Sandbox(enforce=True)
    person(sandbox, name="ann")
    calls = kim(sandbox, *rights)
    once_known(sandbox.client("kms").create_key, Policy=key_policy(principal))
    (key,) = sandbox.client("kms").list_keys()["Keys"]
    assert refused(calls("kms").describe_key, KeyId=key["KeyId"]) == code


@pytest.mark.parametrize(("rights", "code"), [
    ([allow("kms:CreateKey")], "MalformedPolicyDocumentException"),
    ([allow("kms:CreateKey", "kms:PutKeyPolicy")], None),
])  # fmt: skip
def test_a_key_policy_must_let_its_writer_write_again(rights: list[Any], code: str | None) -> None:
    """Root in a key policy counts for nothing when the caller's own policies lack kms:PutKeyPolicy."""
    calls = kim(Sandbox(enforce=True), *rights)
    assert refused(calls("kms").create_key, Policy=key_policy(ROOT)) == code


def test_a_bucket_lets_in_whom_its_policy_names() -> None:
    sandbox = Sandbox(enforce=True)
    calls, s3 = kim(sandbox, deny("s3:DeleteObject")), sandbox.client("s3")
    s3.create_bucket(Bucket="acme-x")
    s3.put_object(Bucket="acme-x", Key="a")
    assert refused(calls("s3").get_object, Bucket="acme-x", Key="a") == "AccessDenied"
    inside = allow("s3:GetObject", "s3:DeleteObject", on="arn:aws:s3:::acme-x/*", Principal={"AWS": KIM})
    once_known(s3.put_bucket_policy, Bucket="acme-x", Policy=json.dumps(policy(inside)))
    assert refused(calls("s3").get_object, Bucket="acme-x", Key="a") is None
    assert refused(calls("s3").delete_object, Bucket="acme-x", Key="a") == "AccessDenied"


def test_a_bucket_that_denies_everybody_is_opened_by_root_alone() -> None:
    sandbox = Sandbox(enforce=True)
    s3 = sandbox.client("s3")
    s3.create_bucket(Bucket="acme-x")
    shut = deny("s3:*", on=["arn:aws:s3:::acme-x", "arn:aws:s3:::acme-x/*"], Principal="*")
    s3.put_bucket_policy(Bucket="acme-x", Policy=json.dumps(policy(shut)))
    assert refused(s3.delete_bucket_policy, Bucket="acme-x") == "AccessDenied"
    root = sandbox.client("s3", caller="root")
    assert refused(root.get_bucket_location, Bucket="acme-x") == "AccessDenied"
    assert refused(root.delete_bucket_policy, Bucket="acme-x") is None
    assert refused(s3.get_bucket_location, Bucket="acme-x") is None


@pytest.mark.parametrize("rights", [[allow("s3:PutObject", "s3:GetObject")], [allow("s3:*", "kms:*")]])
def test_what_a_key_encrypts_asks_for_the_key_too(rights: list[Any]) -> None:
    sandbox = Sandbox(enforce=True)
    calls, s3 = kim(sandbox, *rights), sandbox.client("s3")
    key = sandbox.client("kms").create_key()["KeyMetadata"]["Arn"]
    s3.create_bucket(Bucket="acme-x")
    default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
    s3.put_bucket_encryption(Bucket="acme-x", ServerSideEncryptionConfiguration={"Rules": [default]})
    code = None if len(rights[0]["Action"]) == 2 and "kms:*" in rights[0]["Action"] else "AccessDenied"
    assert refused(calls("s3").put_object, Bucket="acme-x", Key="a") == code
    s3.put_object(Bucket="acme-x", Key="b")
    assert refused(calls("s3").get_object, Bucket="acme-x", Key="b") == code


def test_topics_and_secrets_have_policies_too() -> None:
    sandbox = Sandbox(enforce=True)
    calls, sns, secrets = kim(sandbox), sandbox.client("sns"), sandbox.client("secretsmanager")
    topic = sns.create_topic(Name="x")["TopicArn"]
    secret = secrets.create_secret(Name="x", SecretString="y")["ARN"]
    assert refused(calls("sns").publish, TopicArn=topic, Message="m") == "AuthorizationError"
    assert refused(calls("secretsmanager").get_secret_value, SecretId="x") == "AccessDeniedException"

    publish = json.dumps(policy(allow("sns:Publish", on=topic, Principal={"AWS": KIM})))
    once_known(sns.set_topic_attributes, TopicArn=topic, AttributeName="Policy", AttributeValue=publish)
    read = json.dumps(policy(allow("secretsmanager:GetSecretValue", Principal={"AWS": KIM})))
    secrets.put_resource_policy(SecretId=secret, ResourcePolicy=read)
    assert refused(calls("sns").publish, TopicArn=topic, Message="m") is None
    assert refused(calls("secretsmanager").get_secret_value, SecretId="x") is None
    assert refused(calls("secretsmanager").describe_secret, SecretId="x") == "AccessDeniedException"


def trust(**condition: Any) -> str:
    held = {"Effect": "Allow", "Principal": ROOT, "Action": "sts:AssumeRole"}
    return json.dumps(policy({**held, **({"Condition": condition} if condition else {})}))


def role(sandbox: Sandbox, document: str, **more: Any) -> str:
    made = sandbox.client("iam").create_role(RoleName="ops", AssumeRolePolicyDocument=document, **more)
    everything = json.dumps(policy(allow("*")))
    sandbox.client("iam").put_role_policy(RoleName="ops", PolicyName="all", PolicyDocument=everything)
    return str(made["Role"]["Arn"])


@pytest.mark.parametrize(
    ("rights", "document", "code"),
    [
        ([allow("sts:AssumeRole")], trust(), None),
        ([], trust(), "AccessDenied"),
        ([allow("sts:AssumeRole")], trust(Bool={"aws:MultiFactorAuthPresent": "true"}), "AccessDenied"),
        ([allow("sts:AssumeRole", on=f"arn:aws:iam::{ACCOUNT}:role/other")], trust(), "AccessDenied"),
        ([allow("sts:AssumeRole")], trust(StringEquals={"sts:RoleSessionName": "${aws:username}"}), None),
        ([allow("sts:AssumeRole")], trust(StringEquals={"sts:ExternalId": "x"}), "AccessDenied"),
    ],
    ids=["both", "trust alone", "trust asks for MFA", "another role", "own session name", "no external id"],
)
def test_a_role_is_assumed_by_who_may_and_whom_it_trusts(rights: list[Any], document: str, code: str | None) -> None:
    sandbox = Sandbox(enforce=True)
    arn = role(sandbox, document)
    assert refused(kim(sandbox, *rights)("sts").assume_role, RoleArn=arn, RoleSessionName="kim") == code


def in_role(sandbox: Sandbox, arn: str, **more: Any) -> Any:
    got = sandbox.client("sts").assume_role(RoleArn=arn, RoleSessionName="kim", **more)["Credentials"]
    session = boto3.Session(
        got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"], "us-east-1", botocore_session=None
    )
    transport: Any = sandbox.transport
    session.events.register("before-send", transport)
    return session.client("iam")


@pytest.mark.parametrize("narrowed", [
    {"Policy": json.dumps(policy(allow("iam:ListUsers")))},
    {"PolicyArns": [{"arn": f"arn:aws:iam::{ACCOUNT}:policy/few"}]},
], ids=["a document", "an ARN"])  # fmt: skip
def test_a_session_is_narrowed_to_its_own_policies(narrowed: dict[str, Any]) -> None:
    sandbox = Sandbox(enforce=True)
    few = json.dumps(policy(allow("iam:ListUsers")))
    sandbox.client("iam").create_policy(PolicyName="few", PolicyDocument=few)
    arn = role(sandbox, trust())
    assert refused(in_role(sandbox, arn).list_roles) is None
    assert refused(in_role(sandbox, arn, **narrowed).list_users) is None
    assert error(in_role(sandbox, arn, **narrowed).list_roles)[1].endswith(
        "because no session policy allows the iam:ListRoles action"
    )


def test_a_boundary_takes_away_what_it_leaves_out() -> None:
    sandbox = Sandbox(enforce=True)
    few = json.dumps(policy(allow("iam:ListUsers")))
    boundary = sandbox.client("iam").create_policy(PolicyName="few", PolicyDocument=few)["Policy"]["Arn"]
    arn = role(sandbox, trust(), PermissionsBoundary=boundary)
    assert refused(in_role(sandbox, arn).list_users) is None
    assert error(in_role(sandbox, arn).list_roles)[1].endswith(
        "because no permissions boundary allows the iam:ListRoles action"
    )
