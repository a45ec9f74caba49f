"""S3 Control: what the account blocks of public access to its buckets, and the tags of each bucket."""

from typing import Any

from awsbase.sandbox.authorization.permissions import act, given, own, table
from awsbase.sandbox.service import Codes, Request, Rule, Service
from awsbase.sandbox.snapshot import by_partition, plain
from awsbase.sandbox.wire import Refusal

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


def tags_of_bucket(request: Request) -> None:
    """Refuse the tags of a bucket that is not there, or in another region; raises Refusal with NoSuchResource.

    Recorded: LocalStack, test_tag_operation_no_bucket.
    """
    name = str(request.params.get("ResourceArn") or request.params["resourceArn"]).rpartition(":::")[2]
    held = request.backend("s3").buckets.get(name)
    if held is None or held.region_name != request.region:
        raise Refusal("NoSuchResource", "The specified resource doesn't exist.", 404)


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
