"""An identity provider takes what the manifest needs, keeps what others need, and says whom it lets in with that."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from awsbase.access.assuming import accepts
from awsbase.engine.quotas import QuotaExceeded, raised
from awsbase.ensure.oidc_provider import ProviderFacts, oidc_provider, oidc_providers
from awsbase.facts.authorization import Authorization, RoleFacts, authorization
from awsbase.facts.authorization import roles as all_roles
from awsbase.manifest.load import load_text
from awsbase.manifest.manifest import resources
from awsbase.samples.ci import AUDIENCE, GITHUB
from awsbase.sandbox import Sandbox
from awsbase.testing.removal import away
from tests.contract.sample import go, problems, said
from tests.ensure.planned import described, planned

OTHER = "https://github.com/acme"
GOOD = ProviderFacts(frozenset({AUDIENCE, OTHER}), {"owner": "platform", "awsbase:address": GITHUB.address})


def trust(**tests: Any) -> dict[str, Any]:
    """Return a trust in GitHub under these conditions."""
    statement = {"Effect": "Allow", "Principal": {"Federated": GITHUB.arn}, "Action": "sts:AssumeRoleWithWebIdentity"}
    return {"Version": "2012-10-17", "Statement": [{**statement, "Condition": tests}]}


NO_AUDIENCE = trust(StringLike={f"{GITHUB.issuer}:sub": "repo:acme/*"})


def plan(have: ProviderFacts | None, *roles: RoleFacts) -> Any:
    facts = {
        oidc_provider: have,
        oidc_providers: (),
        authorization: Authorization({}, {}, {each.name: each for each in roles}, {}),
        all_roles: {each.name: each for each in roles},
        raised: 100,
    }
    return planned(GITHUB, facts)


@pytest.mark.parametrize(
    ("have", "expected"),
    [
        (None, ["create oidc provider"]),
        (GOOD, []),
        (replace(GOOD, audiences=frozenset({OTHER})), [f"create client id {AUDIENCE}"]),
        (replace(GOOD, tags={}), ["update tags"]),
    ],
    ids=["missing", "with an audience of others", "without ours", "untagged"],
)
def test_a_provider_is_made_or_added_to(have: ProviderFacts | None, expected: list[str]) -> None:
    assert described(plan(have)) == expected


@pytest.mark.parametrize("have", [None, replace(GOOD, audiences=frozenset())], ids=["new", "with a new audience"])
def test_who_is_let_in_to_roles_of_others_needs_approval(have: ProviderFacts | None) -> None:
    roles = [RoleFacts("arn:old", "old", "/", trust=NO_AUDIENCE), RoleFacts("arn:closed", "closed", "/", trust={})]
    (change,) = plan(have, *roles).changes
    assert change.risk
    assert change.risk.reason == f"tokens of {GITHUB.issuer} let in to role old from then on"
    assert plan(have).changes[0].risk is None


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (NO_AUDIENCE, True),
        (trust(StringEquals={f"{GITHUB.issuer}:aud": AUDIENCE}), True),
        (trust(StringLike={f"{GITHUB.issuer}:AUD": ["sts.*", OTHER]}), True),
        (trust(StringEquals={f"{GITHUB.issuer}:aud": OTHER}), False),
        ({"Statement": {**trust()["Statement"][0], "Effect": "Deny"}}, False),
        ({"Statement": {**trust()["Statement"][0], "Principal": {"Federated": "arn:other"}}}, False),
        ({}, False),
    ],
    ids=["any audience", "this one", "by a pattern", "another one", "a denial", "another provider", "nobody"],
)
def test_a_trust_accepts_an_audience_that_it_names_or_any(document: dict[str, Any], expected: bool) -> None:
    assert accepts(document, GITHUB.arn, frozenset({AUDIENCE})) is expected


def test_an_audience_too_many_is_told_before_it_is_added() -> None:
    full = replace(GOOD, audiences=frozenset(map(str, range(100))))
    with pytest.raises(QuotaExceeded, match="AWS takes 100 per OpenID Connect provider"):
        plan(full)


def test_a_provider_that_others_trust_stays_when_all_else_goes() -> None:
    text = 'version: 1\naccount: {id: "123456789012", name: acme, region: eu-west-1}\nci: {gitlab: {project: a/b}}\n'
    wanted = resources(load_text(text, Path("acme.yaml"), {}))["ci"]
    sandbox = Sandbox()
    before = sandbox.snapshot()
    assert problems(go(sandbox, "reconcile", wanted)) == []
    others = json.dumps(trust(StringEquals={"gitlab.com:sub": "x"})).replace(GITHUB.issuer, "gitlab.com")
    sandbox.client("iam").create_role(RoleName="others", AssumeRolePolicyDocument=others)

    gone = away(sandbox, "reconcile", wanted)
    assert {each.partition("/")[0] for each in said(gone)} == {"role", "policy"}
    assert [note for each in gone.outcomes for note in each.notes] == ["kept: role others trusts it"]

    sandbox.client("iam").delete_role(RoleName="others")
    assert said(away(sandbox, "reconcile", wanted)) == ["oidc-provider/gitlab.com: delete oidc provider"]
    assert sandbox.snapshot()["iam"] == before["iam"]
