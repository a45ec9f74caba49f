"""The topics of a region, who is subscribed to them, and what speaks on them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING

from awsbase.engine.facts import Facts
from awsbase.engine.scope import Scope
from awsbase.policies.document import listed as one_or_more
from awsbase.policies.document import parsed
from awsbase.records import record
from awsbase.webhooks import as_listed

if TYPE_CHECKING:
    from mypy_boto3_sns.type_defs import SubscriptionTypeDef


@record
class TopicFacts:
    """A topic as it is; `subscriptions` is how many it counts, confirmed or not."""

    policy: Mapping[str, object] = field(default_factory=dict)
    key: str = ""
    subscriptions: int = 0


@record
class SubscriptionFacts:
    """Somebody who is subscribed to a topic; without an ARN as long as he has not confirmed."""

    protocol: str
    endpoint: str
    arn: str | None = None

    @property
    def pending(self) -> bool:
        return self.arn is None


def topic(facts: Facts, region: str, arn: str) -> TopicFacts | None:
    """Read one topic; None when there is none."""
    from botocore.exceptions import ClientError

    try:
        attributes = facts.aws.at(region).sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "NotFound":
            raise
        return None
    return TopicFacts(
        policy=parsed(attributes.get("Policy") or {}),
        key=attributes.get("KmsMasterKeyId", ""),
        subscriptions=sum(int(attributes.get(f"Subscriptions{state}", 0)) for state in ("Confirmed", "Unknown")),
    )


def listed(facts: Facts, region: str) -> Mapping[str, Sequence[SubscriptionTypeDef]]:
    """Read all subscriptions of a region as SNS writes them, by the ARN of their topic."""
    found: dict[str, list[SubscriptionTypeDef]] = defaultdict(list)
    for page in facts.aws.at(region).sns.get_paginator("list_subscriptions").paginate():
        for entry in page["Subscriptions"]:
            found[entry["TopicArn"]].append(entry)
    return found


def subscriptions(facts: Facts, region: str, arn: str) -> tuple[SubscriptionFacts, ...]:
    """Return who is subscribed to a topic, confirmed or not."""
    have, everywhere = facts.read_all((topic, region, arn), (listed, region))
    if have is None:
        return ()
    found = tuple(one for entry in everywhere.get(arn, ()) for one in _understood(entry))
    if len(found) == have.subscriptions:
        return found
    # The list of a region goes on naming the subscriptions of a deleted topic, which a new one of that name has not.
    pages = facts.aws.at(region).sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=arn)
    return tuple(one for page in pages for entry in page["Subscriptions"] for one in _understood(entry))


@record
class FilterPolicy:
    """What a subscription lets through: by attributes, which no alarm carries, or by the body of a message."""

    document: Mapping[str, object] = field(default_factory=dict)
    by_body: bool = False

    @property
    def swallows(self) -> bool:
        """Tell whether no alarm passes: CloudWatch publishes without attributes."""
        return not self.by_body and any({"exists": False} not in one_or_more(it) for it in self.document.values())


def filter_policy(facts: Facts, region: str, arn: str) -> FilterPolicy:
    """Read the filter policy of one confirmed subscription; empty when it has none."""
    attributes = facts.aws.at(region).sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    text = attributes.get("FilterPolicy")
    return FilterPolicy(parsed(text) if text else {}, attributes.get("FilterPolicyScope") == "MessageBody")


def topic_tags(facts: Facts, region: str, arn: str) -> Mapping[str, str]:
    """Read the tags of one topic from SNS itself."""
    answer = facts.aws.at(region).sns.list_tags_for_resource(ResourceArn=arn)
    return {tag["Key"]: tag["Value"] for tag in answer["Tags"]}


def listener(protocol: str, endpoint: str) -> tuple[str, str]:
    """Return what makes two subscriptions one: mail addresses differ by more than case.

    Web hooks differ by more than their password, which AWS does not tell.
    """
    return protocol, endpoint.casefold() if protocol == "email" else as_listed(endpoint)


def topics(facts: Facts, region: str) -> Sequence[str]:
    """Read the ARNs of the topics of a region."""
    pages = facts.aws.at(region).sns.get_paginator("list_topics").paginate()
    return [each["TopicArn"] for page in pages for each in page["Topics"]]


def confirmed(everybody: Iterable[SubscriptionFacts]) -> Mapping[str, tuple[str, ...]]:
    """Return the endpoints that have confirmed, by protocol."""
    hearing = [one for one in everybody if not one.pending]
    return {
        protocol: tuple(sorted(one.endpoint for one in hearing if one.protocol == protocol))
        for protocol in sorted({one.protocol for one in hearing})
    }


def speakers(facts: Facts, scope: Scope, arn: str) -> tuple[str, ...]:
    """Read by their addresses which alarms and event rules of its region speak on a topic."""
    aws = facts.aws.at(scope.region)
    alarms = aws.cloudwatch.get_paginator("describe_alarms").paginate(
        ActionPrefix=arn, AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    rules = aws.events.get_paginator("list_rule_names_by_target").paginate(TargetArn=arn)
    ringing = [
        scope.address("alarm", alarm["AlarmName"])
        for page in alarms
        for alarm in [*page.get("MetricAlarms", ()), *page.get("CompositeAlarms", ())]
        if arn in [*alarm["AlarmActions"], *alarm["OKActions"], *alarm["InsufficientDataActions"]]
    ]
    telling = [scope.address("event-rule", name) for page in rules for name in page["RuleNames"]]
    return tuple(sorted([*ringing, *telling]))


def _understood(entry: SubscriptionTypeDef) -> Iterator[SubscriptionFacts]:
    """Yield a listed subscription unless it is gone: AWS lists removed ones for a while, with words for an ARN."""
    arn = entry["SubscriptionArn"]
    if arn != "Deleted":
        yield SubscriptionFacts(entry["Protocol"], entry["Endpoint"], arn if arn.startswith("arn:") else None)
