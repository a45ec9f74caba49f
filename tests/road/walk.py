"""Walk the road: type what README.md tells a new user to type, and keep what the terminal shows.

The files in `screens` are what the user sees after each command. A line of dashes stands above what is still on the
screen; the lines before it have scrolled off. When a change to them is meant, write them anew, and commit the
difference with the reason for it:

    python -m tests.road.walk
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pexpect

from awsbase.sandbox import Sandbox
from awsbase.sandbox.serve import listen
from tests.later import unhurried
from tests.road.screen import COLUMNS, LINES, Terminal

ROOT = Path(__file__).parents[2]
SCREENS = Path(__file__).parent / "screens"
ACCOUNT, REGION = "111122223333", "eu-west-1"
# Marks of the shell, which a terminal does not show: a command has ended with this code, a prompt is there.
PROMPT = r"\[\e]133;D;$?\a\]$ "
DONE = re.compile(r"\x1b]133;D;(\d+)\x07\$ ")
# What is another one each time, and what stands for it.
DRAWN = (
    (r"\d+\.\d s\b", "N.N s"),
    (r"\d+ calls?\b", "N calls"),
    (r"\b([a-z]+)-[0-9a-f]{17}\b", r"\1-ID"),
    (r"\d{4}-\d\d-\d\d( \d\d:\d\d)?", "DATE"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
)


@dataclass(frozen=True)
class Step:
    """A command that README.md names, what it asks, what is answered, and its exit code."""

    name: str
    command: str
    answers: Sequence[tuple[str, str]] = ()
    code: int = 0


DEMO = (Step("demo", "make demo"),)
INIT = (
    (r"AWS account id.*\]: ", "1111 2222 3333"),
    (r"AWS account id.*\]: ", ACCOUNT),
    (r"short name.*\]: ", "zoo"),
    (r"home region.*\]: ", REGION),
    (r"billing alerts.*\]: ", "cfo@zoo.example"),
    (r"first administrator.*\]: ", "kim"),
    (r"phone number.*\]: ", "+1 555 0100"),
    (r"bucket for Terraform state.*\]: ", ""),
    (r"every region.*\]: ", ""),
)
OWN = (
    Step("init", "awsbase init acme.yaml", INIT),
    Step("validate", "awsbase validate acme.yaml"),
    Step("plan", "awsbase plan acme.yaml"),
    Step("reconcile", "awsbase reconcile acme.yaml", ((r"\[y/N\] ", "y"),)),
    Step("again", "awsbase reconcile acme.yaml"),
    Step("explain", "awsbase explain bucket/acme-state"),
)
ROADS = {"demo": DEMO, "own": OWN}


def walk(steps: Sequence[Step], folder: Path) -> Iterator[tuple[Step, str]]:
    """Type the commands of a road in a shell; yield what each leaves on the terminal."""
    checkout(folder)
    with account() as access:
        shell = started(folder, access)
        for step in steps:
            yield step, typed(shell, step)
        shell.sendeof()
        shell.close()


def checkout(folder: Path) -> None:
    """Make the folder of somebody who has cloned awsbase, and for whom pip has installed it."""
    for name in ("Makefile", "setup.cfg", "pyproject.toml", "manifests"):
        (folder / name).symlink_to(ROOT / name)
    programs = folder / ".venv/bin"
    programs.mkdir(parents=True)
    for name, words in (("awsbase", '-m awsbase "$@"'), ("python", '"$@"')):
        (programs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {words}\n')
        (programs / name).chmod(0o755)
    (folder / ".venv/demo").touch()


@contextmanager
def account() -> Iterator[dict[str, str]]:
    """Serve the user's own account; yield the environment that leads to it."""
    sandbox = unhurried(Sandbox(account=ACCOUNT))
    server = listen(sandbox)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    key = sandbox.key()
    yield {
        "AWS_ENDPOINT_URL": f"http://{server.host}:{server.port}",
        "AWS_ACCESS_KEY_ID": key.id,
        "AWS_SECRET_ACCESS_KEY": key.secret,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    server.shutdown()
    thread.join()
    server.server_close()


def started(folder: Path, access: dict[str, str]) -> Any:
    """Start a shell in a folder, and wait for its prompt."""
    environment = {
        "HOME": str(folder),
        "PATH": os.pathsep.join((str(folder / ".venv/bin"), os.environ["PATH"])),
        "PYTHONPATH": str(ROOT),
        "LANG": "C.UTF-8",
        "TERM": "xterm",
        "PS1": PROMPT,
    }
    shell = pexpect.spawn(
        shutil.which("bash") or "bash",
        ["--noprofile", "--norc", "--noediting", "-i"],
        cwd=str(folder),
        env=environment | access,
        dimensions=(LINES, COLUMNS),
        encoding="utf-8",
        timeout=60,
    )
    shell.delaybeforesend = None
    shell.expect(DONE)
    return shell


def typed(shell: Any, step: Step) -> str:
    """Type a command and its answers; return what the terminal then shows, with what scrolled off."""
    terminal = Terminal()
    terminal.feed("$ ")
    shell.sendline(step.command)
    for question, answer in step.answers:
        shell.expect(question)
        terminal.feed(shell.before + shell.after)
        shell.sendline(answer)
    shell.expect(DONE)
    terminal.feed(shell.before + shell.after)
    code = int(shell.match[1])
    assert code == step.code, f"{step.command} has ended with {code}:\n" + "\n".join(terminal.text())
    lines = terminal.text()
    screen = [*lines[: terminal.top], *(["-" * COLUMNS] if terminal.top else []), *lines[terminal.top :]]
    return normal("\n".join(screen)) + "\n"


def normal(text: str) -> str:
    """Return a text without what is another one each time."""
    for pattern, form in DRAWN:
        text = re.sub(pattern, form, text)
    return text


def file_of(step: Step) -> Path:
    """Return where the screen of a step is kept."""
    return SCREENS / f"{step.name}.txt"


def main() -> None:
    """Write all screens anew."""
    for steps in ROADS.values():
        with tempfile.TemporaryDirectory() as folder:
            for step, screen in walk(steps, Path(folder)):
                file_of(step).write_text(screen, encoding="utf-8")
                sys.stdout.write(f"{step.name}: {len(screen.splitlines())} lines\n")


if __name__ == "__main__":
    main()
