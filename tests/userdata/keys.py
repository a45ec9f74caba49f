"""Public keys without a private key."""

from __future__ import annotations

import base64


def encoded(*strings: bytes) -> str:
    return base64.b64encode(b"".join(len(each).to_bytes(4) + each for each in strings)).decode()


def ed25519(number: int = 0) -> str:
    return f"ssh-ed25519 {encoded(b'ssh-ed25519', bytes([number]) * 32)}"


def rsa(bits: int = 3072) -> str:
    modulus = (1 << (bits - 1) | 1).to_bytes(bits // 8 + 1)
    return f"ssh-rsa {encoded(b'ssh-rsa', (65537).to_bytes(3), modulus)}"
