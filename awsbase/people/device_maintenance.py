"""Existing MFA devices: list, resynchronize, remove and prune them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from awsbase import totp
from awsbase.engine.account import Account
from awsbase.engine.failures import DENIED
from awsbase.errors import AwsbaseError, LostReply, Refused, UsageError
from awsbase.people import codes
from awsbase.people.devices import Device, choose
from awsbase.people.enrol import (
    ATTEMPTS,
    MAX_ANSWERS,
    Prompts,
    ShownSeed,
    ask_two_codes,
    clock_advice,
    devices_of,
    explained,
    show_problem,
)
from awsbase.policies.document import parsed
from awsbase.records import record

# Each of these actions lets users give themselves any other permission. Administrators have all of them.
ADMINISTRATIVE_ACTIONS = (
    "iam:AddUserToGroup",
    "iam:AttachGroupPolicy",
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:CreatePolicyVersion",
    "iam:PutGroupPolicy",
    "iam:PutRolePolicy",
    "iam:PutUserPolicy",
    "iam:SetDefaultPolicyVersion",
    "iam:UpdateAssumeRolePolicy",
)


@record
class ListedDevice:
    """A device with its owner; a device without an owner is a leftover."""

    device: Device
    owner: str | None

    @property
    def kind(self) -> str:
        """The kind of device: virtual, hardware token or security key."""
        if not self.device.gives_codes:
            return "security key"
        return "virtual" if ":mfa/" in self.device.serial else "hardware token"


def devices_of_user(prompts: Prompts, user: str) -> list[ListedDevice]:
    """Return the devices of one user, oldest first."""
    return _sorted(ListedDevice(device, device.user) for device in devices_of(prompts, user))


def devices_of_account(prompts: Prompts) -> list[ListedDevice]:
    """Return the virtual devices of the account, leftovers last; raises AwsbaseError when AWS refuses.

    AWS lists security keys and hardware tokens by user only.
    """
    from botocore.exceptions import ClientError

    try:
        pages = prompts.account.aws.iam.get_paginator("list_virtual_mfa_devices").paginate()
        found = [device for page in pages for device in page["VirtualMFADevices"]]
    except ClientError as error:
        raise explained(prompts.account, error, "list the virtual MFA devices") from error
    return _sorted(map(_listed, found))


def leftovers(prompts: Prompts, user: str | None) -> list[ListedDevice]:
    """Return the virtual devices without an owner: all, or those named after one user."""
    prefix = f":mfa/{user}"
    return [
        one
        for one in devices_of_account(prompts)
        if one.owner is None
        and (user is None or one.device.serial.endswith(prefix) or f"{prefix}/" in one.device.serial)
    ]


def resync(prompts: Prompts, user: str, requested: str | None, select: Callable[[str, Sequence[str]], int]) -> Device:
    """Resynchronize a device with AWS by two consecutive codes; raises AwsbaseError when AWS does not accept them."""
    from botocore.exceptions import ClientError

    device = choose(devices_of(prompts, user), requested, select=select)
    for attempts_left in reversed(range(ATTEMPTS)):
        first, second = ask_two_codes(prompts, device.name, None)
        try:
            for code in (first, second):
                codes.claim(prompts.state, device.serial, code, prompts.clock.now())
        except codes.SpentCode as spent:
            if not attempts_left:
                raise
            prompts.tell(f"{spent.message}: start again with the next one\n")
            continue
        try:
            prompts.account.aws.iam.resync_mfa_device(
                UserName=user,
                SerialNumber=device.serial,
                AuthenticationCode1=first.reveal(),
                AuthenticationCode2=second.reveal(),
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "InvalidAuthenticationCode":
                raise explained(prompts.account, error, f"resynchronize {device.name}") from error
            advice = clock_advice(error, prompts) or "they must be two consecutive codes of this device"
            if not attempts_left:
                raise AwsbaseError(
                    f"AWS did not accept the codes of {device.name}",
                    hint=f"{advice}; if the device never works, remove it and create a new one",
                ) from None
            prompts.tell(f"AWS did not accept these codes: {advice}\n")
        except LostReply as lost:
            raise AwsbaseError(f"{lost}, and AWS may have accepted the codes", hint="try the device") from None
        else:
            return device
    raise AssertionError("the last attempt returns or raises")


def remove(
    prompts: Prompts,
    user: str,
    names: Sequence[str],
    *,
    force: bool,
    confirm: Callable[[str], bool],
    removed: Callable[[Device], None] = lambda device: None,
) -> list[Device]:
    """Remove devices from a user and delete them; call `removed` after each one.

    Raises UsageError when no such device exists, and Refused when an administrator would be left without MFA (unless
    `force`) or the person declines.
    """
    devices = devices_of(prompts, user)
    chosen = [_named(devices, name, user) for name in dict.fromkeys(names)] or devices[: len(devices) == 1]
    if not devices:
        raise UsageError(f"{user} has no MFA device", hint="`awsbase mfa prune` deletes leftovers without an owner")
    if not chosen:
        raise UsageError("which device?", hint=f"{user} has {', '.join(device.name for device in devices)}")
    if len(chosen) == len(devices) and not force:
        is_admin = is_administrator(prompts.account, user)
        if is_admin is not False:
            what = "administers" if is_admin else "may administer (you are not allowed to check)"
            raise Refused(
                f"{user} {what} this account, and would be left without MFA",
                hint="create another device first (`awsbase mfa create`), or use --force",
            )
        if not confirm(f"{user} will be left without MFA. Remove {', '.join(d.name for d in chosen)}?"):
            raise Refused("nothing was removed")
    for device in chosen:
        _delete_device(prompts, device)
        removed(device)
    return chosen


def prune(prompts: Prompts, chosen: Sequence[ListedDevice]) -> int:
    """Delete virtual devices without an owner; return how many. Raises AwsbaseError when AWS refuses."""
    from botocore.exceptions import ClientError

    deleted = 0
    for one in chosen:
        try:
            prompts.account.aws.iam.delete_virtual_mfa_device(SerialNumber=one.device.serial)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "DeleteConflict":
                prompts.tell(f"{one.device.name} has an owner now, so it was not deleted\n")
            elif code != "NoSuchEntity":
                raise explained(prompts.account, error, f"delete {one.device.serial}") from error
        else:
            deleted += 1
    return deleted


def app_has_seed(prompts: Prompts, device: str, shown: ShownSeed) -> bool:
    """Tell whether an app has the seed, by asking for its code; nothing is sent to AWS."""
    for _ in range(MAX_ANSWERS):
        try:
            code = codes.read(prompts.ask(f"code that the app shows for {device}: "))
        except codes.BadCode as problem:
            show_problem(prompts, shown, f"{problem.message}: {problem.hint}\n")
            continue
        if totp.matching_step(shown.seed.reveal(), code.reveal(), prompts.clock.now(), apart=1) is not None:
            return True
        show_problem(prompts, shown, "that is not the code of this seed: scan it again, and check the phone's clock\n")
    return False


def is_administrator(account: Account, user: str) -> bool | None:
    """Tell whether a user has or can obtain all permissions; None when the caller is not allowed to check.

    Raises AwsbaseError when AWS refuses for another reason.
    """
    from botocore.exceptions import ClientError

    try:
        return any(_allows_administration(document) for document in _documents(account.aws.iam, user))
    except ClientError as error:
        if error.response["Error"]["Code"] not in DENIED:
            raise explained(account, error, f"read the policies of {user}") from error
        return None


def _documents(iam: Any, user: str) -> Iterator[Mapping[str, Any]]:
    """Yield the documents of all policies that apply to a user."""
    arns: dict[str, None] = {}
    for page in iam.get_paginator("list_attached_user_policies").paginate(UserName=user):
        arns |= {policy["PolicyArn"]: None for policy in page["AttachedPolicies"]}
    for page in iam.get_paginator("list_user_policies").paginate(UserName=user):
        for name in page["PolicyNames"]:
            yield iam.get_user_policy(UserName=user, PolicyName=name)["PolicyDocument"]
    pages = iam.get_paginator("list_groups_for_user").paginate(UserName=user)
    for group in [group["GroupName"] for page in pages for group in page["Groups"]]:
        for page in iam.get_paginator("list_attached_group_policies").paginate(GroupName=group):
            arns |= {policy["PolicyArn"]: None for policy in page["AttachedPolicies"]}
        for page in iam.get_paginator("list_group_policies").paginate(GroupName=group):
            for name in page["PolicyNames"]:
                yield iam.get_group_policy(GroupName=group, PolicyName=name)["PolicyDocument"]
    for arn in arns:
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        yield iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]


def _allows_administration(document: Mapping[str, Any] | str) -> bool:
    return any(
        any(_named_by(statement["Action"], grant) for grant in ADMINISTRATIVE_ACTIONS)
        if "Action" in statement
        # NotAction allows nearly everything, unless it excludes all administrative actions.
        else not all(_named_by(statement.get("NotAction", "*"), grant) for grant in ADMINISTRATIVE_ACTIONS)
        for statement in _all(parsed(document).get("Statement", []))
        if statement.get("Effect") == "Allow"
    )


def _named_by(patterns: Any, action: str) -> bool:
    return any(fnmatchcase(action.lower(), str(pattern).lower()) for pattern in _all(patterns))


def _all(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _delete_device(prompts: Prompts, device: Device) -> None:
    """Deactivate a device, and delete it if it is virtual; ignore a device that no longer exists."""
    from botocore.exceptions import ClientError

    iam = prompts.account.aws.iam
    steps: list[tuple[Callable[..., Any], dict[str, str]]] = [
        (iam.deactivate_mfa_device, {"UserName": device.user, "SerialNumber": device.serial})
    ]
    if ":mfa/" in device.serial:
        steps.append((iam.delete_virtual_mfa_device, {"SerialNumber": device.serial}))
    for call, arguments in steps:
        try:
            call(**arguments)
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchEntity":
                raise explained(prompts.account, error, f"remove {device.name}") from error


def _named(devices: Sequence[Device], name: str, user: str) -> Device:
    for device in devices:
        if name in (device.serial, device.name):
            return device
    if not devices:
        raise UsageError(f"{user} has no MFA device", hint=f"`awsbase mfa create --user {user}` makes one")
    there = ", ".join(device.name for device in devices)
    raise UsageError(f"{user} has no device called {name}", hint=f"there is {there}")


def _listed(found: Mapping[str, Any]) -> ListedDevice:
    owner = found.get("User", {}).get("Arn", "").rpartition("/")[2] or None
    return ListedDevice(Device(found["SerialNumber"], owner or "", found.get("EnableDate")), owner)


def _sorted(listed: Any) -> list[ListedDevice]:
    def key(one: ListedDevice) -> tuple[bool, str, str, str]:
        return one.owner is None, one.owner or "", str(one.device.since or ""), one.device.serial

    return sorted(listed, key=key)
