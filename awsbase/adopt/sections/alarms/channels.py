"""Which topics a channel of the notify section would make, and which of them can be said."""

from __future__ import annotations

import re

from awsbase.adopt.seen import Seen
from awsbase.engine.scope import Scope
from awsbase.ensure.topic import Topic
from awsbase.manifest.notify import SECURITY

CHANNEL = re.compile(r"[A-Za-z0-9_-]{1,64}")


def called(seen: Seen, topic: str) -> str:
    """Return the channel that has a topic of this name; empty where none has."""
    start = f"{seen.base.name}-"
    name = topic.removeprefix(start)
    return name if topic.startswith(start) and CHANNEL.fullmatch(name) else ""


def places(seen: Seen, channel: str) -> list[Topic]:
    """Return the topics of a channel, in whichever regions."""
    return [each for each in seen.of(Topic) if called(seen, each.name) == channel]


def speakable(seen: Seen, channel: str, topic: Topic) -> bool:
    """Tell whether a channel can have the key that its topic has."""
    own = topic.scope.address("key", f"{seen.base.name}-notify-{channel}")
    if topic.key == own:
        return own not in seen.refuted
    return channel != SECURITY or topic.plain


def spoken(seen: Seen, scope: Scope, arns: tuple[str, ...]) -> str:
    """Return the channel that the one ARN is the topic of; empty for another ARN, and for several."""
    for topic in seen.of(Topic):
        if topic.scope == scope and (topic.arn,) == arns:
            channel = called(seen, topic.name)
            return channel if channel and speakable(seen, channel, topic) else ""
    return ""
