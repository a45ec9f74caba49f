"""A shell prompt shows what is left of the session, quickly, and never an error."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from awsbase.people import prompt
from tests.people.shell import AWS, ROOT

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)


def session(profile: str, until: str, source: str = "work") -> str:
    return f"[{profile}]\nx_source_profile = {source}\nx_security_token_expires = 2026-06-30T{until}\n"


KEY = "[work]\naws_access_key_id = AKIA\n"
LIVE = KEY + session("work-mfa", "19:05:30Z")


def process(options: str, profile: str = "daily") -> str:
    return f"[profile {profile}]\ncredential_process = /opt/awsbase mfa credentials {options}\n"


@pytest.mark.parametrize(
    ("credentials", "config", "environ", "profile", "expected"),
    [
        (LIVE, "", {"AWS_PROFILE": "work-mfa"}, None, "work-mfa 7h05m"),
        (LIVE, "", {"AWS_DEFAULT_PROFILE": "work-mfa", "AWS_PROFILE": "x"}, None, "work-mfa 7h05m"),
        (LIVE, "", {"AWS_PROFILE": "work"}, None, "work-mfa 7h05m"),
        (LIVE, "", {}, "work-mfa", "work-mfa 7h05m"),
        (session("default-mfa", "12:59:59Z", "default"), "", {}, None, "default-mfa 59m"),
        (session("work-mfa", "13:00:00Z"), "", {}, "work-mfa", "work-mfa 1h00m"),
        (session("work-mfa", "12:00:30+00:00"), "", {}, "work-mfa", "work-mfa 0m"),
        (session("work-mfa", "11:59:59"), "", {}, "work-mfa", "work-mfa expired"),
        (LIVE, process("--profile work"), {"AWS_PROFILE": "daily"}, None, "work-mfa 7h05m"),
        (session("work-Ops-mfa", "12:30:00Z"), process("--profile=work --role arn:aws:iam::1:role/x/Ops"),
         {"AWS_PROFILE": "daily"}, None, "work-Ops-mfa 30m"),
        (session("mine", "12:30:00Z"), process("--destination mine"), {"AWS_PROFILE": "daily"}, None, "mine 30m"),
        (LIVE, "", {"AWSBASE_EXEC": "work-mfa", "AWS_ACCESS_KEY_ID": "ASIA",
                    "AWS_CREDENTIAL_EXPIRATION": "2026-06-30T12:10:00Z"}, None, "work-mfa 10m"),
        (LIVE, "", {"AWS_ACCESS_KEY_ID": "ASIA", "AWS_CREDENTIAL_EXPIRATION": "2026-06-30T12:10:00Z"}, None,
         "environment 10m"),
        (LIVE, "", {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_PROFILE": "work-mfa"}, None, ""),
        (LIVE, "", {"AWS_ACCESS_KEY_ID": "AKIA"}, "work", "work-mfa 7h05m"),
        (LIVE, process("--profile other"), {"AWS_PROFILE": "daily"}, None, ""),
        (LIVE, "[profile daily]\ncredential_process = other mfa\n", {"AWS_PROFILE": "daily"}, None, ""),
        (LIVE + session("prod-mfa", "12:30:00Z", "prod"),
         "[profile prod]\nsource_profile = work-mfa\nx_source_profile = work\n", {"AWS_PROFILE": "prod"}, None,
         "work-mfa 7h05m"),
        (KEY, "", {"AWS_PROFILE": "work"}, None, ""),
        (LIVE, "", {"AWS_PROFILE": ""}, None, ""),
        (session("w\x1b[31m", "12:30:00Z"), "", {}, "w\x1b[31m", "w[31m 30m"),
    ],
    ids=["session", "older variable", "its source", "option", "default", "hour", "last minute", "expired", "process",
         "process for a role", "process elsewhere", "exec", "other tool", "keys win", "option wins", "nothing yet",
         "other process", "role of an organization", "no session", "empty", "escape"],
)  # fmt: skip
def test_the_prompt_shows_the_session_in_use(
    credentials: str, config: str, environ: dict[str, str], profile: str | None, expected: str, tmp_path: Path
) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/credentials").write_text(credentials)
    (tmp_path / ".aws/config").write_text(config)
    assert prompt.left(environ, str(tmp_path), NOW, profile) == expected


@pytest.mark.parametrize("content", [b"[work-mfa", b"\xff\xfe", None], ids=["no header", "no text", "a folder"])
def test_the_prompt_shows_no_error(content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    credentials = tmp_path / ".aws/credentials"
    credentials.parent.mkdir()
    if content is None:
        credentials.mkdir()
    else:
        credentials.write_bytes(content)
    prompt.show({}, str(tmp_path), NOW)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    "arguments",
    [
        ["whoami"],
        ["plan", "--prompt"],
        ["whoami", "--prompt", "--json"],
        ["whoami", "--prompt", "--profile"],
        ["--prompt"],
    ],
    ids=" ".join,
)
def test_other_arguments_are_left_to_the_command_line(arguments: list[str]) -> None:
    assert not prompt.answer(arguments)


def home_with_a_session(home: Path) -> dict[str, str]:
    (home / ".aws").mkdir()
    (home / ".aws/credentials").write_text(LIVE.replace("2026", "2999"))
    return {"HOME": str(home), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "AWS_PROFILE": "work-mfa"}


@pytest.mark.slow
@pytest.mark.parametrize("form", [["--prompt"], ["--prompt", "--profile", "work"], ["--profile=work", "--prompt"]])
def test_the_prompt_is_answered_before_click_is_imported(form: list[str], tmp_path: Path) -> None:
    script = (
        "import atexit, json, sys\natexit.register(lambda: print(json.dumps(sorted(sys.modules))))\n"
        f"sys.argv = ['awsbase', 'whoami', *{form!r}]\nfrom awsbase.__main__ import main\nmain()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=home_with_a_session(tmp_path), capture_output=True, text=True
    )
    shown, imported = done.stdout.splitlines()
    assert shown.startswith("work-mfa ")
    assert {"click", "dataclasses", "boto3", "botocore", "typing"}.isdisjoint(json.loads(imported))


@pytest.mark.slow
def test_the_prompt_takes_at_most_015_of_aws_version(tmp_path: Path) -> None:
    environ = home_with_a_session(tmp_path)

    def processor_time(*command: str) -> float:
        with subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL) as run:
            _, status, used = os.wait4(run.pid, 0)
            run.returncode = os.waitstatus_to_exitcode(status)
        assert run.returncode == 0
        return used.ru_utime + used.ru_stime

    # The shortest of several: whatever else the machine does only makes them longer.
    ours = min(processor_time(sys.executable, "-m", "awsbase", "whoami", "--prompt") for _ in range(7))
    theirs = min(processor_time(AWS, "--version") for _ in range(4))
    assert ours <= 0.15 * theirs
