"""Other people's things in the lists of AWS: copies of ours under other names, each with one member left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

from awsbase.sandbox import Sandbox, wire
from awsbase.sandbox.http import Message, Reply

Path = tuple[str, ...]
# What each list tells things apart by. AWS always tells it: without it nobody could say whose a thing is. Of EC2 there
# is next to nothing here, since it is by their tags that awsbase knows its own.
TOLD_APART_BY = {
    "Accounts": "Id",
    "Aliases": "AliasName",
    "AnomalySubscriptions": "SubscriptionName",
    "CertificateSummaryList": "CertificateArn",
    "CreateAccountStatuses": "Id AccountName",
    "DelegatedAdministrators": "Id",
    "EnabledServicePrincipals": "ServicePrincipal",
    "BackupPlansList": "BackupPlanId BackupPlanName",
    "BackupSelectionsList": "SelectionId SelectionName",
    "BackupVaultList": "BackupVaultName BackupVaultArn",
    "GroupDetailList": "GroupName AttachedManagedPolicies.PolicyArn GroupPolicyList.PolicyName",
    "KeyPairs": "KeyName",
    "LaunchTemplateVersions": "LaunchTemplateName",
    "MetricAlarms": "AlarmName",
    "OpenIDConnectProviderList": "Arn",
    "OrganizationalUnits": "Id Name",
    "Parameters": "Name",
    "Policies": "Arn PolicyId Id Name",
    "ResourceTagMappingList": "ResourceARN",
    "RoleDetailList": "Arn RoleName AttachedManagedPolicies.PolicyArn RolePolicyList.PolicyName "
    "InstanceProfileList.InstanceProfileName",
    "Roles": "RoleName",
    "Rules": "Name",
    "SecretList": "Name Tags.Key Tags.Value",
    "Subscriptions": "TopicArn",
    "UserDetailList": "UserName AttachedManagedPolicies.PolicyArn UserPolicyList.PolicyName",
    "VirtualMFADevices": "SerialNumber",
    "analyzers": "name",
    # A group without a retention is one that a pattern is about.
    "logGroups": "logGroupName retentionInDays",
    "metricFilters": "filterName",
    "repositories": "repositoryName",
    "trailList": "Name",
}
LISTS = re.compile("[a-z0-9]+:(Describe|List|Get).*")
# Answers about one thing that the request names: what they list are its parts, and nobody else's.
ABOUT_ONE = re.compile(
    r"ec2:Describe(Images|InstanceTypes|Regions|VpcAttribute)|.*:(ListTags.*|List.*Tags|.*ForResource)|"
    r"secretsmanager:DescribeSecret|iam:ListAccessKeys|sesv2:Get.*|sns:ListSubscriptionsByTopic|"
    r"s3:GetBucket.*|events:ListTargetsByRule|cloudtrail:GetEventSelectors|kms:GetKeyPolicy|budgets:.*|"
    r"organizations:(Describe.*|List(Parents|PoliciesForTarget|Roots|TargetsForPolicy))|account:.*|iam:(Get(Policy|Role|InstanceProfile|Group|OpenIDConnectProvider).*|List(Attached|Entities).*)"
)
# These members hold the names of things, and these are words of AWS.
NAMES = re.compile(r".*(Id|Arn|ARN|Name|Key|Value|Endpoint|PublicIp)|id|arn|name")
WORDS = re.compile(r"(Attribute|Metric|Region|Zone|Device|State|Type|Condition)Name")


@contextmanager
def others(sandbox: Sandbox) -> Iterator[set[tuple[str, str]]]:
    """Let others have as many things of each kind as it has optional members, each without another one of them.

    Yield what was left out: the names of lists, each with the path of a member.
    """
    honest = sandbox.answer
    left_out: set[tuple[str, str]] = set()

    def answer(message: Message) -> Reply:
        reply, scope = honest(message), wire.scope(message)
        assert scope
        operation, _, _ = wire.read(scope.service, message)
        name = f"{scope.service}:{operation.name}"
        if reply.status >= 300 or ABOUT_ONE.fullmatch(name) or not LISTS.fullmatch(name):
            return reply
        response = wire.understand(operation, reply)
        added = {
            (items[0], path) for items, shape in lists(response, operation.output_shape) for path in add(items, shape)
        }
        left_out.update((f"{name} {items}", ".".join(path)) for items, path in added)
        return wire.answer(operation, response) if added else reply

    sandbox.answer = answer  # type: ignore[method-assign]
    try:
        yield left_out
    finally:
        sandbox.answer = honest  # type: ignore[method-assign]


def lists(response: dict[str, Any], shape: Any) -> Iterator[tuple[tuple[str, list[Any]], Any]]:
    """Yield the named lists of things in a response, and the shape of a thing; EC2 lists instances by reservation."""
    for name, value in response.items():
        if name == "Reservations":
            for each in value:
                yield from lists({"Instances": each["Instances"]}, shape.members[name].member)
        elif isinstance(value, list) and name in shape.members:
            yield (name, value), shape.members[name].member


def add(named: tuple[str, list[Any]], shape: Any) -> list[Path]:
    """Add to a list the things of others; return what each of them lacks."""
    name, items = named
    if not items or not isinstance(items[-1], dict) or not any(NAMES.fullmatch(key) for key in items[-1]):
        return []
    known = TOLD_APART_BY.get(name, "").split()
    free = [path for path in paths(items[-1], shape) if ".".join(path) not in known]
    items += [without(foreign(items[-1]), path) for path in free]
    return free


def foreign(thing: Any, name: str = "") -> Any:
    """Return a thing as somebody else would have it: under other names, with tags of their own, and no default."""
    if isinstance(thing, dict):
        return {key: foreign(value, key) for key, value in thing.items()}
    if isinstance(thing, list):
        return [foreign(each, name) for each in thing if not of_awsbase(each)]
    if name in ("IsDefault", "DefaultForAz"):
        return False
    if isinstance(thing, str) and NAMES.fullmatch(name) and not WORDS.fullmatch(name):
        return f"{thing}0" if "-" in thing or "/" in thing else f"other{thing}"
    return deepcopy(thing)


def of_awsbase(tag: Any) -> bool:
    """Tell whether this is a tag by which awsbase knows its own."""
    return isinstance(tag, dict) and str(tag.get("Key", "")).startswith("awsbase:")


def paths(thing: Any, shape: Any, at: Path = ()) -> Iterator[Path]:
    """Yield the path of each member of a thing that its shape does not require; the items of a list count as one."""
    if isinstance(thing, dict) and shape.type_name == "structure":
        for key, value in thing.items():
            if key in shape.members and key not in shape.required_members:
                yield (*at, key)
            if key in shape.members:
                yield from paths(value, shape.members[key], (*at, key))
    elif isinstance(thing, list) and thing and shape.type_name == "list":
        yield from paths(thing[0], shape.member, at)


def without(thing: Any, path: Path) -> Any:
    """Leave a member out, wherever it stands in a thing."""
    for each in thing if isinstance(thing, list) else [thing]:
        if isinstance(each, dict) and len(path) == 1:
            each.pop(path[0], None)
        elif isinstance(each, dict) and path[0] in each:
            without(each[path[0]], path[1:])
    return thing
