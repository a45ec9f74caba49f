"""CloudTrail: bucket, key, log group, role and topic must be ready before a trail is; and a trail has one home."""

import json
import re
from typing import Any
from urllib.parse import unquote

from awsbase.sandbox.documents import permits
from awsbase.sandbox.rule import Ask, Refusal, Rule
from awsbase.sandbox.rules.documents import Fresh
from awsbase.sandbox.rules.kms import find

PER_REGION = 5
SERVICE = "cloudtrail.amazonaws.com"
NAME = re.compile(r"[A-Za-z0-9](?:[._-]?[A-Za-z0-9])*")
DEFAULT_SELECTOR = {
    "ReadWriteType": "All",
    "IncludeManagementEvents": True,
    "DataResources": [],
    "ExcludeManagementEventSources": [],
}


def named(ask: Ask) -> None:
    """Refuse a name that no trail may have, and one that a trail has already."""
    name = ask.params["Name"]
    if not 3 <= len(name) <= 128 or not NAME.fullmatch(name) or re.fullmatch(r"\d+(\.\d+){3}", name):
        raise Refusal("InvalidTrailNameException", f"Trail name or ARN can't be {name}")
    if _seen(ask, name):
        raise Refusal("TrailAlreadyExistsException", f"Trail {name} already exists for customer: {ask.account}")
    if len(ask.backend("cloudtrail").trails) >= PER_REGION:
        raise Refusal("MaximumNumberOfTrailsExceededException", f"User: {ask.account} already has {PER_REGION} trails")


def at_home(ask: Ask) -> None:
    """Refuse to change a trail from where it only casts its shadow."""
    told = ask.params.get("Name") or ask.params.get("TrailName") or ask.params.get("ResourceId") or ""
    trail = _seen(ask, told)
    if trail and trail.region_name != ask.region:
        raise Refusal(
            "InvalidHomeRegionException",
            f"The trail {trail.trail_name} has its home in {trail.region_name}, not in {ask.region}",
        )


def ready(ask: Ask) -> None:
    """Refuse a trail whose bucket, key, logs or topic would not take what it writes."""
    trail = _seen(ask, ask.params["Name"])
    if ask.operation == "UpdateTrail" and trail is None:
        return

    def wished(param: str, held: str) -> Any:
        return ask.params[param] if param in ask.params else (getattr(trail, held, None) or "")

    name = trail.trail_name if trail else ask.params["Name"]
    arn = f"arn:{ask.partition}:cloudtrail:{ask.region}:{ask.account}:trail/{name}"
    prefix = wished("S3KeyPrefix", "s3_key_prefix")
    if len(prefix) > 200:
        raise Refusal("InvalidS3PrefixException", "The S3 prefix is longer than 200 characters.")
    bucket = _bucket(ask, wished("S3BucketName", "bucket_name"), prefix, arn)
    if key := wished("KmsKeyId", "kms_key_id"):
        found = _key(ask, key, bucket, arn)
        if "KmsKeyId" in ask.params:
            ask.params["KmsKeyId"] = found
    _logs(ask, wished("CloudWatchLogsLogGroupArn", "cw_log_group_arn"), wished("CloudWatchLogsRoleArn", "cw_role_arn"))
    if topic := wished("SnsTopicName", "sns_topic_name"):
        _topic(ask, topic, arn)


def cleared(ask: Ask, said: dict[str, Any]) -> None:
    """Take what was set to nothing as not set."""
    trail = _seen(ask, ask.params["Name"])
    for name in ("kms_key_id", "s3_key_prefix", "sns_topic_name", "cw_log_group_arn", "cw_role_arn"):
        if trail and getattr(trail, name) == "":
            setattr(trail, name, None)


def only_named(ask: Ask, said: dict[str, Any]) -> None:
    """Describe the trails that were asked for, where moto describes all."""
    if wanted := ask.params.get("trailNameList"):
        said["trailList"] = [trail for trail in said["trailList"] if {trail["Name"], trail["TrailARN"]} & set(wanted)]
    for trail in said["trailList"]:
        selectors = _seen(ask, trail["TrailARN"])
        trail["HasCustomEventSelectors"] = bool(
            selectors and (selectors.event_selectors or selectors.advanced_event_selectors)
        )


def one_kind(ask: Ask) -> None:
    """Refuse selectors of two kinds, too many of them, and such as say nothing."""
    basic, advanced = ask.params.get("EventSelectors", []), ask.params.get("AdvancedEventSelectors", [])
    categories = [any(field["Field"] == "eventCategory" for field in one.get("FieldSelectors", [])) for one in advanced]
    if bool(basic) == bool(advanced) or len(basic) > 5 or not all(categories):
        raise Refusal("InvalidEventSelectorsException", "The event selectors are not valid")


def replace_selectors(ask: Ask, said: dict[str, Any]) -> None:
    """Let selectors of one kind take the place of the other's."""
    trail = _seen(ask, ask.params["TrailName"])
    if trail and ask.params.get("EventSelectors"):
        trail.advanced_event_selectors = []


def default_selector(ask: Ask, said: dict[str, Any]) -> None:
    """Tell what a trail records when nobody said: all management events."""
    if not said.get("EventSelectors") and not said.get("AdvancedEventSelectors"):
        said["EventSelectors"] = [DEFAULT_SELECTOR]
        said.pop("AdvancedEventSelectors", None)


def insights(ask: Ask, said: dict[str, Any]) -> None:
    """Refuse to tell insights that were never switched on."""
    if not said.get("InsightSelectors"):
        raise Refusal(
            "InsightNotEnabledException", f"Trail {ask.params.get('TrailName')} does not have Insights enabled"
        )


def _seen(ask: Ask, name: str) -> Any:
    """Return the trail of a name or ARN as this region sees it, shadows included."""
    for region, backend in ask.sandbox.world.backends("cloudtrail").items():
        for trail in backend.trails.values():
            if name in (trail.trail_name, trail.arn) and (region == ask.region or trail.is_multi_region):
                return trail
    return None


def _bucket(ask: Ask, name: str, prefix: str, arn: str) -> Any:
    bucket = ask.backend("s3").buckets.get(name)
    if bucket is None:
        raise Refusal("S3BucketDoesNotExistException", f"S3 bucket {name} does not exist!")
    document = json.loads(bucket.policy) if bucket.policy else {}
    inside = f"{prefix}/" if prefix else ""
    itself = f"arn:{bucket.partition}:s3:::{name}"
    written = f"{itself}/{inside}AWSLogs/{ask.account}/CloudTrail/{ask.region}/log.json.gz"
    context = _context(ask, arn) | {"s3:x-amz-acl": "bucket-owner-full-control"}
    if not permits(document, SERVICE, "s3:GetBucketAcl", itself, context) or not permits(
        document, SERVICE, "s3:PutObject", written, context
    ):
        raise Refusal(
            "InsufficientS3BucketPolicyException", f"Incorrect S3 bucket policy is detected for bucket: {name}"
        )
    return bucket


def _key(ask: Ask, name: str, bucket: Any, arn: str) -> str:
    key = find(ask.seen_from(bucket.region_name), name)
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
    context = _context(ask, arn) | {"kms:encryptioncontext:aws:cloudtrail:arn": arn}
    if not all(permits(document, SERVICE, action, key.arn, context) for action in needed):
        raise Refusal(
            "InsufficientEncryptionPolicyException",
            f"Insufficient permissions to access S3 bucket {bucket.name} or KMS key {key.arn}.",
        )
    return str(key.arn)


def _logs(ask: Ask, group: str, role: str) -> None:
    if not group and not role:
        return
    if not group or not group.endswith(":*"):
        raise Refusal(
            "InvalidCloudWatchLogsLogGroupArnException", "CloudTrail cannot validate the specified log group ARN."
        )
    if not role:
        raise Refusal("InvalidCloudWatchLogsRoleArnException", "You must specify a role ARN as well as a log group.")
    bare = group.removesuffix(":*")
    if bare not in {held.arn for held in ask.backend("logs").groups.values()}:
        raise Refusal("InvalidCloudWatchLogsLogGroupArnException", f"Log group {bare} is not found in {ask.region}.")
    stream = f"{bare}:log-stream:{ask.account}_CloudTrail_{ask.region}"
    held = next((one for one in ask.backend("iam").roles.values() if one.arn == role), None)
    if held is None or ask.memory(Fresh).unknown(role, ask) or not _may_write(held, stream):
        raise Refusal(
            "InvalidCloudWatchLogsRoleArnException",
            "Access denied. Verify in IAM that the role has adequate permissions.",
        )


def _may_write(role: Any, stream: str) -> bool:
    trust = role.assume_role_policy_document
    trusted = permits(
        {"Statement": [held | {"Resource": "*"} for held in _read(trust).get("Statement", [])]},
        SERVICE,
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


def _topic(ask: Ask, name: str, arn: str) -> None:
    topic_arn = (
        name if name.startswith("arn:") else f"{arn.split(':cloudtrail:')[0]}:sns:{ask.region}:{ask.account}:{name}"
    )
    topic = ask.backend("sns").topics.get(topic_arn)
    document = json.loads(topic._policy_json) if topic and isinstance(topic._policy_json, str) else {}
    if topic and not document:
        document = topic._policy_json
    if topic is None or not permits(document, SERVICE, "sns:Publish", topic_arn, _context(ask, arn)):
        raise Refusal(
            "InsufficientSnsTopicPolicyException", "SNS Topic does not exist or the topic policy is incorrect!"
        )


def _context(ask: Ask, arn: str) -> dict[str, str]:
    return {"aws:sourcearn": arn, "aws:sourceaccount": ask.account, "aws:securetransport": "true"}


RULES = (
    Rule("cloudtrail:CreateTrail", before=named),
    Rule(
        "cloudtrail:UpdateTrail cloudtrail:DeleteTrail cloudtrail:StartLogging cloudtrail:StopLogging "
        "cloudtrail:PutEventSelectors cloudtrail:PutInsightSelectors cloudtrail:AddTags cloudtrail:RemoveTags",
        before=at_home,
    ),
    Rule("cloudtrail:CreateTrail cloudtrail:UpdateTrail", before=ready),
    Rule("cloudtrail:CreateTrail cloudtrail:UpdateTrail", after=cleared, strict=False),
    Rule("cloudtrail:DescribeTrails", after=only_named, strict=False),
    Rule("cloudtrail:PutEventSelectors", before=one_kind),
    Rule("cloudtrail:PutEventSelectors", after=replace_selectors, strict=False),
    Rule("cloudtrail:GetEventSelectors", after=default_selector),
    Rule("cloudtrail:GetInsightSelectors", after=insights),
)
