"""The policies managed by awsbase, explained. The policies themselves are JSON that anybody can read."""

from __future__ import annotations

from collections.abc import Mapping

from awsbase.engine.kind import About

DETACH = "take it from the list of the group or role in the manifest and reconcile; or, by hand:"


def undo(name: str) -> tuple[str, ...]:
    """Return how to take back a curated policy by hand."""
    return (DETACH, f"aws iam detach-group-policy --group-name GROUP --policy-arn ARN-OF-awsbase-{name}")


POLICIES: Mapping[str, About] = {
    "awsbase:administrator": About(
        "Everything, but closing the account or taking it out of its organization.",
        "What cannot be undone should not be one slip away from whoever administers.",
        undo("administrator"),
        ("CIS 1.16: keep it to a group of few people with MFA",),
    ),
    "awsbase:power-user": About(
        "Builds with every service, but changes no identities and keys, and neither Terraform state nor audit trail.",
        "Whoever can change identities can become anybody; whoever reads state reads the secrets in it.",
        undo("power-user"),
        ("CIS 1.16", "FSBP IAM.1", "FSBP IAM.21"),
    ),
    "awsbase:protect-audit": About(
        "Refuses to silence or rewrite the audit trail, whatever else somebody may do.",
        "Whoever broke in stops the record first. A refusal in a policy outweighs every permission.",
        undo("protect-audit"),
        ("CIS 3.1", "CIS 3.2", "FSBP CloudTrail.4"),
    ),
    "awsbase:read-only": About(
        "Looks at how everything is set up, and never into it: no objects, secrets, parameters, records, logs or code.",
        "AWS's ReadOnlyAccess reads data, and with it the passwords in it. Looking around needs none of that.",
        (*undo("read-only"), "as long as somebody has it, no other policy lets them read a secret"),
        ("CIS 1.16", "FSBP IAM.21"),
    ),
    "awsbase:require-mfa": About(
        "Refuses everything without MFA, but what a new user needs to set a password and to enrol a device.",
        "A stolen access key or password alone is worth nothing then. Roles are assumed from a session with MFA.",
        undo("require-mfa"),
        ("CIS 1.10", "FSBP IAM.5"),
    ),
    "awsbase:self-service": About(
        "Lets people look after their own password, MFA devices and, with MFA, their own access keys.",
        "Nobody has to hand credentials around, and nobody waits for an administrator to rotate a key.",
        undo("self-service"),
        ("CIS 1.10", "CIS 1.14"),
    ),
}
