"""MFA commands on a real terminal, against a served account, without leftovers or leaked secrets."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest

from awsbase.ensure.mfa_device import MfaDevice
from awsbase.sandbox import Fault
from awsbase.scripts.prompts import CLEAR
from tests.contract.sample import HOME, go
from tests.people.alice import Alice
from tests.people.leaks import assert_no_secret, leaked
from tests.people.shell import Shell, ended, served, shell_of
from tests.people.test_qr import decoded

pytestmark = pytest.mark.slow

FIRST = "code of alice"
NEXT = "the code after that one"
OFFER = "Create a second device now"


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    alice = Alice(tmp_path, devices=0)
    with served(alice):
        yield shell_of(alice)


class Enrolment:
    """`awsbase mfa create` on a terminal, and an app that scans the QR code."""

    def __init__(self, shell: Shell, *options: str, size: tuple[int, int] = (50, 100), **environ: str) -> None:
        self.shell = shell
        self.shown = ""
        self.app = pyotp.TOTP("A" * 32)
        # Steps are counted from here.
        self.began = int(shell.alice.sandbox.clock.time())
        self.child: Any = shell.terminal(
            [shell.awsbase, "mfa", "create", "--profile", "acme", "--debug", *options], size, **environ
        )

    def until(self, what: str) -> str:
        self.child.expect_exact(what)
        self.shown += self.child.before + self.child.after
        before: str = self.child.before
        return before

    def scan(self) -> str:
        """Scan the code that is shown before the next question; return its address."""
        [address] = decoded(self.until(FIRST))
        self.app = pyotp.TOTP(parse_qs(urlsplit(address).query)["secret"][0])
        return address

    def code(self, steps: int = 0) -> str:
        return self.app.at(self.began + 30 * steps)

    def type(self, text: str) -> None:
        self.child.sendline(text)

    def ended(self, code: int = 0) -> str:
        self.shown += ended(self.child, code)
        return self.shown

    def enrolled(self) -> None:
        """Scan the QR code, and type two codes."""
        self.scan()
        self.type(self.code())
        self.until(NEXT)
        self.type(self.code(1))


def left(shell: Shell) -> list[str]:
    listed = shell.alice.sandbox.client("iam").list_virtual_mfa_devices()["VirtualMFADevices"]
    return [device["SerialNumber"].partition(":mfa/")[2] + ("" if "User" in device else " (left)") for device in listed]


def config(shell: Shell) -> str:
    return shell.alice.files.config.read_text()


def test_device_for_keys_of_the_environment_is_not_stored_in_a_profile(shell: Shell) -> None:
    alice = shell.alice
    keys = {"AWS_ACCESS_KEY_ID": alice.key_id, "AWS_SECRET_ACCESS_KEY": alice.key.reveal(), "AWS_PROFILE": "acme"}
    result = shell.run("mfa", "create", "--seed-to", str(alice.home / "seed"), **keys)

    assert result.returncode == 0, result.stderr
    assert "your keys come from the environment; for a profile: mfa_serial = arn" in result.stderr
    assert "mfa_serial" not in config(shell)


def test_new_device_is_scanned_and_stored_in_the_profile(shell: Shell) -> None:
    enrolment = Enrolment(shell)
    address = enrolment.scan()
    assert address.startswith("otpauth://totp/AWS:alice@123456789012?secret=")
    enrolment.type(enrolment.code())
    enrolment.until(NEXT)
    enrolment.type(enrolment.code(1))
    enrolment.until(OFFER)
    enrolment.type("n")
    shown = enrolment.ended()

    assert "arn:aws:iam::123456789012:mfa/alice is enabled for alice" in shown
    assert "mfa_serial = arn:aws:iam::123456789012:mfa/alice\n" in config(shell)
    assert left(shell) == ["alice"]
    # The QR code was shown on the alternate screen.
    assert shown.index("\x1b[?1049h") < shown.index("\u2580") < shown.index("\x1b[?1049l")
    assert_no_secret(shell.alice, shown)


def test_second_device_is_offered_and_created(shell: Shell) -> None:
    enrolment = Enrolment(shell)
    enrolment.enrolled()
    enrolment.until(OFFER)
    enrolment.type("y")
    [address] = decoded(enrolment.until("code of backup"))
    assert "AWS:alice-backup@123456789012?" in address
    enrolment.app = pyotp.TOTP(parse_qs(urlsplit(address).query)["secret"][0])
    enrolment.type(enrolment.code())
    enrolment.until(NEXT)
    enrolment.type(enrolment.code(1))
    shown = enrolment.ended()

    assert left(shell) == ["alice", "alice/backup"]
    assert "mfa_serial = arn:aws:iam::123456789012:mfa/alice\n" in config(shell)
    assert_no_secret(shell.alice, shown)


@pytest.mark.sampled(2)
@pytest.mark.parametrize("typed", [[], ["abc"], ["code"]], ids=["first", "again", "second"])
@pytest.mark.parametrize("key", ["c", "d"])
def test_ctrl_c_at_a_code_leaves_no_device(shell: Shell, typed: list[str], key: str) -> None:
    before = config(shell)
    enrolment = Enrolment(shell)
    enrolment.scan()
    for device in typed:
        enrolment.type(enrolment.code() if device == "code" else device)
        enrolment.until(NEXT if device == "code" else FIRST)
    enrolment.child.sendcontrol(key)
    shown = enrolment.ended(130)

    assert "so it was deleted again" in shown
    assert left(shell) == []
    assert config(shell) == before
    assert_no_secret(shell.alice, shown)


@pytest.mark.parametrize("key", ["c", "d"])
def test_ctrl_c_at_the_offer_keeps_the_first_device(shell: Shell, key: str) -> None:
    enrolment = Enrolment(shell)
    enrolment.enrolled()
    enrolment.until(OFFER)
    enrolment.child.sendcontrol(key)
    shown = enrolment.ended(0)

    assert "no second device" in shown
    assert left(shell) == ["alice"]
    assert "mfa_serial" in config(shell)


def test_seed_is_shown_as_text_on_request(shell: Shell) -> None:
    enrolment = Enrolment(shell, "--no-backup")
    enrolment.scan()
    enrolment.type("text")
    before = enrolment.until(FIRST)
    spelled = re.search(r"otpauth://totp/\S+secret=([A-Z2-7]{64})&", before)
    assert spelled
    assert " ".join(re.findall("....", spelled[1])) in before
    enrolment.type(enrolment.code())
    enrolment.until(NEXT)
    enrolment.type(enrolment.code(1))
    enrolment.ended()


@pytest.mark.parametrize(
    ("options", "size", "environ"),
    [(["--text"], (50, 100), {}), ([], (50, 40), {}), ([], (22, 100), {}), ([], (50, 100), {"TERM": "dumb"})],
    ids=["asked for", "narrow", "low", "dumb"],
)
def test_seed_is_shown_as_text_if_no_qr_code_can_be_drawn(
    shell: Shell, options: list[str], size: tuple[int, int], environ: dict[str, str]
) -> None:
    enrolment = Enrolment(shell, "--no-backup", *options, size=size, **environ)
    before = enrolment.until(FIRST)
    assert "\u2580" not in before
    spelled = re.search(r"secret=([A-Z2-7]{64})&", before.replace("\r\n", ""))
    assert spelled
    enrolment.app = pyotp.TOTP(spelled[1])
    enrolment.type(enrolment.code())
    enrolment.until(NEXT)
    enrolment.type(enrolment.code(1))
    enrolment.ended()
    assert left(shell) == ["alice"]


def test_qr_code_stays_on_24_lines_after_wrong_codes(shell: Shell) -> None:
    enrolment = Enrolment(shell, "--no-backup", size=(24, 80))
    for typed in ("abc", "000000", None):
        screen = enrolment.until(FIRST).rpartition(CLEAR)[2]
        assert screen.count("\n") < 24
        [address] = decoded(screen)
        if typed:
            enrolment.type(typed)
    enrolment.app = pyotp.TOTP(parse_qs(urlsplit(address).query)["secret"][0])
    enrolment.type(enrolment.code())
    enrolment.until(NEXT)
    enrolment.type(enrolment.code())
    [address] = decoded(enrolment.until(NEXT).rpartition(CLEAR)[2])
    enrolment.type(enrolment.code(1))
    enrolment.ended()


def test_terminal_without_unicode_gets_a_qr_code(shell: Shell) -> None:
    enrolment = Enrolment(shell, "--no-backup", size=(60, 120), LC_ALL="C", PYTHONIOENCODING="ascii")
    enrolment.enrolled()
    enrolment.ended()


def test_enrolment_without_a_terminal_creates_no_device(shell: Shell) -> None:
    result = shell.run("mfa", "create", "--profile", "acme")
    assert result.returncode == 1
    assert "no terminal to ask for the codes of the new device on" in result.stderr
    assert shell.alice.calls() == []


def test_closed_terminal_leaves_no_device(shell: Shell) -> None:
    enrolment = Enrolment(shell, "--no-backup")
    enrolment.until(FIRST)
    assert left(shell) == ["alice (left)"]
    # When a window is closed, the kernel removes the terminal and sends SIGHUP.
    os.close(enrolment.child.child_fd)
    enrolment.child.wait()
    assert enrolment.child.exitstatus == 130
    assert left(shell) == []


def test_backup_and_stored_seed_exclude_each_other(shell: Shell) -> None:
    result = shell.run("mfa", "create", "--profile", "acme", "--backup", "--seed-to", "seed")
    assert (result.returncode, left(shell)) == (2, [])
    assert "create them one after the other" in result.stderr


def test_invalid_config_is_reported_before_any_write(shell: Shell) -> None:
    shell.alice.files.config.write_text("nonsense\n")
    result = Enrolment(shell).ended(1)
    assert "config" in result
    assert left(shell) == []


def test_seed_in_a_file_needs_no_terminal(shell: Shell) -> None:
    path = shell.alice.home / "seed"
    result = shell.run("mfa", "create", "--profile", "acme", "--debug", "--seed-to", str(path))
    assert result.returncode == 0, result.stderr
    assert path.stat().st_mode & 0o777 == 0o600
    assert left(shell) == ["alice"]
    assert "mfa_serial" in config(shell)
    assert_no_secret(shell.alice, result.stdout + result.stderr, but=[path])

    again = shell.run("mfa", "create", "--profile", "acme", "--seed-to", str(path), "--device", "two")
    assert again.returncode == 1
    assert "no seed is overwritten" in again.stderr
    assert left(shell) == ["alice"]


def test_refusal_of_aws_is_reported_in_one_line(shell: Shell) -> None:
    shell.alice.sandbox.faults.add(Fault("access denied", on="secretsmanager:DescribeSecret"))
    result = shell.run("mfa", "create", "--profile", "acme", "--seed-to", "secret:mfa/alice")
    assert (result.returncode, left(shell)) == (1, [])
    assert result.stderr.startswith("awsbase: AWS refuses: AccessDeniedException: not authorized to perform")
    assert "this needs secretsmanager:DescribeSecret" in result.stderr


def test_seed_in_a_secret_is_shown_once(shell: Shell) -> None:
    made = shell.run("mfa", "create", "--profile", "acme", "--debug", "--seed-to", "secret:awsbase/mfa/alice")
    assert made.returncode == 0, made.stderr
    assert_no_secret(shell.alice, made.stdout + made.stderr)

    child = shell.terminal([shell.awsbase, "mfa", "show", "--profile", "acme", "--debug"], (50, 100))
    child.expect_exact("code that the app shows for alice: ")
    [address] = decoded(child.before)
    app = pyotp.TOTP(parse_qs(urlsplit(address).query)["secret"][0])
    child.sendline(app.now())  # show compares it by this machine's clock
    shown = ended(child)
    assert "the seed is permanently deleted from secret:awsbase/mfa/alice in eu-west-1" in shown
    listed = shell.alice.sandbox.client("secretsmanager", "eu-west-1").list_secrets(IncludePlannedDeletion=True)
    assert listed["SecretList"] == []
    assert_no_secret(shell.alice, shown)

    again = shell.spawn("mfa", "show", "--profile", "acme")
    assert "it was taken over, or never stored there" in " ".join(ended(again, 1).split())


def test_device_created_by_reconcile_is_taken_over(shell: Shell) -> None:
    sandbox = shell.alice.sandbox
    device = MfaDevice(scope=HOME, user="alice", secret="seeds/of/alice")
    [[step]] = [ask.steps for ask in go(sandbox, "reconcile", [device]).manual_actions]
    result = re.match("`awsbase (mfa show alice .*)`, where alice can scan it", step)
    assert result
    child: Any = shell.spawn(*result[1].split(), "--profile", "acme", "--text")
    child.expect(r"secret=([A-Z2-7]{64})&")
    app = pyotp.TOTP(child.match[1])
    child.expect_exact("code that the app shows for alice: ")
    child.sendline(app.now())
    assert "the app of alice has arn:aws:iam::123456789012:mfa/alice" in ended(child)

    after = go(sandbox, "reconcile", [device])
    assert (after.manual_actions, after.totals()["unchanged"]) == ((), 1)


def test_seed_is_kept_when_show_is_interrupted(shell: Shell) -> None:
    shell.run("mfa", "create", "--profile", "acme", "--seed-to", "secret:awsbase/mfa/alice")
    child = shell.spawn("mfa", "show", "--profile", "acme", "--text")
    child.expect_exact("code that the app shows for alice: ")
    child.sendcontrol("c")
    ended(child, 130)
    secrets = shell.alice.sandbox.client("secretsmanager", "eu-west-1")
    assert secrets.get_secret_value(SecretId="awsbase/mfa/alice")


def test_devices_are_listed_removed_and_pruned(shell: Shell) -> None:
    run = shell.run
    sandbox = shell.alice.sandbox
    run("mfa", "create", "--profile", "acme", "--seed-to", str(shell.alice.home / "seed"))
    sandbox.fido("alice", "yubikey")
    for path, name in (("/alice/", "phone"), ("/", "bob")):
        sandbox.client("iam").create_virtual_mfa_device(Path=path, VirtualMFADeviceName=name)

    shown = run("mfa", "list", "--profile", "acme").stdout
    assert re.search(r"^alice +virtual +alice +\d{4}-\d\d-\d\d \(today\)  arn:", shown, re.MULTILINE), shown
    assert re.search(r"^yubikey-\w+ +security key +alice", shown, re.MULTILINE)
    everyone = run("mfa", "list", "--all", "--json", "--profile", "acme")
    devices = json.loads(everyone.stdout)["devices"]
    assert [(device["device"], device["owner"]) for device in devices] == [
        ("alice", "alice"),
        ("phone", None),
        ("bob", None),
    ] or [(device["device"], device["owner"]) for device in devices] == [
        ("alice", "alice"),
        ("bob", None),
        ("phone", None),
    ]

    pruning = shell.spawn("mfa", "prune", "--profile", "acme")
    pruning.expect_exact("mfa/alice/phone")
    pruning.expect_exact("[y/N] ")
    pruning.sendline("y")
    assert "deleted 1 device without an owner" in ended(pruning)
    assert left(shell) == ["alice", "bob (left)"]
    unasked = run("mfa", "prune", "--all", "--profile", "acme")
    assert (unasked.returncode, left(shell)) == (2, ["alice", "bob (left)"])
    assert unasked.stderr == "awsbase: no terminal to ask on: --yes\n  → nothing was changed\n"

    removed = run("mfa", "remove", "alice", "--profile", "acme")
    assert (removed.returncode, left(shell)) == (0, ["bob (left)"]), removed.stderr
    assert "mfa_serial" not in config(shell)


@pytest.mark.parametrize("answer", ["n", "\x03"])
def test_declined_removal_changes_nothing(shell: Shell, answer: str) -> None:
    shell.run("mfa", "create", "--profile", "acme", "--seed-to", str(shell.alice.home / "seed"))
    before = config(shell)
    child = shell.spawn("mfa", "remove", "--profile", "acme")
    child.expect_exact("left without MFA")
    child.expect_exact("[y/N] ")
    child.send(answer if answer == "\x03" else f"{answer}\n")
    ended(child, 130 if answer == "\x03" else 1)
    assert (left(shell), config(shell)) == (["alice"], before)

    unasked = shell.run("mfa", "remove", "--profile", "acme")
    assert (unasked.returncode, left(shell)) == (2, ["alice"])
    assert unasked.stderr == "awsbase: no terminal to ask on: --yes\n  → nothing was changed\n"
    if answer == "n":
        assert shell.run("mfa", "remove", "--yes", "--profile", "acme").returncode == 0
        assert left(shell) == []


def test_resync_can_be_interrupted_and_repeated(shell: Shell) -> None:
    path = shell.alice.home / "seed"
    shell.run("mfa", "create", "--profile", "acme", "--seed-to", str(path))
    app = pyotp.TOTP(path.read_text().strip())
    now = int(shell.alice.sandbox.clock.time())
    for codes, code in (([app.at(now + 90)], 130), ([app.at(now + 120), app.at(now + 150)], 0)):
        child = shell.spawn("mfa", "resync", "--profile", "acme", "--debug")
        child.expect_exact(FIRST)
        child.sendline(codes[0])
        child.expect_exact(NEXT)
        child.sendline(codes[1]) if code == 0 else child.sendcontrol("c")
        shown = ended(child, code)
        assert not [device for device in codes if device in shown]
    assert "is synchronized with AWS again" in shown
    assert leaked(shell.alice, shown) == []
