"""`awsbase destroy`: what it asks, what it refuses, and what it says of what is gone and what is left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest.mock import create_autospec

import pytest
from click.testing import CliRunner, Result

from awsbase.aws import Aws
from awsbase.engine.account import Account
from awsbase.engine.wire import Wire
from awsbase.scripts import cli
from awsbase.scripts.destroy import Named, leaving
from awsbase.scripts.loaded import read
from awsbase.scripts.options import Options
from tests.scripts.conftest import EMPTY, Served, slowly, written
from tests.scripts.test_terminal import ESCAPES, ended, terminal

pytestmark = pytest.mark.slow

MANIFEST = (
    EMPTY
    + """\
notify:
  billing: {email: [cfo@acme.example]}
alarms:
  billing: {amounts: [50, 200]}
state: {}
"""
)
NAME = r"Type the account's name \(acme\): "
COUNT = r"Type how many: "
BUCKET, KEY = "bucket/acme-state", "key/acme-state"
TOPIC = "topic/acme-billing@us-east-1"
ALARMS = ("alarm/acme-billing-50-usd@us-east-1", "alarm/acme-billing-200-usd@us-east-1")


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    return written(tmp_path / "acme.yaml", MANIFEST)


@pytest.fixture
def there(served: Served, manifest: Path) -> Served:
    """Serve an account with what the manifest makes."""
    assert awsbase(served, "reconcile", manifest, "--yes", "--allow-risky").exit_code == 0
    served.sandbox.clock.advance(60)  # a run that follows another one at once waits
    served.sandbox.calls.clear()
    return served


def awsbase(served: Served, *arguments: object) -> Result:
    named = dict.fromkeys(("AWS_PROFILE", "AWS_REGION", "AWS_SESSION_TOKEN"))
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], env={**named, **served.environment})


def writes(served: Served) -> list[str]:
    return [name for name in served.writes if not name.startswith("ssm:")]


def test_the_account_s_name_is_typed_and_what_is_exempt_is_left(there: Served, manifest: Path) -> None:
    run = terminal(there.environment, "destroy", manifest)
    run.expect(NAME)
    shown = ESCAPES.sub("", run.before)
    assert f"- {TOPIC}\n" in shown
    assert f"· {KEY}  what is encrypted under it is lost with it\n" in shown
    assert "Destroy 4 things of account 111122223333 (acme)?" in shown
    run.sendline("acme")
    code, rest = ended(run)
    assert code == 0
    assert f"✓ {TOPIC}  deleted" in rest
    assert "resources: 4 deleted, " in rest
    assert writes(there)[:2] == ["cloudwatch:DeleteAlarms"] * 2
    assert sorted(writes(there)[2:]) == ["iam:DeletePolicy", "sns:DeleteTopic"]

    there.sandbox.clock.advance(60)
    code, again = ended(terminal(there.environment, "destroy", manifest))
    assert (code, "nothing to do" in again) == (0, True)


@pytest.mark.sampled(1)
@pytest.mark.parametrize("typed", ["y", "yes", "", "ACME", "111122223333"])
def test_anything_but_the_name_changes_nothing(typed: str, there: Served, manifest: Path) -> None:
    run = terminal(there.environment, "destroy", manifest)
    run.expect(NAME)
    run.sendline(typed)
    code, rest = ended(run)
    assert (code, rest.strip().splitlines()[-1]) == (1, "declined, nothing was changed")
    assert there.writes == []


def test_how_many_things_cannot_come_back_is_typed_and_then_each_of_them(there: Served, manifest: Path) -> None:
    there.sandbox.client("s3", "eu-west-1").put_object(Bucket="acme-state", Key="a", Body=b"x")
    there.sandbox.calls.clear()
    for answers, wrong in ((("acme", "3"), "3"), (("acme", "2", "bucket/other"), "bucket/other"), (("acme", "2"), "")):
        run = terminal(there.environment, "destroy", manifest, "--also", KEY, "--empty", "acme-state")
        for question, answer in zip((NAME, COUNT, f"Type {KEY}: "), answers, strict=False):
            run.expect(question)
            run.sendline(answer)
        if wrong:
            code, rest = ended(run)
            assert (code, rest.strip().splitlines()[-1]) == (1, "declined, nothing was changed")
            assert there.writes == []
    for each in (KEY, BUCKET):
        run.expect(f"Type {each}: ")
        run.sendline(each)
    code, rest = ended(run)
    assert code == 0, rest
    assert writes(there)[-3:] == ["s3:DeleteObjects", "s3:DeleteBucket", "kms:ScheduleKeyDeletion"]


@pytest.mark.parametrize("options", [[], ["--json"]], ids=["text", "JSON"])
def test_without_a_terminal_nothing_is_deleted(options: list[str], there: Served, manifest: Path) -> None:
    refused = awsbase(there, "destroy", manifest, *options)
    assert refused.exit_code == 2
    assert "no terminal to ask on: --approved PLAN" in refused.stderr
    assert there.writes == []


def test_a_yes_alone_deletes_nothing(there: Served, manifest: Path) -> None:
    refused = awsbase(there, "destroy", manifest, "--yes")
    assert (refused.exit_code, there.writes) == (2, [])
    assert "--yes" in refused.stderr


def planned(there: Served, manifest: Path, file: Path, *options: str) -> dict[str, Any]:
    done = awsbase(there, "destroy", manifest, "--plan", "-o", file, *options)
    assert done.exit_code == 0, done.stderr
    assert f"awsbase destroy {manifest} --approved {file}" in done.stderr
    found: dict[str, Any] = json.loads(file.read_text())
    return found


def test_an_approved_plan_is_carried_out_as_it_was_made(there: Served, manifest: Path, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    plan = planned(there, manifest, file, "--also", KEY, "--empty", BUCKET, "--only", "state")
    assert (plan["mode"], plan["only"], plan["also"], plan["empty"]) == ("destroy-plan", ["state"], [KEY], [BUCKET])
    assert there.writes == []
    contradicts = awsbase(there, "destroy", manifest, "--approved", file, "--also", KEY)
    assert (contradicts.exit_code, there.writes) == (1, [])
    assert "the plan knows what it is about" in contradicts.stderr

    done = awsbase(there, "destroy", manifest, "--approved", file, "--json")
    assert done.exit_code == 0, done.stderr
    report = json.loads(done.stdout)
    gone = [each["address"] for each in report["resources"] if each["status"] == "changed"]
    assert (report["mode"], gone) == ("destroy", [KEY, BUCKET, "policy/acme-state-writer"])
    assert writes(there) == ["iam:DeletePolicy", "s3:DeleteBucket", "kms:ScheduleKeyDeletion"]


def test_a_plan_to_destroy_reconciles_nothing_and_the_other_way_round(
    there: Served, manifest: Path, tmp_path: Path
) -> None:
    file, other = tmp_path / "destroy.json", tmp_path / "plan.json"
    planned(there, manifest, file)
    assert awsbase(there, "plan", manifest, "-o", other).exit_code == 0
    for command, plan, what in (("reconcile", file, "destroy"), ("destroy", other, "reconcile")):
        refused = awsbase(there, command, manifest, "--approved", plan)
        assert refused.exit_code == 2
        assert f"is a plan for `awsbase {what}`, not for {command}" in refused.stderr.replace("\n", " ")
    assert there.writes == []


def test_what_appears_after_the_approval_is_not_deleted(there: Served, manifest: Path, tmp_path: Path) -> None:
    cloudwatch = there.sandbox.client("cloudwatch", "us-east-1")
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=["acme-billing-50-usd"])["MetricAlarms"]
    tags = cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"]
    cloudwatch.delete_alarms(AlarmNames=["acme-billing-50-usd"])
    planned(there, manifest, tmp_path / "plan.json")
    kept = ("MetricName", "Namespace", "Period", "EvaluationPeriods", "Threshold", "ComparisonOperator", "Statistic")
    cloudwatch.put_metric_alarm(
        AlarmName="acme-billing-50-usd", Tags=tags, Dimensions=alarm["Dimensions"], **{key: alarm[key] for key in kept}
    )
    there.sandbox.calls.clear()
    done = awsbase(there, "destroy", manifest, "--approved", tmp_path / "plan.json", "--json")
    assert done.exit_code == 1
    statuses = {each["address"]: each["status"] for each in json.loads(done.stdout)["resources"]}
    assert [statuses[each] for each in (*ALARMS, TOPIC)] == ["failed", "changed", "blocked"]


def test_a_protected_account_refuses(there: Served, tmp_path: Path) -> None:
    text = MANIFEST.replace("region: eu-west-1}", "region: eu-west-1, protected: true}")
    protected = written(tmp_path / "protected.yaml", text)
    for options in ([], ["--plan"]):
        refused = awsbase(there, "destroy", protected, *options)
        assert refused.exit_code == 1
        assert "the account 111122223333 (acme) is protected" in refused.stderr
    assert there.sandbox.calls == []


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--also", "bucket/other"], "has no resource 'bucket/other'"),
        (["--empty", TOPIC], "that is no bucket"),
        (["--also", "billing-alerts/111122223333"], "it is never taken away: AWS has no way back"),
        (["--only", "nosuch"], "has no resource or section 'nosuch'"),
        (["-o", "plan.json"], "add --plan"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_named_is_a_mistake(options: list[str], says: str, there: Served, manifest: Path) -> None:
    refused = awsbase(there, "destroy", manifest, *options)
    assert refused.exit_code == 2
    assert says in refused.stderr.replace("\n  ", " ")
    assert there.sandbox.calls == [] or there.writes == []


def test_a_part_goes_alone_and_what_others_use_of_it_stays(there: Served, manifest: Path) -> None:
    plan = json.loads(awsbase(there, "destroy", manifest, "--only", "notify", "--plan", "--json").stdout)
    topic = next(each for each in plan["resources"] if each["address"] == TOPIC)
    assert (topic["status"], topic["stays"]) == ("unchanged", True)
    assert topic["notes"] == [f"kept: it is used by {ALARMS[0]} and 1 more, which stay"]
    assert {each["address"].partition("/")[0] for each in plan["resources"]} == {"topic", "subscription"}


def test_interrupted_it_says_what_is_gone_and_what_is_left(there: Served, manifest: Path) -> None:
    # A run that is interrupted while it still reads leaves all there is.
    arrived = slowly(there.sandbox, "DeleteAlarms", ALARMS[0].partition("/")[2].partition("@")[0])
    run = terminal(there.environment, "destroy", manifest)
    run.expect(NAME)
    run.sendline("acme")
    run.expect("deleting: ")
    assert arrived.wait(30)
    run.sendintr()
    code, rest = ended(run)
    assert code == 130
    assert f"✓ {ALARMS[0]}  deleted" in rest
    assert f"still there\n  … {TOPIC}\n" in rest
    assert "interrupted; run again" in rest
    assert "sns:DeleteTopic" not in there.writes


@pytest.mark.parametrize(
    ("caller", "stays"),
    [("sts::111122223333:assumed-role/acme-ops/me", "role/acme-ops"), ("iam::111122223333:user/x/sam", "user/sam")],
    ids=["role", "user"],
)
def test_the_identity_that_awsbase_works_as_stays(caller: str, stays: str, manifest: Path) -> None:
    reached = Account(create_autospec(Aws), create_autospec(Wire), "111122223333", f"arn:aws:{caller}")
    assert (
        leaving(read(manifest, Options()), Named(also=(stays,)), reached).removal.stays[stays]
        == "awsbase works as it in this run"
    )


def test_output_fits_forty_columns(there: Served, manifest: Path) -> None:
    code, shown = ended(terminal(there.environment, "destroy", manifest, "--plan", columns=40))
    lines = shown[shown.index("account 1") :].splitlines()
    assert code == 0
    assert [line for line in lines if len(line.rstrip()) > 40 and len(line.split()) > 2] == []


def test_quiet_shows_nothing_when_nothing_is_wrong_and_full_shows_each_change(there: Served, manifest: Path) -> None:
    assert awsbase(there, "destroy", manifest, "--plan", "--quiet").stdout == ""
    full = awsbase(there, "destroy", manifest, "--plan", "--full").stdout
    assert f"  - {TOPIC}\n" in full
    assert f"  · {BUCKET}\n      kept: what is in it is lost for good" in full


def test_permissions_print_what_it_takes_to_destroy_and_to_empty(manifest: Path, nobody: dict[str, str]) -> None:
    def printed(*options: str) -> str:
        done = CliRunner().invoke(cli, ["permissions", str(manifest), "--destroy", *options], env=nobody)
        assert done.exit_code == 0, done.stderr
        return done.stdout

    assert '"cloudwatch:DeleteAlarms"' in printed()
    assert "s3:DeleteObject" not in printed()
    assert '"s3:DeleteObjectVersion"' in printed("--empty", "acme-state")
    assert "s3:DeleteBucket" not in printed("--only", "alarms")
    refused = CliRunner().invoke(cli, ["permissions", str(manifest), "--empty", "acme-state"], env=nobody)
    assert refused.exit_code == 2
