"""The organization that an account is in: its control policies, which allow nothing and only take away.

Policies are given to a sandbox, or attached in an organization. Of the given ones nobody in the account is spared, root
included. Every organization begins with AWS's FullAWSAccess, so that a policy of denials alone leaves the rest as it
is. As soon as one policy allows something, only what is allowed is left.

Of attached policies each level has to allow, from the root through the units to the account, and none may deny. Service
control policies bind who calls from a member, resource control policies what a member has; the management account and
the roles of services are spared.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_evaluation.html
"""

from collections.abc import Iterable

from awsbase.sandbox.authorization import identity, request_context
from awsbase.sandbox.authorization.conditions import listed
from awsbase.sandbox.authorization.decision import AccessRequest, Document, Verdict, effects, knowing
from awsbase.sandbox.authorization.enforce import refusal
from awsbase.sandbox.authorization.permissions import needs
from awsbase.sandbox.authorization.resource_tags import RequestContext
from awsbase.sandbox.authorization.resources import in_its_account
from awsbase.sandbox.organization_state import RCP, SCP, attached, enabled, is_management, organization, path
from awsbase.sandbox.service import Need, Request, Rule

KIND = "service control policy"
KINDS = {SCP: KIND, RCP: "resource control policy"}
# The services whose resources RCPs bind, by what IAM calls them:
# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
BOUND = (
    "s3",
    "sts",
    "kms",
    "sqs",
    "secretsmanager",
    "cognito-identity",
    "cognito-idp",
    "logs",
    "dynamodb",
    "ecr",
    "aoss",
)
OF_SERVICES = "/aws-service-role/"


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


def control_members(request: Request) -> None:
    """Refuse a call that a policy attached in the caller's organization, or in the resource's, takes away.

    Raises Refusal.
    """
    if of_a_service(request):
        return
    known = {**request_context.facts(request), **identity.facts(request)}
    for need in _needs(request):
        context = RequestContext({**known, **knowing(need.context)}, request, need.resource)
        asked = AccessRequest(need.action, need.resource, context)
        holder = in_its_account(request, need.resource).account
        bound = [(SCP, request.caller.account)]
        bound += [(RCP, holder)] if need.action.partition(":")[0] in BOUND else []
        for type, account in bound:
            for policies in levels(request, type, account):
                verdict = decide_level(policies, asked, KINDS[type])
                if not verdict:
                    raise refusal(request, need, verdict)


def levels(request: Request, type: str, account: str) -> Iterable[list[Document]]:
    """Yield the policies of a type on each level from the root to an account, where they bind the account at all."""
    held = organization(request.sandbox, request.region, account)
    if held is None or is_management(held, account) or not enabled(held, type):
        return
    for entity in path(held, account):
        yield [identity.read(policy.content) for policy in attached(entity, type)]


def decide_level(policies: list[Document], request: AccessRequest, kind: str) -> Verdict:
    """Decide what the policies of one level leave: something has to allow, and nothing may deny."""
    found = {effect for effect, _ in effects(policies, request)}
    return Verdict("Allow" in found and "Deny" not in found, kind, explicit="Deny" in found)


def of_a_service(request: Request) -> bool:
    """Return whether a service calls, through its own role."""
    held = identity.entity(request) if request.caller.kind == "role" else None
    return held is not None and str(held.path).startswith(OF_SERVICES)


def _needs(request: Request) -> Iterable[Need]:
    """Return what a call needs; where nothing is declared, the action that bears its name."""
    declared = request.declared
    if request.operation in declared.calls:
        return needs(request)
    return [Need(f"{declared.iam_prefix}:{request.operation}")]


CONTROL = Rule("*", before=control, strict=False)
CONTROL_MEMBERS = Rule("*", before=control_members, strict=False)
