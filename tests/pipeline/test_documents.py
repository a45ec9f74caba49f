"""The documents of a pipeline are valid, pinned and tight: action, workflow, GitLab's file, and trust of the roles."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from click.testing import CliRunner

from awsbase.scripts import cli
from tests.conftest import needs
from tests.pipeline.runner import COMMIT, ROOT, action, documents, workflow

BIN = Path(sys.executable).parent
CHECK, ZIZMOR, SHELLCHECK = (str(BIN / name) for name in ("check-jsonschema", "zizmor", "shellcheck"))
OWN = "OWNER/awsbase@COMMIT"
ISSUER = "token.actions.githubusercontent.com"
GITHUB, GITLAB = documents("yml")
TRUST = dict(zip(("plan", "apply"), map(json.loads, documents("json")), strict=True))


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Write the documents to where their readers expect them; ours is pinned as a user would pin it."""
    written = {
        "action": tmp_path / "action.yml",
        "workflow": tmp_path / ".github/workflows/awsbase.yml",
        "gitlab": tmp_path / ".gitlab-ci.yml",
    }
    written["workflow"].parent.mkdir(parents=True)
    texts = ((ROOT / "action.yml").read_text(), GITHUB.replace(OWN, f"acme/awsbase@{COMMIT}"), GITLAB)
    for file, text in zip(written.values(), texts, strict=True):
        file.write_text(text)
    return written


def checked(*command: str | Path) -> None:
    ended = subprocess.run([str(each) for each in command], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


@needs(CHECK)
def test_each_document_fits_its_schema(files: dict[str, Path]) -> None:
    from check_jsonschema import main

    for name, schema in (("action", "github-actions"), ("workflow", "github-workflows"), ("gitlab", "gitlab-ci")):
        ended = CliRunner().invoke(main, ["--builtin-schema", f"vendor.{schema}", str(files[name])])
        assert ended.exit_code == 0, ended.output


@needs(ZIZMOR)
def test_the_security_linter_finds_nothing(files: dict[str, Path]) -> None:
    """It looks for script injection, tokens that can too much, unpinned actions and more."""
    checked(ZIZMOR, "--offline", "--no-config", "--persona=auditor", files["action"], files["workflow"])


def steps() -> Iterator[dict[str, Any]]:
    yield from action()["runs"]["steps"]
    for job in workflow()["jobs"].values():
        yield from job["steps"]


def test_other_actions_are_pinned_by_commit_with_their_version_beside() -> None:
    lines = re.findall(r"uses: (.*)", (ROOT / "action.yml").read_text() + GITHUB)
    assert len(lines) == 10
    for line in lines:
        assert line == OWN or re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


def test_no_expression_reaches_a_shell() -> None:
    scripts = [step["run"] for step in steps() if "run" in step]
    assert len(scripts) == 6
    assert not any("${{" in script for script in scripts)


def test_the_shell_steps_pass_shellcheck(tmp_path: Path) -> None:
    for number, step in enumerate(step for step in steps() if "run" in step):
        (tmp_path / f"{number}.sh").write_text(f"set -eo pipefail\n{step['run']}")
    # SC2154: what the environment of a step sets.
    checked(SHELLCHECK, "--shell=bash", *sorted(tmp_path.glob("*.sh")))


def test_the_workflow_gives_and_takes_what_the_action_has() -> None:
    declared = action()
    for job in workflow()["jobs"].values():
        (step,) = (step for step in job["steps"] if step["uses"] == OWN)
        assert step["with"].keys() <= declared["inputs"].keys()
        required = {name for name, each in declared["inputs"].items() if each.get("required")}
        assert required <= step["with"].keys()
    used = set(re.findall(r"steps\.awsbase\.outputs\.(\w+)", GITHUB))
    assert used == {"changes", "digest", "plan"} <= declared["outputs"].keys()


def test_every_input_and_output_is_told() -> None:
    page = (ROOT / "docs/pipeline.md").read_text()
    table, _, rest = page[page.index("| input | means |") :].partition("\n\n")
    rows = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    assert set(re.findall(r"`([\w-]+)`", " ".join(rows))) == action()["inputs"].keys()
    outputs = rest[: rest.index("It installs")]
    assert action()["outputs"].keys() <= set(re.findall(r"`([\w-]+)`", outputs))


def test_a_job_has_the_permissions_that_it_needs_and_no_key() -> None:
    jobs = workflow()["jobs"]
    assert workflow()["permissions"] == {}
    least = {"contents": "read", "id-token": "write"}
    assert {name: job["permissions"] for name, job in jobs.items()} == {
        "plan": {**least, "pull-requests": "write"},
        "apply": least,
        "drift": {**least, "issues": "write"},
    }
    assert "secrets." not in GITHUB
    assert not re.search(r"access.key|secret", GITHUB + GITLAB + (ROOT / "action.yml").read_text(), re.IGNORECASE)


# The trust of the roles.


def subjects(job: dict[str, Any]) -> set[str]:
    """Return the subjects that GitHub gives the runs of a job: its environment, or else the event or branch."""
    if "environment" in job:
        return {f"environment:{job['environment']}"}
    found = set()
    if "pull_request" in job["if"]:
        found.add("pull_request")
    if "push" in job["if"] or "schedule" in job["if"]:
        found.add("ref:refs/heads/main")
    return found


@pytest.mark.parametrize("role", ["plan", "apply"])
def test_a_role_trusts_exactly_the_jobs_that_take_it(role: str) -> None:
    takers = [
        job
        for job in workflow()["jobs"].values()
        if any(step.get("with", {}).get("role", "").endswith(f":role/acme-ci-{role}") for step in job["steps"])
    ]
    (statement,) = TRUST[role]["Statement"]
    trusted = statement["Condition"]["StringEquals"][f"{ISSUER}:sub"]
    forms = ("repo:acme/infra", "repo:acme@123456/infra@456789")
    assert set(trusted) == {f"{form}:{subject}" for form in forms for job in takers for subject in subjects(job)}


@pytest.mark.parametrize("role", ["plan", "apply"])
def test_the_trust_is_tight(role: str) -> None:
    (statement,) = TRUST[role]["Statement"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Principal"] == {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{ISSUER}"}
    assert statement["Condition"].keys() == {"StringEquals"}
    equals = statement["Condition"]["StringEquals"]
    assert equals[f"{ISSUER}:aud"] == "sts.amazonaws.com"
    assert equals[f"{ISSUER}:repository_id"] == "456789"
    assert not re.search(r"[*?]", json.dumps(statement))


# GitLab.


def test_gitlab_runs_commands_and_options_that_there_are() -> None:
    jobs = yaml.safe_load(GITLAB)
    lines = [line for job in jobs.values() if isinstance(job, dict) for line in job.get("script", [])]
    assert len(lines) == 3
    for line in lines:
        program, name, *arguments = shlex.split(line)
        assert program == "awsbase"
        with click.Context(cli) as context:
            command = cli.get_command(context, name)
            assert command is not None
            command.make_context(name, arguments, parent=context)


def test_gitlab_keeps_what_the_next_job_needs_and_only_main_applies() -> None:
    jobs = yaml.safe_load(GITLAB)
    plan, apply = jobs["plan"], jobs["apply"]
    assert "plan.json" in plan["artifacts"]["paths"]
    assert apply["needs"] == ["plan"]
    assert apply["environment"] == "aws"
    allowed = [rule for rule in apply["rules"] if rule.get("when") != "never"]
    assert allowed == [{"if": '$CI_COMMIT_BRANCH == "main"', "when": "manual"}]
