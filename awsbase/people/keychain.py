"""The operating system's keychain, through the package `keyring` (the extra `keychain`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from awsbase.errors import AwsbaseError, Refused, UsageError
from awsbase.packages import install_command
from awsbase.people.secret import Secret
from awsbase.records import record

Answer = TypeVar("Answer")

SERVICE = "awsbase"
# Backends of keyring that keep passwords where any program can read them, or keep none.
REFUSED = {
    "keyrings.alt": "keeps passwords in files of its own, most of them as plain text",
    "keyring.backends.null": "keeps nothing",
    "keyring.backends.fail": "stands for no keychain at all",
}
INSTALL = "install one that locks, such as gnome-keyring or KeePassXC, and unlock it"


class Backend(Protocol):
    """What keyring's backends do."""

    def get_password(self, service: str, username: str) -> str | None: ...
    def set_password(self, service: str, username: str, password: str) -> None: ...
    def delete_password(self, service: str, username: str) -> None: ...


@record
class Keychain:
    """The secret halves of access keys, by their ids."""

    backend: Backend

    def get(self, key_id: str) -> Secret | None:
        """Return the secret half of a key, or None."""
        found = asked(lambda: self.backend.get_password(SERVICE, key_id))
        return Secret(found) if found else None

    def require(self, key_id: str) -> Secret:
        """Return the secret half of a key; raises Refused when the keychain does not have it."""
        secret = self.get(key_id)
        if secret is None:
            raise Refused(
                f"the keychain has no access key …{key_id[-4:]}",
                hint="unlock the keychain that it was stored in, or store a new key in the profile",
            )
        return secret

    def put(self, key_id: str, secret: Secret) -> None:
        """Keep the secret half of a key; raises AwsbaseError unless the keychain then returns it."""
        asked(lambda: self.backend.set_password(SERVICE, key_id, secret.reveal()))
        if self.get(key_id) != secret:
            raise AwsbaseError(f"the keychain did not keep the access key …{key_id[-4:]}", hint=INSTALL)

    def delete(self, key_id: str) -> None:
        """Delete a key, if it is there."""
        if self.get(key_id):
            asked(lambda: self.backend.delete_password(SERVICE, key_id))


def open_keychain() -> Keychain:
    """Return this machine's keychain.

    Raises UsageError when the extra is missing, and Refused when every backend keeps plain text or nothing.
    """
    try:
        import keyring
    except ModuleNotFoundError as error:
        raise UsageError(
            f"the keychain needs the package {error.name}",
            hint=f"install it with `{install_command('keychain', 'keyring')}`",
        ) from None
    return Keychain(accepted(asked(keyring.get_keyring)))


def accepted(backend: Any) -> Backend:
    """Return a backend, or the first good one of several; raises Refused for one that keeps plain text or nothing."""
    # The backend `chainer` would pass a password to each of several, until one takes it.
    several = list(getattr(backend, "backends", ())) or [backend]
    good = [one for one in several if not why_refused(one)]
    if not good:
        named = "; ".join(f"{name_of(one)} {why_refused(one)}" for one in several)
        raise Refused(f"there is no keychain to keep a key in: {named}", hint=INSTALL)
    found: Backend = good[0]
    return found


def name_of(backend: Any) -> str:
    """Return the name of a backend, as keyring's configuration writes it."""
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


def why_refused(backend: Any) -> str | None:
    """Return why awsbase keeps no key in a backend, or None."""
    module = type(backend).__module__
    return next((why for name, why in REFUSED.items() if module == name or module.startswith(f"{name}.")), None)


def asked(call: Callable[[], Answer]) -> Answer:
    """Return what the keychain answers; raises AwsbaseError when it is locked or not there."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001, each backend has errors of its own
        # Their texts may quote what was passed.
        raise AwsbaseError(
            f"the keychain does not answer: {type(error).__name__}",
            hint="unlock it, and check that it runs in this session (`keyring --list-backends`)",
        ) from None
