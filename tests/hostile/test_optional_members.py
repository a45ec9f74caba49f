"""Whatever AWS may leave out of somebody else's things, a plan of ours is the same, and nothing is malformed."""

from __future__ import annotations

import pytest

from awsbase.samples import SAMPLES
from awsbase.sandbox import Sandbox
from tests.contract.sample import Sample, go, problems, said
from tests.hostile.beside import others


@pytest.mark.sampled(6)
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_members_left_out_of_foreign_things_do_not_matter(sample: Sample) -> None:
    sandbox = Sandbox()
    sample.before(sandbox)
    assert problems(go(sandbox, "reconcile", sample.resources)) == []

    with others(sandbox):
        plan = go(sandbox, "plan", sample.resources)
    assert problems(plan) == []
    assert said(plan) == []
