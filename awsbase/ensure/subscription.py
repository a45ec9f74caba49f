"""Who hears what is published on a topic."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import field

from awsbase.engine.changes import Deferred
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access, visibility
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, NotExpressible, Things, refused
from awsbase.ensure.topic import describe_permissions
from awsbase.facts import tags, watching
from awsbase.facts.topics import (
    SubscriptionFacts,
    filter_policy,
    listed,
    listener,
    subscriptions,
    topic,
    topic_tags,
    topics,
)
from awsbase.prices import Cost, by_use
from awsbase.prices import table as prices
from awsbase.records import record
from awsbase.webhooks import masked

FORGOTTEN = "AWS forgets an unanswered request after 48 hours; the run after that asks once more"


@record(kw_only=True)
class Subscription(Resource):
    """One endpoint that is subscribed to a topic of the same region, given by its name.

    A web hook may hold a key or a password, which only the call gets to see.
    """

    topic: str
    protocol: str
    endpoint: str = field(repr=False)

    @property
    def address(self) -> str:
        return self.scope.address("subscription", f"{self.topic}/{self.protocol}:{self.shown}")

    @property
    def shown(self) -> str:
        return masked(self.endpoint)

    @property
    def topic_arn(self) -> str:
        return self.scope.arn("sns", self.topic)

    def costs(self) -> Iterator[Cost]:
        """Yield what this costs by the price table."""
        if self.protocol.startswith("email"):
            yield by_use(prices.MAILS, self.scope.region)

    def needs(self) -> Iterator[str]:
        yield self.scope.address("topic", self.topic)


def subscription_things(facts: Facts, scope: Scope) -> Things:
    """Yield the subscriptions of a region; they have no tags but those of their topics."""
    from botocore.exceptions import ClientError

    region = scope.region
    arns = facts.read(topics, region)
    facts.prefetch((subscriptions, region, arn) for arn in arns)
    for arn in arns:
        name, labels = arn.rpartition(":")[2], watching.labels(facts, region, arn, topic_tags)
        try:
            everybody = facts.read(subscriptions, region, arn)
        except ClientError as error:
            yield refused(scope.address("subscription", f"{name}/*"), error)
            continue
        for one in everybody:
            found = Subscription(scope=scope, topic=name, protocol=one.protocol, endpoint=one.endpoint)
            if one.pending:
                yield NotExpressible(found.address, (f"nobody has confirmed it yet: {FORGOTTEN.partition(';')[0]}",))
            else:
                yield Described(found, tags=labels)
    # Of topics that are gone the list is a while behind; those of other accounts are theirs to describe.
    foreign = [arn for arn in facts.read(listed, region) if arn.split(":")[4] != scope.account] if arns else []
    for arn in foreign:
        for entry in facts.read(listed, region)[arn]:
            where = f"{arn}/{entry['Protocol']}:{masked(entry['Endpoint'])}"
            yield NotExpressible(scope.address("subscription", where), ("its topic is another account's",))


def subscription_reads(want: Subscription) -> Iterator[Read]:
    """Yield what the recipe will ask for."""
    yield subscriptions, want.scope.region, want.topic_arn


def ensure_subscription(run: Run, want: Subscription) -> None:
    """Subscribe an endpoint once, and say what is left for a person to do until it is confirmed.

    An unconfirmed subscription is left alone, so that nobody gets a second mail, until AWS has forgotten it.
    """
    have = subscribed(run, want)
    if have and have.arn:
        unfiltered(run, want, have.arn)

    if have is None:
        run.create(
            "subscription",
            run.aws.sns.subscribe,
            risk=access(heard_by(run, want)),
            TopicArn=want.topic_arn,
            Protocol=want.protocol,
            # A digest of it would let a password be guessed; which one it is, the address says.
            Endpoint=want.endpoint if want.shown == want.endpoint else Deferred("endpoint", lambda: want.endpoint),
            ReturnSubscriptionArn=True,
        )
        # A queue or a function is confirmed at once; a mail or a web hook when somebody, or something, answers.
        have = SubscriptionFacts(
            want.protocol, want.endpoint, None if want.protocol in ("email", "https") else want.topic_arn
        )

    if have.pending:
        ask_to_confirm(run, want)


def subscribed(run: Run, want: Subscription) -> SubscriptionFacts | None:
    """Return the subscription as it is, confirmed or not."""
    me = listener(want.protocol, want.endpoint)
    everyone = run.read(subscriptions, want.scope.region, want.topic_arn)
    return next((one for one in everyone if listener(one.protocol, one.endpoint) == me), None)


def remove_subscription(run: Run, want: Subscription) -> None:
    """Unsubscribe an endpoint from a topic that this manifest made: subscriptions take no tags.

    AWS removes none that nobody has confirmed: it goes with its topic, or is forgotten after 48 hours.
    """
    have = subscribed(run, want)
    if have is None or have.arn is None:
        return
    if not tags.is_ours(run.read(topic_tags, want.scope.region, want.topic_arn), want.scope):
        run.note(f"kept: this manifest did not make the topic {want.topic}, and subscriptions take no tags")
        return
    asks = want.protocol in ("email", "https")
    why = f"{want.shown} hears nothing any more{', and would have to confirm anew' if asks else ''}"
    run.delete("subscription", run.aws.sns.unsubscribe, risk=visibility(why), SubscriptionArn=have.arn)


def heard_by(run: Run, want: Subscription) -> str:
    """Say who of outside the account hears a topic from now on; empty for its own queues and functions, and mail.

    Nobody knows whose a web hook is; on a topic that this run makes it is as meant as the topic itself.
    """
    if want.protocol in ("sqs", "lambda"):
        account = ":".join(want.endpoint.split(":")[4:5])
        return "" if account == want.scope.account else f"account {account} hears what is said on it"
    known = want.protocol != "https" or run.read(topic, want.scope.region, want.topic_arn) is None
    return "" if known else f"whoever owns {want.shown} hears what is said on it"


def unfiltered(run: Run, want: Subscription, arn: str) -> None:
    """Say so when a filter policy keeps alarms from somebody who is subscribed."""
    found = run.read(filter_policy, want.scope.region, arn)
    if found.swallows:
        run.manual_action(
            f"{want.shown} never hears an alarm of {want.topic} ({want.scope.region}): the subscription has a filter "
            f"policy, {json.dumps(found.document)}, and alarms have no attributes",
            f"aws sns set-subscription-attributes --region {want.scope.region} --subscription-arn {arn} "
            "--attribute-name FilterPolicy --attribute-value '{}'",
            probe="sns GetSubscriptionAttributes shows no FilterPolicy that demands attributes",
        )
    elif found.by_body and found.document:
        run.note(f"it hears only what its filter policy lets through: {json.dumps(found.document)}")


def ask_to_confirm(run: Run, want: Subscription) -> None:
    """Say how a subscription is confirmed, by whom, and where awsbase will see it."""
    probe = f"sns ListSubscriptions in {want.scope.region} shows an ARN for it in place of PendingConfirmation"
    by_hand = f"aws sns confirm-subscription --region {want.scope.region} --topic-arn {want.topic_arn} --token TOKEN"
    need = f"confirmation of the subscription to {want.topic}"
    if want.protocol == "email":
        run.manual_action(
            f"{want.shown} has to confirm the subscription to {want.topic} ({want.scope.region})",
            f"in the mailbox of {want.endpoint} open the mail 'AWS Notification - Subscription Confirmation'; "
            "look among the spam too",
            "follow its link 'Confirm subscription'",
            "or, so that the link at the foot of every mail cannot unsubscribe, take the Token from that link and run: "
            f"{by_hand} --authenticate-on-unsubscribe true",
            FORGOTTEN,
            probe=probe,
            who=want.shown,
            need=need,
        )
    else:
        run.manual_action(
            f"{want.shown} has to confirm the subscription to {want.topic} ({want.scope.region})",
            "find the message of type SubscriptionConfirmation that AWS sent to the endpoint",
            f"open the SubscribeURL in it, or run with the Token in it: {by_hand}",
            FORGOTTEN,
            probe=probe,
            who=want.shown,
            need=need,
        )


def read_permissions(want: Subscription) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    # SNS knows neither action by a resource.
    yield allow("sns", "GetSubscriptionAttributes", "ListSubscriptions")
    yield allow("sns", "GetTopicAttributes", "ListSubscriptionsByTopic", on=(want.topic_arn,))


def write_permissions(want: Subscription) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield allow("sns", "Subscribe", on=(want.topic_arn,))


def removal_permissions(want: Subscription) -> Allows:
    """Yield the IAM permissions that a removal needs beyond those of a plan."""
    yield allow("sns", "ListTagsForResource", on=(want.topic_arn,))
    # SNS knows this action by no resource.
    yield allow("sns", "Unsubscribe")


KIND = Kind(
    ensure_subscription,
    subscription_reads,
    resource=Subscription,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="Somebody who hears what is said on a topic, once they have confirmed it.",
        why="An alarm without a listener rings in an empty room.",
        undo=(TAKE_OUT, "aws sns list-subscriptions --region REGION", "aws sns unsubscribe --subscription-arn ARN"),
        controls=("CIS 4.1 to 4.15",),
        cost=f"{prices.MAILS.rate}, after 1,000 free ones a month",
    ),
    word="subscription",
    found_by="topic and endpoint",
    owns="that it is there",
    keeps="its settings",
    describe=Describe(subscription_things, describe_permissions, everywhere=True),
    absent=Absent(remove_subscription, permissions=removal_permissions),
)
