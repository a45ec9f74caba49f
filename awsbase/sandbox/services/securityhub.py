"""Security Hub: the hub of a region and the standards that are checked there, which moto does not have."""

from dataclasses import dataclass, field
from typing import Any

from awsbase.sandbox.authorization.permissions import act, at, given, linked_role, own, table
from awsbase.sandbox.service import Request, Rule, Service
from awsbase.sandbox.snapshot import remembered
from awsbase.sandbox.wire import Refusal

BY_DEFAULT = ("aws-foundational-security-best-practices/v/1.0.0", "cis-aws-foundations-benchmark/v/1.2.0")
OTHERS = tuple(f"cis-aws-foundations-benchmark/v/{version}" for version in ("1.4.0", "3.0.0", "5.0.0"))


@dataclass
class Hub:
    """The hub of a region with its standards, by what stands behind `standards/` in their ARNs."""

    generator: str
    standards: list[str]
    tags: dict[str, str]


@dataclass
class Hubs:
    """The hubs of the account, by region."""

    STATE = "security hubs"

    held: dict[str, Hub] = field(default_factory=dict)
    administrator: str = ""
    """The account that looks after the hubs of this one, if another one does."""
    members: tuple[str, ...] = ()
    """The accounts whose hubs this one looks after."""

    def state(self) -> dict[str, Any]:
        """Return what counts as the account's state."""
        return {name: {**vars(hub), "standards": sorted(hub.standards)} for name, hub in self.held.items()}


def hub_arn(request: Request) -> str:
    """Return the ARN of the region's hub."""
    return f"arn:{request.backend('iam', 'aws').partition}:securityhub:{request.region}:{request.account}:hub/default"


def find(request: Request) -> Hub:
    """Return the region's hub; refuse where there is none.

    Raises Refusal with InvalidAccessException. Recorded: cloud-custodian, securityhub.DescribeHub.
    """
    if request.region not in request.memory(Hubs).held:
        message = f"AccountId: {request.account} is not enabled for securityhub. Currentstate: false"
        raise Refusal("InvalidAccessException", message, 401)
    return request.memory(Hubs).held[request.region]


def enable(request: Request) -> dict[str, Any]:
    """Switch the hub on, with the standards that come with it unless they are declined.

    Raises Refusal with ResourceConflictException.

    https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_EnableSecurityHub.html
    """
    if request.region in request.memory(Hubs).held:
        raise Refusal("ResourceConflictException", "Account is already subscribed to Security Hub", 409)
    standards = list(BY_DEFAULT) if request.params.get("EnableDefaultStandards", True) else []
    generator = request.params.get("ControlFindingGenerator", "SECURITY_CONTROL")
    request.memory(Hubs).held[request.region] = Hub(generator, standards, dict(request.params.get("Tags", {})))
    return {}


def administrator(request: Request) -> dict[str, Any]:
    """Return who looks after the hub; nothing where its own account does.

    https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_GetAdministratorAccount.html
    """
    find(request)
    who = request.memory(Hubs).administrator
    return {"Administrator": {"AccountId": who, "MemberStatus": "Enabled"}} if who else {}


def list_members(request: Request) -> dict[str, Any]:
    """List the accounts whose hubs this one looks after.

    https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_ListMembers.html
    """
    find(request)
    return {"Members": [{"AccountId": each} for each in request.memory(Hubs).members]}


def list_tags(request: Request) -> dict[str, Any]:
    """List the tags of the hub; raises Refusal with ResourceNotFoundException.

    https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_ListTagsForResource.html
    """
    if request.params["ResourceArn"] != hub_arn(request) or request.region not in request.memory(Hubs).held:
        raise Refusal("ResourceNotFoundException", f"no resource {request.params['ResourceArn']}", 404)
    return {"Tags": find(request).tags}


def disable(request: Request) -> dict[str, Any]:
    """Switch the hub off with all its standards, unless it is that of an administrator.

    Raises Refusal with InvalidInputException.

    https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_DisableSecurityHub.html
    https://github.com/hashicorp/terraform-provider-aws/pull/17501
    """
    find(request)
    if request.memory(Hubs).members:
        raise Refusal("InvalidInputException", "Cannot disable Security Hub on the Security Hub administrator")
    del request.memory(Hubs).held[request.region]
    return {}


def describe_hub(request: Request) -> dict[str, Any]:
    """Return how the hub is set up.

    Recorded: cloud-custodian, securityhub.DescribeHub.
    """
    return {"HubArn": hub_arn(request), "AutoEnableControls": True, "ControlFindingGenerator": find(request).generator}


def subscription(request: Request, standard: str) -> dict[str, Any]:
    """Return one standard as the API does."""
    base = hub_arn(request).removesuffix(":hub/default")
    regional = base.removesuffix(request.account)
    return {
        "StandardsSubscriptionArn": f"{base}:subscription/{standard}",
        "StandardsArn": f"{regional}:standards/{standard}",
        "StandardsInput": {},
        "StandardsStatus": "READY",
    }


def list_standards(request: Request) -> dict[str, Any]:
    """List the standards that are checked, page by page.

    https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_GetEnabledStandards.html
    """
    held = sorted(find(request).standards)
    start = int(request.params.get("NextToken", 0))
    end = start + min(int(request.params.get("MaxResults", 100)), request.sandbox.pages or 100)
    page: dict[str, Any] = {"StandardsSubscriptions": [subscription(request, each) for each in held[start:end]]}
    return {**page, "NextToken": str(end)} if end < len(held) else page


def enable_standards(request: Request) -> dict[str, Any]:
    """Check standards from now on; one that is checked already stays so.

    Raises Refusal with InvalidInputException.

    https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchEnableStandards.html
    """
    hub, subscriptions = find(request), []
    for each in request.params["StandardsSubscriptionRequests"]:
        base, _, standard = each["StandardsArn"].partition(":standards/")
        if standard not in (*BY_DEFAULT, *OTHERS) or not base.endswith(f":securityhub:{request.region}:"):
            raise Refusal("InvalidInputException", f"Invalid standards ARN {each['StandardsArn']}", 400)
        if standard not in hub.standards:
            hub.standards.append(standard)
        subscriptions.append(subscription(request, standard))
    return {"StandardsSubscriptions": subscriptions}


def disable_standards(request: Request) -> dict[str, Any]:
    """Check standards no longer.

    https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchDisableStandards.html
    """
    for held in request.params["StandardsSubscriptionArns"]:
        find(request).standards.remove(held.partition(":subscription/")[2])
    return {"StandardsSubscriptions": []}


HUB = at("securityhub:{region}:{account}:hub/default")
CALLS = table(
    {
        "DescribeHub GetEnabledStandards BatchEnableStandards BatchDisableStandards DisableSecurityHub "
        "GetAdministratorAccount ListMembers "
        "UpdateSecurityHubConfiguration": [own(HUB)],
        "EnableSecurityHub": [
            own(HUB),
            act("securityhub:TagResource", HUB, when="Tags"),
            linked_role("securityhub.amazonaws.com", "AWSServiceRoleForSecurityHub"),
        ],
        "ListTagsForResource TagResource UntagResource": [own(given("ResourceArn"))],
    }
)
RULES = (
    Rule("securityhub:EnableSecurityHub", before=enable, strict=False),
    Rule("securityhub:DisableSecurityHub", before=disable, strict=False),
    Rule("securityhub:GetAdministratorAccount", before=administrator, strict=False),
    Rule("securityhub:ListMembers", before=list_members, strict=False),
    Rule("securityhub:ListTagsForResource", before=list_tags, strict=False),
    Rule("securityhub:DescribeHub", before=describe_hub, strict=False),
    Rule("securityhub:GetEnabledStandards", before=list_standards, strict=False),
    Rule("securityhub:BatchEnableStandards", before=enable_standards, strict=False),
    Rule("securityhub:BatchDisableStandards", before=disable_standards, strict=False),
)


SERVICE = Service(
    "securityhub",
    rules=RULES,
    calls=CALLS,
    tags=lambda request, arn: dict(getattr(request.memory(Hubs).held.get(request.region), "tags", {})),
    snapshot=remembered(Hubs),
    warm_up={"DescribeHub": {}},
)
