"""What the trail, its log group, alarms, topics and everything else that tells people takes."""

from __future__ import annotations

from awsbase.ensure.alarm import Alarm
from awsbase.ensure.contact import Contact
from awsbase.ensure.event_rule import EventRule
from awsbase.ensure.log_group import LogGroup, log_group_arn
from awsbase.ensure.metric_filter import MetricFilter
from awsbase.ensure.subscription import Subscription
from awsbase.ensure.topic import Topic
from awsbase.ensure.trail import Trail
from awsbase.permissions.allow import TAG_INDEX, Allows, Passes, allow


def trail_reads(want: Trail) -> Allows:
    yield TAG_INDEX
    yield allow("cloudtrail", "DescribeTrails")
    yield allow("cloudtrail", "GetEventSelectors", "GetTrailStatus", "ListTags", on=(want.arn,))


def trail_writes(want: Trail) -> Allows:
    yield allow(
        "cloudtrail",
        *("AddTags", "CreateTrail", "PutEventSelectors", "StartLogging", "UpdateTrail"),
        on=(want.arn,),
    )


def trail_passes(want: Trail) -> Passes:
    yield want.role, "cloudtrail.amazonaws.com"


def log_group_arns(arn: str) -> tuple[str, ...]:
    """Return both ARNs of a log group: for its tags the bare one counts, for most of the rest that with `:*`."""
    return arn, f"{arn}:*"


def log_group_reads(want: LogGroup) -> Allows:
    yield TAG_INDEX
    yield allow("logs", "DescribeLogGroups")
    yield allow("logs", "ListTagsForResource", on=log_group_arns(want.arn))


def log_group_writes(want: LogGroup) -> Allows:
    arns = log_group_arns(want.arn)
    yield allow("logs", "CreateLogGroup", "PutRetentionPolicy", "TagResource", on=arns)
    if want.key:
        yield allow("logs", "AssociateKmsKey", on=arns)


def metric_filter_reads(want: MetricFilter) -> Allows:
    arn = log_group_arn(want.scope, want.log_group)
    yield allow("logs", "DescribeMetricFilters", on=log_group_arns(arn))


def metric_filter_writes(want: MetricFilter) -> Allows:
    arn = log_group_arn(want.scope, want.log_group)
    yield allow("logs", "PutMetricFilter", on=log_group_arns(arn))


def alarm_reads(want: Alarm) -> Allows:
    yield TAG_INDEX
    # Asked for by the beginning of a name, CloudWatch looks among all.
    yield allow("cloudwatch", "DescribeAlarms")
    yield allow("cloudwatch", "ListTagsForResource", on=(want.arn,))


def alarm_writes(want: Alarm) -> Allows:
    yield allow("cloudwatch", "PutMetricAlarm", "TagResource", on=(want.arn,))


def event_rule_reads(want: EventRule) -> Allows:
    yield TAG_INDEX
    yield allow("events", "ListRules")
    yield allow("events", "ListTagsForResource", "ListTargetsByRule", on=(want.arn,))


def event_rule_writes(want: EventRule) -> Allows:
    yield allow("events", "PutRule", "PutTargets", "TagResource", on=(want.arn,))


def topic_reads(want: Topic) -> Allows:
    yield TAG_INDEX
    yield allow("sns", "ListSubscriptions")
    yield allow("sns", "GetTopicAttributes", "ListSubscriptionsByTopic", "ListTagsForResource", on=(want.arn,))


def topic_writes(want: Topic) -> Allows:
    yield allow("sns", "CreateTopic", "SetTopicAttributes", "TagResource", on=(want.arn,))
    if want.listeners:
        # SNS knows this action by no resource.
        yield allow("sns", "Unsubscribe")


def subscription_reads(want: Subscription) -> Allows:
    yield allow("sns", "ListSubscriptions")
    yield allow("sns", "GetTopicAttributes", "ListSubscriptionsByTopic", on=(want.topic_arn,))


def subscription_writes(want: Subscription) -> Allows:
    yield allow("sns", "Subscribe", on=(want.topic_arn,))


def contact_reads(want: Contact) -> Allows:
    yield allow("account", "GetAlternateContact", on=(want.scope.global_arn("account", "account"),))


def contact_writes(want: Contact) -> Allows:
    yield allow("account", "PutAlternateContact", on=(want.scope.global_arn("account", "account"),))
