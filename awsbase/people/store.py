"""Sessions, kept where every AWS tool finds them: each a profile of the shared credentials file.

Beside the keys stand the names that other tools use for the same things and that the AWS tools pass over: prompts and
saml2aws read `x_security_token_expires`. `expiration` would be taken by aws-mfa for its own, in another format.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from urllib.parse import quote

from awsbase.errors import Refused
from awsbase.people import files
from awsbase.people.files import Files
from awsbase.people.locks import locked
from awsbase.people.secret import Secret
from awsbase.records import record

ID, SECRET, TOKEN = "aws_access_key_id", "aws_secret_access_key", "aws_session_token"
# Boto reads this older name first: one left over would be used instead of the new token.
OLD_TOKEN = "aws_security_token"  # noqa: S105 a name
EXPIRES, SOURCE, SERIAL, ROLE = "x_security_token_expires", "x_source_profile", "x_mfa_serial", "x_role_arn"
SOURCE_ID = "x_source_key_id"

# What a profile of the config file may hold that the AWS tools would use before, or hide behind, stored keys.
RIVALS = ("role_arn", "credential_process", "sso_session", "sso_start_url", "web_identity_token_file", ID)


@record
class Session:
    """Credentials that end by themselves, and where they came from."""

    key_id: str
    secret_key: Secret
    token: Secret
    expires: datetime
    source: str
    serial: str
    role: str | None = None
    source_id: str | None = None
    """The id of the long-term key it was had with: the same profile may hold another one by now."""

    def left(self, now: datetime) -> float:
        """Return the seconds until it ends."""
        return (self.expires - now).total_seconds()


def load(options: Mapping[str, str]) -> Session | None:
    """Return the session that awsbase once kept in a profile's options, if it did."""
    try:
        expires = datetime.fromisoformat(options[EXPIRES])
        return Session(
            key_id=options[ID],
            secret_key=Secret(options[SECRET]),
            token=Secret(options[TOKEN]),
            expires=expires if expires.tzinfo else expires.replace(tzinfo=UTC),
            source=options[SOURCE],
            serial=options[SERIAL],
            role=options.get(ROLE),
            source_id=options.get(SOURCE_ID),
        )
    except (KeyError, ValueError):
        return None


def keep(where: Files, profile: str, session: Session) -> None:
    """Write a session to a profile of the credentials file."""
    files.write_credentials(
        where,
        profile,
        {
            ID: session.key_id,
            SECRET: session.secret_key.reveal(),
            TOKEN: session.token.reveal(),
            OLD_TOKEN: None,
            EXPIRES: session.expires.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            SOURCE: session.source,
            SOURCE_ID: session.source_id,
            SERIAL: session.serial,
            ROLE: session.role,
        },
    )


def check_free(profile: str, credentials: Mapping[str, str], config: Mapping[str, str]) -> None:
    """Raise Refused when a profile holds something that a session must not replace, or would not be seen behind."""
    if credentials.get(ID) and not (credentials.get(TOKEN) or credentials.get(OLD_TOKEN)):
        raise Refused(
            f"profile {profile} holds long-term keys; they are not overwritten",
            hint="choose another profile for the session with --destination",
        )
    if rival := next((key for key in RIVALS if key in config), None):
        raise Refused(
            f"profile {profile} has {rival} in the config file: keys stored beside it would be in its way",
            hint="choose another profile for the session with --destination",
        )


def alone(where: Files, profile: str, waiting: Callable[[], None]) -> AbstractContextManager[int]:
    """Hold the lock on a profile's session, so that only one process asks for a code."""
    return locked(where.state / f"session-{quote(profile, safe='')}.lock", waiting)
