"""Every hint, followed to the letter, gets further: what comes next is another outcome."""

from __future__ import annotations

import ast
import json
import re
import shlex
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import click
import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner, Result

from awsbase.engine.refused_credentials import refused, signature_clock
from awsbase.errors import AwsbaseError
from awsbase.people import file_writing, files, resolver, sts_refusals
from awsbase.people.connect import connect
from awsbase.people.live_session import SessionRequest
from awsbase.people.session import refresh
from awsbase.people.terminal import NoTerminal
from awsbase.sandbox import Fault
from awsbase.scripts import Invocation, cli, hints
from tests.people.alice import ACCOUNT, Alice
from tests.people.shell import served_at

Act = Callable[[Alice], object]
ROLE = f"arn:aws:iam::{ACCOUNT}:role/Admin"
KEY_VARIABLES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


def outcome(alice: Alice, requested: SessionRequest) -> tuple[str, str]:
    """Return what a refresh comes to, and its hint."""
    alice.types(alice.phone.code)
    try:
        refresh(requested, alice.person())
    except AwsbaseError as error:
        return error.message, error.hint or ""
    finally:
        alice.terminal.answers.clear()
        alice.sandbox.clock.advance(30)
    return "a session", ""


def config(text: str) -> Act:
    return lambda alice: alice.files.config.write_text(text)


def credentials(**values: str | None) -> Act:
    return lambda alice: file_writing.write_credentials(alice.files, "acme", values)


def setting(**values: str | None) -> Act:
    return lambda alice: file_writing.write_config(alice.files, "acme", values)


def environment(**values: str) -> Act:
    return lambda alice: alice.environ.update(values)


def unset(*names: str) -> Act:
    return lambda alice: [alice.environ.pop(name, None) for name in names]


def own_key(alice: Alice) -> None:
    """Do what `aws configure` does."""
    key = {"aws_access_key_id": alice.key_id, "aws_secret_access_key": alice.key.reveal(), "aws_session_token": None}
    file_writing.write_credentials(alice.files, "acme", key)


def gets(profile: str) -> Act:
    """Run `awsbase mfa refresh --profile P`."""

    def run(alice: Alice) -> None:
        assert outcome(alice, SessionRequest(profile))[0] == "a session"

    return run


def wrong_header(alice: Alice) -> None:
    alice.files.credentials.write_text("")
    alice.files.config.write_text("[acme]\nregion = eu-west-1\n")


def misplaced_header(alice: Alice) -> None:
    text = alice.files.credentials.read_text()
    alice.files.credentials.write_text(text.replace("[acme]", "[profile acme]"))
    alice.files.config.write_text("")


def replaced(old: str, new: str, file: str) -> Act:
    def act(alice: Alice) -> None:
        path: Path = getattr(alice.files, file)
        path.write_text(path.read_text().replace(old, new))

    return act


def gate(alice: Alice) -> None:
    alice.role()
    alice.sandbox.faults.add(Fault("access denied", on="sts:AssumeRole"))


def gated_role_profile(alice: Alice) -> None:
    alice.files.config.write_text(f"{ROLE_PROFILE}source_profile = acme\n")
    gate(alice)


def no_device(alice: Alice) -> None:
    setting(mfa_serial=f"arn:aws:iam::{ACCOUNT}:mfa/old")(alice)


def session_of_another(alice: Alice) -> None:
    key = alice.sandbox.key("session/alice")
    alice.environ |= dict(zip(KEY_VARIABLES, (key.id, key.secret, str(key.token)), strict=True))


ROLE_PROFILE = f"[profile acme]\nregion = eu-west-1\n[profile admin]\nrole_arn = {ROLE}\n"
ACME, ADMIN = SessionRequest("acme"), SessionRequest("admin")
CASES: dict[str, tuple[Act, SessionRequest, str, Act]] = {
    "a header without profile": (wrong_header, ACME, "[profile acme]", replaced("[acme]", "[profile acme]", "config")),
    "a header with profile": (misplaced_header, ACME, "[acme]", replaced("[profile acme]", "[acme]", "credentials")),
    "an empty AWS_PROFILE": (environment(AWS_PROFILE=""), SessionRequest(), "unset AWS_PROFILE", unset("AWS_PROFILE")),
    "half a key in the environment": (
        environment(AWS_ACCESS_KEY_ID="AKIAX", AWS_PROFILE="acme"),
        SessionRequest(),
        "`unset AWS_ACCESS_KEY_ID`",
        unset("AWS_ACCESS_KEY_ID"),
    ),
    "a session in the environment": (
        session_of_another,
        SessionRequest(),
        "--profile",
        environment(AWS_PROFILE="acme"),
    ),
    "half a session in the environment": (
        environment(AWS_ACCESS_KEY_ID="ASIAX", AWS_SECRET_ACCESS_KEY="x", AWS_PROFILE="acme"),
        SessionRequest(),
        "`unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY`",
        unset("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
    ),
    "half a session": (credentials(aws_access_key_id="ASIAX"), ACME, "aws configure", own_key),
    "half a key": (credentials(aws_secret_access_key=None), ACME, "aws configure", own_key),
    "a key that AWS does not know": (
        credentials(aws_access_key_id="AKIAIOSFODNN7EXAMPLE"),
        ACME,
        "deleted, inactive or mistyped, or it is of another partition than eu-west-1",
        own_key,
    ),
    "a key with a comment": (
        lambda alice: credentials(aws_access_key_id=f"{alice.key_id} # mine")(alice),
        ACME,
        "nothing but the key",
        own_key,
    ),
    "a circle of roles": (
        config(f"{ROLE_PROFILE}source_profile = other\n[profile other]\nrole_arn = {ROLE}\nsource_profile = admin\n"),
        ADMIN,
        "must be the profile with your access key",
        replaced("source_profile = admin", "source_profile = acme", "config"),
    ),
    "a role without a source": (
        config(ROLE_PROFILE),
        ADMIN,
        "add `source_profile = NAME` to profile admin",
        lambda alice: file_writing.write_config(alice.files, "admin", {"source_profile": "acme"}),
    ),
    "a role with two sources": (
        config(f"{ROLE_PROFILE}source_profile = acme\ncredential_source = Environment\n"),
        ADMIN,
        "delete one of them",
        lambda alice: file_writing.write_config(alice.files, "admin", {"credential_source": None}),
    ),
    "aws login": (
        config("[profile me]\nlogin_session = x\n"),
        SessionRequest("me"),
        "`aws login --profile me`",
        lambda _: None,
    ),
    "a block without indentation": (
        setting(s3=""),
        ACME,
        "indent its settings",
        replaced("s3 =", "s3 =\n  addressing_style = path", "config"),
    ),
    "a role behind an MFA policy": (gate, SessionRequest("acme", role="Admin"), "awsbase mfa refresh", gets("acme")),
    "a profile of a role behind one": (
        gated_role_profile,
        ADMIN,
        "awsbase mfa refresh --profile acme",
        gets("acme"),
    ),
    "a device that is gone": (no_device, ACME, "correct mfa_serial", setting(mfa_serial=None)),
}


@pytest.mark.parametrize(("spoil", "requested", "hint", "follow"), CASES.values(), ids=CASES)
def test_hint_followed_to_the_letter_gets_further(
    alice: Alice, spoil: Act, requested: SessionRequest, hint: str, follow: Act
) -> None:
    spoil(alice)
    problem, advice = outcome(alice, requested)
    assert hint in advice
    assert problem != "a session"

    follow(alice)
    if requested.profile == "me":
        requested = ACME

    assert outcome(alice, requested)[0] != problem


def test_role_without_a_terminal_is_had_after_what_the_hint_says(alice: Alice) -> None:
    alice.role()

    def closed(question: str) -> Any:
        raise NoTerminal("no terminal to ask")

    without = alice.person(ask=closed)
    requested = SessionRequest("acme", role="Admin")
    with pytest.raises(NoTerminal) as refusal:
        refresh(requested, without)
    assert "`awsbase mfa refresh --profile acme` in a terminal" in str(refusal.value.hint)

    gets("acme")(alice)
    assert refresh(requested, without).session.role == ROLE


def test_half_a_session_is_replaced(alice: Alice) -> None:
    file_writing.write_credentials(
        alice.files, "acme-mfa", {"aws_access_key_id": "ASIAX", "aws_secret_access_key": "x"}
    )
    gets("acme")(alice)
    assert files.read_credentials(alice.files)["acme-mfa"]["aws_session_token"]


@pytest.mark.parametrize(
    ("hint", "complete"),
    [
        ("`awsbase mfa refresh`", "`awsbase mfa refresh --profile 'my work'`"),
        ("`awsbase mfa list --profile x`", "`awsbase mfa list --profile x`"),
        ("`awsbase plan`", "`awsbase plan 'a b.yaml' --profile 'my work'`"),
        ("`awsbase bastion up`", "`awsbase bastion up 'a b.yaml' --profile 'my work'`"),
        ("`awsbase init`, not `aws configure`", "`awsbase init`, not `aws configure`"),
        ("`awsbase plan --who`", "`awsbase plan 'a b.yaml' --who --profile 'my work'`"),
        ("`awsbase exec -- ls`", "`awsbase exec --profile 'my work' -- ls`"),
        ("`awsbase --version`", "`awsbase --version`"),
        ("lee runs `awsbase mfa create`", "lee runs `awsbase mfa create`"),
    ],
)
def test_commands_of_a_hint_name_the_profile_and_the_manifest(hint: str, complete: str) -> None:
    assert hints.complete(hint, "my work", "a b.yaml") == complete
    assert hints.complete(hint, None) == hint


def commands_of_hints() -> list[str]:
    """Return every command in backquotes that the source can say; a value within it becomes one word."""
    found = set()
    texts = [file.read_text() for file in Path(hints.__file__).parents[1].rglob("*.py")]
    for tree in [ast.parse(text) for text in texts if "`awsbase " in text]:
        docstrings = {id(each.value) for each in ast.walk(tree) if isinstance(each, ast.Expr)}
        parts = {id(part) for each in ast.walk(tree) if isinstance(each, ast.JoinedStr) for part in each.values}
        for node in ast.walk(tree):
            if id(node) in docstrings | parts:
                continue
            if isinstance(node, ast.JoinedStr):
                text = "".join(str(each.value) if isinstance(each, ast.Constant) else "X" for each in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
            else:
                continue
            found |= {each[0] for each in hints.COMMAND.finditer(text)}
    # The pattern itself, a command that is put together of variables, and two that are spoken of, not advised.
    return sorted(found - {"`awsbase ([a-z][^`", "`awsbase X`", "`awsbase exec`", "`awsbase plan -o`"})


def test_every_hint_is_a_command_that_the_command_line_takes() -> None:
    commands = commands_of_hints()
    assert len(commands) > 30
    for command in commands:
        _, *arguments = shlex.split(hints.complete(command, "my work", "a b.yaml").strip("`"))
        context = cli.make_context("awsbase", arguments, obj=Invocation({}))
        called: click.Command = cli
        while isinstance(called, click.Group):
            name, found, arguments = called.resolve_command(context, [*context._protected_args, *context.args])
            assert found, command
            called, context = found, found.make_context(name, arguments, parent=context)
        takes = {each.name for each in called.params} & {"profile", "manifest"}
        given = {name for name in ("profile", "manifest") if context.params.get(name)}
        assert given == takes, command


def every_command(group: click.Group, at: tuple[str, ...] = ()) -> Iterator[tuple[str, set[str | None]]]:
    """Yield the words of each command, and the names of what it takes."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from every_command(command, (*at, name))
        elif command:
            yield " ".join((*at, name)), {each.name for each in command.params}


def test_hints_know_which_commands_take_a_profile_or_a_manifest() -> None:
    takes = dict(every_command(cli))
    assert {name for name, given in takes.items() if "manifest" in given} == set(hints.WITH_MANIFEST)
    assert {name for name, given in takes.items() if "profile" not in given} == set(hints.WITHOUT_PROFILE)


GATED = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "*",
            "Resource": "*",
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        }
    ],
}
SMALL = f'version: 1\naccount: {{id: "{ACCOUNT}", name: acme, region: eu-west-1, alias: acme-prod}}\n'


def quoted(text: str, start: str) -> list[str]:
    """Return the words of the command that begins so in a text."""
    command = next(each for each in re.findall("`([^`]*)`", " ".join(text.split())) if each.startswith(start))
    return shlex.split(command)


@pytest.mark.parametrize("given", ["--profile", "AWS_PROFILE"])
@pytest.mark.parametrize("command", ["plan", "reconcile"])
def test_hints_of_a_run_followed_to_the_letter_get_further(
    command: str, given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = Alice(tmp_path, enforce=True)
    alice.sandbox.client("iam").put_user_policy(UserName="alice", PolicyName="gated", PolicyDocument=json.dumps(GATED))
    alice.files.credentials.write_text(alice.files.credentials.read_text().replace("acme", "my work"))
    alice.files.config.write_text(f'[profile "my work"]\nmfa_serial = {alice.phone.serial}\n')
    manifest = tmp_path / "the manifest.yaml"
    manifest.write_text(SMALL)

    def run(profile: str, *options: str) -> Result:
        named = ["--profile", profile] if given == "--profile" else []
        if not named:
            monkeypatch.setenv("AWS_PROFILE", profile)
        arguments = [command, str(manifest), *(["--yes"] if command == "reconcile" else []), *named, *options]
        return CliRunner().invoke(cli, arguments)

    with served_at(alice.sandbox) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        refused = run("my work")
        assert refused.exit_code == 1, refused.output
        document = json.loads(run("my work", "--json").stdout)
        advice = document["resources"][0]["error"]["hint"]
        for hint in (refused.output, advice):
            permissions = CliRunner().invoke(cli, quoted(hint, "awsbase permissions")[1:])
            assert permissions.exit_code == 0, permissions.output
            assert quoted(hint, "awsbase mfa refresh") == ["awsbase", "mfa", "refresh", "--profile", "my work"]

        alice.types(alice.phone.code)
        kept = refresh(SessionRequest("my work"), alice.person(connect=connect))
        again = run(kept.profile)
        assert again.exit_code == 0, again.output


OTHER = "arn:aws:iam::210987654321:role/Ops"
CALLER = f"arn:aws:iam::{ACCOUNT}:user/alice"
PLAIN = f"User: {CALLER} is not authorized to perform: sts:AssumeRole on resource: "


def error(code: str, message: str, date: datetime | None = None, operation: str = "AssumeRole") -> ClientError:
    headers = {"date": format_datetime(date, usegmt=True)} if date else {}
    response: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPHeaders": headers}}
    return ClientError(response, operation)


@pytest.mark.parametrize(
    ("arn", "reason", "with_session", "expected"),
    [
        (ROLE, "", False, ["there is no such role", "trust policy", "awsbase:require-mfa", "`awsbase mfa refresh`"]),
        (ROLE, "", True, ["there is no such role", "wants a recent code", "--force`"]),
        (OTHER, "", False, ["no such role in account 210987654321", f"your own policies in account {ACCOUNT}"]),
        (OTHER, "", True, ["an administrator of account 210987654321", "wants a recent code"]),
        (
            OTHER,
            " because no identity-based policy allows the sts:AssumeRole action",
            True,
            ["your own policies do not allow it", f"administrator of account {ACCOUNT}", OTHER],
        ),
        (
            OTHER,
            " because no resource-based policy allows the sts:AssumeRole action",
            True,
            ["the role does not trust you", "administrator of account 210987654321", CALLER],
        ),
        (
            OTHER,
            " because no service control policy allows the sts:AssumeRole action",
            True,
            ["service control policy"],
        ),
        (
            ROLE,
            " with an explicit deny in an identity-based policy",
            False,
            ["one of your policies refuses it", "`awsbase mfa refresh`"],
        ),
    ],
)
def test_refused_role_gets_the_words_for_its_reason(
    arn: str, reason: str, with_session: bool, expected: list[str]
) -> None:
    refusal = error("AccessDenied", PLAIN + arn + reason)
    hint = sts_refusals.role_hint(refusal, arn, CALLER, keys_profile=None, with_session=with_session)
    assert [words for words in expected if words not in hint] == []
    assert ("require-mfa" in hint) <= (not with_session)


NOW = datetime(2026, 1, 1, 8, 15, tzinfo=UTC)
EXPIRED = "Signature expired: 20260101T000000Z is now earlier than 20260101T080000Z (20260101T081500Z - 15 min.)"


@pytest.mark.parametrize(
    ("code", "message", "off", "expected"),
    [
        ("SignatureDoesNotMatch", EXPIRED, None, "8 h 15 min behind AWS's"),
        ("RequestTimeTooSkewed", "", timedelta(hours=-8), "8 h behind AWS's"),
        ("RequestExpired", "", timedelta(minutes=20), "20 min ahead of AWS's"),
        ("SignatureDoesNotMatch", "", timedelta(seconds=20), None),
        ("InvalidClientTokenId", "", timedelta(hours=8), None),
    ],
)
def test_clock_is_named_and_by_how_much(code: str, message: str, off: timedelta | None, expected: str | None) -> None:
    refusal = error(code, message, NOW - off if off else None)
    advice = signature_clock(refusal, NOW)
    assert (advice is None) == (expected is None)
    if expected:
        assert f"this machine's clock is {expected}" in str(advice)


class FakeSession:
    """A session as far as its refusal is explained."""

    def __init__(self, method: str, token: str | None) -> None:
        self.profile = "my work"
        self.method, self.token = method, token
        self.access_key, self.secret_key = "AKIAIOSFODNN7EXAMPLE", "abc"

    def get_credentials(self) -> Any:
        return self


@pytest.mark.parametrize(
    ("code", "method", "token", "expected"),
    [
        ("ExpiredToken", "sso", "t", "`aws sso login --profile 'my work'`"),
        ("ExpiredToken", "login", "t", "`aws login --profile 'my work'`"),
        ("ExpiredToken", "env", "t", "`unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN`"),
        ("ExpiredToken", "shared-credentials-file", "t", "`awsbase mfa refresh`"),
        ("InvalidClientTokenId", "shared-credentials-file", None, "--region of that partition"),
        ("SignatureDoesNotMatch", "config-file", None, "`aws configure --profile 'my work'`"),
    ],
)
def test_refused_credentials_get_the_hint_of_their_kind(
    code: str, method: str, token: str | None, expected: str
) -> None:
    problem = refused(error(code, "", operation="GetCallerIdentity"), FakeSession(method, token), "eu-west-1", NOW)
    assert expected in str(problem.hint)
    assert ("mfa refresh" in str(problem.hint)) == (method == "shared-credentials-file" and token is not None)


@pytest.mark.parametrize(
    ("operation", "code", "expected"),
    [
        ("AssumeRole", "AccessDenied", "trust policy both have to allow"),
        ("AssumeRole", "InvalidClientTokenId", "look at its source_profile"),
        ("AssumeRoleWithWebIdentity", "AccessDenied", "its issuer, `aud` and `sub`"),
        ("AssumeRoleWithWebIdentity", "InvalidIdentityToken", "its issuer, `aud` and `sub`"),
    ],
)
def test_a_role_that_is_refused_is_no_refused_key(operation: str, code: str, expected: str) -> None:
    """Asking the session for its credentials would only be refused again."""

    class NoSession:
        profile = "default"

    problem = refused(error(code, "no", operation=operation), NoSession(), "eu-west-1", NOW)
    assert problem.message == f"AWS refuses the role: {code}: no"
    assert expected in str(problem.hint)


def test_what_wins_over_a_session_is_unset() -> None:
    environ = {"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "x"}
    assert resolver.winning_variables(environ) == ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]
    assert resolver.winning_variables({"AWS_DEFAULT_PROFILE": "x"}) == ["AWS_DEFAULT_PROFILE"]
    assert resolver.winning_variables({"AWS_WEB_IDENTITY_TOKEN_FILE": "x"}) == ["AWS_WEB_IDENTITY_TOKEN_FILE"]
    assert resolver.winning_variables({"AWS_SESSION_TOKEN": "t", "AWS_PROFILE": "x"}) == []
