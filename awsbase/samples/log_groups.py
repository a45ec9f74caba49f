"""Samples of log groups with protection and masks, of the agent's configuration, and of a retention by pattern."""

from collections.abc import Callable

from awsbase.ensure.key import Key, key_policy
from awsbase.ensure.log_group import LogGroup
from awsbase.ensure.log_retention import LogRetention
from awsbase.ensure.policy import Policy
from awsbase.manifest.audit import log_statement
from awsbase.manifest.base import Base
from awsbase.manifest.log_groups import LogGroupSpec, agent, writing
from awsbase.samples.sample import HOME, Reached, Sample, Tampering

PAY = "/app/pay"
KEY = Key(
    scope=HOME, name="acme-logs", policy=key_policy(HOME, log_statement(HOME, PAY)), description="Logs in CloudWatch"
)
GROUP = LogGroup(
    scope=HOME,
    name=PAY,
    retention=365,
    key=KEY.address,
    protect=True,
    mask=("EmailAddress", "IpAddress"),
    tags={"owner": "platform"},
)
RARE = LogGroup(scope=HOME, name="/app/rare", retention=30, log_class="INFREQUENT_ACCESS", mask=())
CONFIGURATION = agent(Base("acme", HOME, {}), PAY)
WRITERS = Policy(scope=HOME, name="acme-logs-server", document=writing(HOME, {PAY: LogGroupSpec(preset="syslog")}))
FUNCTIONS = LogRetention(scope=HOME, pattern="/acme/functions/*", retention=90)


def functions(aws: Reached) -> None:
    """Let two functions write logs, which one of them limits."""
    logs = aws.client("logs", HOME.region)
    for name in ("report", "resize"):
        logs.create_log_group(logGroupName=f"/acme/functions/{name}")
    logs.put_retention_policy(logGroupName="/acme/functions/resize", retentionInDays=7)


def no_functions(aws: Reached) -> None:
    """Delete the logs of both functions."""
    for name in ("report", "resize"):
        aws.client("logs", HOME.region).delete_log_group(logGroupName=f"/acme/functions/{name}")


def call(operation: str, **arguments: object) -> Callable[[Reached], object]:
    """Return a function that calls CloudWatch Logs by hand."""
    return lambda aws: getattr(aws.client("logs", HOME.region), operation)(**arguments)


def masks_less(aws: Reached) -> None:
    """Mask one thing less."""
    logs = aws.client("logs", HOME.region)
    policy = logs.get_data_protection_policy(logGroupIdentifier=PAY)["policyDocument"]
    one_less = policy.replace(',"arn:aws:dataprotection::aws:data-identifier/IpAddress"', "")
    logs.put_data_protection_policy(logGroupIdentifier=PAY, policyDocument=one_less)


SAMPLES = (
    Sample(
        "log groups",
        [KEY, GROUP, RARE, CONFIGURATION, WRITERS, FUNCTIONS],
        before=functions,
        after=no_functions,
        tamperings={
            "not protected": Tampering(
                call("put_log_group_deletion_protection", logGroupIdentifier=PAY, deletionProtectionEnabled=False),
                [f"{GROUP.address}: update deletion protection"],
            ),
            "masks less": Tampering(masks_less, [f"{GROUP.address}: update masks"]),
            "masks nothing": Tampering(
                call("delete_data_protection_policy", logGroupIdentifier=PAY), [f"{GROUP.address}: update masks"]
            ),
            "a function without a retention": Tampering(
                call("delete_retention_policy", logGroupName="/acme/functions/report"),
                [f"{FUNCTIONS.address}: update retention of /acme/functions/report"],
            ),
        },
    ),
)
