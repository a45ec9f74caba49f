"""Samples of the account's protection, in two regions: all regions are alike."""

from typing import Any

from awsbase.ensure.analyzer import Analyzer
from awsbase.ensure.default_groups import DefaultGroups
from awsbase.ensure.ebs_encryption import EbsEncryption, for_volumes
from awsbase.ensure.image_block import ImageBlock
from awsbase.ensure.key import Key, key_policy
from awsbase.ensure.metadata_defaults import MetadataDefaults
from awsbase.ensure.public_access_block import PublicAccessBlock
from awsbase.ensure.regions import Regions
from awsbase.ensure.snapshot_block import SnapshotBlock
from awsbase.samples.making import take_away
from awsbase.samples.sample import HOME, Reached, Sample, Tampering

TWO = ("eu-west-1", "us-east-1")
FAR = HOME.at("us-east-1")
REGIONS = Regions(scope=HOME, only=TWO)
BLOCK = PublicAccessBlock(scope=HOME)
KEY = Key(scope=FAR, name="acme-ebs", policy=key_policy(FAR, for_volumes(FAR)), description="EBS volumes", tags={})
VOLUMES = EbsEncryption(scope=HOME, only=("us-east-1",), keys={FAR.region: KEY.address})
SNAPSHOTS = SnapshotBlock(scope=HOME, only=TWO)
IMAGES = ImageBlock(scope=HOME, only=TWO)
METADATA = MetadataDefaults(scope=HOME, only=TWO, hops=2)
GROUPS = DefaultGroups(scope=HOME, only=("us-east-1",))
ANALYZER = Analyzer(scope=HOME, name="acme-access", only=TWO, tags={"owner": "platform"})


def ec2(aws: Reached) -> Any:
    """Return the EC2 client of the other region."""
    return aws.client("ec2", FAR.region)


def default_group(aws: Reached) -> str:
    """Return the id of the only default group in the other region."""
    found = ec2(aws).describe_security_groups(Filters=[{"Name": "group-name", "Values": ["default"]}])
    return str(found["SecurityGroups"][0]["GroupId"])


def let_in(aws: Reached) -> None:
    """Open a port of the default group to the world."""
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2(aws).authorize_security_group_ingress(GroupId=default_group(aws), IpPermissions=[rule])


def share_buckets(aws: Reached) -> None:
    """Allow public policies again."""
    aws.client("s3control", HOME.region).put_public_access_block(
        AccountId=HOME.account, PublicAccessBlockConfiguration={"BlockPublicAcls": True, "IgnorePublicAcls": True}
    )


def analyzers_by_hand(aws: Reached) -> None:
    """Create an analyzer of another name in the home region."""
    aws.client("accessanalyzer", HOME.region).create_analyzer(
        analyzerName="ConsoleAnalyzer", type="ACCOUNT", tags={"made-by": "hand"}
    )


def untag(aws: Reached) -> None:
    """Remove a tag of the analyzer that was made by hand."""
    arn = HOME.arn("access-analyzer", "analyzer/ConsoleAnalyzer")
    aws.client("accessanalyzer", HOME.region).untag_resource(resourceArn=arn, tagKeys=["owner"])


def without_key(aws: Reached) -> None:
    """Encrypt volumes with AWS's key again, and take the key away that nothing uses then."""
    ec2(aws).disable_ebs_encryption_by_default()
    ec2(aws).reset_ebs_default_kms_key_id()
    take_away(aws, [KEY])


SAMPLES = (
    Sample(
        "account protection",
        [REGIONS, BLOCK, SNAPSHOTS, IMAGES, METADATA],
        tamperings={
            "buckets made public": Tampering(share_buckets, [f"{BLOCK.address}: update public access block"]),
            "buckets not blocked": Tampering(
                lambda aws: aws.client("s3control", HOME.region).delete_public_access_block(AccountId=HOME.account),
                [f"{BLOCK.address}: update public access block"],
            ),
            "snapshots shared": Tampering(
                lambda aws: ec2(aws).disable_snapshot_block_public_access(),
                [f"{SNAPSHOTS.address}: update snapshot block in us-east-1"],
            ),
            "images shared": Tampering(
                lambda aws: ec2(aws).disable_image_block_public_access(),
                [f"{IMAGES.address}: update image block in us-east-1"],
            ),
            "IMDSv1 again": Tampering(
                lambda aws: ec2(aws).modify_instance_metadata_defaults(HttpTokens="optional"),
                [f"{METADATA.address}: update metadata defaults in us-east-1"],
            ),
        },
    ),
    Sample(
        "EBS encryption",
        [REGIONS, KEY, VOLUMES],
        after=without_key,
        tamperings={
            "switched off": Tampering(
                lambda aws: ec2(aws).disable_ebs_encryption_by_default(),
                [f"{VOLUMES.address}: update encryption in us-east-1"],
            ),
            "AWS's key again": Tampering(
                lambda aws: ec2(aws).reset_ebs_default_kms_key_id(), [f"{VOLUMES.address}: update key in us-east-1"]
            ),
        },
    ),
    Sample("default security groups", [REGIONS, GROUPS]),
    Sample(
        "access analyzer",
        [REGIONS, ANALYZER],
        before=analyzers_by_hand,
        tamperings={
            "deleted": Tampering(
                lambda aws: aws.client("accessanalyzer", FAR.region).delete_analyzer(analyzerName="acme-access"),
                [f"{ANALYZER.address}: create analyzer in us-east-1"],
            ),
            "untagged": Tampering(untag, [f"{ANALYZER.address}: update tags in eu-west-1"]),
        },
    ),
)
