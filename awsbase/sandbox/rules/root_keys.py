"""Root's own access keys, which it lists and deletes without naming a user; and what policies would allow somebody."""

from datetime import UTC, datetime
from typing import Any

from awsbase.sandbox.authorization.decision import Document, Policies, Principal, Request, decide
from awsbase.sandbox.authorization.identity import policies
from awsbase.sandbox.authorization.matching import Context
from awsbase.sandbox.rule import Ask, Refusal, Rule


def keys_of_root(ask: Ask) -> list[str]:
    """Return the ids of root's access keys."""
    known = ask.sandbox.callers.keys.items()
    return [id for id, caller in known if caller.kind == "root" and not caller.temporary]


def own_keys(ask: Ask) -> dict[str, Any] | None:
    """List root's keys to root, who names nobody."""
    if ask.caller.kind != "root" or ask.params.get("UserName"):
        return None
    made = datetime(2020, 1, 1, tzinfo=UTC)
    listed = [{"AccessKeyId": id, "Status": "Active", "CreateDate": made} for id in keys_of_root(ask)]
    return {"AccessKeyMetadata": listed, "IsTruncated": False}


def delete_own(ask: Ask) -> dict[str, Any] | None:
    """Delete a key of root's for root; whoever signs with it afterwards is nobody."""
    if ask.caller.kind != "root" or ask.params.get("UserName"):
        return None
    id = ask.params["AccessKeyId"]
    if id not in keys_of_root(ask):
        raise Refusal("NoSuchEntity", f"The Access Key with id {id} cannot be found.", 404)
    del ask.sandbox.callers.keys[id]
    ask.sandbox.callers.issued.add(id)
    return {}


def last_use(ask: Ask) -> dict[str, Any] | None:
    """Tell when a key of root's was used last: now, by whoever asks with it."""
    if ask.params["AccessKeyId"] not in keys_of_root(ask):
        return None
    used = {"LastUsedDate": ask.sandbox.clock(), "ServiceName": "iam", "Region": "us-east-1"}
    return {"UserName": "root", "AccessKeyLastUsed": used}


def count(ask: Ask, said: dict[str, Any]) -> None:
    """Tell whether root has access keys."""
    if keys_of_root(ask):
        said["SummaryMap"]["AccountAccessKeysPresent"] = 1


def simulate(ask: Ask) -> dict[str, Any]:
    """Say what a user's policies decide about some actions on everything."""
    iam, arn = ask.backend("iam", "aws"), ask.params["PolicySourceArn"]
    user = next((held for held in iam.users.values() if held.arn == arn), None)
    if user is None:
        raise Refusal("NoSuchEntity", f"{arn} cannot be found.", 404)
    context = {
        entry["ContextKeyName"].lower(): str(entry["ContextKeyValues"][0])
        for entry in ask.params.get("ContextEntries", [])
    }
    held = list(policies(iam, user))
    return {
        "EvaluationResults": [
            {"EvalActionName": action, "EvalResourceName": "*", "EvalDecision": _decide(held, action, context)}
            for action in ask.params["ActionNames"]
        ],
        "IsTruncated": False,
    }


def _decide(held: list[Document], action: str, context: Context) -> str:
    verdict = decide(Request(action, "*", context), Principal("", {}), Policies(held))
    return "allowed" if verdict else "explicitDeny" if verdict.explicit else "implicitDeny"


RULES = (
    Rule("iam:ListAccessKeys", before=own_keys, strict=False),
    Rule("iam:DeleteAccessKey", before=delete_own, strict=False),
    Rule("iam:GetAccessKeyLastUsed", before=last_use, strict=False),
    Rule("iam:GetAccountSummary", after=count, strict=False),
    Rule("iam:SimulatePrincipalPolicy", before=simulate, strict=False),
)
