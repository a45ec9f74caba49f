"""The contract that plug-ins get refuses what does not keep it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from awsbase.engine.permissions import Permissions
from awsbase.engine.run import Run
from awsbase.ensure import KINDS
from awsbase.ensure.log_group import KIND, LogGroup, read_permissions
from awsbase.testing import HOME, SERVICES, Sample, Tampering, contract
from awsbase.testing.contract import parts

GROUP = LogGroup(scope=HOME, name="acme", retention=30)


def forget(sandbox: Any) -> None:
    """Let the group keep its events for ever."""
    sandbox.client("logs", HOME.region).delete_retention_policy(logGroupName="acme")


RETENTION = ["log-group/acme: update retention"]
SAMPLE = Sample("log group", [GROUP], {"for ever": Tampering(forget, RETENTION, risky=RETENTION)})


def writes_late(run: Run, want: LogGroup) -> Any:
    """Change something in each run."""
    run.update("retention", [], run.aws.logs.put_retention_policy, logGroupName=want.name, retentionInDays=30)


def failing(sample: Sample, **changed: Any) -> set[str]:
    """Return the parts of the contract that a kind does not keep."""
    kinds = {**KINDS, LogGroup: replace(KIND, **changed)}
    found = set()
    for part in parts([sample], kinds, SERVICES):
        if "survives" in part.id:
            continue
        check: Callable[[], None] = part.values[0]
        try:
            check()
        except (AssertionError, ClientError):
            found.add(part.id)
    return found


def test_a_kind_that_keeps_it_passes() -> None:
    assert failing(SAMPLE) == set()


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("changed", "part"),
    [
        ({"about": None}, "declarations"),
        ({"permissions": Permissions(read=read_permissions)}, "log group needs no more than it declares"),
        ({"ensure": writes_late}, "log group plans what it does"),
    ],
    ids=["no explanation", "too few permissions", "a second plan that is not empty"],
)
def test_a_kind_that_does_not_keep_it_fails(changed: dict[str, Any], part: str) -> None:
    assert part in failing(SAMPLE, **changed)


def test_a_tampering_that_the_snapshot_does_not_see_fails() -> None:
    blind = replace(SAMPLE, tamperings={"nothing": Tampering(lambda sandbox: None, [])})
    assert failing(blind) == {"log group: nothing"}


@pytest.mark.parametrize("part", [each for each in parts([SAMPLE], KINDS, SERVICES) if "killed" in each.id])
def test_faults_are_part_of_it(part: Callable[[], None]) -> None:
    part()


def test_it_is_one_test_with_a_case_for_each_part() -> None:
    (mark,) = contract([SAMPLE]).pytestmark  # type: ignore[attr-defined]
    assert len(mark.args[1]) == len(list(parts([SAMPLE], KINDS, SERVICES)))
