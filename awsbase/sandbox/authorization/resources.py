"""The policies of resources themselves: buckets, keys, topics, secrets and roles."""

from awsbase.sandbox.authorization.decision import Document
from awsbase.sandbox.authorization.identity import read
from awsbase.sandbox.service import Need, Request, ResourcePolicy


def declared(request: Request, action: str) -> ResourcePolicy | None:
    """Return how the service of an action finds the policies of its resources, if they have any."""
    services = request.sandbox.services.called(action.partition(":")[0])
    return next((service.policy for service in services if service.policy), None)


def policy(request: Request, need: Need) -> Document | None:
    """Return the policy of the resource that an action is about."""
    held = declared(request, need.action)
    document = held.find(request, need) if held and need.resource.startswith("arn:") else None
    return read(document) if document else None


def decides_alone(request: Request, need: Need) -> bool:
    """Return whether an identity policy counts only where the resource's own lets it: of keys and of roles."""
    kind = need.resource.rpartition(":")[2].partition("/")[0]
    held = declared(request, need.action)
    return held is not None and bool(held.decides_alone) and kind == held.decides_alone


def owner(arn: str) -> str:
    """Return the account in an ARN, if it names one."""
    account = arn.split(":")[4] if arn.count(":") >= 5 else ""
    return account if account.isdigit() else ""


def region_of(request: Request, arn: str) -> str:
    """Return the region in an ARN, or the request's where it has none."""
    return arn.split(":")[3] or request.region
