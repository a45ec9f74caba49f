"""`awsbase own`: what an earlier release made, before there was a tag of origin."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from awsbase.sandbox import Sandbox
from awsbase.scripts import cli
from tests.scripts.conftest import ACCOUNT, EMPTY, Served, written
from tests.scripts.test_terminal import ended, terminal

pytestmark = pytest.mark.slow

STATE = EMPTY + "state: {}\niam:\n  users: {bob: {}}\n"
BUCKET, ARN = "bucket/acme-state", "arn:aws:s3:::acme-state"
ORIGIN, ADDRESS = "awsbase:created-by", "awsbase:address"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return written(tmp_path / "state.yaml", STATE)


@pytest.fixture
def earlier(served: Served, state: Path) -> Served:
    """Have the bucket that an earlier release made, without the tag of origin."""
    assert awsbase(served, "reconcile", state, "--yes").exit_code == 0
    assert tags_of(served.sandbox)[ORIGIN] == "acme"
    tag(served.sandbox, **{ORIGIN: None})
    served.sandbox.clock.advance(60)  # a run that follows another one at once waits
    served.sandbox.calls.clear()
    return served


def awsbase(served: Served, *arguments: object) -> Result:
    named = dict.fromkeys(("AWS_PROFILE", "AWS_REGION", "AWS_SESSION_TOKEN"))
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], env={**named, **served.environment})


def tags_of(sandbox: Sandbox) -> dict[str, str]:
    found = sandbox.client("s3", "eu-west-1").get_bucket_tagging(Bucket="acme-state")["TagSet"]
    return {each["Key"]: each["Value"] for each in found}


def tag(sandbox: Sandbox, **values: str | None) -> None:
    """Set tags of the bucket, or take them away."""
    wanted = {**tags_of(sandbox), **values}
    pairs = [{"Key": key, "Value": value} for key, value in wanted.items() if value is not None]
    sandbox.client("s3", "eu-west-1").put_bucket_tagging(Bucket="acme-state", Tagging={"TagSet": pairs})


def writes(served: Served) -> list[str]:
    return [name for name in served.writes if not name.startswith("ssm:")]


def test_what_is_owned_gets_back_a_lifecycle_rule_without_approval(earlier: Served, state: Path) -> None:
    s3 = earlier.sandbox.client("s3", "eu-west-1")
    rules = s3.get_bucket_lifecycle_configuration(Bucket="acme-state")["Rules"]
    kept = [rule for rule in rules if "AbortIncompleteMultipartUpload" not in rule]
    s3.put_bucket_lifecycle_configuration(Bucket="acme-state", LifecycleConfiguration={"Rules": kept})
    earlier.sandbox.calls.clear()
    refused = awsbase(earlier, "reconcile", state, "--yes")
    assert (refused.exit_code, earlier.writes) == (1, [])
    assert f"{BUCKET}  update lifecycle" in refused.stderr
    assert "this manifest did not make the bucket" in refused.stderr

    before = tags_of(earlier.sandbox)
    done = awsbase(earlier, "own", state, BUCKET, "--yes")
    assert (done.exit_code, done.stdout) == (0, f"{BUCKET} is owned by acme now\n")
    assert f"{BUCKET}\n  {ARN}\n    {ADDRESS}: {BUCKET}\n" in done.stderr
    assert tags_of(earlier.sandbox) == {**before, ORIGIN: "acme"}
    assert writes(earlier) == ["s3control:TagResource"]

    (lock,) = earlier.sandbox.client("ssm", "eu-west-1").get_parameters_by_path(Path="/locks/awsbase")["Parameters"]
    assert '"released": true' in lock["Value"]
    assert '"finished": true' in lock["Value"]

    earlier.sandbox.calls.clear()
    again = awsbase(earlier, "own", state, BUCKET)
    assert (again.exit_code, again.stdout) == (0, f"{BUCKET} is owned by acme already\n")
    assert earlier.writes == []
    earlier.sandbox.clock.advance(60)
    assert awsbase(earlier, "reconcile", state, "--yes").exit_code == 0
    assert "s3:PutBucketLifecycleConfiguration" in earlier.writes


def test_without_a_terminal_the_flag_is_named_and_json_says_what_is_owned(earlier: Served, state: Path) -> None:
    asked = awsbase(earlier, "own", state, BUCKET)
    assert (asked.exit_code, asked.stdout, earlier.writes) == (2, "", [])
    assert asked.stderr.endswith("awsbase: no terminal to ask on: --yes\n  → nothing was changed\n")

    document = json.loads(awsbase(earlier, "own", state, BUCKET, "user/bob", "--yes", "--json").stdout)
    assert (document["owned"], document["already"]) == ([BUCKET], ["user/bob"])
    bucket, bob = sorted(document["found"], key=lambda each: str(each["address"]))
    assert bucket == {"address": BUCKET, "tags": {ARN: {ADDRESS: BUCKET}}, "since": None}
    assert bob["tags"] == {f"arn:aws:iam::{ACCOUNT}:user/bob": {ADDRESS: "user/bob", ORIGIN: "acme"}}
    assert bob["since"]


def test_on_a_terminal_the_name_or_the_address_is_typed(earlier: Served, state: Path) -> None:
    for answer, code in (("y", 1), ("ACME", 1), (BUCKET, 0)):
        run = terminal(earlier.environment, "own", state, BUCKET)
        run.expect(r"Type the account's name \(acme\)[^:]*: ")
        assert f"{ADDRESS}: {BUCKET}" in run.before
        assert writes(earlier) == []
        run.sendline(answer)
        assert ended(run)[0] == code
    assert writes(earlier) == ["s3control:TagResource"]


def test_what_is_not_provably_ours_or_not_there_is_refused(earlier: Served, tmp_path: Path) -> None:
    more = written(tmp_path / "more.yaml", STATE.replace("bob: {}", "bob: {}, kim: {}") + "  groups: {ops: {}}\n")
    earlier.sandbox.client("iam").create_group(GroupName="ops")
    for labels, why in (
        ({ORIGIN: "other"}, f"{BUCKET}: its tag {ORIGIN} is other, not acme\n"),
        ({ORIGIN: None, ADDRESS: "x/y"}, f"{BUCKET}: its tag {ADDRESS} is x/y: another manifest looks after it\n"),
        ({ADDRESS: None, "team": "x"}, f"{BUCKET}: it has no tag {ADDRESS}"),
    ):
        tag(earlier.sandbox, **labels)
        earlier.sandbox.calls.clear()
        refused = awsbase(earlier, "own", more, BUCKET, "user/kim", "group/ops", "--yes")
        assert (refused.exit_code, refused.stdout, earlier.writes) == (1, "", [])
        for each in (why, "user/kim: it is not there yet", f"group/ops: it takes no tag {ORIGIN}"):
            assert each in refused.stderr

    unknown = awsbase(earlier, "own", more, "bucket/acme-stat", "--yes")
    assert unknown.exit_code == 2
    assert f"has no resource 'bucket/acme-stat'\n  → did you mean '{BUCKET}'?" in unknown.stderr
    assert awsbase(earlier, "own", more, "state", "--yes").exit_code == 2
