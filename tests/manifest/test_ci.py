"""The ci section: exact trust for a pipeline, and policies that follow the whole manifest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from awsbase.ensure.oidc_provider import OidcProvider
from awsbase.ensure.policy import Policy
from awsbase.ensure.role import Role
from awsbase.manifest.load import understand
from awsbase.manifest.loaded import LoadedManifest, loaded_manifest
from awsbase.manifest.manifest import Manifest, outputs
from awsbase.permissions import least
from awsbase.policies.document import listed
from awsbase.scripts import cli
from tests.manifest.saying import ACCOUNT, mistakes, source

IDS = 'repository_id: "456789", owner_id: "123456"'
GITHUB = f"ci: {{github: {{repository: acme/infra, {IDS}}}}}\n"
GITLAB = "ci: {gitlab: {project: acme/infra, review: [next]}}\n"
STATE = "state: {writers: [Ops]}\niam: {groups: {Ops: {}}}\n"
ISSUER = "token.actions.githubusercontent.com"


def loaded(text: str, account: str = ACCOUNT) -> LoadedManifest:
    return loaded_manifest("m.yaml", understand(source(account + text, Path()), Manifest))


def conditions(text: str, role: str, account: str = ACCOUNT) -> dict[str, Any]:
    (found,) = (each for each in loaded(text, account).resources if each.address == f"role/acme-ci-{role}")
    assert isinstance(found, Role)
    (statement,) = listed(found.trust["Statement"])
    assert isinstance(statement, dict)
    (operator,) = statement["Condition"]
    assert (statement["Action"], operator) == ("sts:AssumeRoleWithWebIdentity", "StringEquals")
    return dict(statement["Condition"]["StringEquals"])


def documents(wanted: LoadedManifest, role: str) -> list[object]:
    (taking,) = (each for each in wanted.resources if each.address == f"role/acme-ci-{role}")
    policies = [each for each in wanted.sections["ci"] if isinstance(each, Policy) and f"-ci-{role}-" in each.name]
    assert isinstance(taking, Role)
    assert taking.policies == {each.arn for each in policies}
    return [each.document for each in policies]


# Whom the roles trust.


def test_each_role_trusts_exact_subjects_in_both_forms_and_the_id() -> None:
    assert conditions(GITHUB, "plan") == {
        f"{ISSUER}:aud": "sts.amazonaws.com",
        f"{ISSUER}:repository_id": "456789",
        f"{ISSUER}:sub": [
            "repo:acme/infra:pull_request",
            "repo:acme/infra:ref:refs/heads/main",
            "repo:acme@123456/infra@456789:pull_request",
            "repo:acme@123456/infra@456789:ref:refs/heads/main",
        ],
    }
    assert conditions(GITHUB, "apply")[f"{ISSUER}:sub"] == [
        "repo:acme/infra:environment:aws",
        "repo:acme@123456/infra@456789:environment:aws",
    ]


def test_without_ids_only_the_name_is_trusted() -> None:
    text = "ci: {github: {repository: acme/infra, branch: release/1.0, environment: 'prod: eu'}}\n"
    assert conditions(text, "plan") == {
        f"{ISSUER}:aud": "sts.amazonaws.com",
        f"{ISSUER}:sub": ["repo:acme/infra:pull_request", "repo:acme/infra:ref:refs/heads/release/1.0"],
    }
    assert conditions(text, "apply")[f"{ISSUER}:sub"] == "repo:acme/infra:environment:prod%3A eu"


def test_where_sts_compares_no_id_a_name_alone_is_not_trusted() -> None:
    found = conditions(GITHUB, "apply", ACCOUNT.replace("eu-west-1", "cn-north-1"))
    assert found == {
        f"{ISSUER}:aud": "sts.amazonaws.com",
        f"{ISSUER}:sub": "repo:acme@123456/infra@456789:environment:aws",
    }


def test_gitlab_is_trusted_by_project_and_branch() -> None:
    assert conditions(GITLAB, "plan") == {
        "gitlab.com:aud": "sts.amazonaws.com",
        "gitlab.com:sub": [
            "project_path:acme/infra:ref_type:branch:ref:main",
            "project_path:acme/infra:ref_type:branch:ref:next",
        ],
    }
    own = GITLAB.replace("project:", "url: https://git.acme.example/lab, project:")
    assert conditions(own, "apply") == {
        "git.acme.example/lab:aud": "sts.amazonaws.com",
        "git.acme.example/lab:sub": "project_path:acme/infra:ref_type:branch:ref:main",
    }


def test_the_provider_is_known_by_its_url() -> None:
    provider = loaded(GITHUB).sections["ci"][0]
    assert isinstance(provider, OidcProvider)
    assert provider.arn == f"arn:aws:iam::123456789012:oidc-provider/{ISSUER}"
    assert provider.audiences == {"sts.amazonaws.com"}


@pytest.mark.parametrize(
    ("said", "mistake"),
    [
        ("github: {repository: acme/*}", "'acme/*' has a *, and would let others in, name exactly one"),
        ("github: {repository: '*/infra'}", "has a *, and would let others in"),
        ("github: {repository: acme}", "'acme' is no repository of GitHub, write it like acme/infra"),
        ("github: {repository: 'repo:acme/infra'}", "is no repository of GitHub"),
        (f"github: {{repository: acme/infra, {IDS}, branch: '*'}}", "'*' has a *"),
        (f"github: {{repository: acme/infra, {IDS}, branch: refs/heads/main}}", "is no name of a branch, write main"),
        (f"github: {{repository: acme/infra, {IDS}, environment: 'prod?'}}", "'prod?' has a ?"),
        (f"github: {{repository: acme/infra, {IDS}, environment: '${{aws:x}}'}}", "has a ${"),
        ("github: {repository: acme/infra, repository_id: '4567*'}", "has a *"),
        ("github: {repository: acme/infra, repository_id: '1'}", "one id without the other"),
        ("github: {repository: acme/infra, repository_id: acme, owner_id: '1'}", "is no id of GitHub"),
        ("github: {repository: acme/infra, subject: 'repo:acme/*'}", "unknown key"),
        ("gitlab: {project: acme/*}", "has a *"),
        ("gitlab: {project: acme/infra, review: ['feature/*']}", "has a *"),
        ("gitlab: {project: acme/infra, url: http://gitlab.com}", "is no URL, write it like https://gitlab.com"),
        ("gitlab: {project: acme/infra, url: https://gitlab.com/}", "is no URL"),
        ("gitlab: {project: a/b}, github: {repository: a/b}", "write one of github and gitlab"),
        ("{}", "write one of github and gitlab"),
    ],
)
def test_whatever_would_let_others_in_is_a_mistake(said: str, mistake: str) -> None:
    text = said if said == "{}" else f"{{{said}}}"
    assert mistake in "\n".join(mistakes(f"{ACCOUNT}ci: {text}\n", Manifest, Path()))


def test_names_without_ids_are_warned_of(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(f"{ACCOUNT}ci: {{github: {{repository: acme/infra}}}}\n")
    checked = CliRunner().invoke(cli, ["validate", str(file)])
    assert checked.exit_code == 0
    said = "no ids: whoever gets the repository's name gets its roles, `awsbase ci ids acme/infra` prints them"
    assert checked.stderr == f"ci.github: {said}\n"
    file.write_text(ACCOUNT + GITHUB)
    assert CliRunner().invoke(cli, ["validate", str(file)]).stderr == ""


def test_a_role_that_trusts_github_without_a_subject_is_a_mistake() -> None:
    principal = {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{ISSUER}"}
    condition = {"StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com"}}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRoleWithWebIdentity"}
    trust = json.dumps({"statements": [{**statement, "Condition": condition}]})
    [found] = mistakes(f"{ACCOUNT}iam: {{roles: {{old: {{trust: {trust}}}}}}}\n", Manifest)
    assert "no condition says for whom" in found


@pytest.mark.parametrize(
    ("operator", "subject", "warned"),
    [
        ("StringLike", "repo:acme/*", True),
        ("ForAllValues:StringEquals", "repo:acme/infra:pull_request", True),
        ("StringEquals", "repo:acme/infra:pull_request", False),
    ],
)
def test_roles_that_trust_more_than_a_repository_are_warned_of(
    operator: str, subject: str, warned: bool, tmp_path: Path
) -> None:
    principal = {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{ISSUER}"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRoleWithWebIdentity"}
    conditional = {**statement, "Condition": {operator: {f"{ISSUER}:sub": subject}}}
    file = tmp_path / "acme.yaml"
    file.write_text(f"{ACCOUNT}iam: {{roles: {{old: {{trust: {{statements: [{json.dumps(conditional)}]}}}}}}}}\n")
    checked = CliRunner().invoke(cli, ["validate", str(file)])
    assert checked.exit_code == 0
    assert ("iam.roles.old.trust.statements[0]: whoever" in checked.stderr) is warned


# What the roles may do.


@pytest.mark.parametrize("text", [GITHUB, GITHUB + STATE, GITLAB + STATE], ids=["alone", "beside others", "gitlab"])
def test_the_policies_are_what_permissions_prints_of_the_same_manifest(text: str) -> None:
    wanted = loaded(text)
    assert documents(wanted, "plan") == least(wanted.resources, plan_only=True).documents
    assert documents(wanted, "apply") == least(wanted.resources).documents


def test_many_policies_are_found_as_well() -> None:
    groups = ", ".join(f"G{number:0>100}: {{}}" for number in range(40))
    wanted = loaded(f"{GITHUB}iam: {{groups: {{{groups}}}}}\n")
    assert len(documents(wanted, "apply")) > 2
    assert documents(wanted, "apply") == least(wanted.resources).documents


def test_the_manifest_is_the_same_wherever_the_section_stands() -> None:
    first, last = loaded(GITHUB + STATE), loaded(STATE + GITHUB)
    assert {each.address: each for each in first.resources} == {each.address: each for each in last.resources}


def test_other_sections_are_what_they_were() -> None:
    without, beside = loaded(STATE), loaded(STATE + GITHUB)
    assert all(beside.sections[name] == list(held) for name, held in without.sections.items())


def test_what_iam_calls_the_same_is_a_mistake() -> None:
    role = "iam: {roles: {acme-ci-apply: {trust: {services: [ec2.amazonaws.com]}}}}\n"
    assert "ci makes a role 'acme-ci-apply' too" in "\n".join(mistakes(ACCOUNT + GITHUB + role, Manifest, Path()))


def test_others_are_told_the_arns_of_the_roles() -> None:
    given = {each.key: each.address for each in outputs(loaded(GITHUB).manifest) if each.name == "ci_role_arns"}
    assert given == {"plan": "role/acme-ci-plan", "apply": "role/acme-ci-apply"}
