"""The connections of a process: one TLS context, and one pool for each host, for all clients of AWS.

botocore gives each client a pool of its own, and urllib3 reads the certificates of the authorities, 35 ms of CPU, for
each connection. A connection can be opened before its first request is sent. Where botocore is made otherwise than
this module knows it, its clients stay as it made them.
"""

from __future__ import annotations

import hashlib
import os
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from operator import attrgetter
from queue import Empty, SimpleQueue
from ssl import SSLWantReadError
from typing import Any

from botocore.awsrequest import AWSHTTPSConnection, AWSHTTPSConnectionPool
from botocore.httpsession import URLLib3Session, get_cert_path
from urllib3 import PoolManager

# A host for each bucket, and one for each service and region: with urllib3's ten, pools would be closed while in use.
HOSTS = 1000

# In seconds: a host that takes longer to answer is connected to by the call that needs it, as botocore does it.
SOON = 1.0

# What this module changes or uses of botocore's class.
NEEDED = ("_get_pool_manager_kwargs", "_setup_ssl_cert")

# What it changes or uses of urllib3's pools and connections, to open one before its first request.
NEEDED_AHEAD = (
    *("_get_conn", "_new_conn", "_prepare_proxy"),
    *("ConnectionCls._new_conn", "ConnectionCls._tunnel", "ConnectionCls.is_closed", "ConnectionCls.is_connected"),
)

# botocore-stubs do not have what is private to the class.
Base: Any = URLLib3Session

Https: Any = AWSHTTPSConnection
HttpsPool: Any = AWSHTTPSConnectionPool

_lock = threading.Lock()
_shared: dict[str, Connections] = {}


class Connection(Https):  # type: ignore[misc]
    """A connection that can wait for its first request."""

    trust: Callable[[Connection], None] | None = None
    """What gives it the authorities before the handshake, while its host or proxy answers."""

    def _new_conn(self) -> Any:
        sock = super()._new_conn()
        if self.trust and not self._tunnel_host:
            self.trust(self)
        return sock

    def _tunnel(self) -> None:
        super()._tunnel()
        if self.trust:
            self.trust(self)

    @property
    def is_connected(self) -> bool:
        """Tell whether the other side still listens.

        urllib3 takes what comes between two requests for the end of the connection. A server of TLS 1.3 sends tickets
        after the handshake, which only a read takes away.
        """
        if super().is_connected or self.sock is None:
            return self.sock is not None
        with suppress(OSError):
            self.sock.settimeout(0)
            try:
                self.sock.recv(1)  # the end, or an answer that nobody asked for
            except SSLWantReadError:
                return True
            finally:
                self.sock.settimeout(self.timeout)
        return False


class Pool(HttpsPool):  # type: ignore[misc]
    """The connections of one host, and those among them that no call has had yet."""

    ConnectionCls = Connection

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._ahead: SimpleQueue[Connection] = SimpleQueue()
        weakref.finalize(self, close_all, self._ahead)  # as urllib3 does it with the connections that calls have had

    def missing(self, requests: int) -> int:
        """Return how many connections are missing for so many requests at once; drop those that have ended."""
        for _ in range(self._ahead.qsize()):
            with suppress(Empty):
                one = self._ahead.get_nowait()
                self._ahead.put(one) if one.is_connected else one.close()
        free = [conn for conn in list(self.pool.queue) if conn and not conn.is_closed]
        return max(0, requests - self._ahead.qsize() - len(free))

    def open(self, trust: Callable[[Connection], None]) -> None:
        """Open a connection that the next request finds, and give it its authorities; raises what urllib3 raises."""
        if by_tls(self):
            return  # such a proxy need not be asked for a tunnel
        made = self._new_conn()
        made.trust = trust
        usual, made.timeout = made.timeout, SOON
        try:
            self._prepare_proxy(made) if self.proxy else made.connect()
            made.trust, made.timeout = None, usual
            made.sock.settimeout(usual)
        except BaseException:
            made.close()
            raise
        self._ahead.put(made)

    def _get_conn(self, timeout: float | None = None) -> Any:
        conn = super()._get_conn(timeout)
        with suppress(Empty):
            while conn.is_closed:
                ahead = self._ahead.get_nowait()
                if ahead.is_connected:
                    return ahead
                ahead.close()
        return conn


class Connections(Base):  # type: ignore[misc]
    """botocore's HTTP session, whose TLS context reads the authorities once, for the first connection with TLS."""

    _context: Any
    _unread: bool
    """Whether the authorities are still to be read."""
    _reading: threading.Lock

    @classmethod
    def like(cls, one: Any) -> Connections:
        """Return connections with the settings of one of botocore's sessions; raises AttributeError or OSError."""
        made = cls.__new__(cls)
        made.__dict__ = {
            **vars(one),
            "_proxy_managers": {},
            "_context": None,
            "_unread": True,
            "_reading": threading.Lock(),
        }
        if made._pool_classes_by_scheme.get("https") is HttpsPool and opens_ahead(HttpsPool):
            made._pool_classes_by_scheme = {**made._pool_classes_by_scheme, "https": Pool}
        made._manager = PoolManager(**made._get_pool_manager_kwargs())
        made._manager.pool_classes_by_scheme = made._pool_classes_by_scheme
        return made

    def _get_proxy_manager(self, proxy_url: str) -> Any:
        with _lock:  # two calls at once would each make one, with pools of its own
            return super()._get_proxy_manager(proxy_url)

    def _get_pool_manager_kwargs(self, **extra: Any) -> dict[str, Any]:
        settings: dict[str, Any] = super()._get_pool_manager_kwargs(num_pools=HOSTS, **extra)
        self._context = self._context or settings["ssl_context"]
        return {**settings, "ssl_context": self._context}

    def pool(self, url: str) -> Any:
        """Return the pool of the host of an address, as `send` finds it."""
        proxy = self._proxy_config.proxy_url_for(url)
        return self._get_connection_manager(url, proxy).connection_from_url(url)

    def open(self, url: str) -> None:
        """Open a connection to the host of an address, as `send` does; raises what urllib3 raises."""
        pool = self.pool(url)
        if isinstance(pool, Pool):
            pool.open(lambda made: self._setup_ssl_cert(made, url, self._verify))

    def _setup_ssl_cert(self, conn: Any, url: str, verify: Any) -> None:
        super()._setup_ssl_cert(conn, url, verify)
        # A proxy that speaks TLS has a context of its own, into which urllib3 reads the same authorities.
        if conn.ca_certs and not by_tls(conn):
            with suppress(OSError):  # which urllib3 then raises, as with botocore's own
                self._read_authorities()
                conn.ca_certs = None  # urllib3 would read them into the context again

    def _read_authorities(self) -> None:
        """Read the authorities into the context, if that is not done; raises OSError."""
        with self._reading:
            if self._unread:
                # Python lets other threads run meanwhile, so for a connection that is opened ahead this takes no time.
                self._context.load_verify_locations(cafile=get_cert_path(self._verify))
                self._unread = False


def share(client: Any) -> None:
    """Let a client use the connections of all clients with the same settings of TLS, proxies and timeouts."""
    try:
        own = client._endpoint.http_session
        if type(own) is not URLLib3Session or not all(hasattr(own, name) for name in NEEDED):
            return
        settings = {name: value for name, value in vars(own).items() if name not in ("_manager", "_proxy_managers")}
        proxies = vars(settings.pop("_proxy_config"))
        # Sockets are no longer one's own after a fork. The address of a proxy may hold a password: a digest shows none.
        same = repr((os.getpid(), changed(settings["_verify"]), settings, proxies))
        key = hashlib.sha256(same.encode()).hexdigest()
        with _lock:
            if key not in _shared:
                _shared[key] = Connections.like(own)
        client._endpoint.http_session = _shared[key]
    except (AttributeError, KeyError, TypeError, OSError):
        # A bundle that cannot be read is told where botocore tells it: by the first call.
        return


def connect(client: Any, url: str) -> None:
    """Open a connection for the next call of a client to an address; if that fails, the call itself connects."""
    with suppress(Exception):
        connections = client._endpoint.http_session
        if type(connections) is Connections:
            connections.open(url)


def missing(client: Any, url: str, calls: int) -> int:
    """Return how many connections of a client to an address to open for so many calls at once."""
    with suppress(Exception):
        connections = client._endpoint.http_session
        if type(connections) is Connections and isinstance(pool := connections.pool(url), Pool):
            return pool.missing(calls)
    return 0


def by_tls(conn: Any) -> bool:
    """Tell whether a pool or a connection goes through a proxy that speaks TLS."""
    proxy = getattr(conn, "proxy", None)
    return proxy is not None and proxy.scheme == "https"


def close_all(waiting: SimpleQueue[Connection]) -> None:
    """Close the connections that no call has taken."""
    with suppress(Empty):
        while True:
            waiting.get_nowait().close()


def opens_ahead(pool: Any) -> bool:
    """Tell whether a class of pools is made as this module knows it; urllib3 1 is not."""
    try:
        attrgetter(*NEEDED_AHEAD)(pool)
    except AttributeError:
        return False
    return True


def changed(verify: Any) -> int:
    """Return when the file with the authorities was last changed, in nanoseconds; raises OSError."""
    return os.stat(str(get_cert_path(verify))).st_mtime_ns if verify else 0
