"""Keeps what is done by hand away from what is somebody's: only what this selftest made is written to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from awsbase.engine.wire import is_read
from awsbase.errors import AwsbaseError
from awsbase.selftest.scrubbing import SHAPES

IDS = (SHAPES["id"], SHAPES["uuid"])


class NotOurs(AwsbaseError):
    """Something was about to be written that this selftest did not provably make."""


class Fence:
    """Knows the ids of what a selftest made, by the answers to its own writes."""

    def __init__(self) -> None:
        self._ours: set[str] = set()
        self._guard = threading.Lock()

    def listen(self, client: Any) -> None:
        """Take note of what a client makes from now on."""
        client.meta.events.register("after-call.*", self._made)

    def around(self, name: Callable[[], str]) -> Callable[[Any], None]:
        """Return what refuses the writes of a client that are not about a name, or about what was made here."""

        def guard(params: Mapping[str, Any], model: Any, **_: Any) -> None:
            if not is_read(model.service_model.service_name, model.name):
                self.check(params, name(), str(model.name))

        def attach(client: Any) -> None:
            client.meta.events.register("before-parameter-build.*", guard)

        return attach

    def check(self, params: Mapping[str, Any], name: str, operation: str) -> None:
        """Raise NotOurs for a write of something that is not provably made here."""
        found = list(texts(params))
        ids = {each[0] for text in found for shape in IDS for each in shape.finditer(text.replace(name, ""))}
        with self._guard:
            foreign = ids - self._ours
        if foreign or not (ids or any(name in text for text in found)):
            whose = ", ".join(sorted(foreign)) or "what has no name of this selftest"
            raise NotOurs(f"{operation} would write to what is not provably made here: {whose}")

    def _made(self, parsed: Mapping[str, Any], model: Any, **_: Any) -> None:
        if is_read(model.service_model.service_name, model.name) or "Error" in parsed:
            return
        answer = {name: each for name, each in parsed.items() if name != "ResponseMetadata"}
        made = {each[0] for text in texts(answer) for shape in IDS for each in shape.finditer(text)}
        with self._guard:
            self._ours |= made


def texts(value: object) -> Iterator[str]:
    """Yield each text in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from texts(each)
