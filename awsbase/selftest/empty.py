"""Whether an account is nobody's: it has nothing but AWS's own defaults, who looks at it, and what selftests left."""

from __future__ import annotations

import re
from collections.abc import Mapping

from awsbase.adopt.survey import Survey
from awsbase.engine.account import Account
from awsbase.engine.facts import Facts
from awsbase.engine.kind import Absent
from awsbase.engine.lock import PATH
from awsbase.engine.refusals import understood
from awsbase.engine.scope import Scope
from awsbase.engine.things import Described, LeftAlone, Thing, Unread
from awsbase.ensure import KINDS
from awsbase.errors import Refused
from awsbase.facts.authorization import authorization
from awsbase.facts.tags import CREATED_BY
from awsbase.selftest.naming import pattern_of

# Who makes something in every new account, or in each account that an organization makes.
OF_AWS = ("AWS", "AWS Organizations")
# What is in every region of a new account.
DEFAULTS = re.compile(r"(existing-vpc|default-security-group|vpc|subnet|route-table|internet-gateway)/default(@|$)")


def check_alone(account: Account) -> None:
    """Raise Refused where the account manages an organization, or where nobody can tell."""
    from botocore.exceptions import ClientError

    try:
        found = account.aws.organizations.describe_organization()["Organization"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "AWSOrganizationsNotInUseException":
            return
        refusal = understood(error)
        raise Refused(
            f"awsbase cannot tell whether {account.id} manages an organization: {error}",
            hint=refusal.advice(account.caller) if refusal else "run it again",
        ) from error
    if found["MasterAccountId"] == account.id:
        raise Refused(
            f"{account.id} manages the organization {found['Id']}",
            hint="make a member account, which one can close again, and use its credentials",
        )


def strangers(found: Survey, facts: Facts, account: Account, scope: Scope) -> list[str]:
    """Name what is in an account and is neither AWS's own, nor the caller's, nor a selftest's of this prefix."""
    mine = callers(facts, account)
    return [
        f"{each.name}: {unread(each)}" if isinstance(each, Unread) else each.name
        for each in found.things
        if not (of_aws(each) or is_setting(each) or each.name in mine or is_selftests(each, scope.name))
    ]


def unread(thing: Unread) -> str:
    """Say why nobody knows what is there."""
    return thing.message or f"{thing.action} is not allowed"


def of_aws(thing: Thing) -> bool:
    """Tell whether AWS makes a thing in every new account."""
    owned = isinstance(thing, LeftAlone) and thing.owner in OF_AWS
    return owned or DEFAULTS.match(thing.name) is not None or f"{PATH}/" in thing.name


def is_setting(thing: Thing) -> bool:
    """Tell whether a thing is a setting of the whole account, which holds nothing and is never reverted."""
    ways = ways_away(thing.name)
    return bool(ways) and all(each.remove is None for each in ways)


def ways_away(address: str) -> list[Absent]:
    """Return how what an address names is taken away; several kinds can share a word."""
    word = address.partition("/")[0]
    return [kind.absent for kind in KINDS.values() if kind.word == word and kind.absent]


def is_selftests(thing: Thing, prefix: str) -> bool:
    """Tell whether an earlier selftest made a thing, by its tag of origin or its name."""
    tags: Mapping[str, str] = thing.tags if isinstance(thing, Described) else {}
    owner = thing.owner if isinstance(thing, LeftAlone) else ""
    return any(name_in(text, prefix) for text in (tags.get(CREATED_BY, ""), owner, thing.name))


def name_in(text: str, prefix: str) -> str:
    """Return the name of a selftest's sample that stands in a text; empty when there is none."""
    found = pattern_of(prefix).search(text)
    return found[0] if found else ""


def callers(facts: Facts, account: Account) -> set[str]:
    """Return the addresses of who calls: the user with its groups, or the role, and the policies attached to them."""
    iam = facts.read(authorization)
    if account.user and (user := iam.users.get(account.user.casefold())):
        groups = [group for name in user.groups if (group := iam.groups.get(name.casefold()))]
        arns = set(user.policies).union(*(group.policies for group in groups))
        own = {f"user/{user.name}", *(f"group/{group.name}" for group in groups)}
    elif account.role and (role := iam.roles.get(account.role.casefold())):
        arns, own = set(role.policies), {f"role/{role.name}"}
    else:
        return set()
    return own | {f"policy/{arn.rpartition('/')[2]}" for arn in arns} | {f"mfa-device/{account.user}"}
