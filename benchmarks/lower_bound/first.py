"""Make it all in an empty account: what waits for nothing at once, the rest as soon as what it needs is there."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import wait
from typing import Any

from benchmarks.lower_bound import account as a
from benchmarks.lower_bound.aws import Client, Later, finish, pool


def make(client: Client) -> None:
    """Make the account; each of the functions below is one chain of calls that wait for one another."""
    with pool() as threads:
        started: list[Later] = []

        def start(chain: Callable[..., Any], *given: Any, **named: Any) -> Later:
            later = threads.submit(chain, *given, **named)
            started.append(later)
            return later

        kms = client("kms")
        keys = {name: start(key, kms, start, name) for name in a.KEYS}

        s3 = client("s3")
        buckets = {name: start(bucket, s3, start, name, keys[name]) for name in a.KEYS}

        iam = client("iam")
        roles = {name: start(role, iam, name) for name in a.ROLES}
        profile = start(bastion_profile, iam)
        start(iam.update_account_password_policy, **a.PASSWORDS)
        made = {name: start(policy, iam, name, keys["acme-state"]) for name in a.policies("")}
        groups = {name: start(group, iam, start, name, list(made.values())) for name in a.GROUPS}
        for name in a.MEMBERS:
            start(user, iam, name, groups)

        ec2 = client("ec2")
        template = start(ec2.create_launch_template, LaunchTemplateName="acme-bastion", LaunchTemplateData=a.TEMPLATE)
        gateway = start(ec2.create_internet_gateway)
        start(network, ec2, start, gateway, [template, profile])

        logs = client("logs")
        group_made = start(log_group, logs, start, keys["acme-audit"])

        cloudtrail = client("cloudtrail")
        start(trail, cloudtrail, keys["acme-audit"], [buckets["acme-audit"], roles["acme-cloudtrail-logs"], group_made])

        cloudwatch = client("cloudwatch")
        for alarm in a.ALARMS:
            start(cloudwatch.put_metric_alarm, **alarm)

        sns = client("sns")
        for name, arn in a.TOPICS.items():
            start(sns.create_topic, Name=name, Attributes={"Policy": json.dumps(a.topic_policy(arn))})

        billing = client("billing")
        start(billing.update_billing_preferences, feature="BILLING_ALERTS", billingPreferencesPerKey=[a.BILLING_ALERTS])
        # A chain may start others, so the list grows while it is gone through.
        finish(started)


def key(kms: Any, start: Any, name: str) -> str:
    """Make a key with its alias and its rotation, and return its ARN."""
    arn: str = kms.create_key(Policy=json.dumps(a.KEYS[name]))["KeyMetadata"]["Arn"]
    start(kms.create_alias, AliasName=f"alias/{name}", TargetKeyId=arn)
    start(kms.enable_key_rotation, KeyId=arn, RotationPeriodInDays=365)
    return arn


def bucket(s3: Any, start: Any, name: str, key: Later) -> None:
    """Make a bucket as far as a trail needs it, and have the rest set."""
    s3.create_bucket(Bucket=name, ObjectOwnership="BucketOwnerEnforced")
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=a.BLOCKED)
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps(a.bucket_policy(name, key.result())))
    start(settings, s3, name, key)


def settings(s3: Any, name: str, key: Later) -> None:
    """Set the rest in turn, because S3 refuses two settings at once."""
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration=a.encryption(key.result()))
    s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": [a.OLD_VERSIONS]})


def role(iam: Any, name: str) -> None:
    trust, may = a.ROLES[name]
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=json.dumps(may))


def bastion_profile(iam: Any) -> None:
    iam.create_role(RoleName="acme-bastion", AssumeRolePolicyDocument=json.dumps(a.trusting("ec2")))
    iam.create_instance_profile(InstanceProfileName="acme-bastion")
    iam.add_role_to_instance_profile(InstanceProfileName="acme-bastion", RoleName="acme-bastion")
    iam.attach_role_policy(RoleName="acme-bastion", PolicyArn=a.SESSION_MANAGER)


def policy(iam: Any, name: str, key: Later) -> None:
    document = a.policies(key.result() if name == "acme-state-writer" else "")[name]
    iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(document))


def group(iam: Any, start: Any, name: str, policies: list[Later]) -> None:
    iam.create_group(GroupName=name)
    for arn in a.GROUPS[name]:
        start(lambda arn=arn: (wait(policies), iam.attach_group_policy(GroupName=name, PolicyArn=arn)))


def user(iam: Any, name: str, groups: dict[str, Later]) -> None:
    iam.create_user(UserName=name)
    groups[a.MEMBERS[name]].result()
    iam.add_user_to_group(UserName=name, GroupName=a.MEMBERS[name])


def log_group(logs: Any, start: Any, key: Later) -> None:
    logs.create_log_group(logGroupName="acme-audit", kmsKeyId=key.result())
    start(logs.put_retention_policy, logGroupName="acme-audit", retentionInDays=365)
    for each in a.FILTERS:
        start(logs.put_metric_filter, logGroupName="acme-audit", **each)


def trail(cloudtrail: Any, key: Later, needs: list[Later]) -> None:
    finish(needs)
    cloudtrail.create_trail(**a.trail(key.result()), EnableLogFileValidation=True)
    cloudtrail.start_logging(Name="acme-trail")


def network(ec2: Any, start: Any, gateway: Later, needs: list[Later]) -> None:
    """Make the VPC, what is in it side by side, and the bastion."""
    vpc = ec2.create_vpc(CidrBlock=a.VPC)["Vpc"]["VpcId"]

    def make_subnet() -> Any:
        return ec2.create_subnet(VpcId=vpc, CidrBlock=a.SUBNET, AvailabilityZone="us-east-1a")["Subnet"]["SubnetId"]

    def make_group() -> Any:
        made = ec2.create_security_group(VpcId=vpc, GroupName="acme-bastion", Description="Bastion")["GroupId"]
        start(ec2.authorize_security_group_egress, GroupId=made, IpPermissions=[a.TO_ALL_6])
        return made

    def attach() -> Any:
        made = gateway.result()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(VpcId=vpc, InternetGatewayId=made)
        return made

    def route(subnet: Later, attached: Later) -> None:
        table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        start(lambda: ec2.associate_route_table(RouteTableId=table, SubnetId=subnet.result()))
        ec2.create_route(RouteTableId=table, **a.EVERYWHERE, GatewayId=attached.result())

    def close() -> None:
        theirs = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
        (group,) = ec2.describe_security_groups(Filters=theirs)["SecurityGroups"]
        inward = [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group["GroupId"]}]}]
        start(ec2.revoke_security_group_ingress, GroupId=group["GroupId"], IpPermissions=inward)
        ec2.revoke_security_group_egress(GroupId=group["GroupId"], IpPermissions=[a.TO_ALL_4])

    subnet, group, attached = start(make_subnet), start(make_group), start(attach)
    start(route, subnet, attached)
    start(close)
    start(ec2.modify_vpc_attribute, VpcId=vpc, EnableDnsHostnames={"Value": True})
    finish(needs)
    ec2.run_instances(
        MinCount=1,
        MaxCount=1,
        LaunchTemplate={"LaunchTemplateName": "acme-bastion"},
        NetworkInterfaces=[
            {
                "DeviceIndex": 0,
                "SubnetId": subnet.result(),
                "Groups": [group.result()],
                "AssociatePublicIpAddress": True,
            }
        ],
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "acme-bastion"}]}],
    )
