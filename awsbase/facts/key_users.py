"""What is encrypted under a KMS key: without it nobody can read it any more."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from awsbase.engine.facts import Facts
from awsbase.engine.permissions import Allows, allow
from awsbase.engine.scope import Scope
from awsbase.facts.backups import vaults
from awsbase.facts.buckets import bucket_arn, encryption_of, places
from awsbase.facts.trails import trails


def users_of(facts: Facts, scope: Scope, arn: str, aliases: tuple[str, ...]) -> tuple[str, ...]:
    """Return the addresses of what uses a key in its region, and to whom it is granted, each once.

    `aliases` are those of the key. Services that awsbase does not know hold a grant while they use it.
    """
    names = {arn, arn.rpartition("/")[2], *aliases, *(scope.arn("kms", alias) for alias in aliases)}
    finders = (
        buckets_under,
        secrets_under,
        log_groups_under,
        topics_under,
        trails_under,
        volumes_under,
        vaults_under,
    )
    found = [address for find in finders for address in find(facts, scope, names)]
    return tuple(dict.fromkeys([*found, *grants_of(facts, scope, arn)]))


def buckets_under(facts: Facts, scope: Scope, names: Collection[str]) -> Iterator[str]:
    """Yield the buckets that encrypt under a key by default."""
    here = [(name, place) for name, place in places(facts, scope).items() if place.region == scope.region]
    rules = facts.read_all(*((encryption_of, place, name) for name, place in here))
    for (name, place), rule in zip(here, rules, strict=True):
        if rule.get("ApplyServerSideEncryptionByDefault", {}).get("KMSMasterKeyID") in names:
            yield place.address("bucket", name)


def secrets_under(facts: Facts, scope: Scope, names: Collection[str]) -> Iterator[str]:
    """Yield the secrets that are under a key and not about to go."""
    for page in facts.aws.at(scope.region).secretsmanager.get_paginator("list_secrets").paginate():
        for each in page["SecretList"]:
            if each.get("KmsKeyId") in names:
                yield scope.address("secret", each["Name"])


def log_groups_under(facts: Facts, scope: Scope, names: Collection[str]) -> Iterator[str]:
    """Yield the log groups whose events are under a key."""
    for page in facts.aws.at(scope.region).logs.get_paginator("describe_log_groups").paginate():
        for each in page["logGroups"]:
            if each.get("kmsKeyId") in names:
                yield scope.address("log-group", each["logGroupName"])


def topics_under(facts: Facts, scope: Scope, names: Collection[str]) -> Iterator[str]:
    """Yield the topics whose messages are under a key."""
    sns = facts.aws.at(scope.region).sns
    arns = [each["TopicArn"] for page in sns.get_paginator("list_topics").paginate() for each in page["Topics"]]
    for arn in arns:
        if sns.get_topic_attributes(TopicArn=arn)["Attributes"].get("KmsMasterKeyId") in names:
            yield scope.address("topic", arn.rpartition(":")[2])


def trails_under(facts: Facts, scope: Scope, names: Collection[str]) -> Iterator[str]:
    """Yield the trails whose files are under a key."""
    for name, each in facts.read(trails, scope.region):
        if each.settings["KmsKeyId"] in names:
            yield scope.at(each.home or scope.region).address("trail", name)


def volumes_under(facts: Facts, scope: Scope, names: Collection[str]) -> Iterator[str]:
    """Yield the volumes and snapshots that are under a key."""
    ec2, encrypted = facts.aws.at(scope.region).ec2, [{"Name": "encrypted", "Values": ["true"]}]
    for page in ec2.get_paginator("describe_volumes").paginate(Filters=encrypted):
        yield from (f"volume {each['VolumeId']}" for each in page["Volumes"] if each.get("KmsKeyId") in names)
    for page in ec2.get_paginator("describe_snapshots").paginate(Filters=encrypted, OwnerIds=["self"]):
        yield from (f"snapshot {each['SnapshotId']}" for each in page["Snapshots"] if each.get("KmsKeyId") in names)


def vaults_under(facts: Facts, scope: Scope, names: Collection[str]) -> Iterator[str]:
    """Yield the vaults whose recovery points are under a key."""
    for name, each in facts.read(vaults, scope.region).items():
        if each.key in names:
            yield scope.address("backup-vault", name)


def grants_of(facts: Facts, scope: Scope, arn: str) -> Iterator[str]:
    """Yield who holds a grant for a key, such as a database for as long as it is there.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html
    """
    for page in facts.aws.at(scope.region).kms.get_paginator("list_grants").paginate(KeyId=arn):
        for each in page["Grants"]:
            images = each.get("Constraints", {}).get("EncryptionContextSubset", {}).get("aws:ecr:arn", "")
            if images:
                yield scope.address("ecr-repository", images.partition(":repository/")[2])
            elif "GranteePrincipal" in each:
                yield f"a grant to {each['GranteePrincipal']}"


def permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions that it takes to find out."""
    yield allow("s3", "ListAllMyBuckets")
    yield allow("s3", "GetEncryptionConfiguration", on=(bucket_arn(scope, "*"),))
    yield allow("secretsmanager", "ListSecrets")
    yield allow("logs", "DescribeLogGroups")
    yield allow("sns", "ListTopics")
    yield allow("sns", "GetTopicAttributes", on=(scope.arn("sns", "*"),))
    yield allow("backup", "ListBackupVaults")
    yield allow("cloudtrail", "DescribeTrails")
    yield allow("ec2", "DescribeSnapshots", "DescribeVolumes")
    yield allow("kms", "ListGrants", on=(scope.arn("kms", "key/*"),))
