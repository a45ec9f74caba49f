"""Reports of what was used last: they take a moment, lag by hours, and tell of actions; moto has none."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from awsbase.sandbox import Sandbox

HOUR = 3_600
ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def used() -> Sandbox:
    """Return an account in which the user ann has listed topics and read about herself, five hours ago."""
    sandbox = Sandbox()
    iam = sandbox.client("iam")
    iam.create_user(UserName="ann")
    iam.put_user_policy(UserName="ann", PolicyName="all", PolicyDocument=json.dumps(ALL))
    sandbox.client("sns", "eu-west-1", caller="user/ann").list_topics()
    sandbox.client("iam", caller="user/ann").get_user()
    sandbox.clock.advance(5 * HOUR)
    return sandbox


def asked(sandbox: Sandbox, granularity: str = "ACTION_LEVEL") -> str:
    """Ask for a report about ann; return the id of the job."""
    iam = sandbox.client("iam")
    arn = iam.get_user(UserName="ann")["User"]["Arn"]
    return str(iam.generate_service_last_accessed_details(Arn=arn, Granularity=granularity)["JobId"])


def told(sandbox: Sandbox, job: str) -> dict[str, Any]:
    """Return a report once it is there."""
    iam = sandbox.client("iam")
    while (answer := iam.get_service_last_accessed_details(JobId=job))["JobStatus"] == "IN_PROGRESS":
        assert answer["ServicesLastAccessed"] == []
    return {
        each["ServiceNamespace"]: [action["ActionName"] for action in each.get("TrackedActionsLastAccessed", [])]
        for each in answer["ServicesLastAccessed"]
    }


def test_a_report_is_not_there_at_once_and_then_tells_the_last_actions() -> None:
    sandbox = used()
    job = asked(sandbox)
    assert sandbox.client("iam").get_service_last_accessed_details(JobId=job)["JobStatus"] == "IN_PROGRESS"
    assert told(sandbox, job) == {"iam": ["GetUser"], "sns": ["ListTopics"]}
    assert told(sandbox, asked(sandbox, "SERVICE_LEVEL")) == {"iam": [], "sns": []}


def test_what_was_used_in_the_last_hours_is_not_told_yet() -> None:
    sandbox = used()
    sandbox.client("kms", "eu-west-1", caller="user/ann").list_keys()
    assert "kms" not in told(sandbox, asked(sandbox))
    sandbox.clock.advance(5 * HOUR)
    assert "kms" in told(sandbox, asked(sandbox))


def test_nobody_and_no_job_are_refused() -> None:
    iam = used().client("iam")
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.generate_service_last_accessed_details(Arn="arn:aws:iam::123456789012:user/bob")
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.get_service_last_accessed_details(JobId="0" * 36)


def test_roles_tell_when_they_were_used_last() -> None:
    sandbox = Sandbox()
    iam = sandbox.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    for name in ("app", "idle"):
        iam.create_role(
            RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trust})
        )
    sandbox.client("sns", "eu-west-1", caller="role/app").list_topics()
    sandbox.clock.advance(5 * HOUR)
    roles = iam.get_account_authorization_details(Filter=["Role"])["RoleDetailList"]
    assert {role["RoleName"]: role["RoleLastUsed"].get("Region") for role in roles} == {
        "app": "eu-west-1",
        "idle": None,
    }
