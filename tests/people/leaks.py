"""A search for leaked secrets: every password, seed, code, key and token that a test used."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.people.alice import Alice

HIDDEN = (
    "AuthenticationCode1",
    "AuthenticationCode2",
    "NewPassword",
    "OldPassword",
    "Password",
    "SecretString",
    "TokenCode",
)


def secrets_of(alice: Alice) -> set[str]:
    """Return all secrets that the account received or returned."""
    sandbox = alice.sandbox
    sent = {str(call.params[name]) for call in sandbox.calls for name in HIDDEN if name in call.params}
    backend: Any = sandbox.backend("iam", "aws")
    seeds = {str(device.base32_string_seed) for device in backend.virtual_mfa_devices.values()}
    return sent | seeds | {alice.key.reveal()} | set(sandbox.callers.tokens.values())


def leaked(alice: Alice, shown: str) -> list[str]:
    """Return the secrets that a text contains, whole or in part."""
    return [secret for secret in secrets_of(alice) if secret in shown or (len(secret) > 40 and secret[8:32] in shown)]


def assert_no_secret(alice: Alice, shown: str, *, but: Sequence[Path] = ()) -> None:
    """Fail when a secret was shown, or is in a file of hers that should not have it."""
    assert leaked(alice, shown) == []
    for path in _files(alice.home):
        if path not in (*but, alice.files.credentials):
            text = path.read_bytes().decode("utf-8", "replace")
            # Six digits can appear in any text by chance, and only hashes of codes are recorded.
            assert [secret for secret in secrets_of(alice) if len(secret) > 6 and secret in text] == [], path


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())
