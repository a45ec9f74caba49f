"""Policies are compared by meaning, and AWS keeps five versions of each."""

from __future__ import annotations

from typing import Any

import pytest

from awsbase.engine.changes import Unknown
from awsbase.engine.references import Reference
from awsbase.ensure.policy import Policy, policy_tags
from awsbase.facts import tags
from awsbase.facts.authorization import ExistsElsewhere, PolicyFacts, policies
from awsbase.policies.document import Document
from tests.ensure.planned import HOME, described, planned


def allow(actions: object, resource: object = "*", **more: object) -> Document:
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": actions, "Resource": resource, **more}],
    }


WANT = Policy(scope=HOME, name="deploy", document=allow(["s3:GetObject", "s3:ListBucket"]), tags={"owner": "platform"})
TAGS = {"owner": "platform", "awsbase:address": "policy/deploy"}


def facts(document: Document | None, others: int = 0, indexed: Any = None, real: Any = None) -> dict[Any, Any]:
    have = (
        {}
        if document is None
        else {"deploy": PolicyFacts(WANT.arn, "/", document, tuple(f"v{number}" for number in range(1, others + 1)))}
    )
    index = {WANT.arn: TAGS if indexed is None else indexed}
    return {policies: have, (tags.indexed, "us-east-1"): index, (policy_tags, WANT.arn): TAGS if real is None else real}


@pytest.mark.parametrize(
    ("have", "changes"),
    [
        (facts(None), ["create policy"]),
        (facts(allow(["s3:ListBucket", "S3:getobject"], ["*"], Sid="ByHand")), []),
        (facts(allow("s3:*")), ["update document"]),
        (facts(allow("s3:*"), others=3), ["update document"]),
        (facts(allow("s3:*"), others=4), ["delete oldest version", "update document"]),
        (facts(WANT.document, others=4), []),
        (facts(WANT.document, indexed={}, real={}), ["update tags"]),
        (facts(WANT.document, indexed={**TAGS, "more": "of it"}), []),
        (facts(WANT.document, indexed={}), []),
    ],
    ids=[
        "missing",
        "the same in other words",
        "another document",
        "four versions",
        "five versions",
        "five versions, converged",
        "not tagged",
        "tagged with more",
        "tagged, but the index lags",
    ],
)
def test_policy_gets_its_document_and_tags(have: dict[Any, Any], changes: list[str]) -> None:
    assert described(planned(WANT, have)) == changes


def test_policy_on_another_path_is_refused_with_the_path_to_write() -> None:
    elsewhere = PolicyFacts(WANT.arn.replace("deploy", "team/a/deploy"), "/team/a/", WANT.document)
    with pytest.raises(ExistsElsewhere) as refused:
        planned(WANT, {policies: {"deploy": elsewhere}})
    assert (refused.value.hint or "").startswith("write its name as it is in IAM, and `path: /team/a/`")


def test_policy_refers_to_values_of_other_resources() -> None:
    want = Policy(
        scope=HOME, name="deploy", document=allow("kms:Decrypt", Reference("key/acme")), tags={"owner": "platform"}
    )
    key = "arn:aws:kms:eu-west-1:123456789012:key/1"
    assert list(want.needs()) == ["key/acme"]
    assert described(planned(want, facts(allow("kms:Decrypt", key)), {"key/acme": key})) == []

    run = planned(want, facts(None), {"key/acme": Unknown("key")})
    assert run.changes[0].unknown == ("PolicyDocument.Statement.0.Resource",)


def test_tags_of_policies_are_read_from_the_index_of_iam() -> None:
    china = Policy(scope=type(HOME)("123456789012", "cn-north-1", "cn-north-1"), name="deploy", document=WANT.document)
    assert china.arn == "arn:aws-cn:iam::123456789012:policy/deploy"
    assert described(planned(china, {policies: {}})) == ["create policy"]
    have = {"deploy": PolicyFacts(china.arn, "/", china.document)}
    index = {china.arn: {"awsbase:address": "policy/deploy"}}
    assert described(planned(china, {policies: have, (tags.indexed, "cn-north-1"): index})) == []
