"""The roles of the section ci, in an account that holds each caller to its policies: one looks, one applies."""

from __future__ import annotations

from pathlib import Path

import pytest

from awsbase.aws import Aws
from awsbase.engine.account import check, identify
from awsbase.engine.changes import Mode, Report
from awsbase.engine.execution import execute
from awsbase.engine.wire import Wire
from awsbase.ensure import KINDS
from awsbase.manifest import load_text
from awsbase.manifest.loaded import LoadedManifest, loaded_manifest
from awsbase.sandbox import Sandbox, clients
from awsbase.sandbox.callers import Key
from tests.contract.sample import ACCOUNT, HOME, go, problems, said
from tests.later import unhurried
from tests.pipeline.tokens import token

NAMES = "repo:acme/infra"
IDS = "repo:acme@123456/infra@456789"
TEXT = """
version: 1
account: {id: "123456789012", name: acme, region: eu-west-1}
state: {writers: [Ops]}
secrets: {acme/token: {readers: [Ops]}}
notify: {ops: {email: [ops@acme.example]}}
iam: {groups: {Ops: {policies: ["aws:ReadOnlyAccess"]}}}
outputs: {}
ci: {github: {repository: acme/infra, repository_id: "456789", owner_id: "123456"}}
"""


@pytest.fixture(scope="module")
def wanted() -> LoadedManifest:
    return loaded_manifest("acme.yaml", load_text(TEXT, Path("acme.yaml"), {}))


@pytest.fixture
def sandbox(wanted: LoadedManifest) -> Sandbox:
    """Return an account where an administrator has reconciled the manifest."""
    sandbox = unhurried(Sandbox(enforce=True))
    done = go(sandbox, "reconcile", wanted.resources)
    assert problems(done) == []
    return sandbox


def taken(sandbox: Sandbox, role: str, **claims: object) -> Key:
    """Take a role with a token of GitHub."""
    keys = sandbox.client("sts", "eu-west-1").assume_role_with_web_identity(
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/acme-ci-{role}",
        RoleSessionName="run",
        WebIdentityToken=token(sandbox, **claims),
    )["Credentials"]
    return Key(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])


def as_role(sandbox: Sandbox, key: Key, mode: Mode, wanted: LoadedManifest) -> Report:
    wire = Wire()
    aws = Aws(clients.session(key, HOME.region, sandbox.transport), HOME.region, attach=[wire.attach], attempts=1)
    account = check(identify(aws, wire), ACCOUNT)
    return execute(mode, wanted.resources, KINDS, account, clock=sandbox.clock, allow_risky=True)


def test_a_second_run_changes_nothing(sandbox: Sandbox, wanted: LoadedManifest) -> None:
    sandbox.calls.clear()
    assert said(go(sandbox, "reconcile", wanted.resources)) == []
    assert [call.name for call in sandbox.calls if call.writes] == []


def test_a_pull_request_plans_all_of_it_and_writes_nothing(sandbox: Sandbox, wanted: LoadedManifest) -> None:
    key = taken(sandbox, "plan", sub=f"{IDS}:pull_request")
    planned = as_role(sandbox, key, "plan", wanted)
    assert problems(planned) == []
    assert said(planned) == []

    iam = sandbox.client("iam")
    iam.detach_group_policy(GroupName="Ops", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    sandbox.client("secretsmanager", "eu-west-1").update_secret(SecretId="acme/token", Description="?")
    before = sandbox.snapshot()
    as_role(sandbox, key, "reconcile", wanted)
    assert sandbox.snapshot() == before
