"""All of IAM in one read, of which no page and nothing that many users share is kept more than once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from awsbase.aws import Aws
from awsbase.engine.facts import Facts
from awsbase.facts.authorization import authorization
from awsbase.sandbox import Sandbox


def test_pages_are_not_kept_and_users_share_their_sets() -> None:
    sandbox, pages = Sandbox(strict=False), []
    iam = sandbox.client("iam")
    iam.create_group(GroupName="team")
    for name in ("Alice", "bob"):
        iam.create_user(UserName=name, Tags=[{"Key": "team", "Value": "a"}])
        iam.add_user_to_group(UserName=name, GroupName="team")

    def note(parsed: dict[str, Any], **_: Any) -> None:
        pages.append(parsed)

    aws = Aws(sandbox.session(), "eu-west-1")
    aws.iam.meta.events.register("after-call.iam.GetAccountAuthorizationDetails", note)
    with ThreadPoolExecutor() as pool:
        found = Facts(aws, pool).read(authorization)
    assert list(found.users) == ["alice", "bob"]
    assert [user.name for user in found.users.values()] == ["Alice", "bob"]
    assert found.users["alice"].groups is found.users["bob"].groups == frozenset({"team"})
    assert found.users["bob"].tags == {"team": "a"}
    assert list(found.groups) == ["team"]
    assert [page["UserDetailList"] for page in pages] == [[]]
