"""The account's state as one plain value: two accounts that are equal dump equal, and nothing extra hides."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

from awsbase.sandbox.networks import networks

if TYPE_CHECKING:
    from awsbase.sandbox.account import Sandbox
    from awsbase.sandbox.world import World

SERVICES = ("kms", "logs", "sns", "cloudtrail", "cloudwatch", "events", "ec2", "secretsmanager")


def dump(sandbox: "Sandbox") -> dict[str, Any]:
    """Return everything that a sandbox's account holds, without dates, and with stable names for random ids."""
    world = sandbox.world
    with world.open():
        state = _without_region(world, "aws")
        state |= {where: _without_region(world, where) for where in sorted(world.backends("iam")) if where != "aws"}
        for kind, told in sandbox.remembered():
            # What was only looked at is there, and empty.
            if any(told.values() if isinstance(told, Mapping) else told):
                state[kind] = _plain(told)
        names: dict[str, str] = {}
        for iam in world.backends("iam").values():
            names |= {one.id: f"<id of {one.name}>" for one in (*iam.users.values(), *iam.roles.values())}
        readers = {
            "kms": _kms,
            "logs": _logs,
            "sns": _sns,
            "cloudtrail": _cloudtrail,
            "cloudwatch": _cloudwatch,
            "events": _events,
            "secretsmanager": _secrets,
            "ec2": _ec2,
        }
        for service in SERVICES:
            regions = {region: readers[service](backend) for region, backend in world.backends(service).items()}
            state[service] = {region: held for region, held in sorted(regions.items()) if held}
        state["networks"] = {
            region: held for region in sorted(world.backends("ec2")) if (held := networks(sandbox, region))
        }
        schedules = {region: _schedules(backend) for region, backend in sorted(world.backends("scheduler").items())}
        state["scheduler"] = {region: held for region, held in schedules.items() if held}
        for backend in world.backends("kms").values():
            for key in backend.keys.values():
                names[key.id] = f"<key {' '.join(sorted(key.aliases)) or 'without alias'}>"
        # A policy may name where its principal has to come from.
        for ec2 in world.backends("ec2").values():
            names |= {vpc.id: f"<vpc {vpc.cidr_block}>" for vpc in ec2.vpcs.values()}
            names |= {address.public_ip: "<public address>" for address in ec2.addresses}
    return _renamed(_plain(state), names)


def _without_region(world: "World", partition: str) -> dict[str, Any]:
    block = world.backend("s3control", partition).public_access_block
    contacts = world.backend("account", partition)._alternate_contacts
    return {
        "iam": _iam(world.backend("iam", partition)),
        "s3": _s3(world.backend("s3", partition)),
        "account": {
            "contacts": {kind: _plain(vars(contact)) for kind, contact in contacts.items()},
            "block": _plain(vars(block)) if block else None,
        },
    }


def _iam(iam: Any) -> dict[str, Any]:
    own = [policy for policy in iam.managed_policies.values() if f":{iam.account_id}:" in policy.arn]
    return {
        "users": {user.name: _user(iam, user) for user in iam.users.values()},
        "groups": {group.name: _holder(group, "path") for group in iam.groups.values()},
        "roles": {
            role.name: _holder(role, "path description max_session_duration permissions_boundary_arn tags")
            | {"trust": _document(role.assume_role_policy_document)}
            for role in iam.roles.values()
        },
        "policies": {
            policy.arn: {
                "description": policy.description,
                "tags": policy.tags,
                "default": next(_document(v.document) for v in policy.versions if v.is_default),
                "others": sorted((_document(v.document) for v in policy.versions if not v.is_default), key=_text),
            }
            for policy in own
        },
        "profiles": {
            profile.name: {
                "path": profile.path,
                "roles": [role.name for role in profile.roles],
                "tags": _tags(profile.tags),
            }
            for profile in iam.instance_profiles.values()
        },
        "aliases": iam.account_aliases,
        "password policy": _plain(vars(iam.account_password_policy)) if iam.account_password_policy else None,
        "mfa devices": {
            device.serial_number: device.user.name if device.user else None
            for device in iam.virtual_mfa_devices.values()
        },
    }


def _user(iam: Any, user: Any) -> dict[str, Any]:
    return _holder(user, "path") | {
        "groups": sorted(group.name for group in iam.groups.values() if user in group.users),
        "tags": _tags(iam.tagger.list_tags_for_resource(user.arn)["Tags"]),
        "console": user.password is not None,
        "keys": sorted(key.status for key in user.access_keys),
        "ssh keys": sorted((key.ssh_public_key_body, key.status) for key in user.ssh_public_keys),
        "mfa": sorted(user.mfa_devices),
    }


def _holder(held: Any, attributes: str) -> dict[str, Any]:
    picked = {name: getattr(held, name) for name in attributes.split()}
    if "tags" in picked:
        picked["tags"] = _tags(picked["tags"])
    inline = {name: _document(document) for name, document in held.policies.items()}
    return picked | {"attached": sorted(held.managed_policies), "inline": inline}


def _s3(s3: Any) -> dict[str, Any]:
    plain = (
        "region_name versioning_status logging encryption ownership_rule object_lock_enabled accelerate_configuration"
    )
    # An access log has a file for each request, whenever it came.
    logging = [bucket.logging for bucket in s3.buckets.values() if bucket.logging]
    access_logs = {to["TargetBucket"]: to.get("TargetPrefix") or "" for to in logging}
    return {
        bucket.name: {name: _plain(getattr(bucket, name)) for name in plain.split()}
        | {
            "policy": _document(bucket.policy),
            "lifecycle": _plain(getattr(bucket, "lifecycle_as_put", None) or bucket.rules),
            "block": _plain(bucket.public_access_block),
            "tags": _tags(s3.tagger.list_tags_for_resource(f"arn:{bucket.partition}:s3:::{bucket.name}")["Tags"]),
            "objects": sorted(key for key in bucket.keys if not key.startswith(access_logs.get(bucket.name, "\0"))),
        }
        for bucket in s3.buckets.values()
    }


def _kms(kms: Any) -> Any:
    keys = [
        {
            "aliases": sorted(key.aliases),
            "policy": _document(key.policy),
            "description": key.description,
            "state": key.key_state,
            "rotates": key.key_rotation_status and getattr(key, "rotation_period", 365),
            "spec": key.key_spec,
            "tags": _tags(kms.tagger.list_tags_for_resource(key.id)["Tags"]),
        }
        for key in kms.keys.values()
    ]
    return sorted(keys, key=_text)


def _logs(logs: Any) -> Any:
    return {
        group.name: {
            "retention": group.retention_in_days,
            "key": group.kms_key_id,
            "tags": _tags(logs.tagger.list_tags_for_resource(group.arn)["Tags"]),
            "filters": sorted(
                (
                    {"name": f["filterName"], "pattern": f["filterPattern"], "to": f["metricTransformations"]}
                    for f in logs.filters.metric_filters
                    if f["logGroupName"] == group.name
                ),
                key=_text,
            ),
        }
        for group in logs.groups.values()
    }


def _sns(sns: Any) -> Any:
    return {
        topic.arn: {
            "policy": _document(topic._policy_json),
            "name": topic.display_name,
            "key": topic.kms_master_key_id,
            "tags": topic._tags,
            "subscriptions": sorted(
                [sub.protocol, sub.endpoint, "pending" if getattr(sub, "pending", False) else "confirmed"]
                for sub in sns.subscriptions.values()
                if sub.topic.arn == topic.arn
            ),
        }
        for topic in sns.topics.values()
    }


def _cloudtrail(cloudtrail: Any) -> Any:
    return {
        trail.arn: trail.description()
        | {
            "logging": trail.status.is_logging,
            "selectors": trail.event_selectors or trail.advanced_event_selectors,
            "tags": _tags(cloudtrail.tagging_service.list_tags_for_resource(trail.arn)["TagsList"]),
        }
        for trail in cloudtrail.trails.values()
    }


def _cloudwatch(cloudwatch: Any) -> Any:
    left_out = ("history", "state_reason", "state_reason_data", "state_value")
    return {
        alarm.name: {
            name: value for name, value in vars(alarm).items() if name not in left_out and "_timestamp" not in name
        }
        | {"tags": cloudwatch.list_tags_for_resource(alarm.alarm_arn)}
        for alarm in cloudwatch.alarms.values()
    }


def _events(events: Any) -> Any:
    return {
        rule.arn: {
            "pattern": json.loads(rule.event_pattern.dump() or "{}"),
            "description": rule.description,
            "state": rule.state,
            "targets": sorted(rule.targets, key=_text),
            "tags": _tags(events.tagger.list_tags_for_resource(rule.arn)["Tags"]),
        }
        for bus in events.event_buses.values()
        for rule in bus.rules.values()
    }


def _ec2(ec2: Any) -> Any:
    """Return the security groups whose rules somebody has chosen: default groups as they come are left out."""
    held = []
    for groups in ec2.groups.values():
        for group in groups.values():
            rules = {"in": sorted(map(_rule, group.ingress_rules)), "out": sorted(map(_rule, group.egress_rules))}
            untouched = len(rules["in"]) == len(getattr(group, "furnished", ())) and len(rules["out"]) == 1
            if group.name != "default" or not untouched:
                vpc = ec2.vpcs.get(group.vpc_id)
                held.append({"name": group.name, "vpc": vpc and vpc.cidr_block, **rules})
    return sorted(held, key=_text)


def _rule(rule: Any) -> str:
    """Return a rule in one line, without the ids of groups, which are random."""
    source = rule.cidr_ipv4 or rule.cidr_ipv6 or rule.prefix_list_id or "a group"
    return f"{rule.ip_protocol} {rule.from_port}-{rule.to_port} {source}"


def _secrets(secrets: Any) -> Any:
    return {
        secret.name: {
            "description": secret.description,
            "key": secret.kms_key_id,
            "tags": _tags(secret.tags),
            "value": any("AWSCURRENT" in version["version_stages"] for version in secret.versions.values()),
            "deleted": secret.is_deleted(),
            "rotation": [secret.rotation_lambda_arn, getattr(secret, "rotation_rules", None)],
            "policy": _document(secret.policy),
        }
        for secret in secrets.secrets.values()
    }


def _schedules(scheduler: Any) -> Any:
    return {
        schedule.name: {
            "when": schedule.schedule_expression,
            "zone": schedule.schedule_expression_timezone,
            "then": schedule.action_after_completion,
            "calls": schedule.target["Arn"],
            "as": schedule.target["RoleArn"],
            # An instance has another id every time.
            "with": re.sub(r"i-[0-9a-f]{17}", "<instance>", schedule.target.get("Input", "")),
        }
        for group in scheduler.schedule_groups.values()
        for schedule in group.schedules.values()
    }


def _tags(tags: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    return {str(tag.get("Key", tag.get("TagKey"))): str(tag.get("Value", tag.get("TagValue"))) for tag in tags or ()}


def _document(text: Any) -> Any:
    """Return a policy document as a value, whatever moto keeps it as."""
    if isinstance(text, bytes):
        text = text.decode()
    if not isinstance(text, str):
        return _plain(text)
    try:
        return json.loads(text)
    except ValueError:
        return text


def _plain(value: Any) -> Any:
    """Return a value made of dicts, lists and scalars; dates go."""
    if isinstance(value, Mapping):
        return {str(key): _plain(held) for key, held in sorted(value.items(), key=lambda item: str(item[0]))}
    if isinstance(value, list | tuple):
        return [_plain(held) for held in value]
    if isinstance(value, set | frozenset):
        return sorted((_plain(held) for held in value), key=_text)
    if isinstance(value, datetime):
        return "<date>"
    if isinstance(value, Enum):
        return _plain(value.value)
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return _plain(vars(value))


def _text(value: Any) -> str:
    return json.dumps(_plain(value), sort_keys=True)


def _renamed(state: Any, names: Mapping[str, str]) -> dict[str, Any]:
    text = json.dumps(state, sort_keys=True)
    for random, stable in names.items():
        text = text.replace(random, stable)
    renamed: dict[str, Any] = json.loads(text)
    return renamed
