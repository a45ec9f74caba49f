"""Roles for the tokens of identity providers: the trust of the section ci lets in what it should, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from awsbase.sandbox import Sandbox
from awsbase.sandbox.issuers import Issuer, encoded
from tests.later import unhurried
from tests.pipeline.runner import documents
from tests.pipeline.tokens import GITHUB, token
from tests.sandbox.refused import refused

REPOSITORY = "repo:acme@123456/infra@456789"
NAMED = "repo:acme/infra"
GITHUB_ARN = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
ROLES = ("plan", "apply")


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    """Return an account with the provider and the roles of docs/pipeline.md."""
    sandbox = unhurried(Sandbox())
    prepared(sandbox)
    return sandbox


def prepared(sandbox: Sandbox) -> None:
    """Make the provider and the roles, and one that trusts nobody yet."""
    iam = sandbox.client("iam")
    iam.create_open_id_connect_provider(Url=GITHUB, ClientIDList=["sts.amazonaws.com"])
    for role, trust in zip(ROLES, documents("json"), strict=True):
        iam.create_role(RoleName=f"acme-ci-{role}", AssumeRolePolicyDocument=json.dumps(json.loads(trust)))
    nobody = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [nobody]})
    iam.create_role(RoleName="acme-ci-none", AssumeRolePolicyDocument=document)


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
        ("plan", f"{NAMED}:pull_request"),
        ("apply", f"{NAMED}:environment:aws"),
    ],
)
def test_the_documented_trust_lets_a_job_in(role: str, subject: str, sandbox: Sandbox) -> None:
    session = assume(sandbox, role, token(sandbox, sub=subject))
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
        ("plan", {"sub": f"{NAMED}:pull_request", "repository_id": "1"}),
        ("plan", {"sub": f"{NAMED}:pull_request", "repository_id": None}),
        ("plan", {"sub": "repo:acme/*:pull_request"}),
        ("apply", {"sub": f"{NAMED}:environment:AWS"}),
        ("plan", {}),
        ("none", {"sub": f"{REPOSITORY}:pull_request"}),
    ],
)
def test_the_documented_trust_lets_nobody_else_in(role: str, claims: dict[str, str], sandbox: Sandbox) -> None:
    assert code(sandbox, role, token(sandbox, **claims)) == "AccessDenied"


def forged(sandbox: Sandbox, **claims: object) -> str:
    """Return a token of somebody who says to be GitHub."""
    return Issuer(GITHUB, sandbox.clock, key_id=sandbox.issuer(GITHUB).key_id).token(**claims)


def unsigned(sandbox: Sandbox, **claims: object) -> str:
    """Return a token that says that it needs no signature."""
    _, payload, _ = token(sandbox, **claims).split(".")
    head = encoded(json.dumps({"alg": "none"}).encode())
    return f"{head}.{payload}."


def changed(sandbox: Sandbox, **claims: object) -> str:
    """Return a token whose claims were changed after it was signed."""
    head, _, signature = token(sandbox, sub="repo:mallory/infra:pull_request").split(".")
    return f"{head}.{token(sandbox, **claims).split('.')[1]}.{signature}"


def revoked(sandbox: Sandbox, **claims: object) -> str:
    """Return a token that GitHub has taken back."""
    sandbox.issuer(GITHUB).revoked.add("lost")
    return token(sandbox, jti="lost", **claims)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda sandbox, **_: "no token", "InvalidIdentityToken"),
        (lambda sandbox, **_: "a.bm8.c", "InvalidIdentityToken"),
        (lambda sandbox, **claims: token(sandbox, iss="https://gitlab.com", **claims), "InvalidIdentityToken"),
        (lambda sandbox, **claims: token(sandbox, iss="", **claims), "InvalidIdentityToken"),
        (lambda sandbox, **claims: token(sandbox, aud="https://github.com/acme", **claims), "InvalidIdentityToken"),
        (forged, "InvalidIdentityToken"),
        (unsigned, "InvalidIdentityToken"),
        (changed, "InvalidIdentityToken"),
        (lambda sandbox, **claims: token(sandbox, exp=0, **claims), "ExpiredTokenException"),
        (revoked, "IDPRejectedClaim"),
    ],
    ids=["no token", "no claims", "another issuer", "no issuer", "another audience", "forged", "unsigned", "changed",
         "expired", "revoked"],
)  # fmt: skip
def test_other_tokens_are_refused(make: Callable[..., str], expected: str, sandbox: Sandbox) -> None:
    assert code(sandbox, "plan", make(sandbox, sub=f"{REPOSITORY}:pull_request")) == expected


def test_a_token_ends_five_minutes_after_it_says() -> None:
    sandbox = unhurried(Sandbox())
    prepared(sandbox)
    text = token(sandbox, sub=f"{REPOSITORY}:pull_request")
    sandbox.clock.advance(timedelta(minutes=64).total_seconds())
    assume(sandbox, "plan", text)
    sandbox.clock.advance(timedelta(minutes=2).total_seconds())
    assert code(sandbox, "plan", text) == "ExpiredTokenException"


def test_an_issuer_that_nobody_reaches_lets_nobody_in() -> None:
    sandbox = unhurried(Sandbox())
    prepared(sandbox)
    assert code(sandbox, "plan", Issuer(GITHUB, sandbox.clock).token()) == "IDPCommunicationError"


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (None, "MalformedPolicyDocument"),
        ({"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}}, "MalformedPolicyDocument"),
        ({"StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/infra:*"}}, None),
    ],
    ids=["nothing", "no subject", "a subject"],
)
def test_a_trust_in_github_has_to_say_whom(condition: Any, expected: str | None, sandbox: Sandbox) -> None:
    statement = {"Effect": "Allow", "Principal": {"Federated": GITHUB_ARN}, "Action": "sts:AssumeRoleWithWebIdentity"}
    conditional = {**statement, **({"Condition": condition} if condition else {})}
    document = json.dumps({"Version": "2012-10-17", "Statement": [conditional]})
    iam = sandbox.client("iam")
    assert refused(iam.create_role, RoleName=f"open-{expected}", AssumeRolePolicyDocument=document) == expected
    assert refused(iam.update_assume_role_policy, RoleName="acme-ci-none", PolicyDocument=document) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://token.acme.example", "ValidationError"),
        ("https://token.acme.example?x=y", "ValidationError"),
        ("https://token.acme.example:8443", "ValidationError"),
        (GITHUB, "EntityAlreadyExists"),
    ],
)
def test_a_provider_is_one_https_address(url: str, expected: str, sandbox: Sandbox) -> None:
    assert refused(sandbox.client("iam").create_open_id_connect_provider, Url=url, ClientIDList=["a"]) == expected


def test_a_session_is_no_longer_than_its_role_allows(sandbox: Sandbox) -> None:
    good = token(sandbox, sub=f"{REPOSITORY}:pull_request")
    assert code(sandbox, "plan", good, DurationSeconds=7200) == "ValidationError"


def test_nothing_else_goes_without_a_signature(sandbox: Sandbox) -> None:
    from botocore import UNSIGNED
    from botocore.config import Config

    sts = sandbox.session().client("sts", config=Config(signature_version=UNSIGNED))
    with pytest.raises(ClientError, match="MissingAuthenticationToken"):
        sts.get_caller_identity()
