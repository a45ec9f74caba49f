"""Several accounts in this process, and sessions that cross from one to another."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import boto3

from awsbase.organization.reach import Sessions
from awsbase.sandbox import World
from awsbase.sandbox.callers import Key
from awsbase.sandbox.clients import session as session_with


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

    def of_keys(base: boto3.Session, keys: Mapping[str, Any]) -> boto3.Session:
        given = Key(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
        return session_with(given, base.region_name, world.transport)

    return Sessions(lambda profile: world.session(), of_keys, world.clock)
