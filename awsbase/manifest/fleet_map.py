"""The definition of a fleet's state machine: one child for each account, so many at once, so many may fail."""

from __future__ import annotations

from awsbase.policies import Document

# Names of the states and of the map run's label; `awsbase fleet` finds map runs by it.
MAP = "Accounts"
TASK = "Account"
LABEL = "accounts"
# Seconds that a child waits for its function: the longest that Lambda runs one, and a minute for its start.
LONGEST = 960
# What Lambda answers when it has no room or fails itself. What goes wrong in an account is not tried again.
# https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html
LAMBDA_ERRORS = (
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
)


def definition(partition: str, function: str, bucket: str) -> Document:
    """Return the definition for a function and a bucket, both given by name.

    The items are read from S3, for 256 KiB hold 350 accounts at most. Each result is an object of its own, so the
    children return nothing.
    """
    services = f"arn:{partition}:states:::"
    task = {
        "Type": "Task",
        "Resource": f"{services}lambda:invoke",
        "Parameters": {"FunctionName": function, "Payload.$": "$"},
        "TimeoutSeconds": LONGEST,
        "Retry": [
            {
                "ErrorEquals": list(LAMBDA_ERRORS),
                "IntervalSeconds": 2,
                "MaxAttempts": 6,
                "BackoffRate": 2,
                "MaxDelaySeconds": 60,
                "JitterStrategy": "FULL",
            }
        ],
        "OutputPath": None,
        "End": True,
    }
    accounts = {
        "Type": "Map",
        "Label": LABEL,
        "ItemReader": {
            "Resource": f"{services}s3:getObject",
            "ReaderConfig": {"InputType": "JSON"},
            "Parameters": {"Bucket": bucket, "Key.$": "$.items"},
        },
        "ItemSelector": {"bucket": bucket, "run.$": "$.run", "item.$": "$$.Map.Item.Value"},
        "MaxConcurrencyPath": "$.at_once",
        "ToleratedFailurePercentagePath": "$.tolerate",
        "ItemProcessor": {
            # Standard children start once each; Express ones start at least once, and end after five minutes.
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": TASK,
            "States": {TASK: task},
        },
        "ResultPath": None,
        "End": True,
    }
    return {
        "Comment": "awsbase: one account of a fleet for each child",
        "StartAt": MAP,
        "States": {MAP: accounts},
    }
