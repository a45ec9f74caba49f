"""IAM in the sandbox: what moto alone lets through, and AWS does not."""

import json
from typing import Any

import pyotp
import pytest

from awsbase.sandbox import Sandbox
from tests.sandbox.refused import refused

READ = "arn:aws:iam::aws:policy/ReadOnlyAccess"
ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}
SSH = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDq key"


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trusting(name: str) -> str:
    return policy({**TRUST, "Principal": {"AWS": f"arn:aws:iam::123456789012:{name}"}})


def furnished(sandbox: Sandbox) -> Any:
    """A user, a group and a policy that hang together, an assigned MFA device, and a role in a profile."""
    iam = sandbox.client("iam")
    iam.create_user(UserName="alice")
    iam.create_group(GroupName="Ops")
    iam.add_user_to_group(GroupName="Ops", UserName="alice")
    arn = iam.create_policy(PolicyName="deploy", PolicyDocument=policy(ALLOW))["Policy"]["Arn"]
    iam.attach_group_policy(GroupName="Ops", PolicyArn=arn)
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="alice")["VirtualMFADevice"]
    codes = pyotp.TOTP(device["Base32StringSeed"].decode())
    now = int(sandbox.clock.time())
    iam.enable_mfa_device(
        UserName="alice",
        SerialNumber=device["SerialNumber"],
        AuthenticationCode1=codes.at(now - 30),
        AuthenticationCode2=codes.at(now),
    )
    return iam


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("create_user", {"UserName": "ALICE"}, "EntityAlreadyExists"),
        ("create_group", {"GroupName": "ops", "Path": "/x/"}, "EntityAlreadyExists"),
        ("create_policy", {"PolicyName": "Deploy", "Path": "/x/", "PolicyDocument": policy(ALLOW)},
         "EntityAlreadyExists"),
        ("create_user", {"UserName": "a b"}, "ValidationError"),
        ("create_user", {"UserName": "a" * 65}, "ValidationError"),
        ("create_user", {"UserName": "bob", "Path": "staff"}, "ValidationError"),
        ("create_user", {"UserName": "bob", "Tags": [{"Key": "Team", "Value": "a"}, {"Key": "team", "Value": "b"}]},
         "InvalidInput"),
        ("delete_group", {"GroupName": "Ops"}, "DeleteConflict"),
        ("delete_user", {"UserName": "alice"}, "DeleteConflict"),
        ("delete_policy", {"PolicyArn": "arn:aws:iam::123456789012:policy/deploy"}, "DeleteConflict"),
        ("delete_virtual_mfa_device", {"SerialNumber": "arn:aws:iam::123456789012:mfa/alice"}, "DeleteConflict"),
        ("create_role", {"RoleName": "r", "AssumeRolePolicyDocument": "{}"}, "MalformedPolicyDocument"),
        ("create_role", {"RoleName": "r", "AssumeRolePolicyDocument": policy(ALLOW)}, "MalformedPolicyDocument"),
        ("create_role", {"RoleName": "r", "AssumeRolePolicyDocument": trusting("role/x")}, "MalformedPolicyDocument"),
        ("create_policy", {"PolicyName": "p", "PolicyDocument": policy({**ALLOW, "Sid": "a b"})},
         "MalformedPolicyDocument"),
        ("create_policy", {"PolicyName": "p", "PolicyDocument": policy({**ALLOW, "Principal": "*"})},
         "MalformedPolicyDocument"),
        ("create_policy", {"PolicyName": "p", "PolicyDocument": policy(
            {**ALLOW, "Resource": [f"arn:aws:s3:::bucket-{n}/*" for n in range(300)]})}, "LimitExceeded"),
        ("put_group_policy", {"GroupName": "Ops", "PolicyName": "p", "PolicyDocument": policy(
            {**ALLOW, "Resource": [f"arn:aws:s3:::bucket-{n}/*" for n in range(250)]})}, "LimitExceeded"),
    ],
)  # fmt: skip
def test_mistakes_that_moto_lets_through(method: str, params: dict[str, Any], code: str) -> None:
    assert refused(getattr(furnished(Sandbox(strict=False)), method), **params) is None
    assert refused(getattr(furnished(Sandbox()), method), **params) == code


def test_a_user_goes_when_everything_of_theirs_has_gone() -> None:
    sandbox = Sandbox()
    iam = furnished(sandbox)
    iam.deactivate_mfa_device(UserName="alice", SerialNumber="arn:aws:iam::123456789012:mfa/alice")
    iam.remove_user_from_group(GroupName="Ops", UserName="alice")
    iam.create_login_profile(UserName="alice", Password="correct Horse battery 1")
    sandbox.clock.advance(60)
    key = iam.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]
    ssh = iam.upload_ssh_public_key(UserName="alice", SSHPublicKeyBody=SSH)["SSHPublicKey"]["SSHPublicKeyId"]
    for remove, named in (
        (iam.delete_login_profile, {}),
        (iam.delete_access_key, {"AccessKeyId": key}),
        (iam.delete_ssh_public_key, {"SSHPublicKeyId": ssh}),
    ):
        assert refused(iam.delete_user, UserName="alice") == "DeleteConflict"
        remove(UserName="alice", **named)
    assert refused(iam.delete_user, UserName="alice") is None


def test_a_role_that_was_just_created_is_not_known_at_once() -> None:
    iam = Sandbox().client("iam")
    iam.create_role(RoleName="first", AssumeRolePolicyDocument=policy(TRUST))

    codes = [
        refused(iam.create_role, RoleName="second", AssumeRolePolicyDocument=trusting("role/first")) for _ in range(3)
    ]
    assert codes == ["MalformedPolicyDocument", "MalformedPolicyDocument", None]


def test_each_service_learns_of_a_new_role_by_itself() -> None:
    sandbox = Sandbox()
    iam, s3 = sandbox.client("iam"), sandbox.client("s3")
    s3.create_bucket(Bucket="acme-state")
    iam.create_role(RoleName="first", AssumeRolePolicyDocument=policy(TRUST))
    reading = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-state/*"}
    document = policy({**reading, "Principal": {"AWS": "arn:aws:iam::123456789012:role/first"}})

    trusts = [refused(iam.create_role, RoleName="x", AssumeRolePolicyDocument=trusting("role/first")) for _ in range(3)]
    reads = [refused(s3.put_bucket_policy, Bucket="acme-state", Policy=document) for _ in range(3)]
    assert trusts == ["MalformedPolicyDocument"] * 2 + [None]
    assert reads == ["MalformedPolicy"] * 2 + [None]


def test_a_principal_that_is_deleted_becomes_its_id() -> None:
    sandbox = Sandbox()
    iam = sandbox.client("iam")
    number = iam.create_user(UserName="kim")["User"]["UserId"]
    for _ in range(3):
        refused(iam.create_role, RoleName="kims", AssumeRolePolicyDocument=trusting("user/kim"))
    iam.delete_user(UserName="kim")
    iam.create_user(UserName="kim")

    trust = iam.get_role(RoleName="kims")["Role"]["AssumeRolePolicyDocument"]
    assert trust["Statement"][0]["Principal"] == {"AWS": number}
    assert number.startswith("AIDA")


def test_ten_policies_and_no_more() -> None:
    iam = Sandbox().client("iam")
    iam.create_group(GroupName="Ops")
    arns = [policy["Arn"] for policy in iam.list_policies(Scope="AWS", MaxItems=11)["Policies"]][:11]
    codes = [refused(iam.attach_group_policy, GroupName="Ops", PolicyArn=arn) for arn in arns]

    assert codes == [None] * 10 + ["LimitExceeded"]


def test_a_user_is_in_ten_groups_and_no_more() -> None:
    for strict in (False, True):
        iam = Sandbox(strict=strict).client("iam")
        iam.create_user(UserName="alice")
        for number in range(11):
            iam.create_group(GroupName=f"group-{number}")
        codes = [refused(iam.add_user_to_group, UserName="alice", GroupName=f"group-{n}") for n in range(11)]
        assert codes == [None] * 10 + ["LimitExceeded" if strict else None]


def test_a_policy_is_named_by_its_arn_and_goes_when_its_older_versions_have_gone() -> None:
    iam = Sandbox().client("iam")
    iam.create_group(GroupName="Ops")
    assert refused(iam.attach_group_policy, GroupName="Ops", PolicyArn="ReadOnlyAccess-and-more") == "ValidationError"

    arn = iam.create_policy(PolicyName="deploy", PolicyDocument=policy(ALLOW))["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(ALLOW), SetAsDefault=True)
    assert refused(iam.delete_policy, PolicyArn=arn) == "DeleteConflict"
    iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
    assert refused(iam.delete_policy, PolicyArn=arn) is None


def test_a_boundary_is_a_policy_that_stays_while_it_bounds() -> None:
    for strict in (False, True):
        iam = Sandbox(strict=strict).client("iam")
        arn = iam.create_policy(PolicyName="most", PolicyDocument=policy(ALLOW))["Policy"]["Arn"]
        role = {"RoleName": "host", "AssumeRolePolicyDocument": policy(TRUST)}
        iam.create_role(**role, PermissionsBoundary=arn)

        codes = [
            refused(iam.put_role_permissions_boundary, RoleName="host", PermissionsBoundary=f"{arn}-absent"),
            refused(iam.create_role, **{**role, "RoleName": "other"}, PermissionsBoundary=f"{arn}-absent"),
        ]
        assert codes == [("NoSuchEntity" if strict else None)] * 2
        iam.put_role_permissions_boundary(RoleName="host", PermissionsBoundary=arn)
        assert refused(iam.delete_policy, PolicyArn=arn) == ("DeleteConflict" if strict else None)


def test_attaching_twice_counts_once() -> None:
    iam = Sandbox().client("iam")
    iam.create_user(UserName="alice")
    for _ in range(2):
        iam.attach_user_policy(UserName="alice", PolicyArn=READ)

    assert iam.get_policy(PolicyArn=READ)["Policy"]["AttachmentCount"] == 1


def test_a_role_has_no_user_of_its_own() -> None:
    sandbox = Sandbox()
    sandbox.client("iam").create_user(UserName="kim")

    assert refused(sandbox.client("iam").get_user) == "ValidationError"
    assert refused(sandbox.client("iam").list_mfa_devices) == "ValidationError"
    assert sandbox.client("iam", caller="user/kim").get_user()["User"]["UserName"] == "kim"
    assert sandbox.client("iam", caller="root").get_user()["User"]["Arn"].endswith(":root")


def test_the_seed_of_a_device_is_told_once() -> None:
    iam = Sandbox().client("iam")
    assert iam.create_virtual_mfa_device(VirtualMFADeviceName="a")["VirtualMFADevice"]["Base32StringSeed"]

    (device,) = iam.list_virtual_mfa_devices()["VirtualMFADevices"]
    assert set(device) & {"Base32StringSeed", "QRCodePNG"} == set()


def test_the_whole_account_is_told_in_one_read() -> None:
    iam = furnished(Sandbox())
    iam.tag_user(UserName="alice", Tags=[{"Key": "owner", "Value": "platform"}])
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=policy(TRUST), Description="d", MaxSessionDuration=7200)
    told = iam.get_account_authorization_details(Filter=["User", "Group", "Role", "LocalManagedPolicy"])

    (user,), (role,) = told["UserDetailList"], told["RoleDetailList"]
    assert (user["Tags"], user["GroupList"]) == ([{"Key": "owner", "Value": "platform"}], ["Ops"])
    assert set(role) & {"MaxSessionDuration", "Description"} == set()
    assert [policy["PolicyName"] for policy in told["Policies"]] == ["deploy"]
    assert told["GroupDetailList"][0]["AttachedManagedPolicies"][0]["PolicyName"] == "deploy"


@pytest.mark.parametrize(("seconds", "code"), [(299, "MalformedPolicyDocument"), (301, None)])
def test_a_role_is_known_everywhere_after_five_minutes(seconds: int, code: str | None) -> None:
    sandbox = Sandbox()
    iam = sandbox.client("iam")
    iam.create_role(RoleName="ci", AssumeRolePolicyDocument=policy(TRUST))
    sandbox.clock.advance(seconds)
    create = {"RoleName": "runner", "AssumeRolePolicyDocument": trusting("role/ci")}
    assert refused(iam.create_role, **create) == code


def test_a_role_is_taken_from_a_profile_once() -> None:
    iam = Sandbox().client("iam")
    iam.create_instance_profile(InstanceProfileName="p")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=policy(TRUST))
    iam.add_role_to_instance_profile(InstanceProfileName="p", RoleName="r")
    both = {"InstanceProfileName": "p", "RoleName": "r"}
    assert [refused(iam.remove_role_from_instance_profile, **both) for _ in range(2)] == [None, "NoSuchEntity"]
