"""IAM policies of the account's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field

from awsbase.access.comparison import widening
from awsbase.engine.changes import Drift, compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.references import references, resolve
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access
from awsbase.engine.run import Run
from awsbase.facts import tags
from awsbase.facts.authorization import Elsewhere, PolicyFacts, authorization, policies
from awsbase.policies.document import Document, difference, same
from awsbase.records import record

VERSIONS = 5


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


def ensure_policy(run: Run, want: Policy) -> str:
    """Bring one managed policy to the manifest: a default version that means this document, and the tags."""
    iam = run.aws.iam
    document = resolve(run, want.document)
    have = run.read(policies).get(want.name.casefold())
    if have and have.arn != want.arn:
        raise Elsewhere("policy", have.arn, want.arn)
    tagged = tags_of(run, want) if have else tags.wanted(want)

    if have is None:
        run.create(
            "policy",
            iam.create_policy,
            PolicyName=want.name,
            Path=want.path,
            PolicyDocument=document,
            Description=want.description or None,
            Tags=tags.pairs(tags.wanted(want)),
        )
        have = PolicyFacts(want.arn, want.path, document)
    run.created_at(have.created)

    if not same(have.document, document):
        if len(have.others) + 1 >= VERSIONS:
            run.delete("oldest version", iam.delete_policy_version, PolicyArn=want.arn, VersionId=have.others[0])
        run.update(
            "document",
            [Drift(*each) for each in difference(have.document, document)],
            iam.create_policy_version,
            risk=access(widening(have.document, document)),
            PolicyArn=want.arn,
            PolicyDocument=document,
            SetAsDefault=True,
        )

    if untagged := tags.missing(tagged, tags.wanted(want)):
        run.update("tags", compare(tagged, untagged), iam.tag_policy, PolicyArn=want.arn, Tags=tags.pairs(untagged))
    return want.arn


def tags_of(run: Run, want: Policy) -> Mapping[str, str]:
    return tags.held(run, want, tags.index(want.scope), want.arn, (policy_tags, want.arn))


def policy_tags(facts: Facts, arn: str) -> Mapping[str, str]:
    """Read the tags of one policy from IAM itself."""
    pages = facts.aws.iam.get_paginator("list_policy_tags").paginate(PolicyArn=arn)
    return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}


def policy_reads(want: Policy) -> Iterator[Read]:
    yield (authorization,)
    yield tags.tags, tags.index(want.scope)
