"""Attribute-based access control of buckets, which moto does not have: while it is on, other calls set the tags.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/buckets-tagging-enable-abac.html
"""

from typing import Any

from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.wire import Refusal


def read(request: Request) -> dict[str, Any]:
    """Return whether it is on; raises Refusal with NoSuchBucket.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAbac.html
    """
    return {"AbacStatus": {"Status": getattr(bucket(request), "abac", "Disabled")}}


def put(request: Request) -> dict[str, Any]:
    """Switch it on or off; raises Refusal with NoSuchBucket.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAbac.html
    """
    bucket(request).abac = request.params["AbacStatus"]["Status"]
    return {}


def tags_elsewhere(request: Request) -> None:
    """Refuse to set all tags at once while it is on; the documentation gives no code.

    Raises Refusal with InvalidRequest.
    """
    held = request.backend("s3").buckets.get(request.params["Bucket"])
    if getattr(held, "abac", "Disabled") == "Enabled":
        message = "ABAC is enabled for this bucket. Use the TagResource and UntagResource actions to manage its tags."
        raise Refusal("InvalidRequest", message, 400)


def tags_of_bucket(request: Request) -> None:
    """Refuse the tags of a bucket that is not there, or in another region; raises Refusal with NoSuchResource.

    Recorded: LocalStack, test_tag_operation_no_bucket.
    """
    name = str(request.params.get("ResourceArn") or request.params["resourceArn"]).rpartition(":::")[2]
    held = request.backend("s3").buckets.get(name)
    if held is None or held.region_name != request.region:
        raise Refusal("NoSuchResource", "The specified resource doesn't exist.", 404)


def bucket(request: Request) -> Any:
    """Return moto's bucket; raises Refusal with NoSuchBucket."""
    held = request.backend("s3").buckets.get(request.params["Bucket"])
    if held is None:
        raise Refusal("NoSuchBucket", "The specified bucket does not exist", 404)
    return held


RULES = (
    Rule("s3:GetBucketAbac", before=read, strict=False),
    Rule("s3:PutBucketAbac", before=put, strict=False),
    Rule("s3:PutBucketTagging s3:DeleteBucketTagging", before=tags_elsewhere),
)
