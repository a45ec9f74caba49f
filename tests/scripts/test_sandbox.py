"""`awsbase sandbox` leads commands and shells to the embedded AWS, and to nothing else."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner

from awsbase import disk
from awsbase.people import exports
from awsbase.scripts import Invocation, cli
from awsbase.scripts.sandbox import delete, sourced
from tests.people.shell import AWS
from tests.scripts.conftest import ACCOUNT, AWSBASE, Served

# What leads past the sandbox, or makes a tool refuse its address.
HOSTILE = {
    "AWS_PROFILE": "prod",
    "AWS_DEFAULT_PROFILE": "prod",
    "AWS_SESSION_TOKEN": "token",
    "AWS_SECURITY_TOKEN": "token",
    "AWS_ROLE_ARN": "arn:aws:iam::999999999999:role/prod",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "/nosuch",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1",
    "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:1",
    "AWS_ENDPOINT_URL_IAM": "http://127.0.0.1:1",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
    "AWS_USE_FIPS_ENDPOINT": "true",
    "AWS_USE_DUALSTACK_ENDPOINT": "true",
    "AWSBASE_EXEC": "prod-mfa",
    "AWS_PAGER": "cat",
}
CONFIG = """\
[default]
region = us-gov-west-1
endpoint_url = http://127.0.0.1:1
services = far
use_fips_endpoint = true
credential_process = touch {mark}
[profile prod]
credential_process = touch {mark}
[services far]
iam =
  endpoint_url = http://127.0.0.1:1
"""
CREDENTIALS = "[default]\naws_access_key_id = AKIAPROD\naws_secret_access_key = x\naws_session_token = y\n"
IDENTITY = "import boto3; print(boto3.client('sts').get_caller_identity()['Account'], boto3.client('iam').list_users())"
SHELLS = [shell for shell in ("sh", "dash", "bash", "zsh", "busybox") if shutil.which(shell)]


def invoke(*arguments: object, **environ: str) -> Any:
    return CliRunner().invoke(cli, ["sandbox", *map(str, arguments)], obj=Invocation(environ))


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("before", [{}, HOSTILE], ids=["nothing", "hostile"])
def test_a_shell_drops_whatever_leads_elsewhere(
    before: dict[str, str], shell: str, nobody: dict[str, str], tmp_path: Path
) -> None:
    given = exports.variables("http://127.0.0.1:1", key_id="A", secret="it's", region="eu-west-1", folder=tmp_path)
    file = tmp_path / "env"
    file.write_text(exports.lines(given))
    words = [shell, "sh"] if shell == "busybox" else [shell]
    ended = subprocess.run(
        [*words, "-euc", f". {file}; env"], env=nobody | before, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    seen = dict(line.split("=", 1) for line in ended.stdout.splitlines() if line.startswith(("AWS_", "AWSBASE_EXEC")))
    kept = {name: value for name, value in before.items() if name == "AWS_PAGER"}
    assert seen == given | kept
    assert {**exports.without_aws(nobody | before), **given}.items() >= seen.items()
    assert exports.without_aws(before) == kept


@pytest.mark.slow
@pytest.mark.parametrize(
    "command", [[AWS, "sts", "get-caller-identity"], [sys.executable, "-c", IDENTITY]], ids=["cli", "boto3"]
)
def test_the_aws_tools_reach_nothing_else_under_a_hostile_configuration(
    command: list[str], served: Served, tmp_path: Path
) -> None:
    folder, mark = tmp_path / "empty", tmp_path / "called"
    for path, text in (("config", CONFIG.format(mark=mark)), ("credentials", CREDENTIALS)):
        (tmp_path / ".aws").mkdir(exist_ok=True)
        (tmp_path / ".aws" / path).write_text(text)
    key = served.sandbox.key()
    url = served.environment["AWS_ENDPOINT_URL"]
    given = exports.variables(url, key_id=key.id, secret=key.secret, region="eu-west-1", folder=folder)
    (tmp_path / "env").write_text(exports.lines(given))
    ended = subprocess.run(
        ["sh", "-c", '. "$0"; exec "$@"', str(tmp_path / "env"), *command],
        env=served.environment | HOSTILE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert ACCOUNT in ended.stdout
    assert not mark.exists()


@pytest.mark.slow
def test_a_command_takes_the_place_of_awsbase_and_the_sandbox_ends_with_it(nobody: dict[str, str]) -> None:
    show = "import json, os; print(json.dumps([os.getpid(), dict(os.environ)]), flush=True); input()"
    running = subprocess.Popen(
        [*AWSBASE, "sandbox", "--account", ACCOUNT, "--", sys.executable, "-c", show],
        env=nobody | HOSTILE,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with running:
        assert running.stdout is not None
        process, environ = json.loads(running.stdout.readline())
        # With the same process, exit code and signals are the command's.
        assert process == running.pid
        assert not (HOSTILE.keys() - {"AWS_PAGER"}) & environ.keys()
        at = urlsplit(environ["AWS_ENDPOINT_URL"])
        assert answers(at.hostname, at.port)
        assert Path(environ["AWS_CONFIG_FILE"]).parent.is_dir()
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=20) == -signal.SIGTERM
        # The server has its own end of stderr: that it is closed says that the server has ended.
        assert running.stderr is not None
        assert running.stderr.read() == ""
    assert not answers(at.hostname, at.port)
    assert not Path(environ["AWS_CONFIG_FILE"]).parent.exists()


def answers(host: str | None, port: int | None) -> bool:
    """Tell whether somebody listens at an address."""
    try:
        with socket.create_connection((host or "", port or 0), timeout=5):
            return True
    except ConnectionRefusedError:
        return False


@pytest.mark.slow
def test_exports_that_go_to_a_file_may_be_read_too_early(nobody: dict[str, str], tmp_path: Path) -> None:
    with (tmp_path / "env").open("w") as file:
        ended = subprocess.run(
            [*AWSBASE, "sandbox", "--deny", "nosuch"],
            env=nobody,
            stdout=file,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ended.stderr.startswith("a shell that reads the exports too early goes on with its own credentials")


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        (["--", "nosuch-command"], 127, "there is no command nosuch-command"),
        (["plan", "acme.yaml"], 2, "→ write `awsbase sandbox -- awsbase plan acme.yaml`"),
        (["plan", "my base.yaml"], 2, "→ write `awsbase sandbox -- awsbase plan 'my base.yaml'`"),
        (["--json", "--", "sh"], 2, "COMMAND gets the sandbox's environment by itself"),
        (["--env-file", "x", "--", "sh"], 2, "COMMAND gets the sandbox's environment by itself"),
        (["--env-file", "/nosuch/env"], 2, "there is no folder /nosuch"),
    ],
)
def test_what_cannot_be_served_says_why(arguments: list[str], code: int, expected: str) -> None:
    ended = invoke(*arguments, PATH="/bin:/usr/bin")
    assert ended.exit_code == code
    assert expected in ended.stderr


def test_a_link_that_appears_meanwhile_is_replaced_and_not_followed(tmp_path: Path) -> None:
    others, file = tmp_path / "precious", tmp_path / "env"
    others.write_text("kept")
    file.symlink_to(others)
    disk.replace(file, b"exports", private=True, follow=False)
    assert (file.is_symlink(), file.read_text(), others.read_text()) == (False, "exports", "kept")


def test_an_env_file_replaces_none_but_that_of_a_sandbox(tmp_path: Path) -> None:
    other, old = tmp_path / ".env", tmp_path / "sandbox.env"
    other.write_text("SECRET=1\n")
    old.write_text(exports.lines({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}))
    ended = invoke("--env-file", other)
    assert (ended.exit_code, other.read_text()) == (2, "SECRET=1\n")
    assert "exists already, and is not of a sandbox" in ended.stderr
    # The old one is deleted before anything can fail, so that nobody takes it for the new one.
    assert invoke("--env-file", old, "--deny", tmp_path / "nosuch.json").exit_code == 2
    assert not old.exists()


def test_a_sandbox_deletes_its_own_exports_and_not_those_of_a_later_one(tmp_path: Path) -> None:
    file, mine, later = tmp_path / "sandbox.env", tmp_path / "awsbase-sandbox-one", tmp_path / "awsbase-sandbox-two"
    file.write_text(exports.lines(exports.variables("http://127.0.0.1:1", "AKIA", "x", "us-east-1", later)))
    delete(file, mine)
    assert file.exists()
    delete(file, later)
    assert not file.exists()
    delete(file, later)


@pytest.mark.parametrize("name", ["sandbox.env", "-x", "my env"])
def test_a_shell_finds_the_exports_in_its_own_folder(name: str) -> None:
    assert sourced(Path(name)) == f"./{name}"
    assert sourced(Path("/srv") / name) == f"/srv/{name}"
