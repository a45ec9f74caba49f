"""An account is adopted with its protection as it is: what is off is said, and what is there is described or told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from awsbase.manifest import load_text, resources
from awsbase.sandbox import Sandbox
from awsbase.testing.adopted import Adopted, adopted
from awsbase.testing.subject import FEWER
from tests.contract.sample import go, problems

FAR = "us-east-1"
MINE = ("account", "contacts", "root", "protect")
HEAD = """\
version: 1
account:
  id: "123456789012"
  name: acme
  region: eu-west-1
"""
WHOLE = (
    HEAD
    + """\
  alias: acme-prod
  tags: {owner: platform}

contacts:
  security: {name: Team, title: Security, email: security@acme.example, phone: +1 555 0100}

root: {}

protect:
  metadata_hops: 2
  own_volume_key: [us-east-1]
  config: {retention_days: 400}
  guardduty:
    plans: [malware, s3]
  security_hub:
    standards: [fsbp]
  flow_logs: {bucket: acme-flows}
  admin_ports: {}
"""
)


@pytest.fixture
def sandbox() -> Sandbox:
    """Return an account of four regions."""
    return Sandbox(pages=2, rules=FEWER)


def reconciled(sandbox: Sandbox, text: str) -> dict[str, Any]:
    """Make what a manifest says; return its resources by address."""
    made = [each for several in resources(load_text(text, Path("acme.yaml"), {})).values() for each in several]
    assert problems(go(sandbox, "reconcile", made)) == []
    return {each.address: each for each in made}


def reasons(found: Adopted) -> dict[str, tuple[str, ...]]:
    """Return what is not expressible, by name."""
    return {each.name: each.fields for each in found.count.not_expressible}


def test_an_account_of_a_manifest_is_adopted_as_that_manifest(sandbox: Sandbox) -> None:
    made = reconciled(sandbox, WHOLE)
    found = adopted(sandbox, only=MINE)
    assert found.text == WHOLE
    assert (reasons(found), found.proven.refuted, found.proven.plan.changes) == ({}, {}, [])
    assert found.resources == made


def test_an_account_as_it_comes_says_what_is_weaker_than_the_defaults(sandbox: Sandbox) -> None:
    found = adopted(sandbox, only=MINE)
    assert reasons(found) == {}
    print(found.text)
    assert found.text == ""
