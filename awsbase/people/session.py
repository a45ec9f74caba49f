"""Sessions with MFA: one code, kept where all AWS tools find it, used until it ends.

A live session is told from the credentials file alone, before anything of boto3 is loaded: that is what happens most.
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
from awsbase.people import codes, durations, files, profiles, store
from awsbase.people.files import Files
from awsbase.people.profiles import Keys, Source
from awsbase.people.secret import Secret
from awsbase.people.store import Session
from awsbase.records import record

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

    from awsbase.aws import Aws
    from awsbase.engine.account import Account
    from awsbase.people.devices import Device

# botocore asks a `credential_process` again when ten minutes are left, so less than that is of no use to it.
ENOUGH = 600
TRIES = 3
WORTH_TELLING = 15
# What says where and how to talk to AWS, and not who one is: a session needs it as much as the keys did.
CARRIED = ("region", "output", "endpoint_url", "services", "ca_bundle", "use_fips_endpoint", "use_dualstack_endpoint")


@record
class SessionRequest:
    """The session that somebody wants."""

    profile: str | None = None
    duration: int | None = None
    device: str | None = None
    role: str | None = None
    destination: str | None = None
    region: str | None = None
    force: bool = False
    direct: bool = False
    """Whether a role is to be assumed by long-term keys only, as a long console session asks for."""


class Connect(Protocol):
    """Opens the way to AWS with long-term keys."""

    def __call__(self, source: Source, region: str) -> Aws: ...


@record
class Person:
    """Whose session it is: their files and environment, how to ask them, what time it is for them."""

    files: Files
    environ: Mapping[str, str]
    ask: Callable[[str], Secret]
    select: Callable[[str, Sequence[str]], int]
    tell: Callable[[str], None]
    now: Callable[[], datetime]
    connect: Connect


@record
class Held:
    """A session, the profile that holds it, and whether it was there already."""

    profile: str
    session: Session
    reused: bool


def refresh(wanted: SessionRequest, person: Person) -> Held:
    """Return a session with MFA: the live one if there is one, or a new one for a code, kept in its profile."""
    source = profiles.find(person.files, wanted.profile, person.environ)
    role = wanted.role or source.role
    if wanted.duration is not None:
        durations.check(wanted.duration, role=role is not None)
    profile = profiles.destination(person.files, source, wanted.role, wanted.destination)
    before = _live(person, source, profile, wanted, role)
    if before and not wanted.force:
        if wanted.region:
            _carry(source, profile, wanted.region, person)
        return Held(profile, before, reused=True)
    files.check_writable(person.files)

    def waiting() -> None:
        person.tell(f"another awsbase is getting a session for {profile}; waiting for it\n")

    with store.alone(person.files, profile, waiting):
        meanwhile = _live(person, source, profile, wanted, role)
        if meanwhile and meanwhile != before:
            return Held(profile, meanwhile, reused=True)
        session = _obtain(source, role, wanted, person)
        store.keep(person.files, profile, session)
    _carry(source, profile, wanted.region, person)
    return Held(profile, session, reused=False)


def _live(person: Person, source: Source, profile: str, wanted: SessionRequest, role: str | None) -> Session | None:
    """Return the session that a profile holds, if it is the wanted one and lasts; check that it may be replaced."""
    options = files.read_credentials(person.files).get(profile, {})
    store.check_free(profile, options, files.read_config(person.files).get(profile, {}))
    session = store.load(options)
    if session is None or session.left(person.now()) <= ENOUGH:
        return None
    if (session.source != source.profile or not _has_role(session, role)) and not wanted.force:
        whose = f"profile {session.source}" + (f" as {session.role}" if session.role else "")
        raise Refused(
            f"profile {profile} holds a live session of {whose}",
            hint="choose another profile for the session with --destination, or replace it with --force",
        )
    same_device = wanted.device is None or wanted.device in (session.serial, session.serial.rpartition("/")[2])
    # A profile may hold the keys of somebody else by now. What a credential_process gives is not known beforehand.
    same_keys = source.keys is None or session.source_id == source.keys.key_id
    same = session.source == source.profile and _has_role(session, role)
    return session if same and same_device and same_keys else None


def _has_role(session: Session, role: str | None) -> bool:
    if role is None or session.role is None or role.startswith("arn:"):
        return session.role == role
    # A bare name is a role of the person's own account, which is that of the device.
    account = session.serial.split(":")[4:5]
    return session.role.split(":")[4:] == [*account, f"role/{role}"]


def _obtain(source: Source, role: str | None, wanted: SessionRequest, person: Person) -> Session:
    """Get a new session from STS, with a code that the person types."""
    from awsbase.engine.account import identify
    from awsbase.engine.wire import Wire

    aws = person.connect(source, _region(source, wanted, person.environ))
    account = identify(aws, Wire())
    if account.is_root:
        raise Refused(
            "these are root's access keys", hint="delete them in the console, and work as an IAM user with MFA"
        )
    if account.user is None:
        raise Refused(
            f"{account.caller} is no IAM user, and only a user's long-term keys get a session with MFA",
            hint="name the profile of an IAM user's access key with --profile",
        )
    device = _device(account, source, wanted, person)
    call = _call(account, source, role, wanted.duration)
    try:
        answer, sent = _with_code(call, device, person)
    except Denied as denied:
        plain = _plain(source, person) if role and not wanted.direct else None
        if plain is None:
            raise
        answer, sent = _through(plain, call, source, aws.region, person, denied), plain.serial
    keys = answer["Credentials"]
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


def _region(source: Source, wanted: SessionRequest, environ: Mapping[str, str]) -> str:
    """Return where to call STS; sessions hold in every region, so any region of the right partition does."""
    given = wanted.region or environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
    if given := given or source.config.get("region"):
        return given
    partition = (source.serial or "").split(":")[1:2]
    return {"aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}.get("".join(partition), "us-east-1")


def _device(account: Account, source: Source, wanted: SessionRequest, person: Person) -> Device:
    from botocore.exceptions import ClientError

    from awsbase.people import devices

    known = wanted.device or source.serial
    if known and (known.startswith("arn:") or not wanted.device):
        return devices.given(known)
    assert account.user
    try:
        there = devices.of_user(account.aws, account.user)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("AccessDenied", "AccessDeniedException"):
            raise AwsbaseError(f"could not look for MFA devices: {_said(error)}") from error
        raise AwsbaseError(
            f"{account.user} may not list their own MFA devices: {_said(error)}",
            hint="give the device's ARN with --device, or write it as mfa_serial into the profile in ~/.aws/config",
        ) from error
    return devices.choose(there, wanted.device, select=person.select)


Call = partial[Mapping[str, Any]]


def _call(account: Account, source: Source, role: str | None, duration: int | None) -> Call:
    """Return the STS call that lacks only device and code."""
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
    """Ask for codes until AWS takes one; each is sent once."""
    from botocore.exceptions import BotoCoreError, ClientError

    for left in reversed(range(TRIES)):
        code = _code(device, person)
        try:
            return call(SerialNumber=device.serial, TokenCode=code.reveal()), device.serial
        except ClientError as error:
            problem = _refused(error, device, person.now())
            if not isinstance(problem, WrongCode) or not left:
                raise problem from None
            person.tell(f"{problem.message}\n  → {problem.hint}\n")
        except LostReply as lost:
            raise AwsbaseError(
                f"{lost}, and AWS may have taken the code", hint="run it again with the next code"
            ) from None
        except BotoCoreError as error:
            raise AwsbaseError(f"cannot reach AWS: {error}", hint="check the network, then run it again") from error
    raise AssertionError("the last try returns or raises")


def _code(device: Device, person: Person) -> Secret:
    """Ask until something is typed that is a code and that has not been sent."""
    for left in reversed(range(TRIES)):
        try:
            code = codes.read(person.ask(f"MFA code of {device.name}: "))
            codes.claim(person.files.state, device.serial, code, person.now())
        except (codes.BadCode, codes.SpentCode) as problem:
            if not left:
                raise
            person.tell(f"{problem.message}\n  → {problem.hint}\n")
        else:
            return code
    raise AssertionError("the last try returns or raises")


def _plain(source: Source, person: Person) -> Session | None:
    """Return the live session of the same keys without a role, if one is kept."""
    kept = files.read_credentials(person.files).get(f"{source.profile}-mfa", {})
    session = store.load(kept)
    if session is None or session.role or session.left(person.now()) <= 0 or session.source != source.profile:
        return None
    return session if source.keys and session.source_id == source.keys.key_id else None


def _through(
    plain: Session, call: Call, source: Source, region: str, person: Person, denied: Denied
) -> Mapping[str, Any]:
    """Assume a role from a session with MFA, where its code alone does not open the gate."""
    from botocore.exceptions import BotoCoreError, ClientError

    person.tell(f"AWS refuses the role to the code alone; trying it from the live session {source.profile}-mfa\n")
    sts: Any = person.connect(replace(source, keys=Keys(plain.key_id, plain.secret_key, plain.token)), region).sts
    try:
        # Only roles that are assumed by roles end after an hour: a session of GetSessionToken is none.
        answer: Mapping[str, Any] = sts.assume_role(**call.keywords)
    except (ClientError, BotoCoreError):
        raise denied from None
    return answer


class WrongCode(AwsbaseError):
    """AWS did not take the code."""


class Denied(AwsbaseError):
    """AWS does not allow what the code was for."""


def _refused(error: ClientError, device: Device, now: datetime) -> AwsbaseError:
    """Say what a refusal of STS means, and what to do."""
    code, said = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    clock = clock_hint(error, now)
    if "invalid MFA one time pass code" in said:
        return WrongCode(
            f"AWS did not take the code of {device.name}",
            hint=f"type the next one, in {codes.until_next(now)} s; "
            + (clock or "if that fails too, check the clock of the device, or run `awsbase mfa resync`"),
        )
    if "unable to validate MFA code" in said:
        return AwsbaseError(
            f"AWS knows no device {device.serial} of yours",
            hint="leave out --device and correct mfa_serial in the AWS config; `awsbase mfa list` shows your devices; "
            "one that was just made takes some seconds",
        )
    if "with session credentials" in said:
        return Refused(
            "these are the keys of a session, and a session gets no other one",
            hint="name the profile of your long-term access key with --profile",
        )
    if code in ("AccessDenied", "AccessDeniedException"):
        return Denied(
            f"AWS refuses: {said}",
            hint="either there is no such role, or its trust policy does not let you in, or you may not assume it, "
            "or your group's awsbase:require-mfa refuses it without an MFA session: "
            "run `awsbase mfa refresh` without --role, then this again; "
            "else ask whoever manages its trust policy and your permissions",
        )
    if code == "ValidationError" and "DurationSeconds" in said:
        return UsageError(f"AWS refuses: {said}", hint="ask for less with --duration, or raise the role's limit")
    if code in ("RequestExpired", "SignatureDoesNotMatch", "InvalidSignatureException") and clock:
        return AwsbaseError(f"AWS refuses: {code}", hint=clock)
    return AwsbaseError(f"AWS refuses: {code}: {said}", hint=clock)


def clock_hint(error: ClientError, now: datetime) -> str | None:
    date = response_time(error.response)
    off = (now - date).total_seconds() if date else 0
    if abs(off) < WORTH_TELLING:
        return None
    return (
        f"this machine's clock is {durations.words(abs(off))} {'ahead of' if off > 0 else 'behind'} AWS's: set it right"
    )


def _said(error: ClientError) -> str:
    return f"{error.response['Error']['Code']}: {error.response['Error'].get('Message', '')}"


def _carry(source: Source, profile: str, region: str | None, person: Person) -> None:
    """Let the session's profile talk to AWS as the one it came from does, where it does not say so itself."""
    there = files.read_config(person.files).get(profile, {})
    settings = {key: source.config[key] for key in CARRIED if key in source.config and key not in there}
    if region:
        settings["region"] = region
    if settings := {key: value for key, value in settings.items() if value == value.strip() and "\n" not in value}:
        files.write_config(person.files, profile, settings)
