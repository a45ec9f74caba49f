"""`awsbase prune`: what carries our tag and stands in no manifest goes, unless something uses it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.destroy.test_destroy import NAME, awsbase, writes
from tests.scripts.conftest import EMPTY, Served, written
from tests.scripts.test_terminal import ESCAPES, ended, terminal

pytestmark = pytest.mark.slow

ROLES = """\
iam:
  roles:
    old-ci: {trust: {accounts: ["444455556666"]}, policies: [deploy]}
    ci: {trust: {accounts: ["444455556666"]}}
    busy: {trust: {accounts: ["444455556666"]}}
  policies:
    deploy: {statements: [{Effect: Allow, Action: "s3:ListAllMyBuckets", Resource: "*"}]}
  users: {bob: {}}
state: {}
"""
LESS = """\
iam:
  roles:
    ci: {trust: {accounts: ["444455556666"]}}
"""


@pytest.fixture
def before(tmp_path: Path) -> Path:
    return written(tmp_path / "before.yaml", EMPTY + ROLES)


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    return written(tmp_path / "acme.yaml", EMPTY + LESS)


@pytest.fixture
def there(served: Served, before: Path) -> Served:
    """Serve an account with what an earlier state of the manifest made; one of its roles is in use."""
    assert awsbase(served, "reconcile", before, "--yes", "--allow-risky").exit_code == 0
    served.sandbox.client("s3", "eu-west-1").put_object(Bucket="acme-state", Key="a", Body=b"x")
    iam, now = served.sandbox.client("iam"), served.sandbox.clock.now()
    iam.create_role(RoleName="theirs", AssumeRolePolicyDocument=trust(iam), Tags=[])
    use_role(served, "busy", now - timedelta(days=3))
    use_role(served, "old-ci", now - timedelta(days=200))
    served.sandbox.clock.advance(60)  # a run that follows another one at once waits
    served.sandbox.calls.clear()
    return served


def trust(iam: Any) -> str:
    return json.dumps(iam.get_role(RoleName="ci")["Role"]["AssumeRolePolicyDocument"])


def use_role(served: Served, name: str, at: Any) -> None:
    """Let somebody have acted as a role."""
    for role in served.sandbox.backend("iam", "aws").roles.values():
        if role.name == name:
            role.last_used = at.replace(tzinfo=None)


def test_what_the_manifest_no_longer_has_goes_and_what_is_used_is_named(there: Served, manifest: Path) -> None:
    run = terminal(there.environment, "prune", manifest, columns=140)
    run.expect(NAME)
    shown = ESCAPES.sub("", run.before)
    day = there.sandbox.clock.now() - timedelta(days=200)
    assert "- role/old-ci  " in shown
    assert f"made by awsbase {there.sandbox.clock.now():%Y-%m-%d}, last used {day:%Y-%m-%d}" in shown
    assert "- policy/deploy" in shown
    assert "· role/busy  made by awsbase" in shown
    assert "it was used within 90 days" in shown
    assert "· bucket/acme-state  it is not empty" in shown
    assert "· key/acme-state" in shown
    assert "· user/bob  people go by `state: absent`" in shown
    assert "role/ci " not in shown
    assert "role/theirs" not in shown
    run.sendline("acme")
    code, _ = ended(run)
    assert code == 0
    assert sorted(writes(there)) == ["iam:DeletePolicy"] * 2 + ["iam:DeleteRole", "iam:DetachRolePolicy"]


def test_an_approved_plan_prunes_what_it_lists(there: Served, manifest: Path, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    done = awsbase(there, "prune", manifest, "--plan", "-o", file, "--only", "role/old-ci")
    assert done.exit_code == 0, done.stderr
    plan = json.loads(file.read_text())
    assert (plan["mode"], [each["address"] for each in plan["resources"]]) == ("prune-plan", ["role/old-ci"])
    assert there.writes == []
    for command in ("destroy", "reconcile"):
        assert awsbase(there, command, manifest, "--approved", file).exit_code == 2
    done = awsbase(there, "prune", manifest, "--approved", file, "--json")
    assert (done.exit_code, json.loads(done.stdout)["mode"]) == (0, "prune")
    assert writes(there) == ["iam:DetachRolePolicy", "iam:DeleteRole"]


def test_nothing_is_left_over_of_what_the_manifest_has(there: Served, before: Path) -> None:
    done = awsbase(there, "prune", before)
    assert (done.exit_code, there.writes) == (0, [])
    assert "nothing to do" in done.stdout


def test_what_nothing_knows_is_named_and_stays(there: Served, manifest: Path) -> None:
    tags = [{"Key": "awsbase:address", "Value": "spaceship/one"}, {"Key": "awsbase:created-by", "Value": "acme"}]
    there.sandbox.client("iam").tag_role(RoleName="theirs", Tags=tags)
    plan = json.loads(awsbase(there, "prune", manifest, "--plan", "--json").stdout)
    (one,) = [each for each in plan["resources"] if each["address"] == "spaceship/one"]
    assert (one["stays"], one["notes"]) == (True, ["kept: this awsbase knows no kind 'spaceship'"])


def test_without_a_terminal_or_for_what_is_not_left_over_nothing_is_pruned(there: Served, manifest: Path) -> None:
    for options in ([], ["--only", "role/ci"]):
        assert awsbase(there, "prune", manifest, *options).exit_code == 2
    assert there.writes == []
