"""Roles: assumed from a session with MFA that is live already, so that one code serves all of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from awsbase.engine.account import Account, identify
from awsbase.engine.wire import Wire
from awsbase.errors import AwsbaseError
from awsbase.people import durations, sts_refusals
from awsbase.people.profiles import Source
from awsbase.people.resolver import Keys
from awsbase.people.secret import Secret
from awsbase.people.store import Session

if TYPE_CHECKING:
    from awsbase.people.session import Person


def from_session(
    base: Session, source: Source, role: str, duration: int | None, region: str, person: Person
) -> Session:
    """Return a role's session, assumed from a session with MFA without another code.

    Raises CredentialsRefused when AWS ended the session, Denied when the role cannot be assumed, and AwsbaseError.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    keys = Keys(base.key_id, base.secret_key, base.token)
    account = identify(person.connect(replace(source, keys=keys), region), Wire())
    call = assume(account, source, role, duration)
    try:
        given = call()["Credentials"]
    except ClientError as error:
        problem = sts_refusals.of_call(error, person.now())
        if isinstance(problem, sts_refusals.Denied):
            problem.hint = sts_refusals.role_hint(
                error, call.keywords["RoleArn"], account.caller, keys_profile=base.source, with_session=True
            )
        raise problem from None
    except BotoCoreError as error:
        raise AwsbaseError(f"cannot reach AWS: {error}", hint="check the network, then run it again") from error
    return session_of(given, source, base.serial, arn_of(account, role))


def session_of(given: Mapping[str, Any], source: Source, serial: str, role: str | None) -> Session:
    """Return the session that STS's `Credentials` are, with where they came from."""
    return Session(
        key_id=given["AccessKeyId"],
        secret_key=Secret(given["SecretAccessKey"]),
        token=Secret(given["SessionToken"]),
        expires=given["Expiration"],
        source=source.profile,
        serial=serial,
        role=role,
        source_id=source.key_id,
    )


def assume(account: Account, source: Source, role: str, duration: int | None) -> partial[Mapping[str, Any]]:
    """Return the call that assumes a role, without device and code."""
    own = source.config.get("duration_seconds", "")
    seconds = duration or (int(own) if own.isascii() and own.isdigit() else durations.ROLE_DEFAULT)
    if account.role and not duration:
        # AWS gives a role that was assumed by a role one hour.
        seconds = min(seconds, durations.ROLE_DEFAULT)
    name = source.config.get("role_session_name") or account.caller.rpartition("/")[2]
    name = re.sub(r"[^\w+=,.@-]", "-", name, flags=re.ASCII)
    arguments = {
        "RoleArn": arn_of(account, role),
        "RoleSessionName": name[:64].ljust(2, "-"),
        "DurationSeconds": durations.check(seconds, role=True),
    }
    if external := source.config.get("external_id"):
        arguments["ExternalId"] = external
    sts: Any = account.aws.sts
    return partial(sts.assume_role, **arguments)


def arn_of(account: Account, role: str) -> str:
    """Return the ARN of a role; a name is one of the caller's account."""
    return role if role.startswith("arn:") else f"arn:{account.caller.split(':')[1]}:iam::{account.id}:role/{role}"
