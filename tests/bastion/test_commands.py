"""`awsbase bastion up`, `status`, `connect`, `doctor` and `down` against a served sandbox."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from awsbase.bastion.connection import REMOTE_PORT
from awsbase.scripts import cli
from tests.scripts.conftest import ACCOUNT, AWSBASE, Served, nobody, served, written
from tests.userdata.keys import ed25519

pytestmark = pytest.mark.slow

__all__ = ["nobody", "served"]

HEAD = f'version: 1\naccount: {{id: "{ACCOUNT}", name: acme, region: eu-west-1}}\n'
SSM = HEAD + "network: {}\nbastion: {on_demand: true}\n"
SSH = HEAD + (
    "iam:\n  users:\n"
    f"    alice: {{ssh_keys: ['{ed25519(1)}']}}\n"
    f"    Bob.Stone@acme.example: {{ssh_keys: ['{ed25519(2)}']}}\n"
    "bastion: {on_demand: true, mode: ssh, allow: [203.0.113.0/24]}\n"
)
# What a stand-in was called as, one word a line.
STAND_IN = '#!/bin/sh\nprintf "%s\\n" "${0##*/}" "$@" >"$CALLED"\n'


@dataclass
class Prompts:
    """Somebody with a manifest, a served sandbox, and programs that only note how they were called."""

    served: Served
    folder: Path
    text: str

    def __post_init__(self) -> None:
        self.manifest = written(self.folder / "acme.yaml", self.text)
        self.programs("aws", "session-manager-plugin", "ssh")

    def programs(self, *names: str) -> None:
        """Let just these programs be there."""
        self.path = self.folder / "-".join(names)
        self.path.mkdir()
        for name in names:
            written(self.path / name, STAND_IN).chmod(0o755)

    @property
    def environment(self) -> dict[str, str]:
        return {**self.served.environment, "PATH": str(self.path), "CALLED": str(self.folder / "called")}

    def run(self, command: str, *words: str) -> Result:
        """Run a command in this process."""
        unset = dict.fromkeys(name for name in os.environ if name.startswith("AWS_"))
        runner = CliRunner(env={**unset, **self.environment})
        consent = ["--yes"] if command in ("up", "down") else []
        return runner.invoke(cli, ["bastion", command, str(self.manifest), *words, *consent])

    def well(self, *words: str) -> str:
        ended = self.run(*words)
        assert ended.exit_code == 0, ended.stdout + ended.stderr
        return ended.stdout

    def becomes(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command that another program takes the place of, in a process of its own."""
        command = [*AWSBASE, "bastion", "connect", str(self.manifest), *words]
        return subprocess.run(
            command, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
        )

    def document(self, *words: str) -> Any:
        return json.loads(self.well(*words, "--json"))

    @property
    def called(self) -> list[str]:
        return (self.folder / "called").read_text().splitlines()


@pytest.fixture
def ssm(served: Served, tmp_path: Path) -> Prompts:
    return Prompts(served, tmp_path, SSM)


@pytest.fixture
def ssh(served: Served, tmp_path: Path) -> Prompts:
    return Prompts(served, tmp_path, SSH)


def test_a_bastion_is_started_used_and_terminated(ssm: Prompts) -> None:
    assert "not there" in ssm.well("status")
    absent = ssm.run("connect")
    assert (absent.exit_code, f"`awsbase bastion up {ssm.manifest}` starts one" in absent.stderr) == (1, True)

    ssm.well("up", "--ttl", "4h")
    found = ssm.document("status")
    assert (found["mode"], found["instance"]["state"], found["agent"]) == ("ssm", "running", "Online")
    assert found["ends"]
    assert found["outdated"] == []

    id = found["instance"]["id"]
    connected = ssm.becomes()
    words = ["aws", "ssm", "start-session", "--target", id, "--region", "eu-west-1"]
    assert ssm.called == words
    assert f"$ {shlex.join(words)}\n" in connected.stderr
    assert ssm.well("connect", "--print") == shlex.join(words) + "\n"

    forwarded = ssm.becomes("--forward", "db.internal:5432:15432")
    given = '{"host":["db.internal"],"portNumber":["5432"],"localPortNumber":["15432"]}'
    assert ssm.called == [*words, "--document-name", REMOTE_PORT, "--parameters", given]
    assert forwarded.stderr.startswith("127.0.0.1:15432 leads to db.internal:5432\n$ aws ssm start-session ")

    doctor = ssm.document("doctor")
    assert [check for check in doctor["checks"] if not check["fine"]] == []

    # Up again does nothing but put the end off.
    again = ssm.document("up", "--ttl", "8h")
    assert [each["address"].partition("/")[0] for each in again["resources"] if each["changes"]] == ["schedule"]
    assert ssm.document("status")["ends"] > found["ends"]
    assert ssm.document("status")["instance"]["id"] == id

    gone = ssm.well("down")
    assert "instance" in gone
    assert ssm.document("status")["instance"] is None
    assert "nothing to do" in ssm.well("down")
    assert ssm.run("doctor").exit_code == 1


def test_ssh_logs_in_as_the_user_and_a_removed_user_is_reported(ssh: Prompts) -> None:
    up = ssh.run("up")
    assert up.exit_code == 0, up.stdout + up.stderr
    assert "accounts on it: alice, bob-stone" in up.stderr
    found = ssh.document("status")
    assert found["accounts"] == ["alice", "bob-stone"]

    who = ssh.run("connect")
    assert (who.exit_code, "accounts on it: alice, bob-stone" in who.stderr) == (2, True)
    ssh.becomes("--user", "Bob.Stone@acme.example", "--forward", "db:5432")
    key = ["-o", f"HostKeyAlias={found['instance']['id']}", "-o", "StrictHostKeyChecking=accept-new"]
    tunnel = ["-N", "-o", "ExitOnForwardFailure=yes", "-L", "127.0.0.1:5432:db:5432"]
    assert ssh.called == ["ssh", *key, *tunnel, f"bob-stone@{found['instance']['public_ip']}"]

    kept = [line for line in SSH.splitlines(keepends=True) if "Bob" not in line]
    written(ssh.manifest, "".join(kept))
    assert "removes the account bob-stone" in ssh.document("status")["outdated"]
    plan = ssh.document("up")
    replaced = [change for each in plan["resources"] for change in each["changes"] if change["action"] == "replace"]
    assert [change["what"] for change in replaced] == ["instance"]
    assert "removes the account bob-stone" in json.dumps(replaced)
    after = ssh.document("status")
    assert after["accounts"] == ["alice"]
    assert after["instance"]["id"] != found["instance"]["id"]


def test_instance_connect_uses_its_endpoint(served: Served, tmp_path: Path) -> None:
    desk = Prompts(served, tmp_path, HEAD + "bastion: {on_demand: true, mode: instance-connect}\n")
    desk.well("up")
    desk.becomes("--forward", "db:5432")
    id = desk.document("status")["instance"]["id"]
    start = ["aws", "ec2-instance-connect", "ssh", "--instance-id", id, "--connection-type", "eice"]
    common = ["--os-user", "ec2-user", "--region", "eu-west-1"]
    words = [*start, *common, "--local-forwarding", "127.0.0.1:5432:db:5432"]
    assert desk.called == words

    # What is only printed need not be installed.
    desk.programs("nothing")
    assert desk.well("connect", "--forward", "db:5432", "--print") == shlex.join(words) + "\n"
    assert desk.document("connect", "--forward", "db:5432")["command"] == words


@pytest.mark.parametrize(
    ("mode", "there", "missing"),
    [
        ("ssm", ["aws"], "session-manager-plugin"),
        ("ssm", ["session-manager-plugin"], "aws"),
        ("instance-connect", ["aws"], "ssh"),
        ("ssh, allow: [203.0.113.0/24]", ["aws"], "ssh"),
    ],
)
def test_a_missing_program_is_reported_before_aws_is_called(
    served: Served, tmp_path: Path, mode: str, there: list[str], missing: str
) -> None:
    desk = Prompts(served, tmp_path, SSH.replace("ssh, allow: [203.0.113.0/24]", mode))
    desk.programs(*there)
    served.sandbox.calls.clear()
    ended = desk.run("connect")
    assert ended.exit_code == 1
    assert f"mode {mode.partition(',')[0]} needs the program {missing}" in ended.stderr
    assert "→" in ended.stderr
    assert list(served.sandbox.calls) == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["up", "--ttl", "1m"], "from 15 min to 7 days"),
        (["up", "--ttl", "soon"], "is not a duration"),
        (["connect", "--forward", "db"], "is no port to forward"),
        (["connect", "--user", "alice"], "--user is for mode ssh"),
    ],
)
def test_invalid_options_are_refused(ssm: Prompts, words: list[str], expected: str) -> None:
    ended = ssm.run(*words)
    assert (ended.exit_code, expected in ended.stderr) == (2, True), ended.stderr


def test_a_manifest_without_a_bastion_is_refused(ssm: Prompts) -> None:
    written(ssm.manifest, HEAD)
    ended = ssm.run("status")
    assert (ended.exit_code, "no bastion section" in ended.stderr) == (2, True)


def test_up_in_the_sandbox_makes_an_empty_second_plan(nobody: dict[str, str], tmp_path: Path) -> None:
    manifest = written(tmp_path / "acme.yaml", SSM)
    command = [*AWSBASE, "bastion", "up", str(manifest), "--ttl", "1h", "--sandbox", "--json"]
    ended = subprocess.run(command, env={**os.environ, **nobody}, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert json.loads(ended.stdout)["second"]["calls"]["write"] == 0
