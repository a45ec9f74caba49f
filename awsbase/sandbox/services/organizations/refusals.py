"""The refusals that many rules of Organizations share; a reason says what one code for many mistakes means."""

from awsbase.sandbox.wire import Refusal

LIMITS = "You have exceeded the allowed limits"


def constraint(reason: str, message: str) -> Refusal:
    """Return the refusal of what a rule or a quota of the organization forbids."""
    return Refusal("ConstraintViolationException", message, reason=reason)


def invalid(reason: str, message: str) -> Refusal:
    """Return the refusal of what cannot be meant."""
    return Refusal("InvalidInputException", message, reason=reason)


def no_target() -> Refusal:
    """Return the refusal of a root, unit or account that is not there."""
    return Refusal("TargetNotFoundException", "You specified a target that doesn't exist.")
