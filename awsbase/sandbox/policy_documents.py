"""What AWS demands of a policy document before it takes it; pure, one answer per document."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from awsbase.sandbox.authorization.decision import AccessRequest, Principal, effects

Kind = Literal["identity", "trust", "bucket", "key", "topic"]

TOP = {"Version", "Id", "Statement"}
INSIDE = {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}

COMPARED = "Equals NotEquals EqualsIgnoreCase NotEqualsIgnoreCase Like NotLike"
OPERATORS = {f"String{how}" for how in COMPARED.split()}
OPERATORS |= {
    f"{what}{how}"
    for what in ("Numeric", "Date")
    for how in ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
}
OPERATORS |= {f"Arn{how}" for how in ("Equals", "NotEquals", "Like", "NotLike")}
OPERATORS |= {"Bool", "BinaryEquals", "IpAddress", "NotIpAddress", "Null"}

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
OBJECT_ACTION = re.compile(r"s3:(\w*Object(?!LockConfiguration|OwnershipControls)\w*|AbortMultipartUpload)$", re.I)

ACTION = re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+")
ARN = re.compile(r"arn:[a-z-*?${}]+:[^:]*:[^:]*:[^:]*:.+", re.I | re.S)
SERVICE = re.compile(r"[a-z0-9.-]+\.(amazonaws\.com(\.cn)?|amazon\.com|aws\.internal)")


def mistakes(text: str, kind: Kind, resource: str = "") -> list[str]:
    """Return what AWS would refuse a document for; `resource` is the ARN that a resource policy belongs to."""
    try:
        document = json.loads(text)
    except ValueError:
        return ["Syntax errors in policy."]
    if not isinstance(document, dict) or not statements(document):
        return ["Policy document must be a JSON object with at least one Statement."]
    return list(_mistakes(document, kind, resource))


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


def _mistakes(document: dict[str, Any], kind: Kind, resource: str) -> Iterator[str]:
    if extra := set(document) - TOP:
        yield f"Syntax errors in policy: {', '.join(sorted(extra))}."
    if document.get("Version", "2012-10-17") not in ("2012-10-17", "2008-10-17"):
        yield "The policy must contain a valid version string."
    sids = [held["Sid"] for held in statements(document) if isinstance(held, dict) and held.get("Sid")]
    if len(sids) != len(set(sids)):
        yield "Statement IDs (SID) in a single policy must be unique."
    for statement in statements(document):
        if not isinstance(statement, dict) or set(statement) - INSIDE:
            yield "Syntax errors in policy."
        else:
            yield from _in_statement(statement, kind, resource)


def _in_statement(statement: dict[str, Any], kind: Kind, resource: str) -> Iterator[str]:
    if statement.get("Effect") not in ("Allow", "Deny"):
        yield "Syntax errors in policy: Effect is Allow or Deny."
    # KMS, S3 and SNS take blanks in a Sid; IAM does not.
    if kind in ("identity", "trust") and not re.fullmatch(r"[A-Za-z0-9]*", str(statement.get("Sid", ""))):
        yield "Statement IDs (SID) must be alpha-numeric."
    if ("Action" in statement) == ("NotAction" in statement) and kind != "key":
        yield "Policy statement must contain actions."
    for action in actions(statement):
        if not ACTION.fullmatch(action):
            yield f"Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.: {action}"
    yield from _conditions(statement.get("Condition", {}))
    named = {"Principal", "NotPrincipal"} & set(statement)
    targets = [str(target) for word in ("Resource", "NotResource") for target in listed(statement.get(word, []))]
    if kind == "identity":
        if named:
            yield "Policy document should not specify a principal."
        if not targets:
            yield "Policy statement must contain resources."
    elif len(named) != 1:
        yield "Missing required field Principal."
    for target in targets:
        if target != "*" and not ARN.fullmatch(target):
            yield f'Resource {target} must be in ARN format or "*".'
    for who, name in principals(statement):
        if who == "Service" and not SERVICE.fullmatch(name):
            yield f'Invalid principal in policy: "SERVICE":"{name}"'
    yield from _scope(statement, targets, kind, resource)


def _conditions(condition: Any) -> Iterator[str]:
    if not isinstance(condition, dict):
        yield "Syntax errors in policy: Condition."
        return
    for operator, asked in condition.items():
        bare = re.sub(r"^(ForAllValues|ForAnyValue):", "", operator)
        if re.sub(r"IfExists$", "", bare) not in OPERATORS:
            yield f"Invalid Condition type : {operator}."
        if not isinstance(asked, dict) or not asked:
            yield "Syntax errors in policy: Condition."


def _scope(statement: dict[str, Any], targets: list[str], kind: Kind, resource: str) -> Iterator[str]:
    asked = [action.lower() for action in actions(statement)]
    if kind == "trust":
        if targets:
            yield "Has prohibited field Resource."
        if not all(action == "*" or action.startswith("sts:") for action in asked):
            yield "AssumeRole policy may only specify STS AssumeRole actions."
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
