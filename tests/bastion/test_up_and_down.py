"""A bastion is the same after each start, and its schedule follows the instance."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from awsbase.scripts import cli
from tests.bastion.test_commands import HEAD, SSM, Prompts
from tests.scripts.conftest import Served, nobody, served, written

pytestmark = pytest.mark.slow

__all__ = ["nobody", "served"]

STAYS = HEAD + "network: {}\nbastion: {}\n"


def reconcile(desk: Prompts) -> list[str]:
    """Reconcile the manifest, and return the addresses of what that changed."""
    unset = dict.fromkeys(name for name in os.environ if name.startswith("AWS_"))
    words = ["reconcile", str(desk.manifest), "--json", "--yes"]
    ended = CliRunner(env={**unset, **desk.environment}).invoke(cli, words)
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    return [each["address"] for each in json.loads(ended.stdout)["resources"] if each["changes"]]


@pytest.mark.sampled(1)
@pytest.mark.parametrize(
    ("manifest", "started"), [(SSM, []), (STAYS, ["instance/acme-bastion"])], ids=["on demand", "always up"]
)
def test_up_after_down_restores_the_same_bastion(
    served: Served, tmp_path: Path, manifest: str, started: list[str]
) -> None:
    desk = Prompts(served, tmp_path, manifest)
    desk.well("up")
    as_it_was = served.sandbox.snapshot()

    desk.well("down")
    assert reconcile(desk) == started
    assert bool(desk.document("status")["instance"]) == bool(started)

    desk.well("up")
    assert served.sandbox.snapshot() == as_it_was
    assert [each["address"] for each in desk.document("up")["resources"] if each["changes"]] == []
    assert reconcile(desk) == []


def test_the_schedule_follows_a_replaced_host(served: Served, tmp_path: Path) -> None:
    desk = Prompts(served, tmp_path, STAYS)
    desk.well("up", "--ttl", "4h")
    before = desk.document("status")

    written(desk.manifest, STAYS.replace("bastion: {}", "bastion: {instance_type: t4g.small}"))
    assert desk.document("status")["outdated"] == ["wants a t4g.small"]
    end = next(each for each in desk.document("up")["resources"] if each["address"] == "schedule/acme-bastion")
    after = desk.document("status")
    assert after["instance"]["id"] != before["instance"]["id"]
    assert after["ends"] == before["ends"]
    assert [change["what"] for change in end["changes"]] == ["schedule"]
    assert end["notes"] == [f"ends {after['ends'][:10]} {after['ends'][11:16]} UTC, by AWS itself"]

    desk.well("down")
    desk.well("up")
    assert desk.document("status")["ends"] is None
