"""Tell whether attaching or detaching a policy, or joining or leaving a group, gives a principal more permissions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from awsbase.access.comparison import shortened
from awsbase.access.simulated_state import IamDraft, changes_iam
from awsbase.engine.run import Run
from awsbase.facts.authorization import authorization, groups, policies
from awsbase.facts.aws_policies import aws_policy, is_of_aws
from awsbase.policies import Document
from awsbase.policies.document import listed

MORE = "it gives new permissions"
# AWS's policies that only deny; it attaches the quarantine to a user whose key leaked. A policy of the account may have
# the same name:
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCompromisedKeyQuarantineV2.html
ONLY_DENY = re.compile(r"arn:aws[a-z-]*:iam::aws:policy/(AWSDenyAll|AWSCompromisedKeyQuarantine(V\d+)?)")


def attaching(run: Run, arn: str) -> str:
    """Say why attaching a policy is risky: it allows something, or its document is unknown; empty when it is not."""
    return MORE if effect(run, arn, "Allow") else ""


def detaching(run: Run, arn: str) -> str:
    """Say why detaching a policy is risky: it denies something, or its document is unknown; empty when it is not."""
    return "what it denies is no longer denied" if effect(run, arn, "Deny") else ""


def to_whom(run: Run, arn: str, reason: str) -> str:
    """Add to the reason why a policy is wider who has that policy; empty when there is no reason."""
    if not reason:
        return ""
    iam = run.read(authorization)
    kinds = (("group", iam.groups), ("user", iam.users), ("role", iam.roles))
    having = [f"{kind} {each.name}" for kind, all_of_it in kinds for each in all_of_it.values() if arn in each.policies]
    return f"{reason}, for {shortened(having, ', ')}" if having else f"{reason}, for nobody yet"


def joining(run: Run, group: str) -> str:
    """Say why joining a group is risky: it allows something, or does not exist yet; empty when it is not."""
    have = run.read(groups).get(group.casefold())
    allows = (
        have is None
        or any(has_effect(document, "Allow") for document in have.inline.values())
        or any(effect(run, arn, "Allow") for arn in have.policies)
    )
    return MORE if allows else ""


def leaving(run: Run, group: str, remaining: Iterable[str]) -> str:
    """Say why leaving a group is risky: no remaining group denies what this one denies; empty when it is not."""
    kept = {denial for other in remaining for denial, _ in denials(run, other)}
    lost = sorted({name for denial, name in denials(run, group) if denial not in kept})
    return f"what {', '.join(lost)} denies is no longer denied" if lost else ""


def denials(run: Run, group: str) -> Iterator[tuple[str, str]]:
    """Yield what of a group denies something, with its name: a policy by its ARN, an inline one by its document."""
    have = run.read(groups).get(group.casefold())
    if have is None:
        return
    for arn in have.policies:
        if effect(run, arn, "Deny"):
            yield arn, arn.rpartition("/")[2]
    for name, document in have.inline.items():
        if has_effect(document, "Deny"):
            yield json.dumps(document, sort_keys=True), name


def effect(run: Run, arn: str, sought: str) -> bool:
    """Tell whether a policy may have a statement with an effect: those that this run writes are read as well.

    AWS's own policies are read to know what they deny, for few of them deny anything. An unknown one may do both.
    """
    if ONLY_DENY.fullmatch(arn):
        return sought == "Deny"
    known = list(documents(run, arn))
    if not known and is_of_aws(arn) and sought == "Deny":
        document = run.read(aws_policy, arn)
        return document is None or has_effect(document, sought)
    return not known or any(has_effect(document, sought) for document in known)


def documents(run: Run, arn: str) -> Iterator[Document]:
    """Yield the documents of a policy of the account: the one it has, and the one that this run writes."""
    name, held = arn.rpartition("/")[2].casefold(), run.read(policies)
    draft = IamDraft({}, {}, {}, dict(held))
    for want in run.resources:
        if changes_iam(want) and want.address.casefold() == f"policy/{name}":
            want.simulate(draft)
    yield from (each.document for by in (held, draft.policies) if (each := by.get(name)) and each.arn == arn)


def has_effect(document: Document, sought: str) -> bool:
    """Tell whether any statement of a document has an effect, `Allow` or `Deny`."""
    return any(isinstance(each, dict) and each.get("Effect") == sought for each in listed(document.get("Statement")))
