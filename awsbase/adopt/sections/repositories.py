"""The repositories section: every repository for container images, with who pulls and pushes."""

from __future__ import annotations

from typing import Any

from awsbase.adopt.draft import Draft
from awsbase.adopt.held_policies import holders_of
from awsbase.adopt.seen import Seen
from awsbase.ensure.ecr_repository import EcrRepository
from awsbase.ensure.group import Group
from awsbase.ensure.key import Key
from awsbase.ensure.policy import Policy
from awsbase.ensure.registry_scanning import RegistryScanning
from awsbase.ensure.role import Role
from awsbase.manifest.repositories import FOREVER, WORD, EcrRepositorySpec

KINDS = (EcrRepository, RegistryScanning, Key, Policy, Group, Role)
DAYS = EcrRepositorySpec.model_fields["keep_untagged_days"].default


def draft(seen: Seen, section: Draft) -> None:
    """Write each repository of the home region."""
    keys, home = {each.address for each in seen.at_home(Key)}, seen.base.scope.home
    scanned = {name for each in seen.at_home(RegistryScanning) for name in each.repositories}
    pulls, pushes = (holders_of(seen, WORD, sid, ":repository/") for sid in ("Pull", "Push"))
    for one in seen.of(RegistryScanning):
        if one.scope.region != home:
            section.cannot(one.address, f"region: a manifest keeps repositories in {home}")
    for repository in sorted(seen.of(EcrRepository), key=lambda each: each.name):
        name = repository.name
        if repository.scope.region != home:
            section.cannot(repository.address, f"region: a manifest keeps repositories in {home}")
            continue
        section.put(name, value=said(repository, keys), of=repository.address)
        weaker(section, repository, scanned=name in scanned)
        writers = pushes.get(name, ())
        readers = tuple(each for each in pulls.get(name, ()) if each not in writers)
        for key, holders in (("readers", readers), ("writers", writers)):
            if holders:
                section.put(name, key, value=list(holders))
                policies = ", ".join(f"policy/{seen.base.name}-{WORD}-{each}" for each in holders)
                section.remark(name, key, text=f"inferred from {policies}")


def said(repository: EcrRepository, keys: set[str]) -> dict[str, Any]:
    """Return what a manifest says of a repository, as far as it is no default and not weaker than one."""
    value: dict[str, Any] = {}
    if repository.moving:
        value["moving_tags"] = list(repository.moving)
    if repository.keep_untagged not in (DAYS, None):
        value["keep_untagged_days"] = repository.keep_untagged
    if repository.key in keys:
        value["key"] = f"alias/{str(repository.key).removeprefix('key/')}"
    if repository.accounts:
        value["accounts"] = list(repository.accounts)
    return value


def weaker(section: Draft, repository: EcrRepository, *, scanned: bool) -> None:
    """Write where a repository asks for less than a manifest does without a word."""
    if not repository.immutable:
        section.weaker(repository.name, "immutable", value=False, default="true")
    if not scanned:
        section.weaker(repository.name, "scan", value=False, default="true")
    if repository.keep_untagged is None:
        section.weaker(repository.name, "keep_untagged_days", value=FOREVER, default=str(DAYS))
