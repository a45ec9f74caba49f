"""Samples of alarms, and of the billing metrics that some of them use."""

from awsbase.ensure.alarm import Alarm
from awsbase.ensure.billing_alerts import BillingAlerts
from awsbase.ensure.topic import Topic
from awsbase.manifest.notify import topic_policy
from awsbase.samples.sample import HOME, Reached, Sample, Tampering, sandbox

US = HOME.at("us-east-1")

SWITCH = BillingAlerts(scope=US)
TOPIC = Topic(scope=US, name="acme-billing", policy=topic_policy(US, "acme-billing"))
ALARMS = [
    Alarm(
        scope=US,
        name=f"acme-billing-{amount}-usd",
        description=f"The estimated charges of this month exceed {amount} USD.",
        namespace="AWS/Billing",
        metric="EstimatedCharges",
        dimensions={"Currency": "USD"},
        statistic="Maximum",
        period=21600,
        threshold=amount,
        comparison="GreaterThanThreshold",
        actions=(TOPIC.arn,),
        tags={"owner": "finance"},
        made_here=(TOPIC.address, SWITCH.address),
    )
    for amount in (10, 50, 200)
]
FIRST = ALARMS[0]


def put_alarm(aws: Reached, **other: object) -> None:
    """Write the first alarm by hand, with other settings."""
    cloudwatch = aws.client("cloudwatch", US.region)
    alarm = cloudwatch.describe_alarms(AlarmNames=[FIRST.name])["MetricAlarms"][0]
    sent = cloudwatch.meta.service_model.operation_model("PutMetricAlarm").input_shape.members
    cloudwatch.put_metric_alarm(**{**{name: value for name, value in alarm.items() if name in sent}, **other})


def without_billing_api(aws: Reached) -> None:
    """Make the account a member whose bills another account pays."""
    sandbox(aws).billing_api = False


def make_by_hand(aws: Reached) -> None:
    """Create the first alarm without awsbase: another threshold, no action, another tag."""
    aws.client("cloudwatch", US.region).put_metric_alarm(
        AlarmName=FIRST.name,
        Namespace="AWS/Billing",
        MetricName="EstimatedCharges",
        Dimensions=[{"Name": "Currency", "Value": "USD"}],
        Statistic="Maximum",
        Period=21600,
        EvaluationPeriods=1,
        Threshold=99,
        ComparisonOperator="GreaterThanThreshold",
        Tags=[{"Key": "made-by", "Value": "hand"}],
    )


CHANGED = [f"{FIRST.address}: update alarm"]

SAMPLES = (
    Sample(
        "billing alarms",
        [SWITCH, TOPIC, *ALARMS],
        tamperings={
            "deleted": Tampering(
                lambda aws: aws.client("cloudwatch", US.region).delete_alarms(AlarmNames=[FIRST.name]),
                [f"{FIRST.address}: create alarm"],
            ),
            "higher threshold": Tampering(lambda aws: put_alarm(aws, Threshold=1000.0), CHANGED),
            "lower threshold": Tampering(lambda aws: put_alarm(aws, Threshold=1.0), CHANGED, risky=CHANGED),
            "without actions": Tampering(lambda aws: put_alarm(aws, AlarmActions=[]), CHANGED),
            "other unit": Tampering(lambda aws: put_alarm(aws, Unit="Count"), CHANGED),
            "actions disabled": Tampering(
                lambda aws: aws.client("cloudwatch", US.region).disable_alarm_actions(AlarmNames=[FIRST.name]), CHANGED
            ),
            "untagged": Tampering(
                lambda aws: aws.client("cloudwatch", US.region).untag_resource(
                    ResourceARN=FIRST.arn, TagKeys=["owner", "awsbase:address"]
                ),
                [f"{FIRST.address}: update tags"],
            ),
        },
    ),
    Sample("billing alarms made by hand", [SWITCH, TOPIC, FIRST], before=make_by_hand),
    Sample(
        "billing alarms of a member account",
        [SWITCH, TOPIC, *ALARMS],
        before=without_billing_api,
        not_on_aws="a member account of an organization is another account",
    ),
)
