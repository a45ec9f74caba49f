"""A manifest for several accounts: `{org}`, `{account}` and `{with.KEY}` are filled in for each of them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from awsbase.errors import Mistake
from awsbase.manifest.paths import Steps, closest, dotted
from awsbase.manifest.source import Node, Source, put
from awsbase.records import record

# `${aws:username}` is a variable of IAM, `{name}` of the manifest itself.
PLACEHOLDER = re.compile(r"(?<!\$)\{(org|account|with\.[^{}]*)\}")


@record
class Values:
    """What the placeholders stand for in one account's manifest, and where the file says so."""

    organization: str
    account: str
    given: Mapping[str, Any]
    at: str
    """The path of the account in the organization file, such as accounts.dev."""


class Filling:
    """Fills the placeholders of one manifest, and collects the mistakes in them."""

    def __init__(self, source: Source, values: Values) -> None:
        self.source = source
        self.values = values
        self.mistakes: list[Mistake] = []

    def filled(self, node: Node, path: Steps = ()) -> Node:
        """Return a node with all placeholders in it filled in; what has none is the same node."""
        if not node.inside:
            return self._scalar(node, path)
        made = Node(node.line, {} if isinstance(node.value, dict) else [], node.text)
        for step, inner in node.inside.items():
            name = self._text(step, node.lines[step], path) if isinstance(step, str) else step
            if name in made.inside:
                message = f"two keys are {name!r} once their placeholders are filled in"
                self._mistake(node.lines[step], (*path, step), message, "keep one of them")
                continue
            put(made, name, self.filled(inner, (*path, step)), node.lines[step])
        return made

    def _scalar(self, node: Node, path: Steps) -> Node:
        if not isinstance(node.value, str) or "{" not in node.value:
            return node
        # A value that is one placeholder keeps its kind: a number stays a number.
        if whole := PLACEHOLDER.fullmatch(node.value):
            value = self._value(whole[1], node.line, path)
            return node_of(value, node.line) if value is not None else node
        text = self._text(node.value, node.line, path)
        return Node(node.line, text, text)

    def _text(self, text: str, line: int, path: Steps) -> str:
        def fill(found: re.Match[str]) -> str:
            value = self._value(found[1], line, path)
            return found[0] if value is None else value if isinstance(value, str) else json.dumps(value)

        return PLACEHOLDER.sub(fill, text)

    def _value(self, word: str, line: int, path: Steps) -> Any:
        """Return what a placeholder stands for; None, and a mistake, for one that nobody gives."""
        if word == "org":
            return self.values.organization
        if word == "account":
            return self.values.account
        key = word.removeprefix("with.")
        if (value := self.values.given.get(key)) is not None:
            return value
        near = closest(key, self.values.given)
        hint = near or f"write `with: {{{key}: …}}` there, or below defaults"
        self._mistake(line, path, f"{self.values.at} gives no {key!r} for {{{word}}}", hint)
        return None

    def _mistake(self, line: int, path: Steps, message: str, hint: str) -> None:
        self.mistakes.append(Mistake(self.source.file, line, dotted(path), message, hint))


def node_of(value: Any, line: int, file: str | None = None) -> Node:
    """Return a value as a node whose every part stands on one line of a file."""
    if not isinstance(value, dict | list):
        return Node(line, value, None if value is None else str(value), file=file)
    made = Node(line, {} if isinstance(value, dict) else [], file=file)
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for step, each in items:
        put(made, step, node_of(each, line, file), line)
    return made
