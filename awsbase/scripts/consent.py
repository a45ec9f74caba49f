"""The consent that a plan needs before it is applied: a yes; for what is grave the account's name, or an option."""

from __future__ import annotations

from awsbase.engine.changes import Report
from awsbase.engine.loosening import grave
from awsbase.errors import Refused
from awsbase.scripts.ask import Ask
from awsbase.view.grave import reasons


def consent(plan: Report, question: str, name: str, *, ask: Ask | None, permitted: bool) -> bool:
    """Ask for consent where there is somebody to ask; raise Refused for what is grave where there is nobody.

    What is `permitted` beforehand takes no more than a yes; else what is grave takes the account's `name`.
    """
    held = [] if permitted else grave(plan)
    if ask is None and held:
        listed = "\n".join(f"  {reason}" for reason in reasons(held))
        raise Refused(
            f"this loosens, or deletes for good, and nobody has permitted it; nothing was changed:\n{listed}",
            hint="if all of that is meant, run again with --allow-loosening",
        )
    if ask is None:
        return True
    if held:
        return ask(f"{question}\nIt needs a permission: type the account's name ({name}) to give it: ", name)
    return ask(f"{question} [y/N] ")
