"""Sessions with MFA: created with one code, stored where all AWS tools find them, and reused until they expire."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from awsbase.errors import AwsbaseError, LostReply, Refused
from awsbase.people import account_profiles, codes, durations, file_writing, files, live_session, resolver, store
from awsbase.people.files import FileError, Files
from awsbase.people.live_session import KeptSession, SessionRequest, has_device
from awsbase.people.locks import uninterrupted
from awsbase.people.profiles import Source
from awsbase.people.secret import Secret
from awsbase.people.store import Session
from awsbase.people.terminal import NoTerminal
from awsbase.records import record

if TYPE_CHECKING:
    from awsbase.aws import Aws
    from awsbase.engine.account import Account
    from awsbase.people.devices import Device

ATTEMPTS = 3
# In seconds: a session that is used once, for a role.
MIN_SECONDS_OF_BASE = 30
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


Call = partial[Mapping[str, Any]]


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


def refresh(request: SessionRequest, person: Person) -> KeptSession:
    """Return a session with MFA: the live one, or a new one that needs a code and is stored in its profile."""
    at = live_session.place(request, person.files, person.environ)
    before = live_session.live(at, request, person.files, person.now())
    if before and not request.force:
        if request.region:
            _copy_settings(at.source, at.profile, request.region, person)
        return KeptSession(at.profile, before, reused=True)

    def waiting() -> None:
        person.tell(f"another awsbase is getting a session for {at.profile}; waiting for it\n")

    with file_writing.room(person.files) as room, store.session_lock(person.files, at.profile, waiting):
        for line in room.without:
            person.tell(f"{line}\n")
        meanwhile = live_session.live(at, request, person.files, person.now())
        if meanwhile and meanwhile != before:
            return KeptSession(at.profile, meanwhile, reused=True)
        session = _new_session(at.source, at.role, request, person)
        room.give_back()
        lost = _save(at.profile, session, person)
    if lost is None:
        _copy_settings(at.source, at.profile, request.region, person)
    return KeptSession(at.profile, session, reused=False, lost=lost)


def _save(profile: str, session: Session, person: Person) -> FileError | None:
    """Store a session, whose code is spent by now; return the error if that fails twice."""
    for final in (False, True):
        try:
            with uninterrupted():
                store.save(person.files, profile, session)
        except FileError as error:
            if final:
                return error
        else:
            break
    if not file_writing.is_private(person.files):
        path = person.files.credentials
        person.tell(f"others can read {path}: this file system does not let awsbase set its mode\n")
    return None


def _new_session(source: Source, role: str | None, request: SessionRequest, person: Person) -> Session:
    """Create a session with STS: a role's from a live session if there is one, any other with a code."""
    from awsbase.engine.refused_credentials import CredentialsRefused
    from awsbase.people import roles
    from awsbase.people.sts_refusals import Denied

    region = _region(source, request, person.environ)
    base = _base_session(source, request, person) if role else None
    if role and base and (source.chained or (request.duration or 0) <= durations.ROLE_DEFAULT):
        try:
            return roles.from_session(base, source, role, request.duration, region, person)
        except CredentialsRefused:
            # AWS ended the session early, as it does for a deleted device. A code gets another one.
            if source.chained:
                raise
    account = _identified(source, region, person)
    device = _device(account, source, request, person)
    call = roles.assume(account, source, role, request.duration) if role else _get_session_token(account, request)
    try:
        keys = _with_code(call, device, account, source, request, person)["Credentials"]
    except Denied:
        if not role or not base:
            raise
        # A policy such as awsbase:require-mfa refuses the code alone.
        profile = f"{source.keys_profile or source.profile}-mfa"
        person.tell(f"AWS refuses the role with the code alone; trying again with the live session {profile}\n")
        return roles.from_session(base, source, role, request.duration, region, person)
    return roles.session_of(keys, source, device.serial, roles.arn_of(account, role) if role else None)


def _base_session(source: Source, request: SessionRequest, person: Person) -> Session | None:
    """Return the session that a role can be assumed from: that of the role before it in a chain, or a live one."""
    if source.chained:
        return refresh(SessionRequest(source.keys_profile), person).session
    if request.direct:
        return None
    # A person of an organization has many roles: one code gets the session that serves all of them.
    if source.keys_profile and account_profiles.own_profile(source.config):
        return refresh(SessionRequest(source.keys_profile, device=request.device), person).session
    same = [
        session
        for options in files.read_credentials(person.files).values()
        if (session := store.load(options))
        and session.role is None
        and _has_keys(session, source)
        and has_device(session, request.device)
        and session.seconds_left(person.now()) > MIN_SECONDS_OF_BASE
    ]
    return max(same, key=lambda session: session.expires, default=None)


def _has_keys(session: Session, source: Source) -> bool:
    """Tell whether a session was created by a source's keys; those of a credential_process are not known."""
    if source.key_id is None:
        return session.source == source.keys_profile and session.source_id is None
    return session.source_id == source.key_id


def _identified(source: Source, region: str, person: Person) -> Account:
    """Return the account of a source's long-term keys; raises Refused when they are not those of an IAM user."""
    from awsbase.engine.account import identify
    from awsbase.engine.wire import Wire

    account = identify(person.connect(source, region), Wire())
    if account.is_root:
        raise Refused(
            "these are root's access keys", hint="delete them in the console, and work as an IAM user with MFA"
        )
    if account.user is None:
        raise Refused(
            f"{account.caller} is not an IAM user, and a session with MFA needs a user's long-term keys",
            hint="name the profile of an IAM user's access key with --profile",
        )
    return account


def _region(source: Source, request: SessionRequest, environ: Mapping[str, str]) -> str:
    """Return the region of the STS call: sessions are valid in all regions, so any region of the partition works."""
    arns = {"mfa_serial": source.serial or "", "role_arn": request.role or source.role or ""}
    return resolver.region_of(environ, {**source.config, **arns}, request.region) or resolver.REGIONS["aws"]


def _device(account: Account, source: Source, request: SessionRequest, person: Person) -> Device:
    from botocore.exceptions import ClientError

    from awsbase.people import devices, sts_refusals

    named = request.device or source.serial
    if named and (named.startswith("arn:") or not request.device):
        return devices.from_serial(named)
    assert account.user
    try:
        found = devices.of_user(account.aws, account.user)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("AccessDenied", "AccessDeniedException"):
            raise AwsbaseError(f"could not list MFA devices: {sts_refusals.text(error)}") from error
        raise AwsbaseError(
            f"{account.user} is not allowed to list their own MFA devices: {sts_refusals.text(error)}",
            hint="give the device's ARN with --device, or set it as mfa_serial in the profile in ~/.aws/config",
        ) from error
    return devices.choose(found, request.device, select=person.select)


def _get_session_token(account: Account, request: SessionRequest) -> Call:
    """Return the call for a session without a role, without device and code."""
    sts: Any = account.aws.sts
    return partial(sts.get_session_token, DurationSeconds=request.duration or durations.SESSION_DEFAULT)


def _with_code(
    call: Call, device: Device, account: Account, source: Source, request: SessionRequest, person: Person
) -> Mapping[str, Any]:
    """Ask for codes until AWS accepts one; send each code once."""
    from botocore.exceptions import BotoCoreError, ClientError

    from awsbase.people import sts_refusals

    # A profile with a role is refreshed through the profile with its keys.
    keys_profile = source.keys_profile if source.role and not request.role else None
    for attempts_left in reversed(range(ATTEMPTS)):
        try:
            code = _code(device, person)
        except NoTerminal as closed:
            if "RoleArn" in call.keywords:
                command = sts_refusals.refresh_of(source.keys_profile)
                closed.hint = f"run `{command}` in a terminal: a role needs no code of its own then"
            raise
        try:
            return call(SerialNumber=device.serial, TokenCode=code.reveal())
        except ClientError as error:
            problem = sts_refusals.of_code(error, device, person.now())
            if isinstance(problem, sts_refusals.Denied) and (arn := call.keywords.get("RoleArn")):
                problem.hint = sts_refusals.role_hint(
                    error, arn, account.caller, keys_profile=keys_profile, with_session=False
                )
            if not isinstance(problem, sts_refusals.WrongCode) or not attempts_left:
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


def _copy_settings(source: Source, profile: str, region: str | None, person: Person) -> None:
    """Copy the connection settings of the source profile to the session's profile, unless they are set there.

    The session works without them: if they cannot be written, the person is told what is missing.
    """
    settings = {key: source.config[key] for key in COPIED_SETTINGS if key in source.config}
    try:
        found = files.read_config(person.files).get(profile, {})
        settings = {key: value for key, value in settings.items() if key not in found}
        settings |= {"region": region} if region else {}
        settings = {key: value for key, value in settings.items() if value == value.strip() and "\n" not in value}
        if settings:
            file_writing.write_config(person.files, profile, settings)
    except FileError as error:
        lines = "".join(f"  {key} = {value}\n" for key, value in settings.items())
        header = f"  [{files.header_of(profile)}]\n"
        person.tell(f"{error.message}: the session works, and these settings are missing there:\n{header}{lines}")
