"""Repositories: what they are for, in one line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field

from awsbase.engine.changes import compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.facts import tags
from awsbase.facts.optional import empty_if
from awsbase.records import record


@record(kw_only=True)
class Repository(Resource):
    """One repository with its title."""

    name: str
    title: str
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return self.scope.address("repository", self.name)

    @property
    def arn(self) -> str:
        return self.scope.arn("sns", self.name)


@record
class RepositoryFacts:
    """One repository as it is."""

    title: str = ""


def repository(facts: Facts, region: str, arn: str) -> RepositoryFacts | None:
    """Read one repository; None when there is none."""
    found = empty_if("NotFound", facts.aws.at(region).sns.get_topic_attributes, TopicArn=arn)
    return RepositoryFacts(found["Attributes"].get("DisplayName", "")) if found else None


def repository_reads(want: Repository) -> Iterator[Read]:
    yield repository, want.scope.region, want.arn


def ensure_repository(run: Run, want: Repository) -> str:
    """Keep one repository with its title; returns its ARN."""
    sns = run.aws.sns
    have = run.read(repository, want.scope.region, want.arn)

    if have is None:
        # Identity belongs in the creating call: a name of its own, or the tag that tags.wanted gives.
        run.create("repository", sns.create_topic, Name=want.name, Tags=tags.pairs(tags.wanted(want)))
        have = RepositoryFacts()

    if drift := compare({"title": have.title}, {"title": want.title}):
        run.update(
            "title",
            drift,
            sns.set_topic_attributes,
            TopicArn=want.arn,
            AttributeName="DisplayName",
            AttributeValue=want.title,
        )
    return want.arn


def read_permissions(want: Repository) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("sns", "GetTopicAttributes", on=(want.arn,))


def write_permissions(want: Repository) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield allow("sns", "CreateTopic", "SetTopicAttributes", "TagResource", on=(want.arn,))


KIND = Kind(
    ensure_repository,
    repository_reads,
    resource=Repository,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="What a repository is, in one sentence.",
        why="What goes wrong without it.",
        undo=(TAKE_OUT, "aws sns delete-topic --topic-arn ARN --region REGION"),
        controls=(),
        cost="nothing",
    ),
    word="repository",
    found_by="name",
    owns="the title",
    keeps="tags",
)
