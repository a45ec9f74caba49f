"""After `reconcile --yes` without `--allow-risky` nobody can do what they could not before: their calls are made.

The sandbox enforces IAM here: policies, boundaries, trusts and conditions decide about each call.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest
from botocore.exceptions import ClientError

from awsbase.approach import Target
from awsbase.errors import ManifestError, Refused
from awsbase.samples.connections import connection
from awsbase.sandbox import Sandbox
from awsbase.scripts.loaded import read
from awsbase.scripts.options import Options
from awsbase.scripts.session import Session
from awsbase.session import reconcile
from awsbase.testing.sample import ACCOUNT, problems
from awsbase.testing.subject import FEWER
from tests.trust.account import TWO_DAYS, edited
from tests.trust.edits import EDITS, EVERYTHING, Edit
from tests.trust.starts import STARTS, people

HOME = "eu-west-1"
PEOPLE = ("bob", "eve", "ann")
# What is kept from people, beside the people themselves.
MANIFEST = edited(STARTS["people"].manifest, {"state": {}, "secrets": {"app/db": {"generate": {}}}})
TRIED = [edit for edit in EDITS if edit.start == "people"]
DENIED = ("AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation")
CHANGES = ("join a group", "attach a policy")
Probe = Callable[[Callable[[str], Any]], object]
POLICY = f"arn:aws:iam::{ACCOUNT}:policy/read"


def role(name: str) -> Probe:
    arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    return lambda client: client("sts").assume_role(RoleArn=arn, RoleSessionName="try")


PROBES: Mapping[str, Probe] = {
    "list users": lambda client: client("iam").list_users(),
    "read a policy": lambda client: client("iam").get_policy(PolicyArn=POLICY),
    "read one's groups": lambda client: client("iam").list_groups_for_user(UserName="bob"),
    "join a group": lambda client: client("iam").add_user_to_group(UserName="eve", GroupName="Empty"),
    "attach a policy": lambda client: client("iam").attach_group_policy(GroupName="Ops", PolicyArn=POLICY),
    "list buckets": lambda client: client("s3").list_buckets(),
    "read the state": lambda client: client("s3").get_object(Bucket="acme-state", Key="x"),
    "list the state": lambda client: client("s3").list_objects_v2(Bucket="acme-state"),
    "read a secret": lambda client: client("secretsmanager").get_secret_value(SecretId="app/db"),
    "list instances": lambda client: client("ec2").describe_instances(),
    "list topics": lambda client: client("sns").list_topics(),
    "become app": role("app"),
    "become new": role("new"),
    "become the support": role("acme-support"),
}


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    """Return the account that the manifest made, some days later."""
    made = Sandbox(enforce=True, rules=FEWER)
    people(made)
    assert reconciled(made, MANIFEST, tmp_path, allow_risky=True)
    made.clock.advance(TWO_DAYS)
    return made


def reconciled(sandbox: Sandbox, manifest: Mapping[str, Any], folder: Path, *, allow_risky: bool = False) -> bool:
    """Reconcile as `reconcile --yes` does; tell whether the run was let."""
    account = {"id": ACCOUNT, "name": "acme", "region": HOME, **manifest.get("account", {})}
    file = folder / "manifest.yaml"
    file.write_text(json.dumps({"version": 1, **manifest, "account": account}))
    (folder / "everything.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": EVERYTHING}))
    options = Options()
    reached = connection("trust").to(sandbox, sandbox.key())
    try:
        loaded = read(file, options)
        session = Session(loaded, loaded.resources, Target(reached, sandbox.clock), options, allow_risky=allow_risky)
        report, _ = reconcile(session, ask=None)
    except (Refused, ManifestError):
        return False
    assert not any("RiskNotApproved" in each for each in problems(report))
    return True


def possible(sandbox: Sandbox) -> set[tuple[str, str]]:
    """Return what everybody is let do: a person with an MFA code, and the role of the manifest."""
    return {
        (who, what)
        for who in (*(f"mfa/{name}" for name in PEOPLE), "role/app")
        for what, probe in PROBES.items()
        if not (who == "mfa/ann" and what in CHANGES) and let(sandbox, who, probe)
    }


def let(sandbox: Sandbox, who: str, probe: Probe) -> bool:
    """Tell whether AWS does not refuse a call to somebody: it may still find nothing there."""
    try:
        probe(lambda service: sandbox.client(service, HOME, caller=who))
    except ClientError as error:
        return error.response["Error"]["Code"] not in DENIED
    return True


def gained(sandbox: Sandbox, edits: list[Edit], folder: Path) -> Iterator[str]:
    """Reconcile each edit without approval, and name what somebody can do that nobody let him before."""
    before = possible(sandbox)
    assert ("mfa/ann", "read a secret") in before
    assert ("mfa/bob", "list users") in before
    assert ("mfa/bob", "list buckets") not in before
    for edit in edits:
        reconciled(sandbox, edited(MANIFEST, edit.changes), folder)
        yield from (f"{edit.could}: {who} can {what}" for who, what in sorted(possible(sandbox) - before))


def test_nobody_can_do_what_they_could_not_before(sandbox: Sandbox, tmp_path: Path, draw: Random) -> None:
    assert list(gained(sandbox, draw.sample(TRIED, 12), tmp_path)) == []


@pytest.mark.faults
def test_nobody_can_do_what_they_could_not_before_after_any_edit(sandbox: Sandbox, tmp_path: Path) -> None:
    assert list(gained(sandbox, TRIED, tmp_path)) == []


def test_once_approved_the_same_edit_lets_more_pass(sandbox: Sandbox, tmp_path: Path) -> None:
    before = possible(sandbox)
    more = edited(MANIFEST, {"iam.groups.Empty.policies": ["aws:AdministratorAccess"]})
    assert not reconciled(sandbox, more, tmp_path)
    assert possible(sandbox) == before
    assert reconciled(sandbox, more, tmp_path, allow_risky=True)
    assert ("mfa/bob", "list buckets") in possible(sandbox) - before
