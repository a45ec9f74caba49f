"""The evaluator decides as two others do: iam-simulate, and the one of the sandbox, which shares no code with it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from random import Random

import pytest

from awsbase.access.decision import Call, is_allowed
from awsbase.access.patterns import Held
from awsbase.engine.references import Reference
from awsbase.sandbox.authorization.decision import AccessRequest, Policies, Principal, decide, knowing
from tests.access.dialect import DISAGREEMENTS, translated
from tests.access.drawn import ACCOUNT, USER, Drawn, drawn
from tests.conftest import needs

TOOLS = Path(__file__).parents[2] / "tools"
PACKAGE = TOOLS / "node_modules/@cloud-copilot/iam-simulate"
SIMULATE = Path(__file__).with_name("iam_simulate.cjs")


def simulated(cases: Sequence[Drawn]) -> list[bool]:
    """Return what iam-simulate decides."""
    calls = [{**case._asdict(), "principal": USER} for case in cases]
    done = subprocess.run(
        ["node", str(SIMULATE), str(TOOLS)], input=json.dumps(calls), capture_output=True, text=True, check=True
    )
    return list(json.loads(done.stdout))


def of_sandbox(case: Drawn) -> bool:
    """Return what the sandbox's evaluator decides."""
    request = AccessRequest(case.action, case.resource, knowing(case.keys))
    return bool(decide(request, Principal(ACCOUNT, {}), Policies(case.documents, case.boundary)))


def different(cases: Sequence[Drawn], others: Sequence[bool]) -> list[str]:
    """Return the calls about which the evaluator and another one differ."""
    return [
        f"{json.dumps(case._asdict())}: awsbase {held}, the other {other}"
        for case, other in zip(cases, others, strict=True)
        if (held := is_allowed(case.call, case.documents, case.boundary)) is not other
    ]


@pytest.mark.parametrize("comparisons", [300, pytest.param(5_000, marks=pytest.mark.faults)])
def test_evaluator_decides_as_the_one_of_the_sandbox(draw: Random, comparisons: int) -> None:
    cases = [drawn(draw) for _ in range(comparisons)]
    assert not different(cases, [*map(of_sandbox, cases)])
    assert 0.1 < sum(map(of_sandbox, cases)) / comparisons < 0.9


@needs("node")
@needs(PACKAGE)
@pytest.mark.parametrize("comparisons", [300, pytest.param(5_000, marks=pytest.mark.faults)])
def test_evaluator_decides_as_iam_simulate(draw: Random, comparisons: int) -> None:
    cases = [drawn(draw) for _ in range(comparisons)]
    assert not different(cases, simulated([*map(translated, cases)]))


@needs("node")
@needs(PACKAGE)
@pytest.mark.parametrize("name", DISAGREEMENTS)
def test_known_disagreement_is_still_one_and_awsbase_is_right(name: str) -> None:
    case = disagreement(name)
    right = DISAGREEMENTS[name].right
    assert is_allowed(case.call, case.documents) is right
    assert of_sandbox(case) == right
    literally, put_otherwise = of_disagreements()[name]
    assert (literally, put_otherwise) == (not right, right)


def disagreement(name: str) -> Drawn:
    """Return the call of a known disagreement."""
    known = DISAGREEMENTS[name]
    document = {"Version": known.version, "Statement": [dict(known.statement)]}
    return Drawn([document], None, "iam:PutUserPolicy", USER, dict(known.keys))


@cache
def of_disagreements() -> dict[str, tuple[bool, bool]]:
    """Return what iam-simulate decides about each, as it is and translated."""
    cases = [*map(disagreement, DISAGREEMENTS)]
    found = simulated([*cases, *map(translated, cases)])
    return dict(zip(DISAGREEMENTS, zip(found, found[len(cases) :], strict=False), strict=True))


ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
NONE = {**ALL, "Effect": "Deny"}
OFFICE = {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([ALL], True),
        ([], False),
        ([ALL, NONE], False),
        ([{**ALL, "Condition": OFFICE}], None),
        ([{**ALL, "Condition": OFFICE}, ALL], True),
        ([{**ALL, "Condition": OFFICE}, NONE], False),
        ([ALL, {**NONE, "Condition": OFFICE}], None),
        ([ALL, {**NONE, "Condition": {"Bool": {"aws:ViaAWSService": "true"}}}], True),
        ([ALL, {**NONE, "Condition": {"StringEquivalent": {"aws:username": "kim"}}}], None),
        ([ALL, {**NONE, "Condition": {"StringEquals": {"aws:username": "${aws:SourceIp}"}}}], None),
        ([ALL, {**NONE, "Condition": {"StringEquals": {"aws:username": "lee"}, **OFFICE}}], True),
        ([ALL, {**NONE, "Resource": Reference("bucket/state")}], None),
        ([ALL, {**NONE, "Resource": "arn:aws:iam::*:u*"}], None),
        ([ALL, {**NONE, "Resource": "arn:aws:iam::*:*"}], False),
        ([ALL, "all"], None),
    ],
    ids=[
        "allowed",
        "nothing",
        "denied",
        "allowed in the office",
        "allowed in the office and elsewhere",
        "allowed in the office, and denied",
        "denied in the office",
        "denied to services",
        "an operator that nobody knows",
        "a variable that is not known",
        "denied to somebody else in the office",
        "a resource that does not exist yet",
        "a wildcard in the type of the resource",
        "all of IAM",
        "no statement",
    ],
)
def test_what_is_not_known_is_neither_allowed_nor_denied(statements: list[object], expected: Held) -> None:
    call = Call("iam:AttachUserPolicy", USER, {"aws:username": ("kim",), "aws:viaawsservice": ("false",)})
    assert is_allowed(call, [{"Version": "2012-10-17", "Statement": statements}]) is expected
