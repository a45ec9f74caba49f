"""What each kind of resource and each shipped policy is, why it is there, what it costs, and how to undo it by hand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches

from awsbase.errors import UsageError
from awsbase.explain.entry import Entry
from awsbase.explain.kinds import KINDS
from awsbase.explain.policies import POLICIES

__all__ = ["KINDS", "POLICIES", "Entry", "explain", "subjects", "word"]

REGION = re.compile(r"(.+)@([a-z]{2,4}(?:-[a-z]+)+-[0-9])")
NAME, WHERE = "NAME", "REGION"
# Where addresses begin with AWS's word for a thing, and the class has another.
IN_ADDRESSES = {
    "address-in-use": "elastic-ip-association",
    "closed-default-group": "default-security-group",
    "connect-endpoint": "instance-connect-endpoint",
    "terminated": "instance",
    "termination-schedule": "schedule",
}


def subjects() -> list[str]:
    """Return all that can be asked about, kinds first."""
    return [*KINDS, *POLICIES]


def word(kind: type) -> str:
    """Return the word that addresses of a kind begin with: that of `LogGroup` is log-group."""
    own = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", kind.__name__).lower()
    return IN_ADDRESSES.get(own, own)


def explain(subject: str) -> tuple[str, Entry]:
    """Return what a kind, an address or a shipped policy is about, with the address's name in its undo."""
    if subject in POLICIES:
        return subject, POLICIES[subject]
    kind, _, name = subject.partition("/")
    if kind == "policy" and (shipped := name.replace("awsbase-", "awsbase:", 1)) in POLICIES:
        return subject, POLICIES[shipped]
    written = kind.lower().replace("_", "-").replace(" ", "-")
    entry = KINDS.get(IN_ADDRESSES.get(written, written))
    if entry is None:
        near = get_close_matches(kind, subjects(), n=1) or get_close_matches(f"awsbase:{kind}", subjects(), n=1)
        raise UsageError(
            f"nothing is known about {subject!r}",
            hint=f"did you mean {near[0]!r}?" if near else "`awsbase explain` lists what can be asked about",
        )
    return subject, entry.about(named(name)) if name else entry


def named(name: str) -> Mapping[str, str]:
    """Return what stands for name and region in an undo, of an address without its kind."""
    found = REGION.fullmatch(name)
    return {NAME: found[1], WHERE: found[2]} if found else {NAME: name}
