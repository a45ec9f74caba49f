"""Enforcing: each call is held to what its caller's policies say, in the words that its service refuses with."""

from awsbase.sandbox.authorization import identity, request, resources
from awsbase.sandbox.authorization.calls import Need, needs
from awsbase.sandbox.authorization.decision import Policies, Request, Verdict, decide, knowing
from awsbase.sandbox.authorization.tags import Told
from awsbase.sandbox.rule import Ask, Refusal, Rule


def authorize(ask: Ask) -> None:
    """Refuse a call when any of the rights that it needs is missing."""
    principal = identity.principal(ask)
    known = {**request.facts(ask), **identity.facts(ask)}
    granted, boundary, session = identity.granted(ask), identity.boundary(ask), identity.session(ask)
    for need in needs(ask):
        context = Told({**known, **knowing(need.context)}, ask, need.resource)
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


ENFORCE = Rule("*", before=authorize, strict=False)
