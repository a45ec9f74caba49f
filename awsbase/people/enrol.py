"""The enrolment of a virtual MFA device: create it, show its seed to the app, and enable it with two codes.

AWS returns the seed only once, when it creates the device. A device that was not enabled is therefore useless, and its
name is taken. If anything interrupts the enrolment, awsbase deletes the device again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

from awsbase import totp
from awsbase.engine.account import Account
from awsbase.engine.clock import Clock
from awsbase.engine.failures import DENIED, failure
from awsbase.engine.refused_credentials import clock_hint
from awsbase.errors import AwsbaseError, LostReply, Refused, UsageError
from awsbase.people import codes, durations, seeds
from awsbase.people.devices import Device, of_user
from awsbase.people.patience import retry_while, wait_until
from awsbase.people.secret import Secret
from awsbase.people.seeds import SeedStore
from awsbase.records import record

MAX_DEVICES = 8
MAX_ANSWERS = 6
ATTEMPTS = 3
# The largest clock error of a phone, in steps of 30 s, with which its codes are still recognized.
MAX_STEPS_APART = 20
# In seconds: how long IAM may take to know a device that it has just made.
KNOWN_WITHIN = 30


class NotEnabled(AwsbaseError):
    """The device could not be enabled; it was deleted again."""


class Stopped(AwsbaseError):
    """The person stopped the enrolment, and not everything could be undone."""

    exit_code = 130


@record
class Prompts:
    """The account, the clock, and the ways to ask and inform the person who enrols a device."""

    account: Account
    clock: Clock
    ask: Callable[[str], Secret]
    tell: Callable[[str], None]
    show: Callable[[Secret, Secret], None]
    """Shows the otpauth URI as a QR code, or URI and seed as text."""
    spell: Callable[[Secret, Secret], None]
    """Shows the otpauth URI and the seed as text."""
    private_screen: Callable[[], AbstractContextManager[None]]
    """Shows text on a screen that disappears afterwards."""
    state: Path
    """The folder with the record of codes that were sent."""


def enrol(prompts: Prompts, user: str, name: str, seed_store: SeedStore | None = None) -> Device:
    """Create and enable a virtual device; with a seed store, save the seed there and compute the codes from it.

    Raises Refused when the user has 8 devices already, and AwsbaseError when the device cannot be created or enabled.
    """
    have = devices_of(prompts, user)
    if len(have) >= MAX_DEVICES:
        names = ", ".join(device.name for device in have)
        raise Refused(
            f"{user} has {MAX_DEVICES} MFA devices, the limit of AWS: {names}",
            hint="remove one with `awsbase mfa remove NAME`",
        )
    if seed_store:
        seed_store.check()
    serial, seed = create_device(prompts, user, name)
    with undo_on_failure(prompts, serial) as stores:
        if seed_store:
            seed_store.keep(user, serial, seed)
            stores.append(seed_store)
            enable_computed(prompts, user, serial, seed)
        else:
            enable_typed(prompts, user, serial, seed)
    return Device(serial, user, prompts.clock.now())


def devices_of(prompts: Prompts, user: str) -> list[Device]:
    """Return the devices of a user; raises UsageError when the user does not exist, AwsbaseError when AWS refuses."""
    from botocore.exceptions import ClientError

    try:
        return of_user(prompts.account.aws, user)
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchEntity":
            raise UsageError(f"there is no IAM user called {user}", hint="name one with --user") from None
        raise explained(prompts.account, error, f"list the devices of {user}") from error


def path_and_name(user: str, name: str) -> tuple[str, str]:
    """Return path and name of a device: `mfa/USER` for the first, and `mfa/USER/NAME`, where users can create more."""
    return ("/", name) if name == user else (f"/{user}/", name)


def serial_of(account: Account, user: str, name: str) -> str:
    """Return the ARN that a device of this name will have."""
    path, last = path_and_name(user, name)
    return f"arn:{account.caller.split(':')[1]}:iam::{account.id}:mfa{path}{last}"


def create_device(prompts: Prompts, user: str, name: str) -> tuple[str, Secret]:
    """Create a device, replacing a leftover of the same name; return its ARN and seed; raises AwsbaseError."""
    from botocore.exceptions import ClientError

    iam = prompts.account.aws.iam
    path, last = path_and_name(user, name)
    for again in (True, False):
        try:
            made = iam.create_virtual_mfa_device(Path=path, VirtualMFADeviceName=last)["VirtualMFADevice"]
            return made["SerialNumber"], Secret(made["Base32StringSeed"].decode("ascii"))
        except LostReply:
            # The response had the seed. If AWS created the device, it is a leftover now.
            if not again:
                raise AwsbaseError(
                    "the response of AWS with the seed of the device was lost twice",
                    hint="check the network, then run it again, which deletes what is left of the device",
                ) from None
            delete_leftover(prompts, user, name)
        except ClientError as error:
            if error.response["Error"]["Code"] != "EntityAlreadyExists" or not again:
                raise explained(prompts.account, error, f"create the device {name}") from error
            delete_leftover(prompts, user, name)
    raise AssertionError("the second attempt returns or raises")


def delete_leftover(prompts: Prompts, user: str, name: str) -> None:
    """Delete a device without an owner; raises Refused when it has one, AwsbaseError when AWS refuses."""
    from botocore.exceptions import ClientError

    serial, iam = serial_of(prompts.account, user, name), prompts.account.aws.iam

    def listed() -> dict[str, Mapping[str, Any]]:
        pages = iam.get_paginator("list_virtual_mfa_devices").paginate()
        return {device["SerialNumber"]: device for page in pages for device in page["VirtualMFADevices"]}

    try:
        # The list can lag behind a device that was made a moment ago.
        found = wait_until(prompts.clock, listed, lambda known: serial in known).get(serial)
        if found is None:
            return
        if owner := found.get("User", {}).get("Arn", "").rpartition("/")[2]:
            raise Refused(
                f"the device {name} has been in use by {owner} since {found['EnableDate']:%Y-%m-%d}",
                hint=f"choose another name with --device, or `awsbase mfa remove {name}` first",
            )
        iam.delete_virtual_mfa_device(SerialNumber=serial)
    except ClientError as error:
        raise explained(prompts.account, error, f"delete the leftover device {name}") from error
    prompts.tell(f"deleted a leftover device {name}, which had no owner and no seed\n")


@contextmanager
def undo_on_failure(prompts: Prompts, serial: str) -> Iterator[list[SeedStore]]:
    """Delete the device on any exception, and its seed from the stores in the yielded list.

    Raises Stopped when Ctrl-C interrupted the enrolment and something could not be deleted.
    """
    stores: list[SeedStore] = []
    try:
        yield stores
    except BaseException as stopped:
        leftover = roll_back(prompts, serial, stores)
        if leftover and isinstance(stopped, KeyboardInterrupt):
            raise Stopped(f"interrupted: {leftover}") from None
        prompts.tell(f"{leftover or 'the new device was not enabled, so it was deleted again'}\n")
        raise


def roll_back(prompts: Prompts, serial: str, stores: Sequence[SeedStore]) -> str | None:
    """Delete a device that was not enabled, and its stored seed; return a message about what is left, or None."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        prompts.account.aws.iam.delete_virtual_mfa_device(SerialNumber=serial)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "DeleteConflict":
            return f"the device {serial} is enabled already"
        if code != "NoSuchEntity":
            return f"the device {serial} is left over ({code}); `awsbase mfa prune` deletes it"
    except BotoCoreError:
        return f"the device {serial} is left over, because AWS cannot be reached; later `awsbase mfa prune` deletes it"
    for seed_store in stores:
        try:
            seed_store.forget()
        except (BotoCoreError, ClientError, OSError):
            return f"the device is deleted again, but its useless seed is left in {seed_store.location}"
    return None


def enable_typed(prompts: Prompts, user: str, serial: str, seed: Secret) -> None:
    """Show the seed to the person's app, and enable the device with two codes of the app."""
    name = serial.rpartition("/")[2]
    address = seeds.uri(seed, label(prompts.account, user, name))
    with prompts.private_screen():
        prompts.show(address, seed)
        for attempts_left in reversed(range(ATTEMPTS)):
            first, second = ask_two_codes(prompts, name, ShownSeed(address, seed))
            if enable(prompts, user, serial, first, second, ShownSeed(address, seed), final=not attempts_left):
                return


@record
class ShownSeed:
    """A seed, and its otpauth URI, as shown to an app."""

    address: Secret
    seed: Secret


def enable_computed(prompts: Prompts, user: str, serial: str, seed: Secret) -> None:
    """Enable the device with codes computed from its stored seed; with later ones if AWS does not take the first."""
    for final in (False, True):
        first, second = (Secret(code) for code in totp.pair(seed.reveal(), prompts.clock.now()))
        if enable(prompts, user, serial, first, second, None, final=final):
            return
        prompts.clock.sleep(2 * totp.STEP, Event())


def enable(
    prompts: Prompts, user: str, serial: str, first: Secret, second: Secret, shown: ShownSeed | None, *, final: bool
) -> bool:
    """Send two codes; return whether AWS accepted them.

    Raises NotEnabled when the final attempt fails or AWS cannot be reached, and AwsbaseError when AWS refuses the call.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    for code in (first, second):
        remember_code(prompts, serial, code)
    sent = partial(
        prompts.account.aws.iam.enable_mfa_device,
        UserName=user,
        SerialNumber=serial,
        AuthenticationCode1=first.reveal(),
        AuthenticationCode2=second.reveal(),
    )
    try:
        # IAM can take a moment to know the device that it has just made.
        retry_while(prompts.clock, sent, transient=("NoSuchEntity",), seconds=KNOWN_WITHIN)
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidAuthenticationCode":
            raise explained(prompts.account, error, "enable the device") from error
        problem = "AWS did not accept these codes"
        advice = clock_advice(error, prompts) or "check that the clocks of the phone and of this machine are right"
        if final:
            raise NotEnabled(problem, hint=f"{advice}, then run it again") from None
        show_problem(prompts, shown, f"{problem}: {advice}\n")
        return False
    except LostReply:
        # The codes are used up. The list of devices shows whether AWS accepted them.
        enabled = wait_until(
            prompts.clock,
            lambda: devices_of(prompts, user),
            lambda listed: any(device.serial == serial for device in listed),
        )
        if any(device.serial == serial for device in enabled):
            return True
        if final:
            raise NotEnabled("the response of AWS was lost", hint="check the network, then run it again") from None
        show_problem(
            prompts, shown, "the response of AWS was lost, and the device is not enabled: type two new codes\n"
        )
        return False
    except BotoCoreError as error:
        raise NotEnabled(f"cannot reach AWS: {error}", hint="check the network, then run it again") from error
    return True


def remember_code(prompts: Prompts, serial: str, code: Secret) -> None:
    """Record that a code is sent, so that `mfa refresh` does not send it again."""
    try:
        codes.claim(prompts.state, serial, code, prompts.clock.now())
    except codes.SpentCode:
        # The record has only 16 bits of a code, so two codes can look the same. This one is new.
        return


def ask_two_codes(prompts: Prompts, name: str, shown: ShownSeed | None) -> tuple[Secret, Secret]:
    """Ask for two consecutive codes, and check them if the seed is known; raises NotEnabled after six wrong answers."""
    first: tuple[Secret, int | None] | None = None
    qr_code = shown
    other = " (or `text`, to type the seed instead of scanning)" if shown else ""
    for _ in range(MAX_ANSWERS):
        wait = codes.until_next(prompts.clock.now())
        typed = prompts.ask(f"the code after that one, in {wait} s: " if first else f"code of {name}{other}: ")
        if shown and typed.reveal().strip().lower() == "text":
            prompts.spell(shown.address, shown.seed)
            qr_code = None
            continue
        try:
            code = codes.read(typed)
        except codes.BadCode as problem:
            show_problem(prompts, qr_code, f"{problem.message}: {problem.hint}\n")
            continue
        at = (
            totp.matching_step(shown.seed.reveal(), code.reveal(), prompts.clock.now(), apart=MAX_STEPS_APART)
            if shown
            else None
        )
        if shown and at is None:
            show_problem(
                prompts, qr_code, f"{name} does not show that code: scan again, and use the newest entry of the app\n"
            )
        elif first is None:
            warn_of_clock(prompts, at)
            first = code, at
        elif code == first[0]:
            wait = codes.until_next(prompts.clock.now())
            show_problem(prompts, qr_code, f"that is the same code again: the next one comes in {wait} s\n")
        elif at is not None and first[1] is not None and at != first[1] + 1:
            show_problem(prompts, qr_code, "these codes are not consecutive: now type the code after the last one\n")
            first = code, at
        else:
            return first[0], code
    raise NotEnabled("no two consecutive codes were typed", hint="run it again with the app at hand")


def show_problem(prompts: Prompts, qr_code: ShownSeed | None, text: str) -> None:
    """Show a problem below the QR code, which is drawn again so that it stays on the screen."""
    if qr_code:
        prompts.show(qr_code.address, qr_code.seed)
    prompts.tell(text)


def warn_of_clock(prompts: Prompts, at: int | None) -> None:
    """Warn when the clocks of phone and machine differ by more than one step of 30 s."""
    if at is not None and abs(off := at - totp.step(prompts.clock.now())) > 1:
        by = durations.words(abs(off) * totp.STEP)
        prompts.tell(f"the phone's clock is {by} {'ahead of' if off > 0 else 'behind'} this machine's: correct it\n")


def label(account: Account, user: str, name: str) -> str:
    """Return the name that the app shows beside the code: user and account."""
    from botocore.exceptions import ClientError

    try:
        aliases = account.aws.iam.list_account_aliases()["AccountAliases"]
    except ClientError:
        # A user without MFA may not be allowed to read the alias; the account id identifies the account too.
        aliases = []
    return f"{user if name == user else f'{user}-{name}'}@{aliases[0] if aliases else account.id}"


def clock_advice(error: Any, prompts: Prompts) -> str | None:
    """Return advice if this machine's clock differs from that of AWS, or None."""
    return clock_hint(error, prompts.clock.now())


def explained(account: Account, error: Any, attempted: str) -> AwsbaseError:
    """Return an error that says what failed, how AWS answered and what to do."""
    refusal = failure(error, account.caller)
    hint = refusal.hint
    if refusal.code == "InvalidClientTokenId":
        hint = "a session without MFA cannot call IAM: use your long-term access key, or `awsbase mfa refresh`"
    elif refusal.code in DENIED and hint:
        hint += "; awsbase:self-service allows it for devices named after yourself"
    return AwsbaseError(f"could not {attempted}: {refusal.code}: {refusal.message}", hint=hint)
