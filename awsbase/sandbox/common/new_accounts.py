"""Accounts in their first minutes, which are members already and not usable yet; and closed ones, which nobody enters.

https://github.com/org-formation/org-formation-cli/issues/192
"""

from awsbase.sandbox.organization_state import Newness, member, organization, progress
from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.wire import Refusal

# So often each service refuses, and at the door STS; by the clock for five minutes at most.
USES, ENTRIES, REGIONAL = 2, 2, 2
READY = ("account", "iam", "organizations", "sts")


def not_usable(request: Request) -> None:
    """Refuse to enter a new account, and what its services do not know it for yet; raises Refusal.

    AccessDenied and RegionDisabledException at AssumeRole, then OptInRequired or SubscriptionRequiredException:
    https://github.com/org-formation/org-formation-cli/issues/192,
    https://github.com/org-formation/org-formation-cli/issues/465 and
    https://github.com/hashicorp/terraform-provider-aws/issues/15654.
    """
    held = organization(request.sandbox, request.region)
    if held is None:
        return
    now, new = request.sandbox.clock.time(), progress(held).new
    if request.operation == "AssumeRole":
        account = str(request.params.get("RoleArn", "")).partition("::")[2].partition(":")[0]
        entered = member(held, account)
        if entered and entered.status == "SUSPENDED":
            raise no_entry(request)
        if (age := new.get(account)) and now < age.until:
            enter(request, account, age)
    elif (age := new.get(request.account)) and now < age.until and request.service not in READY:
        use(request, age)


def enter(request: Request, account: str, age: Newness) -> None:
    """Refuse the first attempts to enter an account; raises Refusal."""
    age.refused["sts"] += 1
    if age.refused["sts"] <= ENTRIES:
        raise no_entry(request)
    if age.refused["sts"] <= ENTRIES + REGIONAL:
        message = (
            f"STS is not activated in this region for account:{account}. Your account administrator can activate STS "
            "in this region using the IAM Console."
        )
        raise Refusal("RegionDisabledException", message, 403)


def use(request: Request, age: Newness) -> None:
    """Refuse the first uses of a service in an account; raises Refusal."""
    age.refused[request.service] += 1
    if age.refused[request.service] > USES:
        return
    if request.service == "ec2":
        message = "You are not subscribed to this service. Please go to http://aws.amazon.com to subscribe."
        raise Refusal("OptInRequired", message, 401)
    raise Refusal("SubscriptionRequiredException", "The AWS Access Key Id needs a subscription for the service", 403)


def no_entry(request: Request) -> Refusal:
    """Return the refusal of a role that cannot be taken."""
    arn = request.params["RoleArn"]
    message = f"User: {request.caller.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}"
    return Refusal("AccessDenied", message, 403)


RULES = (Rule("*", before=not_usable),)
