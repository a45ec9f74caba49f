"""Policies of an organization: their documents, where they are attached, and that none but the last one goes."""

import json
from collections.abc import Mapping
from typing import Any

from awsbase.policies.grammar import refusals
from awsbase.sandbox.organization_state import RCP, SCP, attached, enabled, organization, target
from awsbase.sandbox.policy_documents import actions, principals, statements
from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.services.organizations.policy_types import not_enabled
from awsbase.sandbox.services.organizations.refusals import LIMITS, constraint, invalid, no_target
from awsbase.sandbox.wire import Refusal

# Characters with white space, and policies of a type on one root, unit or account. Of the SCPs' since 15 May 2026; the
# others, and what AWS's older pages say: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
SIZES = {SCP: 10240, RCP: 5120, "AISERVICES_OPT_OUT_POLICY": 2500}
ATTACHED = {SCP: 10, RCP: 5}
OTHER_SIZE, OTHER_ATTACHED = 10000, 10
RCP_DEFAULT = "p-RCPFullAWSAccess"


def document(request: Request) -> None:
    """Refuse a document that is not JSON, not of its type's grammar, or too long, and a name that is taken.

    Raises Refusal with MalformedPolicyDocumentException, ConstraintViolationException, DuplicatePolicyException or
    InvalidInputException.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreatePolicy.html and
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_syntax.html
    """
    held, policy = organization(request.sandbox, request.region), named(request)
    if request.operation == "UpdatePolicy" and policy is None:
        return
    if policy and policy.aws_managed:
        raise invalid("IMMUTABLE_POLICY", "You can't modify a policy that AWS manages.")
    name, type = request.params.get("Name"), policy.type if policy else request.params["Type"]
    if any(each.name == name and each is not policy for each in held.policies):
        raise Refusal("DuplicatePolicyException", "A policy with the same name already exists.")
    if (text := request.params.get("Content")) is not None:
        check_document(text, type, request.partition)


def check_document(text: str, type: str, partition: str) -> None:
    """Refuse a document that AWS would not take as a policy of this type; raises Refusal."""
    most = SIZES.get(type, OTHER_SIZE)
    if len(text) > most:
        raise constraint("POLICY_CONTENT_LIMIT_EXCEEDED", f"{LIMITS} for the size of a policy: {most} characters.")
    malformed = Refusal(
        "MalformedPolicyDocumentException",
        "The provided policy document does not meet the requirements of the specified policy type.",
    )
    try:
        content = json.loads(text)
    except ValueError:
        raise malformed from None
    if not isinstance(content, Mapping):
        raise malformed
    if (type == SCP and wrong_scp(content, partition)) or (type == RCP and wrong_rcp(content, partition)):
        raise malformed


def wrong_scp(content: Mapping[str, Any], partition: str) -> bool:
    """Return whether a service control policy is none: it has the elements of an identity policy."""
    return bool(refusals(content, "inline", partition))


def wrong_rcp(content: Mapping[str, Any], partition: str) -> bool:
    """Return whether a resource control policy is none: it denies everybody something that it names.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html
    """
    if refusals(content, "resource", partition):
        return True
    return any(
        each.get("Effect") != "Deny" or list(principals(each)) != [("AWS", "*")] or "*" in actions(each)
        for each in statements(content)
    )


def can_attach(request: Request) -> None:
    """Refuse a policy of a type that is not enabled, one that is attached already, and one too many.

    Raises Refusal with TargetNotFoundException, PolicyTypeNotEnabledException, DuplicatePolicyAttachmentException or
    ConstraintViolationException.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_AttachPolicy.html
    """
    held, policy = organization(request.sandbox, request.region), named(request)
    if policy is None:
        return
    entity = known_target(request)
    if not enabled(held, policy.type):
        raise not_enabled()
    if policy in entity.attached_policies:
        raise Refusal("DuplicatePolicyAttachmentException", "The policy is already attached to the target.")
    most = ATTACHED.get(policy.type, OTHER_ATTACHED)
    if len(attached(entity, policy.type)) >= most:
        message = f"{LIMITS} for attached policies of the type {policy.type}: {most}."
        raise constraint("MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED", message)


def can_detach(request: Request) -> None:
    """Refuse to detach what is not attached, and the last one: something has to allow.

    Raises Refusal with TargetNotFoundException, PolicyNotAttachedException, InvalidInputException or
    ConstraintViolationException.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_DetachPolicy.html: "Every root, OU, and account
    must have at least one SCP attached." AWS's own resource control policy stays:
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_attach.html
    """
    policy = named(request)
    if policy is None:
        return
    entity = known_target(request)
    if policy not in entity.attached_policies:
        raise Refusal("PolicyNotAttachedException", "The policy isn't attached to the specified target.")
    if policy.id == RCP_DEFAULT:
        raise invalid("NON_DETACHABLE_POLICY", "You can't detach this AWS managed policy.")
    if policy.type == SCP and len(attached(entity, SCP)) == 1:
        raise constraint(
            "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
            "You can't detach the last policy of this type from the target.",
        )


def not_of_aws(request: Request) -> None:
    """Refuse to delete a policy of AWS; raises Refusal with InvalidInputException.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_DeletePolicy.html
    """
    if (policy := named(request)) and policy.aws_managed:
        raise invalid("IMMUTABLE_POLICY", "You can't delete a policy that AWS manages.")


def known_target(request: Request) -> Any:
    """Return what a policy is attached to; raises Refusal with TargetNotFoundException.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListPoliciesForTarget.html
    """
    entity = target(organization(request.sandbox, request.region), request.params["TargetId"])
    if entity is None:
        raise no_target()
    return entity


def target_is_there(request: Request) -> None:
    """Refuse to list the policies of what is not there; raises Refusal with TargetNotFoundException.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListPoliciesForTarget.html
    """
    known_target(request)


def create_any_type(request: Request) -> dict[str, Any] | None:
    """Make a policy of a type that moto has no ARN for.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreatePolicy.html
    """
    from moto.organizations.models import FakePolicy

    held, type = organization(request.sandbox, request.region), request.params["Type"]
    if held is None or type in (SCP, RCP, "TAG_POLICY", "AISERVICES_OPT_OUT_POLICY"):
        return None
    policy = FakePolicy(held.org, **{**request.params, "Type": "TAG_POLICY"})
    policy.type = type
    policy._arn_format = f"arn:{{0}}:organizations::{{1}}:policy/{{2}}/{type.lower()}/{{3}}"
    held.policies.append(policy)
    described: dict[str, Any] = policy.describe()
    return described


def named(request: Request) -> Any:
    """Return the policy that a request names, or nothing: moto refuses what is not there."""
    held, id = organization(request.sandbox, request.region), request.params.get("PolicyId")
    return next((policy for policy in held.policies if policy.id == id), None)


RULES = (
    Rule("organizations:CreatePolicy organizations:UpdatePolicy", before=document),
    Rule("organizations:AttachPolicy", before=can_attach),
    Rule("organizations:DetachPolicy", before=can_detach),
    Rule("organizations:DeletePolicy", before=not_of_aws),
    Rule("organizations:ListPoliciesForTarget", before=target_is_there),
    Rule("organizations:CreatePolicy", before=create_any_type, strict=False),
)
