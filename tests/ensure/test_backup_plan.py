"""What AWS Backup keeps is never kept less well unasked, and what others chose stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from awsbase.engine.changes import Report
from awsbase.ensure.backup_plan import fewer
from awsbase.ensure.backup_vault import BackupVault
from awsbase.facts.backups import Copy, Lock, Rule
from awsbase.manifest.backup_plans import CopySpec, PlanSpec, resources
from awsbase.manifest.base import Base
from awsbase.manifest.merge import merge
from awsbase.samples.backup_plans import HELD, MADE, NAME, backup, plan_id
from awsbase.sandbox import Sandbox, World
from awsbase.testing.sample import ACCOUNT, HOME, go, problems, risky, said

BACK, MANAGEMENT = "222222222222", "111111111111"
DAILY = Rule(name="daily", vault="acme", cron="cron(0 3 * * ? *)", keep_days=35, copies=(Copy("there", 60),))


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (DAILY, ""),
        (replace(DAILY, keep_days=36, cron="cron(0 3,15 * * ? *)"), ""),
        (replace(DAILY, keep_days=None), ""),
        (replace(DAILY, keep_days=34), "daily keeps them for a shorter time"),
        (replace(DAILY, cron="cron(0 3 ? * MON,SUN *)"), "daily makes them more seldom"),
        (replace(DAILY, cron="cron(0 3 1 * ? *)"), "daily makes them more seldom"),
        (replace(DAILY, cron="cron(0 3 L * ? *)"), "which does not compare"),
        (replace(DAILY, vault="other"), "daily makes them in another vault"),
        (replace(DAILY, copies=()), "daily copies less to there"),
        (replace(DAILY, copies=(Copy("there", 59),)), "daily copies less to there"),
        (replace(DAILY, name="weekly"), "no more of the rule daily"),
    ],
    ids=lambda each: each.said if isinstance(each, Rule) else each or "nothing",
)
def test_what_a_rule_keeps_less_well_is_said(now: Rule, why: str) -> None:
    found = fewer({DAILY.name: DAILY}, {now.name: now})
    assert why in found if why else found == ""


def test_what_others_chose_for_a_plan_stays_and_keeps_it_from_going() -> None:
    sandbox = Sandbox()
    assert problems(go(sandbox, "reconcile", MADE)) == []
    theirs = {"SelectionName": "theirs", "IamRoleArn": HOME.global_arn("iam", "role/acme-backup"), "Resources": ["*"]}
    backup(sandbox).create_backup_selection(BackupPlanId=plan_id(sandbox), BackupSelection=theirs)
    assert said(go(sandbox, "plan", MADE)) == []


def vaults(sandbox: Sandbox, **changes: Any) -> Report:
    """Plan the vault of the sample with changes."""
    key = next(each for each in MADE if each.address == HELD.key)
    return go(sandbox, "plan", [key, replace(HELD, **changes)])


def test_a_final_lock_is_asked_about_and_then_left_alone() -> None:
    sandbox = Sandbox()
    assert problems(go(sandbox, "reconcile", MADE)) == []
    lock = Lock(least=7, most=400, final_after=3)
    final: BackupVault = replace(HELD, lock=lock)
    assert risky(vaults(sandbox, lock=lock)) == [f"{HELD.address}: update lock"]
    key = next(each for each in MADE if each.address == HELD.key)
    assert problems(go(sandbox, "reconcile", [key, final])) == []
    assert said(vaults(sandbox, lock=lock)) == []
    assert risky(vaults(sandbox)) == [f"{HELD.address}: update lock"]  # it would not become final

    sandbox.clock.advance(timedelta(days=3).total_seconds())
    report = vaults(sandbox, lock=None)
    assert said(report) == []
    assert ["its lock is final since" in each for each in of(report).notes] == [True]


def of(report: Report) -> Any:
    """Return the outcome of the vault."""
    return next(each for each in report.outcomes if each.address == HELD.address)


def test_no_vault_gets_another_key() -> None:
    sandbox = Sandbox()
    other = sandbox.client("kms", HOME.region).create_key()["KeyMetadata"]["Arn"]
    backup(sandbox).create_backup_vault(BackupVaultName=NAME, EncryptionKeyArn=other)
    actions = go(sandbox, "plan", MADE).manual_actions
    (action,) = (each for each in actions if each.address == HELD.address)
    assert f"under {other}, and AWS gives no vault another key" in action.title


def test_the_organization_is_asked_for_what_copies_to_another_account_need() -> None:
    world = World([MANAGEMENT, ACCOUNT, BACK], management=MANAGEMENT)
    there = f"arn:aws:backup:{HOME.region}:{BACK}:backup-vault:acme-backups"
    plans = {"data": PlanSpec(services=("efs",), copies=(CopySpec(vault=there),))}
    made = merge({"backups": resources(Base("acme", HOME, {}), None, plans)}).sections["backups"]

    report = go(world.accounts[ACCOUNT], "reconcile", made)
    assert problems(report) == []
    asked = f"copies of data do not reach {there}: the organization does not let them"
    assert [each.title for each in report.manual_actions] == [asked]

    on = {"isCrossAccountBackupEnabled": "true"}
    backup(world.accounts[MANAGEMENT]).update_global_settings(GlobalSettings=on)
    again = go(world.accounts[ACCOUNT], "plan", made)
    assert (list(again.manual_actions), said(again)) == ([], [])
