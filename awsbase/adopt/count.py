"""What became of everything that was listed: described, left alone, not expressible, or not read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field

from awsbase.adopt.proof import Proven
from awsbase.adopt.survey import Survey
from awsbase.engine.things import LeftAlone, NotExpressible, Unread
from awsbase.records import record

NO_SECTION = "no section of a manifest says this yet"


@record
class Count:
    """Everything that was listed, each thing in one of four lists.

    `parts` are those of described things that a manifest has no words for; `left_out` are sections with their reasons.
    """

    described: Sequence[str]
    left_alone: Sequence[LeftAlone]
    not_expressible: Sequence[NotExpressible]
    unread: Sequence[Unread]
    parts: Sequence[NotExpressible] = ()
    left_out: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def listed(self) -> int:
        """How many things were listed."""
        return len(self.described) + len(self.left_alone) + len(self.not_expressible) + len(self.unread)


def counted(survey: Survey, proven: Proven) -> Count:
    """Tell of each thing that was listed what became of it."""
    told: dict[str, tuple[str, ...]] = {}
    partly: set[str] = set()
    for draft in proven.drafts:
        told.update(draft.reasons)
        # What its own section says in part only is not described as it is.
        partly |= {each.address for each in proven.resources.get(draft.name, ()) if draft.reasons.get(each.address)}
    # What was refuted in one section can be another's, which describes all of it.
    reasons = {**proven.refuted, **told}
    whole = proven.addresses - partly
    described = [each.name for each in survey.described if each.name in whole]
    unread = {name: each for name, each in proven.unread.items() if name not in whole}
    missing = [each.name for each in survey.described if each.name not in whole and each.name not in unread]
    return Count(
        tuple(described),
        tuple(survey.left_alone),
        (*survey.not_expressible, *(NotExpressible(name, reasons.get(name, (NO_SECTION,))) for name in missing)),
        (*survey.unread, *unread.values()),
        tuple(NotExpressible(name, told[name]) for name in described if told.get(name)),
        proven.left_out,
    )
