"""How the commands of a block run: in this process, in a shell, or on a terminal."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pexpect
from click.testing import CliRunner

from awsbase.scripts import cli
from tests.console.compare import Printed
from tests.console.situations import Situation

SECONDS = 60
# What a shell reads differently than a list of words.
SHELL = re.compile(r"[$`|&;(){}*?\\~<#]")
QUESTION = r"(?:: |\[y/N\] )$"
# What takes the place of its process, serves until it is killed, is answered before click is there, or has a keychain.
ELSEWHERE = {"exec", "sandbox", "--prompt", "store"}
# What lives on in the shell, and is there for the next line.
LASTING = re.compile(r"^(?:export|read|\.|cd) |&$")


def run(lines: tuple[str, ...], situation: Situation) -> list[Printed]:
    """Return what each line has printed; awsbase itself runs in this process where it can, since that is quick."""
    if situation.answers:
        return list(on_a_terminal(lines, situation))
    if any(LASTING.search(line) for line in lines):
        return list(in_a_shell(lines, situation))
    return [here(line, situation) or next(in_a_shell((line,), situation)) for line in lines]


def here(line: str, situation: Situation) -> Printed | None:
    """Run a line in this process and return what it prints; None where it needs a shell, or a process of its own."""
    words = [] if SHELL.search(line) else shlex.split(line)
    target = words.pop() if words[-2:-1] == [">"] else None
    if words[:1] != ["awsbase"] or ELSEWHERE & set(words) or ("connect" in words and "--print" not in words):
        return None
    arguments = words[1:-1] if target else words[1:]
    path = [*situation.environment["PYTHONPATH"].split(":"), *sys.path]
    # A command with --sandbox changes the environment of its process.
    with (
        contextlib.chdir(situation.folder),
        mock.patch.dict(os.environ, situation.environment, clear=True),
        mock.patch.object(sys, "path", path),
    ):
        done = CliRunner().invoke(cli, arguments, prog_name="awsbase")
    out = done.stdout
    if target:
        situation.write(target, out)
        out = ""
    return Printed(out, done.stderr, done.exit_code)


def in_a_shell(lines: tuple[str, ...], situation: Situation) -> Iterator[Printed]:
    """Run lines in one shell; yield what each has printed."""
    outputs = situation.folder.parent / f"outputs-{len(list(situation.folder.parent.glob('outputs-*')))}"
    outputs.mkdir()
    script = "\n".join(step(line, outputs / str(number)) for number, line in enumerate(lines))
    file = outputs / "script"
    file.write_text(f"{script}\nkill $(jobs -p) 2>/dev/null\nwait\n")
    subprocess.run(
        ["bash", str(file)],
        cwd=situation.folder,
        env=situation.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=SECONDS,
        check=False,
    )
    for number in range(len(lines)):
        out, err, code = (Path(f"{outputs}/{number}.{kind}") for kind in ("out", "err", "code"))
        yield Printed(out.read_text(), err.read_text(), int(code.read_text()))


def step(line: str, output: Path) -> str:
    """Return a line of the script: what is started in the background has printed a line before the next one runs."""
    if line.endswith("&"):
        return (
            f"mkfifo {output}.fifo\n: >{output}.out\n"
            f"{line.removesuffix('&')} 2>{output}.fifo &\n"
            f"exec 9<{output}.fifo\nread -r first <&9\n"
            f'echo "$first" >{output}.err\necho 0 >{output}.code'
        )
    return f"{{ {line}\n}} >{output}.out 2>{output}.err\necho $? >{output}.code"


def on_a_terminal(lines: tuple[str, ...], situation: Situation) -> Iterator[Printed]:
    """Run lines on a terminal, and type the answers; yield what the terminal showed of each."""
    script = "\n".join(f"{line}\nprintf '\\036%s\\036' $?" for line in lines)
    child: Any = pexpect.spawn(
        "bash",
        ["-c", script],
        cwd=str(situation.folder),
        env=situation.environment,
        encoding="utf-8",
        timeout=SECONDS,
        dimensions=(40, 120),
        echo=True,
    )
    shown = ""
    while child.expect([QUESTION, pexpect.EOF]) == 0:
        shown += child.before + child.after
        child.sendline(situation.answers.pop(0)())
    shown += child.before
    child.close()
    texts = re.split("\x1e", shown.replace("\r", ""))
    for text, code in zip(texts[::2], texts[1::2], strict=False):
        yield Printed(text, "", int(code))
