"""The pages of projects on loopback: what they publish, below the names of their hosts."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from awsbase.toolchain.known import PLATFORMS, TOOLS

RELEASES = (("opentofu", "1.9.1"), ("opentofu", "1.10.0"), ("terraform", "1.9.8"), ("packer", "1.11.2"))


def sha256(name: str) -> str:
    """Return the checksum that a file is published with."""
    return hashlib.sha256(name.encode()).hexdigest()


def published() -> dict[str, bytes]:
    """Return the checksum files by their paths."""
    pages = {}
    for name, version in RELEASES:
        tool = TOOLS[name]
        assets = [tool.asset.format(version=version, os=system, arch=arch) for system, arch in PLATFORMS.values()]
        # Packages and other files stand in the same list.
        lines = [f"{sha256(each)}  {each}" for each in (*assets, f"{name}_{version}_freebsd_386.zip")]
        folder = tool.folder.format(version=version).removeprefix("https:/")
        pages[f"{folder}/{tool.sums.format(version=version)}"] = ("\n".join(lines) + "\n").encode()
    return pages


@contextmanager
def serving(pages: Mapping[str, bytes]) -> Iterator[str]:
    """Serve pages on loopback, and yield the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = pages.get(self.path)
            self.send_response(200 if content is not None else 404)
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
