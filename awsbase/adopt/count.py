"""What became of everything that was listed: described, left alone, not expressible, or not read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field

from awsbase.adopt.proof import Proven
from awsbase.adopt.sections import names, section
from awsbase.adopt.survey import Survey
from awsbase.engine.things import LeftAlone, NotExpressible, Unread
from awsbase.ensure import KINDS
from awsbase.records import record

NO_SECTION = "no section of a manifest says this yet"
KEPT_SECTION = "the file has its section {} already, which does not say this"


@record
class Count:
    """Everything that was listed, each thing in one of four lists.

    `in_part` are names of what is not expressible, but for some fields stands in the manifest; `left_out` are sections
    with their reasons.
    """

    described: Sequence[str]
    left_alone: Sequence[LeftAlone]
    not_expressible: Sequence[NotExpressible]
    unread: Sequence[Unread]
    in_part: frozenset[str] = frozenset()
    left_out: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def listed(self) -> int:
        """How many things were listed."""
        return len(self.described) + len(self.left_alone) + len(self.not_expressible) + len(self.unread)


def counted(survey: Survey, proven: Proven) -> Count:
    """Tell of each thing that was listed what became of it."""
    told: dict[str, tuple[str, ...]] = {}
    # What its own section says in part only is not described as it is.
    partly = set(proven.otherwise)
    for draft in proven.drafts:
        told.update(draft.reasons)
        partly |= {each.address for each in proven.resources.get(draft.name, ()) if draft.reasons.get(each.address)}
    # What was refuted in one section can be another's, which describes all of it.
    reasons = {**proven.refuted, **told, **proven.otherwise}
    whole = proven.addresses - partly
    unread = {name: each for name, each in proven.unread.items() if name not in whole}
    missing = [each.name for each in survey.described if each.name not in whole and each.name not in unread]
    kept = kept_sections(proven)
    return Count(
        tuple(each.name for each in survey.described if each.name in whole),
        tuple(survey.left_alone),
        (
            *survey.not_expressible,
            *(NotExpressible(name, reasons.get(name) or (kept.get(word_of(name), NO_SECTION),)) for name in missing),
        ),
        (*survey.unread, *unread.values()),
        frozenset(partly.intersection(missing)),
        proven.left_out,
    )


def kept_sections(proven: Proven) -> dict[str, str]:
    """Return by the word of a kind why a section that was there before does not say it."""
    kept = [name for name in proven.kept if name in names()]
    return {KINDS[kind].word: KEPT_SECTION.format(f"`{name}`") for name in kept for kind in section(name).KINDS}


def word_of(name: str) -> str:
    """Return the word of the kind in an address."""
    return name.partition("/")[0]
