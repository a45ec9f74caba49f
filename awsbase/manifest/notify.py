"""The notify section: channels for alarms, and their subscribers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from awsbase.engine.references import Reference
from awsbase.engine.scope import Scope
from awsbase.ensure.subscription import Subscription
from awsbase.ensure.topic import Topic
from awsbase.manifest.base import Base
from awsbase.manifest.merge import KeyUse, Yielded
from awsbase.manifest.outputs import Output
from awsbase.manifest.paths import Steps, shown
from awsbase.manifest.section import Section, Several, ValidationProblem, closest, invalid
from awsbase.manifest.values import Email, named
from awsbase.policies import Document
from awsbase.webhooks import as_listed, masked

if TYPE_CHECKING:
    from awsbase.manifest.manifest import Manifest

SECURITY = "security"


def https(value: str) -> str:
    """Accept an address that SNS can deliver to without anybody reading along.

    Raises PydanticCustomError for any other.
    """
    url = urlsplit(value)
    if url.scheme != "https" or not url.hostname or any(letter.isspace() for letter in value):
        better = f"https://{value.removeprefix('http://')}"
        # What holds a key is not told anew.
        known = f"write {better}" if masked(better) == better else "write https:// for http://"
        hint = known if url.scheme == "http" else "it begins with https://"
        raise invalid(f"{shown(value)} is no https address", hint)
    return value


def one_mail_each(values: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse an address that is there in other letters too: it would be one subscription.

    Raises PydanticCustomError for any other.
    """
    seen: dict[str, str] = {}
    for value in values:
        if (twin := seen.setdefault(value.casefold(), value)) != value:
            raise invalid(f"{shown(twin)} and {shown(value)} are one address", "keep one of them")
    return values


def one_password_each(values: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse addresses that differ in the password: AWS tells none, so that nobody could tell them apart.

    Raises PydanticCustomError for any other.
    """
    seen: set[str] = set()
    for value in values:
        if as_listed(value) in seen:
            raise invalid(f"{shown(value)} is listed with two passwords", "keep one of them")
        seen.add(as_listed(value))
    return values


Https = Annotated[str, AfterValidator(https), Field(json_schema_extra={"format": "uri"})]
SqsArn = Annotated[
    str,
    named(
        r"arn:aws[a-z-]*:sqs:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,80}",
        "queue ARN: arn:PARTITION:sqs:REGION:ACCOUNT:NAME",
    ),
]
LambdaArn = Annotated[
    str,
    named(
        r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_-]{1,64}(:[A-Za-z0-9$_-]{1,128})?",
        "function ARN: arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME",
    ),
]
ChannelName = Annotated[
    str, named(r"[A-Za-z0-9_-]{1,64}", "channel name: 1 to 64 letters, digits and _-, for it ends the topic's name")
]


class Channel(Section):
    """One channel: an SNS topic {name}-CHANNEL wherever it is used. A list that is given is exact."""

    email: Annotated[Several[Email], AfterValidator(one_mail_each)] | None = Field(
        default=None,
        description="Mail addresses. AWS asks each for confirmation, once a region in which the channel is used.",
    )
    https: Annotated[Several[Https], AfterValidator(one_password_each)] | None = Field(
        default=None,
        repr=False,
        description="Web hooks, such as those of a pager service; each has to confirm to AWS. What may be a key or a "
        "password in them is shown nowhere.",
    )
    sqs: Several[SqsArn] | None = Field(
        default=None,
        description="Queues by ARN. A queue's own policy must let sns.amazonaws.com send; that is its owner's to say.",
    )
    lambda_: Several[LambdaArn] | None = Field(
        default=None,
        alias="lambda",
        description="Functions by ARN. A function's own policy must let sns.amazonaws.com invoke it; that is its "
        "owner's to say.",
    )
    encrypted: bool | None = Field(
        default=None,
        description="Encrypt with a key of its own, which AWS charges $1 a month for, and $3 after two yearly "
        "rotations. Default: true for the channel called security, whose messages tell what is being attacked; "
        "others stay as they are.",
    )

    @property
    def subscribers(self) -> dict[str, tuple[str, ...]]:
        """Return the endpoints of each protocol whose list is given, by SNS's name of the protocol."""
        given = {"email": self.email, "https": self.https, "sqs": self.sqs, "lambda": self.lambda_}
        return {protocol: endpoints for protocol, endpoints in given.items() if endpoints is not None}

    def check(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        partition = manifest.account.partition
        for protocol in ("sqs", "lambda"):
            for index, arn in enumerate(self.subscribers.get(protocol, ())):
                if arn.split(":")[1] != partition:
                    yield ValidationProblem(
                        (protocol, index), f"{shown(arn)} is outside of {partition}, where this account is"
                    )


class Notify(dict[str, Channel]):
    """The channels by name."""

    def resources(self, base: Base, manifest: Manifest) -> Iterator[Yielded]:
        """Yield each channel's topic with its subscriptions in every region that uses it, at home if none does."""
        used = dict.fromkeys(uses(manifest))
        for name, channel in self.items():
            places = [scope for each, scope in used if each == name] or [base.scope]
            for scope in places:
                yield from _at(scope, base, name, channel)

    def outputs(self, base: Base, manifest: Manifest) -> Iterator[Output]:
        """Yield the topic of each channel; one in another region than home has that after an `@`."""
        used = dict.fromkeys(uses(manifest))
        for name in self:
            for scope in [scope for each, scope in used if each == name] or [base.scope]:
                key = name if scope.region == scope.home else f"{name}@{scope.region}"
                value = Reference(scope.address("topic", topic_name(base, name)))
                yield Output("topic_arns", value, key=key)


def channels(value: dict[str, Channel]) -> Notify:
    """Return the channels as a part of the manifest that yields resources."""
    return Notify(value)


Channels = Annotated[dict[ChannelName, Channel], AfterValidator(channels)]


def uses(manifest: Manifest) -> Iterator[tuple[str, Scope]]:
    """Yield the name of each channel that another section speaks on, with the place where it does."""
    if manifest.alarms:
        yield from manifest.alarms.channels(manifest.account.scope)


def topic_name(base: Base, channel: str) -> str:
    """Return the name of a channel's topic."""
    return f"{base.name}-{channel}"


def unknown_channel(path: Steps, name: str, manifest: Manifest) -> Iterator[ValidationProblem]:
    """Yield what is wrong with naming a channel at a path, if anything is."""
    known = manifest.notify or {}
    if name not in known:
        hint = closest(name, known) or f"add {name}: {{email: [you@example.com]}} under notify"
        yield ValidationProblem(path, f"no channel called {name!r} in notify", hint)


def _at(scope: Scope, base: Base, name: str, channel: Channel) -> Iterator[Yielded]:
    topic = topic_name(base, name)
    key: KeyUse | None = None
    if channel.encrypted or (channel.encrypted is None and name == SECURITY):
        key = KeyUse(
            scope=scope,
            alias=f"alias/{base.name}-notify-{name}",
            purpose=f"Encrypts the SNS topic {topic}",
            statements=topic_key_statements(scope, topic),
            tags=base.tags,
            at=(name, "encrypted"),
        )
        yield key
    yield Topic(
        scope=scope,
        name=topic,
        policy=topic_policy(scope, topic),
        key=key.address if key else None,
        plain=channel.encrypted is False,
        subscribers=channel.subscribers,
        tags=base.tags,
    )
    for protocol, endpoints in channel.subscribers.items():
        for endpoint in endpoints:
            yield Subscription(scope=scope, topic=topic, protocol=protocol, endpoint=endpoint)


def topic_policy(scope: Scope, topic: str) -> Document:
    """Return the policy of a topic: its own account, and the services that speak for this account, may publish."""
    arn, account, partition = scope.arn("sns", topic), scope.account, scope.partition

    def publisher(sid: str, service: str, condition: dict[str, object] | None) -> dict[str, object]:
        statement: dict[str, object] = {
            "Sid": sid,
            "Effect": "Allow",
            "Principal": {"Service": f"{service}.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": arn,
        }
        return statement | ({"Condition": condition} if condition else {})

    def coming_from(source: str) -> dict[str, object]:
        return {"StringEquals": {"aws:SourceAccount": account}, "ArnLike": {"aws:SourceArn": source}}

    owner = {
        "Sid": "Owner",
        "Effect": "Allow",
        "Principal": {"AWS": scope.global_arn("iam", "root")},
        "Action": [
            "sns:AddPermission",
            "sns:DeleteTopic",
            "sns:GetTopicAttributes",
            "sns:ListSubscriptionsByTopic",
            "sns:Publish",
            "sns:RemovePermission",
            "sns:SetTopicAttributes",
            "sns:Subscribe",
        ],
        "Resource": arn,
    }
    trails: dict[str, object] = {"ArnLike": {"aws:SourceArn": f"arn:{partition}:cloudtrail:*:{account}:trail/*"}}
    return {
        "Version": "2012-10-17",
        "Statement": [
            owner,
            publisher("Alarms", "cloudwatch", coming_from(scope.arn("cloudwatch", "alarm:*"))),
            # "You can't use Condition blocks in Amazon SNS topic policies for EventBridge": with one it is mute.
            publisher("Events", "events", None),
            publisher("Budgets", "budgets", coming_from(scope.global_arn("budgets", "*"))),
            publisher("Trails", "cloudtrail", trails),
            publisher("Anomalies", "costalerts", {"StringEquals": {"aws:SourceAccount": account}}),
        ],
    }


def topic_key_statements(scope: Scope, topic: str) -> tuple[Document, ...]:
    """Return the statements of a topic's key: the services that publish on the topic are allowed to use it."""
    account: dict[str, object] = {"StringEquals": {"aws:SourceAccount": scope.account}}
    # For EventBridge AWS supports no aws:SourceAccount here; what it encrypts for can be told all the same.
    for_topic: dict[str, object] = {"StringEquals": {"kms:EncryptionContext:aws:sns:topicArn": scope.arn("sns", topic)}}

    def publisher(sid: str, services: list[str], condition: dict[str, object]) -> dict[str, object]:
        return {
            "Sid": sid,
            "Effect": "Allow",
            "Principal": {"Service": [f"{service}.amazonaws.com" for service in services]},
            "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
            "Resource": "*",
            "Condition": condition,
        }

    return (
        publisher("Publishers", ["budgets", "cloudtrail", "cloudwatch", "costalerts"], account),
        publisher("Events", ["events"], for_topic),
    )
