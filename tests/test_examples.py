"""The plug-in in `examples/` keeps the contract and works with every command, as docs/extending.md shows."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/extending.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"^```console\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
(MANIFEST,) = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
# tests/test_console_blocks.py runs the other ones.
STEPS = [step for block in SHOWN for step in block.split("$ ")[1:] if step.startswith(("pip", "pytest"))]

pytestmark = pytest.mark.slow


def run(line: str, installed: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command with this Python, beside the manifest of the page, where the plug-in is installed."""
    (folder / "acme.yaml").write_text(MANIFEST)
    words = shlex.split(line)
    module = {"awsbase": ["-m", "awsbase"], "pytest": ["-m", "pytest", "-c", os.devnull, "-p", "no:cacheprovider"]}
    command = [sys.executable, *module.get(words[0], []), *words[1:]]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTEST_"))}
    path = os.pathsep.join(map(str, (ROOT, installed, kept.get("PYTHONPATH", ""))))
    env = {**kept, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "HOME": str(folder)}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.partition("\n")[0])
def test_commands_of_the_page_print_what_it_shows(step: str, acme_repositories: Path, tmp_path: Path) -> None:
    line, _, shown = step.partition("\n")
    if line.startswith("pip install"):
        assert (ROOT / line.split()[-1] / "pyproject.toml").exists()
        assert (acme_repositories / "acme_repositories").is_dir()
        return
    done = run(line.replace("examples/", f"{ROOT}/examples/"), acme_repositories, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(rf"^{shown.strip()}", done.stdout, re.MULTILINE), done.stdout


def commands(line: str, acme_repositories: Path, folder: Path) -> str:
    done = run(line, acme_repositories, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_reconcile_is_complete_and_its_second_plan_is_empty(acme_repositories: Path, tmp_path: Path) -> None:
    done = json.loads(commands("awsbase reconcile acme.yaml --sandbox --json", acme_repositories, tmp_path))
    assert [each["status"] for each in done["resources"]] == ["changed", "changed"]
    assert [each["status"] for each in done["second"]["resources"]] == ["unchanged", "unchanged"]


def test_an_approved_plan_is_one_of_this_version_of_the_plug_in(acme_repositories: Path, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(
        commands("awsbase plan acme.yaml --sandbox --json", acme_repositories, tmp_path)
    )
    approved = "awsbase reconcile acme.yaml --sandbox --approved plan.json"
    commands(approved, acme_repositories, tmp_path)

    newer = tmp_path / "newer"
    newer.mkdir()
    for each in acme_repositories.iterdir():
        (newer / each.name.replace("-1.0", "-1.1")).symlink_to(each)
    facts = newer / "acme_repositories-1.1.dist-info"
    facts.unlink()
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-repositories\nVersion: 1.1\n")
    (facts / "entry_points.txt").write_text("[awsbase.kinds]\nacme = acme_repositories:PLUGIN\n")
    done = run(approved, newer, tmp_path)
    assert done.returncode == 1
    assert "the approved plan was made from another manifest" in done.stderr


def test_coverage_takes_the_manifest(acme_repositories: Path, tmp_path: Path) -> None:
    assert "controls:" in commands("awsbase coverage acme.yaml --sandbox", acme_repositories, tmp_path)


def test_permissions_name_the_repositories_of_the_manifest_only(acme_repositories: Path, tmp_path: Path) -> None:
    document = json.loads(commands("awsbase permissions acme.yaml", acme_repositories, tmp_path))
    allowed = {tuple(each["Action"]): each["Resource"] for each in document["Statement"]}
    both = [f"arn:aws:ecr:eu-west-1:123456789012:repository/{name}" for name in ("acme/web", "scratch")]
    assert allowed["ecr:DescribeRepositories", "ecr:ListTagsForResource"] == both


def test_the_schema_has_the_section(acme_repositories: Path, tmp_path: Path) -> None:
    schema = json.loads(commands("awsbase schema --extras acme-repositories", acme_repositories, tmp_path))
    assert schema["properties"]["x-repositories"]["additionalProperties"] == {"$ref": "#/$defs/RepositorySpec"}
    assert schema["$defs"]["RepositorySpec"]["properties"]["scan"]["default"] is True
    assert "x-repositories" not in json.loads(commands("awsbase schema", acme_repositories, tmp_path))["properties"]


def test_an_address_is_explained_with_its_name(acme_repositories: Path, tmp_path: Path) -> None:
    line = "awsbase explain repository/acme/web --extras acme-repositories --json"
    found = json.loads(commands(line, acme_repositories, tmp_path))["entries"]["repository/acme/web"]
    assert "--repository-name acme/web " in found["undo"][1]
    everything = commands("awsbase explain --extras acme-repositories", acme_repositories, tmp_path)
    assert re.search(r"^repository  +Where container images are kept", everything, re.MULTILINE)


def test_a_plug_in_that_is_not_installed_is_one_line(tmp_path: Path) -> None:
    for line in ("awsbase explain repository --extras acme-repositories", "awsbase validate acme.yaml"):
        done = run(line, tmp_path, tmp_path)
        assert done.returncode == 2
        assert "acme-repositories is not installed" in done.stderr
        assert "Traceback" not in done.stderr


def test_the_declarations_of_a_plug_in_are_checked(acme_repositories: Path, tmp_path: Path) -> None:
    package = acme_repositories / "acme_repositories"
    bad = tmp_path / "bad/acme_repositories"
    bad.mkdir(parents=True)
    for file in package.glob("*.py"):
        text = file.read_text().replace('    owns="tag mutability, scan on push",\n', "")
        (bad / file.name).write_text(text)
    (bad.parent / "acme_repositories-1.0.dist-info").symlink_to(acme_repositories / "acme_repositories-1.0.dist-info")
    done = run("python -m awsbase.kinds check --extras acme-repositories", bad.parent, tmp_path)
    assert done.returncode == 1
    assert done.stdout == (
        'acme_repositories.repository.Repository: KIND does not say what is corrected, write owns="...", '
        'or owns="nothing: it is only looked at"\n'
    )
