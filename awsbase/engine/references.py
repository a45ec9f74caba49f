"""References in a document to what another resource returns, such as the ARN of a new key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from awsbase.engine.changes import Unknown
from awsbase.engine.facts import Read
from awsbase.engine.run import Run
from awsbase.records import record


@record
class Reference:
    """Stands in a document for what the recipe of the resource at `address` returns, or for one part of that.

    `within` is the text that it is put into, in place of `{}`.
    """

    address: str
    part: str | None = None
    within: str = "{}"

    def filled(self, result: Any) -> Any:
        """Return what stands there once the recipe has returned this."""
        value = result if self.part is None else result[self.part]
        return value if self.within == "{}" or isinstance(value, Unknown) else self.within.format(value)


@record
class FactReference:
    """Stands in a document for a fact about the account: the function that reads it, and its arguments."""

    read: Read


def references(document: object) -> Iterator[str]:
    """Yield the addresses that a document refers to: its resource depends on them."""
    match document:
        case Reference():
            yield document.address
        case Mapping():
            for part in document.values():
                yield from references(part)
        case list() | tuple():
            for part in document:
                yield from references(part)


def resolve(run: Run, document: Any) -> Any:
    """Return a document with every `Reference` replaced by its value, which is Unknown while planning.

    A `FactReference` is replaced by the fact.
    """
    match document:
        case FactReference():
            fact, *arguments = document.read
            return run.read(fact, *arguments)
        case Reference():
            return document.filled(run.result(document.address))
        case Mapping():
            return {key: resolve(run, part) for key, part in document.items()}
        case list() | tuple():
            return [resolve(run, part) for part in document]
    return document
