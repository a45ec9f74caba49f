"""The action's steps run: one comment, one issue, and nothing applied but the approved plan of the newest commit."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import needs
from tests.pipeline.runner import BOT, COMMIT, ROOT, Hub, action, documents
from tests.pipeline.tokens import GITHUB, token
from tests.scripts.conftest import ACCOUNT, EMPTY, Served

pytestmark = needs("jq")

MARKER = f"<!-- awsbase: acme {ACCOUNT} -->"
RUN = "[this run](https://github.com/acme/infra/actions/runs/1)"
# Writes what a plan would, prints what the runner would obey, and ends with the code that the test asks for.
STUB = """\
#!/bin/bash
echo "$@" >>"$CALLS"
echo "::error::obeyed"
while [ $# -gt 0 ]; do
  case "$1" in
    --output) if [ "$CODE" != refused ]; then echo '{}' >"$2"; fi ;;
    --markdown) if [ "$CODE" != 9 ]; then printf '%s\\n### Plan\\n%s\\n' "$MARKER" "$TEXT" >"$2"; fi ;;
  esac
  shift
done
exit "${CODE/refused/2}"
"""


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    """Return a repository whose awsbase is a stub that finds changes."""
    stub = {"CODE": "2", "TEXT": "first", "MARKER": MARKER, "CALLS": str(tmp_path / "calls")}
    return Hub(tmp_path, {**stub, "HOME": str(tmp_path)}, STUB)


def calls(hub: Hub) -> list[str]:
    file = hub.folder / "calls"
    return file.read_text().splitlines() if file.exists() else []


def act(hub: Hub, mode: str, event: str = "schedule", **inputs: str) -> dict[str, str] | None:
    return hub.act({"mode": mode, "manifest": "acme.yaml", **inputs}, hub.context(event))


def test_a_pull_request_gets_one_comment_that_is_updated(hub: Hub) -> None:
    act(hub, "plan", "pull_request")
    hub.environment["TEXT"] = "second"
    act(hub, "plan", "pull_request")
    (comment,) = hub.read()["comments"]
    assert comment["issue"] == 7
    assert comment["body"] == f"{MARKER}\n### Plan\nsecond\n\nOf commit {COMMIT}, by {RUN}.\n"
    assert "second" in hub.summary


@pytest.mark.parametrize(
    "foreign",
    [
        {"user": {"login": "mallory"}, "body": f"{MARKER}\n"},
        {"user": {"login": BOT}, "body": "<!-- awsbase: other 999999999999 -->\n"},
        {"user": {"login": BOT}, "body": f"quoting {MARKER}"},
    ],
    ids=["of somebody else", "of another account", "that quotes"],
)
def test_no_other_comment_is_touched(foreign: dict[str, Any], hub: Hub) -> None:
    foreign |= {"id": 1, "issue": 7}
    hub.write({**hub.read(), "comments": [foreign]})
    act(hub, "plan", "pull_request")
    assert hub.read()["comments"][0] == foreign
    assert len(hub.read()["comments"]) == 2


def test_main_gets_no_comment(hub: Hub) -> None:
    outputs = act(hub, "plan", "push")
    assert outputs is not None
    assert outputs["changes"] == "true"
    assert hub.read()["comments"] == []


@pytest.mark.parametrize(
    ("code", "passed", "comments"),
    [("0", True, 1), ("2", True, 1), ("1", False, 1), ("refused", False, 1), ("9", False, 0)],
)
def test_a_plan_that_fails_fails_the_job_after_its_comment(code: str, passed: bool, comments: int, hub: Hub) -> None:
    hub.environment["CODE"] = code
    assert (act(hub, "plan", "pull_request") is not None) == passed
    assert len(hub.read()["comments"]) == comments


def test_drift_opens_one_issue_updates_it_and_closes_it(hub: Hub) -> None:
    act(hub, "drift")
    hub.environment["TEXT"] = "second"
    act(hub, "drift")
    (issue,) = hub.read()["issues"]
    assert (issue["title"], issue["state"]) == (f"drift in acme {ACCOUNT}", "open")
    assert "second" in issue["body"]

    hub.environment["CODE"] = "0"
    act(hub, "drift")
    (issue,) = hub.read()["issues"]
    assert (issue["state"], issue["state_reason"]) == ("closed", "completed")
    (comment,) = hub.read()["comments"]
    assert comment["body"] == f"No drift any more, says {RUN}."

    hub.environment["CODE"] = "2"
    act(hub, "drift")
    assert [issue["state"] for issue in hub.read()["issues"]] == ["closed", "open"]


def test_without_drift_no_issue_is_opened(hub: Hub) -> None:
    hub.environment["CODE"] = "0"
    assert act(hub, "drift") is not None
    assert hub.read()["issues"] == hub.read()["comments"] == []


@pytest.mark.parametrize("code", ["1", "refused", "9"])
def test_a_night_that_fails_leaves_the_issue_as_it_is(code: str, hub: Hub) -> None:
    act(hub, "drift")
    before = hub.read()
    hub.environment["CODE"] = code
    assert act(hub, "drift") is None
    assert hub.read() == before


@pytest.mark.parametrize(
    "foreign",
    [{"user": {"login": "mallory"}}, {"pull_request": {}}, {"body": None}],
    ids=["of somebody else", "a pull request", "without a body"],
)
def test_no_other_issue_is_touched(foreign: dict[str, Any], hub: Hub) -> None:
    issue = {"number": 1, "state": "open", "title": "mine", "body": f"{MARKER}\n", "user": {"login": BOT}, **foreign}
    hub.write({**hub.read(), "issues": [issue]})
    act(hub, "drift")
    assert hub.read()["issues"][0] == issue
    assert len(hub.read()["issues"]) == 2


def test_what_awsbase_prints_is_not_obeyed_by_the_runner(hub: Hub) -> None:
    act(hub, "plan")
    lines = hub.printed.splitlines()
    at = lines.index("::error::obeyed")
    token = lines[at - 1].removeprefix("::stop-commands::")
    assert len(token) == 36
    assert lines[at + 1] == f"::{token}::"


def test_a_manifest_is_no_option(hub: Hub) -> None:
    act(hub, "plan", manifest="--help; touch /tmp/x")
    assert calls(hub)[0].endswith("-- --help; touch /tmp/x")


def test_an_unknown_mode_is_refused(hub: Hub) -> None:
    assert act(hub, "destroy") is None
    assert calls(hub) == []


@pytest.fixture
def approved(hub: Hub) -> dict[str, str]:
    """Return the inputs of `apply` for a plan that was made and approved."""
    outputs = act(hub, "plan", "push")
    assert outputs is not None
    (hub.folder / "calls").unlink()
    hub.environment["CODE"] = "0"
    return {"plan": outputs["plan"], "digest": outputs["digest"]}


@pytest.mark.parametrize(("risky", "option"), [("false", ""), ("true", " --allow-risky"), ("", "")])
def test_apply_reconciles_what_is_approved(risky: str, option: str, hub: Hub, approved: dict[str, str]) -> None:
    assert act(hub, "apply", "push", **approved, **{"allow-risky": risky}) is not None
    assert calls(hub) == [f"reconcile --approved {approved['plan']} --lock-timeout 10m{option} -- acme.yaml"]


def test_apply_fails_as_reconcile_does(hub: Hub, approved: dict[str, str]) -> None:
    hub.environment["CODE"] = "1"
    assert act(hub, "apply", "push", **approved) is None


@pytest.mark.parametrize("digest", ["", "0" * 64])
def test_another_plan_than_the_approved_one_is_not_applied(digest: str, hub: Hub, approved: dict[str, str]) -> None:
    assert act(hub, "apply", "push", plan=approved["plan"], digest=digest) is None
    assert calls(hub) == []


def test_an_older_commit_is_not_applied(hub: Hub, approved: dict[str, str]) -> None:
    hub.write({**hub.read(), "head": "f" * 40})
    assert act(hub, "apply", "push", **approved) is None
    assert calls(hub) == []


def test_credentials_come_from_the_token_of_the_job(hub: Hub) -> None:
    act(hub, "plan", role="arn:aws:iam::123456789012:role/ci", region="eu-west-1")
    name, inputs = hub.used[-1]
    assert name == "aws-actions/configure-aws-credentials"
    assert inputs == {
        "role-to-assume": "arn:aws:iam::123456789012:role/ci",
        "aws-region": "eu-west-1",
        "role-session-name": "awsbase-1",
    }


def test_everything_is_installed_by_hash(tmp_path: Path) -> None:
    (step,) = (step for step in action()["runs"]["steps"] if "Install" in step.get("name", ""))
    python = tmp_path / "bin/python3"
    python.parent.mkdir()
    # It stands for both: the one that makes the environment, and the one in it.
    python.write_text('#!/bin/bash\necho "$@" >>"$CALLS"\n[ "$3" != venv ] || install -D "$0" "$4/bin/python"\n')
    python.chmod(0o755)
    environment = {"CALLS": str(tmp_path / "calls"), "RUNNER_TEMP": str(tmp_path), "GITHUB_ACTION_PATH": str(ROOT)}
    subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        env={**environment, "PATH": f"{python.parent}:{os.environ['PATH']}"},
        check=True,
    )
    made, *installed = map(shlex.split, (tmp_path / "calls").read_text().splitlines())
    assert made == ["-I", "-m", "venv", f"{tmp_path}/awsbase"]
    assert [line[-1] for line in installed] == [
        f"{ROOT}/requirements/awsbase.txt",
        f"{ROOT}/requirements/build.txt",
        str(ROOT),
    ]
    for line in installed:
        assert line[0] == "-I"
        assert "--require-hashes" in line or {"--no-deps", "--no-index", "--no-build-isolation"} <= set(line)


# The documented workflow.


def test_a_pull_request_is_planned_and_main_waits_for_its_environment(hub: Hub) -> None:
    assert hub.run("pull_request") == {"plan": True}
    assert len(hub.read()["comments"]) == 1
    assert hub.run("schedule") == {"drift": True}
    assert len(hub.read()["issues"]) == 1
    hub.environment["CODE"] = "0"
    assert hub.run("push") == {"plan": True}  # nothing to apply


def test_a_pull_request_from_a_fork_runs_nothing(hub: Hub) -> None:
    hub.head = "mallory/infra"
    assert hub.run("pull_request") == {}


def with_a_token(served: Served, folder: Path) -> dict[str, str]:
    """Return an environment with a role that trusts a token, and without a key."""
    iam, file = served.sandbox.client("iam"), folder / "token"
    iam.create_open_id_connect_provider(Url=GITHUB, ClientIDList=["sts.amazonaws.com"])
    trust = documents("json")[0].replace("123456789012", ACCOUNT)
    role = iam.create_role(RoleName="ci", AssumeRolePolicyDocument=trust)["Role"]
    file.write_text(token(served.sandbox, sub="repo:acme@123456/infra@456789:ref:refs/heads/main"))
    kept = {name: value for name, value in served.environment.items() if "KEY" not in name}
    return {**kept, "AWS_ROLE_ARN": role["Arn"], "AWS_WEB_IDENTITY_TOKEN_FILE": str(file)}


@pytest.mark.slow
def test_the_documented_workflow_applies_a_plan_and_finds_drift(served: Served, tmp_path: Path) -> None:
    folder = tmp_path / "hub"
    folder.mkdir()
    awsbase = f'#!/bin/sh\nexec "{sys.executable}" -m awsbase "$@"\n'
    hub = Hub(folder, {**with_a_token(served, tmp_path), "PYTHONPATH": str(ROOT)}, awsbase)
    groups = "iam:\n  groups:\n    Ops: {policies: ['aws:ReadOnlyAccess']}\n"
    (hub.work / "acme.yaml").write_text(EMPTY + groups)

    assert hub.run("push") == {"plan": True, "apply": True}, hub.printed
    assert "**6 changes, none of them risky.**" in hub.summary
    iam = served.sandbox.client("iam")
    assert [group["GroupName"] for group in iam.list_groups()["Groups"]] == ["Ops"]

    iam.detach_group_policy(GroupName="Ops", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    assert hub.run("schedule") == {"drift": True}
    (issue,) = hub.read()["issues"]
    assert "attachment" in issue["body"]
