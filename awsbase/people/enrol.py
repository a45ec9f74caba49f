"""A new virtual MFA device: made, shown to the app, enabled by two codes; or gone again without a trace.

AWS tells the seed once, when the device is made. So a device that was not enabled is of no use to anybody, and stands
in the way of the next one of its name: whatever interrupts the enrolment, the device is deleted again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from awsbase import totp
from awsbase.engine.account import Account
from awsbase.engine.clock import Clock
from awsbase.engine.failures import DENIED, failure
from awsbase.errors import AwsbaseError, LostReply, Refused, UsageError
from awsbase.people import codes, durations, seeds
from awsbase.people.devices import Device, of_user
from awsbase.people.secret import Secret
from awsbase.people.seeds import SeedStore
from awsbase.records import record

MOST = 8
TRIES = 6
ROUNDS = 3
# How far, in steps, the clock of a phone may be off and its codes still be told from mistyped ones.
APART = 20


class NotEnabled(AwsbaseError):
    """The device could not be enabled; it was deleted again."""


class Stopped(AwsbaseError):
    """The person stopped it, and not everything could be taken back."""

    exit_code = 130


@record
class Prompts:
    """Where somebody enrols: the account, the time, and how to ask and tell them."""

    account: Account
    clock: Clock
    ask: Callable[[str], Secret]
    tell: Callable[[str], None]
    show: Callable[[Secret, Secret], None]
    """Shows the otpauth URI as a QR code, or it and the seed as text."""
    spell: Callable[[Secret, Secret], None]
    """Shows the otpauth URI and the seed as text."""
    aside: Callable[[], AbstractContextManager[None]]
    """Shows what comes where nothing is left of it afterwards."""
    state: Path
    """The folder where it is noted which codes were sent."""


def enrol(desk: Prompts, user: str, name: str, keeper: SeedStore | None = None) -> Device:
    """Make a virtual device for a user and enable it; with a keeper its seed is kept and its codes are computed."""
    have = described(desk, user)
    if len(have) >= MOST:
        names = ", ".join(device.name for device in have)
        raise Refused(
            f"{user} has {MOST} MFA devices, and AWS takes no more: {names}",
            hint="remove one with `awsbase mfa remove NAME`",
        )
    if keeper:
        keeper.check()
    serial, seed = make(desk, user, name)
    with undone(desk, serial) as kept:
        if keeper:
            keeper.keep(user, serial, seed)
            kept.append(keeper)
            enable_computed(desk, user, serial, seed)
        else:
            enable_typed(desk, user, serial, seed)
    return Device(serial, user, desk.clock.now())


def described(desk: Prompts, user: str) -> list[Device]:
    """Return the devices that a user has."""
    from botocore.exceptions import ClientError

    try:
        return of_user(desk.account.aws, user)
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchEntity":
            raise UsageError(f"there is no IAM user called {user}", hint="name one with --user") from None
        raise refused(desk.account, error, f"look at the devices of {user}") from error


def place(user: str, name: str) -> tuple[str, str]:
    """Return path and name of a device: `mfa/USER`, and `mfa/USER/NAME` for others, where users may make their own."""
    return ("/", name) if name == user else (f"/{user}/", name)


def serial_of(account: Account, user: str, name: str) -> str:
    """Return the ARN that a device of this name will have."""
    path, last = place(user, name)
    return f"arn:{account.caller.split(':')[1]}:iam::{account.id}:mfa{path}{last}"


def make(desk: Prompts, user: str, name: str) -> tuple[str, Secret]:
    """Make a device and return its ARN and seed; a leftover of the same name goes first."""
    from botocore.exceptions import ClientError

    iam = desk.account.aws.iam
    path, last = place(user, name)
    for again in (True, False):
        try:
            made = iam.create_virtual_mfa_device(Path=path, VirtualMFADeviceName=last)["VirtualMFADevice"]
            return made["SerialNumber"], Secret(made["Base32StringSeed"].decode("ascii"))
        except LostReply:
            # The answer held the seed, so the device, if it was made, is a leftover now.
            if not again:
                raise AwsbaseError(
                    "AWS's answer was lost twice, and with it the seed of the device",
                    hint="check the network, then run it again: what is left of the device is cleared away",
                ) from None
            clear(desk, user, name)
        except ClientError as error:
            if error.response["Error"]["Code"] != "EntityAlreadyExists" or not again:
                raise refused(desk.account, error, f"make the device {name}") from error
            clear(desk, user, name)
    raise AssertionError("the second try returns or raises")


def clear(desk: Prompts, user: str, name: str) -> None:
    """Delete a device that nobody has enabled; raise Refused when it is somebody's."""
    from botocore.exceptions import ClientError

    serial, iam = serial_of(desk.account, user, name), desk.account.aws.iam
    try:
        pages = iam.get_paginator("list_virtual_mfa_devices").paginate()
        there = {device["SerialNumber"]: device for page in pages for device in page["VirtualMFADevices"]}
        found: Mapping[str, Any] | None = there.get(serial)
        if found is None:
            return
        if owner := found.get("User", {}).get("Arn", "").rpartition("/")[2]:
            raise Refused(
                f"the device {name} is in use by {owner} since {found['EnableDate']:%Y-%m-%d}",
                hint=f"choose another name with --device, or `awsbase mfa remove {name}` first",
            )
        iam.delete_virtual_mfa_device(SerialNumber=serial)
    except ClientError as error:
        raise refused(desk.account, error, f"clear away what is left of an earlier device {name}") from error
    desk.tell(f"a device {name} was left over from before, without an owner and without its seed: deleted it\n")


@contextmanager
def undone(desk: Prompts, serial: str) -> Iterator[list[SeedStore]]:
    """Delete the device again unless it was enabled, and its seed from what is put into the list."""
    kept: list[SeedStore] = []
    try:
        yield kept
    except BaseException as stopped:
        left = take_back(desk, serial, kept)
        if left and isinstance(stopped, KeyboardInterrupt):
            raise Stopped(f"interrupted: {left}") from None
        desk.tell(f"{left or 'the new device was not enabled, and is deleted again: nothing is left of it'}\n")
        raise


def take_back(desk: Prompts, serial: str, kept: Sequence[SeedStore]) -> str | None:
    """Delete a device that was not enabled, and its kept seed; return what is left if that fails."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        desk.account.aws.iam.delete_virtual_mfa_device(SerialNumber=serial)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "DeleteConflict":
            return f"it was too late, the device {serial} is enabled"
        if code != "NoSuchEntity":
            return f"the device {serial} is left over ({code}), `awsbase mfa prune` deletes it"
    except BotoCoreError:
        return f"the device {serial} is left over, AWS cannot be reached; later `awsbase mfa prune` deletes it"
    for keeper in kept:
        try:
            keeper.forget()
        except (BotoCoreError, ClientError, OSError):
            return f"the device is deleted again, but a seed of no use is left in {keeper.place}"
    return None


def enable_typed(desk: Prompts, user: str, serial: str, seed: Secret) -> None:
    """Show the seed to the person's app and enable the device with two codes from there."""
    name = serial.rpartition("/")[2]
    address = seeds.uri(seed, label(desk.account, user, name))
    with desk.aside():
        desk.show(address, seed)
        for left in reversed(range(ROUNDS)):
            first, second = two_codes(desk, name, Shown(address, seed))
            if enabled(desk, user, serial, first, second, Shown(address, seed), final=not left):
                return


@record
class Shown:
    """A seed that was just shown to an app."""

    address: Secret
    seed: Secret


def enable_computed(desk: Prompts, user: str, serial: str, seed: Secret) -> None:
    """Enable the device with the codes that its kept seed gives."""
    first, second = (Secret(code) for code in totp.pair(seed.reveal(), desk.clock.now()))
    enabled(desk, user, serial, first, second, None, final=True)


def enabled(
    desk: Prompts, user: str, serial: str, first: Secret, second: Secret, shown: Shown | None, *, final: bool
) -> bool:
    """Send two codes; return whether AWS took them, and raise when it will not or this try is the final one."""
    from botocore.exceptions import BotoCoreError, ClientError

    for code in (first, second):
        note(desk, serial, code)
    try:
        desk.account.aws.iam.enable_mfa_device(
            UserName=user,
            SerialNumber=serial,
            AuthenticationCode1=first.reveal(),
            AuthenticationCode2=second.reveal(),
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidAuthenticationCode":
            raise refused(desk.account, error, "enable the device") from error
        problem = "AWS did not take these codes"
        advice = skew(error, desk) or "check that the clocks of the phone and of this machine are right"
        if final:
            raise NotEnabled(problem, hint=f"{advice}, then run it again") from None
        complain(desk, shown, f"{problem}: {advice}\n")
        return False
    except LostReply:
        # The codes are spent in any case. Whether they did their work, only the list of devices tells.
        if any(device.serial == serial for device in described(desk, user)):
            return True
        if final:
            raise NotEnabled("AWS's answer was lost", hint="check the network, then run it again") from None
        complain(desk, shown, "AWS's answer was lost, and the device is not enabled: type two new codes\n")
        return False
    except BotoCoreError as error:
        raise NotEnabled(f"cannot reach AWS: {error}", hint="check the network, then run it again") from error
    return True


def note(desk: Prompts, serial: str, code: Secret) -> None:
    """Note that a code is sent, so that `mfa refresh` does not send it again."""
    try:
        codes.claim(desk.state, serial, code, desk.clock.now())
    except codes.SpentCode:
        # Of a code only sixteen bits are remembered; here it is known by its step that it is new.
        return


def two_codes(desk: Prompts, name: str, shown: Shown | None) -> tuple[Secret, Secret]:
    """Ask for two codes that follow each other; with the seed at hand each is checked before AWS sees it."""
    held: tuple[Secret, int | None] | None = None
    drawn = shown
    other = " (or `text`, to type the seed instead of scanning)" if shown else ""
    for _ in range(TRIES):
        wait = codes.until_next(desk.clock.now())
        typed = desk.ask(f"the code after that one, in {wait} s: " if held else f"code of {name}{other}: ")
        if shown and typed.reveal().strip().lower() == "text":
            desk.spell(shown.address, shown.seed)
            drawn = None
            continue
        try:
            code = codes.read(typed)
        except codes.BadCode as problem:
            complain(desk, drawn, f"{problem.message}: {problem.hint}\n")
            continue
        at = totp.matching_step(shown.seed.reveal(), code.reveal(), desk.clock.now(), apart=APART) if shown else None
        if shown and at is None:
            complain(desk, drawn, f"{name} does not show that code: scan again, take the app's newest entry\n")
        elif held is None:
            warn_of_clock(desk, at)
            held = code, at
        elif code == held[0]:
            wait = codes.until_next(desk.clock.now())
            complain(desk, drawn, f"that is the same code again: the next one comes in {wait} s\n")
        elif at is not None and held[1] is not None and at != held[1] + 1:
            complain(desk, drawn, "these two do not follow each other: now type the one after the last\n")
            held = code, at
        else:
            return held[0], code
    raise NotEnabled("no two codes that follow each other were typed", hint="run it again, with the app at hand")


def complain(desk: Prompts, drawn: Shown | None, said: str) -> None:
    """Say what was wrong, under the picture drawn anew: what is written below it moves it off the screen."""
    if drawn:
        desk.show(drawn.address, drawn.seed)
    desk.tell(said)


def warn_of_clock(desk: Prompts, at: int | None) -> None:
    """Say so when the app's clock and this machine's differ by more than AWS forgives."""
    if at is not None and abs(off := at - totp.step(desk.clock.now())) > 1:
        by = durations.words(abs(off) * totp.STEP)
        desk.tell(f"the phone's clock is {by} {'ahead of' if off > 0 else 'behind'} this machine's: set it right\n")


def label(account: Account, user: str, name: str) -> str:
    """Return what the app shows beside the code: user and account."""
    from botocore.exceptions import ClientError

    try:
        aliases = account.aws.iam.list_account_aliases()["AccountAliases"]
    except ClientError:
        # Whoever has no MFA yet may not be allowed to see it; the number says it as well.
        aliases = []
    return f"{user if name == user else f'{user}-{name}'}@{aliases[0] if aliases else account.id}"


def skew(error: Any, desk: Prompts) -> str | None:
    """Say by how much this machine's clock is off AWS's, if it is."""
    from awsbase.people.session import clock_hint

    return clock_hint(error, desk.clock.now())


def refused(account: Account, error: Any, tried: str) -> AwsbaseError:
    """Say what was tried, what AWS said and what to do."""
    why = failure(error, account.caller)
    hint = why.hint
    if why.code == "InvalidClientTokenId":
        hint = "a session without MFA may not call IAM: use your long-term access key, or `awsbase mfa refresh`"
    elif why.code in DENIED and hint:
        hint += "; awsbase:self-service allows it for devices called as yourself"
    return AwsbaseError(f"could not {tried}: {why.code}: {why.message}", hint=hint)
