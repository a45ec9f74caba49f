"""The zip that functions run is the same byte for byte, whoever packs it, and holds all that they import."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pydantic
import pytest

from awsbase import bundle
from awsbase.bundle import NotForLambda, Platform

PACKAGE = Path(bundle.__file__).parent
HERE = Platform("python3.12", "arm64")
# What botocore and urllib3 try to import, and do without.
TRIED = {"backports", "certifi"}


def copied(folder: Path, umask: int, date: float) -> Path:
    """Copy a part of awsbase as another person, on another day, would have it."""
    before = os.umask(umask)
    try:
        there = folder / "site-packages" / "awsbase"
        for part in ("fleet", "engine", "policies"):
            shutil.copytree(PACKAGE / part, there / part, copy_function=shutil.copyfile)
        (there / "engine/__pycache__").mkdir(exist_ok=True)
        (there / "engine/__pycache__/run.pyc").write_bytes(os.urandom(8))
        for path in there.rglob("*"):
            os.utime(path, (date, date))
    finally:
        os.umask(before)
    return there


def test_two_people_pack_the_same_bytes(tmp_path: Path) -> None:
    one = copied(tmp_path / "one", 0o022, 1_700_000_000)
    other = copied(tmp_path / "a" / "longer path", 0o077, 1_800_000_000)
    files = [*bundle.own_files(other)]
    assert bundle.packed(bundle.own_files(one), HERE) == bundle.packed(reversed(files), HERE)
    assert len(files) > 20


def test_a_changed_file_or_platform_changes_the_bytes() -> None:
    files = {"a.py": b"1"}
    packed = bundle.packed(files.items(), HERE)
    assert packed != bundle.packed({"a.py": b"2"}.items(), HERE)
    assert packed != bundle.packed(files.items(), Platform("python3.13", "arm64"))
    assert bundle.platform_of(packed) == HERE
    (first, _) = zipfile.ZipFile(io.BytesIO(packed)).infolist()
    assert (first.date_time, first.external_attr >> 16) == ((1980, 1, 1, 0, 0, 0), 0o100644)


@pytest.mark.parametrize("data", [b"no zip", bundle.packed([], HERE)[:40]])
def test_what_awsbase_did_not_pack_is_refused(data: bytes) -> None:
    with pytest.raises(NotForLambda, match="no zip that awsbase has packed"):
        bundle.platform_of(data)


@pytest.mark.slow
def test_awsbase_as_it_is_installed_fits_into_lambda_and_has_all_that_a_function_imports() -> None:
    files = dict(bundle.installed())
    assert sum(map(len, files.values())) < 50 * 1024 * 1024  # even unpacked
    assert not [each for each in files if each.startswith(("moto/", "awsbase/sandbox/", "jinja2/"))]
    # A reconcile imports every kind.
    code = (
        "import sys; sys.path += sys.argv[1:]; from awsbase.fleet.stepfunctions.handler import handle; "
        "from awsbase.ensure import KINDS; import boto3, pydantic, yaml; assert len(list(KINDS)) > 50; "
        "print(*(getattr(each, '__file__', '') for each in list(sys.modules.values())), sep='\\n')"
    )
    ours, theirs = str(PACKAGE.parent) + os.sep, str(Path(pydantic.__file__).parents[1]) + os.sep
    # Without site: no path files of whoever develops here.
    words = [sys.executable, "-I", "-S", "-c", code, ours, theirs]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    imported = [each for each in done.stdout.splitlines() if each.startswith((ours, theirs))]
    assert len(imported) > 200
    missing = {each.removeprefix(theirs).removeprefix(ours) for each in imported} - files.keys()
    assert {each.partition("/")[0] for each in missing} <= TRIED


def wheel(folder: Path, name: str, tags: str, files: dict[str, str]) -> None:
    """Write a wheel with these files."""
    with zipfile.ZipFile(folder / f"{name}-1.0-{tags}.whl", "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)


def wheels(folder: Path, compiled: str) -> Path:
    """Write a wheel of everything that awsbase needs, one of them compiled."""
    folder.mkdir()
    for name in bundle.needed("awsbase") - {"pydantic-core"}:
        wheel(folder, name.replace("-", "_"), "py3-none-any", {f"{name}.py": "", f"{name}-1.0.dist-info/RECORD": ""})
    wheel(folder, "pydantic_core", compiled, {"pydantic_core/core.so": "", "pydantic_core/core.pyi": ""})
    return folder


def test_wheels_are_packed_for_the_platform_that_they_are_for(tmp_path: Path) -> None:
    arm = wheels(tmp_path / "arm", "cp313-cp313-manylinux_2_17_aarch64.manylinux2014_aarch64")
    zipped = bundle.from_wheels(arm)
    assert bundle.platform_of(zipped) == Platform("python3.13", "arm64")
    names = zipfile.ZipFile(io.BytesIO(zipped)).namelist()
    assert {"boto3.py", "pydantic_core/core.so", "awsbase/fleet/work.py"} <= set(names)
    assert not [each for each in names if each.endswith(("RECORD", ".pyi"))]


def test_wheels_that_do_not_run_on_lambda_are_refused_with_what_to_fetch(tmp_path: Path) -> None:
    mac = wheels(tmp_path / "mac", "cp313-cp313-macosx_11_0_arm64")
    with pytest.raises(NotForLambda, match="not for Linux"):
        bundle.from_wheels(mac)
    both = wheels(tmp_path / "both", "cp313-cp313-manylinux_2_17_aarch64")
    wheel(both, "PyYAML", "cp312-cp312-manylinux_2_17_x86_64", {"yaml.so": ""})
    with pytest.raises(NotForLambda, match=r"python3.12 on x86_64, python3.13 on arm64"):
        bundle.from_wheels(both)
    (both / "boto3-1.0-py3-none-any.whl").unlink()
    with pytest.raises(NotForLambda, match="no wheel of boto3"):
        bundle.from_wheels(both)
