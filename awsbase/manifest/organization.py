"""The organization section, of the management account alone: units, and what policies take away below them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, ValidationInfo

from awsbase.engine.quotas import CONTROL_POLICY
from awsbase.engine.resource import Resource
from awsbase.ensure.central_root import CentralRoot
from awsbase.ensure.delegated_administrator import DELEGABLE, DelegatedAdministrator
from awsbase.ensure.member_account import MemberAccount
from awsbase.ensure.organization import ADDRESS, Organization
from awsbase.ensure.organization_policy import OrganizationPolicy
from awsbase.ensure.organizational_unit import OrganizationalUnit, unit_address
from awsbase.ensure.trusted_service import OWN_CALL, PRINCIPALS, TrustedService
from awsbase.facts.organization import SCP
from awsbase.manifest.base import Base
from awsbase.manifest.grants import document_errors
from awsbase.manifest.iam import Text
from awsbase.manifest.own_document import OwnDocument
from awsbase.manifest.paths import Steps, shown
from awsbase.manifest.section import Section, Several, ValidationProblem, closest, invalid
from awsbase.manifest.values import AccountId, OneNameEach, PolicyName, RoleName, expand, named
from awsbase.policies.document import size

if TYPE_CHECKING:
    from awsbase.manifest.manifest import Manifest

# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
DEEPEST = 5
ROOT = "/"
ACCOUNT = re.compile(r"\d{12}")
LOCAL_PART = re.compile(r"""(?!\.)[^\s"'()<>\[\]:;,\\|%&@]+""", re.ASCII)
DOMAIN = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def unit_path(value: str) -> str:
    """Accept the names on the path of a unit; raises PydanticCustomError for any other."""
    names = value.split("/")
    if not all(re.fullmatch(r"\S(.{0,126}\S)?", name) for name in names):
        raise invalid(f"{shown(value)} is no path of a unit", "write names with / between them, like Workloads/Prod")
    if len(names) > DEEPEST:
        raise invalid(f"{shown(value)} is {len(names)} levels deep", f"AWS takes {DEEPEST} below the root")
    return value


def account_email(value: str, info: ValidationInfo) -> str:
    """Accept an address that AWS takes for an account; raises PydanticCustomError for any other.

    The rules are those of CreateAccount:
    https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccount.html
    """
    address = expand(value, info)
    local, _, domain = address.partition("@")
    right = address.isascii() and LOCAL_PART.fullmatch(local) and DOMAIN.fullmatch(domain)
    if not right or not 6 <= len(address) <= 64:
        hint = "6 to 64 characters, like aws+dev@acme.example; AWS takes fewer characters here than mail does"
        raise invalid(f"{shown(address)} is no e-mail address for an account", hint)
    return address


def trusted_name(value: str) -> str:
    """Accept a service that AWS Organizations can be told to trust; raises PydanticCustomError for any other."""
    if value in OWN_CALL:
        raise invalid(f"{value} has a call of its own, which does more than to trust it", f"run {OWN_CALL[value]}")
    if value not in PRINCIPALS:
        raise invalid(
            f"no service called {shown(value)}", closest(value, PRINCIPALS) or f"one of {', '.join(PRINCIPALS)}"
        )
    return value


def delegable(value: str) -> str:
    """Accept a service that a member can administer; raises PydanticCustomError for any other."""
    if value == "cloudtrail":
        hint = "run aws cloudtrail register-organization-delegated-admin"
        raise invalid("cloudtrail has a call of its own for that", hint)
    if trusted_name(value) not in DELEGABLE:
        raise invalid(f"no member can administer {value}", f"one of {', '.join(DELEGABLE)}")
    return value


AccountEmail = Annotated[str, AfterValidator(account_email)]
# What AWS takes in the name of an account, and an address of awsbase too.
AccountName = Annotated[
    str, named(r"[!-.0-~]([ -.0-~]{0,48}[!-.0-~])?", "account name: 1 to 50 printable characters without /")
]
TrustedName = Annotated[str, AfterValidator(trusted_name), Field(json_schema_extra={"enum": sorted(PRINCIPALS)})]
DelegableName = Annotated[str, AfterValidator(delegable), Field(json_schema_extra={"enum": list(DELEGABLE)})]
UnitPath = Annotated[str, AfterValidator(unit_path), Field(json_schema_extra={"examples": ["Workloads/Prod"]})]


class ControlPolicy(OwnDocument):
    """A service control policy, from a JSON file or written here."""

    on: Several[str] = Field(
        min_length=1,
        description='What it is attached to: the path of a unit, the id of an account, or "/" for the root.',
    )
    description: Text = Field(default="", description="What it is for; AWS keeps the first one.")

    stand_in: ClassVar[Mapping[str, Any]] = {
        "statements": [{"Effect": "Deny", "Action": "iam:GetUser", "Resource": "*"}],
        "on": [ROOT],
    }

    def check(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        """Yield what AWS would refuse in the document."""
        at = "file" if self.file else "statements"
        yield from document_errors(
            self.document, "inline", (at,), manifest.account.scope.partition, listed=self.file is None
        )
        if (length := size(self.document)) > CONTROL_POLICY.most:
            message = f"the document has {length} characters, and AWS takes {CONTROL_POLICY.most}"
            yield ValidationProblem((at,), message, "make two policies of it, or name actions with *")


class NewAccount(Section):
    """An account that is made, once, for an e-mail address that no account of AWS has or had."""

    email: AccountEmail = Field(description="The address of its root user; `aws+dev@acme.example` reaches aws@.")
    unit: UnitPath | None = Field(default=None, description="The unit that it is in; left out, it stays in the root.")

    def entry(self, name: str, base: Base) -> MemberAccount:
        """Return the account."""
        return MemberAccount(scope=base.scope, name=name, email=self.email, unit=self.unit or "", tags=base.tags)


class OrganizationSection(Section):
    """The organization that this account manages. Only its manifest has this section. Nothing here closes an account
    or takes a unit with accounts away."""

    units: Several[UnitPath] = Field(
        default=(), description="Units by their paths, like Workloads/Prod; those above them are made too."
    )
    policies: Annotated[dict[PolicyName, ControlPolicy], OneNameEach] = Field(
        default={}, description="Service control policies: what nobody may do below what they are attached to."
    )
    services: Several[TrustedName] = Field(
        default=(), description="Services of AWS that may act in all accounts; others that are trusted stay so."
    )
    delegate: dict[DelegableName, str] = Field(
        default={},
        description="Which account administers a service for all: its id, or its name in new_accounts. The service is "
        "trusted too.",
    )
    root: Literal["central"] | None = Field(
        default=None,
        description="`central`: IAM manages the root credentials of all members, and lets this account open root "
        "sessions of minutes. It trusts iam too.",
    )
    trail: bool = Field(
        default=False,
        description="The trail of `audit` records every account of the organization, so that `audit` of a member finds "
        "itself recorded. It trusts cloudtrail too.",
    )
    accounts: dict[AccountId, UnitPath] = Field(
        default={}, description="Accounts that are in the organization, by id, each with the unit that it is in."
    )
    new_accounts: Annotated[dict[AccountName, NewAccount], OneNameEach] = Field(
        default={},
        description="Accounts to make, by name. One whose address is there is not made again; none is ever closed.",
    )

    break_glass: Several[RoleName] = Field(
        default=(),
        description="Roles in the members for emergencies, or that awsbase enters by: no policy may keep them from "
        "repairing an account.",
    )

    @property
    def trusted(self) -> list[str]:
        """The services to trust, those included that other keys need."""
        return list(
            dict.fromkeys(
                (
                    *self.services,
                    *self.delegate,
                    *(["iam"] if self.root else ()),
                    *(["cloudtrail"] if self.trail else ()),
                )
            )
        )

    @property
    def paths(self) -> list[str]:
        """The paths of all units, those above others included, each after the one that it is in."""
        found: dict[str, None] = {}
        for path in self.units:
            names = path.split("/")
            found.update(("/".join(names[: depth + 1]), None) for depth in range(len(names)))
        return list(found)

    def check(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        """Yield units and accounts that the manifest does not name, and what is named twice."""
        for name, policy in self.policies.items():
            for index, target in enumerate(policy.on):
                if not ACCOUNT.fullmatch(target) and target not in (ROOT, *self.paths, *self.new_accounts):
                    hint = closest(target, [ROOT, *self.paths, *self.new_accounts]) or "name it in organization.units"
                    message = f"no unit or new account called {target!r}"
                    yield ValidationProblem(("policies", name, "on", index), message, hint)
        for service, account in self.delegate.items():
            if account == manifest.account.id:
                hint = "name a member: no policy binds this account, so as little as possible is done in it"
                yield ValidationProblem(("delegate", service), "this is the management account itself", hint)
            elif not ACCOUNT.fullmatch(account) and account not in self.new_accounts:
                hint = closest(account, self.new_accounts) or "write the id of an account"
                yield ValidationProblem(("delegate", service), f"no new account called {account!r}", hint)
        if self.trail and manifest.audit is None:
            yield ValidationProblem(
                ("trail",), "there is no audit, which says where the record is kept", "add audit: {}"
            )
        yield from self._placed(manifest)

    def _placed(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        wanted: list[tuple[Steps, str]] = [(("accounts", id), unit) for id, unit in self.accounts.items()]
        wanted += [(("new_accounts", name, "unit"), each.unit) for name, each in self.new_accounts.items() if each.unit]
        for at, unit in wanted:
            if unit not in self.paths:
                hint = closest(unit, self.paths) or "name it in organization.units"
                yield ValidationProblem(at, f"no unit called {unit!r}", hint)
        if manifest.account.id in self.accounts:
            hint = "leave it in the root: no policy binds it"
            yield ValidationProblem(("accounts", manifest.account.id), "this is the management account itself", hint)
        emails: dict[str, str] = {}
        for name, each in self.new_accounts.items():
            if (twin := emails.setdefault(each.email.casefold(), name)) != name:
                message = f"the address is that of {twin} too, and AWS takes each for one account"
                yield ValidationProblem(("new_accounts", name, "email"), message, f"write aws+{name}@… or the like")

    def resources(self, base: Base, manifest: object) -> Iterator[Resource]:
        """Yield the organization, its units, accounts and policies, and what services may do in it."""
        scope = base.scope
        yield Organization(scope=scope, policy_types=(SCP,) if self.policies else ())
        for path in self.paths:
            yield OrganizationalUnit(scope=scope, path=path, tags=base.tags)
        for name, policy in self.policies.items():
            yield OrganizationPolicy(
                scope=scope,
                name=base.expand(name),
                document=policy.document,
                targets=tuple(self.target(each) for each in policy.on),
                description=policy.description,
                keeps=self.break_glass,
                tags=base.tags,
            )
        for id, unit in self.accounts.items():
            yield MemberAccount(scope=scope, name=id, id=id, unit=unit, tags=base.tags)
        for name, account in self.new_accounts.items():
            yield account.entry(name, base)
        for service in self.trusted:
            yield TrustedService(scope=scope, service=service)
        for service, account_named in self.delegate.items():
            yield DelegatedAdministrator(scope=scope, service=service, account=self.target(account_named))
        if self.root:
            yield CentralRoot(scope=scope)

    def target(self, named: str) -> str:
        """Return the address of a unit, a new account or the root by what people call it; an id stays as it is."""
        if named == ROOT:
            return ADDRESS
        if ACCOUNT.fullmatch(named):
            return named
        return f"member-account/{named}" if named in self.new_accounts else unit_address(named)
