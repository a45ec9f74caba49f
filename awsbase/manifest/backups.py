"""The backups section: what is copied by itself, how often, and for how long it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from awsbase.engine.resource import Resource
from awsbase.engine.scope import Scope, partition
from awsbase.ensure.role import Role
from awsbase.ensure.snapshot_policy import SnapshotPolicy
from awsbase.facts.snapshot_schedules import Schedule
from awsbase.manifest.backup_plans import PlanName, PlanSpec, VaultSpec, within_lock
from awsbase.manifest.backup_plans import resources as kept_by_backup
from awsbase.manifest.base import Base
from awsbase.manifest.merge import Yielded
from awsbase.manifest.outputs import Output
from awsbase.manifest.paths import shown
from awsbase.manifest.schedules import DAYS, Day, Time
from awsbase.manifest.section import Section, Several, ValidationProblem, invalid
from awsbase.manifest.values import Days, Region, named
from awsbase.policies import Document

if TYPE_CHECKING:
    from awsbase.manifest.manifest import Manifest

SCHEDULES = 4


def volume_tags(value: dict[str, str]) -> dict[str, str]:
    """Accept tags that a volume can carry; raises PydanticCustomError for any other."""
    for key, text in value.items():
        if key.lower().startswith("aws:"):
            raise invalid(f"the tag {shown(key)} starts with a reserved prefix", "DLM does not look for those of AWS")
        if not 1 <= len(key) <= 128:
            raise invalid(f"the tag key {shown(key)} has {len(key)} characters", "AWS takes 1 to 128")
        if len(text) > 256:
            raise invalid(f"the value of tag {shown(key)} has {len(text)} characters", "AWS takes up to 256")
    return value


ScheduleName = Annotated[str, named(r"[0-9A-Za-z _-]{1,120}", "schedule name: 1 to 120 letters, digits, spaces and _-")]


class ScheduleSpec(Section):
    """When snapshots are made, and how long each is kept."""

    every_hours: Literal[1, 2, 3, 4, 6, 8, 12, 24] = Field(default=24, description="Hours from one to the next.")
    at: Time = Field(default="03:00", description="When the first of a day begins, UTC; AWS takes up to an hour.")
    days: Several[Day] | None = Field(
        default=None, description="Only on these days of the week, once each, instead of every so many hours."
    )
    keep_days: Days = Field(
        default=14, description="Days until a snapshot is deleted; another number is for those to come."
    )
    copy_tags: bool = Field(default=True, description="Give a snapshot the tags of its volume.")

    @model_validator(mode="after")
    def _one_rhythm(self) -> Self:
        if self.days is not None and not self.days:
            raise invalid("no day is listed", "leave days out for every day")
        if self.days and "every_hours" in self.model_fields_set:
            raise invalid("has both days and every_hours", "write one of them: on a given day one snapshot is made")
        return self

    def resource(self, name: str) -> Schedule:
        """Return the schedule as DLM takes it."""
        hour, minute = (int(part) for part in self.at.split(":"))
        days = ",".join(DAYS[day] for day in DAYS if day in (self.days or ()))
        return Schedule(
            name=name,
            hours=self.every_hours,
            at=self.at,
            cron=f"cron({minute} {hour} ? * {days} *)" if days else None,
            keep_days=self.keep_days,
            copy_tags=self.copy_tags,
        )


# As it would be written: to make it a section here would cost every start the time that it takes to prepare one.
DAILY: Any = {"daily": {}}


class Ebs(Section):
    """Snapshots of EBS volumes that carry a tag, by the Data Lifecycle Manager; only the snapshots cost."""

    volumes: Annotated[dict[str, str], AfterValidator(volume_tags)] = Field(
        default={"backup": "true"}, min_length=1, max_length=45, description="A volume with any of these tags is kept."
    )
    schedules: dict[ScheduleName, ScheduleSpec] = Field(
        default=DAILY,
        min_length=1,
        max_length=SCHEDULES,
        description="Up to four schedules by name, these and no others.",
    )
    regions: Several[Region] = Field(default=(), description="Where the volumes are; left out, the home region.")

    def check(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        """Yield regions of another partition."""
        account = manifest.account
        for index, name in enumerate(self.regions):
            if partition(name) != account.partition:
                yield ValidationProblem(("regions", index), f"{name} is in another partition than {account.region}")

    def resources(self, base: Base) -> Iterator[Resource]:
        """Yield the role that DLM works in, and a policy for each region."""
        scope = base.scope
        role = Role(
            scope=scope,
            name=f"{base.name}-ebs-snapshots",
            trust=trust(scope),
            policies=frozenset({f"arn:{scope.partition}:iam::aws:policy/service-role/{MANAGED}"}),
            inline={"encrypted-volumes": encrypted_volumes(scope)},
            purpose="Lets the Data Lifecycle Manager make and delete snapshots of EBS volumes",
            tags=base.tags,
        )
        yield role
        for region in self.regions or (scope.home,):
            yield SnapshotPolicy(
                scope=scope.at(region),
                name=f"{base.name}-ebs",
                role=role.arn,
                volumes=self.volumes,
                schedules=tuple(each.resource(name) for name, each in self.schedules.items()),
                description=f"{base.name} EBS snapshots",
                tags=base.tags,
                made_here=(role.address,),
            )


MANAGED = "AWSDataLifecycleManagerServiceRole"


class Backups(Section):
    """What is copied by itself."""

    ebs: Ebs | Literal[False] = Field(
        default_factory=Ebs,
        description="Snapshots of EBS volumes: daily, kept two weeks, unless you say otherwise; false for none.",
    )
    vault: VaultSpec | None = Field(
        default=None, description="Where AWS Backup keeps what the plans copy; left out, one is made for them."
    )
    plans: dict[PlanName, PlanSpec] | None = Field(
        default=None, description="What AWS Backup copies by itself, by name: databases, tables, file systems, buckets."
    )

    later: ClassVar[frozenset[str]] = frozenset({"plans", "vault"})

    def check(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        """Yield what the lock of the vault does not take."""
        lock = (self.vault or VaultSpec()).lock
        for at, message, hint in within_lock(lock, self.plans or {}) if lock else ():
            yield ValidationProblem(("plans", *at), message, hint)

    def resources(self, base: Base, manifest: Manifest) -> Iterator[Yielded]:
        """Yield what makes the backups."""
        if self.ebs:
            yield from self.ebs.resources(base)
        yield from kept_by_backup(base, self.vault, self.plans or {})

    def outputs(self, base: Base, manifest: Manifest) -> Iterator[Output]:
        """Yield the vault, and its ARN, which the accounts that copy into it name."""
        if self.vault is None and not self.plans:
            return
        name = base.expand((self.vault or VaultSpec()).name)
        there = base.scope.address("backup-vault", name)
        yield Output("backup_vault", name, data=("aws_backup_vault", "name"), needs=there)
        yield Output("backup_vault_arn", base.scope.arn("backup", f"backup-vault:{name}"), needs=there)


def trust(scope: Scope) -> Document:
    """Let DLM assume the role, for policies of this account and no other."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "dlm.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": scope.account},
                    "ArnLike": {"aws:SourceArn": f"arn:{scope.partition}:dlm:*:{scope.account}:policy/*"},
                },
            }
        ],
    }


def encrypted_volumes(scope: Scope) -> Document:
    """Let the role use the account's own keys, through EC2 only: AWS's policy for it lacks that.

    Without it volumes under a key of one's own are left out, and nothing but the policy's state says so.
    """
    keys = f"arn:{scope.partition}:kms:*:{scope.account}:key/*"
    through_ec2 = {"StringLike": {"kms:ViaService": "ec2.*"}}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Use",
                "Effect": "Allow",
                "Action": ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
                "Resource": keys,
                "Condition": through_ec2,
            },
            {
                "Sid": "Grant",
                "Effect": "Allow",
                "Action": ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"],
                "Resource": keys,
                "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}},
            },
        ],
    }
