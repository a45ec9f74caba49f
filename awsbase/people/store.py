"""Sessions stored as profiles of the shared credentials file, where every AWS tool finds them.

The additional options use names that other tools know and the AWS tools ignore. Shell prompts and saml2aws read
`x_security_token_expires`. The name `expiration` is avoided because aws-mfa expects another format there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from awsbase.engine.times import timestamp
from awsbase.errors import Refused
from awsbase.people.files import Files
from awsbase.people.secret import Secret
from awsbase.records import record

# A live session is found without what writes files.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from contextlib import AbstractContextManager

ID, SECRET, TOKEN = "aws_access_key_id", "aws_secret_access_key", "aws_session_token"
# Boto reads this older name first: a stale value would be used instead of the new token.
OLD_TOKEN = "aws_security_token"  # noqa: S105 a name
EXPIRES, SOURCE, SERIAL, ROLE = "x_security_token_expires", "x_source_profile", "x_mfa_serial", "x_role_arn"
SOURCE_ID = "x_source_key_id"

# Settings of the config file that make the AWS tools ignore the keys stored under the same profile.
CONFLICTING_SETTINGS = ("role_arn", "credential_process", "sso_session", "sso_start_url", "web_identity_token_file", ID)


@record
class Session:
    """Temporary credentials, and where they came from."""

    key_id: str
    secret_key: Secret
    token: Secret
    expires: datetime
    source: str
    serial: str
    role: str | None = None
    source_id: str | None = None
    """The id of the long-term key that created the session: the profile may hold another key by now."""

    def seconds_left(self, now: datetime) -> float:
        """Return the seconds until the session expires."""
        return (self.expires - now).total_seconds()


def load(options: Mapping[str, str]) -> Session | None:
    """Return the session that awsbase stored in a profile's options, or None."""
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


def save(where: Files, profile: str, session: Session) -> None:
    """Write a session to a profile of the credentials file."""
    from awsbase.people import file_writing

    file_writing.write_credentials(
        where,
        profile,
        {
            ID: session.key_id,
            SECRET: session.secret_key.reveal(),
            TOKEN: session.token.reveal(),
            OLD_TOKEN: None,
            EXPIRES: timestamp(session.expires),
            SOURCE: session.source,
            SOURCE_ID: session.source_id,
            SERIAL: session.serial,
            ROLE: session.role,
        },
    )


def check_free(profile: str, credentials: Mapping[str, str], config: Mapping[str, str]) -> None:
    """Check that a session may be stored in a profile and will be used; raises Refused if not."""
    # The key of a session begins with ASIA, also where its token is lost.
    temporary = credentials.get(TOKEN) or credentials.get(OLD_TOKEN) or credentials.get(ID, "").startswith("ASIA")
    if credentials.get(ID) and not temporary:
        raise Refused(
            f"profile {profile} holds long-term keys, which awsbase does not overwrite",
            hint="choose another profile for the session with --destination",
        )
    if conflict := next((key for key in CONFLICTING_SETTINGS if key in config), None):
        raise Refused(
            f"profile {profile} has {conflict} in the config file, which conflicts with stored keys",
            hint="choose another profile for the session with --destination",
        )


def session_lock(where: Files, profile: str, waiting: Callable[[], None]) -> AbstractContextManager[int | None]:
    """Return the lock on a profile's session, so that only one process asks for a code."""
    from urllib.parse import quote

    from awsbase.people.locks import locked

    return locked(where.state / f"session-{quote(profile, safe='')}.lock", waiting)
