"""The trails that a region sees: the account's own, and those of its organization."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

from awsbase.engine.facts import Facts
from awsbase.engine.refusals import DENIED
from awsbase.engine.scope import Scope
from awsbase.policies.document import parsed
from awsbase.records import record

ANY_ORGANIZATION = "o-*"
SPARE = "-own"
LONGEST = 128


@record
class TrailFacts:
    """A trail as it is: the settings by the names of UpdateTrail, and whether it was ever told what to log.

    `organization` tells whether it records all accounts of an organization. Its members see such a trail, too, with the
    ARN of the management account.
    """

    home: str
    settings: Mapping[str, object] = field(default_factory=dict)
    selects: bool = False
    arn: str = ""
    organization: bool = False

    def belongs_to(self, scope: Scope) -> bool:
        """Tell whether it is a trail of this account."""
        return not self.arn or self.arn.split(":")[4] == scope.account


def trail_arn(scope: Scope, name: str) -> str:
    """Return the ARN that a trail has or will have: policies name it before it exists."""
    return scope.arn("cloudtrail", f"trail/{name}")


def trails(facts: Facts, region: str) -> Sequence[tuple[str, TrailFacts]]:
    """Read all trails that a region sees, those of other regions and of the organization included."""
    answer = facts.aws.at(region).cloudtrail.describe_trails(includeShadowTrails=True)
    return [(trail["Name"], settings_of(trail)) for trail in answer["trailList"]]


def settings_of(trail: Mapping[str, Any]) -> TrailFacts:
    """Return the facts of a trail."""
    return TrailFacts(
        trail.get("HomeRegion", ""),
        {
            "S3BucketName": trail.get("S3BucketName"),
            "S3KeyPrefix": trail.get("S3KeyPrefix", ""),
            "IncludeGlobalServiceEvents": trail.get("IncludeGlobalServiceEvents", False),
            "IsMultiRegionTrail": trail.get("IsMultiRegionTrail", False),
            "EnableLogFileValidation": trail.get("LogFileValidationEnabled", False),
            "CloudWatchLogsLogGroupArn": trail.get("CloudWatchLogsLogGroupArn"),
            "CloudWatchLogsRoleArn": trail.get("CloudWatchLogsRoleArn"),
            "KmsKeyId": trail.get("KmsKeyId"),
            "IsOrganizationTrail": trail.get("IsOrganizationTrail", False),
        },
        trail.get("HasCustomEventSelectors", True),
        trail.get("TrailARN", ""),
        trail.get("IsOrganizationTrail", False),
    )


def trail(facts: Facts, scope: Scope, name: str) -> TrailFacts | None:
    """Return this account's trail of a name, rather the one at home here."""
    named = [each for its_name, each in facts.read(trails, scope.region) if its_name == name]
    own = [each for each in named if each.belongs_to(scope)]
    return min(own, key=lambda each: each.home != scope.region, default=None)


def names(name: str, *, own: bool) -> tuple[str, ...]:
    """Return the names that a trail may get: the wanted one, and with `own` a spare one."""
    return (name, f"{name[: LONGEST - len(SPARE)]}{SPARE}") if own else (name,)


def own_name(facts: Facts, scope: Scope, name: str, own: bool) -> str:
    """Return the name of the account's own trail: the wanted one, unless a trail of an organization has it."""
    taken = any(each.organization for its_name, each in facts.read(trails, scope.region) if its_name == name)
    return names(name, own=own)[-1] if own and taken else name


def recorded_by_organization(facts: Facts, scope: Scope, name: str) -> str:
    """Say which trail of its organization records this account, where it has no own one; empty when none does."""
    if facts.read(trail, scope, name) is not None:
        return ""
    for _, each in facts.read(trails, scope.region):
        everywhere = each.organization and each.settings.get("IsMultiRegionTrail")
        if everywhere and not each.belongs_to(scope) and not facts.read(stopped, scope.region, each.arn):
            own = "`audit: {own_trail: true}` insists on one of its own"
            return f"the organization's trail {each.arn} records this account; {own}"
    return ""


def stopped(facts: Facts, region: str, arn: str) -> bool:
    """Tell whether a trail of the organization is known to record nothing."""
    from botocore.exceptions import ClientError

    try:
        return facts.aws.at(region).cloudtrail.get_trail_status(Name=arn).get("IsLogging") is False
    except ClientError as error:
        # It belongs to another account, which need not tell.
        if error.response["Error"]["Code"] not in {*DENIED, "TrailNotFoundException"}:
            raise
        return False


def organization(facts: Facts, scope: Scope, name: str) -> str | None:
    """Return the id of the organization that this account's trail of a name records; None when it records none."""
    from botocore.exceptions import ClientError

    have = facts.read(trail, scope, name)
    if have is None or not have.organization:
        return None
    try:
        answer = facts.aws.organizations.describe_organization()
        return str(answer["Organization"]["Id"])
    except ClientError as error:
        if error.response["Error"]["Code"] not in {*DENIED, "AWSOrganizationsNotInUseException"}:
            raise
        return facts.read(delivered_for, scope, str(have.settings["S3BucketName"]))


def delivered_for(facts: Facts, scope: Scope, bucket: str) -> str:
    """Return the organization whose logs a bucket takes, by its policy; any, where that cannot be read."""
    from botocore.exceptions import ClientError

    try:
        policy = parsed(facts.aws.at(scope.region).s3.get_bucket_policy(Bucket=bucket)["Policy"])
    except ClientError as error:
        if error.response["Error"]["Code"] not in {*DENIED, "NoSuchBucket", "NoSuchBucketPolicy"}:
            raise
        return ANY_ORGANIZATION
    found = re.search(r"AWSLogs/(o-[a-z0-9]{10,32})/", str(policy))
    return found[1] if found else ANY_ORGANIZATION


def deliveries(facts: Facts, scope: Scope, name: str, own: bool, bucket: str) -> str | list[str]:
    """Return what a trail writes in its bucket: below the account and, for an organization, below that, too."""
    account = f"{bucket}/AWSLogs/{scope.account}/*"
    id = facts.read(organization, scope, facts.read(own_name, scope, name, own))
    return [account, f"{bucket}/AWSLogs/{id}/*"] if id else account


def delivery_prefix(facts: Facts, scope: Scope, name: str, own: bool) -> str:
    """Return what the keys of all that a trail delivers begin with: logs, digests and insights."""
    id = facts.read(organization, scope, facts.read(own_name, scope, name, own))
    return "AWSLogs/" if id else f"AWSLogs/{scope.account}/CloudTrail"


def streams(facts: Facts, scope: Scope, name: str, own: bool, log_group: str) -> str | list[str]:
    """Return the log streams that a trail writes: of the account and, for an organization, of that, too."""
    account = f"{log_group}:log-stream:{scope.account}_CloudTrail_{scope.region}*"
    id = facts.read(organization, scope, facts.read(own_name, scope, name, own))
    return [account, f"{log_group}:log-stream:{id}_CloudTrail_{scope.region}*"] if id else account
