"""What an account has in IAM, as a plain value."""

from typing import Any

from awsbase.sandbox.service import AccountState
from awsbase.sandbox.services.iam.mfa import DeviceTags
from awsbase.sandbox.snapshot import as_text, by_partition, document, plain, tag_dict


def entities(iam: Any) -> dict[str, Any]:
    """Return what a partition has in IAM."""
    own = [policy for policy in iam.managed_policies.values() if f":{iam.account_id}:" in policy.arn]
    return {
        "users": {user.name: _user(iam, user) for user in iam.users.values()},
        "groups": {group.name: _holder(group, "path") for group in iam.groups.values()},
        "roles": {
            role.name: _holder(role, "path description max_session_duration permissions_boundary_arn tags")
            | {"trust": document(role.assume_role_policy_document)}
            for role in iam.roles.values()
        },
        "policies": {
            policy.arn: {
                "description": policy.description,
                "tags": policy.tags,
                "default": next(document(v.document) for v in policy.versions if v.is_default),
                "others": sorted((document(v.document) for v in policy.versions if not v.is_default), key=as_text),
            }
            for policy in own
        },
        "profiles": {
            profile.name: {
                "path": profile.path,
                "roles": [role.name for role in profile.roles],
                "tags": tag_dict(profile.tags),
            }
            for profile in iam.instance_profiles.values()
        },
        "oidc providers": {
            provider.arn: {
                "client ids": sorted(provider.client_id_list),
                "thumbprints": provider.thumbprint_list,
                "tags": tag_dict(provider.tags.values()),
            }
            for provider in iam.open_id_providers.values()
        },
        "aliases": iam.account_aliases,
        "password policy": plain(vars(iam.account_password_policy)) if iam.account_password_policy else None,
        "mfa devices": {
            device.serial_number: device.user.name if device.user else None
            for device in iam.virtual_mfa_devices.values()
        },
    }


def _user(iam: Any, user: Any) -> dict[str, Any]:
    return _holder(user, "path") | {
        "groups": sorted(group.name for group in iam.groups.values() if user in group.users),
        "tags": tag_dict(iam.tagger.list_tags_for_resource(user.arn)["Tags"]),
        "console": user.password is not None,
        "keys": sorted(key.status for key in user.access_keys),
        "ssh keys": sorted((key.ssh_public_key_body, key.status) for key in user.ssh_public_keys),
        "mfa": sorted(user.mfa_devices),
    }


def _holder(held: Any, attributes: str) -> dict[str, Any]:
    picked = {name: getattr(held, name) for name in attributes.split()}
    if "tags" in picked:
        picked["tags"] = tag_dict(picked["tags"])
    inline = {name: document(text) for name, text in held.policies.items()}
    return picked | {"attached": sorted(held.managed_policies), "inline": inline}


def snapshot(sandbox: AccountState) -> dict[str, Any]:
    """Return the entities of each partition, and what moto does not keep: tags of MFA devices, roots of members."""
    beside = {"mfa device tags": sandbox.memory(DeviceTags).state(), "roots of members": sorted(sandbox.central_root)}
    return {**by_partition("iam", entities)(sandbox), **{name: held for name, held in beside.items() if held}}


def stable_names(sandbox: AccountState) -> dict[str, str]:
    """Return what stands for the random ids of users and roles."""
    held = [one for iam in sandbox.backends("iam").values() for one in (*iam.users.values(), *iam.roles.values())]
    return {one.id: f"<id of {one.name}>" for one in held}
