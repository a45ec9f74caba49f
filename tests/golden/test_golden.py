"""The shipped manifests do what they did: to change that on purpose, see documents.py."""

from __future__ import annotations

import json

import pytest

from tests.golden.documents import MANIFESTS, RECONCILED, changes, plan, reconcile, written


@pytest.mark.sampled(2)
@pytest.mark.parametrize("name", MANIFESTS)
def test_plan_of_a_shipped_manifest_is_the_golden_one(name: str) -> None:
    assert plan(name) == json.loads(written(name).read_text())


@pytest.mark.parametrize("name", MANIFESTS)
def test_reconcile_makes_the_changes_of_the_golden_plan(name: str) -> None:
    figures, made = reconcile(name)

    assert figures == json.loads(RECONCILED.read_text())[name]
    assert made == changes(json.loads(written(name).read_text()))


def test_every_golden_document_belongs_to_a_manifest() -> None:
    assert {path.name for path in RECONCILED.parent.glob("*.plan.json")} == {f"{name}.plan.json" for name in MANIFESTS}
