"""The functions of a fleet enter accounts: as the role of their mode, in their organization, as a run that is named."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from awsbase.engine.changes import Mode
from awsbase.engine.execution import execute
from awsbase.ensure import KINDS
from awsbase.fleet.item import Item
from awsbase.fleet.stepfunctions import runs
from awsbase.fleet.stepfunctions.hub import Hub, hub_of, items
from awsbase.fleet.work import work
from awsbase.manifest.manifest import resources
from awsbase.organization import Organization
from awsbase.organization.reach import Keys, Sessions
from awsbase.samples.connections import connection
from awsbase.sandbox import World
from awsbase.sandbox.callers import Key
from awsbase.sandbox.clients import session as session_with
from awsbase.sandbox.organization_state import organization as of_world
from awsbase.testing.sample import problems
from tests.fleet.engine import DEV, FILE, HUB, PROD, Worker, aws_of, reconciled
from tests.organization.files import loaded

MANAGEMENT = "999999999999"
RUN = "20261129-220000-abcdef"


class Fleet:
    """A hub and two accounts in one organization, where policies count; a worker acts as the functions' roles."""

    def __init__(self, folder: Path) -> None:
        self.world = World([HUB, PROD, DEV, MANAGEMENT], management=MANAGEMENT, enforce=True)
        id = of_world(self.world.accounts[HUB]).org.id
        access = f"fleet_access: {{hub: '{HUB}', organization: {id}}}\n"
        account = f"version: 1\niam: {{password_policy: {{minimum_length: 15}}}}\n{access}"
        self.organization: Organization = loaded(folder, FILE, account=account, hub="version: 1\nfleet: {}\n")
        self.hub: Hub = hub_of(self.organization)
        self.ops = self.world.accounts[HUB]
        reconciled(self.hub, self.ops)
        for name in ("prod", "dev"):
            self.let_in(name)
        self.worker = Worker(self.ops, self.hub, ("plan", "reconcile"))

    def let_in(self, name: str) -> None:
        """Reconcile what lets the fleet into an account, by its administrator."""
        member = self.organization.members[name]
        sandbox = self.world.accounts[member.entry.id]
        reached = connection("entering", resend=True).to(sandbox, sandbox.key())
        wanted = resources(member.manifest)["fleet_access"]
        found = problems(execute("reconcile", wanted, KINDS, reached, clock=sandbox.clock))
        assert found == [], found

    def act_as(self, mode: Mode) -> None:
        """Let the worker act as the function of a mode: its role reads items, writes results and enters accounts."""
        session = self.world.session(HUB, f"role/{self.hub.names(mode).worker}", "eu-west-1")

        def with_keys(_: Any, keys: Keys) -> Any:
            key = Key(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
            return session_with(key, "eu-west-1", self.world.transport)

        opens = Sessions(lambda _: session, with_keys, self.ops.clock).to
        self.worker.s3 = session.client("s3")
        self.worker.unit = lambda item: work(item, opens, clock=self.ops.clock)

    def items(self, mode: Mode, run: str) -> list[Item]:
        """Return the work on both accounts."""
        members = [self.organization.members[name] for name in ("prod", "dev")]
        return list(items(self.organization, self.hub, members, run, mode, approved={}, allow_risky=True))

    def run(self, mode: Mode, run: str, work: Sequence[Item]) -> runs.Standing:
        """Run over items until the worker has nothing to do, and return what became of them."""
        self.act_as(mode)
        header = runs.Header(run, mode, {each.account: each.id for each in work}, 40, 50)
        aws = aws_of(self.ops, self.hub)
        runs.start(aws, self.hub, header, work)
        self.worker.work()
        return runs.standing(aws, self.hub, run)


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path)


def ended(standing: runs.Standing) -> dict[str, str]:
    return {name: each.status for name, each in standing.results.items()}


@pytest.mark.slow
def test_runs_enter_accounts_as_themselves_and_what_plans_cannot_write(fleet: Fleet) -> None:
    fleet.world.forget_calls()
    planned = fleet.run("plan", f"{RUN}0", fleet.items("plan", f"{RUN}0"))
    assert ended(planned) == {"dev": "changes", "prod": "changes"}
    done = fleet.run("reconcile", f"{RUN}1", fleet.items("reconcile", f"{RUN}1"))
    assert ended(done) == {"dev": "done", "prod": "done"}
    assert [call.name for call in fleet.world.calls if call.error == "AccessDenied"] == []

    # Each account's trail says which run it was.
    entered = [call.params for call in fleet.world.calls if call.name == "sts:AssumeRole"]
    assert {(each["RoleArn"].rpartition("/")[2], each["SourceIdentity"]) for each in entered} == {
        ("awsbase-fleet-plan", f"{RUN}0"),
        ("awsbase-fleet-apply", f"{RUN}1"),
    }

    # Somebody gives a reconcile to what plans, by either role; and one account trusts another organization.
    tamper(fleet)
    before = fleet.world.accounts[PROD].snapshot()
    item = fleet.items("reconcile", f"{RUN}2")[0]
    as_planner = replace(item.route, roles=(f"arn:aws:iam::{PROD}:role/awsbase-fleet-plan",))
    by_planner = replace(item, route=as_planner)
    assert ended(fleet.run("plan", f"{RUN}2", [by_planner])) == {"prod": "failed"}
    assert ended(fleet.run("plan", f"{RUN}3", [replace(item, run=f"{RUN}3")])) == {"prod": "unreachable"}
    assert fleet.world.accounts[PROD].snapshot() == before
    last = fleet.run("plan", f"{RUN}4", fleet.items("plan", f"{RUN}4"))
    assert ended(last) == {"dev": "unreachable", "prod": "changes"}
    assert "does not let" in (last.results["dev"].message or "")


def tamper(fleet: Fleet) -> None:
    """Weaken the passwords of one account by hand, and let another one trust another organization."""
    fleet.world.accounts[PROD].client("iam").update_account_password_policy(MinimumPasswordLength=8)
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{HUB}:root"},
        "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"],
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-others1234"}},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    iam = fleet.world.accounts[DEV].client("iam")
    iam.update_assume_role_policy(RoleName="awsbase-fleet-plan", PolicyDocument=document)
