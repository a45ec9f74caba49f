"""Event selectors of a trail: which management events it logs, and which data events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from awsbase.engine.scope import Scope
from awsbase.records import record

OBJECTS = "AWS::S3::Object"
MOST = 5  # basic selectors of a trail
Selector = Mapping[str, Any]


@record
class Logged:
    """Whether a trail logs at all, and what it selects."""

    logging: bool = False
    basic: Sequence[Selector] = ()
    advanced: Sequence[Selector] = ()


def management_events(logs: Logged) -> str:
    """Say which management events a trail logs: all, read-only, write-only, some or none."""
    if not logs.basic and not logs.advanced:
        return "all"  # what a trail does that was never told
    kinds = {kind for kinds in (*map(basic_kinds, logs.basic), *map(advanced_kinds, logs.advanced)) for kind in kinds}
    if {"read-only", "write-only"} <= kinds:
        return "all"
    return next(iter(sorted(kinds)), "none")


def basic_kinds(selector: Selector) -> set[str]:
    """Return the management events that a basic selector records: read-only, write-only, or some."""
    if not selector.get("IncludeManagementEvents", True):
        return set()
    if selector.get("ExcludeManagementEventSources"):
        return {"some"}
    kinds = {"ReadOnly": {"read-only"}, "WriteOnly": {"write-only"}}
    return kinds.get(selector.get("ReadWriteType", "All"), {"read-only", "write-only"})


def advanced_kinds(selector: Selector) -> set[str]:
    """Return the management events that an advanced selector records: read-only, write-only, or some."""
    fields = {each["Field"]: each for each in selector.get("FieldSelectors", ())}
    if fields.get("eventCategory", {}).get("Equals") != ["Management"]:
        return set()
    if fields.keys() - {"eventCategory", "readOnly"}:
        return {"some"}
    match fields.get("readOnly", {}).get("Equals"):
        case ["true"]:
            return {"read-only"}
        case ["false"]:
            return {"write-only"}
    return {"read-only", "write-only"}


def with_management(logs: Logged) -> dict[str, Any]:
    """Return the selectors that log all management events beside the data events that are logged now."""
    if logs.advanced:
        kept = [selector for selector in logs.advanced if not advanced_kinds(selector)]
        everything = {
            "Name": "Management events",
            "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}],
        }
        return {"AdvancedEventSelectors": [everything, *kept]}
    data: list[Selector] = [
        {**selector, "IncludeManagementEvents": False} for selector in logs.basic if selector.get("DataResources")
    ]
    first, others = beside(data)
    return {"EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": True, **first}, *others]}


def beside(data: Sequence[Selector]) -> tuple[Selector, Sequence[Selector]]:
    """Return the data resources of the selector that takes the management events, and the other selectors.

    It has none while there is room for a selector of its own. Else it is one that logs reads and writes, or two of the
    others are joined: of five that log either reads or writes, two are alike.
    """
    if len(data) < MOST:
        return {"DataResources": []}, data
    whole = next((each for each in data if each.get("ReadWriteType", "All") == "All"), None)
    if whole is not None:
        return {"DataResources": whole["DataResources"]}, [each for each in data if each is not whole]
    kinds = [each["ReadWriteType"] for each in data]
    twice = next(kind for kind in kinds if kinds.count(kind) > 1)
    one, other, *_ = (each for each in data if each["ReadWriteType"] == twice)
    joined = {**one, "DataResources": together(one["DataResources"], other["DataResources"])}
    return {"DataResources": []}, [joined, *(each for each in data if each is not one and each is not other)]


def together(*resources: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return data resources with the values of each type in one place, each once."""
    values: dict[str, dict[str, None]] = {}
    for each in (one for several in resources for one in several):
        values.setdefault(each["Type"], {}).update(dict.fromkeys(each["Values"]))
    return [{"Type": type, "Values": [*those]} for type, those in values.items()]


def sizes(selectors: Mapping[str, Sequence[Selector]]) -> tuple[int, int, int]:
    """Count what AWS limits: basic selectors, their data resources, and the values of advanced selectors."""
    basic, advanced = selectors.get("EventSelectors", ()), selectors.get("AdvancedEventSelectors", ())
    resources = [each for selector in basic for each in selector.get("DataResources", ())]
    operators = [
        values
        for selector in advanced
        for field in selector.get("FieldSelectors", ())
        for name, values in field.items()
        if name != "Field"
    ]
    return len(basic), sum(len(each.get("Values", ())) for each in resources), sum(map(len, operators))


def every_object(scope: Scope) -> str:
    """Return what CloudTrail takes for the objects of all buckets: an ARN that breaks off after the service."""
    return f"arn:{scope.partition}:s3"


def all_objects(logs: Logged, scope: Scope) -> bool:
    """Tell whether a trail logs reads and writes of every object in every bucket."""
    kinds = {kind for each in logs.basic for kind in basic_objects(each, scope)}
    kinds |= {kind for each in logs.advanced for kind in advanced_objects(each)}
    return {"read-only", "write-only"} <= kinds


def basic_objects(selector: Selector, scope: Scope) -> set[str]:
    """Return the data events of S3 that a basic selector records: read-only, write-only, or some."""
    whole = {every_object(scope), f"{every_object(scope)}:::"}
    if not any(each["Type"] == OBJECTS and whole & set(each["Values"]) for each in selector.get("DataResources", ())):
        return set()
    kinds = {"ReadOnly": {"read-only"}, "WriteOnly": {"write-only"}}
    return kinds.get(selector.get("ReadWriteType", "All"), {"read-only", "write-only"})


def advanced_objects(selector: Selector) -> set[str]:
    """Return the data events of S3 that an advanced selector records: read-only, write-only, or some."""
    fields = {each["Field"]: each for each in selector.get("FieldSelectors", ())}
    if fields.get("eventCategory", {}).get("Equals") != ["Data"]:
        return set()
    if OBJECTS not in fields.get("resources.type", {}).get("Equals", ()):
        return set()
    if fields.keys() - {"eventCategory", "resources.type", "readOnly"}:
        return set()
    kinds = {"true": {"read-only"}, "false": {"write-only"}}
    asked = fields.get("readOnly", {}).get("Equals", ["both"])
    return kinds.get(asked[0], {"read-only", "write-only"})


def with_objects(selectors: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    """Add the objects of all buckets to selectors, of the sort that they are: a trail has one sort only."""
    if advanced := selectors.get("AdvancedEventSelectors"):
        fields = {"eventCategory": ["Data"], "resources.type": [OBJECTS]}
        objects = {
            "Name": "S3 objects",
            "FieldSelectors": [{"Field": field, "Equals": values} for field, values in fields.items()],
        }
        return {"AdvancedEventSelectors": [*advanced, objects]}
    everything, *others = selectors["EventSelectors"]
    resources = together(everything["DataResources"], [{"Type": OBJECTS, "Values": [every_object(scope)]}])
    return {"EventSelectors": [{**everything, "DataResources": resources}, *others]}
