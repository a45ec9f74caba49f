"""Check that all is as it was made: every read at once, and then every answer against what is expected."""

from __future__ import annotations

from typing import Any

from benchmarks.lower_bound import account as a
from benchmarks.lower_bound.aws import Client, Later, expect, pages, pool

IAM = ["User", "Group", "Role", "LocalManagedPolicy"]
BASTION = [{"Name": "tag:Name", "Values": ["acme-bastion"]}, {"Name": "instance-state-name", "Values": ["running"]}]


def check(client: Client) -> None:
    """Raise AssertionError where the account is not as `first` made it."""
    with pool() as threads:
        start = threads.submit

        kms = client("kms")
        keys = {name: start(read_key, kms, start, name) for name in a.KEYS}

        ec2 = start(read_ec2, client("ec2"), start)

        s3 = client("s3")
        buckets = {
            name: {get: start(getattr(s3, get), Bucket=name) for get in bucket_settings("", "")} for name in a.KEYS
        }

        iam = client("iam")
        details = start(pages, iam.get_account_authorization_details, Filter=IAM)
        passwords = start(iam.get_account_password_policy)

        logs = client("logs")
        groups = start(logs.describe_log_groups, logGroupNamePrefix="acme-audit")
        filters = start(logs.describe_metric_filters, logGroupName="acme-audit")

        cloudtrail = client("cloudtrail")
        trails = start(cloudtrail.describe_trails, trailNameList=["acme-trail"])
        status = start(cloudtrail.get_trail_status, Name="acme-trail")

        cloudwatch = client("cloudwatch")
        alarms = start(cloudwatch.describe_alarms, AlarmNamePrefix="acme-")

        sns = client("sns")
        topics = {arn: start(sns.get_topic_attributes, TopicArn=arn) for arn in a.TOPICS.values()}

        billing = client("billing")
        alerts = start(billing.get_billing_preferences, features=["BILLING_ALERTS"])

        arns = {name: check_key(name, *each.result()) for name, each in keys.items()}
        for name, answers in buckets.items():
            for get, want in bucket_settings(name, arns[name]).items():
                expect(answers[get].result(), want)
        check_people(details.result(), arns["acme-state"])
        expect(passwords.result()["PasswordPolicy"], a.PASSWORDS)
        group = {"logGroupName": "acme-audit", "retentionInDays": 365, "kmsKeyId": arns["acme-audit"]}
        expect(groups.result()["logGroups"], [group])
        expect(sorted(filters.result()["metricFilters"], key=lambda each: str(each["filterName"])), a.FILTERS)
        expect(trails.result()["trailList"], [{**a.trail(arns["acme-audit"]), "LogFileValidationEnabled": True}])
        expect(status.result(), {"IsLogging": True})
        have = {each["AlarmName"]: each for each in alarms.result()["MetricAlarms"]}
        expect(have, {each["AlarmName"]: {**each, "ActionsEnabled": True} for each in a.ALARMS})
        for arn, answer in topics.items():
            expect(answer.result()["Attributes"], {"Policy": a.topic_policy(arn)})
        expect(alerts.result(), {"billingPreferences": [a.BILLING_ALERTS]})
        check_ec2(*ec2.result())


def read_ec2(ec2: Any, start: Any) -> tuple[Any, list[Later], Later, Later]:
    """Have the network, the bastion and its template read."""
    instances = start(ec2.describe_instances, Filters=BASTION)
    template = start(ec2.describe_launch_template_versions, LaunchTemplateName="acme-bastion", Versions=["$Default"])
    network = [
        start(each)
        for each in (
            ec2.describe_subnets,
            ec2.describe_internet_gateways,
            ec2.describe_route_tables,
            ec2.describe_security_groups,
        )
    ]
    return read_vpc(ec2), network, instances, template


def check_ec2(vpc: tuple[str, Any], network: list[Later], instances: Later, template: Later) -> None:
    subnet = check_network(vpc, *(each.result() for each in network))
    expect(template.result()["LaunchTemplateVersions"][0]["LaunchTemplateData"], a.TEMPLATE)
    bastion = {"SubnetId": subnet, "InstanceType": a.TEMPLATE["InstanceType"]}
    expect([each for held in instances.result()["Reservations"] for each in held["Instances"]], [bastion])


def read_key(kms: Any, start: Any, name: str) -> tuple[Any, Later, Later]:
    """Find a key by its alias, and have its policy and rotation read, which take no alias."""
    key = kms.describe_key(KeyId=f"alias/{name}")["KeyMetadata"]
    by_id = {"KeyId": key["KeyId"]}
    return key, start(kms.get_key_policy, **by_id, PolicyName="default"), start(kms.get_key_rotation_status, **by_id)


def check_key(name: str, key: Any, policy: Later, rotation: Later) -> str:
    expect(key, {"KeyState": "Enabled"})
    expect(policy.result(), {"Policy": a.KEYS[name]})
    expect(rotation.result(), {"KeyRotationEnabled": True, "RotationPeriodInDays": 365})
    return str(key["Arn"])


def bucket_settings(name: str, key: str) -> dict[str, Any]:
    """Return what reads each setting of a bucket, and what it answers."""
    return {
        "get_public_access_block": {"PublicAccessBlockConfiguration": a.BLOCKED},
        "get_bucket_ownership_controls": {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}},
        "get_bucket_policy": {"Policy": a.bucket_policy(name, key)},
        "get_bucket_versioning": {"Status": "Enabled"},
        "get_bucket_encryption": {"ServerSideEncryptionConfiguration": a.encryption(key)},
        "get_bucket_lifecycle_configuration": {"Rules": [a.OLD_VERSIONS]},
    }


def check_people(details: list[Any], key: str) -> None:
    users = {each["UserName"]: each["GroupList"] for page in details for each in page["UserDetailList"]}
    expect(users, {name: [group] for name, group in a.MEMBERS.items()})

    groups = {each["GroupName"]: attached(each) for page in details for each in page["GroupDetailList"]}
    expect(groups, a.GROUPS)

    policies = {
        each["PolicyName"]: version["Document"]
        for page in details
        for each in page["Policies"]
        for version in each["PolicyVersionList"]
        if version["IsDefaultVersion"]
    }
    expect(policies, a.policies(key))

    roles = {each["RoleName"]: each for page in details for each in page["RoleDetailList"]}
    for name, (trust, may) in a.ROLES.items():
        inline = [{"PolicyName": name, "PolicyDocument": may}]
        expect(roles[name], {"AssumeRolePolicyDocument": trust, "RolePolicyList": inline})
    bastion = roles["acme-bastion"]
    profile = {"InstanceProfileName": "acme-bastion"}
    expect(bastion, {"AssumeRolePolicyDocument": a.trusting("ec2"), "InstanceProfileList": [profile]})
    expect(attached(bastion), {a.SESSION_MANAGER})


def attached(have: Any) -> set[str]:
    return {each["PolicyArn"] for each in have["AttachedManagedPolicies"]}


def read_vpc(ec2: Any) -> tuple[str, Any]:
    (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "cidr", "Values": [a.VPC]}])["Vpcs"]
    return vpc["VpcId"], ec2.describe_vpc_attribute(VpcId=vpc["VpcId"], Attribute="enableDnsHostnames")


def check_network(vpc: tuple[str, Any], subnets: Any, gateways: Any, tables: Any, groups: Any) -> str:
    """Check what is in the VPC, and return its subnet."""
    name, host_names = vpc
    expect(host_names, {"EnableDnsHostnames": {"Value": True}})
    (subnet,) = [each for each in subnets["Subnets"] if each["VpcId"] == name]
    expect(subnet, {"CidrBlock": a.SUBNET})

    (gateway,) = [
        each["InternetGatewayId"]
        for each in gateways["InternetGateways"]
        if [attachment["VpcId"] for attachment in each["Attachments"]] == [name]
    ]
    (table,) = [
        each
        for each in tables["RouteTables"]
        if [link.get("SubnetId") for link in each["Associations"]] == [subnet["SubnetId"]]
    ]
    expect(table["Routes"][1:], [{**a.EVERYWHERE, "GatewayId": gateway}])

    rules = {each["GroupName"]: each for each in groups["SecurityGroups"] if each["VpcId"] == name}
    expect(rules["default"], {"IpPermissions": [], "IpPermissionsEgress": []})
    expect(rules["acme-bastion"], {"IpPermissions": [], "IpPermissionsEgress": [{**a.TO_ALL_4, **a.TO_ALL_6}]})
    return str(subnet["SubnetId"])
