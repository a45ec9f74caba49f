"""The types of policies: which there are, and that one is enabled, and disabled, in the background."""

from functools import cache
from typing import Any

from awsbase.sandbox.organization_state import (
    RCP,
    SCP,
    SECONDS,
    Background,
    attach_defaults,
    attached,
    detach,
    has_all_features,
    organization,
    progress,
    status,
    trusted,
)
from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.services.organizations.refusals import constraint
from awsbase.sandbox.wire import Refusal

# The types that the model of the API knows, botocore 1.44; moto knows the first five.
TYPES = (
    *("AISERVICES_OPT_OUT_POLICY", "BACKUP_POLICY", RCP, SCP, "TAG_POLICY"),
    *("CHATBOT_POLICY", "DECLARATIVE_POLICY_EC2", "SECURITYHUB_POLICY", "INSPECTOR_POLICY", "UPGRADE_ROLLOUT_POLICY"),
    *("BEDROCK_POLICY", "S3_POLICY", "NETWORK_SECURITY_DIRECTOR_POLICY", "GUARDDUTY_POLICY", "SECURITYHUB_CSPM_POLICY"),
)
# Types of which AWS wants the service to be trusted first; seen for Security Hub and Inspector in their guides.
SERVICES = {"SECURITYHUB_POLICY": "securityhub.amazonaws.com", "INSPECTOR_POLICY": "inspector2.amazonaws.com"}


@cache
def know_all_types() -> None:
    """Let moto take every type of policy, where it knows five."""
    from moto.organizations.models import FakePolicy, FakeRoot

    FakePolicy.SUPPORTED_POLICY_TYPES = FakeRoot.SUPPORTED_POLICY_TYPES = list(TYPES)


def only_enabled(request: Request, response: dict[str, Any]) -> None:
    """Attach AWS's own policies of the enabled types alone to what is new; moto attaches those of two types.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_enable-disable.html
    """
    attach_defaults(organization(request.sandbox, request.region))


def enable(request: Request) -> dict[str, Any]:
    """Begin to enable a type: for some time the root shows it as pending.

    Raises Refusal with RootNotFoundException, ConstraintViolationException, PolicyTypeAlreadyEnabledException or
    PolicyChangesInProgressException.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_EnablePolicyType.html: "This is an asynchronous
    request that AWS performs in the background."
    """
    held, root = root_of(request)
    type = request.params["PolicyType"]
    if not has_all_features(held):
        raise Refusal(
            "PolicyTypeNotAvailableForOrganization",
            "You can't use the specified policy type with the feature set currently enabled for this organization.",
        )
    if status(held, type) == "PENDING_DISABLE":
        raise in_progress()
    if status(held, type):
        raise Refusal("PolicyTypeAlreadyEnabledException", "The specified policy type is already enabled.")
    if (service := SERVICES.get(type)) and not trusted(held, service):
        raise constraint("SERVICE_ACCESS_NOT_ENABLED", f"Enable service access for {service} first.")
    return begin(request, held, root, type, "PENDING_ENABLE")


def disable(request: Request) -> dict[str, Any]:
    """Begin to disable a type, which detaches all policies of it.

    Raises Refusal with RootNotFoundException, PolicyTypeNotEnabledException or PolicyChangesInProgressException.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_DisablePolicyType.html
    """
    held, root = root_of(request)
    type = request.params["PolicyType"]
    if status(held, type) == "PENDING_ENABLE":
        raise in_progress()
    if status(held, type) != "ENABLED":
        raise not_enabled()
    return begin(request, held, root, type, "PENDING_DISABLE")


def advance(request: Request) -> None:
    """Let pending changes of types come to their end: by looks at the roots, or by the clock.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_EnablePolicyType.html
    """
    held = organization(request.sandbox, request.region)
    if held is None:
        return
    now, pending = request.sandbox.clock.time(), progress(held).policy_types
    for type, work in list(pending.items()):
        if work.look(now) if request.operation == "ListRoots" else work.over(now):
            del pending[type]
            finish(held, type)


def finish(held: Any, type: str) -> None:
    """Bring a pending change of a type to its end."""
    root = held.ou[0]
    was = status(held, type)
    root.policy_types = [each for each in root.policy_types if each["Type"] != type]
    if was == "PENDING_ENABLE":
        root.policy_types.append({"Type": type, "Status": "ENABLED"})
    attach_defaults(held)
    for entity in (*held.ou, *held.accounts) if was == "PENDING_DISABLE" else ():
        for policy in attached(entity, type):
            detach(policy, entity)


def begin(request: Request, held: Any, root: Any, type: str, now: str) -> dict[str, Any]:
    """Let a change of a type begin; return the root as it is now."""
    root.policy_types = [each for each in root.policy_types if each["Type"] != type]
    root.policy_types.append({"Type": type, "Status": now})
    progress(held).policy_types[type] = Background(request.sandbox.clock.time() + SECONDS)
    return {"Root": root.describe()}


def root_of(request: Request) -> tuple[Any, Any]:
    """Return the organization and its root; raises Refusal with RootNotFoundException."""
    held = organization(request.sandbox, request.region)
    if request.params["RootId"] != held.ou[0].id:
        raise Refusal("RootNotFoundException", "You specified a root that doesn't exist.")
    return held, held.ou[0]


def not_enabled() -> Refusal:
    """Return the refusal of what needs a type that is not enabled."""
    return Refusal("PolicyTypeNotEnabledException", "This operation can be performed only for enabled policy types.")


def in_progress() -> Refusal:
    """Return the refusal of a change during another one."""
    return Refusal("PolicyChangesInProgressException", "A change of this policy type is in progress. Try again later.")


NEW = "organizations:CreateOrganization organizations:CreateOrganizationalUnit"

RULES = (
    Rule("organizations:*", before=advance),
    Rule("organizations:EnablePolicyType", before=enable),
    Rule("organizations:DisablePolicyType", before=disable),
    Rule(NEW, after=only_enabled),
)
