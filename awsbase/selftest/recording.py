"""What AWS answered, call by call, in a file for each sample: to be attached to an issue, and to be replayed.

A line is a call as AWS answered it: the sample and its step, when and what was asked, the status and the data.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from awsbase.errors import UsageError
from awsbase.samples import SAMPLES
from awsbase.selftest.naming import Naming, mapped
from awsbase.selftest.scrubbing import Scrubber

ASKED = "awsbase_asked"
# Members of every answer that say nothing of the account.
META = ("ResponseMetadata",)


class Recorder:
    """Listens to clients, and writes what they are told; nothing before it is scrubbed."""

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        self._folder = folder
        self._now = now
        self._scrubber = Scrubber()
        self._texts = {each.name: set(texts(each.resources)) for each in SAMPLES}
        self._guard = threading.Lock()
        self._at: tuple[str, str] | None = None
        self._naming = Naming("", "")

    def hide(self, names: Iterable[str]) -> None:
        """Replace these names in all that is written from now on."""
        self._scrubber.hide(names)

    def enter(self, sample: str, step: str, naming: Naming) -> None:
        """Write what comes from now on to the file of a sample, as belonging to a step of it."""
        self._at, self._naming = (sample, step), naming
        self._scrubber.keep(self._texts.get(sample, ()))

    def leave(self) -> None:
        """Write nothing more."""
        self._at = None

    def attach(self, client: Any) -> None:
        """Listen to a client from now on."""
        client.meta.events.register("before-parameter-build.*", self._asked)
        client.meta.events.register_first("after-call.*", self._told)

    def _asked(self, params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
        context[ASKED] = deepcopy(dict(params))

    def _told(self, parsed: dict[str, Any], http_response: Any, model: Any, context: dict[str, Any], **_: Any) -> None:
        if self._at is None:
            return
        scrub, naming = self._scrubber.scrub, self._naming
        data = {name: each for name, each in parsed.items() if name not in META}
        line = {
            "sample": self._at[0],
            "step": self._at[1],
            "at": self._now().isoformat(),
            "service": model.service_model.service_name,
            "operation": model.name,
            "region": context.get("client_region", ""),
            "params": scrub(context.get(ASKED, {}), model.input_shape, naming),
            "status": http_response.status_code,
            "data": scrub(data, model.output_shape if "Error" not in data else None, naming),
        }
        with self._guard, self._file(self._at[0]).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, default=as_json) + "\n")

    def _file(self, sample: str) -> Path:
        return self._folder / f"{re.sub(r'[^a-z0-9]+', '-', sample.lower()).strip('-')}.jsonl"


def prepared(folder: Path) -> Path:
    """Return a folder for recordings, made where it is missing; raises UsageError where it holds something."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} holds something already", hint="name a new folder with --record")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot make {folder}: {error.strerror}", hint="name another folder with --record") from None
    return folder


def texts(value: Any) -> Iterator[str]:
    """Yield each text that a sample says."""
    found: list[str] = []

    def noted(text: str) -> str:
        found.append(text)
        return text

    mapped(value, noted, lambda scope: scope)
    yield from found


def as_json(value: Any) -> Any:
    """Return a time as recordings of AWS have it: an object with its parts."""
    if isinstance(value, datetime):
        at = value.astimezone(UTC)
        parts = {name: getattr(at, name) for name in ("year", "month", "day", "hour", "minute", "second")}
        return {"__class__": "datetime", **parts, "microsecond": at.microsecond}
    if isinstance(value, set | frozenset):
        return sorted(value)
    return f"({type(value).__name__})"
