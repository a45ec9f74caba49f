"""So many users in twenty groups, as `manifests.people` writes them."""

from __future__ import annotations

from typing import Any

from benchmarks.lower_bound.aws import Client, expect, finish, pages, pool
from benchmarks.manifests import GROUPS

TEAMS = [f"team-{n:02}" for n in range(GROUPS)]


def members(count: int) -> dict[str, str]:
    """Return the group of each user."""
    return {f"user-{n:04}": TEAMS[n % GROUPS] for n in range(count)}


def make(client: Client, count: int) -> None:
    """Make the groups, and then each user and its membership."""
    iam = client("iam")

    def user(name: str, group: str) -> None:
        iam.create_user(UserName=name)
        iam.add_user_to_group(UserName=name, GroupName=group)

    with pool() as threads:
        finish([threads.submit(iam.create_group, GroupName=name) for name in TEAMS])
        finish([threads.submit(user, *each) for each in members(count).items()])


def check(client: Client, count: int) -> None:
    """Raise AssertionError where users and groups are not as `make` made them."""
    iam = client("iam")
    details: list[Any] = pages(iam.get_account_authorization_details, Filter=["User", "Group"])
    groups = {each["GroupName"] for page in details for each in page["GroupDetailList"]}
    assert groups >= set(TEAMS), groups
    users = {each["UserName"]: each["GroupList"] for page in details for each in page["UserDetailList"]}
    expect(users, {name: [group] for name, group in members(count).items()})
