"""The ci section: a provider and two roles whose trust names one repository, as awsbase writes it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from awsbase.adopt.draft import Draft
from awsbase.adopt.seen import Seen
from awsbase.ensure.oidc_provider import HTTPS, OidcProvider
from awsbase.ensure.policy import Policy
from awsbase.ensure.role import Role
from awsbase.manifest.ci import GITHUB, MODES, Ci, Mode, role_name
from awsbase.policies.document import listed, same

KINDS = (OidcProvider, Policy, Role)
ON_GITHUB = re.compile(r"repo:([^/:@]+)(?:@([0-9]+))?/([^:@]+)(?:@([0-9]+))?:(.+)")
ON_GITLAB = re.compile(r"project_path:([^:]+):ref_type:branch:ref:(.+)")


def draft(seen: Seen, section: Draft) -> None:
    """Write the section if the roles of a pipeline trust a provider just as it would have them trust."""
    for provider in sorted(seen.of(OidcProvider), key=lambda each: each.issuer):
        if said := source_of(seen, provider):
            for key, value in said.items():
                section.put(key, value=value, of=provider.address)
        else:
            names = " and ".join(f"role/{role_name(seen.base.name, mode)}" for mode in MODES)
            section.cannot(provider.address, f"the section ci, which it belongs to, would have {names} otherwise")


def source_of(seen: Seen, provider: OidcProvider) -> dict[str, Any]:
    """Return whose jobs take the roles that trust a provider, as a manifest says it; nothing if none would say so."""
    roles = {role.name: role for role in seen.of(Role)}
    pipeline = {mode: roles[name] for mode in MODES if (name := role_name(seen.base.name, mode)) in roles}
    if len(pipeline) < len(MODES) or any(refuted(seen, mode) for mode in MODES):
        return {}
    subjects = {mode: list(subjects_of(role, provider.issuer)) for mode, role in pipeline.items()}
    said = on_github(subjects) if provider.url == GITHUB else on_gitlab(subjects, provider.url)
    try:
        section = Ci(**said)
    except ValidationError:
        return {}
    meant = all(same(section.trust(provider, mode), role.trust) for mode, role in pipeline.items())
    return said if meant else {}


def refuted(seen: Seen, mode: Mode) -> bool:
    """Tell whether a role, or one of its policies, is otherwise than an earlier draft would have it."""
    name = role_name(seen.base.name, mode)
    return any(address.startswith((f"role/{name}", f"policy/{name}-")) for address in seen.refuted)


def subjects_of(role: Role, issuer: str) -> Iterator[str]:
    """Yield the subjects that a role trusts."""
    for statement in listed(role.trust.get("Statement")):
        condition = statement.get("Condition") if isinstance(statement, Mapping) else None
        equals = condition.get("StringEquals") if isinstance(condition, Mapping) else None
        if isinstance(equals, Mapping):
            yield from map(str, listed(equals.get(f"{issuer}:sub")))


def on_github(subjects: Mapping[Mode, list[str]]) -> dict[str, Any]:
    """Return what a manifest says of a repository whose jobs have these subjects."""
    found = [match for several in subjects.values() for each in several if (match := ON_GITHUB.fullmatch(each))]
    if not found:
        return {}
    value: dict[str, Any] = {"repository": f"{found[0][1]}/{found[0][3]}"}
    for match in found:
        owner, id, end = match[2], match[4], match[5]
        value |= {"repository_id": id, "owner_id": owner} if owner and id else {}
        kind, _, rest = end.partition(":")
        if kind == "environment" and rest != "aws":
            value["environment"] = rest.replace("%3A", ":")
        if kind == "ref" and rest != "refs/heads/main":
            value["branch"] = rest.removeprefix("refs/heads/")
    return {"github": value}


def on_gitlab(subjects: Mapping[Mode, list[str]], url: str) -> dict[str, Any]:
    """Return what a manifest says of a project whose jobs have these subjects."""
    found = {
        mode: [match for each in several if (match := ON_GITLAB.fullmatch(each))] for mode, several in subjects.items()
    }
    if not found["apply"]:
        return {}
    project, branch = found["apply"][0].groups()
    review = [match[2] for match in found["plan"] if match[2] != branch]
    value: dict[str, Any] = {"project": project}
    value |= {"url": url} if url != f"{HTTPS}gitlab.com" else {}
    value |= {"branch": branch} if branch != "main" else {}
    value |= {"review": review} if review else {}
    return {"gitlab": value}
