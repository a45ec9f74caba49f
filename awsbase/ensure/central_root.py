"""Central root access: members need no root credentials of their own, and the management account acts for them."""

from __future__ import annotations

from collections.abc import Iterator

from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, Things
from awsbase.ensure.root import CREDENTIALS, SESSIONS
from awsbase.ensure.trusted_service import service_address
from awsbase.facts.organization import manages, organization
from awsbase.records import record


@record(kw_only=True)
class CentralRoot(Resource):
    """IAM looks after the root users of all members: their credentials, and short sessions for what only root can."""

    @property
    def address(self) -> str:
        return "central-root/organization"

    def needs(self) -> Iterator[str]:
        yield service_address("iam")


def features(facts: Facts) -> frozenset[str]:
    """Read what IAM does for the root users of the organization; nothing before the organization trusts it."""
    from botocore.exceptions import ClientError

    if facts.read(organization) is None:
        return frozenset()
    try:
        return frozenset(facts.aws.iam.list_organizations_features()["EnabledFeatures"])
    except ClientError as error:
        if not error.response["Error"]["Code"].startswith("ServiceAccessNotEnabled"):
            raise
        return frozenset()


def ensure_central_root(run: Run, want: CentralRoot) -> None:
    """Let IAM manage root credentials of members, and let the management account have short root sessions."""
    have, iam = run.read(features), run.aws.iam
    if CREDENTIALS not in have:
        risk = access("who may ask IAM here deletes the root credentials of members, and makes new ones")
        run.create("management of root credentials", iam.enable_organizations_root_credentials_management, risk=risk)
        run.note(
            "members that are there keep their root credentials until somebody deletes them: IAM console, "
            "'Root access management'; accounts that are made from now on have none"
        )
    if SESSIONS not in have:
        risk = access("who may call sts:AssumeRoot here opens buckets and queues of members that only root can")
        run.create("root sessions", iam.enable_organizations_root_sessions, risk=risk)


def root_reads(want: CentralRoot) -> Iterator[Read]:
    """Yield the facts that the recipe of central root access reads, to prefetch them."""
    yield (features,)


def read_permissions(want: CentralRoot) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("iam", "ListOrganizationsFeatures")
    yield allow("organizations", "DescribeOrganization")


def write_permissions(want: CentralRoot) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield allow("iam", "EnableOrganizationsRootCredentialsManagement", "EnableOrganizationsRootSessions")


def things(facts: Facts, scope: Scope) -> Things:
    """Yield central root access, where it is on as a whole."""
    if manages(facts, scope) and {CREDENTIALS, SESSIONS} <= facts.read(features):
        yield Described(CentralRoot(scope=scope))


def listing_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions that looking for it needs."""
    yield allow("iam", "ListOrganizationsFeatures")
    yield allow("organizations", "DescribeOrganization")


KIND = Kind(
    ensure_central_root,
    root_reads,
    resource=CentralRoot,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="IAM looks after the root users of all members, from the management account.",
        why="A root user without credentials cannot be stolen, and no policy inside an account limits one that has.",
        undo=(
            TAKE_OUT,
            "aws iam disable-organizations-root-sessions",
            "aws iam disable-organizations-root-credentials-management",
        ),
        controls=("CIS 1.4", "CIS 1.5"),
    ),
    word="central-root",
    found_by="the organization's features",
    owns="management of root credentials, root sessions",
    describe=Describe(things, listing_permissions),
    absent=Absent(why="members without root credentials would have nobody to act as their root"),
)
