"""Tell whether attaching or detaching a policy, or joining or leaving a group, gives a principal more permissions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from awsbase.access.simulated_state import QUARANTINE
from awsbase.engine.run import Run
from awsbase.facts.authorization import groups, policies
from awsbase.policies import Document
from awsbase.policies.document import listed

MORE = "it gives new permissions"
# Policies that only deny. AWS attaches the quarantine to a user whose key leaked:
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCompromisedKeyQuarantineV2.html
ONLY_DENY = ("/awsbase-require-mfa", "/awsbase-protect-audit", "/AWSDenyAll")


def letting_in(trust: Document, account: str) -> str:
    """Say which other accounts a trust policy allows to assume the role; services and federated users do not count."""
    statements = [each for each in listed(trust.get("Statement")) if isinstance(each, Mapping)]
    principals = [each.get("Principal") for each in statements if each.get("Effect") == "Allow"]
    named = [name for each in principals for name in listed(each.get("AWS") if isinstance(each, Mapping) else each)]
    arns = [name.split(":") for name in named if isinstance(name, str)]
    accounts = {parts[4] if len(parts) > 4 else parts[0] for parts in arns} - {account}
    if "*" in accounts:
        return "every AWS account can assume it"
    return f"principals of {', '.join(sorted(accounts))} can assume it" if accounts else ""


def attaching(run: Run, arn: str) -> str:
    """Say why attaching a policy is risky: it allows something, or its document is unknown; empty when it is not."""
    return MORE if effect(run, arn, "Allow") else ""


def detaching(run: Run, arn: str) -> str:
    """Say why detaching a policy is risky: it denies something; empty when it is not."""
    return "what it denies is no longer denied" if effect(run, arn, "Deny") else ""


def joining(run: Run, group: str) -> str:
    """Say why joining a group is risky: it allows something, or does not exist yet; empty when it is not."""
    have = run.read(groups).get(group.casefold())
    allows = have is None or have.inline or any(effect(run, arn, "Allow") for arn in have.policies)
    return MORE if allows else ""


def leaving(run: Run, group: str, remaining: Iterable[str]) -> str:
    """Say why leaving a group is risky: no remaining group denies what this one denies; empty when it is not."""
    lost = denying(run, group).difference(*(denying(run, other) for other in remaining))
    names = ", ".join(sorted(arn.rpartition("/")[2] for arn in lost))
    return f"what {names} denies is no longer denied" if lost else ""


def denying(run: Run, group: str) -> frozenset[str]:
    """Return the ARNs of a group's policies that deny something."""
    have = run.read(groups).get(group.casefold())
    return frozenset(arn for arn in have.policies if effect(run, arn, "Deny")) if have else frozenset()


def effect(run: Run, arn: str, sought: str) -> bool:
    """Tell whether a policy has a statement with an effect; AWS's own policies are judged by their names."""
    own = run.read(policies).get(arn.rpartition("/")[2].casefold())
    if own is None or own.arn != arn:
        only_denies = arn.endswith(ONLY_DENY) or f":aws:policy/{QUARANTINE}" in arn
        return only_denies == (sought == "Deny")
    return has_effect(own.document, sought)


def has_effect(document: Document, sought: str) -> bool:
    """Tell whether any statement of a document has an effect, `Allow` or `Deny`."""
    return any(isinstance(each, dict) and each.get("Effect") == sought for each in listed(document.get("Statement")))
