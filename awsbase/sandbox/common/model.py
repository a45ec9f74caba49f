"""Every parameter against the API's own model: length, pattern, enum."""

from awsbase.constraints import violations
from awsbase.sandbox import wire
from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.wire import Refusal


def within_model(request: Request) -> None:
    """Refuse what the model of the operation's input does not allow; raises Refusal."""
    shape = wire.operation(request.service, request.operation).input_shape
    skipped = request.declared.checked_by_rules.get(request.operation, ())
    found = [wrong for wrong in violations(shape, request.params) if not wrong.startswith(skipped or "\0")]
    if found:
        detected = f"{len(found)} validation error{'s' if len(found) > 1 else ''} detected: {'; '.join(found)}"
        raise Refusal(request.declared.codes.invalid, detected)


RULES = (Rule("*", before=within_model),)
