"""S3 Control: what the account blocks of public access to its buckets, and the tags of each bucket."""

from typing import Any

from awsbase.sandbox.authorization.permissions import act, given, own, table
from awsbase.sandbox.service import Codes, Rule, Service
from awsbase.sandbox.services.s3.abac import tags_of_bucket
from awsbase.sandbox.snapshot import by_partition, plain

CALLS = table(
    {
        "GetPublicAccessBlock": [act("s3:GetAccountPublicAccessBlock")],
        "PutPublicAccessBlock DeletePublicAccessBlock": [act("s3:PutAccountPublicAccessBlock")],
        "ListTagsForResource TagResource UntagResource": [own(given("ResourceArn", "resourceArn"))],
    }
)


def block(control: Any) -> Any:
    """Return what of public access is blocked."""
    return plain(vars(control.public_access_block)) if control.public_access_block else None


SERVICE = Service(
    "s3control",
    rules=(Rule("s3control:ListTagsForResource s3control:TagResource s3control:UntagResource", before=tags_of_bucket),),
    calls=CALLS,
    snapshot=by_partition("s3control", block),
    codes=Codes(
        invalid="InvalidArgument", denied=("AccessDenied", 403), throttled=("SlowDown", 503), failure="InternalError"
    ),
    prefix="s3",
    opt_in=False,
    warm_up={"GetPublicAccessBlock": {"AccountId": "123456789012"}},
)
