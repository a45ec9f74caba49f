"""Root's access key goes last, and only after somebody else has proved to be an administrator."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pyotp
import pytest

from awsbase.aws import Aws
from awsbase.engine.account import identify
from awsbase.engine.execution import execute
from awsbase.engine.scope import Scope as Where
from awsbase.engine.wire import Wire, refuse_resends
from awsbase.ensure import KINDS
from awsbase.ensure.group import Group
from awsbase.ensure.user import User
from awsbase.errors import AwsbaseError, Refused
from awsbase.people import bootstrap, files, store
from awsbase.people.bootstrap import Administrator, Scope
from awsbase.people.enrol import Prompts
from awsbase.people.profiles import Source
from awsbase.people.secret import Secret
from awsbase.people.session import Person
from awsbase.sandbox import Fault, Killed, Sandbox

pytestmark = pytest.mark.slow

ACCOUNT = "123456789012"
HOME = Where(ACCOUNT, "eu-west-1", "eu-west-1")
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
READER = "arn:aws:iam::aws:policy/ReadOnlyAccess"


class Beginning:
    """A new account of which there is nothing but root's access key, and somebody with a phone at a terminal."""

    def __init__(self, home: Path, *, policy: str = ADMINISTRATOR) -> None:
        self.sandbox = Sandbox()
        self.root = self.sandbox.session("root", "eu-west-1")
        self.files = files.find({}, home)
        self.told: list[str] = []
        self.seeds: list[str] = []
        self.passwords: list[str] = []
        self.resources = [
            Group(scope=HOME, name="Administrators", policies=frozenset({policy}), exact=True),
            User(
                scope=HOME,
                name="alice",
                groups=frozenset({"Administrators"}),
                exact=True,
                console=True,
                mfa=True,
                made_here=("group/Administrators",),
            ),
        ]

    def scope(self, **changed: Any) -> Scope:
        aws = Aws(self.root, "eu-west-1", attach=[refuse_resends])
        root = identify(aws, Wire())
        scope = Scope(
            account=ACCOUNT,
            root=root,
            administrator=Administrator("alice", "acme", console=True),
            region="eu-west-1",
            desk=Prompts(
                account=root,
                clock=self.sandbox.clock,
                ask=self.ask,
                tell=self.told.append,
                show=self.scan,
                spell=self.scan,
                aside=nullcontext,
                state=self.files.state,
            ),
            person=Person(
                self.files,
                {},
                self.ask,
                lambda *_: 0,
                self.told.append,
                now=self.sandbox.clock.now,
                connect=self.connect,
            ),
            make=self.make,
            open=self.open,
            hand_over=lambda password: self.passwords.append(password.reveal()),
        )
        return replace(scope, **changed)

    def make(self) -> None:
        wire = Wire()
        account = identify(Aws(self.root, "eu-west-1", attach=[wire.attach]), wire)
        report = execute("reconcile", self.resources, KINDS, account, clock=self.sandbox.clock)
        if report.failed:
            raise AwsbaseError("not made")

    def ask(self, question: str) -> Secret:
        """Type the code that the app shows next: AWS takes each once."""
        self.sandbox.clock.advance(30)
        return Secret(pyotp.TOTP(self.seeds[-1]).at(int(self.sandbox.clock.time())))

    def scan(self, uri: Secret, seed: Secret) -> None:
        self.seeds.append(parse_qs(urlsplit(uri.reveal()).query)["secret"][0])

    def connect(self, source: Source, region: str) -> Aws:
        assert source.keys
        keys = (source.keys.key_id, source.keys.secret_key.reveal())
        return Aws(boto3.Session(*keys), region, attach=[refuse_resends, self.inside])

    def open(self, session: store.Session) -> Aws:
        keys = (session.key_id, session.secret_key.reveal(), session.token.reveal())
        return Aws(boto3.Session(*keys), "eu-west-1", attach=[self.inside])

    def inside(self, client: Any) -> None:
        client.meta.events.register("before-send", self.sandbox.transport)

    @property
    def writes(self) -> list[str]:
        return [call.name for call in self.sandbox.calls if call.writes]

    @property
    def root_works(self) -> bool:
        return not bootstrap.refused(Aws(self.root, "eu-west-1"))

    def check_done(self) -> None:
        """Look at what must be there in the end, however the way was."""
        iam = self.sandbox.client("iam")
        keys = iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]
        held = files.read_credentials(self.files)["acme"]
        assert [key["AccessKeyId"] for key in keys] == [held[store.ID]]
        assert len(iam.list_mfa_devices(UserName="alice")["MFADevices"]) == 1
        assert len(iam.list_virtual_mfa_devices()["VirtualMFADevices"]) == 1
        assert iam.get_login_profile(UserName="alice")["LoginProfile"]["PasswordResetRequired"]
        assert self.sandbox.backend("iam", "aws").users["alice"].password == self.passwords[-1]
        assert not self.root_works
        assert iam.get_account_summary()["SummaryMap"]["AccountAccessKeysPresent"] == 0
        assert self.files.credentials.stat().st_mode & 0o777 == 0o600


@pytest.fixture
def beginning(tmp_path: Path) -> Beginning:
    return Beginning(tmp_path)


def test_the_first_administrator_is_made_and_roots_key_goes_last(beginning: Beginning) -> None:
    bootstrap.bootstrap(beginning.scope())

    beginning.check_done()
    names = [call.name for call in beginning.sandbox.calls]
    deleted = len(names) - 1 - names[::-1].index("iam:DeleteAccessKey")
    assert names.index("iam:SimulatePrincipalPolicy") < deleted
    assert beginning.writes[-1] == "iam:DeleteAccessKey"
    assert files.read_config(beginning.files)["acme"] == {
        "region": "eu-west-1",
        "mfa_serial": f"arn:aws:iam::{ACCOUNT}:mfa/alice",
    }
    assert "root has no MFA device" in beginning.told[-1]


def test_root_with_mfa_is_left_in_peace(beginning: Beginning) -> None:
    beginning.sandbox.root_mfa = True
    bootstrap.bootstrap(beginning.scope())
    assert "root has no access key any more" in beginning.told[-1]


def attempts(tmp_path: Path) -> int:
    beginning = Beginning(tmp_path / "undisturbed")
    bootstrap.bootstrap(beginning.scope())
    return len(beginning.writes)


@pytest.mark.parametrize("kind", ["killed before", "killed after", "reset before", "reset after"])
def test_interrupted_at_any_write_it_goes_on_and_ends_the_same(tmp_path: Path, kind: Any, draw: Random) -> None:
    count = attempts(tmp_path)
    assert count > 8
    for n in sorted(draw.sample(range(1, count + 1), 4)):
        beginning = Beginning(tmp_path / f"{kind}-{n}")
        beginning.sandbox.faults.add(Fault(kind, at=n))
        with contextlib.suppress(Killed, AwsbaseError):
            bootstrap.bootstrap(beginning.scope())
        beginning.sandbox.faults.clear()
        if beginning.root_works:
            bootstrap.bootstrap(beginning.scope())
        beginning.check_done()


def test_killed_after_the_key_is_gone_the_proof_is_made_up_for(beginning: Beginning) -> None:
    scope = beginning.scope()
    deletions = beginning.sandbox.faults
    deletions.add(Fault("killed after", on="iam:DeleteAccessKey"))
    with pytest.raises(Killed):
        bootstrap.bootstrap(scope)
    deletions.clear()

    assert not beginning.root_works
    assert bootstrap.finished(scope)
    beginning.check_done()


def test_killed_between_its_two_files_the_profile_is_whole_in_the_end(beginning: Beginning) -> None:
    beginning.sandbox.faults.add(Fault("killed before", on="iam:CreateVirtualMFADevice"))
    with pytest.raises(Killed):
        bootstrap.bootstrap(beginning.scope())
    beginning.sandbox.faults.clear()
    beginning.files.config.unlink()

    bootstrap.bootstrap(beginning.scope())
    assert files.read_config(beginning.files)["acme"]["region"] == "eu-west-1"
    beginning.check_done()


def test_a_refused_key_alone_is_no_proof(beginning: Beginning) -> None:
    assert not bootstrap.finished(beginning.scope())


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("another account", {"account": "999999999999"}, "the manifest is for account 999999999999"),
]


@pytest.mark.parametrize(("changed", "said"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_is_off_is_refused_before_the_first_write(
    beginning: Beginning, changed: dict[str, Any], said: str
) -> None:
    with pytest.raises(Refused, match=said):
        bootstrap.bootstrap(beginning.scope(**changed))
    assert beginning.writes == []


@pytest.mark.parametrize("caller", ["user/alice", "role/Admin", None])
def test_only_root_can(beginning: Beginning, caller: str | None) -> None:
    beginning.sandbox.client("iam").create_user(UserName="alice")
    beginning.sandbox.calls.clear()
    beginning.root = beginning.sandbox.session(caller, "eu-west-1")
    with pytest.raises(Refused, match="and not root's"):
        bootstrap.bootstrap(beginning.scope())
    assert beginning.writes == []


def test_another_key_of_roots_is_named_and_deleted_only_when_asked(beginning: Beginning) -> None:
    other = beginning.sandbox.key("root")
    with pytest.raises(Refused, match=f"another access key: …{other.id[-4:]}, last used") as stopped:
        bootstrap.bootstrap(beginning.scope())
    assert "--all-keys" in str(stopped.value.hint)
    assert beginning.writes == []

    bootstrap.bootstrap(beginning.scope(all_keys=True))
    beginning.check_done()


def test_a_profile_that_holds_somebody_elses_key_is_not_overwritten(beginning: Beginning) -> None:
    files.write_credentials(beginning.files, "acme", {store.ID: "AKIAOTHER0000000000", store.SECRET: "x"})
    with pytest.raises(Refused, match="not one of alice"):
        bootstrap.bootstrap(beginning.scope())
    assert files.read_credentials(beginning.files)["acme"][store.ID] == "AKIAOTHER0000000000"
    assert beginning.root_works


def test_keys_that_somebody_uses_are_left_alone(beginning: Beginning) -> None:
    from moto.iam.models import AccessKeyLastUsed

    iam = beginning.sandbox.client("iam")
    iam.create_user(UserName="alice")
    for _ in range(2):
        iam.create_access_key(UserName="alice")
    keys = beginning.sandbox.backend("iam", "aws").users["alice"].access_keys
    keys[0].last_used = AccessKeyLastUsed(beginning.sandbox.clock.now(), "s3", "us-east-1")
    keys[1].last_used = AccessKeyLastUsed(beginning.sandbox.clock.now(), "s3", "us-east-1")
    with pytest.raises(Refused, match="alice has 2 access keys"):
        bootstrap.bootstrap(beginning.scope())
    assert beginning.root_works

    keys[1].last_used = None
    unused, used = keys[1].access_key_id, keys[0].access_key_id
    bootstrap.bootstrap(beginning.scope())
    there = {key["AccessKeyId"] for key in iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]}
    assert used in there
    assert unused not in there


def test_an_old_key_may_be_in_use_although_aws_does_not_say_so_yet(beginning: Beginning) -> None:
    iam = beginning.sandbox.client("iam")
    iam.create_user(UserName="alice")
    old = iam.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]
    beginning.sandbox.clock.advance(2 * 60 * 60)
    bootstrap.bootstrap(beginning.scope())
    assert old in {key["AccessKeyId"] for key in iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]}


@pytest.mark.parametrize("where", ["root's own", "a session"])
def test_a_profile_in_use_is_refused_before_the_first_write(beginning: Beginning, where: str) -> None:
    credentials: Any = beginning.root.get_credentials()
    held = {store.ID: credentials.access_key, store.SECRET: "x"}
    if where == "a session":
        held = {store.ID: "ASIA0000", store.SECRET: "x", store.TOKEN: "y"}
    files.write_credentials(beginning.files, "acme", held)
    with pytest.raises(Refused, match=where):
        bootstrap.bootstrap(beginning.scope())
    assert beginning.writes == []


def test_whoever_is_no_administrator_does_not_cost_root_its_key(tmp_path: Path) -> None:
    beginning = Beginning(tmp_path, policy=READER)
    with pytest.raises(Refused, match="alice is no administrator: iam:CreateUser") as stopped:
        bootstrap.bootstrap(beginning.scope())
    assert "root's access key stays" in str(stopped.value.hint)
    assert beginning.root_works

    beginning.resources[0] = Group(scope=HOME, name="Administrators", policies=frozenset({ADMINISTRATOR}), exact=True)
    bootstrap.bootstrap(beginning.scope())
    beginning.check_done()


def test_a_lost_device_does_not_cost_root_its_key(beginning: Beginning) -> None:
    wrong: Callable[[str], Secret] = lambda question: Secret("000000")  # noqa: E731
    scope = beginning.scope()
    with pytest.raises(AwsbaseError):
        bootstrap.bootstrap(replace(scope, person=replace(scope.person, ask=wrong)))
    assert beginning.root_works
    assert "iam:DeleteAccessKey" not in beginning.writes


def test_a_key_that_stays_is_not_called_gone(beginning: Beginning) -> None:
    beginning.sandbox.root_keys = True
    with pytest.raises(AwsbaseError, match="still counts an access key of root's"):
        bootstrap.bootstrap(beginning.scope())


def test_nothing_secret_is_told(beginning: Beginning) -> None:
    bootstrap.bootstrap(beginning.scope())
    told = "".join(beginning.told)
    held = files.read_credentials(beginning.files)["acme"]
    for value in (held[store.SECRET], held[store.ID], beginning.seeds[0], *beginning.passwords):
        assert value not in told
