"""A group gets exactly its policies; what the manifest does not mention stays."""

from __future__ import annotations

from dataclasses import replace

import pytest

from awsbase.ensure.group import Group
from awsbase.facts.authorization import GroupFacts, groups
from tests.ensure.planned import HOME, described, planned

READ = "arn:aws:iam::aws:policy/ReadOnlyAccess"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
OPS = Group(scope=HOME, name="Ops", policies=frozenset({READ}))


@pytest.mark.parametrize(
    ("want", "have", "changes"),
    [
        (OPS, None, ["create group", f"create attachment {READ}"]),
        (OPS, GroupFacts("Ops", "/", frozenset({READ})), []),
        (OPS, GroupFacts("ops", "/", frozenset({READ})), []),
        (OPS, GroupFacts("Ops", "/people/", frozenset({READ})), []),
        (OPS, GroupFacts("Ops", "/", frozenset({READ}), {"by-hand": {}}), []),
        (OPS, GroupFacts("Ops", "/", frozenset({ADMIN})), [f"create attachment {READ}", f"delete attachment {ADMIN}"]),
        (replace(OPS, exact=False), GroupFacts("Ops", "/", frozenset({ADMIN})), [f"create attachment {READ}"]),
        (replace(OPS, path="/people/"), GroupFacts("Ops", "/", frozenset({READ})), ["update path"]),
    ],
    ids=[
        "missing",
        "converged",
        "in other letters",
        "elsewhere, and nobody minds",
        "with an inline policy",
        "wrong policy",
        "more than the list, which was not given",
        "other path",
    ],
)
def test_group_gets_its_policies(want: Group, have: GroupFacts | None, changes: list[str]) -> None:
    assert described(planned(want, {groups: {"ops": have} if have else {}})) == changes
