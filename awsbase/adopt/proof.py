"""Drafts a manifest until its plan is empty: what the plan would change is taken out, and told with its fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from awsbase.adopt.draft import Draft
from awsbase.adopt.seen import Seen
from awsbase.engine.changes import CLOSED, Change, Drift, Outcome, Report
from awsbase.engine.refusals import DENIED, needed, understood
from awsbase.engine.resource import Resource
from awsbase.engine.things import Unread, unreadable
from awsbase.errors import AwsbaseError, ManifestError, Mistake
from awsbase.manifest.load import load_text
from awsbase.manifest.manifest import Manifest, resources
from awsbase.manifest.paths import Steps, dotted
from awsbase.manifest.writing import written
from awsbase.records import record

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

MOST_ROUNDS = 12
OWN = "awsbase:"

Drafting = Callable[[Seen, Draft], None]
Plan = Callable[[Sequence[Resource], Manifest], Report]


class Unproven(AwsbaseError):
    """No draft has an empty plan."""


@record
class Target:
    """The file of a manifest: its head if it is new, or the text that sections are added to and `has` already.

    `tags` are those that everything in the manifest has.
    """

    file: Path
    head: Mapping[str, Any] = field(default_factory=dict)
    before: str = ""
    has: frozenset[str] = frozenset()
    tags: Mapping[str, str] = field(default_factory=dict)


@record
class Proven:
    """A manifest whose plan changes nothing but tags of awsbase, and how it came about.

    `refuted` are the things that were taken out, with the fields that the plan would have changed; `left_out` the
    sections, each with the reasons; `unread` what the plan could not read; `kept` the sections that were there before.
    """

    text: str
    files: Mapping[str, str]
    drafts: Sequence[Draft]
    resources: Mapping[str, Sequence[Resource]]
    plan: Report
    refuted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    left_out: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unread: Mapping[str, Unread] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()

    @property
    def addresses(self) -> frozenset[str]:
        """The addresses that the manifest manages, or describes by other means."""
        made = {each.address for each in self.managed}
        return frozenset(made.union(*(each.covered for each in self.drafts)))

    @property
    def managed(self) -> list[Resource]:
        """What the manifest manages, in its order."""
        return [each for several in self.resources.values() for each in several]

    @property
    def tags(self) -> list[Change]:
        """The changes of the plan that set nothing but tags of awsbase."""
        return [change for _, change in self.plan.changes if is_own_tag(change)]

    @property
    def otherwise(self) -> dict[str, tuple[str, ...]]:
        """By address what the plan would change all the same, in the sections that were there before."""
        found = {each.address: tuple(dict.fromkeys(differences(each))) for each in self.plan.outcomes}
        return {address: fields for address, fields in found.items() if fields}

    def drafted(self, name: str) -> bool:
        """Tell whether a section was drafted here, and did not stand there before."""
        return any(each.name == name and each.value is not None for each in self.drafts)


def proven(seen: Seen, sections: Mapping[str, Drafting], target: Target, plan: Plan) -> Proven:
    """Draft these sections, and return the manifest whose plan is empty; raises Unproven when there is none.

    A thing that a plan would change is taken out. If that does not help, its whole section is.
    """
    from botocore.exceptions import ClientError

    refuted: dict[str, tuple[str, ...]] = {}
    taken: set[str] = set()
    left_out: dict[str, tuple[str, ...]] = {}
    unread: dict[str, Unread] = {}

    for _ in range(MOST_ROUNDS):
        now = Seen(seen.base, seen.facts, seen.described, dict(refuted), frozenset(taken))
        drafts: list[Draft] = []
        for name, write in sections.items():
            try:
                drafts += [drafted(now, name, write)] if name not in left_out else []
                unread |= drafts[-1].unread if drafts else {}
            except ClientError as error:
                unread[name] = undraftable(name, error)
                left_out[name] = (unread[name].message,)
        judged = judge(drafts, target, plan)
        unread |= judged.unread
        # A section that went leaves what it would have made to the others.
        orphans = taken - judged.addresses if judged.addresses is not None else set()
        taken -= orphans
        if isinstance(judged, Proven):
            if orphans:
                continue
            return replace(judged, refuted=refuted, left_out=left_out, unread=unread)
        for each in judged.wrong:
            if each.taken and each.address not in taken:
                taken.add(each.address)
            elif each.address and each.address not in refuted:
                refuted[each.address] = each.fields
            else:
                left_out.setdefault(each.section, each.fields)
    raise Unproven("no manifest could be proven", hint="report this, with the output of --debug")


@record
class Refuted:
    """What is wrong with a draft, and what its plan could not read. The draft itself is not kept: it may be large.

    `addresses` are those of the manifest, if it could be loaded.
    """

    wrong: Sequence[Objection]
    unread: Mapping[str, Unread] = field(default_factory=dict)
    addresses: frozenset[str] | None = None


def judge(drafts: Sequence[Draft], target: Target, plan: Plan) -> Proven | Refuted:
    """Load the manifest of some drafts and plan it; return it if its plan changes nothing, or else what is wrong."""
    text, files = whole(drafts, target)
    try:
        manifest = load_text(text, target.file, files)
        made = resources(manifest)
    except ManifestError as error:
        return Refuted(list(mistaken(error.mistakes, drafts)))
    done = plan([each for several in made.values() for each in several], manifest)
    section_of = {each.address: name for name, several in made.items() for each in several}
    wrong = [each for each in objections(done, section_of) if each.section not in target.has]
    unread = {each.name: each for each in refused(done) if section_of[each.name] not in target.has}
    if wrong:
        return Refuted(wrong, unread, frozenset(section_of))
    return Proven(text, files, drafts, made, done, unread=unread, kept=target.has)


def tightened(found: Proven, target: Target, plan: Plan) -> tuple[str, Report]:
    """Return the text of a proven manifest without what is weaker than the defaults, and the plan of that."""
    text, files = whole([each.tightened() for each in found.drafts], target)
    manifest = load_text(text, target.file, files)
    return text, plan([each for several in resources(manifest).values() for each in several], manifest)


def undraftable(name: str, error: ClientError) -> Unread:
    """Return why a section could not be drafted: the right that it lacks, or what AWS answered."""
    refusal = understood(error)
    if refusal is None:
        said = error.response.get("Error", {})
        return Unread(name, "", f"{said.get('Code', 'unknown')}: {said.get('Message', '')}")
    return unreadable(name, refusal)


@record
class Objection:
    """What is wrong with a draft: a section, the address within it if one is known, and the fields.

    What is `taken` is right, and another section says it.
    """

    section: str
    address: str
    fields: tuple[str, ...]
    taken: bool = False


def drafted(seen: Seen, name: str, write: Drafting) -> Draft:
    """Return the draft of one section."""
    draft = Draft(name)
    write(seen, draft)
    return draft


def whole(drafts: Sequence[Draft], target: Target) -> tuple[str, dict[str, str]]:
    """Return the text of the manifest with these sections, and the files that it names."""
    said = {**target.head, **{each.name: each.value for each in drafts if each.value is not None}}
    if isinstance(said.get("account"), dict):
        said["account"] = {**target.head.get("account", {}), **said["account"]}
    remarks: dict[Steps, list[str]] = {
        (each.name, *path): texts for each in drafts for path, texts in each.remarks.items()
    }
    text = written(said, remarks)
    files = {path: content for each in drafts for path, content in each.files.items()}
    if not (target.before and text):
        return target.before or text, files
    end = "\r\n" if "\r\n" in target.before else "\n"
    return target.before.rstrip() + 2 * end + text.replace("\n", end), files


def mistaken(mistakes: Iterable[Mistake], drafts: Sequence[Draft]) -> Iterator[Objection]:
    """Yield for each mistake in a drafted manifest what has to be taken out."""
    places = {(draft.name, *path): address for draft in drafts for path, address in draft.places.items()}
    for mistake in mistakes:
        name = next((each.name for each in drafts if within(mistake.path, (each.name,))), "")
        address = next((address for path, address in places.items() if within(mistake.path, path)), "")
        yield Objection(name, address, (mistake.message,), taken=bool(mistake.also and address))


def within(path: str, place: Steps) -> bool:
    """Tell whether a path, as mistakes write it, is at a place or below it."""
    start = dotted(place)
    return path == start or path.startswith((f"{start}.", f"{start}["))


def objections(plan: Report, section_of: Mapping[str, str]) -> Iterator[Objection]:
    """Yield what a plan would change beyond awsbase's own tags, and what it could not plan."""
    for outcome in plan.outcomes:
        if fields := tuple(dict.fromkeys(differences(outcome))):
            yield Objection(section_of[outcome.address], outcome.address, fields)


def refused(plan: Report) -> Iterator[Unread]:
    """Yield what a plan could not read for want of a right."""
    for outcome in plan.outcomes:
        if (error := outcome.error) and (error.code in DENIED or error.code == CLOSED):
            action = needed(error.message) or error.api or ""
            yield Unread(outcome.address, action, f"{error.code}: {error.message}", closed=error.code == CLOSED)


def differences(outcome: Outcome) -> Iterator[str]:
    """Yield in a few words each difference that a plan has found at an address."""
    if outcome.error:
        yield f"{outcome.error.code}: {outcome.error.message}"
    for change in outcome.changes:
        if is_own_tag(change):
            continue
        fields = [each.field for each in change.drift if not is_own(each)]
        if change.action in ("update", "replace") and fields:
            yield from (change.what if each == change.what else f"{change.what}: {each}" for each in fields)
        else:
            yield f"{'no ' if change.action == 'create' else ''}{change.what}"


def is_own_tag(change: Change) -> bool:
    """Tell whether a change sets nothing but tags of awsbase."""
    return change.action == "update" and bool(change.drift) and all(map(is_own, change.drift))


def is_own(drift: Drift) -> bool:
    """Tell whether a difference is a tag that awsbase sets by itself: in EC2 also a Name where there is none."""
    return drift.field.startswith(OWN) or (drift.field == "Name" and drift.have is None)
