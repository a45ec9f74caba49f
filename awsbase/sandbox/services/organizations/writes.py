"""One write at a time, and none to speak of before a new organization is ready."""

from typing import Any

from awsbase.sandbox.call_log import writes
from awsbase.sandbox.organization_state import SECONDS, Background, organization, progress
from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.wire import Refusal

# The operations in whose list of errors the model of the API has it, botocore 1.44.
NOT_BEFORE_READY = "organizations:CreateAccount organizations:CreateGovCloudAccount organizations:InviteAccount*"


def one_at_a_time(request: Request) -> None:
    """Refuse a write that arrived while another one was at work; raises Refusal with ConcurrentModificationException.

    https://github.com/hashicorp/terraform-provider-aws/issues/5073
    """
    if writes(request.operation) and request.sandbox.in_flight.overlaps(request.service):
        raise Refusal(
            "ConcurrentModificationException",
            "AWS Organizations can't complete your request because it conflicts with another attempt to modify the "
            "same entity. Try again later.",
        )


def took_effect(request: Request, response: dict[str, Any]) -> None:
    """Note that a write is done.

    https://github.com/hashicorp/terraform-provider-aws/issues/5073
    """
    if writes(request.operation):
        request.sandbox.in_flight.finish(request.service)


def initialize(request: Request, response: dict[str, Any]) -> None:
    """Let a new organization need some time before it takes accounts; who manages it has joined as if invited.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccount.html
    """
    held = organization(request.sandbox, request.region)
    progress(held).finalizing = Background(request.sandbox.clock.time() + SECONDS)
    held.accounts[0].joined_method = "INVITED"


def ready(request: Request) -> None:
    """Refuse a new account in an organization that is not ready; raises Refusal with FinalizingOrganizationException.

    "This can take up to an hour": https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccount.html;
    seen in https://github.com/hashicorp/terraform/pull/13831.
    """
    held = organization(request.sandbox, request.region)
    work = progress(held).finalizing
    if work and not work.look(request.sandbox.clock.time()):
        raise Refusal(
            "FinalizingOrganizationException",
            "AWS Organizations could not finalize the creation of your organization. Try again later. If this "
            "persists, contact AWS customer support.",
        )


RULES = (
    Rule("organizations:*", before=one_at_a_time, after=took_effect),
    Rule("organizations:CreateOrganization", after=initialize),
    Rule(NOT_BEFORE_READY, before=ready),
)
