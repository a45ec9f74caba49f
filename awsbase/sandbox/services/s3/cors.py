"""Cross-origin rules of buckets: at most one wildcard in an origin or a header, which moto does not count."""

from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.wire import Refusal

NAMES = {"AllowedOrigins": "AllowedOrigin", "AllowedHeaders": "AllowedHeader"}


def one_wildcard(request: Request) -> None:
    """Refuse two wildcards in one origin or header, and any in a header that is exposed.

    Raises Refusal with InvalidRequest.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
    """
    for rule in request.params["CORSConfiguration"]["CORSRules"]:
        for members, name in NAMES.items():
            for value in rule.get(members, ()):
                if value.count("*") > 1:
                    raise Refusal("InvalidRequest", f'{name} "{value}" can not have more than one wildcard.', 400)
        for value in rule.get("ExposeHeaders", ()):
            if "*" in value:
                message = f'ExposeHeader "{value}" contains wildcard. We currently do not support wildcard for '
                raise Refusal("InvalidRequest", f"{message}ExposeHeader", 400)


RULES = (Rule("s3:PutBucketCors", before=one_wildcard),)
