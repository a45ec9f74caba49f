"""What the resource types of Terraform's AWS provider are in awsbase: a thing of a kind, a part of one, or neither.

Names of attributes: https://registry.terraform.io/providers/hashicorp/aws/latest/docs.
"""

from __future__ import annotations

from awsbase.records import record


@record
class Type:
    """A type stands for things of a kind, or for a part of each of them.

    The thing is called by the attribute `name`, filled into `template`; or it has one of `ids`, which awsbase knows.
    Each of a list is one thing. A `part` is left with Terraform where the manifest does not manage it. The field
    `listed` of a resource that is not `exact` then does not hold what the attribute `entry` says, or is empty.
    A `setting` is a field that is None where the manifest says nothing of it. `stays` says why it is always left.
    """

    kind: str
    name: tuple[str, ...] = ()
    template: str = "{}"
    ids: tuple[str, ...] = ()
    part: bool = False
    listed: str = ""
    entry: str = ""
    stays: str = ""
    setting: str = ""


def thing(kind: str, *name: str, template: str = "{}", ids: tuple[str, ...] = ()) -> Type:
    """Return a type that stands for things of a kind."""
    return Type(kind, name, template, ids)


def by_id(kind: str, *ids: str) -> Type:
    """Return a type whose things have no name of their own."""
    return Type(kind, ids=ids or ("id",))


def whole(kind: str) -> Type:
    """Return a type of which an account has one, or one in each region."""
    return Type(kind, template="account")


def part(
    kind: str, *name: str, ids: tuple[str, ...] = (), listed: str = "", entry: str = "", setting: str = ""
) -> Type:
    """Return a type that is a part of a thing."""
    return Type(kind, name, ids=ids, part=True, listed=listed, entry=entry, setting=setting)


def stays(kind: str, *name: str, why: str, ids: tuple[str, ...] = ()) -> Type:
    """Return a type that is a part of a thing, and that no manifest says."""
    return Type(kind, name, ids=ids, part=True, stays=why)


VALUE = "the manifest never holds a value"
OF_A_USER = "the manifest says groups of a user, and nothing of a user's own"
NO_WORDS = "the manifest says nothing of it"
BUCKET_PARTS = """
    public_access_block ownership_controls versioning server_side_encryption_configuration policy
""".split()  # noqa: SIM905, a list of words

TYPES: dict[str, Type] = {
    "aws_iam_role": thing("role", "name"),
    "aws_iam_policy": thing("policy", "name"),
    "aws_iam_user": thing("user", "name"),
    "aws_iam_group": thing("group", "name"),
    "aws_iam_instance_profile": thing("instance-profile", "name"),
    "aws_iam_openid_connect_provider": thing("oidc-provider", "url"),
    "aws_iam_service_linked_role": thing("service-linked-role", "name"),
    "aws_iam_account_alias": thing("account-alias", "account_alias"),
    "aws_iam_account_password_policy": whole("password-policy"),
    "aws_iam_role_policy": part("role", "role", listed="inline", entry="name"),
    "aws_iam_role_policies_exclusive": part("role", "role_name", listed="inline"),
    "aws_iam_role_policy_attachment": part("role", "role", listed="policies", entry="policy_arn"),
    "aws_iam_role_policy_attachments_exclusive": part("role", "role_name", listed="policies"),
    "aws_iam_group_policy_attachment": part("group", "group", listed="policies", entry="policy_arn"),
    "aws_iam_group_policy": stays("group", "group", why="the manifest says no inline policies of groups"),
    "aws_iam_user_group_membership": part("user", "user", listed="groups", entry="groups"),
    "aws_iam_group_membership": part("user", "users", listed="groups", entry="group"),
    "aws_iam_user_policy": stays("user", "user", why=OF_A_USER),
    "aws_iam_user_policy_attachment": stays("user", "user", why=OF_A_USER),
    "aws_iam_access_key": stays("user", "user", why=OF_A_USER),
    "aws_iam_user_login_profile": stays("user", "user", why=OF_A_USER),
    "aws_iam_user_ssh_key": stays("user", "username", why=OF_A_USER),
    "aws_s3_bucket": thing("bucket", "bucket"),
    **{f"aws_s3_bucket_{name}": part("bucket", "bucket") for name in BUCKET_PARTS},
    "aws_s3_bucket_lifecycle_configuration": part("bucket", "bucket", listed="expiries"),
    "aws_s3_bucket_cors_configuration": part("bucket", "bucket", setting="cors"),
    "aws_s3_bucket_object_lock_configuration": part("bucket", "bucket", setting="lock_days"),
    "aws_s3_bucket_replication_configuration": part("bucket", "bucket", setting="replication"),
    "aws_s3_bucket_logging": thing("access-log", "bucket"),
    "aws_s3_account_public_access_block": whole("public-access-block"),
    "aws_kms_key": thing("key", ids=("arn",)),
    "aws_kms_alias": thing("key", "name"),
    "aws_kms_key_policy": part("key", ids=("key_id",)),
    "aws_kms_grant": stays("key", ids=("key_id",), why=NO_WORDS),
    "aws_sns_topic": thing("topic", "name"),
    "aws_sns_topic_policy": part("topic", "arn"),
    "aws_sns_topic_subscription": thing("subscription", "topic_arn"),
    "aws_sns_topic_data_protection_policy": stays("topic", "arn", why=NO_WORDS),
    "aws_cloudtrail": thing("trail", "name"),
    "aws_cloudwatch_metric_alarm": thing("alarm", "alarm_name"),
    "aws_cloudwatch_log_group": thing("log-group", "name"),
    "aws_cloudwatch_log_data_protection_policy": part("log-group", "log_group_name"),
    "aws_cloudwatch_log_metric_filter": thing("metric-filter", "log_group_name", "name", template="{}/{}"),
    "aws_cloudwatch_event_rule": thing("event-rule", "name"),
    "aws_cloudwatch_event_target": part("event-rule", "rule"),
    "aws_budgets_budget": thing("budget", "name"),
    "aws_ce_anomaly_subscription": thing("anomaly-alert", "name"),
    "aws_account_alternate_contact": thing("contact", "alternate_contact_type"),
    "aws_accessanalyzer_analyzer": thing("analyzer", "analyzer_name"),
    "aws_secretsmanager_secret": thing("secret", "name"),
    "aws_secretsmanager_secret_rotation": part("secret", "secret_id", listed="rotation"),
    "aws_secretsmanager_secret_version": stays("secret", "secret_id", why=VALUE),
    "aws_secretsmanager_secret_policy": stays("secret", "secret_arn", why=NO_WORDS),
    "aws_ecr_repository": thing("ecr-repository", "name"),
    "aws_ecr_lifecycle_policy": part("ecr-repository", "repository"),
    "aws_ecr_repository_policy": part("ecr-repository", "repository"),
    "aws_ecr_registry_scanning_configuration": Type("registry-scanning", template="push"),
    "aws_ssm_parameter": thing("parameter", "name"),
    "aws_key_pair": thing("key-pair", "key_name"),
    "aws_vpc": by_id("vpc"),
    "aws_subnet": by_id("subnet"),
    "aws_internet_gateway": by_id("internet-gateway"),
    "aws_internet_gateway_attachment": Type("internet-gateway", ids=("internet_gateway_id",), part=True),
    "aws_route_table": by_id("route-table"),
    "aws_route": Type("route-table", ids=("route_table_id",), part=True),
    "aws_route_table_association": Type("route-table", ids=("route_table_id",), part=True),
    "aws_vpc_endpoint": by_id("gateway-endpoint"),
    "aws_vpc_endpoint_route_table_association": Type("gateway-endpoint", ids=("vpc_endpoint_id",), part=True),
    "aws_flow_log": by_id("vpc-flow-log"),
    "aws_security_group": thing("security-group", "name", ids=("id",)),
    "aws_security_group_rule": Type("security-group", ids=("security_group_id",), part=True),
    "aws_vpc_security_group_ingress_rule": Type("security-group", ids=("security_group_id",), part=True),
    "aws_vpc_security_group_egress_rule": Type("security-group", ids=("security_group_id",), part=True),
    "aws_eip": by_id("elastic-ip"),
    "aws_eip_association": Type("elastic-ip", ids=("allocation_id",), part=True),
    "aws_instance": by_id("instance"),
    "aws_launch_template": thing("launch-template", "name"),
    "aws_ec2_instance_connect_endpoint": by_id("instance-connect-endpoint"),
    "aws_scheduler_schedule": thing("schedule", "name"),
    "aws_dlm_lifecycle_policy": by_id("snapshot-policy"),
    "aws_backup_vault": thing("backup-vault", "name"),
    "aws_backup_plan": thing("backup-plan", "name"),
    "aws_ebs_encryption_by_default": whole("ebs-encryption"),
    "aws_ebs_snapshot_block_public_access": whole("snapshot-block"),
    "aws_ec2_image_block_public_access": whole("image-block"),
    "aws_ec2_instance_metadata_defaults": whole("metadata-defaults"),
    "aws_guardduty_detector": whole("detectors"),
    "aws_securityhub_account": whole("security-hubs"),
    "aws_config_configuration_recorder": whole("config-recorders"),
    "aws_config_configuration_recorder_status": whole("config-recorders"),
    "aws_config_delivery_channel": whole("config-recorders"),
}
# One statement of Terraform that is about several things of ours.
SEVERAL = {
    "aws_iam_policy_attachment": (
        part("role", "roles", listed="policies", entry="policy_arn"),
        part("group", "groups", listed="policies", entry="policy_arn"),
        stays("user", "users", why=OF_A_USER),
    ),
}
OTHER_BUCKET_PART = stays("bucket", "bucket", why=NO_WORDS)
GLOBAL = frozenset(
    """
    role policy user group instance-profile service-linked-role account-alias password-policy budget anomaly-alert
    contact public-access-block analyzer ebs-encryption snapshot-block image-block metadata-defaults detectors
    security-hubs config-recorders
    """.split()  # noqa: SIM905, a list of words
)
"""Kinds whose addresses name no region."""


def types_of(name: str) -> tuple[Type, ...]:
    """Return what a type stands for; nothing for one that is none of ours."""
    if name in SEVERAL:
        return SEVERAL[name]
    if name in TYPES:
        return (TYPES[name],)
    return (OTHER_BUCKET_PART,) if name.startswith("aws_s3_bucket_") else ()


BESIDE = ("arn", "region", "id", "endpoint", "protocol", "event_bus_name", "group_name", "key_id", "target_key_id")
ATTRIBUTES = frozenset(
    [
        *BESIDE,
        *(each for type in TYPES.values() for each in (*type.name, *type.ids, type.entry)),
        *(each for types in SEVERAL.values() for type in types for each in (*type.name, *type.ids, type.entry)),
    ]
)
"""The attributes that are kept of a state; none of them is a secret, but the endpoint of a web hook."""
