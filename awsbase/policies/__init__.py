"""IAM policy documents: the curated ones as JSON files, and functions that compare and check any document."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from awsbase.policies.document import Difference, Document, difference, minified, same, size, words

if TYPE_CHECKING:
    from awsbase.policies.grammar import Kind

__all__ = [
    "TEMPLATES",
    "Difference",
    "Document",
    "curated",
    "describe",
    "difference",
    "minified",
    "problems",
    "render",
    "same",
    "size",
]

WHY: Mapping[str, str] = MappingProxyType(
    {
        "administrator": "does everything but close the account or take it out of its organization",
        "power-user": "builds everything but identities and keys, and touches no Terraform state, audit trail or "
        "kept MFA seed",
        "protect-audit": "keeps people who otherwise administer from silencing or rewriting the audit trail",
        "read-only": "looks at everything but never into it: no objects, secrets, parameters, records, logs or code, "
        "not even where another policy allows it",
        "require-mfa": "refuses everything without MFA but what a new user needs to set a password and enrol a device; "
        "roles are assumed from an MFA session",
        "self-service": "lets people look after their own password, MFA devices and, with MFA, their own keys",
    }
)
TEMPLATES = MappingProxyType(
    {
        "packer": "builds images with Packer: launches and deletes only what carries its tag, and opens no port",
        "state-writer": "locks, reads and writes Terraform state, and never deletes it",
    }
)

PLACEHOLDER = re.compile(r"\$\{awsbase:([^}]*)\}")


def curated() -> list[str]:
    """Return the names of the documents that a manifest can attach as `awsbase:NAME`."""
    return sorted(WHY)


def describe(name: str) -> str:
    """Return one sentence that says what a curated document is for; raises ValueError for an unknown name."""
    return {**WHY, **TEMPLATES}[known(name)]


def problems(document: object, kind: Kind, partition: str | None = None) -> list[str]:
    """List what AWS would refuse in a policy document of this kind."""
    from awsbase.policies import grammar

    return grammar.problems(document, kind, partition)


def render(name: str, values: Mapping[str, object]) -> Document:
    """Return a curated document with its placeholders filled in.

    A value that is the whole text keeps its type, so an unknown stays an unknown. Raises ValueError when the name is
    unknown, a value is missing, or a placeholder is left.
    """
    text = Path(__file__).with_name(f"{known(name)}.json").read_text(encoding="utf-8")
    template: Document = json.loads(text)
    document = {key: fill(part, values, name) for key, part in template.items()}
    if left := next((word for word in words(document) if "${awsbase:" in word), None):
        raise ValueError(f"the curated policy {name!r} still has a placeholder in {left!r}")
    return document


def known(name: str) -> str:
    """Return the name of a curated policy; raises ValueError when no policy has that name."""
    if name not in WHY and name not in TEMPLATES:
        raise ValueError(f"there is no curated policy {name!r}, choose from {', '.join(curated())}")
    return name


def fill(part: object, values: Mapping[str, object], name: str) -> object:
    """Return one part of a document with its placeholders filled in."""
    if isinstance(part, dict):
        return {key: fill(inner, values, name) for key, inner in part.items()}
    if isinstance(part, list):
        return [fill(inner, values, name) for inner in part]
    if not isinstance(part, str):
        return part
    if whole := PLACEHOLDER.fullmatch(part):
        return value(whole, values, name)
    return PLACEHOLDER.sub(lambda found: as_text(found, values, name), part)


def value(found: re.Match[str], values: Mapping[str, object], name: str) -> object:
    """Return the value of a placeholder; raises ValueError when it is missing."""
    if found[1] not in values:
        raise ValueError(f"the curated policy {name!r} needs a value for {found[0]}")
    return values[found[1]]


def as_text(found: re.Match[str], values: Mapping[str, object], name: str) -> str:
    """Return a placeholder's value as text; raises ValueError when it is not a text."""
    text = value(found, values, name)
    if not isinstance(text, str):
        raise ValueError(f"{found[0]} stands inside a longer text of {name!r} and has to be a text itself")
    return text
