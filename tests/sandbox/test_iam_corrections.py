"""Where moto's IAM is wrong, the sandbox is right."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from awsbase.sandbox import Sandbox
from tests.sandbox.refused import refused

ALLOW = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
CODECOMMIT = "codecommit.amazonaws.com"


@pytest.fixture(params=[True, False], ids=["strict", "lenient"])
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    return Sandbox(strict=request.param)


@pytest.fixture
def iam(sandbox: Sandbox) -> Any:
    return sandbox.client("iam")


def test_a_group_moves_to_another_path(iam: Any) -> None:
    iam.create_group(GroupName="Ops")
    iam.update_group(GroupName="Ops", NewPath="/people/")
    assert iam.get_group(GroupName="Ops")["Group"]["Path"] == "/people/"
    assert refused(iam.update_group, GroupName="Nobody", NewPath="/people/") == "NoSuchEntity"


def test_a_user_who_moves_keeps_tags(iam: Any) -> None:
    tags = [{"Key": "team", "Value": "platform"}]
    iam.create_user(UserName="alice", Tags=tags)
    iam.update_user(UserName="alice", NewPath="/people/")
    assert iam.list_user_tags(UserName="alice")["Tags"] == tags
    assert refused(iam.update_user, UserName="nobody", NewPath="/people/") == "NoSuchEntity"


def test_the_big_read_names_policies(iam: Any) -> None:
    iam.create_policy(PolicyName="deploy", PolicyDocument=ALLOW)
    said = iam.get_account_authorization_details(Filter=["LocalManagedPolicy"])["Policies"]
    assert [(policy["PolicyName"], policy["PolicyId"][:4]) for policy in said] == [("deploy", "ANPA")]


def test_the_big_read_tells_the_profiles_of_a_role_without_tags(iam: Any) -> None:
    trust = {**json.loads(ALLOW)["Statement"][0], "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}
    del trust["Resource"]
    tags = [{"Key": "team", "Value": "platform"}]
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    iam.create_role(RoleName="host", AssumeRolePolicyDocument=document, Tags=tags)
    made = iam.create_instance_profile(InstanceProfileName="host", Path="/machines/", Tags=tags)["InstanceProfile"]
    iam.add_role_to_instance_profile(InstanceProfileName="host", RoleName="host")

    (role,) = iam.get_account_authorization_details(Filter=["Role"])["RoleDetailList"]
    (profile,) = role["InstanceProfileList"]
    assert (role["Tags"], profile["Arn"], profile["CreateDate"]) == (tags, made["Arn"], made["CreateDate"])
    assert [sorted({"Tags", "MaxSessionDuration"} & set(each)) for each in (profile, *profile["Roles"])] == [[], []]
    assert iam.get_instance_profile(InstanceProfileName="host")["InstanceProfile"]["Tags"] == tags


def test_service_credentials_are_told_once_and_hold_their_user(sandbox: Sandbox, iam: Any) -> None:
    iam.create_user(UserName="bob")
    made = iam.create_service_specific_credential(UserName="bob", ServiceName=CODECOMMIT)["ServiceSpecificCredential"]
    listed = iam.list_service_specific_credentials(UserName="bob")["ServiceSpecificCredentials"]
    assert made["ServicePassword"]
    assert [sorted(set(made) - set(each)) for each in listed] == [["ServicePassword"]]
    assert refused(iam.delete_user, UserName="bob") == ("DeleteConflict" if sandbox.strict else None)


def test_service_credentials_are_deleted_by_their_id(iam: Any) -> None:
    iam.create_user(UserName="bob")
    made = iam.create_service_specific_credential(UserName="bob", ServiceName=CODECOMMIT)["ServiceSpecificCredential"]
    wanted = {"UserName": "bob", "ServiceSpecificCredentialId": made["ServiceSpecificCredentialId"]}
    assert refused(iam.delete_service_specific_credential, **wanted) is None
    assert refused(iam.delete_service_specific_credential, **wanted) == "NoSuchEntity"
    assert refused(iam.list_service_specific_credentials, UserName="nobody") == "NoSuchEntity"


def test_a_key_is_dated_by_the_clock_of_the_account() -> None:
    sandbox = Sandbox()
    iam = sandbox.client("iam")
    iam.create_user(UserName="alice")
    sandbox.clock.advance(3600)
    made = iam.create_access_key(UserName="alice")["AccessKey"]["CreateDate"]
    (listed,) = iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]
    assert made == listed["CreateDate"]
    assert abs(sandbox.clock.now() - made) < timedelta(seconds=5)


def test_a_trust_with_a_percent_sign_is_read_as_it_was_written() -> None:
    sandbox = Sandbox()
    iam = sandbox.client("iam")
    subject = "repo:acme/infra:environment:prod%3A eu"
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {"token.actions.githubusercontent.com:sub": subject}},
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    iam.create_role(RoleName="ci", AssumeRolePolicyDocument=json.dumps(document))
    iam.create_instance_profile(InstanceProfileName="ci")
    iam.add_role_to_instance_profile(InstanceProfileName="ci", RoleName="ci")

    (detail,) = iam.get_account_authorization_details(Filter=["Role"])["RoleDetailList"]
    (inside,) = detail["InstanceProfileList"][0]["Roles"]
    (listed,) = iam.list_roles()["Roles"]
    (held,) = iam.get_instance_profile(InstanceProfileName="ci")["InstanceProfile"]["Roles"]
    assert [each["AssumeRolePolicyDocument"] for each in (detail, inside, listed, held)] == [document] * 4
