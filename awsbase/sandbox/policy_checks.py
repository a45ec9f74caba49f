"""Policy documents as services check them: well formed, not too long, and about principals that exist."""

import json
from collections.abc import Mapping
from typing import Any

from awsbase.sandbox import policy_documents
from awsbase.sandbox.authorization.resources import in_its_account
from awsbase.sandbox.policy_documents import Kind
from awsbase.sandbox.propagation import Propagation
from awsbase.sandbox.service import Request
from awsbase.sandbox.wire import Refusal


def missing_principal(request: Request, document: Mapping[str, Any], *, elsewhere: bool) -> str | None:
    """Return a principal that the document names and that nobody knows (yet)."""
    ids = {entity.id for entity in _entities(request)}
    for statement in policy_documents.statements(document):
        for kind, name in policy_documents.principals(statement):
            if kind != "AWS" or name in ("*", request.account) or name in ids or ":assumed-role/" in name:
                continue
            there = in_its_account(request, name)
            known = {request.caller.principal, f"arn:{request.partition}:iam::{there.account}:root"}
            known |= {entity.arn for entity in _entities(there)}
            held = f":iam::{there.account}:" in name
            if (held and name not in known) or not (":iam::" in name or (name.isdigit() and len(name) == 12)):
                return name
            if elsewhere and there.memory(Propagation).unknown(name, request):
                return name
    return None


def _entities(request: Request) -> list[Any]:
    iam = request.backend("iam")
    return [*iam.users.values(), *iam.roles.values()]


def check_policy(request: Request, text: str, kind: Kind, code: str, resource: str = "") -> dict[str, Any]:
    """Refuse a document that AWS would not take; return it read.

    Raises Refusal.
    """
    if wrong := policy_documents.mistakes(text, kind, request.partition, resource):
        raise Refusal(code, wrong[0])
    document: dict[str, Any] = json.loads(text)
    if kind not in ("identity", "inline") and (name := missing_principal(request, document, elsewhere=True)):
        message = {
            "topic": "Invalid parameter: Policy Error: PrincipalNotFound",
            "key": "Policy contains a statement with one or more invalid principals.",
        }
        raise Refusal(code, message.get(kind, f'Invalid principal in policy: "AWS":"{name}"'))
    return document


def check_size(text: str, most: int, what: str, code: str = "LimitExceeded") -> None:
    """Refuse a document that is too long; raises Refusal."""
    if policy_documents.size(text) > most:
        raise Refusal(code, f"Cannot exceed quota for {what}: {most}", 409 if code == "LimitExceeded" else None)
