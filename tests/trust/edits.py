"""Edits of a manifest that were tried: which keys each changes, what it could do, and what has to come of it.

`asks` is a part of the reason for which the run asks for approval; `stops` of a mistake, or of a refusal; without
either the run goes through in silence, and `harmless` says why it may.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from awsbase.testing.sample import ACCOUNT
from tests.trust.starts import BACK_VAULT, CLOSE, KEYS, LAMBDA, READS, RECORDS

THEIRS = "customers-acme"
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
OIDC = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
SUBJECT = "token.actions.githubusercontent.com:sub"


@dataclass(frozen=True)
class Edit:
    """One edit: the keys that it is about, by the manifest that it changes, with new values at dotted keys."""

    keys: str
    start: str
    changes: Mapping[str, Any]
    could: str
    asks: str = ""
    stops: str = ""
    harmless: str = ""

    @property
    def id(self) -> str:
        return f"{self.keys.split()[0]}: {self.could}".replace(" ", "-")


@dataclass(frozen=True)
class Section:
    """The edits that begin from one manifest."""

    start: str
    edits: list[Edit] = field(default_factory=list)

    def asks(self, keys: str, changes: Mapping[str, Any], could: str, why: str) -> None:
        """Add an edit that needs approval."""
        self.edits.append(Edit(keys, self.start, changes, could, asks=why))

    def stops(self, keys: str, changes: Mapping[str, Any], could: str, why: str) -> None:
        """Add an edit that is a mistake, or that is refused."""
        self.edits.append(Edit(keys, self.start, changes, could, stops=why))

    def passes(self, keys: str, changes: Mapping[str, Any], could: str, why: str) -> None:
        """Add an edit that goes through in silence, and why it may."""
        self.edits.append(Edit(keys, self.start, changes, could, harmless=why))


def trusting(principal: Mapping[str, Any], condition: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return a trust of one statement."""
    action = "sts:AssumeRoleWithWebIdentity" if "Federated" in principal else "sts:AssumeRole"
    given = {"Condition": condition} if condition else {}
    return {"statements": [{"Effect": "Allow", "Principal": principal, "Action": action, **given}]}


# --- data that would be deleted -------------------------------------------------------------------------------------
theirs = Section("theirs")
LOST = "goes sooner, for good; this manifest did not make the bucket"
theirs.asks(
    "network.flow_logs.bucket network.flow_logs.retention_days",
    {"network": {"flow_logs": {"bucket": THEIRS, "retention_days": 1}}},
    "expire a bucket of others after a day",
    LOST,
)
theirs.asks(
    "network.flow_logs", {"network": {"flow_logs": {"bucket": THEIRS}}}, "expire a bucket of others after a year", LOST
)
theirs.asks(
    "audit.access_logs audit.access_logs.bucket",
    {"audit": {"access_logs": {"bucket": THEIRS}}},
    "expire a bucket of others after a year",
    LOST,
)
theirs.asks(
    "audit.bucket audit.bucket_retention_days",
    {"audit": {"bucket": THEIRS, "bucket_retention_days": 30}},
    "expire a bucket of others after a month",
    LOST,
)
theirs.asks(
    "buckets buckets.*.bucket",
    {"buckets": {"data": {"bucket": THEIRS}}},
    "delete old versions in a bucket of others",
    LOST,
)
theirs.asks(
    "buckets.*.expire_days",
    {"buckets": {"data": {"bucket": THEIRS, "expire_days": 1}}},
    "delete what is in a bucket of others",
    LOST,
)
theirs.asks(
    "buckets.*.lock",
    {"buckets": {"data": {"bucket": THEIRS, "versions": {"keep_days": 36500}, "lock": {}}}},
    "lock a bucket of others for good",
    "cannot be switched off again",
)
theirs.asks(
    "buckets.*.replicate",
    {"buckets": {"data": {"bucket": THEIRS, "replicate": {"account": "210987654321", "bucket": "elsewhere"}}}},
    "copy a bucket of others away",
    "is copied to elsewhere of account 210987654321",
)
theirs.asks("audit.bucket", {"audit": {"bucket": THEIRS}}, "delete old versions in a bucket of others", LOST)
theirs.asks("state state.bucket", {"state": {"bucket": THEIRS}}, "delete old versions in a bucket of others", LOST)
theirs.asks(
    "protect.config protect.config.bucket",
    {"protect": {"config": {"bucket": THEIRS}}},
    "expire a bucket of others after seven years",
    LOST,
)
theirs.asks(
    "protect.flow_logs protect.flow_logs.bucket",
    {"protect": {"flow_logs": {"bucket": THEIRS}}},
    "expire a bucket of others after a year",
    LOST,
)
theirs.asks(
    "audit.log_group",
    {"audit": {"log_group": "theirs"}},
    "drop the old events of a log group of others",
    "what is older is gone within days, for good",
)
theirs.asks(
    "secrets.*.rotation secrets.*.rotation.function",
    {"secrets": {"theirs": {"rotation": {"days": 30, "function": LAMBDA}}}},
    "replace the value of a secret of others",
    "reads its value and replaces it",
)
theirs.passes(
    "secrets.*.generate",
    {"secrets": {"theirs": {"generate": {}}}},
    "replace the value of a secret of others",
    "a value is generated only for a secret without one",
)
theirs.passes(
    "secrets",
    {"secrets": {"theirs": {}}},
    "take over a secret of others",
    "its value stays, and a key of its own guards it",
)
theirs.asks(
    "outputs outputs.parameters",
    {"outputs": {"parameters": "/theirs"}},
    "overwrite the parameter of somebody else",
    "this manifest did not make it",
)
theirs.passes(
    "outputs", {"outputs": {}}, "tell others what there is", "ids and names open nothing, and the parameters are new"
)
theirs.passes(
    "key_pairs", {"key_pairs": {"ops": {"public_key": KEYS[0]}}}, "let a key in", "it opens nothing that runs"
)

trail = Section("trail")
trail.asks(
    "audit.retention_days",
    {"audit.retention_days": 30},
    "drop the record of the year",
    "what is older is gone within days, for good",
)
trail.passes(
    "audit.retention_days", {"audit.retention_days": 731}, "keep the record longer", "nothing goes that stayed before"
)
trail.asks(
    "audit.bucket_retention_days",
    {"audit.bucket_retention_days": 30},
    "expire the record in the bucket",
    "goes sooner, for good",
)
trail.passes(
    "audit.bucket_retention_days",
    {"audit.bucket_retention_days": 3650},
    "keep the record longer",
    "nothing goes that stayed before",
)
trail.asks(
    "audit.access_logs.retention_days",
    {"audit.access_logs.retention_days": 1},
    "expire who reached for the record",
    "goes sooner, for good",
)
trail.passes(
    "audit.access_logs",
    {"audit.access_logs": None},
    "stop logging who reaches for the record",
    "what a manifest no longer names is not touched",
)
trail.asks(
    "audit.bucket",
    {"audit.bucket": "acme-elsewhere"},
    "lead the record elsewhere",
    "its bucket of before gets no new events",
)
trail.asks(
    "audit.log_group",
    {"audit.log_group": "acme-elsewhere"},
    "lead the events past the alarms",
    "its log group of before gets no new events",
)
trail.passes(
    "audit.key",
    {"audit.key": "alias/acme-other"},
    "encrypt the record under another key",
    "the first key stays and opens what it encrypted; the new one lets in the account alone",
)
trail.asks("audit.trail", {"audit.trail": "acme-second"}, "let a second trail write", "newly allows")
trail.passes(
    "audit.encrypt_log_group",
    {"audit.encrypt_log_group": False},
    "take the key from the log group",
    "a key that is set stays when none is wanted",
)
trail.passes(
    "audit.data_events",
    {"audit.data_events": False},
    "stop logging who reads objects",
    "data events that are logged stay",
)
trail.asks("audit.own_trail", {"audit.own_trail": True}, "let a second trail write", "newly allows")

guarded = Section("guarded")
guarded.asks(
    "protect.config.retention_days",
    {"protect.config.retention_days": 1},
    "expire the record of Config",
    "goes sooner, for good",
)
guarded.asks(
    "protect.flow_logs.retention_days",
    {"protect.flow_logs.retention_days": 1},
    "expire the flow logs",
    "goes sooner, for good",
)
guarded.asks(
    "protect.guardduty protect.guardduty.plans",
    {"protect.guardduty.plans": []},
    "have GuardDuty look at less",
    "GuardDuty looks no longer at",
)
guarded.passes(
    "protect.flow_logs.traffic",
    {"protect.flow_logs.traffic": "rejected"},
    "log refused connections alone",
    "a log of all traffic stays",
)
guarded.passes(
    "protect.block_public_buckets",
    {"protect.block_public_buckets": False},
    "let buckets be public",
    "false switches nothing off",
)
guarded.passes(
    "protect.encrypt_volumes",
    {"protect.encrypt_volumes": False},
    "leave volumes unencrypted",
    "false switches nothing off",
)
guarded.asks(
    "protect.public_snapshots",
    {"protect.public_snapshots": "new-blocked"},
    "let snapshots be public",
    "snapshots that were public are public again",
)
guarded.passes(
    "protect.block_public_images",
    {"protect.block_public_images": False},
    "let images be public",
    "false switches nothing off",
)
guarded.passes(
    "protect.require_imdsv2",
    {"protect.require_imdsv2": False, "protect.metadata_hops": None},
    "allow IMDSv1",
    "false switches nothing off",
)
guarded.asks(
    "protect.metadata_hops", {"protect.metadata_hops": 5}, "let containers reach the credentials of a host", "reach"
)
guarded.passes(
    "protect.close_default_groups",
    {"protect.close_default_groups": False},
    "open default groups",
    "false opens nothing",
)
guarded.passes(
    "protect.access_analyzer",
    {"protect.access_analyzer": False},
    "stop looking for what is shared",
    "false switches nothing off",
)
guarded.passes(
    "protect.analyzer_name",
    {"protect.analyzer_name": "other"},
    "stop looking for what is shared",
    "the first analyzer goes on",
)
guarded.passes(
    "protect.config", {"protect.config": None}, "stop recording", "what a manifest no longer names is not touched"
)
guarded.passes(
    "protect.guardduty",
    {"protect.guardduty": None},
    "put GuardDuty to sleep",
    "what a manifest no longer names is not touched",
)
guarded.passes(
    "protect.flow_logs",
    {"protect.flow_logs": None},
    "stop the flow logs",
    "what a manifest no longer names is not touched",
)
guarded.passes(
    "protect.own_volume_key",
    {"protect.own_volume_key": ["eu-west-1"]},
    "lock others out of their volumes",
    "who starts instances may use the key, and older volumes keep theirs",
)
guarded.passes(
    "protect.regions", {"protect.regions": ["eu-west-1"]}, "leave other regions alone", "what is on there stays on"
)
guarded.passes(
    "protect.admin_ports",
    {"protect.admin_ports": {}},
    "cut people off who use an open port",
    "it closes what is open to the world, and no group does that here",
)
guarded.passes(
    "protect.security_hub protect.security_hub.standards",
    {"protect.security_hub": {"standards": ["fsbp"]}},
    "check less",
    "standards that others switched on stay",
)
guarded.passes(
    "root root.mfa", {"root.mfa": "any"}, "ask less of root", "awsbase only reports what root has: a person changes it"
)
guarded.passes("protect", {"protect": None}, "drop all protection", "what a manifest no longer names is not touched")

network = Section("network")
E = "security_groups.*.egress"
network.asks(
    "network.flow_logs.retention_days",
    {"network.flow_logs.retention_days": 1},
    "expire the flow logs",
    "goes sooner, for good",
)
network.passes(
    "network.flow_logs.traffic",
    {"network.flow_logs.traffic": "rejected"},
    "log refused connections alone",
    "a log of all traffic stays",
)
network.passes(
    "network.flow_logs",
    {"network.flow_logs": None},
    "stop the flow logs",
    "what a manifest no longer names is not touched",
)
network.stops("network.cidr", {"network.cidr": "10.9.0.0/24"}, "replace the network", "CannotBeChanged")
network.passes(
    "network.name",
    {"network.name": "other"},
    "leave the network alone",
    "a second VPC is made, and the first one stays",
)
network.passes("network.ipv6", {"network.ipv6": False}, "cut off IPv6", "a block that a VPC has stays")
network.passes("network.zones", {"network.zones": 1}, "take a subnet away", "subnets that there are stay")
network.passes(
    "network.s3_endpoint",
    {"network.s3_endpoint": False},
    "send traffic to S3 over the internet",
    "an endpoint that there is stays",
)
network.asks(
    "security_groups.*.ingress security_groups.*.ingress.cidr",
    {"security_groups.web.ingress": [{"ports": 443, "cidr": ["0.0.0.0/0"]}]},
    "open a port to the world",
    "open to the world",
)
network.asks(
    "security_groups.*.ingress.cidr",
    {"security_groups.web.ingress": [{"ports": 443, "cidr": ["203.0.113.0/24", "10.0.0.0/8"]}]},
    "open a port to a private network",
    "lets 10.0.0.0/8 in",
)
network.asks(
    "security_groups.*.ingress.ports",
    {"security_groups.web.ingress": [{"ports": "22-443", "cidr": ["203.0.113.0/24"]}]},
    "open more ports",
    "lets 203.0.113.0/24 in",
)
network.asks(
    "security_groups.*.ingress.protocol",
    {"security_groups.web.ingress": [{"protocol": "all", "cidr": ["203.0.113.0/24"]}]},
    "open all protocols",
    "lets 203.0.113.0/24 in",
)
network.asks(
    "security_groups.*.ingress.prefix_lists",
    {"security_groups.web.ingress": [{"ports": 443, "prefix_lists": ["pl-0123456789abcdef0"]}]},
    "open a port to a prefix list",
    "lets pl-0123456789abcdef0 in",
)
network.asks(
    "security_groups.*.ingress.groups",
    {"security_groups.web.ingress": [{"ports": 443, "groups": ["db"]}]},
    "open a port to another group",
    "lets sg-",
)
network.asks(
    "security_groups",
    {"security_groups.new": {"description": "new", "ingress": [{"ports": 443, "cidr": ["0.0.0.0/0"]}]}},
    "open a new group to the world",
    "open to the world",
)
network.passes(
    "security_groups",
    {"security_groups.new": {"description": "new", "ingress": [{"ports": 443, "cidr": ["203.0.113.0/24"]}]}},
    "open a new group to an office",
    "nothing is in it yet",
)
network.passes(
    "security_groups.*.ingress.description",
    {"security_groups.web.ingress": [{"ports": 443, "cidr": ["203.0.113.0/24"], "description": "x"}]},
    "rename a rule",
    "the rule stays as it is",
)
network.passes(
    "security_groups.*.description",
    {"security_groups.web.description": "other"},
    "rename a group",
    "AWS never changes a description",
)
network.passes(
    f"{E} {E}.protocol {E}.ports {E}.cidr",
    {"security_groups.web.egress": [{"protocol": "tcp", "ports": 443, "cidr": ["0.0.0.0/0"]}]},
    "cut traffic outward off",
    "nobody gets in by it",
)
network.passes(
    "security_groups.*.egress.groups security_groups.*.egress.prefix_lists security_groups.*.egress.description",
    {
        "security_groups.web.egress": [
            {"ports": 443, "groups": ["db"], "prefix_lists": ["pl-0123456789abcdef0"], "description": "x"}
        ]
    },
    "let traffic out to another group",
    "nobody gets in by it: the other group decides",
)
network.asks(
    "key_pairs.*.public_key",
    {"key_pairs.ops.public_key": KEYS[1]},
    "let another key into what is launched",
    "gets into what is launched with ops",
)

# --- access that widens unseen --------------------------------------------------------------------------------------
servers = Section("servers")
servers.asks(
    "security_groups.*.from",
    {"security_groups.web.from": ["203.0.113.0/24", "198.51.100.0/24"]},
    "let more people in by a preset",
    "lets 198.51.100.0/24 in",
)
servers.asks(
    "security_groups.*.from security_groups.*.preset",
    {"security_groups.web.from": None},
    "open a preset to the world",
    "open to the world",
)
servers.asks(
    "security_groups.*.preset",
    {"security_groups.web.preset": "ssh"},
    "open another port by a preset",
    "lets 203.0.113.0/24 in",
)
servers.asks("security_groups.*.port", {"security_groups.db.port": 22}, "open another port of a database", "lets sg-")
servers.asks(
    "iam.roles.*.preset",
    {"iam.roles.worker.preset": "packer"},
    "let a role build images",
    "it gives new permissions",
)
servers.passes(
    "iam.roles.*.preset iam.roles.*.cidr",
    {"iam.roles.new": {"preset": "pipeline", "cidr": "10.44.0.0/24"}},
    "make a pipeline host and its network",
    "nothing is in it yet, and only who may pass the role gives it to an instance",
)
servers.stops(
    "iam.roles.*.cidr",
    {"iam.roles.ci.cidr": "10.45.0.0/24"},
    "move a network that is there",
    "the manifest says 10.45.0.0/24",
)
servers.passes(
    "iam.roles.*.instance_profile",
    {"iam.roles.worker.instance_profile": True},
    "let instances act as a role",
    "only who may pass it gives it to an instance",
)
servers.asks(
    "iam.roles.*.only_from",
    {"iam.roles.app.only_from": None},
    "make leaked credentials of use everywhere",
    "no longer denies",
)
servers.asks(
    "iam.roles.*.only_from",
    {"iam.roles.app.only_from": ["vpc-11112222", "198.51.100.7/32"]},
    "make leaked credentials of use behind an address",
    "no longer denies",
)
T = "launch_templates.web"
servers.asks(
    "launch_templates.*.key_pair",
    {f"{T}.key_pair": "ops"},
    "let a key into what is launched",
    "gets into what is launched",
)
servers.asks(
    "launch_templates.*.role",
    {f"{T}.role": "app"},
    "let what is launched act as another role",
    "what is launched acts as",
)
servers.asks(
    "launch_templates.*.security_groups",
    {f"{T}.security_groups": ["web", "db"]},
    "let others reach what is launched",
    "hold for what is launched",
)
servers.asks(
    "launch_templates.*.public_address",
    {f"{T}.public_address": True},
    "give what is launched a public address",
    "has a public address",
)
servers.asks(
    "launch_templates.*.metadata_hops",
    {f"{T}.metadata_hops": 2},
    "let containers act as the host",
    "containers on it can act as the host",
)
servers.passes(
    "launch_templates.*.user_data",
    {f"{T}.user_data": "everything.json"},
    "run other code at the first boot",
    "whoever writes the manifest says what servers run, and only who may pass the role starts one",
)
servers.passes(
    "launch_templates.*.instance_type launch_templates.*.image launch_templates.*.volume_gib launch_templates.*.tags "
    "launch_templates.*.monitoring launch_templates.*.spot",
    {
        f"{T}.instance_type": "t4g.medium",
        f"{T}.image": "debian",
        f"{T}.volume_gib": 20,
        f"{T}.tags": {"tier": "front"},
        f"{T}.monitoring": False,
        f"{T}.spot": True,
    },
    "launch something else",
    "it holds for what is launched from then on, and costs what the docs say",
)
servers.passes(
    "launch_templates",
    {"launch_templates.new": {"security_groups": ["web"], "role": "app"}},
    "make a template",
    "nothing is launched from it yet",
)
bastion = Section("bastion")
bastion.asks(
    "iam.users.*.ssh_keys", {"iam.users.bob.ssh_keys": [KEYS[1]]}, "let another person into the bastion", "lets bob in"
)
bastion.asks(
    "iam.users.*.ssh_keys",
    {"iam.users.ann.ssh_keys": KEYS},
    "let another key into the bastion",
    "lets another key of ann in",
)
bastion.asks(
    "iam.users.*.groups",
    {"iam.users.ann.groups": ["Ops", "Administrators"]},
    "make somebody root on the bastion",
    "lets ann become root",
)
bastion.asks(
    "bastion.allow",
    {"bastion.allow": ["203.0.113.0/24", "198.51.100.0/24"]},
    "let another network knock",
    "lets 198.51.100.0/24 in",
)
bastion.stops(
    "bastion.i_know bastion.allow",
    {"bastion.allow": ["0.0.0.0/0"]},
    "let the world knock",
    "the whole world may try its luck",
)
bastion.asks(
    "bastion.i_know",
    {"bastion.allow": ["0.0.0.0/0"], "bastion.i_know": True},
    "let the world knock, knowingly",
    "open to the world",
)
bastion.passes(
    "bastion.mode",
    {"bastion.mode": "ssm", "bastion.allow": None},
    "close the port",
    "nobody gets in who did not before",
)
bastion.asks(
    "bastion.mode",
    {"bastion.mode": "instance-connect", "bastion.allow": None},
    "let in whoever IAM lets",
    "its mode becomes instance-connect",
)
bastion.asks(
    "bastion.policies",
    {"bastion.policies": ["aws:AdministratorAccess"]},
    "give the host all rights",
    "it gives new permissions",
)
bastion.passes(
    "bastion.boundary", {"bastion.boundary": "aws:ReadOnlyAccess"}, "bound the host", "a first boundary only takes away"
)
bastion.asks(
    "bastion.only_from_vpc",
    {"bastion.only_from_vpc": False},
    "let its credentials be used elsewhere",
    "no longer denies",
)
bastion.asks(
    "bastion.fixed_address",
    {"bastion.fixed_address": True},
    "let its credentials work from another place",
    "no longer denies",
)
bastion.asks(
    "bastion.nat bastion.private_subnets",
    {"bastion.nat": True, "bastion.private_subnets": [{"Name": "acme-public-2"}]},
    "let a subnet out by the host",
    "lets 10.42.0.0/24 in",
)
bastion.passes(
    "bastion.instance_type",
    {"bastion.instance_type": "t4g.small"},
    "make the host anew",
    "it holds nothing, and lets in whom it did",
)
bastion.passes(
    "bastion.volume_gib", {"bastion.volume_gib": 20}, "make the host anew", "it holds nothing, and lets in whom it did"
)
bastion.passes(
    "bastion.image", {"bastion.image": "debian"}, "make the host anew", "it holds nothing, and lets in whom it did"
)
bastion.passes(
    "bastion.name",
    {"bastion.name": "other-host"},
    "leave the host alone",
    "a second one is made, and the first one stays",
)
bastion.passes(
    "bastion.on_demand", {"bastion.on_demand": True}, "end the host", "one that runs goes on until its time is over"
)
bastion.asks(
    "bastion.log_retention_days",
    {"bastion.log_retention_days": 1},
    "drop who logged in",
    "what is older is gone within days, for good",
)
bastion.passes("bastion", {"bastion": None}, "end the host", "what a manifest no longer names is not touched")

kept = Section("kept")
kept.asks("state.writers", {"state.writers": ["Writers", "Ops"]}, "let a group write state", "it gives new permissions")
kept.passes("state.writers", {"state.writers": []}, "take writing away", "nobody gets in who did not before")
kept.asks(
    "state.old_versions_days", {"state.old_versions_days": 1}, "drop the history of the state", "goes sooner, for good"
)
kept.asks("state.bucket", {"state.bucket": "acme-other-state"}, "let writers write elsewhere", "newly allows")
kept.asks("state.key", {"state.key": "alias/acme-other"}, "encrypt the state under another key", "no longer denies")
kept.asks(
    "secrets.*.readers",
    {"secrets.app/db.readers": ["Ops", "Writers"]},
    "let a group read a secret",
    "it gives new permissions",
)
kept.asks(
    "secrets.*.key", {"secrets.app/db.key": "aws"}, "take its own key from a secret", "its own key no longer guards it"
)
kept.asks(
    "secrets.*.key",
    {"secrets.app/db.key": "alias/acme-other"},
    "guard a secret by another key",
    "its own key no longer guards it",
)
kept.asks(
    "secrets.*.rotation.days secrets.*.rotation.function",
    {"secrets.app/db.rotation": {"days": 30, "function": LAMBDA}},
    "let a function read and replace a secret",
    "reads its value and replaces it",
)
kept.passes(
    "secrets.*.rotation secrets.*.rotation.window_hours",
    {"secrets.app/db.rotation": {"days": 30}},
    "rotate seldom",
    "without a function it is a reminder",
)
kept.passes(
    "secrets.*.description", {"secrets.app/db.description": "x"}, "rename a secret", "a description opens nothing"
)
kept.passes(
    "secrets.*.generate secrets.*.generate.length secrets.*.generate.symbols",
    {"secrets.app/db.generate": {"length": 12, "symbols": False}},
    "weaken a secret",
    "a value that there is stays",
)
kept.asks(
    "secrets",
    {"secrets.app/new": {"generate": {}, "readers": ["Ops"]}},
    "let a group read a new secret",
    "newly allows",
)

stored = Section("buckets")
B = "buckets.data"
NEWLY, SOONER = "newly allows", "goes sooner, for good"
stored.asks("buckets.*.readers", {"buckets.plain.readers": ["Ops"]}, "let a group read more", NEWLY)
stored.asks("buckets.*.writers", {f"{B}.writers": ["Writers", "Ops"], f"{B}.readers": []}, "let readers write", NEWLY)
stored.passes("buckets.*.readers buckets.*.writers", {f"{B}.readers": []}, "take reading away", "nobody gets in newly")
stored.asks("buckets.*.preset", {"buckets.plain.preset": None}, "let writers delete what was released", NEWLY)
stored.asks("buckets.*.bucket", {f"{B}.bucket": "acme-other"}, "let readers read elsewhere", NEWLY)
stored.asks("buckets.*.key", {f"{B}.key": "aws"}, "take its own key from a bucket", "no key is asked for")
stored.asks("buckets.*.key", {f"{B}.key": "alias/acme-other"}, "let readers use another key", NEWLY)
stored.asks("buckets.*.cloudfront", {f"{B}.cloudfront": ["E3EXAMPLE7ABC"]}, "let other pages read", NEWLY)
stored.asks(
    "buckets.*.versions buckets.*.versions.keep_days",
    {f"{B}.versions": {"keep_days": 5, "at_least": 10}},
    "drop old versions",
    SOONER,
)
stored.asks("buckets.*.versions.at_least", {f"{B}.versions.at_least": 1}, "keep fewer versions", SOONER)
stored.asks("buckets.*.expire_days", {f"{B}.expire_days": 1}, "delete what is in a bucket", SOONER)
stored.asks(
    "buckets.*.transitions",
    {f"{B}.transitions": {"GLACIER": 1}},
    "archive what is in use",
    "nobody reads what is in GLACIER before it was brought back",
)
stored.passes(
    "buckets.*.versions.transitions",
    {f"{B}.versions.transitions": {"GLACIER": 1}},
    "archive old versions",
    "what is in use stays where it is",
)
stored.passes(
    "buckets.*.unfinished_uploads_days",
    {f"{B}.unfinished_uploads_days": 1},
    "drop uploads",
    "what nobody finished is no object",
)
stored.asks(
    "buckets.*.cors.origins buckets.*.cors.methods",
    {f"{B}.cors": {"origins": ["*"], "methods": ["PUT"]}},
    "let any page write",
    "any web page may write newly",
)
stored.asks(
    "buckets.*.cors.origins", {f"{B}.cors.origins": ["https://other.example"]}, "shut pages out", "are shut out"
)
stored.passes(
    "buckets.*.cors buckets.*.cors.headers buckets.*.cors.expose buckets.*.cors.max_age_seconds",
    {f"{B}.cors": {"origins": ["https://acme.example"], "headers": [], "expose": [], "max_age_seconds": 0}},
    "break pages",
    "a page needs signed URLs all the same, and its origin stays",
)
stored.asks("buckets.*.lock.days", {f"{B}.lock.days": 1}, "lock for a shorter time", "locked for a shorter time")
stored.passes("buckets.*.lock buckets.*.cors", {f"{B}.lock": None, f"{B}.cors": None}, "unlock", "it stays as it is")
C = "buckets.plain.replicate"
stored.asks(
    "buckets.*.replicate.account buckets.*.replicate.bucket",
    {C: {"account": "210987654321", "bucket": "elsewhere"}},
    "copy a bucket away",
    "is copied to elsewhere of account 210987654321",
)
stored.stops(
    "buckets.*.replicate.key",
    {f"{C}.key": f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1"},
    "put copies under another key",
    "nothing here is under a key",
)
stored.passes(
    "buckets.*.replicate.storage_class buckets.*.replicate.deletions",
    {f"{C}.storage_class": "GLACIER_IR", f"{C}.deletions": True},
    "hide copies",
    "a marker hides a copy, and deletes no version of it",
)
stored.passes("buckets.*.replicate", {C: None}, "copy nothing", "the bucket is copied as before")
stored.asks(
    "buckets.*.replicas_from buckets.*.replicas_from.account buckets.*.replicas_from.role",
    {"buckets.copies.replicas_from": {"account": "210987654321", "role": "theirs"}},
    "let another account write",
    NEWLY,
)
written = Section("written")
PAY, API = "log_groups./app/pay", "repositories.api"
GIVES = "it gives new permissions"
written.asks("log_groups.*.retention_days", {f"{PAY}.retention_days": 1}, "drop what was logged", "gone within days")
written.asks(
    "log_groups", {"log_groups./old/*": {"retention_days": 1}}, "drop the events of others", "gone within days"
)
written.passes(
    "log_groups", {"log_groups": None}, "stop keeping logs", "what a manifest no longer names is not touched"
)
written.passes(
    "log_groups.*.key",
    {f"{PAY}.key": "alias/acme-logs"},
    "encrypt logs under another key",
    "CloudWatch Logs alone uses it, and who may read events reads them as before",
)
written.stops(
    "log_groups.*.class", {f"{PAY}.class": "infrequent-access"}, "let alarms count nothing", "changes the class of none"
)
written.asks("log_groups.*.protect", {f"{PAY}.protect": False}, "let logs be deleted", "it can be deleted then")
written.asks("log_groups.*.mask", {f"{PAY}.mask": []}, "show what is masked", "whoever reads it sees EmailAddress")
written.asks("log_groups.*.writers", {f"{PAY}.writers": ["server", "other"]}, "let a role write logs", GIVES)
written.asks(
    "log_groups.*.writers", {"log_groups./app/web.writers": ["server"]}, "let a role write more", "newly allows"
)
written.asks(
    "log_groups.*.preset",
    {f"{PAY}.preset": "syslog"},
    "let a role read a parameter",
    "newly allows Action ssm:GetParameter",
)
written.asks(
    "repositories.*.immutable",
    {f"{API}.immutable": False},
    "replace images under their tags",
    "another image under a tag",
)
written.asks(
    "repositories.*.moving_tags", {f"{API}.moving_tags": ["v*"]}, "replace images under a tag", "another image under v*"
)
written.passes("repositories.*.scan", {f"{API}.scan": False}, "scan no image", "a rule that there is stays")
written.asks(
    "repositories.*.keep_untagged_days", {f"{API}.keep_untagged_days": 1}, "delete images", "gone sooner, for good"
)
written.stops(
    "repositories.*.key", {f"{API}.key": "alias/acme-x"}, "encrypt under another key", "changes the key of no"
)
written.asks("repositories.*.readers", {f"{API}.readers": ["server", "other"]}, "let a role pull", GIVES)
written.asks("repositories.*.writers", {f"{API}.writers": ["server"]}, "let a role push", "newly allows")
written.asks("repositories.*.accounts", {f"{API}.accounts": ["222222222222"]}, "let an account pull", "newly allows")
written.passes(
    "repositories", {"repositories": None}, "delete images", "what a manifest no longer names is not touched"
)
theirs.asks("repositories", {"repositories": {"theirs": {}}}, "delete images of others", "gone sooner, for good")
theirs.asks("repositories", {"repositories": {"theirs": {}}}, "refuse a push of others", "a tag again is refused")

people = Section("people")
MORE = "it gives new permissions"
people.asks(
    "iam.groups.*.policies",
    {"iam.groups.Empty.policies": ["aws:AdministratorAccess"]},
    "make the members of a group administrators",
    MORE,
)
people.asks(
    "iam.groups.*.policies", {"iam.groups.Ops.policies": ["aws:ReadOnlyAccess"]}, "give a group another policy", MORE
)
people.asks(
    "iam.groups.*.assumes",
    {"iam.groups.Ops.assumes": ["arn:aws:iam::210987654321:role/Admin"]},
    "let a group into a role of another account",
    MORE,
)
people.asks(
    "iam.policies iam.groups.*.policies",
    {"iam.policies.AWSDenyAll": {"statements": [EVERYTHING]}, "iam.groups.Empty.policies": ["AWSDenyAll"]},
    "allow all by the name of a denial",
    MORE,
)
people.stops(
    "iam.policies",
    {"iam.policies.awsbase-like": {"statements": [EVERYTHING]}, "iam.groups.Empty.policies": ["awsbase-like"]},
    "allow all by the name of a curated policy",
    "awsbase makes a policy of this name itself",
)
people.asks(
    "iam.policies.*.statements",
    {"iam.policies.read.statements": [EVERYTHING]},
    "allow more by a policy that is attached",
    "newly allows",
)
people.asks(
    "iam.policies.*.file iam.policies.*.statements",
    {"iam.policies.read": {"file": "everything.json"}},
    "allow more by a file",
    "newly allows",
)
people.asks(
    "iam.policies.*.statements",
    {
        "iam.policies.read.statements": [
            {**READS[0], "Condition": {"StringLike": {"aws:PrincipalTag/x": "*"}}},
            {**READS[0], "Action": "s3:*"},
        ]
    },
    "allow more under a condition",
    "newly allows",
)
people.passes(
    "iam.policies.*.statements",
    {"iam.policies.read.statements": [{**READS[0], "Condition": {"Bool": {"aws:SecureTransport": "true"}}}]},
    "allow less",
    "a new condition only takes away",
)
people.passes(
    "iam.policies.*.description",
    {"iam.policies.read.description": "x"},
    "rename a policy",
    "AWS never changes a description",
)
people.stops("iam.policies.*.path", {"iam.policies.read.path": "/x/"}, "replace a policy", "ExistsElsewhere")
people.asks("iam.users.*.groups", {"iam.users.bob.groups": ["Administrators"]}, "make somebody an administrator", MORE)
people.asks(
    "iam.users.*.groups",
    {"iam.users.eve.groups": ["Empty"]},
    "take somebody out of a group that denies",
    "what nothing denies is no longer denied",
)
people.asks(
    "iam.users.*.groups iam.groups",
    {"iam.groups.New": {"policies": ["aws:AdministratorAccess"]}, "iam.users.bob.groups": ["Empty", "New"]},
    "make somebody an administrator by a new group",
    MORE,
)
people.passes(
    "iam.users",
    {"iam.users.new": {"groups": ["Administrators"]}},
    "make a new administrator",
    "a new user has neither password nor key until an administrator sets one",
)
people.asks(
    "iam.users.*.tags",
    {"iam.users.bob.tags": {"team": "prod"}},
    "get what a policy gives to a tag",
    "it asks for aws:PrincipalTag/team",
)
people.asks(
    "iam.users.*.tags",
    {"iam.users.bob.tags": {"team": "other"}},
    "get what the policy of a bucket gives to a tag",
    "policies of buckets, keys and secrets may ask for its tag team",
)
people.asks(
    "account.tags",
    {"account.tags": {"owner": "web"}},
    "get what a policy gives to the tag of a resource",
    "it asks for aws:ResourceTag/owner",
)
people.asks(
    "iam.users.*.path", {"iam.users.bob.path": "/dev/"}, "move a user to where a policy reaches", "it asks for its path"
)
people.passes(
    "iam.users.*.path iam.groups.*.path",
    {"iam.users.bob.path": "/ops/", "iam.groups.Ops.path": "/ops/"},
    "move a user and a group",
    "no policy asks for this path",
)
people.asks("iam.groups.*.people", {"iam.groups.Ops.people": False}, "ask a group for MFA no more", "no longer denied")
people.asks("iam.users.*.state", {"iam.users.bob": {"state": "absent"}}, "delete somebody", "deletes a user")
people.stops("iam.users.*.state", {"iam.users.ann": {"state": "absent"}}, "delete the only administrator", "refused")
people.asks(
    "iam.users.*.mfa iam.users.*.mfa.provision iam.users.*.mfa.seed_to iam.users.*.mfa.key",
    {"iam.users.ann.mfa": {"provision": True, "seed_to": "secret:ann/mfa"}},
    "show the second factor of an administrator",
    "has the second factor of ann",
)
people.passes(
    "iam.users.*.console",
    {"iam.users.bob.console": True},
    "let somebody into the console",
    "awsbase sets no password: an administrator does",
)
people.passes(
    "iam.users.*.ssh_keys",
    {"iam.users.bob.ssh_keys": [KEYS[0]]},
    "let somebody into a host",
    "there is no bastion here",
)
people.asks(
    "iam.roles.*.trust iam.roles.*.trust.accounts",
    {"iam.roles.app.trust": {"accounts": ["210987654321"]}},
    "let another account become a role",
    "newly allows",
)
people.asks(
    "iam.roles.*.trust.accounts iam.roles.*.trust.mfa",
    {"iam.roles.new": {"trust": {"accounts": ["210987654321"], "mfa": False}, "policies": ["read"]}},
    "let another account become a new role",
    "principals of 210987654321 can assume it",
)
people.asks(
    "iam.roles.*.trust.organization",
    {"iam.roles.app.trust": {"accounts": ["210987654321"], "organization": "o-acme123456"}},
    "let another account of an organization become a role",
    "newly allows",
)
people.asks(
    "iam.roles.*.trust.services",
    {"iam.roles.new": {"trust": {"services": ["glue.amazonaws.com"]}, "policies": ["read"]}},
    "let a service act for whomever it works",
    "no condition names a source",
)
people.passes(
    "iam.roles.*.trust.services",
    {"iam.roles.new": {"trust": {"services": ["ec2.amazonaws.com"]}, "policies": ["read"]}},
    "let instances act as a role",
    "only who may pass it gives it to an instance",
)
people.asks(
    "iam.roles.*.trust.statements",
    {
        "iam.roles.new": {
            "trust": trusting({"AWS": f"arn:aws:iam::{ACCOUNT}:user/bob"}),
            "policies": ["aws:AdministratorAccess"],
        }
    },
    "let somebody become an administrator",
    "user/bob can assume it",
)
people.stops(
    "iam.roles.*.trust.statements",
    {
        "iam.roles.new": {
            "trust": {
                "statements": [
                    {
                        "Effect": "Allow",
                        "NotPrincipal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/ann"},
                        "Action": "sts:AssumeRole",
                    }
                ]
            },
            "policies": ["read"],
        }
    },
    "let everybody but one become a role",
    "NotPrincipal with Allow lets everybody else in",
)
people.asks(
    "iam.roles.*.trust.statements",
    {
        "iam.roles.new": {
            "trust": trusting({"Federated": OIDC}, {"StringLike": {SUBJECT: "repo:acme/*"}}),
            "policies": ["read"],
        }
    },
    "let any repository become a role",
    "knows can assume it",
)
people.stops(
    "iam.roles.*.trust.statements",
    {
        "iam.roles.new": {
            "trust": trusting(
                {"Federated": OIDC}, {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}}
            ),
            "policies": ["read"],
        }
    },
    "let all of GitHub become a role",
    "no condition says for whom",
)
people.asks(
    "iam.roles.*.trust.statements",
    {
        "iam.roles.new": {
            "trust": trusting({"Federated": OIDC}, {"StringLike": {SUBJECT: "repo:acme/*"}}),
            "policies": ["read"],
        }
    },
    "let all repositories of an owner become a role",
    "knows can assume it",
)
people.passes(
    "iam.roles iam.roles.*.trust.statements",
    {
        "iam.roles.new": {
            "trust": trusting(
                {"Federated": OIDC},
                {
                    "StringEquals": {
                        SUBJECT: "repo:acme/infra:ref:refs/heads/main",
                        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                    }
                },
            ),
            "policies": ["read"],
        }
    },
    "let one branch become a role",
    "its subject is named in full",
)
people.asks(
    "iam.roles.*.policies",
    {"iam.roles.app.policies": ["read", "aws:AdministratorAccess"]},
    "give a role all rights",
    MORE,
)
people.asks(
    "iam.roles.*.inline",
    {"iam.roles.app.inline": {"all": [EVERYTHING]}},
    "give a role all rights inline",
    "newly allows",
)
people.asks(
    "iam.roles.*.boundary",
    {"iam.roles.app.boundary": "aws:AdministratorAccess"},
    "widen the boundary of a role",
    "it may let more pass",
)
people.passes(
    "iam.roles.*.boundary",
    {"iam.roles.app.boundary": None},
    "take the boundary of a role away",
    "a boundary is only touched when one is given",
)
people.asks(
    "iam.roles.*.max_session",
    {"iam.roles.app.max_session": 43200},
    "let sessions last longer",
    "its sessions last longer",
)
people.passes(
    "iam.roles.*.description", {"iam.roles.app.description": "x"}, "rename a role", "a description opens nothing"
)
people.stops("iam.roles.*.path", {"iam.roles.app.path": "/x/"}, "replace a role", "ExistsElsewhere")
people.asks(
    "iam.roles.*.tags",
    {"iam.roles.app.tags": {"team": "prod"}},
    "get what a policy gives to a tag",
    "it asks for aws:PrincipalTag/team",
)
P = "iam.password_policy"
people.asks(
    f"{P} {P}.minimum_length",
    {f"{P}.minimum_length": 8},
    "accept shorter passwords",
    "passwords of 8 characters pass",
)
people.asks(
    f"{P}.reuse_prevention", {f"{P}.reuse_prevention": 1}, "accept old passwords", "old passwords pass after 1 others"
)
people.asks(f"{P}.lowercase", {f"{P}.lowercase": False}, "accept simpler passwords", "without lowercase letters pass")
people.asks(f"{P}.uppercase", {f"{P}.uppercase": False}, "accept simpler passwords", "without uppercase letters pass")
people.asks(f"{P}.numbers", {f"{P}.numbers": False}, "accept simpler passwords", "without numbers pass")
people.asks(f"{P}.symbols", {f"{P}.symbols": False}, "accept simpler passwords", "without symbols pass")
people.asks(f"{P}.max_age_days", {f"{P}.max_age_days": 365}, "keep passwords longer", "passwords last 365 days")
people.asks(
    f"{P}.hard_expiry",
    {f"{P}.hard_expiry": True},
    "shut out whose password expires",
    "is shut out until an administrator",
)
people.passes(
    f"{P}.users_may_change",
    {f"{P}.users_may_change": False},
    "keep people from changing a password",
    "an administrator sets it for them",
)

# --- alarms and evidence that go quiet ------------------------------------------------------------------------------
watched = Section("watched")
IGNORE = "alarms.security.ignore"
watched.asks(
    f"{IGNORE} {IGNORE}.*.caller",
    {IGNORE: {"trail-changes": [{"caller": "*"}]}},
    "silence a control whoever calls",
    "it tells no more of",
)
watched.asks(
    f"{IGNORE}.*.caller",
    {IGNORE: {"trail-changes": [{"caller": f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/*"}]}},
    "silence a control for a role",
    "assumed-role/deploy/",
)
watched.asks(
    f"{IGNORE}.*.source",
    {IGNORE: {"trail-changes": [{"source": "*"}]}},
    "silence a control wherever from",
    "it tells no more of",
)
watched.asks(
    f"{IGNORE}.*.event",
    {IGNORE: {"trail-changes": [{"event": "StopLogging"}]}},
    "silence the event that the control is about",
    "it tells no more of StopLogging",
)
watched.asks(
    f"{IGNORE}.*.event", {IGNORE: {"trail-changes": [{"event": "*"}]}}, "silence every event", "it tells no more of"
)
watched.asks(
    "alarms.security.notify",
    {"alarms.security.notify": "quiet"},
    "ring where nobody hears",
    "nobody has confirmed to hear it",
)
watched.passes(
    "alarms.security.controls",
    {"alarms.security.controls": ["root-use"]},
    "drop a control",
    "the alarm of a control that is no longer named stays",
)
watched.passes(
    "alarms.security.except",
    {"alarms.security": {"except": ["trail-changes"]}},
    "drop a control",
    "the alarm of a control that is no longer named stays",
)
watched.passes(
    "alarms alarms.security", {"alarms": None}, "drop all alarms", "what a manifest no longer names is not touched"
)
watched.asks(
    "notify.*.email",
    {"notify.security.email": ["sec@acme.example"]},
    "have one listener less",
    "ann@acme.example hears nothing any more",
)
watched.asks(
    "notify.*.email",
    {"notify.security.email": ["eve@elsewhere.example"]},
    "replace the listeners",
    "no confirmed subscriber is left",
)
watched.asks("notify.*.email", {"notify.security.email": []}, "have no listener", "no confirmed subscriber is left")
watched.asks(
    "notify.*.sqs",
    {"notify.security.sqs": ["arn:aws:sqs:eu-west-1:210987654321:q"]},
    "tell another account's queue",
    "account 210987654321 hears",
)
watched.asks(
    "notify.*.lambda",
    {"notify.security.lambda": ["arn:aws:lambda:eu-west-1:210987654321:function:f"]},
    "tell another account's function",
    "account 210987654321 hears",
)
watched.asks(
    "notify.*.https",
    {"notify.security.https": ["https://elsewhere.example/hook"]},
    "tell somebody's web hook",
    "whoever owns https://elsewhere.example/hook hears",
)
watched.passes(
    "notify.*.sqs",
    {"notify.security.sqs": [f"arn:aws:sqs:eu-west-1:{ACCOUNT}:q"]},
    "tell a queue of the account",
    "it is the account's own",
)
watched.asks(
    "notify.*.encrypted", {"notify.security.encrypted": False}, "send messages unencrypted", "no longer encrypted"
)

money = Section("money")
money.passes(
    "alarms.billing alarms.billing.amounts",
    {"alarms.billing.amounts": [1000]},
    "ring at more",
    "the alarms of other amounts stay",
)
money.stops(
    "alarms.billing.currency", {"alarms.billing.currency": "EUR"}, "ring at another amount", "must be USD or CNY"
)
money.asks(
    "alarms.billing.notify",
    {"alarms.billing.notify": "quiet"},
    "ring where nobody hears",
    "nobody has confirmed to hear it",
)
money.asks(
    "alarms.budget alarms.budget.amount",
    {"alarms.budget.amount": 10_000},
    "tell of more alone",
    "it takes more to be told",
)
money.asks(
    "alarms.budget.actual", {"alarms.budget.actual": [100]}, "tell later", "nobody is told at this point any more"
)
money.asks(
    "alarms.budget.forecast",
    {"alarms.budget.forecast": []},
    "tell no forecast",
    "nobody is told at this point any more",
)
money.stops("alarms.budget.currency", {"alarms.budget.currency": "EUR"}, "tell at another amount", "must be USD or CNY")
money.asks(
    "alarms.budget.notify alarms.budget.email",
    {"alarms.budget.notify": None, "alarms.budget.email": ["eve@elsewhere.example"]},
    "tell somebody else",
    "hears nothing of it any more",
)
money.asks(
    "alarms.anomaly alarms.anomaly.above",
    {"alarms.anomaly.above": 10_000},
    "tell of more alone",
    "told later, or of fewer",
)
money.asks(
    "alarms.anomaly.frequency",
    {"alarms.anomaly.frequency": "weekly", "alarms.anomaly.notify": None, "alarms.anomaly.email": ["cfo@acme.example"]},
    "tell weekly",
    "told later, or of fewer",
)
money.asks(
    "alarms.anomaly.notify alarms.anomaly.email",
    {"alarms.anomaly.notify": "quiet"},
    "tell where nobody hears",
    "told later, or of fewer",
)

backups = Section("backups")
S = "backups.ebs.schedules"
backups.asks(
    f"{S}.*.keep_days", {f"{S}.daily.keep_days": 1}, "keep snapshots for a day", "keeps them for a shorter time"
)
backups.asks(
    f"{S}.*.every_hours",
    {f"{S}.daily": {"days": ["monday"], "keep_days": 14}},
    "make snapshots more seldom",
    "makes them more seldom",
)
backups.asks(f"{S}.*.days", {f"{S}.weekly": None}, "drop a schedule", "no more of the schedule weekly")
backups.asks(
    "backups.ebs.volumes",
    {"backups.ebs.volumes": {"other": "true"}},
    "back up other volumes",
    "no more of volumes with",
)
backups.passes(
    "backups.ebs.regions",
    {"backups.ebs.regions": ["us-east-1"]},
    "leave a region without backups",
    "the policy of the region before stays",
)
backups.passes(
    f"{S}.*.at", {f"{S}.daily.at": "05:00"}, "make snapshots at another time", "as many are made, and kept as long"
)
backups.passes(
    f"{S}.*.copy_tags", {f"{S}.daily.copy_tags": False}, "leave tags out", "the snapshots are made as before"
)
backups.passes(
    "backups backups.ebs", {"backups": None}, "stop backups", "what a manifest no longer names is not touched"
)

vault = Section("vault")
V, P = "backups.vault", "backups.plans"
R = f"{P}.*.rules"
vault.asks(
    f"{V}.lock {V}.lock.keep_at_least_days",
    {f"{V}.lock.keep_at_least_days": 1},
    "let what is new go after a day",
    "what is new can go after 1 days, not 14",
)
vault.asks(f"{V}.lock", {f"{V}.lock": False}, "take the lock off", "can delete what it keeps before its time")
vault.asks(
    f"{V}.lock.final_after_days",
    {f"{V}.lock.final_after_days": 3},
    "make the lock final",
    "after 3 days nobody can shorten or remove it",
)
vault.stops(
    f"{V}.lock.keep_at_most_days",
    {f"{V}.lock.keep_at_most_days": 90},
    "have the lock refuse what a rule makes",
    "takes nothing that is kept for more than 90 days",
)
vault.asks(
    f"{V}.name {V}.key",
    {V: {"name": "other", "key": "alias/other"}},
    "make what is new in another vault",
    "makes them in another vault",
)
vault.asks(
    f"{V} {V}.copies_from",
    {f"{V}.copies_from": ["111122223333"]},
    "let another account copy into the vault",
    NEWLY,
)
vault.asks(
    f"{R} {R}.*.at {R}.*.days {R}.*.keep_days",
    {f"{P}.data.rules": {"daily": {"at": "05:00", "days": ["monday"], "keep_days": 15}}},
    "copy on mondays, for two weeks",
    "daily makes them more seldom, daily keeps them for a shorter time",
)
vault.passes(
    f"{R}.*.start_within_hours {R}.*.done_within_hours {R}.*.day_of_month {R}.*.cold_after_days",
    {
        f"{P}.data.rules.monthly": {
            "day_of_month": 2,
            "keep_days": 400,
            "start_within_hours": 2,
            "done_within_hours": 24,
            "cold_after_days": 60,
        }
    },
    "make copies at another time, warm for longer",
    "as many are made, and kept as long",
)
vault.stops(
    f"{R}.*.continuous", {f"{P}.data.rules.monthly.continuous": True}, "keep any second for a year", "35 days at most"
)
vault.asks(
    f"{P}.*.copies {P}.*.copies.vault {P}.*.copies.keep_days",
    {f"{P}.data.copies": [{"vault": f"{BACK_VAULT}2", "keep_days": 30}]},
    "copy elsewhere, for a shorter time",
    f"copies less to {BACK_VAULT}",
)
vault.asks(
    f"{P}.*.tags {P}.*.services",
    {f"{P}.data.tags": {"backup": "never"}, f"{P}.data.services": ["dynamodb"]},
    "copy less",
    "nothing is kept of what was chosen",
)
vault.passes(P, {P: None}, "stop copying", "what a manifest no longer names is not touched")

contacts = Section("contacts")
C = "contacts.security"
contacts.asks(
    f"contacts {C} {C}.email",
    {f"{C}.email": "eve@elsewhere.example"},
    "have AWS write to somebody else",
    "sec@acme.example hears nothing from AWS any more",
)
contacts.passes(
    f"{C}.name {C}.title",
    {f"{C}.name": "x", f"{C}.title": "x"},
    "have AWS ask for somebody else",
    "the mail and the calls go where they went",
)
contacts.asks(f"{C}.phone", {f"{C}.phone": "+1 6"}, "have AWS call somebody else", "hears nothing from AWS any more")
contacts.passes(
    "contacts", {"contacts": None}, "have AWS write to nobody", "what a manifest no longer names is not touched"
)
contacts.asks(
    "account.alias",
    {"account": {"alias": "acme-prod"}},
    "leave the sign-in address to others",
    "another account can take the sign-in address",
)

contacts.passes(
    "account.protected",
    {"account": {"protected": True}},
    "let everything be destroyed",
    "it only refuses `awsbase destroy`, which asks for the account's name and more",
)

for kind in ("billing", "operations"):
    who = f"contacts.{kind}"
    contacts.asks(
        f"{who} {who}.email {who}.phone",
        {f"{who}.email": "eve@elsewhere.example", f"{who}.phone": "+1 6"},
        "have AWS write to somebody else",
        "hears nothing from AWS any more",
    )
    contacts.passes(
        f"{who}.name {who}.title",
        {f"{who}.name": "x", f"{who}.title": "x"},
        "have AWS ask for somebody else",
        "the mail and the calls go where they went",
    )

people.asks(
    "iam.roles.*.trust.groups",
    {"iam.roles.new": {"trust": {"groups": ["Empty"]}, "policies": ["aws:AdministratorAccess"]}},
    "let the members of a group become administrators",
    MORE,
)
people.asks(
    "iam.roles.*.trust.groups",
    {"iam.roles.app.trust": {"services": ["ec2.amazonaws.com"], "groups": ["Empty"]}},
    "let the members of a group become a role",
    "newly allows",
)
UNTOUCHED = "what a manifest no longer names is not touched"
watched.passes("notify", {"notify": None, "alarms": None}, "drop all channels", UNTOUCHED)
trail.passes("audit", {"audit": None}, "drop the record", UNTOUCHED)
network.passes("network", {"network": None, "security_groups": None}, "drop the network", UNTOUCHED)
people.passes("iam", {"iam": None}, "drop all people", UNTOUCHED)
backups.asks("backups.ebs.schedules", {S: {"other": {}}}, "make other snapshots", "no more of the schedule daily")
people.asks("root.support", {"root": {"support": ["Ops"]}}, "let a group open support cases", MORE)
people.passes(
    "root.support_role",
    {"root": {"support_role": "helpers"}},
    "let people become the support role",
    "whom it lets in is up to the account, and no policy lets anybody",
)
people.stops("version", {"version": 2}, "mean something else", "must be 1")
RENAMED, MOVED = {"account.name": "other"}, {"account.region": "us-east-1"}
STAYS = "what has a name of its own in the manifest stays; the rest is made anew, and the first of it is not touched"
people.passes("account account.name", RENAMED, "leave everything alone", STAYS)
watched.passes("account.name", RENAMED, "leave the alarms without listeners", STAYS)
guarded.asks("account.name", RENAMED, "keep the record elsewhere", "acme-config gets no new record of eu-west-1")
kept.asks("account.name", RENAMED, "exchange the key of a secret", "its own key no longer guards it")
trail.asks(
    "account.name audit.bucket",
    {**RENAMED, "audit.bucket": "acme-audit", "audit.bucket_retention_days": 30},
    "expire what a manifest of another name made",
    LOST,
)
bastion.asks(
    "account.name bastion.name",
    {**RENAMED, "bastion.name": "acme-bastion", "bastion.instance_type": "t4g.small"},
    "end the host that a manifest of another name made",
    "which this manifest did not make",
)
people.passes("account.region", MOVED, "leave everything alone", "people have no region")
money.passes("account.region", MOVED, "leave the bills without alarms", "bills are watched in us-east-1 alone")
for section in (trail, watched, kept):
    section.stops("account.region", MOVED, "leave a bucket and what is in it behind", "a bucket cannot move")
guarded.stops("account.region", MOVED, "leave the record of Config behind", "a bucket cannot move")
bastion.asks("account.region", MOVED, "let the end of the host reach other regions", "newly allows")
network.passes(
    "network.vpc network.subnets",
    {"network": {"vpc": "default"}},
    "build in another VPC",
    "what is in the first one stays there",
)

organization = Section("organization")
SCPS = "organization.policies"
SPARED = {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/OrganizationAccountAccessRole"}}


def denying(action: str, **others: Any) -> dict[str, Any]:
    """Return a service control policy on all workloads."""
    return {"statements": [{"Effect": "Deny", "Action": action, "Resource": "*", **others}], "on": ["Workloads"]}


organization.passes("organization", {"organization": None}, "dissolve an organization", "nothing of it is taken away")
organization.passes(
    "organization.units", {"organization.units": ["Workloads"]}, "take a unit away", "units that are not named stay"
)
organization.asks(
    f"{SCPS}.*.statements", {f"{SCPS}.stay.statements": [CLOSE]}, "let accounts leave again", "no longer denies Action"
)
organization.asks(
    f"{SCPS}.*.file",
    {f"{SCPS}.stay": {"file": "everything.json", "on": ["Workloads"]}},
    "deny nothing any more",
    "no longer denies Action",
)
organization.asks(
    f"{SCPS}.*.on",
    {f"{SCPS}.stay.on": ["Security"]},
    "let go of accounts",
    "what it denies is no longer denied in Workloads",
)
organization.asks(
    SCPS, {f"{SCPS}.build": denying("s3:CreateBucket")}, "cut off who works there", "cuts off role/deploy in"
)
organization.stops(
    SCPS,
    {f"{SCPS}.people": denying("iam:*")},
    "leave nobody to repair an account",
    "would keep role/OrganizationAccountAccess",
)
organization.stops(
    "organization.break_glass",
    {f"{SCPS}.people": denying("iam:*", Condition=SPARED), "organization.break_glass": ["Emergency"]},
    "keep out who comes in an emergency",
    "would keep role/Emergency",
)
organization.passes(
    f"{SCPS}.*.description", {f"{SCPS}.stay.description": "other"}, "say something else", "AWS keeps the first one"
)
organization.passes(
    "organization.services", {"organization.services": []}, "stop a service halfway", "it stays trusted"
)
organization.asks(
    "organization.delegate",
    {"organization.delegate": {"access-analyzer": "dev"}},
    "let another account reach all others",
    "administers access-analyzer in every account",
)
organization.asks(
    "organization.root", {"organization.root": "central"}, "act as root of members", "deletes the root cred"
)
organization.passes(
    "organization.trail",
    {"audit": {}, "organization.trail": True},
    "record other accounts",
    "they are recorded more, and nobody new reads it",
)
organization.stops(
    "organization.accounts",
    {"organization.accounts": {"111111111111": "Security"}},
    "reach for an account of somebody else",
    "the organization has no account 111111111111",
)
organization.asks(
    "organization.new_accounts.*.unit",
    {"organization.new_accounts.dev.unit": "Security"},
    "move an account to where less is denied",
    "what stay denies is no longer denied in it",
)
organization.passes(
    "organization.new_accounts", {"organization.new_accounts": None}, "close an account", "one that is not named stays"
)
organization.passes(
    "organization.new_accounts.*.email",
    {"organization.new_accounts.dev.email": "aws+other@acme.example"},
    "make another account",
    "the first one stays as it is",
)


fleet = Section("fleet")
RUNS = "nothing is done in any account before somebody starts a run, which says how many at once and how many may fail"
ENTERS = "what enters accounts is a role that they have to trust"
theirs.asks(
    "fleet fleet.bucket",
    {"fleet": {"code": "fleet.zip", "bucket": THEIRS}},
    "expire what begins with runs/ in a bucket of others",
    LOST,
)
fleet.stops("fleet.engine", {"fleet.engine": "other"}, "let something else into the accounts", "must be stepfunctions")
fleet.passes("fleet.at_once", {"fleet.at_once": 1000}, "work on all accounts at once", RUNS)
fleet.passes("fleet.tolerate", {"fleet.tolerate": "100%"}, "let a run go on over failures", RUNS)
fleet.asks("fleet.keep_days", {"fleet.keep_days": 1}, "drop the results and the logs of runs", "is gone within days")
fleet.passes("fleet.memory fleet.minutes", {"fleet.memory": 512, "fleet.minutes": 1}, "end each account early", RUNS)
fleet.asks("fleet.code", {"fleet.code": "other.zip"}, "run other code in all accounts", "it runs what a file holds")
fleet.passes(
    "fleet.roles fleet.roles.plan fleet.roles.apply",
    {"fleet.roles": {"plan": "other-plan", "apply": "Administrator"}},
    "enter accounts by other roles",
    ENTERS,
)
A = "fleet_access"
fleet.asks(f"{A}.hub", {f"{A}.hub": "222222222222"}, "let the hub of others in", "newly allows")
fleet.asks(f"{A}.organization", {f"{A}.organization": "o-others1234"}, "let callers of others in", "newly allows")
fleet.asks(
    f"{A}.roles {A}.roles.plan {A}.roles.apply",
    {f"{A}.roles": {"plan": "p", "apply": "a"}},
    "let the hub become other roles",
    "can assume it",
)
fleet.asks(f"{A}.apply", {f"{A}.apply": ["aws:AdministratorAccess"]}, "let a run leave the organization", MORE)
people.asks(
    A, {A: {"hub": "210987654321", "organization": "o-acme123456"}}, "let the hub of others in", "can assume it"
)
fleet.passes("fleet fleet_access", {"fleet": None, A: None}, "drop the engine", UNTOUCHED)

# --- jobs of a pipeline ---------------------------------------------------------------------------------------------
github, gitlab, old_pipeline = Section("github"), Section("gitlab"), Section("old pipeline")
CI, NEWLY = "ci.github", "newly allows Principal Federated"
github.passes("ci", {"ci": None}, "forget the pipeline", UNTOUCHED)
github.asks(f"{CI} ci.gitlab", {"ci": {"gitlab": {"project": "acme/infra"}}}, "let GitLab in too", NEWLY)
github.asks(f"{CI}.repository", {f"{CI}.repository": "mallory/infra"}, "let jobs of others apply", NEWLY)
github.asks(
    f"{CI}.repository_id {CI}.owner_id",
    {f"{CI}.repository_id": "3", f"{CI}.owner_id": "4"},
    "let whoever has the name now apply",
    NEWLY,
)
github.asks(
    f"{CI}.repository_id {CI}.owner_id",
    {f"{CI}.repository_id": None, f"{CI}.owner_id": None},
    "let whoever gets the name apply",
    NEWLY,
)
github.asks(f"{CI}.branch", {f"{CI}.branch": "next"}, "let another branch plan", NEWLY)
github.asks(f"{CI}.environment", {f"{CI}.environment": "dev"}, "apply without the reviewers", NEWLY)
github.stops(f"{CI}.environment", {f"{CI}.environment": "*"}, "apply from any environment", "would let others in")
github.stops(f"{CI}.repository", {f"{CI}.repository": "acme/*"}, "let any repository apply", "would let others in")
gitlab.asks("ci.gitlab.url", {"ci.gitlab.url": "https://git.mallory.example"}, "let jobs of others apply", NEWLY)
gitlab.asks("ci.gitlab.project", {"ci.gitlab.project": "mallory/infra"}, "let jobs of others apply", NEWLY)
gitlab.asks("ci.gitlab.branch", {"ci.gitlab.branch": "next"}, "apply from another branch", NEWLY)
gitlab.asks("ci.gitlab.review", {"ci.gitlab.review": ["next"]}, "let another branch plan", NEWLY)
old_pipeline.asks(
    "ci",
    {"ci": {"github": {"repository": "acme/infra"}}},
    "let jobs in to a role of others, whose provider is gone",
    "let in to role old-ci",
)
domains = Section("domains")


def answering(**names: Any) -> dict[str, Any]:
    """Return the zone with other answers of some names; None takes a name away."""
    records = {name: answer for name, answer in {**RECORDS, **names}.items() if answer is not None}
    return {"zones": {"acme.example": {"records": records}}}


def with_more(name: str, **answers: Any) -> dict[str, Any]:
    """Return the zone with other answers of one name beside those that it has."""
    return answering(**{name: {**RECORDS[name], **answers}})


Z = "zones.*.records"
ELSEWHERE_LED = "no longer gets what is there now"
domains.asks(
    f"{Z}.*.alias {Z}.*.alias.to {Z}.*.alias.zone",
    with_more("@", alias={"to": "others.example", "zone": "Z2FDTNDATAQYW3"}),
    "lead a domain to others",
    ELSEWHERE_LED,
)
for type, value in (("A", ["192.0.2.9"]), ("AAAA", ["2001:db8::9"]), ("TXT", ["of others"])):
    domains.asks(f"{Z}.*.{type}", with_more("www", **{type: value}), "lead a name to others", ELSEWHERE_LED)
domains.asks(f"{Z}.*.MX", with_more("@", MX=["1 mail.others.example"]), "get the mail of a domain", ELSEWHERE_LED)
domains.asks(
    f"{Z}.*.CAA", answering(shop={"CAA": ['0 issue "others.example"']}), "let others issue certificates", ELSEWHERE_LED
)
domains.asks(f"{Z}.*.CNAME", answering(docs={"CNAME": "x.others.example"}), "lead a name to others", ELSEWHERE_LED)
domains.asks(f"{Z}.*.DS", with_more("sub", DS=["1 13 2 EF01"]), "make a domain below fail", ELSEWHERE_LED)
domains.asks(
    f"{Z}.*.SRV", answering(**{"_sip._tcp": {"SRV": ["1 1 5060 x.others.example"]}}), "hear calls", ELSEWHERE_LED
)
domains.asks(
    f"{Z}.*.NS", answering(new={"NS": ["ns1.others.example"]}), "hand a domain below over", "others answer for"
)
domains.asks(Z, answering(www=None), "take a name off the net", ELSEWHERE_LED)
domains.passes(
    f"{Z}.*.alias.ipv6",
    with_more("@", alias={"to": "d1.cloudfront.net", "ipv6": True}),
    "answer more",
    "it is the same",
)
domains.passes(f"{Z}.*.ttl", with_more("www", ttl=60), "let answers be forgotten sooner", "they stay the same")
domains.stops(
    "zones.*.delegated", {"zones": {"acme.example": {"delegated": "yes"}}}, "say what is none", "true or false"
)
domains.passes("zones", {"zones": None}, "drop a zone with its records", UNTOUCHED)
domains.passes(
    "certificates.*.domains certificates.*.use",
    {"certificates": {"web": {"domains": ["acme.example"], "use": ["elb", "cloudfront"]}}},
    "take a domain from what shows it",
    "it is another certificate, and the old one stays",
)
domains.passes("certificates", {"certificates": None}, "drop the certificates", UNTOUCHED)

mail = Section("mail")
SENDS = "it gives new permissions"
mail.asks(
    "mail.domains mail.domains.*.mail_from",
    {"mail.domains": {"acme.example": {"dmarc": "reject", "mail_from": "bounce"}}},
    "lead bounces elsewhere",
    "bounces no longer come to",
)
mail.asks(
    "mail.domains.*.dmarc",
    {"mail.domains": {"acme.example": {"dmarc": "none"}}},
    "let others send in the name of the domain",
    "no longer gets what is there now",
)
mail.asks(
    "mail.domains.*.reports",
    {"mail.domains": {"acme.example": {"dmarc": "reject", "reports": "them@other.example"}}},
    "send reports to others",
    "no longer gets what is there now",
)
mail.asks(
    "mail.domains.*.records",
    {"mail.domains": {"acme.example": {"dmarc": "reject", "records": False}}},
    "take the records away",
    "no longer gets what is there now",
)
mail.asks("mail.smtp.from", {"mail.smtp.from": ["*@acme.example"]}, "send in the name of others", "newly allows")
mail.asks("mail.smtp.readers", {"mail.smtp.readers": ["Web", "Ops"]}, "let a group read the password", SENDS)
mail.asks("mail.smtp.key", {"mail.smtp.key": "aws"}, "take its own key from the password", "no longer guards it")
mail.passes("mail.smtp.user", {"mail.smtp.user": "acme-other"}, "make a second user", "the first one stays as it is")
mail.asks("mail.smtp.secret", {"mail.smtp.secret": "acme/other"}, "let readers read another secret", "newly allows")
mail.passes("mail.smtp.max_days", {"mail.smtp.max_days": 1000}, "keep the password for long", "it is a reminder")
mail.passes("mail.smtp", {"mail.smtp": None}, "drop the password", UNTOUCHED)
mail.passes("mail", {"mail": None, "zones": None}, "drop the domains", UNTOUCHED)
mail.passes(
    "mail.production mail.production.wanted",
    {"mail.production": {"wanted": False}},
    "stay in the sandbox of SES",
    "it is a reminder",
)
mail.passes(
    "mail.production.website mail.production.use_case mail.production.type mail.production.contacts "
    "mail.production.language",
    {
        "mail.production": {
            "website": "https://other.example",
            "use_case": "letters",
            "type": "marketing",
            "contacts": ["them@other.example"],
            "language": "JA",
        }
    },
    "ask AWS for something else",
    "a person sends the request",
)

SECTIONS = [
    github,
    gitlab,
    old_pipeline,
    theirs,
    trail,
    guarded,
    network,
    servers,
    bastion,
    kept,
    stored,
    written,
    people,
    watched,
    money,
    backups,
    vault,
    contacts,
    organization,
    fleet,
    domains,
    mail,
]
EDITS = [edit for section in SECTIONS for edit in section.edits]
ELSEWHERE = {
    **dict.fromkeys(
        ("tools", "tools.*.version", "tools.*.platforms"),
        (
            "have people install something else: the checksums are those that the project publishes",
            "tests/toolchain/test_locking.py::test_what_cannot_be_kept_is_not_written",
        ),
    ),
    "account.id": (
        "reach another account: it is refused",
        "tests/scripts/test_process.py::test_another_account_is_refused",
    ),
    "extras": (
        "run the code of others: a package has to be installed, and its kinds are guarded like all",
        "tests/manifest/test_plugins.py::test_what_is_not_installed_is_one_line",
    ),
}
"""What the planning of an edit cannot show, by key, with the test that does."""
