"""A sandbox on a socket, for clients of other processes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from awsbase.sandbox.serve import Served, listen


@contextmanager
def serving(sandbox: Served) -> Iterator[str]:
    """Serve a sandbox on loopback; yield its URL."""
    server = listen(sandbox)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://{server.host}:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()
