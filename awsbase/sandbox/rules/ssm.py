"""Systems Manager: instances, which moto does not have here, and when a parameter was last written.

The agent of an instance that runs with a profile is heard.
"""

from datetime import UTC, datetime
from typing import Any

from awsbase.sandbox.rule import Ask, Rule


def tell_instances(ask: Ask) -> dict[str, Any]:
    """Answer with the instances whose agents report, under the filters that were given."""
    wanted = {each["Key"]: each["Values"] for each in ask.params.get("Filters", [])}
    told = ask.moto("ec2:DescribeInstances")
    return {
        "InstanceInformationList": [
            {
                "InstanceId": instance["InstanceId"],
                "PingStatus": "Online",
                "LastPingDateTime": datetime.fromtimestamp(ask.sandbox.clock.time(), UTC),
                "AgentVersion": "3.3.1611.0",
                "IsLatestVersion": True,
                "PlatformType": "Linux",
                "ResourceType": "EC2Instance",
            }
            for reservation in told["Reservations"]
            for instance in reservation["Instances"]
            if instance["State"]["Name"] == "running" and "IamInstanceProfile" in instance
            if instance["InstanceId"] in wanted.get("InstanceIds", [instance["InstanceId"]])
        ]
    }


def written_now(ask: Ask, said: dict[str, Any]) -> None:
    """Let the parameter have been written when it is here, and not where moto runs."""
    *_, newest = ask.backend("ssm")._parameters[ask.params["Name"]]
    newest.last_modified_date = ask.sandbox.clock.now().replace(tzinfo=None)


RULES = (
    Rule("ssm:DescribeInstanceInformation", before=tell_instances, strict=False),
    Rule("ssm:PutParameter", after=written_now, strict=False),
)
