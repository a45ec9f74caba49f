"""What AWS Backup keeps: a locked vault, plans that choose by tag, and copies in the vault of another account."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from awsbase.engine.resource import Resource
from awsbase.engine.scope import Scope
from awsbase.ensure.backup_plan import BackupPlan
from awsbase.ensure.backup_settings import BackupSettings
from awsbase.ensure.backup_vault import BackupVault
from awsbase.ensure.role import Role
from awsbase.facts.backups import Copy, Lock, Rule
from awsbase.manifest.base import Base
from awsbase.manifest.merge import KeyUse, Yielded
from awsbase.manifest.paths import Steps
from awsbase.manifest.schedules import DAYS, Day, Time
from awsbase.manifest.section import Section, Several, ValidationProblem, invalid
from awsbase.manifest.values import AccountId, Days, KmsAlias, Tags, named
from awsbase.policies import Document

if TYPE_CHECKING:
    from awsbase.manifest.manifest import Manifest

Service = Literal["rds", "aurora", "dynamodb", "efs", "s3"]
# The ARNs of each service's resources, and what AWS Backup's settings call the service.
RESOURCES = {
    "rds": ("rds:*:*:db:*", "RDS"),
    "aurora": ("rds:*:*:cluster:*", "Aurora"),
    "dynamodb": ("dynamodb:*:*:table/*", "DynamoDB"),
    "efs": ("elasticfilesystem:*:*:file-system/*", "EFS"),
    "s3": ("s3:::*", "S3"),
}
# Whatever else is told to move there stays where it is.
TAKES_COLD = ("dynamodb", "efs")
COLD_DAYS = 90
LONGEST_CONTINUOUS = 35
COOLING_OFF = 3
HOUR = 60
ROLE_POLICIES = (
    "service-role/AWSBackupServiceRolePolicyForBackup",
    "service-role/AWSBackupServiceRolePolicyForRestores",
)
S3_POLICIES = ("AWSBackupServiceRolePolicyForS3Backup", "AWSBackupServiceRolePolicyForS3Restore")

VaultName = Annotated[str, named(r"[A-Za-z0-9_-]{2,50}", "vault name: 2 to 50 letters, digits and _-")]
PlanName = Annotated[str, named(r"[A-Za-z0-9_.-]{1,50}", "plan name: 1 to 50 letters, digits and _.-")]
RuleName = Annotated[str, named(r"[A-Za-z0-9_.-]{1,50}", "rule name: 1 to 50 letters, digits and _.-")]
VaultArn = Annotated[
    str,
    named(
        r"arn:aws[a-z-]*:backup:[a-z0-9-]+:[0-9]{12}:backup-vault:[A-Za-z0-9_-]{2,50}",
        "ARN of a vault: like arn:aws:backup:eu-west-1:111122223333:backup-vault:acme-backups",
    ),
]


class LockSpec(Section):
    """What a vault keeps, whoever wants it gone: nobody deletes a recovery point before it is old enough."""

    keep_at_least_days: Days = Field(default=7, description="Copies that are to go sooner are not made.")
    keep_at_most_days: Days | None = Field(
        default=None, description="Copies that are to stay longer are not made; left out, there is no limit."
    )
    final_after_days: Annotated[int, Field(ge=COOLING_OFF, le=36500)] | None = Field(
        default=None,
        description="After so many days the lock is final: nobody can weaken it, AWS neither. Left out, who has the "
        "right can weaken it.",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.keep_at_most_days is not None and self.keep_at_most_days < self.keep_at_least_days:
            raise invalid(
                f"keep_at_most_days is {self.keep_at_most_days}, less than keep_at_least_days",
                f"write at least {self.keep_at_least_days}",
            )
        return self

    def lock(self) -> Lock:
        """Return the lock as AWS Backup takes it."""
        return Lock(least=self.keep_at_least_days, most=self.keep_at_most_days, final_after=self.final_after_days)


class VaultSpec(Section):
    """Where recovery points are kept."""

    name: VaultName = Field(default="{name}-backups", description="The vault.")
    key: KmsAlias = Field(
        default="alias/{name}-backups", description="The alias of its key; AWS gives no vault another one later."
    )
    lock: LockSpec | Literal[False] = Field(
        default_factory=LockSpec, description="What keeps recovery points from being deleted; false for nothing."
    )
    copies_from: Several[AccountId] = Field(
        default=(), description="Accounts of the same organization that may copy their recovery points into it."
    )

    def check(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        """Yield this account among those that copy into the vault."""
        for index, id in enumerate(self.copies_from):
            if id == manifest.account.id:
                yield ValidationProblem(("copies_from", index), "this is the account itself", "leave it out")

    def resource(self, base: Base, key: str) -> BackupVault:
        """Return the vault."""
        return BackupVault(
            scope=base.scope,
            name=base.expand(self.name),
            key=key,
            lock=self.lock.lock() if self.lock else None,
            copies_from=self.copies_from,
            tags=base.tags,
        )


class RuleSpec(Section):
    """When copies are made, and for how long each is kept."""

    at: Time = Field(default="03:00", description="When it begins, UTC.")
    days: Several[Day] | None = Field(default=None, description="Only on these days of the week; left out, on all.")
    day_of_month: Annotated[int, Field(ge=1, le=28)] | None = Field(
        default=None, description="Only on this day of the month."
    )
    keep_days: Days = Field(default=35, description="Days until a recovery point is deleted.")
    cold_after_days: Annotated[int, Field(ge=1, le=36500)] | None = Field(
        default=None,
        description="Days until it moves to cold storage, which costs less and takes it for 90 days at least; of "
        "dynamodb and efs alone.",
    )
    continuous: bool = Field(
        default=False, description="Restore to any second of the last keep_days, 35 at most; of rds, aurora and s3."
    )
    start_within_hours: Annotated[int, Field(ge=1, le=8760)] = Field(
        default=8, description="Within how many hours it begins; what has not begun then is left out."
    )
    done_within_hours: Annotated[int, Field(ge=2, le=8760)] = Field(
        default=168, description="Within how many hours it is done; what is not done then is stopped."
    )

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.days is not None and not self.days:
            raise invalid("no day is listed", "leave days out for every day")
        if self.days and self.day_of_month:
            raise invalid("has both days and day_of_month", "write one of them, and another rule for the other")
        if self.done_within_hours <= self.start_within_hours:
            raise invalid(
                f"done_within_hours is {self.done_within_hours}, no more than start_within_hours",
                f"write at least {self.start_within_hours + 1}",
            )
        if self.continuous and self.keep_days > LONGEST_CONTINUOUS:
            message = f"AWS keeps what is continuous {LONGEST_CONTINUOUS} days at most, not {self.keep_days}"
            raise invalid(message, "write another rule, without continuous, for what is kept longer")
        if self.continuous and self.cold_after_days:
            raise invalid("what is continuous does not move to cold storage", "leave cold_after_days out")
        if self.cold_after_days and self.keep_days < (least := self.cold_after_days + COLD_DAYS):
            message = f"cold storage takes a recovery point for {COLD_DAYS} days at least"
            raise invalid(message, f"write keep_days: {least} or more, or leave cold_after_days out")
        return self

    def rule(self, name: str, vault: str, copies: tuple[Copy, ...]) -> Rule:
        """Return the rule as AWS Backup takes it."""
        hour, minute = (int(part) for part in self.at.split(":"))
        days = ",".join(DAYS[day] for day in DAYS if day in (self.days or ()))
        when = f"? * {days}" if days else f"{self.day_of_month or '*'} * ?"
        return Rule(
            name=name,
            vault=vault,
            cron=f"cron({minute} {hour} {when} *)",
            keep_days=self.keep_days,
            cold_days=self.cold_after_days,
            continuous=self.continuous,
            start_minutes=self.start_within_hours * HOUR,
            completion_minutes=self.done_within_hours * HOUR,
            copies=tuple(Copy(each.vault, each.keep_days or self.keep_days) for each in copies),
        )


class CopySpec(Section):
    """Another vault that each recovery point is copied to: one in an account of its own outlives this one."""

    vault: VaultArn = Field(description="The ARN of the vault; the account that it is in lists this one.")
    keep_days: Days | None = Field(default=None, description="Days until a copy is deleted; left out, as its original.")


# As it would be written: to make it a section here would cost every start the time that it takes to prepare one.
DAILY: Any = {"daily": {}}


class PlanSpec(Section):
    """What is copied by itself: the resources of some services that carry all of some tags."""

    services: Several[Service] = Field(
        default=("rds", "aurora", "dynamodb", "efs", "s3"), min_length=1, description="Whose resources are copied."
    )
    tags: Tags = Field(
        default={"backup": "true"}, min_length=1, description="A resource with all of these tags is copied."
    )
    rules: dict[RuleName, RuleSpec] = Field(default=DAILY, min_length=1, description="When, and kept for how long.")
    copies: Several[CopySpec] = Field(default=(), description="Other vaults that each recovery point is copied to.")

    def check(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        """Yield rules that AWS would not keep for these services, and copies that lead nowhere."""
        warm = [each for each in self.services if each not in TAKES_COLD]
        for name, rule in self.rules.items():
            if rule.cold_after_days and warm:
                message = f"AWS keeps nothing of {' and '.join(warm)} in cold storage"
                hint = f"give {' and '.join(TAKES_COLD)} a plan of their own"
                yield ValidationProblem(("rules", name, "cold_after_days"), message, hint)
        scope = manifest.account.scope
        for index, copy in enumerate(self.copies):
            _, partition, _, region, account, *_ = copy.vault.split(":")
            if partition != scope.partition:
                problem = f"it is outside of {scope.partition}, where this account is"
                yield ValidationProblem(("copies", index, "vault"), problem)
            elif (region, account) == (scope.home, scope.account):
                hint = "name a vault of another account or region"
                yield ValidationProblem(("copies", index, "vault"), "it would be lost together with the first", hint)

    @property
    def needs_management(self) -> bool:
        """Tell whether AWS Backup has to keep the copies of tables itself: DynamoDB moves and copies none."""
        moves = bool(self.copies) or any(rule.cold_after_days for rule in self.rules.values())
        return moves and "dynamodb" in self.services

    def resource(self, name: str, base: Base, vault: BackupVault, role: Role) -> BackupPlan:
        """Return the plan."""
        partition = base.scope.partition
        copies = tuple(Copy(each.vault, each.keep_days) for each in sorted(self.copies, key=lambda each: each.vault))
        return BackupPlan(
            scope=base.scope,
            name=name,
            role=role.arn,
            rules=tuple(each.rule(rule, vault.name, copies) for rule, each in self.rules.items()),
            resources=frozenset(f"arn:{partition}:{RESOURCES[each][0]}" for each in self.services),
            having=self.tags,
            tags=base.tags,
            made_here=(vault.address, role.address, base.scope.address("backup-settings", "region")),
        )


def within_lock(lock: LockSpec, plans: dict[str, PlanSpec]) -> Iterator[tuple[Steps, str, str]]:
    """Yield the rules whose recovery points the lock of the vault does not take, with what to do."""
    for name, plan in plans.items():
        for rule, each in plan.rules.items():
            at = (name, "rules", rule, "keep_days")
            if each.keep_days < lock.keep_at_least_days:
                message = f"the vault's lock takes nothing that is kept for less than {lock.keep_at_least_days} days"
                yield at, message, "write more, or less in backups.vault.lock.keep_at_least_days"
            elif lock.keep_at_most_days and each.keep_days > lock.keep_at_most_days:
                message = f"the vault's lock takes nothing that is kept for more than {lock.keep_at_most_days} days"
                yield at, message, "write less, or more in backups.vault.lock.keep_at_most_days"


def resources(base: Base, vault: VaultSpec | None, plans: dict[str, PlanSpec]) -> Iterator[Yielded]:
    """Yield the key, the vault, and what the plans need: settings, the role that AWS Backup works in, and the plans."""
    if vault is None and not plans:
        return
    spec = vault or VaultSpec()
    scope, alias = base.scope, base.expand(spec.key)
    key = KeyUse(scope=scope, alias=alias, purpose="Backups in AWS Backup", tags=base.tags, at=("vault", "key"))
    yield key
    made = spec.resource(base, key.address)
    yield made
    if plans:
        yield from working(base, made, plans)


def working(base: Base, vault: BackupVault, plans: dict[str, PlanSpec]) -> Iterator[Resource]:
    """Yield the settings of the region, the role, and the plans."""
    services = {each for plan in plans.values() for each in plan.services}
    role = service_role(base, s3="s3" in services)
    yield BackupSettings(
        scope=base.scope,
        services=frozenset(RESOURCES[each][1] for each in services),
        managed=frozenset({"DynamoDB"} if any(plan.needs_management for plan in plans.values()) else ()),
    )
    yield role
    yield from (plan.resource(name, base, vault, role) for name, plan in plans.items())


def service_role(base: Base, *, s3: bool) -> Role:
    """Return the role that AWS Backup copies and restores in; of buckets it needs rights of their own."""
    scope = base.scope
    names = (*ROLE_POLICIES, *(S3_POLICIES if s3 else ()))
    return Role(
        scope=scope,
        name=f"{base.name}-backup",
        trust=trust(scope),
        policies=frozenset(f"arn:{scope.partition}:iam::aws:policy/{each}" for each in names),
        purpose="Lets AWS Backup copy and restore what the plans choose",
        tags=base.tags,
    )


def trust(scope: Scope) -> Document:
    """Let AWS Backup assume the role, for this account and no other.

    Its documentation shows no condition here; it sends the account, as the module of The National Archives relies on:
    https://github.com/nationalarchives/terraform-aws-immutable-aws-backup
    """
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "backup.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"aws:SourceAccount": scope.account}},
            }
        ],
    }
