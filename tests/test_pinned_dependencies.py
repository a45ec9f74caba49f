"""The pinned dependencies of a release have hashes and satisfy setup.cfg, and its build backend pyproject.toml."""

from __future__ import annotations

import re
import tomllib
from configparser import ConfigParser
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
LOCKS = ("awsbase.txt", "sandbox.txt", "build.txt", "container.txt")


def pins(name: str) -> dict[str, tuple[Requirement, list[str]]]:
    """Return what a lock file pins, with the hashes of each."""
    text = (ROOT / "requirements" / name).read_text().replace("\\\n", " ")
    found = {}
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            pinned = Requirement(line.partition(" --hash")[0])
            found[pinned.name] = (pinned, re.findall(r"--hash=sha256:([0-9a-f]{64})(?!\S)", line))
    return found


def asked(name: str) -> list[Requirement]:
    """Return what setup.cfg asks for, with the sandbox's packages where they are pinned too; or what NAME.in does."""
    if (source := ROOT / "requirements" / name.replace(".txt", ".in")).exists():
        lines = source.read_text().splitlines()
        return [Requirement(line) for line in lines if not line.startswith("#")]
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    lines = setup["options"]["install_requires"].split("\n")
    if name == "sandbox.txt":
        lines += setup["options.extras_require"]["sandbox"].split("\n")
    return [Requirement(line) for line in lines if line.strip()]


@pytest.mark.parametrize("name", LOCKS)
def test_pinned_versions_satisfy_the_requirements(name: str) -> None:
    pinned = pins(name)
    for wanted in asked(name):
        (version,) = pinned[wanted.name.lower()][0].specifier
        assert wanted.specifier.contains(version.version), wanted


@pytest.mark.parametrize("name", LOCKS)
def test_every_dependency_is_pinned_to_one_version_with_hashes(name: str) -> None:
    for pinned, hashes in pins(name).values():
        (version,) = pinned.specifier
        assert version.operator == "=="
        assert hashes, pinned


def test_the_sandbox_pins_the_same_versions() -> None:
    whole = {name: str(pinned.specifier) for name, (pinned, _) in pins("sandbox.txt").items()}
    assert {name: str(pinned.specifier) for name, (pinned, _) in pins("awsbase.txt").items()}.items() <= whole.items()


def test_the_image_is_built_with_the_backend_of_a_release() -> None:
    release, image = pins("build.txt"), pins("container.txt")
    assert [str(image[name][0]) for name in ("setuptools", "wheel")] == [
        str(release[name][0]) for name in ("setuptools", "wheel")
    ]


def test_the_pinned_backend_is_one_that_the_package_allows() -> None:
    build_system = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]
    pinned = pins("build.txt")
    for wanted in map(Requirement, build_system["requires"]):
        (version,) = pinned[wanted.name][0].specifier
        assert wanted.specifier.contains(version.version), wanted


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_names_no_index(name: str) -> None:
    assert not re.search(r"index-url|find-links|trusted-host|://", (ROOT / "requirements" / name).read_text())
