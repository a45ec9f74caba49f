"""SNS: an e-mail address is subscribed when its owner says so, and not before."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

from moto.core.utils import camelcase_to_underscores

from awsbase.sandbox.authorization.permissions import act, at, given, own, table
from awsbase.sandbox.authorization.resources import region_of
from awsbase.sandbox.policy_checks import check_policy, check_size
from awsbase.sandbox.service import Codes, Need, Pages, Request, ResourcePolicy, Rule, Service, TagWords
from awsbase.sandbox.snapshot import by_region, document
from awsbase.sandbox.wire import Refusal

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
    deliver: Callable[[Mail], object] = lambda mail: None
    """Called with each mail that is sent."""


def expire(request: Request) -> None:
    """Forget the subscriptions that nobody confirmed in time.

    https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html
    """
    held = request.backend("sns").subscriptions
    late = [arn for arn, one in held.items() if pending(one) and request.sandbox.clock() - one.since > WAITS]
    for arn in late:
        del held[arn]


def own_region(request: Request) -> None:
    """Refuse what is no ARN, and a topic of another region; raises Refusal with InvalidParameter.

    Recorded: LocalStack, test_unsubscribe_wrong_arn_format and test_topic_publish_another_region.
    """
    for name in ("TopicArn", "SubscriptionArn"):
        parts = request.params.get(name, ":::::").split(":")
        if len(parts) < 6:
            reason = f"Invalid parameter: {name} Reason: An ARN must have at least 6 elements, not {len(parts)}"
            raise Refusal("InvalidParameter", reason)
    parts = request.params["TopicArn"].split(":") if request.params.get("TopicArn") else []
    if parts and (len(parts) != 6 or parts[3] != request.region):
        raise Refusal("InvalidParameter", "Invalid parameter: TopicArn")


def same_topic(request: Request) -> None:
    """Refuse to create a topic that is there already and differs; raises Refusal with InvalidParameter.

    Recorded: LocalStack, test_create_topic_different_attrs, test_create_duplicate_topic_with_more_tags.
    """
    topic = request.backend("sns").topics.get(
        f"arn:{request.partition}:sns:{request.region}:{request.account}:{request.params['Name']}"
    )
    if topic is None:
        return
    for name, value in request.params.get("Attributes", {}).items():
        if str(getattr(topic, camelcase_to_underscores(name), "")) != value:
            raise Refusal(
                "InvalidParameter",
                "Invalid parameter: Attributes Reason: Topic already exists with different attributes",
            )
    tags = {tag["Key"]: tag["Value"] for tag in request.params.get("Tags", [])}
    if tags and tags != topic._tags:
        raise Refusal("InvalidParameter", "Invalid parameter: Tags Reason: Topic already exists with different tags")


def valid_endpoint(request: Request) -> None:
    """Refuse what cannot be delivered to; raises Refusal with InvalidParameter.

    Recorded: LocalStack, test_subscribe_with_invalid_protocol.
    """
    protocol, endpoint = request.params["Protocol"], request.params.get("Endpoint", "")
    if protocol not in PROTOCOLS:
        raise Refusal(
            "InvalidParameter", f"Invalid parameter: Amazon SNS does not support this protocol string: {protocol}"
        )
    if protocol.startswith("email") and not ADDRESS.fullmatch(endpoint):
        raise Refusal("InvalidParameter", "Invalid parameter: Email address")


def valid_attributes(request: Request) -> None:
    """Refuse a RawMessageDelivery that is neither true nor false; raises Refusal with InvalidParameter.

    Recorded: LocalStack, test_validate_set_sub_attributes and test_create_subscriptions_with_attributes.
    """
    set_one, params = request.operation == "SetSubscriptionAttributes", request.params
    given = {params["AttributeName"]: params.get("AttributeValue", "")} if set_one else params.get("Attributes", {})
    value = given.get("RawMessageDelivery", "true")
    if value.lower() not in ("true", "false"):
        where = "Invalid parameter: " if set_one else "Invalid parameter: Attributes Reason: "
        message = f"{where}RawMessageDelivery: Invalid value [{value}]. Must be true or false."
        raise Refusal("InvalidParameter", message)


def worth_publishing(request: Request) -> None:
    """Refuse an empty message or subject; raises Refusal with InvalidParameter.

    Recorded: LocalStack, test_empty_sns_message and test_publish_with_empty_subject.
    """
    if not request.params["Message"]:
        raise Refusal("InvalidParameter", "Invalid parameter: Empty message")
    if request.params.get("Subject") == "":
        raise Refusal("InvalidParameter", "Invalid parameter: Subject")


def mail_owner(request: Request, response: dict[str, Any]) -> None:
    """Mail the owner of an address, and wait.

    Recorded for web hooks: LocalStack, test_http_subscription_response.
    """
    subscription = request.backend("sns").subscriptions[response["SubscriptionArn"]]
    if not subscription.protocol.startswith("email"):
        return
    if not hasattr(subscription, "pending"):
        subscription.pending, subscription.since = True, request.sandbox.clock()
    if subscription.pending:
        mail = Mail(subscription.endpoint, subscription.topic.arn, request.sandbox.clock(), token_hex(32))
        request.memory(Outbox).mails.append(mail)
        request.memory(Outbox).deliver(mail)
        if not request.params.get("ReturnSubscriptionArn"):
            response["SubscriptionArn"] = "pending confirmation"


def take_token(request: Request) -> dict[str, Any]:
    """Confirm a subscription by the token of a mail, as its owner does.

    Raises Refusal with NotFound or InvalidParameter.

    Recorded: LocalStack, test_sns_confirm_subscription_wrong_token.
    """
    sns, arn = request.backend("sns"), request.params["TopicArn"]
    if arn not in sns.topics:
        raise Refusal("NotFound", "Topic does not exist", 404)
    token = request.params["Token"]
    mail = next((mail for mail in request.memory(Outbox).mails if (mail.topic, mail.token) == (arn, token)), None)
    held = [one for one in sns.subscriptions.values() if mail and (one.topic.arn, one.endpoint) == (arn, mail.endpoint)]
    # A token outlives neither its subscription nor the time that there is to use it.
    if not mail or not held or request.sandbox.clock() - mail.at > WAITS:
        raise Refusal("InvalidParameter", "Invalid parameter: Token")
    for one in held:
        if pending(one):
            one.pending, one.authenticated = False, request.params.get("AuthenticateOnUnsubscribe") == "true"
    return {"SubscriptionArn": held[0].arn}


def only_set(request: Request, response: dict[str, Any]) -> None:
    """Leave out a delivery policy that nobody set.

    Recorded: LocalStack and cloud-custodian, sns.GetTopicAttributes.
    """
    if not response["Attributes"].get("DeliveryPolicy"):
        response["Attributes"].pop("DeliveryPolicy", None)


def hide_pending(request: Request, response: dict[str, Any]) -> None:
    """List what is not confirmed without an ARN.

    https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptions.html
    """
    held = request.backend("sns").subscriptions
    for each in response["Subscriptions"]:
        if each["SubscriptionArn"] in held and pending(held[each["SubscriptionArn"]]):
            each["SubscriptionArn"] = PENDING


def hide_password(request: Request, response: dict[str, Any]) -> None:
    """List a web hook without its password: https://ann:****@pager.example."""
    for each in response["Subscriptions"]:
        each["Endpoint"] = PASSWORD.sub(r"\1:****@", each["Endpoint"])


def add_pending(request: Request, response: dict[str, Any]) -> None:
    """Return whether a subscription waits.

    https://docs.aws.amazon.com/sns/latest/api/API_GetSubscriptionAttributes.html
    """
    subscription = request.backend("sns").subscriptions.get(request.params["SubscriptionArn"])
    response["Attributes"][PENDING] = str(pending(subscription)).lower()
    if hasattr(subscription, "pending"):
        asked = getattr(subscription, "authenticated", False)
        response["Attributes"]["ConfirmationWasAuthenticated"] = str(asked).lower()


def count(request: Request, response: dict[str, Any]) -> None:
    """Count a topic's subscriptions.

    https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html
    """
    arn = request.params["TopicArn"]
    held = [one for one in request.backend("sns").subscriptions.values() if one.topic.arn == arn]
    waiting = sum(map(pending, held))
    response["Attributes"] |= {"SubscriptionsPending": str(waiting), "SubscriptionsConfirmed": str(len(held) - waiting)}


def only_confirmed(request: Request) -> None:
    """Refuse to take away what nobody has confirmed; raises Refusal with InvalidParameter.

    https://docs.aws.amazon.com/sns/latest/api/API_Unsubscribe.html
    """
    arn = request.params["SubscriptionArn"]
    if not arn.startswith("arn:"):
        raise Refusal(
            "InvalidParameter", "Invalid parameter: SubscriptionArn Reason: An ARN must have at least 6 elements"
        )
    if pending(request.backend("sns").subscriptions.get(arn)):
        raise Refusal(
            "InvalidParameter", "Invalid parameter: This subscription is pending confirmation and cannot be removed"
        )


def confirm(sns: Any, topic: str, endpoint: str) -> None:
    """Confirm what waits, as its owner does by the link in the mail; raises LookupError."""
    waiting = [
        one for one in sns.subscriptions.values() if (one.topic.arn, one.endpoint) == (topic, endpoint) and pending(one)
    ]
    if not waiting:
        raise LookupError(f"nothing waits for {endpoint} to confirm {topic}")
    for one in waiting:
        one.pending = False


def pending(subscription: Any) -> bool:
    """Return whether a subscription waits for its owner."""
    return bool(getattr(subscription, "pending", False))


def topic_policy(request: Request) -> None:
    """Judge who may use a topic.

    https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html
    """
    if request.operation == "SetTopicAttributes":
        wanted = {request.params["AttributeName"]: request.params.get("AttributeValue", "")}
        topic = request.params["TopicArn"]
    else:
        wanted = request.params.get("Attributes", {})
        topic = f"arn:{request.partition}:sns:{request.region}:{request.account}:{request.params['Name']}"
    if "Policy" in wanted:
        check_size(wanted["Policy"], 30 * 1024, "PolicySize", "InvalidParameter")
        check_policy(request, wanted["Policy"], "topic", "InvalidParameter", topic)


NEW = at("sns:{region}:{account}:{Name}")
TOPIC = given("TopicArn")


def topics(sns: Any) -> Any:
    """Return the topics of a region with their subscriptions, by ARN."""
    return {
        topic.arn: {
            "policy": document(topic._policy_json),
            "name": topic.display_name,
            "key": topic.kms_master_key_id,
            "tags": topic._tags,
            "subscriptions": sorted(
                [sub.protocol, sub.endpoint, "pending" if getattr(sub, "pending", False) else "confirmed"]
                for sub in sns.subscriptions.values()
                if sub.topic.arn == topic.arn
            ),
        }
        for topic in sns.topics.values()
    }


RULES = (
    Rule("sns:*", before=expire),
    Rule("sns:*", before=own_region),
    Rule("sns:CreateTopic sns:SetTopicAttributes", before=topic_policy),
    Rule("sns:CreateTopic", before=same_topic),
    Rule("sns:Subscribe", before=valid_endpoint, after=mail_owner),
    Rule("sns:Subscribe sns:SetSubscriptionAttributes", before=valid_attributes),
    Rule("sns:Publish", before=worth_publishing),
    Rule("sns:GetTopicAttributes", after=only_set, strict=False),
    Rule("sns:ConfirmSubscription", before=take_token),
    Rule("sns:ListSubscriptions sns:ListSubscriptionsByTopic", after=hide_pending),
    Rule("sns:ListSubscriptions sns:ListSubscriptionsByTopic", after=hide_password),
    Rule("sns:GetSubscriptionAttributes", after=add_pending),
    Rule("sns:GetTopicAttributes", after=count, strict=False),
    Rule("sns:Unsubscribe", before=only_confirmed),
)
CALLS = table(
    {
        "ListTopics ListSubscriptions Unsubscribe GetSubscriptionAttributes SetSubscriptionAttributes": [own()],
        "CreateTopic": [own(NEW), act("sns:TagResource", NEW, when="Tags")],
        "Subscribe": [own(TOPIC, keys={"sns:Protocol": "Protocol", "sns:Endpoint": "Endpoint"})],
        "GetTopicAttributes SetTopicAttributes ListSubscriptionsByTopic ConfirmSubscription Publish DeleteTopic": [
            own(TOPIC)
        ],
        "ListTagsForResource TagResource UntagResource": [own(given("ResourceArn"))],
    }
)


def policy(request: Request, need: Need) -> Any:
    """Return the policy of a topic."""
    topics = request.backend("sns", region_of(request, need.resource)).topics
    return getattr(topics.get(need.resource), "_policy_json", None)


# Recorded by LocalStack's tests: test_create_topic_name_constraints, test_validate_set_sub_attributes.
WORDS = {
    r"Topic names must be made up of only .*": "Invalid parameter: Topic Name",
    r"AttributeName": "Invalid parameter: AttributeName",
}

SERVICE = Service(
    "sns",
    rules=RULES,
    calls=CALLS,
    policy=ResourcePolicy(policy),
    pages=Pages(),
    snapshot=by_region("sns", topics),
    words=WORDS,
    # Recorded by LocalStack's tests: test_tags.
    tag_words=TagWords(duplicate="Invalid parameter: Duplicated keys are not allowed."),
    codes=Codes(
        invalid="InvalidParameter",
        tags="InvalidParameter",
        too_many_tags="TagLimitExceeded",
        denied=("AuthorizationError", 403),
        throttled=("Throttling", 400),
        failure="InternalError",
    ),
    warm_up={"ListTopics": {}},
)
