"""Alice: an IAM user of a sandbox with an access key in her AWS files, a phone, and a scripted terminal."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pyotp

from awsbase.aws import Aws
from awsbase.people import file_writing, files
from awsbase.people.connect import connect
from awsbase.people.files import Files
from awsbase.people.profiles import Source
from awsbase.people.secret import Secret
from awsbase.people.session import Person
from awsbase.sandbox import Sandbox, World

ACCOUNT = "123456789012"


class Phone:
    """An authenticator app with the seed of one device."""

    def __init__(self, sandbox: Sandbox, name: str, user: str = "alice") -> None:
        iam = sandbox.client("iam")
        created = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
        self.serial: str = created["SerialNumber"]
        self.seed: str = created["Base32StringSeed"].decode()
        self.sandbox = sandbox
        codes = {"AuthenticationCode1": self.code(-1), "AuthenticationCode2": self.code()}
        iam.enable_mfa_device(UserName=user, SerialNumber=self.serial, **codes)
        sandbox.clock.advance(30)

    def code(self, steps: int = 0) -> str:
        """Return the code that the phone shows some steps from now."""
        return pyotp.TOTP(self.seed).at(int(self.sandbox.clock.time()) + 30 * steps)


@dataclass
class Terminal:
    """A terminal that answers questions in order, and records the questions and messages."""

    answers: list[Callable[[], str] | str] = field(default_factory=list)
    choices: list[int] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)

    def ask(self, question: str) -> Secret:
        self.asked.append(question)
        assert self.answers, f"unexpected question: {question}"
        respond = self.answers.pop(0)
        return Secret(respond if isinstance(respond, str) else respond())

    def select(self, question: str, choices: Sequence[str]) -> int:
        self.asked.append(f"{question} {', '.join(choices)}")
        return self.choices.pop(0)

    def tell(self, text: str) -> None:
        self.messages.append(text)


class Alice:
    """One person with her sandbox, files, devices and terminal."""

    def __init__(
        self, home: Path, *, devices: int = 1, enforce: bool = False, world: World | None = None, profile: str = "acme"
    ) -> None:
        self.sandbox = world.first if world else Sandbox(enforce=enforce)
        self.reached: Sandbox | World = world or self.sandbox
        self.home = home
        self.files: Files = files.find({}, home)
        self.environ: dict[str, str] = {}
        self.terminal = Terminal()
        iam = self.sandbox.client("iam")
        if world is None:
            iam.create_user(UserName="alice")
        key = iam.create_access_key(UserName="alice")["AccessKey"]
        self.sandbox.clock.advance(60)
        self.key = Secret(key["SecretAccessKey"])
        self.key_id: str = key["AccessKeyId"]
        file_writing.write_credentials(
            self.files, profile, {"aws_access_key_id": self.key_id, "aws_secret_access_key": self.key.reveal()}
        )
        file_writing.write_config(self.files, profile, {"region": "eu-west-1"})
        self.phones = [Phone(self.sandbox, f"alice-{n}") for n in range(devices)]
        self.sandbox.calls.clear()

    @property
    def phone(self) -> Phone:
        return self.phones[0]

    def types(self, *answers: Callable[[], str] | str) -> None:
        """Add answers to the next questions."""
        self.terminal.answers += answers

    def person(self, **changed: Any) -> Person:
        """Return the person for `refresh`."""
        terminal, now = self.terminal, self.sandbox.clock.now
        person = Person(
            self.files, self.environ, terminal.ask, terminal.select, terminal.tell, now=now, connect=self.connect
        )
        return replace(person, **changed)

    def connect(self, source: Source, region: str) -> Aws:
        """Return a connection to the sandbox, as to AWS."""
        respond: Any = self._respond
        return connect(source, region, [lambda client: client.meta.events.register("before-send", respond)])

    def _respond(self, request: Any, **_: Any) -> Any:
        response = self.reached.transport(request)
        response.headers["Date"] = format_datetime(self.sandbox.clock.now(), usegmt=True)
        return response

    def client(self, profile: str, service: str) -> Any:
        """Return a client with a profile of her files, as any AWS tool would."""
        import boto3

        session: Any = boto3.Session(profile_name=profile)
        session.events.register("before-send", self.reached.transport)
        return session.client(service, region_name="eu-west-1")

    def role(self, name: str = "Admin", *, longest: int = 3600, trusted: str = f"arn:aws:iam::{ACCOUNT}:root") -> str:
        """Create a role that requires MFA."""
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": trusted},
            "Action": "sts:AssumeRole",
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        created = self.sandbox.client("iam").create_role(
            RoleName=name, AssumeRolePolicyDocument=document, MaxSessionDuration=longest
        )
        self.sandbox.calls.clear()
        return str(created["Role"]["Arn"])

    def calls(self) -> list[str]:
        """Return the names of the calls since the last time."""
        names = [call.name for call in self.sandbox.calls]
        self.sandbox.calls.clear()
        return names
