"""The consent that a plan needs: a yes, or for risky changes the account's name or --allow-risky."""

from __future__ import annotations

from awsbase.engine.changes import Report
from awsbase.engine.risk import risky
from awsbase.errors import Refused
from awsbase.scripts.ask import Prompt
from awsbase.view.risks import reasons


def consent(plan: Report, question: str, name: str, *, ask: Prompt | None, allow_risky: bool) -> bool:
    """Ask for consent if there is a prompt; raises Refused for risky changes if there is none.

    With `allow_risky` a yes is enough. Otherwise risky changes need the account's `name`.
    """
    unapproved = [] if allow_risky else risky(plan)
    if ask is None and unapproved:
        listed = "\n".join(f"  {reason}" for reason in reasons(unapproved))
        raise Refused(
            f"these changes are risky, and nobody has approved them; nothing was changed:\n{listed}",
            hint="if you want all of them, run again with --allow-risky",
        )
    if ask is None:
        return True
    if unapproved:
        return ask(f"{question}\nIt needs your approval: type the account's name ({name}) to give it: ", name)
    return ask(f"{question} [y/N] ")
