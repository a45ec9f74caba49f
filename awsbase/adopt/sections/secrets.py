"""The secrets section: names, keys, rotation and readers. Never a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from awsbase.adopt.draft import Draft
from awsbase.adopt.seen import Seen
from awsbase.adopt.smtp import made_by_mail
from awsbase.ensure.group import Group
from awsbase.ensure.key import Key
from awsbase.ensure.policy import Policy
from awsbase.ensure.role import Role
from awsbase.ensure.secret import Rotation, Secret
from awsbase.facts.authorization import authorization
from awsbase.manifest.secrets import OWN_BY_AWS, Rotate
from awsbase.policies.document import listed

KINDS = (Secret, Key, Policy, Group, Role)
HIDDEN = "-??????"


def draft(seen: Seen, section: Draft) -> None:
    """Write each secret of the home region whose key is known."""
    keys, home = {each.address for each in seen.at_home(Key)}, seen.base.scope.home
    readers = readers_of(seen, "secrets")
    left = (each for each in seen.things(Secret) if each.name not in made_by_mail(seen))
    for described in sorted(left, key=lambda each: each.name):
        secret = described.resource
        assert isinstance(secret, Secret)
        if secret.scope.region != home:
            section.cannot(secret.address, f"region: a manifest keeps secrets in {home}")
        elif secret.key and secret.key not in keys:
            section.cannot(secret.address, f"key: no manifest keeps {secret.key}")
        else:
            for index, reader in enumerate(readers.get(secret.name, ())):
                section.places[secret.name, "readers", index] = reader
            names = [reader.partition("/")[2] for reader in readers.get(secret.name, ())]
            section.put(secret.name, value=said(secret, names, seen.base.name), of=secret.address)
            for remark in described.remarks:
                section.remark(secret.name, text=remark)
            if names:
                policies = ", ".join(f"policy/{seen.base.name}-secrets-{each}" for each in names)
                section.remark(secret.name, "readers", text=f"inferred from {policies}")


def said(secret: Secret, readers: list[str], name: str) -> dict[str, Any]:
    """Return what a manifest says of a secret, as far as it is no default."""
    value: dict[str, Any] = {}
    if secret.description:
        value["description"] = secret.description
    if readers:
        value["readers"] = readers
    if secret.key is None:
        value["key"] = OWN_BY_AWS
    elif secret.key != f"key/{name}-secrets":
        value["key"] = f"alias/{secret.key.removeprefix('key/')}"
    if secret.rotation and secret.rotation.function and secret.rotation.days:
        value["rotation"] = rotation(secret.rotation)
    return value


def rotation(have: Rotation) -> dict[str, Any]:
    """Return what a manifest says of a rotation."""
    default = Rotate.model_fields["days"].default
    days = {} if have.days == default else {"days": have.days}
    window = {"window_hours": have.window_hours} if have.window_hours else {}
    return {**days, "function": have.function, **window}


def readers_of(seen: Seen, what: str) -> Mapping[str, tuple[str, ...]]:
    """Return by secret the groups and roles that have awsbase's policy for it, by their addresses.

    `what` is in the names of these policies, by which sections tell theirs apart.
    """
    iam, prefix = seen.facts.read(authorization), f"{seen.base.name}-{what}-"
    found: dict[str, tuple[str, ...]] = {}
    for kind, several in (("group", seen.of(Group)), ("role", seen.of(Role))):
        for each in several:
            policy = iam.policies.get(f"{prefix}{each.name}".casefold())
            holder = (iam.groups if kind == "group" else iam.roles).get(each.name.casefold())
            if policy and holder and policy.arn in holder.policies:
                for name in names_in(policy.document):
                    found[name] = (*found.get(name, ()), f"{kind}/{each.name}")
    return found


def names_in(document: Mapping[str, Any]) -> list[str]:
    """Return the secrets that a policy lets somebody read, by their names."""
    arns = [
        str(arn)
        for statement in listed(document.get("Statement"))
        if isinstance(statement, Mapping) and statement.get("Sid") == "Read"
        for arn in listed(statement.get("Resource"))
    ]
    return [arn.partition(":secret:")[2].removesuffix(HIDDEN) for arn in arns if arn.endswith(HIDDEN)]
