"""The console blocks of the docs run, and print what the page shows.

A comment before a block names the situation in which it runs: `<!-- run: in an empty folder -->`. Without a comment it
runs in a folder with `acme.yaml`, the manifest of README.md, and against an empty sandbox. If no test can run a block,
its comment gives the reason: `<!-- not run: installs packages from the network -->`.

A line `...` stands for any lines, and `...` within a line for any text. A line break of the page can stand for a space.
Times, dates, ports and ids are compared by their form.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pexpect
import pytest

from awsbase.people import files, store
from awsbase.people.secret import Secret
from awsbase.sandbox import Sandbox
from awsbase.sandbox.serve import listen
from awsbase.scripts.connect import Target
from awsbase.scripts.loaded import read
from awsbase.scripts.options import Options
from awsbase.scripts.session import Session, reconcile
from tests.contract.sample import account
from tests.later import unhurried
from tests.people.alice import Phone
from tests.people.shell import without_waiting_for_keys

ROOT = Path(__file__).parent.parent
# tests/test_examples.py runs those of extending.md, where the plug-in is installed.
PAGES = [ROOT / "README.md", *sorted({*(ROOT / "docs").glob("*.md")} - {ROOT / "docs/extending.md"})]
BLOCK = re.compile(
    r"(?:^ *<!-- (?P<how>run|not run): (?P<what>.+?) -->\n)?^(?P<indent> *)```console\n(?P<text>.*?)^ *```$",
    re.MULTILINE | re.DOTALL,
)
BIN = Path(sys.executable).parent
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
SECONDS = 60

# What differs from run to run, as a page may show it, and what it is compared by.
FORMS = (
    (r"\d+\.\d s\b", r"\d+\.\d s"),
    (r"\d+ h(?: \d+ min)? left", r"\d+ h(?: \d+ min)? left"),
    (r"\d+h\d\dm\b", r"\d+h\d\dm"),
    (r"\d{4}-\d\d-\d\d\b", r"\d{4}-\d\d-\d\d"),
    (r"\d\d:\d\d UTC", r"\d\d:\d\d UTC"),
    (r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    (r"127\.0\.0\.1:\d+", r"127\.0\.0\.1:\d+"),
    (r"…[A-Z0-9]{4}\b", r"…[A-Z0-9]{4}"),
    (r"\.\.\.", r".*?"),
    (r"\n", r"[\n ]"),
)


@dataclass(frozen=True)
class Command:
    """A command of a block, and what the page shows below it."""

    line: str
    shown: str


@dataclass(frozen=True)
class Block:
    """A console block of a page: whether it runs, and the situation or the reason that its comment names."""

    page: str
    line: int
    how: str
    what: str
    commands: tuple[Command, ...]

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks() -> Iterator[Block]:
    """Yield the console blocks of all pages."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for found in BLOCK.finditer(text):
            lines = [line.removeprefix(found["indent"]) for line in found["text"].splitlines()]
            line = text[: found.start()].count("\n") + 1
            yield Block(page.name, line, found["how"] or "run", found["what"] or "", tuple(commands(lines)))


def commands(lines: list[str]) -> Iterator[Command]:
    """Yield the commands of a block; what stands before the first one is a command that prints itself."""
    command, shown = "", [""]
    for line in [*lines, "$ "]:
        if line.startswith("$ "):
            if command or shown != [""]:
                yield Command(command, "\n".join(shown[1:]))
            command, shown = line.removeprefix("$ "), [""]
        elif command.endswith("\\") and shown == [""]:
            command += f"\n{line}"
        else:
            shown.append(line)


ALL = list(blocks())


# The situations.


@dataclass
class Situation:
    """A folder, an account and an environment that the commands of a block find."""

    folder: Path
    sandbox: Sandbox
    environment: dict[str, str]
    answers: list[Callable[[], str]] = field(default_factory=list)

    def write(self, name: str, text: str) -> Path:
        file = self.folder / name
        file.write_text(text, encoding="utf-8")
        return file

    def reconcile(self, manifest: Path | str) -> None:
        """Reconcile a manifest in this process, as the administrator."""
        loaded = read(self.folder / manifest, Options())
        session = Session(loaded, loaded.resources, Target(account(self.sandbox, None), self.sandbox.clock), Options())
        reconcile(session, ask=None)

    def user(self, name: str) -> None:
        """Make a user with an access key, and work with that key."""
        self.sandbox.client("iam").create_user(UserName=name)
        self.use_key_of(name)

    def use_key_of(self, name: str) -> None:
        key = self.sandbox.client("iam").create_access_key(UserName=name)["AccessKey"]
        self.sandbox.clock.advance(60)
        profile = f"aws_access_key_id = {key['AccessKeyId']}\naws_secret_access_key = {key['SecretAccessKey']}\n"
        del self.environment["AWS_ACCESS_KEY_ID"], self.environment["AWS_SECRET_ACCESS_KEY"]
        home = Path(self.environment["HOME"], ".aws")
        home.mkdir()
        for profile_name in ("default", "work", "acme"):
            with (home / "credentials").open("a") as credentials:
                credentials.write(f"[{profile_name}]\n{profile}")


README = (ROOT / "README.md").read_text(encoding="utf-8")
ACME = next(iter(re.findall(r"```yaml\n(version: 1\n.*?)```", README, re.DOTALL)))
SMALL = """\
version: 1
account: {id: "123456789012", name: acme, region: eu-west-1}
audit:
iam:
  password_policy:
  groups:
    Administrators: {policies: ["awsbase:administrator"]}
  users:
    alice: {groups: [Administrators]}
"""
DEPLOY = """\
  policies:
    deploy: {statements: [{Effect: Allow, Action: "s3:PutObject", Resource: "arn:aws:s3:::acme-site/*"}]}
"""
MISTAKES = """\
version: 1
account: {id: 123456789012, name: acme, region: eu-west1}
audit: {retention: 365}
alarms:
  billing: {amounts: [50, 50]}
notify:
  billing:
iam:
  policies:
    deploy:
      file: policies/deploi.json
  groups:
    Administrators: {policies: ["awsbase:administrator"]}
  users:
    alice: {groups: [Administrators], console: yes}
"""


def in_an_empty_folder(situation: Situation) -> None:
    (situation.folder / "acme.yaml").unlink()


def in_the_reconciled_account(situation: Situation) -> None:
    situation.reconcile("acme.yaml")


def with_a_bastion(situation: Situation) -> None:
    situation.write("acme.yaml", ACME + "network:\nbastion: {on_demand: true}\n")
    situation.reconcile("acme.yaml")


def with_a_role_planner(situation: Situation) -> None:
    trust = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}'
    iam = situation.sandbox.client("iam")
    iam.create_role(RoleName="planner", AssumeRolePolicyDocument=f'{trust}, "Action": "sts:AssumeRole"}}]}}')


def changed_by_hand(situation: Situation) -> None:
    situation.reconcile(situation.write("acme.yaml", SMALL))
    situation.sandbox.client("iam").create_user(UserName="mallory")
    situation.sandbox.address = "203.0.113.7"
    situation.sandbox.client("cloudtrail", "eu-west-1", "user/mallory").stop_logging(Name="acme-trail")
    situation.sandbox.address = "127.0.0.1"
    iam = situation.sandbox.client("iam")
    iam.attach_group_policy(GroupName="Administrators", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    policy = iam.get_account_password_policy()["PasswordPolicy"]
    kept = {name: value for name, value in policy.items() if value and name != "ExpirePasswords"}
    iam.update_account_password_policy(**{**kept, "MinimumPasswordLength": 20})
    weaker = SMALL.replace("password_policy:", "password_policy: {minimum_length: 16}")
    situation.write("acme.yaml", weaker + DEPLOY)


def changed_after_the_approval(situation: Situation) -> None:
    situation.reconcile(situation.write("acme.yaml", SMALL))
    subprocess.run(
        ["awsbase", "plan", "acme.yaml", "-o", "plan.json"],
        cwd=situation.folder,
        env=situation.environment,
        capture_output=True,
        check=True,
    )
    policy = {"MinimumPasswordLength": 8, "RequireSymbols": True}
    situation.sandbox.client("iam").update_account_password_policy(**policy)


def bucket_in_another_region(situation: Situation) -> None:
    where = {"LocationConstraint": "eu-west-1"}
    situation.sandbox.client("s3", region="eu-west-1").create_bucket(
        Bucket="acme-audit", CreateBucketConfiguration=where
    )
    situation.write("moved.yaml", ACME.replace("eu-west-1", "eu-central-1"))


def manifest_of_another_account(situation: Situation) -> None:
    situation.write("other.yaml", ACME.replace("123456789012", "222222222222"))


def without_credentials(situation: Situation) -> None:
    for name in [name for name in situation.environment if name.startswith("AWS_ACCESS") or "SECRET" in name]:
        del situation.environment[name]


def with_mistakes(situation: Situation) -> None:
    (situation.folder / "policies").mkdir()
    situation.write("policies/deploy.json", "{}")
    situation.write("acme.yaml", MISTAKES)


def bob_has_left(situation: Situation) -> None:
    iam = situation.sandbox.client("iam")
    # Somebody has to be left who administers the account.
    for name in ("bob", "carol"):
        iam.create_user(UserName=name)
        iam.create_access_key(UserName=name)
        iam.attach_user_policy(UserName=name, PolicyArn=ADMINISTRATOR)
    situation.write("acme.yaml", SMALL + "    bob: {state: absent}\n")


def bob(situation: Situation) -> None:
    situation.user("bob")
    without_waiting_for_keys(situation.sandbox)


def alice_with_a_device(situation: Situation) -> None:
    situation.user("alice")
    phone = Phone(situation.sandbox, "alice")
    situation.answers += [phone.code]


def alice_with_a_session(situation: Situation) -> None:
    situation.user("alice")
    phone = Phone(situation.sandbox, "alice")
    where = files.find({}, Path(situation.environment["HOME"]))
    for profile in ("work", "acme"):
        key = files.read_credentials(where)[profile]
        session: Any = boto3.Session(key[store.ID], key[store.SECRET])
        session.events.register("before-send", situation.sandbox.transport)
        got = session.client("sts", region_name="eu-west-1").get_session_token(
            SerialNumber=phone.serial, TokenCode=phone.code()
        )["Credentials"]
        situation.sandbox.clock.advance(30)
        secrets = Secret(got["SecretAccessKey"]), Secret(got["SessionToken"])
        expires = datetime.now(UTC) + timedelta(hours=12)
        live = store.Session(got["AccessKeyId"], *secrets, expires, profile, phone.serial, None, key[store.ID])
        store.save(where, f"{profile}-mfa", live)


def alice_changes_her_password(situation: Situation) -> None:
    situation.reconcile("acme.yaml")
    iam = situation.sandbox.client("iam")
    old, new = "one-time-Passw0rd!", "A-passw0rd-for-alice!"
    iam.create_login_profile(UserName="alice", Password=old, PasswordResetRequired=True)
    situation.sandbox.clock.advance(60)  # a login profile that was just made cannot be modified yet
    situation.use_key_of("alice")
    situation.answers += [lambda: old, lambda: "Sh0rt-pwd", lambda: new, lambda: new]


def kim_in_an_enforced_sandbox(situation: Situation) -> None:
    listing = '{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}'
    situation.write("try.json", f'{{"Version": "2012-10-17", "Statement": [{listing}]}}')


def made_by_an_earlier_release(situation: Situation) -> None:
    situation.reconcile(situation.write("acme.yaml", SMALL.replace("audit:", "state:")))
    labels = {"TagSet": [{"Key": "awsbase:address", "Value": "bucket/acme-state"}]}
    situation.sandbox.client("s3", region="eu-west-1").put_bucket_tagging(Bucket="acme-state", Tagging=labels)
    situation.sandbox.clock.advance(60)


def with_trust_policies(situation: Situation) -> None:
    page = (ROOT / "docs/pipeline.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```json\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    for role, text in zip(("plan", "apply"), blocks, strict=True):
        situation.write(f"trust-{role}.json", text)


def with_a_partner_token(situation: Situation) -> None:
    situation.reconcile("manifests/secrets.yaml")
    situation.write("partner.txt", "token\n")


SITUATIONS: dict[str, Callable[[Situation], None]] = {
    "": lambda situation: None,
    "in an empty folder": in_an_empty_folder,
    "in the reconciled account": in_the_reconciled_account,
    "with a bastion, in the reconciled account": with_a_bastion,
    "where a role planner exists": with_a_role_planner,
    "with the trust policies of docs/pipeline.md": with_trust_policies,
    "where somebody changed the account by hand": changed_by_hand,
    "where the password policy changed after the plan was approved": changed_after_the_approval,
    "where the bucket acme-audit is in another region": bucket_in_another_region,
    "where manifests/state-only.yaml is reconciled": lambda each: each.reconcile("manifests/state-only.yaml"),
    "where an earlier release made the bucket acme-state": made_by_an_earlier_release,
    "where manifests/secrets.yaml is reconciled": with_a_partner_token,
    "where bob has left": bob_has_left,
    "with a manifest of another account": manifest_of_another_account,
    "with a manifest full of mistakes": with_mistakes,
    "without credentials": without_credentials,
    "as bob": bob,
    "as alice, who has an MFA device": alice_with_a_device,
    "as alice, who has an MFA device and a live session": alice_with_a_session,
    "as alice, who changes her password": alice_changes_her_password,
    "in an enforced sandbox, where kim may not create buckets": kim_in_an_enforced_sandbox,
}


@pytest.fixture
def situation(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Situation]:
    """Serve a sandbox, and write what the block that runs expects to find."""
    folder, home, programs = tmp_path / "work", tmp_path / "home", tmp_path / "bin"
    for each in (folder, home, programs):
        each.mkdir()
    awsbase = programs / "awsbase"
    awsbase.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m awsbase "$@"\n')
    awsbase.chmod(0o755)
    (folder / "manifests").symlink_to(ROOT / "manifests")
    (folder / "acme.yaml").write_text(ACME)

    sandbox = unhurried(Sandbox(enforce="enforced" in request.node.callspec.params["block"].what))
    server = listen(sandbox)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    key = sandbox.key()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LC_", "NO_COLOR"))}
    environment = {
        **kept,
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "PYTHONPATH": str(ROOT),
        "PATH": os.pathsep.join((str(programs), str(BIN), os.environ["PATH"])),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": f"http://{server.host}:{server.port}",
        "AWS_ACCESS_KEY_ID": key.id,
        "AWS_SECRET_ACCESS_KEY": key.secret,
    }
    yield Situation(folder, sandbox, environment)
    server.shutdown()
    thread.join()
    server.server_close()


# The tests.


@dataclass(frozen=True)
class Printed:
    """What a command printed, and its exit code."""

    out: str
    err: str
    code: int


@pytest.mark.parametrize("block", ALL, ids=str)
def test_each_block_says_how_it_runs_or_why_not(block: Block) -> None:
    assert all(command.line for command in block.commands), "a console block begins with a command: $ ..."
    if block.how == "run":
        assert block.what in SITUATIONS
    else:
        assert len(block.what.split()) >= 3, "say why no test can run it"


def test_each_situation_is_that_of_a_block() -> None:
    assert SITUATIONS.keys() - {block.what for block in ALL if block.how == "run"} == set()


@pytest.mark.slow
@pytest.mark.parametrize("block", [block for block in ALL if block.how == "run"], ids=str)
def test_each_block_prints_what_the_page_shows(block: Block, situation: Situation) -> None:
    SITUATIONS[block.what](situation)
    run = on_a_terminal if situation.answers and block.what.startswith("as alice, who changes") else in_a_shell
    for command, printed in zip(block.commands, run(block, situation), strict=True):
        told = f"{command.line}\n{printed.out}{printed.err}"
        assert printed.code == 0 or command.shown, told
        out, err = printed.out, printed.err
        assert any(matches(command.shown, text) for text in (out, err, out + err, err + out)), told


def matches(shown: str, printed: str) -> bool:
    """Tell whether a page shows what was printed."""
    parts = re.split("(" + "|".join(form for form, _ in FORMS) + ")", shown)
    pattern = "".join(formed(part) for part in parts if part)
    lines = "\n".join(line.rstrip() for line in printed.strip("\n").splitlines())
    return re.fullmatch(pattern, lines, re.DOTALL) is not None


def formed(part: str) -> str:
    """Return the pattern of a part of what a page shows: its form, or the part itself."""
    for form, pattern in FORMS:
        if re.fullmatch(form, part):
            return pattern
    return re.escape(part)


def in_a_shell(block: Block, situation: Situation) -> Iterator[Printed]:
    """Run the commands of a block in one shell; yield what each has printed."""
    outputs = situation.folder.parent / "outputs"
    outputs.mkdir()
    script = "\n".join(step(command.line, outputs / str(number)) for number, command in enumerate(block.commands))
    file = outputs / "script"
    file.write_text(f"{script}\nkill $(jobs -p) 2>/dev/null\nwait\n")
    subprocess.run(
        ["bash", str(file)],
        cwd=situation.folder,
        env=situation.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=SECONDS,
        check=False,
    )
    for number in range(len(block.commands)):
        out, err, code = (Path(f"{outputs}/{number}.{kind}") for kind in ("out", "err", "code"))
        yield Printed(out.read_text(), err.read_text(), int(code.read_text()))


def step(line: str, output: Path) -> str:
    """Return a line of the script: what is started in the background has printed a line before the next one runs."""
    if line.endswith("&"):
        return (
            f"mkfifo {output}.fifo\n: >{output}.out\n"
            f"{line.removesuffix('&')} 2>{output}.fifo &\n"
            f"exec 9<{output}.fifo\nread -r first <&9\n"
            f'echo "$first" >{output}.err\necho 0 >{output}.code'
        )
    return f"{{ {line}\n}} >{output}.out 2>{output}.err\necho $? >{output}.code"


def on_a_terminal(block: Block, situation: Situation) -> Iterator[Printed]:
    """Run the commands of a block on a terminal, type the answers; yield what the terminal showed of each."""
    script = "\n".join(f"{command.line}\nprintf '\\036%s\\036' $?" for command in block.commands)
    child: Any = pexpect.spawn(
        "bash",
        ["-c", script],
        cwd=str(situation.folder),
        env=situation.environment,
        encoding="utf-8",
        timeout=SECONDS,
        dimensions=(40, 120),
        echo=True,
    )
    shown = ""
    for answer in situation.answers:
        child.expect(r": $")
        shown += child.before + child.after
        child.sendline(answer())
    shown += child.read()
    child.close()
    texts = re.split("\x1e", shown.replace("\r", ""))
    for text, code in zip(texts[::2], texts[1::2], strict=False):
        yield Printed(text, "", int(code))
