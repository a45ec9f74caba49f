"""How a bucket encrypts what comes without saying how: under S3's own key, or one of KMS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from awsbase.engine.changes import compare
from awsbase.engine.risk import access
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope


def encrypt(run: Run, scope: Scope, name: str, have: Mapping[str, Any], key: Any, *, bucket_key: bool) -> None:
    """Encrypt by default under a key; without one under S3's own."""
    default = have.get("ApplyServerSideEncryptionByDefault", {})
    is_now = {
        "algorithm": default.get("SSEAlgorithm"),
        "key": default.get("KMSMasterKeyID"),
        "bucket key": have.get("BucketKeyEnabled", False),
    }
    wanted: dict[str, Any] = {"algorithm": "AES256"}
    under = {"SSEAlgorithm": "AES256"}
    if key is not None:
        wanted = {"algorithm": "aws:kms", "key": key, "bucket key": bucket_key}
        under = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    if drift := compare(is_now, wanted):
        rule = {
            "ApplyServerSideEncryptionByDefault": under,
            "BucketKeyEnabled": wanted.get("bucket key", False),
            # AWS's own default, unless somebody chose: what is under a key that a caller brings, only he can read.
            "BlockedEncryptionTypes": have.get("BlockedEncryptionTypes") or {"EncryptionType": ["SSE-C"]},
        }
        run.update(
            "encryption",
            drift,
            run.aws.s3.put_bucket_encryption,
            risk=access(less_encrypted(str(is_now["algorithm"]), under["SSEAlgorithm"])),
            Bucket=name,
            ServerSideEncryptionConfiguration={"Rules": [rule]},
            ExpectedBucketOwner=scope.account,
        )


def less_encrypted(have: str, want: str) -> str:
    """Say so when a key is no longer asked for, or the second layer of encryption falls away."""
    if want != "aws:kms":
        return "no key is asked for" if have.startswith("aws:kms") else ""
    return "it is encrypted once, not twice" if have == "aws:kms:dsse" else ""
