"""Credentials are written to a file that is the caller's, where nobody else can replace it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from awsbase.people import file_writing, files, ownership
from awsbase.people.files import FileError, Files

OTHER = 12345
KEYS = {"aws_access_key_id": "AKIA", "aws_secret_access_key": "secret"}


def of(home: Path) -> Files:
    (home / ".aws").mkdir(mode=0o700)
    return files.find({}, home)


def refused(mine: Files) -> str:
    """Return why the file is refused, before a code is asked for and again when it is written."""
    with pytest.raises(FileError) as checked:
        file_writing.check_writable(mine)
    with pytest.raises(FileError) as written:
        file_writing.write_credentials(mine, "default", KEYS)
    assert checked.value.message == written.value.message
    return checked.value.message


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o702])
def test_folder_that_others_may_write_is_refused(mode: int, tmp_path: Path) -> None:
    mine = of(tmp_path)
    mine.credentials.parent.chmod(mode)
    assert "others may write the folder" in refused(mine)
    assert not mine.credentials.exists()


def test_folder_of_a_group_with_others_in_it_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = of(tmp_path)
    mine.credentials.parent.chmod(0o770)
    monkeypatch.setattr(ownership, "is_private", lambda *_: False)
    assert "others may write the folder" in refused(mine)
    monkeypatch.setattr(ownership, "is_private", lambda *_: True)
    file_writing.write_credentials(mine, "default", KEYS)


def test_link_in_a_folder_that_others_may_write_is_refused(tmp_path: Path) -> None:
    mine = of(tmp_path)
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o700)
    shared.chmod(0o777)
    (shared / "credentials").touch(mode=0o600)
    mine.credentials.symlink_to(shared / "credentials")
    assert f"others may write the folder {shared}" in refused(mine)


@pytest.mark.parametrize("linked", [False, True], ids=["the file", "a link to it"])
def test_file_of_somebody_else_is_refused(linked: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = of(tmp_path)
    theirs = tmp_path / "theirs"
    theirs.write_text("[default]\n")
    mine.credentials.symlink_to(theirs) if linked else mine.credentials.write_text("[default]\n")
    monkeypatch.setattr(ownership, "the_callers", lambda: frozenset({OTHER}))
    message = refused(mine)
    assert "belongs to" in message
    assert ("leads to" in message) == linked
    assert "secret" not in mine.credentials.read_text()


def test_folder_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() == 0:
        (tmp_path / ".aws").mkdir(mode=0o700)
        os.chown(tmp_path / ".aws", OTHER, OTHER)
        assert "the folder" in refused(files.find({}, tmp_path))
    else:
        monkeypatch.setattr(ownership, "the_callers", lambda: frozenset({OTHER}))
        assert "the folder" in refused(of(tmp_path))


def test_after_a_write_the_file_is_the_callers_alone(tmp_path: Path) -> None:
    mine = of(tmp_path)
    dotfiles = tmp_path / "dotfiles"
    dotfiles.mkdir(mode=0o700)
    (dotfiles / "credentials").touch(mode=0o644)
    mine.credentials.symlink_to(dotfiles / "credentials")
    file_writing.write_credentials(mine, "default", KEYS)
    status = (dotfiles / "credentials").stat()
    assert status.st_uid == os.geteuid()
    assert stat.S_IMODE(status.st_mode) == 0o600
    assert mine.credentials.is_symlink()


def test_under_sudo_the_file_of_who_called_it_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_UID", str(OTHER))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert ownership.the_callers() == {0, OTHER}
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert ownership.the_callers() == {1000}
