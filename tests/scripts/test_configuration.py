"""For any content of `~/.aws`, a command reports what is wrong in two lines and changes no file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from awsbase.scripts import cli

ROLE = "[default]\nrole_arn = arn:aws:iam::123456789012:role/x\n"
KEYS = "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI\n"


def process(command: str) -> str:
    return f"[default]\ncredential_process = {command}\n"


# What is wrong, and the files that say so; `/` is a folder in the file's place, `->` a link.
BROKEN: dict[str, dict[str, str | bytes]] = {
    "settings that are no settings": {"config": "no ini file\n"},
    "credentials that are no settings": {"credentials": "no ini file\n"},
    "a section twice": {"config": "[default]\nregion = a\n[default]\nregion = b\n"},
    "a setting twice": {"config": "[default]\nregion = a\nregion = b\n"},
    "settings in Latin-1": {"config": b"[default]\nregion = \xe9\xff\n"},
    "credentials in Latin-1": {"credentials": b"[default]\n# \xe9\xff\naws_access_key_id = A\n"},
    "settings in UTF-16": {"config": "[default]\nregion = x\n".encode("utf-16")},
    "a zero byte": {"config": "[default]\nregion = a\0b\n"},
    "a folder instead of settings": {"config/": ""},
    "a folder instead of credentials": {"credentials/": ""},
    "a link to itself": {"config->": "config"},
    "half a key": {"credentials": "[default]\naws_access_key_id = AKIAX\n"},
    "a source_profile that is not there": {"config": f"{ROLE}source_profile = gone\n"},
    "a role that depends on itself": {
        "config": f"{ROLE}source_profile = b\n[profile b]\n{ROLE.partition('[default]')[2]}source_profile = default\n"
    },
    "a role without a source": {"config": ROLE},
    "a token that is not there": {"config": f"{ROLE}web_identity_token_file = /no/such/file\nregion = eu-west-1\n"},
    "a process that fails": {"config": process("false")},
    "a process that is not there": {"config": process("/no/such/program")},
    "a process that says nothing": {"config": process("true")},
    "a process that chats": {"config": process("echo hello")},
    "a process that lists": {"config": process("echo []")},
    "a process of another version": {"config": process("printf '{\"Version\": 2}'")},
    "a process without keys": {"config": process("printf '{\"Version\": 1}'")},
    "a process that is no text": {"config": process("printf '\\377'")},
    "a process with an open quote": {"config": process('"x')},
    "a sign-in that has not happened": {
        "config": "[default]\nsso_start_url = https://x.awsapps.com/start\nsso_region = eu-west-1\n"
        "sso_account_id = 123456789012\nsso_role_name = A\nregion = eu-west-1\n"
    },
    "a sign-in that is not described": {
        "config": "[default]\nsso_session = gone\nsso_account_id = 1\nsso_role_name = A\n"
    },
    "an address that is none": {
        "config": "[default]\nendpoint_url = no url\nregion = eu-west-1\n",
        "credentials": KEYS,
    },
    "an address with an open bracket": {
        "config": "[default]\nendpoint_url = http://[::1\nregion = eu-west-1\n",
        "credentials": KEYS,
    },
    "services that are not described": {
        "config": "[default]\nservices = gone\nregion = eu-west-1\n",
        "credentials": KEYS,
    },
    "nothing at all": {},
}
COMMANDS = ("plan MANIFEST", "reconcile MANIFEST", "whoami", "passwd", "mfa refresh", "mfa list", "mfa create")


@pytest.fixture(autouse=True)
def _home(nobody: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("HOME", "AWS_EC2_METADATA_DISABLED"):
        monkeypatch.setenv(name, nobody[name])


def lay_out(folder: Path, files: dict[str, str | bytes]) -> dict[Path, bytes]:
    folder.mkdir()
    for name, content in files.items():
        if name.endswith("/"):
            (folder / name).mkdir()
        elif name.endswith("->"):
            (folder / name.removesuffix("->")).symlink_to(folder / str(content))
        else:
            (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return held(folder)


def held(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize("wrong", BROKEN)
def test_mistakes_in_the_aws_files_are_reported_and_the_files_stay(wrong: str, empty: Path, tmp_path: Path) -> None:
    before = lay_out(tmp_path / ".aws", BROKEN[wrong])
    for command in COMMANDS:
        ended = CliRunner().invoke(cli, [str(empty) if word == "MANIFEST" else word for word in command.split()])
        assert isinstance(ended.exception, SystemExit), command
        assert ended.exit_code in (1, 2), command
        assert ended.stdout == "", command
        assert "unforeseen" not in ended.stderr, (command, ended.stderr)
        assert 1 <= len(ended.stderr.splitlines()) <= 2, (command, ended.stderr)
        assert held(tmp_path / ".aws") == before, command


@pytest.mark.parametrize("home", ["/no/such/home", "/dev/null"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_missing_home_counts_as_empty(command: str, home: str, empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", home)
    ended = CliRunner().invoke(cli, [str(empty) if word == "MANIFEST" else word for word in command.split()])
    assert ended.exit_code in (1, 2)
    assert "unforeseen" not in ended.stderr
