"""Alice's shell: awsbase of this checkout as a process, with her home folder, on a terminal or without one."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pexpect

from awsbase.people import file_writing
from awsbase.sandbox import Message, Reply, Sandbox, World
from awsbase.sandbox.serve import listen
from tests.people.alice import Alice

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
AWS = str(BIN / "aws")


@dataclass
class Shell:
    """Alice's home, and a folder of programs that is first in her PATH."""

    alice: Alice
    programs: Path

    @property
    def awsbase(self) -> str:
        return str(self.programs / "awsbase")

    def environ(self, **more: str) -> dict[str, str]:
        return {
            "HOME": str(self.alice.home),
            "PATH": os.pathsep.join((str(self.programs), str(BIN), os.environ["PATH"])),
            "PYTHONPATH": str(ROOT),
            "LANG": "C.UTF-8",
            "TERM": "xterm",
            "AWS_EC2_METADATA_DISABLED": "true",
        } | more

    def spawn(self, *arguments: str, **environ: str) -> Any:
        """Start awsbase on a terminal of its own."""
        return self.terminal([self.awsbase, *arguments], **environ)

    def terminal(self, command: list[str], size: tuple[int, int] | None = None, /, **environ: str) -> Any:
        """Start any program on a terminal of its own."""
        shown = self.environ(**environ)
        return pexpect.spawn(command[0], command[1:], env=shown, encoding="utf-8", timeout=60, dimensions=size)

    def run(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run awsbase without any terminal."""
        return self.program(self.awsbase, *arguments, **environ)

    def program(self, *command: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run any program without a terminal."""
        return subprocess.run(
            command,
            env=self.environ(**environ),
            capture_output=True,
            text=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            check=False,
        )


def shell_of(alice: Alice) -> Shell:
    """Return a shell of hers, which finds the awsbase of this checkout."""
    programs = alice.home / "bin"
    programs.mkdir()
    program = f'#!/bin/sh\nPYTHONPATH="{ROOT}${{PYTHONPATH:+:$PYTHONPATH}}" exec "{sys.executable}" -m awsbase "$@"\n'
    (programs / "awsbase").write_text(program)
    (programs / "awsbase").chmod(0o755)
    return Shell(alice, programs)


@contextmanager
def served(alice: Alice) -> Iterator[str]:
    """Serve her account as the endpoint of her profile; yield its address."""
    with served_at(alice.reached) as url:
        file_writing.write_config(alice.files, "acme", {"endpoint_url": url})
        yield url


@contextmanager
def served_at(sandbox: Sandbox | World) -> Iterator[str]:
    """Serve an account; yield its address."""
    server = listen(sandbox)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://{server.host}:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


def without_waiting_for_keys(sandbox: Sandbox) -> None:
    """Let a minute pass for an account after each new access key, instead of letting processes wait for real."""
    answer = sandbox.answer

    def later(message: Message) -> Reply:
        reply = answer(message)
        if b"Action=CreateAccessKey" in message.body:
            sandbox.clock.advance(60)
        return reply

    sandbox.answer = later  # type: ignore[method-assign]


def ended(child: Any, code: int = 0) -> str:
    """Return the output of a command until it ends; it must end with this exit code."""
    shown: str = child.read()
    child.close()
    assert (child.exitstatus, child.signalstatus) == (code, None), shown
    return shown
