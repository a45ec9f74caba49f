"""What became of one account, as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

from awsbase.engine.changes import Mode
from awsbase.errors import UsageError
from awsbase.fleet.item import Item, text
from awsbase.records import record

SCHEMA = "awsbase.fleet.result/1"
Status = Literal["unchanged", "changes", "done", "failed", "refused", "unreachable"]
FAILING: tuple[Status, ...] = ("failed", "refused", "unreachable")


@record
class Result:
    """What became of one account: `exit` is the code that the same command had given for it alone."""

    run: str
    mode: str
    account: str
    id: str
    status: Status
    exit: int
    report: Mapping[str, Any] | None = None
    message: str | None = None
    hint: str | None = None
    seconds: float = 0.0
    calls: int = 0

    @property
    def failing(self) -> bool:
        """Tell whether something is wrong with the account."""
        return self.status in FAILING

    def ends(self, mode: Mode) -> bool:
        """Tell whether a run of this mode has nothing more to do here: a plan with changes ends a plan alone."""
        return not self.failing and (mode == "plan" or self.status != "changes")

    def document(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        return {
            "schema": SCHEMA,
            "run": self.run,
            "mode": self.mode,
            "account": self.account,
            "id": self.id,
            "status": self.status,
            "exit": self.exit,
            "report": self.report,
            "error": None if self.message is None else {"message": self.message, "hint": self.hint},
            "seconds": round(self.seconds, 3),
            "calls": self.calls,
        }


def failure(item: Item, status: Status, message: str, hint: str | None = None, *, exit: int = 1) -> Result:
    """Return the result of an account of which there is no report."""
    return Result(item.run, item.mode, item.account, item.id, status, exit, message=message, hint=hint)


def read_result(value: object) -> Result:
    """Return the result that JSON values describe; raises UsageError for anything else."""
    if not isinstance(value, Mapping) or value.get("schema") != SCHEMA or value.get("status") not in get_args(Status):
        raise UsageError("this is no result of a fleet", hint="`awsbase fleet work` prints one")
    error = value.get("error") or {}
    try:
        return Result(
            run=text(value["run"]),
            mode=text(value["mode"]),
            account=text(value["account"]),
            id=text(value["id"]),
            status=value["status"],
            exit=int(value["exit"]),
            report=value["report"],
            message=error.get("message"),
            hint=error.get("hint"),
            seconds=float(value["seconds"]),
            calls=int(value["calls"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as wrong:
        raise UsageError(f"this result of a fleet is not complete: {wrong}", hint="run its account again") from None
