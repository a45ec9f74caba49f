"""One module a kind of resource: what it is, its facts, and the recipe that makes it so."""

from collections.abc import Iterator

from awsbase.engine.facts import Read
from awsbase.engine.resource import Kind, Kinds, Resource
from awsbase.ensure.absent_user import AbsentUser, ensure_no_user
from awsbase.ensure.access_log import AccessLog, access_log_reads, ensure_access_log
from awsbase.ensure.account_alias import AccountAlias, account_alias_reads, ensure_account_alias
from awsbase.ensure.admin_ports import AdminPorts, admin_ports_reads, ensure_admin_ports
from awsbase.ensure.alarm import Alarm, alarm_reads, ensure_alarm
from awsbase.ensure.analyzer import Analyzer, analyzer_reads, ensure_analyzer
from awsbase.ensure.anomaly_alert import AnomalyAlert, anomaly_reads, ensure_anomaly_alert
from awsbase.ensure.billing_alerts import BillingAlerts, billing_reads, ensure_billing_alerts
from awsbase.ensure.bucket import Bucket, bucket_reads, ensure_bucket
from awsbase.ensure.budget import Budget, budget_reads, ensure_budget
from awsbase.ensure.config_recorders import ConfigRecorders, config_recorders_reads, ensure_config_recorders
from awsbase.ensure.contact import Contact, contact_reads, ensure_contact
from awsbase.ensure.default_groups import DefaultGroups, default_groups_reads, ensure_default_groups
from awsbase.ensure.default_security_group import ClosedDefaultGroup, ensure_closed_default_group
from awsbase.ensure.detectors import Detectors, detectors_reads, ensure_detectors
from awsbase.ensure.ebs_encryption import EbsEncryption, ebs_encryption_reads, ensure_ebs_encryption
from awsbase.ensure.elastic_ip import ElasticIp, elastic_ip_reads, ensure_elastic_ip
from awsbase.ensure.elastic_ip_association import AddressInUse, ensure_address_in_use
from awsbase.ensure.ephemeral import Ephemeral, ensure_ephemeral, ephemeral_reads
from awsbase.ensure.event_rule import EventRule, ensure_event_rule, event_rule_reads
from awsbase.ensure.existing_subnet import ExistingSubnet, existing_subnet_reads, find_subnet
from awsbase.ensure.existing_vpc import ExistingVpc, find_vpc
from awsbase.ensure.flow_logs import FlowLogs, ensure_flow_logs, flow_logs_reads
from awsbase.ensure.gateway_endpoint import GatewayEndpoint, ensure_gateway_endpoint, gateway_endpoint_reads
from awsbase.ensure.group import Group, ensure_group
from awsbase.ensure.image_block import ImageBlock, ensure_image_block, image_block_reads
from awsbase.ensure.instance import Instance, ensure_instance, instance_reads
from awsbase.ensure.instance_connect_endpoint import ConnectEndpoint, connect_endpoint_reads, ensure_connect_endpoint
from awsbase.ensure.instance_profile import InstanceProfile, ensure_instance_profile, instance_profile_reads
from awsbase.ensure.internet_gateway import InternetGateway, ensure_internet_gateway, internet_gateway_reads
from awsbase.ensure.key import Key, ensure_key, key_reads
from awsbase.ensure.key_pair import KeyPair, ensure_key_pair, key_pair_reads
from awsbase.ensure.launch_template import LaunchTemplate, ensure_launch_template, launch_template_reads
from awsbase.ensure.log_group import LogGroup, ensure_log_group, log_group_reads
from awsbase.ensure.metadata_defaults import MetadataDefaults, ensure_metadata_defaults, metadata_defaults_reads
from awsbase.ensure.metric_filter import MetricFilter, ensure_metric_filter, metric_filter_reads
from awsbase.ensure.mfa_device import MfaDevice, ensure_mfa_device, mfa_device_reads
from awsbase.ensure.nat_route import NatRoute, ensure_nat_route, nat_route_reads
from awsbase.ensure.password_policy import PasswordPolicy, ensure_password_policy, password_policy_reads
from awsbase.ensure.policy import Policy, ensure_policy, policy_reads
from awsbase.ensure.public_access_block import PublicAccessBlock, ensure_public_access_block, public_access_reads
from awsbase.ensure.regions import Regions, ensure_regions, regions_reads
from awsbase.ensure.role import Role, ensure_role
from awsbase.ensure.root import Root, ensure_root, root_reads
from awsbase.ensure.route_table import RouteTable, ensure_route_table, route_table_reads
from awsbase.ensure.schedule import TerminationSchedule, ensure_schedule, schedule_reads
from awsbase.ensure.secret import Secret, ensure_secret, secret_reads
from awsbase.ensure.security_group import SecurityGroup, ensure_security_group, security_group_reads
from awsbase.ensure.security_hubs import SecurityHubs, ensure_security_hubs, security_hubs_reads
from awsbase.ensure.service_linked_role import ServiceLinkedRole, ensure_service_linked_role, service_linked_role_reads
from awsbase.ensure.snapshot_block import SnapshotBlock, ensure_snapshot_block, snapshot_block_reads
from awsbase.ensure.snapshot_policy import SnapshotPolicy, ensure_snapshot_policy, snapshot_policy_reads
from awsbase.ensure.subnet import Subnet, ensure_subnet, subnet_reads
from awsbase.ensure.subscription import Subscription, ensure_subscription, subscription_reads
from awsbase.ensure.terminated import Terminated, ensure_terminated
from awsbase.ensure.topic import Topic, ensure_topic, topic_reads
from awsbase.ensure.trail import Trail, ensure_trail, trail_reads
from awsbase.ensure.user import User, ensure_user, user_reads
from awsbase.ensure.vpc import Vpc, ensure_vpc, vpc_reads
from awsbase.ensure.vpc_flow_log import VpcFlowLog, ensure_vpc_flow_log, vpc_flow_log_reads
from awsbase.facts.authorization import authorization


def all_of_iam(want: Resource) -> Iterator[Read]:
    """Yield the one read that tells of all users, groups, roles and policies."""
    yield (authorization,)


KINDS: Kinds = {
    AbsentUser: Kind(ensure_no_user, all_of_iam),
    AccessLog: Kind(ensure_access_log, access_log_reads),
    AccountAlias: Kind(ensure_account_alias, account_alias_reads),
    AddressInUse: Kind(ensure_address_in_use, elastic_ip_reads),
    AdminPorts: Kind(ensure_admin_ports, admin_ports_reads),
    Alarm: Kind(ensure_alarm, alarm_reads),
    Analyzer: Kind(ensure_analyzer, analyzer_reads),
    AnomalyAlert: Kind(ensure_anomaly_alert, anomaly_reads),
    BillingAlerts: Kind(ensure_billing_alerts, billing_reads),
    Bucket: Kind(ensure_bucket, bucket_reads),
    Budget: Kind(ensure_budget, budget_reads),
    ClosedDefaultGroup: Kind(ensure_closed_default_group),
    ConfigRecorders: Kind(ensure_config_recorders, config_recorders_reads),
    ConnectEndpoint: Kind(ensure_connect_endpoint, connect_endpoint_reads),
    Contact: Kind(ensure_contact, contact_reads),
    DefaultGroups: Kind(ensure_default_groups, default_groups_reads),
    Detectors: Kind(ensure_detectors, detectors_reads),
    EbsEncryption: Kind(ensure_ebs_encryption, ebs_encryption_reads),
    ElasticIp: Kind(ensure_elastic_ip, elastic_ip_reads),
    Terminated: Kind(ensure_terminated, ephemeral_reads),
    TerminationSchedule: Kind(ensure_schedule, schedule_reads),
    EventRule: Kind(ensure_event_rule, event_rule_reads),
    ExistingSubnet: Kind(find_subnet, existing_subnet_reads),
    ExistingVpc: Kind(find_vpc, vpc_reads),
    FlowLogs: Kind(ensure_flow_logs, flow_logs_reads),
    GatewayEndpoint: Kind(ensure_gateway_endpoint, gateway_endpoint_reads),
    Group: Kind(ensure_group, all_of_iam),
    ImageBlock: Kind(ensure_image_block, image_block_reads),
    Instance: Kind(ensure_instance, instance_reads),
    InstanceProfile: Kind(ensure_instance_profile, instance_profile_reads),
    InternetGateway: Kind(ensure_internet_gateway, internet_gateway_reads),
    Key: Kind(ensure_key, key_reads),
    KeyPair: Kind(ensure_key_pair, key_pair_reads),
    LaunchTemplate: Kind(ensure_launch_template, launch_template_reads),
    LogGroup: Kind(ensure_log_group, log_group_reads),
    MetadataDefaults: Kind(ensure_metadata_defaults, metadata_defaults_reads),
    MetricFilter: Kind(ensure_metric_filter, metric_filter_reads),
    MfaDevice: Kind(ensure_mfa_device, mfa_device_reads),
    NatRoute: Kind(ensure_nat_route, nat_route_reads),
    Ephemeral: Kind(ensure_ephemeral, ephemeral_reads),
    PasswordPolicy: Kind(ensure_password_policy, password_policy_reads),
    Policy: Kind(ensure_policy, policy_reads),
    PublicAccessBlock: Kind(ensure_public_access_block, public_access_reads),
    Regions: Kind(ensure_regions, regions_reads),
    Role: Kind(ensure_role, all_of_iam),
    Root: Kind(ensure_root, root_reads),
    RouteTable: Kind(ensure_route_table, route_table_reads),
    Secret: Kind(ensure_secret, secret_reads),
    SecurityGroup: Kind(ensure_security_group, security_group_reads),
    SecurityHubs: Kind(ensure_security_hubs, security_hubs_reads),
    ServiceLinkedRole: Kind(ensure_service_linked_role, service_linked_role_reads),
    SnapshotBlock: Kind(ensure_snapshot_block, snapshot_block_reads),
    SnapshotPolicy: Kind(ensure_snapshot_policy, snapshot_policy_reads),
    Subnet: Kind(ensure_subnet, subnet_reads),
    Subscription: Kind(ensure_subscription, subscription_reads),
    Topic: Kind(ensure_topic, topic_reads),
    Trail: Kind(ensure_trail, trail_reads),
    User: Kind(ensure_user, user_reads),
    Vpc: Kind(ensure_vpc, vpc_reads),
    VpcFlowLog: Kind(ensure_vpc_flow_log, vpc_flow_log_reads),
}
