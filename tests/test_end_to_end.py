"""From a YAML file to a converged account, in a separate process over a socket."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from awsbase.sandbox import Sandbox
from awsbase.sandbox.serve import listen

pytestmark = pytest.mark.slow

MANIFESTS = Path(__file__).parent.parent / "manifests"
BASELINE = MANIFESTS / "baseline.yaml"


@dataclass
class Served:
    """A sandbox on a socket, and awsbase run against it."""

    sandbox: Sandbox
    url: str
    home: Path

    def run(self, *arguments: str) -> tuple[int, Any]:
        """Run awsbase with `--json`; returns its exit code and the document."""
        self.sandbox.calls.clear()
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "sandbox",
            "AWS_SECRET_ACCESS_KEY": "sandbox",
        }
        command = [sys.executable, "-m", "awsbase", *arguments, "--json"]
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        assert b"Traceback" not in done.stderr
        return done.returncode, json.loads(done.stdout)

    def calls(self) -> Counter[str]:
        return Counter(f"{call.name}@{call.region}" for call in self.sandbox.calls)

    def writes(self) -> list[str]:
        return [call.name for call in self.sandbox.calls if call.writes]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    sandbox = Sandbox()
    server = listen(sandbox)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield Served(sandbox, f"http://127.0.0.1:{server.port}", tmp_path)
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_first_run_converges_the_account_and_the_second_does_nothing(served: Served) -> None:
    code, planned = served.run("plan", str(BASELINE))
    assert code == 0
    assert served.writes() == []
    only_looked_at = ["root/account", "regions/enabled"]
    assert [each["address"] for each in planned["resources"] if each["status"] != "planned"] == only_looked_at

    code, first = served.run("reconcile", str(BASELINE), "--yes")
    assert code == 0
    assert [each["address"] for each in first["resources"] if each["status"] != "changed"] == only_looked_at
    assert first["calls"]["write"] == len(served.writes())

    code, second = served.run("reconcile", str(BASELINE), "--yes")
    assert code == 0
    assert second["totals"]["unchanged"] == len(second["resources"])
    assert served.writes() == []
    assert second["calls"] == {"read": len(served.sandbox.calls), "write": 0}

    code, third = served.run("plan", str(BASELINE), "--detailed-exitcode")
    assert code == 0
    assert third["calls"]["write"] == 0


def test_a_converged_run_makes_only_necessary_calls(served: Served) -> None:
    served.run("reconcile", str(BASELINE), "--yes")
    for name in ("alice", "sam", "pat", "dave", "bella"):  # whoever lacks something is asked about alone
        served.sandbox.client("iam").create_login_profile(UserName=name, Password="Xy7!" * 5)
    served.sandbox.clock.advance(5 * 60 * 60)
    served.run("plan", str(BASELINE))
    calls = served.calls()

    for bulk in ("iam:GetAccountAuthorizationDetails", "iam:ListVirtualMFADevices"):
        assert sum(count for name, count in calls.items() if name.startswith(bulk)) == 1
    for once_a_region in ("cloudwatch:DescribeAlarms", "resourcegroupstaggingapi:GetResources"):
        asked = {name: count for name, count in calls.items() if name.startswith(once_a_region)}
        assert set(asked.values()) == {1}, asked
    assert sum(count for name, count in calls.items() if name.startswith("sns:GetTopicAttributes")) == 2
    for each in ("iam:GetUser", "iam:GetGroup", "iam:GetPolicy", "iam:ListAttached", "iam:GetLoginProfile", "kms:List"):
        assert not [name for name in calls if name.startswith(each)]
    regions = {name.rpartition("@")[2] for name in calls if name.startswith("ec2:")}
    assert sum(calls.values()) <= 60 + 6 * len(regions), calls


@pytest.mark.parametrize("count", [10, 100])
def test_users_need_no_reads_of_their_own(served: Served, count: int, tmp_path: Path) -> None:
    users = ", ".join(f"user-{n}: {{groups: [Team], mfa: optional}}" for n in range(count))
    manifest = tmp_path / "people.yaml"
    manifest.write_text(
        'version: 1\naccount: {id: "123456789012", name: acme, region: eu-west-1}\n'
        f"iam: {{groups: {{Team: {{policies: [aws:ReadOnlyAccess]}}}}, users: {{{users}}}}}\n"
    )
    code, first = served.run("reconcile", str(manifest), "--yes")
    assert code == 0
    # Two policies, a group with three, users and memberships; the lock taken and released.
    assert first["calls"]["write"] == 2 + 1 + 3 + 2 * count + 2
    code, second = served.run("reconcile", str(manifest), "--yes")
    assert code == 0
    assert second["calls"]["write"] == 0
    # Who we are, the lock, the password policy, and a page of the one big read for each hundred.
    assert second["calls"]["read"] <= 4 + count // 100


def half_made(sandbox: Sandbox) -> None:
    """Make by hand, in another manner, some of what the baseline wants."""
    iam, home = sandbox.client("iam"), {"CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}
    s3 = sandbox.client("s3", "eu-west-1")
    s3.create_bucket(Bucket="acme-state", **home)
    s3.put_bucket_tagging(Bucket="acme-state", Tagging={"TagSet": [{"Key": "team", "Value": "red"}]})
    s3.put_object(Bucket="acme-state", Key="prod/terraform.tfstate", Body=b"{}")
    lifecycle = {
        "Rules": [{"ID": "mine", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 3}}]
    }
    s3.put_bucket_lifecycle_configuration(Bucket="acme-state", LifecycleConfiguration=lifecycle)
    iam.create_group(GroupName="administrators")
    iam.create_group(GroupName="Interns")
    iam.create_user(UserName="alice", Tags=[{"Key": "desk", "Value": "4"}])
    iam.add_user_to_group(UserName="alice", GroupName="administrators")
    iam.put_user_policy(
        UserName="alice",
        PolicyName="own",
        PolicyDocument='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}]}',
    )
    iam.create_user(UserName="stranger")
    sandbox.client("sns", "eu-west-1").create_topic(Name="acme-security")
    sandbox.client("logs", "eu-west-1").create_log_group(logGroupName="acme-audit")


def test_an_existing_account_is_adopted_and_loses_nothing(served: Served) -> None:
    half_made(served.sandbox)
    # Old versions of a bucket that somebody else made expire only with approval.
    code, report = served.run("reconcile", str(BASELINE), "--yes", "--allow-risky")
    assert code == 0, [resource for resource in report["resources"] if resource["error"]]
    assert "s3:CreateBucket" in served.writes()
    assert [call.params["Bucket"] for call in served.sandbox.calls if call.name == "s3:CreateBucket"] == ["acme-audit"]

    iam, s3 = served.sandbox.client("iam"), served.sandbox.client("s3", "eu-west-1")
    tags = {tag["Key"]: tag["Value"] for tag in s3.get_bucket_tagging(Bucket="acme-state")["TagSet"]}
    assert tags == {"team": "red", "owner": "platform", "awsbase:address": "bucket/acme-state"}
    rules = s3.get_bucket_lifecycle_configuration(Bucket="acme-state")["Rules"]
    assert "mine" in [rule["ID"] for rule in rules]
    assert s3.get_object(Bucket="acme-state", Key="prod/terraform.tfstate")["Body"].read() == b"{}"
    assert iam.list_user_policies(UserName="alice")["PolicyNames"] == ["own"]
    assert {"Key": "desk", "Value": "4"} in iam.list_user_tags(UserName="alice")["Tags"]
    groups = [group["GroupName"] for group in iam.list_groups()["Groups"]]
    assert "Interns" in groups
    assert sorted(name for name in groups if name.lower() == "administrators") == ["administrators"]
    assert "stranger" in [user["UserName"] for user in iam.list_users()["Users"]]

    assert served.run("plan", str(BASELINE), "--detailed-exitcode")[0] == 0


def test_a_state_backend_is_printed_for_the_new_bucket(served: Served) -> None:
    served.run("reconcile", str(MANIFESTS / "state-only.yaml"), "--yes")
    code, backend = served.run("state", "backend", str(MANIFESTS / "state-only.yaml"), "--format", "json")
    assert code == 0
    s3 = backend["terraform"]["backend"]["s3"]
    assert s3["bucket"] == "acme-state"
    assert s3["region"] == "eu-west-1"
    assert (s3["encrypt"], s3["use_lockfile"]) == (True, True)
    assert s3["kms_key_id"].startswith("arn:aws:kms:eu-west-1:123456789012:key/")
