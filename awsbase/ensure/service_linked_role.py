"""Roles that belong to an AWS service: only it may assume them, and only it knows what they allow."""

from __future__ import annotations

from collections.abc import Iterator

from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, linked_role
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, Things
from awsbase.facts.authorization import ALL_OF_IAM, SERVICE_LINKED, authorization, roles
from awsbase.records import record


@record(kw_only=True)
class ServiceLinkedRole(Resource):
    """The role of one service, as `config`; AWS names it, writes its policy and takes no tags."""

    service: str
    name: str

    @property
    def address(self) -> str:
        return f"service-linked-role/{self.name}"

    @property
    def principal(self) -> str:
        return f"{self.service}.amazonaws.com"

    @property
    def arn(self) -> str:
        return service_role_arn(self.scope, self.principal, self.name)


def service_role_arn(scope: Scope, principal: str, name: str) -> str:
    """Return the ARN that a service's role has or will have."""
    return scope.global_arn("iam", f"role{SERVICE_LINKED}{principal}/{name}")


def service_linked_role_reads(want: ServiceLinkedRole) -> Iterator[Read]:
    """Yield the facts that the recipe of a service linked role reads, to prefetch them."""
    yield (authorization,)


def ensure_service_linked_role(run: Run, want: ServiceLinkedRole) -> str:
    """Let a service have its role; returns the role's ARN."""
    have = run.read(roles).get(want.name.casefold())

    if have is None:
        run.create("service linked role", run.aws.iam.create_service_linked_role, AWSServiceName=want.principal)
    else:
        run.created_at(have.created)
    return want.arn


def existing_service_linked_roles(facts: Facts, scope: Scope) -> Things:
    """Yield each role that belongs to a service, by its path."""
    for have in facts.read(roles).values():
        if have.path.startswith(SERVICE_LINKED):
            service = have.path.removeprefix(SERVICE_LINKED).strip("/").removesuffix(".amazonaws.com")
            found = ServiceLinkedRole(scope=scope, service=service, name=have.name)
            yield Described(found, tags=have.tags, path=have.path)


def list_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions that listing all of them needs."""
    yield ALL_OF_IAM


def read_permissions(want: ServiceLinkedRole) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield ALL_OF_IAM


def write_permissions(want: ServiceLinkedRole) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield linked_role(want.scope, want.principal)


KIND = Kind(
    ensure_service_linked_role,
    service_linked_role_reads,
    resource=ServiceLinkedRole,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="The role in which one service of AWS works for the account; AWS names it and writes its policy.",
        why="Some services do not start without it, and say so only in part.",
        undo=(TAKE_OUT, "switch the service off everywhere, then: aws iam delete-service-linked-role --role-name ROLE"),
    ),
    word="service-linked-role",
    found_by="name",
    owns="that it is there",
    keeps="everything: it is the service's",
    describe=Describe(existing_service_linked_roles, list_permissions),
    absent=Absent(why="it is the service's, which may work in it for others too, and it lets nobody else in"),
)
