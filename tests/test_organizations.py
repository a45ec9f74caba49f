"""Accounts of organizations that forbid: what can be done is done, and what cannot is told once, with what helps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from awsbase.engine.changes import Mode, Report
from awsbase.engine.execution import execute
from awsbase.manifest.loaded import LoadedManifest
from awsbase.manifest.ways_out import ways_out
from awsbase.sandbox import Sandbox
from awsbase.sandbox.services.config import Recorders, Region
from awsbase.scripts.loaded import read
from awsbase.scripts.options import Options
from awsbase.testing.sample import problems, said
from awsbase.testing.subject import FEWER, connected
from awsbase.view.tree import tree
from tests.organizations import CONTROL_TOWER, TAGS, regions

ACCOUNT = 'version: 1\naccount: {id: "123456789012", name: acme, region: eu-west-1, tags: {business_unit: platform}}\n'
NOTIFY = "notify: {security: {email: [security@acme.example]}, billing: {email: [cfo@acme.example]}}\naudit: {}\n"
ALL = "alarms: {billing: {amounts: [10]}, security: {}, budget: {amount: 200}, anomaly: {}}\nprotect: {}\n"
WITHOUT = """
alarms:
  security: {except: [root-sign-in]}
  budget: {amount: 200, email: [you@example.com]}
  anomaly: {frequency: daily, email: [you@example.com]}
protect: {regions: [eu-west-1]}
"""


def loaded(folder: Path, text: str) -> LoadedManifest:
    """Return a manifest of the account, with these sections."""
    path = folder / "manifest.yaml"
    path.write_text(ACCOUNT + text)
    return read(path, Options())


def run(sandbox: Sandbox, manifest: LoadedManifest, mode: Mode) -> Report:
    """Plan or reconcile a manifest, as a session does."""
    resources, ways = manifest.resources, ways_out(manifest.manifest)
    return execute(mode, resources, manifest.kinds, connected(sandbox), clock=sandbox.clock, ways_out=ways)


def failures(report: Report) -> Iterator[Any]:
    """Yield the errors of a report."""
    yield from (outcome.error for outcome in report.outcomes if outcome.error)


def test_policies_converge_where_the_region_of_their_index_is_closed(tmp_path: Path) -> None:
    statement = '{Effect: Allow, Action: "s3:GetObject", Resource: "*"}'
    iam = f"iam: {{policies: {{deploy: {{statements: [{statement}]}}}}, groups: {{Ops: {{policies: [deploy]}}}}}}\n"
    sandbox, manifest = Sandbox(rules=FEWER, deny=[regions("eu-west-1")]), loaded(tmp_path, iam)
    assert problems(run(sandbox, manifest, "reconcile")) == []
    sandbox.calls.clear()
    again = run(sandbox, manifest, "plan")
    assert (problems(again), said(again)) == ([], [])
    # The index is tried once, and then each policy is asked for its tags.
    names = [call.name for call in sandbox.calls]
    assert names.count("resourcegroupstaggingapi:GetResources") == 1
    assert names.count("iam:ListPolicyTags") == 3


def test_what_a_closed_region_keeps_from_being_is_told_once_with_a_way_out(tmp_path: Path) -> None:
    sandbox, manifest = Sandbox(rules=FEWER, deny=[regions("eu-west-1")]), loaded(tmp_path, NOTIFY + ALL)
    report = run(sandbox, manifest, "plan")
    assert {error.code for error in failures(report)} == {"RegionClosed"}
    assert not any("mfa refresh" in f"{error.message} {error.hint}" for error in failures(report))
    lines = [line.text for line in tree(report)]
    (way_out,) = (line for line in lines if "do without it" in line)
    assert way_out == (
        "have the organization open it, or do without it: leave out alarms.billing; "
        "write `except: [root-sign-in]` under alarms.security; "
        "write `email: [you@example.com]` under alarms.budget, and no notify; "
        "write `frequency: daily` and `email: [you@example.com]` under alarms.anomaly, and no notify"
    )
    assert "write `regions: [eu-west-1]` under protect: there the organization lets you in" in lines
    assert sum("RegionClosed" in line for line in lines) == 2


def test_the_way_out_leads_out(tmp_path: Path) -> None:
    # The sample spares budgets, but not the view of the bill that they depend on.
    closed = regions("eu-west-1", also="billing:*")
    sandbox, manifest = Sandbox(rules=FEWER, deny=[closed]), loaded(tmp_path, NOTIFY + WITHOUT)
    assert problems(run(sandbox, manifest, "reconcile")) == []
    again = run(sandbox, manifest, "plan")
    assert (problems(again), said(again)) == ([], [])


def test_a_budget_whose_bill_is_closed_names_the_permission(tmp_path: Path) -> None:
    budget = "alarms: {security: {except: [root-sign-in]}, budget: {amount: 200, email: [you@example.com]}}\n"
    sandbox, manifest = Sandbox(rules=FEWER, deny=[regions("eu-west-1")]), loaded(tmp_path, NOTIFY + budget)
    (error,) = failures(run(sandbox, manifest, "plan"))
    assert error.hint.startswith("a service control policy of your organization refuses billing:GetBillingViewData")


@pytest.mark.parametrize(
    ("alarms", "way"),
    [
        ("alarms: {}", "write `alarms: {security: {except: [root-sign-in]}}`, for no billing alarms"),
        ("alarms: {security: {controls: [root-use, root-sign-in]}}", "take root-sign-in off alarms.security.controls"),
        ("alarms: {security: {except: [root-use]}}", "write `except: [root-use, root-sign-in]` under alarms.security"),
        ("alarms: {security: {except: [root-sign-in]}}", None),
        ("protect: {own_volume_key: [us-east-1]}", "take us-east-1 off protect.own_volume_key"),
        ("backups: {ebs: {regions: [us-east-1]}}", "take us-east-1 off backups.ebs.regions"),
    ],
    ids=["the default", "a list", "exceptions", "nothing there", "keys", "snapshots"],
)
def test_each_part_that_needs_another_region_has_a_way_out(alarms: str, way: str | None, tmp_path: Path) -> None:
    ways = ways_out(loaded(tmp_path, f"{NOTIFY}{alarms}\n").manifest)
    assert ways == ({} if way is None else {"us-east-1": f"have the organization open it, or do without it: {way}"})


def test_an_organization_that_demands_tags_lets_everything_be_made(tmp_path: Path) -> None:
    sandbox, manifest = Sandbox(deny=[TAGS]), loaded(tmp_path, "state: {}\naudit: {}\n")
    assert problems(run(sandbox, manifest, "reconcile")) == []
    assert said(run(sandbox, manifest, "plan")) == []


def test_what_is_refused_at_home_is_the_organizations_and_no_matter_of_mfa(tmp_path: Path) -> None:
    text = 'version: 1\naccount: {id: "123456789012", name: acme, region: eu-west-1}\nstate: {}\n'
    path = tmp_path / "untagged.yaml"
    path.write_text(text)
    sandbox = Sandbox(deny=[TAGS])
    (error,) = failures(run(sandbox, read(path, Options()), "reconcile"))
    assert (error.code, error.tried) == ("AccessDeniedException", "create key")
    assert error.hint == (
        "a service control policy of your organization refuses kms:CreateKey in eu-west-1, and nothing in this account "
        "can allow it: ask who manages the organization, or leave out of the manifest what needs it"
    )


CONFIG = "protect: {regions: [eu-west-1], config: {}}\n"


def record(sandbox: Sandbox, *, everything: bool = True) -> None:
    """Let Control Tower have set up AWS Config in the account, with a bucket of the account for logs."""
    group = {"allSupported": everything, "includeGlobalResourceTypes": everything}
    role = "arn:aws:iam::123456789012:role/aws-controltower-ConfigRecorderRole"
    recorder = {"name": "aws-controltower-BaselineConfigRecorder", "roleARN": role, "recordingGroup": group}
    channel = {"name": "aws-controltower-BaselineConfigDeliveryChannel", "s3BucketName": "aws-controltower-logs"}
    sandbox.memory(Recorders).regions["eu-west-1"] = Region(recorder, channel, recording=True)
    sandbox.service_control_policies.append(CONTROL_TOWER)


def test_what_control_tower_records_is_left_to_it(tmp_path: Path) -> None:
    sandbox, manifest = Sandbox(), loaded(tmp_path, CONFIG)
    record(sandbox)
    report = run(sandbox, manifest, "reconcile")
    assert problems(report) == []
    notes = [note for outcome in report.outcomes for note in outcome.notes]
    assert "AWS Control Tower records everything in eu-west-1, which is left to it" in notes
    assert said(run(sandbox, manifest, "plan")) == []


def test_a_recorder_of_control_tower_that_leaves_things_out_is_told_before_anything_is_written(tmp_path: Path) -> None:
    sandbox, manifest = Sandbox(), loaded(tmp_path, CONFIG)
    record(sandbox, everything=False)
    (error,) = failures(run(sandbox, manifest, "plan"))
    assert error.code == "ForeignRecorder"
    assert "change it in Control Tower, or leave out protect.config" in error.hint
