"""SNS topics, and the lists of who is subscribed to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field

from awsbase.access.attributes import add_tags
from awsbase.access.comparison import shortened, widening
from awsbase.access.publishing import ALARMS, OTHERS, key_statement, may_publish, reading, topic_key
from awsbase.engine.changes import Drift, compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access, visibility
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, Things, refused
from awsbase.facts import tags, watching
from awsbase.facts.keys import alias_behind
from awsbase.facts.topics import (
    SubscriptionFacts,
    TopicFacts,
    confirmed,
    listener,
    speakers,
    subscriptions,
    topic,
    topic_tags,
    topics,
)
from awsbase.policies.document import Document, difference
from awsbase.prices import Cost, by_use
from awsbase.prices import table as prices
from awsbase.records import record
from awsbase.webhooks import masked

# SNS's own key: no key policy of ours, so CloudWatch, EventBridge and Budgets cannot publish, and nothing says so.
MUTE_KEY = "alias/aws/sns"
KEY_PRICE = f"{prices.KMS_KEY} a month, more after its first two rotations"
# What SNS gives a new topic for a policy.
UNTOUCHED = "__default_policy_ID"


@record(kw_only=True)
class Topic(Resource):
    """A topic with exactly this policy.

    `key` is the address of the key that encrypts it. Without one a key that somebody chose stays, unless `plain`.
    `subscribers` are the endpoints by protocol; of a protocol that is listed nobody else stays subscribed.
    """

    name: str
    policy: Document
    key: str | None = None
    plain: bool = False
    subscribers: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return self.scope.address("topic", self.name)

    @property
    def arn(self) -> str:
        return self.scope.arn("sns", self.name)

    def costs(self) -> Iterator[Cost]:
        """Yield what this costs by the price table."""
        yield by_use(prices.MESSAGES, self.scope.region)

    def needs(self) -> Iterator[str]:
        if self.key:
            yield self.key


def topic_things(facts: Facts, scope: Scope) -> Things:
    """Yield the topics of a region, each with those who have confirmed to hear it."""
    from botocore.exceptions import ClientError

    region, arns = scope.region, facts.read(topics, scope.region)
    facts.prefetch((subscriptions, region, arn) for arn in arns)
    for arn in arns:
        name = arn.rpartition(":")[2]
        try:
            have = facts.read(topic, region, arn)
        except ClientError as error:
            yield refused(scope.address("topic", name), error)
            continue
        if have:
            alias = alias_behind(facts, region, have.key) if have.key not in ("", MUTE_KEY) else ""
            found = Topic(
                scope=scope,
                name=name,
                policy=dict(have.policy),
                key=scope.address("key", alias) if alias else None,
                plain=not have.key,
                subscribers=confirmed(facts.read(subscriptions, region, arn)),
            )
            yield Described(found, tags=watching.labels(facts, region, arn, topic_tags))


def describe_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions to list topics, and who hears them."""
    yield tags.TAG_INDEX
    yield allow("kms", "ListAliases")
    yield allow("sns", "ListSubscriptions", "ListTopics")
    yield allow("sns", "GetTopicAttributes", "ListSubscriptionsByTopic", on=(scope.at("*").arn("sns", "*"),))


def topic_reads(want: Topic) -> Iterator[Read]:
    """Yield what the recipe will ask for."""
    yield topic, want.scope.region, want.arn
    if want.subscribers:
        yield subscriptions, want.scope.region, want.arn
    yield tags.indexed, want.scope.region


def ensure_topic(run: Run, want: Topic) -> str:
    """Bring one topic to the manifest: its policy, its key, its tags, and nobody subscribed who is not listed.

    The policy is owned as a whole; tags that others set stay. Who is listed and missing is a `Subscription` of his own.
    """
    region, sns = want.scope.region, run.aws.sns
    found = run.read(topic, region, want.arn)
    subscribed = run.read(subscriptions, region, want.arn) if want.subscribers else ()
    tagged = tags.current(run, want, region, want.arn, (topic_tags, region, want.arn)) if found else {}

    if found is None:
        key = run.result(want.key) if want.key else ""
        attributes = {"Policy": want.policy, **({"KmsMasterKeyId": key} if want.key else {})}
        run.create(
            "topic", sns.create_topic, Name=want.name, Attributes=attributes, Tags=tags.pairs(tags.with_origin(want))
        )
        found, tagged = TopicFacts(want.policy, key), tags.wanted(want)
    have = found

    encrypt(run, want, have)
    if want.key is None and not want.plain and have.key not in ("", MUTE_KEY):
        hear(run, want, have.key)

    if drift := [Drift(*differs) for differs in difference(have.policy, want.policy)]:
        run.update(
            "policy",
            drift,
            sns.set_topic_attributes,
            risk=access(widening(have.policy, want.policy) if touched(have.policy) else ""),
            TopicArn=want.arn,
            AttributeName="Policy",
            AttributeValue=want.policy,
        )

    add_tags(run, want, tagged, sns.tag_resource, ResourceArn=want.arn)

    dismiss(run, want, subscribed)
    return want.arn


def touched(policy: Mapping[str, object]) -> bool:
    """Tell whether anybody has written a policy: a new topic comes with one."""
    return bool(policy) and policy.get("Id") != UNTOUCHED


def encrypt(run: Run, want: Topic, have: TopicFacts) -> None:
    """Encrypt with our key, or take away a key that must not be."""
    if want.key is None and not want.plain and have.key != MUTE_KEY:
        return
    # By its ARN: an alias may be turned to another key without anybody touching the topic.
    key = run.result(want.key) if want.key else ""
    if drift := compare({"key": have.key}, {"key": key}):
        run.update(
            "encryption",
            drift,
            run.aws.sns.set_topic_attributes,
            risk=access("" if want.key else "what is published is no longer encrypted"),
            TopicArn=want.arn,
            AttributeName="KmsMasterKeyId",
            AttributeValue=key,
        )


def hear(run: Run, want: Topic, name: str) -> None:
    """Say so when alarms cannot use the key that somebody else chose for a topic, and what to do."""
    key = run.read(topic_key, want.scope.region, name)
    if key.policy is None and key.state == "Enabled":
        run.note(f"its key {name} cannot be read: `awsbase drill` shows whether alarms are let use it")
        return
    if may_publish(key, ALARMS, want.scope, want.arn) is False:
        run.manual_action(
            f"no alarm is heard on {want.name} ({want.scope.region}): its key {key.arn} "
            + ("does not let CloudWatch publish" if key.state == "Enabled" else f"is {key.state}"),
            f"write `encrypted: true` to its channel in the notify section: a key of its own, {KEY_PRICE}",
            *([f"or add to the policy of that key: {key_statement(want.scope)}"] if key.state == "Enabled" else []),
            probe="kms GetKeyPolicy of that key lets cloudwatch.amazonaws.com use it, or the topic has another key",
        )
    elif mute := [service for service in OTHERS if may_publish(key, service, want.scope, want.arn) is False]:
        run.note(f"its key {key.arn} lets alarms in, and keeps out {', '.join(mute)}: `encrypted: true` lets all in")


def welcome(want: Topic, one: SubscriptionFacts) -> bool:
    """Tell whether the manifest lists who is subscribed."""
    those = want.subscribers.get(one.protocol, ())
    return listener(one.protocol, one.endpoint) in {listener(one.protocol, each) for each in those}


def dismiss(run: Run, want: Topic, subscribed: tuple[SubscriptionFacts, ...]) -> None:
    """Unsubscribe who is no longer listed."""
    # AWS does not remove an unconfirmed subscription; it forgets it by itself after 48 hours.
    hearing = [one for one in subscribed if not one.pending]
    strangers = [one for one in hearing if one.protocol in want.subscribers and not welcome(want, one)]
    for one in strangers:
        what = f"subscription {one.protocol}:{masked(one.endpoint)}"
        left = len(strangers) < len(hearing)
        why = f"{masked(one.endpoint)} hears nothing any more" if left else "no confirmed subscriber is left"
        run.delete(what, run.aws.sns.unsubscribe, risk=visibility(why), SubscriptionArn=one.arn)


def remove_topic(run: Run, want: Topic) -> None:
    """Delete a topic that this manifest made, with its subscriptions, unless others speak on it.

    Their alarms would be mute, and nothing would say so. Who merely listens hears nothing when nobody speaks.
    """
    region = want.scope.region
    if run.read(topic, region, want.arn) is None:
        return
    if not tags.made_here(run, want, run.read(topic_tags, region, want.arn)):
        return
    managed = {each.address for each in run.resources}
    if others := [each for each in run.read(speakers, want.scope, want.arn) if each not in managed]:
        run.note(f"kept: {shortened(others)} {'speaks' if len(others) == 1 else 'speak'} on it")
        return
    hearing = [one for one in run.read(subscriptions, region, want.arn) if not one.pending]
    strangers = [masked(one.endpoint) for one in hearing if not welcome(want, one)]

    why = f"{shortened(strangers)}, subscribed by somebody else, hears nothing any more" if strangers else ""
    run.delete("topic", run.aws.sns.delete_topic, risk=visibility(why), TopicArn=want.arn)


def read_permissions(want: Topic) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield tags.TAG_INDEX
    yield allow("sns", "ListSubscriptions")
    yield allow("sns", "GetTopicAttributes", "ListSubscriptionsByTopic", "ListTagsForResource", on=(want.arn,))
    if want.key is None and not want.plain:
        yield from reading(want.scope)


def write_permissions(want: Topic) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield allow("sns", "CreateTopic", "SetTopicAttributes", "TagResource", on=(want.arn,))
    if want.subscribers:
        # SNS knows this action by no resource.
        yield allow("sns", "Unsubscribe")


def removal_permissions(want: Topic) -> Allows:
    """Yield the IAM permissions that a removal needs beyond those of a plan."""
    # CloudWatch looks for alarms by their actions among all; EventBridge knows its action by no resource.
    yield allow("cloudwatch", "DescribeAlarms")
    yield allow("events", "ListRuleNamesByTarget")
    yield allow("sns", "DeleteTopic", on=(want.arn,))


KIND = Kind(
    ensure_topic,
    topic_reads,
    resource=Topic,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="A channel that alarms speak on; its policy lets this account's services speak, and nobody else.",
        why="Who listens changes in one place, and a forged alarm cannot be sent.",
        undo=(TAKE_OUT, "aws sns delete-topic --topic-arn ARN --region REGION: alarms that speak on it are mute then"),
        controls=("CIS 4.1 to 4.15", "FSBP SNS.1, SNS.4"),
        cost=f"{prices.MESSAGES.rate}, after a million free ones a month",
    ),
    word="topic",
    found_by="name",
    owns="policy; its key, if one is wanted",
    keeps="tags, protocols that are not listed",
    describe=Describe(topic_things, describe_permissions, everywhere=True),
    absent=Absent(remove_topic, permissions=removal_permissions),
)
