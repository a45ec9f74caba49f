"""Security Hub: the hub of a region and the standards that are checked there, which moto does not have."""

from dataclasses import dataclass, field
from typing import Any

from awsbase.sandbox.rule import Ask, Refusal, Rule

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

    def state(self) -> dict[str, Any]:
        """Return what counts as the account's state."""
        return {name: {**vars(hub), "standards": sorted(hub.standards)} for name, hub in self.held.items()}


def arn(ask: Ask) -> str:
    """Return the ARN of the region's hub."""
    return f"arn:{ask.backend('iam', 'aws').partition}:securityhub:{ask.region}:{ask.account}:hub/default"


def find(ask: Ask) -> Hub:
    """Return the region's hub; refuse where there is none."""
    if ask.region not in ask.memory(Hubs).held:
        raise Refusal("InvalidAccessException", f"Account {ask.account} is not subscribed to AWS Security Hub", 401)
    return ask.memory(Hubs).held[ask.region]


def enable(ask: Ask) -> dict[str, Any]:
    """Switch the hub on, with the standards that come with it unless they are declined."""
    if ask.region in ask.memory(Hubs).held:
        raise Refusal("ResourceConflictException", "Account is already subscribed to Security Hub", 409)
    standards = list(BY_DEFAULT) if ask.params.get("EnableDefaultStandards", True) else []
    generator = ask.params.get("ControlFindingGenerator", "SECURITY_CONTROL")
    ask.memory(Hubs).held[ask.region] = Hub(generator, standards, dict(ask.params.get("Tags", {})))
    return {}


def disable(ask: Ask) -> dict[str, Any]:
    """Switch the hub off."""
    find(ask)
    del ask.memory(Hubs).held[ask.region]
    return {}


def tell(ask: Ask) -> dict[str, Any]:
    """Tell how the hub is set up."""
    return {"HubArn": arn(ask), "AutoEnableControls": True, "ControlFindingGenerator": find(ask).generator}


def subscription(ask: Ask, standard: str) -> dict[str, Any]:
    """Tell one standard as the API does."""
    base = arn(ask).removesuffix(":hub/default")
    regional = base.removesuffix(ask.account)
    return {
        "StandardsSubscriptionArn": f"{base}:subscription/{standard}",
        "StandardsArn": f"{regional}:standards/{standard}",
        "StandardsInput": {},
        "StandardsStatus": "READY",
    }


def tell_standards(ask: Ask) -> dict[str, Any]:
    """List the standards that are checked, page by page."""
    held = sorted(find(ask).standards)
    start = int(ask.params.get("NextToken", 0))
    end = start + min(int(ask.params.get("MaxResults", 100)), ask.sandbox.pages or 100)
    told: dict[str, Any] = {"StandardsSubscriptions": [subscription(ask, each) for each in held[start:end]]}
    return {**told, "NextToken": str(end)} if end < len(held) else told


def enable_standards(ask: Ask) -> dict[str, Any]:
    """Check standards from now on; one that is checked already stays so."""
    hub, told = find(ask), []
    for request in ask.params["StandardsSubscriptionRequests"]:
        base, _, standard = request["StandardsArn"].partition(":standards/")
        if standard not in (*BY_DEFAULT, *OTHERS) or not base.endswith(f":securityhub:{ask.region}:"):
            raise Refusal("InvalidInputException", f"Invalid standards ARN {request['StandardsArn']}", 400)
        if standard not in hub.standards:
            hub.standards.append(standard)
        told.append(subscription(ask, standard))
    return {"StandardsSubscriptions": told}


def disable_standards(ask: Ask) -> dict[str, Any]:
    """Check standards no longer."""
    for held in ask.params["StandardsSubscriptionArns"]:
        find(ask).standards.remove(held.partition(":subscription/")[2])
    return {"StandardsSubscriptions": []}


RULES = (
    Rule("securityhub:EnableSecurityHub", before=enable, strict=False),
    Rule("securityhub:DisableSecurityHub", before=disable, strict=False),
    Rule("securityhub:DescribeHub", before=tell, strict=False),
    Rule("securityhub:GetEnabledStandards", before=tell_standards, strict=False),
    Rule("securityhub:BatchEnableStandards", before=enable_standards, strict=False),
    Rule("securityhub:BatchDisableStandards", before=disable_standards, strict=False),
)
