"""The seed of a virtual MFA device: how apps receive it, and where it is stored on request."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from awsbase.aws import Aws
from awsbase.errors import AwsbaseError, Refused, UsageError
from awsbase.facts import tags
from awsbase.people.secret import Secret
from awsbase.records import record

ISSUER = "AWS"
IN_SECRETS = "secret:"


def uri(seed: Secret, label: str) -> Secret:
    """Return the otpauth URI for authenticator apps; it is short, so that its QR code fits a terminal."""
    return Secret(f"otpauth://totp/{ISSUER}:{quote(label, safe='@')}?secret={seed.reveal()}&issuer={ISSUER}")


def spelled(seed: Secret) -> str:
    """Format a seed in groups of four letters, so that it can be typed."""
    letters = seed.reveal()
    return " ".join(letters[at : at + 4] for at in range(0, len(letters), 4))


class SeedStore(Protocol):
    """Stores one seed."""

    @property
    def location(self) -> str:
        """Where the seed is stored, as shown to people."""

    def check(self) -> None:
        """Check, before there is a seed, that it can be stored; raises AwsbaseError if not."""

    def keep(self, user: str, serial: str, seed: Secret) -> None:
        """Store the seed; raises AwsbaseError when that fails."""

    def forget(self) -> None:
        """Delete the seed permanently: an app has it, or its device was not enabled."""


@record
class InFile:
    """Stores a seed as the only line of a file with mode 0600, as `oathtool --totp -b @FILE` reads it."""

    path: Path

    @property
    def location(self) -> str:
        return str(self.path)

    def check(self) -> None:
        """Check that the file can be created; raises Refused when it exists, UsageError without a writable folder."""
        if os.path.lexists(self.path):
            raise Refused(f"{self.path} exists already; no seed is overwritten", hint="name another file")
        if not os.access(self.path.parent, os.W_OK | os.X_OK):
            raise UsageError(
                f"no file can be created in {self.path.parent}", hint="name a file in a folder that you can write to"
            )

    def keep(self, user: str, serial: str, seed: Secret) -> None:
        """Write the seed to the file; raises AwsbaseError when that fails."""
        new = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(f"{seed.reveal()}\n".encode())
                file.flush()
                os.fsync(descriptor)
            # Unlike a rename, a link never replaces a file that appeared in the meantime.
            os.link(new, self.path)
        except OSError as error:
            raise AwsbaseError(f"the seed cannot be written to {self.path}: {error.strerror}") from None
        finally:
            new.unlink(missing_ok=True)

    def forget(self) -> None:
        """Delete the file."""
        self.path.unlink(missing_ok=True)


@record
class InSecret:
    """Stores a seed in Secrets Manager, encrypted with `key` (alias or ARN) or else with `aws/secretsmanager`."""

    aws: Aws
    name: str
    address: str
    key: str | None = None

    @property
    def location(self) -> str:
        return f"{IN_SECRETS}{self.name} in {self.aws.region}"

    @property
    def client(self) -> Any:
        return self.aws.secretsmanager

    def check(self) -> None:
        """Check that the secret is free or belongs to this device; raises Refused if not."""
        found = self._describe()
        if found and self._tags(found).get(tags.ADDRESS) != self.address:
            raise Refused(f"the secret {self.name} holds something else", hint="name another secret")

    def keep(self, user: str, serial: str, seed: Secret) -> None:
        """Create the secret, or restore and update it, with user, device and seed as JSON."""
        content = json.dumps({"user": user, "device": serial, "seed": seed.reveal()})
        found = self._describe()
        if found is None:
            label = {"Key": tags.ADDRESS, "Value": self.address}
            key = {"KmsKeyId": self.key} if self.key else {}
            self.client.create_secret(
                Name=self.name,
                Description=f"seed of the MFA device {serial}, until it is taken over: awsbase mfa show",
                SecretString=content,
                Tags=[label],
                **key,
            )
            return
        if "DeletedDate" in found:
            self.client.restore_secret(SecretId=self.name)
        if self.key:
            # One call sets key and value, so the seed is never encrypted with the wrong key.
            self.client.update_secret(SecretId=self.name, KmsKeyId=self.key, SecretString=content)
        else:
            self.client.put_secret_value(SecretId=self.name, SecretString=content)

    def forget(self) -> None:
        """Delete the secret without a recovery window."""
        # With a recovery window, anyone who can restore secrets could read the seed again.
        self.client.delete_secret(SecretId=self.name, ForceDeleteWithoutRecovery=True)

    def read(self) -> tuple[str, Secret]:
        """Return the ARN of the device and its seed; raises AwsbaseError when the secret is missing or unreadable."""
        from botocore.exceptions import ClientError

        try:
            content = json.loads(self.client.get_secret_value(SecretId=self.name)["SecretString"])
            return content["device"], Secret(content["seed"])
        except ClientError as error:
            code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
            gone = code == "ResourceNotFoundException" or "deleted" in message or "deletion" in message
            if not gone:
                raise AwsbaseError(
                    f"the seed in {self.location} cannot be read: {code}: {message}",
                    hint="this needs secretsmanager:GetSecretValue on the secret, and kms:Decrypt on its key",
                ) from error
        except (ValueError, KeyError, TypeError):
            raise AwsbaseError(f"{self.location} does not hold the seed of an MFA device") from None
        raise AwsbaseError(
            f"no seed is stored in {self.location}: it was taken over, or never stored there",
            hint="a device without its seed is of no use: remove it with `awsbase mfa remove`, then create a new one",
        )

    def _describe(self) -> Mapping[str, Any] | None:
        from botocore.exceptions import ClientError

        try:
            found: Mapping[str, Any] = self.client.describe_secret(SecretId=self.name)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            return None
        return found

    def _tags(self, found: Mapping[str, Any]) -> dict[str, str]:
        return {tag["Key"]: tag["Value"] for tag in found.get("Tags", [])}


def seed_store(target: str, aws: Aws, address: str, key: str | None = None) -> SeedStore:
    """Return the store for `secret:NAME` or for a file; raises UsageError when name and key do not fit together."""
    if target.startswith(IN_SECRETS):
        if not target.removeprefix(IN_SECRETS):
            raise UsageError("the secret has no name", hint="write it as secret:NAME")
        return InSecret(aws, target.removeprefix(IN_SECRETS), address, key)
    if key:
        raise UsageError("--seed-key encrypts a secret, and this is a file", hint="write --seed-to secret:NAME")
    return InFile(Path(target).expanduser())
