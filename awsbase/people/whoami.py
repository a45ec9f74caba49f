"""The caller's identity: account, principal, kind of credentials, MFA and expiry."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from awsbase.aws import Aws
from awsbase.engine.account import identify
from awsbase.engine.wire import Wire
from awsbase.people import files, store
from awsbase.people.files import Files
from awsbase.people.store import Session
from awsbase.records import record

Kind = Literal["root", "long-term", "session", "role", "sso", "federated"]


@record
class Identity:
    """What is known about the caller; None is unknown."""

    account: str
    alias: str | None
    """The account's sign-in alias; empty when it has none."""
    arn: str
    kind: Kind
    key: str
    """The last four characters of the access key id."""
    mfa: bool | None
    expires: datetime | None
    serial: str | None = None
    profile: str | None = None
    """The profile in which awsbase stored these credentials."""


def whoami(aws: Aws, where: Files) -> Identity:
    """Return the caller's identity, from AWS, from the credentials and from the sessions that awsbase stored."""
    from botocore.exceptions import ClientError

    account = identify(aws, Wire())
    credentials: Any = aws.clients.session.get_credentials()
    kind = _kind(account.caller, temporary=bool(credentials.token))
    refused = None
    try:
        aliases = aws.iam.list_account_aliases()["AccountAliases"]
        alias = aliases[0] if aliases else ""
    except ClientError as error:
        alias, refused = None, error.response["Error"]["Code"]
    profile, session = _kept_session(where, credentials.access_key)
    return Identity(
        account=account.id,
        alias=alias,
        arn=account.caller,
        kind=kind,
        key=credentials.access_key[-4:],
        mfa=True if session else _mfa(kind, credentials.method, refused, _profile_config(aws)),
        expires=session.expires if session else getattr(credentials, "_expiry_time", None),
        serial=session.serial if session else None,
        profile=profile,
    )


def _kind(arn: str, *, temporary: bool) -> Kind:
    resource = arn.split(":", 5)[5]
    if resource == "root":
        return "root"
    if resource.startswith("user/"):
        return "session" if temporary else "long-term"
    if resource.startswith("federated-user/"):
        return "federated"
    return "sso" if resource.startswith("assumed-role/AWSReservedSSO_") else "role"


def _mfa(kind: Kind, method: str, refused: str | None, config: dict[str, Any]) -> bool | None:
    if kind in ("long-term", "root", "federated"):
        # GetFederationToken takes no code. For root, long-term keys and session keys look the same from here.
        return False if kind != "root" else None
    if kind == "session":
        # IAM accepts a user's session only if it has MFA; otherwise it answers InvalidClientTokenId.
        return {None: True, "InvalidClientTokenId": False}.get(refused)
    if kind == "role" and method == "assume-role" and config.get("mfa_serial"):
        return True
    return None


def _profile_config(aws: Aws) -> dict[str, Any]:
    config: dict[str, Any] = aws.clients.session.get_scoped_config()
    return config


def _kept_session(where: Files, key_id: str) -> tuple[str | None, Session | None]:
    for profile, options in files.read_credentials(where).items():
        session = store.load(options)
        if session and session.key_id == key_id:
            return profile, session
    return None, None
