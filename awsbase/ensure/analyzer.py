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
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, NotExpressible, Things
from awsbase.ensure.regions import ADDRESS, Only, answers, everywhere, in_regions, made_in, several
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
    type: str = OUTSIDE

    @property
    def name(self) -> str:
        return self.arn.rpartition("/")[2]


def analyzer(facts: Facts, region: str) -> AnalyzerFacts | None:
    """Return the analyzer of a region that looks for access from outside: AWS allows one for each account."""
    return next((each for each in facts.read(analyzers, region) if each.type == OUTSIDE), None)


def analyzers(facts: Facts, region: str) -> tuple[AnalyzerFacts, ...]:
    """Return all analyzers of a region, those too that look for something else."""
    pages = facts.aws.at(region).accessanalyzer.get_paginator("list_analyzers").paginate()
    found = [each for page in pages for each in page["analyzers"]]
    return tuple(AnalyzerFacts(each["arn"], each.get("tags", {}), each["type"]) for each in found)


def ensure_analyzer(run: Run, want: Analyzer) -> None:
    """Make an analyzer where there is none, and tag what there is."""
    wanted = tags.wanted(want)

    def analyze(run: Run, region: str, have: AnalyzerFacts | None) -> None:
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

    run.side_by_side(analyze, run.read(everywhere, analyzer, want.only))


def remove_analyzer(run: Run, want: Analyzer) -> None:
    """Delete the analyzers that this manifest made."""
    found: Mapping[str, AnalyzerFacts | None] = run.read(everywhere, analyzer, want.only)
    there = {region: have for region, have in found.items() if have is not None}
    for region in made_in(run, want, {region: have.tags for region, have in there.items()}):
        run.delete(
            f"analyzer in {region}",
            run.aws.at(region).accessanalyzer.delete_analyzer,
            risk=deletion("its findings and archive rules go with it"),
            analyzerName=there[region].name,
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


def things(facts: Facts, scope: Scope) -> Things:
    """Yield the analyzers of access from outside as one where each region has one, and all others by their names."""
    found = answers(facts, analyzers)
    yield from found.unread()
    first = {
        region: next((each for each in held if each.type == OUTSIDE), None) for region, held in found.by_region.items()
    }
    for region, held in found.by_region.items():
        for each in held:
            if each is not first[region]:
                what = "a second one" if each.type == OUTSIDE else f"its type {each.type}"
                yield NotExpressible(scope.at(region).address("analyzer", each.name), (what,))
    there = {region: each for region, each in first.items() if each}
    names = {each.name for each in there.values()}
    want = Analyzer(scope=scope, name=names.pop() if len(names) == 1 else f"{scope.name}-access", only=found.only)
    if lacking := [region for region, each in first.items() if each is None]:
        if there:
            yield NotExpressible(want.address, (f"one in {several(list(there))}, and none in {several(lacking)}",))
        return
    yield Described(want, tags=tags.common(each.tags for each in there.values()))


def listing_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions that listing it needs."""
    yield allow("access-analyzer", "ListAnalyzers")


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
    describe=Describe(things, listing_permissions),
    absent=Absent(remove_analyzer, permissions=removal_permissions),
)
