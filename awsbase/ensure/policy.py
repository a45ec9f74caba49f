"""IAM policies of the account's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field

from awsbase.access.attributes import add_tags
from awsbase.access.comparison import widening
from awsbase.access.simulated_state import IamDraft, having
from awsbase.access.widening import to_whom
from awsbase.engine import quotas
from awsbase.engine.changes import Drift
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.references import references, resolve
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, Things
from awsbase.errors import MalformedResponse
from awsbase.facts import tags
from awsbase.facts.authorization import ALL_OF_IAM, ExistsElsewhere, PolicyFacts, authorization, iam_arns, policies
from awsbase.policies.document import Document, difference, same
from awsbase.records import record


@record(kw_only=True)
class Policy(Resource):
    """A managed policy with this document; a `Reference` in it stands for what another resource turns out to be.

    The document is owned wholly, tags are added to. A description is written once: AWS never changes it.
    """

    name: str
    document: Document
    path: str = "/"
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"policy/{self.name}"

    @property
    def arn(self) -> str:
        return self.scope.global_arn("iam", f"policy{self.path}{self.name}")

    def needs(self) -> Iterator[str]:
        yield from references(self.document)

    def mentions(self) -> Iterator[str]:
        """Yield what the document names."""
        return self.needs()

    def simulate(self, iam: IamDraft) -> None:
        """Write the document in a draft of IAM."""
        have = iam.policies.get(self.name.casefold(), PolicyFacts(self.arn, self.path, self.document))
        iam.policies[self.name.casefold()] = having(have, arn=self.arn, document=self.document)


def ensure_policy(run: Run, want: Policy) -> str:
    """Bring one managed policy to the manifest: a default version that means this document, and the tags.

    Raises ExistsElsewhere when a policy of that name has another path, MalformedResponse when AWS does not tell its
    document.
    """
    iam = run.aws.iam
    document = resolve(run, want.document)
    have = run.read(policies).get(want.name.casefold())
    if have and have.arn != want.arn:
        raise ExistsElsewhere("policy", have.arn, want.arn)
    if have and not have.document:
        # AWS keeps no policy without a document; to write it once more would only fill up the versions.
        raise MalformedResponse(f"iam:GetAccountAuthorizationDetails does not tell what the policy {want.name} says")
    tagged = tags_of(run, want) if have else tags.wanted(want)
    size, shorter = quotas.characters(document), "make two policies of it, or name actions with *"
    quotas.fits(run, quotas.DOCUMENT, f"policy {want.name}", size, shorter)
    if have is None:
        names = quotas.names(run, want)
        remedy = "delete {excess} that nobody needs, or ask AWS for more"
        quotas.room_beside(run, quotas.POLICIES, "IAM", held=run.read(policies), wanted=names, remedy=remedy)

    if have is None:
        run.create(
            "policy",
            iam.create_policy,
            PolicyName=want.name,
            Path=want.path,
            PolicyDocument=document,
            Description=want.description or None,
            Tags=tags.pairs(tags.with_origin(want)),
        )
        have = PolicyFacts(want.arn, want.path, document)
    run.created_at(have.created)

    if not same(have.document, document):
        if len(have.others) + 1 >= quotas.VERSIONS.most:
            run.delete("oldest version", iam.delete_policy_version, PolicyArn=want.arn, VersionId=have.others[0])
        run.update(
            "document",
            [Drift(*each) for each in difference(have.document, document)],
            iam.create_policy_version,
            risk=access(to_whom(run, want.arn, widening(have.document, document))),
            PolicyArn=want.arn,
            PolicyDocument=document,
            SetAsDefault=True,
        )

    add_tags(run, want, tagged, iam.tag_policy, PolicyArn=want.arn)
    return want.arn


def remove_policy(run: Run, want: Policy) -> None:
    """Delete a policy that this manifest made and that nobody has any more, its versions first."""
    iam = run.aws.iam
    have = run.read(policies).get(want.name.casefold())
    if have is None or not tags.made_here(run, want, run.read(policy_tags, have.arn)):
        return
    # What stays keeps what it may do, and what it may not.
    if holders := sorted(staying(run, have.arn)):
        run.note(f"kept: {', '.join(holders)} {'has' if len(holders) == 1 else 'have'} it")
        return

    for version in have.others:
        run.delete(f"version {version}", iam.delete_policy_version, PolicyArn=have.arn, VersionId=version)
    run.delete("policy", iam.delete_policy, PolicyArn=have.arn)


def staying(run: Run, arn: str) -> Iterator[str]:
    """Yield what has a policy, as its own or as its boundary, and was not taken away before it."""
    iam = run.read(authorization)
    groups = (f"group/{each.name}" for each in iam.groups.values() if arn in each.policies)
    users = (f"user/{each.name}" for each in iam.users.values() if arn in each.policies or arn == each.boundary)
    roles = (f"role/{each.name}" for each in iam.roles.values() if arn in each.policies or arn == each.boundary)
    yield from (address for address in (*groups, *users, *roles) if not run.is_gone(address))


def removal_permissions(want: Policy) -> Allows:
    """Yield the IAM permissions that a removal needs beyond those of a plan."""
    arns = iam_arns(want.scope, "policy", want.name)
    yield allow("iam", "ListPolicyTags", "DeletePolicyVersion", "DeletePolicy", on=arns)


def tags_of(run: Run, want: Policy) -> Mapping[str, str]:
    """Return the tags that the resource has."""
    return tags.current(run, want, tags.index(want.scope), want.arn, (policy_tags, want.arn))


def policy_tags(facts: Facts, arn: str) -> Mapping[str, str]:
    """Read the tags of one policy from IAM itself."""
    pages = facts.aws.iam.get_paginator("list_policy_tags").paginate(PolicyArn=arn)
    return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}


def existing_policies(facts: Facts, scope: Scope) -> Things:
    """Yield each policy of the account's own; one list has the tags of all, so that no plan asks for each."""
    tagged = facts.read(tags.of_types, tags.index(scope), "iam:policy")
    for have in facts.read(policies).values():
        if tagged is not None:
            facts.learn(tagged.get(have.arn, {}), policy_tags, have.arn)
        labels = (tagged or {}).get(have.arn, {})
        found = Policy(
            scope=scope,
            name=have.name,
            document=have.document,
            path=have.path,
            description=have.description,
            tags=tags.of_others(labels),
        )
        yield Described(found, tags=labels, path=have.path)


def list_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions that listing all of them needs."""
    yield ALL_OF_IAM
    yield tags.TAG_INDEX


def policy_reads(want: Policy) -> Iterator[Read]:
    """Yield the facts that the recipe of a policy reads, to prefetch them."""
    yield (authorization,)
    yield tags.indexed, tags.index(want.scope)


def read_permissions(want: Policy) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield ALL_OF_IAM
    yield tags.TAG_INDEX
    yield allow("iam", "ListPolicyTags", on=(want.arn,))


def write_permissions(want: Policy) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield allow("iam", "CreatePolicy", "CreatePolicyVersion", "DeletePolicyVersion", "TagPolicy", on=(want.arn,))


KIND = Kind(
    ensure_policy,
    policy_reads,
    resource=Policy,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="A policy of the account's own, for groups and roles to have.",
        why="One document in one place, with its last versions kept by AWS.",
        undo=(
            TAKE_OUT,
            "aws iam list-entities-for-policy --policy-arn ARN, and detach it from each",
            "aws iam delete-policy --policy-arn ARN",
        ),
        controls=("CIS 1.15", "CIS 1.16", "FSBP IAM.1"),
    ),
    word="policy",
    found_by="name",
    owns="the document",
    keeps="tags, description",
    quotas=(quotas.POLICIES, quotas.DOCUMENT, quotas.VERSIONS),
    describe=Describe(existing_policies, list_permissions),
    absent=Absent(remove_policy, permissions=removal_permissions),
)
