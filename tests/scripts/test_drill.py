"""`awsbase drill`: which alarms are triggered, the output, and the exit code."""

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
    assert run(served, "reconcile", full, "--yes").returncode == 0
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


def test_a_drill_names_unconfirmed_subscribers_and_then_recipients(served: Served, ready: Path) -> None:
    first = run(served, "drill", ready, "--yes")
    assert first.returncode == 1, first.stderr
    assert "✗ acme-billing-50-usd   unconfirmed: cfo@acme.example (us-east-1)" in first.stdout
    assert "0 of 2 delivered" in first.stdout
    assert set(served.writes) == {"cloudwatch:SetAlarmState"}

    served.sandbox.confirm(TOPIC, "cfo@acme.example")
    second = run(served, "drill", ready, "acme-billing-200-usd", "--json", "--yes")
    assert second.returncode == 0, second.stderr
    (result,) = json.loads(second.stdout)["alarms"]
    assert (result["alarm"], result["verdict"], result["told"]) == (
        "acme-billing-200-usd",
        "delivered",
        ["cfo@acme.example"],
    )


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["acme-billing-5-usd"], "has no alarm 'acme-billing-5-usd'"),
        (["alarm/acme-billing-50-usd@us-east-2"], "did you mean 'alarm/acme-billing-50-usd@us-east-1'?"),
    ],
)
def test_an_unknown_alarm_is_refused_with_a_hint(served: Served, full: Path, names: list[str], expected: str) -> None:
    ended = run(served, "drill", full, *names)
    assert ended.returncode == 2
    assert expected in ended.stderr
    assert served.sandbox.calls == []


def test_a_manifest_without_alarms_is_refused(served: Served, empty: Path) -> None:
    ended = run(served, "drill", empty)
    assert ended.returncode == 2
    assert "has no alarms" in ended.stderr
