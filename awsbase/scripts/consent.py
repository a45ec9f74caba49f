"""The consent that a plan needs: a yes, or for risky changes the account's name or --allow-risky."""

from __future__ import annotations

from awsbase.engine.changes import Report
from awsbase.engine.risk import risky
from awsbase.errors import Refused
from awsbase.scripts.ask import Prompt
from awsbase.view.risks import reasons, warning


def consent(plan: Report, question: str, name: str, *, ask: Prompt | None, allow_risky: bool) -> bool:
    """Ask for consent if there is a prompt; raises Refused for risky changes if there is none.

    The question repeats what is risky. With `allow_risky` a yes is enough, otherwise it needs the account's `name`.
    """
    changes = risky(plan)
    if ask is None:
        if changes and not allow_risky:
            listed = "\n".join(f"  {reason}" for reason in reasons(changes))
            raise Refused(
                f"these changes are risky, and nobody has approved them; nothing was changed:\n{listed}",
                hint="if you want all of them, run again with --allow-risky",
            )
        return True
    if not changes:
        return ask(f"\n{question} [y/N] ")
    if allow_risky:
        return ask(f"\n{warning(changes)}\n{question} [y/N] ")
    said = warning(changes)
    return ask(f"\n{question}\n{said}{' ' if said.endswith('.') else chr(10)}Type {name} to allow it: ", name)
