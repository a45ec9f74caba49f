"""moto judges IAM's documents beside the sandbox's own grammar, without what it alone refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from moto.iam.exceptions import MalformedPolicyDocument
from moto.iam.policy_validation import IAMPolicyDocumentValidator

from awsbase.sandbox import Sandbox
from awsbase.sandbox.services.iam.policy_documents import as_moto_takes_it
from tests.sandbox.refused import refused

JOBS = "arn:aws:s3:eu-west-1:123456789012:job/*"


def document(**more: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", **more}
    return {"Version": "2012-10-17", "Statement": [statement]}


def judged(written: dict[str, Any]) -> bool:
    try:
        IAMPolicyDocumentValidator(json.dumps(written)).validate()
    except MalformedPolicyDocument:
        return False
    return True


@pytest.mark.parametrize(
    "written",
    [
        document(Condition={"NumericLessThan": {"s3:max-keys": 10}}),
        document(Condition={"DateLessThan": {"aws:CurrentTime": "2030-01-31T23:59Z"}}),
        document(Resource=JOBS),
        document(Resource="arn:aws:iam::*:*"),
    ],
    ids=["a number", "a date without seconds", "jobs of S3 in a region", "all of IAM everywhere"],
)
def test_what_iam_takes_and_moto_does_not_is_taken(written: dict[str, Any]) -> None:
    assert not judged(written)
    assert judged(as_moto_takes_it(written))
    iam = Sandbox().client("iam")
    arn = iam.create_policy(PolicyName="p", PolicyDocument=json.dumps(written))["Policy"]["Arn"]
    assert iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"] == written


@pytest.mark.parametrize(
    "written",
    [
        document(Action="nothing"),
        document(Resource="nothing"),
        document(Resource="arn:aws:s3:eu-west-1:123456789012:bucket"),
        document(Condition={"StringIs": {"aws:username": "x"}}),
        document(Effect="Perhaps"),
        {"Version": "2012-10-17"},
    ],
    ids=["no vendor", "no ARN", "a bucket in a region", "no operator", "no effect", "no statement"],
)
def test_what_both_refuse_is_refused(written: dict[str, Any]) -> None:
    assert refused(Sandbox().client("iam").create_policy, PolicyName="p", PolicyDocument=json.dumps(written)) == (
        "MalformedPolicyDocument"
    )
