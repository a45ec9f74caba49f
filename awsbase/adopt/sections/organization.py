"""The organization section: the units, policies and accounts of an organization that the account manages."""

from __future__ import annotations

from awsbase.adopt.draft import Draft
from awsbase.adopt.sections.iam.policies import as_text
from awsbase.adopt.seen import Seen
from awsbase.ensure.central_root import CentralRoot
from awsbase.ensure.delegated_administrator import DelegatedAdministrator
from awsbase.ensure.member_account import MemberAccount
from awsbase.ensure.organization import ADDRESS, Organization
from awsbase.ensure.organization_policy import OrganizationPolicy
from awsbase.ensure.organizational_unit import OrganizationalUnit
from awsbase.ensure.trusted_service import TrustedService
from awsbase.policies import problems

KINDS = (
    *(Organization, OrganizationalUnit, OrganizationPolicy, MemberAccount),
    *(TrustedService, DelegatedAdministrator, CentralRoot),
)


def draft(seen: Seen, section: Draft) -> None:
    """Write the section if the account manages an organization."""
    if not seen.of(Organization):
        return
    section.put(value={})
    if units := [each.path for each in seen.of(OrganizationalUnit)]:
        section.put("units", value=units)
    for policy in seen.of(OrganizationPolicy):
        put_policy(policy, section)
    put_accounts(seen, section)
    if services := [each.service for each in seen.of(TrustedService)]:
        section.put("services", value=services)
    delegated: dict[str, str] = {}
    for each in seen.of(DelegatedAdministrator):
        if delegated.setdefault(each.service, each.account) == each.account:
            section.put("delegate", each.service, value=each.account, of=each.address)
        else:
            section.cannot(each.address, f"{each.account}, a second account that administers {each.service}")
    if seen.of(CentralRoot):
        section.put("root", value="central")


def put_policy(policy: OrganizationPolicy, section: Draft) -> None:
    """Write one service control policy with its document in a file."""
    if mistakes := problems(policy.document, "inline", policy.scope.partition):
        section.cannot(policy.address, *(f"document: {each}" for each in mistakes))
    elif not policy.targets:
        section.cannot(policy.address, "it is attached to nothing")
    else:
        value: dict[str, object] = {
            "file": section.file(f"organization-{policy.name}.json", as_text(policy.document)),
            "on": ["/" if each == ADDRESS else each.partition("/")[2] or each for each in policy.targets],
        }
        if policy.description:
            value["description"] = policy.description
        section.put("policies", policy.name, value=value, of=policy.address)


def put_accounts(seen: Seen, section: Draft) -> None:
    """Write the accounts, each by its e-mail address, which does not change when it is renamed."""
    named: set[str] = set()
    for account in seen.of(MemberAccount):
        if account.name.casefold() in named or "/" in account.name:
            section.cannot(account.address, f"its name, which is no key of a manifest: {account.name}")
            continue
        named.add(account.name.casefold())
        value = {"email": account.email, **({"unit": account.unit} if account.unit else {})}
        section.put("new_accounts", account.name, value=value, of=account.address)
