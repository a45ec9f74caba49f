"""Malformed responses of AWS: the run ends with a report and makes no change because of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

import pytest

from awsbase.engine.changes import Report
from awsbase.engine.dependencies import select
from awsbase.engine.resource import Resource
from awsbase.manifest.load import understand
from awsbase.manifest.manifest import Manifest, resources
from awsbase.manifest.source import parse
from awsbase.samples import SAMPLES
from awsbase.sandbox import Sandbox
from awsbase.sandbox.http import Reply
from tests.contract.sample import Sample, go, problems, said
from tests.hostile import wire
from tests.hostile.wire import HOLLOW, INSTEAD, Spoil, emptied, fields, garbled, spoiled, without

BASELINE = Path(__file__).parents[2] / "manifests/baseline.yaml"
# Reads that a run skips when they are not allowed.
OPTIONAL = {"billing:GetBillingPreferences", "organizations:DescribeOrganization"}
# A response to HEAD has no body.
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
    """Return the operations that a plan of these resources calls."""
    sandbox.calls.clear()
    go(sandbox, "plan", chosen)
    return {call.name for call in sandbox.calls} - HEADS


def shapes(name: str) -> list[wire.Path]:
    """Return the fields of all responses to one operation."""
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
    """Reconcile a converged account while one operation returns malformed responses."""
    account = converged()
    account.sandbox.calls.clear()
    with spoiled(account.sandbox, name, spoil) as replaced:
        report = go(account.sandbox, "reconcile", account.asking[name])
    assert replaced
    made = [call.name for call in account.sandbox.calls if call.writes]
    return report, [each for each in made if each != "iam:GenerateCredentialReport"]


def unclear(report: Report) -> Iterator[str]:
    """Yield the failures without a clear message."""
    for outcome in report.outcomes:
        if outcome.error:
            text = f"{outcome.error.code}: {outcome.error.message}"
            if "unforeseen" in text or "\n" in text or len(text) > 4100 or not outcome.error.message:
                yield f"{outcome.address}: {text[:200]}"


def malformed_responses_fail(pairs: Sequence[tuple[str, str]]) -> None:
    for name, instead in pairs:
        report, made = disturbed(name, INSTEAD[instead])
        assert made == [], (name, instead)
        assert list(unclear(report)) == [], (name, instead)
        assert report.failed or name in OPTIONAL, (name, instead)


def wrong_fields_do_no_harm(rows: Sequence[tuple[str, str, Spoil]]) -> None:
    account = converged()
    for name, wrong, spoil in rows:
        # A field that an earlier row spoiled, such as the id of a rule in S3, can have stayed different.
        before = account.sandbox.snapshot()
        report, made = disturbed(name, spoil)
        assert list(unclear(report)) == [], (name, wrong)
        # A setting that reads as different can be written again; nothing is created twice or removed.
        if any(each.split(":")[1].startswith(("Create", "Delete", "Detach", "Remove")) for each in made):
            assert problems(go(account.sandbox, "reconcile", account.asking[name])) == [], (name, wrong)
            assert account.sandbox.snapshot() == before, (name, wrong, made)


def test_a_malformed_response_fails_the_resource_and_leads_to_no_write(draw: Random) -> None:
    malformed_responses_fail([(name, draw.choice(list(INSTEAD))) for name in converged().asking])


def test_a_missing_or_wrong_field_leads_to_no_duplicate_and_no_deletion(draw: Random) -> None:
    rows = []
    for name in converged().asking:
        if paths := shapes(name):
            path, wrong = draw.choice(paths), draw.choice(list(WRONG))
            rows.append((name, f"{path} {wrong}", WRONG[wrong](path)))
    wrong_fields_do_no_harm(rows)


@pytest.mark.faults
@pytest.mark.parametrize("instead", INSTEAD)
def test_no_malformed_response_is_accepted_by_any_read(instead: str) -> None:
    malformed_responses_fail([(name, instead) for name in converged().asking])


@pytest.mark.faults
@pytest.mark.parametrize("wrong", WRONG)
def test_no_wrong_field_of_any_response_does_harm(wrong: str) -> None:
    wrong_fields_do_no_harm(
        [(name, f"{path} {wrong}", WRONG[wrong](path)) for name in converged().asking for path in shapes(name)]
    )


@pytest.mark.faults
@pytest.mark.parametrize("hollow", HOLLOW)
def test_no_response_without_fields_does_harm(hollow: str) -> None:
    wrong_fields_do_no_harm([(name, hollow, HOLLOW[hollow]) for name in converged().asking])


def written(sample: Sample) -> list[str]:
    """Return the operations that making a sample writes with, each once."""
    sandbox = Sandbox()
    sample.before(sandbox)
    sandbox.calls.clear()
    go(sandbox, "reconcile", sample.resources)
    return list(dict.fromkeys(call.name for call in sandbox.calls if call.writes))


def finish_lost_write(sample: Sample, name: str, instead: str, *, unheard: bool) -> None:
    sandbox = Sandbox()
    sample.before(sandbox)
    with spoiled(sandbox, name, INSTEAD[instead], unheard=unheard):
        report = go(sandbox, "reconcile", sample.resources)
    assert list(unclear(report)) == [], (name, instead)
    assert problems(go(sandbox, "reconcile", sample.resources)) == [], (name, instead)
    assert said(go(sandbox, "plan", sample.resources)) == [], (name, instead)


@pytest.mark.sampled(6)
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_the_next_run_finishes_a_write_whose_response_was_lost(sample: Sample, draw: Random) -> None:
    for unheard in (True, False):
        name, instead = draw.choice(written(sample)), draw.choice(LOST)
        finish_lost_write(sample, name, instead, unheard=unheard)


@pytest.mark.faults
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
@pytest.mark.parametrize("unheard", [True, False], ids=["unheard", "done"])
def test_the_next_run_finishes_every_write_whose_response_was_lost(sample: Sample, unheard: bool) -> None:
    for name in written(sample):
        for instead in LOST:
            finish_lost_write(sample, name, instead, unheard=unheard)
