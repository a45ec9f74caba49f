"""Reports used by the tests of views."""

from __future__ import annotations

from awsbase.engine.changes import Change, Drift, Failure, ManualAction, Outcome, Report, Risk

HOME = "eu-west-1"
KIM = "arn:aws:iam::123456789012:user/kim"
READ = "arn:aws:iam::aws:policy/ReadOnlyAccess"
NO_LONGER_DENIED = Risk("access", "what it denies is no longer denied")

NEW = Outcome(
    "bucket/acme-state",
    HOME,
    "planned",
    (
        Change("create", "bucket", "s3:CreateBucket"),
        Change("update", "versioning", "s3:PutBucketVersioning", (Drift("status", None, "Enabled"),)),
    ),
)
DRIFTED = Outcome(
    "group/Ops",
    HOME,
    "planned",
    (
        Change("update", "path", "iam:UpdateGroup", (Drift("path", "/", "/people/"),)),
        Change(
            "delete",
            f"attachment {READ}",
            "iam:DetachGroupPolicy",
            risk=NO_LONGER_DENIED,
        ),
    ),
)
GONE = Outcome("user/bob", HOME, "planned", (Change("delete", "user", "iam:DeleteUser"),))
SAME = Outcome("key/acme-state", HOME, "unchanged")
FAILED = Outcome(
    "group/Ops",
    HOME,
    "failed",
    (Change("create", "group", "iam:CreateGroup"),),
    Failure(
        "AccessDenied",
        f"User: {KIM} is not authorized to perform: iam:AttachGroupPolicy",
        f"create attachment {READ}",
        "iam:AttachGroupPolicy",
        f"you are {KIM}; this needs iam:AttachGroupPolicy",
    ),
)
BLOCKED = (
    Outcome("user/alice", HOME, "blocked", blocked_by="group/Ops"),
    Outcome("user/carol", HOME, "blocked", blocked_by="group/Ops"),
)
ASK = ManualAction(
    "user/alice", "no MFA device", ("run awsbase passwd", "run awsbase mfa create"), "iam ListMFADevices"
)


def report(
    *outcomes: Outcome, mode: str = "plan", manual_actions: tuple[ManualAction, ...] = (), **more: object
) -> Report:
    """Return a report of these outcomes."""
    numbers = {"reads": 9, "writes": 0, "seconds": 1.24, **more}
    return Report(mode, "123456789012", HOME, "f" * 64, KIM, outcomes, manual_actions, **numbers)  # type: ignore[arg-type]
