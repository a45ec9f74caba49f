"""Access Analyzer: what in the account can be reached from outside of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field

from awsbase.access.attributes import retagging
from awsbase.engine.changes import compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow, linked_role
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access, deletion
from awsbase.engine.run import Run
from awsbase.ensure.regions import ADDRESS, Only, everywhere, in_regions, made_in
from awsbase.facts import tags
from awsbase.records import record

# The type that looks for access from outside; it is free, and those for unused and internal access are not.
OUTSIDE = "ACCOUNT"


@record(kw_only=True)
class Analyzer(Resource):
    """An analyzer of access from outside in every region; one that exists is adopted under whatever name it has."""

    name: str
    only: Only = None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"analyzer/{self.name}"

    def needs(self) -> Iterator[str]:
        yield ADDRESS


@record
class AnalyzerFacts:
    """An analyzer, its ARN unknown while it is only planned."""

    arn: str
    tags: Mapping[str, str] = field(default_factory=dict)


def analyzer(facts: Facts, region: str) -> AnalyzerFacts | None:
    """Return the analyzer of a region: AWS allows one for each account."""
    pages = facts.aws.at(region).accessanalyzer.get_paginator("list_analyzers").paginate(type=OUTSIDE)
    found = [each for page in pages for each in page["analyzers"]]
    return AnalyzerFacts(found[0]["arn"], found[0].get("tags", {})) if found else None


def ensure_analyzer(run: Run, want: Analyzer) -> None:
    """Make an analyzer where there is none, and tag what there is."""
    wanted = tags.wanted(want)
    for region, have in run.read(everywhere, analyzer, want.only).items():
        client = run.aws.at(region).accessanalyzer
        if have is None:
            run.create(
                f"analyzer in {region}",
                client.create_analyzer,
                analyzerName=want.name,
                type=OUTSIDE,
                tags=tags.with_origin(want),
            )
        elif untagged := tags.missing(have.tags, wanted):
            drift = compare(have.tags, untagged)
            run.update(
                f"tags in {region}",
                drift,
                client.tag_resource,
                risk=access(retagging(run, have.tags, untagged)),
                resourceArn=have.arn,
                tags=untagged,
            )


def remove_analyzer(run: Run, want: Analyzer) -> None:
    """Delete the analyzers that this manifest made."""
    found: Mapping[str, AnalyzerFacts | None] = run.read(everywhere, analyzer, want.only)
    there = {region: have for region, have in found.items() if have is not None}
    for region in made_in(run, want, {region: have.tags for region, have in there.items()}):
        run.delete(
            f"analyzer in {region}",
            run.aws.at(region).accessanalyzer.delete_analyzer,
            risk=deletion("its findings and archive rules go with it"),
            analyzerName=there[region].arn.rpartition("/")[2],
        )


def analyzer_reads(want: Analyzer) -> Iterator[Read]:
    """Yield the facts that the recipe of an analyzer reads, to prefetch them."""
    yield everywhere, analyzer, want.only


def read_permissions(want: Analyzer) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("access-analyzer", "ListAnalyzers")


def write_permissions(want: Analyzer) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    # One that is adopted has whatever name it has.
    yield allow(
        "access-analyzer", "CreateAnalyzer", "TagResource", on=in_regions(want, "access-analyzer", "analyzer/*")
    )
    yield linked_role(want.scope, "access-analyzer.amazonaws.com")


def removal_permissions(want: Analyzer) -> Allows:
    """Yield the IAM permissions that a removal needs beyond those of a plan."""
    yield allow("access-analyzer", "DeleteAnalyzer", on=in_regions(want, "access-analyzer", "analyzer/*"))


KIND = Kind(
    ensure_analyzer,
    analyzer_reads,
    resource=Analyzer,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="Finds buckets, roles, keys and the like that somebody outside of the account can use, in every region.",
        why="A policy that lets strangers in looks like any other; the analyzer works out who gets in.",
        undo=(TAKE_OUT, "aws accessanalyzer delete-analyzer --analyzer-name NAME --region REGION"),
        controls=("CIS 1.20",),
    ),
    word="analyzer",
    found_by="there is one a region",
    owns="that it is there",
    keeps="its name, archive rules, tags",
    absent=Absent(remove_analyzer, permissions=removal_permissions),
)
