"""The image is built by hash, runs as nobody in particular, and needs no file system to write to."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shlex
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import pytest

import awsbase
from tests.pipeline.runner import ROOT

CYCLONEDX = Path(sys.executable).parent / "cyclonedx-py"


@dataclass(frozen=True)
class Instruction:
    """One instruction of the file, in which of its stages it stands, and what follows its name."""

    stage: int
    name: str
    text: str

    @property
    def words(self) -> list[str]:
        return shlex.split(self.text)


def instructions() -> list[Instruction]:
    """Return the instructions of the Containerfile."""
    lines = re.sub(r"^#.*\n", "", (ROOT / "Containerfile").read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    found, stage = [], -1
    for line in filter(None, lines.splitlines()):
        name, _, text = line.partition(" ")
        stage += name == "FROM"
        found.append(Instruction(stage, name, text.strip()))
    return found


ALL = instructions()
RUNS = [each for each in ALL if each.name == "RUN"]
LAST = [each for each in ALL if each.stage == max(each.stage for each in ALL)]


def only(name: str) -> Instruction:
    (found,) = (each for each in LAST if each.name == name)
    return found


def test_both_stages_are_of_one_image_with_its_digest() -> None:
    (base,) = (each.text for each in ALL if each.stage < 0)
    assert re.fullmatch(r"PYTHON=docker\.io/library/python:3\.\d+\.\d+-slim-\w+@sha256:[0-9a-f]{64}", base)
    assert [each.text for each in ALL if each.name == "FROM"] == ["${PYTHON} AS build", "${PYTHON}"]


def test_the_image_runs_as_a_user_without_rights_or_a_name() -> None:
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", only("USER").text)
    assert json.loads(only("ENTRYPOINT").text) == ["awsbase"]
    assert json.loads(only("CMD").text) == ["--help"]


def test_the_last_stage_only_copies_what_was_built() -> None:
    assert {each.name for each in LAST} == {"FROM", "LABEL", "ENV", "COPY", "WORKDIR", "USER", "ENTRYPOINT", "CMD"}
    assert only("COPY").words == ["--from=build", "/opt/awsbase", "/opt/awsbase"]
    assert {each.name for each in ALL} & {"ADD", "VOLUME", "EXPOSE", "SHELL"} == set()


def test_whatever_comes_from_an_index_has_its_hash() -> None:
    installs = [each.words for each in RUNS if " install " in each.text or " wheel " in each.text]
    assert len(installs) == 4
    for words in installs:
        assert {"--require-hashes", "--only-binary"} <= set(words) or {"--no-deps", "--no-index"} <= set(words)
    assert not any(re.search(r"https?:|curl|wget|apt", each.text) for each in RUNS)


def test_what_is_copied_is_there_and_reaches_the_builder() -> None:
    lines = (ROOT / ".containerignore").read_text().splitlines()
    allowed = {line[1:] for line in lines if line.startswith("!")}
    assert "*" in lines
    copied = {word for each in ALL if each.name == "COPY" and each.stage == 0 for word in each.words[:-1]}
    assert copied == allowed
    assert all((ROOT / name).exists() for name in copied)
    assert not any(fnmatch.fnmatch(name, pattern) for name in copied for pattern in (".*", "*.pem", "*credentials*"))


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the steps in a plain folder, with the packages of this environment in place of those of an index."""
    root = tmp_path_factory.mktemp("image")
    source = root / "source"
    source.mkdir()
    here = sysconfig.get_path("purelib")
    clean = {"PATH": os.environ["PATH"], "PIP_DISABLE_PIP_VERSION_CHECK": "1", "HOME": str(root)}
    for each in ALL:
        if each.stage == 0 and each.name == "COPY":
            *names, to = each.words
            for name in names:
                subprocess.run(["cp", "-r", ROOT / name, source / to], check=True)
        elif each.name == "RUN":
            command = each.text.replace("/opt/", f"{root}/opt/")
            if "--require-hashes" in command:
                environment = Path(shlex.split(command)[0]).parent.parent
                (packages,) = environment.glob("lib/python*/site-packages")
                # Python 3.11 puts a setuptools of its own into an environment, which is too old to build with.
                first = f"import sys; sys.path.insert(0, {here!r})"
                (packages / "installed.pth").write_text(first if environment.name == "build" else here)
            elif "cyclonedx-py" not in command:
                subprocess.run(["sh", "-ec", command], cwd=source, env=clean, check=True, capture_output=True)
    return root


@pytest.mark.faults
def test_the_steps_make_an_awsbase_without_pip(image: Path) -> None:
    programs = image / "opt/awsbase/bin"
    shown = subprocess.run([programs / "awsbase", "--version"], capture_output=True, text=True, check=True, env={})
    assert awsbase.__version__ in shown.stdout
    # Neither the source nor a folder for its owner is there, and nothing can be written.
    validated = subprocess.run(
        [programs / "awsbase", "validate", ROOT / "manifests/baseline.yaml"],
        cwd="/",
        env={"HOME": "/home/awsbase", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "fine" in validated.stdout
    (packages,) = image.glob("opt/awsbase/lib/python*/site-packages")
    assert not (packages / "pip").exists()
    assert (packages / "awsbase/py.typed").exists()


@pytest.mark.faults
@pytest.mark.skipif(not CYCLONEDX.exists(), reason="pip install '.[release]' installs what lists the packages")
def test_the_list_of_packages_names_awsbase_and_what_it_needs(image: Path) -> None:
    (step,) = (each.text for each in RUNS if "cyclonedx-py" in each.text)
    command = step.replace("/opt/build/bin/cyclonedx-py", str(CYCLONEDX)).replace("/opt/", f"{image}/opt/")
    subprocess.run(["sh", "-ec", command], check=True, capture_output=True)
    listed = json.loads((image / "opt/awsbase/sbom.cdx.json").read_text())
    assert listed["bomFormat"] == "CycloneDX"
    names = {component["name"]: component["version"] for component in listed["components"]}
    assert names["awsbase"] == awsbase.__version__
    assert {"boto3", "botocore", "click", "pydantic"} <= names.keys()
