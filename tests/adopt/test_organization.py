"""An organization is adopted as it is: the manifest of its management account has an empty plan."""

from __future__ import annotations

import yaml

from awsbase.engine.removal import absent_of
from awsbase.ensure import KINDS
from awsbase.samples.organization import CENTRAL, DELEGATE, DEV, LEAVE, SAMPLES
from awsbase.sandbox import Sandbox
from awsbase.testing.adopted import adopted
from awsbase.testing.sample import go, problems


def test_an_organization_is_written_with_all_that_a_manifest_says_of_it() -> None:
    sandbox = Sandbox()
    made = {each.address: each for sample in SAMPLES[:2] for each in sample.resources}
    assert problems(go(sandbox, "reconcile", list(made.values()))) == []
    found = adopted(sandbox, only=["account", "organization"])
    (id,) = {each.account for each in found.resources.values() if isinstance(each, type(DELEGATE))}
    assert yaml.safe_load(found.text)["organization"] == {
        "units": ["Security", "Workloads", "Workloads/Prod"],
        "policies": {
            LEAVE.name: {
                "file": f"policies/organization-{LEAVE.name}.json",
                "on": ["Security", "Workloads"],
                "description": LEAVE.description,
            }
        },
        "services": ["access-analyzer", "iam"],
        "delegate": {"access-analyzer": id},
        "root": "central",
        "new_accounts": {DEV.name: {"email": DEV.email, "unit": "Workloads"}},
    }
    assert found.resources.keys() >= made.keys()
    assert not {each.name for each in found.count.not_expressible} & made.keys()


def test_an_account_without_an_organization_gets_no_section() -> None:
    assert "organization" not in adopted(Sandbox(), only=["account", "organization"]).text


def test_nothing_that_holds_accounts_is_taken_away() -> None:
    kept = (CENTRAL, DELEGATE, DEV)
    assert [absent_of(KINDS, each).remove for each in kept] == [None, None, None]
