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
    Maker(re.compile(r"aws-?controltower", re.IGNORECASE), "AWS Control Tower", "by its name"),
    Maker(
        re.compile(r"(aws-)?stacksets-(exec|admin)|AWSCloudFormationStackSet", re.IGNORECASE),
        "StackSets",
        "by its name",
    ),
    Maker(re.compile(r"cdk-[a-z0-9]{1,10}-"), "AWS CDK", "by its name, which bootstrapping gives"),
    Maker(re.compile(r"AWSReservedSSO_"), "IAM Identity Center", "by its name"),
    Maker(re.compile(r"OrganizationAccountAccessRole$"), "AWS Organizations", "by its name: it made this account"),
)


def told_apart(thing: Thing, scope: Scope) -> Thing:
    """Return a thing as one that is left alone where somebody else looks after it."""
    if isinstance(thing, NotExpressible) and (known := by_tags(thing.tags, scope)):
        return LeftAlone(thing.name, *known)
    if isinstance(thing, Described) and (known := maker(thing, scope)):
        return LeftAlone(thing.name, *known)
    return thing


def maker(thing: Described, scope: Scope) -> tuple[str, str] | None:
    """Return who else made a thing, and how that is known; None when nothing says so."""
    name = thing.name.partition("/")[2].partition("@")[0]
    for path, known in PATHS.items():
        if thing.path.startswith(path):
            return known
    return by_tags(thing.tags, scope) or next(
        ((each.owner, each.evidence) for each in NAMES if each.pattern.match(name)), None
    )


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
