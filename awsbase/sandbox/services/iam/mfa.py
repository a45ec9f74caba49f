"""MFA devices: codes are checked as RFC 6238 computes them, each is good once, and a device has one owner.

AWS synchronises with a device when it is enabled or resynchronised: two consecutive codes show how far the device's
clock is off. Codes that were typed late are taken and leave a device that is out of step, until it is resynchronised.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Any

from awsbase.sandbox.propagation import Propagation
from awsbase.sandbox.service import AccountState, Request, Rule
from awsbase.sandbox.wire import Refusal

STEP = 30
MOST = 8
# How many steps the clocks may be apart when they are synchronised, and after that.
APART = 10
WINDOW = 1
UNKNOWN_DEVICE = (
    "MultiFactorAuthentication failed, unable to validate MFA code.  "
    "Please verify your MFA serial number is valid and associated with this user."
)
WRONG_CODE = "MultiFactorAuthentication failed with invalid MFA one time pass code. "


@dataclass
class Devices:
    """How far each device's clock is off, and the last step whose code was used, by serial number."""

    offset: dict[str, int] = field(default_factory=dict)
    used: dict[str, int] = field(default_factory=dict)


@dataclass
class DeviceTags:
    """The tags of devices, by serial number."""

    STATE = "mfa device tags"

    of: dict[str, dict[str, str]] = field(default_factory=dict)

    def state(self) -> dict[str, dict[str, str]]:
        """Return what counts as the account's state."""
        return {serial: held for serial, held in self.of.items() if held}


def totp(seed: str, step: int) -> str:
    """Return the code of a seed in one 30-second step since the epoch."""
    digest = hmac.new(base64.b32decode(seed), step.to_bytes(8, "big"), hashlib.sha1).digest()
    place = digest[-1] & 15
    return f"{(int.from_bytes(digest[place : place + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"


def give_fido(sandbox: AccountState, user: str, name: str = "security-key") -> str:
    """Give a user a FIDO security key, which only the console can register; return its serial number."""
    from moto.iam.models import MFADevice

    iam = sandbox.backend("iam", "aws")
    owner = iam.users[user]
    suffix = secrets.token_hex(13).upper()
    serial = f"arn:{iam.partition}:iam::{sandbox.account}:u2f/user{owner.path}{user}/{name}-{suffix}"
    owner.mfa_devices[serial] = MFADevice(serial, "", "")
    return serial


def verify(request: Request, serial: str, code: str) -> None:
    """Refuse a code that is not the caller's device's own, of now, and new; raises Refusal with AccessDenied."""
    iam = request.backend("iam")
    device, owner = iam.virtual_mfa_devices.get(serial), iam.users.get(request.caller.name)
    if request.caller.kind != "user" or owner is None or device is None or serial not in owner.mfa_devices:
        raise Refusal("AccessDenied", UNKNOWN_DEVICE, 403)
    devices = request.memory(Devices)
    now = _step(request) + devices.offset.get(serial, 0)
    used = devices.used.get(serial, 0)
    step = next((s for s in range(now - WINDOW, now + WINDOW + 1) if totp(_seed(device), s) == code), None)
    if step is None or step <= used:
        raise Refusal("AccessDenied", WRONG_CODE, 403)
    devices.used[serial] = step


def enable(request: Request) -> None:
    """Refuse to give a user a device that is not there, or taken, or one too many, or without its two codes.

    Raises Refusal with NoSuchEntity, EntityAlreadyExists or LimitExceeded.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_EnableMFADevice.html
    """
    iam, serial = request.backend("iam"), request.params["SerialNumber"]
    user = iam.users.get(request.params["UserName"])
    if user is None:
        return
    device = iam.virtual_mfa_devices.get(serial)
    # Nothing documents that AWS does not know a new device for a moment: a test says so where it wants that.
    if device is None or request.memory(Propagation).unknown(serial, request):
        raise Refusal("NoSuchEntity", f"VirtualMFADevice with serial number {serial} doesn't exist.", 404)
    if device.user is not None:
        raise Refusal("EntityAlreadyExists", "MFADevice entity at the same path and name already exists.", 409)
    if len(user.mfa_devices) >= MOST:
        raise Refusal("LimitExceeded", f"Cannot exceed quota for MfaDevicesPerUser: {MOST}", 409)
    synchronise(request, device)


def resync(request: Request) -> None:
    """Refuse to resynchronise a device that is not the user's, or without its two codes.

    Raises Refusal with NoSuchEntity.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_ResyncMFADevice.html
    """
    iam, serial = request.backend("iam"), request.params["SerialNumber"]
    user = iam.users.get(request.params["UserName"])
    if user is None:
        raise Refusal("NoSuchEntity", f"The user with name {request.params['UserName']} cannot be found.", 404)
    device = iam.virtual_mfa_devices.get(serial)
    if device is None or serial not in user.mfa_devices:
        raise Refusal("NoSuchEntity", f"MFA device {serial} does not exist for user {user.name}.", 404)
    synchronise(request, device)


def resynchronised(request: Request) -> dict[str, Any]:
    """Answer, which moto cannot.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_ResyncMFADevice.html
    """
    return {}


def synchronise(request: Request, device: Any) -> None:
    """Learn from two consecutive codes how far a device is off; refuse any other two.

    Raises Refusal with InvalidAuthenticationCode.
    """
    first, second = request.params["AuthenticationCode1"], request.params["AuthenticationCode2"]
    now, devices = _step(request), request.memory(Devices)
    for offset in sorted(range(-APART, APART + 1), key=abs):
        step = now + offset
        new = step > devices.used.get(device.serial_number, 0)
        if new and first == totp(_seed(device), step - 1) and second == totp(_seed(device), step):
            devices.offset[device.serial_number], devices.used[device.serial_number] = offset, step
            return
    raise Refusal("InvalidAuthenticationCode", "Authentication code for device is not valid.", 403)


def forget(request: Request, response: dict[str, Any]) -> None:
    """Forget a device that is gone: one of the same name is another one.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeactivateMFADevice.html
    """
    devices, serial = request.memory(Devices), request.params["SerialNumber"]
    devices.offset.pop(serial, None)
    devices.used.pop(serial, None)
    if request.operation == "DeleteVirtualMFADevice":
        request.memory(DeviceTags).of.pop(serial, None)


def keep_tags(request: Request, response: dict[str, Any]) -> None:
    """Keep the tags that a device is created with.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateVirtualMFADevice.html
    """
    if tags := request.params.get("Tags"):
        device = response["VirtualMFADevice"]
        device["Tags"] = tags
        request.memory(DeviceTags).of[device["SerialNumber"]] = {tag["Key"]: tag["Value"] for tag in tags}


def tag(request: Request) -> dict[str, Any]:
    """Tag a virtual device, which moto cannot.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagMFADevice.html
    """
    held = request.memory(DeviceTags).of.setdefault(_there(request), {})
    held.update({tag["Key"]: tag["Value"] for tag in request.params["Tags"]})
    return {}


def untag(request: Request) -> dict[str, Any]:
    """Take tags off a virtual device, which moto cannot.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_UntagMFADevice.html
    """
    held = request.memory(DeviceTags).of.get(_there(request), {})
    for key in request.params["TagKeys"]:
        held.pop(key, None)
    return {}


def list_tags(request: Request) -> dict[str, Any]:
    """List the tags of a virtual device, which moto cannot.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListMFADeviceTags.html
    """
    held = request.memory(DeviceTags).of.get(_there(request), {})
    return {"Tags": [{"Key": key, "Value": value} for key, value in held.items()], "IsTruncated": False}


def get_device(request: Request) -> dict[str, Any]:
    """Return one device of a user, which moto cannot; raises Refusal with NoSuchEntity.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetMFADevice.html
    """
    serial = request.params["SerialNumber"]
    wanted = request.params.get("UserName")
    for user in request.backend("iam").users.values():
        if serial in user.mfa_devices and wanted in (None, user.name):
            date = user.mfa_devices[serial].enable_date
            return {"UserName": user.name, "SerialNumber": serial, "EnableDate": date}
    raise Refusal("NoSuchEntity", f"MFA device {serial} does not exist.", 404)


def _there(request: Request) -> str:
    serial: str = request.params["SerialNumber"]
    if serial not in request.backend("iam").virtual_mfa_devices:
        raise Refusal("NoSuchEntity", f"VirtualMFADevice with serial number {serial} doesn't exist.", 404)
    return serial


def _step(request: Request) -> int:
    return int(request.sandbox.clock.time()) // STEP


def _seed(device: Any) -> str:
    return str(device.base32_string_seed)


RULES = (
    Rule("iam:EnableMFADevice", before=enable),
    Rule("iam:ResyncMFADevice", before=resync),
    Rule("iam:ResyncMFADevice", before=resynchronised, strict=False),
    Rule("iam:DeactivateMFADevice iam:DeleteVirtualMFADevice", after=forget),
    Rule("iam:CreateVirtualMFADevice", after=keep_tags, strict=False),
    Rule("iam:TagMFADevice", before=tag, strict=False),
    Rule("iam:UntagMFADevice", before=untag, strict=False),
    Rule("iam:ListMFADeviceTags", before=list_tags, strict=False),
    Rule("iam:GetMFADevice", before=get_device, strict=False),
)
