"""An account is nobody's if it has nothing but what AWS makes, who looks, and what selftests left."""

from __future__ import annotations

import pytest

from awsbase.adopt.survey import Survey
from awsbase.engine.things import Described, LeftAlone, NotExpressible, Thing, Unread
from awsbase.ensure.group import Group
from awsbase.ensure.password_policy import PasswordPolicy
from awsbase.ensure.topic import Topic
from awsbase.errors import Refused
from awsbase.samples.iam import READ
from awsbase.samples.sample import HOME
from awsbase.sandbox import Sandbox
from awsbase.selftest.empty import check_alone, strangers
from awsbase.selftest.run import Place
from awsbase.testing.sample import account as reached
from awsbase.testing.sample import person
from tests.selftest.account import account, place

NAME = "selftest-0abc1234"
TOPIC = Topic(scope=HOME, name="orders", policy={})


def test_who_may_not_look_for_an_organization_hears_which_right_is_missing() -> None:
    sandbox = Sandbox(enforce=True)
    nobody = person(
        sandbox, {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:*", "Resource": "*"}]}
    )
    with pytest.raises(Refused, match="cannot tell whether") as refused:
        check_alone(reached(sandbox, nobody))
    assert "this needs organizations:DescribeOrganization" in str(refused.value.hint)


@pytest.fixture(scope="module")
def here() -> Place:
    """Return one account for all questions: they only read."""
    return place(account())


@pytest.mark.parametrize(
    ("thing", "named"),
    [
        (Described(TOPIC), ["topic/orders"]),
        (Described(TOPIC, {"awsbase:created-by": NAME}), []),
        (Described(Group(scope=HOME, name=f"{NAME}-x-Ops")), []),
        (Described(PasswordPolicy(scope=HOME)), []),
        (LeftAlone("role/AWSServiceRoleForSupport", "AWS", "its path"), []),
        (LeftAlone("role/deploy", "CloudFormation, stack web", "its tag"), ["role/deploy"]),
        (LeftAlone(f"topic/{NAME}-ops", f"the manifest of {NAME}", "its tag"), []),
        (NotExpressible("instance/web", ("user data",)), ["instance/web"]),
        (NotExpressible("parameter//locks/awsbase/00000001", ("value",)), []),
        (Unread("topic/*", "sns:ListTopics"), ["topic/*: sns:ListTopics is not allowed"]),
    ],
    ids=["thing", "tagged", "named", "setting", "of AWS", "of a stack", "of a selftest", "unknown", "lock", "unread"],
)
def test_what_is_somebodys_is_named(thing: Thing, named: list[str], here: Place) -> None:
    with here.facts() as facts:
        assert strangers(Survey((thing,)), facts, here.account, here.scope) == named


def test_who_calls_is_no_stranger() -> None:
    played = account()
    iam = played.client("iam")
    iam.create_user(UserName="jane")
    iam.create_group(GroupName="Admins")
    iam.attach_group_policy(GroupName="Admins", PolicyArn=READ)
    iam.add_user_to_group(UserName="jane", GroupName="Admins")
    here = place(played, caller="user/jane")
    found = Survey(tuple(NotExpressible(name, ("",)) for name in ("user/jane", "group/Admins", "user/joe")))
    with here.facts() as facts:
        assert strangers(found, facts, here.account, here.scope) == ["user/joe"]
