"""Several accounts in this process, and sessions that cross from one to another."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from awsbase.aws import of_botocore
from awsbase.organization.reach import Sessions
from awsbase.sandbox import World
from awsbase.sandbox.callers import Key
from awsbase.sandbox.clients import session as session_with

if TYPE_CHECKING:
    import boto3

    from awsbase.aws import AnySession


def role(world: World, account: str, name: str, trusted: str) -> None:
    """Make an administrator's role of an account that trusts another one."""
    iam = world.session(account).client("iam")
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{trusted}:root"},
        "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"],
    }
    iam.create_role(
        RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )
    iam.attach_role_policy(RoleName=name, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")


def sessions(world: World) -> Sessions:
    """Return sessions that begin with the first account, whatever the profile."""

    def of_keys(base: AnySession, keys: Mapping[str, Any]) -> boto3.Session:
        given = Key(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
        region = of_botocore(base).get_config_variable("region")
        return session_with(given, region, world.transport)

    return Sessions(lambda profile: world.session(), of_keys, world.clock)
