"""Samples of secrets, with the policy of who reads them."""

from collections.abc import Callable

from awsbase.ensure.key import Key, key_policy
from awsbase.ensure.policy import Policy
from awsbase.ensure.secret import Generated, Rotation, Secret
from awsbase.manifest.secrets import reading
from awsbase.sandbox import Sandbox
from tests.contract.sample import HOME, Sample, Tampering

FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:rotate"
KEY = Key(scope=HOME, name="acme-secrets", policy=key_policy(HOME), description="Secrets")
DATABASE = Secret(
    scope=HOME,
    name="acme/database",
    key=KEY.address,
    description="The database's owner",
    generated=Generated(32),
    rotation=Rotation(30, 3, FUNCTION),
    tags={"owner": "platform"},
)
PARTNER = Secret(scope=HOME, name="acme/partner", key=None, description="The partner's token")
RENEWED = Secret(scope=HOME, name="acme/renewed", key=None, rotation=Rotation(90))
READERS = Policy(scope=HOME, name="acme-secrets-Developers", document=reading([DATABASE, PARTNER]))


def made_by_hand(aws: Sandbox) -> None:
    """Keep the token as somebody did before awsbase, and the database's password as one who threw it away."""
    secrets = aws.client("secretsmanager", HOME.region)
    secrets.create_secret(Name=PARTNER.name, SecretString="token", Tags=[{"Key": "by", "Value": "hand"}])
    secrets.create_secret(Name=DATABASE.name, SecretString="old")
    secrets.delete_secret(SecretId=DATABASE.name, RecoveryWindowInDays=7)


def with_a_value(aws: Sandbox) -> None:
    """Keep a value that a person renews."""
    aws.client("secretsmanager", HOME.region).create_secret(Name=RENEWED.name, SecretString="token")


def call(operation: str, **arguments: object) -> Callable[[Sandbox], object]:
    """Return what calls Secrets Manager by hand."""
    return lambda aws: getattr(aws.client("secretsmanager", HOME.region), operation)(
        SecretId=DATABASE.name, **arguments
    )


SAMPLES = (
    Sample(
        "secret",
        [KEY, DATABASE, PARTNER, READERS],
        tamperings={
            "deleted": Tampering(
                call("delete_secret", RecoveryWindowInDays=7),
                [f"{DATABASE.address}: update deletion"],
                risky=[f"{DATABASE.address}: update deletion"],
            ),
            "under another key": Tampering(
                call("update_secret", KmsKeyId="alias/aws/secretsmanager"),
                [f"{DATABASE.address}: update settings"],
            ),
            "described otherwise": Tampering(
                call("update_secret", Description="?"),
                [f"{DATABASE.address}: update settings"],
            ),
            "untagged": Tampering(
                call("untag_resource", TagKeys=["owner"]),
                [f"{DATABASE.address}: update tags"],
            ),
            "rotated seldom": Tampering(
                call("rotate_secret", RotationLambdaARN=FUNCTION, RotationRules={"AutomaticallyAfterDays": 900}),
                [f"{DATABASE.address}: update rotation"],
            ),
        },
    ),
    Sample("secret made by hand", [KEY, DATABASE, PARTNER], before=made_by_hand),
    Sample("secret that a person renews", [RENEWED], before=with_a_value),
)
