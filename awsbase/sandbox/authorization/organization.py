"""The organization that an account is in: its service control policies, which allow nothing and only take away.

Nobody in the account is spared, root included; what a service does through its own role is not looked at here. Every
organization begins with AWS's FullAWSAccess, so that a policy of denials alone leaves the rest as it is. As soon as one
policy allows something, only what is allowed is left.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
"""

from collections.abc import Iterable

from awsbase.sandbox.authorization import identity, request_context
from awsbase.sandbox.authorization.conditions import listed
from awsbase.sandbox.authorization.decision import AccessRequest, Document, Verdict, effects, knowing
from awsbase.sandbox.authorization.enforce import refusal
from awsbase.sandbox.authorization.permissions import needs
from awsbase.sandbox.authorization.resource_tags import RequestContext
from awsbase.sandbox.service import Need, Request, Rule

KIND = "service control policy"


def control(request: Request) -> None:
    """Refuse a call that a policy of the organization takes away; raises Refusal."""
    policies = request.sandbox.service_control_policies
    if not policies:
        return
    known = {**request_context.facts(request), **identity.facts(request)}
    for need in _needs(request):
        context = RequestContext({**known, **knowing(need.context)}, request, need.resource)
        verdict = decide(policies, AccessRequest(need.action, need.resource, context))
        if not verdict:
            raise refusal(request, need, verdict)


def decide(policies: Iterable[Document], request: AccessRequest) -> Verdict:
    """Decide what the organization's policies leave of one request."""
    policies = list(policies)
    found = {effect for effect, _ in effects(policies, request)}
    if "Deny" in found:
        return Verdict(False, KIND, explicit=True)
    granting = any(each.get("Effect") == "Allow" for policy in policies for each in listed(policy.get("Statement", [])))
    return Verdict(False, KIND) if granting and "Allow" not in found else Verdict(True)


def _needs(request: Request) -> Iterable[Need]:
    """Return what a call needs; where nothing is declared, the action that bears its name."""
    declared = request.declared
    if request.operation in declared.calls:
        return needs(request)
    return [Need(f"{declared.iam_prefix}:{request.operation}")]


CONTROL = Rule("*", before=control, strict=False)
