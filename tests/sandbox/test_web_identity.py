"""Roles for the tokens of identity providers: the documented trust lets in what it should, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from awsbase.sandbox import Sandbox
from tests.later import unhurried
from tests.pipeline.runner import documents
from tests.pipeline.tokens import GITHUB, token

REPOSITORY = "repo:acme@123456/infra@456789"
ROLES = ("plan", "apply")


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    """Return an account with the provider and the roles of docs/pipeline.md."""
    sandbox = unhurried(Sandbox())
    iam = sandbox.client("iam")
    iam.create_open_id_connect_provider(Url=GITHUB, ClientIDList=["sts.amazonaws.com"])
    for role, trust in zip(ROLES, documents("json"), strict=True):
        iam.create_role(RoleName=f"acme-ci-{role}", AssumeRolePolicyDocument=json.dumps(json.loads(trust)))
    return sandbox


def assume(sandbox: Sandbox, role: str, text: str, **more: Any) -> Any:
    arn = f"arn:aws:iam::123456789012:role/acme-ci-{role}"
    sts = sandbox.client("sts", region="eu-west-1")
    return sts.assume_role_with_web_identity(RoleArn=arn, RoleSessionName="run", WebIdentityToken=text, **more)


def code(sandbox: Sandbox, role: str, text: str, **more: Any) -> str:
    with pytest.raises(ClientError) as refused:
        assume(sandbox, role, text, **more)
    return str(refused.value.response["Error"]["Code"])


@pytest.mark.parametrize(
    ("role", "subject"),
    [
        ("plan", f"{REPOSITORY}:pull_request"),
        ("plan", f"{REPOSITORY}:ref:refs/heads/main"),
        ("apply", f"{REPOSITORY}:environment:aws"),
    ],
)
def test_the_documented_trust_lets_a_job_in(role: str, subject: str, sandbox: Sandbox) -> None:
    session = assume(sandbox, role, token(sub=subject))
    assert session["SubjectFromWebIdentityToken"] == subject
    keys = session["Credentials"]
    caller = sandbox.callers.keys[keys["AccessKeyId"]]
    assert caller.arn == f"arn:aws:sts::123456789012:assumed-role/acme-ci-{role}/run"


@pytest.mark.parametrize(
    ("role", "claims"),
    [
        ("apply", {"sub": f"{REPOSITORY}:pull_request"}),
        ("apply", {"sub": f"{REPOSITORY}:ref:refs/heads/main"}),
        ("apply", {"sub": f"{REPOSITORY}:environment:test"}),
        ("plan", {"sub": f"{REPOSITORY}:environment:aws"}),
        ("plan", {"sub": f"{REPOSITORY}:ref:refs/heads/other"}),
        ("plan", {"sub": "repo:acme@123456/infra2@456789:pull_request"}),
        ("plan", {"sub": f"{REPOSITORY}:pull_request", "repository_id": "1"}),
        ("plan", {}),
        ("none", {"sub": f"{REPOSITORY}:pull_request"}),
    ],
)
def test_the_documented_trust_lets_nobody_else_in(role: str, claims: dict[str, str], sandbox: Sandbox) -> None:
    assert code(sandbox, role, token(**claims)) == "AccessDenied"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no token", "InvalidIdentityToken"),
        ("a.bm8.c", "InvalidIdentityToken"),
        (token(iss="https://gitlab.com"), "InvalidIdentityToken"),
        (token(iss=""), "InvalidIdentityToken"),
        (token(aud="https://github.com/acme"), "InvalidIdentityToken"),
        (token(exp=0), "ExpiredTokenException"),
    ],
    ids=["no token", "no claims", "another issuer", "no issuer", "another audience", "expired"],
)
def test_other_tokens_are_refused(text: str, expected: str, sandbox: Sandbox) -> None:
    assert code(sandbox, "plan", text) == expected


def test_a_session_is_no_longer_than_its_role_allows(sandbox: Sandbox) -> None:
    good = token(sub=f"{REPOSITORY}:pull_request")
    assert code(sandbox, "plan", good, DurationSeconds=7200) == "ValidationError"


def test_nothing_else_goes_without_a_signature(sandbox: Sandbox) -> None:
    from botocore import UNSIGNED
    from botocore.config import Config

    sts = sandbox.session().client("sts", config=Config(signature_version=UNSIGNED))
    with pytest.raises(ClientError, match="MissingAuthenticationToken"):
        sts.get_caller_identity()
