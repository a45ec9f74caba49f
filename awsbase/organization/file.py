"""The organization file: the accounts of one owner, how each is reached, and the manifest that each gets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag

from awsbase.manifest.account import account_name
from awsbase.manifest.paths import shown
from awsbase.manifest.section import Section, Several, ValidationProblem, closest, invalid
from awsbase.manifest.values import AccountId, OrganizationId, Region, Tags
from awsbase.organization.access import Access

LONGEST_NAME = 32
ROLE = re.compile(r"(arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]+|[\w+=,.@-]{1,64})", re.ASCII)
START_URL = re.compile(r"https://[\w.-]+(/[\w./#-]*)?", re.ASCII)
UNIT = re.compile(r"[^/*]{1,128}(/[^/*]{1,128})*")


def role(value: str) -> str:
    """Accept the name or the ARN of a role; raises PydanticCustomError for any other."""
    if not ROLE.fullmatch(value):
        hint = "AWS calls it OrganizationAccountAccessRole in accounts that an organization made"
        raise invalid(f"{shown(value)} is neither the name nor the ARN of a role", hint)
    return value


def access_portal(value: str) -> str:
    """Accept the address of an access portal; raises PydanticCustomError for any other."""
    if not START_URL.fullmatch(value):
        raise invalid(f"{shown(value)} is no address of an access portal", "it is like https://acme.awsapps.com/start")
    return value


def unit_path(value: str) -> str:
    """Accept the path of an organizational unit; raises PydanticCustomError for any other."""
    if not UNIT.fullmatch(value):
        raise invalid(f"{shown(value)} is no path of a unit", "write it from the root on, like Workloads/Prod")
    return value


AccountName = Annotated[str, AfterValidator(account_name)]
Role = Annotated[str, AfterValidator(role)]
UnitPath = Annotated[str, AfterValidator(unit_path)]
FileName = Annotated[str, Field(min_length=1)]


class SignIn(Section):
    """Where people sign in with IAM Identity Center."""

    start_url: Annotated[str, AfterValidator(access_portal)] = Field(
        description="The address of the access portal.", examples=["https://acme.awsapps.com/start"]
    )
    region: Region = Field(description="The region that Identity Center is in.")


class Owner(Section):
    """What all accounts of the file have in common."""

    name: AccountName = Field(description="A short name, with which names in all accounts begin.", examples=["acme"])
    home: Region = Field(description="The home region of every account that names no other.")
    id: OrganizationId | None = Field(
        default=None, description="The id of the AWS organization: roles then trust only callers of it."
    )
    sso: SignIn | None = Field(default=None, description="Where people sign in with IAM Identity Center.")


class Way(Section):
    """How awsbase reaches an account."""

    profile: str | None = Field(default=None, min_length=1, description="The profile of ~/.aws that reaches it.")
    role: Role | None = Field(default=None, description="The role that is assumed there, by its name or ARN.")
    via: AccountName | None = Field(
        default=None, description="The account from which the role is assumed, if it is not that of the profile."
    )


class Defaults(Way):
    """What each account gets unless it says otherwise."""

    manifest: FileName | None = Field(default=None, description="The manifest, relative to this file.")
    tags: Tags = Field(default_factory=dict, description="Tags on everything that takes tags.")
    with_: dict[str, Any] = Field(default_factory=dict, alias="with", description="What {with.KEY} stands for.")


class Entry(Defaults):
    """One account."""

    id: AccountId = Field(description="The 12 digits of the account, in quotes.")
    identity: bool = Field(default=False, description="Whether the organization's people have their IAM users here.")
    protected: bool = Field(
        default=False, description="Whether a risky change needs the account's name typed, and destroy refuses it."
    )
    region: Region | None = Field(default=None, description="The home region, if it is not the organization's.")
    unit: UnitPath | None = Field(default=None, description="The organizational unit it is in, by its path.")
    management: bool = Field(default=False, description="Whether it is the management account of the organization.")

    stand_in: ClassVar[Mapping[str, Any]] = {"id": "000000000000"}


def left_out() -> Any:
    """Return what a section that is left out says: nothing."""
    # An instance would be validated once more, by the names of its fields, and `not` and `with` are no names in Python.
    return {}


class Select(Section):
    """Which accounts of the AWS organization the file is about; all active ones unless it says otherwise."""

    units: Several[UnitPath] = Field(default=(), description="Only those in these units, and below them.")
    without: Several[str] = Field(default=(), alias="not", description="Names or ids of accounts to leave out.")


class FromOrganization(Section):
    """Accounts that AWS Organizations lists."""

    from_: Literal["organization"] = Field(alias="from", description="Where the accounts are listed.")
    profile: str | None = Field(default=None, min_length=1, description="The profile that may list them.")
    select: Select = Field(default_factory=left_out, description="Which of them.")
    identity: AccountName | None = Field(default=None, description="The account with the people's IAM users.")
    named: dict[AccountName, Overrides] = Field(
        default_factory=dict, description="What single accounts have otherwise, by the name that they are listed with."
    )


class Overrides(Defaults):
    """What an account that AWS lists has otherwise than the others."""

    protected: bool = Field(default=False, description="As of an account that is written here.")
    region: Region | None = Field(default=None, description="The home region, if it is not the organization's.")


Accounts = Annotated[
    Annotated[FromOrganization, Tag("from")] | Annotated[dict[AccountName, Entry], Tag("written")],
    Discriminator(lambda value: "from" if isinstance(value, FromOrganization) or is_listed(value) else "written"),
]


def is_listed(value: object) -> bool:
    """Tell whether accounts are to be listed by AWS."""
    return isinstance(value, Mapping) and not isinstance(value.get("from"), Mapping | None)


class OrganizationFile(Section):
    """Several accounts in one file. Each gets an ordinary manifest."""

    version: Literal[1] = Field(description="The version of this format.")
    organization: Owner
    defaults: Defaults = Field(default_factory=left_out, description="What each account gets unless it says otherwise.")
    accounts: Accounts = Field(description="The accounts by name, or how AWS Organizations lists them.")
    access: Access | None = Field(default=None, description="Who may do what in which account.")

    def check(self, manifest: object) -> Iterator[ValidationProblem]:
        """Yield accounts that contradict each other, and ways that lead nowhere."""
        if isinstance(self.accounts, FromOrganization):
            return
        entries = self.accounts
        if not entries:
            yield ValidationProblem(("accounts",), "there is no account", "write one, with its id")
        ids: dict[str, str] = {}
        identity = [name for name, entry in entries.items() if entry.identity]
        for name, entry in entries.items():
            here = ("accounts", name)
            if (first := ids.setdefault(entry.id, name)) != name:
                message = f"{entry.id} is the id of {first} too"
                yield ValidationProblem((*here, "id"), message, "one account has one name", ("accounts", first, "id"))
            if len(f"{self.organization.name}-{name}") > LONGEST_NAME:
                most = LONGEST_NAME - len(self.organization.name) - 1
                message = f"names begin with {self.organization.name}-{name}, which is too long"
                yield ValidationProblem(here, message, f"give the account a name of at most {most} characters")
            if entry.identity and name != identity[0]:
                message = f"{identity[0]} has the people's IAM users already"
                hint = "people have one account; leave identity out here"
                yield ValidationProblem((*here, "identity"), message, hint, ("accounts", identity[0], "identity"))
            if entry.manifest is None and self.defaults.manifest is None:
                hint = "write manifest: account.yaml here, or below defaults"
                yield ValidationProblem(here, "it has no manifest", hint)
            yield from self._way(name, entry)

    def _way(self, name: str, entry: Entry) -> Iterator[ValidationProblem]:
        here, way = ("accounts", name), self.way(entry)
        if entry.profile and entry.via:
            message = "a profile and another account are two ways to reach it"
            yield ValidationProblem((*here, "profile"), message, "keep one of them", (*here, "via"))
        if way.via and not way.role:
            yield ValidationProblem((*here, "via"), "via needs a role to assume", "write the role, or leave via out")
        if way.role and not (way.via or way.profile):
            message = "the role is assumed from no account"
            hint = "write via with the account whose credentials you have, or the profile that has them"
            yield ValidationProblem((*here, "role"), message, hint)
        if way.via and isinstance(self.accounts, dict):
            if way.via not in self.accounts:
                hint = closest(way.via, self.accounts) or "name an account of this file"
                yield ValidationProblem((*here, "via"), f"via {way.via!r} is no account", hint)
            elif name in (path := list(self.path(way.via))):
                message = f"it is reached by way of itself: {' → '.join([name, *path[: path.index(name) + 1]])}"
                yield ValidationProblem((*here, "via"), message, "give one of them a profile")

    def way(self, entry: Entry) -> Way:
        """Return how an account is reached: its own way, or else that of the defaults."""
        if entry.profile or entry.role or entry.via:
            via = entry.via or (self.defaults.via if entry.role and not entry.profile else None)
            return Way(profile=entry.profile, role=entry.role or (self.defaults.role if entry.via else None), via=via)
        # The role that AWS puts into accounts of an organization is not in its management account.
        if entry.identity or entry.management:
            return Way()
        return Way(profile=self.defaults.profile, role=self.defaults.role, via=self.defaults.via)

    def path(self, name: str) -> Iterator[str]:
        """Yield the accounts by way of which an account is reached, itself first; each once."""
        seen: set[str] = set()
        accounts = self.accounts if isinstance(self.accounts, dict) else {}
        at: str | None = name
        while at in accounts and at not in seen:
            yield at
            seen.add(at)
            at = self.way(accounts[at]).via
        if at in seen:
            yield at


FromOrganization.model_rebuild()
