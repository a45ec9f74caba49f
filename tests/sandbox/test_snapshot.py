"""Accounts that are equal dump equal, and whatever is left over shows."""

import json

from awsbase.sandbox import Sandbox


def furnish(sandbox: Sandbox) -> None:
    key = sandbox.client("kms").create_key(Tags=[{"TagKey": "awsbase:address", "TagValue": "key/a"}])["KeyMetadata"]
    sandbox.client("kms").create_alias(AliasName="alias/acme", TargetKeyId=key["KeyId"])
    sandbox.client("logs").create_log_group(logGroupName="trail", kmsKeyId=key["Arn"])
    sandbox.client("iam").create_user(UserName="alice")
    sandbox.client("iam").create_access_key(UserName="alice")
    sandbox.client("s3").create_bucket(Bucket="acme-state")
    topic = sandbox.client("sns").create_topic(Name="security")["TopicArn"]
    vpc = sandbox.client("ec2").create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    where = {"StringNotEquals": {"aws:SourceVpc": vpc}}
    statement = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": where}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sandbox.client("iam").put_user_policy(UserName="alice", PolicyName="here", PolicyDocument=document)
    sandbox.client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="a@acme.example")


def test_two_accounts_furnished_alike_dump_equal() -> None:
    one, other = Sandbox(strict=False), Sandbox(strict=False)
    furnish(one)
    furnish(other)

    assert one.snapshot() == other.snapshot()
    assert "alias/acme" in one.snapshot()["logs"]["us-east-1"]["trail"]["key"]


def test_an_orphan_shows() -> None:
    one, other = Sandbox(strict=False), Sandbox(strict=False)
    furnish(one)
    furnish(other)
    other.client("kms").create_key()

    assert one.snapshot() != other.snapshot()
