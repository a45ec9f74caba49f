"""Copies of a bucket in another one, often of another account: S3 makes them with a role of this account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from awsbase.engine.changes import Drift
from awsbase.engine.facts import Facts
from awsbase.engine.risk import access
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.errors import AwsbaseError
from awsbase.facts.buckets import OURS, bucket_arn, setting
from awsbase.facts.lifecycle import plain
from awsbase.records import record

COPY = f"{OURS}-copy"


class ReplicatedByOthers(AwsbaseError):
    """Somebody else has the bucket copied already."""


@record
class Replication:
    """Where new objects are copied to, by the role at the address `role`; `key` is the ARN of the key there.

    `to` is the address of the other bucket where the same manifest makes it.
    """

    role: str
    role_arn: str
    account: str
    bucket: str
    key: str | None = None
    storage_class: str | None = None
    deletions: bool = False
    to: str | None = None

    def rule(self, scope: Scope) -> dict[str, Any]:
        """Return the one rule as S3 wants it; in another account its owner owns the copies."""
        elsewhere = {"Account": self.account, "AccessControlTranslation": {"Owner": "Destination"}}
        under_keys = {"SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}}}
        return {
            "ID": COPY,
            "Priority": 1,
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "DeleteMarkerReplication": {"Status": "Enabled" if self.deletions else "Disabled"},
            "Destination": {
                "Bucket": bucket_arn(scope, self.bucket),
                **(elsewhere if self.account != scope.account else {}),
                **({"StorageClass": self.storage_class} if self.storage_class else {}),
                **({"EncryptionConfiguration": {"ReplicaKmsKeyID": self.key}} if self.key else {}),
            },
            **(under_keys if self.key else {}),
        }


def replication_of(facts: Facts, scope: Scope, name: str) -> Mapping[str, Any]:
    """Return the role of a bucket's replication, and its rules; empty where nothing is copied."""
    read = facts.aws.at(scope.region).s3.get_bucket_replication
    answer = setting(facts, scope, name, "ReplicationConfigurationNotFoundError", read)
    configuration: Mapping[str, Any] = answer.get("ReplicationConfiguration", {})
    return configuration


def described(have: Mapping[str, Any], scope: Scope) -> Replication | None:
    """Return a replication as awsbase would make it; None for none, and for any other."""
    rules = have.get("Rules", ())
    if len(rules) != 1 or rules[0].get("ID") != COPY:
        return None
    to = rules[0]["Destination"]
    role = str(have["Role"])
    return Replication(
        f"role/{role.rpartition('/')[2]}",
        role,
        to.get("Account", scope.account),
        to["Bucket"].rpartition(":")[2],
        to.get("EncryptionConfiguration", {}).get("ReplicaKmsKeyID"),
        to.get("StorageClass"),
        rules[0].get("DeleteMarkerReplication", {}).get("Status") == "Enabled",
    )


def copy(run: Run, scope: Scope, name: str, want: Replication, have: Mapping[str, Any], *, there: bool) -> None:
    """Have S3 copy what is put into a bucket from now on; what is in it already stays where it is.

    Raises ReplicatedByOthers where rules of others are: S3 has one role for all rules of a bucket.
    """
    if others := [rule.get("ID", "") for rule in have.get("Rules", ()) if rule.get("ID") != COPY]:
        raise ReplicatedByOthers(
            f"the bucket {name!r} is copied by rules of others: {', '.join(others)}",
            hint="take those rules away, or leave out `replicate`: a bucket has one role for all its rules",
        )
    wanted = {"Role": want.role_arn, "Rules": [want.rule(scope)]}
    is_now = {"Role": have["Role"], "Rules": list(map(plain, have["Rules"]))} if have else {}
    before = described(have, scope)
    # Of a copy that goes where it went nobody sees more than before.
    elsewhere = there and (before is None or (before.account, before.bucket) != (want.account, want.bucket))
    risk = access(f"what is in it is copied to {want.bucket} of account {want.account}" if elsewhere else "")
    put = run.aws.s3.put_bucket_replication
    arguments = {"Bucket": name, "ReplicationConfiguration": wanted, "ExpectedBucketOwner": scope.account}

    if not have:
        run.create("replication", put, risk=risk, **arguments)
    elif drift := [Drift(key, is_now.get(key), value) for key, value in wanted.items() if is_now.get(key) != value]:
        run.update("replication", drift, put, risk=risk, **arguments)
