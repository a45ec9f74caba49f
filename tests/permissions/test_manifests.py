"""An IAM user with just what `awsbase permissions` prints runs the commands on a manifest, lock and all."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from awsbase.approach import Target
from awsbase.bastion.settings import ended, started, with_bastion
from awsbase.engine.changes import Report
from awsbase.engine.lock import Lock
from awsbase.errors import AwsbaseError
from awsbase.manifest.loaded import LoadedManifest
from awsbase.policies import Document
from awsbase.sandbox import Sandbox
from awsbase.scripts import cli
from awsbase.scripts.loaded import read
from awsbase.scripts.options import Options
from awsbase.scripts.session import Session
from awsbase.session import reconcile
from tests.contract.sample import account, problems, said
from tests.permissions.worker import actions, enforcing, granted, refused, without
from tests.sandbox.principals import person

FOLDER = Path(__file__).parents[2] / "manifests"
MANIFESTS = sorted(FOLDER.glob("*.yaml"))
STATE = FOLDER / "state-only.yaml"


def course(sandbox: Sandbox, wanted: LoadedManifest, documents: list[Document]) -> Session:
    """Return what a command works on, for somebody with these policies."""
    worker = account(sandbox, person(sandbox, *documents))
    sandbox.calls.clear()
    return Session(wanted, wanted.resources, Target(worker, sandbox.clock), Options())


def reconciled(session: Session) -> Report:
    return reconcile(session, ask=None)[0]


@pytest.mark.sampled(2)
@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda manifest: manifest.stem)
def test_it_is_enough_to_plan_and_to_reconcile(manifest: Path) -> None:
    sandbox, wanted = enforcing(), read(manifest, Options())
    work = course(sandbox, wanted, granted(wanted.resources))
    done = reconciled(work)
    assert problems(done) == []
    assert said(done)
    again = work.execute("plan")
    assert problems(again) == []
    assert said(again) == []
    assert refused(sandbox) == []


def test_it_is_enough_to_start_and_to_end_a_bastion_on_demand() -> None:
    sandbox, wanted = enforcing(), read(FOLDER / "bastion.yaml", Options())
    printed = CliRunner().invoke(cli, ["permissions", "--json", str(FOLDER / "bastion.yaml")])
    documents = [each["document"] for each in json.loads(printed.stdout)["policies"]]
    work = course(sandbox, wanted, documents)
    up = started(wanted.manifest, ends=sandbox.clock.now() + timedelta(hours=4))
    down = {"bastion": [ended(started(wanted.manifest)["bastion"])]}
    for sections in (wanted.sections, up, down):
        loaded = replace(wanted, sections=sections)
        done = reconciled(replace(work, loaded=loaded, resources=loaded.resources))
        assert problems(done) == []
        assert said(done)
    assert refused(sandbox) == []


@pytest.mark.parametrize("action", ["ssm:GetParametersByPath", "ssm:PutParameter"])
def test_who_may_not_take_the_lock_changes_nothing_and_is_told_what_it_takes(action: str) -> None:
    sandbox, wanted = enforcing(), read(STATE, Options())
    work = course(sandbox, wanted, without(granted(wanted.resources), action))
    with pytest.raises(AwsbaseError) as error:
        reconciled(work)
    assert f"this needs {action}" in str(error.value.hint)
    assert [call.name for call in sandbox.calls if call.writes and call.service != "ssm"] == []


def test_who_may_not_delete_an_old_lock_is_told_so(capsys: pytest.CaptureFixture[str]) -> None:
    sandbox, wanted = enforcing(), read(STATE, Options())
    owner = account(sandbox, None)
    with Lock(owner.aws.ssm, owner.wire, owner.caller, sandbox.clock).held(None):
        pass
    reconciled(course(sandbox, wanted, without(granted(wanted.resources), "ssm:DeleteParameter")))
    assert "not authorized to perform: ssm:DeleteParameter" in capsys.readouterr().err


def test_what_writes_nothing_takes_no_lock() -> None:
    wanted = read(STATE, Options()).resources
    assert not any(action.startswith("ssm:") for action in actions(granted(wanted, plan_only=True)))
    assert {action for action in actions(granted(wanted)) if action.startswith("ssm:")} == {
        "ssm:DeleteParameter",
        "ssm:GetParametersByPath",
        "ssm:PutParameter",
    }


# The command.


def awsbase(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["permissions", *map(str, arguments)])


def test_one_policy_is_printed_as_create_policy_takes_it() -> None:
    shown = awsbase(STATE)
    assert shown.exit_code == 0
    assert shown.stderr == ""
    assert [json.loads(shown.stdout)] == granted(read(STATE, Options()).resources)


def test_several_policies_follow_one_another() -> None:
    shown = awsbase(FOLDER / "cis.yaml")
    assert "6 policies, because IAM limits their length" in shown.stderr
    decoder, rest, found = json.JSONDecoder(), shown.stdout, []
    while rest:
        document, end = decoder.raw_decode(rest)
        found.append(document)
        rest = rest[end:].lstrip()
    loaded = read(FOLDER / "cis.yaml", Options())
    # Its bastion is on demand: what starts it is printed, too.
    with_its_bastion = replace(loaded, sections=with_bastion(loaded.manifest, loaded.sections))
    assert found == granted(with_its_bastion.resources)


def test_json_is_one_document_with_a_name_for_each() -> None:
    said = json.loads(awsbase(FOLDER / "cis.yaml", "--json").stdout)
    assert said["schema"] == 1
    assert [each["name"] for each in said["policies"]] == [f"acme-awsbase-reconcile-{number}" for number in range(1, 7)]
    assert all(each["document"]["Version"] == "2012-10-17" for each in said["policies"])


def test_each_gets_a_file_and_the_command_that_makes_a_policy_of_it(tmp_path: Path) -> None:
    shown = awsbase(STATE, "--plan-only", "-o", tmp_path / "our policies")
    file = tmp_path / "our policies" / "acme-awsbase-plan.json"
    assert json.loads(file.read_text()) == granted(read(STATE, Options()).resources, plan_only=True)[0]
    expected = f"aws iam create-policy --policy-name acme-awsbase-plan --policy-document 'file://{file}'\n"
    assert shown.stdout == expected


def test_a_part_takes_less() -> None:
    part = json.loads(awsbase(FOLDER / "minimal.yaml", "--only", "password-policy/account", "--plan-only").stdout)
    assert actions([part]) == {"iam:GetAccountPasswordPolicy"}


def test_a_directory_that_cannot_be_made_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    shown = awsbase(STATE, "-o", tmp_path / "taken")
    assert shown.exit_code == 2
    assert "name another directory" in shown.stderr
