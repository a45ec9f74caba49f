"""Processes on one terminal ask one after the other, show nothing that is typed, and leave it as they found it."""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pexpect
import pytest

pytestmark = pytest.mark.slow

ASK = """\
import os, sys
from pathlib import Path
from awsbase.people import terminal
name = sys.argv[1]
Path(f"{os.getpid()}.pid").touch()
print(f"<{name}>", flush=True)
print(f"{name} has {len(terminal.ask_hidden(f'code of {name}: ').reveal())}")
"""
CREATE = """\
from awsbase.people import terminal
with terminal.alternate_screen():
    terminal.say("<qr>")
    for number in (1, 2):
        terminal.ask_hidden(f"code {number} of new: ")
    terminal.say("</qr>")
print("enabled")
"""
PROMPT = "shell> "
CODE = "123456"


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Yield an interactive shell with job control, with `ask NAME` and `create`."""
    monkeypatch.chdir(tmp_path)
    for name, text in (("ask", ASK), ("create", CREATE)):
        (tmp_path / name).write_text(f"#!{sys.executable}\n{text}")
        (tmp_path / name).chmod(0o755)
    environ = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "TERM": "xterm",
        "PYTHONPATH": os.pathsep.join(sys.path),
        "PS1": PROMPT,
    }
    child = pexpect.spawn(
        "/bin/bash",
        ["--norc", "--noprofile", "--noediting", "-i"],
        env=environ,
        cwd=str(tmp_path),
        encoding="utf-8",
        timeout=20,
    )
    child.delaybeforesend = None
    child.expect_exact(PROMPT)
    for name in ("ask", "create"):
        assert name in run(child, f"type -p {name}")
    yield child
    child.close(force=True)


def run(shell: Any, line: str) -> str:
    """Run a line that ends by itself; return what it shows."""
    shell.sendline(line)
    shell.expect_exact(PROMPT)
    return str(shell.before).partition("\n")[2]


def asking() -> list[int]:
    """Return the processes that ask, by what each of them has noted."""
    return [int(path.stem) for path in Path.cwd().glob("*.pid")]


def wait_in_line(count: int) -> None:
    """Wait until so many processes wait for their turn, as the kernel tells of locks."""
    until = time.monotonic() + 20
    while sum(f" {pid} " in line for line in waiting_locks() for pid in asking()) < count:
        assert time.monotonic() < until, "nobody waits"
        os.sched_yield()


def waiting_locks() -> list[str]:
    """Return the kernel's lines about locks that somebody waits for."""
    return [line for line in Path("/proc/locks").read_text().splitlines() if "->" in line]


def answer(shell: Any, name: str) -> None:
    shell.expect_exact(f"code of {name}: ")
    shell.sendline(CODE)
    shell.expect_exact(f"{name} has 6")
    assert CODE not in shell.before


def assert_as_found(shell: Any) -> None:
    settings = run(shell, "stty -a")
    assert " echo " in settings
    assert " icanon " in settings


def test_two_processes_ask_one_after_the_other(shell: Any) -> None:
    # A group of its own in the foreground, as of a tool that starts two credential processes.
    shell.sendline("bash -c 'ask one & ask two & wait'")
    shell.expect(r"code of (\w+): ")
    first = shell.match[1]
    (second,) = {"one", "two"} - {first}
    wait_in_line(1)
    assert "code of" not in shell.before.partition("\n")[2] + shell.buffer
    shell.sendline(CODE)
    # The second one asks as soon as the first has its answer, and perhaps before that has said so.
    said = []
    for _ in range(2):
        shell.expect(rf"{first} has 6|code of \w+: ")
        said.append(shell.match[0])
        assert CODE not in shell.before
    assert sorted(said) == sorted([f"{first} has 6", f"code of {second}: "])
    shell.sendline(CODE)
    shell.expect_exact(f"{second} has 6")
    assert CODE not in shell.before
    shell.expect_exact(PROMPT)
    assert_as_found(shell)


def test_stopped_process_gives_its_turn_away_and_asks_again(shell: Any) -> None:
    shell.sendline("ask one")
    shell.expect_exact("code of one: ")
    shell.send("12\x1a")
    shell.expect("Stopped")
    shell.expect_exact(PROMPT)
    assert_as_found(shell)
    shell.sendline("ask two")
    answer(shell, "two")
    shell.expect_exact(PROMPT)

    shell.sendline("fg")
    answer(shell, "one")
    shell.expect_exact(PROMPT)
    assert_as_found(shell)


def test_process_that_was_stopped_from_elsewhere_hides_again(shell: Any) -> None:
    shell.sendline("ask one")
    shell.expect_exact("code of one: ")
    (pid,) = asking()
    os.kill(pid, signal.SIGSTOP)
    shell.expect("Stopped")
    shell.expect_exact(PROMPT)
    shell.sendline("fg")
    answer(shell, "one")
    shell.expect_exact(PROMPT)
    assert_as_found(shell)


def test_process_in_the_background_waits_for_the_foreground(shell: Any) -> None:
    shell.sendline("ask one &")
    shell.expect_exact(PROMPT)
    shell.sendline("ask two")
    answer(shell, "two")
    shell.expect_exact(PROMPT)

    shell.sendline("fg")
    answer(shell, "one")
    shell.expect_exact(PROMPT)
    assert_as_found(shell)


def test_nobody_asks_beside_a_private_screen(shell: Any) -> None:
    shell.sendline("bash -c 'create & sleep 0.7; ask two & wait'")
    shell.expect_exact("<qr>")
    shell.expect_exact("code 1 of new: ")
    # Time for the other one to ask, if it did not wait.
    with pytest.raises(pexpect.TIMEOUT):
        shell.expect_exact("code of two: ", timeout=1.5)
    shell.sendline(CODE)
    shell.expect_exact("code 2 of new: ")
    shell.sendline(CODE)
    shell.expect_exact("</qr>")
    assert "two" not in shell.before
    answer(shell, "two")
    shell.expect_exact(PROMPT)
    assert_as_found(shell)


def test_private_screen_is_left_while_stopped_and_drawn_again(shell: Any) -> None:
    shell.sendline("create")
    shell.expect_exact("code 1 of new: ")
    shell.sendcontrol("z")
    shell.expect_exact("\x1b[?1049l")
    shell.expect_exact(PROMPT)
    shell.sendline("fg")
    shell.expect_exact("\x1b[?1049h")
    shell.expect_exact("<qr>")
    for number in (1, 2):
        shell.expect_exact(f"code {number} of new: ")
        shell.sendline(CODE)
    shell.expect_exact("enabled")
    assert CODE not in shell.before
    shell.expect_exact(PROMPT)
    assert_as_found(shell)


@pytest.mark.parametrize("how", ["ctrl-c", "killed"])
def test_terminal_is_as_found_after_the_end_of_all(shell: Any, how: str) -> None:
    shell.sendline("bash -c 'ask one & ask one & wait'")
    shell.expect("(?s)<one>.*<one>")
    watched = {pid: os.pidfd_open(pid) for pid in asking()}
    if "code of one: " not in shell.after:
        shell.expect_exact("code of one: ")
    # Before it stands in line, a background job of a shell ignores Ctrl-C.
    wait_in_line(1)
    if how == "ctrl-c":
        shell.sendcontrol("c")
    else:
        for pid in watched:
            os.kill(pid, signal.SIGKILL)
    for descriptor in watched.values():
        assert select.select([descriptor], [], [], 10)[0], "a process still waits"
        os.close(descriptor)
    run(shell, "")
    # A killed process cannot restore the terminal; the next one does.
    shell.sendline("ask two")
    answer(shell, "two")
    shell.expect_exact(PROMPT)
    assert_as_found(shell)


def test_everybody_ends_when_the_terminal_goes_away(shell: Any) -> None:
    shell.sendline("bash -c 'trap \"\" HUP; ask one & ask two & wait'")
    shell.expect("(?s)<.*<.*code of|<.*code of.*<")
    watched = [os.pidfd_open(pid) for pid in asking()]
    shell.close(force=True)
    for descriptor in watched:
        assert select.select([descriptor], [], [], 10)[0], "a process still waits"
        os.close(descriptor)
