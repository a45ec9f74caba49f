"""The organization itself: this account manages it, with all features, and the policy types that the manifest uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow, linked_role
from awsbase.engine.resource import Resource
from awsbase.engine.run import NotReady, Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, LeftAlone, Things
from awsbase.facts.organization import (
    SCP,
    NotTheManagementAccount,
    OrganizationFacts,
    RootFacts,
    client,
    organization,
    policy_type_on,
    root,
    root_id,
)
from awsbase.records import record

ADDRESS = "organization/account"
WORDS = {SCP: "service control policies"}


@record(kw_only=True)
class Organization(Resource):
    """The organization of the account, with these types of policies enabled; others that are enabled stay so."""

    policy_types: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        return ADDRESS


def ensure_organization(run: Run, want: Organization) -> Mapping[str, Any]:
    """Keep an organization that this account manages, with its policy types; returns its id and that of its root.

    Raises NotTheManagementAccount when another account manages the organization that this one is in, and NotReady while
    AWS disables a type of policies.
    """
    organizations = client(run.aws)
    have = run.read(organization)
    if have and have.management != want.scope.account:
        raise NotTheManagementAccount(
            f"this account is a member of the organization {have.id}, which {have.management} manages",
            hint=f"move the section organization to the manifest of {have.management}",
        )
    top = run.read(root) or RootFacts("")
    if going := [WORDS[each] for each in want.policy_types if top.policy_types.get(each) == "PENDING_DISABLE"]:
        raise NotReady(f"somebody has just disabled {', '.join(going)}", hint="run again in a few minutes")

    if have is None:
        # With all features from the start: otherwise each member has to agree to them later.
        made = run.create("organization", organizations.create_organization, FeatureSet="ALL")
        have = OrganizationFacts(made["Organization"]["Id"], want.scope.account, all_features=True)
    if not have.all_features:
        ask_for_all_features(run)
    top_id = run.later("its root", root_id)

    for each in want.policy_types if have.all_features else ():
        if each not in top.policy_types:
            run.create(WORDS[each], organizations.enable_policy_type, RootId=top_id, PolicyType=each)
        run.later(WORDS[each], policy_type_on, each)
    return {"id": have.id, "root": top_id}


def ask_for_all_features(run: Run) -> None:
    """Say how an organization that only shares its bills gets all features, to which each member has to agree."""
    run.manual_action(
        "the organization only shares its bills: it takes no policies, and services cannot act in all accounts",
        "aws organizations enable-all-features",
        "in each account that was invited: aws organizations list-handshakes-for-account, then accept-handshake",
        "then aws organizations list-handshakes-for-organization, and accept the last one here",
        probe="organizations DescribeOrganization says FeatureSet ALL",
    )


def organization_reads(want: Organization) -> Iterator[Read]:
    """Yield the facts that the recipe of an organization reads, to prefetch them."""
    yield (organization,)
    yield (root,)


def read_permissions(want: Organization) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("organizations", "DescribeOrganization", "ListRoots")


def write_permissions(want: Organization) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield allow("organizations", "CreateOrganization")
    # AWS Organizations has a role of its own in each account.
    yield linked_role(want.scope, "organizations.amazonaws.com")
    if want.policy_types:
        yield allow("organizations", "EnablePolicyType", on=(root_arns(want.scope),))


def root_arns(scope: Scope) -> str:
    """Return the pattern of the ARN of the organization's root, whose ids AWS draws."""
    return scope.global_arn("organizations", "root/o-*/r-*")


def things(facts: Facts, scope: Scope) -> Things:
    """Yield the organization that the account is in; one that another account manages is that one's."""
    found = facts.read(organization)
    if found is None:
        return
    if found.management != scope.account:
        owner = f"its management account {found.management}"
        yield LeftAlone(ADDRESS, owner, "organizations DescribeOrganization says so")
        return
    top = facts.read(root) or RootFacts("")
    yield Described(Organization(scope=scope, policy_types=tuple(each for each in WORDS if each in top.policy_types)))


def listing_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions that listing it needs."""
    yield allow("organizations", "DescribeOrganization", "ListRoots")


KIND = Kind(
    ensure_organization,
    organization_reads,
    resource=Organization,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="The organization that this account manages, with all features and service control policies.",
        why="Accounts keep teams and stages apart as nothing inside one account does; an organization holds them.",
        undo=(
            TAKE_OUT,
            "aws organizations delete-organization: only once no other account is in it",
        ),
        controls=("FSBP Account.2",),
    ),
    word="organization",
    found_by="the account is in one",
    owns="that it exists; service control policies are on, if some are wanted",
    keeps="other policy types",
    describe=Describe(things, listing_permissions),
    absent=Absent(why="an organization is never dissolved: its accounts would stand alone, each with its own bill"),
)
