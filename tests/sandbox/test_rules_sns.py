"""SNS in the sandbox: what moto alone lets through, and AWS does not."""

import json
from typing import Any

import pytest

from awsbase.sandbox import Mail, Sandbox
from tests.sandbox.refused import refused

TOPIC = "arn:aws:sns:us-east-1:123456789012:security"
OWNER = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
    "Action": ["sns:Publish", "sns:Subscribe"],
    "Resource": TOPIC,
}
EMAIL = {"TopicArn": TOPIC, "Protocol": "email", "Endpoint": "sec@acme.example"}


def attribute(*statements: dict[str, Any]) -> dict[str, str]:
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    return {"TopicArn": TOPIC, "AttributeName": "Policy", "AttributeValue": document}


def made(*, strict: bool = True) -> tuple[Sandbox, Any]:
    sandbox = Sandbox(strict=strict)
    sns = sandbox.client("sns")
    sns.create_topic(Name="security", Tags=[{"Key": "owner", "Value": "platform"}])
    return sandbox, sns


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("create_topic", {"Name": "security", "Attributes": {"DisplayName": "Security"}}),
        ("create_topic", {"Name": "security", "Tags": [{"Key": "owner", "Value": "other"}]}),
        ("create_topic", {"Name": "other", "Tags": [{"Key": "aws:owner", "Value": "x"}]}),
        ("subscribe", {**EMAIL, "Endpoint": "nobody"}),
        ("subscribe", {**EMAIL, "Protocol": "pigeon"}),
        ("set_topic_attributes", attribute({**OWNER, "Action": "sns:*"})),
        ("set_topic_attributes", attribute({**OWNER, "Action": "s3:GetObject"})),
        ("set_topic_attributes", attribute({**OWNER, "Resource": f"{TOPIC}x"})),
        ("set_topic_attributes", attribute({**OWNER, "Principal": {"AWS": "arn:aws:iam::123456789012:user/absent"}})),
    ],
)
def test_mistakes_that_moto_lets_through(method: str, params: dict[str, Any]) -> None:
    _, lenient = made(strict=False)
    assert refused(getattr(lenient, method), **params) is None
    _, sns = made()
    assert refused(getattr(sns, method), **params) == "InvalidParameter"


def test_a_good_policy_is_taken() -> None:
    _, sns = made()
    service = {**OWNER, "Principal": {"Service": "cloudwatch.amazonaws.com"}, "Action": "sns:Publish"}

    assert refused(sns.set_topic_attributes, **attribute(OWNER, service)) is None


def test_an_address_is_subscribed_when_its_owner_says_so() -> None:
    sandbox, sns = made()
    assert sns.subscribe(**EMAIL)["SubscriptionArn"] == "pending confirmation"
    arn = sns.subscribe(**EMAIL, ReturnSubscriptionArn=True)["SubscriptionArn"]
    assert arn.startswith(f"{TOPIC}:")
    assert [mail.endpoint for mail in sandbox.mails] == ["sec@acme.example"] * 2

    (listed,) = sns.list_subscriptions_by_topic(TopicArn=TOPIC)["Subscriptions"]
    assert listed["SubscriptionArn"] == "PendingConfirmation"
    assert sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["PendingConfirmation"] == "true"
    assert sns.get_topic_attributes(TopicArn=TOPIC)["Attributes"]["SubscriptionsPending"] == "1"
    assert refused(sns.unsubscribe, SubscriptionArn=arn) == "InvalidParameter"
    assert refused(sns.unsubscribe, SubscriptionArn="PendingConfirmation") == "InvalidParameter"

    sandbox.confirm(TOPIC, "sec@acme.example")
    (listed,) = sns.list_subscriptions()["Subscriptions"]
    assert listed["SubscriptionArn"] == arn
    assert refused(sns.unsubscribe, SubscriptionArn=arn) is None


def test_what_nobody_confirms_is_gone_after_two_days() -> None:
    sandbox, sns = made()
    sns.subscribe(**EMAIL)
    sandbox.clock.advance(47 * 3600)
    assert len(sns.list_subscriptions()["Subscriptions"]) == 1
    sandbox.clock.advance(2 * 3600)

    assert sns.list_subscriptions()["Subscriptions"] == []
    assert sandbox.snapshot()["sns"]["us-east-1"][TOPIC]["subscriptions"] == []


def test_the_token_of_the_mail_confirms_a_subscription() -> None:
    sandbox, sns = made()
    delivered: list[Mail] = []
    sandbox.deliver = delivered.append
    sns.subscribe(**EMAIL)
    (mail,) = sandbox.mails
    assert delivered == [mail]
    assert refused(sns.confirm_subscription, TopicArn=TOPIC, Token="guessed") == "InvalidParameter"
    assert refused(sns.confirm_subscription, TopicArn=f"{TOPIC}x", Token=mail.token) == "NotFound"

    told = sns.confirm_subscription(TopicArn=TOPIC, Token=mail.token, AuthenticateOnUnsubscribe="true")
    (listed,) = sns.list_subscriptions()["Subscriptions"]
    assert listed["SubscriptionArn"] == told["SubscriptionArn"]
    held = sns.get_subscription_attributes(SubscriptionArn=told["SubscriptionArn"])["Attributes"]
    assert (held["PendingConfirmation"], held["ConfirmationWasAuthenticated"]) == ("false", "true")
    assert sns.confirm_subscription(TopicArn=TOPIC, Token=mail.token)["SubscriptionArn"] == told["SubscriptionArn"]


def test_a_token_is_good_for_two_days() -> None:
    sandbox, sns = made()
    sns.subscribe(**EMAIL)
    sandbox.clock.advance(49 * 3600)
    (mail,) = sandbox.mails
    assert refused(sns.confirm_subscription, TopicArn=TOPIC, Token=mail.token) == "InvalidParameter"


def test_a_topic_is_spoken_to_in_its_own_region() -> None:
    sandbox, _ = made()

    assert refused(sandbox.client("sns", "eu-west-1").get_topic_attributes, TopicArn=TOPIC) == "InvalidParameter"
