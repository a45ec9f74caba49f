"""One code gives a session that all AWS tools find, and that is reused until it expires."""

import re
import stat
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from awsbase.errors import AwsbaseError
from awsbase.people import file_writing, files, profiles, store
from awsbase.people.live_session import KeptSession, SessionRequest
from awsbase.people.secret import Secret
from awsbase.people.session import refresh
from awsbase.people.store import Session
from awsbase.sandbox import Fault
from awsbase.sandbox.services.iam.mfa import give_fido
from tests.people.alice import ACCOUNT, Alice, Phone

ACME = SessionRequest("acme")
FIRST = ["sts:GetCallerIdentity", "iam:ListMFADevices", "sts:GetSessionToken"]


def fresh(alice: Alice, requested: SessionRequest = ACME) -> KeptSession:
    """Get a session with the code of the first phone."""
    alice.types(alice.phone.code)
    return refresh(requested, alice.person())


def error_of(alice: Alice, requested: SessionRequest = ACME) -> AwsbaseError:
    with pytest.raises(AwsbaseError) as message:
        refresh(requested, alice.person())
    return message.value


def test_code_gives_a_session_that_boto3_finds(alice: Alice) -> None:
    kept = fresh(alice)

    assert (kept.profile, kept.reused) == ("acme-mfa", False)
    assert kept.session.seconds_left(alice.sandbox.clock.now()) == pytest.approx(12 * 3600, abs=5)
    assert alice.calls() == FIRST
    assert alice.terminal.asked == ["MFA code of alice-0: "]
    assert alice.client("acme-mfa", "sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/alice"
    # IAM answers only if the session has MFA.
    assert alice.client("acme-mfa", "iam").list_users()["Users"]
    assert stat.S_IMODE(alice.files.credentials.stat().st_mode) == 0o600
    assert files.read_config(alice.files)["acme-mfa"] == {"region": "eu-west-1"}
    stored = files.read_credentials(alice.files)["acme-mfa"]
    assert list(stored)[:3] == ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"]
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", stored["x_security_token_expires"])


def test_live_session_is_reused_without_a_question(alice: Alice) -> None:
    first = fresh(alice).session
    alice.calls()
    before = alice.files.credentials.read_bytes()
    alice.sandbox.clock.advance(11 * 3600)

    kept = refresh(ACME, alice.person())

    assert kept.reused
    assert kept.session.key_id == first.key_id
    assert alice.calls() == []
    assert alice.files.credentials.read_bytes() == before


def test_session_of_another_profile_is_not_reused(alice: Alice) -> None:
    shared = SessionRequest("acme", destination="work")
    first = fresh(alice, shared).session
    alice.sandbox.clock.advance(30)
    keys = {"aws_access_key_id": alice.key_id, "aws_secret_access_key": alice.key.reveal()}
    file_writing.write_credentials(alice.files, "other", keys)

    error = error_of(alice, SessionRequest("other", destination="work"))
    assert (error.message, "--force" in str(error.hint)) == ("profile work holds a live session of profile acme", True)
    kept = fresh(alice, SessionRequest("other", destination="work", force=True))

    assert not kept.reused
    assert kept.session.key_id != first.key_id


def bob(alice: Alice) -> tuple[dict[str, str], Phone]:
    """Create a second user; return their access key and phone."""
    iam = alice.sandbox.client("iam")
    iam.create_user(UserName="bob")
    key = iam.create_access_key(UserName="bob")["AccessKey"]
    alice.sandbox.clock.advance(60)
    phone = Phone(alice.sandbox, "bob", "bob")
    alice.calls()
    return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}, phone


def test_changed_keys_of_a_profile_get_a_new_session(alice: Alice) -> None:
    keys, phone = bob(alice)
    fresh(alice)
    file_writing.write_credentials(alice.files, "acme", keys)

    alice.types(phone.code)
    assert not refresh(ACME, alice.person()).reused

    assert alice.client("acme-mfa", "sts").get_caller_identity()["Arn"].endswith(":user/bob")
    assert refresh(ACME, alice.person()).reused


@pytest.mark.parametrize(
    ("kept", "requested", "reused"),
    [
        (f"arn:aws:iam::{ACCOUNT}:role/Admin", "Admin", True),
        (f"arn:aws:iam::{ACCOUNT}:role/Admin", f"arn:aws:iam::{ACCOUNT}:role/Admin", True),
        ("arn:aws:iam::210987654321:role/Admin", "Admin", False),
        (f"arn:aws:iam::{ACCOUNT}:role/team/Admin", "Admin", False),
    ],
)
def test_session_is_reused_for_the_same_role_arn_only(alice: Alice, kept: str, requested: str, reused: bool) -> None:
    ends = alice.sandbox.clock.now() + timedelta(hours=1)
    session = Session("ASIA", Secret("s"), Secret("t"), ends, "acme", alice.phone.serial, kept, alice.key_id)
    store.save(alice.files, "acme-Admin-mfa", session)
    alice.role()

    if reused:
        assert refresh(SessionRequest("acme", role=requested), alice.person()).reused
    else:
        error = error_of(alice, SessionRequest("acme", role=requested))
        assert error.message == f"profile acme-Admin-mfa holds a live session of profile acme as {kept}"
        assert not fresh(alice, SessionRequest("acme", role=requested, force=True)).reused


@pytest.mark.parametrize(
    ("serial", "role", "profile"),
    [
        (True, "Admin", "acme-Admin-mfa"),
        (True, f"arn:aws:iam::{ACCOUNT}:role/Admin", "acme-Admin-mfa"),
        (True, "arn:aws:iam::210987654321:role/team/Admin", "acme-210987654321-Admin-mfa"),
        (False, "Admin", "acme-Admin-mfa"),
        (False, f"arn:aws:iam::{ACCOUNT}:role/Admin", f"acme-{ACCOUNT}-Admin-mfa"),
    ],
)
def test_roles_of_the_same_name_have_separate_profiles(alice: Alice, serial: bool, role: str, profile: str) -> None:
    if serial:
        file_writing.write_config(alice.files, "acme", {"mfa_serial": alice.phone.serial})
    source = profiles.find(alice.files, "acme", {})
    assert profiles.destination(alice.files, source, role, None) == profile


def test_requested_region_is_stored_with_the_session(alice: Alice) -> None:
    fresh(alice, SessionRequest("acme", region="eu-west-2"))
    assert files.read_config(alice.files)["acme-mfa"]["region"] == "eu-west-2"
    assert refresh(SessionRequest("acme", region="eu-west-3"), alice.person()).reused
    assert files.read_config(alice.files)["acme-mfa"]["region"] == "eu-west-3"


def test_unwritable_file_is_reported_before_the_code(alice: Alice) -> None:
    before = alice.files.credentials.read_bytes()
    person = alice.person(files=replace(alice.files, credentials=alice.home))
    with pytest.raises(AwsbaseError, match=re.escape(str(alice.home))):
        refresh(ACME, person)
    assert alice.terminal.asked == []
    assert alice.files.credentials.read_bytes() == before


@pytest.mark.parametrize(
    ("later", "requested"),
    [(12 * 3600 - 600, ACME), (13 * 3600, ACME), (60, SessionRequest("acme", force=True))],
    ids=["ten minutes left", "over", "forced"],
)
def test_new_session_replaces_the_old_one(alice: Alice, later: int, requested: SessionRequest) -> None:
    first = fresh(alice).session
    alice.sandbox.clock.advance(later)

    kept = fresh(alice, requested)

    assert not kept.reused
    assert kept.session.key_id != first.key_id
    assert files.read_credentials(alice.files)["acme-mfa"]["aws_access_key_id"] == kept.session.key_id


def test_refresh_within_a_session_uses_its_source_profile(alice: Alice) -> None:
    fresh(alice)
    alice.sandbox.clock.advance(13 * 3600)
    alice.environ["AWS_PROFILE"] = "acme-mfa"

    kept = fresh(alice, SessionRequest())

    assert (kept.profile, kept.session.source) == ("acme-mfa", "acme")


def test_code_is_never_sent_twice(alice: Alice) -> None:
    fresh(alice)
    alice.calls()
    spent = alice.phone.code()

    def waits() -> str:
        alice.sandbox.clock.advance(30)
        return alice.phone.code()

    alice.types(spent, waits)
    refresh(SessionRequest("acme", force=True), alice.person())

    assert alice.calls() == ["sts:GetCallerIdentity", "iam:ListMFADevices", "sts:GetSessionToken"]
    assert re.search(r"sent before.*\n.*wait \d+ s for the next", "".join(alice.terminal.messages))


def test_wrong_code_is_asked_for_again(alice: Alice) -> None:
    alice.types("nonsense", "000 000", alice.phone.code)
    kept = refresh(ACME, alice.person())

    assert not kept.reused
    assert alice.calls() == [*FIRST, "sts:GetSessionToken"]
    assert [message.splitlines()[0] for message in alice.terminal.messages] == [
        "a code is six digits",
        "AWS did not accept the code of alice-0",
    ]


def test_refresh_gives_up_after_three_wrong_codes(alice: Alice) -> None:
    alice.types("000001", "000002", "000003")
    before = alice.files.credentials.read_bytes()

    assert error_of(alice).message == "AWS did not accept the code of alice-0"
    assert alice.files.credentials.read_bytes() == before


def test_code_is_not_sent_again_after_a_lost_response(alice: Alice) -> None:
    alice.sandbox.faults.add(Fault("reset after", on="sts:GetSessionToken"))
    alice.types(alice.phone.code)

    assert "may have accepted the code" in error_of(alice).message
    assert alice.calls() == FIRST


def test_choice_of_devices_excludes_security_keys(tmp_path: Path) -> None:
    alice = Alice(tmp_path, devices=2)
    give_fido(alice.sandbox, "alice", "yubi")
    alice.terminal.choices.append(1)
    alice.types(alice.phones[1].code)

    kept = refresh(ACME, alice.person())

    assert kept.session.serial == alice.phones[1].serial
    assert re.fullmatch(
        r"MFA device \(unusable here: yubi-\w+ \(security key\)\): alice-0, alice-1", alice.terminal.asked[0]
    )


@pytest.mark.parametrize(
    ("requested", "calls"), [("alice-1", FIRST), (f"arn:aws:iam::{ACCOUNT}:mfa/alice-1", [FIRST[0], FIRST[2]])]
)
def test_named_device_is_used(tmp_path: Path, requested: str, calls: list[str]) -> None:
    alice = Alice(tmp_path, devices=2)
    alice.types(alice.phones[1].code)

    refresh(SessionRequest("acme", device=requested), alice.person())

    assert alice.calls() == calls


def test_mfa_serial_of_the_profile_is_used(alice: Alice) -> None:
    file_writing.write_config(alice.files, "acme", {"mfa_serial": alice.phone.serial})
    fresh(alice)
    assert alice.calls() == ["sts:GetCallerIdentity", "sts:GetSessionToken"]


def with_fido(alice: Alice) -> None:
    give_fido(alice.sandbox, "alice", "yubi")


def serial_of_someone_else(alice: Alice) -> None:
    file_writing.write_config(alice.files, "acme", {"mfa_serial": f"arn:aws:iam::{ACCOUNT}:mfa/bob"})
    alice.types("123456")


def denied_the_list(alice: Alice) -> None:
    alice.sandbox.faults.add(Fault("access denied", on="iam:ListMFADevices"))


def nothing(alice: Alice) -> None:
    """Change nothing."""


@pytest.mark.parametrize(
    ("prepare", "requested", "message", "hint"),
    [
        (nothing, ACME, "you have no MFA device yet", "awsbase mfa create"),
        (with_fido, ACME, "none of your devices shows codes: yubi", "awsbase mfa create"),
        (nothing, SessionRequest("acme", device="old"), "no device called old", "awsbase mfa create"),
        (
            nothing,
            SessionRequest("acme", device=f"arn:aws:iam::{ACCOUNT}:u2f/user/alice/y"),
            "y is a security key",
            "virtual",
        ),
        (serial_of_someone_else, ACME, "you have no device arn:aws:iam::123456789012:mfa/bob", "mfa_serial"),
        (denied_the_list, ACME, "alice is not allowed to list their own MFA devices", "--device"),
        (nothing, SessionRequest("acne"), "no profile called acne", "did you mean acme?"),
    ],
)
def test_unusable_device_or_profile_is_explained(
    tmp_path: Path, prepare: Any, requested: SessionRequest, message: str, hint: str
) -> None:
    alice = Alice(tmp_path, devices=0)
    prepare(alice)

    error = error_of(alice, requested)

    assert message in error.message
    assert error.hint
    assert hint in error.hint


ROLE_PROFILE = {"role_arn": f"arn:aws:iam::{ACCOUNT}:role/x"}


@pytest.mark.parametrize(
    ("credentials", "config", "requested", "message"),
    [
        (
            {"aws_access_key_id": "AKIAX", "aws_secret_access_key": "s"},
            {},
            ACME,
            "long-term keys, which awsbase does not overwrite",
        ),
        ({}, ROLE_PROFILE, ACME, "has role_arn in the config file"),
        ({}, {"credential_process": "x"}, ACME, "has credential_process in the config file"),
        ({}, {}, SessionRequest("acme", destination="acme"), "cannot replace the keys"),
        ({}, {}, SessionRequest("acme", destination="a]\n[b"), "cannot be the name of a profile"),
        (
            {},
            {},
            SessionRequest("acme", duration=899),
            "14 min is not possible for a session: AWS allows 15 min to 36 h",
        ),
        ({}, {}, SessionRequest("acme", duration=129601), "AWS allows 15 min to 36 h"),
        (
            {},
            {},
            SessionRequest("acme", duration=43201, role="Admin"),
            "for a role's session: AWS allows 15 min to 12 h",
        ),
    ],
)
def test_invalid_request_is_refused_before_the_code(
    alice: Alice, credentials: dict[str, str], config: dict[str, str], requested: SessionRequest, message: str
) -> None:
    if credentials:
        file_writing.write_credentials(alice.files, "acme-mfa", credentials)
    if config:
        file_writing.write_config(alice.files, "acme-mfa", config)
    before = alice.files.credentials.read_bytes()

    assert message in error_of(alice, requested).message
    assert alice.files.credentials.read_bytes() == before
    assert alice.calls() == []


def with_keys_of(caller: str) -> Any:
    def prepare(alice: Alice) -> None:
        key = alice.sandbox.key(caller)
        token = {"aws_session_token": key.token}
        file_writing.write_credentials(
            alice.files, "acme", {"aws_access_key_id": key.id, "aws_secret_access_key": key.secret, **token}
        )

    return prepare


def process(command: str) -> Any:
    def prepare(alice: Alice) -> None:
        file_writing.write_credentials(alice.files, "acme", {"aws_access_key_id": None, "aws_secret_access_key": None})
        file_writing.write_config(alice.files, "acme", {"credential_process": command})

    return prepare


def sso(alice: Alice) -> None:
    file_writing.write_config(alice.files, "staff", {"sso_session": "acme"})


@pytest.mark.parametrize(
    ("prepare", "profile", "message"),
    [
        (with_keys_of("session/alice"), "acme", "profile acme holds the keys of a session"),
        (with_keys_of("root"), "acme", "these are root's access keys"),
        (sso, "staff", "profile staff signs in with SSO"),
        (process("awsbase mfa credentials --profile acme"), "acme", "gets its credentials from awsbase itself"),
        (
            lambda alice: file_writing.write_config(alice.files, "empty", {"region": "x"}),
            "empty",
            "holds no access key",
        ),
    ],
)
def test_other_credentials_than_long_term_keys_are_refused(
    alice: Alice, prepare: Any, profile: str, message: str
) -> None:
    prepare(alice)
    assert message in error_of(alice, SessionRequest(profile)).message


@pytest.mark.parametrize("named", [{}, {"AWS_PROFILE": "acme"}], ids=["alone", "beside AWS_PROFILE"])
def test_keys_in_the_environment_override_aws_profile(alice: Alice, named: dict[str, str]) -> None:
    file_writing.write_config(alice.files, "acme", {"mfa_serial": alice.phone.serial})
    keys, phone = bob(alice)
    alice.environ |= {name.upper(): value for name, value in keys.items()} | named

    alice.types(phone.code)
    kept = refresh(SessionRequest(), alice.person())

    assert (kept.profile, kept.session.serial) == ("environment-mfa", phone.serial)
    assert alice.client("environment-mfa", "sts").get_caller_identity()["Arn"].endswith(":user/bob")
    assert fresh(alice, ACME).profile == "acme-mfa"


def test_changed_keys_in_the_environment_get_a_new_session(alice: Alice) -> None:
    keys, phone = bob(alice)
    alice.environ |= {"AWS_ACCESS_KEY_ID": alice.key_id, "AWS_SECRET_ACCESS_KEY": alice.key.reveal()}
    fresh(alice, SessionRequest())
    alice.environ |= {name.upper(): value for name, value in keys.items()}
    alice.types(phone.code)
    assert refresh(SessionRequest(), alice.person()).session.serial == phone.serial


def test_role_is_assumed_with_the_code(alice: Alice) -> None:
    arn = alice.role(longest=7200)
    plain = fresh(alice).session
    alice.calls()
    alice.sandbox.clock.advance(30)

    kept = fresh(alice, SessionRequest("acme", role="Admin", duration=7200))

    assert (kept.profile, kept.session.role) == ("acme-Admin-mfa", arn)
    assert alice.calls() == ["sts:GetCallerIdentity", "iam:ListMFADevices", "sts:AssumeRole"]
    principal = alice.client("acme-Admin-mfa", "sts").get_caller_identity()["Arn"]
    assert principal == f"arn:aws:sts::{ACCOUNT}:assumed-role/Admin/alice"
    assert files.read_credentials(alice.files)["acme-mfa"]["aws_access_key_id"] == plain.key_id
    assert refresh(SessionRequest("acme", role=arn), alice.person()).reused


def test_profile_with_a_role_gets_a_role_session(alice: Alice) -> None:
    settings = {"role_arn": alice.role(), "source_profile": "acme", "role_session_name": "alice at work"}
    file_writing.write_config(alice.files, "admin", settings)

    kept = fresh(alice, SessionRequest("admin"))

    assert kept.profile == "admin-mfa"
    principal = alice.client("admin-mfa", "sts").get_caller_identity()["Arn"]
    assert principal == f"arn:aws:sts::{ACCOUNT}:assumed-role/Admin/alice-at-work"


@pytest.mark.parametrize(
    ("requested", "message", "hint"),
    [
        (
            SessionRequest("acme", role="Absent"),
            "not authorized to perform: sts:AssumeRole",
            "no such role, or its trust",
        ),
        (SessionRequest("acme", role="Admin", duration=7200), "exceeds the MaxSessionDuration", "--duration"),
    ],
)
def test_refused_role_is_explained(alice: Alice, requested: SessionRequest, message: str, hint: str) -> None:
    alice.role()
    alice.types(alice.phone.code)

    error = error_of(alice, requested)

    assert message in error.message
    assert error.hint
    assert hint in error.hint


GATE = Fault("access denied", on="sts:AssumeRole")


def test_live_session_gives_every_role_without_another_code(alice: Alice) -> None:
    arns = [alice.role(name) for name in ("Admin", "Audit")]
    plain = fresh(alice).session
    alice.calls()

    for arn, duration in zip(arns, (1800, None), strict=True):
        kept = refresh(SessionRequest("acme", role=arn.rpartition("/")[2], duration=duration), alice.person())
        assert (kept.session.role, kept.session.serial, kept.reused) == (arn, plain.serial, False)
        assert kept.session.seconds_left(alice.sandbox.clock.now()) == pytest.approx(duration or 3600, abs=5)
        assert alice.calls() == ["sts:GetCallerIdentity", "sts:AssumeRole"]
        assert refresh(SessionRequest("acme", role=arn), alice.person()).reused


def test_live_session_gives_profiles_with_a_role_without_another_code(alice: Alice) -> None:
    settings = {"role_arn": alice.role(), "source_profile": "acme", "mfa_serial": alice.phone.serial}
    file_writing.write_config(alice.files, "admin", settings)
    fresh(alice)

    assert refresh(SessionRequest("admin"), alice.person()).session.role == settings["role_arn"]
    assert len(alice.terminal.asked) == 1


def test_live_session_of_another_device_or_key_gives_no_role(tmp_path: Path) -> None:
    alice = Alice(tmp_path, devices=2)
    alice.role()
    fresh(alice, SessionRequest("acme", device="alice-0"))
    alice.types(alice.phones[1].code)

    kept = refresh(SessionRequest("acme", role="Admin", device="alice-1"), alice.person())
    assert kept.session.serial == alice.phones[1].serial

    key = alice.sandbox.client("iam").create_access_key(UserName="alice")["AccessKey"]
    alice.sandbox.clock.advance(60)
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    file_writing.write_credentials(alice.files, "acme", keys)
    alice.terminal.choices.append(0)
    assert not fresh(alice, SessionRequest("acme", role="Admin", force=True)).reused


def test_session_that_aws_has_ended_is_replaced_with_a_code(alice: Alice) -> None:
    alice.role()
    fresh(alice)
    alice.sandbox.clock.advance(30)
    file_writing.write_credentials(alice.files, "acme-mfa", {"aws_session_token": "other"})

    assert fresh(alice, SessionRequest("acme", role="Admin")).session.role


def test_chain_of_roles_is_followed_with_one_code(alice: Alice) -> None:
    first, second = alice.role("First", longest=7200), alice.role("Second", longest=7200)
    file_writing.write_config(alice.files, "first", {"role_arn": first, "source_profile": "acme"})
    file_writing.write_config(
        alice.files, "second", {"role_arn": second, "source_profile": "first", "duration_seconds": "7200"}
    )

    kept = fresh(alice, SessionRequest("second"))

    assert (kept.profile, kept.session.role) == ("second-mfa", second)
    # AWS gives a role that was assumed by a role one hour.
    assert kept.session.seconds_left(alice.sandbox.clock.now()) == pytest.approx(3600, abs=5)
    principal = alice.client("second-mfa", "sts").get_caller_identity()["Arn"]
    assert principal == f"arn:aws:sts::{ACCOUNT}:assumed-role/Second/alice"
    assert refresh(SessionRequest("second"), alice.person()).reused


def test_long_role_behind_require_mfa_is_assumed_from_the_live_session(alice: Alice) -> None:
    arn = alice.role(longest=7200)
    plain = fresh(alice).session
    alice.sandbox.clock.advance(30)
    alice.sandbox.faults.add(GATE)

    kept = fresh(alice, SessionRequest("acme", role="Admin", duration=7200))

    assert (kept.profile, kept.session.role, kept.session.serial) == ("acme-Admin-mfa", arn, plain.serial)
    assert kept.session.seconds_left(alice.sandbox.clock.now()) == pytest.approx(7200, abs=5)
    assert "with the live session acme-mfa" in alice.terminal.messages[-1]


@pytest.mark.parametrize(("live", "direct"), [(False, False), (True, True)], ids=["no session", "for a link"])
def test_role_behind_require_mfa_is_explained(alice: Alice, live: bool, direct: bool) -> None:
    alice.role()
    if live:
        fresh(alice)
        alice.sandbox.clock.advance(30)
    alice.sandbox.faults.add(GATE)
    alice.types(alice.phone.code)

    hint = str(error_of(alice, SessionRequest("acme", role="Admin", direct=direct)).hint)

    for cause in ("no such role", "trust policy", "awsbase:require-mfa", "`awsbase mfa refresh` without --role"):
        assert cause in hint


def test_two_concurrent_runs_share_one_code(alice: Alice) -> None:
    second_waits, results = threading.Event(), {}
    code = alice.phone.code()

    def ask(question: str) -> Any:
        alice.types(code)
        assert second_waits.wait(20)
        return alice.terminal.ask(question)

    def run(name: str, **changed: Any) -> None:
        results[name] = refresh(SessionRequest("acme", force=True), alice.person(**changed))

    asking = threading.Event()

    def first_asks(question: str) -> Any:
        asking.set()
        return ask(question)

    first = threading.Thread(target=run, args=("first",), kwargs={"ask": first_asks})
    second = threading.Thread(target=run, args=("second",), kwargs={"tell": lambda _: second_waits.set()})
    first.start()
    assert asking.wait(20)
    second.start()
    first.join()
    second.join()

    assert results["first"].session.key_id == results["second"].session.key_id
    assert (results["first"].reused, results["second"].reused) == (False, True)
    assert alice.calls() == FIRST


def test_secrets_are_stored_in_the_credentials_file_only(alice: Alice, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="awsbase")
    code = alice.phone.code()
    session = fresh(alice).session
    shown = [repr(session), str(session), caplog.text, *alice.terminal.asked, *alice.terminal.messages]
    alice.types(code, code, code)
    error = error_of(alice, SessionRequest("acme", force=True))
    shown += [repr(error), str(error), error.hint or ""]
    shown += [path.read_text() for path in alice.files.state.iterdir()]

    secrets = [session.secret_key.reveal(), session.token.reveal(), alice.key.reveal(), code, alice.phone.seed]
    assert [secret for secret in secrets if any(secret in text for text in shown)] == []


def test_device_of_another_user_is_refused(alice: Alice) -> None:
    alice.sandbox.client("iam").create_user(UserName="bob")
    bob = Phone(alice.sandbox, "bob", "bob")
    alice.types(bob.code, bob.code, bob.code)
    assert error_of(alice, SessionRequest("acme", device=bob.serial)).message.startswith("you have no device")


@pytest.mark.parametrize(
    ("minutes", "hint"),
    [
        (0, "check the clock of the device"),
        (7, "this machine's clock is 7 min ahead of AWS's"),
        (-7, "this machine's clock is 6 min behind AWS's"),
    ],
)
def test_wrong_clock_is_reported(alice: Alice, minutes: int, hint: str) -> None:
    def now() -> Any:
        return alice.sandbox.clock.now() + timedelta(minutes=minutes, seconds=1)

    alice.types("000001", "000002", "000003")
    with pytest.raises(AwsbaseError) as message:
        refresh(ACME, alice.person(now=now))
    assert message.value.hint
    assert hint in message.value.hint
