"""MFA commands on a real terminal, against a served account, together with the real AWS tools."""

import json
import re
import signal
import sys
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from awsbase.people import file_writing, files
from tests.people.alice import ACCOUNT, Alice, Phone
from tests.people.federation import Federation
from tests.people.shell import AWS, Shell, ended, served, shell_of

pytestmark = pytest.mark.slow

PROMPT = "MFA code of alice-0: "
USER = f"arn:aws:iam::{ACCOUNT}:user/alice"


@pytest.fixture
def shell(alice: Alice) -> Iterator[Shell]:
    with served(alice):
        yield shell_of(alice)


def refreshed(shell: Shell) -> str:
    """Get a session, typing the code; return what the terminal showed."""
    child = shell.spawn("mfa", "refresh", "--profile", "acme")
    child.expect_exact(PROMPT)
    child.sendline(shell.alice.phone.code())
    return ended(child)


def secrets(alice: Alice) -> list[str]:
    profiles = files.read_credentials(alice.files).values()
    values = [options.get(key, "") for options in profiles for key in ("aws_secret_access_key", "aws_session_token")]
    return [alice.phone.seed, alice.phone.code(), *filter(None, values)]


def test_aws_cli_uses_the_session(shell: Shell) -> None:
    shown = refreshed(shell)

    # The sandbox's clock is a minute or two ahead of the machine's.
    assert re.search(r"acme-mfa: new session, 1[12] h( \d+ min)? left\s+use it: export AWS_PROFILE=acme-mfa", shown)
    assert [secret for secret in secrets(shell.alice) if secret in shown] == []
    result = shell.program(AWS, "--profile", "acme-mfa", "sts", "get-caller-identity", "--query", "Arn")
    assert (result.stdout.strip(), result.returncode) == (f'"{USER}"', 0), result.stderr


def test_live_session_is_found_without_questions_or_heavy_imports(shell: Shell) -> None:
    refreshed(shell)
    shell.alice.calls()
    probe = (
        "import sys\n"
        "from awsbase.scripts import cli\n"
        "try:\n"
        "    cli.main(['mfa', 'refresh', '--profile', 'acme', '--json'])\n"
        "finally:\n"
        "    heavy = {'boto3', 'botocore', 'pydantic', 'rich', 'yaml', 'webbrowser'} & set(sys.modules)\n"
        "    sys.stderr.write(f'heavy: {sorted(heavy)}')\n"
    )
    result = shell.program(sys.executable, "-c", probe)

    assert result.stderr == "heavy: []"
    document = json.loads(result.stdout)
    assert (document["profile"], document["reused"], document["role"]) == ("acme-mfa", True, None)
    assert [secret for secret in secrets(shell.alice) if secret in result.stdout] == []
    assert shell.alice.calls() == []


def test_credential_process_works_with_the_aws_tools(shell: Shell) -> None:
    command = f"{shell.awsbase} mfa credentials --profile acme"
    url = files.read_config(shell.alice.files)["acme"]["endpoint_url"]
    file_writing.write_config(shell.alice.files, "work", {"credential_process": command, "endpoint_url": url})

    child = shell.terminal([AWS, "--profile", "work", "--region", "eu-west-1", "sts", "get-caller-identity"])
    child.expect_exact(PROMPT)
    # The terminal is that of the AWS CLI.
    assert "connecting" not in child.before
    child.sendline(shell.alice.phone.code())
    assert USER in (shown := ended(child))
    assert "\x1b" not in shown
    # The session is stored, so no further question is needed, even without a terminal.
    session: Any = boto3.Session(profile_name="work", region_name="eu-west-1")
    assert session.client("iam").list_users()["Users"][0]["UserName"] == "alice"
    result = shell.run("mfa", "credentials", "--profile", "acme")
    assert sorted(json.loads(result.stdout)) == [
        "AccessKeyId",
        "Expiration",
        "SecretAccessKey",
        "SessionToken",
        "Version",
    ]


def test_missing_terminal_is_reported_in_one_line(shell: Shell) -> None:
    result = shell.run("mfa", "credentials", "--profile", "acme")
    message = "awsbase: no terminal to ask for the MFA code of alice-0 on; run it in a terminal\n"
    assert (result.stdout, result.stderr, result.returncode) == ("", message, 1)

    result = shell.run("mfa", "refresh", "--profile", "acme")
    assert (result.stdout, result.returncode) == ("", 1)
    assert "no terminal" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("command", ["refresh", "credentials"])
@pytest.mark.parametrize("key", ["ctrl-c", "ctrl-d", "terminated"])
def test_giving_up_at_the_prompt_changes_nothing(shell: Shell, command: str, key: str) -> None:
    before = shell.alice.files.credentials.read_bytes()
    child = shell.spawn("mfa", command, "--profile", "acme")
    child.expect_exact(PROMPT)

    match key:
        case "ctrl-c":
            child.sendintr()
        case "ctrl-d":
            child.sendeof()
        case _:
            child.kill(signal.SIGTERM)

    shown = ended(child, 130)
    assert "Traceback" not in shown
    assert re.search("aborted|nothing was done", shown)
    assert shell.alice.files.credentials.read_bytes() == before
    assert "sts:GetSessionToken" not in shell.alice.calls()


def test_code_can_be_typed_again_after_a_wrong_one(shell: Shell) -> None:
    child = shell.spawn("mfa", "credentials", "--profile", "acme")
    child.expect_exact(PROMPT)
    child.sendline("000000")
    child.expect_exact("AWS did not accept the code of alice-0")
    child.expect_exact(PROMPT)
    child.sendline(shell.alice.phone.code())
    assert '"Version": 1' in ended(child)


def test_device_is_chosen_by_its_number(shell: Shell) -> None:
    second = Phone(shell.alice.sandbox, "alice-1")
    child = shell.spawn("mfa", "refresh", "--profile", "acme")
    child.expect_exact("number: ")
    assert re.search(r"1  alice-0\s+2  alice-1", child.before)
    child.sendline("3")
    child.expect_exact("number: ")
    child.sendline("2")
    child.expect_exact("MFA code of alice-1: ")
    child.sendline(second.code())
    ended(child)
    assert files.read_credentials(shell.alice.files)["acme-mfa"]["x_mfa_serial"] == second.serial


def test_link_without_a_role_is_refused_before_the_code(shell: Shell) -> None:
    result = shell.run("mfa", "refresh", "--profile", "acme", "--console")
    assert result.returncode == 2
    assert "awsbase: a sign-in link needs a role" in result.stderr
    assert "trust: {accounts:" in result.stderr
    assert shell.alice.calls() == []


def test_whoami_shows_identity_and_credentials(shell: Shell) -> None:
    result = shell.run("whoami", "--profile", "acme")
    assert result.stdout == (
        f"account      {ACCOUNT}\n"
        f"principal    {USER}\n"
        f"credentials  long-term access key of an IAM user, key …{shell.alice.key_id[-4:]}\n"
        "mfa          no\n"
        "expires      never\n"
    )
    refreshed(shell)
    document = json.loads(shell.run("whoami", "--json", AWS_PROFILE="acme-mfa").stdout)
    assert (document["kind"], document["mfa"], document["device"]) == ("session", True, shell.alice.phone.serial)
    assert document["profile"] == "acme-mfa"


BROWSER = """\
#!{python}
import json, os, sys, urllib.error, urllib.request

class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None

with open(sys.argv[1].removeprefix("file://")) as page:
    address = page.read().partition("url=")[2].partition('"')[0]
try:
    urllib.request.build_opener(Stay).open(address)
except urllib.error.HTTPError as answer:
    to = answer.headers["Location"]
recorded = {{"argv": sys.argv, "environ": dict(os.environ), "to": to}}
with open({recorded!r}, "w") as file:
    json.dump(recorded, file)
"""


def test_console_opens_in_the_browser_without_showing_secrets_to_processes(
    shell: Shell, federation: Federation
) -> None:
    shell.alice.role()
    browser, recorded = shell.alice.home / "browser", shell.alice.home / "seen.json"
    browser.write_text(BROWSER.format(python=sys.executable, recorded=str(recorded)))
    browser.chmod(0o700)
    environ = {"AWS_ENDPOINT_URL_SIGNIN": federation.url, "DISPLAY": ":9", "BROWSER": str(browser)}

    child = shell.spawn("mfa", "refresh", "--profile", "acme", "--role", "Admin", "--console", "--debug", **environ)
    child.expect_exact(PROMPT)
    code = shell.alice.phone.code()
    child.sendline(code)
    shown = ended(child)

    assert "the console is open in your browser" in shown
    assert "sts:AssumeRole eu-west-1" in shown
    result = json.loads(recorded.read_text())
    assert result["to"].startswith(f"{federation.url}?Action=login&")
    hidden = [*secrets(shell.alice), code, "T0K=N", "T0K%3DN"]
    outside = shown + json.dumps({**result, "to": ""})
    assert [secret for secret in hidden if secret in outside] == []
    assert not list(shell.alice.home.glob("*.html"))


def test_link_is_printed_without_a_browser(shell: Shell, federation: Federation) -> None:
    shell.alice.role()
    child = shell.spawn(
        *("mfa", "refresh", "--profile", "acme", "--role", "Admin", "--console", "--duration", "2h"),
        AWS_ENDPOINT_URL_SIGNIN=federation.url,
    )
    child.expect_exact(PROMPT)
    child.sendline(shell.alice.phone.code())

    assert re.search(r"acme-Admin-mfa: new session as arn:aws:iam::\d+:role/Admin", shown := ended(child))
    assert f"{federation.url}?Action=login&" in shown
    assert federation.asked[0]["SessionDuration"] == "7200"
    # The role's session is live now: the next link needs no code.
    result = shell.run(
        *("mfa", "refresh", "--profile", "acme", "--role", "Admin", "--link"),
        AWS_ENDPOINT_URL_SIGNIN=federation.url,
    )
    assert result.stdout.startswith(f"{federation.url}?Action=login&"), result.stderr
