"""CloudTrail's event history: who made which call in the last 90 days, whether or not there is a trail.

Management events alone, reads and refused calls included, in the region where they happened; those of services without
regions in us-east-1. https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from awsbase.sandbox import wire
from awsbase.sandbox.call_log import Call
from awsbase.sandbox.callers import Caller
from awsbase.sandbox.service import FIRST_REGIONS, Request, Rule
from awsbase.sandbox.wire import Refusal

KEPT = timedelta(days=90)
PAGE = 50
KEYS = ("EventId", "EventName", "ReadOnly", "Username", "ResourceType", "ResourceName", "EventSource", "AccessKeyId")
# S3 names events as its pages do, not as its API: "Amazon S3 bucket-level actions that are tracked by CloudTrail",
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
S3_EVENTS = {
    "s3:PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "s3:DeletePublicAccessBlock": "DeleteBucketPublicAccessBlock",
    "s3:PutBucketLifecycleConfiguration": "PutBucketLifecycle",
    "s3:PutBucketNotificationConfiguration": "PutBucketNotification",
    "s3control:PutPublicAccessBlock": "PutAccountPublicAccessBlock",
    "s3control:DeletePublicAccessBlock": "DeleteAccountPublicAccessBlock",
}
# What only data events tell, which the history does not have:
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html
DATA = {
    "s3": ("GetObject", "PutObject", "DeleteObject", "HeadObject", "CopyObject", "ListObjects", "ListObjectsV2"),
    "sns": ("Publish", "PublishBatch"),
    "logs": ("PutLogEvents",),
    "cloudwatch": ("PutMetricData", "GetMetricData"),
}
# The parameters that name a resource which the history can be asked for, with its type. It names no others: those of
# Budgets, Logs, EventBridge and whole accounts are found by the name of the event alone.
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events-supported-resource-types.html
RESOURCES = {
    "s3": {"Bucket": "AWS::S3::Bucket"},
    "iam": {
        "UserName": "AWS::IAM::User",
        "GroupName": "AWS::IAM::Group",
        "RoleName": "AWS::IAM::Role",
        "PolicyArn": "AWS::IAM::Policy",
        "InstanceProfileName": "AWS::IAM::InstanceProfile",
        "SerialNumber": "AWS::IAM::MfaDevice",
        "AccessKeyId": "AWS::IAM::AccessKey",
    },
    "kms": {"KeyId": "AWS::KMS::Key", "TargetKeyId": "AWS::KMS::Key", "AliasName": "AWS::KMS::Alias"},
    "cloudtrail": {"Name": "AWS::CloudTrail::Trail", "TrailName": "AWS::CloudTrail::Trail"},
    "sns": {"TopicArn": "AWS::SNS::Topic", "SubscriptionArn": "AWS::SNS::Subscription"},
    "cloudwatch": {"AlarmName": "AWS::CloudWatch::Alarm", "AlarmNames": "AWS::CloudWatch::Alarm"},
    "secretsmanager": {"SecretId": "AWS::SecretsManager::Secret"},
    "ec2": {
        "GroupId": "AWS::EC2::SecurityGroup",
        "VpcId": "AWS::EC2::VPC",
        "SubnetId": "AWS::EC2::Subnet",
        "RouteTableId": "AWS::EC2::RouteTable",
        "InternetGatewayId": "AWS::EC2::InternetGateway",
        "NetworkAclId": "AWS::EC2::NetworkAcl",
        "InstanceId": "AWS::EC2::Instance",
        "InstanceIds": "AWS::EC2::Instance",
        "AllocationId": "AWS::EC2::EIP",
        "KeyName": "AWS::EC2::KeyPair",
    },
}
# "Determine past usage of a KMS key": https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys-determining-usage.html
AS_ARN = {"kms": "key", "cloudtrail": "trail"}


def lookup(request: Request) -> dict[str, Any]:
    """Answer with a page of the history, newest first.

    Raises Refusal with InvalidLookupAttributesException, InvalidMaxResultsException, InvalidTimeRangeException or
    InvalidNextTokenException.

    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
    """
    params = request.params
    attributes, length = params.get("LookupAttributes") or [], params.get("MaxResults", PAGE)
    if len(attributes) > 1 or any(each.get("AttributeKey") not in KEYS for each in attributes):
        raise Refusal("InvalidLookupAttributesException", "Lookup takes one attribute that it knows.")
    if not 1 <= length <= PAGE:
        raise Refusal("InvalidMaxResultsException", f"MaxResults must be between 1 and {PAGE}.")
    start, end = params.get("StartTime"), params.get("EndTime")
    if start and end and start > end:
        raise Refusal("InvalidTimeRangeException", "The start time is after the end time.")
    # A token belongs to the parameters that it was given for.
    asked = json.dumps([attributes, str(start), str(end), params.get("EventCategory")])
    mark = hashlib.sha256(asked.encode()).hexdigest()[:16]
    given, _, first = (params.get("NextToken") or f"{mark}:0").partition(":")
    if given != mark or not first.isdecimal():
        raise Refusal("InvalidNextTokenException", "The token is not valid, or was given for other parameters.")
    if params.get("EventCategory") == "insight":
        return {"Events": []}
    found = [event for event in events(request) if fits(event, attributes) and within(event["EventTime"], start, end)]
    begin = int(first)
    page: dict[str, Any] = {"Events": found[begin : begin + length]}
    return page | ({"NextToken": f"{mark}:{begin + length}"} if len(found) > begin + length else {})


def within(at: datetime, start: datetime | None, end: datetime | None) -> bool:
    """Tell whether a time is in a range that may be open."""
    return not (start and at < aware(start)) and not (end and at > aware(end))


def aware(at: datetime) -> datetime:
    """Return a time with its time zone: what a request says without one is UTC."""
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def fits(event: dict[str, Any], attributes: list[dict[str, str]]) -> bool:
    """Tell whether an event has the attribute that is asked for."""
    for each in attributes:
        key, value = each["AttributeKey"], each["AttributeValue"]
        if key in ("ResourceName", "ResourceType"):
            return any(resource[key] == value for resource in event["Resources"])
        return bool(event.get(key) == value)
    return True


def events(request: Request) -> Iterator[dict[str, Any]]:
    """Yield the events of a region that are old enough to be shown and young enough to be kept, newest first."""
    sandbox = request.sandbox
    now = sandbox.clock()
    for number, call in reversed(list(enumerate(sandbox.history))):
        if call.at is None or call.caller is None or not now - KEPT <= call.at <= now - sandbox.history_lag:
            continue
        if call.operation in DATA.get(call.service, ()) or region_of(request, call) != request.region:
            continue
        yield event(request, call, call.caller, str(uuid5(NAMESPACE_URL, f"{request.account}/{number}")))


def region_of(request: Request, call: Call) -> str:
    """Return the region in which an event is found: that of the call, or the first one of a service without regions."""
    if request.sandbox.services.find(call.service).is_global:
        return FIRST_REGIONS.get(request.partition, call.region)
    return call.region


def event(request: Request, call: Call, caller: Caller, id: str) -> dict[str, Any]:
    """Return a call as the history shows it."""
    name = S3_EVENTS.get(call.name, call.operation)
    prefix = wire.model(call.service).endpoint_prefix
    source = "s3.amazonaws.com" if call.service == "s3control" else f"{prefix}.amazonaws.com"
    whole = {
        "eventVersion": "1.11",
        "userIdentity": identity(request, caller, call.key),
        "eventTime": call.at.strftime("%Y-%m-%dT%H:%M:%SZ") if call.at else None,
        "eventSource": source,
        "eventName": name,
        "awsRegion": region_of(request, call),
        "sourceIPAddress": call.address,
        "userAgent": call.agent,
        **({"errorCode": call.error} if call.error else {}),
        "requestParameters": shown(call) or None,
        "responseElements": None,
        "eventID": id,
        "readOnly": not call.writes,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": request.account,
        "eventCategory": "Management",
    }
    return {
        "EventId": id,
        "EventName": name,
        "ReadOnly": json.dumps(not call.writes),
        "AccessKeyId": call.key,
        "EventTime": call.at,
        "EventSource": source,
        "Username": caller.session or caller.name,
        "Resources": resources(request, call),
        "CloudTrailEvent": json.dumps(whole, default=str),
    }


def identity(request: Request, caller: Caller, key: str) -> dict[str, Any]:
    """Return who called, as an event says it; of a caller in another account it says little.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
    """
    if caller.account != request.account:
        return {"type": "AWSAccount", "principalId": caller.name, "accountId": caller.account}
    known = {"arn": caller.arn, "accountId": caller.account, "accessKeyId": key}
    if caller.kind == "role":
        issuer = {"type": "Role", "arn": caller.principal, "accountId": caller.account, "userName": caller.name}
        source = {"sourceIdentity": caller.source_identity} if caller.source_identity else {}
        return {"type": "AssumedRole", **known, "sessionContext": {"sessionIssuer": issuer, **source}}
    return {"type": "Root", **known} if caller.kind == "root" else {"type": "IAMUser", **known, "userName": caller.name}


def shown(call: Call) -> dict[str, Any]:
    """Return the parameters of a call, spelled as events spell them, without what the API's model calls sensitive."""
    members: Any = getattr(wire.operation(call.service, call.operation).input_shape, "members", {})
    told = {
        name: value
        for name, value in call.params.items()
        if name in members and not members[name].metadata.get("sensitive")
    }
    if call.service == "s3" and "Bucket" in told:
        told["bucketName"] = told.pop("Bucket")
    return {name[:1].lower() + name[1:]: value for name, value in told.items()}


def resources(request: Request, call: Call) -> list[dict[str, str]]:
    """Return the resources that the history names of a call; those that it made as well.

    Keys and trails have their ARNs there, however they are called.
    """
    types, path = RESOURCES.get(call.service, {}), AS_ARN.get(call.service)
    place = f"arn:{request.partition}:{call.service}:{call.region}:{request.account}"
    found = {
        (types[name], f"{place}:{path}/{value}" if path and not value.startswith(("arn:", "alias/")) else value): None
        for name, value in (*named(call.params, types), *named(made(call), types))
    }
    return [{"ResourceType": type, "ResourceName": name} for type, name in found]


def made(call: Call) -> dict[str, Any]:
    """Return the response to a write, which names what it made."""
    if not call.writes or call.error or call.reply is None:
        return {}
    return wire.understand(wire.operation(call.service, call.operation), call.reply)


def named(held: Any, types: dict[str, str], name: str = "") -> Iterator[tuple[str, str]]:
    """Yield the texts at any depth whose names are those of resources."""
    if isinstance(held, dict):
        for key, value in held.items():
            yield from named(value, types, key)
    elif isinstance(held, list):
        for value in held:
            yield from named(value, types, name)
    elif isinstance(held, str) and name in types:
        yield name, held


RULES = (Rule("cloudtrail:LookupEvents", before=lookup, strict=False),)
