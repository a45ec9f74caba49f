"""A user for tests: a sandbox, scripted answers, and an app that scans seeds."""

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pyotp

from awsbase.aws import Aws
from awsbase.engine.account import identify
from awsbase.engine.wire import Wire, refuse_resends
from awsbase.people.enrol import Prompts
from awsbase.people.secret import Secret
from awsbase.sandbox import Sandbox

Answer = str | Callable[[], str] | BaseException


class ScriptedUser:
    """A user with scripted answers: the questions, the messages, and the seeds that their app scanned."""

    def __init__(self, folder: Path, caller: str | None = "user/alice") -> None:
        self.sandbox = Sandbox()
        # The clock starts at the beginning of a TOTP step, so that each code belongs to the step that the test names.
        self.sandbox.clock.advance(31 - self.sandbox.clock.time() % 30)
        self.sandbox.client("iam").create_user(UserName="alice")
        self.sandbox.calls.clear()
        self.folder = folder
        self.caller = caller
        self.asked: list[str] = []
        self.messages: list[str] = []
        self.spelled = 0
        self.seeds: list[str] = []
        self.answers: list[Answer] = []

    def prompts(self) -> Prompts:
        return Prompts(
            account=identify(
                Aws(self.sandbox.session(self.caller, "eu-west-1"), "eu-west-1", attach=[refuse_resends]), Wire()
            ),
            clock=self.sandbox.clock,
            ask=self.ask,
            tell=self.messages.append,
            show=self.scan,
            spell=self.read,
            private_screen=nullcontext,
            state=self.folder / "state",
        )

    def types(self, *answers: Answer) -> None:
        self.answers += answers

    def ask(self, question: str) -> Secret:
        self.asked.append(question)
        assert self.answers, f"unexpected question: {question}"
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return Secret(answer if isinstance(answer, str) else answer())

    def scan(self, uri: Secret, seed: Secret) -> None:
        """Read the seed from its otpauth URI, as an app does."""
        self.seeds.append(parse_qs(urlsplit(uri.reveal()).query)["secret"][0])
        assert self.seeds[-1] == seed.reveal()

    def read(self, uri: Secret, seed: Secret) -> None:
        self.spelled += 1
        self.scan(uri, seed)

    def code(self, steps: int = 0) -> Callable[[], str]:
        """Return a function for the code that the app shows some steps from the time of its call."""
        return lambda: pyotp.TOTP(self.seeds[-1]).at(int(self.sandbox.clock.time()) + 30 * steps)

    def devices(self) -> list[str]:
        """Return all virtual devices; leftovers are marked."""
        listed = self.sandbox.client("iam").list_virtual_mfa_devices()["VirtualMFADevices"]
        return sorted(
            device["SerialNumber"].partition(":mfa/")[2] + ("" if "User" in device else " (left)") for device in listed
        )
