"""The first sign of life: it is there before botocore is imported, on a terminal alone, and leaves nothing behind."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from awsbase import busy
from awsbase.view.stream import write
from tests.road.screen import Terminal
from tests.scripts.conftest import AWSBASE, EMPTY, FULL, Served, written

# The commands that import botocore or moto before they ask anything, with what they need on the way there.
COMMANDS = (
    "plan FULL",
    "reconcile FULL --yes",
    "coverage FULL",
    "report FULL",
    "drill FULL --yes",
    "unlock FULL --yes",
    "own FULL topic/acme-security --yes",
    "state backend STATE",
    "bastion status BASTION",
    "mfa list",
    "mfa refresh",
    "exec -- true",
    "keys list",
    "keys rotate",
    "whoami",
    # These forget where the files of AWS are, so they come last.
    "plan FULL --sandbox",
    "sandbox",
)
# Runs each command on a terminal that is none, and stops it where it imports what takes long.
SCRIPT = """
import io, json, sys

class Imported(BaseException):
    pass

class Stop:
    def find_spec(self, name, path=None, target=None):
        if name in ("botocore", "moto"):
            raise Imported(name)

class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True

sys.meta_path.insert(0, Stop())
from awsbase import busy
from awsbase.scripts import cli
seen, stderr = {}, sys.stderr
for line in json.loads(sys.argv[1]):
    sys.stderr, busy._shown[:] = Terminal(), []
    try:
        cli.main(line.split(), "awsbase")
    except Imported:
        seen[line] = sys.stderr.getvalue()
    except SystemExit as end:
        seen[line] = f"exit {end.code}: {sys.stderr.getvalue()}"
sys.stderr = stderr
print(json.dumps(seen))
"""
PROFILE = "[default]\naws_access_key_id = AKIA1\naws_secret_access_key = x\n"


@pytest.mark.slow
def test_each_command_shows_a_sign_of_life_before_botocore_is_imported(nobody: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/credentials").write_text(PROFILE)
    (tmp_path / ".aws/config").write_text("[default]\nmfa_serial = arn:aws:iam::111122223333:mfa/alice\n")
    manifests = {
        "FULL": FULL,
        "STATE": EMPTY + "state:\n",
        "BASTION": EMPTY + "network:\nbastion: {on_demand: true}\n",
    }
    for name, text in manifests.items():
        written(tmp_path / name, text)
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps(COMMANDS)],
        env=nobody,
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        start_new_session=True,
    )
    shown = json.loads(ended.stdout)
    signs = {f"{busy.ERASE}{doing} ..." for doing in (busy.CONNECTING, busy.STARTING)}
    assert {line: text for line, text in shown.items() if not any(text.endswith(sign) for sign in signs)} == {}


@pytest.mark.slow
def test_nothing_of_it_is_left_on_the_screen(served: Served) -> None:
    command, *rest = [*AWSBASE, "whoami"]
    run = pexpect.spawn(command, rest, env=served.environment, dimensions=(24, 80), encoding="utf-8", timeout=60)
    written = run.read()
    terminal = Terminal()
    terminal.feed(written)
    assert f"{busy.CONNECTING} ..." in written
    assert busy.CONNECTING not in "\n".join(terminal.text())
    assert terminal.text()[0].startswith("account")


class Screen(io.StringIO):
    """A stream that says whether it is a terminal."""

    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


@pytest.mark.parametrize(
    ("terminal", "term", "expected"),
    [
        (True, "xterm", f"{busy.ERASE}connecting to AWS ...{busy.ERASE}told\n"),
        (True, "dumb", "told\n"),
        (True, "", "told\n"),
        (False, "xterm", "told\n"),
    ],
)
def test_it_is_shown_where_it_can_be_erased_and_the_next_output_erases_it(
    terminal: bool, term: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = Screen(terminal)
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", term)
    busy.show(busy.CONNECTING)
    write("told\n", screen)
    assert screen.getvalue() == expected
