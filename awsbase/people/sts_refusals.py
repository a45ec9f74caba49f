"""Why STS refuses a session: the code, the device, the role, the duration or the clock; and what helps."""

from __future__ import annotations

import shlex
from datetime import datetime
from typing import TYPE_CHECKING

from awsbase.engine.refusals import DENIED, understood
from awsbase.engine.refused_credentials import clock_hint, signature_clock
from awsbase.errors import AwsbaseError, Refused, UsageError
from awsbase.people import codes
from awsbase.people.devices import Device

if TYPE_CHECKING:
    from botocore.exceptions import ClientError


class WrongCode(AwsbaseError):
    """AWS did not accept the code."""


class Denied(AwsbaseError):
    """AWS denied the call: the role is not there, does not trust the caller, or the caller may not assume it."""


def of_code(error: ClientError, device: Device, now: datetime) -> AwsbaseError:
    """Return an error that explains a refusal of a call with the code of a device."""
    message = text(error)
    if "invalid MFA one time pass code" in message:
        return WrongCode(
            f"AWS did not accept the code of {device.name}",
            hint=f"type the next one in {codes.until_next(now)} s; "
            + (
                clock_hint(error, now)
                or "if that fails too, check the clock of the device, or run `awsbase mfa resync`"
            ),
        )
    if "unable to validate MFA code" in message:
        return AwsbaseError(
            f"you have no device {device.serial} in AWS",
            hint="leave out --device and correct mfa_serial in the AWS config; `awsbase mfa list` shows your devices; "
            "a new device needs some seconds",
        )
    return of_call(error, now)


def of_call(error: ClientError, now: datetime) -> AwsbaseError:
    """Return an error that explains a refusal of a call, whether it had a code or not."""
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    if "with session credentials" in message:
        return Refused(
            "these are the keys of a session, and AWS gives no session for those",
            hint="name the profile of your long-term access key with --profile",
        )
    if code in DENIED:
        return Denied(f"AWS refuses: {message}")
    if code == "ValidationError" and "DurationSeconds" in message:
        return UsageError(f"AWS refuses: {message}", hint="shorten --duration, or raise the role's limit")
    if clock := signature_clock(error, now):
        return AwsbaseError(f"AWS refuses: {code}: {message}", hint=clock)
    return AwsbaseError(f"AWS refuses: {code}: {message}", hint=clock_hint(error, now))


def role_hint(error: ClientError, arn: str, caller: str, *, keys_profile: str | None, with_session: bool) -> str:
    """Return what helps against a refused AssumeRole: the role is missing, trusts others, or may not be assumed.

    AWS says which one it is for some callers only. `keys_profile` has the keys if the named profile has not.
    """
    account, own = arn.split(":")[4], caller.split(":")[4]
    refusal = understood(error)
    cause = refusal.cause.words if refusal and refusal.cause else ""
    explicit = bool(refusal and refusal.explicit)
    there = f"an administrator of account {account}" if account != own else "an administrator"
    if cause == "identity-based policy" and not explicit:
        return (
            f"your own policies do not allow it: ask an administrator of account {own} to allow sts:AssumeRole on {arn}"
        )
    if cause in ("role trust policy", "resource-based policy"):
        return f"the role does not trust you: ask {there} to name {caller} in its trust policy"
    if cause and refusal and cause != "identity-based policy":
        return refusal.advice(caller)
    if with_session:
        advice = (
            f"if the role wants a recent code, run `{refresh_of(keys_profile)} --force`, then this again. Otherwise "
        )
    else:
        advice = (
            "if awsbase:require-mfa of your group refuses it without an MFA session, "
            f"run `{refresh_of(keys_profile)}` without --role, then this again. Otherwise "
        )
    if explicit:
        return f"one of your policies refuses it: {advice}ask an administrator of account {own}"
    if account == own:
        causes = "there is no such role, or its trust policy does not allow you, or you are not allowed to assume it"
        return f"{causes}; {advice}ask {there} of the role and of your permissions"
    return (
        f"there is no such role in account {account}, or its trust policy does not allow you, or your own policies in "
        f"account {own} do not; {advice}ask {there} about the role, and one of account {own} about your policies"
    )


def refresh_of(profile: str | None) -> str:
    """Return the command that gets a session for a profile."""
    return "awsbase mfa refresh" + (f" --profile {shlex.quote(profile)}" if profile else "")


def text(error: ClientError) -> str:
    """Return the code and the message of an error."""
    return f"{error.response['Error']['Code']}: {error.response['Error'].get('Message', '')}"
