"""Accounts that are created: asked for, made in the background, and a member that comes with a role to enter it by.

What is wrong with a request is seen later, in its status. No token tells a second request from a repeated one.
"""

import re
from datetime import UTC, datetime
from typing import Any

from awsbase.sandbox.organization import ACCESS_ROLE, join
from awsbase.sandbox.organization_state import (
    SECONDS,
    Background,
    Creation,
    Newness,
    Progress,
    attach_defaults,
    organization,
    progress,
)
from awsbase.sandbox.service import AccountState, Request, Rule
from awsbase.sandbox.services.organizations.refusals import constraint
from awsbase.sandbox.snapshot import tag_dict
from awsbase.sandbox.wire import Refusal

# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
AT_ONCE = 5
NEW_SECONDS = 300.0
CENTRAL = "RootCredentialsManagement"
# From the description of the parameter Email of CreateAccount.
LOCAL_PART = re.compile(r"""(?!\.)[^\s"'()<>\[\]:;,\\|%&@]+""", re.ASCII)
DOMAIN = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def ask(request: Request) -> dict[str, Any]:
    """Take a request for an account, and make it in the background; raises Refusal with ConstraintViolationException.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccount.html
    """
    from moto.organizations.utils import make_random_account_id, make_random_create_account_status_id

    held, params, now = organization(request.sandbox, request.region), request.params, request.sandbox.clock.time()
    told = progress(held)
    if sum(1 for each in told.creations.values() if each.state == "IN_PROGRESS") >= AT_ONCE:
        raise constraint(
            "ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED",
            f"You attempted to exceed the number of accounts that can be in progress at a time: {AT_ONCE}.",
        )
    failure, id = why_not(held, told, params["Email"]), make_random_create_account_status_id()
    work = Background(now + SECONDS)
    told.creations[id] = Creation(id, make_random_account_id(), dict(params), now, work, failure)
    return {"CreateAccountStatus": described(told.creations[id])}


def why_not(held: Any, told: Progress, email: str) -> str:
    """Return the reason for which a request will fail, or nothing.

    The addresses of closed accounts stay taken, and the accounts count as long as they are listed.
    """
    local, _, domain = email.rpartition("@")
    if not email.isascii() or not LOCAL_PART.fullmatch(local) or not DOMAIN.fullmatch(domain):
        return "INVALID_EMAIL"
    asked = [each for each in told.creations.values() if each.state == "IN_PROGRESS" and not each.failure]
    taken = (
        {each.email.lower() for each in held.accounts}
        | {each.params["Email"].lower() for each in asked}
        | {each.lower() for each in told.emails}
    )
    if email.lower() in taken:
        return "EMAIL_ALREADY_EXISTS"
    return "ACCOUNT_LIMIT_EXCEEDED" if len(held.accounts) + len(asked) >= told.account_quota else ""


def advance(request: Request) -> None:
    """Let accounts be made as time passes, and by looks at the status of their requests.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeCreateAccountStatus.html
    """
    held = organization(request.sandbox, request.region)
    if held is None:
        return
    now, looked = request.sandbox.clock.time(), request.params.get("CreateAccountRequestId")
    for creation in progress(held).creations.values():
        if creation.state != "IN_PROGRESS":
            continue
        looks = request.operation == "ListCreateAccountStatus" or looked == creation.id
        if creation.work.look(now) if looks else creation.work.over(now):
            finish(request.sandbox, held, creation)


def finish(sandbox: AccountState, held: Any, creation: Creation) -> None:
    """Bring a request to its end: a new member, or a failure."""
    creation.completed = sandbox.clock.time()
    creation.state = "FAILED" if creation.failure else "SUCCEEDED"
    if creation.failure:
        return
    params = creation.params
    if creation.account not in (sandbox.world.accounts if sandbox.world else ()):
        # Where the organization keeps its members' root credentials, a new member has none.
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-enable-root-access.html
        sandbox.open_beside(creation.account).root_password = CENTRAL not in sandbox.central_root
    role = params.get("RoleName") or ACCESS_ROLE
    account = join(
        sandbox.moto_state, held, creation.account, name=params["AccountName"], email=params["Email"], role=role
    )
    account.tags = tag_dict(params.get("Tags"))
    # moto keeps dates without a timezone.
    account.create_time = sandbox.clock().replace(tzinfo=None)
    attach_defaults(held)
    progress(held).new[account.id] = Newness(creation.completed + NEW_SECONDS)


def status(request: Request) -> dict[str, Any]:
    """Return how far a request is; raises Refusal with CreateAccountStatusNotFoundException.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeCreateAccountStatus.html
    """
    held = organization(request.sandbox, request.region)
    found = progress(held).creations.get(request.params["CreateAccountRequestId"])
    if found is None:
        message = "We can't find a create account request with the CreateAccountRequestId that you specified."
        raise Refusal("CreateAccountStatusNotFoundException", message)
    return {"CreateAccountStatus": described(found)}


def statuses(request: Request) -> dict[str, Any]:
    """Return how far all requests are.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListCreateAccountStatus.html
    """
    held, states = organization(request.sandbox, request.region), request.params.get("States")
    found = [described(each) for each in progress(held).creations.values() if not states or each.state in states]
    return {"CreateAccountStatuses": found}


def described(creation: Creation) -> dict[str, Any]:
    """Return the status of a request in AWS's words."""
    shown: dict[str, Any] = {
        "Id": creation.id,
        "AccountName": creation.params["AccountName"],
        "State": creation.state,
        "RequestedTimestamp": datetime.fromtimestamp(creation.asked, UTC),
    }
    if creation.completed:
        shown["CompletedTimestamp"] = datetime.fromtimestamp(creation.completed, UTC)
    if creation.state == "SUCCEEDED":
        shown["AccountId"] = creation.account
    if creation.state == "FAILED":
        shown["FailureReason"] = creation.failure
    return shown


RULES = (
    Rule("organizations:*", before=advance),
    Rule("organizations:CreateAccount", before=ask),
    Rule("organizations:DescribeCreateAccountStatus", before=status),
    Rule("organizations:ListCreateAccountStatus", before=statuses),
)
