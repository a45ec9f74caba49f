"""Whatever comes back instead of an answer of AWS: a run ends with a report, and does nothing because of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

import pytest

from awsbase.engine.changes import Report
from awsbase.engine.execution import select
from awsbase.engine.resource import Resource
from awsbase.manifest import resources
from awsbase.manifest.load import understand
from awsbase.manifest.manifest import Manifest
from awsbase.manifest.source import parse
from awsbase.sandbox import Sandbox
from awsbase.sandbox.http import Reply
from tests.contract.sample import Sample, go, problems, said
from tests.contract.samples import SAMPLES
from tests.hostile import wire
from tests.hostile.wire import HOLLOW, INSTEAD, Spoil, emptied, fields, garbled, spoiled, without

BASELINE = Path(__file__).parents[2] / "manifests/baseline.yaml"
# What is looked at if one may, and done without where one may not.
OPTIONAL = {"billing:GetBillingPreferences", "organizations:DescribeOrganization"}
# An answer to HEAD has no body to be told by.
HEADS = {"s3:HeadBucket"}
LOST = ("a sign-in page", "nothing", "half", "a redirect", "a refusal without anything")
WRONG = {"without": without, "empty": emptied, "garbled": garbled}


@dataclass(frozen=True)
class Converged:
    """An account that is as the baseline says, and what it takes to ask each operation again."""

    sandbox: Sandbox
    asking: dict[str, Sequence[Resource]]


@cache
def converged() -> Converged:
    """Bring an account to the baseline, in two regions instead of all."""
    text = BASELINE.read_text().replace("\nprotect:\n", "\nprotect: {regions: [eu-west-1, us-east-1]}\n")
    manifest = understand(parse(text.encode(), file="baseline.yaml", folder=BASELINE.parent), Manifest)
    sections = resources(manifest)
    everything = [resource for section in sections.values() for resource in section]
    sandbox = Sandbox()
    assert problems(go(sandbox, "reconcile", everything)) == []
    asking: dict[str, Sequence[Resource]] = {}
    for section in sections.values():
        chosen = select(everything, [resource.address for resource in section])
        for name in reads(sandbox, chosen):
            asking.setdefault(name, chosen)
    return Converged(sandbox, {name: asking[name] for name in sorted(asking)})


def reads(sandbox: Sandbox, chosen: Sequence[Resource]) -> set[str]:
    """Return what a plan of these resources asks."""
    sandbox.calls.clear()
    go(sandbox, "plan", chosen)
    return {call.name for call in sandbox.calls} - HEADS


def shapes(name: str) -> list[wire.Path]:
    """Return the fields of all answers to one operation."""
    found: dict[wire.Path, None] = {}

    def note(reply: Reply) -> Reply:
        if reply.status < 300:
            found.update(dict.fromkeys(fields(reply)))
        return reply

    account = converged()
    with spoiled(account.sandbox, name, note):
        go(account.sandbox, "plan", account.asking[name])
    return list(found)


def disturbed(name: str, spoil: Spoil) -> tuple[Report, list[str]]:
    """Reconcile an account in which there is nothing to do, while one operation is answered wrongly."""
    account = converged()
    account.sandbox.calls.clear()
    with spoiled(account.sandbox, name, spoil) as replaced:
        report = go(account.sandbox, "reconcile", account.asking[name])
    assert replaced
    made = [call.name for call in account.sandbox.calls if call.writes]
    return report, [each for each in made if each != "iam:GenerateCredentialReport"]


def unclear(report: Report) -> Iterator[str]:
    """Yield the failures that nobody would understand."""
    for outcome in report.outcomes:
        if outcome.error:
            said = f"{outcome.error.code}: {outcome.error.message}"
            if "unforeseen" in said or "\n" in said or len(said) > 4100 or not outcome.error.message:
                yield f"{outcome.address}: {said[:200]}"


def no_answer_is_a_failure(pairs: Sequence[tuple[str, str]]) -> None:
    for name, instead in pairs:
        report, made = disturbed(name, INSTEAD[instead])
        assert made == [], (name, instead)
        assert list(unclear(report)) == [], (name, instead)
        assert report.failed or name in OPTIONAL, (name, instead)


def a_wrong_field_does_no_harm(rows: Sequence[tuple[str, str, Spoil]]) -> None:
    account = converged()
    for name, wrong, spoil in rows:
        # A field that an earlier row spoiled, and S3 gives anew, such as a rule's id, may have stayed otherwise.
        before = account.sandbox.snapshot()
        report, made = disturbed(name, spoil)
        assert list(unclear(report)) == [], (name, wrong)
        # What reads as if it were not as wanted may be written again; nothing is made twice, nothing removed.
        if any(each.split(":")[1].startswith(("Create", "Delete", "Detach", "Remove")) for each in made):
            assert problems(go(account.sandbox, "reconcile", account.asking[name])) == [], (name, wrong)
            assert account.sandbox.snapshot() == before, (name, wrong, made)


def test_what_is_no_answer_fails_the_resource_and_leads_to_no_write(draw: Random) -> None:
    no_answer_is_a_failure([(name, draw.choice(list(INSTEAD))) for name in converged().asking])


def test_a_field_that_is_missing_or_wrong_makes_nothing_twice_and_removes_nothing(draw: Random) -> None:
    rows = []
    for name in converged().asking:
        if paths := shapes(name):
            path, wrong = draw.choice(paths), draw.choice(list(WRONG))
            rows.append((name, f"{path} {wrong}", WRONG[wrong](path)))
    a_wrong_field_does_no_harm(rows)


@pytest.mark.faults
@pytest.mark.parametrize("instead", INSTEAD)
def test_none_of_them_is_taken_for_an_answer_to_anything(instead: str) -> None:
    no_answer_is_a_failure([(name, instead) for name in converged().asking])


@pytest.mark.faults
@pytest.mark.parametrize("wrong", WRONG)
def test_no_field_of_any_answer_does_harm(wrong: str) -> None:
    a_wrong_field_does_no_harm(
        [(name, f"{path} {wrong}", WRONG[wrong](path)) for name in converged().asking for path in shapes(name)]
    )


@pytest.mark.faults
@pytest.mark.parametrize("hollow", HOLLOW)
def test_no_answer_without_fields_does_harm(hollow: str) -> None:
    a_wrong_field_does_no_harm([(name, hollow, HOLLOW[hollow]) for name in converged().asking])


def written(sample: Sample) -> list[str]:
    """Return the operations that making a sample writes with, each once."""
    sandbox = Sandbox()
    sample.before(sandbox)
    sandbox.calls.clear()
    go(sandbox, "reconcile", sample.resources)
    return list(dict.fromkeys(call.name for call in sandbox.calls if call.writes))


def a_lost_write_is_finished_by_the_next_run(sample: Sample, name: str, instead: str, *, unheard: bool) -> None:
    sandbox = Sandbox()
    sample.before(sandbox)
    with spoiled(sandbox, name, INSTEAD[instead], unheard=unheard):
        report = go(sandbox, "reconcile", sample.resources)
    assert list(unclear(report)) == [], (name, instead)
    assert problems(go(sandbox, "reconcile", sample.resources)) == [], (name, instead)
    assert said(go(sandbox, "plan", sample.resources)) == [], (name, instead)


@pytest.mark.sampled(11)
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_write_that_gets_no_answer_is_finished_by_the_next_run(sample: Sample, draw: Random) -> None:
    for unheard in (True, False):
        name, instead = draw.choice(written(sample)), draw.choice(LOST)
        a_lost_write_is_finished_by_the_next_run(sample, name, instead, unheard=unheard)


@pytest.mark.faults
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
@pytest.mark.parametrize("unheard", [True, False], ids=["unheard", "done"])
def test_every_write_that_gets_no_answer_is_finished_by_the_next_run(sample: Sample, unheard: bool) -> None:
    for name in written(sample):
        for instead in LOST:
            a_lost_write_is_finished_by_the_next_run(sample, name, instead, unheard=unheard)
