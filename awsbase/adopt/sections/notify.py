"""The notify section: the topics that a channel makes, and who has confirmed to hear them."""

from __future__ import annotations

from collections.abc import Mapping

from awsbase.adopt.draft import Draft
from awsbase.adopt.sections.alarms.channels import called, places, speakable
from awsbase.adopt.sections.alarms.said import said
from awsbase.adopt.seen import Seen
from awsbase.engine.scope import Scope
from awsbase.ensure.key import Key
from awsbase.ensure.subscription import Subscription
from awsbase.ensure.topic import Topic
from awsbase.manifest.notify import SECURITY
from awsbase.webhooks import masked

KINDS = (Topic, Subscription, Key)
PROTOCOLS = ("email", "https", "sqs", "lambda")
SECRET = "what may be a key or a password in its address is not written"  # noqa: S105, a sentence


def draft(seen: Seen, section: Draft) -> None:
    """Write each channel whose topics are all there, and say of each other topic why it is none."""
    used = said(seen).speaks
    channels = sorted({called(seen, each.name) for each in seen.of(Topic)} - {""})
    needed = {
        channel: sorted((scope for name, scope in used if name == channel), key=str) or [seen.base.scope]
        for channel in channels
    }
    written: dict[str, list[Scope]] = {}
    for channel, where in needed.items():
        there = {each.scope: each for each in places(seen, channel)}
        if any(scope not in there or not speakable(seen, channel, there[scope]) for scope in where):
            continue
        written[channel] = where
        section.put(channel, value={}, of=there[where[0]].address)
        encryption(section, channel, there[where[0]])
        subscribers(seen, section, channel, where)
    unsaid(seen, section, needed, written)


def encryption(section: Draft, channel: str, topic: Topic) -> None:
    """Write how a channel is encrypted, where that is not the default."""
    if topic.key and topic.key.partition("@")[0].endswith(f"-notify-{channel}"):
        if channel != SECURITY:
            section.put(channel, "encrypted", value=True)
    elif channel == SECURITY:
        section.weaker(channel, "encrypted", value=False, default="true")


def subscribers(seen: Seen, section: Draft, channel: str, where: list[Scope]) -> None:
    """Write who hears a channel: a list is exact, so it is written where it is true wherever the channel is used."""
    topic = f"{seen.base.name}-{channel}"
    for protocol in PROTOCOLS:
        heard = [listeners(seen, scope, topic, protocol) for scope in where]
        every = sorted(set().union(*heard))
        if not every or (why := unlisted(seen, topic, protocol, heard)):
            for scope in where if every else ():
                for endpoint in listeners(seen, scope, topic, protocol):
                    each = Subscription(scope=scope, topic=topic, protocol=protocol, endpoint=endpoint)
                    section.cannot(each.address, SECRET if masked(endpoint) != endpoint else why)
            continue
        section.put(channel, protocol, value=every)
        for index, endpoint in enumerate(every):
            each = Subscription(scope=where[0], topic=topic, protocol=protocol, endpoint=endpoint)
            section.places[channel, protocol, str(index)] = each.address


def listeners(seen: Seen, scope: Scope, topic: str, protocol: str) -> set[str]:
    """Return the endpoints of a protocol that hear a topic."""
    every = [each.resource for each in seen.described if isinstance(each.resource, Subscription)]
    return {each.endpoint for each in every if (each.scope, each.topic, each.protocol) == (scope, topic, protocol)}


def unlisted(seen: Seen, topic: str, protocol: str, heard: list[set[str]]) -> str:
    """Say why who hears a topic cannot be listed; nothing when it can."""
    if any(masked(endpoint) != endpoint for each in heard for endpoint in each):
        return f"another {protocol} subscriber of its topic cannot be written, and a list names all"
    if any(each != heard[0] for each in heard):
        return "others hear the channel in another region, and a list names all wherever it is used"
    start = f"subscription/{topic}/{protocol}:"
    return next(("; ".join(fields) for address, fields in seen.refuted.items() if address.startswith(start)), "")


def unsaid(seen: Seen, section: Draft, needed: Mapping[str, list[Scope]], written: Mapping[str, list[Scope]]) -> None:
    """Say why no channel makes a topic, for each such topic and its subscriptions."""
    for topic in seen.of(Topic):
        channel = called(seen, topic.name)
        if not channel:
            section.cannot(topic.address, f"name: a channel's topic is called {seen.base.name}-CHANNEL")
        elif not speakable(seen, channel, topic):
            section.cannot(topic.address, "key: not that of the channel")
        elif topic.scope not in needed[channel]:
            section.cannot(topic.address, f"no alarm of a manifest speaks on it in {topic.scope.region}")
        elif channel not in written:
            section.cannot(topic.address, f"there is none in another region in which {channel} would be used")
    for each in seen.of(Subscription):
        if each.scope not in written.get(called(seen, each.topic), ()):
            section.cannot(each.address, "its topic is none of a channel")
        elif each.protocol not in PROTOCOLS:
            section.cannot(each.address, f"protocol: a channel is heard by {', '.join(PROTOCOLS)}")
