"""The least privilege that a manifest's resources need: each kind declares what reading it and writing it needs.

Nothing is guessed from what a run happened to call, for what a repair or a deletion needs is declared as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from awsbase.engine.kind import Kinds, permissions_of
from awsbase.engine.lock import PATH
from awsbase.engine.permissions import Allow, allow, equals
from awsbase.engine.removal import absent_of
from awsbase.engine.resource import Resource
from awsbase.engine.scope import Scope
from awsbase.ensure import KINDS
from awsbase.ensure.role import Role
from awsbase.ensure.service_linked_role import ServiceLinkedRole
from awsbase.facts.authorization import ALL_OF_IAM
from awsbase.facts.tags import TAG_INDEX
from awsbase.permissions.documents import ATTACHED, Least, fitting, statements

__all__ = ["ATTACHED", "Least", "least", "to_describe"]


def least(
    resources: Iterable[Resource],
    *,
    plan_only: bool = False,
    who: bool = False,
    destroy: bool = False,
    more: Iterable[Allow] = (),
    kinds: Kinds = KINDS,
) -> Least:
    """Return what is enough to plan resources, and unless `plan_only` to reconcile them, or to `destroy` them.

    `who` is for `plan --who`, and `more` is allowed beside it to destroy.

    Raises Undeclared when a kind does not say which permissions it needs.
    """
    resources = tuple(resources)
    wanted = {resource.address: resource for resource in resources}
    declared = [(want, permissions_of(kinds, want)) for want in resources]
    reads = [each for want, permissions in declared for each in permissions.read(want)]
    if any(hasattr(want, "tags") for want in resources):
        # Other tags of what is there are compared with what policies ask for.
        reads.append(ALL_OF_IAM)
    if who:
        reads.append(allow("cloudtrail", "LookupEvents"))
    found = statements(reads, "Read")
    if destroy:
        writes = [each for want in resources for each in absent_of(kinds, want).permissions(want)]
        writes += more
    else:
        writes = [each for want, permissions in declared for each in permissions.write(want)]
    if writes and not plan_only:
        found += statements(writes, "Write")
        found += statements(() if destroy else passed(wanted, kinds), "Pass")
        found += statements((locking(want.scope) for want in wanted.values()), "Lock")
    return fitting(found)


def to_describe(kinds: Kinds, scope: Scope) -> Least:
    """Return what is enough to list all that an account of a scope has."""
    reads = [allow("ec2", "DescribeRegions"), TAG_INDEX]
    reads += [each for kind in kinds.values() if kind.describe for each in kind.describe.permissions(scope)]
    return fitting(statements(reads, "Read"))


def locking(scope: Scope) -> Allow:
    """Allow the lock of the account to be looked at, taken and released."""
    home = scope.at(scope.home)
    lock = (home.arn("ssm", f"parameter{PATH}"), home.arn("ssm", f"parameter{PATH}/*"))
    return allow("ssm", "DeleteParameter", "GetParametersByPath", "PutParameter", on=lock)


def passed(wanted: Mapping[str, Resource], kinds: Kinds) -> Iterator[Allow]:
    """Yield for each role that is handed to a service of AWS that it may be, to this service alone."""
    for want in wanted.values():
        for role, service in permissions_of(kinds, want).passes(want):
            arn = arn_of(role, wanted)
            yield allow("iam", "PassRole", on=(arn,), when=equals("iam:PassedToService", service))


def arn_of(role: str, wanted: Mapping[str, Resource]) -> str:
    """Return the ARN of the role at an address, or the one that was given."""
    match wanted.get(role):
        case Role() | ServiceLinkedRole() as made:
            return made.arn
    return role
