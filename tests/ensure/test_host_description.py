"""What an account has of instances, templates, schedules and lifecycle policies is told thing by thing."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from awsbase.engine.facts import Facts
from awsbase.engine.resource import Resource
from awsbase.engine.things import Described, LeftAlone, NotExpressible, Thing
from awsbase.ensure import KINDS
from awsbase.ensure.instance import Instance
from awsbase.ensure.launch_template import LaunchTemplate
from awsbase.ensure.schedule import TerminationSchedule
from awsbase.ensure.snapshot_policy import SnapshotPolicy
from awsbase.permissions.documents import documents, statements
from awsbase.samples import backups
from awsbase.samples.bastion import Bastion
from awsbase.sandbox import Sandbox
from awsbase.testing.sample import HOME, account, go, person

BASTION = Bastion(HOME)
ALL = [*BASTION.ready, BASTION.host, BASTION.end_role, BASTION.end, backups.ROLE, backups.POLICY]
SECRET = "#!/bin/sh\nexport PASSWORD=correct-horse\n"


def things(sandbox: Sandbox, kind: type[Resource], caller: str | None = None) -> list[Thing]:
    """Return what an account has of a kind."""
    describe = KINDS[kind].describe
    assert describe
    with ThreadPoolExecutor(2) as readers:
        return list(describe.things(Facts(account(sandbox, caller).aws, readers), HOME))


@pytest.fixture(scope="module")
def made() -> Sandbox:
    """Return an account with a bastion and backups, and things of others beside them."""
    sandbox = Sandbox(pages=2)
    BASTION.subnets(sandbox)
    go(sandbox, "reconcile", ALL)
    ec2, dlm = sandbox.client("ec2", HOME.region), sandbox.client("dlm", HOME.region)
    data = {"InstanceType": "t4g.small", "UserData": "c2VjcmV0"}
    ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData=data)
    image = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
    one: dict[str, Any] = {"ImageId": image, "InstanceType": "t4g.small", "UserData": SECRET}
    ec2.run_instances(**one, MinCount=1, MaxCount=1)
    scaled = ec2.run_instances(**one, MinCount=3, MaxCount=3)["Instances"]
    for each in scaled:
        sandbox.backend("ec2", HOME.region).tags[each["InstanceId"]]["aws:autoscaling:groupName"] = "web"
    gone = ec2.run_instances(**one, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    ec2.terminate_instances(InstanceIds=[gone])
    policy = dlm.get_lifecycle_policy(PolicyId=backups.id_of(sandbox))["Policy"]
    again = {key: policy[key] for key in ("ExecutionRoleArn", "State", "PolicyDetails")}
    dlm.create_lifecycle_policy(**again, Description="mine")
    scheduler = sandbox.client("scheduler", HOME.region)
    target = {"Arn": "arn:aws:scheduler:::aws-sdk:ec2:startInstances", "RoleArn": BASTION.end_role.arn}
    scheduler.create_schedule(
        Name="mornings",
        ScheduleExpression="cron(0 6 * * ? *)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=target,
    )
    sandbox.calls.clear()
    return sandbox


def told(found: Sequence[Thing]) -> list[tuple[type[Thing], str]]:
    return [
        (type(each), each.name if not each.name.startswith(("instance/i-", "snapshot-policy/po")) else "id")
        for each in found
    ]


def test_instances_of_others_are_counted_and_those_of_auto_scaling_by_group(made: Sandbox) -> None:
    found = things(made, Instance)
    assert sorted(told(found), key=str) == sorted(
        [(Described, "instance/bastion"), (Described, "id"), (LeftAlone, "instance/web")], key=str
    )
    assert next(each for each in found if isinstance(each, LeftAlone)).evidence == (
        "3 instances by the tag aws:autoscaling:groupName"
    )


def test_user_data_of_others_is_never_asked_for(made: Sandbox) -> None:
    made.calls.clear()
    found = [each for kind in (Instance, LaunchTemplate) for each in things(made, kind)]
    assert "correct-horse" not in repr(found)
    assert "secret" not in repr(found)
    assert {call.name for call in made.calls} <= {
        "ec2:DescribeInstances",
        "ec2:DescribeLaunchTemplates",
        "ec2:DescribeLaunchTemplateVersions",
        "sts:GetCallerIdentity",
    }


def test_our_instance_is_described_with_its_template(made: Sandbox) -> None:
    (mine,) = (
        each for each in things(made, Instance) if isinstance(each, Described) and each.name.endswith("/bastion")
    )
    assert isinstance(mine.resource, Instance)
    assert (mine.resource.router, mine.resource.template.type) == (True, "t4g.micro")
    assert mine.tags["awsbase:created-by"] == "acme"
    assert mine.resource.template.image == BASTION.template.image
    assert mine.resource.template.user_data == BASTION.template.user_data


def test_a_second_instance_of_an_address_is_not_expressible() -> None:
    sandbox = Sandbox()
    BASTION.up(sandbox)
    BASTION.second_instance(sandbox)
    assert [type(each) for each in things(sandbox, Instance)] == [Described, NotExpressible]


def test_templates_of_others_are_told_without_what_they_say(made: Sandbox) -> None:
    assert told(things(made, LaunchTemplate)) == [
        (Described, "launch-template/bastion"),
        (Described, "launch-template/web"),
    ]


def test_schedules_but_the_end_of_the_bastion_are_not_expressible(made: Sandbox) -> None:
    found = things(made, TerminationSchedule)
    assert [each.resource for each in found if isinstance(each, Described)] == [BASTION.end]
    (other,) = (each for each in found if isinstance(each, NotExpressible))
    assert other.name == "schedule/mornings"


def test_lifecycle_policies_are_known_by_their_tag(made: Sandbox) -> None:
    found = things(made, SnapshotPolicy)
    assert sorted(told(found), key=str) == sorted([(Described, backups.POLICY.address), (Described, "id")], key=str)
    assert isinstance(backups.POLICY, SnapshotPolicy)
    as_described = replace(backups.POLICY, tags={}, made_here=())
    assert as_described in [each.resource for each in found if isinstance(each, Described)]


def test_a_policy_that_awsbase_has_no_words_for_any_more_is_told_with_its_schedule() -> None:
    sandbox = Sandbox()
    go(sandbox, "reconcile", [backups.ROLE, backups.POLICY])
    dlm = sandbox.client("dlm", HOME.region)
    details = dlm.get_lifecycle_policy(PolicyId=backups.id_of(sandbox))["Policy"]["PolicyDetails"]
    details["Schedules"][0]["RetainRule"] = {"Count": 7}
    backups.change(sandbox, PolicyDetails=details)
    (found,) = things(sandbox, SnapshotPolicy)
    assert found == NotExpressible(
        backups.POLICY.address, ("schedule daily: every 24 h from 03:00 UTC, kept 7 times, with the volume's tags",)
    )


@pytest.mark.sampled(2)
@pytest.mark.parametrize("kind", [Instance, LaunchTemplate, TerminationSchedule, SnapshotPolicy])
def test_the_declared_permissions_are_enough(kind: type[Resource]) -> None:
    sandbox = Sandbox(enforce=True, pages=2)
    BASTION.subnets(sandbox)
    go(sandbox, "reconcile", ALL)
    describe = KINDS[kind].describe
    assert describe
    worker = person(sandbox, *documents(statements(describe.permissions(HOME), "Read")))
    assert things(sandbox, kind, worker)
