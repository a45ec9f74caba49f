"""CloudWatch: alarms by name; what lists them asks for all of them."""

from awsbase.sandbox.authorization.calls.call import act, arn, at, given, own, table
from awsbase.sandbox.rule import Ask

ALARM = at("cloudwatch:{region}:{account}:alarm:{AlarmName}")
EVERY_ALARM = at("cloudwatch:{region}:{account}:alarm:*")


def named(ask: Ask) -> list[str]:
    """Name the alarms of a list."""
    return [arn(ask, f"cloudwatch:{ask.region}:{ask.account}:alarm:{name}") for name in ask.params["AlarmNames"]]


CALLS = table(
    {
        "ListMetrics DescribeAlarmsForMetric GetMetricData GetMetricStatistics PutMetricData": [own()],
        "DescribeAlarms DescribeAlarmHistory": [own(EVERY_ALARM)],
        "PutMetricAlarm": [own(ALARM), act("cloudwatch:TagResource", ALARM, when="Tags")],
        "SetAlarmState": [own(ALARM)],
        "DeleteAlarms DisableAlarmActions EnableAlarmActions": [own(named)],
        "ListTagsForResource TagResource UntagResource": [own(given("ResourceARN"))],
    }
)
