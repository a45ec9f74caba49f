"""The access section of an organization file: who may do what in which account, as the table that people think in.

A role of the table is `{org}-{Role}` in each account where somebody is granted it. It trusts the account with the
people's IAM users, with MFA, and with the organization's id where the file has one. A trust cannot name a group: a
group of that account has a policy with exactly the ARNs of its roles.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, WithJsonSchema

from awsbase.engine.scope import partition
from awsbase.manifest.files import JsonFile, read_json
from awsbase.manifest.grants import document_errors, grant
from awsbase.manifest.paths import Steps, shown
from awsbase.manifest.section import Section, Several, ValidationProblem, closest, invalid
from awsbase.manifest.values import GroupName, OneNameEach, RoleName
from awsbase.records import record

if TYPE_CHECKING:
    from awsbase.organization.file import Entry, OrganizationFile

EVERYWHERE = "*"
UNITS = "/**"
HOUR = 3600
LONGEST_ROLE = 64


def role_policy(value: object, info: ValidationInfo) -> JsonFile | str:
    """Accept the name of a policy, or of a JSON file beside the organization file; raises PydanticCustomError."""
    if isinstance(value, JsonFile):
        return value
    if not isinstance(value, str):
        raise invalid(f"must be the name of a policy, not {shown(value)}")
    return read_json(value, info) if value.endswith(".json") else grant(value, info)


def role_names(value: object) -> object:
    """Take one role for a list of one."""
    return [value] if isinstance(value, str) else value


def each_policy_once(items: tuple[JsonFile | str, ...]) -> tuple[JsonFile | str, ...]:
    """Refuse an empty list, and one that names a policy twice; raises PydanticCustomError."""
    if not items:
        raise invalid("a role without policies may do nothing", "name a policy, such as awsbase:read-only")
    names = [each.name if isinstance(each, JsonFile) else each for each in items]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise invalid(f"{shown(twice)} is listed twice")
    return items


RolePolicy = Annotated[JsonFile | str, BeforeValidator(role_policy), WithJsonSchema({"type": "string"})]
Granted = Annotated[Several[RoleName], BeforeValidator(role_names)]


class SharedRole(Section):
    """A role of the table: what it may do, the same in each account that has it."""

    policies: Annotated[Several[RolePolicy], AfterValidator(each_policy_once)] = Field(
        description="What it may do: policies as in groups, or JSON files relative to this file."
    )
    max_session: Annotated[int, Field(ge=HOUR, le=43200)] = Field(
        default=HOUR, description="Seconds that a session may last."
    )
    description: Annotated[str, Field(max_length=1000)] = Field(default="", description="What it is for.")

    stand_in: ClassVar[Mapping[str, Any]] = {"policies": ["awsbase:read-only"]}

    @property
    def files(self) -> Iterator[tuple[int, JsonFile]]:
        """Yield the policies that are files, with their place in the list."""
        yield from ((index, each) for index, each in enumerate(self.policies) if isinstance(each, JsonFile))


class Access(Section):
    """Who may do what in which account."""

    roles: Annotated[dict[RoleName, SharedRole], OneNameEach] = Field(
        default_factory=dict, description="The roles by name; in each account that has one it is called {org}-NAME."
    )
    grants: Annotated[dict[GroupName, dict[str, Granted]], OneNameEach] = Field(
        default_factory=dict,
        description="For each group of the identity account its roles: by account, by unit like Workloads/**, or by *.",
    )

    def check(self, file: OrganizationFile) -> Iterator[ValidationProblem]:
        """Yield names that nobody defines, what grants nothing, and more than IAM takes."""
        if not self.grants:
            yield ValidationProblem((), "it grants nothing to anybody", "write grants, or leave access out")
        yield from self._roles_wrong(file)
        for group, targets in self.grants.items():
            if not any(targets.values()):
                yield ValidationProblem(
                    ("grants", group), "it grants nothing", "name an account and a role, or leave it out"
                )
            for target, roles in targets.items():
                at = ("grants", group, target)
                yield from target_problems(target, at, file)
                for index, role in enumerate(roles):
                    if role not in self.roles:
                        hint = closest(role, self.roles) or "define it in access.roles"
                        yield ValidationProblem((*at, index), f"no role called {role!r}", hint)
        entries = file.accounts if isinstance(file.accounts, dict) else {}
        if entries and not any(entry.identity for entry in entries.values()):
            message = "no account has the people's IAM users"
            yield ValidationProblem((), message, "write identity: true at the account that they sign in to")

    def _roles_wrong(self, file: OrganizationFile) -> Iterator[ValidationProblem]:
        granted = {role for targets in self.grants.values() for roles in targets.values() for role in roles}
        files: dict[str, tuple[str, Steps]] = {}
        most = LONGEST_ROLE - len(file.organization.name) - 1
        for name, role in self.roles.items():
            at: Steps = ("roles", name)
            if self.grants and name not in granted:
                yield ValidationProblem(at, "nobody is granted it", "grant it to a group, or leave it out")
            if len(name) > most:
                message = f"it is called {role_name(file, name)} in its accounts, which is too long"
                yield ValidationProblem(at, message, f"give it a name of at most {most} characters")
            for index, each in role.files:
                here = (*at, "policies", index)
                stem = PurePosixPath(each.name).stem
                first, there = files.setdefault(stem.casefold(), (each.name, here))
                if first != each.name:
                    message = f"{first} and {each.name} would be one policy {policy_name(file, each)}"
                    yield ValidationProblem(here, message, "call one of them otherwise", ("access", *there))
                if not re.fullmatch(r"[A-Za-z0-9_+=,.@-]{1,90}", stem):
                    yield ValidationProblem(here, f"{shown(stem)} is no name of a policy", "use letters, digits and -")
                home = partition(file.organization.home)
                yield from document_errors(each.value, "identity", here, home, listed=False)


def target_problems(target: str, at: Steps, file: OrganizationFile) -> Iterator[ValidationProblem]:
    """Yield what is wrong with the place of a grant: an account or a unit that is not in the file."""
    if target == EVERYWHERE or not isinstance(file.accounts, dict):
        return
    entries = file.accounts
    units = sorted({entry.unit for entry in entries.values() if entry.unit})
    if target.endswith(UNITS):
        if not any(covers(target, name, entry) for name, entry in entries.items()):
            message = f"no account is in the unit {target.removesuffix(UNITS)!r}"
            hint = closest(target.removesuffix(UNITS), units) or "an account says it by unit: Workloads/Prod"
            yield ValidationProblem(at, message, hint)
    elif target not in entries:
        parents = {"/".join(unit.split("/")[:length]) for unit in units for length in range(1, unit.count("/") + 2)}
        hint = closest(target, entries) or 'name an account, a unit like Workloads/**, or "*" for all'
        if (unit := target.rstrip("/*")) in parents:
            hint = f"write {unit}{UNITS} for the unit"
        yield ValidationProblem(at, f"no account called {target!r}", hint)


def covers(target: str, name: str, entry: Entry) -> bool:
    """Tell whether a target (an account, a unit like `Workloads/**`, or `*`) includes an account."""
    if target in (EVERYWHERE, name):
        return True
    unit = target.removesuffix(UNITS)
    return unit != target and entry.unit is not None and f"{entry.unit}/".startswith(f"{unit}/")


def precedence(target: str, name: str) -> int:
    """Rank targets that include an account: itself over units, a unit over those above it, any over `*`."""
    if target == name:
        return 1_000
    return 0 if target == EVERYWHERE else target.count("/")


@record
class Cell:
    """The roles that a group is granted in an account, and which place of the file decides that."""

    roles: tuple[str, ...]
    at: Steps


def cells(model: OrganizationFile, name: str) -> Mapping[str, Cell]:
    """Return what each group is granted in an account; of several targets that include it the most specific decides."""
    assert isinstance(model.accounts, dict)
    found: dict[str, Cell] = {}
    for group, targets in model.access.grants.items() if model.access else ():
        fitting = [target for target in targets if covers(target, name, model.accounts[name])]
        if fitting:
            best = max(fitting, key=lambda target: precedence(target, name))
            found[group] = Cell(targets[best], ("access", "grants", group, best))
    return found


def roles_in(model: OrganizationFile, name: str) -> list[str]:
    """Return the roles that somebody is granted in an account, in the order of the file."""
    granted = {role for cell in cells(model, name).values() for role in cell.roles}
    return [role for role in (model.access.roles if model.access else ()) if role in granted]


def role_name(model: OrganizationFile, role: str) -> str:
    """Return what a role of the table is called in an account."""
    return f"{model.organization.name}-{role}"


def role_arn(model: OrganizationFile, name: str, role: str) -> str:
    """Return the ARN of a role of the table in an account."""
    assert isinstance(model.accounts, dict)
    entry = model.accounts[name]
    where = partition(entry.region or model.organization.home)
    return f"arn:{where}:iam::{entry.id}:role/{role_name(model, role)}"


def policy_name(model: OrganizationFile, file: JsonFile) -> str:
    """Return the name of the policy that a JSON file becomes."""
    return f"{model.organization.name}-{PurePosixPath(file.name).stem}"
