"""The consent that a run on many accounts needs: one yes, and the name of each protected account with a risk."""

from __future__ import annotations

from collections.abc import Sequence

from awsbase.fleet.local import LocalRun
from awsbase.organization.access_opened import opened
from awsbase.session import Prompt
from awsbase.view.plurals import counted
from awsbase.view.risks import warning


def consent(run: LocalRun, names: Sequence[str], ask: Prompt, *, allow_risky: bool) -> bool:
    """Ask once for consent to the plans of these accounts.

    Risky changes need the organization's name typed, unless `allow_risky`. Those of a protected account need its own
    name typed, whatever else was said, and so does a protected account that people are newly let into from another.
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
    entered = {
        account: name
        for name in risky
        for account in opened(run.organization.model, name, ((each.address, each.change.what) for each in risky[name]))
        if account not in protected
    }
    return (
        agreed
        and all(ask(protection(run, name), name) for name in protected)
        and all(ask(entry(run, account, name), account) for account, name in entered.items())
    )


def entry(run: LocalRun, account: str, name: str) -> str:
    """Return the question about a protected account that changes of another one let people into."""
    risky = [
        each
        for each in run.risky([name])[name]
        if account in opened(run.organization.model, name, [(each.address, each.change.what)])
    ]
    where = f"{account} ({run.organization.members[account].entry.id}) is protected, and {name} lets people into it"
    return f"\n{where}.\n{warning(risky)}\nType {account} to allow it: "


def protection(run: LocalRun, name: str) -> str:
    """Return the question about the risky changes of a protected account."""
    risky = run.risky([name])[name]
    return f"\n{name} ({run.members[name].entry.id}) is protected.\n{warning(risky)}\nType {name} to allow it: "
