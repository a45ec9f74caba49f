"""Plans of AWS Backup: when copies are made of what carries a tag, where they are kept, and for how long."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from awsbase.access.attributes import add_tags
from awsbase.engine.changes import Drift, compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Passes, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.risk import deletion
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, LeftAlone, NotExpressible, Things, refused
from awsbase.errors import AwsbaseError
from awsbase.facts import tags
from awsbase.facts.backups import PlanFacts, PlanSummary, Rule, SelectionFacts, backup_tags, lasts, plan, plans
from awsbase.facts.optional import empty_if
from awsbase.records import record

BACKUP = "backup.amazonaws.com"


class TwoPlans(AwsbaseError):
    """Two plans have the name of one, and nothing tells which of them is meant."""


@record(kw_only=True)
class BackupPlan(Resource):
    """A plan with exactly these rules, and one selection: of these kinds of resources those with all of the tags.

    `role` is the ARN of the role that AWS Backup works in. Selections that others added stay; tags are added to.
    """

    name: str
    role: str
    rules: tuple[Rule, ...]
    resources: frozenset[str]
    having: Mapping[str, str]
    tags: Mapping[str, str] = field(default_factory=dict)
    made_here: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        return self.scope.address("backup-plan", self.name)

    def needs(self) -> Iterator[str]:
        yield from self.made_here

    @property
    def elsewhere(self) -> tuple[str, ...]:
        """The vaults in other accounts that copies go to."""
        vaults = dict.fromkeys(copy.vault for rule in self.rules for copy in rule.copies)
        return tuple(vault for vault in vaults if vault.split(":")[4] != self.scope.account)


def plan_id(facts: Facts, region: str, name: str, address: str) -> str | None:
    """Return the id of the plan of a name; of several the one that was made for an address. Raises TwoPlans."""
    found = [each for each in facts.read(plans, region) if each.name == name and not of_others(each)]
    if len(found) > 1:
        found = [each for each in found if facts.read(backup_tags, region, each.arn).get(tags.ADDRESS) == address]
        if len(found) != 1:
            raise TwoPlans(
                f"there are several backup plans called {name} in {region}",
                hint="name the plan otherwise in backups.plans, or delete all but one",
            )
    return found[0].id if found else None


def of_others(one: PlanSummary) -> bool:
    """Tell whether an organization's policy or AWS itself made a plan: their ids have a path."""
    return "/" in one.id


def backup_plan(facts: Facts, region: str, name: str, address: str) -> PlanFacts | None:
    """Return the plan of a name; None when there is none."""
    id = facts.read(plan_id, region, name, address)
    return facts.read(plan, region, id) if id else None


def copies_between_accounts(facts: Facts, region: str) -> bool:
    """Tell whether the organization copies backups from account to account; never outside of one."""
    found = empty_if("InvalidRequestException", facts.aws.at(region).backup.describe_global_settings)
    return bool(found.get("GlobalSettings", {}).get("isCrossAccountBackupEnabled") == "true")


def backup_plan_reads(want: BackupPlan) -> Iterator[Read]:
    """Yield the facts that the recipe of a plan reads, to prefetch them."""
    yield backup_plan, want.scope.region, want.name, want.address
    yield tags.indexed, want.scope.region
    if want.elsewhere:
        yield copies_between_accounts, want.scope.region


def ensure_backup_plan(run: Run, want: BackupPlan) -> Any:
    """Keep one plan with its rules and what it selects; returns its id."""
    region = want.scope.region
    backup = run.aws.at(region).backup
    have = run.read(backup_plan, region, want.name, want.address)
    ask = (backup_tags, region, have.arn if have else "")
    tagged = tags.current(run, want, region, have.arn, ask) if have else tags.wanted(want)
    between = run.read(copies_between_accounts, region) if want.elsewhere else True
    rules = {each.name: each for each in want.rules}

    if have is None:
        made = run.create(
            "backup plan",
            backup.create_backup_plan,
            BackupPlan=document(want, ()),
            BackupPlanTags=tags.with_origin(want),
        )
        have = PlanFacts(made["BackupPlanId"], "", rules)
    run.created_at(have.created)

    if drift := rule_drift(have.rules, rules):
        run.update(
            "backup plan",
            drift,
            backup.update_backup_plan,
            risk=deletion(fewer(have.rules, rules)),
            BackupPlanId=have.id,
            # An update replaces the plan whole.
            BackupPlan=document(want, have.advanced),
        )
    select(run, want, have)

    add_tags(run, want, tagged, backup.tag_resource, form=dict, ResourceArn=have.arn)
    if not between:
        ask_for_copies(run, want)
    return have.id


def document(want: BackupPlan, advanced: tuple[Any, ...]) -> dict[str, object]:
    """Return a plan as AWS takes it, with the settings that somebody chose beside the rules."""
    kept = {"AdvancedBackupSettings": list(advanced)} if advanced else {}
    return {"BackupPlanName": want.name, "Rules": [each.input for each in want.rules], **kept}


def rule_drift(have: Mapping[str, Rule], want: Mapping[str, Rule]) -> list[Drift]:
    """List the rules that are missing, other or too many."""
    is_now = {f"rule {name}": each.said for name, each in have.items()}
    shall_be = {f"rule {name}": each.said for name, each in want.items()}
    names = dict.fromkeys([*shall_be, *is_now])
    return [
        Drift(name, is_now.get(name), shall_be.get(name)) for name in names if is_now.get(name) != shall_be.get(name)
    ]


def fewer(have: Mapping[str, Rule], want: Mapping[str, Rule]) -> str:
    """Say of what there will be fewer recovery points, or for a shorter time."""
    said = []
    for name, was in have.items():
        if (now := want.get(name)) is None:
            said.append(f"no more of the rule {name}")
            continue
        said += less(name, was, now)
    return f"recovery points: {', '.join(said)}" if said else ""


def less(name: str, was: Rule, now: Rule) -> Iterator[str]:
    """Yield what a rule keeps less well than before."""
    if was.cron != now.cron and (was.weekly is None or now.weekly is None):
        yield f"{name} is {was.cron}, which does not compare with {now.cron}"
    elif (now.weekly or 0) < (was.weekly or 0):
        yield f"{name} makes them more seldom"
    if lasts(now.keep_days) < lasts(was.keep_days):
        yield f"{name} keeps them for a shorter time"
    if was.vault != now.vault:
        yield f"{name} makes them in another vault"
    if was.continuous and not now.continuous:
        yield f"{name} keeps no point in time any more"
    copies = {each.vault: lasts(each.keep_days) for each in now.copies}
    yield from (
        f"{name} copies less to {each.vault}"
        for each in was.copies
        if copies.get(each.vault, 0) < lasts(each.keep_days)
    )
    if was.more:
        yield f"{name} has no {', '.join(was.more)} any more"


def select(run: Run, want: BackupPlan, have: PlanFacts) -> None:
    """Choose what the manifest chooses, in a selection called after the plan; AWS changes none, so it is made anew."""
    backup = run.aws.at(want.scope.region).backup
    held = have.selection
    is_now, shall_be = chosen(held) if held else {}, chosen(wanted_selection(want))
    drift = compare(is_now, shall_be) if held else []
    if held and not drift:
        return
    if held:
        gone = [f"{key}: {value}" for key, value in sorted(is_now.items()) if shall_be.get(key) != value]
        why = f"nothing is kept of what was chosen by {', '.join(gone)} alone" if gone else ""
        remove = backup.delete_backup_selection
        run.delete("old selection", remove, risk=deletion(why), BackupPlanId=have.id, SelectionId=held.id)
    run.create(
        "selection",
        backup.create_backup_selection,
        BackupPlanId=have.id,
        BackupSelection={
            "SelectionName": want.name,
            "IamRoleArn": want.role,
            "Resources": sorted(want.resources),
            "Conditions": {
                "StringEquals": [
                    {"ConditionKey": f"aws:ResourceTag/{key}", "ConditionValue": value}
                    for key, value in sorted(want.having.items())
                ]
            },
        },
    )


def wanted_selection(want: BackupPlan) -> SelectionFacts:
    """Return what the manifest chooses."""
    return SelectionFacts("", want.role, want.resources, want.having)


def chosen(selection: SelectionFacts) -> dict[str, object]:
    """Return what a selection chooses, so that two can be compared."""
    return {
        "role": selection.role,
        "resources": ", ".join(sorted(selection.resources)),
        "tags": ", ".join(f"{key}={value}" for key, value in sorted(selection.tags.items())),
        **({"more": ", ".join(selection.more)} if selection.more else {}),
    }


def ask_for_copies(run: Run, want: BackupPlan) -> None:
    """Say that the organization has to let accounts copy to each other, which its management account alone can do."""
    region = want.scope.region
    run.manual_action(
        f"copies of {want.name} do not reach {', '.join(want.elsewhere)}: the organization does not let them",
        "in the management account: aws backup update-global-settings --global-settings "
        f"isCrossAccountBackupEnabled=true --region {region}",
        "in the account of that vault: list this account in copies_from of its backups section",
        "both accounts must be in the same organization",
        probe="backup DescribeGlobalSettings shows isCrossAccountBackupEnabled true",
        need="copies of backups to another account",
    )


def remove_backup_plan(run: Run, want: BackupPlan) -> None:
    """Delete a plan that this manifest made, with its selections; recovery points stay until they are old enough."""
    region = want.scope.region
    have = run.read(backup_plan, region, want.name, want.address)
    if have is None or not tags.made_here(run, want, run.read(backup_tags, region, have.arn)):
        return
    if have.other_selections:
        run.note(f"kept: somebody else chose more for it: {', '.join(have.other_selections)}")
        return
    backup = run.aws.at(region).backup

    if held := have.selection:
        run.delete("selection", backup.delete_backup_selection, BackupPlanId=have.id, SelectionId=held.id)
    run.delete("backup plan", backup.delete_backup_plan, BackupPlanId=have.id)


def things(facts: Facts, scope: Scope) -> Things:
    """Yield the plans of a region."""
    from botocore.exceptions import ClientError

    region = scope.region
    for one in facts.read(plans, region):
        address = scope.address("backup-plan", one.name)
        if of_others(one):
            who = "its organization" if one.id.startswith("orgs/") else "AWS"
            yield LeftAlone(address, who, f"its id {one.id}")
            continue
        try:
            have, tagged = facts.read_all((plan, region, one.id), (backup_tags, region, one.arn))
        except ClientError as error:
            yield refused(address, error)
            continue
        yield told(scope, one, have, tagged)


def told(scope: Scope, one: PlanSummary, have: PlanFacts, tagged: Mapping[str, str]) -> Described | NotExpressible:
    """Return a plan as the resource that would make it just so, or what of it no manifest says."""
    address, held = scope.address("backup-plan", one.name), have.selection
    said = [f"rule {each.name}: {', '.join(each.more)}" for each in have.rules.values() if each.more]
    said += [f"rule {each.name}: {each.cron}" for each in have.rules.values() if each.weekly is None]
    if held is None:
        said.append(f"no selection called {one.name}")
    elif held.more or not held.tags:
        said.append(f"selection: {', '.join(held.more) or 'not by tags'}")
    if held is None or said:
        return NotExpressible(address, tuple(said))
    found = BackupPlan(
        scope=scope,
        name=one.name,
        role=held.role,
        rules=tuple(have.rules.values()),
        resources=held.resources,
        having=held.tags,
    )
    return Described(found, tagged)


def any_plan(scope: Scope) -> tuple[str, ...]:
    """Return the ARN of any plan of a region, whose ids AWS makes up."""
    return (scope.arn("backup", "backup-plan:*"),)


def describe_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions to list plans."""
    yield allow("backup", "ListBackupPlans")
    yield allow("backup", *PLAN_READS, on=any_plan(scope.at("*")))


PLAN_READS = ("GetBackupPlan", "GetBackupSelection", "ListBackupSelections", "ListTags")


def read_permissions(want: BackupPlan) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield tags.TAG_INDEX
    yield allow("backup", "ListBackupPlans")
    yield allow("backup", *PLAN_READS, on=any_plan(want.scope))
    if want.elsewhere:
        yield allow("backup", "DescribeGlobalSettings")


def write_permissions(want: BackupPlan) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    writes = ("CreateBackupPlan", "CreateBackupSelection", "DeleteBackupSelection", "TagResource", "UpdateBackupPlan")
    yield allow("backup", *writes, on=any_plan(want.scope))


def removal_permissions(want: BackupPlan) -> Allows:
    """Yield the IAM permissions that a removal needs beyond those of a plan."""
    yield allow("backup", "DeleteBackupPlan", "DeleteBackupSelection", on=any_plan(want.scope))


def passed_roles(want: BackupPlan) -> Passes:
    """Yield the roles that are handed to a service of AWS."""
    yield want.role, BACKUP


KIND = Kind(
    ensure_backup_plan,
    backup_plan_reads,
    resource=BackupPlan,
    permissions=Permissions(read=read_permissions, write=write_permissions, passes=passed_roles),
    about=About(
        what="Copies what carries a tag by schedule into a vault: databases, tables, file systems and buckets.",
        why="A backup that somebody has to think of is missing when it is needed, and one in its own account goes "
        "with the account.",
        undo=(
            TAKE_OUT,
            "aws backup list-backup-plans --region REGION tells its id",
            "aws backup list-backup-selections --backup-plan-id ID --region REGION, and delete-backup-selection each",
            "aws backup delete-backup-plan --backup-plan-id ID --region REGION: recovery points stay till they are old",
        ),
        controls=("FSBP EFS.2",),
        cost="nothing: what its vault keeps is paid for",
    ),
    word="backup-plan",
    found_by="name, and its tag among several of a name",
    owns="its rules, the selection of its name",
    keeps="other selections, advanced settings, tags",
    describe=Describe(things, describe_permissions, everywhere=True),
    absent=Absent(remove_backup_plan, permissions=removal_permissions),
)
