"""The program as a process: imports, pipes and interrupts."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import boto3
import pytest

from tests.sandbox.refused import refused
from tests.scripts.conftest import AWSBASE, EMPTY, Served, written

pytestmark = pytest.mark.slow

HEAVY = ("boto3", "botocore", "pydantic", "moto", "rich", "yaml")


@pytest.mark.parametrize(
    "code",
    ["import awsbase", "import awsbase.scripts", "from awsbase.scripts import cli; cli.main(['--help'], 'awsbase')"],
)
def test_help_imports_nothing_heavy(code: str) -> None:
    script = (
        f"import sys\ntry:\n    {code}\nexcept SystemExit as end:\n    assert end.code == 0\n"
        f"print('loaded', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "loaded []"


def test_commands_for_people_import_no_manifests() -> None:
    """They take half of the time then."""
    names = ", ".join(f"awsbase.scripts.{name}" for name in ("exec", "keys", "mfa_create", "passwd", "whoami"))
    script = f"import sys, {names}\nprint(*[name for name in sys.modules if name.startswith('awsbase.manifest')])"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ended.stdout.split() == []


def test_what_waits_for_the_end_of_the_process_is_done() -> None:
    """The process ends early, but not before that; a thread is waited for."""
    script = (
        "import atexit, sys, threading, time\n"
        "from awsbase.__main__ import main\n"
        "atexit.register(print, 'at the end')\n"
        "if sys.argv.pop(1) == 'thread': threading.Timer(0.2, print, ['of a thread']).start()\n"
        "sys.argv[1:] = ['nosuch']\n"
        "main()"
    )
    for kind, expected in (("none", "at the end\n"), ("thread", "of a thread\nat the end\n")):
        ended = subprocess.run([sys.executable, "-c", script, kind], capture_output=True, text=True, check=False)
        assert (ended.returncode, ended.stdout) == (2, expected)
        assert ended.stderr.startswith("awsbase: ")


def test_completion_imports_no_commands(nobody: dict[str, str]) -> None:
    words = {"_AWSBASE_COMPLETE": "bash_complete", "COMP_WORDS": "awsbase s", "COMP_CWORD": "1"}
    ended = subprocess.run(AWSBASE, env=nobody | words, capture_output=True, text=True, check=True)
    assert ended.stdout.split() == [
        "plain,schema",
        "plain,state",
        "plain,secret",
        "plain,selftest",
        "plain,sandbox",
    ]


def test_a_closed_pipe_is_no_error(nobody: dict[str, str]) -> None:
    line = f"set -o pipefail; {sys.executable} -m awsbase schema | head -n 1"
    ended = subprocess.run(["bash", "-c", line], env=nobody, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "{\n", "")


FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")


@FULL
@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [("reconcile FULL --sandbox", 0, "second plan"), ("validate nosuch", 2, ""), ("nosuch", 2, "")],
)
@pytest.mark.parametrize("stderr", ["/dev/full", "&-"])
def test_a_run_does_not_depend_on_its_progress_output(
    arguments: str, code: int, expected: str, stderr: str, nobody: dict[str, str], full: Path
) -> None:
    line = f"{sys.executable} -m awsbase {arguments.replace('FULL', str(full))} 2>{stderr}"
    ended = subprocess.run(["bash", "-c", line], env=nobody, stdout=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == code
    assert expected in ended.stdout
    assert "✗" not in ended.stdout


@FULL
@pytest.mark.sampled(2)
@pytest.mark.parametrize("arguments", ["schema", "plan FULL --sandbox"])
@pytest.mark.parametrize(
    ("stdout", "why"), [("/dev/full", "No space left on device"), ("&-", "Bad file descriptor")], ids=["full", "closed"]
)
def test_a_result_that_cannot_be_written_is_reported_in_one_line(
    arguments: str, stdout: str, why: str, nobody: dict[str, str], full: Path
) -> None:
    line = f"{sys.executable} -m awsbase {arguments.replace('FULL', str(full))} >{stdout}"
    ended = subprocess.run(["bash", "-c", line], env=nobody, stderr=subprocess.PIPE, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (1, f"awsbase: the output could not be written: {why}\n")


@FULL
@pytest.mark.sampled(1)
@pytest.mark.parametrize("arguments", ["--help", "--version", "mfa --help"])
def test_help_that_cannot_be_written_is_reported(arguments: str, nobody: dict[str, str]) -> None:
    line = f"{sys.executable} -m awsbase {arguments} >/dev/full"
    ended = subprocess.run(["bash", "-c", line], env=nobody, stderr=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[0] == "awsbase: [Errno 28] No space left on device"
    assert "unforeseen" not in ended.stderr


def test_a_closed_standard_input_is_no_manifest(nobody: dict[str, str]) -> None:
    line = f"{sys.executable} -m awsbase validate - <&-"
    ended = subprocess.run(["bash", "-c", line], env=nobody, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (2, "awsbase: <stdin>: standard input is closed, name a file\n")


@pytest.mark.sampled(2)
@pytest.mark.parametrize("screen", [{"TERM": "dumb"}, {"TERM": ""}, {"COLUMNS": "20"}, {"COLUMNS": "x"}], ids=str)
def test_any_terminal_type_works(screen: dict[str, str], nobody: dict[str, str], full: Path) -> None:
    for arguments in (["--help"], ["plan", str(full), "--sandbox"]):
        ended = subprocess.run([*AWSBASE, *arguments], env=nobody | screen, capture_output=True, text=True, check=False)
        assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.sampled(1)
@pytest.mark.parametrize("locale", [{"PYTHONIOENCODING": "ascii"}, {"LANG": "C"}, {"LC_ALL": "C"}], ids=str)
def test_a_plain_locale_gets_ascii_symbols(locale: dict[str, str], nobody: dict[str, str], full: Path) -> None:
    for arguments in (["reconcile", str(full), "--sandbox"], ["plan", str(full)]):
        ended = subprocess.run([*AWSBASE, *arguments], env=nobody | locale, capture_output=True, check=False)
        assert (ended.stdout + ended.stderr).isascii()
        assert b"Traceback" not in ended.stderr
        assert b"ok topic/" in ended.stdout or b"  -> name a profile" in ended.stderr


@pytest.mark.parametrize(
    "setting",
    [
        {"AWS_PROFILE": "nobody"},
        {"AWS_ENDPOINT_URL": "http://203.0.113.1:9"},
        {"AWS_USE_FIPS_ENDPOINT": "true"},
        {"AWS_CONFIG_FILE": __file__},
    ],
    ids=str,
)
def test_settings_for_aws_do_not_affect_the_sandbox(
    setting: dict[str, str], nobody: dict[str, str], full: Path
) -> None:
    run = [*AWSBASE, "plan", str(full), "--sandbox"]
    ended = subprocess.run(run, env=nobody | setting, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_with_yes_it_applies_without_asking_and_a_second_run_does_nothing(served: Served, full: Path) -> None:
    def reconcile() -> subprocess.CompletedProcess[str]:
        run = [*AWSBASE, "reconcile", str(full), "--yes"]
        return subprocess.run(
            run, env=served.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )

    first = reconcile()
    assert first.returncode == 0, first.stdout + first.stderr
    count = len(served.writes)
    assert count
    second = reconcile()
    assert second.returncode == 0
    # The mails that ask for confirmation wait for their readers.
    assert "nothing to do for awsbase" in second.stdout.splitlines()
    assert len(served.writes) == count


SERVICE_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}
DRIFTS = """\
iam:
  password_policy: {minimum_length: 12}
  groups: {ops: {people: false, policies: ['aws:ReadOnlyAccess', 'aws:SecurityAudit']}}
  roles: {app: {trust: {accounts: ['999999999999']}, policies: ['aws:ReadOnlyAccess'], tags: {b: '1', a: '2'}}}
state: {}
"""


@pytest.mark.slow
def test_two_plans_of_one_account_are_equal_to_the_byte(served: Served, full: Path, tmp_path: Path) -> None:
    written(full, full.read_text() + DRIFTS)
    iam = served.sandbox.client("iam")
    iam.update_account_password_policy(MinimumPasswordLength=20)
    iam.create_role(
        RoleName="app", AssumeRolePolicyDocument=json.dumps(SERVICE_TRUST), Tags=[{"Key": "c", "Value": "3"}]
    )
    s3 = served.sandbox.client("s3", "eu-west-1")
    s3.create_bucket(Bucket="acme-state", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    rules = [
        {"ID": f"Awsbase-{each}", "Status": "Enabled", "Filter": {"Prefix": each}, "Expiration": {"Days": 9}}
        for each in "abcdef"
    ]
    s3.put_bucket_lifecycle_configuration(Bucket="acme-state", LifecycleConfiguration={"Rules": rules})
    found = []
    for seed in ("1", "2"):
        plan = tmp_path / f"{seed}.json"
        ended = subprocess.run(
            [*AWSBASE, "plan", str(full), "-v", "-o", str(plan)],
            env={**served.environment, "PYTHONHASHSEED": seed},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
        )
        found.append((ended.stdout, plan.read_bytes()))
    first, second = found
    assert first == second
    assert b"once made>" in first[0]


HOOK = "https://ann:hunter2@pager.example/in/T0K3N/now?sig=s1gn4ture"


def test_credentials_of_a_webhook_are_sent_to_aws_and_shown_nowhere(served: Served, tmp_path: Path) -> None:
    manifest = written(tmp_path / "hook.yaml", f"{EMPTY}notify: {{ops: {{https: ['{HOOK}']}}}}\n")
    plan = tmp_path / "plan.json"
    shown = ""

    def run(*arguments: object) -> str:
        nonlocal shown
        ended = subprocess.run(
            [*AWSBASE, *map(str, arguments)],
            env=served.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
        )
        shown += ended.stdout + ended.stderr
        return ended.stdout

    run("validate", manifest, "-v")
    run("graph", manifest)
    run("plan", manifest, "-v", "-o", plan)
    run("plan", manifest, "--json")
    run("reconcile", manifest, "--approved", plan, "--debug")
    assert "nothing to do\n" in run("reconcile", manifest, "-v")

    (subscribed,) = [call.params["Endpoint"] for call in served.sandbox.calls if call.name == "sns:Subscribe"]
    assert subscribed == HOOK
    shown += plan.read_text()
    assert "subscription/acme-ops/https:https://****@pager.example/in/****/now?sig=****#" in shown
    assert [secret for secret in ("hunter2", "T0K3N", "s1gn4ture") if secret in shown] == []

    # Nobody listens there any more: the one who goes is shown no better.
    written(manifest, f"{EMPTY}notify: {{ops: {{https: []}}}}\n")
    planned = run("plan", manifest)
    assert "delete subscription https:https://****@pager.example/in/****/now?sig=****#" in planned
    run("reconcile", manifest, "--allow-risky", "--yes")
    assert [secret for secret in ("hunter2", "T0K3N", "s1gn4ture") if secret in shown] == []


def test_the_backend_names_the_existing_key(served: Served, tmp_path: Path) -> None:
    manifest = written(tmp_path / "state.yaml", EMPTY + "state: {}\n")
    for arguments in (
        ["reconcile", str(manifest), "--yes"],
        ["state", "backend", str(manifest), "--key", "net/a.tfstate"],
    ):
        ended = subprocess.run(
            [*AWSBASE, *arguments], env=served.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
    (key,) = served.sandbox.client("kms", "eu-west-1").list_keys()["Keys"]
    settings = dict(re.findall(r"(\w+) += (.*)", ended.stdout))
    assert settings == {
        "bucket": '"acme-state"',
        "key": '"net/a.tfstate"',
        "region": '"eu-west-1"',
        "encrypt": "true",
        "kms_key_id": f'"{key["KeyArn"]}"',
        "use_lockfile": "true",
    }


def test_another_account_is_refused(served: Served, full: Path) -> None:
    full.write_text(full.read_text().replace("111122223333", "999999999999"))
    ended = subprocess.run(
        [*AWSBASE, "reconcile", str(full)], env=served.environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert "the manifest is for account 999999999999" in ended.stderr
    assert served.writes == []


def test_a_run_that_would_lock_out_its_caller_is_refused(served: Served, tmp_path: Path) -> None:
    people = "iam: {groups: {Ops: {policies: ['aws:ReadOnlyAccess']}}, users: {kim: {groups: [Ops]}}}\n"
    manifest = written(tmp_path / "people.yaml", EMPTY + people)
    served.sandbox.client("iam").create_user(UserName="kim")
    kim = served.sandbox.key("user/kim")
    served.sandbox.calls.clear()
    ended = subprocess.run(
        [*AWSBASE, "reconcile", str(manifest)],
        env={**served.environment, "AWS_ACCESS_KEY_ID": kim.id, "AWS_SECRET_ACCESS_KEY": kim.secret},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "awsbase mfa refresh" in ended.stderr
    assert served.writes == []


def test_debug_names_calls_and_shows_no_secret(served: Served, full: Path) -> None:
    ended = subprocess.run(
        [*AWSBASE, "plan", str(full), "--debug"], env=served.environment, capture_output=True, text=True, check=False
    )
    assert "sts:GetCallerIdentity eu-west-1" in ended.stderr
    assert served.environment["AWS_SECRET_ACCESS_KEY"] not in ended.stderr
    assert served.environment["AWS_ACCESS_KEY_ID"] not in ended.stderr
    assert "Authorization" not in ended.stderr


def console_script() -> str:
    """Return what an installed `awsbase` consists of."""
    setup = ConfigParser()
    setup.read(Path(__file__).parents[2] / "setup.cfg")
    module, function = setup["options.entry_points"]["console_scripts"].partition(" = ")[2].split(":")
    return f"import sys; from {module} import {function}; sys.exit({function}())"


@pytest.mark.sampled(2)
@pytest.mark.parametrize("start", [["-m", "awsbase"], ["-c", console_script()]], ids=["python -m", "console script"])
@pytest.mark.parametrize("module", ["click", "yaml"], ids=["at the start", "of a command"])
def test_ctrl_c_while_modules_are_imported_is_one_line(
    module: str, start: list[str], nobody: dict[str, str], full: Path
) -> None:
    (begun, begins), (never, goes_on) = os.pipe(), os.pipe()
    slow = full.parent / "slow"
    slow.mkdir()
    written(slow / f"{module}.py", f"import os\nos.write({begins}, b'.')\nos.read({never}, 1)\n")
    with subprocess.Popen(
        [sys.executable, *start, "validate", str(full)],
        env={**nobody, "PYTHONPATH": str(slow)},
        pass_fds=(begins, never),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        os.close(begins)
        assert os.read(begun, 1) == b"."
        run.send_signal(signal.SIGINT)
        stdout, stderr = run.communicate(timeout=60)
    for end in (begun, never, goes_on):
        os.close(end)
    assert (run.returncode, stdout, stderr.strip()) == (130, "", "aborted")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_sandbox_is_served_until_it_is_interrupted(number: int, nobody: dict[str, str]) -> None:
    serving = subprocess.Popen(
        [*AWSBASE, "sandbox", "--json", "--account", "111122223333"],
        env=nobody,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert serving.stdout is not None
    assert serving.stderr is not None
    assert "is ready at http://127.0.0.1:" in serving.stderr.readline()
    try:
        text = ""
        while not text.endswith("}\n}\n") and not text.endswith("}\n"):
            text += serving.stdout.readline()
        while True:
            try:
                environment = json.loads(text)["environment"]
                break
            except json.JSONDecodeError:
                text += serving.stdout.readline()
        session = boto3.Session(
            environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"], region_name="eu-west-1"
        )
        sts = session.client("sts", endpoint_url=environment["AWS_ENDPOINT_URL"])
        assert sts.get_caller_identity()["Account"] == "111122223333"
        sts.close()
        iam = session.client("iam", endpoint_url=environment["AWS_ENDPOINT_URL"])
        assert refused(iam.create_group, GroupName="with blank") == "ValidationError"
        iam.close()
    finally:
        os.kill(serving.pid, number)
    rest, errors = serving.communicate(timeout=20)
    assert (serving.returncode, rest, errors) == (0, "", "")


@pytest.mark.parametrize(("arguments", "code"), [([], None), (["--enforce", "--env-file"], "AccessDenied")])
def test_the_sandbox_enforces_policies_with_enforce(
    arguments: list[str], code: str | None, nobody: dict[str, str], tmp_path: Path
) -> None:
    file, asked = tmp_path / "sandbox.env", "--env-file" in arguments
    serving = subprocess.Popen(
        [*AWSBASE, "sandbox", *arguments, *([str(file)] if asked else [])],
        env=nobody,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with serving:
        try:
            assert serving.stdout is not None
            assert serving.stderr is not None
            assert serving.stderr.readline().startswith("account 123456789012 is ready at http://127.0.0.1:")
            # When the line above is there, so is the whole file, and nobody else can read the key.
            lines = file.read_text().splitlines() if asked else [serving.stdout.readline() for _ in range(10)]
            assert not asked or stat.S_IMODE(file.stat().st_mode) == 0o600
            exported = dict(line.removeprefix("export ").rstrip().split("=", 1) for line in lines[2:])
            url, administrator = exported["AWS_ENDPOINT_URL"], exported["AWS_ACCESS_KEY_ID"]
            iam = boto3.Session(administrator, "x", region_name="eu-west-1").client("iam", endpoint_url=url)
            iam.create_user(UserName="kim")
            key = iam.create_access_key(UserName="kim")["AccessKey"]
            kim = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name="eu-west-1")
            called = [refused(kim.client("iam", endpoint_url=url).list_users) for _ in range(3)]
            # IAM does not know a new key yet when it is first used.
            assert called == ["InvalidClientTokenId", "InvalidClientTokenId", code]
        finally:
            serving.terminate()
