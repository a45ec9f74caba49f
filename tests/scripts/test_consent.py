"""Nothing is applied without consent: a yes at a terminal, `--yes` or an approved plan."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from awsbase.engine.changes import Change
from awsbase.engine.risk import RiskyChange, access, deletion
from awsbase.scripts import cli
from awsbase.view.risks import warning
from tests.bastion.test_commands import SSM
from tests.scripts.conftest import ACCOUNT, AWSBASE, EMPTY, FULL, Served, written
from tests.scripts.test_lock import someones
from tests.scripts.test_terminal import ended, terminal

POLICY = EMPTY + "iam:\n  password_policy: {minimum_length: 14}\n  groups: {ops: {people: false}}\n"
NOBODY = "no terminal to ask on: --yes\n  → nothing was changed\n"


def awsbase(served: Served, *arguments: object, said: str | None = None, **environment: str) -> Result:
    """Run a command in this process, with something piped in."""
    unset = dict.fromkeys(name for name in os.environ if name.startswith("AWS_"))
    runner = CliRunner(env={**unset, **served.environment, **environment})
    return runner.invoke(cli, [str(argument) for argument in arguments], input=said)


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    return written(tmp_path / "acme.yaml", POLICY)


@pytest.mark.parametrize("said", ["n\n", "y\n", "acme\n", ""])
def test_what_is_piped_in_is_no_answer(said: str, served: Served, policy: Path) -> None:
    refused = awsbase(served, "reconcile", policy, said=said)
    assert (refused.exit_code, refused.stdout, served.writes) == (2, "", [])
    assert refused.stderr.endswith(
        "awsbase: no terminal to ask on: --yes, or --approved PLAN\n  → nothing was changed\n"
    )
    assert awsbase(served, "reconcile", policy, "--yes").exit_code == 0


def test_where_there_is_nothing_to_do_nothing_is_asked(served: Served, policy: Path) -> None:
    assert awsbase(served, "reconcile", policy, "--yes").exit_code == 0
    assert awsbase(served, "reconcile", policy).exit_code == 0


@pytest.fixture
def asking(tmp_path: Path) -> Mapping[str, list[object]]:
    """Return commands that ask where an account is locked, and has nothing yet."""
    full, bastion = written(tmp_path / "full.yaml", FULL), written(tmp_path / "bastion.yaml", SSM)
    return {
        "drill": ["drill", full],
        "unlock": ["unlock", full],
        "up": ["bastion", "up", bastion],
    }


@pytest.mark.parametrize("name", ["drill", "unlock", "up"])
def test_every_command_that_asks_names_yes_alone(name: str, asking: Mapping[str, list[object]], served: Served) -> None:
    with someones(served.sandbox).held(None):
        served.sandbox.calls.clear()
        refused = awsbase(served, *asking[name], said="y\n")
        assert (refused.exit_code, refused.stdout, served.writes) == (2, "", [])
        assert refused.stderr.endswith(f"awsbase: {NOBODY}")


@pytest.mark.slow
@pytest.mark.parametrize(("answer", "code"), [("y\r", 0), ("n\r", 1), ("\x04", 1), ("\x03", 130)], ids=repr)
def test_a_manifest_on_stdin_asks_on_the_controlling_terminal(
    answer: str, code: int, served: Served, policy: Path
) -> None:
    run = terminal(served.environment, "-c", f"{shlex.join(AWSBASE)} reconcile - < {policy}", program=["bash"])
    run.expect(r"Apply 2 changes to account 111122223333 \(acme\)\? \[y/N\] ")
    assert served.writes == []
    run.send(answer)
    assert ended(run)[0] == code
    assert bool(served.writes) == (code == 0)


def test_in_the_sandbox_nothing_is_asked(served: Served, policy: Path) -> None:
    assert awsbase(served, "reconcile", policy, "--sandbox").exit_code == 0


def risky(*risks: tuple[str, str, str]) -> Iterator[RiskyChange]:
    for kind, address, reason in risks:
        risk = (access if kind == "access" else deletion)(reason)
        assert risk
        what = address.partition("/")[0]
        yield RiskyChange(address, Change("update" if kind == "access" else "delete", what, "iam:X"), risk)


def test_the_question_says_what_is_risky_by_kind() -> None:
    weak = ("access", "password-policy/account", "passwords of 10 characters pass (was 14)")
    assert warning(list(risky(weak))) == (
        "password-policy/account  update password-policy:\n"
        "This widens access: passwords of 10 characters pass (was 14)."
    )
    bob, eve = ("deletion", "user/bob", "deletes a user"), ("deletion", "user/eve", "deletes a user")
    assert warning(list(risky(bob))) == "user/bob  delete user:\nThis deletes for good: a user."
    assert warning(list(risky(bob, weak, eve))) == (
        "password-policy/account  update password-policy:\n"
        "This widens access: passwords of 10 characters pass (was 14).\n"
        "This deletes for good:\n"
        "  user/bob  delete user: deletes a user\n"
        "  user/eve  delete user: deletes a user"
    )


@pytest.mark.slow
def test_what_is_risky_stands_last_on_the_screen(served: Served, tmp_path: Path) -> None:
    served.sandbox.client("iam").update_account_password_policy(MinimumPasswordLength=14, PasswordReusePrevention=24)
    ten = written(tmp_path / "ten.yaml", EMPTY + "iam:\n  password_policy: {minimum_length: 10}\n  users: {ann: {}}\n")
    run = terminal(served.environment, "reconcile", ten, columns=120)
    run.expect(
        r"Apply \d+ changes to account 111122223333 \(acme\)\?\r\n"
        r"password-policy/account  update password policy:\r\n"
        r"This widens access: passwords of 10 characters pass \(was 14\)\. Type acme to allow it: "
    )
    assert "needs you" in run.before
    run.sendline("acme")
    assert ended(run)[0] == 0


def test_a_saved_plan_knows_its_scope(served: Served, policy: Path, tmp_path: Path) -> None:
    plan = tmp_path / "a plan.json"
    made = awsbase(served, "plan", policy, "-o", plan, "--only", "group/ops")
    command = f"awsbase reconcile {policy} --approved '{plan}' --only group/ops"
    assert made.stderr == f"plan written to {plan}; `{command}` applies it and nothing else\n"
    assert json.loads(plan.read_text())["only"] == ["group/ops"]

    for other in (["iam"], ["password-policy/account"]):
        refused = awsbase(served, "reconcile", policy, "--approved", plan, "--only", *other)
        assert (refused.exit_code, served.writes) == (1, [])
        assert f"was made for --only group/ops, not for --only {other[0]}" in refused.stderr

    done = awsbase(served, "reconcile", policy, "--approved", plan, "--json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["only"] == ["group/ops"]
    assert [each["address"] for each in json.loads(done.stdout)["resources"]] == ["group/ops"]
    again = awsbase(served, *shlex.split(command)[1:])
    assert again.exit_code == 0, again.stderr


def test_a_plan_of_everything_is_not_applied_in_part(served: Served, policy: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    assert awsbase(served, "plan", policy, "-o", plan).exit_code == 0
    refused = awsbase(served, "reconcile", policy, "--approved", plan, "--only", "group/ops")
    assert (refused.exit_code, served.writes) == (1, [])
    assert "was made for the whole manifest, not for --only group/ops" in refused.stderr
    assert awsbase(served, "reconcile", policy, "--approved", plan, "--only", "iam").exit_code == 0


def test_the_hint_names_what_the_plan_was_made_with(served: Served, policy: Path, tmp_path: Path) -> None:
    written(policy, POLICY.replace("14", "12"))
    closed = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}
    deny = written(tmp_path / "deny.json", json.dumps(closed))
    made = awsbase(
        served,
        "plan",
        policy,
        "-o",
        tmp_path / "p.json",
        "--sandbox",
        "--deny",
        deny,
        "--profile",
        "x y",
        "--region",
        "eu-west-1",
    )
    assert f"--profile 'x y' --region eu-west-1 --sandbox --deny {deny}`" in made.stderr

    served.sandbox.client("iam").update_account_password_policy(MinimumPasswordLength=20)
    assert "--approved" in (made := awsbase(served, "plan", policy, "-o", tmp_path / "p.json")).stderr
    assert "--allow-risky` applies it and nothing else" in made.stderr


def test_a_plan_is_no_manifest(served: Served, policy: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    assert awsbase(served, "plan", policy, "-o", plan).exit_code == 0
    for command in ("reconcile", "plan", "validate"):
        refused = awsbase(served, command, plan)
        assert refused.exit_code == 2
        assert refused.stderr == (
            f"awsbase: {plan}: this is a plan: use --approved, `awsbase reconcile MANIFEST --approved {plan}`\n"
        )
    report = written(tmp_path / "report.json", awsbase(served, "reconcile", policy, "--yes", "--json").stdout)
    assert "this is the report of a run, and no manifest" in awsbase(served, "reconcile", report).stderr


def test_a_plan_shows_every_refusal_of_a_reconcile(served: Served, tmp_path: Path) -> None:
    iam = served.sandbox.client("iam")
    administrates = "arn:aws:iam::aws:policy/AdministratorAccess"
    iam.create_group(GroupName="Admins")
    iam.attach_group_policy(GroupName="Admins", PolicyArn=administrates)
    iam.create_user(UserName="kim")
    iam.add_user_to_group(GroupName="Admins", UserName="kim")
    key = served.sandbox.key("user/kim")
    kim = {"AWS_ACCESS_KEY_ID": key.id, "AWS_SECRET_ACCESS_KEY": key.secret}
    served.sandbox.calls.clear()
    groups = "groups: {Admins: {people: false, policies: ['aws:ReadOnlyAccess', 'awsbase:require-mfa']}}"
    manifest, plan = written(tmp_path / "acme.yaml", f"{EMPTY}iam:\n  {groups}\n"), tmp_path / "plan.json"
    whys = (
        f"this run makes you be asked for MFA: arn:aws:iam::{ACCOUNT}:user/kim",
        f"after this run you, arn:aws:iam::{ACCOUNT}:user/kim, would administer nothing any more",
        "after this run nobody would administer the account any more but root; now it is kim",
        "after this run kim would be asked for MFA and could not enrol a device",
    )

    shown = awsbase(served, "plan", manifest, "-o", plan, "--detailed-exitcode", **kim)
    assert shown.exit_code == 1
    assert "  ~ group/Admins" in shown.stdout
    assert "reconcile would refuse this, and change nothing\n" in shown.stdout
    document = json.loads(plan.read_text())
    refused = awsbase(served, "reconcile", manifest, "--yes", "--allow-risky", **kim)
    assert (refused.exit_code, refused.stdout, served.writes) == (1, "", [])
    for why, listed in zip(whys, document["refusals"], strict=True):
        assert f"  ✗ {why}" in shown.stdout
        assert listed["message"].startswith(why)
        assert listed["hint"] in shown.stdout
        for each in (shown, refused):
            assert f"awsbase: {why}" in each.stderr
            assert f"  → {listed['hint']}\n" in each.stderr
    assert f"plan written to {plan}; reconcile would refuse it\n" in shown.stderr
    assert awsbase(served, "reconcile", manifest, "--approved", plan, "--allow-risky", **kim).exit_code == 1
    assert served.writes == []
