"""What `awsbase destroy` and `awsbase prune` take away and leave, and the consent that this needs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import field, replace

from awsbase.engine.changes import Outcome, Report
from awsbase.engine.removal import Removal
from awsbase.engine.risk import lost
from awsbase.records import record
from awsbase.session import Prompt
from awsbase.view.changes import some
from awsbase.view.plurals import counted

MOST_NAMES = 8


@record
class Leaving:
    """What is taken away: `typed` is what has to be named once more and why, `hidden` what nobody asked about.

    `remarks` are told with what they are about.
    """

    removal: Removal
    typed: Mapping[str, str] = field(default_factory=dict)
    hidden: Collection[str] = ()
    remarks: Mapping[str, str] = field(default_factory=dict)

    def shown(self, report: Report) -> Report:
        """Return a report with the remarks, and without what nobody asked about."""
        shown = (each for each in report.outcomes if each.address not in self.hidden)
        return replace(report, outcomes=tuple(self._remarked(each) for each in shown))

    def _remarked(self, outcome: Outcome) -> Outcome:
        remark = self.remarks.get(outcome.address)
        return replace(outcome, notes=(remark, *outcome.notes)) if remark and outcome.changes else outcome

    def consent(self, plan: Report, account: str, name: str, ask: Prompt) -> bool:
        """Ask for the account's name, how many things cannot come back, and what nobody deletes in passing."""
        going = [each.address for each in plan.outcomes if each.changes]
        what = f"{plan.goal.capitalize()} {counted(len(going), 'thing')} of account {account} ({name})?"
        if not ask(f"\n{what} Type the account's name ({name}): ", name):
            return False
        if for_good := lost(plan):
            names = some(for_good, MOST_NAMES)
            if not ask(f"Some of them cannot come back: {names}.\nType how many: ", str(len(for_good))):
                return False
        asked = {address: why for address, why in self.typed.items() if address in going}
        return all(ask(f"{address}: {why}.\nType {address}: ", address) for address, why in asked.items())
