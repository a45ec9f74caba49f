"""The way from a role's session into the console: a sign-in link, which is a secret while it lasts."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

from awsbase.errors import AwsbaseError, Refused, UsageError
from awsbase.people.secret import Secret
from awsbase.people.store import Session

# The hosts outside `aws` are known from use, not from AWS's reference.
HOSTS = {
    "aws": ("signin.aws.amazon.com", "console.aws.amazon.com"),
    "aws-us-gov": ("signin.amazonaws-us-gov.com", "console.amazonaws-us-gov.com"),
    "aws-cn": ("signin.amazonaws.cn", "console.amazonaws.cn"),
}
ENDPOINT = "AWS_ENDPOINT_URL_SIGNIN"
CONSOLE_LONGEST = 43200
LOOPBACK = ("127.0.0.1", "::1", "localhost")
PATIENCE = 30

ROLE_MANIFEST = """\
iam:
  roles:
    Console: {trust: {accounts: ["{id}"]}, max_session: 43200, policies: ["aws:ReadOnlyAccess"]}
  policies:
    console: {statements: [{Effect: Allow, Action: sts:AssumeRole, Resource: "arn:*:iam::*:role/Console"}]}
  groups:
    Console: {policies: [console]}
"""
NO_ROLE = """\
AWS makes links for roles only: the session of a user's own key (GetSessionToken) opens no console.
Name a role that trusts you, with --role. If there is none yet, these lines of the manifest make one:

""" + "".join(f"    {line}\n" for line in ROLE_MANIFEST.splitlines())


def link(
    session: Session,
    *,
    region: str | None,
    duration: int | None,
    environ: Mapping[str, str] = os.environ,
    tell: Callable[[str], None] = lambda said: None,
) -> Secret:
    """Return a link that signs in to the console as the session's role; it can be opened for 15 minutes."""
    if session.role is None:
        raise Refused("no sign-in link can be made for this session", hint=NO_ROLE.rstrip())
    partition = session.role.split(":")[1]
    if partition not in HOSTS:
        raise Refused(f"no sign-in host is known for the partition {partition}")
    signin, console = HOSTS[partition]
    endpoint = _endpoint(environ) or f"https://{signin}/federation"

    token = _signin_token(endpoint, session, duration or CONSOLE_LONGEST, tell)
    home = f"https://{console}/console/home" + (f"?region={region}" if region else "")
    return Secret(f"{endpoint}?{urlencode({**_LOGIN, 'Destination': home, 'SigninToken': token})}")


_LOGIN = {"Action": "login", "Issuer": "awsbase"}


class _LongRefused(AwsbaseError):
    """The endpoint took the credentials or the duration for wrong; it does not say which."""


def _signin_token(endpoint: str, session: Session, duration: int, tell: Callable[[str], None]) -> str:
    try:
        return _ask(endpoint, session, duration)
    except _LongRefused:
        # 400 also for credentials that come from another session: those get a link that lasts as long as they do.
        token = _ask(endpoint, session, None)
        tell("AWS gives no longer console session here: it ends with the role's session\n")
        return token


def _ask(endpoint: str, session: Session, duration: int | None) -> str:
    keys = {
        "sessionId": session.key_id,
        "sessionKey": session.secret_key.reveal(),
        "sessionToken": session.token.reveal(),
    }
    query = {"Action": "getSigninToken", "Session": json.dumps(keys)}
    if duration is not None:
        query["SessionDuration"] = str(duration)
    try:
        with urlopen(Request(f"{endpoint}?{urlencode(query)}"), timeout=PATIENCE) as answer:  # noqa: S310 checked
            token = json.loads(answer.read(1 << 20))["SigninToken"]
    except HTTPError as error:
        error.close()
        # The error knows the URL, and the URL holds the keys: it is not handed on.
        if error.code == 400 and duration is not None:
            raise _LongRefused("refused") from None
        raise AwsbaseError(
            f"AWS gives no sign-in link: HTTP {error.code}",
            hint="run it again with --force, for a new session; the role may also be denied the console",
        ) from None
    except (URLError, TimeoutError) as error:
        reason = getattr(error, "reason", error)
        raise AwsbaseError(f"cannot reach {urlsplit(endpoint).hostname}: {reason}", hint="check the network") from None
    except (ValueError, KeyError, TypeError):
        raise AwsbaseError(f"{urlsplit(endpoint).hostname} did not answer with a sign-in token") from None
    return str(token)


def _endpoint(environ: Mapping[str, str]) -> str | None:
    given = environ.get(ENDPOINT)
    if not given:
        return None
    parts = urlsplit(given)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
        return given.rstrip("/")
    raise UsageError(f"{ENDPOINT} is no https address", hint="credentials are sent there, so it must be encrypted")


def open_in_browser(
    url: Secret, browse: Callable[[str], Any], patience: float = PATIENCE, folder: Path | None = None
) -> bool:
    """Let a browser open a secret link without anybody seeing it in the list of processes.

    The browser is given a page in a file that only its owner reads. From there it goes to an address on this machine
    that is good once and leads to the link: so the link itself is in no file, and whoever sees the processes of others
    does not get to it first.
    """
    once = secrets.token_urlsafe(32)
    taken = threading.Event()

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if taken.is_set() or not secrets.compare_digest(self.path, f"/{once}"):
                self.send_error(404)
                return
            taken.set()
            self.send_response(302)
            self.send_header("Location", url.reveal())
            self.send_header("Cache-Control", "no-store")
            self.send_header("Referrer-Policy", "no-referrer")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    # Browsers open connections ahead of need and say nothing on them: with one thread the door would wait for those.
    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        serving.start()
        try:
            with _page(f"http://127.0.0.1:{server.server_port}/{once}", folder or Path.home()) as page:
                return bool(browse(page)) and taken.wait(patience)
        except OSError:
            return False
        finally:
            server.shutdown()
            serving.join()


@contextmanager
def _page(address: str, folder: Path) -> Iterator[str]:
    """Write a page that leads to an address, and delete it after use; yield where it is."""
    # Browsers that come as a snap see neither /tmp nor hidden folders. mkstemp makes the file for its owner alone.
    made, name = tempfile.mkstemp(prefix="awsbase-sign-in-", suffix=".html", dir=folder)
    try:
        with open(made, "w") as file:
            file.write(f'<!doctype html><meta http-equiv="refresh" content="0;url={address}">\n')
        yield Path(name).as_uri()
    finally:
        Path(name).unlink(missing_ok=True)
