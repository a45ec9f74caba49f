"""Samples of the IAM kinds."""

import json

from pyotp import TOTP

from awsbase.ensure.absent_user import AbsentUser
from awsbase.ensure.account_alias import AccountAlias
from awsbase.ensure.group import Group
from awsbase.ensure.password_policy import PasswordPolicy
from awsbase.ensure.policy import Policy
from awsbase.ensure.role import Role
from awsbase.ensure.user import User
from awsbase.samples.sample import HOME, Reached, Sample, Tampering, sandbox

READ = "arn:aws:iam::aws:policy/ReadOnlyAccess"
BILLING = "arn:aws:iam::aws:policy/job-function/Billing"

OPS = Group(scope=HOME, name="Ops", path="/people/", policies=frozenset({READ}))

ALICE = User(
    scope=HOME,
    name="alice",
    path="/people/",
    groups=frozenset({"Ops"}),
    console=True,
    mfa=True,
    tags={"team": "platform"},
    made_here=(OPS.address,),
)
BOB = AbsentUser(scope=HOME, name="Bob")
PUBLIC_KEY = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7 bob@acme"


def allow(*actions: str, sid: str = "Allow", resource: str = "*") -> dict[str, object]:
    """Return a document that allows these actions."""
    statement = {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resource}
    return {"Version": "2012-10-17", "Statement": [statement]}


def trusting(*services: str) -> dict[str, object]:
    """Return the trust of a role for services."""
    statement = {"Effect": "Allow", "Principal": {"Service": list(services)}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


DEPLOY = Policy(
    scope=HOME,
    name="deploy",
    document=allow("s3:ListBucket", "s3:GetObject"),
    description="Puts releases out",
    tags={"owner": "platform"},
)
RUNNER = Role(
    scope=HOME,
    name="runner",
    path="/machines/",
    trust=trusting("ec2.amazonaws.com"),
    policies=frozenset({DEPLOY.arn, READ}),
    inline={"logs": allow("logs:PutLogEvents")},
    description="Runs the builds",
    tags={"owner": "platform"},
    max_session=7200,
    made_here=(DEPLOY.address,),
)


def new_version(aws: Reached, document: object, *, default: bool = True) -> None:
    """Write a version of the deploy policy by hand."""
    aws.client("iam").create_policy_version(
        PolicyArn=DEPLOY.arn, PolicyDocument=json.dumps(document), SetAsDefault=default
    )


def trust_deleted_user(aws: Reached) -> None:
    """Let the runner role trust a user who is deleted: IAM then shows an id as the principal."""
    roles = sandbox(aws).backend("iam", "aws").roles.values()
    statement = {"Effect": "Allow", "Principal": {"AWS": "AIDAEXAMPLE0000000000"}, "Action": "sts:AssumeRole"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    next(role for role in roles if role.name == "runner").assume_role_policy_document = json.dumps(document)


def policy_with_five_versions(aws: Reached) -> None:
    """Make the deploy policy by hand, with all the versions that AWS keeps."""
    by_hand = json.dumps(allow("s3:*"))
    aws.client("iam").create_policy(PolicyName="deploy", PolicyDocument=by_hand, Description="Puts releases out")
    for number in range(4):
        new_version(aws, allow(f"s3:{number}"), default=number == 2)


def bare_role(aws: Reached) -> None:
    """Make the runner role by hand, with more permissions and other settings."""
    iam = aws.client("iam")
    iam.create_role(
        RoleName="runner",
        Path="/machines/",
        AssumeRolePolicyDocument=json.dumps(trusting("lambda.amazonaws.com")),
        Tags=[{"Key": "team", "Value": "builds"}],
    )
    iam.put_role_policy(RoleName="runner", PolicyName="extra", PolicyDocument=json.dumps(allow("iam:*")))


def hand_made(aws: Reached) -> None:
    """Make the group and the user by hand, in another case, with other paths, tags and permissions."""
    iam = aws.client("iam")
    iam.create_group(GroupName="ops")
    iam.attach_group_policy(GroupName="ops", PolicyArn=BILLING)
    iam.create_group(GroupName="Old")
    iam.create_user(UserName="Alice", Tags=[{"Key": "floor", "Value": "3"}, {"Key": "team", "Value": "none"}])
    iam.add_user_to_group(UserName="Alice", GroupName="Old")


def full_user(aws: Reached) -> None:
    """Make a user by hand who has one of everything."""
    iam = aws.client("iam")
    iam.create_group(GroupName="Old")
    iam.create_user(UserName="bob")
    iam.create_login_profile(UserName="bob", Password="correct-Horse-7-battery")
    iam.create_access_key(UserName="bob")
    iam.upload_ssh_public_key(UserName="bob", SSHPublicKeyBody=PUBLIC_KEY)
    iam.create_service_specific_credential(UserName="bob", ServiceName="codecommit.amazonaws.com")
    iam.create_virtual_mfa_device(VirtualMFADeviceName="bob")
    phone = iam.create_virtual_mfa_device(Path="/bob/", VirtualMFADeviceName="phone")["VirtualMFADevice"]
    codes, now = TOTP(phone["Base32StringSeed"].decode()), int(aws.clock.now().timestamp())
    iam.enable_mfa_device(
        UserName="bob",
        SerialNumber=phone["SerialNumber"],
        AuthenticationCode1=codes.at(now - 30),
        AuthenticationCode2=codes.at(now),
    )
    iam.put_user_policy(UserName="bob", PolicyName="extra", PolicyDocument=json.dumps(allow("s3:*")))
    iam.attach_user_policy(UserName="bob", PolicyArn=READ)
    iam.add_user_to_group(UserName="bob", GroupName="Old")


def without_old_group(aws: Reached) -> None:
    """Delete the group that somebody was in."""
    aws.client("iam").delete_group(GroupName="Old")


def without_hand_made(aws: Reached) -> None:
    """Delete the groups that were made by hand: they take no tags that would say whose they are."""
    without_old_group(aws)
    aws.client("iam").detach_group_policy(GroupName="ops", PolicyArn=READ)
    aws.client("iam").delete_group(GroupName="ops")


SAMPLES = (
    Sample(
        "group",
        [OPS],
        tamperings={
            "deleted": Tampering(
                lambda aws: (
                    aws.client("iam").detach_group_policy(GroupName="Ops", PolicyArn=READ),
                    aws.client("iam").delete_group(GroupName="Ops"),
                ),
                ["group/Ops: create group", f"group/Ops: create attachment {READ}"],
            ),
            "other path": Tampering(
                lambda aws: aws.client("iam").update_group(GroupName="Ops", NewPath="/elsewhere/"),
                ["group/Ops: update path"],
            ),
            "detached": Tampering(
                lambda aws: aws.client("iam").detach_group_policy(GroupName="Ops", PolicyArn=READ),
                [f"group/Ops: create attachment {READ}"],
                risky=[f"group/Ops: create attachment {READ}"],
            ),
            "more attached": Tampering(
                lambda aws: aws.client("iam").attach_group_policy(GroupName="Ops", PolicyArn=BILLING),
                [f"group/Ops: delete attachment {BILLING}"],
            ),
        },
    ),
    Sample(
        "policy",
        [DEPLOY],
        tamperings={
            "untagged": Tampering(
                lambda aws: aws.client("iam").untag_policy(PolicyArn=DEPLOY.arn, TagKeys=["owner", "awsbase:address"]),
                ["policy/deploy: update tags"],
            ),
            "other tag": Tampering(
                lambda aws: aws.client("iam").tag_policy(
                    PolicyArn=DEPLOY.arn, Tags=[{"Key": "owner", "Value": "nobody"}]
                ),
                ["policy/deploy: update tags"],
            ),
            "deleted": Tampering(
                lambda aws: aws.client("iam").delete_policy(PolicyArn=DEPLOY.arn),
                ["policy/deploy: create policy"],
            ),
        },
    ),
    Sample("policy with five versions", [DEPLOY], before=policy_with_five_versions),
    Sample(
        "role",
        [DEPLOY, RUNNER],
        tamperings={
            "deleted user in the trust": Tampering(
                trust_deleted_user,
                ["role/runner: update trust"],
                risky=["role/runner: update trust"],
                not_on_aws="IAM takes no id as a principal",
            ),
            "another service": Tampering(
                lambda aws: aws.client("iam").update_assume_role_policy(
                    RoleName="runner", PolicyDocument=json.dumps(trusting("lambda.amazonaws.com"))
                ),
                ["role/runner: update trust"],
                risky=["role/runner: update trust"],
            ),
            "other session duration": Tampering(
                lambda aws: aws.client("iam").update_role(RoleName="runner", MaxSessionDuration=43200),
                ["role/runner: update settings"],
            ),
            "detached": Tampering(
                lambda aws: aws.client("iam").detach_role_policy(RoleName="runner", PolicyArn=READ),
                [f"role/runner: create attachment {READ}"],
                risky=[f"role/runner: create attachment {READ}"],
            ),
            "more attached": Tampering(
                lambda aws: aws.client("iam").attach_role_policy(RoleName="runner", PolicyArn=BILLING),
                [f"role/runner: delete attachment {BILLING}"],
            ),
            "inline policy changed": Tampering(
                lambda aws: aws.client("iam").put_role_policy(
                    RoleName="runner", PolicyName="logs", PolicyDocument=json.dumps(allow("*"))
                ),
                ["role/runner: update inline policy logs"],
            ),
            "inline policy added": Tampering(
                lambda aws: aws.client("iam").put_role_policy(
                    RoleName="runner", PolicyName="more", PolicyDocument=json.dumps(allow("*"))
                ),
                ["role/runner: delete inline policy more"],
            ),
            "inline policy deleted": Tampering(
                lambda aws: aws.client("iam").delete_role_policy(RoleName="runner", PolicyName="logs"),
                ["role/runner: create inline policy logs"],
                risky=["role/runner: create inline policy logs"],
            ),
            "untagged": Tampering(
                lambda aws: aws.client("iam").untag_role(RoleName="runner", TagKeys=["owner"]),
                ["role/runner: update tags"],
                risky=["role/runner: update tags"],
            ),
        },
    ),
    Sample("role made by hand", [DEPLOY, RUNNER], before=bare_role),
    Sample(
        "user",
        [OPS, ALICE],
        tamperings={
            "other path": Tampering(
                lambda aws: aws.client("iam").update_user(UserName="alice", NewPath="/"),
                ["user/alice: update path"],
            ),
            "tag changed": Tampering(
                lambda aws: aws.client("iam").tag_user(UserName="alice", Tags=[{"Key": "team", "Value": "x"}]),
                ["user/alice: update tags"],
                risky=["user/alice: update tags"],
            ),
            "left the group": Tampering(
                lambda aws: aws.client("iam").remove_user_from_group(UserName="alice", GroupName="Ops"),
                ["user/alice: create membership in Ops"],
                risky=["user/alice: create membership in Ops"],
            ),
            "deleted": Tampering(
                lambda aws: (
                    aws.client("iam").remove_user_from_group(UserName="alice", GroupName="Ops"),
                    aws.client("iam").delete_user(UserName="alice"),
                ),
                ["user/alice: create user", "user/alice: create membership in Ops"],
            ),
        },
    ),
    Sample("group and user made by hand", [OPS, ALICE], before=hand_made, after=without_hand_made),
    Sample("absent user", [BOB], before=full_user, after=without_old_group),
    Sample(
        "password policy",
        [PasswordPolicy(scope=HOME)],
        tamperings={
            "deleted": Tampering(
                lambda aws: aws.client("iam").delete_account_password_policy(),
                ["password-policy/account: create password policy"],
            ),
            "weaker": Tampering(
                lambda aws: aws.client("iam").update_account_password_policy(MinimumPasswordLength=8),
                ["password-policy/account: update password policy"],
            ),
        },
    ),
    Sample(
        "account alias",
        [AccountAlias(scope=HOME, alias="acme-prod")],
        tamperings={
            "replaced": Tampering(
                lambda aws: aws.client("iam").create_account_alias(AccountAlias="elsewhere"),
                ["account-alias/acme-prod: update account alias"],
                ["account-alias/acme-prod: update account alias"],
            ),
        },
    ),
)
