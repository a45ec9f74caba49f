"""Each quota of AWS brimmed: one more is an error of the plan and nothing is written; what fits in the end, converges.

The sandbox refuses what AWS refuses, so a plan that counted wrongly would fail while it is carried out.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from awsbase.engine import quotas
from awsbase.engine.quotas import Quota
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.ensure import KINDS
from awsbase.ensure.elastic_ip import ElasticIp
from awsbase.ensure.group import Group
from awsbase.ensure.internet_gateway import InternetGateway
from awsbase.ensure.metric_filter import MetricFilter
from awsbase.ensure.policy import Policy
from awsbase.ensure.role import Role
from awsbase.ensure.security_group import SecurityGroup
from awsbase.ensure.user import User
from awsbase.facts.security_rules import ALL
from awsbase.facts.security_rules import Rule as Door
from awsbase.sandbox import Sandbox
from awsbase.sandbox.service import Request, Rule
from tests.contract.sample import HOME, OREGON, go, problems, said
from tests.ensure.brimmed import MORE, VPC, Brimmed
from tests.ensure.planned import planned

AWS = "arn:aws:iam::aws:policy/"
SOME = (
    *("AmazonEC2FullAccess", "AmazonS3FullAccess", "AmazonRDSFullAccess", "AmazonSQSFullAccess", "AmazonSNSFullAccess"),
    *("CloudWatchFullAccess", "AmazonVPCFullAccess", "AmazonDynamoDBFullAccess", "AmazonRoute53FullAccess"),
    "AWSLambda_FullAccess",
)
TEN = frozenset(f"{AWS}{name}" for name in SOME)
READ = frozenset([f"{AWS}ReadOnlyAccess", f"{AWS}SecurityAudit"])
EC2: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def reading(*names: str, sid: str = "Read") -> dict[str, Any]:
    """Return a document as long as its names are."""
    resources = [f"arn:aws:s3:::{name}/*" for name in names]
    statement = {"Sid": sid, "Effect": "Allow", "Action": "s3:GetObject", "Resource": resources}
    return {"Version": "2012-10-17", "Statement": [statement]}


ACCOUNTS = {"StringEquals": {"aws:SourceAccount": [f"{number:012}" for number in range(150)]}}
WIDE: dict[str, Any] = {**EC2, "Statement": [{**EC2["Statement"][0], "Condition": ACCOUNTS}]}
LONG = reading(*(f"bucket-{number:040}" for number in range(75)))
LONGER = reading(*(f"bucket-{number:040}" for number in range(96)))


def group_of_ten(aws: Sandbox) -> None:
    iam = aws.client("iam")
    iam.create_group(GroupName="Ops")
    for arn in sorted(TEN):
        iam.attach_group_policy(GroupName="Ops", PolicyArn=arn)


def role_of_ten(aws: Sandbox) -> None:
    iam = aws.client("iam")
    iam.create_role(RoleName="ci", AssumeRolePolicyDocument=json.dumps(EC2))
    for arn in sorted(TEN):
        iam.attach_role_policy(RoleName="ci", PolicyArn=arn)


def talkative_role(aws: Sandbox) -> None:
    iam = aws.client("iam")
    iam.create_role(RoleName="ci", AssumeRolePolicyDocument=json.dumps(EC2))
    for name in ("first", "second"):
        iam.put_role_policy(RoleName="ci", PolicyName=name, PolicyDocument=json.dumps(LONG))


def user_in_ten(aws: Sandbox) -> None:
    iam = aws.client("iam")
    iam.create_user(UserName="alice")
    for number in range(12):
        iam.create_group(GroupName=f"g{number:02}")
    for number in range(10):
        iam.add_user_to_group(UserName="alice", GroupName=f"g{number:02}")


def tagged_fully(aws: Sandbox) -> None:
    iam, tags = aws.client("iam"), [{"Key": f"k{number}", "Value": "v"} for number in range(50)]
    iam.create_user(UserName="alice", Tags=tags)


def groups(aws: Sandbox) -> None:
    for number in range(299):
        aws.backend("iam", "us-east-1").create_group(f"g{number:03}", "/")


def filters(aws: Sandbox) -> None:
    logs = aws.client("logs", HOME.region)
    logs.create_log_group(logGroupName="trail")
    for number in range(99):
        logs.put_metric_filter(
            logGroupName="trail",
            filterName=f"f{number}",
            filterPattern="{ $.a = 1 }",
            metricTransformations=[{"metricName": f"m{number}", "metricNamespace": "X", "metricValue": "1"}],
        )


def filter_of(number: int) -> MetricFilter:
    return MetricFilter(
        scope=HOME, name=f"ours-{number}", log_group="trail", pattern="{ $.a = 1 }", namespace="ours", metric="m"
    )


def networks(aws: Sandbox) -> None:
    ec2 = aws.client("ec2", OREGON.region)
    for number in range(4):
        ec2.create_vpc(CidrBlock=f"10.{number}.0.0/16")


def gateways(aws: Sandbox) -> None:
    for _ in range(5):
        aws.client("ec2", OREGON.region).create_internet_gateway()


def addresses(aws: Sandbox) -> None:
    for _ in range(5):
        aws.client("ec2", OREGON.region).allocate_address(Domain="vpc")


def rules(*numbers: int) -> tuple[Door, ...]:
    return tuple(Door("tcp", (22, 22), f"10.0.{number}.0/24") for number in numbers)


def doors(*numbers: int) -> list[Resource]:
    """Return a group that lets these networks in."""
    egress = (Door(ALL, None, "0.0.0.0/0"),)
    return [VPC, SecurityGroup(scope=OREGON, name="doors", vpc=VPC.address, ingress=rules(*numbers), egress=egress)]


def sixty_doors(aws: Sandbox) -> None:
    assert problems(go(aws, "reconcile", doors(*range(60)))) == []


def users(number: int) -> list[Resource]:
    return [User(scope=HOME, name=f"u{each}") for each in range(number)]


def role(policies: frozenset[str] = frozenset(), **more: Any) -> Role:
    return Role(scope=HOME, name="ci", trust=EC2, policies=policies, **more)


CASES = {
    "policies of a group": Brimmed(
        quotas.POLICIES_OF_GROUP,
        group_of_ten,
        [Group(scope=HOME, name="Ops", policies=READ, exact=False)],
        "group Ops has 10 managed policies, 2 more are needed, and AWS takes 10 per group",
        [Group(scope=HOME, name="Ops", policies=READ)],
    ),
    "policies of a role": Brimmed(
        quotas.POLICIES_OF_ROLE,
        role_of_ten,
        [role(READ, exact=False)],
        "role ci has 10 managed policies, 2 more are needed, and AWS takes 10 per role",
        [role(READ)],
    ),
    "inline policies of a role": Brimmed(
        quotas.INLINE_OF_ROLE,
        talkative_role,
        [role(inline={"third": LONG}, exact=False)],
        "and AWS takes 10240 per role",
        [role(inline={"third": LONG})],
    ),
    "trust": Brimmed(
        quotas.TRUST,
        role_of_ten,
        [Role(scope=HOME, name="ci", trust=WIDE, exact=False)],
        "characters of its trust, and AWS takes 2048",
        [role(TEN)],
    ),
    "groups of a user": Brimmed(
        quotas.GROUPS_OF_USER,
        user_in_ten,
        [User(scope=HOME, name="alice", groups=frozenset(["g10", "g11"]), exact=False)],
        "user alice has 10 groups, 2 more are needed, and AWS takes 10 per user",
        [User(scope=HOME, name="alice", groups=frozenset(["g10", "g11"]))],
    ),
    "tags": Brimmed(
        quotas.TAGS,
        tagged_fully,
        [User(scope=HOME, name="alice")],
        "it has 50 tags, 1 more is needed (awsbase:address), and AWS takes 50 per resource",
    ),
    "groups": Brimmed(
        quotas.GROUPS,
        groups,
        [Group(scope=HOME, name=name) for name in ("Ops", "Dev")],
        "IAM has 299 groups, 2 more are needed, and AWS takes 300 per account",
        [Group(scope=HOME, name="Ops"), Group(scope=HOME, name="g000")],
    ),
    "document": Brimmed(
        quotas.DOCUMENT,
        lambda aws: None,
        [Policy(scope=HOME, name="long", document=LONGER)],
        "and AWS takes 6144",
        [Policy(scope=HOME, name="long", document=LONG)],
    ),
    "filters": Brimmed(
        quotas.FILTERS,
        filters,
        [filter_of(1), filter_of(2), filter_of(3)],
        "log group trail has 99 metric filters, 3 more are needed, and AWS takes 100 per log group",
        [filter_of(1)],
    ),
    "VPCs": Brimmed(quotas.VPCS, networks, [VPC], "us-west-2 has 5 VPCs, 1 more is needed, and AWS takes 5 per region"),
    "internet gateways": Brimmed(
        quotas.GATEWAYS,
        gateways,
        [VPC, InternetGateway(scope=OREGON, name="acme", vpc=VPC.address)],
        "internet gateways, 1 more is needed, and AWS takes 5 per region",
    ),
    "elastic IPs": Brimmed(
        quotas.ADDRESSES,
        addresses,
        [ElasticIp(scope=OREGON, name="acme")],
        "us-west-2 has 5 elastic IPs, 1 more is needed, and AWS takes 5 per region",
    ),
    "rules": Brimmed(
        quotas.RULES,
        sixty_doors,
        doors(*range(61)),
        "security group doors, ingress of IPv4, has 60 rules, 1 more is needed, and AWS takes 60",
        doors(*range(2, 62)),
    ),
    **MORE,
}
# What other tests brim, since a trail needs a bucket and more; and what hundreds or thousands would fill.
ELSEWHERE = {
    quotas.VERSIONS,
    quotas.USERS,
    quotas.ROLES,
    quotas.POLICIES,
    quotas.SECURITY_GROUPS,
    quotas.TEMPLATES,
    quotas.TRAILS,
    quotas.SELECTORS,
    quotas.DATA_RESOURCES,
    quotas.CONDITIONS,
}
cases = pytest.mark.parametrize("brimmed", CASES.values(), ids=list(CASES))


@cases
def test_one_too_many_is_an_error_of_the_plan_and_nothing_of_it_is_written(brimmed: Brimmed) -> None:
    sandbox = Sandbox()
    brimmed.fill(sandbox)
    sandbox.calls.clear()
    reports = [go(sandbox, mode, brimmed.too_much) for mode in ("plan", "reconcile")]
    for report in reports:
        failed = [outcome for outcome in report.outcomes if outcome.error]
        assert {outcome.error.code for outcome in failed if outcome.error} == {"QuotaExceeded"}
        assert all(brimmed.tells in outcome.error.message for outcome in failed if outcome.error)
        assert [outcome.changes for outcome in failed] == [()] * len(failed)
        assert all(outcome.error.hint for outcome in failed if outcome.error)
    refused = [call for call in sandbox.calls if call.writes and call.error]
    assert refused == []


@pytest.mark.parametrize(
    "brimmed", [each for each in CASES.values() if each.fits], ids=[name for name, each in CASES.items() if each.fits]
)
def test_wanted_end_that_fits_is_reached_with_as_few_taken_away_first_as_make_room(brimmed: Brimmed) -> None:
    assert brimmed.fits
    sandbox = Sandbox()
    brimmed.fill(sandbox)
    done = go(sandbox, "reconcile", brimmed.fits)
    assert problems(done) == []
    assert said(go(sandbox, "plan", brimmed.fits)) == []


def test_group_is_never_without_policies_on_the_way() -> None:
    sandbox = Sandbox()
    group_of_ten(sandbox)
    done = go(sandbox, "reconcile", [Group(scope=HOME, name="Ops", policies=READ)])
    order = [change.action for _, change in done.changes]
    assert order == ["delete"] * 2 + ["create"] * 2 + ["delete"] * 8


def more_of_iam(request: Request, response: dict[str, Any]) -> None:
    """Let AWS have raised how many policies a role takes."""
    response["SummaryMap"]["AttachedPoliciesPerRoleQuota"] = 20


def more_networks(request: Request) -> dict[str, Any]:
    """Let AWS have raised how many VPCs a region takes."""
    assert (request.params["ServiceCode"], request.params["QuotaCode"]) == quotas.VPCS.codes
    return {"Quota": {"Value": 50.0}}


RAISED = (
    Rule("iam:GetAccountSummary", after=more_of_iam),
    Rule("service-quotas:GetServiceQuota", before=more_networks),
)


@pytest.mark.parametrize(
    ("name", "reads"),
    [("policies of a role", "iam:GetAccountSummary"), ("VPCs", "service-quotas:GetServiceQuota")],
)
def test_quota_that_aws_raised_is_read_where_the_usual_one_would_not_do(name: str, reads: str) -> None:
    sandbox, brimmed = Sandbox(rules=RAISED), CASES[name]
    go(sandbox, "plan", brimmed.too_much)
    assert reads not in {call.name for call in sandbox.calls}
    brimmed.fill(sandbox)
    planned = go(sandbox, "plan", brimmed.too_much)
    assert problems(planned) == []
    assert reads in {call.name for call in sandbox.calls}


def test_every_quota_is_brimmed_by_a_test_and_declared_by_a_kind() -> None:
    known = {each for each in vars(quotas).values() if isinstance(each, Quota)}
    declared = {quota for kind in KINDS.values() for quota in kind.quotas}
    assert declared | {quotas.TAGS} == known
    assert known == {each.quota for each in CASES.values()} | ELSEWHERE


def test_the_names_of_all_users_are_found_once_for_all_of_them() -> None:
    alice, bob = (User(scope=HOME, name=name) for name in ("Alice", "Bob"))
    found: list[frozenset[str]] = []

    def look(run: Run, want: User) -> None:
        found.extend(quotas.names(run, each) for each in (alice, bob))

    planned(alice, {}, beside=[bob], recipe=look)
    assert found[0] == {"alice", "bob"}
    assert found[0] is found[1]
