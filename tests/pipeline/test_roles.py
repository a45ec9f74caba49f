"""The roles of the section ci, in an account that holds each caller to its policies: one looks, one applies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from botocore.config import Config

from awsbase.aws import Aws
from awsbase.engine.account import check, identify
from awsbase.engine.changes import Mode, Report
from awsbase.engine.execution import execute
from awsbase.engine.wire import Wire
from awsbase.ensure import KINDS
from awsbase.manifest.load import load_text
from awsbase.manifest.loaded import LoadedManifest, loaded_manifest
from awsbase.sandbox import Sandbox, clients
from awsbase.sandbox.callers import Key
from tests.contract.sample import ACCOUNT, HOME, go, problems, said
from tests.later import unhurried
from tests.pipeline.tokens import token
from tests.sandbox.refused import refused
from tests.trust.starts import KEYS

REPOSITORY = "repo:acme@123456/infra@456789"
DENIED = {"AccessDenied", "AccessDeniedException", "AuthorizationError"}
ONCE = Config(retries={"mode": "standard", "total_max_attempts": 1})
HEAD = 'version: 1\naccount: {id: "123456789012", name: acme, region: eu-west-1}\n'
CI = 'ci: {github: {repository: acme/infra, repository_id: "456789", owner_id: "123456"}}\n'
TEXT = f"""{HEAD}{CI}
state: {{writers: [Ops]}}
secrets: {{acme/token: {{readers: [Ops]}}}}
notify: {{ops: {{email: [ops@acme.example]}}}}
iam: {{groups: {{Ops: {{policies: ["aws:ReadOnlyAccess"]}}}}}}
outputs: {{}}
"""


def loaded(text: str) -> LoadedManifest:
    return loaded_manifest("acme.yaml", load_text(text, Path("acme.yaml"), {}))


@pytest.fixture(scope="module")
def wanted() -> LoadedManifest:
    return loaded(TEXT)


@pytest.fixture
def sandbox(wanted: LoadedManifest) -> Sandbox:
    """Return an account where an administrator has reconciled the section ci, and nothing else yet."""
    sandbox = unhurried(Sandbox(enforce=True))
    done = go(sandbox, "reconcile", wanted.only(["ci"]))
    assert problems(done) == []
    return sandbox


@dataclass
class Job:
    """A job of a pipeline that has taken a role with a token of GitHub."""

    sandbox: Sandbox
    role: str
    subject: str

    def __post_init__(self) -> None:
        keys = self.sandbox.client("sts", "eu-west-1").assume_role_with_web_identity(
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/acme-ci-{self.role}",
            RoleSessionName="run",
            WebIdentityToken=token(self.sandbox, sub=self.subject),
        )["Credentials"]
        key = Key(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
        self.session: Any = clients.session(key, HOME.region, self.sandbox.transport)

    def client(self, service: str, region: str = HOME.region) -> Any:
        return self.session.client(service, region_name=region, config=ONCE)

    def go(self, mode: Mode, wanted: LoadedManifest) -> Report:
        wire = Wire()
        aws = Aws(self.session, HOME.region, attach=[wire.attach], attempts=1)
        account = check(identify(aws, wire), ACCOUNT)
        self.sandbox.calls.clear()
        return execute(mode, wanted.resources, KINDS, account, clock=self.sandbox.clock, allow_risky=True)


def writes(sandbox: Sandbox) -> dict[str, str]:
    """Return the writes of a run, with what was answered to each."""
    return {call.name: call.error or "" for call in sandbox.calls if call.writes}


def test_a_pull_request_plans_all_of_it_and_an_approved_run_reconciles_it(
    sandbox: Sandbox, wanted: LoadedManifest
) -> None:
    looking = Job(sandbox, "plan", f"{REPOSITORY}:pull_request")
    planned = looking.go("plan", wanted)
    assert problems(planned) == []
    kinds = {each.address.partition("/")[0] for each in wanted.resources}
    assert {each.partition("/")[0] for each in said(planned)} == kinds - {"oidc-provider", "role"}
    assert writes(sandbox) == {}

    before = sandbox.snapshot()
    looking.go("reconcile", wanted)
    assert set(writes(sandbox).values()) <= DENIED
    assert sandbox.snapshot() == before

    applying = Job(sandbox, "apply", f"{REPOSITORY}:environment:aws")
    assert problems(applying.go("reconcile", wanted)) == []
    made = [call for call in sandbox.calls if call.writes]
    assert said(applying.go("reconcile", wanted)) == []
    assert writes(sandbox) == {}
    assert said(looking.go("plan", wanted)) == []

    # Each write of the approved run is refused by itself, too, to who only looks.
    before = sandbox.snapshot()
    assert len(made) > 15
    for call in made:
        method = getattr(looking.client(call.service, call.region), xform_name(call.operation))
        assert refused(method, **call.params) in DENIED, call.name
    assert sandbox.snapshot() == before

    # Neither reads the value of a secret, or a state.
    sandbox.client("secretsmanager", "eu-west-1").put_secret_value(SecretId="acme/token", SecretString="x")
    for job in (looking, applying):
        assert refused(job.client("secretsmanager").get_secret_value, SecretId="acme/token") == "AccessDeniedException"
        assert refused(job.client("s3").get_object, Bucket="acme-state", Key="terraform.tfstate") == "AccessDenied"


def test_a_new_section_takes_two_runs_at_most() -> None:
    """As docs/pipeline.md says: what the first run could not do yet, the second one can."""
    only, more = loaded(HEAD + CI), loaded(f"{HEAD}{CI}key_pairs: {{ops: {{public_key: {KEYS[0]}}}}}\n")
    sandbox = unhurried(Sandbox(enforce=True))
    assert problems(go(sandbox, "reconcile", only.resources)) == []
    Job(sandbox, "apply", f"{REPOSITORY}:environment:aws").go("reconcile", more)
    again = Job(sandbox, "apply", f"{REPOSITORY}:environment:aws")
    assert problems(again.go("reconcile", more)) == []
    assert said(again.go("plan", more)) == []
