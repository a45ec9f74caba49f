"""An account that a manifest has made, with its audit trail, channels and alarms, and what adopting it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from awsbase.engine.resource import Resource
from awsbase.ensure.subscription import Subscription
from awsbase.manifest.load import load_text
from awsbase.manifest.manifest import resources
from awsbase.sandbox import Sandbox
from awsbase.testing.adopted import Adopted, adopted
from awsbase.testing.sample import ACCOUNT, go, problems

SECTIONS = ("notify", "alarms", "audit")
HEAD = {"version": 1, "account": {"id": ACCOUNT, "name": "acme", "region": "eu-west-1"}}


def wanted(**sections: Any) -> list[Resource]:
    """Return what a manifest with these sections makes."""
    manifest = load_text(yaml.safe_dump({**HEAD, **sections}), Path("acme.yaml"), {})
    return [each for several in resources(manifest).values() for each in several]


def made(**sections: Any) -> Sandbox:
    """Return an account in which a run of a manifest with these sections made all, and people have confirmed."""
    sandbox, every = Sandbox(), wanted(**sections)
    assert problems(go(sandbox, "reconcile", every)) == []
    for each in every:
        if isinstance(each, Subscription) and each.protocol == "email":
            sandbox.confirm(each.topic_arn, each.endpoint)
    return sandbox


def said(found: Adopted) -> dict[str, Any]:
    """Return what the adopted manifest says, by section."""
    return {name: value for name, value in yaml.safe_load(found.text).items() if name in SECTIONS}


def reasons(found: Adopted) -> dict[str, str]:
    """Return why things are not expressible, by their addresses."""
    return {each.name: "; ".join(each.fields) for each in found.count.not_expressible}


def look(sandbox: Sandbox) -> Adopted:
    """Adopt these sections of an account."""
    return adopted(sandbox, only=SECTIONS)
