"""The consent that a plan needs before it is applied: a yes; for risky changes the account's name, or an option."""

from __future__ import annotations

from awsbase.engine.changes import Report
from awsbase.engine.risk import risky
from awsbase.errors import Refused
from awsbase.scripts.ask import Ask
from awsbase.view.risks import reasons


def consent(plan: Report, question: str, name: str, *, ask: Ask | None, allow_risky: bool) -> bool:
    """Ask for consent where there is somebody to ask; raise Refused for risky changes where there is nobody.

    With `allow_risky` a yes is enough; otherwise risky changes need the account's `name`.
    """
    held = [] if allow_risky else risky(plan)
    if ask is None and held:
        listed = "\n".join(f"  {reason}" for reason in reasons(held))
        raise Refused(
            f"these changes are risky, and nobody has approved them; nothing was changed:\n{listed}",
            hint="if you want all of them, run again with --allow-risky",
        )
    if ask is None:
        return True
    if held:
        return ask(f"{question}\nIt needs your approval: type the account's name ({name}) to give it: ", name)
    return ask(f"{question} [y/N] ")
