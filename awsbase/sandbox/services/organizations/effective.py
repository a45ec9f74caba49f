"""The effective policy: what the policies of a type, from the root down to an account, say together."""

import json
from collections.abc import Mapping
from typing import Any

from awsbase.sandbox.organization_state import attached, enabled, organization, path
from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.services.organizations.policy_types import know_all_types
from awsbase.sandbox.services.organizations.refusals import no_target
from awsbase.sandbox.services.organizations.trusted_services import know_all_services
from awsbase.sandbox.wire import Refusal

ASSIGN, APPEND, REMOVE = "@@assign", "@@append", "@@remove"
CHILD = "@@operators_allowed_for_child_policies"


def know_all(request: Request) -> None:
    """Let moto know every type of policy and every service, where it knows some.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_EnablePolicyType.html
    """
    know_all_types()
    know_all_services()


def effective(request: Request) -> dict[str, Any]:
    """Return what all policies of a type say together of an account, the caller's own where it names none.

    Raises Refusal with TargetNotFoundException or EffectivePolicyNotFoundException.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeEffectivePolicy.html
    """
    held, type = organization(request.sandbox, request.region), request.params["PolicyType"]
    if held is None:
        raise Refusal("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
    id = request.params.get("TargetId", request.account)
    way = path(held, id)
    if not way or way[-1].type != "ACCOUNT":
        raise no_target()
    policies = [policy for entity in way for policy in attached(entity, type)] if enabled(held, type) else []
    if not policies:
        message = "If you ran this action on the management account, this policy type is not enabled for it."
        raise Refusal("EffectivePolicyNotFoundException", message)
    merged: dict[str, Any] = {}
    for policy in policies:
        merged = merge(merged, json.loads(policy.content))
    told = {"PolicyContent": json.dumps(resolved(merged)), "PolicyType": type, "TargetId": id}
    return {"EffectivePolicy": {**told, "LastUpdatedTimestamp": request.sandbox.clock()}}


def merge(above: Any, below: Any) -> Any:
    """Let a policy further down add to what those above it say, by the operators of inheritance.

    https://docs.aws.amazon.com/organizations/latest/userguide/policy-operators.html
    """
    if not isinstance(below, Mapping):
        return below
    held = dict(above) if isinstance(above, Mapping) else {}
    for key, value in below.items():
        if key == ASSIGN:
            held = {ASSIGN: value}
        elif key == APPEND:
            held = {
                ASSIGN: [*_list(held.get(ASSIGN)), *(one for one in _list(value) if one not in _list(held.get(ASSIGN)))]
            }
        elif key == REMOVE:
            held = {ASSIGN: [one for one in _list(held.get(ASSIGN)) if one not in _list(value)]}
        elif not key.startswith(CHILD):
            held[key] = merge(held.get(key), value)
    return held


def resolved(content: Any) -> Any:
    """Return a merged policy without operators."""
    if not isinstance(content, Mapping):
        return content
    return resolved(content[ASSIGN]) if ASSIGN in content else {key: resolved(each) for key, each in content.items()}


def _list(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, list) else [value]


FIRST = (Rule("organizations:*", before=know_all, strict=False),)
RULES = (Rule("organizations:DescribeEffectivePolicy", before=effective, strict=False),)
