"""The root user: nothing limits it and nobody can be told from anybody else behind it, so it is locked away.

No API changes anything of it with an administrator's credentials: this only looks, and says what a person must do.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.refusals import Refusal, understood
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, Things
from awsbase.facts.authorization import ALL_OF_IAM, authorization
from awsbase.facts.credential_report import REPORT, ROOT, VIRTUAL_DEVICES, report_rows, virtual_devices
from awsbase.records import record

SUPPORT = "AWSSupportAccess"
CREDENTIALS, SESSIONS = "RootCredentialsManagement", "RootSessions"
CONSOLES = {"aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}
# Dates of the report, or words that say that there is none.
USES = ("password_last_used", "access_key_1_last_used_date", "access_key_2_last_used_date")
log = logging.getLogger("awsbase")


@record(kw_only=True)
class Root(Resource):
    """Root has MFA and no keys, does not keep the bills to itself, and somebody else may talk to AWS's support.

    With `hardware`, the seed of its MFA is in a device and not in a file. `bills` is off where another account pays.
    `support` is the address of the role that may open support cases, when the manifest makes one.
    """

    hardware: bool = False
    bills: bool = True
    support: str | None = None

    @property
    def address(self) -> str:
        return "root/account"

    @property
    def console(self) -> str:
        """Where root signs in."""
        return f"https://{CONSOLES.get(self.scope.partition, 'console.aws.amazon.com')}/"

    def needs(self) -> Iterator[str]:
        if self.support:
            yield self.support

    def mentions(self) -> Iterator[str]:
        """Yield the support role: root stays without it."""
        return self.needs()


@record
class RootFacts:
    """What root has to sign in with. In GovCloud, and where an organization took it away, that is no password."""

    password: bool
    mfa: bool
    keys: int
    certificates: int


@record
class Organization:
    """The organization of the account: whether this account manages it, and what it does for its members' roots."""

    manages: bool
    features: frozenset[str] = frozenset()


def root(facts: Facts, partition: str) -> RootFacts:
    """Read what root has."""
    summary: Mapping[Any, int] = facts.aws.iam.get_account_summary()["SummaryMap"]
    # Nobody signs in as root of a GovCloud account. The count of passwords is younger than the others.
    password = summary.get("AccountPasswordPresent", 1) and partition != "aws-us-gov"
    return RootFacts(
        password=bool(password),
        mfa=bool(summary["AccountMFAEnabled"]),
        keys=summary["AccountAccessKeysPresent"],
        certificates=summary.get("AccountSigningCertificatesPresent", 0),
    )


def virtual(facts: Facts) -> bool:
    """Tell whether root's MFA device is an app; keys and tokens are in no list."""
    return any(
        serial.endswith(":mfa/root-account-mfa-device") or (owner or "").endswith(":root")
        for serial, owner in facts.read(virtual_devices).items()
    )


def last_used(facts: Facts) -> str | None:
    """Return the day on which root did something last, as far as the credential report knows."""
    row = facts.read(report_rows).get(ROOT, {})
    return max((row[use][:10] for use in USES if row.get(use, "")[:2].isdigit()), default=None)


def bills_shown(facts: Facts, account: str) -> bool | Refusal:
    """Tell whether IAM identities may see bills: root has to allow that before any policy can.

    Where a policy of the organization refuses the question, that is the answer.
    """
    from botocore.exceptions import ClientError

    try:
        facts.aws.budgets.describe_budgets(AccountId=account, MaxResults=1)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("AccessDeniedException", "AccessDenied"):
            raise
        refusal = understood(error)
        return refusal if refusal and refusal.by_organization else False
    return True


def supported(facts: Facts) -> bool:
    """Tell whether anybody may open support cases without being an administrator."""
    have = facts.read(authorization)
    attached = [
        *(user.policies for user in have.users.values()),
        *(group.policies for group in have.groups.values()),
        *(role.policies for role in have.roles.values()),
    ]
    return any(arn.endswith(f":aws:policy/{SUPPORT}") for policies in attached for arn in policies)


def organization(facts: Facts, account: str) -> Organization | None:
    """Read what is known of the account's organization; None without one, or when these credentials may not ask."""
    from botocore.exceptions import ClientError

    try:
        found = facts.aws.organizations.describe_organization()["Organization"]
        if found["MasterAccountId"] != account:
            return Organization(manages=False)
        return Organization(True, frozenset(facts.aws.iam.list_organizations_features()["EnabledFeatures"]))
    except ClientError as error:
        # Not in one; or IAM is not trusted by it yet, which is the same as having none of its features.
        code = error.response["Error"]["Code"]
        log.debug("the organization is not told: %s", error)
        return Organization(manages=True) if code.startswith("ServiceAccessNotEnabled") else None


def ensure_root(run: Run, want: Root) -> None:
    """Say what root still has that it should not have, and the other way round."""
    account = want.scope.account
    have = run.read(root, want.scope.partition)
    in_an_app = have.mfa and run.read(virtual)
    known = run.read(organization, account)

    if have.keys:
        ask_for_no_keys(run, want)
    if have.certificates:
        ask_for_no_certificates(run, want)
    if have.password and not have.mfa:
        ask_for_mfa(run, want)
    elif in_an_app and want.hardware:
        ask_for_hardware(run, want)
    shown = run.read(bills_shown, account) if want.bills else True
    if not shown:
        ask_for_bills(run, want)
    if want.support is None and not run.read(supported):
        ask_for_support(run)
    if known and known.manages and CREDENTIALS not in known.features:
        ask_for_central_root(run)

    if have.mfa:
        run.note(f"root has MFA, {'by an app' if in_an_app else 'by a security key, a passkey or a token'}")
    elif not have.password:
        run.note("root has no password: it is in the hands of AWS or of the organization")
    if isinstance(shown, Refusal):
        run.note(f"whether others than root may see bills cannot be told: {shown}")
    if day := run.read(last_used):
        run.note(f"root was last used on {day}")


def ask_for_no_keys(run: Run, want: Root) -> None:
    """Say how root's access keys are deleted."""
    run.manual_action(
        "root has an access key: whoever finds it can do anything, and no policy can stop it",
        "find out what uses it, and give that a role or a user of its own: the credential report says when, and for "
        "which service, it was last used",
        f"sign in as root at {want.console}, open 'Security credentials' in the menu under the account's name",
        "under 'Access keys' choose Deactivate, wait a day for complaints, then Delete",
        probe="iam GetAccountSummary says AccountAccessKeysPresent 0",
    )


def ask_for_no_certificates(run: Run, want: Root) -> None:
    """Say how root's signing certificates are deleted."""
    run.manual_action(
        "root has an X.509 signing certificate, which signs requests as an access key does",
        f"sign in as root at {want.console}, open 'Security credentials' in the menu under the account's name",
        "under 'X.509 signing certificates' choose Deactivate, then Delete",
        probe="iam GetAccountSummary says AccountSigningCertificatesPresent 0",
    )


def ask_for_mfa(run: Run, want: Root) -> None:
    """Say how root gets an MFA device of the wanted kind."""
    kind = "'Passkey or security key' or 'Hardware TOTP token'" if want.hardware else "any of the three kinds"
    run.manual_action(
        "root has no MFA device: its password alone opens everything",
        *assign(want, kind),
        probe="iam GetAccountSummary says AccountMFAEnabled 1",
        who="root",
        need="MFA device",
    )


def ask_for_hardware(run: Run, want: Root) -> None:
    """Say how root gets another MFA device in place of an app."""
    run.manual_action(
        "root's MFA device is an app, and the manifest wants a security key or token",
        *assign(want, "'Passkey or security key' or 'Hardware TOTP token'"),
        "sign in with it once, and then remove the app from the list",
        probe="iam ListVirtualMFADevices has none of root's",
    )


def assign(want: Root, kind: str) -> tuple[str, ...]:
    """Return the steps to an MFA device, and to a second one."""
    return (
        f"sign in as root at {want.console}, open 'Security credentials' in the menu under the account's name",
        f"under 'Multi-factor authentication' choose 'Assign MFA device', take {kind}, and follow it to the end",
        "assign a second device, and keep it elsewhere: who loses the only one must prove to AWS who they are",
    )


def ask_for_bills(run: Run, want: Root) -> None:
    """Say how root lets others see bills."""
    run.manual_action(
        "IAM users and roles may not see bills, so root would have to be used for that (or these credentials lack "
        "budgets:ViewBudget)",
        f"sign in as root at {want.console}, open 'Account' in the menu under the account's name",
        "at 'IAM user and role access to Billing information' choose Edit, tick 'Activate IAM Access', choose Update",
        probe="budgets DescribeBudgets answers",
    )


def ask_for_support(run: Run) -> None:
    """Say how somebody gets the right to talk to AWS."""
    run.manual_action(
        "nobody but administrators may open support cases, so that in an incident they would have to do that too",
        "name groups in root.support: awsbase makes a role with AWS's policy AWSSupportAccess, and lets them assume it",
        probe=f"iam GetAccountAuthorizationDetails shows {SUPPORT} attached to somebody",
    )


def ask_for_central_root(run: Run) -> None:
    """Say how an organization takes root's credentials away from its members."""
    run.manual_action(
        "each member account of this organization has a root user with credentials of its own",
        "let IAM look after them: aws organizations enable-aws-service-access --service-principal iam.amazonaws.com",
        "aws iam enable-organizations-root-credentials-management",
        "aws iam enable-organizations-root-sessions",
        "then delete the root credentials of each member in the IAM console, under 'Root access management'",
        probe=f"iam ListOrganizationsFeatures lists {CREDENTIALS}",
    )


def root_reads(want: Root) -> Iterator[Read]:
    """Yield the facts that the recipe of a root reads, to prefetch them."""
    yield root, want.scope.partition
    yield (last_used,)
    yield organization, want.scope.account
    if want.bills:
        yield bills_shown, want.scope.account


def read_permissions(want: Root) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield REPORT
    yield VIRTUAL_DEVICES
    yield allow("iam", "GetAccountSummary", "ListOrganizationsFeatures")
    yield allow("organizations", "DescribeOrganization")
    if want.bills:
        yield allow("budgets", "ViewBudget", on=(want.scope.global_arn("budgets", "budget/*"),))
        yield allow("billing", "GetBillingViewData", on=(want.scope.global_arn("billing", "billingview/primary"),))
    if want.support is None:
        yield ALL_OF_IAM


def things(facts: Facts, scope: Scope) -> Things:
    """Yield root, whose MFA device is none, an app or a thing of its own."""
    have = facts.read(root, scope.partition)
    yield Described(Root(scope=scope, hardware=have.mfa and not facts.read(virtual)))


def listing_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions to list it, and to plan what it has."""
    yield VIRTUAL_DEVICES
    yield REPORT
    yield allow("iam", "GetAccountSummary", "ListOrganizationsFeatures")
    yield allow("organizations", "DescribeOrganization")


KIND = Kind(
    ensure_root,
    root_reads,
    resource=Root,
    permissions=Permissions(read=read_permissions),
    about=About(
        what="Whether root is locked away: MFA on, no access keys, bills visible to others, a role for AWS's support.",
        why="Nothing limits root, and nobody can be told from anybody else behind it. awsbase looks, you do.",
        undo=("nothing is made for it; leave the section out, and awsbase no longer looks",),
        controls=("CIS 1.4", "CIS 1.5", "CIS 1.6", "CIS 1.7", "CIS 1.17", "FSBP IAM.4", "FSBP IAM.6"),
    ),
    word="root",
    found_by="there is one",
    owns="nothing: it is only looked at",
    describe=Describe(things, listing_permissions),
    absent=Absent(why="nothing is made for it"),
)
