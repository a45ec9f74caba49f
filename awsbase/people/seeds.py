"""The seed of a virtual MFA device: how apps are told it, and where it is kept when somebody asks for that."""

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
    """Return the otpauth URI that authenticator apps read; short, so that its QR code fits a terminal."""
    return Secret(f"otpauth://totp/{ISSUER}:{quote(label, safe='@')}?secret={seed.reveal()}&issuer={ISSUER}")


def spelled(seed: Secret) -> str:
    """Write a seed so that it can be typed: in groups of four."""
    letters = seed.reveal()
    return " ".join(letters[at : at + 4] for at in range(0, len(letters), 4))


class SeedStore(Protocol):
    """Keeps one seed."""

    @property
    def place(self) -> str:
        """Where the seed is kept, for people."""

    def check(self) -> None:
        """Find out, before there is a seed, that it can be kept there; raise advice if not."""

    def keep(self, user: str, serial: str, seed: Secret) -> None:
        """Keep the seed."""

    def forget(self) -> None:
        """Remove the seed for good: an app has it, or its device never came to be."""


@record
class InFile:
    """Keeps a seed as the one line of a file that only its owner reads, as `oathtool --totp -b @FILE` takes it."""

    path: Path

    @property
    def place(self) -> str:
        return str(self.path)

    def check(self) -> None:
        if os.path.lexists(self.path):
            raise Refused(f"{self.path} is there already; no seed is overwritten", hint="name another file")
        if not os.access(self.path.parent, os.W_OK | os.X_OK):
            raise UsageError(f"no file can be made in {self.path.parent}", hint="name one in a folder of yours")

    def keep(self, user: str, serial: str, seed: Secret) -> None:
        new = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            made = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with os.fdopen(made, "wb") as file:
                file.write(f"{seed.reveal()}\n".encode())
                file.flush()
                os.fsync(made)
            # A link, unlike a rename, never takes the place of a file that came to be meanwhile.
            os.link(new, self.path)
        except OSError as error:
            raise AwsbaseError(f"the seed cannot be written to {self.path}: {error.strerror}") from None
        finally:
            new.unlink(missing_ok=True)

    def forget(self) -> None:
        self.path.unlink(missing_ok=True)


@record
class InSecret:
    """Keeps a seed in Secrets Manager, under `key` (alias or ARN) or else the account's `aws/secretsmanager`."""

    aws: Aws
    name: str
    address: str
    key: str | None = None

    @property
    def place(self) -> str:
        return f"{IN_SECRETS}{self.name} in {self.aws.region}"

    @property
    def client(self) -> Any:
        return self.aws.secretsmanager

    def check(self) -> None:
        found = self._described()
        if found and self._tags(found).get(tags.ADDRESS) != self.address:
            raise Refused(f"the secret {self.name} holds something else", hint="name another one")

    def keep(self, user: str, serial: str, seed: Secret) -> None:
        content = json.dumps({"user": user, "device": serial, "seed": seed.reveal()})
        found = self._described()
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
            # In one call: the seed is never under the key that it is not to be under.
            self.client.update_secret(SecretId=self.name, KmsKeyId=self.key, SecretString=content)
        else:
            self.client.put_secret_value(SecretId=self.name, SecretString=content)

    def forget(self) -> None:
        # A seed that can be brought back is one that can be read once more, by whoever may restore it.
        self.client.delete_secret(SecretId=self.name, ForceDeleteWithoutRecovery=True)

    def read(self) -> tuple[str, Secret]:
        """Return the device that the kept seed is of, and the seed."""
        from botocore.exceptions import ClientError

        try:
            content = json.loads(self.client.get_secret_value(SecretId=self.name)["SecretString"])
            return content["device"], Secret(content["seed"])
        except ClientError as error:
            code, said = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
            gone = code == "ResourceNotFoundException" or "deleted" in said or "deletion" in said
            if not gone:
                raise AwsbaseError(
                    f"the seed in {self.place} cannot be read: {code}: {said}",
                    hint="it takes secretsmanager:GetSecretValue on it, and kms:Decrypt on its key",
                ) from error
        except (ValueError, KeyError, TypeError):
            raise AwsbaseError(f"{self.place} holds no seed of an MFA device") from None
        raise AwsbaseError(
            f"no seed is kept in {self.place}: it was taken over, or never kept there",
            hint="a device whose seed nobody has is of no use: `awsbase mfa remove`, then make a new one",
        )

    def _described(self) -> Mapping[str, Any] | None:
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


def keeper(target: str, aws: Aws, address: str, key: str | None = None) -> SeedStore:
    """Return what keeps a seed in `secret:NAME` or in a file."""
    if target.startswith(IN_SECRETS):
        if not target.removeprefix(IN_SECRETS):
            raise UsageError("a secret without a name", hint="write it as secret:NAME")
        return InSecret(aws, target.removeprefix(IN_SECRETS), address, key)
    if key:
        raise UsageError("--seed-key encrypts a secret, and this is a file", hint="write --seed-to secret:NAME")
    return InFile(Path(target).expanduser())
