"""Who else has made something, and how that is known: by its path, its tags or its name.

Sources: IAM user guide, "Service-linked roles" and "IAM identifiers"; IAM Identity Center user guide, "Permission
sets"; AWS Control Tower user guide, "Resources created in the shared accounts"; CloudFormation user guide, "Resource
tag"; CDK guide, "Bootstrapping".
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from awsbase.engine.scope import Scope
from awsbase.engine.things import Described, LeftAlone, NotExpressible, Thing
from awsbase.facts.tags import CREATED_BY
from awsbase.records import record

STACK = "aws:cloudformation:stack-name"


@record
class Maker:
    """Who makes things of a name, and what tells so."""

    pattern: re.Pattern[str]
    owner: str
    evidence: str


PATHS = {
    "/aws-service-role/": ("AWS", "a service-linked role, by its path /aws-service-role/"),
    "/aws-reserved/": ("IAM Identity Center", "by its path /aws-reserved/, in which only AWS makes roles"),
}
NAMES = (
    Maker(re.compile(r"aws-?controltower|aws-guardrails-", re.IGNORECASE), "AWS Control Tower", "by its name"),
    Maker(
        re.compile(r"(aws-)?stacksets-(exec|admin)|AWSCloudFormationStackSet", re.IGNORECASE),
        "StackSets",
        "by its name",
    ),
    Maker(re.compile(r"cdk-[a-z0-9]{1,10}-"), "AWS CDK", "by its name, which bootstrapping gives"),
    Maker(re.compile(r"/locks/awsbase/"), "awsbase", "by its name: it is the lock of its runs"),
    Maker(re.compile(r"AWSReservedSSO_"), "IAM Identity Center", "by its name"),
    Maker(re.compile(r"OrganizationAccountAccessRole$"), "AWS Organizations", "by its name: it made this account"),
)


def told_apart(thing: Thing, scope: Scope) -> Thing:
    """Return a thing as one that is left alone where somebody else looks after it."""
    if isinstance(thing, Described) and (known := by_path(thing.path)):
        return LeftAlone(thing.name, *known)
    if isinstance(thing, Described | NotExpressible) and (known := by_tags(thing.tags, scope) or by_name(thing.name)):
        return LeftAlone(thing.name, *known)
    return thing


def by_path(path: str) -> tuple[str, str] | None:
    """Return who makes things at a path of IAM, and how that is known; None when anybody may."""
    return next((known for start, known in PATHS.items() if path.startswith(start)), None)


def by_name(address: str) -> tuple[str, str] | None:
    """Return who makes things of a name, if the name says so."""
    name = address.partition("/")[2].partition("@")[0]
    return next(((each.owner, each.evidence) for each in NAMES if each.pattern.match(name)), None)


def by_tags(tags: Mapping[str, str], scope: Scope) -> tuple[str, str] | None:
    """Return who made what has these tags, if they say so."""
    if (creator := tags.get(CREATED_BY)) not in (None, scope.name):
        return f"the manifest of {creator}", f"by its tag {CREATED_BY}"
    if stack := tags.get(STACK):
        owner = (
            "StackSets" if stack.startswith("StackSet-") else "AWS CDK" if stack == "CDKToolkit" else "CloudFormation"
        )
        return f"{owner}, stack {stack}" if owner == "CloudFormation" else owner, f"by its tag {STACK}: {stack}"
    return None
