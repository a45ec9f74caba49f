"""A role's session opens the console through a link that no other user can see."""

import json
import socket
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from urllib.request import HTTPRedirectHandler, build_opener

import pytest

from awsbase.errors import AwsbaseError, Refused, UsageError
from awsbase.manifest.load import load
from awsbase.people.secret import Secret
from awsbase.people.signin import ENDPOINT, ROLE_MANIFEST, link, open_in_browser
from awsbase.people.store import Session
from tests.people.federation import Federation

ARN = "arn:aws:iam::123456789012:role/Admin"


def session(role: str | None = ARN) -> Session:
    expires = datetime.now(UTC) + timedelta(hours=1)
    return Session("ASIAKEY", Secret("s3cr3t/+"), Secret("t0k3n=="), expires, "acme", "serial", role)


def parts(url: Secret) -> tuple[str, dict[str, str]]:
    split = urlsplit(url.reveal())
    return f"{split.scheme}://{split.netloc}{split.path}", {k: v[0] for k, v in parse_qs(split.query).items()}


def test_role_session_is_exchanged_for_a_link(federation: Federation) -> None:
    url = link(session(), region="eu-west-1", duration=7200, environ={ENDPOINT: federation.url})

    (asked,) = federation.asked
    keys = {"sessionId": "ASIAKEY", "sessionKey": "s3cr3t/+", "sessionToken": "t0k3n=="}
    assert json.loads(asked.pop("Session")) == keys
    assert asked == {"Action": "getSigninToken", "SessionDuration": "7200"}
    assert parts(url) == (
        federation.url,
        {
            "Action": "login",
            "Issuer": "awsbase",
            "Destination": "https://console.aws.amazon.com/console/home?region=eu-west-1",
            "SigninToken": "T0K=N",
        },
    )
    assert "T0K" not in f"{url} {url!r}"


@pytest.mark.parametrize(
    ("partition", "console"),
    [("aws-us-gov", "console.amazonaws-us-gov.com"), ("aws-cn", "console.amazonaws.cn")],
)
def test_link_leads_to_the_console_of_the_partition(federation: Federation, partition: str, console: str) -> None:
    role = ARN.replace("arn:aws:", f"arn:{partition}:")
    url = link(session(role), region=None, duration=None, environ={ENDPOINT: federation.url})
    assert parts(url)[1]["Destination"] == f"https://{console}/console/home"
    assert federation.asked[0]["SessionDuration"] == "43200"


def test_link_without_duration_is_used_when_aws_rejects_the_duration(federation: Federation) -> None:
    federation.direct = False
    messages: list[str] = []
    link(session(), region=None, duration=None, environ={ENDPOINT: federation.url}, tell=messages.append)
    assert ["SessionDuration" in asked for asked in federation.asked] == [True, False]
    assert "ends with the role's session" in messages[0]


@pytest.mark.parametrize(
    ("status", "answer", "message"),
    [
        (403, b"", "AWS gives no sign-in link: HTTP 403"),
        (200, b"<html>", "did not answer with a sign-in token"),
        (200, b"[]", "did not answer with a sign-in token"),
    ],
)
def test_refusal_is_reported_without_the_keys(federation: Federation, status: int, answer: bytes, message: str) -> None:
    federation.status, federation.answer = status, answer
    with pytest.raises(AwsbaseError) as error:
        link(session(), region=None, duration=None, environ={ENDPOINT: federation.url})
    assert message in error.value.message
    assert error.value.__cause__ is None
    assert "s3cr3t" not in f"{error.value!r} {error.value.hint}"


def test_session_without_role_gets_advice_instead_of_a_link() -> None:
    with pytest.raises(Refused) as error:
        link(session(role=None), region=None, duration=None, environ={})
    assert "roles only" in (error.value.hint or "")


def test_advice_is_a_valid_manifest(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.yaml"
    head = 'version: 1\naccount: {id: "123456789012", name: acme, region: eu-west-1}\n'
    manifest.write_text(head + ROLE_MANIFEST)
    assert load(manifest).account.name == "acme"


@pytest.mark.parametrize("url", ["http://signin.example/federation", "ftp://127.0.0.1/", "signin"])
def test_endpoint_without_encryption_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="not an https address"):
        link(session(), region=None, duration=None, environ={ENDPOINT: url})


def test_unknown_partition_is_reported() -> None:
    with pytest.raises(Refused, match="aws-iso"):
        link(session(ARN.replace("arn:aws:", "arn:aws-iso:")), region=None, duration=None, environ={})


class Stay(HTTPRedirectHandler):
    """Follow no redirect."""

    def redirect_request(self, *_: Any) -> None:
        return None


def target_of(page: str) -> str:
    """Return the target of a page, and check that only its owner can read it."""
    path = Path(urlsplit(page).path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    return path.read_text().partition("url=")[2].partition('"')[0]


def test_browser_gets_an_address_that_works_once(tmp_path: Path) -> None:
    url, visited = Secret("https://signin.example/?SigninToken=T0K"), list[Any]()

    def browse(page: str) -> bool:
        address = target_of(page)
        assert address.rpartition("/")[2] not in page
        visited.append(address)
        for tried in (address.rpartition("/")[0] + "/guess", address, address):
            with pytest.raises(HTTPError) as answer:
                build_opener(Stay).open(tried)
            visited.append((answer.value.code, answer.value.headers["Location"]))
            answer.value.close()
        return True

    assert open_in_browser(url, browse, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert "T0K" not in visited[0]
    assert visited[1:] == [(404, None), (302, url.reveal()), (404, None)]


def test_idle_connection_does_not_block_the_browser() -> None:
    url = Secret("https://signin.example/?SigninToken=T0K")
    silent = []

    def browse(page: str) -> bool:
        address = target_of(page)
        silent.append(socket.create_connection(("127.0.0.1", urlsplit(address).port or 0)))
        with pytest.raises(HTTPError) as answer:
            build_opener(Stay).open(address, timeout=5)
        assert answer.value.headers["Location"] == url.reveal()
        answer.value.close()
        return True

    assert open_in_browser(url, browse)
    silent[0].close()


def test_browser_that_does_not_open_is_noticed() -> None:
    assert not open_in_browser(Secret("https://signin.example"), lambda address: False)
    assert not open_in_browser(Secret("https://signin.example"), lambda address: True, patience=0)
