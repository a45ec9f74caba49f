"""`awsbase ci` prints what docs/pipeline.md shows, and asks GitHub for ids and nobody else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from awsbase.ensure.role import Role
from awsbase.manifest.load import load
from awsbase.manifest.manifest import resources
from awsbase.scripts import cli
from tests.pipeline.answering import answering
from tests.pipeline.runner import COMMIT, documents

ACCOUNT = 'version: 1\naccount: {id: "123456789012", name: acme, region: eu-west-1}\n'


@pytest.fixture
def manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Return how a section is written into the root of a repository, which is the current folder."""
    monkeypatch.chdir(tmp_path)

    def write(section: str) -> str:
        Path("acme.yaml").write_text(ACCOUNT + section)
        return "acme.yaml"

    return write


def awsbase(*words: str, **environment: str) -> Result:
    return CliRunner().invoke(cli, ["ci", *words], env=environment)


def said(printed: Result) -> str:
    """Return an error without its line breaks."""
    return " ".join(printed.stderr.split())


@pytest.mark.parametrize(("section", "shown"), list(zip(documents("yaml"), documents("yml"), strict=True)))
def test_what_is_shown_is_what_is_printed(section: str, shown: str, manifest: Callable[[str], str]) -> None:
    printed = awsbase("workflow", manifest(section))
    assert printed.stdout == shown
    assert "with that of a release" in printed.stderr


def test_the_trust_that_is_shown_is_what_is_made(manifest: Callable[[str], str]) -> None:
    roles = [each for each in resources(load(Path(manifest(documents("yaml")[0]))))["ci"] if isinstance(each, Role)]
    assert [role.trust for role in roles] == [json.loads(text) for text in documents("json")]


def test_names_that_yaml_would_read_otherwise_are_quoted(manifest: Callable[[str], str]) -> None:
    file = manifest("ci: {github: {repository: acme/infra, branch: '1.0', environment: 'prod: eu'}}\n")
    printed = awsbase("workflow", file, "--action", f"acme/awsbase@{COMMIT}")
    assert printed.stderr == ""
    jobs = yaml.safe_load(printed.stdout)
    assert jobs[True]["push"]["branches"] == ["1.0"]
    assert jobs["jobs"]["apply"]["environment"] == "prod: eu"
    assert {step["uses"] for job in jobs["jobs"].values() for step in job["steps"]} >= {f"acme/awsbase@{COMMIT}"}


@pytest.mark.parametrize(
    ("section", "more", "mistake"),
    [
        ("state: {}\n", [], "has no ci section"),
        (documents("yaml")[0], ["--action", "acme/awsbase@main"], "names no commit"),
    ],
)
def test_a_workflow_that_would_not_do_is_not_printed(
    section: str, more: list[str], mistake: str, manifest: Callable[[str], str]
) -> None:
    printed = awsbase("workflow", manifest(section), *more)
    assert printed.exit_code == 2
    assert mistake in said(printed)
    assert printed.stdout == ""


@pytest.mark.parametrize("folder", [".", "sub dir"], ids=["an absolute path", "a blank"])
def test_a_manifest_is_named_from_the_root_of_the_repository(folder: str, manifest: Callable[[str], str]) -> None:
    file = Path(manifest(documents("yaml")[0])).resolve()
    if folder != ".":
        Path(folder).mkdir()
        file = file.rename(Path(folder) / "acme.yaml")
    assert "a workflow cannot name the manifest" in said(awsbase("workflow", str(file)))


def test_ids_are_printed_as_the_section_takes_them(manifest: Callable[[str], str]) -> None:
    told = {"id": 456789, "full_name": "acme/infra", "owner": {"id": 123456}, "private": False}
    with answering(200, json.dumps(told)) as (url, asked):
        printed = awsbase("ids", "Acme/infra", GITHUB_API_URL=url)
        as_json = awsbase("ids", "acme/infra", "--json", GITHUB_API_URL=url)
    assert asked == ["/repos/Acme/infra", "/repos/acme/infra"]
    wanted = 'ci:\n  github: {repository: acme/infra, repository_id: "456789", owner_id: "123456"}\n'
    assert printed.stdout == wanted
    assert load(Path(manifest(printed.stdout))).ci
    assert json.loads(as_json.stdout)["owner_id"] == "123456"


@pytest.mark.parametrize(
    ("status", "answer", "mistake"),
    [
        (404, "{}", "GitHub knows no public repository acme/infra"),
        (403, "{}", "GitHub does not tell: HTTP 403"),
        (200, "<html>", "did not answer with a repository"),
        (200, '{"id": "x"}', "did not answer with a repository"),
    ],
)
def test_what_github_does_not_tell_is_said(status: int, answer: str, mistake: str) -> None:
    with answering(status, answer) as (url, _):
        assert mistake in said(awsbase("ids", "acme/infra", GITHUB_API_URL=url))


@pytest.mark.parametrize(
    ("repository", "url", "mistake"),
    [
        ("acme/infra/x", "http://127.0.0.1:1", "is no repository of GitHub"),
        ("acme/*", "http://127.0.0.1:1", "has a *"),
        ("acme/infra", "http://api.github.com", "GITHUB_API_URL is not an https address"),
        ("acme/infra", "http://127.0.0.1:1", "cannot reach 127.0.0.1"),
    ],
)
def test_nobody_else_is_asked(repository: str, url: str, mistake: str) -> None:
    assert mistake in said(awsbase("ids", repository, GITHUB_API_URL=url))
