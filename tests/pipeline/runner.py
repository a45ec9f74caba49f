"""A small runner of workflows: conditions, expressions, outputs, composite actions and artefacts, as GitHub's has them.

The steps of bash run as they are. Of GitHub there is a `gh` that keeps comments and issues in a file.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/pipeline.md"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
REPOSITORY = "acme/infra"
BOT = "github-actions[bot]"
NAME = re.compile(r"'[^']*'|[a-z_][\w-]*(?:\.[\w-]+)+|&&|\|\|")
EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}")
GH = Path(__file__).with_name("gh.py")


def action() -> dict[str, Any]:
    """Return the action of this repository."""
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
    return loaded


def documents(language: str) -> list[str]:
    """Return the blocks of this language that docs/pipeline.md shows."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)


def workflow() -> dict[str, Any]:
    """Return the workflow that docs/pipeline.md shows."""
    loaded: dict[str, Any] = yaml.safe_load(documents("yml")[0])
    return loaded


def value(expression: str, context: Mapping[str, Any]) -> Any:
    """Evaluate an expression; what is not there is empty."""

    def looked_up(found: re.Match[str]) -> str:
        text = found[0]
        if text in ("&&", "||"):
            return " and " if text == "&&" else " or "
        if text.startswith("'"):
            return repr(text[1:-1])
        here: Any = context
        for part in text.split("."):
            here = here.get(part, "") if isinstance(here, Mapping) else ""
        return repr(here)

    return eval(NAME.sub(looked_up, " ".join(expression.split())), {"__builtins__": {}})  # noqa: S307


def filled(text: object, context: Mapping[str, Any]) -> str:
    """Return a text with its expressions evaluated."""
    return EXPRESSION.sub(lambda found: str(value(found[1], context)), str(text))


@dataclass
class Hub:
    """A repository on GitHub, as far as `gh` shows it, and the machine that its workflows run on."""

    folder: Path
    environment: dict[str, str]
    awsbase: str
    sha: str = COMMIT
    head: str = REPOSITORY
    used: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    printed: str = ""
    summary: str = ""

    def __post_init__(self) -> None:
        self.bin, self.work = self.folder / "bin", self.folder / "work"
        for each in (self.bin, self.work):
            each.mkdir()
        self.state = self.folder / "github.json"
        self.write({"comments": [], "issues": [], "head": self.sha})
        gh = self.bin / "gh"
        gh.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "{GH}" "$@"\n')
        gh.chmod(0o755)

    def read(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads(self.state.read_text())
        return loaded

    def write(self, state: Mapping[str, Any]) -> None:
        self.state.write_text(json.dumps(state))

    def context(self, event: str) -> dict[str, Any]:
        """Return what a run of this event knows as `github` and `runner`."""
        temp = self.folder / "temp"
        pull_request = {"number": 7, "head": {"sha": self.sha, "repo": {"full_name": self.head}}}
        github = {
            "event_name": event,
            "event": {"pull_request": pull_request} if event == "pull_request" else {},
            "repository": REPOSITORY,
            "server_url": "https://github.com",
            "run_id": "1",
            "sha": self.sha,
            "token": "job-token",
        }
        return {"github": github, "runner": {"temp": str(temp)}}

    def run(self, event: str) -> dict[str, bool]:
        """Run the documented workflow; return which jobs ran, and whether they passed."""
        context = self.context(event)
        results: dict[str, bool] = {}
        context["needs"] = {}
        for name, job in workflow()["jobs"].items():
            needs = [job["needs"]] if "needs" in job else []
            if all(results.get(each) for each in needs) and value(job["if"], context):
                steps = Steps(self, context, {"OWNER/awsbase": self.act})
                results[name] = steps.run(job["steps"])
                outputs = {key: filled(text, steps.context) for key, text in job.get("outputs", {}).items()}
                context["needs"][name] = {"outputs": outputs}
        return results

    def act(self, inputs: Mapping[str, str], context: Mapping[str, Any]) -> dict[str, str] | None:
        """Run the action; return its outputs, or None when it failed."""
        declared = action()
        defaults = {name: filled(each.get("default", ""), context) for name, each in declared["inputs"].items()}
        assert inputs.keys() <= defaults.keys()
        steps = Steps(self, {**context, "inputs": {**defaults, **inputs}}, {})
        passed = steps.run([step for step in declared["runs"]["steps"] if "Install" not in step.get("name", "")])
        outputs = {name: filled(each["value"], steps.context) for name, each in declared["outputs"].items()}
        return outputs if passed else None


Handler = Callable[[Mapping[str, str], Mapping[str, Any]], dict[str, str] | None]


class Steps:
    """The steps of a job or of an action, with what they know."""

    def __init__(self, hub: Hub, context: Mapping[str, Any], handlers: Mapping[str, Handler]) -> None:
        self.hub = hub
        self.context = {**context, "steps": {}}
        self.handlers = {
            "actions/upload-artifact": self.upload,
            "actions/download-artifact": self.download,
            **handlers,
        }

    def run(self, steps: list[dict[str, Any]]) -> bool:
        """Run the steps until one fails; tell whether none did."""
        fresh(Path(self.context["runner"]["temp"]), self.hub.awsbase)
        for step in steps:
            if not value(step.get("if", "'true'"), self.context):
                continue
            outputs = self.use(step) if "uses" in step else self.bash(step)
            if outputs is None:
                return False
            if "id" in step:
                self.context["steps"][step["id"]] = {"outputs": outputs}
        return True

    def use(self, step: Mapping[str, Any]) -> dict[str, str] | None:
        name = step["uses"].partition("@")[0]
        inputs = {key: filled(text, self.context) for key, text in step.get("with", {}).items()}
        self.hub.used.append((name, inputs))
        return self.handlers[name](inputs, self.context) if name in self.handlers else {}

    def bash(self, step: Mapping[str, Any]) -> dict[str, str] | None:
        """Run a step as the runner's bash does; return its outputs."""
        temp = Path(self.context["runner"]["temp"])
        files = {name: temp / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for file in files.values():
            file.write_text("")
        script = temp / "step.sh"
        script.write_text(step["run"])
        assert step["shell"] == "bash"
        ended = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.hub.work,
            env={
                **self.hub.environment,
                **{name: str(file) for name, file in files.items()},
                "PATH": f"{self.hub.bin}{os.pathsep}{os.environ['PATH']}",
                "GH_STATE": str(self.hub.state),
                "GITHUB_ACTION_PATH": str(ROOT),
                "GITHUB_REF": "refs/heads/main",
                "GITHUB_REPOSITORY": REPOSITORY,
                "GITHUB_SHA": self.hub.sha,
                "RUNNER_TEMP": str(temp),
                **{key: filled(text, self.context) for key, text in step.get("env", {}).items()},
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        self.hub.printed += ended.stdout + ended.stderr
        self.hub.summary += files["GITHUB_STEP_SUMMARY"].read_text()
        lines = files["GITHUB_OUTPUT"].read_text().splitlines()
        return dict(line.split("=", 1) for line in lines) if ended.returncode == 0 else None

    def upload(self, inputs: Mapping[str, str], context: Mapping[str, Any]) -> dict[str, str]:
        artefact = self.hub.folder / "artefacts" / inputs["name"]
        artefact.mkdir(parents=True, exist_ok=True)
        shutil.copy(inputs["path"], artefact)
        return {}

    def download(self, inputs: Mapping[str, str], context: Mapping[str, Any]) -> dict[str, str]:
        shutil.copytree(self.hub.folder / "artefacts" / inputs["name"], inputs["path"])
        return {}


def fresh(temp: Path, awsbase: str) -> None:
    """Make the folder of a job that has not run yet, with awsbase installed."""
    program = temp / "awsbase/bin/awsbase"
    if not program.exists():
        program.parent.mkdir(parents=True)
        program.write_text(awsbase)
        program.chmod(0o755)
