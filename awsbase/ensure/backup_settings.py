"""Which services AWS Backup looks after in a region: what is not opted in is passed over, and nothing says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field

from awsbase.engine.changes import compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Things
from awsbase.records import record


@record(kw_only=True)
class BackupSettings(Resource):
    """The services that AWS Backup looks after in a region; of those in `managed` it keeps the copies itself.

    What is on for other services stays on, and what is off stays off.
    """

    services: frozenset[str]
    managed: frozenset[str] = frozenset()

    @property
    def address(self) -> str:
        return self.scope.address("backup-settings", "region")


@record
class SettingsFacts:
    """What is on and off in a region, by the service."""

    services: Mapping[str, bool] = field(default_factory=dict)
    managed: Mapping[str, bool] = field(default_factory=dict)


def backup_settings(facts: Facts, region: str) -> SettingsFacts:
    """Read which services AWS Backup looks after in a region."""
    found = facts.aws.at(region).backup.describe_region_settings()
    return SettingsFacts(
        dict(found.get("ResourceTypeOptInPreference", {})), dict(found.get("ResourceTypeManagementPreference", {}))
    )


def backup_settings_reads(want: BackupSettings) -> Iterator[Read]:
    """Yield the facts that the recipe of the settings reads, to prefetch them."""
    yield backup_settings, want.scope.region


def ensure_backup_settings(run: Run, want: BackupSettings) -> None:
    """Let AWS Backup look after the services of the manifest, and leave all others as they are."""
    backup = run.aws.at(want.scope.region).backup
    have = run.read(backup_settings, want.scope.region)
    services, managed = dict.fromkeys(sorted(want.services), True), dict.fromkeys(sorted(want.managed), True)

    # AWS puts both lists whole: a service that is left out gets what a new account has.
    if drift := compare({name: have.services.get(name, False) for name in services}, services):
        preference = {**have.services, **services}
        run.update("services", drift, backup.update_region_settings, ResourceTypeOptInPreference=preference)
    if drift := compare({name: have.managed.get(name, False) for name in managed}, managed):
        preference = {**have.managed, **managed}
        run.update("management", drift, backup.update_region_settings, ResourceTypeManagementPreference=preference)


def things(facts: Facts, scope: Scope) -> Things:
    """Yield nothing: a manifest says of a region what its plans need, and what is on besides stays on."""
    return iter(())


def describe_permissions(scope: Scope) -> Allows:
    """Yield nothing: there is nothing to list."""
    return iter(())


def read_permissions(want: BackupSettings) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("backup", "DescribeRegionSettings")


def write_permissions(want: BackupSettings) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield allow("backup", "UpdateRegionSettings")


KIND = Kind(
    ensure_backup_settings,
    backup_settings_reads,
    resource=BackupSettings,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="Opts a region's services into AWS Backup, and lets it manage the copies of tables.",
        why="A plan passes over what is not opted in, and nothing says so until a restore is needed.",
        undo=(TAKE_OUT, "aws backup update-region-settings --region REGION with all services, as they shall be"),
    ),
    word="backup-settings",
    found_by="one a region",
    owns="that the services of the plans are on",
    keeps="all other services",
    describe=Describe(things, describe_permissions),
    absent=Absent(why="what others keep copies of with AWS Backup would be passed over"),
)
