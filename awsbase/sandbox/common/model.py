"""Every parameter against the API's own model: length, pattern, enum.

The words are those that cloud-custodian's and LocalStack's tests recorded on AWS, for example in LocalStack's
`test_put_target_id_validation` and `test_sts_invalid_parameters`.
"""

from typing import Any

from awsbase.constraints import Violation, violated
from awsbase.sandbox import wire
from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.wire import Refusal

IN_HEAD = ("uri", "querystring", "header", "headers")


def within_model(request: Request) -> None:
    """Refuse what the model of the operation's input does not allow; raises Refusal.

    Recorded: LocalStack, test_put_target_id_validation; S3's codes in test_bucket_ownership_controls_exc.
    """
    shape = wire.operation(request.service, request.operation).input_shape
    skipped, codes = request.declared.checked_by_rules.get(request.operation, ()), request.declared.codes
    wrong = violated(shape, request.params)
    found = [one for one in wrong if not {one.path[0], f"{one.path[0]}.{one.kind}"} & set(skipped)]
    if not found:
        return
    if codes.malformed and shape.members[found[0].path[0]].serialization.get("location") not in IN_HEAD:
        raise Refusal(*codes.malformed, 400)
    detected = "; ".join(in_words(one, codes.repeats_values) for one in found)
    raise Refusal(codes.invalid, f"{len(found)} validation error{'s' if len(found) > 1 else ''} detected: {detected}")


def in_words(wrong: Violation, repeats_value: bool) -> str:
    """Return a violation as AWS words it; some services leave out the value, as all do where it is sensitive."""
    value = "Value null" if wrong.kind == "missing" else f"Value '{written(wrong.shape, wrong.value)}'"
    if wrong.kind != "missing" and (wrong.sensitive or not repeats_value):
        value = "Value"
    return f"{value} at '{place(wrong)}' failed to satisfy constraint: Member must {constraint(wrong, repeats_value)}"


def constraint(wrong: Violation, lists_values: bool) -> str:
    """Return what AWS says that a member must be."""
    what = "length" if hasattr(wrong.value, "__len__") else "value"
    match wrong.kind:
        case "least":
            return f"have {what} greater than or equal to {wrong.limit}"
        case "most":
            return f"have {what} less than or equal to {wrong.limit}"
        case "enum":
            return "satisfy enum value set" + (f": [{', '.join(wrong.limit)}]" if lists_values else "")
        case "pattern":
            return f"satisfy regular expression pattern: {wrong.limit}"
        case "missing":
            return "not be null"
        case "unknown":
            return "be known"


def place(wrong: Violation) -> str:
    """Return where a violation is, as `tags.1.member.tagValue`."""
    return ".".join(f"{step + 1}.member" if isinstance(step, int) else lower(step) for step in wrong.path)


def lower(name: str) -> str:
    """Return a member's name as messages write it."""
    return name[:1].lower() + name[1:]


def written(shape: Any, value: Any) -> str:
    """Return a value as AWS writes it into a message: `[Tag(key=a, value=null)]`."""
    if value is None:
        return "null"
    if isinstance(value, dict) and shape.type_name == "structure":
        members = (
            f"{name[:1].lower()}{name[1:]}={written(inner, value.get(name))}" for name, inner in shape.members.items()
        )
        return f"{shape.name}({', '.join(members)})"
    if isinstance(value, list):
        return f"[{', '.join(written(shape.member, each) for each in value)}]"
    return str(value)


RULES = (Rule("*", before=within_model),)
