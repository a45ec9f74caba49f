"""What buckets, keys and secrets take."""

from __future__ import annotations

from awsbase.engine.scope import Scope
from awsbase.ensure.access_log import AccessLog
from awsbase.ensure.bucket import Bucket, bucket_arn
from awsbase.ensure.key import Key
from awsbase.ensure.mfa_device import MfaDevice
from awsbase.ensure.public_access_block import PublicAccessBlock
from awsbase.ensure.secret import Secret
from awsbase.permissions.allow import TAG_INDEX, Allow, Allows, Condition, allow, equals, labelled, made_for
from awsbase.permissions.iam import ALL_OF_IAM, VIRTUAL_DEVICES, named


def bucket_reads(want: Bucket) -> Allows:
    yield TAG_INDEX
    yield allow(
        "s3",
        "ListBucket",  # what HeadBucket asks for
        *("GetBucketOwnershipControls", "GetBucketPolicy", "GetBucketPublicAccessBlock", "GetBucketTagging"),
        *("GetBucketVersioning", "GetEncryptionConfiguration", "GetLifecycleConfiguration"),
        on=(want.arn,),
    )


def bucket_writes(want: Bucket) -> Allows:
    yield allow(
        "s3",
        *("CreateBucket", "PutBucketOwnershipControls", "PutBucketPolicy", "PutBucketPublicAccessBlock"),
        *("PutBucketTagging", "PutBucketVersioning", "PutEncryptionConfiguration", "PutLifecycleConfiguration"),
        on=(want.arn,),
    )


def access_log_reads(want: AccessLog) -> Allows:
    yield allow("s3", "ListBucket", "GetBucketLogging", on=(bucket_arn(want.scope, want.name),))


def access_log_writes(want: AccessLog) -> Allows:
    yield allow("s3", "PutBucketLogging", on=(bucket_arn(want.scope, want.name),))


def public_access_reads(want: PublicAccessBlock) -> Allows:
    yield allow("s3", "GetAccountPublicAccessBlock")


def public_access_writes(want: PublicAccessBlock) -> Allows:
    yield allow("s3", "PutAccountPublicAccessBlock")


def keys(scope: Scope) -> tuple[str, ...]:
    """Return the ARN of any key of a region: what its id will be, nobody knows before it is there."""
    return (scope.arn("kms", "key/*"),)


def key_reads(want: Key) -> Allows:
    yield TAG_INDEX
    yield allow("kms", "ListAliases", "ListKeys")
    yield allow("kms", "DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus", "ListResourceTags", on=keys(want.scope))


def key_writes(want: Key) -> Allows:
    yield allow("kms", "CreateKey", "TagResource", when=labelled(want.address))
    # Before there is a key, and a tag or an alias to know it by, KMS asks whether its maker can set the policy again.
    yield allow("kms", "PutKeyPolicy", on=keys(want.scope))
    yield allow("kms", "CreateAlias", on=(want.scope.arn("kms", want.alias),))
    # One that was just made is known by its tag, for an alias takes up to five minutes to count.
    yield allow("kms", "CreateAlias", "TagResource", *KEY_SETTINGS, on=keys(want.scope), when=made_for(want.address))
    # One that is adopted is known by its alias.
    yield allow("kms", *KEY_SETTINGS, on=keys(want.scope), when=behind(want.alias))


KEY_SETTINGS = ("EnableKey", "EnableKeyRotation", "UpdateKeyDescription")


def behind(alias: str) -> Condition:
    """Make the condition that a key stands behind an alias."""
    return Condition("ForAnyValue:StringEquals", "kms:ResourceAliases", frozenset([alias]))


def secret_arns(scope: Scope, name: str) -> tuple[str, ...]:
    """Return the ARN of a secret, to whose name AWS adds six characters of its own."""
    return (scope.arn("secretsmanager", f"secret:{name}-??????"),)


# Whoever asks for a secret that is not there is asking about no ARN.
SECRETS = allow("secretsmanager", "DescribeSecret", "ListSecrets")


def sealing(scope: Scope) -> Allow:
    """Allow values to be encrypted and decrypted under keys of the account, by Secrets Manager and nobody else."""
    suffix = ".cn" if scope.partition == "aws-cn" else ""
    service = equals("kms:ViaService", f"secretsmanager.{scope.region}.amazonaws.com{suffix}")
    return allow("kms", "Decrypt", "GenerateDataKey", on=keys(scope), when=service)


def secret_reads(want: Secret) -> Allows:
    yield SECRETS
    if want.rotation and not want.rotation.function:
        yield allow("secretsmanager", "ListSecretVersionIds", on=secret_arns(want.scope, want.name))


def secret_writes(want: Secret) -> Allows:
    arns = secret_arns(want.scope, want.name)
    yield allow("secretsmanager", "CreateSecret", "RestoreSecret", "TagResource", "UpdateSecret", on=arns)
    if want.generated:
        yield allow("secretsmanager", "PutSecretValue", on=arns)
    if want.rotation and (function := want.rotation.function):
        yield allow("secretsmanager", "RotateSecret", on=arns)
        yield allow("lambda", "InvokeFunction", on=(function,))
    if want.key:
        yield sealing(want.scope)


def mfa_device_reads(want: MfaDevice) -> Allows:
    yield ALL_OF_IAM
    yield VIRTUAL_DEVICES
    yield allow("iam", "ListMFADevices", on=named(want.scope, "user", want.user))
    yield SECRETS
    if want.key:
        yield allow("kms", "ListAliases")


def mfa_device_writes(want: MfaDevice) -> Allows:
    arns = secret_arns(want.scope, want.secret)
    yield allow("iam", "CreateVirtualMFADevice", "DeleteVirtualMFADevice", "TagMFADevice", on=(want.serial,))
    yield allow("iam", "EnableMFADevice", on=named(want.scope, "user", want.user))
    yield allow("secretsmanager", "CreateSecret", "PutSecretValue", "RestoreSecret", "TagResource", on=arns)
    if want.key:
        yield allow("secretsmanager", "UpdateSecret", on=arns)
        yield sealing(want.scope)
