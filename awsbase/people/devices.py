"""A person's MFA devices: which there are, and which of them can give a code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from awsbase.aws import Aws
from awsbase.errors import AwsbaseError, UsageError
from awsbase.records import record


class NoDevice(AwsbaseError):
    """There is no device that a code could come from."""


@record
class Device:
    """An MFA device that is enabled for a user."""

    serial: str
    user: str
    since: datetime | None = None

    @property
    def name(self) -> str:
        """What people call it: the end of its ARN, or the number of a hardware token."""
        return self.serial.rpartition("/")[2] or self.serial

    @property
    def gives_codes(self) -> bool:
        """Whether it shows codes: security keys and passkeys answer browsers only, not STS."""
        return not self.serial.startswith("arn:") or self.serial.split(":")[5].startswith("mfa/")


def of_user(aws: Aws, user: str) -> list[Device]:
    """Return the devices of a user."""
    pages = aws.iam.get_paginator("list_mfa_devices").paginate(UserName=user)
    return [
        Device(found["SerialNumber"], found["UserName"], found.get("EnableDate"))
        for page in pages
        for found in page["MFADevices"]
    ]


def choose(devices: Sequence[Device], wanted: str | None, *, select: Callable[[str, Sequence[str]], int]) -> Device:
    """Return the device to take a code from: the one that is wanted, the only one, or the one that a person selects."""
    usable = [device for device in devices if device.gives_codes]
    if wanted:
        for device in devices:
            if wanted in (device.serial, device.name):
                return _with_codes(device)
        raise UsageError(f"no device called {wanted}", hint=_there_are(devices))
    if not devices:
        raise NoDevice("you have no MFA device yet", hint="make one with `awsbase mfa create`")
    if not usable:
        raise NoDevice(
            f"no device of yours shows codes: {_listed(devices)}",
            hint="security keys and passkeys sign in to the console only; add a virtual device: `awsbase mfa create`",
        )
    if len(usable) == 1:
        return usable[0]
    unusable = [device for device in devices if not device.gives_codes]
    question = "MFA device" + (f" (unusable here: {_listed(unusable)})" if unusable else "") + ":"
    return usable[select(question, [device.name for device in usable])]


def given(serial: str) -> Device:
    """Return the device that a setting names, unseen."""
    return _with_codes(Device(serial, ""))


def _with_codes(device: Device) -> Device:
    if not device.gives_codes:
        raise UsageError(
            f"{device.name} is a security key or passkey, and those sign in to the console only",
            hint="name a virtual device or a token that shows codes",
        )
    return device


def _listed(devices: Sequence[Device]) -> str:
    return ", ".join(d.name if d.gives_codes else f"{d.name} (security key)" for d in devices)


def _there_are(devices: Sequence[Device]) -> str:
    return f"you have {_listed(devices)}" if devices else "you have none: make one with `awsbase mfa create`"
