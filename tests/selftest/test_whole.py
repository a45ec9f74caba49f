"""All samples in one account, as `awsbase selftest` tries them, and all plans of the recording once more."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from awsbase.adopt.survey import Survey
from awsbase.ensure import KINDS
from awsbase.samples import SAMPLES
from awsbase.selftest.choice import choose
from awsbase.selftest.run import selftest
from tests.recorded.replay import plans
from tests.selftest.account import ACCOUNT, account, place

pytestmark = pytest.mark.faults


def test_every_sample_is_as_foretold_and_every_recorded_plan_is_planned_alike(tmp_path: Path) -> None:
    played = account()
    before = played.snapshot()
    here = place(played, tmp_path)
    chosen = choose(SAMPLES, [kind.word for kind in KINDS.values()], isolated=False)
    done = selftest(here, chosen, Decimal(5), Survey())
    assert {each.sample: each.steps for each in done.results if each.failed} == {}
    assert {each.sample.name for each in chosen if each.why_not} == {each.name for each in SAMPLES if each.not_on_aws}

    after = played.snapshot()
    services = ("cloudtrail", "cloudwatch", "events", "logs", "s3", "sns", "ssm")
    assert {name for name in services if before.get(name) != after.get(name)} == set()
    wrong = {
        f"{plan.sample.name}: {plan.step}": found
        for file in sorted(tmp_path.glob("*.jsonl"))
        for plan in plans(file)
        if (found := plan.wrong())
    }
    assert wrong == {}
    assert not any(ACCOUNT in file.read_text() for file in tmp_path.glob("*.jsonl"))
