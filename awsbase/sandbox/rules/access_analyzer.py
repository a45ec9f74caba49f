"""Access Analyzer, which moto does not have: analyzers, one of a type in a region, and their tags."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from awsbase.sandbox.rule import Ask, Refusal, Rule


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


def here(ask: Ask) -> list[Analyzer]:
    """Return the analyzers of the region."""
    return [each for each in ask.memory(Analyzers).held.values() if each.arn.split(":")[3] == ask.region]


def create(ask: Ask) -> dict[str, Any]:
    """Make an analyzer, unless there is one; the same token makes it once."""
    name, kind, token = ask.params["analyzerName"], ask.params["type"], ask.params.get("clientToken")
    for each in here(ask):
        if each.name == name and token and each.token == token:
            return {"arn": each.arn}
        if each.name == name:
            raise Refusal("ConflictException", f"Analyzer {name} already exists", 409)
        if each.type == kind:
            raise Refusal("ServiceQuotaExceededException", f"The limit of 1 analyzer of type {kind} is reached", 402)
    if kind.startswith("ORGANIZATION"):
        raise Refusal("ValidationException", "The caller's account is no management account of an organization")
    iam = ask.backend("iam", "aws")
    arn = f"arn:{iam.partition}:access-analyzer:{ask.region}:{ask.account}:analyzer/{name}"
    made = ask.sandbox.clock()
    ask.memory(Analyzers).held[arn] = Analyzer(arn, name, kind, made, token, dict(ask.params.get("tags", {})))
    return {"arn": arn}


def list_analyzers(ask: Ask) -> dict[str, Any]:
    """List the analyzers of the region, page by page."""
    wanted = [each for each in here(ask) if ask.params.get("type") in (None, each.type)]
    start = int(ask.params.get("nextToken", 0))
    end = start + min(int(ask.params.get("maxResults", 100)), ask.sandbox.pages or 100)
    told: dict[str, Any] = {"analyzers": [tell(each) for each in wanted[start:end]]}
    return {**told, "nextToken": str(end)} if end < len(wanted) else told


def tell(each: Analyzer) -> dict[str, Any]:
    """Tell an analyzer as the API does."""
    known = {"arn": each.arn, "name": each.name, "type": each.type, "createdAt": each.made}
    return {**known, "status": "ACTIVE", "tags": each.tags}


def find(ask: Ask, arn: str) -> Analyzer:
    """Return the analyzer of an ARN."""
    if arn not in ask.memory(Analyzers).held:
        raise Refusal("ResourceNotFoundException", f"no analyzer {arn}", 404)
    return ask.memory(Analyzers).held[arn]


def delete(ask: Ask) -> dict[str, Any]:
    """Remove an analyzer."""
    found = next((each for each in here(ask) if each.name == ask.params["analyzerName"]), None)
    if found is None:
        raise Refusal("ResourceNotFoundException", f"no analyzer {ask.params['analyzerName']}", 404)
    del ask.memory(Analyzers).held[found.arn]
    return {}


def tag(ask: Ask) -> dict[str, Any]:
    """Add tags."""
    find(ask, ask.params["resourceArn"]).tags.update(ask.params["tags"])
    return {}


def untag(ask: Ask) -> dict[str, Any]:
    """Take tags away."""
    held = find(ask, ask.params["resourceArn"]).tags
    for key in ask.params["tagKeys"]:
        held.pop(key, None)
    return {}


RULES = (
    Rule("accessanalyzer:CreateAnalyzer", before=create, strict=False),
    Rule("accessanalyzer:ListAnalyzers", before=list_analyzers, strict=False),
    Rule("accessanalyzer:DeleteAnalyzer", before=delete, strict=False),
    Rule("accessanalyzer:TagResource", before=tag, strict=False),
    Rule("accessanalyzer:UntagResource", before=untag, strict=False),
)
