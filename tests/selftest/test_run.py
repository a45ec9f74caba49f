"""A selftest makes, tampers, repairs and takes away; it stays within its budget, and leaves others alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from awsbase.adopt.survey import Survey
from awsbase.ensure.group import Group
from awsbase.samples import SAMPLES
from awsbase.samples.sample import HOME, NotOnAws, Sample, Tampering, sandbox
from awsbase.sandbox import Sandbox
from awsbase.selftest.choice import Choice, choose
from awsbase.selftest.naming import Naming
from awsbase.selftest.page import page
from awsbase.selftest.run import Selftest, attempt, clean, earlier, selftest
from awsbase.selftest.trial import EMPTY, MADE, REMOVED
from awsbase.testing.trial import differences
from tests.recorded.replay import plans
from tests.selftest.account import ACCOUNT, account, place, sample

OPS = Group(scope=HOME, name="Ops")
NOTHING = Survey()


def choices(*names: str) -> list[Choice]:
    """Return these samples, at their price."""
    return [replace(each, why_not="") for each in choose([sample(name) for name in names], (), isolated=False)]


def run(played: Sandbox, *names: str, budget: str = "1", tampered: Sequence[str] = (), **more: Any) -> Selftest:
    """Run a selftest of these samples, compared with nothing; only with some tamperings, if they are named."""
    here, chosen = place(played, **more), choices(*names)
    here.survey = lambda: NOTHING  # type: ignore[method-assign]
    if tampered:
        chosen = [replace(each, sample=with_only(each.sample, tampered)) for each in chosen]
    return selftest(here, chosen, Decimal(budget), NOTHING)


def with_only(whole: Sample, tampered: Sequence[str]) -> Sample:
    """Return a sample with some of its tamperings."""
    return replace(whole, tamperings={name: each for name, each in whole.tamperings.items() if name in tampered})


def left(before: dict[str, Any], played: Sandbox) -> list[str]:
    """Name how an account differs, but for keys that wait for their deletion."""
    return [each for each in differences(before, played.snapshot()) if not each.startswith("account/kms")]


def test_samples_are_made_spoiled_repaired_and_taken_away() -> None:
    played = account()
    before = played.snapshot()
    done = run(played, "group", "security group in us-west-2", "policy with five versions")
    assert [(each.sample, each.steps) for each in done.results if each.failed] == []
    steps = done.results[0].steps
    assert list(steps) == [MADE, EMPTY, *sample("group").tamperings, REMOVED]
    assert left(before, played) == []
    assert "| group | yes | yes | 4 of 4 | yes |" in page(done)
    made = {str(call.params.get("GroupName")) for call in played.calls if call.operation == "CreateGroup"}
    assert all(name.startswith("selftest-") for name in made)


def test_what_goes_wrong_is_told_and_the_sample_taken_away() -> None:
    played = account()
    wrong = Sample(
        "group",
        [OPS],
        {
            "nothing": Tampering(lambda aws: None, ["group/Ops: update path"]),
            "refused": Tampering(lambda aws: aws.client("iam").delete_group(GroupName="Ops2"), []),
        },
    )
    results: list[Any] = []
    attempt(place(played), wrong, "0abc", results)
    (result,) = results
    name = result.name
    assert result.steps["nothing"] == [f"found: not group/{name}-x-Ops: update path"]
    assert "NoSuchEntity" in result.steps["refused"][0]
    assert (result.steps[MADE], result.steps[REMOVED]) == ([], [])
    assert played.snapshot()["iam"]["aws"]["groups"] == {}


def test_a_sample_that_costs_more_than_is_left_stops_the_selftest_before_its_first_write() -> None:
    played = account()
    done = run(played, "group", "key in another region", budget="0.001")
    assert [each.sample for each in done.results] == ["group"]
    assert "before key in another region, which costs $0.0014" in done.stopped
    assert done.failed
    assert [call for call in played.calls if call.service == "kms" and call.writes] == []


def test_an_interrupted_selftest_is_cleaned_up_by_the_next() -> None:
    played = account()
    before = played.snapshot()
    # A process that is killed takes nothing away.
    here, cut = place(played), sample("parameter")
    here.bench.reconcile(Naming.of(cut, "selftest", "0abc", ACCOUNT).sample(cut).resources)
    assert left(before, played) != []

    played.clock.advance(60)
    again = place(played)
    assert len(earlier(again)) == 1
    results: list[Any] = []
    clean(again, results)
    assert [(each.sample, each.failed) for each in results] == [("parameter", False)]
    assert [each for each in left(before, played) if not each.startswith("account/secretsmanager")] == []


def test_ctrl_c_ends_after_the_calls_in_flight_and_the_next_selftest_cleans_up() -> None:
    played = account()
    before, here = played.snapshot(), place(played)
    stopping = replace(sample("group"), tamperings={"Ctrl-C": Tampering(lambda aws: here.bench.stop.set(), [])})
    done = selftest(here, [Choice(stopping), Choice(sample("user"))], Decimal(1), NOTHING)
    assert [each.sample for each in done.results] == ["group"]
    assert (done.stopped, done.failed) == ("interrupted: run it again, or with --clean", True)
    assert left(before, played) != []

    played.clock.advance(60)
    results: list[Any] = []
    clean(place(played), results)
    assert [each.sample for each in results] == ["group"]
    assert left(before, played) == []


def test_an_account_of_others_keeps_what_it_has() -> None:
    played = account()
    iam, kms = played.client("iam"), played.client("kms", HOME.region)
    iam.create_group(GroupName="Ops")
    key = kms.create_key(Description="Terraform of others")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/acme-state", TargetKeyId=key)
    before = played.snapshot()
    done = run(played, "group", "state", tampered=("key disabled", "versioning suspended"), isolated=True)
    # The tamperings with the state's key take the first one with such a description.
    assert all(each.steps[MADE] == each.steps[REMOVED] == [] for each in done.results)
    after = played.snapshot()
    assert after["iam"] == before["iam"]
    mine = [each for each in after["kms"][HOME.region] if each["aliases"] == ["alias/acme-state"]]
    assert mine == before["kms"][HOME.region]
    assert any("not provably made here" in why for why in done.results[1].skipped.values())


def test_an_isolated_selftest_leaves_out_what_the_account_shares() -> None:
    chosen = {each.sample.name: each.why_not for each in choose(SAMPLES, (), isolated=True)}
    assert chosen["password policy"] == "it changes what the whole account shares: password-policy/account"
    assert "the default VPC's subnets" in chosen["bastion terminated"]
    assert [chosen[name] for name in ("group", "topic", "security group")] == ["", "", ""]


def test_recorded_plans_are_planned_again_alike(tmp_path: Path) -> None:
    played = account()
    done = run(played, "group", "parameter", folder=tmp_path)
    assert not done.failed
    recorded = [plan for file in sorted(tmp_path.glob("*.jsonl")) for plan in plans(file)]
    assert len(recorded) == 2 + 2 * (4 + 3)
    assert {f"{plan.sample.name}: {plan.step}": plan.wrong() for plan in recorded if plan.wrong()} == {}


def test_what_only_the_sandbox_plays_is_refused_elsewhere() -> None:
    with pytest.raises(NotOnAws):
        sandbox(object())  # type: ignore[arg-type]
