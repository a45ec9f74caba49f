"""A manifest that would lock somebody out is refused by the command, before its first write."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from awsbase.scripts import cli
from tests.scripts.conftest import ACCOUNT, EMPTY, Served, written

AWS = "arn:aws:iam::aws:policy"
ADMINISTRATES = f"{AWS}/AdministratorAccess"
BOUNDS = f"arn:aws:iam::{ACCOUNT}:policy/bounds"
BOUNDLESS = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}],
}


@pytest.fixture
def held(served: Served) -> Served:
    """Serve an account that Kim administers by a group, and so do two roles, one of them within a boundary."""
    iam = served.sandbox.client("iam")
    iam.create_policy(PolicyName="bounds", PolicyDocument=json.dumps(BOUNDLESS))
    for group, user, policy in (("Admins", "kim", ADMINISTRATES), ("Readers", "lee", f"{AWS}/ReadOnlyAccess")):
        iam.create_group(GroupName=group)
        iam.attach_group_policy(GroupName=group, PolicyArn=policy)
        iam.create_user(UserName=user)
        iam.add_user_to_group(GroupName=group, UserName=user)
    for role, boundary in {"deployer": {}, "bounded": {"PermissionsBoundary": BOUNDS}}.items():
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(TRUST), **boundary)
        iam.attach_role_policy(RoleName=role, PolicyArn=ADMINISTRATES)
    served.sandbox.calls.clear()
    return served


def reconciled(served: Served, caller: str, manifest: Path, monkeypatch: pytest.MonkeyPatch) -> Result:
    """Reconcile as somebody, with everything permitted that can be permitted."""
    for name in ("AWS_PROFILE", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HOME", "AWS_EC2_METADATA_DISABLED", "AWS_ENDPOINT_URL"):
        monkeypatch.setenv(name, served.environment[name])
    key = served.sandbox.key(caller)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key.id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key.secret)
    monkeypatch.setenv("AWS_SESSION_TOKEN", key.token or "")
    return CliRunner().invoke(cli, ["reconcile", str(manifest), "--yes", "--allow-loosening"])


ADMIN, READ = "'aws:AdministratorAccess'", "'aws:ReadOnlyAccess'"
HERE = f"trust: {{accounts: ['{ACCOUNT}']}}"
SERVICE = "trust: {services: [ec2.amazonaws.com]}"
SMALL = "policies: {bounds: {statements: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}}"
LARGE = "policies: {bounds: {statements: [{Effect: Allow, Action: 'iam:*', Resource: '*'}]}}"


def group(name: str, *policies: str) -> str:
    return f"groups: {{{name}: {{people: false, policies: [{', '.join(policies)}]}}}}"


@pytest.mark.parametrize(
    ("caller", "iam", "says"),
    [
        ("mfa/kim", "users: {kim: {state: absent}}", "the manifest deletes kim, and that is you"),
        ("mfa/kim", "users: {lee: {state: absent}}", ""),
        ("mfa/kim", group("Admins", READ), "would administer nothing any more"),
        ("mfa/kim", group("Admins", ADMIN, READ), ""),
        ("role/bounded", SMALL, "would administer nothing any more"),
        ("role/bounded", LARGE, ""),
        ("role/deployer", f"roles: {{deployer: {{{HERE}, policies: [{READ}]}}}}", "would administer nothing any more"),
        ("role/deployer", f"roles: {{deployer: {{{HERE}, policies: [{ADMIN}, {READ}]}}}}", ""),
        ("role/deployer", f"roles: {{deployer: {{{SERVICE}, policies: [{ADMIN}]}}}}", "could assume deployer who can"),
        ("mfa/kim", group("Readers", READ, "'awsbase:require-mfa'"), "lee would be asked for MFA"),
        ("mfa/kim", group("Readers", READ, "'awsbase:require-mfa'", "'awsbase:self-service'"), ""),
        ("user/kim", "groups: {Admins: {policies: ['aws:AdministratorAccess']}}", "would be cut off midway"),
    ],
    ids=[
        "the own user",
        "another user",
        "the own group",
        "the own group keeps it",
        "the own boundary",
        "the own boundary allows it",
        "the own role",
        "the own role keeps it",
        "the trust of the own role",
        "MFA without self-service",
        "MFA with self-service",
        "MFA without a session",
    ],
)
def test_a_lock_out_is_refused_with_advice_and_its_counter_example_is_not(
    caller: str, iam: str, says: str, held: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = written(tmp_path / "acme.yaml", f"{EMPTY}iam:\n  {iam}\n")
    ended = reconciled(held, caller, manifest, monkeypatch)
    assert says in ended.stderr
    assert ended.exit_code == (1 if says else 0), ended.output
    assert ("→" in ended.stderr) == bool(says)
    assert bool(held.writes) == (not says)


def test_the_last_administrator_is_not_taken_away_by_somebody_else(
    held: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups = f"Admins: {{people: false, policies: [{READ}]}}"
    roles = f"deployer: {{{SERVICE}, policies: [{ADMIN}]}}, bounded: {{{SERVICE}, policies: [{READ}]}}"
    text = f"{EMPTY}iam:\n  groups: {{{groups}}}\n  roles: {{{roles}}}\n"
    nobody = written(tmp_path / "nobody.yaml", text)
    ended = reconciled(held, "role/elsewhere", nobody, monkeypatch)
    assert ended.exit_code == 1
    assert "nobody would administer the account any more but root; now it is kim, deployer, bounded" in ended.stderr
    assert held.writes == []

    one = written(tmp_path / "one.yaml", text.replace(READ, ADMIN, 1))
    assert reconciled(held, "role/elsewhere", one, monkeypatch).exit_code == 0
