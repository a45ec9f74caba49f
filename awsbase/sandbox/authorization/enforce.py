"""Enforcing: each call is held to what its caller's policies say, in the words that its service refuses with."""

from collections import ChainMap
from collections.abc import Iterator, Mapping
from typing import Any

from awsbase.sandbox.authorization import identity, resources
from awsbase.sandbox.authorization.calls import Need, needs
from awsbase.sandbox.authorization.decision import Policies, Request, Verdict, decide
from awsbase.sandbox.authorization.matching import Context
from awsbase.sandbox.rule import Ask, Refusal, Rule

# Services without a region of their own are taken to be in the first of the partition.
GLOBAL = ("account", "billing", "budgets", "ce", "iam", "organizations")
FIRST_REGIONS = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}


def authorize(ask: Ask) -> None:
    """Refuse a call when any of the rights that it needs is missing."""
    principal = identity.principal(ask)
    known = {**request_facts(ask), **identity.facts(ask)}
    granted, boundary, session = identity.granted(ask), identity.boundary(ask), identity.session(ask)
    for need in needs(ask):
        context: Context = ChainMap(
            {key.lower(): value for key, value in need.context.items()},
            known,
            resources.ResourceTags(ask, need.resource),  # type: ignore[arg-type]
        )
        policies = Policies(
            identity=granted,
            boundary=boundary,
            session=session,
            resource=need.policy or resources.policy(ask, need.action, need.resource),
            resource_facts=resources.facts(ask, need.action),
            owner=resources.owner(need.resource),
            decides_alone=resources.decides_alone(need.action, need.resource),
        )
        verdict = decide(Request(need.action, need.resource, context), principal, policies)
        if not verdict:
            raise Refusal(*need.otherwise) if need.otherwise else refusal(ask, need, verdict)


def refusal(ask: Ask, need: Need, verdict: Verdict) -> Refusal:
    """Say no as the service does that was called."""
    action, resource = need.action, need.resource
    if ask.service == "sns":
        action = action.replace("sns:", "SNS:")
    if ask.service == "s3":
        resource = f'"{resource}"'
    article = "an" if verdict.due_to.startswith("i") else "a"
    why = f"because no {verdict.due_to} allows the {action} action"
    if verdict.explicit:
        why = f"with an explicit deny in {article} {verdict.due_to}"
    said = f"User: {ask.caller.arn} is not authorized to perform: {action} on resource: {resource} {why}"
    match ask.service:
        case "ec2":
            return Refusal("UnauthorizedOperation", f"You are not authorized to perform this operation. {said}", 403)
        case "sns":
            return Refusal("AuthorizationError", said, 403)
        case "iam" | "sts" | "s3" | "s3control" | "cloudwatch":
            return Refusal("AccessDenied", said, 403)
    return Refusal("AccessDeniedException", said, 400)


def request_facts(ask: Ask) -> dict[str, Any]:
    """Return the condition keys that tell of the request itself."""
    now = ask.sandbox.clock()
    facts: dict[str, Any] = {
        "aws:currenttime": now.isoformat(),
        "aws:epochtime": str(int(now.timestamp())),
        "aws:requestedregion": FIRST_REGIONS.get(ask.partition, "") if ask.service in GLOBAL else ask.region,
        "aws:resourceaccount": ask.account,
        "aws:securetransport": "true",
        "aws:sourceip": "127.0.0.1",
        "aws:viaawsservice": "false",
    }
    tags = dict(request_tags(ask.params))
    keys = [*tags, *ask.params.get("TagKeys", [])]
    facts |= {f"aws:requesttag/{key.lower()}": value for key, value in tags.items()}
    return {**facts, "aws:tagkeys": keys} if keys else facts


def request_tags(params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the tags that come with a request, in whichever way its service spells them."""
    for name in ("Tags", "tags", "TagsList", "ResourceTags", "Tagging", "CreateBucketConfiguration"):
        held = params.get(name)
        if name == "Tagging" and isinstance(held, dict):
            held = held.get("TagSet")
        if name == "CreateBucketConfiguration":
            held = (held or {}).get("Tags")
        if isinstance(held, dict):
            yield from held.items()
        for tag in held if isinstance(held, list) else ():
            yield tag.get("Key") or tag.get("TagKey"), tag.get("Value") or tag.get("TagValue") or ""


ENFORCE = Rule("*", before=authorize, strict=False)
