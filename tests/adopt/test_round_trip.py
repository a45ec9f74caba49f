"""What a shipped manifest made is adopted as a manifest that makes the same, in that account and in an empty one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import pytest

from awsbase.engine.resource import Resource
from awsbase.manifest.load import load
from awsbase.manifest.manifest import resources
from awsbase.sandbox import Sandbox
from awsbase.testing.adopted import adopted
from awsbase.testing.sample import go, problems, said
from tests.adopt.test_contract import check
from tests.golden.documents import MANIFESTS

# What a manifest wishes and no account shows: by the word of the kind and the field, with the reason.
OTHERWISE = {
    "group.exact": "the manifest leaves open what the group has, and what it has is written",
    "root.hardware": "root has no device yet, so that none shows of which kind it shall be",
    "secret.generated": "how a value was generated shows nowhere, and it is never read",
    "secret.rotation": "a reminder is nothing that AWS keeps",
    "user.console": "nobody has a password yet: people get theirs by `awsbase passwd`",
    "user.mfa": "it follows from the password",
}
# tests/test_startup.py adopts this one: the roles of its `ci` come back as roles of `iam`.
NAMES = [name for name in MANIFESTS if name != "startup"]
# What stands in every account, and is said where the manifest left it out.
MORE = {"admin-ports/account", "regions/enabled"}


def compiled(name: str) -> dict[str, Resource]:
    """Return what a shipped manifest makes, by address."""
    return {each.address: each for several in resources(load(MANIFESTS[name])).values() for each in several}


def differing(want: Resource, have: Resource) -> set[str]:
    """Return the fields in which two resources of an address differ, with the word of their kind."""
    assert type(want) is type(have)
    names = [each.name for each in fields(want) if getattr(want, each.name) != getattr(have, each.name)]
    return {f"{want.address.partition('/')[0]}.{name}" for name in names}


def creating(wanted: Sequence[Resource]) -> list[str]:
    """Return what a plan would do in an empty account."""
    plan = go(Sandbox(), "plan", wanted)
    assert problems(plan) == []
    return sorted(said(plan))


@pytest.mark.sampled(1)
@pytest.mark.parametrize("name", NAMES)
def test_what_a_shipped_manifest_made_is_adopted_as_the_same_resources(name: str) -> None:
    want, sandbox = compiled(name), Sandbox()
    assert problems(go(sandbox, "reconcile", list(want.values()))) == []
    for mail in list(sandbox.mails):
        sandbox.confirm(mail.topic, mail.endpoint)
    sandbox.calls.clear()
    found = adopted(sandbox)
    check(sandbox, found)

    have = found.resources
    assert want.keys() - have.keys() == set()
    assert have.keys() - want.keys() <= MORE
    assert {field for each in want for field in differing(want[each], have[each])} <= OTHERWISE.keys()
    assert creating(list(have.values())) == creating(list(want.values()))
