"""EC2's settings of a region, as far as moto does not know them; and default groups as they come with a VPC."""

from dataclasses import dataclass, field
from typing import Any

from awsbase.sandbox.common.regions import status
from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.services.kms import find
from awsbase.sandbox.wire import Refusal

AWS_KEY = "alias/aws/ebs"
METADATA = ("HttpTokens", "HttpPutResponseHopLimit", "HttpEndpoint", "InstanceMetadataTags", "HttpTokensEnforced")
NO_PREFERENCE = ("no-preference", -1)


@dataclass
class Region:
    """What was chosen in one region; as it is here in an account that nobody has touched."""

    encrypted: bool = False
    key: str = AWS_KEY
    snapshots: str = "unblocked"
    images: str = "unblocked"
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass
class Defaults:
    """What was chosen, by region."""

    STATE = "ec2 defaults"

    regions: dict[str, Region] = field(default_factory=dict)

    def at(self, region: str) -> Region:
        """Return what holds in a region."""
        return self.regions.setdefault(region, Region())

    def state(self) -> dict[str, dict[str, Any]]:
        """Return what counts as the account's state: every choice that somebody made."""
        return {name: vars(chosen) for name, chosen in self.regions.items() if chosen != Region()}


def here(request: Request) -> Region:
    """Return what holds where the request is made."""
    return request.memory(Defaults).at(request.region)


def get_encryption(request: Request) -> dict[str, Any]:
    """Return whether new volumes are encrypted.

    Recorded: cloud-custodian, ec2.GetEbsEncryptionByDefault; SseType is of
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetEbsEncryptionByDefault.html
    """
    chosen = here(request)
    kind = "none" if not chosen.encrypted else "sse-ebs" if chosen.key == AWS_KEY else "sse-kms"
    return {"EbsEncryptionByDefault": chosen.encrypted, "SseType": kind}


def encrypt(request: Request) -> dict[str, Any]:
    """Encrypt new volumes from now on, or no longer.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EnableEbsEncryptionByDefault.html
    """
    here(request).encrypted = request.operation == "EnableEbsEncryptionByDefault"
    request.backend("ec2").ebs_encryption_by_default = here(request).encrypted
    return {"EbsEncryptionByDefault": here(request).encrypted}


def get_key(request: Request) -> dict[str, Any]:
    """Return the key of new volumes.

    Recorded: cloud-custodian, ec2.GetEbsDefaultKmsKeyId.
    """
    return {"KmsKeyId": here(request).key}


def choose_key(request: Request) -> dict[str, Any]:
    """Take another key for new volumes, if it works.

    Raises Refusal with InvalidKmsKey.NotFound or InvalidKmsKey.InvalidState.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyEbsDefaultKmsKeyId.html
    """
    if request.operation == "ResetEbsDefaultKmsKeyId":
        here(request).key = AWS_KEY
        return get_key(request)
    wanted = request.params["KmsKeyId"]
    key = None if f":{request.region}:" not in wanted and wanted.startswith("arn:") else find(request, wanted)
    if key is None:
        raise Refusal("InvalidKmsKey.NotFound", f"The KMS key ID {wanted} does not exist in {request.region}")
    if key.key_state != "Enabled" or key.key_spec != "SYMMETRIC_DEFAULT":
        raise Refusal("InvalidKmsKey.InvalidState", f"The KMS key {wanted} cannot be used for volumes")
    here(request).key = key.arn
    return get_key(request)


def get_snapshot_block(request: Request) -> dict[str, Any]:
    """Return how far snapshots may be public.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetSnapshotBlockPublicAccessState.html
    """
    return {"State": here(request).snapshots, "ManagedBy": "account"}


def block_snapshots(request: Request) -> dict[str, Any]:
    """Decide how far snapshots may be public; raises Refusal with InvalidParameterValue.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EnableSnapshotBlockPublicAccess.html
    """
    state = request.params.get("State", "unblocked")
    if request.operation == "EnableSnapshotBlockPublicAccess" and state == "unblocked":
        raise Refusal("InvalidParameterValue", "Value (unblocked) for parameter State is invalid.")
    here(request).snapshots = state
    return {"State": state}


def get_image_block(request: Request) -> dict[str, Any]:
    """Return whether images may become public.

    Recorded: cloud-custodian, ec2.GetImageBlockPublicAccessState.
    """
    return {"ImageBlockPublicAccessState": here(request).images, "ManagedBy": "account"}


def block_images(request: Request) -> dict[str, Any]:
    """Decide whether images may become public.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EnableImageBlockPublicAccess.html
    """
    here(request).images = request.params.get("ImageBlockPublicAccessState", "unblocked")
    return {"ImageBlockPublicAccessState": here(request).images}


def get_metadata_defaults(request: Request) -> dict[str, Any]:
    """Return the chosen defaults of the instance metadata service.

    Recorded: cloud-custodian, ec2.GetInstanceMetadataDefaults.
    """
    return {"AccountLevel": {**here(request).metadata, "ManagedBy": "account"}}


def choose_metadata(request: Request) -> dict[str, Any]:
    """Change what is named, and leave the rest; raises Refusal with InvalidParameterValue.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceMetadataDefaults.html
    """
    hops = request.params.get("HttpPutResponseHopLimit", 1)
    if hops != -1 and not 1 <= hops <= 64:
        raise Refusal("InvalidParameterValue", f"Value ({hops}) for parameter HttpPutResponseHopLimit is invalid.")
    chosen = here(request).metadata
    for name in METADATA:
        if request.params.get(name) in NO_PREFERENCE:
            chosen.pop(name, None)
        elif name in request.params:
            chosen[name] = request.params[name]
    return {"Return": True}


def add_default_rules(request: Request) -> None:
    """Let the members of each default group reach one another, as they do in every new VPC.

    User guide of VPC, "Default security groups"; moto makes them without.

    https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html
    """
    backend = request.backend("ec2")
    for groups in list(backend.groups.values()):
        for group in list(groups.values()):
            if group.name == "default" and not getattr(group, "furnished", None):
                group.furnished = ("from one another",)
                pair = {"GroupId": group.id, "UserId": request.account}
                request.call_moto(
                    "ec2:AuthorizeSecurityGroupIngress",
                    GroupId=group.id,
                    IpPermissions=[{"IpProtocol": "-1", "UserIdGroupPairs": [pair]}],
                )


OTHERS = ("cn-", "us-gov-")


def partition(region: str) -> str:
    """Return which part of AWS a region is in."""
    return next((prefix for prefix in OTHERS if region.startswith(prefix)), "")


def correct_regions(request: Request, response: dict[str, Any]) -> None:
    """Return the regions of this partition, those that are off only when all are asked for; moto mixes them up.

    API reference, DescribeRegions: AllRegions.

    Recorded: cloud-custodian, ec2.DescribeRegions.
    """
    everything = request.params.get("AllRegions", False) or request.params.get("RegionNames")
    response["Regions"] = [
        {**region, "OptInStatus": status(request, region["RegionName"])}
        for region in response["Regions"]
        if partition(region["RegionName"]) == partition(request.region)
        and (everything or status(request, region["RegionName"]) != "not-opted-in")
    ]


RULES = (
    Rule("ec2:DescribeRegions", after=correct_regions, strict=False),
    Rule("ec2:GetEbsEncryptionByDefault", before=get_encryption, strict=False),
    Rule("ec2:EnableEbsEncryptionByDefault ec2:DisableEbsEncryptionByDefault", before=encrypt, strict=False),
    Rule("ec2:GetEbsDefaultKmsKeyId", before=get_key, strict=False),
    Rule("ec2:ModifyEbsDefaultKmsKeyId ec2:ResetEbsDefaultKmsKeyId", before=choose_key, strict=False),
    Rule("ec2:GetSnapshotBlockPublicAccessState", before=get_snapshot_block, strict=False),
    Rule(
        "ec2:EnableSnapshotBlockPublicAccess ec2:DisableSnapshotBlockPublicAccess", before=block_snapshots, strict=False
    ),
    Rule("ec2:GetImageBlockPublicAccessState", before=get_image_block, strict=False),
    Rule("ec2:EnableImageBlockPublicAccess ec2:DisableImageBlockPublicAccess", before=block_images, strict=False),
    Rule("ec2:GetInstanceMetadataDefaults", before=get_metadata_defaults, strict=False),
    Rule("ec2:ModifyInstanceMetadataDefaults", before=choose_metadata, strict=False),
    Rule(
        "ec2:DescribeSecurityGroups ec2:DescribeSecurityGroupRules ec2:*SecurityGroupIngress",
        before=add_default_rules,
        strict=False,
    ),
)
