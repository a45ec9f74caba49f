"""The names of all that a manifest makes: no two are one to AWS, and each is short enough to be found by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from awsbase.engine.resource import Resource
from awsbase.ensure.group import Group
from awsbase.manifest.base import Base
from awsbase.manifest.manifest import Manifest, base, merged
from awsbase.manifest.merge import is_a
from awsbase.manifest.paths import Steps, shown
from awsbase.manifest.section import ValidationProblem

# Where AWS ignores the case of a name.
FOLDED = frozenset({"group", "instance-profile", "policy", "role", "security-group", "user"})
# Which part of iam names what.
PARTS = {
    "group": "groups",
    "policy": "policies",
    "user": "users",
    # Beside a role there is its profile, and beside that of a pipeline its network.
    **dict.fromkeys(("instance-profile", "role", "security-group", "vpc"), "roles"),
}
# AWS takes as much for the value of a tag, and awsbase:address is one.
LONGEST = 256
# A quota that AWS does not raise.
MOST_POLICIES = 10
NEVER_TAGGED = frozenset({"existing-subnet", "existing-vpc"})


def conflicts(manifest: Manifest, written: Any) -> Iterator[ValidationProblem]:
    """Yield what sections cannot have together: names that two resources share or that are too long, grants that IAM
    does not take; `written` is the manifest as it is read."""
    here, made = base(manifest), merged(manifest)
    yield from made.conflicts
    if manifest.outputs:
        yield from manifest.outputs.conflicts(here, manifest)
    makers: dict[str, tuple[str, str]] = {}
    for section, wanted in made.sections.items():
        for resource in wanted:
            for address in claimed(resource):
                kind, _, name = address.partition("/")
                known = f"{kind}/{name.casefold()}" if kind in FOLDED else address
                if known in makers:
                    yield shared(kind, makers[known], (section, name), written, here)
                makers.setdefault(known, (section, name))
            yield from too_long(resource, section, written, here)
            if isinstance(resource, Group) and (count := len(resource.policies)) > MOST_POLICIES:
                message = f"{count} policies, those that awsbase attaches included"
                at = (*place(written, "group", section, resource.name, here), "policies")
                yield ValidationProblem(
                    at, f"{message}, and IAM takes {MOST_POLICIES} on a group", "put several into one of iam.policies"
                )


def claimed(resource: Resource) -> Iterator[str]:
    """Yield what nothing else may be called."""
    yield resource.address
    if is_a(resource, "mfa-device"):
        from awsbase.manifest.mfa import seed_of

        yield seed_of(resource)


def shared(kind: str, first: tuple[str, str], second: tuple[str, str], written: Any, here: Base) -> ValidationProblem:
    """Say that two parts make the same thing, at the more telling place of the two."""
    places = [place(written, kind, *each, here) for each in (first, second)]
    if places[0] == places[1]:
        # One section says the name twice, or makes it of another one.
        places = [*places_of(written, kind, *second, here), (second[0],), (second[0],)][:2]
    at = 0 if len(places[0]) > len(places[1]) else 1
    (_, name), (other_section, other) = (first, second) if at == 0 else (second, first)
    what = kind.replace("-", " ")
    if name == other:
        return ValidationProblem(
            places[at],
            f"{other_section} makes a {what} {shown(name)} too",
            "give one another name",
            also=places[1 - at],
        )
    message = f"{shown(name)} and {shown(other)}, a {what} that {other_section} makes, are one name to AWS"
    return ValidationProblem(places[at], message, "give one another name", also=places[1 - at])


def too_long(resource: Resource, section: str, written: Any, here: Base) -> Iterator[ValidationProblem]:
    """Yield a problem when an address is too long for the tag that awsbase finds it by."""
    kind, _, name = resource.address.partition("/")
    if len(resource.address) > LONGEST and hasattr(resource, "tags") and kind not in NEVER_TAGGED:
        name = name.removesuffix(f"@{resource.scope.region}")
        at = place(written, kind, section, name, here)
        # A name that nobody has written, such as that of a parameter, is not at its place to be read.
        which = "" if len(at) > 1 else f" of {shown(name)}"
        message = f"{len(name)} characters{which} are too many to be found by: a tag of AWS takes {LONGEST}"
        most = LONGEST - (len(resource.address) - len(name))
        yield ValidationProblem(at, f"{message}, {kind}/ included", f"write at most {most}")


def place(written: Any, kind: str, section: str, name: str, here: Base) -> Steps:
    """Return where a section says a name, as a key or as a value; the section itself where it is not said."""
    return next(places_of(written, kind, section, name, here), (section,))


def places_of(written: Any, kind: str, section: str, name: str, here: Base) -> Iterator[Steps]:
    """Yield each place where a section says a name."""
    for path, text in texts(written[section], (section,)):
        if section == "buckets":
            if name_of_bucket(kind, path, text, here) == name:
                yield path
        elif here.expand(text) == name and (section != "iam" or path[1:2] == (PARTS.get(kind),)):
            yield path


def name_of_bucket(kind: str, path: Steps, text: str, here: Base) -> str:
    """Return what a text of the section buckets calls something of a kind; empty where it calls it nothing."""
    match kind, path[2:]:
        case "bucket", ():
            return f"{here.name}-{text}"
        case "bucket", ("bucket",):
            return here.expand(text)
        case "role", ():
            from awsbase.manifest.buckets import role_name

            return role_name(here.name, text)
    return ""


def texts(value: Any, path: Steps) -> Iterator[tuple[Steps, str]]:
    """Yield all keys and texts of a value, each with its place."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield (*path, key), str(key)
            yield from texts(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from texts(item, (*path, index))
