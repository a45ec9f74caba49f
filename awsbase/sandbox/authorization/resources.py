"""The policies of resources themselves: buckets, keys, topics, secrets and roles."""

from collections.abc import Callable
from typing import Any

from awsbase.sandbox.authorization.decision import Document
from awsbase.sandbox.authorization.identity import read
from awsbase.sandbox.authorization.matching import Context
from awsbase.sandbox.rule import Ask

# With these root gets out of a bucket policy that locks everybody out.
WAY_BACK = ("s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy")


def policy(ask: Ask, action: str, arn: str) -> Document | None:
    """Return the policy of the resource that an action is about."""
    if ask.caller.kind == "root" and action in WAY_BACK:
        return None
    service = action.partition(":")[0]
    found = POLICIES.get(service)
    document = found(ask, arn) if found and arn.startswith("arn:") else None
    return read(document) if document else None


def decides_alone(action: str, arn: str) -> bool:
    """Say whether an identity policy counts only where the resource's own lets it: of keys and of roles."""
    service, kind = action.partition(":")[0], arn.rpartition(":")[2].partition("/")[0]
    return (service, kind) in (("kms", "key"), ("sts", "role"))


def facts(ask: Ask, action: str) -> Context:
    """Return what only the resource's policy is told: that an MFA code came along with AssumeRole."""
    if action == "sts:AssumeRole" and ask.params.get("TokenCode"):
        return {"aws:multifactorauthpresent": "true", "aws:multifactorauthage": "0"}
    return {}


def owner(arn: str) -> str:
    """Return the account in an ARN, if it names one."""
    account = arn.split(":")[4] if arn.count(":") >= 5 else ""
    return account if account.isdigit() else ""


def _bucket(ask: Ask, arn: str) -> Any:
    name = arn.split(":::")[-1].partition("/")[0]
    return getattr(ask.backend("s3").buckets.get(name), "policy", None)


def _key(ask: Ask, arn: str) -> Any:
    held = ask.backend("kms", region_of(ask, arn)).keys.get(arn.rpartition("/")[2])
    return held.policy if held and arn == held.arn else None


def _topic(ask: Ask, arn: str) -> Any:
    return getattr(ask.backend("sns", region_of(ask, arn)).topics.get(arn), "_policy_json", None)


def _secret(ask: Ask, arn: str) -> Any:
    secrets = ask.backend("secretsmanager", region_of(ask, arn)).secrets
    return next((held.policy for held in secrets.values() if held.arn == arn), None)


def _trust(ask: Ask, arn: str) -> Any:
    iam = ask.sandbox.world.backend("iam", ask.region, owner(arn) or ask.account)
    role = next((held for held in iam.roles.values() if held.arn == arn), None)
    return trust(role.assume_role_policy_document) if role else None


def trust(document: Any) -> Document:
    """Return a role's trust as if it named its resource, which it must not: the role itself."""
    told = read(document)
    statements = told["Statement"] if isinstance(told["Statement"], list) else [told["Statement"]]
    return {**told, "Statement": [{**held, "Resource": "*"} for held in statements]}


POLICIES: dict[str, Callable[[Ask, str], Any]] = {
    "s3": _bucket,
    "kms": _key,
    "sns": _topic,
    "secretsmanager": _secret,
    "sts": _trust,
}


def region_of(ask: Ask, arn: str) -> str:
    """Return the region in an ARN, or the request's where it has none."""
    return arn.split(":")[3] or ask.region
