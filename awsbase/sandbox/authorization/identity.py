"""Whose call it is: the names that policies know the caller by, the policies they have, and what AWS says of them."""

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from awsbase.sandbox.authorization.decision import Document, Principal, Reach
from awsbase.sandbox.authorization.matching import Context
from awsbase.sandbox.authorization.membership import facts_of_principal
from awsbase.sandbox.callers import ADMINISTRATOR
from awsbase.sandbox.service import Request

EVERYTHING: Document = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
TYPES = {"root": "Account", "user": "User", "role": "AssumedRole"}


def principal(request: Request) -> Principal:
    """Return the caller under all their names."""
    caller = request.caller
    root = f"arn:{caller.partition}:iam::{caller.account}:root"
    if caller.kind == "root":
        return Principal(caller.account, {root: "direct", caller.account: "direct"})
    names: dict[str, Reach] = {root: "account", caller.account: "account"}
    held = entity(request)
    if held and caller.kind == "role":
        names |= {held.arn: "role", held.id: "role"}
    elif held:
        names[held.id] = "direct"
    return Principal(caller.account, {**names, caller.arn: "direct"})


def entity(request: Request) -> Any:
    """Return moto's user or role of the caller, or nothing: root is neither."""
    iam, caller = _iam(request), request.caller
    if caller.kind == "user":
        return iam.users.get(caller.name)
    return next((role for role in iam.roles.values() if role.name == caller.name), None)


def granted(request: Request) -> list[Document]:
    """Return the caller's own policies."""
    if request.caller.kind == "root" or request.caller.name == ADMINISTRATOR:
        return [EVERYTHING]
    held = entity(request)
    return list(policies(_iam(request), held)) if held else []


def policies(iam: Any, held: Any) -> Iterator[Document]:
    """Yield the documents, inline and attached, of a user and their groups, or of a role."""
    for holder in [held, *(group for group in iam.groups.values() if held in group.users)]:
        yield from (default(policy) for policy in holder.managed_policies.values())
        yield from (read(document) for document in holder.policies.values())


def boundary(request: Request) -> list[Document] | None:
    """Return the caller's permissions boundary."""
    arn = getattr(entity(request), "permissions_boundary_arn", None)
    if arn is None:
        return None
    held = _iam(request).managed_policies.get(arn)
    return [default(held)] if held else []


def session(request: Request) -> list[Document] | None:
    """Return the policies that the caller's session was cut down to."""
    return [read(text) for text in request.caller.session_policies] or None


def default(policy: Any) -> Document:
    """Return what a managed policy says now."""
    return read(next(version.document for version in policy.versions if version.is_default))


def read(document: Any) -> Document:
    """Return a document that moto keeps as text, bytes or JSON."""
    if isinstance(document, bytes):
        document = document.decode()
    return _parsed(document) if isinstance(document, str) else document


def facts(request: Request) -> Context:
    """Return the condition keys about the caller."""
    caller, held = request.caller, entity(request)
    known: dict[str, str] = {
        "aws:principalarn": caller.principal,
        "aws:principalaccount": caller.account,
        "aws:principaltype": TYPES[caller.kind],
        "aws:principalisawsservice": "false",
        "aws:userid": caller.account if caller.kind == "root" else getattr(held, "id", ""),
    }
    if caller.kind == "user":
        known["aws:username"] = caller.name
    if caller.kind == "role":
        known["aws:userid"] += f":{caller.session}"
    # A tag of the session counts more than one of its role.
    for key, value in (*tags(request, held).items(), *caller.tags):
        known[f"aws:principaltag/{key.lower()}"] = value
    if caller.source_identity:
        known["aws:sourceidentity"] = caller.source_identity
    if caller.temporary:
        # Long-term keys lack the keys of MFA altogether.
        known["aws:multifactorauthpresent"] = str(caller.mfa).lower()
        issued = caller.issued or request.sandbox.clock()
        known["aws:tokenissuetime"] = issued.isoformat()
        if caller.mfa:
            known["aws:multifactorauthage"] = str(int((request.sandbox.clock() - issued).total_seconds()))
    return {**known, **facts_of_principal(request)}


def tags(request: Request, held: Any) -> dict[str, str]:
    """Return the tags of a user or a role."""
    if request.caller.kind == "role":
        return {tag["Key"]: tag["Value"] for tag in getattr(held, "tags", None) or []}
    found: dict[str, str] = _iam(request).tagger.get_tag_dict_for_resource(held.arn) if held else {}
    return found


def _iam(request: Request) -> Any:
    return request.sandbox.backend("iam", request.region, request.caller.account)


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Document:
    document: Document = json.loads(unquote(text) if text.startswith("%7B") else text)
    return document
