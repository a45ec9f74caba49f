"""Access Analyzer, which moto does not have: analyzers, one of a type in a region, and their tags."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from awsbase.sandbox.authorization.permissions import act, at, given, linked_role, own, table
from awsbase.sandbox.service import Request, Rule, Service
from awsbase.sandbox.snapshot import remembered
from awsbase.sandbox.wire import Refusal


@dataclass
class Analyzer:
    """One analyzer."""

    arn: str
    name: str
    type: str
    made: datetime
    token: str | None
    tags: dict[str, str]


@dataclass
class Analyzers:
    """The analyzers of the account, by ARN."""

    STATE = "analyzers"

    held: dict[str, Analyzer] = field(default_factory=dict)

    def state(self) -> dict[str, Any]:
        """Return what counts as the account's state."""
        return {arn: {"type": each.type, "tags": each.tags} for arn, each in self.held.items()}


def here(request: Request) -> list[Analyzer]:
    """Return the analyzers of the region."""
    return [each for each in request.memory(Analyzers).held.values() if each.arn.split(":")[3] == request.region]


def create(request: Request) -> dict[str, Any]:
    """Make an analyzer, unless there is one; the same token makes it once.

    Raises Refusal with ValidationException, ConflictException or ServiceQuotaExceededException.

    https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_CreateAnalyzer.html
    """
    name, kind, token = request.params["analyzerName"], request.params["type"], request.params.get("clientToken")
    for each in here(request):
        if each.name == name and token and each.token == token:
            return {"arn": each.arn}
        if each.name == name:
            raise Refusal("ConflictException", f"Analyzer {name} already exists", 409)
        if each.type == kind:
            raise Refusal("ServiceQuotaExceededException", f"The limit of 1 analyzer of type {kind} is reached", 402)
    if kind.startswith("ORGANIZATION"):
        raise Refusal("ValidationException", "The caller's account is no management account of an organization")
    iam = request.backend("iam", "aws")
    arn = f"arn:{iam.partition}:access-analyzer:{request.region}:{request.account}:analyzer/{name}"
    made = request.sandbox.clock()
    request.memory(Analyzers).held[arn] = Analyzer(arn, name, kind, made, token, dict(request.params.get("tags", {})))
    return {"arn": arn}


def list_analyzers(request: Request) -> dict[str, Any]:
    """List the analyzers of the region, page by page.

    Recorded: cloud-custodian, access-analyzer.ListAnalyzers.
    """
    wanted = [each for each in here(request) if request.params.get("type") in (None, each.type)]
    start = int(request.params.get("nextToken", 0))
    end = start + min(int(request.params.get("maxResults", 100)), request.sandbox.pages or 100)
    page: dict[str, Any] = {"analyzers": [described(each) for each in wanted[start:end]]}
    return {**page, "nextToken": str(end)} if end < len(wanted) else page


def described(each: Analyzer) -> dict[str, Any]:
    """Return an analyzer as the API does."""
    known = {"arn": each.arn, "name": each.name, "type": each.type, "createdAt": each.made}
    return {**known, "status": "ACTIVE", "tags": each.tags}


def find(request: Request, arn: str) -> Analyzer:
    """Return the analyzer of an ARN; raises Refusal with ResourceNotFoundException."""
    if arn not in request.memory(Analyzers).held:
        raise Refusal("ResourceNotFoundException", f"no analyzer {arn}", 404)
    return request.memory(Analyzers).held[arn]


def delete(request: Request) -> dict[str, Any]:
    """Remove an analyzer; raises Refusal with ResourceNotFoundException.

    https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_DeleteAnalyzer.html
    """
    found = next((each for each in here(request) if each.name == request.params["analyzerName"]), None)
    if found is None:
        raise Refusal("ResourceNotFoundException", f"no analyzer {request.params['analyzerName']}", 404)
    del request.memory(Analyzers).held[found.arn]
    return {}


def tag(request: Request) -> dict[str, Any]:
    """Add tags.

    https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_TagResource.html
    """
    find(request, request.params["resourceArn"]).tags.update(request.params["tags"])
    return {}


def untag(request: Request) -> dict[str, Any]:
    """Take tags away.

    https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_UntagResource.html
    """
    held = find(request, request.params["resourceArn"]).tags
    for key in request.params["tagKeys"]:
        held.pop(key, None)
    return {}


ANALYZER = at("access-analyzer:{region}:{account}:analyzer/{analyzerName}")
CALLS = table(
    {
        "ListAnalyzers": [own()],
        "CreateAnalyzer": [
            own(ANALYZER),
            act("access-analyzer:TagResource", ANALYZER, when="tags"),
            linked_role("access-analyzer.amazonaws.com", "AWSServiceRoleForAccessAnalyzer"),
        ],
        "GetAnalyzer DeleteAnalyzer": [own(ANALYZER)],
        "ListTagsForResource TagResource UntagResource": [own(given("resourceArn"))],
    }
)
RULES = (
    Rule("accessanalyzer:CreateAnalyzer", before=create, strict=False),
    Rule("accessanalyzer:ListAnalyzers", before=list_analyzers, strict=False),
    Rule("accessanalyzer:DeleteAnalyzer", before=delete, strict=False),
    Rule("accessanalyzer:TagResource", before=tag, strict=False),
    Rule("accessanalyzer:UntagResource", before=untag, strict=False),
)


SERVICE = Service(
    "accessanalyzer",
    rules=RULES,
    calls=CALLS,
    tags=lambda request, arn: dict(getattr(request.memory(Analyzers).held.get(arn), "tags", {})),
    snapshot=remembered(Analyzers),
    prefix="access-analyzer",
    warm_up={"ListAnalyzers": {}},
)
