"""The roles of a pipeline are adopted as the section ci, or as roles where a manifest would write them otherwise."""

from __future__ import annotations

import json

import pytest

from awsbase.sandbox import Sandbox
from awsbase.testing.adopted import adopted
from tests.adopt.reconciled import account_of, compiled, reasons

HEAD = 'version: 1\naccount: {id: "123456789012", name: acme, region: eu-west-1}\n'
SAID = {
    "GitHub": 'ci: {github: {repository: acme/infra, repository_id: "456789", owner_id: "123456"}}\n',
    "GitHub, otherwise": "ci: {github: {repository: acme/infra, branch: next, environment: 'prod: eu'}}\n",
    "GitLab": "ci: {gitlab: {url: https://git.acme.example, project: acme/base/infra, branch: live, review: [next]}}\n",
}
ISSUER = "token.actions.githubusercontent.com"


@pytest.mark.sampled(2)
@pytest.mark.parametrize("said", SAID.values(), ids=SAID)
def test_a_pipeline_is_adopted_as_it_is(said: str) -> None:
    found = adopted(account_of(HEAD + said), only=["ci"])
    assert found.count.not_expressible == ()
    assert found.resources == compiled(HEAD + said)


def test_beside_other_sections_the_roles_are_theirs_alone() -> None:
    text = f"{HEAD}{SAID['GitHub']}iam: {{groups: {{Ops: {{policies: ['aws:ReadOnlyAccess']}}}}}}\n"
    found = adopted(account_of(text), only=["ci", "iam"])
    assert found.resources.keys() == compiled(text).keys()
    assert "acme-ci" not in found.text


def test_roles_that_may_do_something_else_stay_roles() -> None:
    sandbox = account_of(HEAD + SAID["GitHub"])
    more = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
    sandbox.client("iam").create_policy_version(
        PolicyArn="arn:aws:iam::123456789012:policy/acme-ci-plan-1",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [more]}),
        SetAsDefault=True,
    )
    found = adopted(sandbox, only=["ci", "iam"])
    assert "\nci:" not in found.text
    assert {"role/acme-ci-plan", "role/acme-ci-apply"} <= found.resources.keys()
    assert "would have role/acme-ci-plan" in reasons(found)[f"oidc-provider/{ISSUER}"][0]


def test_a_provider_of_others_is_told() -> None:
    sandbox = Sandbox()
    sandbox.client("iam").create_open_id_connect_provider(Url=f"https://{ISSUER}", ClientIDList=["sts.amazonaws.com"])
    found = adopted(sandbox, only=["ci"])
    assert reasons(found).keys() == {f"oidc-provider/{ISSUER}"}
