"""Members of an organization: where they are, and how they are closed and leave; neither is done at once."""

from typing import Any

from awsbase.sandbox.organization_state import (
    SECONDS,
    Background,
    closures_left,
    delegated,
    has_all_features,
    is_management,
    member,
    organization,
    progress,
    units,
)
from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.services.organizations.refusals import constraint
from awsbase.sandbox.wire import Refusal

# AWS has not published how many: a guess.
CLOSING_AT_ONCE = 10
WAIT_DAYS = 4


def can_move(request: Request) -> None:
    """Refuse to move an account from where it is not, to where it is already, or to nowhere.

    Raises Refusal with AccountNotFoundException, SourceParentNotFoundException, DestinationParentNotFoundException or
    DuplicateAccountException.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_MoveAccount.html
    """
    held, account = known(request)
    source, destination = request.params["SourceParentId"], request.params["DestinationParentId"]
    if source != account.parent_id:
        message = "We can't find a source root or OU with the ParentId that you specified."
        raise Refusal("SourceParentNotFoundException", message)
    if destination not in units(held):
        message = "We can't find the destination container (a root or OU) with the ParentId that you specified."
        raise Refusal("DestinationParentNotFoundException", message)
    if source == destination:
        raise Refusal("DuplicateAccountException", "That account is already present in the specified destination.")


def close(request: Request) -> dict[str, Any]:
    """Begin to close an account, within the quota.

    Raises Refusal with AccountNotFoundException, AccountAlreadyClosedException, ConflictException or
    ConstraintViolationException.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_CloseAccount.html
    """
    held, account = known(request)
    told, now = progress(held), request.sandbox.clock.time()
    if is_management(held, account.id):
        raise constraint("CANNOT_CLOSE_MANAGEMENT_ACCOUNT", "You can't close the management account.")
    if not has_all_features(held):
        raise constraint("ORGANIZATION_NOT_IN_ALL_FEATURES_MODE", "The organization doesn't have all features enabled.")
    if account.state == "CLOSED":
        raise Refusal("AccountAlreadyClosedException", "You attempted to close an account that is already closed.")
    if account.state == "PENDING_CLOSURE":
        raise Refusal("ConflictException", "The account is being closed already.")
    if closures_left(held, now) <= 0:
        raise constraint("CLOSE_ACCOUNT_QUOTA_EXCEEDED", "You have exceeded close account quota for the past 30 days.")
    if len(told.closures) >= CLOSING_AT_ONCE:
        message = "You attempted to exceed the number of accounts that you can close at a time."
        raise constraint("CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED", message)
    account.status = account.state = "PENDING_CLOSURE"
    told.closures[account.id] = Background(now + SECONDS)
    told.closed.append(now)
    return {}


def advance(request: Request) -> None:
    """Let closures come to their end as time passes, and by looks at the account.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_CloseAccount.html
    """
    held = organization(request.sandbox, request.region)
    if held is None:
        return
    now, pending = request.sandbox.clock.time(), progress(held).closures
    looked = request.params.get("AccountId") if request.operation == "DescribeAccount" else None
    for id, work in list(pending.items()):
        account = member(held, id)
        if account is None or (work.look(now) if looked == id else work.over(now)):
            del pending[id]
            if account:
                account.status, account.state = "SUSPENDED", "CLOSED"


def still_active(request: Request, response: dict[str, Any]) -> None:
    """Show an account that is being closed as active when somebody looks for the first time.

    Seen in https://github.com/hashicorp/terraform-provider-aws/issues/46284.
    """
    held = organization(request.sandbox, request.region)
    work = progress(held).closures.get(request.params["AccountId"])
    if work and work.looks == 1:
        response["Account"]["Status"] = response["Account"]["State"] = "ACTIVE"


def can_leave(request: Request) -> None:
    """Refuse to remove the management account, a delegated administrator, and who cannot pay for itself.

    Raises Refusal with AccountNotFoundException, MasterCannotLeaveOrganizationException or
    ConstraintViolationException.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_RemoveAccountFromOrganization.html
    """
    held, account = known(request)
    if is_management(held, account.id):
        raise Refusal(
            "MasterCannotLeaveOrganizationException", "You can't remove a management account from an organization."
        )
    if delegated(held, account.id):
        message = "You attempted to remove an account that is registered as a delegated administrator."
        raise constraint("CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG", message)
    if account.joined_method != "CREATED":
        return
    joined = next((each.completed for each in progress(held).creations.values() if each.account == account.id), 0.0)
    if request.sandbox.clock.time() - joined < WAIT_DAYS * 86400:
        message = "You must wait until at least four days after the account was created."
        raise constraint("WAIT_PERIOD_ACTIVE", message)
    message = "You must first associate a valid payment instrument, such as a credit card, with the account."
    raise constraint("MEMBER_ACCOUNT_PAYMENT_INSTRUMENT_REQUIRED", message)


def forget(request: Request, response: dict[str, Any]) -> None:
    """Let an organization that is deleted have left nothing behind.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_DeleteOrganization.html
    """
    vars(request.backend("organizations")).pop("progress", None)


def known(request: Request) -> tuple[Any, Any]:
    """Return the organization and the member that a request names; raises Refusal with AccountNotFoundException."""
    held = organization(request.sandbox, request.region)
    account = member(held, request.params["AccountId"])
    if account is None:
        raise Refusal("AccountNotFoundException", "You specified an account that doesn't exist.")
    return held, account


RULES = (
    Rule("organizations:*", before=advance),
    Rule("organizations:MoveAccount", before=can_move),
    Rule("organizations:CloseAccount", before=close),
    Rule("organizations:DescribeAccount", after=still_active),
    Rule("organizations:RemoveAccountFromOrganization", before=can_leave),
    Rule("organizations:DeleteOrganization", after=forget, strict=False),
)
