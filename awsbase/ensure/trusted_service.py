"""Services of AWS that may act in all accounts of the organization: trusted access."""

from __future__ import annotations

from collections.abc import Iterator

from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow, equals
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, NotExpressible, Things
from awsbase.ensure.organization import ADDRESS as ORGANIZATION
from awsbase.facts.organization import client, manages, trusted_services
from awsbase.records import record

# The services that are trusted by AWS Organizations' own call, by the names that people use:
# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_services_list.html
PRINCIPALS = {
    "access-analyzer": "access-analyzer.amazonaws.com",
    "account": "account.amazonaws.com",
    "backup": "backup.amazonaws.com",
    "cloudtrail": "cloudtrail.amazonaws.com",
    "compute-optimizer": "compute-optimizer.amazonaws.com",
    "config": "config.amazonaws.com",
    "config-rules": "config-multiaccountsetup.amazonaws.com",
    "health": "health.amazonaws.com",
    "iam": "iam.amazonaws.com",
    "ssm": "ssm.amazonaws.com",
    "tag-policies": "tagpolicies.tag.amazonaws.com",
    "trusted-advisor": "reporting.trustedadvisor.amazonaws.com",
}
# These have a call of their own, which does more than to trust them; AWS advises to use that.
OWN_CALL = {
    "cloudformation": "aws cloudformation activate-organizations-access",
    "detective": "aws detective enable-organization-admin-account",
    "fms": "aws fms associate-admin-account",
    "guardduty": "aws guardduty enable-organization-admin-account",
    "inspector2": "aws inspector2 enable-delegated-admin-account",
    "ipam": "aws ec2 enable-ipam-organization-admin-account",
    "macie": "aws macie2 enable-organization-admin-account",
    "ram": "aws ram enable-sharing-with-aws-organization",
    "securityhub": "aws securityhub enable-organization-admin-account",
}


@record(kw_only=True)
class TrustedService(Resource):
    """A service that may act in all accounts of the organization, by its name in PRINCIPALS."""

    service: str

    @property
    def address(self) -> str:
        return service_address(self.service)

    @property
    def principal(self) -> str:
        """What policies call it."""
        return PRINCIPALS[self.service]

    def needs(self) -> Iterator[str]:
        yield ORGANIZATION


def service_address(service: str) -> str:
    """Return the address of a trusted service."""
    return f"trusted-service/{service}"


def ensure_trusted_service(run: Run, want: TrustedService) -> str:
    """Let a service act in all accounts of the organization; returns its principal."""
    if want.principal not in run.read(trusted_services):
        method = client(run.aws).enable_aws_service_access
        run.create("trusted service", method, ServicePrincipal=want.principal)
    return want.principal


def service_reads(want: TrustedService) -> Iterator[Read]:
    """Yield the facts that the recipe of a trusted service reads, to prefetch them."""
    yield (trusted_services,)


def read_permissions(want: TrustedService) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("organizations", "DescribeOrganization", "ListAWSServiceAccessForOrganization")


def write_permissions(want: TrustedService) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    only = equals("organizations:ServicePrincipal", want.principal)
    yield allow("organizations", "EnableAWSServiceAccess", when=only)


def things(facts: Facts, scope: Scope) -> Things:
    """Yield the services that the organization trusts; no manifest names those that have a call of their own."""
    if not manages(facts, scope):
        return
    names = {principal: name for name, principal in PRINCIPALS.items()}
    for principal in sorted(facts.read(trusted_services)):
        if principal in names:
            yield Described(TrustedService(scope=scope, service=names[principal]))
        else:
            yield NotExpressible(service_address(principal), ("trusted by a call of its own",))


def listing_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions that listing them needs."""
    yield allow("organizations", "DescribeOrganization", "ListAWSServiceAccessForOrganization")


KIND = Kind(
    ensure_trusted_service,
    service_reads,
    resource=TrustedService,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="A service of AWS that may act in all accounts of the organization, by a role of its own in each.",
        why="One trail, one analyzer and one list of findings for all accounts need it.",
        undo=(
            TAKE_OUT,
            "switch off in the service itself what it does for the organization",
            "aws organizations disable-aws-service-access --service-principal NAME.amazonaws.com",
        ),
    ),
    word="trusted-service",
    found_by="its principal",
    owns="that it is trusted",
    keeps="other services that are trusted",
    describe=Describe(things, listing_permissions),
    absent=Absent(why="what the service does in other accounts would stop halfway: nobody knows who counts on it"),
)
