"""Samples of topics and their subscribers."""

import json

from awsbase.ensure.key import Key, key_policy
from awsbase.ensure.subscription import Subscription
from awsbase.ensure.topic import Topic
from awsbase.manifest.notify import topic_key_statements, topic_policy
from awsbase.samples.sample import HOME, Reached, Sample, Tampering, sandbox

QUEUE = "arn:aws:sqs:eu-west-1:123456789012:alerts"
MAIL, OLD_MAIL = "ops@acme.example", "gone@acme.example"

OPS = Topic(
    scope=HOME,
    name="acme-ops",
    policy=topic_policy(HOME, "acme-ops"),
    subscribers={"email": (MAIL,), "sqs": (QUEUE,)},
    tags={"owner": "platform"},
)
BY_MAIL = Subscription(scope=HOME, topic=OPS.name, protocol="email", endpoint=MAIL)
BY_QUEUE = Subscription(scope=HOME, topic=OPS.name, protocol="sqs", endpoint=QUEUE)

KEY = Key(
    scope=HOME,
    name="acme-notify-security",
    description="Encrypts the SNS topic acme-security",
    policy=key_policy(HOME, *topic_key_statements(HOME, "acme-security")),
)
SECRET = Topic(scope=HOME, name="acme-security", policy=topic_policy(HOME, "acme-security"), key=KEY.address)
PLAIN = Topic(scope=HOME, name="acme-plain", policy=topic_policy(HOME, "acme-plain"), plain=True)

OPEN = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": OPS.arn}],
}
CLOSED = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": OPS.arn}],
}


def make_by_hand(aws: Reached) -> None:
    """Create the topic without awsbase, with another subscriber, tag and policy."""
    sns = aws.client("sns", HOME.region)
    sns.create_topic(Name=OPS.name, Tags=[{"Key": "made-by", "Value": "hand"}])
    sns.subscribe(TopicArn=OPS.arn, Protocol="email", Endpoint=MAIL.upper())
    sandbox(aws).confirm(OPS.arn, MAIL.upper())


def set_attribute(aws: Reached, topic: Topic, name: str, value: object) -> None:
    """Set an attribute of a topic by hand."""
    text = value if isinstance(value, str) else json.dumps(value)
    aws.client("sns", HOME.region).set_topic_attributes(TopicArn=topic.arn, AttributeName=name, AttributeValue=text)


def subscription_arn(aws: Reached, endpoint: str) -> str:
    """Return the ARN of a confirmed subscription."""
    pages = aws.client("sns", HOME.region).get_paginator("list_subscriptions").paginate()
    every = [entry for page in pages for entry in page["Subscriptions"]]
    return next(str(entry["SubscriptionArn"]) for entry in every if entry["Endpoint"] == endpoint)


def unsubscribe(aws: Reached, endpoint: str) -> None:
    """Unsubscribe an endpoint, as the link in every mail does."""
    aws.client("sns", HOME.region).unsubscribe(SubscriptionArn=subscription_arn(aws, endpoint))


def unsubscribe_mail(aws: Reached) -> None:
    """Confirm the mail address, then follow the link that unsubscribes it."""
    sandbox(aws).confirm(OPS.arn, MAIL)
    unsubscribe(aws, MAIL)


def subscribe_other_mail(aws: Reached) -> None:
    """Subscribe and confirm an address that the manifest does not list."""
    aws.client("sns", HOME.region).subscribe(TopicArn=OPS.arn, Protocol="email", Endpoint=OLD_MAIL)
    sandbox(aws).confirm(OPS.arn, OLD_MAIL)


def encrypt_by_alias(aws: Reached) -> None:
    """Encrypt a topic with AWS's key, which no service is allowed to use."""
    set_attribute(aws, PLAIN, "KmsMasterKeyId", "alias/aws/sns")


UNREAD = "nobody reads the mail that asks for a confirmation"
CREATED = "topic/acme-ops: create topic"
SUBSCRIBED_MAIL = f"{BY_MAIL.address}: create subscription"
SUBSCRIBED_QUEUE = f"{BY_QUEUE.address}: create subscription"

SAMPLES = (
    Sample(
        "topic",
        [OPS, BY_MAIL, BY_QUEUE],
        tamperings={
            "deleted": Tampering(
                lambda aws: aws.client("sns", HOME.region).delete_topic(TopicArn=OPS.arn),
                [CREATED, SUBSCRIBED_MAIL, SUBSCRIBED_QUEUE],
            ),
            "open to everybody": Tampering(
                lambda aws: set_attribute(aws, OPS, "Policy", OPEN),
                ["topic/acme-ops: update policy"],
                risky=["topic/acme-ops: update policy"],  # the open policy denied the owner all other calls
            ),
            "closed": Tampering(
                lambda aws: set_attribute(aws, OPS, "Policy", CLOSED),
                ["topic/acme-ops: update policy"],
                risky=["topic/acme-ops: update policy"],
            ),
            "untagged": Tampering(
                lambda aws: aws.client("sns", HOME.region).untag_resource(ResourceArn=OPS.arn, TagKeys=["owner"]),
                ["topic/acme-ops: update tags"],
            ),
            "queue unsubscribed": Tampering(lambda aws: unsubscribe(aws, QUEUE), [SUBSCRIBED_QUEUE]),
            "mail unsubscribed": Tampering(unsubscribe_mail, [SUBSCRIBED_MAIL], not_on_aws=UNREAD),
            "additional subscriber": Tampering(
                subscribe_other_mail,
                [f"topic/acme-ops: delete subscription email:{OLD_MAIL}"],
                [f"topic/acme-ops: delete subscription email:{OLD_MAIL}"],
                not_on_aws=UNREAD,
            ),
        },
    ),
    Sample("topic made by hand", [OPS, BY_MAIL, BY_QUEUE], before=make_by_hand, not_on_aws=UNREAD),
    Sample(
        "topic with a key",
        [KEY, SECRET],
        tamperings={
            "not encrypted": Tampering(
                lambda aws: set_attribute(aws, SECRET, "KmsMasterKeyId", ""),
                ["topic/acme-security: update encryption"],
            ),
            "encrypted with AWS's key": Tampering(
                lambda aws: set_attribute(aws, SECRET, "KmsMasterKeyId", "alias/aws/sns"),
                ["topic/acme-security: update encryption"],
            ),
        },
    ),
    Sample(
        "topic without a key",
        [PLAIN],
        tamperings={
            "encrypted": Tampering(
                encrypt_by_alias,
                ["topic/acme-plain: update encryption"],
                risky=["topic/acme-plain: update encryption"],
            )
        },
    ),
)
