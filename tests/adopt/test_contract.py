"""For every sample of the contract: what it makes is adopted as it is, or counted with the reason why not."""

from __future__ import annotations

from typing import Any

import pytest

from awsbase.adopt.proof import is_own_tag
from awsbase.engine.scope import Scope
from awsbase.ensure.absent_user import AbsentUser
from awsbase.ensure.ephemeral import Ephemeral
from awsbase.ensure.log_retention import LogRetention
from awsbase.ensure.terminated import Terminated
from awsbase.manifest.load import load_text
from awsbase.manifest.manifest import resources
from awsbase.samples import SAMPLES
from awsbase.sandbox import Sandbox
from awsbase.testing.adopted import Adopted, adopted
from awsbase.testing.contract import ready, writes
from awsbase.testing.sample import HOME, OREGON, Sample, go, problems

TAMPERINGS = [(sample, name) for sample in SAMPLES for name in sample.tamperings]
# Of these nothing has to be there: nobody lists somebody who is gone, a machine that does not run, or a pattern.
GONE = (AbsentUser, Ephemeral, LogRetention, Terminated)


def home_of(sample: Sample) -> Scope:
    """Return the account of a sample, in its own home region."""
    return OREGON if all(each.scope.home == OREGON.home for each in sample.resources) else HOME


def made(sample: Sample) -> Sandbox:
    """Return the account with a sample in it."""
    sandbox = ready(sample)
    assert problems(go(sandbox, "reconcile", sample.resources)) == []
    sandbox.calls.clear()
    return sandbox


def check(sandbox: Sandbox, found: Adopted) -> None:
    """Assert that adopting wrote nothing, that the plan read anew is empty, and that all that was listed is counted."""
    assert writes(sandbox) == []
    manifest = load_text(found.text, found.target.file, found.proven.files)
    plan = go(sandbox, "plan", [each for several in resources(manifest).values() for each in several])
    assert problems(plan) == []
    assert [change for _, change in plan.changes if not is_own_tag(change)] == []
    count, names = found.count, [thing.name for thing in found.survey.things]
    # What only a plan looks at is in no list; that it could not be read is told all the same.
    planned = [each for each in count.unread if each.name in found.proven.unread.keys() - set(names)]
    others: tuple[Any, ...] = (*count.left_alone, *count.not_expressible, *count.unread)
    assert sorted([*count.described, *(each.name for each in others)]) == sorted([*names, *(e.name for e in planned)])


@pytest.mark.sampled(7)
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_sample_is_adopted_as_it_is(sample: Sample) -> None:
    sandbox = made(sample)
    scope = home_of(sample)
    found = adopted(sandbox, scope=scope)
    check(sandbox, found)
    # People write mail addresses in other letters than a manifest does.
    others: tuple[Any, ...] = (*found.count.not_expressible, *found.count.left_alone)
    told = {each.name for each in others}
    known = {name.casefold() for name in (*told, *found.resources)}
    for want in sample.resources:
        # What is known by its tags is told by its id.
        if not isinstance(want, GONE) and "=" not in want.address:
            assert want.address.casefold() in known, f"{want.address} is lost"


@pytest.mark.sampled(4)
@pytest.mark.parametrize(("sample", "name"), TAMPERINGS, ids=lambda each: getattr(each, "name", each))
def test_what_somebody_tampered_with_is_adopted_as_it_is_then(sample: Sample, name: str) -> None:
    sandbox = made(sample)
    sample.tamperings[name].spoil(sandbox)
    sandbox.calls.clear()
    check(sandbox, adopted(sandbox, scope=home_of(sample)))
