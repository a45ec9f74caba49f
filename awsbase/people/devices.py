"""The MFA devices of a user, and which of them show codes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from awsbase.aws import Aws
from awsbase.errors import AwsbaseError, UsageError
from awsbase.records import record


class NoDevice(AwsbaseError):
    """No device of the user shows codes."""


@record
class Device:
    """An MFA device that is enabled for a user."""

    serial: str
    user: str
    since: datetime | None = None

    @property
    def name(self) -> str:
        """The short name: the end of its ARN, or the number of a hardware token."""
        return self.serial.rpartition("/")[2] or self.serial

    @property
    def gives_codes(self) -> bool:
        """Whether it shows codes: security keys and passkeys work in browsers only, not with STS."""
        return not self.serial.startswith("arn:") or self.serial.split(":")[5].startswith("mfa/")


def of_user(aws: Aws, user: str) -> list[Device]:
    """Return the devices of a user."""
    pages = aws.iam.get_paginator("list_mfa_devices").paginate(UserName=user)
    return [
        Device(found["SerialNumber"], found["UserName"], found.get("EnableDate"))
        for page in pages
        for found in page["MFADevices"]
    ]


def choose(devices: Sequence[Device], requested: str | None, *, select: Callable[[str, Sequence[str]], int]) -> Device:
    """Return the device to ask for a code: the requested one, the only one, or the one that the person selects.

    Raises UsageError when the requested device does not exist or shows no codes, and NoDevice when no device does.
    """
    usable = [device for device in devices if device.gives_codes]
    if requested:
        for device in devices:
            if requested in (device.serial, device.name):
                return _checked(device)
        raise UsageError(f"no device called {requested}", hint=_listed_or_none(devices))
    if not devices:
        raise NoDevice("you have no MFA device yet", hint="create one with `awsbase mfa create`")
    if not usable:
        raise NoDevice(
            f"none of your devices shows codes: {_listed(devices)}",
            hint="security keys and passkeys work in the console only; add a virtual device: `awsbase mfa create`",
        )
    if len(usable) == 1:
        return usable[0]
    unusable = [device for device in devices if not device.gives_codes]
    question = "MFA device" + (f" (unusable here: {_listed(unusable)})" if unusable else "") + ":"
    return usable[select(question, [device.name for device in usable])]


def from_serial(serial: str) -> Device:
    """Return the device with this serial number without asking AWS; raises UsageError when it shows no codes."""
    return _checked(Device(serial, ""))


def _checked(device: Device) -> Device:
    if not device.gives_codes:
        raise UsageError(
            f"{device.name} is a security key or passkey, which works in the console only",
            hint="name a virtual device or a hardware token",
        )
    return device


def _listed(devices: Sequence[Device]) -> str:
    return ", ".join(d.name if d.gives_codes else f"{d.name} (security key)" for d in devices)


def _listed_or_none(devices: Sequence[Device]) -> str:
    return f"you have {_listed(devices)}" if devices else "you have none: create one with `awsbase mfa create`"
