"""The metadata service of EC2, version 2 alone, for one guest: what cloud-init reads on AWS, read the same way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from awsbase.records import record

TOKEN = "a-token-of-the-session"
TOKEN_TTL = "X-aws-ec2-metadata-token-ttl-seconds"


@record
class Guest:
    """What the metadata say of the guest."""

    instance: str
    type: str
    region: str
    address: str
    mac: str


def tree(guest: Guest) -> dict[str, Any]:
    """Return the metadata of a guest without a key pair, as the folders and files of the service."""
    name = f"ip-{guest.address.replace('.', '-')}.{guest.region}.compute.internal"
    return {
        "ami-id": "ami-0123456789abcdef0",
        "hostname": name,
        "instance-id": guest.instance,
        "instance-type": guest.type,
        "local-hostname": name,
        "local-ipv4": guest.address,
        "mac": guest.mac,
        "network": {
            "interfaces": {
                "macs": {
                    guest.mac: {
                        "device-number": "0",
                        "interface-id": "eni-0123456789abcdef0",
                        "local-ipv4s": guest.address,
                        "mac": guest.mac,
                        "subnet-ipv4-cidr-block": "169.254.169.0/24",
                    }
                }
            }
        },
        "placement": {"availability-zone": f"{guest.region}a", "region": guest.region},
        "security-groups": "bastion",
        "services": {"domain": "amazonaws.com", "partition": "aws"},
    }


class Metadata:
    """The service on a port of the loopback; what is in it can change while it runs."""

    def __init__(self, guest: Guest) -> None:
        self.guest = guest
        self.user_data = ""
        self.refused = 0
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_PUT(self) -> None:
                fine = self.path == "/latest/api/token" and TOKEN_TTL in self.headers
                self.answer(200 if fine else 404, TOKEN if fine else "")

            def do_GET(self) -> None:
                if self.headers.get("X-aws-ec2-metadata-token") != TOKEN:
                    service.refused += 1
                    self.answer(401, "")
                    return
                found = service.read(self.path)
                self.answer(404 if found is None else 200, found or "")

            def answer(self, status: int, text: str) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(text.encode())))
                if self.path == "/latest/api/token":
                    self.send_header(TOKEN_TTL, self.headers.get(TOKEN_TTL, "0"))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        Thread(target=self.server.serve_forever, daemon=True).start()

    def read(self, path: str) -> str | None:
        """Return what is at a path: a file, or the names in a folder; None where there is nothing."""
        version, _, rest = path.strip("/").partition("/")
        if version not in ("latest", "2009-04-04", "2016-09-02", "2018-09-24", "2021-03-23"):
            return None
        document = {"instanceId": self.guest.instance, "region": self.guest.region, "accountId": "123456789012"}
        at: Any = {
            "meta-data": tree(self.guest),
            "user-data": self.user_data,
            "dynamic": {"instance-identity": {"document": json.dumps(document)}},
        }
        for name in filter(None, rest.split("/")):
            if not isinstance(at, Mapping) or name not in at:
                return None
            at = at[name]
        if isinstance(at, str):
            return at
        return "\n".join(f"{name}/" if isinstance(held, Mapping) else name for name, held in at.items())
