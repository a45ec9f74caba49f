"""What each kind of resource and each curated policy is, why it is there, what it costs, and how to undo it by hand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from awsbase import ensure
from awsbase.engine.kind import About, Kind, Undeclared
from awsbase.errors import UsageError
from awsbase.explain.policies import POLICIES

__all__ = ["POLICIES", "entries", "explain", "subjects"]

REGION = re.compile(r"(.+)@([a-z]{2,4}(?:-[a-z]+)+-[0-9])")
NAME, WHERE = "NAME", "REGION"


def subjects(others: Iterable[Kind] = ()) -> list[str]:
    """Return all that can be asked about, kinds first, those of plug-ins included; imports no kind."""
    return [*ensure.names(), *sorted(kind.word for kind in others), *POLICIES]


def entries(others: Iterable[Kind] = ()) -> dict[str, About]:
    """Return every explanation, kinds first, those of plug-ins included; imports all kinds."""
    ours = {name: about(ensure.declared(name)) for name in ensure.names()}
    return {**ours, **{kind.word: about(kind) for kind in sorted(others, key=lambda kind: kind.word)}, **POLICIES}


def about(kind: Kind) -> About:
    """Return the explanation of a kind; raises Undeclared when it has none."""
    if kind.about is None:
        raise Undeclared(
            f"nothing explains {kind.word}",
            hint=f"write about=About(what=..., why=..., undo=...) into KIND in {kind.resource.__module__}",
        )
    return kind.about


def explain(subject: str, others: Iterable[Kind] = ()) -> tuple[str, About]:
    """Return what a kind, an address or a curated policy is about, with the address's name in its undo.

    Only the kind that is asked for is imported; `others` are those of plug-ins. Raises UsageError when nothing is
    known about the subject.
    """
    if subject in POLICIES:
        return subject, POLICIES[subject]
    kind, _, name = subject.partition("/")
    if kind == "policy" and (curated := name.replace("awsbase-", "awsbase:", 1)) in POLICIES:
        return subject, POLICIES[curated]
    word = kind.lower().replace("_", "-").replace(" ", "-")
    foreign = {other.word: other for other in others}
    if word not in foreign and word not in ensure.names():
        near = get_close_matches(kind, subjects(foreign.values()), n=1) or get_close_matches(
            f"awsbase:{kind}", subjects(), n=1
        )
        raise UsageError(
            f"nothing is known about {subject!r}",
            hint=f"did you mean {near[0]!r}?" if near else "`awsbase explain` lists what can be asked about",
        )
    found = about(foreign[word] if word in foreign else ensure.declared(word))
    return subject, found.filled(named(name)) if name else found


def named(name: str) -> Mapping[str, str]:
    """Return what stands for name and region in an undo, of an address without its kind."""
    found = REGION.fullmatch(name)
    return {NAME: found[1], WHERE: found[2]} if found else {NAME: name}
