"""Whose call it is: the names that policies know the caller by, the policies they have, and what AWS says of them."""

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from awsbase.sandbox.authorization.decision import Document, Principal, Reach
from awsbase.sandbox.authorization.matching import Context
from awsbase.sandbox.callers import ADMINISTRATOR
from awsbase.sandbox.rule import Ask

EVERYTHING: Document = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
TYPES = {"root": "Account", "user": "User", "role": "AssumedRole"}


def principal(ask: Ask) -> Principal:
    """Return the caller under all their names."""
    caller = ask.caller
    root = f"arn:{caller.partition}:iam::{caller.account}:root"
    if caller.kind == "root":
        return Principal(caller.account, {root: "direct", caller.account: "direct"})
    names: dict[str, Reach] = {root: "account", caller.account: "account"}
    held = entity(ask)
    if held and caller.kind == "role":
        names |= {held.arn: "role", held.id: "role"}
    elif held:
        names[held.id] = "direct"
    return Principal(caller.account, {**names, caller.arn: "direct"})


def entity(ask: Ask) -> Any:
    """Return moto's user or role of the caller, or nothing: root is neither."""
    iam, caller = _iam(ask), ask.caller
    if caller.kind == "user":
        return iam.users.get(caller.name)
    return next((role for role in iam.roles.values() if role.name == caller.name), None)


def granted(ask: Ask) -> list[Document]:
    """Return the caller's own policies."""
    if ask.caller.kind == "root" or ask.caller.name == ADMINISTRATOR:
        return [EVERYTHING]
    held = entity(ask)
    return list(policies(_iam(ask), held)) if held else []


def policies(iam: Any, held: Any) -> Iterator[Document]:
    """Yield the documents, inline and attached, of a user and their groups, or of a role."""
    for holder in [held, *(group for group in iam.groups.values() if held in group.users)]:
        yield from (default(policy) for policy in holder.managed_policies.values())
        yield from (read(document) for document in holder.policies.values())


def boundary(ask: Ask) -> list[Document] | None:
    """Return the caller's permissions boundary."""
    arn = getattr(entity(ask), "permissions_boundary_arn", None)
    if arn is None:
        return None
    held = _iam(ask).managed_policies.get(arn)
    return [default(held)] if held else []


def session(ask: Ask) -> list[Document] | None:
    """Return the policies that the caller's session was cut down to."""
    return [read(text) for text in ask.caller.session_policies] or None


def default(policy: Any) -> Document:
    """Return what a managed policy says now."""
    return read(next(version.document for version in policy.versions if version.is_default))


def read(document: Any) -> Document:
    """Return a document that moto keeps as text, bytes or JSON."""
    if isinstance(document, bytes):
        document = document.decode()
    return _parsed(document) if isinstance(document, str) else document


def facts(ask: Ask) -> Context:
    """Return the condition keys that tell of the caller."""
    caller, held = ask.caller, entity(ask)
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
    for key, value in tags(ask, held).items():
        known[f"aws:principaltag/{key.lower()}"] = value
    if caller.temporary:
        # Long-term keys lack the keys of MFA altogether.
        known["aws:multifactorauthpresent"] = str(caller.mfa).lower()
        issued = caller.issued or ask.sandbox.clock()
        known["aws:tokenissuetime"] = issued.isoformat()
        if caller.mfa:
            known["aws:multifactorauthage"] = str(int((ask.sandbox.clock() - issued).total_seconds()))
    return known


def tags(ask: Ask, held: Any) -> dict[str, str]:
    """Return the tags of a user or a role."""
    if ask.caller.kind == "role":
        return {tag["Key"]: tag["Value"] for tag in getattr(held, "tags", None) or []}
    found: dict[str, str] = _iam(ask).tagger.get_tag_dict_for_resource(held.arn) if held else {}
    return found


def _iam(ask: Ask) -> Any:
    return ask.sandbox.world.backend("iam", ask.region, ask.caller.account)


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Document:
    document: Document = json.loads(unquote(text) if text.startswith("%7B") else text)
    return document
