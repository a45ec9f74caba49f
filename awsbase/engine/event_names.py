"""How CloudTrail names what an API call is about, and which of its events are about the same thing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from awsbase.engine.changes import Subject

if TYPE_CHECKING:
    from botocore.model import OperationModel

# Parameters that name a resource. An account is none, for everything in it has its number; a key encrypts others.
NAMES = re.compile(r"(?!New|AccountI|[kK]msKeyI)\w*(?:[nN]ame|Names|Id|Ids|Arn|ARN|Bucket|Resources|Rule|SerialNumber)")
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]*")
# Events on a thing as a whole, which make all of its parts differ.
WHOLE = ("Create", "Delete", "Run", "Terminate")
OVERWRITING = ("Modify", "Put", "Set", "Update")
# Events that switch a part of what `Put` writes as a whole, such as the actions of an alarm.
SWITCHES = ("Disable", "Enable")
# S3's events have longer or shorter names than its operations, and security groups have an operation for both ways.
LEFT_OUT = frozenset({"Bucket", "Configuration", "Default", "From", "Metric", "To"})
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
OTHERWISE = {
    "s3control:PutPublicAccessBlock": "PutAccountPublicAccessBlock",
    "s3control:DeletePublicAccessBlock": "DeleteAccountPublicAccessBlock",
}
# Services without regions; the region of their clients is another where an endpoint is given.
GLOBAL = frozenset({"account", "billing", "budgets", "ce", "iam", "organizations"})
# Names that the history has as ARNs only.
AS_ARN = {"kms": "key", "cloudtrail": "trail"}


def subject(method: Callable[..., Any], model: OperationModel, arguments: Mapping[str, object]) -> Subject:
    """Return what a call is about; the names that it cannot do without come first, and alone."""
    service = model.service_model
    members: Mapping[str, Any] = getattr(model.input_shape, "members", {})
    required = getattr(model.input_shape, "required_members", ())
    names = [each for name in required for each in named(name, arguments.get(name))]
    names = names or [each for name in members for each in named(name, arguments.get(name))]
    # An account has one contact of each type.
    names = list(texts(arguments.get("AlternateContactType"))) or names
    source = "s3" if service.service_name == "s3control" else service.endpoint_prefix
    region = "" if service.service_name in GLOBAL else method.__self__.meta.region_name  # type: ignore[attr-defined]
    return Subject(region, f"{source}.amazonaws.com", tuple(dict.fromkeys(names)))


def named(parameter: str, value: object) -> Iterator[str]:
    """Yield the names in a parameter of a call, or in a structure that is one: `BudgetName` of `NewBudget`."""
    if isinstance(value, Mapping):
        yield from (each for name, held in value.items() if name.endswith(("Name", "name")) for each in texts(held))
    elif NAMES.fullmatch(parameter):
        yield from texts(value)


def texts(value: object) -> Iterator[str]:
    """Yield a text, or those of a list; what is unknown yet is none."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        yield from (each for each in value if isinstance(each, str))


def variants(name: str, service: str, place: str) -> tuple[str, ...]:
    """Return how the history can name a resource; `place` is the ARN of its region without the service."""
    if is_arn(name):
        return name, last(name)
    return (place.format(service=service, path=f"{AS_ARN[service]}/{name}"), name) if service in AS_ARN else (name,)


def event_name(api: str) -> str:
    """Return the name of the event of an operation, where it is not the operation's."""
    return OTHERWISE.get(api, api.partition(":")[2])


def mentions(values: Iterable[str], name: str) -> bool:
    """Tell whether a name is among the parameters of a call, or the ARN that ends with it."""
    return any(each == name or (last(each) == last(name) and is_arn(each) != is_arn(name)) for each in values)


def is_arn(name: str) -> bool:
    """Tell whether a name is an ARN."""
    return name.startswith("arn:")


def last(name: str) -> str:
    """Return the name at the end of an ARN; of any other name all of it."""
    return re.split("[:/]", name)[-1] if is_arn(name) else name


def same_thing(event: str, operation: str) -> bool:
    """Tell whether an event changes what an operation changes: `DetachGroupPolicy` what `AttachGroupPolicy` does."""
    done, wanted = noun(event), noun(operation)
    if words(event)[0] in SWITCHES and words(operation)[0] == "Put":
        return wanted <= done
    # EC2 changes rules of both ways by one operation.
    return done == wanted or (words(event)[0] == "Modify" and done - {"Rule"} < wanted and "Rule" in done)


def whole_thing(event: str, operation: str) -> bool:
    """Tell whether an event makes or ends the whole of which an operation changes a part."""
    return makes_whole(event) and noun(event) < noun(operation)


def makes_whole(operation: str) -> bool:
    """Tell whether an operation makes or ends a thing as a whole."""
    return words(operation)[0] in WHOLE


def overwrites(operation: str) -> bool:
    """Tell whether an operation writes over what is there, so that it can take away, too."""
    return words(operation)[0] in OVERWRITING


def noun(name: str) -> frozenset[str]:
    """Return the words of an operation without its verb, in the singular; all operations on tags have one noun."""
    found = words(name)
    if any(word.startswith(("Tag", "Untag")) for word in found):
        return frozenset({"Tag"})
    return frozenset(re.sub("(?<!s)s$", "", word) for word in found[1:]) - LEFT_OUT


def words(name: str) -> list[str]:
    """Return the words of an operation."""
    return WORD.findall(name.removeprefix("Batch"))
