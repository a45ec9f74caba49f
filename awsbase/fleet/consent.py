"""The consent that a run on many accounts needs: one yes, and the name of each protected account with a risk."""

from __future__ import annotations

from collections.abc import Sequence

from awsbase.fleet.local import LocalRun
from awsbase.session import Prompt
from awsbase.view.plurals import counted
from awsbase.view.risks import warning


def consent(run: LocalRun, names: Sequence[str], ask: Prompt, *, allow_risky: bool) -> bool:
    """Ask once for consent to the plans of these accounts.

    Risky changes need the organization's name typed, unless `allow_risky`. Those of a protected account need its own
    name typed, whatever else was said.
    """
    organization, risky = run.organization.model.organization.name, run.risky(names)
    protected = [name for name in risky if run.members[name].entry.protected]
    others = [name for name in risky if name not in protected]
    question = f"Apply the changes to {counted(len(names), 'account')} of {organization}?"
    if others and not allow_risky:
        where = "\n".join(f"{name} ({run.members[name].entry.id}):\n{warning(risky[name])}" for name in others)
        agreed = ask(f"\n{question}\n{where}\nType {organization} to allow it: ", organization)
    else:
        agreed = ask(f"\n{question} [y/N] ")
    return agreed and all(ask(protection(run, name), name) for name in protected)


def protection(run: LocalRun, name: str) -> str:
    """Return the question about the risky changes of a protected account."""
    risky = run.risky([name])[name]
    return f"\n{name} ({run.members[name].entry.id}) is protected.\n{warning(risky)}\nType {name} to allow it: "
