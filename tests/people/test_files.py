"""Edits of the AWS files change the requested options and no other byte."""

import os
import re
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from botocore.configloader import load_config, raw_config_parse
from botocore.exceptions import ConfigParseError
from hypothesis import example, given, settings
from hypothesis import strategies as st

from awsbase.people import ini
from awsbase.people.file_writing import check_writable, write_config, write_credentials
from awsbase.people.files import FileError, Files, find, read_config, read_credentials


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return find({}, tmp_path)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


EDITS = [
    ("", "a", {"k": "v"}, "[a]\nk = v\n"),
    ("[a]\nk = v\n", "a", {"k": "w"}, "[a]\nk = w\n"),
    ("[a]\nk=v\n", "a", {"k": "w"}, "[a]\nk=w\n"),
    ("[a]\nK  :  v  \n", "a", {"k": "w"}, "[a]\nK  :  w\n"),
    ("[a]\nk =\n", "a", {"k": "w"}, "[a]\nk = w\n"),
    ("[a]\nk = v", "a", {"l": "w"}, "[a]\nk = v\nl = w"),
    ("[a]\nk = v", "b", {"l": "w"}, "[a]\nk = v\n\n[b]\nl = w"),
    ("[a]\r\nk = v\r\n\r\n[b]\r\n", "a", {"l": "w"}, "[a]\r\nk = v\r\nl = w\r\n\r\n[b]\r\n"),
    ("# mine\n[a]\n; why\nk = v\n# end\n\n[b]\n", "a", {"l": "w"}, "# mine\n[a]\n; why\nk = v\nl = w\n# end\n\n[b]\n"),
    ("[a]\ns3 =\n  x = 1\n\n  y = 2\n[b]\n", "a", {"l": "w"}, "[a]\ns3 =\n  x = 1\n\n  y = 2\nl = w\n[b]\n"),
    ("[a]\ns3 =\n  x = 1\n# c\n  y = 2\nk = v\n", "a", {"s3": "z"}, "[a]\ns3 = z\n# c\nk = v\n"),
    ("[a]\n  k = v\n  [b]\n  l = 1\n", "a", {"m": "w"}, "[a]\n  k = v\n  m = w\n  [b]\n  l = 1\n"),
    ("[a]\n  [b]\n", "a", {"m": "w"}, "[a]\n  m = w\n  [b]\n"),
    ("[a]\nk = v\n  [b]\n", "b", {"m": "w"}, "[a]\nk = v\n  [b]\n\n[b]\nm = w\n"),
    ("[a]\nk = v\nl = w\n", "a", {"k": None, "gone": None}, "[a]\nl = w\n"),
    ("[a]\nk = v ; not a comment\n", "a", {"l": "w"}, "[a]\nk = v ; not a comment\nl = w\n"),
    ("[a]\nk = v\x0bw\u2028x\n", "a", {"l": "w"}, "[a]\nk = v\x0bw\u2028x\nl = w\n"),
    ("[ a]\n[a]\n[A]\n", "a", {"k": "v"}, "[ a]\n[a]\nk = v\n[A]\n"),
    ("[DEFAULT]\nk = v\n[a]\n", "a", {"k": "w"}, "[DEFAULT]\nk = v\n[a]\nk = w\n"),
    ("\n\n", "a", {"k": "v"}, "\n\n[a]\nk = v\n"),
    ("[a]\nk = v\n[b]\nk = 1\n", "a", {"k": "v"}, "[a]\nk = v\n[b]\nk = 1\n"),
]


@pytest.mark.parametrize(("before", "section", "values", "after"), EDITS)
def test_edit_changes_only_the_named_options(
    before: str, section: str, values: dict[str, str | None], after: str
) -> None:
    assert ini.edit(before, section, values) == after
    assert ini.edit_all(before, {section: values}) == after


WORDS = st.sampled_from(["a", "b", "profile a", "default", "DEFAULT", "k", "s3 =", "k = v", "l: w=x", "= v", "#", ";"])
PIECES = st.sampled_from(
    ["[a]", "[b]", "[ a ]", "[profile a]", "[default]", "[DEFAULT]", "s3 =", "x = 1", "k = v", "l: w"]
)
LINES = st.tuples(
    st.sampled_from(["", "", " ", "  ", "\t"]), PIECES | WORDS | st.just(""), st.sampled_from(["\n", "\r\n"])
)
TEXTS = st.lists(LINES, max_size=14).map(lambda lines: "".join("".join(line) for line in lines))
VALUES = st.dictionaries(
    st.sampled_from(["k", "x", "new", "s3"]), st.sampled_from(["v", "1", "a=b", "[x]", "# c", ""]), min_size=1
)


def parsed(path: Path, text: str) -> dict[str, dict[str, str]] | None:
    path.write_bytes(text.encode())
    try:
        return dict(raw_config_parse(str(path), parse_subsections=False))
    except ConfigParseError:
        return None


@settings(max_examples=150, deadline=None)
@given(text=TEXTS, section=st.sampled_from(["a", "b", "new"]), values=VALUES)
@example(text="[DEFAULT]\ns3 =\n[DEFAULT]\ns3 =\n", section="a", values={"k": "v"})
def test_botocore_reads_what_was_set_and_nothing_else_changed(
    tmp_path_factory: pytest.TempPathFactory, text: str, section: str, values: dict[str, str]
) -> None:
    path = tmp_path_factory.getbasetemp() / f"ini-{os.getpid()}"
    before = parsed(path, text)
    try:
        after = ini.edit(text, section, values)
    except ini.InvalidIni:
        # Either the AWS tools refuse the text too, or its indentation makes an edit unsafe.
        assert before is None or re.search(r"^[ \t]", text, re.MULTILINE)
        return

    assert before is not None
    assert ini.edit_all(text, {section: values}) == after
    common = before_defaults(text)
    assert parsed(path, after) == before | {section: common | before.get(section, {}) | values}
    comments = [line for line in ini.lines(text) if line.lstrip().startswith(("#", ";"))]
    assert [line for line in ini.lines(after) if line.lstrip().startswith(("#", ";"))] == comments


@settings(max_examples=60, deadline=None)
@given(text=TEXTS, ended=st.booleans())
def test_sections_that_are_added_and_removed_leave_any_text_as_it_was(text: str, ended: bool) -> None:
    text = text if ended else text.rstrip("\r\n")
    edits = {"profile x": {"k": "v", "region": "r"}, "profile y": {"k": "v"}}
    try:
        added = ini.edit_all(text, edits)
    except ini.InvalidIni:
        return
    common = before_defaults(text)
    before = ini.sections(text)
    assert ini.sections(added) == before | {name: common | values for name, values in edits.items()}
    removed = ini.edit_all(added, {name: dict.fromkeys(values) for name, values in edits.items()})
    assert ini.sections(removed) == before
    assert removed.rstrip() == text.rstrip()


def before_defaults(text: str) -> dict[str, str]:
    return ini.sections(text + "\n[\x00]\n")["\x00"]


BROKEN = [
    ("k = s3cr3t\n", 1, "before the first [section]"),
    ("\ufeff[a]\n", 1, "byte order mark"),
    ("[a]\nk = v\n\ns3cr3t\n", 4, "in section [a]"),
    ("[a]\nk = v\n[b]\n[a]\n", 4, "section [a] is already on line 1"),
    ("[a]\nk = s3cr3t\nK: s3cr3t\n", 3, "k is already on line 2"),
    ("[a]\n = s3cr3t\n", 2, "in section [a]"),
]


@pytest.mark.parametrize(("text", "line", "problem"), BROKEN)
def test_invalid_file_is_reported_with_its_line_and_not_changed(
    files: Files, text: str, line: int, problem: str
) -> None:
    files.credentials.parent.mkdir()
    files.credentials.write_text(text)

    for touch in (lambda: read_credentials(files), lambda: write_credentials(files, "b", {"k": "v"})):
        with pytest.raises(FileError) as error:
            touch()
        assert error.value.message.startswith(f"{files.credentials}:{line}: ")
        assert problem in error.value.message
        assert "s3cr3t" not in error.value.message

    assert files.credentials.read_text() == text


def test_new_files_and_folders_are_private(files: Files) -> None:
    write_credentials(files, "a", {"k": "v"})
    write_config(files, "a", {"region": "eu-west-1"})
    write_config(files, "default", {"region": "eu-west-2"})

    assert [mode(p) for p in (files.credentials, files.config, files.config.parent, files.state)] == [
        0o600,
        0o600,
        0o700,
        0o700,
    ]
    assert files.config.read_text() == "[profile a]\nregion = eu-west-1\n\n[default]\nregion = eu-west-2\n"
    assert sorted(p.name for p in files.config.parent.iterdir()) == [".awsbase", "config", "credentials"]


def test_credentials_become_private_and_config_keeps_its_mode(files: Files) -> None:
    files.config.parent.mkdir()
    for path in (files.credentials, files.config):
        path.write_text("[default]\nk = v\n")
        path.chmod(0o644)

    write_credentials(files, "default", {"k": "v"})
    write_config(files, "default", {"k": "w"})

    assert (mode(files.credentials), mode(files.config)) == (0o600, 0o644)


def test_symbolic_link_is_kept(files: Files, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "aws-credentials"
    real.parent.mkdir()
    real.write_text("[a]\nk = v\n")
    files.credentials.parent.mkdir()
    files.credentials.symlink_to("../dotfiles/aws-credentials")

    write_credentials(files, "a", {"k": "w"})

    assert files.credentials.is_symlink()
    assert real.read_text() == "[a]\nk = w\n"


def test_environment_sets_the_paths_of_the_files(tmp_path: Path) -> None:
    environ = {"AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "c"), "AWS_CONFIG_FILE": "~/d"}

    assert find(environ, tmp_path) == Files(tmp_path / "c", tmp_path / "d")
    environ = {"AWS_SHARED_CREDENTIALS_FILE": "$HOME/${OURS}/c", "AWS_CONFIG_FILE": "$NOWHERE/d", "OURS": "x"}
    assert find(environ | {"HOME": "/h"}, tmp_path) == Files(Path("/h/x/c"), Path("$NOWHERE/d"))
    # The AWS tools read no file then.
    assert find({"AWS_CONFIG_FILE": ""}, tmp_path) == Files(tmp_path / ".aws/credentials", Path("/dev/null"))


@pytest.mark.parametrize(
    ("header", "profile"),
    [
        ("profile a", "a"),
        ('profile "a b"', "a b"),
        ("profile  a", "a"),
        ("default", "default"),
        ("profile default", "default"),
    ],
)
def test_config_profile_is_found_under_any_form_of_its_header(files: Files, header: str, profile: str) -> None:
    files.config.parent.mkdir()
    files.config.write_text(f"[{header}]\nregion = eu-west-1\n[a]\nregion = no-profile\n")

    write_config(files, profile, {"region": "eu-west-2"})

    assert files.config.read_text() == f"[{header}]\nregion = eu-west-2\n[a]\nregion = no-profile\n"
    assert read_config(files) == {profile: {"region": "eu-west-2"}}
    assert load_config(str(files.config))["profiles"][profile]["region"] == "eu-west-2"


def test_concurrent_threads_lose_no_writes(files: Files) -> None:
    names = [f"p{n}" for n in range(12)]
    threads = [threading.Thread(target=write_credentials, args=(files, name, {"k": name})) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert read_credentials(files) == {name: {"k": name} for name in names}


WRITER = """
import sys
from pathlib import Path
from awsbase.people.file_writing import write_config, write_credentials
from awsbase.people.files import Files
name, credentials, config = sys.argv[1:]
files = Files(Path(credentials), Path(config))
print("ready", flush=True)
sys.stdin.readline()
for n in range(50):
    write_config(files, f"{name}{n}", {"k": name})
    write_credentials(files, f"{name}{n}", {"k": name})
"""


@pytest.mark.parametrize(
    ("credentials", "config"),
    [("credentials", "config"), ("others/credentials", "config"), ("credentials", "link/config")],
    ids=["the same files", "a shared config", "one through a symlink"],
)
def test_concurrent_processes_lose_no_writes(tmp_path: Path, credentials: str, config: str) -> None:
    (tmp_path / "others").mkdir()
    (tmp_path / "link").mkdir()
    (tmp_path / "link" / "config").symlink_to("../config")
    places = {"a": ("credentials", "config"), "b": (credentials, config)}
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, name, *(str(tmp_path / path) for path in paths)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for name, paths in places.items()
    ]
    for writer in writers:
        assert writer.stdout
        assert writer.stdout.readline() == b"ready\n"
    for writer in writers:
        assert writer.stdin
        writer.stdin.write(b"go\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate()
    assert [writer.returncode for writer in writers] == [0, 0]

    expected = {f"{name}{n}" for name in places for n in range(50)}
    assert set(read_config(Files(tmp_path / "credentials", tmp_path / "config"))) == expected
    comments = [read_credentials(Files(tmp_path / paths[0], tmp_path / "config")) for paths in places.values()]
    assert {name for profiles in comments for name in profiles} == expected
    assert not list(tmp_path.rglob(".*.awsbase-*"))


def test_bytes_that_are_not_utf8_are_kept(files: Files) -> None:
    files.credentials.parent.mkdir()
    files.credentials.write_bytes(b"# caf\xe9 \xff\n[a]\nk = v\n")

    write_credentials(files, "a", {"k": "w"})

    assert files.credentials.read_bytes() == b"# caf\xe9 \xff\n[a]\nk = w\n"


def test_unreadable_file_is_named(files: Files) -> None:
    files.credentials.mkdir(parents=True)
    with pytest.raises(FileError, match=re.escape(str(files.credentials))):
        read_credentials(files)
    with pytest.raises(FileError, match=re.escape(str(files.credentials))):
        write_credentials(files, "a", {"k": "v"})


def test_value_of_two_lines_is_refused() -> None:
    with pytest.raises(ValueError, match="one line"):
        ini.edit("", "a", {"k": "v\n[b]"})


def test_concurrent_write_of_another_program_is_not_lost(files: Files) -> None:
    write_credentials(files, "a", {"k": "v"})

    class Meanwhile(dict[str, str | None]):
        """Values that write to the file when they are read, between awsbase's read and write."""

        def items(self) -> Any:
            if "other" not in read_credentials(files):
                files.credentials.write_text("[other]\nl = w\n\n" + files.credentials.read_text())
            return super().items()

    write_credentials(files, "a", Meanwhile(k="x"))

    assert read_credentials(files) == {"other": {"l": "w"}, "a": {"k": "x"}}


def test_temporary_file_of_a_killed_run_is_deleted(files: Files) -> None:
    write_credentials(files, "a", {"k": "v"})
    left = files.credentials.parent / ".credentials.awsbase-1234-abcd"
    left.write_text("half a fi")
    os.utime(left, (0, 0))

    write_credentials(files, "a", {"k": "w"})

    assert sorted(p.name for p in files.credentials.parent.iterdir()) == [".awsbase", "credentials"]
    assert files.credentials.read_text() == "[a]\nk = w\n"


def test_device_file_is_never_replaced(tmp_path: Path) -> None:
    files = Files(Path("/dev/null"), tmp_path / "config")
    for touch in (check_writable, lambda files: write_credentials(files, "a", {"k": "v"})):
        with pytest.raises(FileError, match="not a regular file"):
            touch(files)
    assert Path("/dev/null").is_char_device()
    assert not Path("/dev/.awsbase").exists()
