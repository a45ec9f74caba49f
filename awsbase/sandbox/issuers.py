"""Identity providers outside AWS, such as GitHub: each signs tokens, and publishes the keys that check them."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from functools import cached_property
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from awsbase.sandbox.clock import Clock

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

AN_HOUR = 3600
ALGORITHM = "RS256"
KeySet = dict[str, list[dict[str, str]]]


@dataclass
class Issuer:
    """Be an identity provider at a URL, which signs with a key of its own."""

    url: str
    clock: Clock = field(default_factory=Clock, repr=False)
    key_id: str = field(default_factory=lambda: token_hex(8))
    revoked: set[str] = field(default_factory=set)
    """The `jti` of tokens that it has taken back."""

    @cached_property
    def _key(self) -> "RSAPrivateKey":
        """The key that it signs with, made when it first signs."""
        from cryptography.hazmat.primitives.asymmetric import rsa

        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @property
    def key_set(self) -> KeySet:
        """Return the keys that it publishes, as a JSON Web Key Set."""
        public = self._key.public_key().public_numbers()
        numbers = {"n": encoded(as_bytes(public.n)), "e": encoded(as_bytes(public.e))}
        return {"keys": [{"kty": "RSA", "use": "sig", "alg": ALGORITHM, "kid": self.key_id, **numbers}]}

    def token(self, **claims: object) -> str:
        """Sign a token that is good for an hour, with these claims beside or in place of the usual ones."""
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA256

        now = int(self.clock.time())
        usual = {"iss": self.url, "aud": "sts.amazonaws.com", "iat": now, "exp": now + AN_HOUR, "jti": token_hex(8)}
        head = {"typ": "JWT", "alg": ALGORITHM, "kid": self.key_id}
        signed = ".".join(encoded(json.dumps(part).encode()) for part in (head, {**usual, **claims}))
        return f"{signed}.{encoded(self._key.sign(signed.encode(), PKCS1v15(), SHA256()))}"


@dataclass
class Issuers:
    """The identity providers that AWS can reach, by URL."""

    known: dict[str, Issuer] = field(default_factory=dict)


def is_signed(token: str, keys: KeySet) -> bool:
    """Return whether a token was signed with one of these keys, by the one algorithm that counts."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
    from cryptography.hazmat.primitives.hashes import SHA256

    signed, _, signature = token.rpartition(".")
    try:
        head = json.loads(decoded(signed.partition(".")[0]))
        key = next(each for each in keys["keys"] if each["kid"] == head.get("kid") and each["alg"] == head.get("alg"))
        numbers = RSAPublicNumbers(number(key["e"]), number(key["n"]))
        numbers.public_key().verify(decoded(signature), signed.encode(), PKCS1v15(), SHA256())
    except (InvalidSignature, StopIteration, ValueError, AttributeError):
        return False
    return True


def claims_of(token: str) -> dict[str, Any]:
    """Return what a token claims; raises ValueError for what is no token."""
    _, payload, _ = token.split(".")
    claims = json.loads(decoded(payload))
    if not isinstance(claims, dict):
        raise ValueError("the claims are no object")
    return claims


def encoded(part: bytes) -> str:
    """Return a part of a token as text."""
    return urlsafe_b64encode(part).decode().rstrip("=")


def decoded(text: str) -> bytes:
    """Return a part of a token; raises ValueError."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def as_bytes(value: int) -> bytes:
    """Return a number in as few bytes as it takes."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def number(text: str) -> int:
    """Return the number of a key's part."""
    return int.from_bytes(decoded(text), "big")
