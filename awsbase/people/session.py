"""Sessions with MFA: created with one code, stored where all AWS tools find them, and reused until they expire.

A live session is found in the credentials file alone, without loading boto3, because that is the most frequent case.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from awsbase.aws import response_time
from awsbase.errors import AwsbaseError, LostReply, Refused, UsageError
from awsbase.people import codes, durations, files, profiles, resolver, store
from awsbase.people.files import Files
from awsbase.people.profiles import Source
from awsbase.people.resolver import Keys
from awsbase.people.secret import Secret
from awsbase.people.store import Session
from awsbase.records import record

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

    from awsbase.aws import Aws
    from awsbase.engine.account import Account
    from awsbase.people.devices import Device

# In seconds. botocore calls a `credential_process` again when ten minutes are left.
MIN_SECONDS_LEFT = 600
ATTEMPTS = 3
# In seconds.
CLOCK_TOLERANCE = 15
# Settings about the connection to AWS, not about the identity: a session needs them too.
COPIED_SETTINGS = (
    "region",
    "output",
    "endpoint_url",
    "services",
    "ca_bundle",
    "use_fips_endpoint",
    "use_dualstack_endpoint",
)


@record
class SessionRequest:
    """The session that a person asks for."""

    profile: str | None = None
    duration: int | None = None
    device: str | None = None
    role: str | None = None
    destination: str | None = None
    region: str | None = None
    force: bool = False
    direct: bool = False
    """Whether to assume the role with long-term keys only, as a long console session requires."""


class Connect(Protocol):
    """Returns a connection to AWS with long-term keys."""

    def __call__(self, source: Source, region: str) -> Aws: ...


@record
class Person:
    """The person who gets the session: their files and environment, ways to ask and inform them, and their clock."""

    files: Files
    environ: Mapping[str, str]
    ask: Callable[[str], Secret]
    select: Callable[[str, Sequence[str]], int]
    tell: Callable[[str], None]
    now: Callable[[], datetime]
    connect: Connect


@record
class KeptSession:
    """A session, the profile that stores it, and whether it existed already."""

    profile: str
    session: Session
    reused: bool


def refresh(request: SessionRequest, person: Person) -> KeptSession:
    """Return a session with MFA: the live one, or a new one that needs a code and is stored in its profile."""
    source = profiles.find(person.files, request.profile, person.environ)
    role = request.role or source.role
    if request.duration is not None:
        durations.check(request.duration, role=role is not None)
    profile = profiles.destination(person.files, source, request.role, request.destination)
    before = _live_session(person, source, profile, request, role)
    if before and not request.force:
        if request.region:
            _copy_settings(source, profile, request.region, person)
        return KeptSession(profile, before, reused=True)
    files.check_writable(person.files)

    def waiting() -> None:
        person.tell(f"another awsbase is getting a session for {profile}; waiting for it\n")

    with store.session_lock(person.files, profile, waiting):
        meanwhile = _live_session(person, source, profile, request, role)
        if meanwhile and meanwhile != before:
            return KeptSession(profile, meanwhile, reused=True)
        session = _new_session(source, role, request, person)
        store.save(person.files, profile, session)
    _copy_settings(source, profile, request.region, person)
    return KeptSession(profile, session, reused=False)


def _live_session(
    person: Person, source: Source, profile: str, request: SessionRequest, role: str | None
) -> Session | None:
    """Return the live session of a profile if it fits the request; raise Refused if it must not be replaced."""
    options = files.read_credentials(person.files).get(profile, {})
    store.check_free(profile, options, files.read_config(person.files).get(profile, {}))
    session = store.load(options)
    if session is None or session.seconds_left(person.now()) <= MIN_SECONDS_LEFT:
        return None
    if (session.source != source.profile or not _has_role(session, role)) and not request.force:
        whose = f"profile {session.source}" + (f" as {session.role}" if session.role else "")
        raise Refused(
            f"profile {profile} holds a live session of {whose}",
            hint="choose another profile for the session with --destination, or replace it with --force",
        )
    same_device = request.device is None or request.device in (session.serial, session.serial.rpartition("/")[2])
    # The profile may hold other keys by now. The keys of a credential_process are not known in advance.
    same_keys = source.keys is None or session.source_id == source.keys.key_id
    same = session.source == source.profile and _has_role(session, role)
    return session if same and same_device and same_keys else None


def _has_role(session: Session, role: str | None) -> bool:
    if role is None or session.role is None or role.startswith("arn:"):
        return session.role == role
    # A name without ARN is a role in the account of the device.
    account = session.serial.split(":")[4:5]
    return session.role.split(":")[4:] == [*account, f"role/{role}"]


def _new_session(source: Source, role: str | None, request: SessionRequest, person: Person) -> Session:
    """Create a session with STS and a code that the person types."""
    from awsbase.engine.account import identify
    from awsbase.engine.wire import Wire

    aws = person.connect(source, _region(source, request, person.environ))
    account = identify(aws, Wire())
    if account.is_root:
        raise Refused(
            "these are root's access keys", hint="delete them in the console, and work as an IAM user with MFA"
        )
    if account.user is None:
        raise Refused(
            f"{account.caller} is not an IAM user, and a session with MFA needs a user's long-term keys",
            hint="name the profile of an IAM user's access key with --profile",
        )
    device = _device(account, source, request, person)
    call = _call(account, source, role, request.duration)
    try:
        response, sent = _with_code(call, device, person)
    except Denied as denied:
        plain = _session_without_role(source, person) if role and not request.direct else None
        if plain is None:
            raise
        response, sent = _assume_from_session(plain, call, source, aws.region, person, denied), plain.serial
    keys = response["Credentials"]
    return Session(
        key_id=keys["AccessKeyId"],
        secret_key=Secret(keys["SecretAccessKey"]),
        token=Secret(keys["SessionToken"]),
        expires=keys["Expiration"],
        source=source.profile,
        serial=sent,
        role=_role_arn(account, role) if role else None,
        source_id=source.keys.key_id if source.keys else None,
    )


def _region(source: Source, request: SessionRequest, environ: Mapping[str, str]) -> str:
    """Return the region of the STS call: sessions are valid in all regions, so any region of the partition works."""
    arns = {"mfa_serial": source.serial or "", "role_arn": request.role or source.role or ""}
    return resolver.region_of(environ, {**source.config, **arns}, request.region) or resolver.REGIONS["aws"]


def _device(account: Account, source: Source, request: SessionRequest, person: Person) -> Device:
    from botocore.exceptions import ClientError

    from awsbase.people import devices

    named = request.device or source.serial
    if named and (named.startswith("arn:") or not request.device):
        return devices.from_serial(named)
    assert account.user
    try:
        found = devices.of_user(account.aws, account.user)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("AccessDenied", "AccessDeniedException"):
            raise AwsbaseError(f"could not list MFA devices: {_error_text(error)}") from error
        raise AwsbaseError(
            f"{account.user} is not allowed to list their own MFA devices: {_error_text(error)}",
            hint="give the device's ARN with --device, or set it as mfa_serial in the profile in ~/.aws/config",
        ) from error
    return devices.choose(found, request.device, select=person.select)


Call = partial[Mapping[str, Any]]


def _call(account: Account, source: Source, role: str | None, duration: int | None) -> Call:
    """Return the STS call without device and code."""
    sts: Any = account.aws.sts
    if role is None:
        return partial(sts.get_session_token, DurationSeconds=duration or durations.SESSION_DEFAULT)
    own = source.config.get("duration_seconds", "")
    seconds = duration or (int(own) if own.isascii() and own.isdigit() else durations.ROLE_DEFAULT)
    name = re.sub(r"[^\w+=,.@-]", "-", source.config.get("role_session_name") or account.user or "", flags=re.ASCII)
    arguments = {
        "RoleArn": _role_arn(account, role),
        "RoleSessionName": name[:64].ljust(2, "-"),
        "DurationSeconds": durations.check(seconds, role=True),
    }
    if external := source.config.get("external_id"):
        arguments["ExternalId"] = external
    return partial(sts.assume_role, **arguments)


def _role_arn(account: Account, role: str) -> str:
    if role.startswith("arn:"):
        return role
    partition = account.caller.split(":")[1]
    return f"arn:{partition}:iam::{account.id}:role/{role}"


def _with_code(call: Call, device: Device, person: Person) -> tuple[Mapping[str, Any], str]:
    """Ask for codes until AWS accepts one; send each code once."""
    from botocore.exceptions import BotoCoreError, ClientError

    for attempts_left in reversed(range(ATTEMPTS)):
        code = _code(device, person)
        try:
            return call(SerialNumber=device.serial, TokenCode=code.reveal()), device.serial
        except ClientError as error:
            problem = _explained(error, device, person.now())
            if not isinstance(problem, WrongCode) or not attempts_left:
                raise problem from None
            person.tell(f"{problem.message}\n  → {problem.hint}\n")
        except LostReply as lost:
            raise AwsbaseError(
                f"{lost}, and AWS may have accepted the code", hint="run it again with the next code"
            ) from None
        except BotoCoreError as error:
            raise AwsbaseError(f"cannot reach AWS: {error}", hint="check the network, then run it again") from error
    raise AssertionError("the last attempt returns or raises")


def _code(device: Device, person: Person) -> Secret:
    """Ask until the person types a code that was not sent before."""
    for attempts_left in reversed(range(ATTEMPTS)):
        try:
            code = codes.read(person.ask(f"MFA code of {device.name}: "))
            codes.claim(person.files.state, device.serial, code, person.now())
        except (codes.BadCode, codes.SpentCode) as problem:
            if not attempts_left:
                raise
            person.tell(f"{problem.message}\n  → {problem.hint}\n")
        else:
            return code
    raise AssertionError("the last attempt returns or raises")


def _session_without_role(source: Source, person: Person) -> Session | None:
    """Return the stored live session of the same keys without a role, or None."""
    options = files.read_credentials(person.files).get(f"{source.profile}-mfa", {})
    session = store.load(options)
    if session is None or session.role or session.seconds_left(person.now()) <= 0 or session.source != source.profile:
        return None
    return session if source.keys and session.source_id == source.keys.key_id else None


def _assume_from_session(
    plain: Session, call: Call, source: Source, region: str, person: Person, denied: Denied
) -> Mapping[str, Any]:
    """Assume a role from a session with MFA, for policies that refuse a call with the code alone."""
    from botocore.exceptions import BotoCoreError, ClientError

    person.tell(f"AWS refuses the role with the code alone; trying again with the live session {source.profile}-mfa\n")
    sts: Any = person.connect(replace(source, keys=Keys(plain.key_id, plain.secret_key, plain.token)), region).sts
    try:
        # Role chaining limits a session to one hour, but a session of GetSessionToken is not a role.
        response: Mapping[str, Any] = sts.assume_role(**call.keywords)
    except (ClientError, BotoCoreError):
        raise denied from None
    return response


class WrongCode(AwsbaseError):
    """AWS did not accept the code."""


class Denied(AwsbaseError):
    """AWS denied the call that used the code."""


def _explained(error: ClientError, device: Device, now: datetime) -> AwsbaseError:
    """Return an error that explains a refusal of STS."""
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    clock = clock_hint(error, now)
    if "invalid MFA one time pass code" in message:
        return WrongCode(
            f"AWS did not accept the code of {device.name}",
            hint=f"type the next one in {codes.until_next(now)} s; "
            + (clock or "if that fails too, check the clock of the device, or run `awsbase mfa resync`"),
        )
    if "unable to validate MFA code" in message:
        return AwsbaseError(
            f"you have no device {device.serial} in AWS",
            hint="leave out --device and correct mfa_serial in the AWS config; `awsbase mfa list` shows your devices; "
            "a new device needs some seconds",
        )
    if "with session credentials" in message:
        return Refused(
            "these are the keys of a session, and AWS gives no session for those",
            hint="name the profile of your long-term access key with --profile",
        )
    if code in ("AccessDenied", "AccessDeniedException"):
        return Denied(
            f"AWS refuses: {message}",
            hint="there is no such role, or its trust policy does not allow you, or you are not allowed to assume it. "
            "If awsbase:require-mfa of your group refuses it without an MFA session, "
            "run `awsbase mfa refresh` without --role, then this again. "
            "Otherwise ask an administrator of the role and of your permissions",
        )
    if code == "ValidationError" and "DurationSeconds" in message:
        return UsageError(f"AWS refuses: {message}", hint="shorten --duration, or raise the role's limit")
    if code in ("RequestExpired", "SignatureDoesNotMatch", "InvalidSignatureException") and clock:
        return AwsbaseError(f"AWS refuses: {code}", hint=clock)
    return AwsbaseError(f"AWS refuses: {code}: {message}", hint=clock)


def clock_hint(error: ClientError, now: datetime) -> str | None:
    """Return advice if this machine's clock is 15 s or more off the date in AWS's response, or None."""
    date = response_time(error.response)
    off = (now - date).total_seconds() if date else 0
    if abs(off) < CLOCK_TOLERANCE:
        return None
    return (
        f"this machine's clock is {durations.words(abs(off))} {'ahead of' if off > 0 else 'behind'} AWS's: correct it"
    )


def _error_text(error: ClientError) -> str:
    return f"{error.response['Error']['Code']}: {error.response['Error'].get('Message', '')}"


def _copy_settings(source: Source, profile: str, region: str | None, person: Person) -> None:
    """Copy the connection settings of the source profile to the session's profile, unless they are set there."""
    found = files.read_config(person.files).get(profile, {})
    settings = {key: source.config[key] for key in COPIED_SETTINGS if key in source.config and key not in found}
    if region:
        settings["region"] = region
    if settings := {key: value for key, value in settings.items() if value == value.strip() and "\n" not in value}:
        files.write_config(person.files, profile, settings)
