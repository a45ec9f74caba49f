"""Whose something is, by its tag of origin, as a plan finds it out."""

from __future__ import annotations

from pathlib import Path

import pytest

from awsbase.engine.changes import Mode, Report
from awsbase.engine.execution import execute
from awsbase.engine.resource import Resource
from awsbase.ensure import KINDS
from awsbase.facts.ownership import ANY, judged, marking, marks, takes_tags
from awsbase.manifest.load import load
from awsbase.manifest.manifest import resources
from awsbase.samples.connections import connection
from awsbase.sandbox import Sandbox

pytestmark = pytest.mark.slow
MANIFESTS = Path(__file__).parents[2] / "manifests"
ALERT = """\
version: 1
account: {id: "123456789012", name: acme, region: eu-west-1}
notify: {billing: {email: [cfo@acme.example]}}
alarms: {anomaly: {above: 100}}
"""


def wanted(manifest: Path) -> list[Resource]:
    return [each for section in resources(load(manifest)).values() for each in section]


def run(mode: Mode, of: list[Resource], sandbox: Sandbox) -> Report:
    reached = connection("ownership", resend=True).to(sandbox, sandbox.key())
    return execute(mode, of, KINDS, reached, clock=sandbox.clock)


@pytest.mark.parametrize("manifest", ["baseline", "bastion"])
def test_whatever_takes_tags_is_ours_once_it_is_made_and_not_there_before(manifest: str) -> None:
    of, sandbox = wanted(MANIFESTS / f"{manifest}.yaml"), Sandbox()
    asked = marking(of, {each.address for each in of}, ANY)
    run("reconcile", of, sandbox)
    outcomes = {outcome.address: outcome for outcome in run("plan", asked, sandbox).outcomes}
    found = {each.address: judged(each, outcomes[each.address]) for each in of}
    assert [each for each in of if takes_tags(each) and found[each.address] != ("", True)] == []
    assert {ours for each in of if not takes_tags(each) for _, ours in [found[each.address]]} == {False}


def test_the_tag_of_another_account_on_an_alert_is_seen(tmp_path: Path) -> None:
    file, sandbox = tmp_path / "acme.yaml", Sandbox()
    file.write_text(ALERT)
    of = wanted(file)
    run("reconcile", of, sandbox)
    ce = sandbox.client("ce", "us-east-1")
    (subscription,) = ce.get_anomaly_subscriptions()["AnomalySubscriptions"]
    labels = [{"Key": "awsbase:created-by", "Value": "other"}]
    ce.tag_resource(ResourceArn=subscription["SubscriptionArn"], ResourceTags=labels)
    (alert,) = [each for each in of if each.address.startswith("anomaly")]
    plan = run("plan", marking(of, {alert.address}, "acme"), sandbox)
    (outcome,) = [each for each in plan.outcomes if each.address == alert.address]
    assert [change for change in outcome.changes if marks(change, "acme")] == []
    assert judged(alert, outcome) == ("its tag awsbase:created-by is other, not acme", False)
