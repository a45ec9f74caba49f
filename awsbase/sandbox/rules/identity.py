"""Who calls: keys stand for their owners, and a key that is gone stands for nobody."""

from typing import Any

from awsbase.sandbox.rule import Ask, Rule


def tell_caller(ask: Ask) -> dict[str, Any]:
    """Answer with the caller that the sandbox knows."""
    caller = ask.caller
    ids = {"root": caller.account, "user": "AIDA", "role": "AROA"}
    user_id = ids[caller.kind]
    if caller.kind == "user":
        user = ask.backend("iam").users.get(caller.name)
        user_id = user.id if user else "AIDASANDBOX0000000000"
    if caller.kind == "role":
        role = next((r for r in ask.backend("iam").roles.values() if r.name == caller.name), None)
        user_id = f"{role.id if role else 'AROASANDBOX0000000000'}:{caller.session}"
    return {"UserId": user_id, "Account": caller.account, "Arn": caller.arn}


def remember_key(ask: Ask, said: dict[str, Any]) -> None:
    """Remember a key that was created, for the day when it is deleted."""
    ask.sandbox.callers.issued.add(said["AccessKey"]["AccessKeyId"])


RULES = (
    Rule("sts:GetCallerIdentity", before=tell_caller, strict=False),
    Rule("iam:CreateAccessKey", after=remember_key, strict=False),
)
