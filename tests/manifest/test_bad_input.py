"""Every valid manifest is accepted, and every invalid one gives lines of advice and exit code 2."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awsbase.errors import ManifestError, UsageError
from awsbase.manifest.load import load
from awsbase.manifest.manifest import resources
from awsbase.sandbox import Sandbox
from awsbase.scripts import cli
from awsbase.scripts.loaded import read
from awsbase.scripts.options import Options
from tests.contract.sample import go, problems, said
from tests.manifest.generated import FILES, manifests, written
from tests.manifest.mangled import ROOT, mangled_texts, mangled_trees

FEW = settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
MANY = settings(FEW, max_examples=4000, derandomize=False)
SOME = settings(FEW, max_examples=3)
MORE = settings(FEW, max_examples=60, derandomize=False)
READERS = ("validate", "plan", "reconcile", "graph", "state backend", "bastion up", "bastion down", "bastion status")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the keys and policies that the examples name."""
    folder = Path(shutil.copytree(ROOT / "manifests", tmp_path_factory.mktemp("bad") / "manifests"))
    for name, content in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content)
    return folder


def answered(folder: Path, content: bytes) -> None:
    """Read a manifest as every command does; every problem must be a mistake of its author."""
    file = folder / "m.yaml"
    file.write_bytes(content)
    try:
        read(file, Options())
    except ManifestError as error:
        for mistake in error.mistakes:
            assert mistake.line >= 1
            assert mistake.message
            assert "\n" not in str(mistake)
    except UsageError as error:
        assert str(file) in error.message  # noqa: PT017, most of them raise nothing of the kind


TREES = mangled_trees().map(lambda text: text.encode("utf-8", "surrogatepass"))


@FEW
@given(content=TREES)
def test_mangled_manifest_gives_mistakes(folder: Path, content: bytes) -> None:
    answered(folder, content)


@FEW
@given(content=mangled_texts())
def test_scrambled_manifest_gives_mistakes(folder: Path, content: bytes) -> None:
    answered(folder, content)


@pytest.mark.faults
@MANY
@given(content=TREES | mangled_texts() | st.binary(max_size=300))
def test_any_input_gives_a_manifest_or_mistakes(folder: Path, content: bytes) -> None:
    answered(folder, content)


def reconciled(folder: Path, manifest: dict[str, Any]) -> None:
    file = folder / "good.yaml"
    file.write_text(written(manifest))
    everything = [resource for section in resources(load(file)).values() for resource in section]
    sandbox = Sandbox()
    planned = go(sandbox, "plan", everything)
    done = go(sandbox, "reconcile", everything)
    assert problems(done) == []
    assert sorted(said(done)) == sorted(said(planned))
    assert said(go(sandbox, "plan", everything)) == []


def taken(folder: Path, manifest: dict[str, Any]) -> None:
    file = folder / "good.yaml"
    file.write_text(written(manifest))
    read(file, Options())


@FEW
@given(manifest=manifests())
def test_valid_manifest_is_accepted(folder: Path, manifest: dict[str, Any]) -> None:
    taken(folder, manifest)


@pytest.mark.faults
@MANY
@given(manifest=manifests() | manifests(alone=True))
def test_every_valid_manifest_is_accepted(folder: Path, manifest: dict[str, Any]) -> None:
    taken(folder, manifest)


@SOME
@given(manifest=manifests(alone=True))
def test_valid_manifest_is_planned_and_applied_and_the_next_plan_is_empty(
    folder: Path, manifest: dict[str, Any]
) -> None:
    reconciled(folder, manifest)


@pytest.mark.faults
@MORE
@given(manifest=manifests(alone=True))
def test_every_valid_manifest_is_planned_and_applied_and_the_next_plan_is_empty(
    folder: Path, manifest: dict[str, Any]
) -> None:
    reconciled(folder, manifest)


def laid_out(folder: Path) -> dict[str, Path]:
    """Create invalid manifest files by kind."""
    places = {name: folder / name.replace(" ", "-") for name in ("a loop", "a folder", "a broken link", "a program")}
    places["a loop"].symlink_to(places["a loop"])
    places["a folder"].mkdir()
    places["a broken link"].symlink_to(folder / "nowhere")
    shutil.copy(sys.executable, places["a program"])
    return places | {"/dev/null": Path("/dev/null"), "/dev/zero": Path("/dev/zero")}


@pytest.mark.parametrize("what", ["a loop", "a folder", "a broken link", "a program", "/dev/null", "/dev/zero"])
@pytest.mark.parametrize("command", READERS)
def test_every_command_refuses_an_invalid_manifest(command: str, what: str, tmp_path: Path) -> None:
    path = laid_out(tmp_path)[what]
    ended = CliRunner().invoke(cli, [*command.split(), str(path)])
    assert ended.exit_code == 2
    assert ended.stdout == ""
    assert ended.stderr.startswith(f"awsbase: {path}:{'1:' if what in ('a program', '/dev/null') else ''} ")


@pytest.mark.parametrize("policy", ["gone.json", "loop.json", "folder.json", "huge.json", "binary.json", "deep.json"])
def test_unreadable_policy_file_is_a_mistake_with_a_line(policy: str, tmp_path: Path) -> None:
    (tmp_path / "loop.json").symlink_to(tmp_path / "loop.json")
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "huge.json").write_text("[" + "1," * 1_000_000 + "1]")
    (tmp_path / "binary.json").write_bytes(Path(sys.executable).read_bytes()[:1000])
    (tmp_path / "deep.json").write_text("[" * 100_000)
    file = tmp_path / "m.yaml"
    file.write_text(
        'version: 1\naccount: {id: "123456789012", name: acme, region: eu-west-1}\n'
        f"iam:\n  policies:\n    deploy:\n      file: {policy}\n"
    )
    ended = CliRunner().invoke(cli, ["validate", str(file)])
    assert ended.exit_code == 2
    assert ended.stderr.startswith(f"awsbase: {file}:6: iam.policies.deploy.file: {policy}") or policy == "gone.json"
    assert len(ended.stderr.splitlines()) <= 2


@pytest.mark.parametrize(
    "content",
    [b"", b"# only\n", b"\xff\xfe\x00", b"a: !!python/object/apply:os.system [id]\n", b"a: &a [*a]\n", b"[" * 10_000],
    ids=["empty", "comments", "binary", "python", "itself", "deep"],
)
def test_program_exits_with_2_and_no_traceback(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "m.yaml"
    file.write_bytes(content)
    ended = subprocess.run([sys.executable, "-m", "awsbase", "validate", str(file)], capture_output=True, text=True)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert f"{file}:1: " in ended.stderr
    assert "Traceback" not in ended.stderr
