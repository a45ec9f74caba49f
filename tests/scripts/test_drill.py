"""`awsbase drill` as a program meets it: which alarms are rung, what is printed, how it ends."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from awsbase.engine.scope import Scope
from tests.scripts.conftest import ACCOUNT, AWSBASE, Served

TOPIC = Scope(ACCOUNT, "eu-west-1", "us-east-1").arn("sns", "acme-billing")


@pytest.fixture
def ready(served: Served, full: Path) -> Path:
    """Reconcile a manifest with two alarms; nobody has confirmed yet."""
    assert run(served, "reconcile", full).returncode == 0
    served.sandbox.calls.clear()
    return full


def run(served: Served, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*AWSBASE, *map(str, arguments)],
        env=served.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_drill_names_who_has_not_confirmed_and_then_who_was_told(served: Served, ready: Path) -> None:
    first = run(served, "drill", ready)
    assert first.returncode == 1, first.stderr
    assert "✗ acme-billing-50-usd   unconfirmed: cfo@acme.example (us-east-1)" in first.stdout
    assert "0 of 2 delivered" in first.stdout
    assert set(served.writes) == {"cloudwatch:SetAlarmState"}

    served.sandbox.confirm(TOPIC, "cfo@acme.example")
    second = run(served, "drill", ready, "acme-billing-200-usd", "--json")
    assert second.returncode == 0, second.stderr
    (told,) = json.loads(second.stdout)["alarms"]
    assert (told["alarm"], told["verdict"], told["told"]) == ("acme-billing-200-usd", "delivered", ["cfo@acme.example"])


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["acme-billing-5-usd"], "has no alarm 'acme-billing-5-usd'"),
        (["alarm/acme-billing-50-usd@us-east-2"], "did you mean 'alarm/acme-billing-50-usd@us-east-1'?"),
    ],
)
def test_an_alarm_that_is_not_there_is_advice(served: Served, full: Path, names: list[str], said: str) -> None:
    ended = run(served, "drill", full, *names)
    assert ended.returncode == 2
    assert said in ended.stderr
    assert served.sandbox.calls == []


def test_without_alarms_there_is_nothing_to_ring(served: Served, empty: Path) -> None:
    ended = run(served, "drill", empty)
    assert ended.returncode == 2
    assert "has no alarms" in ended.stderr
