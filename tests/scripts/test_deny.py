"""`--deny FILE` puts a service control policy over the embedded AWS, whichever command uses it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from awsbase.errors import UsageError
from awsbase.scripts.bootstrap import access_to
from awsbase.scripts.loaded import read
from awsbase.scripts.options import Options
from tests.organizations import policy, regions
from tests.scripts.conftest import EMPTY, written
from tests.scripts.test_commands import _no_configuration, awsbase

__all__ = ["_no_configuration"]


def denying(folder: Path, document: Mapping[str, object]) -> Path:
    return written(folder / "scp.json", json.dumps(document))


def test_plan_and_reconcile_show_what_an_organization_would_refuse(full: Path, tmp_path: Path) -> None:
    file = denying(tmp_path, regions("eu-west-1"))
    for command in ("plan", "reconcile"):
        shown = awsbase(command, full, "--sandbox", "--deny", file)
        assert shown.exit_code == 1
        assert "a policy of the organization closes us-east-1" in shown.stdout
    assert awsbase("plan", full, "--sandbox").exit_code == 0


def test_several_policies_count_together(full: Path, tmp_path: Path) -> None:
    harmless = written(tmp_path / "no.json", json.dumps(policy({"Effect": "Deny", "Action": "sqs:*"})))
    file = denying(tmp_path, regions("eu-west-1"))
    assert awsbase("plan", full, "--sandbox", "--deny", harmless).exit_code == 0
    assert awsbase("plan", full, "--sandbox", "--deny", harmless, "--deny", file).exit_code == 1


@pytest.mark.parametrize("command", ["plan", "reconcile", "coverage", "bootstrap"])
def test_policy_without_the_sandbox_is_a_mistake(command: str, empty: Path, tmp_path: Path) -> None:
    file = denying(tmp_path, regions("eu-west-1"))
    if command == "bootstrap":
        with pytest.raises(UsageError, match="--deny is about the embedded AWS"):
            Options(deny=(file,))
        return
    shown = awsbase(command, empty, "--deny", file)
    assert (shown.exit_code, "--deny is about the embedded AWS" in shown.stderr) == (2, True)


@pytest.mark.parametrize(
    ("text", "reason"),
    [(None, "cannot read"), ("[]", "is no service control policy"), ('{"Version": "2012-10-17"}', "is no service")],
    ids=["missing", "a list", "no statement"],
)
def test_file_that_is_no_policy_is_a_mistake(text: str | None, reason: str, empty: Path, tmp_path: Path) -> None:
    file = tmp_path / "scp.json"
    if text is not None:
        file.write_text(text)
    shown = awsbase("plan", empty, "--sandbox", "--deny", file)
    assert shown.exit_code == 2
    assert reason in shown.stderr


def test_bootstrap_is_held_to_it_as_root(tmp_path: Path) -> None:
    loaded = read(written(tmp_path / "empty.yaml", EMPTY), Options(sandbox=True))
    no_users = policy({"Effect": "Deny", "Action": "iam:CreateUser"})
    for deny, code in (((), None), ((denying(tmp_path, no_users),), "AccessDenied")):
        with access_to(loaded, Options(sandbox=True, deny=deny)) as access:
            iam = access.aws(loaded.region).iam
            if code is None:
                iam.create_user(UserName="alice")
                continue
            with pytest.raises(ClientError, match=code):
                iam.create_user(UserName="alice")
