"""`awsbase exec` runs a command with a session, and with nothing else that could be taken for one."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from awsbase.people import child, files
from awsbase.people.live_session import SessionRequest
from awsbase.people.secret import Secret
from awsbase.people.session import refresh
from awsbase.people.store import Session
from tests.people.alice import ACCOUNT, Alice
from tests.people.leaks import assert_no_secret
from tests.people.shell import AWS, Shell, ended, served, shell_of

USER = f"arn:aws:iam::{ACCOUNT}:user/alice"
SESSION = Session(
    "ASIA1", Secret("s3cret"), Secret("t0ken"), datetime(2026, 1, 1, tzinfo=UTC), "acme", "arn:aws:iam::1:mfa/alice"
)
OWN = {
    "AWS_ACCESS_KEY_ID": "ASIA1",
    "AWS_SECRET_ACCESS_KEY": "s3cret",
    "AWS_SESSION_TOKEN": "t0ken",
    "AWS_CREDENTIAL_EXPIRATION": "2026-01-01T00:00:00Z",
    "AWSBASE_EXEC": "acme-mfa",
}
EU, US = dict.fromkeys(child.REGIONS, "eu-west-1"), dict.fromkeys(child.REGIONS, "us-east-1")


@pytest.mark.parametrize(
    ("settings", "environ", "region", "expected"),
    [
        ("", {}, None, {}),
        ("region = eu-west-1", {}, None, EU),
        ("region = eu-west-1", {"AWS_REGION": "us-east-1"}, None, US),
        ("region = eu-west-1", {"AWS_DEFAULT_REGION": "us-east-1"}, None, US),
        ("", {"AWS_REGION": "a", "AWS_DEFAULT_REGION": "b"}, None, {"AWS_REGION": "a", "AWS_DEFAULT_REGION": "b"}),
        ("region = eu-west-1", {"AWS_REGION": ""}, None, EU),
        ("region = eu-west-1", {"AWS_REGION": "a", "AWS_DEFAULT_REGION": "b"}, "us-east-1", US),
        ("endpoint_url = http://a\noutput = json", {"AWS_ENDPOINT_URL": "http://b"}, None,
         {"AWS_ENDPOINT_URL": "http://b", "AWS_DEFAULT_OUTPUT": "json"}),
        ("services = near\n[services near]\nelastic_beanstalk =\n  endpoint_url = http://c\n  x = 1\ns3 =\n  y = 2", {},
         None, {"AWS_ENDPOINT_URL_ELASTIC_BEANSTALK": "http://c"}),
        ("use_fips_endpoint = true\nmfa_serial = x", {}, None, {"AWS_USE_FIPS_ENDPOINT": "true"}),
        ("", dict.fromkeys(child.OTHER_CREDENTIALS, "x"), None, {}),
        ("", {"AWS_CONFIG_FILE": "/x", "PATH": "/bin"}, None, {"AWS_CONFIG_FILE": "/x", "PATH": "/bin"}),
    ],
    ids=["nothing", "region", "environment first", "one for both", "both as they are", "empty", "option first",
         "endpoint", "services", "other settings", "other credentials", "other variables"],
)  # fmt: skip
def test_a_command_gets_the_session_and_no_other_credentials(
    settings: str, environ: dict[str, str], region: str | None, expected: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/config").write_text(f"[profile acme-mfa]\n{settings}\n")
    given = child.settings_of(files.find({}, tmp_path), "acme-mfa")
    assert child.environment(SESSION, "acme-mfa", given, environ, region) == OWN | expected


def test_every_variable_that_gives_botocore_credentials_or_a_profile_is_removed_or_replaced() -> None:
    from botocore import configprovider
    from botocore.credentials import ContainerProvider, EnvProvider

    known = configprovider.BOTOCORE_DEFAUT_SESSION_VARIABLES
    names = {EnvProvider.ACCESS_KEY, EnvProvider.SECRET_KEY, EnvProvider.EXPIRY_TIME, *EnvProvider.TOKENS}
    names |= {value for name, value in vars(ContainerProvider).items() if name.startswith("ENV_VAR")}
    for variable in ("profile", "web_identity_token_file", "role_arn", "role_session_name"):
        variables = known.get(variable, (None, None))[1] or ()
        names |= {variables} if isinstance(variables, str) else set(variables)
    assert {"AWS_PROFILE", "AWS_SECURITY_TOKEN", "AWS_CONTAINER_CREDENTIALS_FULL_URI"} <= names
    assert names - set(child.OTHER_CREDENTIALS) - OWN.keys() == set()


@pytest.fixture
def shell(alice: Alice) -> Shell:
    """Return her shell, with a live session."""
    alice.types(alice.phone.code)
    refresh(SessionRequest("acme"), alice.person())
    return shell_of(alice)


PROCESS = pytest.mark.slow


@PROCESS
@pytest.mark.parametrize(
    ("command", "code", "shown"),
    [
        (["sh", "-c", "exit 7"], 7, ""),
        (["nosuch-command"], 127, "awsbase: there is no command nosuch-command\n"),
        (["./nosuch"], 127, "awsbase: there is no command ./nosuch\n"),
        (["/"], 126, "awsbase: cannot run /: it is a folder\n"),
        (["./plain"], 126, "awsbase: cannot run ./plain: you may not execute ./plain\n"),
        (["./no-interpreter"], 127, "awsbase: cannot run ./no-interpreter: No such file or directory\n"),
        (["./no-header", "5"], 5, ""),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else None,
)
def test_the_exit_code_is_that_of_the_command_or_a_shells(
    command: list[str], code: int, shown: str, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shell.alice.home)
    for name, text in (("plain", ""), ("no-interpreter", "#!/nosuch/interpreter\n"), ("no-header", "exit $1\n")):
        Path(name).write_text(text)
        Path(name).chmod(0o644 if name == "plain" else 0o755)
    done = shell.run("exec", "--profile", "acme", "--", *command)
    assert done.returncode == code
    assert done.stderr.startswith(shown)
    assert bool(done.stderr) == bool(shown)


@PROCESS
def test_options_after_the_command_are_its_own(shell: Shell) -> None:
    done = shell.run("exec", "--profile", "acme", "echo", "--profile", "x", "-V", "--")
    assert (done.stdout, done.returncode) == ("--profile x -V --\n", 0)


@PROCESS
def test_only_the_command_has_the_session(shell: Shell) -> None:
    kept = files.read_credentials(shell.alice.files)["acme-mfa"]
    show = "import json, os, sys; print(json.dumps([dict(os.environ), open('/proc/self/cmdline').read()]))"
    environ = {"AWS_PROFILE": "nobody", "AWS_ACCESS_KEY_ID": "AKIAOTHER", "AWS_SECRET_ACCESS_KEY": "other"}
    done = shell.run("exec", "--profile", "acme", "--", sys.executable, "-c", show, **environ)

    seen, arguments = json.loads(done.stdout)
    assert seen["AWS_SESSION_TOKEN"] == kept["aws_session_token"]
    assert seen["AWS_ACCESS_KEY_ID"] == kept["aws_access_key_id"]
    assert (seen["AWS_REGION"], seen["AWSBASE_EXEC"]) == ("eu-west-1", "acme-mfa")
    given = {name for name in seen if name.startswith(("AWS", "PYDANTIC"))}
    assert given == {*OWN, *child.REGIONS, "AWS_EC2_METADATA_DISABLED"}
    assert_no_secret(shell.alice, arguments + done.stderr)


@PROCESS
def test_exec_within_exec_is_refused(shell: Shell) -> None:
    done = shell.run("exec", "--profile", "acme", "--", "awsbase", "exec", "--profile", "acme", "--", "true")
    assert done.returncode == 1
    assert done.stderr == (
        "awsbase: this is a command of `awsbase exec` already, with the session acme-mfa\n"
        "  → leave it first with `exit`, or run `unset AWSBASE_EXEC`\n"
    )


@PROCESS
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGQUIT])
def test_a_signal_reaches_the_command_and_ends_it_as_without_awsbase(number: int, shell: Shell) -> None:
    for script, expected in (
        (f"trap 'echo caught; exit 9' {number}; echo ready; while :; do sleep 0.01; done", ("caught\n", 9)),
        ("echo ready; exec sleep 60", ("", -number)),
    ):
        with subprocess.Popen(
            [shell.awsbase, "exec", "--profile", "acme", "--", "sh", "-c", script],
            env=shell.environ(),
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            # Under nohup, or in the background of a shell, tests ignore some signals, and so would the command.
            preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
        ) as run:
            assert run.stdout is not None
            assert run.stdout.readline() == "ready\n"
            os.kill(run.pid, number)
            assert (run.stdout.read(), run.wait(60)) == expected


@PROCESS
def test_a_closed_pipe_ends_the_command_as_without_awsbase(shell: Shell) -> None:
    line = f"set -o pipefail; {shell.awsbase} exec --profile acme -- yes | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = shell.program("bash", "-c", line)
    assert (done.stdout, done.stderr) == (f"y\n{128 + signal.SIGPIPE}\n", "")


@PROCESS
def test_a_code_is_asked_for_when_there_is_no_session_and_not_for_a_command_that_is_not_there(alice: Alice) -> None:
    shell = shell_of(alice)
    with served(alice):
        missing = shell.run("exec", "--profile", "acme", "--", "nosuch-command")
        assert (missing.returncode, alice.calls()) == (127, [])

        run = shell.spawn("exec", "--profile", "acme", "--", AWS, "sts", "get-caller-identity", "--query", "Arn")
        run.expect_exact("MFA code of alice-0: ")
        code = alice.phone.code()
        run.sendline(code)
        shown = ended(run)
    assert re.fullmatch(rf'\s*"{USER}"\s*', shown), shown
    assert code not in shown


@PROCESS
def test_giving_up_at_the_question_runs_nothing(alice: Alice) -> None:
    shell = shell_of(alice)
    with served(alice):
        run = shell.spawn("exec", "--profile", "acme", "--", "touch", str(alice.home / "ran"))
        run.expect_exact("MFA code of alice-0: ")
        run.sendintr()
        ended(run, 130)
    assert not (alice.home / "ran").exists()
