"""Malformed responses: the sandbox with an interceptor that spoils its responses."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

from awsbase.sandbox import Sandbox, wire
from awsbase.sandbox.http import Message, Reply

Spoil = Callable[[Reply], Reply]

PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Who are you?<br></body></html>"
XHTML = b"<html><head><title>Sign in</title></head><body><p>Who are you?</p></body></html>"
HTML = {"Content-Type": "text/html"}


def body(content: bytes) -> Spoil:
    return lambda reply: replace(reply, body=content)


def page(status: int, content: bytes = PAGE, **headers: str) -> Spoil:
    return lambda reply: Reply(status, {**HTML, **headers}, content)


def error(status: int, code: str | None, message: str | None) -> Spoil:
    """Return a refusal in the protocol of the true response, with parts left out."""

    def spoil(reply: Reply) -> Reply:
        if reply.body.lstrip().startswith(b"<"):
            parts = [("Code", code), ("Message", message)]
            inner = "".join(f"<{name}>{text}</{name}>" for name, text in parts if text is not None)
            return Reply(status, {}, f"<ErrorResponse><Error>{inner}</Error></ErrorResponse>".encode())
        fields = {"__type": code, "message": message}
        return Reply(status, {}, json.dumps({name: text for name, text in fields.items() if text is not None}).encode())

    return spoil


# What can come instead of a response.
INSTEAD: dict[str, Spoil] = {
    "nothing": body(b""),
    "blanks": body(b" \n"),
    "half": lambda reply: replace(reply, body=reply.body[: len(reply.body) // 2]),
    "all but the end": lambda reply: replace(reply, body=reply.body[:-1]),
    "bytes that are no text": body(b"\xff\xfe\x00\x81"),
    "null": body(b"null"),
    "a list": body(b"[]"),
    "a word": body(b'"yes"'),
    "a sign-in page": page(200),
    "a sign-in page that is XML": page(200, XHTML),
    "a redirect": page(302, b"", Location="https://login.example/"),
    "a moved page": page(301, PAGE, Location="https://login.example/"),
    "several choices": page(300),
    "not modified": page(304, b""),
    "a proxy that wants a password": page(407),
    "a proxy's 403": page(403, XHTML),
    "a proxy's 404": page(404),
    "a proxy's 502": page(502),
    "a proxy's 503 that is XML": page(503, XHTML),
    "an unknown refusal": error(400, "NeverHeardOf", "no"),
    "a refusal without a message": error(400, "NeverHeardOf", None),
    "a refusal without a code": error(400, None, "no"),
    "a refusal without anything": error(400, None, None),
    "a refusal of a megabyte": error(400, "Huge" * 100, "x" * 1_000_000),
    "a refusal that is garbage": lambda reply: Reply(400, {}, b"\xff\x00<{"),
}

# Valid responses without a single field.
HOLLOW: dict[str, Spoil] = {"an empty object": body(b"{}"), "an empty element": body(b"<a/>")}


@contextmanager
def spoiled(sandbox: Sandbox, name: str, spoil: Spoil, *, unheard: bool = False) -> Iterator[list[str]]:
    """Spoil every response to one operation; `unheard` calls never reach AWS. Yield the spoiled calls."""
    honest = sandbox.answer
    replaced: list[str] = []

    def answer(message: Message) -> Reply:
        scope = wire.scope(message)
        assert scope
        operation, _, _ = wire.read(scope.service, message)
        if name != f"{scope.service}:{operation.name}":
            return honest(message)
        replaced.append(name)
        return spoil(Reply(200, {}, b"") if unheard else honest(message))

    sandbox.answer = answer  # type: ignore[method-assign]
    try:
        yield replaced
    finally:
        sandbox.answer = honest  # type: ignore[method-assign]


Path = tuple[str, ...]


def fields(reply: Reply) -> Iterator[Path]:
    """Yield the path of every field of a response; the items of a list count as one."""
    found: dict[Path, None] = {}
    if reply.body.lstrip().startswith(b"<"):
        found = dict.fromkeys(_elements(_root(reply), ()))
    elif reply.body.lstrip().startswith(b"{"):
        found = dict.fromkeys(_keys(json.loads(reply.body), ()))
    for path in found:
        if not any(name.endswith(("ResponseMetadata", "equestId")) for name in path):
            yield path


def _root(reply: Reply) -> ElementTree.Element:
    return ElementTree.fromstring(reply.body)  # noqa: S314, the sandbox's own


def _elements(node: ElementTree.Element, at: Path) -> Iterator[Path]:
    for child in node:
        yield (*at, child.tag)
        yield from _elements(child, (*at, child.tag))


def _keys(node: Any, at: Path) -> Iterator[Path]:
    if isinstance(node, list):
        for item in node:
            yield from _keys(item, at)
    elif isinstance(node, dict):
        for key, value in node.items():
            yield (*at, key)
            yield from _keys(value, (*at, key))


def without(path: Path) -> Spoil:
    """Leave a field out, wherever it stands."""
    return _edited(path, lambda parent, child: parent.remove(child), lambda value: ...)


def emptied(path: Path) -> Spoil:
    """Leave a field's name, and nothing in it."""
    return _edited(path, lambda parent, child: child.clear(), lambda value: None)


def garbled(path: Path) -> Spoil:
    """Let a field hold what is not of its type: text where there are fields, fields where there is text."""

    def element(parent: ElementTree.Element, child: ElementTree.Element) -> None:
        text = child.text if len(child) == 0 else None
        child.clear()
        if text is None:
            child.text = "garbled"
        else:
            ElementTree.SubElement(child, "garbled")

    return _edited(path, element, lambda value: "garbled" if isinstance(value, list | dict) else ["garbled"])


def _edited(path: Path, element: Callable[..., None], value: Callable[[Any], Any]) -> Spoil:
    def spoil(reply: Reply) -> Reply:
        if not reply.body.lstrip().startswith((b"<", b"{")):
            return reply
        if reply.body.lstrip().startswith(b"<"):
            root = _root(reply)
            for parent in [root, *root.findall("/".join(path[:-1]))] if len(path) > 1 else [root]:
                for child in parent.findall(path[-1]):
                    element(parent, child)
            return replace(reply, body=ElementTree.tostring(root))
        document = json.loads(reply.body)
        _change(document, path, value)
        return replace(reply, body=json.dumps(document).encode())

    return spoil


def _change(node: Any, path: Path, value: Callable[[Any], Any]) -> None:
    if isinstance(node, list):
        for item in node:
            _change(item, path, value)
    elif isinstance(node, dict) and path[0] in node:
        if len(path) > 1:
            _change(node[path[0]], path[1:], value)
        elif (new := value(node[path[0]])) is ...:
            del node[path[0]]
        else:
            node[path[0]] = new
