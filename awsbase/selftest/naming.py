"""Names of a selftest: each sample of a run gets names of its own in the account, and the same ones back in a report.

AWS keeps the names of deleted buckets, keys and secrets for a while, so no two samples and no two runs share one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from awsbase.engine.scope import Scope
from awsbase.records import record
from awsbase.samples.sample import HOME, Sample

PREFIX = "selftest"
LONGEST = 12  # of a prefix: IAM takes 64 characters for a role, and the manifest 32 for an account
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
# What things of samples are called that do not begin with the name of their account.
OWN = (
    *("Ops", "ops", "Old", "Developers", "alice", "Alice", "Bob", "bob", "cara", "phone"),
    *("deploy", "runner", "bastion", "front", "middle", "back", "web", "jump", "ConsoleAnalyzer", "elsewhere"),
)
APART = "-x-"
WORD = re.compile(rf"(?<![A-Za-z0-9-])(?:{'|'.join(OWN)})(?![A-Za-z0-9])")
ACCOUNT_NAME = re.compile(rf"(?<![A-Za-z0-9]){HOME.name}(?![A-Za-z0-9])")


def valid(prefix: str) -> bool:
    """Tell whether names can begin with a prefix: buckets and accounts take the fewest characters."""
    return len(prefix) <= LONGEST and re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", prefix) is not None


def pattern_of(prefix: str) -> re.Pattern[str]:
    """Return what finds the names of all samples and runs with a prefix."""
    return re.compile(rf"(?<![A-Za-z0-9]){re.escape(prefix)}-[0-9a-z]{{8}}(?![A-Za-z0-9])")


def run_of(now: datetime) -> str:
    """Return what the names of one run have in common: its minute, which comes again after three years."""
    minutes, text = int(now.timestamp()) // 60, ""
    for _ in range(4):
        minutes, digit = divmod(minutes, len(DIGITS))
        text = DIGITS[digit] + text
    return text


def mark_of(sample: Sample) -> str:
    """Return what tells the names of a sample from those of others, in each run alike."""
    return hashlib.sha256(sample.name.encode()).hexdigest()[:4]


@record
class Naming:
    """How what a sample calls something is called in an account, and back.

    A sample is written for the account `acme`, and some of its things have other names: all of them get this name.
    """

    name: str
    account: str

    @staticmethod
    def of(sample: Sample, prefix: str, run: str, account: str) -> Naming:
        """Return the names of a sample in one run."""
        return Naming(f"{prefix}-{run}{mark_of(sample)}", account)

    def there(self, value: Any) -> Any:
        """Return what a sample says, at any depth, as it is in the account."""
        return mapped(value, self._to, self._scope)

    def here(self, value: Any) -> Any:
        """Return what the account says, at any depth, in the words of the sample."""
        return mapped(value, self._back, self._scope)

    def sample(self, sample: Sample) -> Sample:
        """Return a sample with the names that it has in the account; what it does by hand keeps its own words."""
        tamperings = {
            name: replace(each, repair=self.there(tuple(each.repair)), risky=self.there(tuple(each.risky)))
            for name, each in sample.tamperings.items()
        }
        return replace(sample, resources=[self.there(each) for each in sample.resources], tamperings=tamperings)

    def others(self, text: str) -> list[str]:
        """Return the names of other samples, or of other runs, that stand in a text."""
        return [name for name in self._any.findall(text) if name != self.name]

    def _scope(self, scope: Scope) -> Scope:
        return replace(scope, account=self.account, name=self.name)

    def _to(self, text: str) -> str:
        text = WORD.sub(lambda found: f"{HOME.name}{APART}{found[0]}", text)
        return ACCOUNT_NAME.sub(self.name, text).replace(HOME.account, self.account)

    def _back(self, text: str) -> str:
        text = text.replace(self.account, HOME.account)
        text = self._own.sub(lambda found: found[1], text)
        return text.replace(self.name, HOME.name)

    @cached_property
    def _any(self) -> re.Pattern[str]:
        return pattern_of(self.name.rpartition("-")[0])

    @cached_property
    def _own(self) -> re.Pattern[str]:
        return re.compile(rf"{re.escape(self.name)}{APART}({'|'.join(OWN)})(?![A-Za-z0-9])")


def mapped(value: Any, text: Any, scope: Any) -> Any:
    """Return a value with each text in it, and each scope, replaced."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, Scope):
        return scope(value)
    if isinstance(value, Mapping):
        return {mapped(key, text, scope): mapped(each, text, scope) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return type(value)(mapped(each, text, scope) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{each.name: mapped(getattr(value, each.name), text, scope) for each in fields(value)})
    return value
