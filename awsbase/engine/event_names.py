"""How CloudTrail names what an API call is about, and which of its events are about the same thing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from awsbase.engine.changes import Subject

if TYPE_CHECKING:
    from botocore.model import OperationModel

# Parameters that name a resource. An account is none: everything in it has its number.
NAMES = re.compile(r"(?!New|AccountI)\w*(?:[nN]ame|Names|Id|Ids|Arn|ARN|Bucket|Resources|Rule|SerialNumber)")
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]*")
# Events on a thing as a whole, which make all of its parts differ.
WHOLE = (["Create"], ["Delete"], ["Run"], ["Terminate"])
# S3's events have longer or shorter names than its operations, and security groups have an operation for both ways.
LEFT_OUT = frozenset({"Bucket", "Configuration", "Default"})
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
OTHERWISE = {
    "s3control:PutPublicAccessBlock": "PutAccountPublicAccessBlock",
    "s3control:DeletePublicAccessBlock": "DeleteAccountPublicAccessBlock",
}
# Names that the history has as ARNs only.
AS_ARN = {"kms": "key", "cloudtrail": "trail"}


def subject(method: Callable[..., Any], model: OperationModel, arguments: Mapping[str, object]) -> Subject:
    """Return what a call is about; the names that it cannot do without come first, and alone."""
    service = model.service_model
    members: Mapping[str, Any] = getattr(model.input_shape, "members", {})
    required = getattr(model.input_shape, "required_members", ())
    names = [each for name in required for each in named(name, arguments.get(name))]
    names = names or [each for name in members for each in named(name, arguments.get(name))]
    # Of some settings there is one of each sort: the contact for security, and that for bills.
    sorts = [name for name in required if members[name].metadata.get("enum")]
    names = names or [each for name in sorts for each in texts(arguments.get(name))]
    source = "s3" if service.service_name == "s3control" else service.endpoint_prefix
    region: str = method.__self__.meta.region_name  # type: ignore[attr-defined]
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
    if name.startswith("arn:"):
        return name, re.split("[:/]", name)[-1]
    return (place.format(service=service, path=f"{AS_ARN[service]}/{name}"), name) if service in AS_ARN else (name,)


def event_name(api: str) -> str:
    """Return the name of the event of an operation, where it is not the operation's."""
    return OTHERWISE.get(api, api.partition(":")[2])


def makes_whole(operation: str) -> bool:
    """Tell whether an operation makes or ends a thing as a whole."""
    return WORD.findall(operation)[:1] in WHOLE


def same_thing(event: str, operation: str) -> bool:
    """Tell whether an event changes what an operation changes: `DetachGroupPolicy` what `AttachGroupPolicy` does."""
    done, wanted = noun(event), noun(operation)
    return done == wanted or ("Rule" in done and done - {"Rule"} <= wanted)


def whole_thing(event: str, operation: str) -> bool:
    """Tell whether an event makes or ends the whole of which an operation changes a part."""
    return makes_whole(event) and noun(event) < noun(operation)


def noun(name: str) -> frozenset[str]:
    """Return the words of an operation without its verb, in the singular."""
    words = WORD.findall(name)[1:]
    return frozenset(re.sub("(?<!s)s$", "", word) for word in words) - LEFT_OUT
