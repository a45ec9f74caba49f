"""What policies make of a request together, by the examples and rules of AWS's documentation.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from awsbase.sandbox.authorization.decision import AccessRequest, Policies, Principal, Verdict, decide, knowing

ACCOUNT = "111122223333"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
USER = f"arn:aws:iam::{ACCOUNT}:user/carlossalazar"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/examplerole"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/examplerole/examplerolesessionname"

CARLOS = Principal(ACCOUNT, {ROOT: "account", ACCOUNT: "account", USER: "direct"})
IN_A_ROLE = Principal(ACCOUNT, {ROOT: "account", ACCOUNT: "account", ROLE: "role", SESSION: "direct"})

BUCKET = "arn:aws:s3:::amzn-s3-demo-bucket"
GET = AccessRequest("s3:GetObject", f"{BUCKET}/x")


def policy(*statements: Mapping[str, Any], version: str = "2012-10-17") -> dict[str, Any]:
    return {"Version": version, "Statement": list(statements)}


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def lets(statement: Mapping[str, Any], action: str, resource: str = "*", **keys: str) -> bool:
    """Say whether a statement, alone in an identity policy, allows something."""
    request = AccessRequest(action, resource, knowing({name.replace("_", ":"): value for name, value in keys.items()}))
    return bool(decide(request, CARLOS, Policies([policy(statement)])))


CARLOS_POLICY = policy(
    allow(["s3:GetBucketLocation", "s3:ListAllMyBuckets"], "arn:aws:s3:::*"),
    allow("s3:*", ["arn:aws:s3:::amzn-s3-demo-bucket-carlos/*", "arn:aws:s3:::amzn-s3-demo-bucket-carlos"]),
    deny("s3:*", "arn:aws:s3:::*log*"),
)


@pytest.mark.parametrize(
    ("action", "resource", "verdict"),
    [
        ("s3:PutObject", "arn:aws:s3:::amzn-s3-demo-bucket-carlos/x", Verdict(True)),
        (
            "s3:PutObject",
            "arn:aws:s3:::amzn-s3-demo-bucket-carlos-logs/x",
            Verdict(False, "identity-based policy", explicit=True),
        ),
        ("s3:ListAllMyBuckets", "arn:aws:s3:::other", Verdict(True)),
        ("s3:PutObject", "arn:aws:s3:::other/x", Verdict(False, "identity-based policy")),
    ],
)
def test_carlos_saves_files_but_not_to_logs(action: str, resource: str, verdict: Verdict) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html"""
    assert decide(AccessRequest(action, resource), CARLOS, Policies([CARLOS_POLICY])) == verdict


@pytest.mark.parametrize(
    ("action", "verdict"),
    [
        ("iam:ListUsers", Verdict(True)),
        ("iam:CreatePolicy", Verdict(False, "identity-based policy")),
        ("iam:GetOrganizationsAccessReport", Verdict(False, "identity-based policy", explicit=True)),
    ],
)
def test_a_deny_is_explicit_or_implicit(action: str, verdict: Verdict) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_AccessPolicyLanguage_Interplay.html"""
    reader = policy(allow(["iam:Get*", "iam:List*"]), deny("iam:*Report"))
    assert decide(AccessRequest(action), CARLOS, Policies([reader])) == verdict


READS = [policy(allow("s3:Get*"))]
NOTHING = [policy(allow("ec2:*"))]
NO_READS = [policy(allow("*"), deny("s3:Get*"))]


def granting(principal: Any) -> dict[str, Any]:
    return policy(allow("s3:GetObject", f"{BUCKET}/*", Principal=principal))


@pytest.mark.parametrize(
    ("who", "policies", "verdict"),
    [
        (CARLOS, Policies(READS), Verdict(True)),
        (CARLOS, Policies(READS, boundary=NOTHING), Verdict(False, "permissions boundary")),
        (CARLOS, Policies(READS, boundary=READS), Verdict(True)),
        (CARLOS, Policies(NOTHING, boundary=READS), Verdict(False, "identity-based policy")),
        (CARLOS, Policies(READS, boundary=NO_READS), Verdict(False, "permissions boundary", explicit=True)),
        (IN_A_ROLE, Policies(READS, session=NOTHING), Verdict(False, "session policy")),
        (IN_A_ROLE, Policies(READS, session=NO_READS), Verdict(False, "session policy", explicit=True)),
        (CARLOS, Policies(NOTHING, resource=granting({"AWS": USER})), Verdict(True)),
        (CARLOS, Policies(NOTHING, resource=granting("*")), Verdict(True)),
        (CARLOS, Policies(NOTHING, resource=granting({"AWS": ROOT})), Verdict(False, "identity-based policy")),
        (CARLOS, Policies(NO_READS, resource=granting({"AWS": USER})),
         Verdict(False, "identity-based policy", explicit=True)),
        (CARLOS, Policies([], boundary=NOTHING, resource=granting({"AWS": USER})), Verdict(True)),
        (IN_A_ROLE, Policies([], boundary=NOTHING, resource=granting({"AWS": ROLE})),
         Verdict(False, "permissions boundary")),
        (IN_A_ROLE, Policies([], session=NOTHING, resource=granting({"AWS": ROLE})), Verdict(False, "session policy")),
        (IN_A_ROLE, Policies([], resource=granting({"AWS": ROLE})), Verdict(True)),
        (IN_A_ROLE, Policies([], boundary=NOTHING, session=NOTHING, resource=granting({"AWS": SESSION})),
         Verdict(True)),
        (CARLOS, Policies(READS, resource=policy(deny("s3:*", f"{BUCKET}/*", Principal="*"))),
         Verdict(False, "resource-based policy", explicit=True)),
    ],
    ids=[
        "identity alone", "boundary leaves it out", "boundary has it too", "boundary grants nothing",
        "boundary denies", "session leaves it out", "session denies", "resource names the user",
        "resource names everybody", "resource names the account", "explicit deny beats the resource's grant",
        "user named, boundary leaves it out", "role named, boundary leaves it out", "role named, session leaves it out",
        "role named", "session named, others leave it out", "resource denies",
    ],
)  # fmt: skip
def test_kinds_of_policy_in_one_account(who: Principal, policies: Policies, verdict: Verdict) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html"""
    assert decide(GET, who, policies) == verdict


@pytest.mark.parametrize(
    ("identity", "resource", "verdict"),
    [
        (READS, granting({"AWS": USER}), Verdict(True)),
        (READS, granting({"AWS": ACCOUNT}), Verdict(True)),
        (READS, None, Verdict(False, "resource-based policy")),
        (NOTHING, granting({"AWS": USER}), Verdict(False, "identity-based policy")),
    ],
    ids=["both, by name", "both, by account", "identity only", "resource only"],
)
def test_between_two_accounts_both_have_to_allow(identity: list[Any], resource: Any, verdict: Verdict) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html"""
    assert decide(GET, CARLOS, Policies(identity, resource=resource, owner="444455556666")) == verdict


KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234abcd"
DECRYPTS = [policy(allow("kms:Decrypt", KEY))]


@pytest.mark.parametrize(
    ("identity", "principal", "verdict"),
    [
        (DECRYPTS, ROOT, Verdict(True)),
        ([], ROOT, Verdict(False, "identity-based policy")),
        (DECRYPTS, f"arn:aws:iam::{ACCOUNT}:user/ann", Verdict(False, "resource-based policy")),
        ([], USER, Verdict(True)),
    ],
    ids=["policy enables IAM", "nobody allows", "policy names another", "policy names the user"],
)
def test_a_key_policy_comes_first(identity: list[Any], principal: str, verdict: Verdict) -> None:
    """https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html"""
    key = policy(allow("kms:*", Principal={"AWS": principal}))
    asked = AccessRequest("kms:Decrypt", KEY)
    assert decide(asked, CARLOS, Policies(identity, resource=key, decides_alone=True)) == verdict


@pytest.mark.parametrize(
    ("spared", "allowed"), [([USER, ROOT], True), ([f"arn:aws:iam::{ACCOUNT}:user/ann", ROOT], False)]
)
def test_not_principal_denies_all_but_the_named(spared: list[str], allowed: bool) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html"""
    statement = {"Effect": "Deny", "NotPrincipal": {"AWS": spared}, "Action": "s3:*", "Resource": f"{BUCKET}/*"}
    assert bool(decide(GET, CARLOS, Policies(READS, resource=policy(statement)))) is allowed


@pytest.mark.parametrize(
    ("statement", "action", "resource", "answer"),
    [
        (allow("IAM:listusers"), "iam:ListUsers", "*", True),
        (allow("iam:List?sers"), "iam:ListUsers", "*", True),
        (allow("s3:Get*", f"{BUCKET}/*"), "s3:GetObject", f"{BUCKET}/a/b", True),
        (allow("s3:Get*", f"{BUCKET}/*"), "s3:GetObject", f"{BUCKET.upper()}/a", False),
        (allow("sqs:*", "arn:aws:sqs"), "sqs:SendMessage", "arn:aws:sqs:eu-west-1:1:q", True),
        (allow("sqs:*", "arn:aws:sqs:*:1"), "sqs:SendMessage", "arn:aws:sqs:eu-west-1:2:q", False),
        (allow("sns:*", "arn:aws:sns:*:topic"), "sns:Publish", "arn:aws:sns:eu-west-1:1:topic", False),
        (allow("logs:*", "arn:aws:logs:*:1:log-group:a:*"), "logs:X", "arn:aws:logs:r:1:log-group:a:log-stream:", True),
        (allow("logs:*", "arn:aws:logs:*:1:log-group:a"), "logs:X", "arn:aws:logs:r:1:log-group:a:log-stream:", False),
        (allow("iam:ListUsers", "arn:aws:iam::1:user/*"), "iam:ListUsers", "*", False),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, "s3:GetObject", "*", True),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, "iam:GetUser", "*", False),
        ({"Effect": "Allow", "Action": "s3:*", "NotResource": f"{BUCKET}/*"}, "s3:GetObject", f"{BUCKET}/a", False),
        ({"Effect": "Allow", "Action": "s3:*", "NotResource": f"{BUCKET}/*"}, "s3:GetObject", "arn:aws:s3:::b/a", True),
        ({"Effect": "Allow", "Resource": "*"}, "s3:GetObject", "*", False),
        ({"Effect": "Allow", "Action": "*"}, "s3:GetObject", "*", False),
    ],
)
def test_actions_and_resources_match(statement: Any, action: str, resource: str, answer: bool) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html"""
    assert lets(statement, action, resource) is answer


HOME = allow("s3:*", "arn:aws:s3:::b/${aws:username}/*")


@pytest.mark.parametrize(
    ("statement", "resource", "keys", "answer"),
    [
        (HOME, "arn:aws:s3:::b/David/x", {"aws_username": "David"}, True),
        (HOME, "arn:aws:s3:::b/David/x", {"aws_username": "Ann"}, False),
        (HOME, "arn:aws:s3:::b/David/x", {}, False),
        (HOME, "arn:aws:s3:::b/David/x", {"aws_username": "*"}, False),
        (allow("s3:*", "arn:aws:s3:::b/${aws:PrincipalTag/team, 'company-wide'}/*"), "arn:aws:s3:::b/company-wide/x",
         {}, True),
        (allow("s3:*", "arn:aws:s3:::b/${aws:PrincipalTag/team, 'company-wide'}/*"), "arn:aws:s3:::b/yellow/x",
         {"aws_principaltag/team": "yellow"}, True),
        (allow("s3:*", "arn:aws:s3:::b/${*}/${?}${$}"), "arn:aws:s3:::b/*/?$", {}, True),
        (allow("s3:*", "arn:aws:s3:::b/${*}"), "arn:aws:s3:::b/x", {}, False),
        (allow("s3:*", Condition={"StringLike": {"s3:prefix": "${aws:username}/*"}}), "*",
         {"aws_username": "Ann", "s3_prefix": "Ann/x"}, True),
        (allow("s3:*", Condition={"StringEquals": {"s3:prefix": "${aws:username}"}}), "*",
         {"s3_prefix": "${aws:username}"}, False),
    ],
)  # fmt: skip
def test_variables_stand_for_what_the_request_brings(
    statement: Any, resource: str, keys: dict[str, str], answer: bool
) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html"""
    assert lets(statement, "s3:ListBucket", resource, **keys) is answer


def test_the_language_of_2008_knows_no_variables() -> None:
    request = AccessRequest("s3:GetObject", "arn:aws:s3:::b/David/x", {"aws:username": "David"})
    assert decide(request, CARLOS, Policies([policy(HOME)]))
    assert not decide(request, CARLOS, Policies([policy(HOME, version="2008-10-17")]))
    literal = AccessRequest("s3:GetObject", "arn:aws:s3:::b/${aws:username}/x", {"aws:username": "David"})
    assert decide(literal, CARLOS, Policies([policy(HOME, version="2008-10-17")]))


LAUNCH = ["t1.*", "t2.*", "m3.*"]


@pytest.mark.parametrize(
    ("operator", "on_image", "on_instance"), [("StringLike", False, True), ("StringLikeIfExists", True, True)]
)
def test_a_key_of_one_resource_is_not_told_of_another(operator: str, on_image: bool, on_instance: bool) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_IfExists"""
    statement = allow("ec2:RunInstances", Condition={operator: {"ec2:InstanceType": LAUNCH}})
    assert lets(statement, "ec2:RunInstances", "arn:aws:ec2:r::image/ami-1") is on_image
    assert lets(statement, "ec2:RunInstances", "arn:aws:ec2:r:1:instance/*", ec2_InstanceType="t2.micro") is on_instance
    assert not lets(statement, "ec2:RunInstances", "arn:aws:ec2:r:1:instance/*", ec2_InstanceType="x1.huge")
