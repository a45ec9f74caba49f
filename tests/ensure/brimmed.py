"""Places of monitoring, networks and buckets that are full, and what does not fit into them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from awsbase.engine import quotas
from awsbase.engine.quotas import Quota
from awsbase.engine.resource import Resource
from awsbase.ensure.alarm import Alarm
from awsbase.ensure.bucket import Bucket
from awsbase.ensure.budget import Budget, Notice, notification, subscriber
from awsbase.ensure.gateway_endpoint import GatewayEndpoint
from awsbase.ensure.internet_gateway import InternetGateway
from awsbase.ensure.key import Key
from awsbase.ensure.launch_template import LaunchTemplate
from awsbase.ensure.oidc_provider import OidcProvider
from awsbase.ensure.organization_policy import OrganizationPolicy
from awsbase.ensure.route_table import RouteTable
from awsbase.ensure.security_group import SecurityGroup
from awsbase.ensure.snapshot_policy import SnapshotPolicy
from awsbase.ensure.subnet import Subnet
from awsbase.ensure.vpc import Vpc
from awsbase.policies import Document
from awsbase.records import record
from awsbase.samples.backups import POLICY, ROLE
from awsbase.samples.bastion import Bastion
from awsbase.samples.monitoring import RULE, TOPIC, US
from awsbase.samples.organization import ORGANIZATION, WORKLOADS
from awsbase.sandbox import Sandbox
from tests.contract.sample import ACCOUNT, HOME, OREGON, problems
from tests.contract.sample import go as reconciled


@record
class Brimmed:
    """A place that is full: what fills it, what does not fit, and what does in the end, if anything does."""

    quota: Quota
    fill: Callable[[Sandbox], object]
    too_much: list[Resource]
    tells: str
    fits: list[Resource] | None = None


def nothing(aws: Sandbox) -> None:
    """Leave an account as it is: what the manifest wants is too much by itself."""


def denying(name: str, length: int = 1) -> OrganizationPolicy:
    """Return a service control policy with so many characters in a name."""
    statement = {"Sid": "A" * length, "Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}
    document: Document = {"Version": "2012-10-17", "Statement": [statement]}
    return OrganizationPolicy(scope=HOME, name=name, document=document, targets=(WORKLOADS.address,))


def providers(aws: Sandbox) -> None:
    """Let an account have as many identity providers as it takes."""
    for number in range(100):
        aws.client("iam").create_open_id_connect_provider(Url=f"https://{number}.acme.example")


def client_ids(aws: Sandbox) -> None:
    """Let a provider have as many client ids as it takes."""
    ids = [f"client-{number}" for number in range(100)]
    aws.client("iam").create_open_id_connect_provider(Url=PROVIDER.url, ClientIDList=ids)


PROVIDER = OidcProvider(
    scope=HOME, url="https://token.actions.githubusercontent.com", audiences=frozenset({"sts.amazonaws.com"})
)
MAILS = tuple(f"m{number}@acme.example" for number in range(11))
BUDGET = Budget(scope=US, name="costs", amount=100, currency="USD", notices=(Notice("ACTUAL", 80),), subscribers=())
FULL = (("SNS", f"{TOPIC}-old"), *(("EMAIL", f"x{address}") for address in MAILS[:10]))


def told(*addresses: str, notices: int = 1, topic: str = TOPIC) -> list[Resource]:
    """Return a budget that tells a topic and these."""
    subscribers = (("SNS", topic), *(("EMAIL", address) for address in addresses))
    percents = tuple(Notice("ACTUAL", 10 * number) for number in range(8 - notices + 1, 9))
    return [replace(BUDGET, notices=percents, subscribers=subscribers)]


def told_by_others(aws: Sandbox) -> None:
    """Make a budget that tells another topic, and ten others."""
    told = {"Notification": notification(BUDGET.notices[0]), "Subscribers": [subscriber(one) for one in FULL]}
    limit = {"BudgetLimit": {"Amount": "100", "Unit": "USD"}, "BudgetType": "COST", "TimeUnit": "MONTHLY"}
    aws.client("budgets").create_budget(
        AccountId=ACCOUNT, Budget={"BudgetName": "costs", **limit}, NotificationsWithSubscribers=[told]
    )


def five_targets(aws: Sandbox) -> None:
    """Give the rule five targets."""
    events = aws.client("events", US.region)
    events.put_rule(Name=RULE.name, EventPattern=json.dumps(RULE.pattern), State="ENABLED")
    listed = [{"Id": f"q{number}", "Arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:q{number}"} for number in range(5)]
    events.put_targets(Rule=RULE.name, Targets=listed)


ALARM = Alarm(scope=HOME, name="acme-root", description="root", namespace="acme", metric="root", threshold=1)
TOPICS = tuple(f"arn:aws:sns:eu-west-1:{ACCOUNT}:t{number}" for number in range(6))


assert isinstance(POLICY, SnapshotPolicy)
ANOTHER = replace(POLICY, name="another")


def hundred_policies(aws: Sandbox) -> None:
    """Make ninety-nine lifecycle policies of others, and one that is ours."""
    assert problems(reconciled(aws, "reconcile", [ROLE, POLICY])) == []
    dlm = aws.client("dlm", HOME.region)
    (ours,) = dlm.get_lifecycle_policies()["Policies"]
    held = dlm.get_lifecycle_policy(PolicyId=ours["PolicyId"])["Policy"]
    same = {name: held[name] for name in ("ExecutionRoleArn", "State", "PolicyDetails")}
    for number in range(99):
        dlm.create_lifecycle_policy(Description=f"number {number}", **same)


VPC = Vpc(scope=OREGON, name="acme", cidr="10.9.0.0/16")
GATEWAY = InternetGateway(scope=OREGON, name="acme", vpc=VPC.address)


def vpc_of_ours(aws: Sandbox) -> str:
    """Make the VPC of the manifest; return its id."""
    assert problems(reconciled(aws, "reconcile", [VPC])) == []
    (made,) = [vpc for vpc in aws.client("ec2", OREGON.region).describe_vpcs()["Vpcs"] if not vpc["IsDefault"]]
    return str(made["VpcId"])


def subnets(aws: Sandbox) -> None:
    """Make two hundred subnets in the VPC of the manifest."""
    vpc, ec2 = vpc_of_ours(aws), aws.backend("ec2", OREGON.region)
    for number in range(200):
        ec2.create_subnet(vpc, f"10.9.{number}.0/24", availability_zone="us-west-2a")


def tables(aws: Sandbox) -> None:
    """Make as many route tables as the VPC of the manifest takes; it comes with one."""
    vpc, ec2 = vpc_of_ours(aws), aws.backend("ec2", OREGON.region)
    for _ in range(199):
        ec2.create_route_table(vpc)


S3 = f"com.amazonaws.{OREGON.region}.s3"


def endpoints(aws: Sandbox) -> None:
    """Make twenty gateway endpoints in the default VPC."""
    ec2 = aws.client("ec2", OREGON.region)
    (vpc,) = ec2.describe_vpcs()["Vpcs"]
    for _ in range(20):
        ec2.create_vpc_endpoint(VpcId=vpc["VpcId"], VpcEndpointType="Gateway", ServiceName=S3)


def launched_behind(groups: int) -> list[Resource]:
    """Return a bastion's template behind so many security groups, with what it needs."""
    bastion = Bastion(HOME)
    others = [SecurityGroup(scope=HOME, name=f"g{number}", vpc=bastion.vpc.address) for number in range(groups)]
    template: LaunchTemplate = replace(bastion.template, groups=tuple(group.address for group in others))
    return [bastion.vpc, bastion.public, bastion.role, bastion.profile, *others, template]


def public_subnet(aws: Sandbox) -> None:
    """Name a subnet of the default VPC as the sample of a bastion wants it."""
    ec2 = aws.client("ec2", HOME.region)
    ec2.create_tags(
        Resources=[ec2.describe_subnets()["Subnets"][0]["SubnetId"]], Tags=[{"Key": "Name", "Value": "public"}]
    )


def reading(number: int) -> dict[str, Any]:
    """Return a statement of somebody else's."""
    where = f"arn:aws:s3:::acme-state/{'folder/' * 20}{number}/*"
    who = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    return {"Sid": f"Read{number}", "Effect": "Allow", "Principal": who, "Action": "s3:GetObject", "Resource": where}


BUCKET = Bucket(
    scope=HOME, name="acme-state", named_at="state.bucket", statements=({**reading(0), "Sid": "AwsbaseReads"},)
)


def long_policy(count: int) -> Callable[[Sandbox], None]:
    """Return what makes a bucket with so many statements of somebody else's."""

    def fill(aws: Sandbox) -> None:
        s3 = aws.client("s3", HOME.region)
        s3.create_bucket(Bucket=BUCKET.name, CreateBucketConfiguration={"LocationConstraint": HOME.region})
        statements = [reading(number) for number in range(count)]
        policy = {"Version": "2012-10-17", "Statement": statements}
        s3.put_bucket_policy(Bucket=BUCKET.name, Policy=json.dumps(policy, separators=(",", ":")))

    return fill


def key(count: int) -> Key:
    """Return a key that so many roles of another account may use."""
    root = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    all_of_it: dict[str, Any] = {
        "Sid": "Root",
        "Effect": "Allow",
        "Principal": root,
        "Action": "kms:*",
        "Resource": "*",
    }
    used: list[dict[str, Any]] = [
        {
            "Sid": f"Use{number}",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::999999999999:root"},
            "Action": "kms:Decrypt",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:PrincipalArn": f"arn:aws:iam::999999999999:role/{number:064}"}},
        }
        for number in range(count)
    ]
    policy: dict[str, Any] = {"Version": "2012-10-17", "Statement": [all_of_it, *used]}
    return Key(scope=HOME, name="acme", description="acme", policy=policy)


MORE = {
    "identity providers": Brimmed(
        quotas.OIDC_PROVIDERS,
        providers,
        [PROVIDER],
        "IAM has 100 OpenID Connect providers, 1 more is needed, and AWS takes 100 per account",
    ),
    "client ids": Brimmed(
        quotas.OIDC_CLIENTS,
        client_ids,
        [PROVIDER],
        "has 100 client ids, 1 more is needed, and AWS takes 100 per OpenID Connect provider",
    ),
    "notices of a budget": Brimmed(
        quotas.NOTICES,
        nothing,
        told("a@acme.example", notices=6),
        "budget costs has 6 notices, and AWS takes 5",
        told("a@acme.example", notices=5),
    ),
    "mail addresses of a notice": Brimmed(
        quotas.MAILS,
        told_by_others,
        told(*MAILS),
        "budget costs has 11 mail addresses, and AWS takes 10",
        told(*MAILS[:10]),
    ),
    "topics of a notice": Brimmed(
        quotas.TOPICS,
        told_by_others,
        [replace(BUDGET, subscribers=(("SNS", TOPIC), ("SNS", f"{TOPIC}-too")))],
        "budget costs has 2 topics, and AWS takes 1",
        told(),
    ),
    "actions of an alarm": Brimmed(
        quotas.ACTIONS,
        nothing,
        [replace(ALARM, actions=TOPICS)],
        "alarm acme-root has 6 actions, and AWS takes 5",
        [replace(ALARM, actions=TOPICS[:5])],
    ),
    "targets of a rule": Brimmed(
        quotas.TARGETS,
        five_targets,
        [RULE],
        f"rule {RULE.name} has 5 targets, 1 more is needed, and AWS takes 5 per rule",
    ),
    "lifecycle policies": Brimmed(
        quotas.SNAPSHOT_POLICIES,
        hundred_policies,
        [ROLE, ANOTHER],
        "eu-west-1 has 100 lifecycle policies, 1 more is needed, and AWS takes 100 per region",
        [ROLE, POLICY],
    ),
    "subnets": Brimmed(
        quotas.SUBNETS,
        subnets,
        [VPC, Subnet(scope=OREGON, name="last", vpc=VPC.address, cidr="10.9.250.0/24", zone=0)],
        "has 200 subnets, 1 more is needed, and AWS takes 200 per VPC",
    ),
    "route tables": Brimmed(
        quotas.ROUTE_TABLES,
        tables,
        [VPC, GATEWAY, RouteTable(scope=OREGON, name="last", vpc=VPC.address, gateway=GATEWAY.address)],
        "has 200 route tables, 1 more is needed, and AWS takes 200 per VPC",
    ),
    "gateway endpoints": Brimmed(
        quotas.GATEWAY_ENDPOINTS,
        endpoints,
        [VPC, GatewayEndpoint(scope=OREGON, name="s3", vpc=VPC.address, service="s3", route_tables=())],
        "us-west-2 has 20 gateway endpoints, 1 more is needed, and AWS takes 20 per region",
    ),
    "groups of an interface": Brimmed(
        quotas.GROUPS_OF_INTERFACE,
        public_subnet,
        launched_behind(6),
        "launch template bastion has 6 security groups, and AWS takes 5",
        launched_behind(5),
    ),
    "policy of a bucket": Brimmed(
        quotas.BUCKET_POLICY,
        long_policy(69),
        [BUCKET],
        "characters of its policy, and AWS takes 20480",
    ),
    "characters of a control policy": Brimmed(
        quotas.CONTROL_POLICY,
        nothing,
        [ORGANIZATION, WORKLOADS, denying("long", 10_240)],
        "characters of its document, and AWS takes 10240",
        [ORGANIZATION, WORKLOADS, denying("long", 4_000)],
    ),
    "control policies of a unit": Brimmed(
        quotas.CONTROL_POLICIES,
        nothing,
        [ORGANIZATION, WORKLOADS, *(denying(f"deny-{number}") for number in range(10))],
        "Workloads would have 11 service control policies, AWS's FullAWSAccess included, and AWS takes 10 per",
        [ORGANIZATION, WORKLOADS, *(denying(f"deny-{number}") for number in range(3))],
    ),
    "policy of a key": Brimmed(
        quotas.KEY_POLICY,
        nothing,
        [key(150)],
        "characters of its policy, and AWS takes 32768",
        [key(50)],
    ),
}
