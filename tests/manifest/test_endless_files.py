"""No file makes `validate` wait for ever: what a manifest names is read with a bound, and Ctrl-C ends the rest."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from awsbase import disk
from tests.scripts.conftest import AWSBASE, EMPTY

NAMES = EMPTY + "iam: {policies: {own: {file: FILE}}}\n"
KERNEL = Path("/proc/kmsg")
BOUND = 60  # seconds


def endless() -> list[str]:
    """Return files of the kernel that never end or wait, as far as this user can open them."""
    found = ["../" * 20 + "dev/zero"]
    try:
        os.close(os.open(KERNEL, os.O_RDONLY | os.O_NONBLOCK))
    except OSError:
        return found
    return [*found, "../" * 20 + str(KERNEL)[1:]]


def validate(manifest: str, folder: Path, **more: Any) -> subprocess.CompletedProcess[str]:
    command = [*AWSBASE, "validate", manifest]
    run: subprocess.CompletedProcess[str] = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=BOUND, **more
    )
    return run


@pytest.mark.slow
@pytest.mark.parametrize("name", ["pipe", *endless()])
def test_file_that_never_ends_is_a_mistake(name: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "acme.yaml").write_text(NAMES.replace("FILE", name))
    run = validate("acme.yaml", tmp_path, stdin=subprocess.DEVNULL)
    assert run.returncode == 2
    assert f"{name} is not a regular file" in run.stderr


class Waits:
    """A file of the kernel that looks regular, and has nothing to say yet."""

    def __init__(self, *parts: bytes | None) -> None:
        self.parts = [*parts]

    def __enter__(self) -> Waits:
        return self

    def __exit__(self, *_: object) -> None: ...

    def fileno(self) -> int:
        return self.real

    def read(self, size: int) -> bytes | None:
        return self.parts.pop(0)

    real = -1


@pytest.mark.parametrize("parts", [(None,), (b"a", None)], ids=["nothing yet", "nothing more yet"])
def test_file_that_waits_is_no_regular_file(
    parts: tuple[bytes | None, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    with (tmp_path / "file").open("rb") as real:
        waits = Waits(*parts)
        waits.real = real.fileno()
        monkeypatch.setattr(disk, "open", lambda *_, **__: waits, raising=False)
        with pytest.raises(disk.UnsuitableFile, match="not a regular file"):
            disk.read(tmp_path / "file", 10)


@pytest.mark.slow
def test_manifest_comes_from_a_file_a_pipe_or_standard_input(tmp_path: Path) -> None:
    (tmp_path / "acme.yaml").write_text(EMPTY)
    assert validate("acme.yaml", tmp_path, stdin=subprocess.DEVNULL).returncode == 0
    assert validate("-", tmp_path, input=EMPTY).returncode == 0

    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_text, args=(EMPTY,))
    writer.start()
    assert validate("pipe", tmp_path, stdin=subprocess.DEVNULL).returncode == 0
    writer.join()


@pytest.mark.slow
def test_ctrl_c_ends_the_read_of_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    run = subprocess.Popen(
        [*AWSBASE, "validate", "pipe"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        # In the background of a shell, tests ignore Ctrl-C, and so would the program.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    with (tmp_path / "pipe").open("w") as pipe:
        # The pipe is open at both ends, so the program is reading.
        pipe.write("version: 1\n")
        pipe.flush()
        for _ in range(BOUND):
            run.send_signal(signal.SIGINT)
            # Python misses a signal that comes between its last look and the system call that waits.
            with suppress(subprocess.TimeoutExpired):
                _, err = run.communicate(timeout=1)
                break
    assert run.returncode == 130
    assert "Traceback" not in err
