"""The policies of resources themselves, in whichever account they are: buckets, keys, topics, secrets and roles."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from awsbase.sandbox.authorization.decision import Document
from awsbase.sandbox.authorization.identity import read
from awsbase.sandbox.service import AccountState, Need, Request, ResourcePolicy


def declared(request: Request, action: str) -> ResourcePolicy | None:
    """Return how the service of an action finds the policies of its resources, if they have any."""
    services = request.sandbox.services.called(action.partition(":")[0])
    return next((service.policy for service in services if service.policy), None)


def policy(request: Request, need: Need) -> Document | None:
    """Return the policy of the resource that an action is about."""
    held = declared(request, need.action)
    there = in_its_account(request, need.resource)
    document = held.find(there, need) if held and need.resource.startswith("arn:") else None
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


def home(sandbox: AccountState, service: str, operation: str, params: Mapping[str, Any]) -> AccountState:
    """Return the account in which a call is made: that of the bucket or ARN which it names, most often the caller's."""
    declared = sandbox.services.find(service)
    if sandbox.world is None or declared.policy is None or operation == "CreateBucket":
        return sandbox
    arns = [f"arn:aws:s3:::{params['Bucket']}"] if "Bucket" in params else map(str, params.values())
    named = [arn for arn in arns if arn.startswith("arn:") and arn.split(":")[2] == declared.iam_prefix]
    found = (sandbox.world.accounts.get(owning(sandbox, arn)) for arn in named)
    return next((account for account in found if account), sandbox)


def owning(sandbox: AccountState, arn: str) -> str:
    """Return the account that has a resource, also a bucket, whose ARN names none; nothing where nobody knows."""
    account = owner(arn)
    if account or not sandbox.world or ":s3:::" not in arn:
        return account
    bucket = arn.rpartition(":::")[2].partition("/")[0]
    return str(sandbox.moto_state.register("s3", "bucket_accounts").get(bucket, ("", ""))[1])


def in_its_account(request: Request, arn: str) -> Request:
    """Return the same request as if it were made in the account that has a resource."""
    world, account = request.sandbox.world, owning(request.sandbox, arn)
    if world is None or account == request.account or account not in world.accounts:
        return request
    return replace(request, account=account, sandbox=world.accounts[account])


def region_of(request: Request, arn: str) -> str:
    """Return the region in an ARN, or the request's where it has none."""
    return arn.split(":")[3] or request.region
