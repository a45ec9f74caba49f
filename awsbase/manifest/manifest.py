"""The whole manifest: one optional section for each concern."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Literal, Self

from pydantic import Field, ModelWrapValidatorHandler, PrivateAttr, model_validator

from awsbase.manifest.account import Account
from awsbase.manifest.section import Section


class Manifest(Section):
    """The base of one AWS account. A section left out is not managed; an empty one is the best practice."""

    version: Literal[1] = Field(description="The version of this format.")
    account: Account

    _order: tuple[str, ...] = PrivateAttr(default=())

    @model_validator(mode="wrap")
    @classmethod
    def _keep_the_order(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        manifest = handler(value)
        if isinstance(value, Mapping):
            manifest._order = tuple(value)
        return manifest

    def sections(self) -> Iterator[tuple[str, Section]]:
        """Yield the sections that the manifest has, in its own order."""
        for name in self._order:
            section = getattr(self, name, None)
            if isinstance(section, Section):
                yield name, section


def fingerprint(manifest: Manifest) -> str:
    """Return the digest of all that a manifest says, with the contents of the files it refers to."""
    canonical = json.dumps(plain(manifest), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def plain(value: object) -> Any:
    """Return a manifest as JSON values; the order of its keys means nothing, that of its lists does."""
    if isinstance(value, Section):
        return {name: plain(getattr(value, name)) for name in type(value).model_fields}
    if is_dataclass(value):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(plain(item) for item in value)
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return value
