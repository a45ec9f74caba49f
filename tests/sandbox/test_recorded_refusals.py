"""Refusals in AWS's own words: codes and messages as cloud-custodian's and LocalStack's tests recorded them on AWS.

The inputs are our own. A message that lists the values of an enum is compared without their order, and so without
values that AWS has added since.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from botocore.exceptions import ClientError

from awsbase.sandbox import Sandbox

ACCOUNT, REGION, ABSENT = "123456789012", "eu-west-1", "134f2428-cec1-4b25-a1ae-9048164dba47"
BUCKET, VERSIONED, LOCKED = "acme-logs", "acme-versions", "acme-locked"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:security"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/ops"
ONE_O_CLOCK = datetime(2030, 1, 1, 1, tzinfo=UTC)
LIMIT: Any = {"LocationConstraint": REGION}
SCHEMA = "The XML you provided was not well-formed or did not validate against our published schema"
OURS = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [OURS]})


def policy(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:policy/{name}"


@dataclass(frozen=True)
class Refused:
    """A call, and what AWS refuses it with; braces in parameters and messages stand for what was arranged."""

    call: str
    params: Mapping[str, Any]
    code: str
    message: str
    status: int = 400
    where: str = field(default=REGION, repr=False)

    def __str__(self) -> str:
        return f"{self.call}: {self.message[:50]}"


@cache
def arranged() -> tuple[Sandbox, dict[str, str]]:
    """Return an account in which there is something to be refused about. A refused call leaves it as it is."""
    sandbox, names = Sandbox(), {}

    def client(service: str) -> Any:
        return sandbox.client(service, region=REGION)

    iam, kms, s3 = client("iam"), client("kms"), client("s3")
    for name in ("ann", "bob"):
        iam.create_user(UserName=name)
    iam.create_role(RoleName="ops", AssumeRolePolicyDocument=TRUST)
    iam.create_service_specific_credential(UserName="ann", ServiceName="codecommit.amazonaws.com")
    iam.create_service_linked_role(AWSServiceName="config.amazonaws.com")
    for name, spend in (("key", None), ("disabled", kms.disable_key), ("pending", kms.schedule_key_deletion)):
        names[name] = kms.create_key()["KeyMetadata"]["Arn"]
        if spend:
            spend(KeyId=names[name])
    names["imported"] = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["Arn"]
    for name in (BUCKET, VERSIONED):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration=LIMIT)
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"x")
    s3.put_bucket_versioning(Bucket=VERSIONED, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=VERSIONED, Key="a", Body=b"x")
    client("logs").create_log_group(logGroupName="acme")
    client("sns").create_topic(Name="security", Tags=[{"Key": "team", "Value": "ops"}])
    web = {"TopicArn": TOPIC, "Protocol": "https", "Endpoint": "https://pager.example", "ReturnSubscriptionArn": True}
    names["subscription"] = client("sns").subscribe(**web)["SubscriptionArn"]
    client("events").put_rule(Name="signin", EventPattern='{"source": ["aws.signin"]}')
    client("events").put_targets(Rule="signin", Targets=[{"Id": "topic", "Arn": TOPIC}])
    s3.create_bucket(Bucket=LOCKED, ObjectLockEnabledForBucket=True, CreateBucketConfiguration=LIMIT)
    secrets = client("secretsmanager")
    for name in ("held", "deleted"):
        secrets.create_secret(Name=name, SecretString="x")
    secrets.create_secret(Name="empty")
    secrets.delete_secret(SecretId="deleted")
    return sandbox, names


def lifecycle(**rule: Any) -> dict[str, Any]:
    whole = {"ID": "a", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 7}, **rule}
    rules = [{name: value for name, value in whole.items() if value is not None}]
    return {"Bucket": BUCKET, "LifecycleConfiguration": {"Rules": rules}}


def schedule(words: str) -> Refused:
    target = {"Arn": "arn:aws:scheduler:::aws-sdk:ec2:terminateInstances", "RoleArn": ROLE}
    params = {"Name": "end", "ScheduleExpression": words, "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": target}
    message = f"Invalid Schedule Expression {words}."
    return Refused("scheduler:create_schedule", params, "ValidationException", message)


def replication(bucket: str, *rules: Mapping[str, Any]) -> dict[str, Any]:
    return {"Bucket": bucket, "ReplicationConfiguration": {"Role": ROLE, "Rules": list(rules)}}


def tag_set(key: str, value: str = "x", *more: str) -> dict[str, Any]:
    return {"Bucket": BUCKET, "Tagging": {"TagSet": [{"Key": each, "Value": value} for each in (key, *more)]}}


def gone(call: str, code: str, message: str, bucket: str = "acme-absent") -> Refused:
    return Refused(f"s3:{call}", {"Bucket": bucket}, code, message, 404)


def invalid(what: str, constraint: str) -> str:
    return f"1 validation error detected: {what} failed to satisfy constraint: Member must {constraint}"


TAG = {"Key": "a", "Value": "b"}
COPIED = {
    "Status": "Enabled",
    "Priority": 1,
    "Filter": {"Prefix": ""},
    "DeleteMarkerReplication": {"Status": "Disabled"},
    "Destination": {"Bucket": f"arn:aws:s3:::{BUCKET}"},
}
RETAINED = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}}
NO_SECRET = "Secrets Manager can't find the specified secret."
NO_STAGE = "Secrets Manager can't find the specified secret value for staging label: "
DELETED = "You can't perform this operation on the secret because it was marked for deletion."
AN_ARN = "An ARN must have at least 6 elements, not"

IAM = (
    Refused("iam:create_role", {"RoleName": "r", "AssumeRolePolicyDocument": "{"}, "MalformedPolicyDocument",
            "This policy contains invalid Json"),
    Refused("iam:attach_role_policy", {"RoleName": "ops", "PolicyArn": "a-name-instead-of-an-arn"}, "ValidationError",
            "Invalid ARN:  Could not be parsed!"),
    Refused("iam:attach_user_policy", {"UserName": "ann", "PolicyArn": policy("x")}, "NoSuchEntity",
            f"Policy {policy('x')} does not exist or is not attachable.", 404),
    Refused("iam:delete_policy", {"PolicyArn": policy("x")}, "NoSuchEntity", f"Policy {policy('x')} was not found.",
            404),
    Refused("iam:get_role", {"RoleName": "x"}, "NoSuchEntity", "The role with name x cannot be found.", 404),
    Refused("iam:get_user", {"UserName": "x"}, "NoSuchEntity", "The user with name x cannot be found.", 404),
    Refused("iam:get_group", {"GroupName": "x"}, "NoSuchEntity", "The group with name x cannot be found.", 404),
    Refused("iam:get_login_profile", {"UserName": "ann"}, "NoSuchEntity", "Login Profile for User ann cannot be found.",
            404),
    Refused("iam:get_account_password_policy", {}, "NoSuchEntity",
            f"The Password Policy with domain name {ACCOUNT} cannot be found.", 404),
    Refused("iam:create_service_specific_credential", {"UserName": "ann", "ServiceName": "lambda.amazonaws.com"},
            "NoSuchEntity", "No such service lambda.amazonaws.com is supported for Service Specific Credentials", 404),
    Refused("iam:delete_service_specific_credential", {"UserName": "ann", "ServiceSpecificCredentialId": "a" * 20},
            "NoSuchEntity", f"No such credential {'a' * 20} exists", 404),
    Refused("iam:delete_service_specific_credential", {"UserName": "ann", "ServiceSpecificCredentialId": "a-" * 10},
            "ValidationError", invalid("Value at 'serviceSpecificCredentialId'",
                                       r"satisfy regular expression pattern: [\w]+")),
    Refused("iam:delete_user", {"UserName": "ann"}, "DeleteConflict",
            "Cannot delete entity, must remove referenced objects first.", 409),
    Refused("iam:create_service_linked_role", {"AWSServiceName": "config.amazonaws.com"}, "InvalidInput",
            "Service role name AWSServiceRoleForConfig has been taken in this account, please try a different suffix."),
    Refused("iam:create_service_linked_role", {"AWSServiceName": "config.amazonaws.com", "CustomSuffix": "x"},
            "InvalidInput", "Custom suffix is not allowed for config.amazonaws.com"),
)  # fmt: skip
STS = (
    *(Refused("sts:assume_role", {"RoleArn": bad, "RoleSessionName": "you"}, "ValidationError", f"{bad} is invalid")
      for bad in ("nothing-valid-in-here", "arn::b:::something/test-role", "arn:a:a::aaaaaaaaaa:",
                  "arn:a::::something/test-role", "arn:a:::something/test-role")),
    Refused("sts:assume_role", {"RoleArn": ROLE, "RoleSessionName": "You:2"}, "ValidationError",
            invalid("Value 'You:2' at 'roleSessionName'", r"satisfy regular expression pattern: [\w+=,.@-]*")),
    Refused("sts:assume_role", {"RoleArn": ROLE, "RoleSessionName": "you",
                                "Tags": [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]},
            "InvalidParameterValue",
            "Duplicate tag keys found. Please note that Tag keys are case insensitive."),
    Refused("sts:assume_role", {"RoleArn": ROLE, "RoleSessionName": "you", "Tags": [TAG], "TransitiveTagKeys": ["b"]},
            "InvalidParameterValue", "The specified transitive tag key must be included in the requested tags."),
)  # fmt: skip
KMS = (
    Refused("kms:describe_key", {"KeyId": "no-key"}, "NotFoundException", "Invalid keyId 'no-key'"),
    Refused("kms:describe_key", {"KeyId": "alias/x"}, "NotFoundException",
            f"Alias arn:aws:kms:{REGION}:{ACCOUNT}:alias/x is not found."),
    Refused("kms:describe_key", {"KeyId": ABSENT}, "NotFoundException",
            f"Key 'arn:aws:kms:{REGION}:{ACCOUNT}:key/{ABSENT}' does not exist"),
    Refused("kms:describe_key", {"KeyId": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{ABSENT}"}, "NotFoundException",
            "Invalid arn us-east-1"),
    Refused("kms:create_alias", {"AliasName": "x", "TargetKeyId": "{key}"}, "ValidationException",
            'Alias must start with the prefix "alias/". Please see '
            "https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"),
    Refused("kms:tag_resource", {"KeyId": "{key}", "Tags": [{"TagKey": "aws:x", "TagValue": "y"}]}, "TagException",
            "Tags beginning with aws: are reserved"),
    Refused("kms:create_key", {"Tags": [{"TagKey": f"k{n}", "TagValue": "y"} for n in range(51)]}, "TagException",
            "Too many tags"),
    Refused("kms:create_key", {"Tags": [{"TagKey": "k", "TagValue": "y"}] * 2}, "TagException", "Duplicate tag keys"),
    Refused("kms:create_key", {"Tags": [{"TagKey": "k", "TagValue": "v" * 257}]}, "ValidationException",
            invalid(f"Value '{'v' * 257}' at 'tags.1.member.tagValue'",
                    "have length less than or equal to 256")),
    Refused("kms:create_key", {"KeyUsage": "RANDOM"}, "ValidationException",
            invalid("Value 'RANDOM' at 'keyUsage'", "satisfy enum value set")),
    Refused("kms:get_key_rotation_status", {"KeyId": "{imported}"}, "UnsupportedOperationException",
            "{imported} origin is EXTERNAL which is not valid for this operation."),
    Refused("kms:encrypt", {"KeyId": "{imported}", "Plaintext": b"x"}, "KMSInvalidStateException",
            "{imported} is pending import."),
    Refused("kms:encrypt", {"KeyId": "{disabled}", "Plaintext": b"x"}, "DisabledException", "{disabled} is disabled."),
    Refused("kms:encrypt", {"KeyId": "{pending}", "Plaintext": b"x"}, "KMSInvalidStateException",
            "{pending} is pending deletion."),
)  # fmt: skip
LOGS = (
    Refused("logs:create_log_group", {"logGroupName": "acme"}, "ResourceAlreadyExistsException",
            "The specified log group already exists"),
    Refused("logs:list_tags_for_resource", {"resourceArn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:x"},
            "ResourceNotFoundException", "The specified log group does not exist."),
    Refused("logs:describe_log_groups", {"logGroupNamePrefix": "a", "logGroupNamePattern": "b"},
            "InvalidParameterException",
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."),
    Refused("logs:create_log_group", {"logGroupName": "x" * 513}, "InvalidParameterException",
            "Invalid LogGroup or LogStream, both must have length less than or equal to 512."),
)  # fmt: skip
SCHEDULES = (
    *map(schedule, (
        "cron(0 1 * * * *)", "cron(7 20 * * NOT *)", "cron(INVALID)", "cron(0 dummy ? * MON-FRI *)",
        "cron(71 8 1 * ? *)", "cron()", "rate(10 seconds)", "rate(10 years)", "rate()", "rate(10)", "rate(10 minutess)",
        "rate(foo minutes)", "rate(-10 minutes)", "rate( 10 minutes )", " rate(10 minutes)", "at(2021-12-31T23:59:59Z)",
        "at(2021-12-31)")),
    Refused("scheduler:get_schedule", {"Name": "x"}, "ResourceNotFoundException", "Schedule x does not exist.", 404),
    Refused("events:put_rule", {"Name": "x", "ScheduleExpression": "cron(0 1 * * * *)"}, "ValidationException",
            "Parameter ScheduleExpression is not valid."),
    Refused("events:describe_rule", {"Name": "x"}, "ResourceNotFoundException",
            "Rule x does not exist on EventBus default."),
    Refused("events:delete_rule", {"Name": "signin"}, "ValidationException",
            "Rule can't be deleted since it has targets."),
    Refused("events:put_targets", {"Rule": "signin", "Targets": [{"Id": f"t{n}", "Arn": TOPIC} for n in range(5)]},
            "LimitExceededException", "The requested resource exceeds the maximum number allowed."),
    Refused("events:put_targets", {"Rule": "signin", "Targets": [{"Id": "!", "Arn": TOPIC}]}, "ValidationException",
            invalid("Value '!' at 'targets.1.member.id'",
                    r"satisfy regular expression pattern: [\.\-_A-Za-z0-9]+")),
)  # fmt: skip
SECRETS = (
    Refused("secretsmanager:create_secret", {"Name": "deleted"}, "InvalidRequestException",
            "You can't create this secret because a secret with this name is already scheduled for deletion."),
    Refused("secretsmanager:create_secret", {"Name": "held"}, "ResourceExistsException",
            "The operation failed because the secret held already exists."),
    Refused("secretsmanager:create_secret", {"Name": "a b"}, "ValidationException",
            "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: "
            "-/_+=.@!"),
    Refused("secretsmanager:describe_secret", {"SecretId": "x"}, "ResourceNotFoundException", NO_SECRET),
    Refused("secretsmanager:get_secret_value", {"SecretId": "empty"}, "ResourceNotFoundException",
            f"{NO_STAGE}AWSCURRENT"),
    Refused("secretsmanager:get_secret_value", {"SecretId": "held", "VersionStage": "AWSPREVIOUS"},
            "ResourceNotFoundException", f"{NO_STAGE}AWSPREVIOUS"),
    Refused("secretsmanager:rotate_secret", {"SecretId": "held"}, "InvalidRequestException",
            "No Lambda rotation function ARN is associated with this secret."),
    Refused("secretsmanager:tag_resource", {"SecretId": "deleted", "Tags": [TAG]}, "InvalidRequestException", DELETED),
)  # fmt: skip
SNS = (
    Refused("sns:get_topic_attributes", {"TopicArn": "x"}, "InvalidParameter",
            f"Invalid parameter: TopicArn Reason: {AN_ARN} 1"),
    Refused("sns:get_topic_attributes", {"TopicArn": f"{TOPIC}-absent"}, "NotFound", "Topic does not exist", 404),
    Refused("sns:get_topic_attributes", {"TopicArn": TOPIC}, "InvalidParameter", "Invalid parameter: TopicArn",
            where="us-east-1"),
    Refused("sns:create_topic", {"Name": "new", "Tags": [TAG, TAG]}, "InvalidParameter",
            "Invalid parameter: Duplicated keys are not allowed."),
    Refused("sns:create_topic", {"Name": "security", "Tags": [TAG]}, "InvalidParameter",
            "Invalid parameter: Tags Reason: Topic already exists with different tags"),
    Refused("sns:create_topic", {"Name": "a b"}, "InvalidParameter", "Invalid parameter: Topic Name"),
    Refused("sns:subscribe", {"TopicArn": TOPIC, "Protocol": "pigeon", "Endpoint": "x"}, "InvalidParameter",
            "Invalid parameter: Amazon SNS does not support this protocol string: pigeon"),
    Refused("sns:subscribe", {"TopicArn": TOPIC, "Protocol": "https", "Endpoint": "https://pager.example",
                              "Attributes": {"RawMessageDelivery": "perhaps"}}, "InvalidParameter",
            "Invalid parameter: Attributes Reason: RawMessageDelivery: Invalid value [perhaps]. "
            "Must be true or false."),
    Refused("sns:unsubscribe", {"SubscriptionArn": "x"}, "InvalidParameter",
            f"Invalid parameter: SubscriptionArn Reason: {AN_ARN} 1"),
    Refused("sns:set_subscription_attributes", {"SubscriptionArn": "{subscription}", "AttributeName": "fake",
                                                "AttributeValue": "x"}, "InvalidParameter",
            "Invalid parameter: AttributeName"),
    Refused("sns:publish", {"TopicArn": TOPIC, "Message": ""}, "InvalidParameter", "Invalid parameter: Empty message"),
)  # fmt: skip
ROUTE53 = (
    Refused("route53:delete_hosted_zone", {"Id": "Z0123456789ABCDEFGHIJ"}, "NoSuchHostedZone",
            "No hosted zone found with ID: Z0123456789ABCDEFGHIJ", 404),
)  # fmt: skip
S3 = (
    *(gone(call, "NoSuchBucket", "The specified bucket does not exist") for call in (
        "get_bucket_lifecycle_configuration", "get_bucket_policy", "get_bucket_encryption", "get_public_access_block",
        "get_bucket_tagging", "get_bucket_ownership_controls", "get_bucket_versioning", "get_bucket_logging",
        "list_objects_v2", "delete_bucket", "get_bucket_replication", "get_object_lock_configuration")),
    gone("get_bucket_replication", "ReplicationConfigurationNotFoundError",
         "The replication configuration was not found", BUCKET),
    gone("get_object_lock_configuration", "ObjectLockConfigurationNotFoundError",
         "Object Lock configuration does not exist for this bucket", BUCKET),
    Refused("s3:put_bucket_replication", replication(BUCKET, COPIED), "InvalidRequest",
            "Versioning must be 'Enabled' on the bucket to apply a replication configuration"),
    Refused("s3:put_bucket_replication", replication(VERSIONED, COPIED), "InvalidRequest",
            "Destination bucket must have versioning enabled."),
    Refused("s3:put_bucket_replication", replication(VERSIONED), "MalformedXML", SCHEMA),
    Refused("s3:put_object_lock_configuration", {"Bucket": BUCKET, "ObjectLockConfiguration": RETAINED},
            "InvalidBucketState", "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
            409),
    Refused("s3:put_bucket_versioning", {"Bucket": LOCKED, "VersioningConfiguration": {"Status": "Suspended"}},
            "InvalidBucketState",
            "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.", 409),
    gone("head_bucket", "404", "Not Found"),
    gone("get_bucket_lifecycle_configuration", "NoSuchLifecycleConfiguration",
         "The lifecycle configuration does not exist", BUCKET),
    gone("get_bucket_policy", "NoSuchBucketPolicy", "The bucket policy does not exist", BUCKET),
    gone("get_bucket_tagging", "NoSuchTagSet", "The TagSet does not exist", BUCKET),
    Refused("s3:get_bucket_policy", {"Bucket": BUCKET, "ExpectedBucketOwner": "0000"}, "InvalidBucketOwnerAWSAccountID",
            "The value of the expected bucket owner parameter must be an AWS Account ID... [0000]"),
    Refused("s3:create_bucket", {"Bucket": BUCKET, "CreateBucketConfiguration": LIMIT}, "BucketAlreadyOwnedByYou",
            "Your previous request to create the named bucket succeeded and you already own it.", 409),
    Refused("s3:create_bucket", {"Bucket": "acme-new"}, "IllegalLocationConstraintException",
            "The unspecified location constraint is incompatible for the region specific endpoint this request was "
            "sent to."),
    Refused("s3:create_bucket", {"Bucket": "Acme", "CreateBucketConfiguration": LIMIT}, "InvalidBucketName",
            "The specified bucket is not valid."),
    Refused("s3:create_bucket", {"Bucket": "acme-new", "CreateBucketConfiguration": LIMIT, "ObjectOwnership": "Mine"},
            "InvalidArgument", "Invalid x-amz-object-ownership header: Mine"),
    Refused("s3:create_bucket", {"Bucket": "acme-new", "CreateBucketConfiguration": {
            **LIMIT, "Tags": [{"Key": "aws:x", "Value": "y"}]}}, "InvalidTag",
            'User-defined tag keys can\'t start with "aws:". This prefix is reserved for system tags. Remove "aws:" '
            "from your tag keys and try again."),
    Refused("s3:put_bucket_tagging", tag_set("aws:x"), "InvalidTag",
            "System tags cannot be added/updated by requester"),
    Refused("s3:put_bucket_tagging", tag_set("a", "x", "a"), "InvalidTag",
            "Cannot provide multiple Tags with the same key"),
    Refused("s3:put_bucket_tagging", tag_set("a,b"), "InvalidTag", "The TagKey you have provided is invalid"),
    Refused("s3:put_bucket_tagging", tag_set("a", "x,y"), "InvalidTag", "The TagValue you have provided is invalid"),
    Refused("s3:delete_bucket", {"Bucket": BUCKET}, "BucketNotEmpty", "The bucket you tried to delete is not empty",
            409),
    Refused("s3:delete_bucket", {"Bucket": VERSIONED}, "BucketNotEmpty",
            "The bucket you tried to delete is not empty. You must delete all versions in the bucket.", 409),
    Refused("s3:put_bucket_policy", {"Bucket": BUCKET, "Policy": "{}"}, "MalformedPolicy",
            "Missing required field Statement"),
    Refused("s3:put_bucket_policy", {"Bucket": BUCKET, "Policy": "{x"}, "MalformedPolicy",
            "Policies must be valid JSON and the first byte must be '{{'"),
    Refused("s3:put_bucket_encryption", {"Bucket": BUCKET, "ServerSideEncryptionConfiguration": {"Rules": []}},
            "MalformedXML", SCHEMA),
    Refused("s3:put_bucket_encryption", {"Bucket": BUCKET, "ServerSideEncryptionConfiguration": {"Rules": [
            {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256", "KMSMasterKeyID": "x"}}]}},
            "InvalidArgument",
            "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse"),
    Refused("s3:put_bucket_versioning", {"Bucket": BUCKET, "VersioningConfiguration": {}},
            "IllegalVersioningConfigurationException", "The Versioning element must be specified"),
    Refused("s3:put_bucket_logging", {"Bucket": BUCKET, "BucketLoggingStatus": {
            "LoggingEnabled": {"TargetBucket": "acme-absent", "TargetPrefix": "x"}}}, "InvalidTargetBucketForLogging",
            "The target bucket for logging does not exist"),
    Refused("s3:put_bucket_lifecycle_configuration", lifecycle(Filter=None), "MalformedXML", SCHEMA),
    Refused("s3:put_bucket_lifecycle_configuration", lifecycle(Filter={"And": {"Tags": [TAG, TAG]}}), "InvalidRequest",
            "Duplicate Tag Keys are not allowed."),
    Refused("s3:put_bucket_lifecycle_configuration", lifecycle(Expiration={"Date": ONE_O_CLOCK}),
            "InvalidArgument", "'Date' must be at midnight GMT"),
    Refused("s3:put_bucket_lifecycle_configuration", {**lifecycle(), "TransitionDefaultMinimumObjectSize": "any"},
            "InvalidRequest", "Invalid TransitionDefaultMinimumObjectSize found: any"),
    Refused("s3:put_object", {"Bucket": BUCKET, "Key": "k", "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "no-key"},
            "KMS.NotFoundException", "Invalid keyId 'no-key'"),
    Refused("s3:put_object", {"Bucket": BUCKET, "Key": "k", "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": ABSENT},
            "KMS.NotFoundException", f"Key 'arn:aws:kms:{REGION}:{ACCOUNT}:key/{ABSENT}' does not exist"),
    Refused("s3:put_object", {"Bucket": BUCKET, "Key": "a", "IfNoneMatch": "*"}, "PreconditionFailed",
            "At least one of the pre-conditions you specified did not hold", 412),
    Refused("s3control:get_public_access_block", {"AccountId": ACCOUNT}, "NoSuchPublicAccessBlockConfiguration",
            "The public access block configuration was not found", 404),
    Refused("s3control:put_public_access_block", {"AccountId": ACCOUNT, "PublicAccessBlockConfiguration": {}},
            "InvalidRequest", "Must specify at least one configuration."),
)  # fmt: skip
OTHERS = (
    Refused("securityhub:describe_hub", {}, "InvalidAccessException",
            f"AccountId: {ACCOUNT} is not enabled for securityhub. Currentstate: false", 401),
)  # fmt: skip


@pytest.mark.parametrize("want", [*IAM, *STS, *KMS, *LOGS, *SCHEDULES, *SECRETS, *SNS, *ROUTE53, *S3, *OTHERS], ids=str)
def test_the_sandbox_refuses_in_the_words_of_aws(want: Refused) -> None:
    sandbox, names = arranged()
    service, _, method = want.call.partition(":")
    params = {
        name: names.get(value.strip("{}"), value) if isinstance(value, str) else value
        for name, value in want.params.items()
    }
    call: Callable[..., Any] = getattr(sandbox.client(service, region=want.where), method)
    with pytest.raises(ClientError) as refused:
        call(**params)
    answer = refused.value.response
    error = answer["Error"]
    message = error["Message"].partition(": [")[0] if want.message.endswith("enum value set") else error["Message"]
    status = answer["ResponseMetadata"]["HTTPStatusCode"]
    assert (error["Code"], message, status) == (want.code, want.message.format(**names), want.status)
