"""What became of an account that was adopted: counts on the terminal, a page for a colleague, a JSON document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from awsbase import __version__
from awsbase.adopt.count import Count
from awsbase.adopt.proof import Proven, is_own_tag
from awsbase.adopt.terraform import HandOver
from awsbase.engine.changes import Report
from awsbase.engine.things import NotExpressible, Unread
from awsbase.records import record
from awsbase.view.changes import some
from awsbase.view.markdown import code
from awsbase.view.plurals import counted
from awsbase.view.summary import of_kind
from awsbase.view.text import AMBER, GREEN, RED, TEAL, Line

SCHEMA = 1
MANIFEST = "the manifest of "
MOST = 8
NAMED = 3


@record
class Adoption:
    """An account that was read, the manifest that describes it, and what became of everything that was listed.

    `tightened` is the plan of a manifest without what is weaker than the defaults.
    """

    account: str
    name: str
    region: str
    file: str
    count: Count
    proven: Proven
    tightened: Report | None = None
    handed: HandOver | None = None

    @property
    def tagged(self) -> tuple[int, int]:
        """How many changes of the plan are tags of awsbase, and on how many resources."""
        return len(self.proven.tags), sum(any(map(is_own_tag, each.changes)) for each in self.proven.plan.outcomes)


def lines(found: Adoption) -> Iterator[Line]:
    """Yield the counts, and what is not in the manifest."""
    count = found.count
    yield Line(0, f"{found.file}: account {found.account} ({found.name}), {found.region}, as it is", style="bold")
    yield from totals(count)
    yield Line(0, "")
    yield Line(0, proof(found), mark="✓", mark_style=f"bold {GREEN}")
    yield from (Line(0, each, mark="→", mark_style=TEAL) for each in before(found))
    if count.not_expressible:
        yield from (Line(0, ""), Line(0, "not expressible", style="bold"))
        absent = [inexpressible(*each) for each in alike(but_for(count, in_part=False))]
        in_part = [inexpressible(*each, but="in the manifest but for ") for each in alike(but_for(count, in_part=True))]
        yield from listed([*absent, *in_part], AMBER)
    if count.left_out:
        yield from (Line(0, ""), Line(0, "sections left out", style="bold"))
        yield from listed([f"{name}: {'; '.join(reasons)}" for name, reasons in count.left_out.items()], AMBER)
    yield from (Line(0, each, mark="→", mark_style=TEAL) for each in other_manifests(count))
    if count.unread:
        yield from (Line(0, ""), Line(0, "could not be read", style="bold"))
        yield from listed([missing(each) for each in count.unread], RED)


def before(found: Adoption) -> Iterator[str]:
    """Yield what is to be said of the sections that were in the file before."""
    if otherwise := found.proven.otherwise:
        these = counted(len(otherwise), "resource")
        yield f"the sections that were there before differ in {these}: `awsbase plan {found.file}` shows how"
    if found.proven.kept and not any(found.proven.drafted(each.name) for each in found.proven.drafts):
        yield f"nothing was added to {found.file}, which stays as it is"


def other_manifests(count: Count) -> Iterator[str]:
    """Yield how to take over what other manifests have made."""
    for owner, number in Counter(each.owner for each in count.left_alone).items():
        if name := owner.removeprefix(MANIFEST) if owner.startswith(MANIFEST) else "":
            yield f"{number} of these {owner} made: `awsbase adopt --name {name}` writes that manifest anew"


def letting_go(handed: HandOver) -> str:
    """Return how Terraform lets go of what the manifest manages now: commands, and blocks for its configuration."""
    commands = handed.commands()
    if not commands:
        where = f", {handed.elsewhere} of it in another account" if handed.elsewhere else ""
        return f"\nnothing in this Terraform state is the manifest's{where}\n"
    said = f"\nTerraform has to forget {counted(len(handed.handed), 'resource')}, so that nothing has two owners:\n\n"
    either = "".join(f"{each}\n" for each in commands)
    return f"{said}{either}\nor, in its configuration:\n\n{handed.blocks()}"


def terraform(handed: HandOver) -> Iterator[str]:
    """Yield the part of the page that is about Terraform."""
    yield "## Terraform\n"
    if not handed.handed:
        where = f", {handed.elsewhere} of it in another account" if handed.elsewhere else ""
        yield f"Nothing in the state is the manifest's{where}.\n"
        return
    yield "Terraform has to forget these, so that nothing has two owners. Run the commands, or use the blocks.\n"
    yield "```console\n" + "".join(f"$ {each}\n" for each in handed.commands()) + "```\n"
    yield f"```hcl\n{handed.blocks()}```\n"
    kept = [(code(each.instance.address), code(each.address), escaped(each.why)) for each in handed.left]
    if kept:
        yield "Terraform keeps these parts of what the manifest manages:\n"
        yield table(("what", "of", "why"), kept)


def totals(count: Count) -> Iterator[Line]:
    """Yield a line for each of the four counts, and their sum."""
    rows = (
        ("described", len(count.described), by_word(count.described)),
        ("left alone on purpose", len(count.left_alone), by_owner(count)),
        ("not expressible", len(count.not_expressible), by_word(each.name for each in count.not_expressible)),
        ("could not be read", len(count.unread), ""),
        ("listed", count.listed, ""),
    )
    width = max(len(str(number)) for _, number, _ in rows)
    for label, number, detail in rows:
        yield Line(2, f"{label:21}  {number:{width}}  {detail}".rstrip())


def by_word(names: Iterable[str]) -> str:
    """Return how many there are of each kind, the most first."""
    words = Counter(name.partition("/")[0].replace("-", " ") for name in names)
    return ", ".join(of_kind(number, word) for word, number in words.most_common(MOST))


def by_owner(count: Count) -> str:
    """Return how many things are whose."""
    owners = Counter(each.owner for each in count.left_alone)
    return ", ".join(f"{owner} {number}" for owner, number in owners.most_common(MOST))


def proof(found: Adoption) -> str:
    """Return what the plan has shown."""
    changes, on = found.tagged
    its = "the plan of what was added" if found.proven.otherwise else "its plan"
    if not changes:
        return f"proven: {its} is empty"
    return f"proven: {its} only adds awsbase's own tags, to {counted(on, 'resource')}"


def alike(things: Sequence[NotExpressible]) -> list[tuple[list[str], tuple[str, ...]]]:
    """Return things with the same reasons together, by kind."""
    groups: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for each in things:
        groups.setdefault((each.name.partition("/")[0], each.fields), []).append(each.name)
    return [(names, fields) for (_, fields), names in groups.items()]


def but_for(count: Count, *, in_part: bool) -> list[NotExpressible]:
    """Return what is in the manifest but for some fields, or what is not in it at all."""
    return [each for each in count.not_expressible if (each.name in count.in_part) is in_part]


def inexpressible(names: Sequence[str], fields: Sequence[str], but: str = "") -> str:
    """Return which things have no words in a manifest, and for what."""
    return f"{some(names, NAMED)}: {but}{'; '.join(fields)}"


def missing(thing: Unread) -> str:
    """Return what could not be read, and which right is missing."""
    return f"{thing.name}: " + (f"needs {thing.action}" if thing.action and not thing.closed else thing.message)


def listed(texts: Sequence[str], style: str) -> Iterator[Line]:
    """Yield the first of some texts, and how many more there are."""
    yield from (Line(2, each, mark="·", mark_style=f"bold {style}") for each in texts[:MOST])
    if len(texts) > MOST:
        yield Line(2, f"and {len(texts) - MOST} more: --report FILE.md lists all", style="dim")


def page(found: Adoption) -> str:
    """Return the whole account of an adoption as Markdown, for a person who was not there."""
    count = found.count
    parts = [
        f"# What awsbase took over from {code(found.name)}\n",
        f"Account {code(found.account)}, home region {code(found.region)}, manifest {code(found.file)}.\n",
        f"{proof(found).capitalize()}.\n",
        table(("what became of it", "how many"), totals_of(count)),
        "## Described\n",
        "The manifest says these as they are.\n" if count.described else "Nothing.\n",
        bullets(f"{code(word)}: {', '.join(map(code, names))}" for word, names in by_kind(count.described).items()),
        "## Left alone on purpose\n",
        "Somebody else looks after these.\n" if count.left_alone else "Nothing.\n",
        table(
            ("what", "who made it", "how that is known"),
            [(code(a.name), a.owner, a.evidence) for a in count.left_alone],
        ),
        "## Not expressible\n",
        "" if count.not_expressible else "Nothing.\n",
        *unsaid("The manifest does not have these.\n", but_for(count, in_part=False)),
        *unsaid("The manifest has these, but for the parts named here.\n", but_for(count, in_part=True)),
        "## Sections left out\n" if count.left_out else "",
        table(("section", "why"), [(code(name), "; ".join(map(escaped, why))) for name, why in count.left_out.items()]),
        "## Could not be read\n",
        "These credentials may not read them.\n" if count.unread else "Nothing.\n",
        table(
            ("what", "needs", "AWS said"), [(code(u.name), code(u.action), escaped(u.message)) for u in count.unread]
        ),
        *(terraform(found.handed) if found.handed else ()),
    ]
    return "\n".join(part for part in parts if part)


def unsaid(head: str, things: Sequence[NotExpressible]) -> Iterator[str]:
    """Yield as a table what a manifest has no words for; what is alike is one row."""
    if things:
        rows = [(", ".join(map(code, names)), "; ".join(map(escaped, fields))) for names, fields in alike(things)]
        yield from (head, table(("what", "which part"), rows))


def totals_of(count: Count) -> list[tuple[str, str]]:
    """Return the counts as rows of a table."""
    rows = {
        "described": len(count.described),
        "left alone on purpose": len(count.left_alone),
        "not expressible": len(count.not_expressible),
        "could not be read": len(count.unread),
        "**listed**": count.listed,
    }
    return [(label, str(number)) for label, number in rows.items()]


def by_kind(names: Iterable[str]) -> dict[str, list[str]]:
    """Return names by their kind."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(name.partition("/")[0], []).append(name)
    return groups


def counts(count: Count) -> dict[str, int]:
    """Return how many things are in each of the four lists, and in all."""
    return {
        "described": len(count.described),
        "left_alone": len(count.left_alone),
        "not_expressible": len(count.not_expressible),
        "unread": len(count.unread),
        "listed": count.listed,
    }


def bullets(texts: Iterable[str]) -> str:
    """Return a list in Markdown."""
    return "".join(f"- {text}\n" for text in texts)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown; nothing without rows."""
    if not rows:
        return ""
    written = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |\n" for row in written)


def escaped(text: str) -> str:
    """Return a text of AWS or of other people as Markdown that means nothing else."""
    return code(" ".join(text.split())) if text else ""


def document(found: Adoption, text: str) -> dict[str, Any]:
    """Return the same as JSON values."""
    count, (changes, on) = found.count, found.tagged
    return {
        "schema": SCHEMA,
        "awsbase": __version__,
        "account": found.account,
        "name": found.name,
        "region": found.region,
        "file": found.file,
        "files": sorted(found.proven.files),
        "manifest": text,
        "tags": {"changes": changes, "resources": on},
        "counts": counts(count),
        "described": list(count.described),
        "left_alone": [{"name": a.name, "owner": a.owner, "evidence": a.evidence} for a in count.left_alone],
        "not_expressible": [
            {"name": each.name, "fields": list(each.fields), "described": each.name in count.in_part}
            for each in count.not_expressible
        ],
        "unread": [{"name": u.name, "action": u.action, "message": u.message} for u in count.unread],
        "left_out": {name: list(why) for name, why in count.left_out.items()},
        "calls": {"read": found.proven.plan.reads},
        **({"terraform": found.handed.document()} if found.handed else {}),
    }
