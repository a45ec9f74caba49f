"""The trust of a role is compared by meaning; settings that the manifest leaves to AWS are not read or written."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from awsbase.engine.changes import Drift
from awsbase.engine.references import Reference
from awsbase.ensure.role import Role, settings
from awsbase.facts.authorization import ExistsElsewhere, RoleFacts, roles
from awsbase.policies.document import Document
from tests.ensure.planned import HOME, described, planned

READ = "arn:aws:iam::aws:policy/ReadOnlyAccess"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
TAGS = {"awsbase:address": "role/ci"}


def trust(principal: object, **more: object) -> Document:
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more}],
    }


CI = Role(
    scope=HOME,
    name="ci",
    trust=trust({"AWS": "arn:aws:iam::123456789012:root"}),
    policies=frozenset({READ}),
    inline={"logs": trust("*")},
)
HAVE = RoleFacts(CI.arn, "ci", "/", trust=CI.trust, policies=CI.policies, inline={"logs": trust("*")}, tags=TAGS)


@pytest.mark.parametrize(
    ("have", "changes"),
    [
        (None, ["create role", f"create attachment {READ}", "create inline policy logs"]),
        (HAVE, []),
        (replace(HAVE, trust=trust({"AWS": ["123456789012"]}, Sid="ByHand")), []),
        (replace(HAVE, trust=trust({"AWS": "AROAEXAMPLE0000000000"})), ["update trust"]),
        (replace(HAVE, tags={}), ["update tags"]),
        (replace(HAVE, boundary=ADMIN), []),
        (replace(HAVE, policies=frozenset({ADMIN})), [f"create attachment {READ}", f"delete attachment {ADMIN}"]),
        (replace(HAVE, inline={"more": trust("*")}), ["create inline policy logs", "delete inline policy more"]),
        (replace(HAVE, inline={"logs": trust({"AWS": ADMIN})}), ["update inline policy logs"]),
    ],
    ids=[
        "missing",
        "converged",
        "the same trust in other words",
        "whom it trusts was deleted",
        "not tagged",
        "bounded by hand",
        "wrong policy",
        "wrong inline policy",
        "inline policy changed",
    ],
)
def test_role_gets_its_trust_and_its_permissions(have: RoleFacts | None, changes: list[str]) -> None:
    assert described(planned(CI, {roles: {"ci": have} if have else {}})) == changes


def test_role_without_a_list_of_policies_keeps_its_policies() -> None:
    want = replace(CI, policies=frozenset(), inline={}, exact=False)
    assert described(planned(want, {roles: {"ci": replace(HAVE, policies=frozenset({ADMIN}))}})) == []


@pytest.mark.parametrize(
    ("given", "found", "drift"),
    [
        ({"max_session": 7200}, {"Description": "", "MaxSessionDuration": 7200}, []),
        (
            {"max_session": 7200},
            {"Description": "by hand", "MaxSessionDuration": 3600},
            [Drift("MaxSessionDuration", 3600, 7200)],
        ),
        (
            {"description": "CI"},
            {"Description": "", "MaxSessionDuration": 43200},
            [Drift("Description", "", "CI")],
        ),
    ],
    ids=["converged", "shorter session", "no description"],
)
def test_only_settings_of_the_manifest_are_compared(given: Any, found: dict[str, object], drift: list[Drift]) -> None:
    run = planned(replace(CI, **given), {roles: {"ci": HAVE}, settings: {"ci": found}})
    assert [each for change in run.changes for each in change.drift] == drift


def test_boundary_of_the_manifest_is_set() -> None:
    assert described(planned(replace(CI, boundary=READ), {roles: {"ci": HAVE}})) == ["update boundary"]
    bounded = replace(HAVE, boundary=READ)
    assert described(planned(replace(CI, boundary=READ), {roles: {"ci": bounded}})) == []


def test_role_on_another_path_is_refused() -> None:
    with pytest.raises(ExistsElsewhere, match="only do by deleting"):
        planned(CI, {roles: {"ci": replace(HAVE, arn=HOME.global_arn("iam", "role/aws/ci"))}})


def test_role_depends_on_resources_named_in_its_documents() -> None:
    want = replace(CI, inline={"key": trust(Reference("key/acme"))}, made_here=("policy/deploy",))
    assert list(want.needs()) == ["policy/deploy", "key/acme"]


@pytest.mark.parametrize(
    ("principal", "why"),
    [({"Service": "ec2.amazonaws.com"}, ""), ({"AWS": "210987654321"}, "principals of 210987654321 can assume it")],
    ids=["a service", "another account"],
)
def test_new_role_that_trusts_others_is_risky(principal: Any, why: str) -> None:
    want = replace(CI, trust={"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}]})
    assert [
        change.risk.reason if change.risk else ""
        for change in planned(want, {roles: {}}).changes
        if change.what == "role"
    ] == [why]
