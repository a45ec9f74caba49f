"""What users and roles in the members of an organization have used: read inside each, by the role it is entered by.

IAM tells the last use of each action within 400 days, four hours late. CloudTrail's event history tells the rest.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from awsbase.engine.facts import Facts
from awsbase.engine.scope import FIRST_REGIONS, partition
from awsbase.facts.authorization import SERVICE_LINKED, authorization
from awsbase.facts.organization import accounts, accounts_in, all_units, root_id
from awsbase.records import record

if TYPE_CHECKING:
    from botocore.session import Session

ROLE = "OrganizationAccountAccessRole"
WINDOW = timedelta(days=90)
# The event history gives two pages of 50 a second in each region; what is older than these IAM has told by then.
PAGES = 4
# What a session in a member may do, whatever its role may.
READS = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                *("iam:GetAccountAuthorizationDetails", "iam:GenerateServiceLastAccessedDetails"),
                *("iam:GetServiceLastAccessedDetails", "cloudtrail:LookupEvents"),
            ],
            "Resource": "*",
        }
    ],
}
# Where the source of an event is not what IAM calls the service.
PREFIXES = {"monitoring": "cloudwatch", "email": "ses", "tagging": "tag"}
# Lambda and CloudFront keep the date of an API in the names of its events.
DATED = re.compile(r"\d{4}_?\d{2}_?\d{2}(v\d+)?$")


@record
class Use:
    """One thing that somebody used: an action such as s3:PutObject, or a service alone, as `s3:`; where and when."""

    action: str
    region: str
    at: datetime

    @property
    def service(self) -> str:
        return self.action.partition(":")[0]


@record
class MemberPrincipal:
    """A user or a role in a member, with its tags."""

    arn: str
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def account(self) -> str:
        return self.arn.split(":")[4]

    @property
    def name(self) -> str:
        """Return what people call it: role/NAME or user/NAME, without a path."""
        kind, _, path = self.arn.split(":", 5)[5].partition("/")
        return f"{kind}/{path.rpartition('/')[2]}"


def members_below(facts: Facts, target: str, management: str) -> Sequence[str]:
    """Read the ids of the open accounts at a root or a unit, and below it, or of one account itself.

    The management account is left out: no service control policy binds it.
    """
    listed = {each.id for each in facts.read(accounts) if each.open} - {management}
    if target in listed or re.fullmatch(r"\d{12}", target):
        return sorted({target} & listed)
    paths = {id: f"{path}/" for path, id in facts.read(all_units).items()}
    top = facts.read(root_id)
    below = [id for id, path in paths.items() if target == top or path.startswith(paths.get(target, "\0"))]
    parents = [*below, *([target] if target == top else [])]
    return sorted({id for parent in parents for id in facts.read(accounts_in, parent)} & listed)


def inside(facts: Facts, account: str) -> Facts:
    """Enter a member by its role, to read only; return facts about it."""
    region = facts.aws.region
    answer = facts.aws.sts.assume_role(
        RoleArn=f"arn:{partition(region)}:iam::{account}:role/{ROLE}",
        RoleSessionName="awsbase-rehearsal",
        DurationSeconds=900,
        Policy=json.dumps(READS, separators=(",", ":")),
    )
    return facts.elsewhere(facts.aws.by(session_with(facts.aws.clients.session, answer["Credentials"])))


def session_with(base: Session, keys: Mapping[str, Any]) -> Session:
    """Return a session with other keys that reaches AWS as the first one does."""
    from botocore.session import Session

    handlers: Any = base.get_component("event_emitter")
    made = Session(profile=base.profile, event_hooks=copy(handlers), include_builtin_handlers=False)
    # The models of the services are read from disk once for all members.
    made.register_component("data_loader", base.get_component("data_loader"))
    made.set_credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    return made


def principals(facts: Facts, member: Facts, account: str, since: datetime) -> Sequence[MemberPrincipal]:
    """Read who in a member may have used something since then: users, and roles but those of AWS's services."""
    iam, recent = member.read(authorization), {who.arn for who, _ in facts.read(newest, member)}
    found = [
        MemberPrincipal(role.arn, role.tags)
        for role in iam.roles.values()
        if not role.path.startswith(SERVICE_LINKED) and (role.arn in recent or (role.used and role.used >= since))
    ]
    place = f"arn:{partition(member.aws.region)}:iam::{account}:user"
    return [*found, *(MemberPrincipal(f"{place}{user.path}{user.name}", user.tags) for user in iam.users.values())]


def newest(facts: Facts, member: Facts) -> Sequence[tuple[MemberPrincipal, Use]]:
    """Read the newest events of a member, at home and where IAM has its events, by whoever made them."""
    home = member.aws.region
    regions = dict.fromkeys((home, FIRST_REGIONS.get(partition(home), home)))
    return [found for region in regions for found in events(member, region)]


def events(member: Facts, region: str) -> Iterator[tuple[MemberPrincipal, Use]]:
    """Yield the newest events of one region, by whoever made them."""
    client: Any = member.aws.at(region).cloudtrail
    more: dict[str, str] = {}
    for _ in range(PAGES):
        answer = client.lookup_events(**more)
        for each in answer["Events"]:
            if found := understood(each, region):
                yield found
        if "NextToken" not in answer:
            return
        more = {"NextToken": answer["NextToken"]}


def understood(event: Mapping[str, Any], region: str) -> tuple[MemberPrincipal, Use] | None:
    """Return who did what by an event; None for what no user or role of the account did."""
    try:
        told = json.loads(event.get("CloudTrailEvent", ""))
    except ValueError:
        return None
    identity = told.get("userIdentity") or {}
    issuer = (identity.get("sessionContext") or {}).get("sessionIssuer") or {}
    arn = str(issuer.get("arn") or identity.get("arn") or "")
    if identity.get("type") not in ("IAMUser", "AssumedRole") or SERVICE_LINKED in arn:
        return None
    source = str(told.get("eventSource", "")).partition(".")[0]
    name = DATED.sub("", str(told.get("eventName", "")))
    return MemberPrincipal(arn), Use(f"{PREFIXES.get(source, source)}:{name}", region, event["EventTime"])


@record
class Asked:
    """What is known of a member before IAM's reports are there: facts about it, its newest events, and the jobs."""

    member: Facts
    recent: Sequence[tuple[MemberPrincipal, Use]]
    jobs: Sequence[tuple[MemberPrincipal, str]]


def asked_in(facts: Facts, account: str, since: datetime) -> Asked:
    """Enter a member, and ask IAM for what each user and role used last."""
    member = facts.read(inside, account)
    recent = facts.read(newest, member)
    found = facts.read(principals, member, account, since)
    return Asked(member, recent, [(who, facts.read(asked, member, who.arn)) for who in found])


def asked(facts: Facts, member: Facts, arn: str) -> str:
    """Ask IAM for what a user or a role used last; return the id of the job."""
    answer = member.aws.iam.generate_service_last_accessed_details(Arn=arn, Granularity="ACTION_LEVEL")
    return str(answer["JobId"])


def used(facts: Facts, member: Facts, job: str, since: datetime) -> Sequence[Use] | None:
    """Return what IAM tells of the uses since then; None until it is ready.

    A service whose actions it does not follow is there by itself. Raises ValueError when IAM gives up.
    """
    found: list[Use] = []
    marker: dict[str, str] = {}
    while True:
        answer = member.aws.iam.get_service_last_accessed_details(JobId=job, **marker)  # type: ignore[arg-type]
        if answer["JobStatus"] == "IN_PROGRESS":
            return None
        if answer["JobStatus"] == "FAILED":
            raise ValueError(f"job {job} failed")
        for service in answer["ServicesLastAccessed"]:
            found += [use for use in of_service(service) if use.at >= since]
        if not answer.get("IsTruncated"):
            return found
        marker = {"Marker": answer["Marker"]}


def of_service(service: Mapping[str, Any]) -> Iterator[Use]:
    """Yield the last use of each action of a service; of the service alone, where none of its actions explains it."""
    name, last = service["ServiceNamespace"], service.get("LastAuthenticated")
    if last is None:
        return
    known = [each for each in service.get("TrackedActionsLastAccessed", ()) if each.get("LastAccessedTime")]
    for each in known:
        yield Use(f"{name}:{each['ActionName']}", each.get("LastAccessedRegion", ""), each["LastAccessedTime"])
    if all(each["LastAccessedTime"] < last for each in known):
        yield Use(f"{name}:", service.get("LastAuthenticatedRegion", ""), last)
