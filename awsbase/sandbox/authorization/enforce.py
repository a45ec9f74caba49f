"""Enforcing: each call is held to what its caller's policies say, in the words that its service refuses with."""

from dataclasses import replace

from awsbase.sandbox.authorization import identity, request_context, resources
from awsbase.sandbox.authorization.decision import AccessRequest, Policies, Verdict, decide, knowing
from awsbase.sandbox.authorization.membership import facts_of_resource
from awsbase.sandbox.authorization.permissions import needs
from awsbase.sandbox.authorization.resource_tags import RequestContext
from awsbase.sandbox.service import Need, Request, Rule
from awsbase.sandbox.wire import Refusal


def authorize(request: Request) -> None:
    """Refuse a call when any of the permissions that it needs is missing; raises Refusal."""
    own = Policies(identity.granted(request), identity.boundary(request), identity.session(request))
    judge(request, own)


def judge_foreigners(request: Request) -> None:
    """Refuse a call of another account that the policy of the resource does not allow; raises Refusal.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
    """
    if request.caller.account != request.account:
        judge(request, Policies([identity.EVERYTHING]))


def judge(request: Request, own: Policies) -> None:
    """Refuse a call that the caller's own policies and those of the resources do not allow; raises Refusal."""
    principal = identity.principal(request)
    known = {**request_context.facts(request), **identity.facts(request)}
    for need in needs(request):
        there = resources.in_its_account(request, need.resource)
        facts = {**known, **facts_of_resource(there.sandbox, request), **knowing(need.context)}
        policies = replace(
            own,
            resource=need.policy or resources.policy(request, need),
            resource_facts=held.context(request, need) if (held := resources.declared(request, need.action)) else {},
            owner=resources.owning(request.sandbox, need.resource) or request.account,
            decides_alone=resources.decides_alone(request, need),
        )
        context = RequestContext(facts, request, need.resource)
        verdict = decide(AccessRequest(need.action, need.resource, context), principal, policies)
        if not verdict:
            raise Refusal(*need.otherwise) if need.otherwise else refusal(request, need, verdict)


def refusal(request: Request, need: Need, verdict: Verdict) -> Refusal:
    """Say no as the service does that was called."""
    action, resource = need.action, need.resource
    if request.service == "sns":
        action = action.replace("sns:", "SNS:")
    if request.service == "s3":
        resource = f'"{resource}"'
    article = "an" if verdict.due_to.startswith("i") else "a"
    why = f"because no {verdict.due_to} allows the {action} action"
    if verdict.explicit:
        why = f"with an explicit deny in {article} {verdict.due_to}"
    message = f"User: {request.caller.arn} is not authorized to perform: {action} on resource: {resource} {why}"
    code, status = request.declared.codes.denied
    if code == "UnauthorizedOperation":
        message = f"You are not authorized to perform this operation. {message}"
    return Refusal(code, message, status)


ENFORCE = Rule("*", before=authorize, strict=False)
OF_OTHER_ACCOUNTS = Rule("*", before=judge_foreigners)
