"""Events as CloudTrail writes them to its log group, modelled on the samples that AWS publishes."""

from __future__ import annotations

from typing import Any

ACCOUNT = "123456789012"
ALICE = {
    "type": "IAMUser",
    "principalId": "AIDAEXAMPLEALICE",
    "arn": f"arn:aws:iam::{ACCOUNT}:user/alice",
    "accountId": ACCOUNT,
    "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
    "userName": "alice",
}
ROOT = {
    "type": "Root",
    "principalId": ACCOUNT,
    "arn": f"arn:aws:iam::{ACCOUNT}:root",
    "accountId": ACCOUNT,
    "accessKeyId": "",
}
DEPLOY = {
    "type": "AssumedRole",
    "principalId": "AROAEXAMPLE:run-1",
    "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/run-1",
    "accountId": ACCOUNT,
    "sessionContext": {"sessionIssuer": {"type": "Role", "userName": "deploy"}},
}
FEDERATED = {
    "type": "AssumedRole",
    "principalId": "AROAEXAMPLE:alice@acme.example",
    "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/alice@acme.example",
    "accountId": ACCOUNT,
}


def call(source: str, name: str, /, who: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """Return the event of an API call."""
    return {
        "eventVersion": "1.11",
        "userIdentity": ALICE if who is None else who,
        "eventTime": "2026-03-01T12:00:00Z",
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "192.0.2.44",
        "userAgent": "aws-cli/2.17.0",
        "requestParameters": None,
        "responseElements": None,
        "requestID": "EXAMPLE-6de0-4d0f-b2e4",
        "eventID": "EXAMPLE-a5c7-4b2b-9a4f",
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
        **more,
    }


def sign_in(who: dict[str, Any], *, mfa: str = "Yes", result: str = "Success", **more: Any) -> dict[str, Any]:
    """Return the event of a sign-in to the console."""
    return call(
        "signin",
        "ConsoleLogin",
        who,
        eventType="AwsConsoleSignIn",
        awsRegion="us-east-1",
        responseElements={"ConsoleLogin": result},
        additionalEventData={
            "LoginTo": "https://console.aws.amazon.com/console/home",
            "MobileVersion": "No",
            "MFAUsed": mfa,
        },
        **more,
    )


def refused(source: str, name: str, code: str, /, who: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """Return the event of a call that was refused."""
    return call(source, name, who, errorCode=code, errorMessage="User is not authorized to perform this", **more)


FAILED_SIGN_IN = sign_in({**ALICE, "accessKeyId": ""}, mfa="No", result="Failure", errorMessage="Failed authentication")
FEDERATED_SIGN_IN = sign_in(FEDERATED, mfa="No")
# KMS rotates a key by itself; the event names Root although nobody signed in.
ROOT_BY_SERVICE = call(
    "kms", "RotateKey", {"accountId": ACCOUNT, "type": "Root", "invokedBy": "AWS Internal"}, eventType="AwsServiceEvent"
)
ROOT_ON_BEHALF = call("s3", "ListBuckets", {**ROOT, "invokedBy": "support.amazonaws.com"}, readOnly=True)
LOG_DELIVERY = refused(
    "s3",
    "PutObject",
    "AccessDenied",
    {"type": "AWSService", "invokedBy": "delivery.logs.amazonaws.com"},
    sourceIPAddress="delivery.logs.amazonaws.com",
)
HEAD_BUCKET = refused("s3", "HeadBucket", "AccessDenied", readOnly=True)


def bucket(name: str, bucket_name: str) -> dict[str, Any]:
    """Return the event of a change to a bucket."""
    return call("s3", name, requestParameters={"bucketName": bucket_name, "Host": f"{bucket_name}.s3.amazonaws.com"})


def key(name: str, **parameters: str) -> dict[str, Any]:
    """Return the event of a change to a key."""
    arn = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234abcd"
    return call(
        "kms",
        name,
        requestParameters={"keyId": "1234abcd", **parameters},
        resources=[{"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": arn}],
    )
