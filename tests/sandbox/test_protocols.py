"""Clients that are not botocore speak other protocols, and meet the same answers: AWS's SDK for Go, for one."""

from xml.etree import ElementTree

import pytest

from awsbase.sandbox import Sandbox
from awsbase.sandbox.http import Message, Reply

FORM = "application/x-www-form-urlencoded"
JSON = "application/x-amz-json-1.1"


def post(sandbox: Sandbox, service: str, body: str, content_type: str = FORM, **headers: str) -> Reply:
    """Send a request as an SDK signs and writes it."""
    scope = f"AKIASANDBOXADMIN0000/20300101/us-east-1/{service}/aws4_request"
    sent = {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, Signature=0", "Content-Type": content_type}
    return sandbox.answer(
        Message("POST", f"https://{service}.us-east-1.amazonaws.com/", {**sent, **headers}, body.encode())
    )


def texts(reply: Reply, name: str) -> list[str]:
    """Return the texts of the elements of a name, whatever their name space."""
    return [each.text or "" for each in ElementTree.fromstring(reply.body).iter() if each.tag.endswith(name)]  # noqa: S314


ALARM = (
    "Version=2010-08-01&Action=PutMetricAlarm&AlarmName=full&ComparisonOperator=GreaterThanThreshold"
    "&EvaluationPeriods=1&MetricName=Used&Namespace=Disk&Period=60&Statistic=Maximum"
)


def test_cloudwatch_answers_a_query_in_xml_and_botocore_as_before() -> None:
    sandbox = Sandbox()
    assert post(sandbox, "monitoring", f"{ALARM}&Threshold=90").status == 200
    reply = post(sandbox, "monitoring", "Version=2010-08-01&Action=DescribeAlarms&AlarmTypes.member.1=MetricAlarm")
    assert (texts(reply, "AlarmName"), texts(reply, "Threshold")) == (["full"], ["90.0"])
    described = sandbox.client("cloudwatch").describe_alarms(AlarmNames=["full"])["MetricAlarms"]
    assert [each["StateValue"] for each in described] == ["INSUFFICIENT_DATA"]


def test_a_refusal_of_cloudwatch_has_the_protocol_of_the_request() -> None:
    reply = post(Sandbox(), "monitoring", ALARM)
    assert (reply.status, texts(reply, "Code")) == (400, ["ValidationError"])


@pytest.mark.parametrize("prefix", ["CloudTrail_20131101", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101"])
def test_an_operation_is_found_with_and_without_its_name_space(prefix: str) -> None:
    reply = post(Sandbox(), "cloudtrail", "{}", JSON, **{"X-Amz-Target": f"{prefix}.DescribeTrails"})
    assert (reply.status, reply.body) == (200, b'{"trailList": []}')


def test_an_unknown_operation_is_a_gap() -> None:
    reply = post(Sandbox(), "cloudtrail", "{}", JSON, **{"X-Amz-Target": "CloudTrail_20131101.Guess"})
    assert reply.status == 501


def test_ec2_writes_its_errors_in_its_own_form() -> None:
    body = "Version=2016-11-15&Action=DescribeVpcs&VpcId.1=vpc-0123456789abcdef0"
    root = ElementTree.fromstring(post(Sandbox(), "ec2", body).body)  # noqa: S314
    assert root.tag == "Response"
    assert root.findtext("Errors/Error/Code") == "InvalidVpcID.NotFound"


def test_an_instance_without_user_data_has_no_value() -> None:
    ec2 = Sandbox().client("ec2")
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    made = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, InstanceType="t3.nano")["Instances"][0]
    answer = ec2.describe_instance_attribute(InstanceId=made["InstanceId"], Attribute="userData")
    assert answer["UserData"] == {}
