"""The errors of awsbase: what was tried, what happened, what to do."""

from __future__ import annotations

from collections.abc import Sequence

from awsbase.records import record


class AwsbaseError(Exception):
    """An expected failure: one line for people, perhaps a hint, and the exit code of the program."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(AwsbaseError):
    """The command line is invalid, or contradicts the manifest."""

    exit_code = 2


class Refused(AwsbaseError):
    """awsbase refuses to continue: the wrong account, root, a lock-out ahead, a plan that nobody approved."""


class LostReply(RuntimeError):
    """The reply to a call that is not idempotent was lost; the call may have taken effect."""


class MalformedResponse(AwsbaseError, LostReply):
    """A response is incomplete or not from AWS, which counts as a lost reply."""


@record
class Mistake:
    """One mistake in a manifest, with its file, line and path; line 0 means the whole file.

    `also` is the path of the other place, where two places contradict each other.
    """

    file: str
    line: int
    path: str
    message: str
    hint: str | None = None
    also: str = ""

    def __str__(self) -> str:
        where = self.file + (f":{self.line}: " if self.line else ": ") + (f"{self.path}: " if self.path else "")
        return where + self.message + (f", {self.hint}" if self.hint else "")


class ManifestError(AwsbaseError):
    """An invalid manifest; `mistakes` lists every mistake in the order of the file."""

    exit_code = 2

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(sorted(mistakes, key=lambda mistake: (mistake.file, mistake.line)))
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))
