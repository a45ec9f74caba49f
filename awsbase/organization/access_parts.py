"""What the access section of an organization file adds to the manifest of each account."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from awsbase.engine.quotas import DOCUMENT
from awsbase.errors import Mistake
from awsbase.manifest.files import JsonFile
from awsbase.manifest.paths import dotted
from awsbase.manifest.source import Source
from awsbase.organization.access import cells, policy_name, role_arn, role_name, roles_in
from awsbase.organization.compiling import Part
from awsbase.organization.file import OrganizationFile

# Policies of ARNs in a group, at most: IAM takes ten, and a group of people has two others already.
MOST_POLICIES = 7


def parts(model: OrganizationFile, name: str, file: Source, template: Source) -> Sequence[Part]:
    """Return what the table adds to the manifest of an account: its roles, and where the people are its groups too."""
    if not model.access:
        return ()
    found = [
        *role_parts(model, name, file, template),
        *group_parts(model, name),
        # An iam section that says nothing asks for good passwords, and it says something now.
        *([Part({"iam": {"password_policy": {}}}, ("access",))] if template.value.get("iam", "") in (None, {}) else []),
    ]
    # Of several, the last stands first in the manifest.
    return found[::-1]


def role_parts(model: OrganizationFile, name: str, file: Source, template: Source) -> Iterator[Part]:
    """Yield the roles that somebody is granted in an account, and the policies that they have of files."""
    assert isinstance(model.accounts, dict)
    assert model.access
    identity = next((entry.id for entry in model.accounts.values() if entry.identity), None)
    trust: dict[str, Any] = {"accounts": [identity]}
    if model.organization.id:
        trust["organization"] = model.organization.id
    made: set[str] = set()
    for role in roles_in(model, name):
        spec, at = model.access.roles[role], ("access", "roles", role)
        for index, each in spec.files:
            policy = policy_name(model, each)
            if policy not in made:
                beside = os.path.relpath(file.folder / each.name, template.folder).replace(os.sep, "/")
                yield Part({"iam": {"policies": {policy: {"file": beside}}}}, (*at, "policies", index))
            made.add(policy)
        wanted: dict[str, Any] = {
            "trust": trust,
            "policies": [policy_name(model, each) if isinstance(each, JsonFile) else each for each in spec.policies],
            "max_session": spec.max_session,
        }
        if spec.description:
            wanted["description"] = spec.description
        yield Part({"iam": {"roles": {role_name(model, role): wanted}}}, at)


def group_parts(model: OrganizationFile, name: str) -> Iterator[Part]:
    """Yield the groups of the table for the account with the people's IAM users; each assumes its roles, no others."""
    assert isinstance(model.accounts, dict)
    assert model.access
    if not model.accounts[name].identity:
        return
    for group in model.access.grants:
        at = ("access", "grants", group)
        yield Part({"iam": {"groups": {group: {"assumes": assumed(model, group)}}}}, at)
        # A group of the table has what the file and the template give it, and nothing else.
        yield Part({"iam": {"groups": {group: {"policies": []}}}}, at, weak=True)


def assumed(model: OrganizationFile, group: str) -> list[str]:
    """Return the ARNs of the roles that members of a group may assume: one for each account and role.

    A group whose ARNs IAM would not take gets one ARN with `*` in the place of the account for each role that it has
    wherever that role is. Each role still trusts the one account of the people, so a pattern opens nothing that the
    file does not.
    """
    assert isinstance(model.accounts, dict)
    exact: dict[str, list[str]] = {}
    everywhere: dict[str, bool] = {}
    for account in model.accounts:
        mine = cells(model, account).get(group)
        for role in roles_in(model, account):
            has = mine is not None and role in mine.roles
            everywhere[role] = everywhere.get(role, True) and has
            if has:
                exact.setdefault(role, []).append(role_arn(model, account, role))
    if sum(len(arn) + 3 for arns in exact.values() for arn in arns) > MOST_POLICIES * (DOCUMENT.most - 200):
        exact = {role: patterns(arns) if everywhere[role] else arns for role, arns in exact.items()}
    return [arn for arns in exact.values() for arn in arns]


def patterns(arns: Sequence[str]) -> list[str]:
    """Return ARNs with `*` in the place of the account, each once."""
    parted = (arn.split(":", 5) for arn in arns)
    return list(dict.fromkeys(":".join((*each[:4], "*", each[5])) for each in parted))


def people_elsewhere(model: OrganizationFile, name: str, source: Source) -> Source:
    """Add a mistake to the manifest of an account for each IAM user in it, if the people are in another account."""
    assert isinstance(model.accounts, dict)
    home = next((other for other, entry in model.accounts.items() if entry.identity), name)
    iam = source.value.get("iam")
    users = iam.get("users") if isinstance(iam, dict) else None
    if home == name or not isinstance(users, dict):
        return source
    mistakes = []
    for user, spec in users.items():
        # That is how one that is there goes.
        if isinstance(spec, dict) and spec.get("state") == "absent":
            continue
        path = ("iam", "users", user)
        message = f"people have their IAM users in {home}"
        hint = f"move it into the manifest of {home}; state: absent deletes one that is here"
        mistakes.append(Mistake(source.file_of(path), source.at(path), dotted(path), message, hint))
    return replace(source, mistakes=(*source.mistakes, *mistakes))
