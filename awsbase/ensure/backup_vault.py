"""Vaults of AWS Backup: where recovery points are kept, under which key, and who can take them away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field

from awsbase.access.attributes import add_tags
from awsbase.access.comparison import widening
from awsbase.engine.changes import Drift, compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow, equals
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access, deletion, outage
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, LeftAlone, NotExpressible, Things
from awsbase.ensure.key import any_key
from awsbase.facts import tags
from awsbase.facts.backups import Lock, VaultFacts, access_policy, backup_tags, lasts, vaults
from awsbase.facts.keys import alias_behind
from awsbase.policies import Document
from awsbase.policies.document import difference, listed
from awsbase.prices import Cost, by_use
from awsbase.prices import table as prices
from awsbase.records import record

SID = "CopiesFromOtherAccounts"


@record(kw_only=True)
class BackupVault(Resource):
    """A vault under the key at the address `key`, with this lock, into which these accounts may copy.

    Without `lock` a lock that somebody put on is taken off, unless it is final. Other statements of the access policy
    stay; tags are added to.
    """

    name: str
    key: str | None
    lock: Lock | None = None
    copies_from: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return self.scope.address("backup-vault", self.name)

    @property
    def arn(self) -> str:
        return self.scope.arn("backup", f"backup-vault:{self.name}")

    def costs(self) -> Iterator[Cost]:
        """Yield what this costs by the price table."""
        for price in (prices.BACKUP_RDS, prices.BACKUP_DYNAMODB, prices.BACKUP_EFS, prices.BACKUP_S3):
            yield by_use(price, self.scope.region)

    def needs(self) -> Iterator[str]:
        if self.key:
            yield self.key


def backup_vault_reads(want: BackupVault) -> Iterator[Read]:
    """Yield the facts that the recipe of a vault reads, to prefetch them."""
    yield vaults, want.scope.region
    yield tags.indexed, want.scope.region


def ensure_backup_vault(run: Run, want: BackupVault) -> str:
    """Keep one vault with its lock and its access policy; returns its ARN."""
    region = want.scope.region
    backup = run.aws.at(region).backup
    key = run.result(want.key) if want.key else None
    have = run.read(vaults, region).get(want.name)
    policy = run.read(access_policy, region, want.name) if have else {}
    ask = (backup_tags, region, want.arn)
    tagged = tags.current(run, want, region, want.arn, ask) if have else tags.wanted(want)

    if have is None:
        run.create(
            "backup vault",
            backup.create_backup_vault,
            BackupVaultName=want.name,
            EncryptionKeyArn=key,
            BackupVaultTags=tags.with_origin(want),
        )
        have = VaultFacts(want.arn, key, new=True)
    run.created_at(have.created)

    if key is not None and have.key != key:
        run.manual_action(
            f"the vault {want.name} ({region}) is under {have.key}, and AWS gives no vault another key",
            "name another vault in backups: new recovery points go there, and the old ones stay until they are old",
            probe="backup ListBackupVaults shows the wanted key at the vault of the manifest",
        )
    keep_lock(run, want, have)
    keep_policy(run, want, have, policy, ours=tags.is_ours(tagged, want.scope))

    add_tags(run, want, tagged, backup.tag_resource, form=dict, ResourceArn=want.arn)
    return want.arn


def keep_lock(run: Run, want: BackupVault, have: VaultFacts) -> None:
    """Keep the lock of a vault, as long as anybody can change it."""
    backup = run.aws.at(want.scope.region).backup
    is_now, shall_be = lock_drift(want.lock, have)
    drift = compare(is_now, shall_be)
    if not drift:
        return
    if have.final and have.final <= run.now():
        run.note(f"its lock is final since {have.final:%Y-%m-%d}: nobody can change it any more, AWS neither")
    elif want.lock is None:
        why = "who may can delete what it keeps before its time"
        remove = backup.delete_backup_vault_lock_configuration
        run.delete("lock", remove, risk=deletion(why), BackupVaultName=want.name)
    else:
        run.update(
            "lock",
            drift,
            backup.put_backup_vault_lock_configuration,
            risk=outage(finality(want.lock, have)) or deletion(weaker(want.lock, have)),
            BackupVaultName=want.name,
            MinRetentionDays=want.lock.least,
            MaxRetentionDays=want.lock.most,
            ChangeableForDays=want.lock.final_after,
        )


def lock_drift(want: Lock | None, have: VaultFacts) -> tuple[dict[str, object], dict[str, object]]:
    """Return what a lock is and what it is to be; when one becomes final counts from the day that it was put on."""
    is_now: dict[str, object] = {
        "locked": have.locked,
        "least": have.least,
        "most": have.most,
        "becomes final": have.final is not None,
    }
    final = bool(want and want.final_after)
    least, most = (want.least, want.most) if want else (None, None)
    return is_now, {"locked": want is not None, "least": least, "most": most, "becomes final": final}


def finality(want: Lock, have: VaultFacts) -> str:
    """Say what follows when a lock becomes final."""
    if not want.final_after:
        return ""
    return f"after {want.final_after} days nobody can shorten or remove it, AWS neither, and what it keeps is paid for"


def weaker(want: Lock, have: VaultFacts) -> str:
    """Say what a lock keeps less well than before."""
    said = ["it does not become final"] if have.final and not want.final_after else []
    if have.locked and (have.least or 0) > (want.least or 0):
        said.append(f"what is new can go after {want.least or 0} days, not {have.least}")
    if have.locked and lasts(have.most) > lasts(want.most):
        said.append("what is to be kept longer than it allows is not made any more")
    return ", ".join(said)


def keep_policy(run: Run, want: BackupVault, vault: VaultFacts, have: Document, *, ours: bool) -> None:
    """Let the accounts of the manifest copy into the vault, beside what others let in."""
    backup = run.aws.at(want.scope.region).backup
    others = [each for each in listed(have.get("Statement")) if not is_ours(each)]
    own = [copying(want)] if want.copies_from else []
    wanted: Document = {"Version": "2012-10-17", "Statement": [*others, *own]} if others or own else {}
    drift = [Drift(*differs) for differs in difference(have, wanted)] if have or wanted else []
    if drift and not wanted:
        run.delete("access policy", backup.delete_backup_vault_access_policy, BackupVaultName=want.name)
    elif drift:
        why = "" if vault.new else run.unless_begun(widening(have, wanted), vault.created, ours=ours)
        run.update(
            "access policy",
            drift,
            backup.put_backup_vault_access_policy,
            risk=access(why),
            BackupVaultName=want.name,
            Policy=wanted,
        )


def is_ours(statement: object) -> bool:
    """Tell whether a statement is the one that awsbase writes."""
    return isinstance(statement, Mapping) and statement.get("Sid") == SID


def copying(want: BackupVault) -> Document:
    """Return the statement that lets other accounts copy into the vault, and do nothing else."""
    partition = want.scope.partition
    return {
        "Sid": SID,
        "Effect": "Allow",
        "Principal": {"AWS": [f"arn:{partition}:iam::{each}:root" for each in sorted(want.copies_from)]},
        "Action": "backup:CopyIntoBackupVault",
        "Resource": "*",
    }


def remove_backup_vault(run: Run, want: BackupVault) -> None:
    """Delete a vault that this manifest made, if it keeps nothing."""
    region = want.scope.region
    have = run.read(vaults, region).get(want.name)
    if have is None or not tags.made_here(run, want, run.read(backup_tags, region, want.arn)):
        return
    if have.points:
        run.note(f"kept: it has {have.points} recovery points, which go when they are old enough")
        return
    run.delete("backup vault", run.aws.at(region).backup.delete_backup_vault, BackupVaultName=want.name)


def things(facts: Facts, scope: Scope) -> Things:
    """Yield the vaults of a region."""
    region = scope.region
    found = facts.read(vaults, region)
    facts.prefetch((access_policy, region, name) for name in found if not name.startswith("aws/"))
    for name, have in found.items():
        address = scope.address("backup-vault", name)
        if name.startswith("aws/"):
            yield LeftAlone(address, "AWS", "its name")
            continue
        alias = alias_behind(facts, region, have.key)
        policy = facts.read(access_policy, region, name)
        mine = [each for each in listed(policy.get("Statement")) if is_ours(each)]
        if not alias:
            yield NotExpressible(address, (f"key: {have.key} has no alias",))
            continue
        bare = BackupVault(scope=scope, name=name, key=scope.address("key", alias))
        seen = BackupVault(
            scope=scope,
            name=name,
            key=bare.key,
            lock=lock_of(have, facts) if have.locked else None,
            copies_from=tuple(account for each in mine for account in accounts_in(each)),
        )
        yield Described(seen, facts.read(backup_tags, region, bare.arn))


def lock_of(have: VaultFacts, facts: Facts) -> Lock:
    """Return the lock of a vault as it is; of one that becomes final the days that a manifest needs to say so."""
    days = max(3, (have.final - have.created).days) if have.final and have.created else None
    return Lock(least=have.least, most=have.most, final_after=days)


def accounts_in(statement: object) -> list[str]:
    """Return the accounts that the statement lets in."""
    assert isinstance(statement, Mapping)
    return [str(arn).split(":")[4] for arn in listed(statement.get("Principal", {}).get("AWS"))]


def describe_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions to list vaults."""
    yield allow("kms", "ListAliases")
    yield allow("backup", "ListBackupVaults")
    every = (scope.at("*").arn("backup", "backup-vault:*"),)
    yield allow("backup", "GetBackupVaultAccessPolicy", "ListTags", on=every)


def read_permissions(want: BackupVault) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield tags.TAG_INDEX
    yield allow("backup", "ListBackupVaults")
    yield allow("backup", "GetBackupVaultAccessPolicy", "ListTags", on=(want.arn,))


def write_permissions(want: BackupVault) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    locks = ("DeleteBackupVaultLockConfiguration", "PutBackupVaultLockConfiguration")
    policies = ("DeleteBackupVaultAccessPolicy", "PutBackupVaultAccessPolicy")
    yield allow("backup", "CreateBackupVault", "TagResource", *locks, *policies, on=(want.arn,))
    yield allow("backup-storage", "MountCapsule")
    if want.key:
        suffix = ".cn" if want.scope.partition == "aws-cn" else ""
        via = equals("kms:ViaService", f"backup.{want.scope.region}.amazonaws.com{suffix}")
        uses = ("CreateGrant", "Decrypt", "DescribeKey", "GenerateDataKey", "RetireGrant")
        yield allow("kms", *uses, on=any_key(want.scope), when=via)


def removal_permissions(want: BackupVault) -> Allows:
    """Yield the IAM permissions that a removal needs beyond those of a plan."""
    yield allow("backup", "DeleteBackupVault", on=(want.arn,))


KIND = Kind(
    ensure_backup_vault,
    backup_vault_reads,
    resource=BackupVault,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="A vault of AWS Backup under a key of its own, whose lock keeps recovery points from being deleted.",
        why="Who takes over an account deletes the backups first. A locked vault keeps them until they are old enough.",
        undo=(
            TAKE_OUT,
            "aws backup delete-backup-vault-lock-configuration --backup-vault-name NAME --region REGION, until the "
            "lock is final",
            "aws backup delete-backup-vault --backup-vault-name NAME --region REGION: only an empty one goes",
        ),
        controls=("FSBP Backup.1",),
        cost=(
            f"what it keeps: {prices.BACKUP_RDS.rate}, {prices.BACKUP_DYNAMODB.rate}, {prices.BACKUP_EFS.rate}, "
            f"{prices.BACKUP_S3.rate}; its key {prices.KMS_KEY} a month"
        ),
    ),
    word="backup-vault",
    found_by="name",
    owns="its lock, which accounts may copy into it",
    keeps="its key, recovery points, other statements of its policy, tags",
    describe=Describe(things, describe_permissions, everywhere=True),
    absent=Absent(remove_backup_vault, permissions=removal_permissions),
)
