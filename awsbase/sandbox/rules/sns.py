"""SNS: an e-mail address is subscribed when its owner says so, and not before."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

from moto.core.utils import camelcase_to_underscores

from awsbase.sandbox.rule import Ask, Refusal, Rule

WAITS = timedelta(hours=48)
PENDING = "PendingConfirmation"
PROTOCOLS = ("http", "https", "email", "email-json", "sms", "sqs", "application", "lambda", "firehose")
PASSWORD = re.compile(r"^(https?://[^/?#:@]*):[^/?#]*@")
ADDRESS = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")


@dataclass(frozen=True)
class Mail:
    """One request for confirmation that was mailed."""

    endpoint: str
    topic: str
    at: datetime
    token: str
    """What the link in the mail carries, and ConfirmSubscription takes."""


@dataclass
class Outbox:
    """The mails that were sent."""

    mails: list[Mail] = field(default_factory=list)


def expire(ask: Ask) -> None:
    """Forget the subscriptions that nobody confirmed in time."""
    held = ask.backend("sns").subscriptions
    late = [arn for arn, one in held.items() if pending(one) and ask.sandbox.clock() - one.since > WAITS]
    for arn in late:
        del held[arn]


def own_region(ask: Ask) -> None:
    """Refuse a topic of another region."""
    parts = ask.params["TopicArn"].split(":") if ask.params.get("TopicArn") else []
    if parts and (len(parts) != 6 or parts[3] != ask.region):
        raise Refusal("InvalidParameter", "Invalid parameter: TopicArn")


def same_topic(ask: Ask) -> None:
    """Refuse to create a topic that is there already and differs."""
    topic = ask.backend("sns").topics.get(f"arn:{ask.partition}:sns:{ask.region}:{ask.account}:{ask.params['Name']}")
    if topic is None:
        return
    for name, value in ask.params.get("Attributes", {}).items():
        if str(getattr(topic, camelcase_to_underscores(name), "")) != value:
            raise Refusal(
                "InvalidParameter",
                "Invalid parameter: Attributes Reason: Topic already exists with different attributes",
            )
    tags = {tag["Key"]: tag["Value"] for tag in ask.params.get("Tags", [])}
    if tags and tags != topic._tags:
        raise Refusal("InvalidParameter", "Invalid parameter: Tags Reason: Topic already exists with different tags")


def addressed(ask: Ask) -> None:
    """Refuse what cannot be delivered to."""
    protocol, endpoint = ask.params["Protocol"], ask.params.get("Endpoint", "")
    if protocol not in PROTOCOLS:
        raise Refusal("InvalidParameter", f"Invalid parameter: Does not support this protocol string: {protocol}")
    if protocol.startswith("email") and not ADDRESS.fullmatch(endpoint):
        raise Refusal("InvalidParameter", "Invalid parameter: Email address")


def ask_owner(ask: Ask, said: dict[str, Any]) -> None:
    """Mail the owner of an address, and wait."""
    subscription = ask.backend("sns").subscriptions[said["SubscriptionArn"]]
    if not subscription.protocol.startswith("email"):
        return
    if not hasattr(subscription, "pending"):
        subscription.pending, subscription.since = True, ask.sandbox.clock()
    if subscription.pending:
        mail = Mail(subscription.endpoint, subscription.topic.arn, ask.sandbox.clock(), token_hex(32))
        ask.memory(Outbox).mails.append(mail)
        ask.sandbox.deliver(mail)
        if not ask.params.get("ReturnSubscriptionArn"):
            said["SubscriptionArn"] = "pending confirmation"


def take_token(ask: Ask) -> dict[str, Any]:
    """Confirm a subscription by the token of a mail, as its owner does."""
    sns, arn = ask.backend("sns"), ask.params["TopicArn"]
    if arn not in sns.topics:
        raise Refusal("NotFound", "Topic does not exist", 404)
    token = ask.params["Token"]
    mail = next((mail for mail in ask.memory(Outbox).mails if (mail.topic, mail.token) == (arn, token)), None)
    held = [one for one in sns.subscriptions.values() if mail and (one.topic.arn, one.endpoint) == (arn, mail.endpoint)]
    # A token outlives neither its subscription nor the time that there is to use it.
    if not mail or not held or ask.sandbox.clock() - mail.at > WAITS:
        raise Refusal("InvalidParameter", "Invalid parameter: Token")
    for one in held:
        if pending(one):
            one.pending, one.authenticated = False, ask.params.get("AuthenticateOnUnsubscribe") == "true"
    return {"SubscriptionArn": held[0].arn}


def hide_pending(ask: Ask, said: dict[str, Any]) -> None:
    """List what is not confirmed without an ARN."""
    held = ask.backend("sns").subscriptions
    for told in said["Subscriptions"]:
        if told["SubscriptionArn"] in held and pending(held[told["SubscriptionArn"]]):
            told["SubscriptionArn"] = PENDING


def hide_password(ask: Ask, said: dict[str, Any]) -> None:
    """List a web hook without its password: https://ann:****@pager.example."""
    for told in said["Subscriptions"]:
        told["Endpoint"] = PASSWORD.sub(r"\1:****@", told["Endpoint"])


def tell_pending(ask: Ask, said: dict[str, Any]) -> None:
    """Tell whether a subscription waits."""
    subscription = ask.backend("sns").subscriptions.get(ask.params["SubscriptionArn"])
    said["Attributes"][PENDING] = str(pending(subscription)).lower()
    if hasattr(subscription, "pending"):
        asked = getattr(subscription, "authenticated", False)
        said["Attributes"]["ConfirmationWasAuthenticated"] = str(asked).lower()


def count(ask: Ask, said: dict[str, Any]) -> None:
    """Count a topic's subscriptions."""
    arn = ask.params["TopicArn"]
    held = [one for one in ask.backend("sns").subscriptions.values() if one.topic.arn == arn]
    waiting = sum(map(pending, held))
    said["Attributes"] |= {"SubscriptionsPending": str(waiting), "SubscriptionsConfirmed": str(len(held) - waiting)}


def only_confirmed(ask: Ask) -> None:
    """Refuse to take away what nobody has confirmed."""
    arn = ask.params["SubscriptionArn"]
    if not arn.startswith("arn:"):
        raise Refusal(
            "InvalidParameter", "Invalid parameter: SubscriptionArn Reason: An ARN must have at least 6 elements"
        )
    if pending(ask.backend("sns").subscriptions.get(arn)):
        raise Refusal(
            "InvalidParameter", "Invalid parameter: This subscription is pending confirmation and cannot be removed"
        )


def confirm(sns: Any, topic: str, endpoint: str) -> None:
    """Confirm what waits, as its owner does by the link in the mail."""
    waiting = [
        one for one in sns.subscriptions.values() if (one.topic.arn, one.endpoint) == (topic, endpoint) and pending(one)
    ]
    if not waiting:
        raise LookupError(f"nothing waits for {endpoint} to confirm {topic}")
    for one in waiting:
        one.pending = False


def pending(subscription: Any) -> bool:
    """Say whether a subscription waits for its owner."""
    return bool(getattr(subscription, "pending", False))


RULES = (
    Rule("sns:*", before=expire),
    Rule("sns:*", before=own_region),
    Rule("sns:CreateTopic", before=same_topic),
    Rule("sns:Subscribe", before=addressed, after=ask_owner),
    Rule("sns:ConfirmSubscription", before=take_token),
    Rule("sns:ListSubscriptions sns:ListSubscriptionsByTopic", after=hide_pending),
    Rule("sns:ListSubscriptions sns:ListSubscriptionsByTopic", after=hide_password),
    Rule("sns:GetSubscriptionAttributes", after=tell_pending),
    Rule("sns:GetTopicAttributes", after=count, strict=False),
    Rule("sns:Unsubscribe", before=only_confirmed),
)
