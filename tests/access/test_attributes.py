"""Other tags and paths are risky where a policy asks for them and then allows more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.ensure.bucket import Bucket
from awsbase.ensure.group import Group
from awsbase.ensure.policy import Policy
from awsbase.ensure.user import User
from awsbase.facts.authorization import (
    Authorization,
    GroupFacts,
    PolicyFacts,
    UserFacts,
    authorization,
    groups,
    policies,
    users,
)
from tests.ensure import test_bucket as of_buckets
from tests.ensure.planned import HOME, planned

PRINCIPAL, RESOURCE = "aws:PrincipalTag/Team", "aws:ResourceTag/team"
ARN = HOME.global_arn("iam", "policy/asks")
TAGGED = {"awsbase:address": "user/kim", "team": "web"}


def document(effect: str = "Allow", **more: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": {"Effect": effect, "Action": "s3:*", "Resource": "*", **more}}


def when(operator: str, key: str, *values: str, effect: str = "Allow") -> dict[str, Any]:
    return document(effect, Condition={operator: {key: list(values)}})


def facts(asks: dict[str, Any], *, group: dict[str, Any] | None = None) -> dict[Any, Any]:
    kim = UserFacts("kim", "/", tags=TAGGED)
    ops = GroupFacts("Ops", "/", inline={"asks": group} if group else {})
    own = {"asks": PolicyFacts(ARN, "/", asks)}
    whole = Authorization({"kim": kim}, {"ops": ops}, {}, own)
    return {authorization: whole, users: whole.users, groups: whole.groups, policies: own}


def risks(run: Run, what: str) -> list[bool]:
    return [bool(change.risk) for change in run.changes if change.what == what]


RETAGGED = [
    (when("StringEquals", PRINCIPAL, "prod"), True),
    (when("StringEquals", PRINCIPAL, "web"), False),
    (when("StringEquals", PRINCIPAL, "other"), False),
    (when("StringNotEquals", PRINCIPAL, "web"), True),
    (when("StringLike", PRINCIPAL, "pr*"), True),
    (when("Null", PRINCIPAL, "true"), False),
    (when("ForAnyValue:StringEquals", PRINCIPAL, "prod"), True),
    (when("Whatever", PRINCIPAL, "other"), True),
    (when("StringEquals", PRINCIPAL, "${aws:ResourceTag/team}"), True),
    (when("StringEquals", "aws:ResourceTag/owner", "${aws:PrincipalTag/team}"), True),
    (document(Resource="arn:aws:s3:::x/${aws:PrincipalTag/team}/*"), True),
    (when("StringEquals", "aws:PrincipalTag/owner", "prod"), False),
    (when("StringEquals", "aws:RequestTag/team", "prod"), False),
    (when("StringEquals", RESOURCE, "prod"), True),
    (when("StringEquals", "iam:ResourceTag/team", "prod"), True),
    (when("StringEquals", PRINCIPAL, "web", effect="Deny"), True),
    (when("StringEquals", PRINCIPAL, "prod", effect="Deny"), False),
    (when("StringNotEquals", PRINCIPAL, "prod", effect="Deny"), True),
    (document(), False),
]


@pytest.mark.parametrize(("asks", "risky"), RETAGGED)
def test_tag_that_a_policy_asks_for_is_risky(asks: dict[str, Any], risky: bool) -> None:
    kim = User(scope=HOME, name="kim", exact=False, tags={"team": "prod"})
    [change] = [each for each in planned(kim, facts(asks)).changes if each.what == "tags"]
    assert change.risk
    assert ("it asks for" in change.risk.reason) == risky
    # Nobody has read the policies of buckets, keys and secrets.
    assert change.risk.reason.endswith("policies of buckets, keys and secrets may ask for its tag team")


def test_tags_of_awsbase_alone_need_no_approval_on_a_user() -> None:
    adopted = {**facts(document()), users: {"kim": UserFacts("kim", "/")}}
    assert risks(planned(User(scope=HOME, name="kim", exact=False), adopted), "tags") == [False]


def test_tag_that_an_inline_policy_or_one_of_this_run_asks_for_is_risky() -> None:
    kim = User(scope=HOME, name="kim", exact=False, tags={"team": "prod"})
    asks = when("StringEquals", PRINCIPAL, "prod")
    assert risks(planned(kim, facts(document(), group=asks)), "tags") == [True]
    made = Policy(scope=HOME, name="asks", document=asks)
    assert risks(planned(kim, facts(document()), beside=[made]), "tags") == [True]


def test_what_follows_from_all_resources_is_computed_once_for_a_run() -> None:
    computed: list[int] = []

    def several(have: object, resources: Sequence[Resource]) -> int:
        computed.append(len(resources))
        return len(computed)

    run, have, other = planned(User(scope=HOME, name="kim", exact=False), facts(document())), object(), object()
    assert [run.derived(several, each) for each in (have, have, other)] == [1, 1, 2]
    assert computed == [1, 1]


@pytest.mark.parametrize(("key", "risky"), [("s3:ResourceTag/owner", True), ("aws:PrincipalTag/other", False)])
def test_tag_of_a_resource_that_a_policy_asks_for_is_risky(key: str, risky: bool) -> None:
    known = of_buckets.facts(of_buckets.good(), indexed={}, real={"awsbase:address": "bucket/acme-state"})
    want = replace(of_buckets.WANT, tags={"owner": "me"})
    run = planned(want, {**known, **facts(when("StringEquals", key, "me"))}, {of_buckets.KEY.address: of_buckets.ARN})
    assert isinstance(want, Bucket)
    assert risks(run, "tags") == [risky]


def test_tags_that_policies_may_ask_for_are_risky_while_iam_cannot_be_read() -> None:
    known = of_buckets.facts(of_buckets.good(), indexed={}, real={})
    refused = ClientError({"Error": {"Code": "AccessDenied", "Message": ""}}, "GetAccountAuthorizationDetails")

    class Refused(dict[Any, Any]):
        def __getitem__(self, key: Any) -> Any:
            if key is authorization:
                raise refused
            return super().__getitem__(key)

    have = Refused({**known, authorization: None})
    run = planned(of_buckets.WANT, have, {of_buckets.KEY.address: of_buckets.ARN})
    assert risks(run, "tags") == [True]


MOVED = HOME.global_arn("iam", "user/dev/kim")
AT_ROOT = HOME.global_arn("iam", "user/kim")


@pytest.mark.parametrize(
    ("asks", "risky"),
    [
        (document(Action="iam:*", Resource=HOME.global_arn("iam", "user/dev/*")), True),
        (document(Action="iam:*", Resource=HOME.global_arn("iam", "user/ops/*")), False),
        (document(Action="iam:*", Resource=HOME.global_arn("iam", "user/*")), False),
        (document("Deny", Action="iam:*", Resource=AT_ROOT), True),
        (document("Deny", Action="iam:*", Resource=MOVED), False),
        ({"Statement": {"Effect": "Deny", "Action": "iam:*", "NotResource": MOVED}}, True),
        (when("ArnLike", "aws:PrincipalArn", HOME.global_arn("iam", "user/dev/*")), True),
        (when("ArnNotLike", "aws:PrincipalArn", HOME.global_arn("iam", "user/dev/*"), effect="Deny"), True),
    ],
)
def test_another_path_is_risky_when_a_policy_then_allows_more(asks: dict[str, Any], risky: bool) -> None:
    kim = User(scope=HOME, name="kim", exact=False, path="/dev/", tags={"team": "web"})
    assert risks(planned(kim, facts(asks)), "path") == [risky]


def test_another_path_of_a_group_is_risky_when_a_policy_then_allows_more() -> None:
    ops = Group(scope=HOME, name="Ops", exact=False, path="/dev/")
    asks = document(Action="iam:AddUserToGroup", Resource=HOME.global_arn("iam", "group/dev/*"))
    assert risks(planned(ops, facts(asks)), "path") == [True]
    assert risks(planned(ops, facts(document())), "path") == [False]
