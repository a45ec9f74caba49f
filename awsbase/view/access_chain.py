"""How one person gets to what they may do in an account, and what a reconcile would change, for people and programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from awsbase.organization.access_chain import Answer
from awsbase.organization.access_changes import AccessChange
from awsbase.view.access_matrix import SCHEMA, label
from awsbase.view.text import AMBER, RED, Line


def chain_lines(answer: Answer) -> Iterator[Line]:
    """Yield the ways of a person into an account, each from its group down to the policies of the role."""
    yield Line(0, f"{answer.user} in {answer.account} ({answer.id})", style="bold")
    if not answer.chains:
        yield Line(2, f"{answer.user} gets into no role there")
    for chain in answer.chains:
        yield Line(2, f"group {chain.group}" if chain.group else "no group, but policies of their own")
        yield Line(4, f"may assume role {chain.role} by {', '.join(chain.by)}", mark="→")
        yield Line(6, f"has {', '.join(chain.policies) or 'no policy'}", mark="→")


def chain_document(answer: Answer) -> dict[str, Any]:
    """Return the ways of a person into an account as JSON values."""
    return {
        "schema": SCHEMA,
        "user": answer.user,
        "account": {"name": answer.account, "id": answer.id},
        "chains": [
            {"group": each.group, "by": list(each.by), "role": each.role, "policies": list(each.policies)}
            for each in answer.chains
        ],
    }


def change_lines(changes: Sequence[AccessChange]) -> Iterator[Line]:
    """Yield what a reconcile would change, new access first, with what has to be typed for it."""
    for each in changes:
        what, mark, style = WORDS[each.kind]
        roles = f" {', '.join(each.roles)}" if each.roles and each.kind == "gains" else ""
        yield Line(0, f"{label(each.row)} {what}{roles} in {each.account}", mark=mark, mark_style=style)
        yield from (Line(4, why, style="dim") for why in each.why)
        if each.kind == "gains":
            typed = f": {each.account} is protected, its name has to be typed" if each.protected else ""
            yield Line(4, f"new access, which needs approval{typed}", style=f"bold {RED}")
    if not changes:
        yield Line(0, "nothing changes: the accounts allow what the file says")


WORDS = {"gains": ("gets", "+", RED), "loses": ("loses", "-", AMBER), "stays": ("keeps", "!", AMBER)}


def change_document(changes: Sequence[AccessChange], unread: Mapping[str, str]) -> dict[str, Any]:
    """Return what a reconcile would change as JSON values, with the accounts that were not read."""
    return {
        "schema": SCHEMA,
        "unread": dict(unread),
        "changes": [
            {
                "kind": each.kind,
                "name": each.row.name,
                "is": each.row.kind,
                "account": each.account,
                "protected": each.protected,
                "roles": list(each.roles),
                "why": list(each.why),
            }
            for each in changes
        ],
    }
