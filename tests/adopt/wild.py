"""An account as it grows by hand in some years: a little of everything, and nothing as awsbase makes it."""

from __future__ import annotations

from typing import Any

from awsbase.sandbox import Sandbox
from awsbase.testing.sample import HOME
from tests.adopt.accounts import REGION, ROOT, STRANGER, bucket, document, named, trail_bucket

EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
STACK = named({"aws:cloudformation:stack-name": "shop", "aws:cloudformation:logical-id": "Thing"})
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBz6G0rIfg1Zg3aW1aLm9pGqVvD5m5TjPzcXj7PZ0Yxv x"


def trust(**principal: str) -> str:
    """Return the trust policy of a role that this principal may assume."""
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def wild(aws: Sandbox) -> None:
    """Make the whole account."""
    for make in (people, roles, buckets, keys, topics, alarms, trails, networks, secrets, backups):
        make(aws)


def people(aws: Sandbox) -> None:
    """Make users with policies of their own, one without a group, and groups with paths and inline policies."""
    iam = aws.client("iam")
    iam.create_group(GroupName="admins")
    iam.attach_group_policy(GroupName="admins", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    iam.create_group(GroupName="devs", Path="/company/")
    iam.put_group_policy(GroupName="devs", PolicyName="all", PolicyDocument=document(EVERYTHING))
    for name, group in {"ann": "admins", "bob": "devs", "deploy": ""}.items():
        iam.create_user(UserName=name, Tags=named({"team": "shop"}))
        if group:
            iam.add_user_to_group(UserName=name, GroupName=group)
    iam.put_user_policy(UserName="deploy", PolicyName="s3", PolicyDocument=document(EVERYTHING))
    iam.attach_user_policy(UserName="bob", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    iam.create_access_key(UserName="deploy")
    iam.create_policy(PolicyName="shop", PolicyDocument=document(EVERYTHING), Path="/shop/")
    iam.update_account_password_policy(MinimumPasswordLength=8, RequireNumbers=True)
    iam.create_account_alias(AccountAlias="wild-shop")


def roles(aws: Sandbox) -> None:
    """Make roles that everybody, another account and a service may assume, and those of other tools."""
    iam = aws.client("iam")
    machine = trust(Service="ec2.amazonaws.com")
    for name, document_ in {
        "open": trust(AWS="*"),
        "partner": trust(AWS=STRANGER),
        "web": machine,
        "aws-controltower-ForwardSnsNotificationRole": machine,
        "stacksets-exec-0123456789abcdef": trust(AWS=ROOT),
        "cdk-hnb659fds-deploy-role-123456789012-eu-west-1": trust(AWS=ROOT),
    }.items():
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=document_)
    iam.put_role_policy(RoleName="web", PolicyName="inline", PolicyDocument=document(EVERYTHING))
    iam.create_instance_profile(InstanceProfileName="web")
    iam.add_role_to_instance_profile(InstanceProfileName="web", RoleName="web")
    iam.create_role(RoleName="shop-lambda", AssumeRolePolicyDocument=machine)
    aws.call_moto("iam:TagRole", RoleName="shop-lambda", Tags=STACK)
    iam.create_service_linked_role(AWSServiceName="support.amazonaws.com")


def buckets(aws: Sandbox) -> None:
    """Make a bucket that anybody reads, one that is logged to, and one of a stack."""
    s3 = aws.client("s3", REGION)
    bucket(aws, "wild-site")
    s3.delete_public_access_block(Bucket="wild-site")
    read = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::wild-site/*"}
    s3.put_bucket_policy(Bucket="wild-site", Policy=document(read))
    bucket(aws, "wild-backup")
    s3.put_bucket_lifecycle_configuration(
        Bucket="wild-backup",
        LifecycleConfiguration={
            "Rules": [{"ID": "old", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 7}}]
        },
    )
    bucket(aws, "wild-stack")
    held = aws.backend("s3", REGION)
    held.tagger.tag_resource(held.buckets["wild-stack"].arn, STACK)


def keys(aws: Sandbox) -> None:
    """Make a key without an alias, one with two, one that waits to be deleted, and key pairs."""
    kms = aws.client("kms", REGION)
    kms.create_key(Description="nobody knows")
    twice = kms.create_key()["KeyMetadata"]["KeyId"]
    for alias in ("alias/app", "alias/app-old"):
        kms.create_alias(AliasName=alias, TargetKeyId=twice)
    kms.schedule_key_deletion(KeyId=kms.create_key()["KeyMetadata"]["KeyId"], PendingWindowInDays=7)
    ec2 = aws.client("ec2", REGION)
    ec2.create_key_pair(KeyName="laptop", KeyType="ed25519")
    ec2.import_key_pair(KeyName="ann@laptop", PublicKeyMaterial=KEY.encode())


def topics(aws: Sandbox) -> None:
    """Make a topic with a webhook that other accounts publish to, and one of an application elsewhere."""
    sns = aws.client("sns", REGION)
    arn = sns.create_topic(Name="alerts")["TopicArn"]
    publish = {"Effect": "Allow", "Principal": {"AWS": STRANGER}, "Action": "sns:Publish", "Resource": arn}
    sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=document(publish))
    sns.subscribe(TopicArn=arn, Protocol="https", Endpoint="https://hooks.example/T000/B000/secret")
    sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="ann@acme.example")
    aws.confirm(arn, "ann@acme.example")
    aws.client("sns", "us-east-1").create_topic(Name="orders")


def alarms(aws: Sandbox) -> None:
    """Make filters as CIS asks for them under other names, and alarms of applications and of costs."""
    logs, topic = aws.client("logs", REGION), f"arn:aws:sns:{REGION}:{HOME.account}:alerts"
    logs.create_log_group(logGroupName="CloudTrail/logs")
    logs.create_log_group(logGroupName="/aws/lambda/shop")
    root = '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }'
    logs.put_metric_filter(
        logGroupName="CloudTrail/logs",
        filterName="Root",
        filterPattern=root,
        metricTransformations=[{"metricName": "RootUse", "metricNamespace": "CIS", "metricValue": "1"}],
    )
    common: dict[str, Any] = {
        "Statistic": "Sum",
        "Period": 300,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "AlarmActions": [topic],
    }
    cloudwatch = aws.client("cloudwatch", REGION)
    cloudwatch.put_metric_alarm(AlarmName="root used", Namespace="CIS", MetricName="RootUse", **common)
    cloudwatch.put_metric_alarm(AlarmName="shop errors", Namespace="AWS/Lambda", MetricName="Errors", **common)
    billing = aws.client("cloudwatch", "us-east-1")
    spent = common | {"Statistic": "Maximum", "Period": 21600, "Threshold": 100, "AlarmActions": []}
    billing.put_metric_alarm(
        AlarmName="bill over 100",
        Namespace="AWS/Billing",
        MetricName="EstimatedCharges",
        Dimensions=[{"Name": "Currency", "Value": "USD"}],
        **spent,
    )


def trails(aws: Sandbox) -> None:
    """Make two trails: one of all regions, and one that was forgotten in another."""
    trail_bucket(aws, "wild-trail", f"AWSLogs/{HOME.account}", f"old/AWSLogs/{HOME.account}")
    cloudtrail = aws.client("cloudtrail", REGION)
    cloudtrail.create_trail(Name="main", S3BucketName="wild-trail", IsMultiRegionTrail=True)
    cloudtrail.start_logging(Name="main")
    aws.client("cloudtrail", "us-east-1").create_trail(Name="old", S3BucketName="wild-trail", S3KeyPrefix="old")


def networks(aws: Sandbox) -> None:
    """Make two VPCs with a machine in one, open groups, and a default group that lets everybody in."""
    ec2 = aws.client("ec2", REGION)
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    ec2.create_vpc(CidrBlock="10.2.0.0/16")
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.1.1.0/24")["Subnet"]["SubnetId"]
    ec2.create_subnet(VpcId=vpc, CidrBlock="10.1.2.0/24")
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    world = [{"CidrIp": "0.0.0.0/0", "Description": "everybody"}]
    ssh = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": world}
    group = ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]
    default = ec2.describe_security_groups(
        Filters=[{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
    )["SecurityGroups"][0]["GroupId"]
    for each in (group, default):
        ec2.authorize_security_group_ingress(GroupId=each, IpPermissions=[ssh])
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData={"ImageId": image})
    ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId=subnet, SecurityGroupIds=[group, default])
    ec2.allocate_address(Domain="vpc")


def secrets(aws: Sandbox) -> None:
    """Make secrets: one that RDS looks after, one of a person, one under a key that is gone to nobody."""
    client = aws.client("secretsmanager", REGION)
    of_rds = named({"aws:secretsmanager:owningService": "rds", "aws:rds:primaryDBInstanceArn": "arn:aws:rds:::db:shop"})
    aws.call_moto("secretsmanager:CreateSecret", region=REGION, Name="rds!db-0123", SecretString="x", Tags=of_rds)
    client.create_secret(Name="shop/api", SecretString="x")
    client.create_secret(Name="shop/key", SecretString="x", KmsKeyId="alias/app")


def backups(aws: Sandbox) -> None:
    """Make a lifecycle policy as the console makes it, with its role."""
    aws.client("iam").create_role(
        RoleName="AWSDataLifecycleManagerDefaultRole",
        Path="/service-role/",
        AssumeRolePolicyDocument=trust(Service="dlm.amazonaws.com"),
    )
    aws.clock.advance(600)  # until all of AWS knows the role
    aws.client("dlm", REGION).create_lifecycle_policy(
        ExecutionRoleArn=f"arn:aws:iam::{HOME.account}:role/service-role/AWSDataLifecycleManagerDefaultRole",
        Description="daily",
        State="ENABLED",
        PolicyDetails={
            "PolicyType": "EBS_SNAPSHOT_MANAGEMENT",
            "ResourceTypes": ["VOLUME"],
            "TargetTags": [{"Key": "backup", "Value": "yes"}],
            "Schedules": [
                {
                    "Name": "daily",
                    "CreateRule": {"Interval": 24, "IntervalUnit": "HOURS", "Times": ["03:00"]},
                    "RetainRule": {"Count": 7},
                }
            ],
        },
    )
