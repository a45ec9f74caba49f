"""What hangs on a resource: its own policy, and its tags as condition keys."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from awsbase.sandbox.authorization.decision import Document, knowing
from awsbase.sandbox.authorization.identity import read
from awsbase.sandbox.authorization.matching import Context
from awsbase.sandbox.rule import Ask
from awsbase.sandbox.world import has


def policy(ask: Ask, action: str, arn: str) -> Document | None:
    """Return the policy of the resource that an action is about."""
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
    held = ask.backend("kms", _region(ask, arn)).keys.get(arn.rpartition("/")[2])
    return held.policy if held and arn == held.arn else None


def _topic(ask: Ask, arn: str) -> Any:
    return getattr(ask.backend("sns", _region(ask, arn)).topics.get(arn), "_policy_json", None)


def _secret(ask: Ask, arn: str) -> Any:
    secrets = ask.backend("secretsmanager", _region(ask, arn)).secrets
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


class Told(Mapping[str, Any]):
    """All that policies are told of a request; the resource's tags are not looked up before one asks."""

    def __init__(self, known: Mapping[str, Any], ask: Ask, arn: str) -> None:
        self.known, self.ask, self.arn = known, ask, arn
        service = arn.split(":")[2] if arn.startswith("arn:") else ""
        self.prefixes = ("aws:resourcetag", f"{service}:resourcetag")

    def __getitem__(self, key: str) -> Any:
        prefix, _, name = key.partition("/")
        if key in self.known or prefix not in self.prefixes:
            return self.known[key]
        return knowing(tags(self.ask, self.arn))[name]

    def __iter__(self) -> Iterator[str]:
        yield from self.known
        yield from (f"{prefix}/{name.lower()}" for prefix in self.prefixes for name in tags(self.ask, self.arn))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def tags(ask: Ask, arn: str) -> Mapping[str, str]:
    """Return the tags of a resource."""
    service = arn.split(":")[2] if arn.startswith("arn:") else ""
    if service in TAGS:
        return TAGS[service](ask, arn)
    if not has(service):
        return {}
    held = ask.backend(service, _region(ask, arn)).iter_tagged_resources()
    return next((one.tags for one in held if one.arn == arn), {})


def _ec2_tags(ask: Ask, arn: str) -> Mapping[str, str]:
    # Not among all that is tagged: moto has thousands of images.
    return dict(ask.backend("ec2", _region(ask, arn)).tags.get(arn.rpartition("/")[2], {}))


def _trail_tags(ask: Ask, arn: str) -> Mapping[str, str]:
    return dict(ask.backend("cloudtrail", _region(ask, arn)).tagging_service.get_tag_dict_for_resource(arn))


def _log_group_tags(ask: Ask, arn: str) -> Mapping[str, str]:
    return dict(
        ask.backend("logs", _region(ask, arn)).tagger.get_tag_dict_for_resource(arn.partition(":log-stream:")[0])
    )


def _iam_tags(ask: Ask, arn: str) -> Mapping[str, str]:
    iam, kind = ask.backend("iam"), arn.rpartition(":")[2].partition("/")[0]
    if kind == "user":
        return dict(iam.tagger.get_tag_dict_for_resource(arn))
    listed: Any = []
    if kind == "role":
        listed = next((held.tags for held in iam.roles.values() if held.arn == arn), [])
    if kind == "policy" and arn in iam.managed_policies:
        listed = (iam.managed_policies[arn].tags or {}).values()
    if kind == "instance-profile":
        listed = next((held.tags for held in iam.instance_profiles.values() if held.arn == arn), [])
    return {tag["Key"]: tag["Value"] for tag in listed or []}


TAGS: dict[str, Callable[[Ask, str], Mapping[str, str]]] = {
    "ec2": _ec2_tags,
    "iam": _iam_tags,
    "cloudtrail": _trail_tags,
    "logs": _log_group_tags,
}


def _region(ask: Ask, arn: str) -> str:
    return arn.split(":")[3] or ask.region
