"""The connections of a process: one TLS context, and one pool for each host, for all clients of AWS.

botocore gives each client a pool of its own, and urllib3 reads the certificates of the authorities, 35 ms of CPU, for
each connection. Where botocore is made otherwise than this module knows it, its clients stay as it made them.
"""

from __future__ import annotations

import hashlib
import os
import threading
from typing import Any

from botocore.httpsession import URLLib3Session, get_cert_path
from urllib3 import PoolManager

# A host for each bucket, and one for each service and region: with urllib3's ten, pools would be closed while in use.
HOSTS = 1000

# What this module changes or uses of botocore's class.
NEEDED = ("_get_pool_manager_kwargs", "_setup_ssl_cert")

# botocore-stubs do not have what is private to the class.
Base: Any = URLLib3Session

_lock = threading.Lock()
_shared: dict[str, Connections] = {}


class Connections(Base):  # type: ignore[misc]
    """botocore's HTTP session, whose TLS context has read the authorities once, before the first connection."""

    _context: Any

    @classmethod
    def like(cls, one: Any) -> Connections:
        """Return connections with the settings of one of botocore's sessions; raises AttributeError or OSError."""
        made = cls.__new__(cls)
        made.__dict__ = {**vars(one), "_proxy_managers": {}, "_context": None}
        made._manager = PoolManager(**made._get_pool_manager_kwargs())
        made._manager.pool_classes_by_scheme = made._pool_classes_by_scheme
        return made

    def _get_pool_manager_kwargs(self, **extra: Any) -> dict[str, Any]:
        settings: dict[str, Any] = super()._get_pool_manager_kwargs(num_pools=HOSTS, **extra)
        if self._context is None:
            self._context = settings["ssl_context"]
            if self._verify:
                self._context.load_verify_locations(cafile=get_cert_path(self._verify))
        return {**settings, "ssl_context": self._context}

    def _setup_ssl_cert(self, conn: Any, url: str, verify: Any) -> None:
        super()._setup_ssl_cert(conn, url, verify)
        conn.ca_certs = None  # urllib3 would read them into the context again


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


def changed(verify: Any) -> int:
    """Return when the file with the authorities was last changed, in nanoseconds; raises OSError."""
    return os.stat(str(get_cert_path(verify))).st_mtime_ns if verify else 0
