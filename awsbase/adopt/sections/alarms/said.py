"""All that the alarms section says, and what it speaks on, which the notify section has to make."""

from __future__ import annotations

from collections.abc import Mapping

from awsbase.adopt.sections.alarms.billing import billing
from awsbase.adopt.sections.alarms.costs import anomaly, budget
from awsbase.adopt.sections.alarms.parts import Part
from awsbase.adopt.sections.alarms.security import security
from awsbase.adopt.seen import Seen
from awsbase.engine.scope import Scope
from awsbase.records import record


@record
class Said:
    """The parts of the section by their keys."""

    parts: Mapping[str, Part]

    @property
    def speaks(self) -> frozenset[tuple[str, Scope]]:
        """The channels that are spoken on, with the places where they are."""
        return frozenset().union(*(each.speaks for each in self.parts.values()))

    @property
    def unsaid(self) -> Mapping[str, str]:
        """Why things are left out, by their addresses."""
        return {address: why for part in self.parts.values() for address, why in part.unsaid.items()}


def said(seen: Seen) -> Said:
    """Return what the section says; a part that a manifest has refused is left out whole."""
    parts = {"billing": billing(seen), "security": security(seen), "budget": budget(seen), "anomaly": anomaly(seen)}
    return Said({name: refused(seen, name) or part for name, part in parts.items()})


def refused(seen: Seen, name: str) -> Part | None:
    """Return an empty part in the place of one that is no part of a manifest."""
    return Part() if place(name) in seen.refuted else None


def place(name: str) -> str:
    """Return what stands for a part of the section among addresses, to be refuted as a whole."""
    return f"alarms.{name}"
