"""CloudWatch Logs: filters that replace each other, retentions that are offered, keys that Logs may use."""

import json
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from awsbase.sandbox.authorization.permissions import act, at, given, own, table
from awsbase.sandbox.authorization.resources import region_of
from awsbase.sandbox.policy_documents import permits
from awsbase.sandbox.service import Codes, Pages, Request, Rule, Service
from awsbase.sandbox.services.kms import find
from awsbase.sandbox.snapshot import as_text, by_region, tag_dict
from awsbase.sandbox.wire import Refusal

MONTHS = (60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
RETENTION = {1, 3, 5, 7, 14, 30, *MONTHS}
FILTERS = 100
# Without filters: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html
UNFILTERED = ("INFREQUENT_ACCESS", "DELIVERY", "ESSENTIALS")
MASKED = ("STANDARD", "INFREQUENT_ACCESS")
LONGEST_PROTECTION = 30720
IDENTIFIER = re.compile(r"arn:aws[a-z-]*:dataprotection::aws:data-identifier/[A-Za-z-]+")


def valid_retention(request: Request) -> None:
    """Refuse a retention that AWS does not offer; raises Refusal with InvalidParameterException.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
    """
    if request.params["retentionInDays"] not in RETENTION:
        raise Refusal("InvalidParameterException", "retentionInDays is none of the values that are offered")


def logs_may_encrypt(request: Request) -> None:
    """Refuse a key that CloudWatch Logs could not use; raises Refusal with InvalidParameterException.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_AssociateKmsKey.html
    """
    wanted = request.params.get("kmsKeyId")
    if not wanted:
        return
    key = find(request, wanted)
    name = request.params.get("logGroupName", "*")
    group = f"arn:{request.partition}:logs:{request.region}:{request.account}:log-group:{name}"
    context = {
        "kms:encryptioncontext:aws:logs:arn": group,
        "aws:sourceaccount": request.account,
        "aws:sourcearn": group,
    }
    # CloudWatch Logs is one of the services that carry the suffix of their partition in their name.
    logs = f"logs.{request.region}.amazonaws.com" + (".cn" if request.partition == "aws-cn" else "")
    usable = (
        wanted.startswith("arn:")
        and key is not None
        and key.key_state == "Enabled"
        and all(
            permits(json.loads(key.policy), logs, f"kms:{action}", key.arn, context)
            for action in ("Encrypt", "Decrypt", "GenerateDataKey", "DescribeKey")
        )
    )
    if not usable:
        raise Refusal(
            "InvalidParameterException",
            f"The specified KMS key does not exist or is not allowed to be used with LogGroup '{group}'",
        )


def own_name(request: Request) -> None:
    """Refuse a name that AWS keeps for its own groups, and one that is too long.

    Raises Refusal with InvalidParameterException. Recorded: LocalStack, test_create_log_group_invalid_name_length.
    """
    if len(request.params["logGroupName"]) > 512:
        message = "Invalid LogGroup or LogStream, both must have length less than or equal to 512."
        raise Refusal("InvalidParameterException", message)
    if request.params["logGroupName"].startswith("aws/"):
        raise Refusal("InvalidParameterException", "Log groups starting with AWS/ are reserved for AWS.")


def room_for_filter(request: Request) -> None:
    """Refuse a filter of a group that is not there, and the hundred and first of one that is.

    Raises Refusal with ResourceNotFoundException or LimitExceededException.

    Recorded: LocalStack, test_resource_does_not_exist; the hundred,
    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html
    """
    name, group = request.params["filterName"], request.params["logGroupName"]
    if group not in request.backend("logs").groups:
        raise Refusal("ResourceNotFoundException", "The specified log group does not exist.")
    held = {
        each["filterName"] for each in request.backend("logs").filters.metric_filters if each["logGroupName"] == group
    }
    if name not in held and len(held) >= FILTERS:
        raise Refusal("LimitExceededException", "Resource limit exceeded.")


def standard_class(request: Request) -> None:
    """Refuse filters of a log group whose class has none; raises Refusal with InvalidOperationException.

    The class: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html; the code is
    the one of PutMetricFilter's that botocore's model words "not valid on the specified resource".
    """
    group = request.backend("logs").groups.get(request.params["logGroupName"])
    if getattr(group, "log_class", "STANDARD") in UNFILTERED:
        raise Refusal(
            "InvalidOperationException", f"This operation is not supported for log groups of class {group.log_class}"
        )


def keep_class(request: Request, response: dict[str, Any]) -> None:
    """Keep the class and the protection of a new log group, which moto forgets.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
    """
    group = request.backend("logs").groups[request.params["logGroupName"]]
    group.log_class = request.params.get("logGroupClass", "STANDARD")
    group.protected = request.params.get("deletionProtectionEnabled", False)
    if group.log_class == "DELIVERY":
        group.retention_in_days = 1


def tell_class(request: Request, response: dict[str, Any]) -> None:
    """Describe log groups with their class, protection and number of filters, as recorded answers of AWS do.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html
    """
    logs = request.backend("logs")
    held, filters = logs.groups, Counter(each["logGroupName"] for each in logs.filters.metric_filters)
    for group in response["logGroups"]:
        group["metricFilterCount"] = filters[group["logGroupName"]]
        group["logGroupClass"] = getattr(held.get(group["logGroupName"]), "log_class", "STANDARD")
        if getattr(held.get(group["logGroupName"]), "protected", False):
            group["deletionProtectionEnabled"] = True
        if getattr(held.get(group["logGroupName"]), "masks", None):
            group["dataProtectionStatus"] = "ACTIVATED"


def protect(request: Request) -> dict[str, Any]:
    """Keep whether a log group is protected from deletion; raises Refusal with ResourceNotFoundException.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogGroupDeletionProtection.html
    """
    identified(request).protected = request.params["deletionProtectionEnabled"]
    return {}


def identified(request: Request) -> Any:
    """Return the log group that is named by its name or ARN; raises Refusal with ResourceNotFoundException."""
    name = request.params["logGroupIdentifier"].removesuffix(":*").rpartition(":log-group:")[2]
    group = request.backend("logs").groups.get(name)
    if group is None:
        raise Refusal("ResourceNotFoundException", "The specified log group does not exist.")
    return group


def kept_a_day(request: Request) -> None:
    """Refuse to change how long a group of the class DELIVERY keeps events, which is always a day.

    Raises Refusal with InvalidParameterException.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
    """
    group = request.backend("logs").groups.get(request.params["logGroupName"])
    if getattr(group, "log_class", "STANDARD") == "DELIVERY":
        raise Refusal("InvalidParameterException", "Retention cannot be changed for log groups of class DELIVERY")


def mask(request: Request) -> dict[str, Any]:
    """Keep what a log group masks; moto has no data protection.

    Raises Refusal with ResourceNotFoundException, InvalidParameterException or LimitExceededException: a policy audits
    and masks the same data, and tells what it finds to another log group than its own, which is there.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutDataProtectionPolicy.html
    """
    group, text = identified(request), request.params["policyDocument"]
    if getattr(group, "log_class", "STANDARD") not in MASKED:
        raise Refusal("InvalidParameterException", f"Data protection is not supported for class {group.log_class}")
    if len(text) > LONGEST_PROTECTION:
        raise Refusal("LimitExceededException", "The data protection policy is too long.")
    if wrong := unprotecting(request, text, group.name):
        raise Refusal("InvalidParameterException", f"Invalid data protection policy: {wrong}")
    group.masks = text
    return {"logGroupIdentifier": request.params["logGroupIdentifier"], "policyDocument": text}


def unprotecting(request: Request, text: str, name: str) -> str:
    """Return what is wrong with a data protection policy; empty when nothing is."""
    try:
        document = json.loads(text)
        statements = [(each["DataIdentifier"], each["Operation"]) for each in document["Statement"]]
        named = document["Name"] and document["Version"] == "2021-06-01"
    except (ValueError, KeyError, TypeError):
        return "it is no policy of the version 2021-06-01"
    if not named:
        return "it is no policy of the version 2021-06-01"
    audits = [(data, done["Audit"]) for data, done in statements if "FindingsDestination" in done.get("Audit", {})]
    masks = [data for data, done in statements if done.get("Deidentify", {}).get("MaskConfig") == {}]
    if len(statements) != 2 or len(audits) != 1 or len(masks) != 1:
        return "it has one statement that audits and one that masks"
    if not masks[0] or sorted(audits[0][0]) != sorted(masks[0]):
        return "both statements name the same data"
    if any(
        re.fullmatch(r"arn:aws[a-z-]*:dataprotection::aws:data-identifier/[A-Za-z-]+", each) is None
        for each in masks[0]
    ):
        return "an unknown data identifier"
    told = audits[0][1]["FindingsDestination"].get("CloudWatchLogs", {}).get("LogGroup")
    if told and (told == name or told not in request.backend("logs").groups):
        return "findings go to another log group, which is there"
    return ""


def tell_masks(request: Request) -> dict[str, Any]:
    """Answer with what a log group masks; of one that masks nothing there is no document.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetDataProtectionPolicy.html
    """
    group = identified(request)
    found = {"policyDocument": text} if (text := getattr(group, "masks", None)) else {}
    return {"logGroupIdentifier": request.params["logGroupIdentifier"], **found}


def unmask(request: Request) -> dict[str, Any]:
    """Let a log group mask nothing any more; raises Refusal with ResourceNotFoundException.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteDataProtectionPolicy.html
    """
    group = identified(request)
    if not getattr(group, "masks", None):
        raise Refusal("ResourceNotFoundException", "The specified log group has no data protection policy.")
    group.masks = None
    return {}


def unprotected(request: Request) -> None:
    """Refuse to delete a log group that is protected; raises Refusal with ValidationException.

    The protection: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteLogGroup.html; the
    code is the one of DeleteLogGroup's that the model has had since there is protection.
    """
    if getattr(request.backend("logs").groups.get(request.params["logGroupName"]), "protected", False):
        raise Refusal("ValidationException", "The log group is protected from deletion.")


def forget_group(request: Request, response: dict[str, Any]) -> None:
    """Let filters and tags go with their log group, where moto keeps them for the next one of its name.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteLogGroup.html
    """
    name, logs = request.params["logGroupName"], request.backend("logs")
    logs.filters.metric_filters[:] = [each for each in logs.filters.metric_filters if each["logGroupName"] != name]
    logs.tagger.delete_all_tags_for_resource(
        f"arn:{request.partition}:logs:{request.region}:{request.account}:log-group:{name}"
    )


def known_filter(request: Request) -> None:
    """Refuse to delete a filter that is not there; raises Refusal with ResourceNotFoundException.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteMetricFilter.html
    """
    named = (request.params["logGroupName"], request.params["filterName"])
    held = request.backend("logs").filters.metric_filters
    if named not in {(each["logGroupName"], each["filterName"]) for each in held}:
        raise Refusal("ResourceNotFoundException", "The specified metric filter does not exist.")


def own_namespace(request: Request) -> None:
    """Refuse to write into AWS's own metrics, and a default beside dimensions.

    Raises Refusal with InvalidParameterException.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html
    """
    for transformation in request.params["metricTransformations"]:
        if transformation["metricNamespace"].startswith("AWS/"):
            raise Refusal(
                "InvalidParameterException", "Invalid metric transformation: metricNamespace AWS/ is reserved"
            )
        if "defaultValue" in transformation and transformation.get("dimensions"):
            raise Refusal("InvalidParameterException", "Invalid metric transformation: dimensions and default value")
    pattern = request.params["filterPattern"].strip()
    if pattern.startswith("{") and (not pattern.endswith("}") or pattern.count("(") != pattern.count(")")):
        raise Refusal("InvalidParameterException", "Invalid metric filter pattern")


def one_filter(request: Request) -> None:
    """Refuse to look for log groups in two ways at once; raises Refusal with InvalidParameterException.

    Recorded: LocalStack, test_describe_log_groups_prefix_and_pattern_error.
    """
    if {"logGroupNamePrefix", "logGroupNamePattern"} <= set(request.params):
        message = "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."
        raise Refusal("InvalidParameterException", message)


def tagged_group(request: Request) -> None:
    """Refuse to tag, or to name the tags of, a log group that is not there.

    Raises Refusal with ResourceNotFoundException. Recorded: LocalStack, test_resource_does_not_exist.
    """
    name = request.params["resourceArn"].removesuffix(":*").partition(":log-group:")[2]
    if name and name not in request.backend("logs").groups:
        raise Refusal("ResourceNotFoundException", "The specified log group does not exist.")


def replace_filter(request: Request) -> None:
    """Let a filter take the place of one of the same name, where moto keeps both.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html
    """
    filters = request.backend("logs").filters
    named = (request.params["logGroupName"], request.params["filterName"])
    filters.metric_filters[:] = [
        held for held in filters.metric_filters if (held["logGroupName"], held["filterName"]) != named
    ]


def encrypt_logs(request: Request) -> dict[str, Any]:
    """Put a log group under a key, or under none; moto does that only while the group is made.

    Raises Refusal with ResourceNotFoundException.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_AssociateKmsKey.html
    """
    group = request.backend("logs").groups.get(request.params["logGroupName"])
    if group is None:
        raise Refusal("ResourceNotFoundException", "The specified log group does not exist.")
    group.kms_key_id = request.params.get("kmsKeyId")
    return {}


GROUP = at("logs:{region}:{account}:log-group:{logGroupName}:log-stream:")
TAGGED = at("logs:{region}:{account}:log-group:{logGroupName}")
ANY_GROUP = at("logs:{region}:{account}:log-group::log-stream:")


def identified_group(request: Request) -> Iterable[str]:
    """Name the log group that is given by its name or its ARN."""
    name = request.params["logGroupIdentifier"].removesuffix(":*").rpartition(":log-group:")[2]
    return [f"arn:{request.partition}:logs:{request.region}:{request.account}:log-group:{name}:log-stream:"]


def filtered_group(request: Request) -> Iterable[str]:
    """Name the log group whose filters are asked for; where none is named, AWS looks among all."""
    return (GROUP if "logGroupName" in request.params else ANY_GROUP)(request)


def groups(logs: Any) -> Any:
    """Return the log groups of a region with their filters, by name."""
    return {
        group.name: {
            "retention": group.retention_in_days,
            "key": group.kms_key_id,
            "class": getattr(group, "log_class", "STANDARD"),
            "protected": getattr(group, "protected", False),
            "masks": getattr(group, "masks", None),
            "tags": tag_dict(logs.tagger.list_tags_for_resource(group.arn)["Tags"]),
            "filters": sorted(
                (
                    {"name": f["filterName"], "pattern": f["filterPattern"], "to": f["metricTransformations"]}
                    for f in logs.filters.metric_filters
                    if f["logGroupName"] == group.name
                ),
                key=as_text,
            ),
        }
        for group in logs.groups.values()
    }


CALLS = table(
    {
        "DescribeLogGroups": [own(ANY_GROUP)],
        "DescribeMetricFilters": [own(filtered_group)],
        "CreateLogGroup": [
            own(GROUP),
            act("logs:TagResource", TAGGED, when="tags"),
            act("logs:AssociateKmsKey", GROUP, when="kmsKeyId"),
        ],
        "GetDataProtectionPolicy PutDataProtectionPolicy DeleteDataProtectionPolicy PutLogGroupDeletionProtection": [
            own(identified_group)
        ],
        "DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy AssociateKmsKey DisassociateKmsKey "
        "PutMetricFilter DeleteMetricFilter "
        "DescribeLogStreams FilterLogEvents CreateLogStream "
        "GetLogEvents PutLogEvents DescribeSubscriptionFilters": [own(GROUP)],
        "ListTagsForResource TagResource UntagResource": [own(given("resourceArn"))],
    }
)


def tags(request: Request, arn: str) -> dict[str, str]:
    """Return the tags of a log group; policies name it with its streams' part."""
    tagger = request.backend("logs", region_of(request, arn)).tagger
    return dict(tagger.get_tag_dict_for_resource(arn.partition(":log-stream:")[0]))


RULES = (
    Rule("logs:PutRetentionPolicy", before=valid_retention),
    Rule("logs:CreateLogGroup logs:AssociateKmsKey", before=logs_may_encrypt),
    Rule("logs:AssociateKmsKey logs:DisassociateKmsKey", before=encrypt_logs, strict=False),
    Rule("logs:CreateLogGroup", before=own_name),
    Rule("logs:DescribeLogGroups", before=one_filter),
    Rule("logs:TagResource logs:UntagResource logs:ListTagsForResource", before=tagged_group),
    Rule("logs:CreateLogGroup", after=keep_class, strict=False),
    Rule("logs:DescribeLogGroups", after=tell_class),
    Rule("logs:PutLogGroupDeletionProtection", before=protect, strict=False),
    Rule("logs:PutRetentionPolicy logs:DeleteRetentionPolicy", before=kept_a_day),
    Rule("logs:PutDataProtectionPolicy", before=mask, strict=False),
    Rule("logs:GetDataProtectionPolicy", before=tell_masks, strict=False),
    Rule("logs:DeleteDataProtectionPolicy", before=unmask, strict=False),
    Rule("logs:DeleteLogGroup", before=unprotected),
    Rule("logs:DeleteLogGroup", after=forget_group, strict=False),
    Rule("logs:DeleteMetricFilter", before=known_filter),
    Rule("logs:PutMetricFilter logs:PutSubscriptionFilter", before=standard_class),
    Rule("logs:PutMetricFilter", before=room_for_filter),
    Rule("logs:PutMetricFilter", before=own_namespace),
    Rule("logs:PutMetricFilter", before=replace_filter, strict=False),
)

SERVICE = Service(
    "logs",
    rules=RULES,
    calls=CALLS,
    tags=tags,
    pages=Pages(50),
    snapshot=by_region("logs", groups),
    codes=Codes(
        invalid="InvalidParameterException", tags="InvalidParameterException", too_many_tags="TooManyTagsException"
    ),
    checked_by_rules={"CreateLogGroup": ("logGroupName.most",)},
    warm_up={"DescribeLogGroups": {}},
)
