"""Whatever system call fails after a code was typed, the session is stored and used; before it, nobody is asked."""

from __future__ import annotations

import errno
import fcntl
import io
import os
import resource
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from awsbase import disk
from awsbase.people import file_writing, files, profiles, store
from awsbase.people.files import FileError
from awsbase.people.live_session import KeptSession, SessionRequest
from awsbase.people.session import refresh
from tests.people.alice import Alice

FORCED = SessionRequest("acme", force=True, region="eu-west-1")
# What each system call answers on the machines of people: NFS, SMB, FAT, FUSE, WSL, containers, full disks.
ERRORS: dict[tuple[Any, str], tuple[int, ...]] = {
    (os, "open"): (errno.EACCES, errno.EMFILE, errno.EROFS, errno.ENOSPC),
    (io, "open"): (errno.EACCES, errno.EIO),
    (os, "replace"): (errno.EBUSY, errno.EPERM, errno.EXDEV, errno.EACCES),
    (os, "fsync"): (errno.EIO, errno.EINVAL, errno.ENOSPC),
    (os, "fchmod"): (errno.EPERM, errno.EOPNOTSUPP),
    (fcntl, "flock"): (errno.ENOLCK, errno.EOPNOTSUPP),
    (os, "stat"): (errno.ESTALE,),
    (os, "fstat"): (errno.EIO,),
    (os, "lstat"): (errno.ESTALE,),
    (os, "chown"): (errno.EPERM,),
    (os, "fchown"): (errno.EPERM,),
    (os, "unlink"): (errno.EBUSY,),
    (os, "pwrite"): (errno.ENOSPC,),
    (os, "ftruncate"): (errno.EIO,),
    (os, "mkdir"): (errno.EROFS,),
}
# These fail every time, on a file system that cannot do it; `create` is an open with O_CREAT, of locks and new files.
FOR_GOOD = ("replace", "fsync", "fchmod", "flock", "fchown", "chown", "create", "unlink")


class Failing:
    """System calls on the files below a folder that fail as told; the others, and all before `armed`, do not."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = str(folder)
        self.armed = False
        self.counts: Counter[str] = Counter()
        self.at: tuple[str, int, int] | None = None
        self.for_good: tuple[str, int] | None = None
        for module, name in ERRORS:
            monkeypatch.setattr(
                module, name, self.wrapped(name if module is not io else "io.open", getattr(module, name))
            )

    def wrapped(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(*args: Any, **more: Any) -> Any:
            if self.armed and self.concerns(args[0]):
                self.counts[name] += 1
                created = name == "open" and args[1] & os.O_CREAT
                if self.at and self.at[:2] == (name, self.counts[name]):
                    raise OSError(self.at[2], os.strerror(self.at[2]))
                if self.for_good and (self.for_good[0] == name or (created and self.for_good[0] == "create")):
                    raise OSError(self.for_good[1], os.strerror(self.for_good[1]))
            return call(*args, **more)

        return wrapper

    def concerns(self, file: Any) -> bool:
        with self.paused():
            try:
                path = os.readlink(f"/proc/self/fd/{file}") if isinstance(file, int) else os.fspath(file)
            except (OSError, TypeError):
                return False
            return str(path).startswith(self.folder)

    @contextmanager
    def paused(self) -> Iterator[None]:
        before, self.armed = self.armed, False
        yield
        self.armed = before


class Sweep:
    """One person who gets a new session for each failing call, from the same files."""

    def __init__(self, alice: Alice, monkeypatch: pytest.MonkeyPatch) -> None:
        self.alice = alice
        self.failing = Failing(alice.home, monkeypatch)
        aws = alice.connect(profiles.find(alice.files, "acme", {}), "eu-west-1")
        self.person = alice.person(connect=lambda source, region: aws)
        alice.types(alice.phone.code)
        refresh(FORCED, self.person)
        self.before = {path: path.read_bytes() for path in (alice.files.credentials, alice.files.config)}

    def refresh(self) -> KeptSession:
        """Get a session while calls fail from the moment on when the code has been typed."""
        for path, content in self.before.items():
            path.write_bytes(content)
        self.alice.sandbox.clock.advance(30)

        def code() -> str:
            typed = self.alice.phone.code()
            self.failing.counts.clear()
            self.failing.armed = True
            return typed

        self.alice.types(code)
        try:
            return refresh(FORCED, self.person)
        finally:
            self.failing.armed = False

    def assert_kept(self, what: object) -> None:
        kept = self.refresh()
        assert kept.lost is None, (what, kept.lost)
        stored = files.read_credentials(self.alice.files)
        session = store.load(stored["acme-mfa"])
        assert session is not None, what
        assert (session.key_id, session.token) == (kept.session.key_id, kept.session.token), what
        assert stored["acme"]["aws_access_key_id"] == self.alice.key_id, what
        assert not list(self.alice.home.rglob(".*.awsbase-*")) or "unlink" in str(what)


def test_session_is_kept_whichever_call_fails_after_the_code(alice: Alice, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep = Sweep(alice, monkeypatch)
    sweep.assert_kept("nothing fails")
    counted = dict(sweep.failing.counts)
    assert {"open", "io.open", "replace", "fsync", "fchmod", "flock", "stat"} <= set(counted)

    tried = 0
    for (module, name), errors in ERRORS.items():
        name = "io.open" if module is io else name
        for number in errors:
            for at in range(1, counted.get(name, 0) + 1):
                sweep.failing.at = (name, at, number)
                sweep.assert_kept(sweep.failing.at)
                tried += 1
    sweep.failing.at = None
    for name in FOR_GOOD:
        numbers = next((errors for (_, call), errors in ERRORS.items() if call == name), (errno.EACCES, errno.EROFS))
        if name == "create":
            numbers = (*numbers, errno.ENOSPC)
        # Where no file can be written to the end, in its place or beside it, nothing can be stored.
        for number in set(numbers) - ({errno.ENOSPC} if name == "fsync" else set()):
            sweep.failing.for_good = (name, number)
            sweep.assert_kept(sweep.failing.for_good)
            tried += 1
    assert tried > 80


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk")
@pytest.mark.parametrize("size", [300, 12_000], ids=["a short file", "a file of many profiles"])
def test_disk_that_fills_while_a_code_is_typed_has_room_for_the_session(alice: Alice, size: int) -> None:
    folder = alice.files.credentials.parent
    content = {path.name: path.read_bytes() for path in (alice.files.credentials, alice.files.config)}
    content["credentials"] += b"# other profiles\n" * (size // 17)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=700", "tmpfs", folder], check=False).returncode:
        pytest.skip("cannot mount a small disk here")

    def code() -> str:
        with (folder / "download").open("wb", buffering=0) as download, suppress(OSError):
            while True:
                download.write(bytes(512))
        return alice.phone.code()

    try:
        for name, text in content.items():
            (folder / name).write_bytes(text)
        alice.types(code)
        kept = refresh(SessionRequest("acme", region="eu-west-1"), alice.person())
        assert kept.lost is None
        assert store.load(files.read_credentials(alice.files)["acme-mfa"]) == kept.session
        assert content["credentials"].decode() in alice.files.credentials.read_text()
        assert {path.name for path in folder.iterdir()} == {"credentials", "config", ".awsbase", "download"}
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def test_interruption_waits_until_the_session_is_stored(alice: Alice, monkeypatch: pytest.MonkeyPatch) -> None:
    write = file_writing.write_credentials

    def interrupted(*args: Any, **more: Any) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        write(*args, **more)

    monkeypatch.setattr(file_writing, "write_credentials", interrupted)
    alice.types(alice.phone.code)
    with pytest.raises(KeyboardInterrupt):
        refresh(FORCED, alice.person())
    assert store.load(files.read_credentials(alice.files)["acme-mfa"])


def no_folder(alice: Alice) -> None:
    """Put the credentials file where a folder should be."""
    alice.files.credentials.unlink()
    alice.files.credentials.mkdir()


def test_file_that_cannot_grow_keeps_its_content(tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    path.write_text("[acme]\n")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            disk.replace(path, b"x" * 9000, private=True)
        with pytest.raises(OSError, match="too large"):
            disk._overwrite(path, b"x" * 9000, 0o600, path.stat())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_text() == "[acme]\n"
    assert os.listdir(tmp_path) == ["credentials"]


NOT_MINE = pytest.mark.skipif(os.geteuid() != 0, reason="gives folders to somebody else")


@contextmanager
def as_nobody() -> Iterator[None]:
    os.setegid(65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def owned(path: Path, user: int) -> None:
    for each in (path, *path.rglob("*")):
        os.chown(each, user, user)


@NOT_MINE
def test_what_root_makes_in_a_home_belongs_to_its_owner(alice: Alice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_UID", "65534")
    alice.files.credentials.unlink()
    alice.files.config.unlink()
    shutil.rmtree(alice.files.state)
    owned(alice.home, 65534)

    file_writing.write_credentials(alice.files, "acme", {"k": "v"})
    file_writing.write_config(alice.files, "acme", {"k": "v"})

    assert {path.stat().st_uid for path in alice.home.rglob("*")} == {65534}


@NOT_MINE
@pytest.mark.parametrize("file", ["credentials", "config"])
def test_file_of_mine_in_a_folder_of_somebody_else_is_written_in_its_place(alice: Alice, file: str) -> None:
    folder = alice.files.credentials.parent
    for each in (alice.home, *alice.home.parents):
        if each.stat().st_uid == 0 and not each.stat().st_mode & 0o005:
            each.chmod(0o755)
    owned(folder, 65534)
    os.chown(folder, 0, 0)
    folder.chmod(0o755)
    path = folder / file
    number = path.stat().st_ino

    with as_nobody():
        assert file_writing.check_writable(alice.files) == []
        write = file_writing.write_credentials if file == "credentials" else file_writing.write_config
        write(alice.files, "other", {"region": "eu-west-1"})

    assert "[other]" in path.read_text() or "[profile other]" in path.read_text()
    assert path.stat().st_ino == number


@NOT_MINE
def test_locks_of_somebody_else_are_named_with_what_corrects_them(alice: Alice) -> None:
    for each in (alice.home, *alice.home.parents):
        if each.stat().st_uid == 0 and not each.stat().st_mode & 0o005:
            each.chmod(0o755)
    owned(alice.home, 65534)
    owned(alice.files.state, 0)

    with as_nobody():
        (line,) = file_writing.check_writable(alice.files)
        file_writing.write_credentials(alice.files, "acme", {"k": "v"})

    assert f"sudo chown -R $USER {alice.files.state}" in line


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (no_folder, "credentials"),
        (lambda alice: alice.environ.update(AWS_SHARED_CREDENTIALS_FILE="$NOWHERE/credentials"), "NOWHERE"),
        (lambda alice: alice.environ.update(AWS_SHARED_CREDENTIALS_FILE=""), "/dev/null"),
        (lambda alice: alice.environ.update(AWS_SHARED_CREDENTIALS_FILE="/dev/full"), "/dev/full"),
    ],
    ids=["a folder", "a variable that is not set", "no file", "a device"],
)
def test_nobody_is_asked_where_a_session_cannot_be_stored(alice: Alice, spoil: Any, message: str) -> None:
    options = files.read_credentials(alice.files)["acme"]
    spoil(alice)
    alice.environ |= {"AWS_ACCESS_KEY_ID": options["aws_access_key_id"], "AWS_SECRET_ACCESS_KEY": "s"}
    person = alice.person(files=files.find(alice.environ, alice.home))
    with pytest.raises(FileError, match=message):
        refresh(SessionRequest(), person)
    assert alice.terminal.asked == []
