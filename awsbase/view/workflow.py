"""The workflow of a pipeline: it plans pull requests, reports drift each night, and applies an approved plan."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path

import yaml

from awsbase.ensure.role import Role
from awsbase.errors import UsageError
from awsbase.manifest.ci import Ci, Github, Mode, role_name
from awsbase.manifest.loaded import LoadedManifest

# What a reader has to put in: the action and the image of a release.
ACTION, IMAGE = "OWNER/awsbase@COMMIT", "IMAGE"
PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*")
PINNED = re.compile(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}|" + re.escape(ACTION))


def render(loaded: LoadedManifest, path: Path, *, action: str = ACTION, image: str = IMAGE) -> str:
    """Return the workflow for a manifest at a path of its repository, for GitHub or GitLab as its section ci says.

    Raises UsageError for a manifest without that section, and for a path or an action that no workflow should name.
    """
    section = loaded.manifest.ci
    if section is None:
        raise UsageError(f"{loaded.file} has no ci section", hint="add one: `ci: {github: {repository: OWNER/NAME}}`")
    if not PATH.fullmatch(path.as_posix()):
        raise UsageError(
            f"a workflow cannot name the manifest {str(path)!r}",
            hint="call this in the root of the repository, with a path of letters, digits and ._-/",
        )
    if not PINNED.fullmatch(action):
        raise UsageError(f"{action!r} names no commit", hint="write OWNER/NAME@ and the 40 digits of a commit")
    filled = {
        "manifest": path.as_posix(),
        "plan": arn(loaded, "plan"),
        "apply": arn(loaded, "apply"),
        "region": loaded.region,
        "branch": section.source.branch,
        **(of_github(section.github, action) if section.github else of_gitlab(section, image)),
    }
    name = "github" if section.github else "gitlab"
    text = files("awsbase.view").joinpath("workflows", f"{name}.yml").read_text(encoding="utf-8")
    return re.sub(r"<<(\w+)>>", lambda found: filled[found[1]], text)


def of_github(source: Github, action: str) -> dict[str, str]:
    """Return what only the workflow of GitHub names."""
    return {"action": action, "environment": scalar(source.environment), "branch": scalar(source.branch)}


def of_gitlab(section: Ci, image: str) -> dict[str, str]:
    """Return what only the pipeline of GitLab names."""
    event = '$CI_PIPELINE_SOURCE == "merge_request_event"'
    branches = section.gitlab.review if section.gitlab else ()
    rules = (f'    - if: {event} && $CI_MERGE_REQUEST_SOURCE_BRANCH_NAME == "{each}"\n' for each in branches)
    return {"image": scalar(image), "review": "".join(rules)}


def arn(loaded: LoadedManifest, mode: Mode) -> str:
    """Return the ARN of a role of the pipeline."""
    name = role_name(loaded.name, mode)
    return next(each.arn for each in loaded.sections["ci"] if isinstance(each, Role) and each.name == name)


def scalar(text: str) -> str:
    """Return a text as a value of YAML, in quotes where it would be read as something else."""
    return text if re.fullmatch(r"[\w./@:-]*\w", text) and yaml.safe_load(text) == text else json.dumps(text)
