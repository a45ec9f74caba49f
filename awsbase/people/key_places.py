"""Where a person's long-term key is kept: in the AWS files, or in the keychain, with a `credential_process` instead.

A new key is first kept beside the old one, and only then taken by the profiles, in one write each. So whatever ends a
run, every profile has a whole key.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from typing import Protocol

from awsbase.people import file_writing, files, store
from awsbase.people.files import Files
from awsbase.people.keychain import Keychain
from awsbase.people.profiles import stored_key
from awsbase.people.resolver import Keys
from awsbase.people.secret import Secret
from awsbase.records import record

NEW_ID, NEW_SECRET = "x_new_access_key_id", "x_new_secret_access_key"
PROCESS = "credential_process"


class Place(Protocol):
    """Keeps the long-term key of a profile."""

    @property
    def keys(self) -> Keys:
        """The key that the profile uses."""

    def find(self, key_id: str) -> Keys | None:
        """Return a key that is kept here, in use or not yet, or None."""

    def keep(self, keys: Keys) -> None:
        """Keep a new key beside the one in use."""

    def take(self, old: str, keys: Keys) -> list[str]:
        """Let every profile that uses the old key use the new one; return their names."""

    def forget(self, key_id: str) -> None:
        """Delete a key that no profile uses any more."""


@record
class AwsFile:
    """One of the two AWS files, read and written alike."""

    read: Callable[[Files], dict[str, dict[str, str]]]
    write: Callable[[Files, str, Mapping[str, str | None]], None]


CREDENTIALS = AwsFile(files.read_credentials, file_writing.write_credentials)
CONFIG = AwsFile(files.read_config, file_writing.write_config)


@record
class InFiles:
    """A key in the AWS files; most people have it in the credentials file, and some in the config file."""

    files: Files
    profile: str

    @property
    def _own(self) -> AwsFile:
        return CREDENTIALS if CREDENTIALS.read(self.files).get(self.profile, {}).get(store.ID) else CONFIG

    @property
    def keys(self) -> Keys:
        options = self._own.read(self.files).get(self.profile, {})
        return Keys(options[store.ID], Secret(options[store.SECRET]))

    def find(self, key_id: str) -> Keys | None:
        """Return a key of the profile, in use or not yet, or None."""
        options = self._own.read(self.files).get(self.profile, {})
        for name, secret in ((store.ID, store.SECRET), (NEW_ID, NEW_SECRET)):
            if options.get(name) == key_id and options.get(secret):
                return Keys(key_id, Secret(options[secret]))
        return None

    def keep(self, keys: Keys) -> None:
        """Keep a new key in options of its own, which the AWS tools ignore."""
        self._own.write(self.files, self.profile, {NEW_ID: keys.key_id, NEW_SECRET: keys.secret_key.reveal()})

    def take(self, old: str, keys: Keys) -> list[str]:
        """Write the new key into every profile of both files that has the old one."""
        own = self._own
        taking = [(file, name) for file in (CREDENTIALS, CONFIG) for name in holders(file, self.files, old)]
        # The profile that keeps the new key beside the old one comes last: until then a next run finds it there.
        taking.sort(key=lambda each: each == (own, self.profile))
        for file, name in taking:
            new = {store.ID: keys.key_id, store.SECRET: keys.secret_key.reveal(), NEW_ID: None, NEW_SECRET: None}
            file.write(self.files, name, new)
        return sorted({name for _, name in taking})

    def forget(self, key_id: str) -> None:
        """Do nothing: a file holds only what its profiles use."""


@record
class InKeychain:
    """A key in the operating system's keychain; the profile's `credential_process` has its id."""

    files: Files
    profile: str
    keychain: Keychain

    @property
    def keys(self) -> Keys:
        key_id = stored_key(CONFIG.read(self.files)[self.profile][PROCESS])
        assert key_id
        return Keys(key_id, self.keychain.require(key_id))

    def find(self, key_id: str) -> Keys | None:
        """Return a key of the keychain, or None."""
        secret = self.keychain.get(key_id)
        return Keys(key_id, secret) if secret else None

    def keep(self, keys: Keys) -> None:
        """Keep a new key in the keychain, under its own id."""
        self.keychain.put(keys.key_id, keys.secret_key)

    def take(self, old: str, keys: Keys) -> list[str]:
        """Let every `credential_process` that names the old key name the new one."""
        config = CONFIG.read(self.files)
        names = [name for name, settings in config.items() if stored_key(settings.get(PROCESS, "")) == old]
        # As in the files: a next run looks at this profile, and finds out whether all others are done.
        for name in sorted(names, key=lambda name: name == self.profile):
            CONFIG.write(self.files, name, {PROCESS: config[name][PROCESS].removesuffix(old) + keys.key_id})
        return sorted(names)

    def forget(self, key_id: str) -> None:
        """Delete a key from the keychain."""
        self.keychain.delete(key_id)


def process_of(program: str, key_id: str) -> str:
    """Return the `credential_process` that takes a key from the keychain."""
    return f"{shlex.quote(program)} keys credentials --key {key_id}"


def holders(file: AwsFile, where: Files, key_id: str) -> list[str]:
    """Return the profiles of a file that hold a key."""
    return [name for name, options in file.read(where).items() if options.get(store.ID) == key_id]


def place_of(where: Files, profile: str, keychain: Callable[[], Keychain]) -> Place | None:
    """Return where a profile's long-term key is kept, or None if it has none that awsbase can replace."""
    credentials, config = CREDENTIALS.read(where).get(profile, {}), CONFIG.read(where).get(profile, {})
    for options in (credentials, config):
        if options.get(store.ID) and options.get(store.SECRET):
            return None if options.get(store.TOKEN) else InFiles(where, profile)
    stored = stored_key(config.get(PROCESS, ""))
    return InKeychain(where, profile, keychain()) if stored else None
