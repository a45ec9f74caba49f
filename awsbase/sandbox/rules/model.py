"""Every parameter against the API's own model: length, pattern, enum."""

from awsbase.constraints import violations
from awsbase.sandbox import wire
from awsbase.sandbox.rule import Ask, Refusal, Rule

# What each service calls an argument that its model does not allow; most say ValidationException.
CODES = {
    "iam": "ValidationError",
    "sts": "ValidationError",
    "cloudwatch": "ValidationError",
    "sns": "InvalidParameter",
    "logs": "InvalidParameterException",
    "cloudtrail": "InvalidParameterException",
    "s3": "InvalidArgument",
    "s3control": "InvalidArgument",
    "ec2": "InvalidParameterValue",
}

# Their own code says it better, and a rule of their own gives it.
TOLD_ELSEWHERE = {"s3:CreateBucket": ("Bucket",)}


def within_model(ask: Ask) -> None:
    """Refuse what the model of the operation's input does not allow."""
    shape = wire.operation(ask.service, ask.operation).input_shape
    skipped = TOLD_ELSEWHERE.get(ask.name, ())
    found = [wrong for wrong in violations(shape, ask.params) if not wrong.startswith(skipped or "\0")]
    if found:
        detected = f"{len(found)} validation error{'s' if len(found) > 1 else ''} detected: {'; '.join(found)}"
        raise Refusal(CODES.get(ask.service, "ValidationException"), detected)


RULES = (Rule("*", before=within_model),)
