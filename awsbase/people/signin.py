"""Sign-in links to the console for a role's session; a link is a secret while it is valid."""

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

# AWS does not document the hosts outside the partition `aws`; these were found in use.
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
AWS creates links for roles only: the session of a user's own key (GetSessionToken) cannot open the console.
Name a role that trusts you with --role. If there is none yet, these lines of the manifest create one:

""" + "".join(f"    {line}\n" for line in ROLE_MANIFEST.splitlines())


def link(
    session: Session,
    *,
    region: str | None,
    duration: int | None,
    environ: Mapping[str, str] = os.environ,
    tell: Callable[[str], None] = lambda message: None,
) -> Secret:
    """Return a link, valid for 15 minutes, that signs in to the console as the session's role.

    Raises Refused when the session has no role or its partition has no known host, and AwsbaseError when AWS refuses.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
    """
    if session.role is None:
        raise Refused("this session cannot get a sign-in link", hint=NO_ROLE.rstrip())
    partition = session.role.split(":")[1]
    if partition not in HOSTS:
        raise Refused(f"awsbase knows no sign-in host for the partition {partition}")
    signin, console = HOSTS[partition]
    endpoint = _endpoint(environ) or f"https://{signin}/federation"

    token = _signin_token(endpoint, session, duration or CONSOLE_LONGEST, tell)
    home = f"https://{console}/console/home" + (f"?region={region}" if region else "")
    return Secret(f"{endpoint}?{urlencode({**_LOGIN, 'Destination': home, 'SigninToken': token})}")


_LOGIN = {"Action": "login", "Issuer": "awsbase"}


class _DurationRefused(AwsbaseError):
    """The endpoint rejected the credentials or the duration; it does not say which."""


def _signin_token(endpoint: str, session: Session, duration: int, tell: Callable[[str], None]) -> str:
    try:
        return _request_token(endpoint, session, duration)
    except _DurationRefused:
        # AWS also returns 400 for a role that was assumed from a session. Without a duration the link works.
        token = _request_token(endpoint, session, None)
        tell("AWS allows no longer console session here: it ends with the role's session\n")
        return token


def _request_token(endpoint: str, session: Session, duration: int | None) -> str:
    keys = {
        "sessionId": session.key_id,
        "sessionKey": session.secret_key.reveal(),
        "sessionToken": session.token.reveal(),
    }
    query = {"Action": "getSigninToken", "Session": json.dumps(keys)}
    if duration is not None:
        query["SessionDuration"] = str(duration)
    try:
        with urlopen(Request(f"{endpoint}?{urlencode(query)}"), timeout=PATIENCE) as response:  # noqa: S310 checked
            token = json.loads(response.read(1 << 20))["SigninToken"]
    except HTTPError as error:
        error.close()
        # The error contains the URL, and the URL the keys, so it must not be chained.
        if error.code == 400 and duration is not None:
            raise _DurationRefused("refused") from None
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
    configured = environ.get(ENDPOINT)
    if not configured:
        return None
    parts = urlsplit(configured)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
        return configured.rstrip("/")
    raise UsageError(
        f"{ENDPOINT} is not an https address", hint="credentials are sent there, so the connection must be encrypted"
    )


def open_in_browser(
    url: Secret, browse: Callable[[str], Any], patience: float = PATIENCE, folder: Path | None = None
) -> bool:
    """Open a secret link in a browser, without showing it in the list of processes; return whether it was opened.

    The browser opens a file with mode 0600, which redirects to an address on this machine. That address works once, and
    redirects to the link. So no file contains the link, and other users cannot find the address.
    """
    token = secrets.token_urlsafe(32)
    used = threading.Event()

    class OneTimeHandler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Redirect the first request with the right path to the link."""
            if used.is_set() or not secrets.compare_digest(self.path, f"/{token}"):
                self.send_error(404)
                return
            used.set()
            self.send_response(302)
            self.send_header("Location", url.reveal())
            self.send_header("Cache-Control", "no-store")
            self.send_header("Referrer-Policy", "no-referrer")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Log nothing."""

    # Browsers open connections early and leave them idle, so the server needs more than one thread.
    with ThreadingHTTPServer(("127.0.0.1", 0), OneTimeHandler) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        serving.start()
        try:
            with _page(f"http://127.0.0.1:{server.server_port}/{token}", folder or Path.home()) as page:
                return bool(browse(page)) and used.wait(patience)
        except OSError:
            return False
        finally:
            server.shutdown()
            serving.join()


@contextmanager
def _page(address: str, folder: Path) -> Iterator[str]:
    """Write a page that redirects to an address; yield its URI, and delete it afterwards."""
    # Browsers from a snap see neither /tmp nor hidden folders. mkstemp creates the file with mode 0600.
    descriptor, name = tempfile.mkstemp(prefix="awsbase-sign-in-", suffix=".html", dir=folder)
    try:
        with open(descriptor, "w") as file:
            file.write(f'<!doctype html><meta http-equiv="refresh" content="0;url={address}">\n')
        yield Path(name).as_uri()
    finally:
        Path(name).unlink(missing_ok=True)
