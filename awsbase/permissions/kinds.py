"""What each kind of resource takes of IAM, to be looked at and to be written: one row a kind."""

from __future__ import annotations

from collections.abc import Mapping

from awsbase.engine.resource import Resource
from awsbase.ensure.absent_user import AbsentUser
from awsbase.ensure.access_log import AccessLog
from awsbase.ensure.account_alias import AccountAlias
from awsbase.ensure.admin_ports import AdminPorts
from awsbase.ensure.alarm import Alarm
from awsbase.ensure.analyzer import Analyzer
from awsbase.ensure.anomaly_alert import AnomalyAlert
from awsbase.ensure.billing_alerts import BillingAlerts
from awsbase.ensure.bucket import Bucket
from awsbase.ensure.budget import Budget
from awsbase.ensure.config_recorders import ConfigRecorders
from awsbase.ensure.contact import Contact
from awsbase.ensure.default_groups import DefaultGroups
from awsbase.ensure.default_security_group import ClosedDefaultGroup
from awsbase.ensure.detectors import Detectors
from awsbase.ensure.ebs_encryption import EbsEncryption
from awsbase.ensure.elastic_ip import ElasticIp
from awsbase.ensure.elastic_ip_association import AddressInUse
from awsbase.ensure.ephemeral import Ephemeral
from awsbase.ensure.event_rule import EventRule
from awsbase.ensure.existing_subnet import ExistingSubnet
from awsbase.ensure.existing_vpc import ExistingVpc
from awsbase.ensure.flow_logs import FlowLogs
from awsbase.ensure.gateway_endpoint import GatewayEndpoint
from awsbase.ensure.group import Group
from awsbase.ensure.image_block import ImageBlock
from awsbase.ensure.instance import Instance
from awsbase.ensure.instance_connect_endpoint import ConnectEndpoint
from awsbase.ensure.instance_profile import InstanceProfile
from awsbase.ensure.internet_gateway import InternetGateway
from awsbase.ensure.key import Key
from awsbase.ensure.key_pair import KeyPair
from awsbase.ensure.launch_template import LaunchTemplate
from awsbase.ensure.log_group import LogGroup
from awsbase.ensure.metadata_defaults import MetadataDefaults
from awsbase.ensure.metric_filter import MetricFilter
from awsbase.ensure.mfa_device import MfaDevice
from awsbase.ensure.nat_route import NatRoute
from awsbase.ensure.password_policy import PasswordPolicy
from awsbase.ensure.policy import Policy
from awsbase.ensure.public_access_block import PublicAccessBlock
from awsbase.ensure.regions import Regions
from awsbase.ensure.role import Role
from awsbase.ensure.root import Root
from awsbase.ensure.route_table import RouteTable
from awsbase.ensure.schedule import TerminationSchedule
from awsbase.ensure.secret import Secret
from awsbase.ensure.security_group import SecurityGroup
from awsbase.ensure.security_hubs import SecurityHubs
from awsbase.ensure.service_linked_role import ServiceLinkedRole
from awsbase.ensure.snapshot_block import SnapshotBlock
from awsbase.ensure.snapshot_policy import SnapshotPolicy
from awsbase.ensure.subnet import Subnet
from awsbase.ensure.subscription import Subscription
from awsbase.ensure.terminated import Terminated
from awsbase.ensure.topic import Topic
from awsbase.ensure.trail import Trail
from awsbase.ensure.user import User
from awsbase.ensure.vpc import Vpc
from awsbase.ensure.vpc_flow_log import VpcFlowLog
from awsbase.permissions import costs, iam, instances, network, protection, storage, watching
from awsbase.permissions.allow import Permissions

KINDS: Mapping[type[Resource], Permissions] = {
    AbsentUser: Permissions(iam.absent_user_reads, iam.absent_user_writes),
    AccessLog: Permissions(storage.access_log_reads, storage.access_log_writes),
    AccountAlias: Permissions(iam.account_alias_reads, iam.account_alias_writes),
    AddressInUse: Permissions(network.elastic_ip_reads, network.address_in_use_writes),
    AdminPorts: Permissions(protection.admin_ports_reads, protection.admin_ports_writes),
    Alarm: Permissions(watching.alarm_reads, watching.alarm_writes),
    Analyzer: Permissions(protection.analyzer_reads, protection.analyzer_writes),
    AnomalyAlert: Permissions(costs.anomaly_reads, costs.anomaly_writes),
    BillingAlerts: Permissions(costs.billing_alerts_reads, costs.billing_alerts_writes),
    Bucket: Permissions(storage.bucket_reads, storage.bucket_writes),
    Budget: Permissions(costs.budget_reads, costs.budget_writes),
    ClosedDefaultGroup: Permissions(network.security_groups_reads, network.closed_default_group_writes),
    ConfigRecorders: Permissions(
        protection.config_recorders_reads, protection.config_recorders_writes, protection.config_recorders_passes
    ),
    ConnectEndpoint: Permissions(network.connect_endpoint_reads, network.connect_endpoint_writes),
    Contact: Permissions(watching.contact_reads, watching.contact_writes),
    DefaultGroups: Permissions(protection.default_groups_reads, protection.default_groups_writes),
    Detectors: Permissions(protection.detectors_reads, protection.detectors_writes),
    EbsEncryption: Permissions(protection.ebs_encryption_reads, protection.ebs_encryption_writes),
    ElasticIp: Permissions(network.elastic_ip_reads, network.elastic_ip_writes),
    Terminated: Permissions(instances.terminated_reads, instances.terminated_writes),
    TerminationSchedule: Permissions(instances.schedule_reads, instances.schedule_writes, instances.schedule_passes),
    EventRule: Permissions(watching.event_rule_reads, watching.event_rule_writes),
    ExistingSubnet: Permissions(network.subnet_reads),
    ExistingVpc: Permissions(network.vpc_reads),
    FlowLogs: Permissions(protection.flow_logs_reads, protection.flow_logs_writes),
    GatewayEndpoint: Permissions(network.gateway_endpoint_reads, network.gateway_endpoint_writes),
    Group: Permissions(iam.all_of_iam, iam.group_writes),
    ImageBlock: Permissions(protection.image_block_reads, protection.image_block_writes),
    Instance: Permissions(instances.instance_reads, instances.instance_writes),
    InstanceProfile: Permissions(iam.instance_profile_reads, iam.instance_profile_writes, iam.instance_profile_passes),
    InternetGateway: Permissions(network.internet_gateway_reads, network.internet_gateway_writes),
    Key: Permissions(storage.key_reads, storage.key_writes),
    KeyPair: Permissions(network.key_pair_reads, network.key_pair_writes),
    LaunchTemplate: Permissions(instances.launch_template_reads, instances.launch_template_writes),
    LogGroup: Permissions(watching.log_group_reads, watching.log_group_writes),
    MetadataDefaults: Permissions(protection.metadata_defaults_reads, protection.metadata_defaults_writes),
    MetricFilter: Permissions(watching.metric_filter_reads, watching.metric_filter_writes),
    MfaDevice: Permissions(storage.mfa_device_reads, storage.mfa_device_writes),
    NatRoute: Permissions(network.route_table_reads, network.nat_route_writes),
    Ephemeral: Permissions(instances.ephemeral_reads),
    PasswordPolicy: Permissions(iam.password_policy_reads, iam.password_policy_writes),
    Policy: Permissions(iam.policy_reads, iam.policy_writes),
    PublicAccessBlock: Permissions(storage.public_access_reads, storage.public_access_writes),
    Regions: Permissions(protection.regions_reads),
    Role: Permissions(iam.role_reads, iam.role_writes),
    Root: Permissions(iam.root_reads),
    RouteTable: Permissions(network.route_table_reads, network.route_table_writes),
    Secret: Permissions(storage.secret_reads, storage.secret_writes),
    SecurityGroup: Permissions(network.security_groups_reads, network.security_group_writes),
    SecurityHubs: Permissions(protection.security_hubs_reads, protection.security_hubs_writes),
    ServiceLinkedRole: Permissions(iam.all_of_iam, iam.service_linked_role_writes),
    SnapshotBlock: Permissions(protection.snapshot_block_reads, protection.snapshot_block_writes),
    SnapshotPolicy: Permissions(
        protection.snapshot_policy_reads, protection.snapshot_policy_writes, protection.snapshot_policy_passes
    ),
    Subnet: Permissions(network.subnet_reads, network.subnet_writes),
    Subscription: Permissions(watching.subscription_reads, watching.subscription_writes),
    Topic: Permissions(watching.topic_reads, watching.topic_writes),
    Trail: Permissions(watching.trail_reads, watching.trail_writes, watching.trail_passes),
    User: Permissions(iam.user_reads, iam.user_writes),
    Vpc: Permissions(network.vpc_reads, network.vpc_writes),
    VpcFlowLog: Permissions(protection.flow_logs_reads, protection.vpc_flow_log_writes),
}
