"""What IAM refuses is refused alike by `validate` and by the sandbox, in IAM's words; and what it takes is taken.

moto's own checks, which were recorded on AWS, are a second opinion. Where AWS's documentation says otherwise, it wins.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.iam.exceptions import MalformedPolicyDocument
from moto.iam.policy_validation import IAMPolicyDocumentValidator

from awsbase.policies.grammar import Kind, problems, refusals
from awsbase.sandbox import Sandbox
from tests.policies.test_document import document, statement

LEGACY, SYNTAX = "The policy failed legacy parsing", "Syntax errors in policy."
STARTS = (
    'IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, instance-profile/, '
    "mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/."
)
IAM = Sandbox().client("iam")


def on(resource: str) -> dict[str, Any]:
    return document(statement(Resource=resource))


def when(operator: str, key: str, value: object) -> dict[str, Any]:
    return document(statement(Condition={operator: {key: value}}))


def trust(**more: object) -> dict[str, Any]:
    return document(
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}, **more}
    )


def told(kind: Kind, written: dict[str, Any]) -> str:
    """Return what the sandbox's IAM says of a document; empty when it takes it."""
    text = json.dumps(written)
    try:
        if kind == "identity":
            made = IAM.create_policy(PolicyName="p", PolicyDocument=text)["Policy"]["Arn"]
            kept = IAM.get_policy_version(PolicyArn=made, VersionId="v1")["PolicyVersion"]["Document"]
            IAM.delete_policy(PolicyArn=made)
        elif kind == "inline":
            IAM.create_user(UserName="u")
            try:
                IAM.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=text)
                kept = IAM.get_user_policy(UserName="u", PolicyName="p")["PolicyDocument"]
                IAM.delete_user_policy(UserName="u", PolicyName="p")
            finally:
                IAM.delete_user(UserName="u")
        else:
            made = IAM.create_role(RoleName="r", AssumeRolePolicyDocument=text)["Role"]
            IAM.update_assume_role_policy(RoleName="r", PolicyDocument=text)
            kept = IAM.get_role(RoleName="r")["Role"]["AssumeRolePolicyDocument"]
            IAM.delete_role(RoleName="r")
    except ClientError as error:
        refusal = error.response["Error"]
        return str(refusal["Message"] if refusal["Code"] == "MalformedPolicyDocument" else error)
    assert kept == written
    return ""


def by_moto(written: dict[str, Any]) -> str:
    """Return what moto says of a document; empty when it takes it."""
    try:
        IAMPolicyDocumentValidator(json.dumps(written)).validate()
    except MalformedPolicyDocument as refusal:
        return str(refusal.message)
    return ""


IDENTITY = [
    (on("arn:aws-us-gov:s3:::b/*"), 'Partition "aws-us-gov" is not valid for resource "arn:aws-us-gov:s3:::b/*".'),
    (
        on("arn:aws-cn:iam::aws:policy/X"),
        'Partition "aws-cn" is not valid for resource "arn:aws-cn:iam::aws:policy/X".',
    ),
    (on("arn:amazon:s3:::b"), 'Partition "amazon" is not valid for resource "arn:amazon:s3:::b".'),
    (on("arn:a*:s3:::b"), 'Partition "a*" is not valid for resource "arn:a*:s3:::b".'),
    (on("arn:aws-x"), 'Partition "aws-x" is not valid for resource "arn:aws-x:*:*:*:*".'),
    (
        on("arn:aws:iam:eu-west-1:123456789012:role/x"),
        "IAM resource arn:aws:iam:eu-west-1:123456789012:role/x cannot contain region information.",
    ),
    (
        on("arn:aws:iam:*:123456789012:role/x"),
        "IAM resource arn:aws:iam:*:123456789012:role/x cannot contain region information.",
    ),
    (on("arn:aws:s3:eu-west-1::b/*"), "Resource arn:aws:s3:eu-west-1::b/* can not contain region information."),
    (on("arn:aws:iam::123456789012:root"), STARTS),
    (on("acme-state"), 'Resource acme-state must be in ARN format or "*".'),
    (on("arn:aws:s3*:::b"), "Resource vendor must be fully qualified and cannot contain regexes."),
    (on("arn:aws"), "Resource vendor must be fully qualified and cannot contain regexes."),
    (on("arn:aws:s3::b"), LEGACY),
    (when("DateLessThan", "aws:CurrentTime", "31.12.2030"), LEGACY),
    (when("DateLessThan", "aws:CurrentTime", "2030-13-01"), LEGACY),
    (when("DateLessThan", "aws:CurrentTime", "2030-01-01T25:00:00Z"), LEGACY),
    (when("DateGreaterThanIfExists", "aws:CurrentTime", ["2030-01-01", "tomorrow"]), LEGACY),
    (when("StringEqual", "aws:x", "a"), "Invalid Condition type : StringEqual."),
    (document(statement(Effect="allow")), LEGACY),
    (document(statement(Effect="Maybe")), SYNTAX),
    (
        document(statement(Action="GetObject")),
        "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
    ),
    (document(statement(Action="s3:Get:Object")), "Actions/Condition can contain only one colon."),
    (document(statement(Action="s*:Get")), "Vendor s* is not valid"),
    (document(statement(Action=[])), "Policy statement must contain actions."),
    (document(statement(Resource=[])), "Policy statement must contain resources."),
    (document(statement(Resource=[5])), SYNTAX),
    (document(statement(NotAction="s3:*")), SYNTAX),
    (document(statement(NotResource="*")), SYNTAX),
    (document(), SYNTAX),
    ({**document(statement()), "Id": 5}, SYNTAX),
    ({**document(statement()), "Version": "2012-10-18"}, SYNTAX),
    ({**document(statement()), "Version": "2008-10-17"}, "Policy document must be version 2012-10-17 or greater."),
    ({"Statement": statement()}, "Policy document must be version 2012-10-17 or greater."),
    (document(statement(Sid="A"), statement(Sid="A")), "Statement IDs (SID) in a single policy must be unique."),
    (
        document(statement(Sid="a b")),
        "Statement IDs (SID) must be alpha-numeric. "
        "Check that your input satisfies the regular expression [0-9A-Za-z]*",
    ),
    (document(statement(Principal="*")), "Policy document should not specify a principal."),
]
TRUST = [
    (trust(Action="*"), "AssumeRole policy may only specify STS AssumeRole actions."),
    (trust(Resource="*"), "Has prohibited field Resource."),
    (trust(Principal={"Service": "ec2"}), 'Invalid principal in policy: "SERVICE":"ec2"'),
    (trust(Principal={"AWS": "alice"}), 'Invalid principal in policy: "AWS":"alice"'),
    (
        trust(Principal={"AWS": "arn:aws-cn:iam::123456789012:root"}),
        'Invalid principal in policy: "AWS":"arn:aws-cn:iam::123456789012:root"',
    ),
    (
        trust(Principal={"Federated": "arn:aws-cn:iam::123456789012:saml-provider/x"}),
        'Invalid principal in policy: "FEDERATED":"arn:aws-cn:iam::123456789012:saml-provider/x"',
    ),
    (trust(Principal={"AWS": []}), "Missing required field Principal."),
    (trust(Principal={}), "Missing required field Principal."),
    (trust(Principal={"AWS": 123456789012}), SYNTAX),
    (
        document({"Effect": "Allow", "Action": "sts:AssumeRole", "NotPrincipal": {"AWS": "123456789012"}}),
        "Allow with NotPrincipal is not allowed.",
    ),
]
TAKEN: list[tuple[Kind, dict[str, Any]]] = [
    ("identity", when("NumericLessThanEquals", "s3:max-keys", 10)),
    ("identity", when("NumericLessThanEquals", "s3:max-keys", [10, 20.5])),
    ("identity", when("Bool", "aws:SecureTransport", False)),
    ("identity", when("DateLessThan", "aws:EpochTime", 1893456000)),
    ("identity", when("DateLessThan", "aws:CurrentTime", "1893456000")),
    ("identity", when("DateLessThan", "aws:CurrentTime", ["2030", "2030-01", "2030-01-31", "2030-01-31T23:59Z"])),
    ("identity", when("DateLessThan", "aws:CurrentTime", "2030-01-31T23:59:59.123+02:00")),
    ("identity", document(statement(Action="*:*"))),
    ("identity", document(statement(Action="*:Get*"))),
    ("identity", on("arn:*:s3:::b/*")),
    ("identity", on("arn:aws:iam::*:*")),
    ("identity", on("arn:aws:s3:eu-west-1:123456789012:accesspoint/x")),
    ("identity", on("arn:aws:s3:*:123456789012:job/*")),
    ("identity", on("arn:aws:s3:eu-west-1:123456789012:storage-lens/x")),
    ("inline", {"Version": "2008-10-17", "Statement": [statement()]}),
    ("trust", trust(Action=["sts:AssumeRole", "sts:SetContext"])),
    ("trust", trust(Action="sts:*")),
    ("trust", trust(Principal={"Federated": "cognito-identity.amazonaws.com"})),
]
# What moto takes although AWS refuses it: it knows no account's partition, and nothing of these rules.
MOTO_TAKES = ("Partition", "Statement IDs (SID) must be alpha-numeric", "Policy document should not", "Resource vendor")


@pytest.mark.parametrize(("written", "message"), IDENTITY, ids=lambda each: each if isinstance(each, str) else "")
def test_what_iam_refuses_is_refused_before_and_in_the_sandbox(written: dict[str, Any], message: str) -> None:
    assert problems(written, "identity", "aws") != []
    assert refusals(written, "identity", "aws") == [message]
    assert told("identity", written) == message


@pytest.mark.parametrize(("written", "message"), TRUST, ids=lambda each: each if isinstance(each, str) else "")
def test_what_iam_refuses_of_a_trust_policy_is_refused(written: dict[str, Any], message: str) -> None:
    assert refusals(written, "trust", "aws") == [message]
    assert told("trust", written) == message


@pytest.mark.parametrize(("kind", "written"), TAKEN)
def test_what_iam_takes_is_taken_and_kept_as_it_is_written(kind: Kind, written: dict[str, Any]) -> None:
    assert problems(written, kind, "aws") == []
    assert told(kind, written) == ""


def test_moto_refuses_the_same_in_the_same_words() -> None:
    others = {message: by_moto(written) for written, message in IDENTITY if by_moto(written) != message}
    assert {message for message, moto in others.items() if moto} == {"Invalid Condition type : StringEqual."}
    assert [message for message, moto in others.items() if not moto and not message.startswith(MOTO_TAKES)] == []


def test_without_an_account_an_arn_is_of_any_partition() -> None:
    assert problems(on("arn:aws-cn:s3:::b"), "identity") == []
    assert problems(on("arn:aws-nowhere:s3:::b"), "identity") != []


def test_the_advice_names_the_partition_of_the_account() -> None:
    assert problems(on("arn:aws:s3:::b"), "identity", "aws-cn") == [
        "statement 1: Resource 'arn:aws:s3:::b' is of another partition "
        '(IAM: Partition "aws" is not valid), write arn:aws-cn:...'
    ]
