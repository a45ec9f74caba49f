"""What people see of an adoption: a line for each right that is missing, however many lists need it."""

from awsbase.engine.things import Unread
from awsbase.view.adoption import missing

DENIED = "not authorized"


def test_what_is_missing_is_told_once_for_each_right() -> None:
    regions = ("", "@us-east-1", "@us-west-2")
    unread = [
        Unread("bucket/*", "s3:ListAllMyBuckets", DENIED),
        *(Unread(f"alarm/*{region}", "cloudwatch:DescribeAlarms", DENIED) for region in regions),
        Unread("access-log/*", "s3:ListAllMyBuckets", DENIED),
        Unread("region sa-east-1", "ec2:DescribeVpcs", "closed", closed=True),
        Unread("key/*", "", "InternalError: try again"),
    ]
    assert list(missing(unread)) == [
        "bucket/*, access-log/*: needs s3:ListAllMyBuckets",
        "alarm/* in 3 regions: needs cloudwatch:DescribeAlarms",
        "region sa-east-1: closed",
        "key/*: InternalError: try again",
    ]
