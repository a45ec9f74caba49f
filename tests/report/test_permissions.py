"""`coverage` and `report` work with the permissions that the docs name, and each of these is needed."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from awsbase.aws import Aws
from awsbase.coverage import STANDARDS, judge
from awsbase.engine.account import Account, check, identify
from awsbase.engine.execution import execute
from awsbase.engine.facts import Facts
from awsbase.engine.wire import Wire
from awsbase.ensure import KINDS
from awsbase.manifest.load import load
from awsbase.manifest.manifest import resources
from awsbase.sandbox import Request, Rule, Sandbox
from awsbase.sandbox.authorization.permissions import needs
from tests.permissions.worker import granted
from tests.sandbox.principals import allow, person, policy

ROOT = Path(__file__).parents[2]
# Whether somebody hears of an alarm is asked of a topic that the manifest gives no subscriber.
MANIFEST = """
version: 1
account: {id: "123456789012", name: acme, region: eu-west-1}
notify: {billing: {}}
alarms: {billing: {amounts: [50]}}
iam: {groups: {Readers: {policies: ["aws:ReadOnlyAccess"]}}}
"""


def documented() -> list[str]:
    """Return the actions that the chapter on `coverage` names."""
    chapter = (ROOT / "docs/commands.md").read_text().partition("\n## coverage\n")[2].partition("\n## ")[0]
    return re.findall(r"`((?:acm|ec2|ecr|iam|s3|sns):[A-Za-z]+)`", chapter)


@pytest.mark.slow
def test_the_documented_permissions_are_enough_and_needed(tmp_path: Path) -> None:
    asked: set[str] = set()

    def note(request: Request) -> None:
        if request.caller.kind == "user":
            asked.update(need.action for need in needs(request))

    sandbox = Sandbox(enforce=True, rules=(Rule("*", before=note),))
    file = tmp_path / "acme.yaml"
    file.write_text(MANIFEST)
    manifest = load(file)
    managed = [each for section in resources(manifest).values() for each in section]

    def account(caller: str | None = None) -> Account:
        wire = Wire()
        session = sandbox.session(region="eu-west-1", caller=caller)
        return check(identify(Aws(session, "eu-west-1", attach=[wire.attach]), wire), manifest.account.id)

    assert not execute("reconcile", managed, KINDS, account(), clock=sandbox.clock).failed
    caller = person(sandbox, *granted(managed, plan_only=True), policy(allow(*documented())), name="kim")
    reader = account(caller)
    plan = execute("plan", managed, KINDS, reader, clock=sandbox.clock)
    assert not plan.failed
    with ThreadPoolExecutor(4) as readers:
        facts = Facts(reader.aws, readers)
        for controls in STANDARDS.values():
            judge(controls, managed, plan, facts, sandbox.clock.now())
    assert [action for action in documented() if action not in asked] == []
