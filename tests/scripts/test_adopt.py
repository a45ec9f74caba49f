"""`awsbase adopt` as people call it: what it writes, what it says, and what it refuses."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from awsbase.engine.scope import Scope
from awsbase.ensure import KINDS
from awsbase.manifest.load import load
from awsbase.manifest.manifest import resources
from awsbase.permissions import to_describe
from awsbase.sandbox import Sandbox
from awsbase.scripts import cli
from awsbase.testing.adopted import adopted
from awsbase.testing.sample import go, person, problems
from tests.scripts.conftest import ACCOUNT, EMPTY, Served, written

CIS = Path(__file__).parents[2] / "manifests/cis.yaml"


def awsbase(served: Served, *words: object) -> Result:
    blank: dict[str, str | None] = {name: None for name in os.environ if name.startswith("AWS_")}
    return CliRunner().invoke(cli, list(map(str, words)), env=blank | served.environment | {"AWS_REGION": "eu-west-1"})


@pytest.fixture
def lived_in(served: Served) -> Served:
    """Return an account with a little of what people have."""
    iam = served.sandbox.client("iam")
    iam.create_group(GroupName="ops")
    iam.put_group_policy(GroupName="ops", PolicyName="legacy", PolicyDocument=POLICY)
    iam.create_account_alias(AccountAlias="shop-prod")
    iam.create_role(RoleName="aws-controltower-Reader", AssumeRolePolicyDocument=TRUST)
    served.sandbox.client("s3").create_bucket(
        Bucket="shop-pictures", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    served.sandbox.calls.clear()
    return served


POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)


def test_an_account_becomes_a_manifest_a_count_and_a_page(lived_in: Served, tmp_path: Path) -> None:
    file, page = tmp_path / "shop.yaml", tmp_path / "adopt.md"
    done = awsbase(lived_in, "adopt", "-o", file, "--report", page)
    assert (done.exit_code, lived_in.writes) == (0, [])
    manifest = load(file)
    assert (manifest.account.id, manifest.account.name, manifest.account.region) == (ACCOUNT, "shop-prod", "eu-west-1")
    for text in (done.stdout, page.read_text()):
        assert "inline policy 'legacy'" in text
        assert "shop-pictures" in text
        assert "AWS Control Tower" in text
    again = awsbase(lived_in, "plan", file, "--json")
    assert [change for each in json.loads(again.stdout)["resources"] for change in each["changes"]] == []


def test_the_document_counts_everything_once(lived_in: Served, tmp_path: Path) -> None:
    done = awsbase(lived_in, "adopt", "-o", tmp_path / "shop.yaml", "--json")
    said = json.loads(done.stdout)
    counts: dict[str, Any] = said["counts"]
    assert counts["listed"] == sum(number for name, number in counts.items() if name != "listed")
    assert counts["left_alone"] == len(said["left_alone"])
    assert said["manifest"] == (tmp_path / "shop.yaml").read_text()


def test_what_exists_is_never_overwritten(served: Served, tmp_path: Path) -> None:
    file = written(tmp_path / "acme.yaml", EMPTY)
    done = awsbase(served, "adopt", "-o", file)
    assert (done.exit_code, file.read_text(), served.sandbox.calls[:]) == (2, EMPTY, [])
    assert "exists already, and stays unchanged" in done.stderr


def test_merging_adds_sections_and_keeps_every_line(lived_in: Served, tmp_path: Path) -> None:
    mine = f"# mine\n{EMPTY}iam:\n  groups: {{}}   # nobody yet\n"
    file = written(tmp_path / "acme.yaml", mine)
    done = awsbase(lived_in, "adopt", "-o", file, "--merge")
    assert done.exit_code == 0, done.stderr
    assert file.read_text().startswith(mine)
    assert load(file).protect is not None
    other = written(tmp_path / "other.yaml", EMPTY.replace(ACCOUNT, "999999999999"))
    refused = awsbase(lived_in, "adopt", "-o", other, "--merge")
    assert refused.exit_code == 1
    assert "999999999999" in refused.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--only", "iamm"], "did you mean 'iam'?"),
        (["--name", "Not Good"], "account.name"),
        (["-o", "-"], "name a file with -o"),
        (["--merge"], "name it with -o"),
        (["--from-terraform", "none.json"], "none.json"),
    ],
)
def test_bad_input_says_what_works(words: list[str], says: str, served: Served, tmp_path: Path) -> None:
    done = awsbase(served, "adopt", *words)
    assert done.exit_code == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_what_may_not_be_read_is_told_with_the_right_that_is_missing(tmp_path: Path) -> None:
    sandbox = Sandbox(enforce=True)
    some = {"Effect": "Allow", "Action": ["iam:Get*", "iam:List*", "ec2:Describe*", "tag:Get*"], "Resource": "*"}
    reader = person(sandbox, {"Version": "2012-10-17", "Statement": [some]})
    unread = {each.name: each.action for each in adopted(sandbox, caller=reader).count.unread}
    assert unread["bucket/*"] == "s3:ListAllMyBuckets"
    assert unread["trail/*"] == "cloudtrail:DescribeTrails"
    assert unread["credential report"] == "iam:GenerateCredentialReport"
    assert "group/*" not in unread


def test_the_printed_permissions_are_enough_for_a_full_account() -> None:
    manifest = load(CIS)
    sandbox = Sandbox(enforce=True, account=manifest.account.id)
    made = [each for several in resources(manifest).values() for each in several]
    assert problems(go(sandbox, "reconcile", made)) == []
    reader = person(sandbox, *to_describe(KINDS, Scope("*", home="eu-west-1", region="*")).documents)
    sandbox.calls.clear()
    found = adopted(sandbox, caller=reader)
    assert found.count.unread == ()
    assert [call.name for call in sandbox.calls if call.error in ("AccessDenied", "AccessDeniedException")] == []
    assert found.count.left_out == {}
    assert {each.address for each in made} - set(found.count.described) < {
        each.address for each in made if each.address.partition("/")[0] in UNSAID
    }


# What is not confirmed, and what is found by another address when it is listed.
UNSAID = ("subscription", "ephemeral", "regions", "user", "role", "policy", "existing-vpc", "service-linked-role")
