"""An account that a manifest has made, and what adopting it leaves unsaid."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from awsbase.engine.resource import Resource
from awsbase.manifest.load import load_text
from awsbase.manifest.manifest import resources
from awsbase.sandbox import Sandbox
from awsbase.testing.adopted import Adopted
from awsbase.testing.sample import go, problems


def compiled(text: str, files: Mapping[str, str] | None = None) -> dict[str, Resource]:
    """Return what a manifest makes, by address."""
    made = resources(load_text(text, Path("acme.yaml"), files or {}))
    return {each.address: each for several in made.values() for each in several}


def account_of(text: str) -> Sandbox:
    """Return an account that a manifest has made."""
    sandbox = Sandbox(pages=2)
    assert problems(go(sandbox, "reconcile", list(compiled(text).values()))) == []
    return sandbox


def reasons(found: Adopted) -> dict[str, tuple[str, ...]]:
    """Return what is not expressible, by name."""
    return {each.name: each.fields for each in found.count.not_expressible}
