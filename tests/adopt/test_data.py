"""State, secrets and outputs of an account are adopted as they are, or it is told why not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from awsbase.sandbox import Sandbox
from awsbase.testing.adopted import Adopted, adopted
from awsbase.testing.sample import HOME
from tests.adopt.reconciled import account_of, compiled, reasons

HEAD = 'version: 1\naccount: {id: "123456789012", name: acme, region: eu-west-1}\n'
IAM = """
iam:
  password_policy: {}
  groups:
    Admins: {policies: ["awsbase:administrator"]}
    Deployers: {policies: ["aws:ReadOnlyAccess"]}
"""
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:rotate"
STATES = {
    "all said": "state: {bucket: acme-terraform, key: alias/acme-tf, writers: [Admins], old_versions_days: 400}\n",
    "some states": "state: {writers: {Admins: ['*'], Deployers: [app/*, one.tfstate]}, old_versions_days: 30}\n",
}
SECRETS = f"""
secrets:
  acme/database: {{description: The owner, readers: [Deployers], rotation: {{days: 30, function: "{FUNCTION}"}}}}
  acme/free: {{key: alias/acme-free}}
  acme/partner: {{key: aws, readers: [Deployers]}}
"""
LOGS_AND_IMAGES = """
log_groups:
  /app/pay: {key: alias/acme-logs, protect: true, mask: [EmailAddress], writers: [server]}
  /app/rare: {class: infrequent-access, retention_days: 30}
  /servers: {preset: syslog, retention_days: 400, writers: [server]}
repositories:
  api: {writers: [Deployers], readers: [server], moving_tags: [latest], accounts: ["210987654321"]}
  web/front: {key: alias/acme-images, immutable: false, scan: false, keep_untagged_days: forever, readers: [server]}
iam:
  password_policy: {}
  groups: {Deployers: {policies: ["aws:ReadOnlyAccess"]}}
  roles: {server: {trust: {services: [ec2.amazonaws.com]}, policies: []}}
"""
OUTPUTS = "outputs: {parameters: /acme/out}\n"


def same_as(found: Adopted, text: str, words: Sequence[str]) -> None:
    """Assert that what was adopted makes the same buckets, keys, secrets and parameters."""
    want = {address: each for address, each in compiled(text).items() if address.split("/")[0] in words}
    assert {address: each for address, each in found.resources.items() if address.split("/")[0] in words} == want


@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
def test_state_is_adopted_with_its_writers(state: str) -> None:
    text = HEAD + state + IAM
    found = adopted(account_of(text), only=["state", "iam"])
    assert reasons(found) == {}
    same_as(found, text, ["bucket", "key", "policy"])
    assert found.proven.left_out == {}
    assert ("inferred from policy/acme-state-writer" in found.text) is ("writers" in state)
    assert ("weaker than the default: 365" in found.text) is ("old_versions_days: 30" in state)


def test_secrets_are_adopted_with_their_readers() -> None:
    text = HEAD + SECRETS + IAM
    with_value = text.replace("{description: The owner", "{generate: {}, description: The owner")
    found = adopted(account_of(with_value), only=["secrets", "iam"])
    assert reasons(found) == {}
    same_as(found, text, ["secret", "key", "policy"])


def test_log_groups_and_repositories_are_adopted_with_who_uses_them() -> None:
    text = HEAD + LOGS_AND_IMAGES
    found = adopted(account_of(text), only=["log_groups", "repositories", "iam"])
    assert reasons(found) == {}
    same_as(found, text, ["ecr-repository", "key", "log-group", "parameter", "policy", "registry-scanning"])
    for policy in ("logs-server", "images-server", "images-Deployers"):
        assert f"inferred from policy/acme-{policy}" in found.text


def test_outputs_are_adopted_by_their_path() -> None:
    text = HEAD + SECRETS + IAM + OUTPUTS
    found = adopted(account_of(text), only=["secrets", "iam", "outputs"])
    assert reasons(found) == {}
    same_as(found, text, ["parameter"])


def bucket(sandbox: Sandbox, name: str, *keys: str) -> None:
    """Make a bucket by hand, with objects."""
    s3 = sandbox.client("s3", HOME.region)
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": HOME.region})
    for key in keys:
        s3.put_object(Bucket=name, Key=key, Body=b"{}")


@pytest.mark.parametrize(
    ("name", "keys", "why"),
    [
        ("acme-terraform", (), "encryption: not under a key that has an alias"),
        ("acme-things", ("app/terraform.tfstate",), "encryption: not under a key that has an alias"),
        ("acme-things", ("env:/prod/app",), "encryption: not under a key that has an alias"),
        ("acme-things", ("report.pdf",), "no section of a manifest says this yet"),
    ],
    ids=["by its name", "by a state in it", "by a workspace in it", "none at all"],
)
def test_bucket_of_states_that_somebody_made_is_told_with_what_it_lacks(
    name: str, keys: tuple[str, ...], why: str
) -> None:
    sandbox = Sandbox()
    bucket(sandbox, name, *keys)
    found = adopted(sandbox, only=["state"])
    assert reasons(found) == {f"bucket/{name}": (why,)}
    assert "state:" not in found.text


def spoiled(sandbox: Sandbox) -> None:
    """Suspend the versions of the bucket of states."""
    versioning = {"Status": "Suspended"}
    sandbox.client("s3", HOME.region).put_bucket_versioning(Bucket="acme-state", VersioningConfiguration=versioning)


def unwritten(sandbox: Sandbox) -> None:
    """Delete the policy of the writers."""
    sandbox.client("iam").delete_policy(PolicyArn=HOME.global_arn("iam", "policy/acme-state-writer"))


@pytest.mark.parametrize(
    ("spoil", "why"),
    [(spoiled, "versioning"), (unwritten, "no policy acme-state-writer")],
    ids=["bucket", "policy"],
)
def test_state_that_a_plan_would_change_is_left_out_with_the_reason(spoil: Any, why: str) -> None:
    sandbox = account_of(HEAD + "state: {}\n")
    spoil(sandbox)
    found = adopted(sandbox, only=["state"])
    assert reasons(found)["bucket/acme-state"] == (why,)
    assert "state:" not in found.text


def test_secrets_that_no_manifest_says_are_told_and_the_others_adopted() -> None:
    sandbox = Sandbox()
    for region, name in (("eu-west-2", "far"), ("eu-west-1", "near"), ("eu-west-1", "ends-abcdef")):
        sandbox.client("secretsmanager", region).create_secret(Name=name, SecretString="token")
    found = adopted(sandbox, only=["secrets"])
    told = reasons(found)
    assert told.pop("secret/ends-abcdef")[0].startswith("'ends-abcdef' is no secret name")
    assert told == {"secret/far@eu-west-2": ("region: a manifest keeps secrets in eu-west-1",)}
    assert found.proven.text.endswith("\nsecrets:\n  near: {key: aws}\n")
    assert "token" not in found.text


def test_outputs_that_this_manifest_gives_otherwise_are_not_written() -> None:
    sandbox = account_of(HEAD + OUTPUTS)
    sandbox.client("ssm", HOME.region).put_parameter(Name="/acme/out/region", Value="eu-west-9", Overwrite=True)
    found = adopted(sandbox, only=["outputs"])
    assert "outputs:" not in found.text
    wrong = "parameter//acme/out/region"
    assert reasons(found) == {
        wrong: ("value",),
        **{
            f"parameter//acme/out/{name}": (f"{wrong} is not as this manifest gives it",)
            for name in ("account_id", "account_name")
        },
    }
