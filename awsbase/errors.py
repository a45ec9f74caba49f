"""What can go wrong, said in three parts: what was tried, what happened, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class AwsbaseError(Exception):
    """An expected failure: one line for people, perhaps a hint, and the exit code of the program."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(AwsbaseError):
    """The command line asks for something that makes no sense, or contradicts the manifest."""

    exit_code = 2


class Refused(AwsbaseError):
    """awsbase will not go on: the wrong account, root, a lock-out ahead, a plan nobody approved."""


class LostReply(RuntimeError):
    """A call that must not be sent twice may have taken effect, but its answer never came."""


class MalformedResponse(AwsbaseError, LostReply):
    """What came back is no answer of AWS, or not a whole one, which is as good as none."""


@dataclass(frozen=True, order=True)
class Mistake:
    """One mistake in a manifest, with the place where its author finds it; line 0 is the file as a whole."""

    file: str
    line: int
    path: str
    message: str
    hint: str | None = None

    def __str__(self) -> str:
        where = self.file + (f":{self.line}: " if self.line else ": ") + (f"{self.path}: " if self.path else "")
        return where + self.message + (f", {self.hint}" if self.hint else "")


class ManifestError(AwsbaseError):
    """A manifest that cannot be carried out; holds every mistake found, in the order of the file."""

    exit_code = 2

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(sorted(mistakes, key=lambda mistake: (mistake.file, mistake.line)))
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))
