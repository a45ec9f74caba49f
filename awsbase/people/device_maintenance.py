"""MFA devices that are there: listed, brought back in step, taken off, cleared away."""

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
from awsbase.people.enrol import ROUNDS, TRIES, Prompts, Shown, complain, described, refused, skew, two_codes
from awsbase.policies.document import parsed
from awsbase.records import record

# With any of these, people give themselves whatever rights they lack; who may do anything may do these as well.
GRANTS = (
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
class Listed:
    """A device as the list shows it; without an owner it is a leftover."""

    device: Device
    owner: str | None

    @property
    def kind(self) -> str:
        """What sort of device it is."""
        if not self.device.gives_codes:
            return "security key"
        return "virtual" if ":mfa/" in self.device.serial else "hardware token"


def of(desk: Prompts, user: str) -> list[Listed]:
    """Return the devices of one user, oldest first."""
    return _in_order(Listed(device, device.user) for device in described(desk, user))


def everybodys(desk: Prompts) -> list[Listed]:
    """Return the virtual devices of the account, leftovers last; keys and tokens AWS lists by user only."""
    from botocore.exceptions import ClientError

    try:
        pages = desk.account.aws.iam.get_paginator("list_virtual_mfa_devices").paginate()
        found = [device for page in pages for device in page["VirtualMFADevices"]]
    except ClientError as error:
        raise refused(desk.account, error, "list the virtual MFA devices") from error
    return _in_order(map(_listed, found))


def leftovers(desk: Prompts, user: str | None) -> list[Listed]:
    """Return the virtual devices without an owner: all of them, or those called as devices of one user."""
    mine = f":mfa/{user}"
    return [
        one
        for one in everybodys(desk)
        if one.owner is None and (user is None or one.device.serial.endswith(mine) or f"{mine}/" in one.device.serial)
    ]


def resync(desk: Prompts, user: str, wanted: str | None, select: Callable[[str, Sequence[str]], int]) -> Device:
    """Tell AWS by two codes how far a device's clock is off."""
    from botocore.exceptions import ClientError

    device = choose(described(desk, user), wanted, select=select)
    for left in reversed(range(ROUNDS)):
        first, second = two_codes(desk, device.name, None)
        try:
            for code in (first, second):
                codes.claim(desk.state, device.serial, code, desk.clock.now())
        except codes.SpentCode as spent:
            if not left:
                raise
            desk.tell(f"{spent.message}: begin again with the next one\n")
            continue
        try:
            desk.account.aws.iam.resync_mfa_device(
                UserName=user,
                SerialNumber=device.serial,
                AuthenticationCode1=first.reveal(),
                AuthenticationCode2=second.reveal(),
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "InvalidAuthenticationCode":
                raise refused(desk.account, error, f"resynchronise {device.name}") from error
            advice = skew(error, desk) or "they must be of this device, and follow each other"
            if not left:
                raise AwsbaseError(
                    f"AWS did not take the codes of {device.name}",
                    hint=f"{advice}; a device that never comes in step is removed and made anew",
                ) from None
            desk.tell(f"AWS did not take these codes: {advice}\n")
        except LostReply as lost:
            raise AwsbaseError(f"{lost}, and AWS may have taken the codes", hint="try the device") from None
        else:
            return device
    raise AssertionError("the last try returns or raises")


def remove(
    desk: Prompts,
    user: str,
    names: Sequence[str],
    *,
    force: bool,
    confirm: Callable[[str], bool],
    gone: Callable[[Device], None] = lambda device: None,
) -> list[Device]:
    """Take devices off a user and delete them, each `gone` as it is; an administrator's last one only by force."""
    have = described(desk, user)
    going = [_named(have, name, user) for name in dict.fromkeys(names)] or have[: len(have) == 1]
    if not have:
        raise UsageError(f"{user} has no MFA device", hint="leftovers without an owner go with `awsbase mfa prune`")
    if not going:
        raise UsageError("which device?", hint=f"{user} has {', '.join(device.name for device in have)}")
    if len(going) == len(have) and not force:
        mighty = administers(desk.account, user)
        if mighty is not False:
            what = "administers" if mighty else "may administer (you may not see whether)"
            raise Refused(
                f"{user} {what} this account, and would be left without MFA",
                hint="make another device first (`awsbase mfa create`), or insist with --force",
            )
        if not confirm(f"{user} will be left without MFA. Remove {', '.join(d.name for d in going)}?"):
            raise Refused("nothing was removed")
    for device in going:
        _take_off(desk, device)
        gone(device)
    return going


def prune(desk: Prompts, going: Sequence[Listed]) -> int:
    """Delete virtual devices without an owner; return how many there were."""
    from botocore.exceptions import ClientError

    deleted = 0
    for one in going:
        try:
            desk.account.aws.iam.delete_virtual_mfa_device(SerialNumber=one.device.serial)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "DeleteConflict":
                desk.tell(f"{one.device.name} has an owner by now: it stays\n")
            elif code != "NoSuchEntity":
                raise refused(desk.account, error, f"delete {one.device.serial}") from error
        else:
            deleted += 1
    return deleted


def proven(desk: Prompts, device: str, shown: Shown) -> bool:
    """Ask for a code, so that it is sure that an app has the seed; nothing is sent to AWS."""
    for _ in range(TRIES):
        try:
            code = codes.read(desk.ask(f"code that the app shows for {device}: "))
        except codes.BadCode as problem:
            complain(desk, shown, f"{problem.message}: {problem.hint}\n")
            continue
        if totp.matching_step(shown.seed.reveal(), code.reveal(), desk.clock.now(), apart=1) is not None:
            return True
        complain(desk, shown, "that is not the code of this seed: scan it again, check the phone's clock\n")
    return False


def administers(account: Account, user: str) -> bool | None:
    """Tell whether a user can do anything, or can allow it to themselves; None when the caller may not see that."""
    from botocore.exceptions import ClientError

    try:
        return any(_mighty(document) for document in _documents(account.aws.iam, user))
    except ClientError as error:
        if error.response["Error"]["Code"] not in DENIED:
            raise refused(account, error, f"look at the policies of {user}") from error
        return None


def _documents(iam: Any, user: str) -> Iterator[Mapping[str, Any]]:
    """Yield the documents of all policies that hold for a user."""
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


def _mighty(document: Mapping[str, Any] | str) -> bool:
    return any(
        any(_named_by(statement["Action"], grant) for grant in GRANTS)
        if "Action" in statement
        # All but some actions is nearly all of them, unless what gives rights is among the some.
        else not all(_named_by(statement.get("NotAction", "*"), grant) for grant in GRANTS)
        for statement in _all(parsed(document).get("Statement", []))
        if statement.get("Effect") == "Allow"
    )


def _named_by(patterns: Any, action: str) -> bool:
    return any(fnmatchcase(action.lower(), str(pattern).lower()) for pattern in _all(patterns))


def _all(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _take_off(desk: Prompts, device: Device) -> None:
    """Deactivate a device, and delete it where that is left to us; what is gone already is as it should be."""
    from botocore.exceptions import ClientError

    iam = desk.account.aws.iam
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
                raise refused(desk.account, error, f"remove {device.name}") from error


def _named(have: Sequence[Device], name: str, user: str) -> Device:
    for device in have:
        if name in (device.serial, device.name):
            return device
    there = ", ".join(device.name for device in have) or "none"
    raise UsageError(f"{user} has no device called {name}", hint=f"there is {there}")


def _listed(found: Mapping[str, Any]) -> Listed:
    owner = found.get("User", {}).get("Arn", "").rpartition("/")[2] or None
    return Listed(Device(found["SerialNumber"], owner or "", found.get("EnableDate")), owner)


def _in_order(listed: Any) -> list[Listed]:
    def key(one: Listed) -> tuple[bool, str, str, str]:
        return one.owner is None, one.owner or "", str(one.device.since or ""), one.device.serial

    return sorted(listed, key=key)
