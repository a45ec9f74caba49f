"""A plan as Markdown for a comment: what matters first, and never longer than the comment may be."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from awsbase.engine.changes import Action, Outcome, Report, Status, is_whole_resource
from awsbase.engine.risk import risk_of, risky
from awsbase.errors import AwsbaseError
from awsbase.records import record
from awsbase.view.authors import authors
from awsbase.view.changes import by_action, difference, overall_action, some
from awsbase.view.needs import needs
from awsbase.view.regions import merged
from awsbase.view.risks import reasons
from awsbase.view.statements import is_statement, statement_lines
from awsbase.view.stream import escaped

# GitHub takes 65,536 characters in a comment; some room is left for what a pipeline adds.
LIMIT = 60_000
LONGEST = 65_536
SHORTEST = 1_000
NAMED = 3
# The colours of a fenced diff: GitHub and GitLab show `!` as changed.
MARKS: dict[Action, str] = {"create": "+", "update": "!", "delete": "-", "replace": "!"}
# Whatever is no plain word is shown as code, where neither Markdown, HTML, links nor mentions mean anything.
WORD = re.compile(r"([(\"'“‘]*)(.*?)([.,;:!?)\"'”’]*)")
LETTERS = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
NUMBER = re.compile(r"\d{1,6}")
SYMBOLS = frozenset("→–—·…")
# GitHub links what could be the hash of a commit.
HASH = re.compile(r"[a-f]{7,40}")


@record
class Item:
    """What is shown whole, in its short form, or not at all; `count` is how much of the plan it is."""

    full: str
    short: str
    count: int = 1


@record
class Group:
    """Items, the lines around them, and the words by which those that do not fit are counted."""

    counted: str
    opening: str
    items: Sequence[Item]
    closing: str


def markdown(
    plan: Report,
    *,
    name: str,
    sections: Mapping[str, str],
    only: Sequence[str] = (),
    sandbox: bool = False,
    limit: int = LIMIT,
) -> str:
    """Return a plan as Markdown of at most `limit` characters; what does not fit is counted.

    The first line is a comment that names the account, by which a pipeline finds its own earlier comment.
    """
    return fitted(
        [
            head(plan, name, sandbox),
            parts(only),
            refusals(plan),
            approvals(plan),
            failures(plan),
            manual_actions(plan),
            counts(plan),
            *changes(plan, sections),
            "".join(f"{prose(reason)}\n" for reason in plan.authors_missing or ()),
        ],
        limit,
    )


def marker(name: str, account: str) -> str:
    """Return the comment that begins the Markdown of an account's plan."""
    return f"<!-- awsbase: {name} {account} -->"


def refusal(error: AwsbaseError, *, name: str, account: str, region: str, limit: int = LIMIT) -> str:
    """Return as Markdown why there is no plan, so that an older comment does not stand for it."""
    title = f"{marker(name, account)}\n### No plan for {code(name)} ({code(account)}, {code(region)})\n\n"
    reasons = [bullet(line) for line in (error.message, error.hint) if line]
    return fitted([title, Group("reasons", "", reasons, "")], limit)


# What it says.


def head(plan: Report, name: str, sandbox: bool) -> str:
    """Return the marker, the title and the verdict."""
    account = f"{code(plan.account)}, {code(plan.region)}" + (", in the sandbox" if sandbox else "")
    return f"{marker(name, plan.account)}\n### Plan for {code(name)} ({account})\n\n**{verdict(plan)}**\n\n"


def parts(only: Sequence[str]) -> Group:
    """Return the parts of the manifest that are planned, if it is not the whole."""
    return Group(
        "parts of the manifest", "Only these parts of the manifest:\n\n", [bullet(each) for each in only], "\n"
    )


def verdict(plan: Report) -> str:
    """Return the sentence that a reviewer reads if it is the only one."""
    if plan.interrupted:
        return "Interrupted: this plan is not complete."
    if plan.exceeds_quota:
        return "A quota of AWS is exceeded: reconcile changes nothing until all of it fits."
    if plan.refusals:
        return "Reconcile would refuse this, and change nothing."
    if failed := [each for each in plan.outcomes if each.error is not None]:
        return f"{plural(len(failed), 'resource')} cannot be planned."
    if changes := risky(plan):
        needs = words(len(changes), "is risky and needs", "are risky and need")
        return f"{plural(len(plan.changes), 'change')}, of which {len(changes)} {needs} approval."
    if plan.changes:
        return f"{plural(len(plan.changes), 'change')}, none of them risky."
    return "Nothing to do for awsbase." if plan.manual_actions else "Nothing to do."


def counts(plan: Report) -> str:
    """Return how many changes and resources there are."""
    totals = plan.totals()
    actions = by_action([change.action for _, change in plan.changes], planned=True)
    counted = [f"{plural(len(plan.changes), 'change')} ({actions})"] if actions else []
    statuses: dict[Status, str] = {
        "planned": "to change",
        "failed": "failed",
        "blocked": "blocked",
        "skipped": "skipped",
    }
    counted += [f"{plural(totals[status], 'resource')} {what}" for status, what in statuses.items() if totals[status]]
    return ", ".join([*counted, f"{totals['unchanged']} unchanged"]) + ".\n\n"


def refusals(plan: Report) -> Group:
    """Return why a reconcile would refuse all of the plan, each with what to do."""
    items = []
    for each in plan.refusals:
        more = f"  {prose(each.hint)}\n" if each.hint else ""
        items.append(Item(f"- {prose(each.message)}\n{more}", bullet(each.message).short))
    return Group("refusals", "#### Refused\n\n", items, "\n")


def approvals(plan: Report) -> Group:
    """Return the risky changes, each with its reason."""
    items = [bullet(reason) for reason in reasons(risky(plan))]
    return Group("risky changes", "#### Needs approval\n\n", items, "\n")


def failures(plan: Report) -> Group:
    """Return what cannot be planned and why; resources that fail for the same reason are one item."""
    alike: dict[object, list[Outcome]] = {}
    for outcome in plan.outcomes:
        if outcome.error is not None and not outcome.was_interrupted:
            alike.setdefault(outcome.error, []).append(outcome)
    items = []
    for outcomes in alike.values():
        error = outcomes[0].error
        assert error is not None
        addresses = ", ".join(outcome.address for outcome in outcomes)
        tried = f"could not {error.tried}: " if error.tried else ""
        first = f"{addresses}: {tried}{error.code}"
        more = [line for line in (error.message, error.hint) if line and line != error.code]
        short = bullet(f"{plural(len(outcomes), 'resource')}: {tried}{error.code}").full
        items.append(Item("\n  ".join([f"- {prose(first)}", *map(prose, more)]) + "\n", short, len(outcomes)))
    return Group("failed resources", "#### Failed\n\n", items, "\n")


def manual_actions(plan: Report) -> Group:
    """Return what only a person can do."""
    items = [bullet(need) for need in needs(plan.manual_actions)]
    return Group("that need you", details(f"{len(items)} {words(len(items), 'needs', 'need')} you"), items, END)


def changes(plan: Report, sections: Mapping[str, str]) -> Iterator[Group]:
    """Yield the changes of each section, as a diff."""
    by_section: dict[str, list[Outcome]] = {}
    for outcome in plan.outcomes:
        if outcome.changes:
            by_section.setdefault(sections.get(outcome.address, ""), []).append(outcome)
    for section, outcomes in by_section.items():
        number = by_action([change.action for outcome in outcomes for change in outcome.changes], planned=True)
        title = f"<code>{html.escape(one_line(section))}</code>: {number}" if section else number
        items = list(diffs(outcomes))
        fence = longest_run("".join(item.full for item in items), 3)
        yield Group("changed resources", f"{details(title)}{fence}diff\n", items, f"{fence}\n{END}")


def diffs(outcomes: Iterable[Outcome]) -> Iterator[Item]:
    """Yield an item for each resource, or for all that change alike."""
    alike: dict[tuple[Action, tuple[str, ...], str], list[str]] = {}
    for outcome in outcomes:
        body = tuple(lines(outcome))
        alone = "" if body else outcome.address
        alike.setdefault((overall_action(outcome), body, alone), []).append(outcome.address)
    for (action, body, _), addresses in alike.items():
        number = len(body)
        heads = "".join(f"{MARKS[action]} {one_line(address)}\n" for address in addresses)
        short = f"{MARKS[action]} {one_line(some(addresses, NAMED))}" + (
            f": {plural(number, 'line')}\n" if number else "\n"
        )
        yield Item(heads + "".join(f"{line}\n" for line in body), short, len(addresses))


def lines(outcome: Outcome) -> Iterator[str]:
    """Yield what changes of a resource, below its address."""
    action = overall_action(outcome)
    for change in merged(outcome.changes):
        mark = MARKS[change.action]
        whole = is_whole_resource(outcome.address, change)
        if risk_of(change) or not whole:
            yield f"{mark}   {one_line(change.what)}" + (" (risky)" if risk_of(change) else "")
        # For a new resource every field differs.
        if action != "create":
            yield from (f"{mark}     {one_line(difference(each))}" for each in change.drift if not is_statement(each))
            statements = statement_lines(filter(is_statement, change.drift), 0)
            yield from (f"{line.mark}     {one_line(line.text)}" for line in statements)
    yield from (f"#   {one_line(each)}" for each in (*authors(outcome.changes), *outcome.notes))
    if outcome.price:
        yield f"#   costs {one_line(outcome.price)}"


# How it is written.

END = "\n</details>\n\n"


def details(summary: str) -> str:
    """Return the beginning of what is folded; without the blank line Markdown would not be read inside."""
    return f"<details><summary>{summary}</summary>\n\n"


def bullet(text: str) -> Item:
    """Return one line of a list."""
    line = f"- {prose(text)}\n"
    return Item(line, line)


def prose(text: str) -> str:
    """Return text in which only plain words are Markdown, and everything else is code."""
    return " ".join(map(word, escaped(text).split()))


def word(text: str) -> str:
    """Return a word: itself if it means nothing in Markdown, else as code without the punctuation around it."""
    found = WORD.fullmatch(text)
    assert found is not None
    before, core, after = found.groups()
    letters = LETTERS.fullmatch(core) and not HASH.fullmatch(core)
    # A number with a point or a bracket behind it would begin a list.
    number = NUMBER.fullmatch(core) and not after.startswith((".", ")"))
    if letters or number or core in SYMBOLS:
        return text
    return f"{before}{code(core)}{after}" if core else code(text)


def code(text: str) -> str:
    """Return text as code, whatever is in it."""
    ticks = longest_run(text, 1)
    space = " " if "`" in (text[:1], text[-1:]) else ""
    return f"{ticks}{space}{text}{space}{ticks}"


def longest_run(text: str, least: int) -> str:
    """Return backticks that enclose text: at least `least`, and more than there are in any row of it."""
    return "`" * max([least, *(len(run) + 1 for run in re.findall(r"`+", text))])


def one_line(text: str) -> str:
    """Return text that stays on its line and moves no cursor."""
    return escaped(text).replace("\n", "\\n")


def plural(number: int, noun: str) -> str:
    """Return a number with its noun: `1 change`, `2 changes`."""
    return f"{number} {noun}" + words(number, "", "s")


def words(number: int, one: str, many: str) -> str:
    """Return the words for one or for many."""
    return one if number == 1 else many


# What fits.


def fitted(parts: Sequence[str | Group], limit: int) -> str:
    """Return the parts as text of at most `limit` characters.

    Every item gets its short form before any gets its full one: as long as there is room, nothing goes unnamed.
    """
    groups = [part for part in parts if isinstance(part, Group)]
    text = joined(parts, {id(group): [item.full for item in group.items] for group in groups})
    if size(text) <= limit:
        return text

    fixed = "".join(part for part in parts if isinstance(part, str))
    most = Counter[str]()
    for group in groups:
        most[group.counted] += sum(item.count for item in group.items)
    room = limit - size(fixed) - size(left_out(most))

    kept: dict[int, list[str]] = {id(group): [""] * len(group.items) for group in groups}
    left = Counter[str]()
    for group in groups:
        for number, item in enumerate(group.items):
            around = 0 if any(kept[id(group)]) else size(group.opening + group.closing)
            if size(item.short) + around <= room:
                kept[id(group)][number] = item.short
                room -= size(item.short) + around
            else:
                left[group.counted] += item.count
    for group in groups:
        for number, item in enumerate(group.items):
            more = size(item.full) - size(item.short)
            if kept[id(group)][number] and more <= room:
                kept[id(group)][number] = item.full
                room -= more
    return joined(parts, kept) + left_out(left)


def joined(parts: Sequence[str | Group], kept: Mapping[int, Sequence[str]]) -> str:
    """Return the parts with the items that are kept; a group of which nothing is kept is left out."""
    text = ""
    for part in parts:
        if isinstance(part, str):
            text += part
        elif shown := "".join(kept[id(part)]):
            text += part.opening + shown + part.closing
    return text.rstrip("\n") + "\n"


def left_out(left: Mapping[str, int]) -> str:
    """Return the line that counts what did not fit."""
    if not left:
        return ""
    counted = ", ".join(f"{number} {what}" for what, number in left.items())
    return f"\n**Not shown, because a comment has no room for it:** {counted}. The plan itself lists everything.\n"


def size(text: str) -> int:
    """Return the length of text in the units of UTF-16: no counting of GitHub's finds more."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
