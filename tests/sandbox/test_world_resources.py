"""Buckets, keys, topics and secrets of another account: their policies decide, and between accounts both sides do."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from awsbase.sandbox import World
from awsbase.sandbox.organization_state import organization
from tests.sandbox.principals import allow, policy
from tests.sandbox.refused import refused

USERS, LOGS, OUTSIDE = "111111111111", "333333333333", "999999999999"
REGION = "eu-west-1"
OWN = f"arn:aws:iam::{LOGS}:root"


@dataclass(frozen=True)
class Kind:
    """A resource of the second account, how its policy is written, and how the first one uses it."""

    name: str
    actions: str
    """Of all of them, for its owner."""
    action: str
    """That the other account asks for."""
    denied: str


BUCKET = Kind("bucket", "s3:*", "s3:ListBucket", "AccessDenied")
KEY = Kind("key", "kms:*", "kms:DescribeKey", "AccessDeniedException")
TOPIC = Kind("topic", "sns:GetTopicAttributes", "sns:Publish", "AuthorizationError")
SECRET = Kind("secret", "secretsmanager:GetSecretValue", "secretsmanager:GetSecretValue", "AccessDeniedException")
KINDS = (BUCKET, KEY, TOPIC, SECRET)
kinds = pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])


@dataclass(frozen=True)
class Resources:
    """The second account's resources, and how somebody uses them."""

    world: World
    arns: dict[str, str]

    def open(self, kind: Kind, statement: dict[str, Any] | None) -> None:
        """Let a resource have a policy with one more statement than it needs for its owner."""
        arn = self.arns[kind.name]
        on = "*" if kind is KEY else arn
        own = allow(kind.actions, on=on, Principal={"AWS": OWN})
        text = json.dumps(policy(own, *([statement | {"Resource": on}] if statement else [])))
        client = self.world.accounts[LOGS].client
        match kind.name:
            case "bucket":
                client("s3").put_bucket_policy(Bucket="acme-logs", Policy=text)
            case "key":
                client("kms", REGION).put_key_policy(KeyId=arn, PolicyName="default", Policy=text)
            case "topic":
                client("sns", REGION).set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=text)
            case "secret":
                client("secretsmanager", REGION).put_resource_policy(SecretId=arn, ResourcePolicy=text)

    def use(self, kind: Kind, account: str = USERS, caller: str | None = None) -> str | None:
        """Use a resource from an account; return the code of the refusal."""

        def client(service: str) -> Any:
            return self.world.accounts[account].client(service, REGION, caller)

        arn = self.arns[kind.name]
        match kind.name:
            case "bucket":
                return refused(client("s3").list_objects_v2, Bucket="acme-logs")
            case "key":
                return refused(client("kms").describe_key, KeyId=arn)
            case "topic":
                return refused(client("sns").publish, TopicArn=arn, Message="m")
        return refused(client("secretsmanager").get_secret_value, SecretId=arn)


def made(**settings: Any) -> Resources:
    world = World([USERS, LOGS], management=USERS, **settings)
    client = world.accounts[LOGS].client
    client("s3", REGION).create_bucket(Bucket="acme-logs", CreateBucketConfiguration={"LocationConstraint": REGION})
    arns = {
        "bucket": "arn:aws:s3:::acme-logs",
        "key": client("kms", REGION).create_key()["KeyMetadata"]["Arn"],
        "topic": client("sns", REGION).create_topic(Name="security")["TopicArn"],
        "secret": client("secretsmanager", REGION).create_secret(Name="token", SecretString="s")["ARN"],
    }
    return Resources(world, arns)


@pytest.fixture(scope="module")
def resources() -> Resources:
    return made()


@kinds
def test_an_account_that_no_policy_names_is_refused(kind: Kind, resources: Resources) -> None:
    resources.open(kind, None)
    assert resources.use(kind) == kind.denied
    assert resources.use(kind, LOGS) is None


@kinds
def test_an_account_that_the_policy_names_is_let_in(kind: Kind, resources: Resources) -> None:
    resources.open(kind, allow(kind.action, Principal={"AWS": f"arn:aws:iam::{USERS}:root"}))
    assert resources.use(kind) is None


@kinds
def test_only_the_organization_is_let_in_when_the_policy_says_so(kind: Kind, resources: Resources) -> None:
    world = resources.world
    id = organization(world.first).org.id
    members = {"StringEquals": {"aws:PrincipalOrgID": id}}
    resources.open(kind, allow(kind.action, Principal={"AWS": "*"}, Condition=members))
    if OUTSIDE not in world.accounts:
        world.add(OUTSIDE)
    assert resources.use(kind) is None
    assert resources.use(kind, OUTSIDE) == kind.denied


def test_where_it_is_enforced_the_caller_needs_a_policy_too() -> None:
    resources = made(enforce=True)
    iam = resources.world.accounts[USERS].client("iam")
    iam.create_user(UserName="alice")
    resources.world.clock.advance(600)
    for kind in KINDS:
        resources.open(kind, allow(kind.action, Principal={"AWS": f"arn:aws:iam::{USERS}:user/alice"}))
    assert [resources.use(kind, caller="user/alice") for kind in KINDS] == [kind.denied for kind in KINDS]

    text = json.dumps(policy(allow(*(kind.action for kind in KINDS))))
    iam.put_user_policy(UserName="alice", PolicyName="rights", PolicyDocument=text)
    assert [resources.use(kind, caller="user/alice") for kind in KINDS] == [None] * len(KINDS)


def test_what_is_written_to_a_bucket_of_another_account_is_there_and_nowhere_else(resources: Resources) -> None:
    arn = resources.arns["bucket"]
    text = policy(
        allow("s3:*", on=arn, Principal={"AWS": OWN}),
        allow("s3:PutObject", on=f"{arn}/*", Principal={"AWS": f"arn:aws:iam::{USERS}:root"}),
    )
    world = resources.world
    logs = world.accounts[LOGS].client("s3")
    logs.put_bucket_policy(Bucket="acme-logs", Policy=json.dumps(text))
    users = world.accounts[USERS].client("s3", REGION)
    users.put_object(Bucket="acme-logs", Key="a", Body=b"hello")
    assert [each["Key"] for each in logs.list_objects_v2(Bucket="acme-logs")["Contents"]] == ["a"]
    assert refused(users.get_object, Bucket="acme-logs", Key="a") == "AccessDenied"
    assert refused(users.put_object, Bucket="acme-logs", Key="b", ExpectedBucketOwner=USERS) == "AccessDenied"
    assert world.accounts[USERS].calls[-1].name == "s3:PutObject"


def test_moto_alone_takes_every_account_for_the_owner() -> None:
    resources = made(strict=False)
    for kind in KINDS:
        resources.open(kind, None)
    assert [resources.use(kind) for kind in KINDS] == [None] * len(KINDS)


@pytest.mark.parametrize("who", ["user/alice", "role/absent"])
def test_a_policy_names_only_principals_of_the_other_account_that_are_there(who: str) -> None:
    world = World([USERS, LOGS])
    world.accounts[USERS].client("iam").create_user(UserName="alice")
    world.clock.advance(600)
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{USERS}:{who}"}}
    params = {"RoleName": "Reader", "AssumeRolePolicyDocument": json.dumps(policy(statement))}
    code = None if who == "user/alice" else "MalformedPolicyDocument"
    assert refused(world.accounts[LOGS].client("iam").create_role, **params) == code
