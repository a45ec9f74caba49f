"""The fleet sections: what they stand for, who may do what, and mistakes in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from awsbase.ensure.function import Function
from awsbase.ensure.role import Role
from awsbase.ensure.state_machine import StateMachine
from awsbase.errors import ManifestError
from awsbase.manifest.load import understand
from awsbase.manifest.manifest import Manifest, fingerprint, resources
from awsbase.manifest.source import parse
from awsbase.samples.fleet import CODE, OTHER

ACCESS = "fleet_access: {hub: '222222222222', organization: o-acme123456}\n"


def manifest(text: str, folder: Path) -> Manifest:
    account = 'version: 1\naccount: {id: "123456789012", name: acme, region: eu-west-1}\n'
    return understand(parse((account + text).encode(), file="m.yaml", folder=folder), Manifest)


def of(text: str, folder: Path, kind: type[Any]) -> dict[str, Any]:
    found = resources(manifest(text, folder))
    return {each.name: each for section in found.values() for each in section if isinstance(each, kind)}


def actions(role: Role) -> dict[str, list[str]]:
    """Return the actions that the inline policies of a role allow, with their resources."""
    documents: list[Any] = list(role.inline.values())
    statements: list[Any] = [each for document in documents for each in document["Statement"]]
    return {action: statement["Resource"] for statement in statements for action in statement["Action"]}


def test_each_function_may_take_one_role_and_each_machine_may_call_one_function(tmp_path: Path) -> None:
    roles = of("fleet: {}\n", tmp_path, Role)
    for mode in ("plan", "apply"):
        worker, runs = roles[f"awsbase-fleet-{mode}-worker"], roles[f"awsbase-fleet-{mode}-map"]
        assert actions(worker)["sts:AssumeRole"] == [f"arn:aws:iam::*:role/awsbase-fleet-{mode}"]
        assert actions(worker)["s3:PutObject"] == ["arn:aws:s3:::acme-fleet/runs/*/results/*"]
        function = f"arn:aws:lambda:eu-west-1:123456789012:function:awsbase-fleet-{mode}"
        assert actions(runs)["lambda:InvokeFunction"] == [function, f"{function}:*"]
    assert set(of("fleet: {}\n", tmp_path, StateMachine)) == {"awsbase-fleet-plan", "awsbase-fleet-apply"}


def test_what_plans_can_only_look_whatever_the_manifest_says(tmp_path: Path) -> None:
    roles = of(f"{ACCESS.rstrip()[:-1]}, apply: ['aws:AdministratorAccess']}}\n", tmp_path, Role)
    assert roles["awsbase-fleet-plan"].policies == {"arn:aws:iam::123456789012:policy/awsbase-read-only"}
    assert roles["awsbase-fleet-apply"].policies == {"arn:aws:iam::aws:policy/AdministratorAccess"}
    assert [each.exact for each in roles.values()] == [True, True]


def test_an_account_trusts_one_role_of_the_hub_in_one_organization_that_names_its_run(tmp_path: Path) -> None:
    for mode, role in zip(("apply", "plan"), sorted(of(ACCESS, tmp_path, Role).items()), strict=True):
        (statement,) = role[1].trust["Statement"]
        assert statement["Principal"] == {"AWS": "arn:aws:iam::222222222222:root"}
        assert statement["Condition"] == {
            "ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::222222222222:role/awsbase-fleet-{mode}-worker"},
            "StringEquals": {"aws:PrincipalOrgID": "o-acme123456"},
            "StringLike": {"sts:SourceIdentity": "*"},
        }


def test_policies_that_iam_makes_too_are_made_once(tmp_path: Path) -> None:
    text = f"iam: {{groups: {{Admins: {{policies: ['awsbase:administrator', 'awsbase:read-only']}}}}}}\n{ACCESS}"
    found = resources(manifest(text, tmp_path))
    assert [each.address for each in found["fleet_access"]] == ["role/awsbase-fleet-plan", "role/awsbase-fleet-apply"]


def test_the_code_of_a_file_is_known_by_its_digest(tmp_path: Path) -> None:
    (tmp_path / "fleet.zip").write_bytes(CODE.data)
    one = manifest("fleet: {code: fleet.zip}\n", tmp_path)
    functions = of("fleet: {code: fleet.zip}\n", tmp_path, Function)
    assert {each.code.digest for each in functions.values()} == {CODE.digest}
    (tmp_path / "fleet.zip").write_bytes(OTHER)
    assert fingerprint(manifest("fleet: {code: fleet.zip}\n", tmp_path)) != fingerprint(one)
    assert CODE.digest not in repr(one)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fleet: {tolerate: 3}\n", "must be text"),
        ("fleet: {tolerate: '3'}\n", "is no share of the accounts"),
        ("fleet: {at_once: 0}\n", "at least 1"),
        ("fleet: {minutes: 16}\n", "at most 15"),
        ("fleet: {engine: dask}\n", "must be stepfunctions"),
        ("fleet: {code: missing.zip}\n", "no file missing.zip"),
        ("fleet: {code: broken.zip}\n", "is no zip that awsbase has packed"),
        ("fleet: {roles: {plan: a, apply: A}}\n", "one role plans and writes"),
        (f"fleet: {{roles: {{plan: {'a' * 60}}}}}\n", "the hub's role is called after it"),
        ("fleet_access: {hub: '2222', organization: o-acme123456}\n", "is no account id"),
        ("fleet_access: {hub: '222222222222', organization: acme}\n", "is no id of an organization"),
        (f"{ACCESS}iam: {{roles: {{awsbase-fleet-plan: {{trust: {{services: [ec2.amazonaws.com]}}}}}}}}\n",
         "iam.roles has awsbase-fleet-plan too"),
        (f"{ACCESS.rstrip()[:-1]}, apply: [deploy]}}\n", "no policy called 'deploy'"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_what_is_right(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "broken.zip").write_bytes(b"PK")
    with pytest.raises(ManifestError) as raised:
        manifest(text, tmp_path)
    assert message in " ".join(each.message for each in raised.value.mistakes)
