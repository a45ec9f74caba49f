"""Quotas of AWS: how many of something it takes in one place, counted while planning and before anything is written.

A recipe asks for room before its first write. Where the end that the manifest wants fits and the way there does not,
the answer is how many of the unwanted have to go first. What AWS has raised for an account is read only when its usual
quota would not do.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from awsbase.engine.facts import Facts
from awsbase.errors import AwsbaseError
from awsbase.records import record

if TYPE_CHECKING:
    from awsbase.engine.run import Run


class QuotaExceeded(AwsbaseError):
    """What the manifest wants is more than AWS takes in one place."""


T = TypeVar("T")


@record
class Quota:
    """How many of something, in plural, AWS takes in one place: `most`, unless AWS raised it for the account.

    What it was raised to stands in a member of IAM's account summary, or under two codes of Service Quotas.
    """

    what: str
    place: str
    most: int
    summary: str = ""
    codes: tuple[str, str] | None = None

    @property
    def adjustable(self) -> bool:
        """Tell whether AWS raises it when asked."""
        return bool(self.summary or self.codes)


# IAM: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html; GetAccountSummary
# tells those that AWS raises.
POLICIES_OF_GROUP = Quota("managed policies", "group", 10)
POLICIES_OF_ROLE = Quota("managed policies", "role", 10, summary="AttachedPoliciesPerRoleQuota")
GROUPS_OF_USER = Quota("groups", "user", 10)
INLINE_OF_ROLE = Quota("characters of inline policies", "role", 10_240)
TRUST = Quota("characters of its trust", "role", 2_048, summary="AssumeRolePolicySizeQuota")
DOCUMENT = Quota("characters of its document", "policy", 6_144)
VERSIONS = Quota("versions", "policy", 5)
GROUPS = Quota("groups", "account", 300, summary="GroupsQuota")
USERS = Quota("users", "account", 5_000)
ROLES = Quota("roles", "account", 1_000, summary="RolesQuota")
POLICIES = Quota("policies of its own", "account", 1_500, summary="PoliciesQuota")
OIDC_PROVIDERS = Quota("OpenID Connect providers", "account", 100)
OIDC_CLIENTS = Quota("client ids", "OpenID Connect provider", 100)
# https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html; AWS's own do not count.
TAGS = Quota("tags", "resource", 50)
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
FILTERS = Quota("metric filters", "log group", 100)
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html
TRAILS = Quota("trails", "region", 5)
SELECTORS = Quota("event selectors", "trail", 5)
DATA_RESOURCES = Quota("data resources in event selectors", "trail", 250)
CONDITIONS = Quota("values in advanced event selectors", "trail", 500)
# https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
VPCS = Quota("VPCs", "region", 5, codes=("vpc", "L-F678F1CE"))
GATEWAYS = Quota("internet gateways", "region", 5, codes=("vpc", "L-A4707A72"))
ADDRESSES = Quota("elastic IPs", "region", 5, codes=("ec2", "L-0263D0A3"))
SECURITY_GROUPS = Quota("security groups", "region", 2_500, codes=("vpc", "L-E79EC296"))
RULES = Quota("rules", "direction and kind of address", 60, codes=("vpc", "L-0EA8095F"))
GROUPS_OF_INTERFACE = Quota("security groups", "network interface", 5, codes=("vpc", "L-2AFB9258"))
SUBNETS = Quota("subnets", "VPC", 200, codes=("vpc", "L-407747CB"))
ROUTE_TABLES = Quota("route tables", "VPC", 200, codes=("vpc", "L-589F43AA"))
# https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-limits-endpoints.html
GATEWAY_ENDPOINTS = Quota("gateway endpoints", "region", 20, codes=("vpc", "L-1B52E74A"))
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/launch-template-restrictions.html
TEMPLATES = Quota("launch templates", "region", 5_000)
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
ACTIONS = Quota("actions", "state of an alarm", 5)
# https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_NotificationWithSubscribers.html
NOTICES = Quota("notices", "budget", 5)
MAILS = Quota("mail addresses", "notice of a budget", 10)
TOPICS = Quota("topics", "notice of a budget", 1)
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
TARGETS = Quota("targets", "rule", 5)
# https://docs.aws.amazon.com/general/latest/gr/dlm.html
SNAPSHOT_POLICIES = Quota("lifecycle policies", "region", 100)
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/add-bucket-policy.html
BUCKET_POLICY = Quota("characters of its policy", "bucket", 20_480)
# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
CONTROL_POLICY = Quota("characters of its document", "service control policy", 10_240)
CONTROL_POLICIES = Quota("service control policies", "root, unit or account", 10)
# https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html
KEY_POLICY = Quota("characters of its policy", "key", 32_768)


@record
class Exchange:
    """What goes to make room, what comes then, and what goes after that."""

    first: Sequence[str]
    coming: Sequence[str]
    last: Sequence[str]


def first_out(
    run: Run, quota: Quota, where: str, *, held: int, coming: int, going: int = 0, remedy: str, region: str = ""
) -> int:
    """Return how many of what goes must go before what comes can come.

    Raises QuotaExceeded, with the remedy, when there is no room even after all of them are gone.
    """
    if coming <= 0 or held + coming <= quota.most:
        return 0
    most = run.read(raised, quota, region)
    if held + coming - going > most:
        more = f"{coming} more {'is' if coming == 1 else 'are'} needed"
        gone = f" and {going} would go" if going else ""
        raise QuotaExceeded(
            f"{where} has {held} {quota.what}, {more}{gone}, and AWS takes {most} per {quota.place}",
            hint=remedy.format(excess=held + coming - going - most),
        )
    return max(0, held + coming - most)


def exchange(
    run: Run, quota: Quota, where: str, *, have: frozenset[str], want: frozenset[str], exact: bool, remedy: str
) -> Exchange:
    """Return what goes first, what comes, and what goes last, each in order of its name.

    As many of the unwanted go first as are needed to make room; with `exact` off, none goes. Raises QuotaExceeded.
    """
    coming, going = sorted(want - have), sorted(have - want) if exact else []
    count = first_out(run, quota, where, held=len(have), coming=len(coming), going=len(going), remedy=remedy)
    return Exchange(going[:count], coming, going[count:])


def exchange_by_size(
    run: Run,
    quota: Quota,
    where: str,
    have: Mapping[str, object],
    want: Mapping[str, object],
    *,
    exact: bool,
) -> Exchange:
    """Return which documents go first and which last, where AWS takes so many characters of them in all.

    Raises QuotaExceeded.
    """
    going = sorted(have.keys() - want.keys()) if exact else []
    held = {name: characters(document) for name, document in have.items()}
    more = sum(max(0, characters(document) - held.get(name, 0)) for name, document in want.items())
    all_going = sum(held[name] for name in going)
    remedy = "write them {excess} characters shorter, or make policies of the account's own of them"
    left = first_out(run, quota, where, held=sum(held.values()), coming=more, going=all_going, remedy=remedy)
    count = 0
    while left > 0:
        left -= held[going[count]]
        count += 1
    return Exchange(going[:count], sorted(want), going[count:])


def room_beside(
    run: Run,
    quota: Quota,
    where: str,
    *,
    held: Collection[object],
    wanted: Collection[object],
    remedy: str,
    region: str = "",
) -> None:
    """Make sure that all that the manifest wants in one place fits beside what is there.

    All of them fail together: the first would take the room of the last. Raises QuotaExceeded.
    """
    if len(held) + len(wanted) <= quota.most:
        return  # the usual case, for each of thousands
    coming = len(set(wanted) - set(held))
    first_out(run, quota, where, held=len(held), coming=coming, remedy=remedy, region=region)


def fits(run: Run, quota: Quota, where: str, size: int, remedy: str, region: str = "") -> None:
    """Make sure that something is not longer, or more, than AWS takes; raises QuotaExceeded."""
    if size > quota.most and size > (most := run.read(raised, quota, region)):
        raise QuotaExceeded(f"{where} has {size} {quota.what}, and AWS takes {most}", hint=remedy)


def characters(document: object) -> int:
    """Return how long a document is to IAM, which does not count white space."""
    # What is not known before it is made is not counted yet.
    return len(json.dumps(document, separators=(",", ":"), default=lambda unknown: ""))


def others(run: Run, want: Any, key: Callable[[Any], T]) -> list[T]:
    """Return the keys of all resources of the same kind and region in this run, this one included."""
    return [
        key(each)
        for each in (want, *run.resources)
        if type(each) is type(want) and each.scope.region == want.scope.region
    ]


@record
class Names:
    """Finds the names of a kind of IAM's, in which case means nothing."""

    kind: type[Any]

    def __call__(self, _: object, resources: Iterable[Any]) -> frozenset[str]:
        return frozenset(each.name.casefold() for each in resources if type(each) is self.kind)


def names(run: Run, want: Any) -> frozenset[str]:
    """Return the names of all resources of the same kind of IAM's in this run, this one included.

    They are found once, because each of thousands of users asks for them.
    """
    found, name = run.derived(Names(type(want)), run.resources), want.name.casefold()
    return found if name in found else found | {name}


def raised(facts: Facts, quota: Quota, region: str) -> int:
    """Return what AWS takes in this account; its usual quota where the caller may not know better."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        if quota.summary:
            return max(quota.most, int(facts.read(summary).get(quota.summary, 0)))
        if quota.codes:
            service, code = quota.codes
            client = getattr(facts.aws.at(region), "service-quotas")
            answer = client.get_service_quota(ServiceCode=service, QuotaCode=code)
            return max(quota.most, int(answer["Quota"]["Value"]))
    except (BotoCoreError, ClientError):
        pass
    return quota.most


def summary(facts: Facts) -> Mapping[str, int]:
    """Read how much of everything IAM has and takes."""
    answer: Mapping[Any, int] = facts.aws.iam.get_account_summary()["SummaryMap"]
    return answer
