"""A parameter has the value of an output; what somebody else keeps there is neither shown nor lost in silence."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from awsbase.engine.changes import Unknown
from awsbase.engine.references import Reference
from awsbase.ensure.parameter import Parameter, ParameterFacts, TakenParameter, parameter, parameter_tags
from awsbase.facts import tags
from awsbase.sandbox import Sandbox
from awsbase.view.document import document
from tests.contract.sample import go, problems, risky, said
from tests.ensure.planned import HOME, described, planned

PATH = "/acme/base"
WANT = Parameter(scope=HOME, name=f"{PATH}/vpc_id", path=PATH, values=(Reference("vpc/acme", "id"),))
AGENT = Parameter(scope=HOME, name="AmazonCloudWatch-app", path="", values=('{"logs":{"a":1}}',), purpose="Agent")
LIST = Parameter(scope=HOME, name=f"{PATH}/ids", path=PATH, values=(Reference("subnet/a"), "two"), listed=True)
MADE = {"vpc/acme": {"id": "vpc-1", "cidr": "10.0.0.0/16"}, "subnet/a": "one"}
NEW = {"vpc/acme": Unknown("vpc"), "subnet/a": Unknown("subnet")}
ADOPTED = {"awsbase:address": WANT.address}
OURS = {**ADOPTED, "awsbase:created-by": "acme"}


def facts(have: ParameterFacts | None, tagged: dict[str, str], want: Parameter = WANT) -> Any:
    return {
        parameter: have,
        tags.indexed: {want.arn: {**tagged, "awsbase:address": want.address}} if tagged else {},
        parameter_tags: {},
    }


def text(value: str) -> ParameterFacts:
    return ParameterFacts("String", value)


@pytest.mark.parametrize(
    ("want", "have", "results", "changes"),
    [
        (WANT, facts(None, {}), MADE, ["create parameter"]),
        (WANT, facts(None, {}), NEW, ["create parameter"]),
        (WANT, facts(text("vpc-1"), OURS), MADE, []),
        (WANT, facts(text("vpc-0"), OURS), MADE, ["update value"]),
        (WANT, facts(text("vpc-0"), OURS), NEW, ["update value"]),
        (WANT, facts(text("vpc-1"), {}), MADE, ["update tags"]),
        (LIST, facts(ParameterFacts("StringList", "one,two"), OURS, LIST), MADE, []),
        (LIST, facts(ParameterFacts("StringList", "two,one"), OURS, LIST), MADE, ["update value"]),
        (LIST, facts(None, {}, LIST), NEW, ["create parameter"]),
        (AGENT, facts(text('{"logs": {"a": 1}}'), OURS, AGENT), {}, []),
        (AGENT, facts(text('{"logs": {"a": 2}}'), OURS, AGENT), {}, ["update value"]),
        (AGENT, facts(text("{"), OURS, AGENT), {}, ["update value"]),
    ],
    ids=[
        "missing",
        "of nothing yet",
        "converged",
        "stale",
        "of another to come",
        "adopted",
        "list",
        "order",
        "new list",
        "written otherwise",
        "another configuration",
        "no configuration",
    ],
)
def test_parameter_has_the_value_of_what_is_there(
    want: Parameter, have: Any, results: dict[str, Any], changes: list[str]
) -> None:
    assert described(planned(want, have, results)) == changes


@pytest.mark.parametrize(
    ("tagged", "risk"),
    [(OURS, False), (ADOPTED, True), ({**OURS, "awsbase:created-by": "other"}, True)],
    ids=["ours", "adopted", "of another manifest"],
)
def test_value_that_this_manifest_did_not_write_is_not_replaced_unasked_nor_shown(
    tagged: dict[str, str], risk: bool
) -> None:
    change = planned(WANT, facts(text("hunter2"), tagged), MADE).changes[0]
    assert bool(change.risk) is risk
    assert ("hunter2" in str(change.drift)) is not risk


@pytest.mark.parametrize(
    ("want", "have", "message"),
    [
        (WANT, ParameterFacts("SecureString", ""), "a SecureString, which awsbase neither decrypts nor overwrites"),
        (WANT, ParameterFacts("StringList", "vpc-1"), "a StringList and has to be a String, and AWS changes no type"),
        (LIST, text("one,two"), "a String and has to be a StringList"),
    ],
    ids=["secret", "list", "text"],
)
def test_parameter_of_another_type_is_left_alone(want: Parameter, have: ParameterFacts, message: str) -> None:
    with pytest.raises(TakenParameter, match=message) as refusal:
        planned(want, facts(have, OURS, want), MADE)
    assert refusal.value.hint


def test_secret_of_somebody_is_neither_decrypted_nor_in_a_report() -> None:
    sandbox, want = Sandbox(), replace(WANT, values=("vpc-1",))
    ssm = sandbox.client("ssm", HOME.region)
    ssm.put_parameter(Name=want.name, Value="hunter2", Type="SecureString")
    for each in range(11):
        ssm.put_parameter(Name=f"{PATH}/others/{each}", Value="kept", Type="String")
    sandbox.calls.clear()
    report = go(sandbox, "reconcile", [want])
    assert len(problems(report)) == 1
    assert "hunter2" not in json.dumps(document(report))
    reads = [call for call in sandbox.calls if call.name == "ssm:GetParametersByPath"]
    assert [call.params["WithDecryption"] for call in reads] == [False, False]
    assert [call.name for call in sandbox.calls if call.writes] == []


def test_parameter_stays_when_the_manifest_no_longer_has_its_output() -> None:
    sandbox, first = Sandbox(), replace(WANT, values=("vpc-1",))
    assert problems(go(sandbox, "reconcile", [first])) == []
    other = replace(first, name=f"{PATH}/region")
    assert said(go(sandbox, "reconcile", [other])) == [f"{other.address}: create parameter"]
    held = sandbox.client("ssm", HOME.region).get_parameter(Name=first.name)["Parameter"]
    assert held["Value"] == "vpc-1"


def test_advanced_parameter_of_somebody_is_overwritten_with_approval_and_keeps_its_tags() -> None:
    sandbox, want = Sandbox(), replace(WANT, values=("vpc-1",))
    ssm = sandbox.client("ssm", HOME.region)
    ssm.put_parameter(
        Name=want.name, Value="x" * 5000, Type="String", Tier="Advanced", Tags=[{"Key": "by", "Value": "hand"}]
    )
    assert risky(go(sandbox, "plan", [want])) == [f"{want.address}: update value"]
    assert problems(go(sandbox, "reconcile", [want])) == []
    assert said(go(sandbox, "plan", [want])) == []
    held = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=want.name)["TagList"]
    assert {each["Key"]: each["Value"] for each in held} == {"by": "hand", **ADOPTED}
