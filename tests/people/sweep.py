"""A search for what must not be seen: every password, seed, code, key and token that was in play."""

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


def in_play(alice: Alice) -> set[str]:
    """Return everything secret that the account has seen, and what it has given out."""
    sandbox = alice.sandbox
    sent = {str(call.params[name]) for call in sandbox.calls for name in HIDDEN if name in call.params}
    backend: Any = sandbox.backend("iam", "aws")
    seeds = {str(device.base32_string_seed) for device in backend.virtual_mfa_devices.values()}
    return sent | seeds | {alice.key.reveal()} | set(sandbox.callers.tokens.values())


def found(alice: Alice, shown: str) -> list[str]:
    """Return what of it stands in a text, whole or in part."""
    return [secret for secret in in_play(alice) if secret in shown or (len(secret) > 40 and secret[8:32] in shown)]


def no_secret(alice: Alice, shown: str, *, but: Sequence[Path] = ()) -> None:
    """Fail when a secret was shown, or rests in a file of hers that is not for it."""
    assert found(alice, shown) == []
    for path in _files(alice.home):
        if path not in (*but, alice.files.credentials):
            text = path.read_bytes().decode("utf-8", "replace")
            # Codes of six digits turn up in any text sooner or later; what is noted of them is hashed.
            assert [secret for secret in in_play(alice) if len(secret) > 6 and secret in text] == [], path


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())
