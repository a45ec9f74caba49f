"""Waiting for propagation: which refusals of AWS are temporary, and how long to wait for each."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from awsbase.engine.clock import Clock
from awsbase.records import record

FRESH = timedelta(minutes=5)
DELETING = ("Delete", "Detach", "Disassociate", "Release", "Remove", "Terminate")


@record
class PropagationDelay:
    """A temporary refusal: its calls, its code, a part of its message, and the maximum wait in seconds."""

    service: str
    operations: tuple[str, ...]  # prefixes
    code: str
    part: str = ""
    but_not: str = ""
    seconds: int = 120
    contention: bool = False  # two writers conflict: temporary whatever the age of the resource


# How the calls of EC2 begin that use something new. What is to be deleted was listed: if it is not found, it is gone.
USES = (
    "Associate",
    "Attach",
    "Authorize",
    "Create",
    "Describe",
    "Modify",
    "Replace",
    "Revoke",
    "Run",
    "Start",
    "Update",
)

# What AWS answers while a new role, key, policy or bucket has not propagated.
TABLE = (
    PropagationDelay("iam", ("CreateRole", "UpdateAssumeRolePolicy"), "MalformedPolicyDocument", "Invalid principal"),
    PropagationDelay("iam", ("",), "EntityTemporarilyUnmodifiable", seconds=60, contention=True),
    PropagationDelay("iam", ("",), "ConcurrentModification", seconds=60, contention=True),
    PropagationDelay("iam", ("Delete",), "DeleteConflict", seconds=30),
    PropagationDelay("iam", ("",), "InvalidClientTokenId", seconds=30),
    # A virtual device can be unknown for a moment after it was made.
    PropagationDelay("iam", ("EnableMFADevice",), "NoSuchEntity", seconds=30),
    PropagationDelay("iam", ("EnableMFADevice",), "InvalidAuthenticationCode", seconds=15),
    PropagationDelay(
        "kms",
        ("CreateKey", "PutKeyPolicy"),
        "MalformedPolicyDocumentException",
        # This one is the lock-out check, which is permanent.
        but_not="update the key policy in the future",
    ),
    PropagationDelay("kms", ("",), "NotFoundException", seconds=60),
    PropagationDelay("iam", ("Add", "Attach", "Put", "Tag", "Update"), "NoSuchEntity", seconds=30),
    PropagationDelay("sns", ("SetTopicAttributes", "Subscribe", "TagResource"), "NotFound", seconds=30),
    PropagationDelay("logs", ("Associate", "Put", "TagResource"), "ResourceNotFoundException", seconds=30),
    PropagationDelay("cloudtrail", ("",), "TrailNotFoundException", seconds=30),
    PropagationDelay("s3", ("PutBucketPolicy",), "MalformedPolicy"),
    PropagationDelay("s3", ("Put",), "NoSuchBucket"),
    # That versions are kept, and who may take a role, S3 knows a moment later than it answers so:
    # hashicorp/terraform-provider-aws, internal/service/s3/bucket_replication_configuration.go
    PropagationDelay("s3", ("PutBucketReplication",), "InvalidRequest", "Versioning must be 'Enabled'", seconds=60),
    PropagationDelay("s3", ("PutBucketReplication",), "InvalidRequest", "assumed by Amazon S3"),
    PropagationDelay("s3", ("PutObjectLockConfiguration",), "InvalidBucketState", "must be 'Enabled'", seconds=60),
    PropagationDelay("s3", ("",), "OperationAborted", contention=True),
    PropagationDelay("s3", ("",), "ConditionalRequestConflict", contention=True),
    PropagationDelay(
        "cloudtrail", ("CreateTrail", "UpdateTrail"), "InvalidCloudWatchLogsRoleArnException", "ccess denied"
    ),
    PropagationDelay(
        "cloudtrail", ("CreateTrail", "UpdateTrail"), "InvalidCloudWatchLogsLogGroupArnException", "ccess denied"
    ),
    PropagationDelay("cloudtrail", ("CreateTrail", "UpdateTrail"), "InsufficientS3BucketPolicyException"),
    PropagationDelay("cloudtrail", ("CreateTrail", "UpdateTrail"), "InsufficientEncryptionPolicyException"),
    PropagationDelay("cloudtrail", ("",), "ConflictException", seconds=300, contention=True),
    PropagationDelay("sns", ("SetTopicAttributes",), "InvalidParameter", "olicy", seconds=60),
    PropagationDelay("iam", ("AddRoleToInstanceProfile",), "NoSuchEntity", seconds=30),
    PropagationDelay("ec2", ("RunInstances",), "InvalidParameterValue", "Invalid IAM Instance Profile"),
    PropagationDelay("ec2", ("RunInstances",), "InvalidParameterValue", "has no associated IAM Roles"),
    PropagationDelay("ec2", USES, "InvalidAllocationID.NotFound", seconds=60),
    PropagationDelay("ec2", USES, "InvalidGroup.NotFound", seconds=60),
    PropagationDelay("ec2", USES, "InvalidInstanceID.NotFound", seconds=60),
    PropagationDelay("ec2", USES, "InvalidInternetGatewayID.NotFound", seconds=60),
    PropagationDelay("ec2", USES, "InvalidLaunchTemplateId.NotFound", seconds=60),
    PropagationDelay("ec2", USES, "InvalidNetworkInterfaceID.NotFound", seconds=60),
    PropagationDelay("ec2", USES, "InvalidRouteTableID.NotFound", seconds=60),
    PropagationDelay("ec2", USES, "InvalidSubnetID.NotFound", seconds=60),
    PropagationDelay("ec2", USES, "InvalidVpcID.NotFound", seconds=60),
    # An address needs a running instance, and an instance can start only once it has stopped.
    PropagationDelay("ec2", ("AssociateAddress",), "InvalidInstanceID", "not in a valid state"),
    PropagationDelay("ec2", ("AssociateAddress",), "IncorrectInstanceState", "not in a valid state"),
    PropagationDelay("ec2", ("StartInstances",), "IncorrectInstanceState", contention=True),
    # Interfaces of endpoints and of ended instances take minutes to go.
    PropagationDelay("ec2", ("Delete", "Detach"), "DependencyViolation", seconds=300, contention=True),
    PropagationDelay("ec2", ("ReleaseAddress",), "InvalidIPAddress.InUse", contention=True),
    PropagationDelay("scheduler", ("CreateSchedule", "UpdateSchedule"), "ValidationException", "assume the role"),
    PropagationDelay("logs", ("CreateLogGroup", "AssociateKmsKey"), "AccessDeniedException", "KMS key"),
    PropagationDelay("logs", ("CreateLogGroup", "AssociateKmsKey"), "InvalidParameterException", "KMS key"),
    # DLM does not know the role that creates the snapshots yet.
    PropagationDelay(
        "dlm", ("CreateLifecyclePolicy", "UpdateLifecyclePolicy"), "InvalidRequestException", "ole", seconds=60
    ),
    # AWS Backup does not know its role yet, or what the role may do.
    PropagationDelay("backup", ("CreateBackupSelection",), "InvalidParameterValueException", "IAM Role"),
    # A plan knows of its last selection for a moment after that is gone:
    # https://github.com/hashicorp/terraform-provider-aws/issues/10414
    PropagationDelay(
        "backup", ("DeleteBackupPlan",), "InvalidRequestException", "selections must be deleted", contention=True
    ),
    # Config does not know the service-linked role yet, or the bucket's policy is not in force yet.
    PropagationDelay("config", ("PutConfigurationRecorder",), "InvalidRoleException", seconds=60),
    PropagationDelay("config", ("PutDeliveryChannel",), "InsufficientDeliveryPolicyException", seconds=60),
    PropagationDelay("config", ("PutDeliveryChannel",), "NoSuchBucketException", seconds=60),
    PropagationDelay("logs", ("",), "OperationAbortedException", seconds=60, contention=True),
    # An organization takes one write at a time, and none while policies spread:
    # https://docs.aws.amazon.com/organizations/latest/APIReference/CommonErrors.html
    PropagationDelay("organizations", ("",), "ConcurrentModificationException", seconds=300, contention=True),
    PropagationDelay("organizations", ("",), "PolicyChangesInProgressException", seconds=300, contention=True),
    # A new one takes up to an hour until it can be used; longer than this nobody waits for a run.
    PropagationDelay("organizations", ("",), "FinalizingOrganizationException", seconds=900, contention=True),
    # Trusting a service, and what needs that, take a moment to be known to each other.
    PropagationDelay("iam", ("EnableOrganizations",), "ServiceAccessNotEnabledException", seconds=120),
    PropagationDelay("lambda", ("Create", "UpdateFunction"), "InvalidParameterValueException", "assumed by Lambda"),
    # A function takes no change while it is created, or while the last change is under way.
    PropagationDelay(
        "lambda", ("UpdateFunction",), "ResourceConflictException", "cannot be performed", contention=True
    ),
    # A zone takes one batch of records at a time.
    PropagationDelay("route53", ("Change",), "PriorRequestNotComplete", contention=True),
    PropagationDelay(
        "stepfunctions",
        ("CreateStateMachine", "UpdateStateMachine"),
        "AccessDeniedException",
        "assume the provided role",
    ),
)


class Interrupted(Exception):
    """The operator pressed Ctrl-C; the run starts nothing new."""


def wait_for_propagation(
    call: Callable[[], Any],
    *,
    service: str,
    operation: str,
    fresh: bool,
    clock: Clock,
    stop: threading.Event,
    waiting: Callable[[str, float], None] = lambda why, seconds: None,
) -> Any:
    """Make a call and repeat it while AWS refuses with a code of TABLE, for at most that row's seconds.

    It waits only for resources that depend on something `fresh`: changed in this run, or created less than five minutes
    ago. Elsewhere the same code means a mistake, and the error is raised immediately. Raises Interrupted, with the
    refusal as its cause, instead of waiting once `stop` is set.
    See https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html for IAM's eventual consistency.
    """
    from botocore.exceptions import ClientError

    started = clock.now()
    pause = 0.5
    while True:
        try:
            return call()
        except ClientError as error:
            code, message = error.response["Error"].get("Code", ""), error.response["Error"].get("Message", "")
            row = _row(service, operation, code, message)
            if row is None or not (fresh or row.contention):
                raise
            if stop.is_set():
                raise Interrupted from error
            left = row.seconds - (clock.now() - started).total_seconds()
            if pause > left:
                raise
            waiting(f"AWS answers {code}", left)
        clock.sleep(pause, stop)
        pause = min(pause * 2, 10)


def _row(service: str, operation: str, code: str, message: str) -> PropagationDelay | None:
    # What is to be deleted and is not there is gone: botocore resends what was carried out and not heard of.
    if operation.startswith(DELETING) and ("NotFound" in code or code.startswith("NoSuch")):
        return None
    for row in TABLE:
        if (
            row.service == service
            and operation.startswith(row.operations)
            and row.code == code
            and row.part in message
            and not (row.but_not and row.but_not in message)
        ):
            return row
    return None
