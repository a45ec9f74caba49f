"""CloudTrail: bucket, key, log group, role and topic must be ready before a trail is; and a trail has one home."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from moto.core.resource_tagging import TaggedResource

from awsbase.sandbox import event_history, organization_trails
from awsbase.sandbox.authorization.permissions import Resources, act, arn, own, param, passing, table
from awsbase.sandbox.authorization.resources import region_of
from awsbase.sandbox.organization_state import organization
from awsbase.sandbox.policy_documents import permits
from awsbase.sandbox.propagation import Propagation
from awsbase.sandbox.service import Codes, Request, Rule, Service
from awsbase.sandbox.services.kms import find
from awsbase.sandbox.snapshot import by_region, tag_dict
from awsbase.sandbox.wire import Refusal

PER_REGION = 5
# Across all selectors of a trail: the documentation of PutEventSelectors.
DATA_RESOURCES, CONDITIONS = 250, 500
PRINCIPAL = "cloudtrail.amazonaws.com"
SSE = "s3:x-amz-server-side-encryption"
BY_SERVICE = {"aws:securetransport": "true", "aws:principalisawsservice": "true"}
NAME = re.compile(r"[A-Za-z0-9](?:[._-]?[A-Za-z0-9])*")
DEFAULT_SELECTOR = {
    "ReadWriteType": "All",
    "IncludeManagementEvents": True,
    "DataResources": [],
    "ExcludeManagementEventSources": [],
}


def free_name(request: Request) -> None:
    """Refuse a name that no trail may have, and one that a trail has already.

    Raises Refusal.

    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateTrail.html
    """
    name = request.params["Name"]
    if not 3 <= len(name) <= 128 or not NAME.fullmatch(name) or re.fullmatch(r"\d+(\.\d+){3}", name):
        raise Refusal("InvalidTrailNameException", f"Trail name or ARN can't be {name}")
    foreign = [*organization_trails.seen(request)]
    if _seen(request, name) or any(each["Name"] == name for each in foreign):
        raise Refusal("TrailAlreadyExistsException", f"Trail {name} already exists for customer: {request.account}")
    # The quota counts what a region sees, "irrespective of the region in which they were created":
    # https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html
    own = [
        trail
        for region, backend in request.sandbox.backends("cloudtrail").items()
        for trail in backend.trails.values()
        if region == request.region or trail.is_multi_region
    ]
    if len(own) + len(foreign) >= PER_REGION:
        raise Refusal(
            "MaximumNumberOfTrailsExceededException", f"User: {request.account} already has {PER_REGION} trails"
        )


def at_home(request: Request) -> None:
    """Refuse to change a trail outside its home region: InvalidHomeRegionException.

    Raises Refusal with InvalidHomeRegionException.

    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_UpdateTrail.html
    """
    name = request.params.get("Name") or request.params.get("TrailName") or request.params.get("ResourceId") or ""
    trail = _seen(request, name)
    if trail and trail.region_name != request.region:
        raise Refusal(
            "InvalidHomeRegionException",
            f"The trail {trail.trail_name} has its home in {trail.region_name}, not in {request.region}",
        )


def delete(request: Request) -> dict[str, Any]:
    """Delete a trail by its name or its ARN, of which moto takes the name alone.

    Raises Refusal with TrailNotFoundException.

    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DeleteTrail.html
    """
    name, backend = request.params["Name"], request.backend("cloudtrail")
    trail = next((each for each in backend.trails.values() if name in (each.trail_name, each.arn)), None)
    if trail is None:
        raise Refusal("TrailNotFoundException", f"Unknown trail: {name} for the user: {request.account}")
    del backend.trails[trail.trail_name]
    backend.tagging_service.delete_all_tags_for_resource(trail.arn)
    return {}


def ready(request: Request) -> None:
    """Refuse a trail whose bucket, key, logs or topic would not take what it writes.

    Raises Refusal with InvalidS3PrefixException.

    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateTrail.html
    """
    trail = _seen(request, request.params["Name"])
    if request.operation == "UpdateTrail" and trail is None:
        return

    def wished(param: str, held: str) -> Any:
        return request.params[param] if param in request.params else (getattr(trail, held, None) or "")

    name = trail.trail_name if trail else request.params["Name"]
    arn = f"arn:{request.partition}:cloudtrail:{request.region}:{request.account}:trail/{name}"
    prefix = wished("S3KeyPrefix", "s3_key_prefix")
    if len(prefix) > 200:
        raise Refusal("InvalidS3PrefixException", "The S3 prefix is longer than 200 characters.")
    key = wished("KmsKeyId", "kms_key_id")
    bucket = _bucket(request, wished("S3BucketName", "bucket_name"), prefix, arn, _owners(request, trail), key)
    if key:
        found = _key(request, key, bucket, arn)
        if "KmsKeyId" in request.params:
            request.params["KmsKeyId"] = found
    _logs(
        request, wished("CloudWatchLogsLogGroupArn", "cw_log_group_arn"), wished("CloudWatchLogsRoleArn", "cw_role_arn")
    )
    if topic := wished("SnsTopicName", "sns_topic_name"):
        _topic(request, topic, arn)


def cleared(request: Request, response: dict[str, Any]) -> None:
    """Take what was set to nothing as not set.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/stop-cloudtrail-from-sending-events-to-cloudwatch-logs.html
    """
    trail = _seen(request, request.params["Name"])
    for name in ("kms_key_id", "s3_key_prefix", "sns_topic_name", "cw_log_group_arn", "cw_role_arn"):
        if trail and getattr(trail, name) == "":
            setattr(trail, name, None)


def only_named(request: Request, response: dict[str, Any]) -> None:
    """Describe the trails that were asked for, where moto describes all.

    Recorded: cloud-custodian, cloudtrail.DescribeTrails.
    """
    if wanted := request.params.get("trailNameList"):
        response["trailList"] = [
            trail for trail in response["trailList"] if {trail["Name"], trail["TrailARN"]} & set(wanted)
        ]
    for trail in response["trailList"]:
        selectors = _seen(request, trail["TrailARN"])
        trail["HasCustomEventSelectors"] = bool(
            selectors and (selectors.event_selectors or selectors.advanced_event_selectors)
        )


def one_kind(request: Request) -> None:
    """Refuse selectors of two kinds, too many of them, and such as say nothing.

    Raises Refusal with InvalidEventSelectorsException.

    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html
    """
    basic, advanced = request.params.get("EventSelectors", []), request.params.get("AdvancedEventSelectors", [])
    resources = [each for selector in basic for each in selector.get("DataResources", [])]
    conditions = [field for selector in advanced for field in selector.get("FieldSelectors", [])]
    if sum(len(each.get("Values", [])) for each in resources) > DATA_RESOURCES or len(_values(conditions)) > CONDITIONS:
        raise Refusal("InvalidEventSelectorsException", "The event selectors have too many resources or conditions")
    categories = [any(field["Field"] == "eventCategory" for field in one.get("FieldSelectors", [])) for one in advanced]
    if bool(basic) == bool(advanced) or len(basic) > 5 or not all(categories):
        raise Refusal("InvalidEventSelectorsException", "The event selectors are not valid")


def _values(conditions: list[dict[str, Any]]) -> list[str]:
    """Return the values of advanced event selectors, whatever they are compared by."""
    return [value for each in conditions for name, values in each.items() if name != "Field" for value in values]


def replace_selectors(request: Request, response: dict[str, Any]) -> None:
    """Let selectors of one kind take the place of the other's.

    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html
    """
    trail = _seen(request, request.params["TrailName"])
    if trail and request.params.get("EventSelectors"):
        trail.advanced_event_selectors = []


def default_selector(request: Request, response: dict[str, Any]) -> None:
    """Return what a trail records by default: all management events.

    Recorded: cloud-custodian, cloudtrail.GetEventSelectors.
    """
    if not response.get("EventSelectors") and not response.get("AdvancedEventSelectors"):
        response["EventSelectors"] = [DEFAULT_SELECTOR]
        response.pop("AdvancedEventSelectors", None)


def insights(request: Request, response: dict[str, Any]) -> None:
    """Refuse insights that were never switched on: InsightNotEnabledException.

    Raises Refusal with InsightNotEnabledException.

    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetInsightSelectors.html
    """
    if not response.get("InsightSelectors"):
        raise Refusal(
            "InsightNotEnabledException", f"Trail {request.params.get('TrailName')} does not have Insights enabled"
        )


def _seen(request: Request, name: str) -> Any:
    """Return the trail of a name or ARN as this region sees it, shadows included."""
    for region, backend in request.sandbox.backends("cloudtrail").items():
        for trail in backend.trails.values():
            if name in (trail.trail_name, trail.arn) and (region == request.region or trail.is_multi_region):
                return trail
    return None


def _owners(request: Request, trail: Any) -> list[str]:
    """Return below what a trail writes in its bucket: the account, and for an organization that as well.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
    """
    held = organization(request.sandbox, request.region)
    of_all = request.params.get("IsOrganizationTrail", bool(trail and trail.is_org_trail))
    return [request.account, held.org.id] if of_all and held else [request.account]


def _bucket(request: Request, name: str, prefix: str, arn: str, owners: list[str], key: str) -> Any:
    bucket = request.backend("s3").buckets.get(name)
    if bucket is None:
        raise Refusal("S3BucketDoesNotExistException", f"S3 bucket {name} does not exist!")
    document = json.loads(bucket.policy) if bucket.policy else {}
    inside = f"{prefix}/" if prefix else ""
    itself = f"arn:{bucket.partition}:s3:::{name}"
    written = [f"{itself}/{inside}AWSLogs/{owner}/CloudTrail/{request.region}/log.json.gz" for owner in owners]
    context = _context(request, arn) | {"s3:x-amz-acl": "bucket-owner-full-control"}
    if key:
        # What is delivered names the key of the trail: a policy may refuse every other kind of encryption.
        # https://docs.aws.amazon.com/awscloudtrail/latest/userguide/encrypting-cloudtrail-log-files-with-aws-kms.html
        found = find(request, key)
        context |= {SSE: "aws:kms", f"{SSE}-aws-kms-key-id": found.arn if found else key}
    writes = all(permits(document, PRINCIPAL, "s3:PutObject", each, context) for each in written)
    if not permits(document, PRINCIPAL, "s3:GetBucketAcl", itself, context) or not writes:
        raise Refusal(
            "InsufficientS3BucketPolicyException", f"Incorrect S3 bucket policy is detected for bucket: {name}"
        )
    return bucket


def _key(request: Request, name: str, bucket: Any, arn: str) -> str:
    key = find(request.seen_from(bucket.region_name), name)
    elsewhere = name.startswith("arn:") and f":kms:{bucket.region_name}:" not in name
    if key is None or elsewhere:
        raise Refusal("KmsKeyNotFoundException", f"KMS key {name} is not found in {bucket.region_name}")
    if key.key_state != "Enabled":
        raise Refusal("KmsKeyDisabledException", f"KMS key {name} is {key.key_state}")
    document = json.loads(key.policy)
    needed = ["kms:GenerateDataKey", "kms:DescribeKey"]
    encryption = (getattr(bucket, "encryption", None) or {}).get("Rule") or {}
    rule = encryption[0] if isinstance(encryption, list) else encryption
    if str(rule.get("BucketKeyEnabled", "")).lower() == "true":
        needed.append("kms:Decrypt")
    context = _context(request, arn) | {"kms:encryptioncontext:aws:cloudtrail:arn": arn}
    if not all(permits(document, PRINCIPAL, action, key.arn, context) for action in needed):
        raise Refusal(
            "InsufficientEncryptionPolicyException",
            f"Insufficient permissions to access S3 bucket {bucket.name} or KMS key {key.arn}.",
        )
    return str(key.arn)


def _logs(request: Request, group: str, role: str) -> None:
    if not group and not role:
        return
    if not group or not group.endswith(":*"):
        raise Refusal(
            "InvalidCloudWatchLogsLogGroupArnException", "CloudTrail cannot validate the specified log group ARN."
        )
    if not role:
        raise Refusal("InvalidCloudWatchLogsRoleArnException", "You must specify a role ARN as well as a log group.")
    bare = group.removesuffix(":*")
    if bare not in {held.arn for held in request.backend("logs").groups.values()}:
        raise Refusal(
            "InvalidCloudWatchLogsLogGroupArnException", f"Log group {bare} is not found in {request.region}."
        )
    stream = f"{bare}:log-stream:{request.account}_CloudTrail_{request.region}"
    held = next((one for one in request.backend("iam").roles.values() if one.arn == role), None)
    if held is None or request.memory(Propagation).unknown(role, request) or not _may_write(held, stream):
        raise Refusal(
            "InvalidCloudWatchLogsRoleArnException",
            "Access denied. Verify in IAM that the role has adequate permissions.",
        )


def _may_write(role: Any, stream: str) -> bool:
    trust = role.assume_role_policy_document
    trusted = permits(
        {"Statement": [held | {"Resource": "*"} for held in _read(trust).get("Statement", [])]},
        PRINCIPAL,
        "sts:AssumeRole",
        "*",
        {},
    )
    texts = [*role.policies.values()]
    texts += [next(v.document for v in policy.versions if v.is_default) for policy in role.managed_policies.values()]
    writes = all(
        any(permits(_read(text), None, action, stream, {}) for text in texts)
        for action in ("logs:CreateLogStream", "logs:PutLogEvents")
    )
    return trusted and writes


def _read(text: Any) -> dict[str, Any]:
    document: dict[str, Any] = text if isinstance(text, dict) else json.loads(unquote(text) if "%7B" in text else text)
    return document


def _topic(request: Request, name: str, arn: str) -> None:
    topic_arn = (
        name
        if name.startswith("arn:")
        else f"{arn.split(':cloudtrail:')[0]}:sns:{request.region}:{request.account}:{name}"
    )
    topic = request.backend("sns").topics.get(topic_arn)
    document = json.loads(topic._policy_json) if topic and isinstance(topic._policy_json, str) else {}
    if topic and not document:
        document = topic._policy_json
    if topic is None or not permits(document, PRINCIPAL, "sns:Publish", topic_arn, _context(request, arn)):
        raise Refusal(
            "InsufficientSnsTopicPolicyException", "SNS Topic does not exist or the topic policy is incorrect!"
        )


def _context(request: Request, arn: str) -> dict[str, str]:
    return {"aws:sourcearn": arn, "aws:sourceaccount": request.account} | BY_SERVICE


def trail(path: str) -> Resources:
    """Name the trail that a parameter names, by its ARN or its name."""

    def resources(request: Request) -> list[str]:
        named = param(request, path)
        names = named if isinstance(named, list) else [named]
        return [_trail_arn(request, name) for name in names if name]

    return resources


def _trail_arn(request: Request, name: str) -> str:
    if name.startswith("arn:"):
        return name
    for region, backend in request.sandbox.backends("cloudtrail").items():
        for held in backend.trails.values():
            if held.trail_name == name and (region == request.region or held.is_multi_region):
                return str(held.arn)
    return arn(request, f"cloudtrail:{request.region}:{request.account}:trail/{name}")


LOGS = passing("CloudWatchLogsRoleArn", "cloudtrail.amazonaws.com")


def trails(cloudtrail: Any) -> Any:
    """Return the trails of a region, by ARN."""
    return {
        trail.arn: trail.description()
        | {
            "logging": trail.status.is_logging,
            "selectors": trail.event_selectors or trail.advanced_event_selectors,
            "tags": tag_dict(cloudtrail.tagging_service.list_tags_for_resource(trail.arn)["TagsList"]),
        }
        for trail in cloudtrail.trails.values()
    }


RULES = (
    *organization_trails.FIRST,
    Rule("cloudtrail:CreateTrail", before=free_name),
    Rule(
        "cloudtrail:UpdateTrail cloudtrail:DeleteTrail cloudtrail:StartLogging cloudtrail:StopLogging "
        "cloudtrail:PutEventSelectors cloudtrail:PutInsightSelectors cloudtrail:AddTags cloudtrail:RemoveTags",
        before=at_home,
    ),
    Rule("cloudtrail:DeleteTrail", before=delete, strict=False),
    Rule("cloudtrail:CreateTrail cloudtrail:UpdateTrail", before=ready),
    Rule("cloudtrail:CreateTrail cloudtrail:UpdateTrail", after=cleared, strict=False),
    Rule("cloudtrail:DescribeTrails", after=only_named, strict=False),
    Rule("cloudtrail:PutEventSelectors", before=one_kind),
    Rule("cloudtrail:PutEventSelectors", after=replace_selectors, strict=False),
    Rule("cloudtrail:GetEventSelectors", after=default_selector),
    Rule("cloudtrail:GetInsightSelectors", after=insights),
    *organization_trails.RULES,
    *event_history.RULES,
)
CALLS = table(
    {
        "DescribeTrails ListTrails LookupEvents": [own()],
        "CreateTrail": [own(trail("Name")), act("cloudtrail:AddTags", trail("Name"), when="TagsList"), LOGS],
        "UpdateTrail": [own(trail("Name")), LOGS],
        "GetTrail GetTrailStatus DeleteTrail StartLogging StopLogging": [own(trail("Name"))],
        "GetEventSelectors PutEventSelectors GetInsightSelectors PutInsightSelectors": [own(trail("TrailName"))],
        "ListTags": [own(trail("ResourceIdList"))],
        "AddTags RemoveTags": [own(trail("ResourceId"))],
    }
)


def tags(request: Request, arn: str) -> dict[str, str]:
    """Return the tags of a trail."""
    return dict(request.backend("cloudtrail", region_of(request, arn)).tagging_service.get_tag_dict_for_resource(arn))


def tagged(request: Request) -> Iterator[TaggedResource]:
    """Yield the trails of the region, which moto does not list among what is tagged."""
    held = request.made("cloudtrail")
    for trail in held.trails.values() if held else ():
        tags = held.tagging_service.get_tag_dict_for_resource(trail.arn)
        yield TaggedResource(trail.arn, tags, "cloudtrail:trail")


SERVICE = Service(
    "cloudtrail",
    rules=RULES,
    calls=CALLS,
    tags=tags,
    tagged=tagged,
    snapshot=by_region("cloudtrail", trails),
    codes=Codes(
        invalid="InvalidParameterException",
        tags="InvalidTagParameterException",
        too_many_tags="TagsLimitExceededException",
    ),
    checked_by_rules={"LookupEvents": ("LookupAttributes", "MaxResults")},
    warm_up={"DescribeTrails": {}},
)
