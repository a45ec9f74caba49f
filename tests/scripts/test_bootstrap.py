"""`awsbase bootstrap` from root's key to an administrator, on a real terminal and over a socket."""

from __future__ import annotations

import re
import subprocess
import time
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pexpect
import pyotp
import pytest

from tests.scripts.conftest import ACCOUNT, AWSBASE, EMPTY, Served, written

pytestmark = pytest.mark.slow

ADMINISTRATED = (
    EMPTY
    + """\
iam:
  groups:
    Administrators: {policies: ["awsbase:administrator"]}
    Readers: {policies: ["awsbase:read-only"]}
  users:
    alice: {groups: [Administrators], console: true}
    bob: {groups: [Readers]}
"""
)


@pytest.fixture
def root(served: Served) -> dict[str, str]:
    """Return the environment of somebody with root's access key, on a terminal that draws nothing."""
    key = served.sandbox.key("root")
    return {
        **served.environment,
        "AWS_ACCESS_KEY_ID": key.id,
        "AWS_SECRET_ACCESS_KEY": key.secret,
        "TERM": "dumb",
    }


def terminal(environment: dict[str, str], *arguments: object) -> Any:
    command, *rest = AWSBASE
    return pexpect.spawn(
        command,
        [*rest, "bootstrap", *map(str, arguments)],
        env=environment,
        dimensions=(40, 120),
        encoding="utf-8",
        timeout=60,
    )


def enrolled(run: Any) -> pyotp.TOTP:
    """Take the seed into an app, and type the codes that are asked for."""
    run.expect(r"6 digits\):\r\n +([A-Z2-7 ]+)\r\n")
    seed = pyotp.TOTP(run.match[1].replace(" ", ""))
    now = int(time.time())
    for steps, question in ((-1, "code of alice"), (0, "the code after that one"), (1, "MFA code of alice")):
        run.expect(question)
        run.sendline(seed.at(now + 30 * steps))
    return seed


def test_a_second_bootstrap_reports_that_it_is_done(served: Served, root: dict[str, str], tmp_path: Path) -> None:
    manifest = written(tmp_path / "acme.yaml", ADMINISTRATED)
    run = terminal(root, manifest, "--from-root")
    run.expect(r"delete root's access key at the end\? \[y/N\] ")
    assert served.writes == []
    run.sendline("y")
    seed = enrolled(run)
    run.expect("is the administrator of account")
    run.expect(pexpect.EOF)
    run.close()
    assert run.exitstatus == 0
    assert served.writes[-1] == "iam:DeleteAccessKey"
    assert served.sandbox.client("iam").get_account_summary()["SummaryMap"]["AccountAccessKeysPresent"] == 0
    assert [user["UserName"] for user in served.sandbox.client("iam").list_users()["Users"]] == ["alice"]

    config = ConfigParser()
    config.read(tmp_path / ".aws/config")
    assert config["profile acme"]["mfa_serial"] == f"arn:aws:iam::{ACCOUNT}:mfa/alice"

    again = terminal(root, manifest, "--from-root")
    served.sandbox.clock.advance(60)
    again.expect("MFA code of alice")
    again.sendline(seed.at(int(served.sandbox.clock.time())))
    again.expect("root has no access key any more")
    again.expect(pexpect.EOF)
    again.close()
    assert again.exitstatus == 0


def test_bootstrap_runs_in_the_sandbox(nobody: dict[str, str], tmp_path: Path) -> None:
    manifest = written(tmp_path / "acme.yaml", ADMINISTRATED)
    run = terminal({**nobody, "TERM": "dumb"}, manifest, "--from-root", "--sandbox", "--yes")
    enrolled(run)
    run.expect("root has no access key any more")
    run.expect("is the administrator of account")
    run.expect(pexpect.EOF)
    run.close()
    assert run.exitstatus == 0
    assert not (tmp_path / ".aws").exists()


REFUSED = [
    ([], ADMINISTRATED, "confirm it with --from-root"),
    (["--from-root"], EMPTY, "names no administrator"),
    (["--from-root", "--user", "bob"], ADMINISTRATED, "bob is not an administrator"),
    (["--from-root"], ADMINISTRATED.replace("[Readers]", "[Administrators]"), "name one with --user: alice, bob"),
]


@pytest.mark.parametrize(("options", "text", "expected"), REFUSED, ids=[row[2] for row in REFUSED])
def test_ambiguous_options_are_refused(
    served: Served, root: dict[str, str], tmp_path: Path, options: list[str], text: str, expected: str
) -> None:
    run = terminal(root, written(tmp_path / "acme.yaml", text), *options)
    shown = run.read()
    run.close()
    assert run.exitstatus in (1, 2)
    assert expected in " ".join(re.sub(r"\s+", " ", shown).split())
    assert served.sandbox.calls == []


def test_a_no_changes_nothing(served: Served, root: dict[str, str], tmp_path: Path) -> None:
    run = terminal(root, written(tmp_path / "acme.yaml", ADMINISTRATED), "--from-root")
    run.expect(r"\[y/N\] ")
    run.sendline("")
    run.expect("declined, nothing was changed")
    run.expect(pexpect.EOF)
    run.close()
    assert run.exitstatus == 1
    assert served.writes == []


def test_an_administrator_needs_no_bootstrap(served: Served, tmp_path: Path) -> None:
    run = terminal(served.environment, written(tmp_path / "acme.yaml", ADMINISTRATED), "--from-root")
    run.expect(", not of root")
    run.expect(pexpect.EOF)
    run.close()
    assert served.writes == []


def test_bootstrap_needs_a_terminal(root: dict[str, str], tmp_path: Path) -> None:
    manifest = written(tmp_path / "acme.yaml", ADMINISTRATED)
    done = subprocess.run(
        [*AWSBASE, "bootstrap", str(manifest), "--from-root"],
        env=root,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 1
    assert "no terminal to ask" in done.stderr


def test_a_secret_is_read_from_a_pipe_and_from_the_terminal(served: Served) -> None:
    secrets = served.sandbox.client("secretsmanager", "eu-west-1")
    secrets.create_secret(Name="acme/partner")
    command = [*AWSBASE, "secret", "put", "acme/partner", "--region", "eu-west-1"]
    done = subprocess.run(command, env=served.environment, input="token\n", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "acme/partner has a new value\n")
    assert secrets.get_secret_value(SecretId="acme/partner")["SecretString"] == "token"

    run = pexpect.spawn(command[0], command[1:], env=served.environment, encoding="utf-8", timeout=60)
    for question in ("value of acme/partner: ", "value of acme/partner again: "):
        run.expect(question)
        run.sendline("hunter2")
    run.expect("has a new value")
    assert "hunter2" not in run.before
    run.expect(pexpect.EOF)
    run.close()
    assert secrets.get_secret_value(SecretId="acme/partner")["SecretString"] == "hunter2"
