"""Clients of a process share one TLS context and one pool a host, with each option that botocore knows."""

from __future__ import annotations

import gc
import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import botocore.exceptions
import pytest
from botocore.config import Config
from botocore.httpsession import URLLib3Session

from awsbase import connections
from awsbase.aws import Aws
from awsbase.connections import Connections, connect, share
from awsbase.engine.facts import WORKERS
from benchmarks import distant
from benchmarks.manifests import people
from benchmarks.measure import measure, ours
from tests.conftest import needs
from tests.tls import Secured, secured

LOWER_BOUND = Path(__file__).parents[1] / ".venv-lower-bound" / "bin" / "python"
KEY = "AKIASANDBOXADMIN0000"


@pytest.fixture(autouse=True)
def nothing_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_shared", {})
    monkeypatch.setattr(connections, "SOON", 30.0)
    monkeypatch.setenv("NO_PROXY", "")


def clients(key: str = KEY, region: str = "eu-west-1") -> Any:
    return Aws(boto3.Session(key, "sandbox", region_name=region), region, attempts=1)


def loads(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Return a list that grows with each reading of authorities."""
    read: list[object] = []
    load = ssl.SSLContext.load_verify_locations

    def counted(self: ssl.SSLContext, *files: Any, **more: Any) -> None:
        read.append(files or more)
        load(self, *files, **more)

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", counted)
    return read


def test_authorities_are_read_once_for_all_connections(hosts: Secured, monkeypatch: pytest.MonkeyPatch) -> None:
    read = loads(monkeypatch)
    aws = clients()
    for region in ("eu-west-1", "us-east-1", "eu-central-1"):
        for _ in range(3):
            aws.at(region).sts.get_caller_identity()
    assert len(read) == 1
    assert hosts.handshakes == [f"sts.{region}.amazonaws.com" for region in ("eu-west-1", "us-east-1", "eu-central-1")]


def test_authorities_are_read_once_by_calls_at_once(hosts: Secured, monkeypatch: pytest.MonkeyPatch) -> None:
    read, second = [], threading.Event()
    load = ssl.SSLContext.load_verify_locations

    def slow(self: ssl.SSLContext, *files: Any, **more: Any) -> None:
        read.append(more)
        if len(read) > 1:
            second.set()
        second.wait(0.3)
        load(self, *files, **more)

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", slow)
    aws = clients()
    calls = [threading.Thread(target=aws.sts.get_caller_identity) for _ in range(2)]
    for call in calls:
        call.start()
    for call in calls:
        call.join()
    assert (len(read), len(hosts.asked)) == (1, 2)


@pytest.mark.parametrize("proxy", [True, False], ids=["behind a proxy", "without one"])
def test_authorities_are_read_while_the_host_is_connected_to(
    proxy: bool, hosts: Secured, monkeypatch: pytest.MonkeyPatch
) -> None:
    load, reached = ssl.SSLContext.load_verify_locations, list[bool]()
    reaches = hosts.tunnelled if proxy else hosts.connected

    def once_reached(self: ssl.SSLContext, *files: Any, **more: Any) -> None:
        reached.append(reaches.wait(30))
        load(self, *files, **more)

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", once_reached)
    if not proxy:
        monkeypatch.delenv("HTTPS_PROXY")
    itself = hosts.url.replace("http://127.0.0.1", "https://localhost")
    sts = clients().sts if proxy else shared(endpoint_url=itself)
    connect(sts, sts.meta.endpoint_url)
    assert (reached, len(hosts.handshakes)) == ([True], 1)
    sts.get_caller_identity()
    assert (reached, len(hosts.handshakes)) == ([True], 1)


def test_accounts_share_connections_and_nothing_else(hosts: Secured) -> None:
    """A request that went out with the key or the region of another account would be told here."""
    keys = ("AKIAAAAAAAAAAAAAAAAA", "AKIABBBBBBBBBBBBBBBB")
    accounts = [clients(key) for key in keys]
    expected = []
    for region in ("eu-west-1", "us-east-1", "eu-west-1"):
        for key, account in zip(keys, accounts, strict=True):
            account.at(region).sts.get_caller_identity()
            expected.append((f"sts.{region}.amazonaws.com", key, region))
    assert hosts.asked == expected
    assert sorted(hosts.handshakes) == ["sts.eu-west-1.amazonaws.com", "sts.us-east-1.amazonaws.com"]


def test_a_run_makes_a_handshake_for_each_call_at_once_and_no_more(tmp_path: Path) -> None:
    command = ours("reconcile", people(40, tmp_path), "--yes")
    with distant.account(0, tls=True) as served:
        first, converged = measure(command, served), measure(command, served)
    hosts = {(service, region) for service, region, *_ in first.heard.made}
    assert first.calls > 80
    assert first.heard.connections < WORKERS + len(hosts)
    assert [service for service, *_ in converged.heard.made] == ["sts", "iam"]
    assert converged.heard.connections == 2


def waiting(client: Any, host: str) -> Any:
    """Return the connections to a host that wait for their first call."""
    url = f"https://{host}/"
    session = client._endpoint.http_session
    manager = session._get_connection_manager(url, session._proxy_config.proxy_url_for(url))
    return manager.connection_from_url(url)._ahead


def test_the_next_call_takes_a_connection_that_is_open(hosts: Secured) -> None:
    """The server's tickets of TLS 1.3 wait to be read: urllib3 alone would take them for the end."""
    aws = clients()
    for _ in range(2):
        connect(aws.sts, "https://sts.eu-west-1.amazonaws.com/")
    assert len(hosts.handshakes) == 2
    for _ in range(3):
        aws.sts.get_caller_identity()
    assert (len(hosts.handshakes), len(hosts.asked)) == (2, 3)


def test_a_connection_that_no_call_takes_is_closed_with_its_pool(hosts: Secured) -> None:
    sts = shared()
    connect(sts, "https://sts.eu-west-1.amazonaws.com/")
    found = waiting(sts, "sts.eu-west-1.amazonaws.com")
    opened = found.get_nowait()
    found.put(opened)
    del sts, found
    connections._shared.clear()
    gc.collect()
    assert opened.is_closed


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_without_a_proxy_it_shows_the_same_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with secured(tmp_path, client_certificates=True) as hosts:
        monkeypatch.setenv("AWS_CA_BUNDLE", str(hosts.authority.bundle))
        hosts.authority.host("alice")
        endpoint = hosts.url.replace("http:", "https:")
        config = Config(retries={"total_max_attempts": 1}, client_cert=str(tmp_path / "alice.pem"))
        client = shared(endpoint_url=endpoint, config=config, verify=False)
        connect(client, endpoint)
        client.get_caller_identity()
        assert (len(hosts.handshakes), len(hosts.certificates)) == (1, 1)


def test_a_connection_that_has_ended_is_replaced(hosts: Secured) -> None:
    aws = clients()
    connect(aws.sts, "https://sts.eu-west-1.amazonaws.com/")
    found = waiting(aws.sts, "sts.eu-west-1.amazonaws.com")
    ended = found.get_nowait()
    assert ended.is_connected
    assert ended.sock.gettimeout() == ended.timeout == aws.sts.meta.config.connect_timeout
    ended.sock.shutdown(socket.SHUT_RD)
    assert not ended.is_connected
    found.put(ended)
    aws.sts.get_caller_identity()
    assert len(hosts.handshakes) == 2


def test_only_the_call_tells_why_there_is_no_connection(hosts: Secured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_CA_BUNDLE")
    aws = clients()
    connect(aws.sts, "https://sts.eu-west-1.amazonaws.com/")
    with pytest.raises(botocore.exceptions.SSLError):
        aws.sts.get_caller_identity()


def test_nothing_is_opened_without_tls() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        connect(clients().sts, f"http://127.0.0.1:{server.getsockname()[1]}/")
        with pytest.raises(BlockingIOError):
            server.accept()


def test_no_authorities_are_read_without_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    read = loads(monkeypatch)
    sts = shared(endpoint_url="http://127.0.0.1:1", config=Config(retries={"total_max_attempts": 1}))
    with pytest.raises(botocore.exceptions.EndpointConnectionError):
        sts.get_caller_identity()
    assert read == []


def test_calls_at_once_make_one_manager_of_a_proxy(hosts: Secured, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of them would have pools of their own, and what one call opens the next would not find."""
    session, both = clients().sts._endpoint.http_session, threading.Barrier(2)
    made = session._proxies_kwargs

    def slow(**settings: Any) -> Any:
        with suppress(threading.BrokenBarrierError):
            both.wait(0.05)
        return made(**settings)

    monkeypatch.setattr(session, "_proxies_kwargs", slow)
    with ThreadPoolExecutor(2) as threads:
        managers = [threads.submit(session._get_proxy_manager, hosts.url) for _ in range(2)]
    assert managers[0].result() is managers[1].result()


def test_a_wrong_account_is_asked_for_nothing_but_the_caller(hosts: Secured, tmp_path: Path) -> None:
    manifest = tmp_path / "other.yaml"
    manifest.write_text(people(1, tmp_path).read_text().replace("123456789012", "210987654321"))
    done = subprocess.run(ours("plan", manifest), capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("awsbase: the manifest is for account 210987654321, but these credentials are for")
    assert "Traceback" not in done.stderr
    assert [host for host, *_ in hosts.asked] == ["sts.eu-west-1.amazonaws.com"]


def test_an_authority_that_nobody_trusts_is_refused(hosts: Secured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_CA_BUNDLE")
    with pytest.raises(botocore.exceptions.SSLError):
        clients().sts.get_caller_identity()
    assert hosts.asked == []


def test_a_bundle_that_is_replaced_counts_from_then_on(hosts: Secured, tmp_path: Path) -> None:
    clients().sts.get_caller_identity()
    hosts.authority.bundle.write_text("")
    with pytest.raises(botocore.exceptions.SSLError):
        clients().sts.get_caller_identity()


@pytest.mark.parametrize("content", [None, "no certificate\n"], ids=["is not there", "holds none"])
def test_a_bad_bundle_is_told_as_botocore_tells_it(
    content: str | None, hosts: Secured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bundle = tmp_path / "own.pem"
    if content is not None:
        bundle.write_text(content)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(bundle))
    told = []
    for sts in (clients().sts, bare()):
        with pytest.raises((botocore.exceptions.SSLError, botocore.exceptions.HTTPClientError)) as error:
            sts.get_caller_identity()
        told.append((error.type, str(error.value)))
    assert told[0] == told[1]
    assert hosts.asked == []


def test_another_proxy_has_another_pool(hosts: Secured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clients().sts.get_caller_identity()
    (tmp_path / "other").mkdir()
    with secured(tmp_path / "other") as others:
        monkeypatch.setenv("HTTPS_PROXY", others.url)
        monkeypatch.setenv("AWS_CA_BUNDLE", str(others.authority.bundle))
        clients().sts.get_caller_identity()
        assert (len(hosts.asked), len(others.asked)) == (1, 1)


def bare() -> Any:
    """Return a client as botocore makes it."""
    return boto3.client("sts", "eu-west-1", config=Config(retries={"total_max_attempts": 1}))


@pytest.mark.parametrize("client", [lambda: clients().sts, bare], ids=["awsbase", "botocore"])
def test_a_proxy_that_speaks_tls_is_trusted_as_the_hosts_are(
    client: Callable[[], Any], hosts: Secured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", hosts.url.replace("http://127.0.0.1", "https://localhost"))
    sts = client()
    for _ in range(2):
        connect(sts, sts.meta.endpoint_url)
        assert sts.get_caller_identity()["Account"] == "123456789012"
    assert hosts.handshakes == ["localhost", "sts.eu-west-1.amazonaws.com"]


@pytest.mark.parametrize("client", [lambda: clients().sts, bare], ids=["awsbase", "botocore"])
def test_a_proxy_that_speaks_tls_with_another_name_is_refused(
    client: Callable[[], Any], hosts: Secured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", hosts.url.replace("http:", "https:"))
    with pytest.raises(botocore.exceptions.ProxyConnectionError):
        client().get_caller_identity()
    assert hosts.asked == []


def test_fips_endpoints_are_asked(hosts: Secured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")
    clients(region="us-east-1").sts.get_caller_identity()
    assert hosts.handshakes == ["sts-fips.us-east-1.amazonaws.com"]


def test_a_custom_endpoint_is_asked(hosts: Secured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://aws.acme.example")
    clients().sts.get_caller_identity()
    assert hosts.handshakes == ["aws.acme.example"]


def shared(**options: Any) -> Any:
    """Return a client that botocore made with options that no profile has, and that shares connections."""
    session = boto3.Session(KEY, "sandbox", region_name="eu-west-1")
    client: Any = session.client("sts", **options)
    share(client)
    assert type(client._endpoint.http_session) is Connections
    return client


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_who_verifies_nobody_has_connections_of_its_own(hosts: Secured, monkeypatch: pytest.MonkeyPatch) -> None:
    clients().sts.get_caller_identity()
    monkeypatch.delenv("AWS_CA_BUNDLE")
    assert shared(verify=False).get_caller_identity()["Account"] == "123456789012"
    assert len(hosts.handshakes) == 2


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_client_certificates_are_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with secured(tmp_path, client_certificates=True) as hosts:
        monkeypatch.setenv("AWS_CA_BUNDLE", str(hosts.authority.bundle))
        hosts.authority.host("alice")
        endpoint = hosts.url.replace("http:", "https:")
        once = Config(retries={"total_max_attempts": 1})
        with pytest.raises(botocore.exceptions.BotoCoreError):
            shared(endpoint_url=endpoint, config=once, verify=False).get_caller_identity()
        certified = once.merge(Config(client_cert=str(tmp_path / "alice.pem")))
        shared(endpoint_url=endpoint, config=certified, verify=False).get_caller_identity()
        assert len(hosts.certificates) == 1


@pytest.mark.parametrize("inside", ["_get_pool_manager_kwargs", "_setup_ssl_cert"])
def test_clients_stay_as_botocore_makes_them_when_its_inside_has_changed(
    inside: str, hosts: Secured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "NEEDED", (*connections.NEEDED, f"{inside}_of_tomorrow"))
    aws = clients()
    aws.sts.get_caller_identity()
    assert type(aws.sts._endpoint.http_session) is URLLib3Session


def test_nothing_is_opened_ahead_when_the_inside_of_urllib3_has_changed(
    hosts: Secured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "NEEDED_AHEAD", (*connections.NEEDED_AHEAD, "ConnectionCls.is_open"))
    aws = clients()
    connect(aws.sts, "https://sts.eu-west-1.amazonaws.com/")
    assert hosts.handshakes == []
    aws.sts.get_caller_identity()
    assert hosts.handshakes == ["sts.eu-west-1.amazonaws.com"]
    assert type(aws.sts._endpoint.http_session) is Connections


@pytest.mark.parametrize("name", ["_get_conn", "_new_conn", "_prepare_proxy"])
def test_a_pool_that_is_made_otherwise_opens_nothing(name: str) -> None:
    usual = {each: None for each in ("_get_conn", "_new_conn", "_prepare_proxy") if each != name}
    assert not connections.opens_ahead(SimpleNamespace(ConnectionCls=connections.Connection, **usual))


@pytest.mark.parametrize("name", ["_new_conn", "_tunnel", "is_closed", "is_connected"])
def test_a_connection_that_is_made_otherwise_is_not_opened(name: str) -> None:
    parts = dict.fromkeys(("_new_conn", "_tunnel", "is_closed", "is_connected"))
    pool = dict.fromkeys(("_get_conn", "_new_conn", "_prepare_proxy"))
    assert connections.opens_ahead(SimpleNamespace(ConnectionCls=SimpleNamespace(**parts), **pool))
    del parts[name]
    assert not connections.opens_ahead(SimpleNamespace(ConnectionCls=SimpleNamespace(**parts), **pool))


def test_a_fork_has_connections_of_its_own(hosts: Secured, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = clients().sts._endpoint.http_session
    assert clients().sts._endpoint.http_session is mine
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert clients().sts._endpoint.http_session is not mine


@pytest.mark.parametrize(
    "python", [Path(sys.executable), pytest.param(LOWER_BOUND, marks=needs(LOWER_BOUND))], ids=["newest", "lower bound"]
)
def test_each_botocore_that_setup_allows_shares(python: Path, hosts: Secured) -> None:
    program = """
import botocore.session
from awsbase.connections import Connections, connect, share
for region in ("eu-west-1", "us-east-1"):
    client = botocore.session.get_session().create_client("sts", region)
    share(client)
    assert type(client._endpoint.http_session) is Connections
    connect(client, client.meta.endpoint_url)
    client.get_caller_identity()
"""
    root = str(Path(__file__).parents[1])
    found = subprocess.run([python, "-c", program], capture_output=True, text=True, cwd=root, check=False, timeout=60)
    assert (found.returncode, found.stderr) == (0, "")
    assert len(hosts.handshakes) == 2
