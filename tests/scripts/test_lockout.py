"""The command refuses a manifest that would lock somebody out, before its first write."""

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


def allowing(**more: object) -> dict[str, object]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:*", "Resource": "*", **more}]}


IAM = f"arn:aws:iam::{ACCOUNT}"
# What administers IAM by less than everything.
LESS = {
    "scoped": allowing(Resource=[f"{IAM}:{kind}/*" for kind in ("user", "group", "role", "policy")]),
    "inside": allowing(Condition={"IpAddress": {"aws:SourceIp": ["127.0.0.0/8", "192.0.2.0/24"]}}),
    "putting": allowing(Action=["iam:Put*", "iam:Create*", "iam:Get*", "iam:List*"]),
    "least": allowing(Action=["iam:AttachGroupPolicy", "iam:DetachGroupPolicy"], Resource=f"{IAM}:group/Few"),
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


def planned(served: Served, caller: str, manifest: Path, monkeypatch: pytest.MonkeyPatch) -> Result:
    """Plan as somebody."""
    return run(served, caller, ["plan", str(manifest)], monkeypatch)


def reconciled(served: Served, caller: str, manifest: Path, monkeypatch: pytest.MonkeyPatch) -> Result:
    """Reconcile as somebody, with risky changes approved."""
    return run(served, caller, ["reconcile", str(manifest), "--yes", "--allow-risky"], monkeypatch)


def run(served: Served, caller: str, arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> Result:
    """Run a command as somebody."""
    for name in ("AWS_PROFILE", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HOME", "AWS_EC2_METADATA_DISABLED", "AWS_ENDPOINT_URL"):
        monkeypatch.setenv(name, served.environment[name])
    key = served.sandbox.key(caller)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key.id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key.secret)
    monkeypatch.setenv("AWS_SESSION_TOKEN", key.token or "")
    return CliRunner().invoke(cli, arguments)


ADMIN, READ = "'aws:AdministratorAccess'", "'aws:ReadOnlyAccess'"
HERE = f"trust: {{accounts: ['{ACCOUNT}']}}"
SERVICE = "trust: {services: [ec2.amazonaws.com]}"
SMALL = "policies: {bounds: {statements: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}}"
LARGE = "policies: {bounds: {statements: [{Effect: Allow, Action: 'iam:*', Resource: '*'}]}}"


def group(name: str, *policies: str) -> str:
    return f"groups: {{{name}: {{people: false, policies: [{', '.join(policies)}]}}}}"


def denying(where: str, **denied: object) -> str:
    """Write a policy that denies something under a condition, for a group that keeps what it has."""
    said = json.dumps({"Effect": "Deny", "Resource": "*", **denied})
    return f"policies: {{no: {{statements: [{said}]}}}}\n  {group(where, ADMIN, 'no', SELF_SERVICE)}"


def trusted(*more: object, **said: object) -> str:
    """Write the role of the caller with another trust."""
    allow = {"Effect": "Allow", "Principal": {"AWS": f"{IAM}:root"}, "Action": "sts:AssumeRole", **said}
    return f"roles: {{deployer: {{trust: {{statements: {json.dumps([allow, *more])}}}, policies: [{ADMIN}]}}}}"


SELF_SERVICE = "'awsbase:self-service'"
NO_MFA = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
AWAY = {"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}
QUARANTINE = "'aws:AWSCompromisedKeyQuarantineV3'"
NOBODY = {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
LOST, SHUT, CUT_OFF = "would administer nothing any more", "could assume deployer who can", "would be cut off midway"


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
        ("user/kim", "groups: {Admins: {policies: ['aws:AdministratorAccess']}}", CUT_OFF),
        ("user/kim", denying("Admins", NotAction=["iam:*MFA*", "sts:*"], Condition=NO_MFA), CUT_OFF),
        ("mfa/kim", denying("Admins", NotAction=["iam:*MFA*", "sts:*"], Condition=NO_MFA), ""),
        ("mfa/kim", denying("Admins", NotAction=["s3:*"], Condition=NO_MFA), "kim would be asked for MFA"),
        ("mfa/kim", denying("Admins", Action="*", Condition=AWAY), LOST),
        ("mfa/kim", denying("Admins", NotAction="iam:*", Condition=AWAY), ""),
        ("mfa/kim", group("Admins", ADMIN, QUARANTINE), LOST),
        ("mfa/kim", group("Readers", READ, QUARANTINE), ""),
        ("role/deployer", trusted(NOBODY), SHUT),
        ("role/deployer", trusted(Action="sts:TagSession"), SHUT),
        ("role/deployer", trusted(Condition={"StringEquals": {"sts:ExternalId": "x"}}), SHUT),
        ("role/deployer", trusted(Condition={"IpAddress": {"aws:SourceIp": "192.0.2.1"}}), SHUT),
        ("role/deployer", trusted(Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}), ""),
        ("role/deployer", trusted({**NOBODY, "Principal": {"AWS": "arn:aws:iam::999999999999:root"}}), ""),
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
        "a gate of another name without a session",
        "a gate of another name with a session",
        "a gate of another name that enrolment does not pass",
        "IAM is denied away from the office",
        "all but IAM is denied away from the office",
        "a quarantine of one's own",
        "a quarantine of others",
        "the own trust denies everybody",
        "the own trust lets nobody assume the role",
        "the own trust asks for an external id",
        "the own trust asks for an address",
        "the own trust asks for MFA",
        "the own trust denies somebody else",
    ],
)
def test_a_lock_out_is_refused_with_a_hint_and_its_counterexample_is_not(
    caller: str, iam: str, says: str, held: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = written(tmp_path / "acme.yaml", f"{EMPTY}iam:\n  {iam}\n")
    ended = reconciled(held, caller, manifest, monkeypatch)
    assert says in ended.stderr
    assert ended.exit_code == (1 if says else 0), ended.output
    assert ("→" in ended.stderr) == bool(says)
    assert bool(held.writes) == (not says)


@pytest.mark.parametrize("document", LESS.values(), ids=LESS)
def test_an_administrator_with_fewer_permissions_keeps_them(
    document: dict[str, object], held: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    iam = held.sandbox.client("iam")
    own = iam.create_policy(PolicyName="own", PolicyDocument=json.dumps(document))["Policy"]["Arn"]
    iam.create_group(GroupName="Few")
    iam.attach_group_policy(GroupName="Few", PolicyArn=own)
    iam.create_user(UserName="mia")
    iam.add_user_to_group(GroupName="Few", UserName="mia")
    held.sandbox.calls.clear()

    loses = written(tmp_path / "loses.yaml", f"{EMPTY}iam:\n  {group('Few', READ)}\n")
    assert LOST in reconciled(held, "mfa/mia", loses, monkeypatch).stderr
    assert held.writes == []

    keeps = written(tmp_path / "keeps.yaml", f"{EMPTY}iam:\n  {group('Few', repr(own), READ)}\n")
    assert reconciled(held, "mfa/mia", keeps, monkeypatch).exit_code == 0


def test_nobody_can_remove_the_last_administrator(
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

    new = "Newcomers: {policies: ['awsbase:administrator']}}\n  users: {newbie: {groups: [Newcomers]}}"
    somebody = written(tmp_path / "somebody.yaml", text.replace(f"{groups}}}", f"{groups}, {new}"))
    assert (
        "a new user has neither a password nor a key"
        in reconciled(held, "role/elsewhere", somebody, monkeypatch).stderr
    )
    assert held.writes == []

    one = written(tmp_path / "one.yaml", text.replace(READ, ADMIN, 1))
    assert reconciled(held, "role/elsewhere", one, monkeypatch).exit_code == 0


NOBODY_LEFT = "nobody would administer the account any more but root; now it is kim"


@pytest.mark.parametrize(
    ("iam", "says"),
    [
        ("users: {kim: {state: absent}}", NOBODY_LEFT),
        ("users: {kim: {groups: [Readers]}}\n  groups: {Readers: {people: false}}", NOBODY_LEFT),
        (group("Admins", READ), NOBODY_LEFT),
        (denying("Admins", Action="iam:*"), NOBODY_LEFT),
        (denying("Admins", NotAction=["s3:*"], Condition=NO_MFA), "kim would be asked for MFA and could not enrol"),
        (group("Admins", ADMIN, READ), ""),
        ("users: {lee: {state: absent}}", ""),
    ],
    ids=["deleted", "leaves", "detached", "denied", "gated", "kept", "somebody else"],
)
def test_a_plan_that_would_leave_no_administrator_is_refused(
    iam: str, says: str, held: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for role in ("deployer", "bounded"):
        held.sandbox.client("iam").detach_role_policy(RoleName=role, PolicyArn=ADMINISTRATES)
    held.sandbox.calls.clear()
    ended = planned(held, "role/elsewhere", written(tmp_path / "acme.yaml", f"{EMPTY}iam:\n  {iam}\n"), monkeypatch)
    assert says in ended.stderr
    assert ended.exit_code == (1 if says else 0), ended.output
    assert held.writes == []


def test_a_plan_that_binds_the_only_administrator_is_refused(
    held: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held.sandbox.client("iam").detach_group_policy(GroupName="Admins", PolicyArn=ADMINISTRATES)
    held.sandbox.client("iam").detach_role_policy(RoleName="bounded", PolicyArn=ADMINISTRATES)
    bound = f"roles: {{deployer: {{{HERE}, policies: [{ADMIN}], boundary: bounds}}}}\n  {SMALL}"
    ended = planned(held, "role/elsewhere", written(tmp_path / "acme.yaml", f"{EMPTY}iam:\n  {bound}\n"), monkeypatch)
    assert "nobody would administer the account any more but root; now it is deployer" in ended.stderr
    assert ended.exit_code == 1


def test_users_who_need_mfa_keep_their_self_service(
    held: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = "'awsbase:require-mfa'"
    first = written(tmp_path / "first.yaml", f"{EMPTY}iam:\n  {group('Readers', READ, gate, SELF_SERVICE)}\n")
    assert reconciled(held, "mfa/kim", first, monkeypatch).exit_code == 0
    held.sandbox.calls.clear()

    second = written(tmp_path / "second.yaml", f"{EMPTY}iam:\n  {group('Readers', READ, gate)}\n")
    ended = reconciled(held, "mfa/kim", second, monkeypatch)
    assert "lee would be asked for MFA and could not enrol" in ended.stderr
    assert held.writes == []

    neither = written(tmp_path / "neither.yaml", f"{EMPTY}iam:\n  {group('Readers', READ)}\n")
    assert reconciled(held, "mfa/kim", neither, monkeypatch).exit_code == 0
