"""`plan` and `reconcile` of an organization file: each account its own, and what is the same told once."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from awsbase.scripts import cli
from tests.fleet.conftest import FILE, TWO, Acme
from tests.fleet.organizations import TEMPLATE
from tests.organization.files import written
from tests.scripts.test_terminal import ESCAPES, ended, terminal

HERE = ("--jobs", 1)
WHO = "sts:GetCallerIdentity"


@pytest.mark.slow
def test_accounts_are_planned_reconciled_by_several_processes_and_then_done(acme: Acme) -> None:
    plan = acme.run("plan", acme.file, *HERE, "--detailed-exitcode")
    assert plan.exit_code == 2
    assert plan.stdout == (
        "acme: 2 accounts, 2 with changes\n\n"
        "the same in all 2 accounts: prod, dev\n"
        "  + password-policy/account\n\n"
        "changes: 2 to create\n"
        "4 calls, no write\n"
    )
    assert acme.written == []
    # One call more than a run on one account: who each profile is, before anything else.
    assert acme.calls("prod") == [WHO, WHO, "iam:GetAccountPasswordPolicy"]

    done = acme.run("reconcile", acme.file, "--jobs", 2, "--yes", "--json")
    assert (done.exit_code, acme.written) == (0, ["prod", "dev"])
    assert {name: each["status"] for name, each in json.loads(done.stdout)["accounts"].items()} == {
        "prod": "done",
        "dev": "done",
    }
    assert "2 of 2 done, 0 left" in done.stderr
    assert [stat.S_IMODE(each.stat().st_mode) for each in acme.records] == [0o600] * 2

    acme.world.forget_calls()
    again = acme.run("reconcile", acme.file, *HERE)
    assert (again.exit_code, acme.written) == (0, [])
    assert again.stdout.startswith("acme: 2 accounts, 2 with nothing to do\n")


def test_each_account_is_checked_before_anything_is_read(acme: Acme) -> None:
    for name, id in TWO.items():
        acme.file.write_text(acme.file.read_text().replace(id, f"{id[:-1]}9"))
        assert name
    refused = acme.run("reconcile", acme.file, *HERE, "--yes")
    assert refused.exit_code == 2
    assert "reach 333333333333, and accounts.prod says 333333333339" in refused.stderr
    assert "reach 444444444444, and accounts.dev says 444444444449" in refused.stderr
    assert {call for name in TWO for call in acme.calls(name)} == {WHO}
    assert acme.records == []


@pytest.mark.slow
def test_risky_changes_of_a_protected_account_need_its_own_approval(acme: Acme, tmp_path: Path) -> None:
    # Shorter passwords than an account asks for now are risky.
    for name in TWO:
        acme.iam(name).update_account_password_policy(MinimumPasswordLength=20)
    acme.world.forget_calls()
    folder = tmp_path / "plans"
    planned = acme.run("plan", acme.file, *HERE, "-o", folder)
    assert "needs your approval\n  the same in all 2 accounts: prod, dev\n    ! password-policy" in planned.stdout
    assert f"2 plans written to {folder}/" in planned.stderr
    assert f"--approved {folder} --allow-risky` applies what they list and nothing else" in planned.stderr
    assert sorted(each.name for each in folder.iterdir()) == ["dev.json", "index.json", "prod.json"]
    assert {stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()} == {0o600}

    others = acme.run("reconcile", acme.file, *HERE, "--yes", "--allow-risky", "--tolerate", "100%")
    assert (others.exit_code, acme.written) == (1, ["dev"])
    assert "these changes are risky, and nobody has approved them" in others.stdout
    assert "→ the account is protected: run it on a terminal and type its name" in others.stdout
    run = acme.records[-1].stem
    assert f"1 account not finished: `awsbase reconcile {acme.file} --resume {run}` goes on" in others.stderr

    acme.world.forget_calls()
    approved = acme.run(
        "reconcile", acme.file, *HERE, "--approved", folder, "--allow-risky", "--resume", run, "--account", "prod,dev"
    )
    assert (approved.exit_code, acme.written) == (0, ["prod"])
    # The other account is finished: it was asked who it is, and nothing else.
    assert acme.calls("dev") == [WHO]

    (folder / "prod.json").write_text((folder / "prod.json").read_text().replace("20", "8"))
    spoilt = acme.run("reconcile", acme.file, "--approved", folder)
    assert spoilt.exit_code == 2
    assert f"{folder}/prod.json is not the plan that was written" in spoilt.stderr


ONE = "version: 1\naccount: {id: '111111111111', name: acme, region: eu-west-1}\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("plan", "one.yaml", "--jobs", 2), "--jobs is about several accounts, and one.yaml is the manifest of one"),
        (("plan", "org.yaml", "--account", "prdo"), "org.yaml has no account 'prdo'\n  → did you mean 'prod'?"),
        (("plan", "org.yaml", "--account", ""), "--account names no account\n  → leave --account out"),
        (("reconcile", "org.yaml", "--yes", "--wave", ","), "--wave names no account"),
        (
            ("plan", "org.yaml", "--only", "trial"),
            "prod has not all of --only trial\n  → `awsbase accounts show org.yaml",
        ),
        (("plan", "org.yaml", "--only", "password-policy/acount"), "  → did you mean 'password-policy/account'?"),
        (("plan", "org.yaml", "--who"), "--who is about the plan of one account"),
        (("plan", "org.yaml", "-o", "-"), "-o - is about the plan of one account"),
        (("plan", "org.yaml", "-o", "."), ". is there already and holds no plans"),
        (("plan", "org.yaml", "--region", "us-east-1"), "org.yaml says itself where each account has its home"),
        (("plan", "org.yaml", "--tolerate", "many"), "--tolerate many is no number of accounts"),
        (("reconcile", "org.yaml", "--wave", "staging"), "--wave staging covers no account"),
        (("reconcile", "org.yaml", "--approved", "."), ". is no folder of plans"),
        (("outputs", "org.yaml", "--format", "env"), "--format env is about one account"),
        (("graph", "org.yaml"), "`awsbase accounts show org.yaml NAME -o NAME.yaml`, and name that file"),
        (("access", "org.yaml", "--account", ","), "--account names no account"),
        (
            ("plan", "org.yaml"),
            "prod cannot be reached: no profile called acme-prod in the AWS files\n"
            "awsbase: dev cannot be reached: no profile called acme-dev in the AWS files",
        ),
    ],
    ids=lambda each: " ".join(map(str, each)) if isinstance(each, tuple) else "",
)
def test_what_does_not_go_together_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[Any, ...], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, FILE, account=TEMPLATE, one=ONE)
    environment = {"HOME": str(tmp_path), "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    refused = CliRunner(env=environment).invoke(cli, list(map(str, words)))
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert message in refused.stderr


def test_commands_that_look_take_the_file_too(acme: Acme) -> None:
    assert acme.run("validate", acme.file).stdout == (
        f"{acme.file}: 2 accounts, fine\n  prod  333333333333  1 resource\n  dev   444444444444  1 resource\n"
    )
    given = json.loads(acme.run("outputs", acme.file).stdout)
    assert {name: values["account_id"] for name, values in given.items()} == TWO
    wrong = acme.run("outputs", acme.file, AWS_CONFIG_FILE=os.devnull)
    assert wrong.exit_code == 1
    lines = [line.partition(" cannot")[0] for line in wrong.stderr.splitlines()]
    assert lines[:2] == ["awsbase: prod", "awsbase: dev"]


@pytest.mark.slow
def test_on_a_terminal_it_asks_once_and_for_the_name_of_a_protected_account(acme: Acme) -> None:
    for name in TWO:
        acme.iam(name).update_account_password_policy(MinimumPasswordLength=20)
    acme.world.forget_calls()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "XDG_"))}
    run = terminal({**kept, **acme.environment, "TERM": "xterm"}, "reconcile", acme.file, *HERE)
    run.expect("Type acme to allow it: ")
    shown = ESCAPES.sub("", run.before)
    assert "the same in all 2 accounts: prod, dev" in shown
    assert "Apply the changes to 2 accounts of acme?\ndev (444444444444):" in shown
    assert acme.written == []
    run.sendline("acme")
    run.expect("Type prod to allow it: ")
    assert "prod (333333333333) is protected." in run.before
    run.sendline("prod")
    code, rest = ended(run)
    assert (code, acme.written) == (0, ["prod", "dev"])
    assert "acme: 2 accounts, 2 done" in rest
