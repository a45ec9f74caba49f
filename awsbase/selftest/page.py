"""The report of a selftest, as a page in Markdown for an issue, as lines for a terminal, and as a document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from awsbase import __version__
from awsbase.selftest.choice import Choice
from awsbase.selftest.run import Selftest
from awsbase.selftest.trial import EMPTY, MADE, REMOVED, Result

STEPS = (MADE, EMPTY, REMOVED)


def price_list(choices: Iterable[Choice], budget: object) -> str:
    """Say what a selftest costs before it begins."""
    chosen = [each for each in choices if not each.why_not]
    usd = sum((each.usd for each in chosen), start=type(chosen[0].usd)(0)) if chosen else 0
    used = sorted({service for each in chosen for service in each.by_use})
    more = f", and by use: {', '.join(used)}" if used else ""
    return f"{counted(len(chosen), 'sample')}, at most ${usd} for an hour of each{more}; the budget is ${budget}"


def page(done: Selftest) -> str:
    """Return the report as a page; it names no account."""
    return "\n".join([*head(done), "", *table(done), *problems(done), *left(done), *differences(done), ""])


def head(done: Selftest) -> Iterator[str]:
    """Yield what came of it, in a sentence or two."""
    yield f"# Selftest of awsbase {__version__}"
    yield ""
    if not done.choices:
        yield f"Taken away: what {counted(len(done.cleaned), 'sample')} of earlier selftests had left."
        return
    good = sum(not each.failed for each in done.results)
    yield f"{good} of {counted(len(done.results), 'sample')} as foretold, for ${done.usd} at most."
    if done.stopped:
        yield ""
        yield f"Not finished: {done.stopped}."
    if done.cleaned:
        yield ""
        yield f"Taken away first: what {counted(len(done.cleaned), 'sample')} of earlier selftests had left."


def table(done: Selftest) -> Iterator[str]:
    """Yield a row for each sample."""
    if not done.choices:
        return
    yield "| sample | made | planned empty | found and repaired | removed |"
    yield "| --- | --- | --- | --- | --- |"
    for each in done.results:
        steps = (mark(each, name) for name in (MADE, EMPTY))
        yield f"| {each.sample} | {' | '.join(steps)} | {tamperings(each)} | {mark(each, REMOVED)} |"
    for choice in done.choices:
        if choice.why_not:
            yield f"| {choice.sample.name} | not tried: {choice.why_not} | | | |"


def mark(result: Result, step: str) -> str:
    """Say in a word how a step went."""
    if step not in result.steps:
        return "–"
    return "no" if result.steps[step] else "not all" if step == REMOVED and result.left else "yes"


def tamperings(result: Result) -> str:
    """Say how many tamperings were found and repaired."""
    tried = [name for name in result.steps if name not in STEPS and name not in result.skipped]
    good = sum(not result.steps[name] for name in tried)
    skipped = f", {len(result.skipped)} not tried" if result.skipped else ""
    return f"{good} of {len(tried)}{skipped}" if tried or skipped else "–"


def problems(done: Selftest) -> Iterator[str]:
    """Yield what went wrong."""
    found = [
        f"- {each.sample}: {step}: {text}"
        for each in (*done.cleaned, *done.results)
        for step, texts in each.steps.items()
        for text in texts
    ]
    yield from section("What went wrong", found)


def left(done: Selftest) -> Iterator[str]:
    """Yield what is left, and what was not tried."""
    found = [f"- {each.sample}: {text}" for each in (*done.cleaned, *done.results) for text in each.left]
    yield from section("What is left, and why", found)
    skipped = [f"- {each.sample}: {name}: {why}" for each in done.results for name, why in each.skipped.items()]
    yield from section("Tamperings that were not tried", skipped)


def differences(done: Selftest) -> Iterator[str]:
    """Yield how the account differs from before."""
    yield from section("How the account differs from before, as it must", [f"- {each}" for each in done.kept])
    yield from section("How the account differs, and should not", [f"- {each}" for each in done.differences])


def section(title: str, lines: list[str]) -> Iterator[str]:
    """Yield a section; nothing where it would be empty."""
    if lines:
        yield from ("", f"## {title}", "", *dict.fromkeys(lines))


def document(done: Selftest) -> dict[str, Any]:
    """Return the report as a document."""
    return {
        "schema": 1,
        "version": __version__,
        "account": done.account,
        "failed": done.failed,
        "stopped": done.stopped or None,
        "estimate": str(done.usd),
        "budget": str(done.budget),
        "samples": [result(each) for each in done.results],
        "cleaned": [result(each) for each in done.cleaned],
        "not_tried": {each.sample.name: each.why_not for each in done.choices if each.why_not},
        "kept": list(done.kept),
        "differences": list(done.differences),
    }


def result(each: Result) -> dict[str, Any]:
    """Return what came of a sample as a document."""
    return {
        "sample": each.sample,
        "name": each.name,
        "failed": each.failed,
        "steps": each.steps,
        "skipped": each.skipped,
        "left": each.left,
    }


def counted(number: int, word: str) -> str:
    """Return a number with its word."""
    return f"{number} {word}{'' if number == 1 else 's'}"
