"""CloudWatch Logs: a log group's ARN is followed by its streams' part, except where it is tagged."""

from awsbase.sandbox.authorization.calls.call import act, at, given, own, table

GROUP = at("logs:{region}:{account}:log-group:{logGroupName}:log-stream:")
TAGGED = at("logs:{region}:{account}:log-group:{logGroupName}")
ANY_GROUP = at("logs:{region}:{account}:log-group::log-stream:")

CALLS = table(
    {
        "DescribeLogGroups": [own(ANY_GROUP)],
        "CreateLogGroup": [
            own(GROUP),
            act("logs:TagResource", TAGGED, when="tags"),
            act("logs:AssociateKmsKey", GROUP, when="kmsKeyId"),
        ],
        "DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy AssociateKmsKey DisassociateKmsKey "
        "PutMetricFilter DeleteMetricFilter DescribeMetricFilters DescribeLogStreams FilterLogEvents CreateLogStream "
        "GetLogEvents PutLogEvents DescribeSubscriptionFilters": [own(GROUP)],
        "ListTagsForResource TagResource UntagResource": [own(given("resourceArn"))],
    }
)
