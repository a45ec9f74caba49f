"""What a bastion and its backups are made of goes again, if this manifest made it, and nothing of others does."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from awsbase.ensure import KINDS
from awsbase.ensure.ephemeral import Ephemeral
from awsbase.permissions.documents import documents, statements
from awsbase.samples import backups
from awsbase.samples.bastion import Bastion
from awsbase.sandbox import Sandbox
from awsbase.testing.sample import HOME, go, person, problems, said
from tests.ensure.removal import notes, remove

BASTION = Bastion(HOME)
ALL = [*BASTION.ready, BASTION.host, BASTION.end_role, BASTION.end]
HOST, TEMPLATE, SCHEDULE = BASTION.host.address, BASTION.template.address, BASTION.end.address
ON_DEMAND = Ephemeral(scope=HOME, instance=BASTION.host, command="awsbase bastion up", ender=BASTION.end.role)


def up() -> Sandbox:
    """Return an account with a bastion that AWS is to end."""
    sandbox = Sandbox(pages=2)
    BASTION.subnets(sandbox)
    assert problems(go(sandbox, "reconcile", ALL)) == []
    sandbox.calls.clear()
    return sandbox


def backed_up() -> Sandbox:
    """Return an account with snapshots by schedule, and a policy of others."""
    sandbox = Sandbox(pages=2)
    go(sandbox, "reconcile", [backups.ROLE, backups.POLICY])
    dlm = sandbox.client("dlm", HOME.region)
    details = dlm.get_lifecycle_policy(PolicyId=mine(sandbox))["Policy"]["PolicyDetails"]
    role = f"arn:aws:iam::{HOME.account}:{backups.ROLE.address}"
    dlm.create_lifecycle_policy(ExecutionRoleArn=role, Description="mine", State="ENABLED", PolicyDetails=details)
    return sandbox


def mine(sandbox: Sandbox) -> str:
    """Return the id of the policy that awsbase made."""
    listed = sandbox.client("dlm", HOME.region).get_lifecycle_policies()["Policies"]
    return next(str(each["PolicyId"]) for each in listed if "awsbase:address" in each.get("Tags", {}))


def relabel(sandbox: Sandbox, id: str, maker: str | None) -> None:
    """Let something of EC2 be made by another manifest, or by nobody known."""
    client = BASTION.ec2(sandbox)
    client.delete_tags(Resources=[id], Tags=[{"Key": "awsbase:created-by"}])
    if maker:
        client.create_tags(Resources=[id], Tags=[{"Key": "awsbase:created-by", "Value": maker}])


def template_id(sandbox: Sandbox) -> str:
    return str(BASTION.ec2(sandbox).describe_launch_templates()["LaunchTemplates"][0]["LaunchTemplateId"])


def test_what_somebody_started_on_demand_goes_with_the_schedule_of_its_end() -> None:
    sandbox = up()
    resources = [*BASTION.ready, BASTION.end_role, ON_DEMAND]
    report = remove(sandbox, "reconcile", resources, ON_DEMAND.address)
    assert said(report) == [f"{ON_DEMAND.address}: delete {what}" for what in ("schedule", "instance")]
    assert said(remove(sandbox, "plan", resources, ON_DEMAND.address)) == []


def test_an_instance_on_demand_goes_before_what_it_is_made_from() -> None:
    assert list(ON_DEMAND.needs()) == [TEMPLATE, "role/bastion-end"]


@pytest.mark.parametrize(
    ("maker", "note"),
    [
        ("other", "kept: its tag awsbase:created-by is other, not acme"),
        (
            None,
            "kept: it has no tag awsbase:created-by, so it was there before; "
            "`awsbase own MANIFEST ADDRESS` says otherwise",
        ),
    ],
    ids=["another manifest's", "nobody's"],
)
def test_what_others_made_is_kept_with_the_reason(maker: str | None, note: str) -> None:
    sandbox = up()
    for id in (BASTION.bastion(sandbox), template_id(sandbox)):
        relabel(sandbox, id, maker)
    for address in (HOST, TEMPLATE):
        report = remove(sandbox, "reconcile", ALL, address)
        assert (problems(report), said(report), notes(report)) == ([], [], [note])


def test_a_protected_instance_is_refused_with_what_to_do() -> None:
    sandbox = up()
    id = BASTION.bastion(sandbox)
    names = {"DisableApiTermination": "disable-api-termination", "DisableApiStop": "disable-api-stop"}
    for attribute, name in names.items():
        BASTION.ec2(sandbox).modify_instance_attribute(InstanceId=id, **{attribute: {"Value": True}})
        (outcome,) = remove(sandbox, "plan", ALL, HOST).outcomes
        assert outcome.error
        assert f"{id} is protected: its attribute {name} is on" in str(outcome.error)
        assert f"--instance-id {id} --no-{name} --region {HOME.region}" in str(outcome.error)


def test_a_volume_that_outlives_its_instance_is_named() -> None:
    sandbox = up()
    client, id = BASTION.ec2(sandbox), BASTION.bastion(sandbox)
    (device,) = client.describe_instances(InstanceIds=[id])["Reservations"][0]["Instances"][0]["BlockDeviceMappings"]
    lasting = {"DeviceName": device["DeviceName"], "Ebs": {"DeleteOnTermination": False}}
    client.modify_instance_attribute(InstanceId=id, BlockDeviceMappings=[lasting])
    volume = device["Ebs"]["VolumeId"]
    assert notes(remove(sandbox, "plan", ALL, HOST)) == [f"{volume} of {id}: kept, since DeleteOnTermination is off"]


def test_a_template_that_auto_scaling_starts_instances_from_is_kept() -> None:
    sandbox = up()
    client = BASTION.ec2(sandbox)
    made = client.run_instances(LaunchTemplate={"LaunchTemplateId": template_id(sandbox)}, MinCount=1, MaxCount=1)
    # Only Auto Scaling sets this tag.
    tags = sandbox.backend("ec2", HOME.region).tags[made["Instances"][0]["InstanceId"]]
    tags["aws:autoscaling:groupName"] = "web"
    report = remove(sandbox, "reconcile", ALL, TEMPLATE)
    assert (said(report), notes(report)) == ([], ["kept: Auto Scaling starts instances from it for web"])


def of_lambda(sandbox: Sandbox) -> None:
    """Let the schedule call something else."""
    held = sandbox.backend("scheduler", HOME.region).schedule_groups["default"].schedules["bastion"]
    held.target["Arn"] = f"arn:aws:lambda:{HOME.region}:{HOME.account}:function:reports"


def adopted_role(sandbox: Sandbox) -> None:
    """Take the tag of origin from the role as which the schedule acts."""
    sandbox.client("iam").untag_role(RoleName="bastion-end", TagKeys=["awsbase:created-by"])


@pytest.mark.parametrize(
    ("spoil", "note"),
    [
        (of_lambda, "kept: the schedule bastion calls arn:aws:lambda"),
        (adopted_role, "kept: nothing says that this manifest made the schedule bastion, which acts as role/"),
    ],
    ids=["another call", "a role of others"],
)
def test_a_schedule_is_ours_only_if_its_role_is(spoil: Callable[[Sandbox], None], note: str) -> None:
    sandbox = up()
    spoil(sandbox)
    report = remove(sandbox, "reconcile", ALL, SCHEDULE)
    assert said(report) == []
    assert [each.startswith(note) for each in notes(report)] == [True]


def test_a_lifecycle_policy_goes_and_its_snapshots_are_named() -> None:
    sandbox = backed_up()
    id = mine(sandbox)
    client = sandbox.client("ec2", HOME.region)
    volume = client.create_volume(AvailabilityZone=f"{HOME.region}a", Size=1)["VolumeId"]
    snapshots = [client.create_snapshot(VolumeId=volume)["SnapshotId"] for _ in range(8)]
    for each in snapshots[:7]:
        sandbox.backend("ec2", HOME.region).tags[each]["aws:dlm:lifecycle-policy-id"] = id
    resources, address = [backups.ROLE, backups.POLICY], backups.POLICY.address

    report = remove(sandbox, "reconcile", resources, address)

    assert (problems(report), said(report)) == ([], [f"{address}: delete snapshot policy"])
    (note,) = notes(report)
    assert note.startswith("its snapshots stay, cost, and are deleted by nobody any more: snap-")
    assert note.endswith(" and 2 more")
    left = sandbox.client("dlm", HOME.region).get_lifecycle_policies()["Policies"]
    assert [each["Description"] for each in left] == ["mine"]
    assert said(remove(sandbox, "plan", resources, address)) == []


def test_a_lifecycle_policy_that_was_adopted_is_kept() -> None:
    sandbox = backed_up()
    arn = f"arn:aws:dlm:{HOME.region}:{HOME.account}:policy/{mine(sandbox)}"
    sandbox.client("dlm", HOME.region).untag_resource(ResourceArn=arn, TagKeys=["awsbase:created-by"])
    report = remove(sandbox, "reconcile", [backups.ROLE, backups.POLICY], backups.POLICY.address)
    assert said(report) == []
    assert notes(report)[0].startswith("kept: it has no tag awsbase:created-by")


def test_the_declared_permissions_to_end_what_is_on_demand_are_enough() -> None:
    sandbox = Sandbox(enforce=True, pages=2)
    BASTION.subnets(sandbox)
    go(sandbox, "reconcile", ALL)
    absent = KINDS[Ephemeral].absent
    assert absent
    worker = person(sandbox, *documents(statements(absent.permissions(ON_DEMAND), "Remove")))
    report = remove(sandbox, "reconcile", [*ALL, ON_DEMAND], ON_DEMAND.address, caller=worker)
    assert (problems(report), len(said(report))) == ([], 2)
