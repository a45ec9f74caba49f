"""Tell whether services may use the key of a topic that somebody else chose: without that nobody hears an alarm."""

from __future__ import annotations

import json
from collections.abc import Iterator

from awsbase.access.denials import Held, Request, permits
from awsbase.engine.facts import Facts
from awsbase.engine.permissions import Allow, allow
from awsbase.engine.scope import Scope
from awsbase.policies.document import Document, listed, parsed
from awsbase.records import record

USES = ("kms:Decrypt", "kms:GenerateDataKey")
ALARMS = "cloudwatch.amazonaws.com"
OTHERS = ("budgets.amazonaws.com", "costalerts.amazonaws.com", "events.amazonaws.com")


@record
class TopicKey:
    """A key as a topic's publishers find it; the policy is None when it cannot be read."""

    arn: str
    state: str = "Enabled"
    policy: Document | None = None


def topic_key(facts: Facts, region: str, name: str) -> TopicKey:
    """Read the key that a topic names, by its id, its ARN or an alias."""
    from botocore.exceptions import ClientError

    kms = facts.aws.at(region).kms
    try:
        known = kms.describe_key(KeyId=name)["KeyMetadata"]
        policy = parsed(kms.get_key_policy(KeyId=known["Arn"], PolicyName="default")["Policy"])
    except ClientError as error:
        match error.response["Error"]["Code"]:
            case "NotFoundException":
                return TopicKey(name, "gone")
            case "AccessDeniedException":
                return TopicKey(name)
        raise
    return TopicKey(known["Arn"], known.get("KeyState", "Enabled"), policy)


def may_publish(key: TopicKey, service: str, scope: Scope, topic: str) -> Held:
    """Tell whether a service may publish on a topic under its key; None when that cannot be known."""
    if key.state != "Enabled":
        return False
    if key.policy is None:
        return None
    known = {
        "aws:principalisawsservice": "true",
        "aws:principalservicename": service,
        "aws:securetransport": "true",
        "aws:sourceaccount": scope.account,
        "kms:encryptioncontext:aws:sns:topicarn": topic,
        **({"aws:sourcearn": scope.arn("cloudwatch", "alarm:*")} if service == ALARMS else {}),
        **({"aws:sourcearn": None, "aws:sourceaccount": None} if service.startswith("events.") else {}),
    }
    statements = listed(key.policy.get("Statement"))
    held = [permits(statements, Request(("Service", service), action, key.arn, known)) for action in USES]
    return False if False in held else None if None in held else True


def key_statement(scope: Scope) -> str:
    """Return the statement that a key's policy lacks, to be copied into it."""
    statement = {
        "Sid": "Publishers",
        "Effect": "Allow",
        "Principal": {"Service": ALARMS},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceAccount": scope.account}},
    }
    return json.dumps(statement)


def reading(scope: Scope) -> Iterator[Allow]:
    """Yield the IAM permissions that reading the key of a topic takes."""
    yield allow("kms", "DescribeKey", "GetKeyPolicy", on=(scope.arn("kms", "key/*"),))
