"""Backups of an account are adopted as awsbase made them, and other policies are told with the reason."""

from __future__ import annotations

import pytest

from awsbase.samples import backups
from awsbase.sandbox import Sandbox
from awsbase.sandbox.services.dlm import Policies
from awsbase.testing.adopted import adopted
from awsbase.testing.sample import HOME
from tests.adopt.reconciled import account_of, compiled

HEAD = 'version: 1\naccount: {id: "123456789012", name: acme, region: eu-west-1}\n'
SAID = {
    "all defaults": "backups: {}\n",
    "other volumes": "backups: {ebs: {volumes: {backup: nightly, keep: 'yes'}}}\n",
    "schedules": """
backups:
  ebs:
    schedules:
      often: {every_hours: 4, at: "01:30", keep_days: 3, copy_tags: false}
      weekly: {days: [sunday, wednesday], at: "05:07", keep_days: 400}
      daily: {}
""",
    "regions": "backups: {ebs: {regions: [us-east-1, eu-west-1]}}\n",
    "in AWS Backup": """
backups:
  ebs: false
  vault: {key: alias/acme-kept, lock: {keep_at_least_days: 14, final_after_days: 30}, copies_from: ["210987654321"]}
  plans:
    data: {}
    tables:
      services: [dynamodb, efs]
      tags: {backup: nightly, class: gold}
      rules:
        weekly: {days: [sunday, wednesday], at: "05:07", keep_days: 400, cold_after_days: 100, start_within_hours: 2}
        monthly: {day_of_month: 3, keep_days: 60, done_within_hours: 24}
      copies: [{vault: "arn:aws:backup:eu-central-1:111122223333:backup-vault:back", keep_days: 90}]
""",
    "a vault alone": "backups: {ebs: false, vault: {lock: false}}\n",
    "elsewhere": "backups: {ebs: {regions: [us-east-1]}}\n",
}


@pytest.mark.sampled(2)
@pytest.mark.parametrize("said", SAID.values(), ids=SAID)
def test_backups_are_adopted_as_they_are(said: str) -> None:
    found = adopted(account_of(HEAD + said), only=["backups"])
    assert found.count.not_expressible == ()
    assert found.resources == compiled(HEAD + said)


def test_what_is_the_default_is_not_written() -> None:
    assert adopted(account_of(f"{HEAD}backups: {{}}\n"), only=["backups"]).text.endswith("\nbackups:\n  ebs: {}\n")


def test_policies_of_others_are_told_with_the_reason() -> None:
    sandbox = account_of(f"{HEAD}backups: {{ebs: {{regions: [eu-west-1, us-east-1]}}}}\n")
    home, there = (sandbox.client("dlm", region) for region in (HOME.region, "us-east-1"))
    policy = home.get_lifecycle_policy(PolicyId=backups.id_of(sandbox))["Policy"]
    again = {key: policy[key] for key in ("ExecutionRoleArn", "State", "PolicyDetails")}
    again["PolicyDetails"]["TargetTags"] = [{"Key": "backup", "Value": "mine"}]
    (ours,) = there.get_lifecycle_policies()["Policies"]
    there.update_lifecycle_policy(PolicyId=ours["PolicyId"], PolicyDetails=again["PolicyDetails"])
    theirs = home.create_lifecycle_policy(**again, Description="mine")["PolicyId"]
    by_stack = home.create_lifecycle_policy(**again, Description="theirs")["PolicyId"]
    # Only CloudFormation sets this tag.
    sandbox.memory(Policies).of[HOME.region][by_stack]["Tags"]["aws:cloudformation:stack-name"] = "backups"

    found = adopted(sandbox, only=["backups"])

    assert {each.name: each.fields for each in found.count.not_expressible} == {
        f"snapshot-policy/{theirs}": (
            "it lacks the tag awsbase:address, by which awsbase knows its own: a manifest would make another beside it",
        ),
        "snapshot-policy/acme-ebs@us-east-1": (
            "other volumes or schedules than snapshot-policy/acme-ebs: a manifest says them once",
        ),
    }
    assert [each.name for each in found.count.left_alone] == [f"snapshot-policy/{by_stack}"]
    assert found.count.described == ("snapshot-policy/acme-ebs",)


def test_without_policies_of_ours_there_is_no_section() -> None:
    found = adopted(Sandbox(), only=["backups"])
    assert (found.resources, found.count.listed) == ({}, 0)
