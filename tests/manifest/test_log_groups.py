"""The sections log_groups and repositories are what they make, and a policy for each who uses that."""

from __future__ import annotations

import json
from typing import Any

import pytest

from awsbase.manifest.load import understand
from awsbase.manifest.manifest import Manifest, resources
from awsbase.policies import problems
from tests.manifest.saying import ACCOUNT, mistakes, source

LONG = "L" * 120
IAM = f"""\
iam:
  groups: {{Developers: {{policies: []}}, SERVER: {{policies: []}}}}
  roles:
    server: {{trust: {{services: [ec2.amazonaws.com]}}}}
    build: {{trust: {{services: [codebuild.amazonaws.com]}}}}
    {LONG[:64]}: {{trust: {{services: [ec2.amazonaws.com]}}}}
"""


def of(text: str) -> dict[str, Any]:
    """Return the resources of a manifest by address."""
    manifest = understand(source(ACCOUNT + text), Manifest)
    return {resource.address: resource for each in resources(manifest).values() for resource in each}


def test_names_make_log_groups_and_patterns_retentions() -> None:
    made = of("log_groups: {/app/pay: {}, '/app/*': {retention_days: 30}}")
    assert list(made) == ["log-group//app/pay", "log-retention//app/*"]
    assert made["log-group//app/pay"].retention == 365
    assert made["log-retention//app/*"].prefix == "/app/"


def test_names_of_log_groups_differ_by_case() -> None:
    assert list(of("log_groups: {app: {}, App: {}}")) == ["log-group/app", "log-group/App"]


def test_groups_of_one_key_are_in_one_statement_of_it() -> None:
    made = of("log_groups: {a: {key: alias/logs}, b: {key: alias/logs}, c: {}}")
    (statement,) = [each for each in made["key/logs"].policy["Statement"] if each.get("Sid") == "LogsEncrypt"]
    arns = [f"arn:aws:logs:eu-west-1:123456789012:log-group:{name}" for name in "ab"]
    assert statement["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"] == arns
    assert made["log-group/c"].key is None


def test_a_writer_writes_to_its_groups_and_reads_the_agent_s_configuration() -> None:
    made = of(f"log_groups: {{/app: {{writers: [server]}}, /srv/sys: {{preset: syslog, writers: [server]}}}}\n{IAM}")
    policy = made["policy/acme-logs-server"]
    assert problems(policy.document, "identity") == []
    write, read = policy.document["Statement"]
    assert write["Resource"][1::2] == [
        f"arn:aws:logs:eu-west-1:123456789012:log-group:{name}:*" for name in ("/app", "/srv/sys")
    ]
    assert read["Resource"] == ["arn:aws:ssm:eu-west-1:123456789012:parameter/AmazonCloudWatch-srv-sys"]
    assert policy.arn in made["role/server"].policies
    configuration = json.loads(made["parameter/AmazonCloudWatch-srv-sys"].values[0])
    files = configuration["logs"]["logs_collected"]["files"]["collect_list"]
    assert {each["log_group_name"] for each in files} == {"/srv/sys"}
    assert files[0]["log_stream_name"] == "{instance_id}/var/log/messages"


def test_readers_pull_and_writers_push() -> None:
    made = of(f"repositories: {{api: {{readers: [server], writers: [Developers]}}, web: {{writers: [server]}}}}\n{IAM}")
    assert made["registry-scanning/push"].repositories == ("api", "web")
    server = made["policy/acme-images-server"].document
    assert problems(server, "identity") == []
    given = {each["Sid"]: each["Resource"] for each in server["Statement"]}
    api, web = (f"arn:aws:ecr:eu-west-1:123456789012:repository/{name}" for name in ("api", "web"))
    assert given == {"LogIn": "*", "Pull": [api, web], "Push": [web]}
    assert made["policy/acme-images-Developers"].arn in made["group/Developers"].policies


def test_what_is_not_scanned_is_in_no_rule() -> None:
    assert list(of("repositories: {api: {scan: false, keep_untagged_days: forever}}")) == ["ecr-repository/api"]


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("log_groups: {aws/app: {}}", "is no log group name"),
        ("log_groups: {acme-app: {}, '{name}-app': {}}", "two keys become one name"),
        ("log_groups: {a: {retention_days: 100}}", "CloudWatch Logs cannot keep logs for 100 days"),
        ("log_groups: {'a*': {key: alias/logs}}", "a* is a pattern, which gives a retention to groups"),
        ("log_groups: {'a*': {class: standard}}", 'log_groups."a*".class: a* is a pattern'),
        ("log_groups: {a: {class: essentials, mask: [Name]}}", "masks nothing in the class essentials"),
        ("log_groups: {a: {mask: [email]}}", "is no data identifier of CloudWatch Logs"),
        ("log_groups: {a: {writers: [Developers]}}", "no role called 'Developers'"),
        ("log_groups: {a: {preset: nginx}}", "syslog"),
        ("audit: {log_group: a}\nlog_groups: {a: {}}", "audit makes a log group 'a' too"),
        ("repositories: {Api: {}}", "is no repository name"),
        ("repositories: {api: {readers: [Server]}}", "no group or role called 'Server'"),
        (
            "repositories: {api: {readers: [server]}, web: {writers: [SERVER]}}",
            "web.writers[0]: the policy of 'SERVER' and that of 'server' are one name",
        ),
        ("repositories: {api: {immutable: false, moving_tags: [latest]}}", "all tags move where immutable is off"),
        ("repositories: {api: {accounts: ['123456789012']}}", "that is this account"),
        ("repositories: {api: {keep_untagged_days: 0}}", "keep_untagged_days"),
    ],
)
def test_mistakes_are_told_with_their_place(text: str, mistake: str) -> None:
    found = mistakes(f"{ACCOUNT}{text}\n{IAM}", Manifest)
    assert any(mistake in each for each in found), found
