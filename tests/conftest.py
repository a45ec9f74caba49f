"""What holds for every test: nobody's AWS configuration is looked at, and nothing leaves this machine."""

from __future__ import annotations

import os
import sys
from ipaddress import ip_address
from typing import Any


def pytest_configure() -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    sys.addaudithook(stay_here)


def stay_here(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse to connect to any other machine."""
    if event == "socket.connect" and isinstance(arguments[1], tuple) and not loopback(str(arguments[1][0])):
        raise ConnectionRefusedError(f"a test wanted to connect to {arguments[1][0]}")


def loopback(host: str) -> bool:
    """Say whether an address is this machine's."""
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost"
