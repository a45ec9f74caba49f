"""What AWS demands of a policy document before it takes it; pure, one answer per document.

The grammar is the one that `awsbase validate` has: two would disagree. What a service demands beyond it is here.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from awsbase.policies.grammar import NO_ACTION, NO_RESOURCE, refusals
from awsbase.policies.grammar import Kind as WrittenAs
from awsbase.sandbox.authorization.decision import AccessRequest, Principal, effects

Kind = Literal["identity", "inline", "trust", "bucket", "key", "topic"]
WRITTEN_AS: Mapping[Kind, WrittenAs] = {
    "identity": "identity",
    "inline": "inline",
    "trust": "trust",
    "bucket": "resource",
    "key": "resource",
    "topic": "resource",
}

# SNS takes its own actions only, and no wildcard for all of them.
TOPIC_ACTIONS = {
    "sns:addpermission",
    "sns:deletetopic",
    "sns:getdataprotectionpolicy",
    "sns:gettopicattributes",
    "sns:listsubscriptionsbytopic",
    "sns:listtagsforresource",
    "sns:publish",
    "sns:putdataprotectionpolicy",
    "sns:receive",
    "sns:removepermission",
    "sns:settopicattributes",
    "sns:subscribe",
}

# Actions on what is in a bucket; everything else of S3 that a bucket policy may name is about the bucket.
OBJECT_ACTION = re.compile(
    r"s3:(\w*Object(?!LockConfiguration|OwnershipControls)\w*|AbortMultipartUpload|ListMultipartUploadParts|"
    r"Replicate(Delete|Tags)|BypassGovernanceRetention)$",
    re.I,
)

# Recorded by LocalStack's tests: test_create_role_with_malformed_assume_role_policy_document, test_bucket_policy_exc.
NOT_JSON = {
    "trust": "This policy contains invalid Json",
    "bucket": "Policies must be valid JSON and the first byte must be '{'",
}


def mistakes(text: str, kind: Kind, partition: str | None, resource: str = "") -> list[str]:
    """Return what AWS would refuse a document for; `resource` is the ARN that a resource policy belongs to."""
    try:
        document = json.loads(text)
    except ValueError:
        return [NOT_JSON.get(kind, "Syntax errors in policy.")]
    if kind == "bucket" and isinstance(document, dict) and "Statement" not in document:
        return ["Missing required field Statement"]
    found = refusals(document, WRITTEN_AS[kind], partition)
    if kind == "key":
        # KMS takes a statement without actions or resources, which then has no effect.
        found = [each for each in found if each not in (NO_ACTION, NO_RESOURCE)]
    return found or [*_beyond(document, kind, resource)]


def statements(document: Mapping[str, Any]) -> list[Any]:
    """Return a document's statements, written as one or as several."""
    return listed(document.get("Statement", []))


def listed(value: Any) -> list[Any]:
    """Return a value that may be written alone or in a list as a list."""
    return list(value) if isinstance(value, list) else [value]


def size(text: str) -> int:
    """Return a document's length as AWS counts it, without white space."""
    return len(re.sub(r"\s", "", text))


def principals(statement: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the principals of a statement, as kind and name."""
    for word in ("Principal", "NotPrincipal"):
        named = statement.get(word, {})
        if isinstance(named, str):
            yield "AWS", named
        elif isinstance(named, dict):
            for kind, names in named.items():
                for name in listed(names):
                    yield kind, str(name)


def actions(statement: Mapping[str, Any]) -> list[str]:
    """Return the actions of a statement."""
    return [str(action) for action in listed(statement.get("Action", statement.get("NotAction", [])))]


def allows(document: Mapping[str, Any], action: str, principal: str) -> list[dict[str, Any]]:
    """Return the statements that allow a principal an action, whatever they demand of resource and condition."""
    return [
        statement
        for statement in statements(document)
        if statement.get("Effect") == "Allow"
        and any(matches(pattern, action) for pattern in listed(statement.get("Action", [])))
        and any(name in ("*", principal) for _, name in principals(statement))
    ]


def matches(pattern: str, text: str) -> bool:
    """Compare as IAM does: `*` and `?` are wild, letters' case is not looked at."""
    wild = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(wild, text, re.I | re.S) is not None


def permits(
    document: Mapping[str, Any], principal: str | None, action: str, resource: str, context: Mapping[str, str]
) -> bool:
    """Return whether a document lets a principal do something; `None` stands for whoever an identity policy is of."""
    who = Principal("", {principal: "direct"}) if principal else None
    found = {effect for effect, _ in effects([document], AccessRequest(action, resource, context), who)}
    return found == {"Allow"}


def _beyond(document: Mapping[str, Any], kind: Kind, resource: str) -> Iterator[str]:
    for statement in statements(document):
        targets = [str(target) for word in ("Resource", "NotResource") for target in listed(statement.get(word, []))]
        yield from _scope(statement, targets, kind, resource)


def _scope(statement: dict[str, Any], targets: list[str], kind: Kind, resource: str) -> Iterator[str]:
    asked = [action.lower() for action in actions(statement)]
    if kind == "key" and not all(action == "*" or action.startswith("kms:") for action in asked):
        yield "Policy contains a statement with one or more invalid actions."
    if kind == "topic":
        if not set(asked) <= TOPIC_ACTIONS:
            yield "Policy statement action out of service scope!"
        if not all(matches(target, resource) for target in targets):
            yield "Policy Error: resource is not the topic"
    if kind == "bucket":
        if not all(action == "*" or action.startswith("s3:") for action in asked):
            yield "Policy has invalid action"
        ours = [target for target in targets if target == resource or target.startswith(f"{resource}/")]
        if not targets or len(ours) != len(targets):
            yield "Policy has invalid resource"
        inside = any("/" in target for target in targets)
        whole = any("/" not in target for target in targets)
        for action in asked:
            about_objects = bool(OBJECT_ACTION.fullmatch(action))
            if "*" not in action and not (inside if about_objects else whole):
                yield "Action does not apply to any resource(s) in statement"
