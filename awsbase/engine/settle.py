"""Waiting for AWS to agree with itself: which refusals pass by themselves, and for how long we believe that."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from awsbase.engine.clock import Clock
from awsbase.records import record

FRESH = timedelta(minutes=5)


@record
class Patience:
    """A refusal that passes: the calls it comes from, its code, a part of its message, and seconds to wait at most."""

    service: str
    operations: tuple[str, ...]  # prefixes
    code: str
    part: str = ""
    but_not: str = ""
    seconds: int = 120
    contention: bool = False  # two writers met: passes whatever the age of the thing


# Each from what AWS answers while a new role, key, policy or bucket is not yet known everywhere.
TABLE = (
    Patience("iam", ("CreateRole", "UpdateAssumeRolePolicy"), "MalformedPolicyDocument", "Invalid principal"),
    Patience("iam", ("",), "EntityTemporarilyUnmodifiable", seconds=60, contention=True),
    Patience("iam", ("",), "ConcurrentModification", seconds=60, contention=True),
    Patience("iam", ("Delete",), "DeleteConflict", seconds=30),
    Patience("iam", ("",), "InvalidClientTokenId", seconds=30),
    Patience(
        "kms",
        ("CreateKey", "PutKeyPolicy"),
        "MalformedPolicyDocumentException",
        # This one is the lock-out check: it will not pass.
        but_not="update the key policy in the future",
    ),
    Patience("kms", ("",), "NotFoundException", seconds=60),
    Patience("iam", ("Add", "Attach", "Put", "Tag", "Update"), "NoSuchEntity", seconds=30),
    Patience("sns", ("SetTopicAttributes", "Subscribe", "TagResource"), "NotFound", seconds=30),
    Patience("logs", ("Associate", "Put", "TagResource"), "ResourceNotFoundException", seconds=30),
    Patience("cloudtrail", ("",), "TrailNotFoundException", seconds=30),
    Patience("s3", ("PutBucketPolicy",), "MalformedPolicy"),
    Patience("s3", ("",), "NoSuchBucket"),
    Patience("s3", ("",), "OperationAborted", contention=True),
    Patience("s3", ("",), "ConditionalRequestConflict", contention=True),
    Patience("cloudtrail", ("CreateTrail", "UpdateTrail"), "InvalidCloudWatchLogsRoleArnException", "ccess denied"),
    Patience("cloudtrail", ("CreateTrail", "UpdateTrail"), "InvalidCloudWatchLogsLogGroupArnException", "ccess denied"),
    Patience("cloudtrail", ("CreateTrail", "UpdateTrail"), "InsufficientS3BucketPolicyException"),
    Patience("cloudtrail", ("CreateTrail", "UpdateTrail"), "InsufficientEncryptionPolicyException"),
    Patience("cloudtrail", ("",), "ConflictException", seconds=300, contention=True),
    Patience("sns", ("SetTopicAttributes",), "InvalidParameter", "olicy", seconds=60),
    Patience("iam", ("AddRoleToInstanceProfile",), "NoSuchEntity", seconds=30),
    Patience("ec2", ("RunInstances",), "InvalidParameterValue", "Invalid IAM Instance Profile"),
    Patience("ec2", ("RunInstances",), "InvalidParameterValue", "has no associated IAM Roles"),
    Patience("ec2", ("",), "InvalidAllocationID.NotFound", seconds=60),
    Patience("ec2", ("",), "InvalidGroup.NotFound", seconds=60),
    Patience("ec2", ("",), "InvalidInstanceID.NotFound", seconds=60),
    Patience("ec2", ("",), "InvalidInternetGatewayID.NotFound", seconds=60),
    Patience("ec2", ("",), "InvalidLaunchTemplateId.NotFound", seconds=60),
    Patience("ec2", ("",), "InvalidNetworkInterfaceID.NotFound", seconds=60),
    Patience("ec2", ("",), "InvalidRouteTableID.NotFound", seconds=60),
    Patience("ec2", ("",), "InvalidSubnetID.NotFound", seconds=60),
    Patience("ec2", ("",), "InvalidVpcID.NotFound", seconds=60),
    # An address is given to an instance that runs, and a stopped one starts once it has stopped.
    Patience("ec2", ("AssociateAddress",), "InvalidInstanceID", "not in a valid state"),
    Patience("ec2", ("StartInstances",), "IncorrectInstanceState", contention=True),
    Patience("ec2", ("Delete",), "DependencyViolation", seconds=300, contention=True),
    Patience("scheduler", ("CreateSchedule", "UpdateSchedule"), "ValidationException", "assume the role"),
    Patience("logs", ("CreateLogGroup", "AssociateKmsKey"), "AccessDeniedException", "KMS key"),
    Patience("logs", ("CreateLogGroup", "AssociateKmsKey"), "InvalidParameterException", "KMS key"),
    # The role that is to make the snapshots is not known to DLM yet.
    Patience("dlm", ("CreateLifecyclePolicy", "UpdateLifecyclePolicy"), "InvalidRequestException", "ole", seconds=60),
    # The service-linked role is not known to Config yet, or the bucket's policy not yet in force.
    Patience("config", ("PutConfigurationRecorder",), "InvalidRoleException", seconds=60),
    Patience("config", ("PutDeliveryChannel",), "InsufficientDeliveryPolicyException", seconds=60),
    Patience("config", ("PutDeliveryChannel",), "NoSuchBucketException", seconds=60),
    Patience("logs", ("",), "OperationAbortedException", seconds=60, contention=True),
)


class Interrupted(Exception):
    """The person in front of the terminal pressed Ctrl-C; nothing new is started."""


def settle(
    call: Callable[[], Any],
    *,
    service: str,
    operation: str,
    fresh: bool,
    clock: Clock,
    stop: threading.Event,
    waiting: Callable[[str, float], None] = lambda why, seconds: None,
) -> Any:
    """Make a call and repeat it while AWS refuses for a reason of the table, until that row's seconds are over.

    A refusal for want of propagation is waited out only for what leans on something `fresh` (changed in this run, or
    made less than five minutes ago): elsewhere the same code means a mistake, and the error is raised at once. Raises
    Interrupted, with the refusal for its cause, in place of waiting once `stop` is set.
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


def _row(service: str, operation: str, code: str, message: str) -> Patience | None:
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
