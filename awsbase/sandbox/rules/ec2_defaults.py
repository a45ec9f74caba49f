"""What EC2 does by itself in a region, as far as moto does not know it; and default groups as they come with a VPC."""

from dataclasses import dataclass, field
from typing import Any

from awsbase.sandbox.rule import Ask, Refusal, Rule
from awsbase.sandbox.rules.kms import find

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


def here(ask: Ask) -> Region:
    """Return what holds where the request is made."""
    return ask.memory(Defaults).at(ask.region)


def tell_encryption(ask: Ask) -> dict[str, Any]:
    """Tell whether new volumes are encrypted."""
    chosen = here(ask)
    kind = "none" if not chosen.encrypted else "sse-ebs" if chosen.key == AWS_KEY else "sse-kms"
    return {"EbsEncryptionByDefault": chosen.encrypted, "SseType": kind}


def encrypt(ask: Ask) -> dict[str, Any]:
    """Encrypt new volumes from now on, or no longer."""
    here(ask).encrypted = ask.operation == "EnableEbsEncryptionByDefault"
    ask.backend("ec2").ebs_encryption_by_default = here(ask).encrypted
    return {"EbsEncryptionByDefault": here(ask).encrypted}


def tell_key(ask: Ask) -> dict[str, Any]:
    """Tell the key of new volumes."""
    return {"KmsKeyId": here(ask).key}


def choose_key(ask: Ask) -> dict[str, Any]:
    """Take another key for new volumes, if it works."""
    if ask.operation == "ResetEbsDefaultKmsKeyId":
        here(ask).key = AWS_KEY
        return tell_key(ask)
    wanted = ask.params["KmsKeyId"]
    key = None if f":{ask.region}:" not in wanted and wanted.startswith("arn:") else find(ask, wanted)
    if key is None:
        raise Refusal("InvalidKmsKey.NotFound", f"The KMS key ID {wanted} does not exist in {ask.region}")
    if key.key_state != "Enabled" or key.key_spec != "SYMMETRIC_DEFAULT":
        raise Refusal("InvalidKmsKey.InvalidState", f"The KMS key {wanted} cannot be used for volumes")
    here(ask).key = key.arn
    return tell_key(ask)


def tell_snapshots(ask: Ask) -> dict[str, Any]:
    """Tell how far snapshots may be public."""
    return {"State": here(ask).snapshots, "ManagedBy": "account"}


def block_snapshots(ask: Ask) -> dict[str, Any]:
    """Decide how far snapshots may be public."""
    state = ask.params.get("State", "unblocked")
    if ask.operation == "EnableSnapshotBlockPublicAccess" and state == "unblocked":
        raise Refusal("InvalidParameterValue", "Value (unblocked) for parameter State is invalid.")
    here(ask).snapshots = state
    return {"State": state}


def tell_images(ask: Ask) -> dict[str, Any]:
    """Tell whether images may become public."""
    return {"ImageBlockPublicAccessState": here(ask).images, "ManagedBy": "account"}


def block_images(ask: Ask) -> dict[str, Any]:
    """Decide whether images may become public."""
    here(ask).images = ask.params.get("ImageBlockPublicAccessState", "unblocked")
    return {"ImageBlockPublicAccessState": here(ask).images}


def tell_metadata(ask: Ask) -> dict[str, Any]:
    """Tell what new instances ask of readers of their metadata, as far as somebody chose."""
    return {"AccountLevel": {**here(ask).metadata, "ManagedBy": "account"}}


def choose_metadata(ask: Ask) -> dict[str, Any]:
    """Change what is named, and leave the rest."""
    hops = ask.params.get("HttpPutResponseHopLimit", 1)
    if hops != -1 and not 1 <= hops <= 64:
        raise Refusal("InvalidParameterValue", f"Value ({hops}) for parameter HttpPutResponseHopLimit is invalid.")
    chosen = here(ask).metadata
    for name in METADATA:
        if ask.params.get(name) in NO_PREFERENCE:
            chosen.pop(name, None)
        elif name in ask.params:
            chosen[name] = ask.params[name]
    return {"Return": True}


def furnish_groups(ask: Ask) -> None:
    """Let the members of each default group reach one another, as they do in every new VPC."""
    backend = ask.backend("ec2")
    for groups in list(backend.groups.values()):
        for group in list(groups.values()):
            if group.name == "default" and not getattr(group, "furnished", None):
                group.furnished = ("from one another",)
                pair = {"GroupId": group.id, "UserId": ask.account}
                ask.moto(
                    "ec2:AuthorizeSecurityGroupIngress",
                    GroupId=group.id,
                    IpPermissions=[{"IpProtocol": "-1", "UserIdGroupPairs": [pair]}],
                )


RULES = (
    Rule("ec2:GetEbsEncryptionByDefault", before=tell_encryption, strict=False),
    Rule("ec2:EnableEbsEncryptionByDefault ec2:DisableEbsEncryptionByDefault", before=encrypt, strict=False),
    Rule("ec2:GetEbsDefaultKmsKeyId", before=tell_key, strict=False),
    Rule("ec2:ModifyEbsDefaultKmsKeyId ec2:ResetEbsDefaultKmsKeyId", before=choose_key, strict=False),
    Rule("ec2:GetSnapshotBlockPublicAccessState", before=tell_snapshots, strict=False),
    Rule(
        "ec2:EnableSnapshotBlockPublicAccess ec2:DisableSnapshotBlockPublicAccess", before=block_snapshots, strict=False
    ),
    Rule("ec2:GetImageBlockPublicAccessState", before=tell_images, strict=False),
    Rule("ec2:EnableImageBlockPublicAccess ec2:DisableImageBlockPublicAccess", before=block_images, strict=False),
    Rule("ec2:GetInstanceMetadataDefaults", before=tell_metadata, strict=False),
    Rule("ec2:ModifyInstanceMetadataDefaults", before=choose_metadata, strict=False),
    Rule(
        "ec2:DescribeSecurityGroups ec2:DescribeSecurityGroupRules ec2:*SecurityGroupIngress",
        before=furnish_groups,
        strict=False,
    ),
)
