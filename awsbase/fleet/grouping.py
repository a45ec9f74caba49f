"""The same change in many accounts, told once: what is an account's own is left open while they are compared."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from awsbase.fleet.results import Result
from awsbase.organization.load import Member
from awsbase.records import record
from awsbase.view.document import action_of, outcome_of
from awsbase.view.fleet import Group, Groups, Wrong

# What a digest is made of contains names, so that the same change has another one in each account.
DIGEST = "digest"
# A plan that was not carried out, and what is as the manifest says, are no news.
QUIET = ("unchanged",)
# Ids that AWS makes up, such as sg-9d9542c507ba88936 and that of a key: no account has another's. Old ones are shorter.
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html
MADE_UP = re.compile(
    r"(?<![A-Za-z0-9-])(?:([a-z]{1,12}-)[0-9a-f]{17}|((?:vpc|subnet|sg|acl|rtb|igw|dopt|eni|vol|snap|ami|i)-)[0-9a-f]{8}"
    r"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?![A-Za-z0-9-])"
)


@record
class Own:
    """What is an account's own, and what stands for it in the comparison."""

    words: Mapping[str, str]
    pattern: re.Pattern[str]

    def left_open(self, value: Any) -> Any:
        """Return a JSON value with placeholders for what is the account's own."""
        if isinstance(value, str):
            value = self.pattern.sub(lambda found: self.words[found[0]], value)
            return MADE_UP.sub(lambda found: f"{found[1] or found[2] or ''}…", value)
        if isinstance(value, dict):
            return {self.left_open(key): "" if key == DIGEST else self.left_open(each) for key, each in value.items()}
        return [self.left_open(each) for each in value] if isinstance(value, list) else value


def own(member: Member) -> Own:
    """Return what is an account's own: its id, its names and its region."""
    account = member.manifest.account
    words = {account.region: "{region}", member.name: "{account}", account.id: "{id}", account.name: "{name}"}
    longest_first = sorted(words, key=len, reverse=True)
    pattern = "|".join(re.escape(word) for word in longest_first)
    return Own(words, re.compile(rf"(?<![A-Za-z0-9])(?:{pattern})(?![A-Za-z0-9])"))


@dataclass
class _Seen:
    """The first of several that are the same, as it is and with its own left open, and the accounts that have it."""

    first: Any
    open: Any
    accounts: list[str] = field(default_factory=list)


class Grouping:
    """Takes results one by one, and keeps what differs: it grows with the number of distinct changes."""

    def __init__(self, members: Mapping[str, Member]) -> None:
        self._members = members
        self._outcomes: dict[str, _Seen] = {}
        self._actions: dict[str, _Seen] = {}
        self._wrong: dict[str, _Seen] = {}

    def add(self, result: Result) -> None:
        """Add what became of an account."""
        mine = own(self._members[result.account])
        report = result.report or {}
        for outcome in report.get("resources", ()):
            if outcome["status"] not in QUIET:
                self._add(self._outcomes, outcome, mine, result.account)
        for action in report.get("manual_actions", ()):
            self._add(self._actions, action, mine, result.account)
        for refusal in report.get("refusals", ()):
            self._add(self._wrong, refusal, mine, result.account)
        if result.message is not None:
            self._add(self._wrong, {"message": result.message, "hint": result.hint}, mine, result.account)

    def _add(self, kept: dict[str, _Seen], value: Any, mine: Own, account: str) -> None:
        open = mine.left_open(value)
        kept.setdefault(json.dumps(open, sort_keys=True), _Seen(value, open)).accounts.append(account)

    def groups(self) -> Groups:
        """Return what became of the accounts, each thing once, those of most accounts first."""
        return Groups(
            tuple(self._each(self._outcomes, lambda value, accounts: Group(outcome_of(value), accounts))),
            tuple(self._each(self._actions, lambda value, accounts: (action_of(value), accounts))),
            tuple(self._each(self._wrong, lambda value, accounts: Wrong(value["message"], value["hint"], accounts))),
        )

    def _each(self, kept: Mapping[str, _Seen], make: Callable[[Any, tuple[str, ...]], Any]) -> list[Any]:
        order = {name: index for index, name in enumerate(self._members)}
        made = []
        for seen in sorted(kept.values(), key=lambda seen: -len(seen.accounts)):
            accounts = tuple(sorted(seen.accounts, key=order.__getitem__))
            made.append(make(self._shown(seen), accounts))
        return made

    def _shown(self, seen: _Seen) -> Any:
        """Return what is told: as it is where one account has it, and otherwise without what is each one's own."""
        if len(seen.accounts) == 1:
            return seen.first
        regions = {self._members[name].manifest.account.region for name in seen.accounts}
        return _with_region(seen.open, regions.pop()) if len(regions) == 1 else seen.open


def _with_region(value: Any, region: str) -> Any:
    if isinstance(value, str):
        return value.replace("{region}", region)
    if isinstance(value, dict):
        return {_with_region(key, region): _with_region(each, region) for key, each in value.items()}
    return [_with_region(each, region) for each in value] if isinstance(value, list) else value
