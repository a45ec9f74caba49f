"""Bootstrap deletes root's access key last, after another administrator is proven to work."""

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
from awsbase.engine.scope import Scope
from awsbase.engine.wire import Wire, refuse_resends
from awsbase.ensure import KINDS
from awsbase.ensure.group import Group
from awsbase.ensure.user import User
from awsbase.errors import AwsbaseError, Refused
from awsbase.people import bootstrap, file_writing, files, store
from awsbase.people.bootstrap import Administrator, BootstrapContext
from awsbase.people.enrol import Prompts
from awsbase.people.profiles import Source
from awsbase.people.secret import Secret
from awsbase.people.session import Person
from awsbase.sandbox import Fault, Killed, Sandbox

pytestmark = pytest.mark.slow

ACCOUNT = "123456789012"
HOME = Scope(ACCOUNT, "eu-west-1", "eu-west-1")
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
READER = "arn:aws:iam::aws:policy/ReadOnlyAccess"


class NewAccount:
    """A new account with root's access key only, and a person with a phone at a terminal."""

    def __init__(self, home: Path, *, policy: str = ADMINISTRATOR) -> None:
        self.sandbox = Sandbox()
        self.root = self.sandbox.session("root", "eu-west-1")
        self.files = files.find({}, home)
        self.messages: list[str] = []
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

    def context(self, **changed: Any) -> BootstrapContext:
        aws = Aws(self.root, "eu-west-1", attach=[refuse_resends])
        root = identify(aws, Wire())
        context = BootstrapContext(
            account=ACCOUNT,
            root=root,
            administrator=Administrator("alice", "acme", console=True),
            region="eu-west-1",
            prompts=Prompts(
                account=root,
                clock=self.sandbox.clock,
                ask=self.ask,
                tell=self.messages.append,
                show=self.scan,
                spell=self.scan,
                private_screen=nullcontext,
                state=self.files.state,
            ),
            person=Person(
                self.files,
                {},
                self.ask,
                lambda *_: 0,
                self.messages.append,
                now=self.sandbox.clock.now,
                connect=self.connect,
            ),
            make=self.make,
            open=self.open,
            hand_over=lambda password: self.passwords.append(password.reveal()),
        )
        return replace(context, **changed)

    def make(self) -> None:
        wire = Wire()
        account = identify(Aws(self.root, "eu-west-1", attach=[wire.attach]), wire)
        report = execute("reconcile", self.resources, KINDS, account, clock=self.sandbox.clock)
        if report.failed:
            raise AwsbaseError("not created")

    def ask(self, question: str) -> Secret:
        """Answer with the next code of the app, because AWS accepts each code once."""
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
        return not bootstrap.is_refused(Aws(self.root, "eu-west-1"))

    def check_done(self) -> None:
        """Check the final state, which must be the same after every interruption."""
        iam = self.sandbox.client("iam")
        keys = iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]
        stored = files.read_credentials(self.files)["acme"]
        assert [key["AccessKeyId"] for key in keys] == [stored[store.ID]]
        assert len(iam.list_mfa_devices(UserName="alice")["MFADevices"]) == 1
        assert len(iam.list_virtual_mfa_devices()["VirtualMFADevices"]) == 1
        assert iam.get_login_profile(UserName="alice")["LoginProfile"]["PasswordResetRequired"]
        assert self.sandbox.backend("iam", "aws").users["alice"].password == self.passwords[-1]
        assert not self.root_works
        assert iam.get_account_summary()["SummaryMap"]["AccountAccessKeysPresent"] == 0
        assert self.files.credentials.stat().st_mode & 0o777 == 0o600


@pytest.fixture
def new_account(tmp_path: Path) -> NewAccount:
    return NewAccount(tmp_path)


def test_first_administrator_is_created_and_root_key_is_deleted_last(new_account: NewAccount) -> None:
    bootstrap.bootstrap(new_account.context())

    new_account.check_done()
    names = [call.name for call in new_account.sandbox.calls]
    deleted = len(names) - 1 - names[::-1].index("iam:DeleteAccessKey")
    assert names.index("iam:SimulatePrincipalPolicy") < deleted
    assert new_account.writes[-1] == "iam:DeleteAccessKey"
    assert files.read_config(new_account.files)["acme"] == {
        "region": "eu-west-1",
        "mfa_serial": f"arn:aws:iam::{ACCOUNT}:mfa/alice",
    }
    assert "root has no MFA device" in new_account.messages[-1]


def test_root_with_mfa_gets_no_manual_action(new_account: NewAccount) -> None:
    new_account.sandbox.root_mfa = True
    bootstrap.bootstrap(new_account.context())
    assert "root has no access key any more" in new_account.messages[-1]


def writes_of_a_run(tmp_path: Path) -> int:
    new_account = NewAccount(tmp_path / "undisturbed")
    bootstrap.bootstrap(new_account.context())
    return len(new_account.writes)


@pytest.mark.sampled(2)
@pytest.mark.parametrize("kind", ["killed before", "killed after", "reset before", "reset after"])
def test_run_interrupted_at_any_write_can_be_finished(tmp_path: Path, kind: Any, draw: Random) -> None:
    count = writes_of_a_run(tmp_path)
    assert count > 8
    for n in sorted(draw.sample(range(1, count + 1), 4)):
        new_account = NewAccount(tmp_path / f"{kind}-{n}")
        new_account.sandbox.faults.add(Fault(kind, at=n))
        with contextlib.suppress(Killed, AwsbaseError):
            bootstrap.bootstrap(new_account.context())
        new_account.sandbox.faults.clear()
        if new_account.root_works:
            bootstrap.bootstrap(new_account.context())
        new_account.check_done()


def test_run_killed_after_the_deletion_is_recognized_as_finished(new_account: NewAccount) -> None:
    context = new_account.context()
    deletions = new_account.sandbox.faults
    deletions.add(Fault("killed after", on="iam:DeleteAccessKey"))
    with pytest.raises(Killed):
        bootstrap.bootstrap(context)
    deletions.clear()

    assert not new_account.root_works
    assert bootstrap.finished(context)
    new_account.check_done()


def test_run_killed_between_two_files_completes_the_profile(new_account: NewAccount) -> None:
    new_account.sandbox.faults.add(Fault("killed before", on="iam:CreateVirtualMFADevice"))
    with pytest.raises(Killed):
        bootstrap.bootstrap(new_account.context())
    new_account.sandbox.faults.clear()
    new_account.files.config.unlink()

    bootstrap.bootstrap(new_account.context())
    assert files.read_config(new_account.files)["acme"]["region"] == "eu-west-1"
    new_account.check_done()


def test_refused_root_key_alone_does_not_mean_finished(new_account: NewAccount) -> None:
    assert not bootstrap.finished(new_account.context())


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("another account", {"account": "999999999999"}, "the manifest is for account 999999999999"),
]


@pytest.mark.parametrize(("changed", "message"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_wrong_account_is_refused_before_the_first_write(
    new_account: NewAccount, changed: dict[str, Any], message: str
) -> None:
    with pytest.raises(Refused, match=message):
        bootstrap.bootstrap(new_account.context(**changed))
    assert new_account.writes == []


@pytest.mark.parametrize("caller", ["user/alice", "role/Admin", None])
def test_other_callers_than_root_are_refused(new_account: NewAccount, caller: str | None) -> None:
    new_account.sandbox.client("iam").create_user(UserName="alice")
    new_account.sandbox.calls.clear()
    new_account.root = new_account.sandbox.session(caller, "eu-west-1")
    with pytest.raises(Refused, match="not of root"):
        bootstrap.bootstrap(new_account.context())
    assert new_account.writes == []


def test_second_root_key_is_deleted_on_request_only(new_account: NewAccount) -> None:
    other = new_account.sandbox.key("root")
    with pytest.raises(Refused, match=f"another access key: …{other.id[-4:]}, last used") as error:
        bootstrap.bootstrap(new_account.context())
    assert "--all-keys" in str(error.value.hint)
    assert new_account.writes == []

    bootstrap.bootstrap(new_account.context(all_keys=True))
    new_account.check_done()


def test_profile_with_a_key_of_someone_else_is_not_overwritten(new_account: NewAccount) -> None:
    file_writing.write_credentials(new_account.files, "acme", {store.ID: "AKIAOTHER0000000000", store.SECRET: "x"})
    with pytest.raises(Refused, match="not one of alice"):
        bootstrap.bootstrap(new_account.context())
    assert files.read_credentials(new_account.files)["acme"][store.ID] == "AKIAOTHER0000000000"
    assert new_account.root_works


def test_access_keys_in_use_are_not_deleted(new_account: NewAccount) -> None:
    from moto.iam.models import AccessKeyLastUsed

    iam = new_account.sandbox.client("iam")
    iam.create_user(UserName="alice")
    for _ in range(2):
        iam.create_access_key(UserName="alice")
    keys = new_account.sandbox.backend("iam", "aws").users["alice"].access_keys
    keys[0].last_used = AccessKeyLastUsed(new_account.sandbox.clock.now(), "s3", "us-east-1")
    keys[1].last_used = AccessKeyLastUsed(new_account.sandbox.clock.now(), "s3", "us-east-1")
    with pytest.raises(Refused, match="alice has 2 access keys"):
        bootstrap.bootstrap(new_account.context())
    assert new_account.root_works

    keys[1].last_used = None
    unused, used = keys[1].access_key_id, keys[0].access_key_id
    bootstrap.bootstrap(new_account.context())
    keys = {key["AccessKeyId"] for key in iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]}
    assert used in keys
    assert unused not in keys


def test_unused_access_key_older_than_an_hour_is_kept(new_account: NewAccount) -> None:
    iam = new_account.sandbox.client("iam")
    iam.create_user(UserName="alice")
    old = iam.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]
    new_account.sandbox.clock.advance(2 * 60 * 60)
    bootstrap.bootstrap(new_account.context())
    assert old in {key["AccessKeyId"] for key in iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]}


@pytest.mark.parametrize("where", ["root's own", "a session"])
def test_profile_in_use_is_refused_before_the_first_write(new_account: NewAccount, where: str) -> None:
    credentials: Any = new_account.root.get_credentials()
    stored = {store.ID: credentials.access_key, store.SECRET: "x"}
    if where == "a session":
        stored = {store.ID: "ASIA0000", store.SECRET: "x", store.TOKEN: "y"}
    file_writing.write_credentials(new_account.files, "acme", stored)
    with pytest.raises(Refused, match=where):
        bootstrap.bootstrap(new_account.context())
    assert new_account.writes == []


def test_root_key_is_kept_if_the_user_is_not_an_administrator(tmp_path: Path) -> None:
    new_account = NewAccount(tmp_path, policy=READER)
    with pytest.raises(Refused, match="alice is not an administrator: IAM would refuse iam:CreateUser") as error:
        bootstrap.bootstrap(new_account.context())
    assert "root's access key is kept" in str(error.value.hint)
    assert new_account.root_works

    new_account.resources[0] = Group(scope=HOME, name="Administrators", policies=frozenset({ADMINISTRATOR}), exact=True)
    bootstrap.bootstrap(new_account.context())
    new_account.check_done()


def test_root_key_is_kept_if_the_device_gives_no_code(new_account: NewAccount) -> None:
    wrong: Callable[[str], Secret] = lambda question: Secret("000000")  # noqa: E731
    context = new_account.context()
    with pytest.raises(AwsbaseError):
        bootstrap.bootstrap(replace(context, person=replace(context.person, ask=wrong)))
    assert new_account.root_works
    assert "iam:DeleteAccessKey" not in new_account.writes


def test_root_key_that_still_exists_is_reported(new_account: NewAccount) -> None:
    new_account.sandbox.root_keys = True
    with pytest.raises(AwsbaseError, match="still counts an access key of root"):
        bootstrap.bootstrap(new_account.context())


def test_messages_of_a_bootstrap_contain_no_secret(new_account: NewAccount) -> None:
    bootstrap.bootstrap(new_account.context())
    messages = "".join(new_account.messages)
    stored = files.read_credentials(new_account.files)["acme"]
    for value in (stored[store.SECRET], stored[store.ID], new_account.seeds[0], *new_account.passwords):
        assert value not in messages
