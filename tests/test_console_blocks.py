"""Every console block of the docs shows what its commands print, or a comment before it says why it is not run."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pyotp import TOTP

from awsbase.sandbox import Sandbox
from awsbase.sandbox.serve import listen, warm
from awsbase.scripts import cli
from tests.conftest import needs

ROOT = Path(__file__).parents[1]
# tests/test_examples.py runs docs/extending.md, for which it installs the plug-in.
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *(page for page in sorted((ROOT / "docs").glob("*.md")) if page.name != "extending.md"),
]
BLOCK = re.compile(
    r"(?:^ *<!-- not run: (?P<reason>.*?) -->\n)?^(?P<indent> *)```console\n(?P<text>.*?)^ *```$", re.M | re.S
)
# What differs from run to run: dates, seconds, ids that AWS chooses, the last four characters of an access key.
CHANGING = {
    r"\b\d{4}-\d\d-\d\d\b": "DATE",
    r"\b\d+\.\d s\b": "0.0 s",
    r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b": "UUID",
    r"…[A-Z0-9]{4}\b": "…KEY0",
}
ACCOUNT = "123456789012"


@dataclass(frozen=True)
class Block:
    """A console block of a page: its commands, each with the output shown, and the reason why it is not run."""

    page: str
    line: int
    text: str
    reason: str | None

    @property
    def commands(self) -> list[tuple[str, str]]:
        _, *steps = re.split(r"^\$ ", self.text, flags=re.MULTILINE)
        return [(line, shown) for line, _, shown in (step.partition("\n") for step in steps)]

    @property
    def name(self) -> str:
        return f"{self.page}: {self.text.partition(chr(10))[0].removeprefix('$ ')}"


def blocks_of(page: str, text: str) -> Iterator[Block]:
    for found in BLOCK.finditer(text):
        indented = re.compile(f"^{found['indent']}", re.MULTILINE)
        yield Block(page, text[: found.start()].count("\n") + 1, indented.sub("", found["text"]), found["reason"])


BLOCKS = [block for page in PAGES for block in blocks_of(page.name, page.read_text(encoding="utf-8"))]


@dataclass
class Folder:
    """A temporary folder, and an account that the commands reach from there."""

    path: Path
    sandbox: Sandbox = field(default_factory=lambda: Sandbox(account=ACCOUNT))
    environment: dict[str, str] = field(default_factory=dict)

    def write(self, name: str, text: str) -> str:
        (self.path / name).write_text(text)
        return name

    def manifest(self, name: str = "minimal", **replaced: str) -> str:
        """Write one of the manifests that come with awsbase as acme.yaml, with lines added or changed."""
        text = (ROOT / f"manifests/{name}.yaml").read_text()
        for old, new in replaced.items():
            text = text.replace(old, new)
        return self.write("acme.yaml", text)

    def client(self, service: str) -> Any:
        return self.sandbox.client(service, "eu-west-1")

    def be(self, user: str | None) -> None:
        """Use the access key of a user from now on, or an administrator's."""
        key = self.sandbox.key(user)
        self.environment |= {"AWS_ACCESS_KEY_ID": key.id, "AWS_SECRET_ACCESS_KEY": key.secret}

    def awsbase(self, *words: str) -> str:
        """Run a command in this process; return what it printed on stdout, or on stderr if there is none."""
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.path)
            for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
                patch.setenv(name, str(self.path / name))
            for name, value in {
                "HOME": str(self.path),
                "AWS_EC2_METADATA_DISABLED": "true",
                **self.environment,
            }.items():
                patch.setenv(name, value)
            ended = CliRunner().invoke(cli, list(words))
        assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
        return ended.stdout or ended.stderr


DEPLOY = """\
  policies:
    deploy: {statements: [{Effect: Allow, Action: "s3:*", Resource: "*"}]}
"""
MISTAKES = """\
version: 1
account: {id: 123456789012, name: acme, region: eu-west1}
audit: {retention: 400}
alarms:
  billing: {amounts: [10, 50, 50]}
notify:
  security: {email: [security@acme.example]}
  billing: {email: [cfo@acme.example]}
iam:
  policies:
    deploy: {file: policies/deploi.json}
  groups:
    Administrators: {policies: ["awsbase:administrator"]}
  users:
    alice: {groups: [Administrators], console: 'yes'}
"""


def reconciled(folder: Folder) -> None:
    folder.manifest()
    folder.awsbase("reconcile", "acme.yaml", "--yes")


def drifted(folder: Folder) -> None:
    """Reconcile the smallest manifest; then change the trail, a group and the password policy by hand.

    The plan in plan.json is older than the change of the password policy.
    """
    longer = {"password_policy:": "password_policy: {minimum_length: 16}"}
    folder.awsbase("reconcile", folder.manifest(**longer), "--yes")
    folder.manifest(**longer, **{"  groups:": f"{DEPLOY}  groups:"})
    iam = folder.client("iam")
    iam.create_login_profile(UserName="alice", Password="Correct-Horse-7-Battery")
    folder.client("cloudtrail").stop_logging(Name="acme-trail")
    iam.attach_group_policy(GroupName="Administrators", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    folder.awsbase("plan", "acme.yaml", "-o", "plan.json")
    policy = iam.get_account_password_policy()["PasswordPolicy"]
    policy = {name: value for name, value in policy.items() if name not in ("ExpirePasswords", "MaxPasswordAge")}
    iam.update_account_password_policy(**policy | {"MinimumPasswordLength": 20})


def planned(folder: Folder) -> None:
    folder.manifest(**{"  groups:": f"{DEPLOY}  groups:"})


def state(folder: Folder) -> None:
    folder.awsbase("reconcile", "manifests/state-only.yaml", "--yes")


def with_bob(folder: Folder) -> None:
    """Make an administrator called bob, whom the manifest lists as absent."""
    iam = folder.client("iam")
    iam.create_user(UserName="bob")
    iam.attach_user_policy(UserName="bob", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    iam.create_access_key(UserName="bob")
    folder.manifest(**{"console: true}}": "console: true}, bob: {state: absent}}"})


def as_bob(folder: Folder) -> None:
    folder.client("iam").create_user(UserName="bob")
    folder.be("user/bob")


def with_a_device(folder: Folder) -> None:
    """Give alice an MFA device and an access key, and use that key."""
    iam = folder.client("iam")
    iam.create_user(UserName="alice")
    iam.attach_user_policy(UserName="alice", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="alice")["VirtualMFADevice"]
    now = folder.sandbox.clock.now()
    codes = [TOTP(device["Base32StringSeed"].decode()).at(now + timedelta(seconds=after)) for after in (-30, 0)]
    iam.enable_mfa_device(
        UserName="alice",
        SerialNumber=device["SerialNumber"],
        AuthenticationCode1=codes[0],
        AuthenticationCode2=codes[1],
    )
    folder.be("user/alice")


def moved(folder: Folder) -> None:
    reconciled(folder)
    folder.write("moved.yaml", (folder.path / "acme.yaml").read_text().replace("eu-west-1", "eu-central-1"))


def of_another_account(folder: Folder) -> None:
    folder.manifest()
    folder.write("other.yaml", (folder.path / "acme.yaml").read_text().replace(ACCOUNT, "2" * 12))


def without_credentials(folder: Folder) -> None:
    folder.manifest()
    folder.environment.clear()


def mistaken(folder: Folder) -> None:
    (folder.path / "policies").mkdir()
    folder.write("policies/deploy.json", "{}")
    folder.write("acme.yaml", MISTAKES)


# What stands in the folder and in the account before the first command of a block; nothing, unless it is here.
SETUPS: Mapping[tuple[str, str], Callable[[Folder], object]] = {
    ("commands.md", "awsbase plan acme.yaml\naccount"): drifted,
    ("commands.md", "awsbase coverage"): reconciled,
    ("commands.md", "awsbase state backend"): state,
    ("commands.md", "awsbase mfa list"): with_a_device,
    ("commands.md", "awsbase whoami"): as_bob,
    ("commands.md", "awsbase plan acme.yaml --only"): reconciled,
    ("commands.md", "awsbase plan acme.yaml -o"): planned,
    ("commands.md", "awsbase reconcile acme.yaml --approved"): drifted,
    ("commands.md", "awsbase plan moved.yaml"): moved,
    ("commands.md", "awsbase plan other.yaml"): of_another_account,
    ("commands.md", "awsbase plan acme.yaml\nawsbase: no AWS credentials"): without_credentials,
    ("commands.md", "awsbase plan acme.yaml --json"): drifted,
    ("manifest.md", "awsbase plan acme.yaml --only user/bob"): with_bob,
    ("manifest.md", "awsbase validate acme.yaml"): mistaken,
}


def setup_of(block: Block) -> Callable[[Folder], object]:
    text = block.text.removeprefix("$ ")
    return next(
        (setup for (page, start), setup in SETUPS.items() if page == block.page and text.startswith(start)), str
    )


@contextmanager
def reachable(folder: Folder) -> Iterator[None]:
    """Serve the account on this machine while the commands run."""
    warm(folder.sandbox)
    server = listen(folder.sandbox)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    folder.environment["AWS_ENDPOINT_URL"] = f"http://{server.host}:{server.port}"
    folder.be(None)
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def run(line: str, folder: Folder) -> str:
    """Run a line of a block as a shell would: comments, one pipe and a redirection of awsbase's output are known."""
    words = shlex.split(line, comments=True)
    if words[:2] == ["python", "-m"]:
        done = subprocess.run([sys.executable, *words[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
        return done.stdout or done.stderr
    assert words[0] == "awsbase", f"write <!-- not run: REASON --> before the block of `{line}`"
    if ">" in words:
        folder.write(words[-1], folder.awsbase(*words[1:-2]))
        return ""
    if "|" in words:
        cut = words.index("|")
        output = folder.awsbase(*words[1:cut])
        return subprocess.run(words[cut + 1 :], input=output, capture_output=True, text=True, check=True).stdout
    return folder.awsbase(*words[1:])


def matches(shown: str, printed: str) -> bool:
    """Tell whether a block shows what was printed: `...` stands for anything, alone on a line for any lines."""
    for changing, same in CHANGING.items():
        shown, printed = re.sub(changing, same, shown), re.sub(changing, same, printed)
    pattern = re.escape(shown.strip("\n") + "\n")
    pattern = re.sub(r"(?m)^\\\.\\\.\\\.\\?\n", "(?:.*\n)*?", pattern).replace(r"\.\.\.", ".*")
    return re.fullmatch(pattern, printed.strip("\n") + "\n") is not None


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(block, id=block.name, marks=[needs("jq")] if "| jq" in block.text else [])
        for block in BLOCKS
        if block.reason is None
    ],
)
def test_a_console_block_shows_what_its_commands_print(block: Block, tmp_path: Path) -> None:
    assert block.commands, f"{block.page}:{block.line} has no command: begin it with `$ `, or say why it is not run"
    (tmp_path / "manifests").symlink_to(ROOT / "manifests")
    folder = Folder(tmp_path)
    with reachable(folder):
        setup_of(block)(folder)
        for line, shown in block.commands:
            printed = run(line, folder)
            if shown.strip():
                assert matches(shown, printed), f"{line}\n{printed}"
            else:
                assert not printed.startswith("awsbase: "), printed


def test_a_block_that_is_not_run_has_a_reason() -> None:
    assert [block.name for block in BLOCKS if block.reason is not None and len(block.reason.split()) < 3] == []


def test_every_setup_belongs_to_a_block() -> None:
    texts = [(block.page, block.text.removeprefix("$ ")) for block in BLOCKS if block.reason is None]
    assert [key for key in SETUPS if not any(key[0] == page and text.startswith(key[1]) for page, text in texts)] == []


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("a\n...\nd\n", "a\nb\nc\nd\n", True),
        ("...\nd\n", "a\nd\n", True),
        ("a\n...\n", "a\nb\n", True),
        ("2 calls, 0.5 s\n", "2 calls, 1.3 s\n", True),
        ("key …ICNT\n", "key …ABCD\n", True),
        ("by (arn:aws:...)\n", "by (arn:aws:iam::1)\n", True),
        ("a\n", "a\nb\n", False),
        ("2 calls, 0.5 s\n", "3 calls, 0.5 s\n", False),
    ],
)
def test_dots_and_what_changes_from_run_to_run_match(shown: str, printed: str, same: bool) -> None:
    assert matches(shown, printed) == same
