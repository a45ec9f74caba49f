"""The outputs section is one parameter for each output, under a name that Parameter Store takes."""

from __future__ import annotations

from typing import Any

import pytest

from awsbase.engine.references import Reference
from awsbase.ensure.parameter import Parameter
from awsbase.manifest.load import understand
from awsbase.manifest.manifest import Manifest, resources
from awsbase.manifest.merge import merge
from awsbase.sandbox import Sandbox
from tests.contract.sample import HOME, go, problems
from tests.manifest.saying import ACCOUNT, mistakes, source

OUTPUTS = "outputs: {parameters: /acme/base}\n"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGd7Tt5N4IuPtC0sN0qQpBq3rmfEtFqL1nq1s9Pz7p1A"


def wanted(text: str) -> list[Any]:
    made = resources(understand(source(ACCOUNT + text), Manifest))
    return [each for section in made.values() for each in section]


def of(text: str) -> dict[str, Parameter]:
    """Return the parameters of a manifest by what comes after the path."""
    found = [each for each in wanted(text + OUTPUTS) if isinstance(each, Parameter)]
    assert all(each.path == "/acme/base" for each in found)
    return {each.name.removeprefix("/acme/base/"): each for each in found}


def test_empty_section_tells_of_the_account_below_its_name() -> None:
    assert [each.address for each in wanted("outputs:\n")] == [
        "parameter//acme/base/account_id",
        "parameter//acme/base/account_name",
        "parameter//acme/base/region",
    ]


def test_parameter_needs_what_it_tells_of_wherever_the_section_stands() -> None:
    text = "network: {}\nstate: {}\n"
    made = of(text)
    assert list(made["vpc_id"].needs()) == ["vpc/acme"]
    assert list(made["state_bucket"].needs()) == ["bucket/acme-state"]
    assert made["vpc_cidr"].values == (Reference("vpc/acme", "cidr"),)
    subnets = made["public_subnet_ids"]
    assert (subnets.type, len(subnets.values)) == ("StringList", 2)
    assert {each.address for each in wanted(OUTPUTS + text)} == {each.address for each in wanted(text + OUTPUTS)}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("secrets: {acme/database: {}}\n", "secret_arns/acme/database"),
        ("secrets: {/acme//db/: {}}\n", "secret_arns/acme/db"),
        ("secrets: {a+b@c: {}}\n", "secret_arns/a-b-c"),
        ("notify: {billing: {}}\nalarms: {billing: {amounts: [10]}}\n", "topic_arns/billing-us-east-1"),
    ],
    ids=["levels", "empty levels", "other characters", "another region"],
)
def test_name_of_an_entry_is_one_that_parameter_store_takes(text: str, name: str) -> None:
    assert name in of(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("outputs: {parameters: /aws/x}", "'/aws/x' begins with aws or ssm"),
        ("outputs: {parameters: /SSMore}", "'/SSMore' begins with aws or ssm"),
        ("outputs: {parameters: /locks/awsbase}", "'/locks/awsbase' is where awsbase keeps its lock"),
        ("outputs: {parameters: /locks}", "'/locks' is where awsbase keeps its lock"),
        ("outputs: {parameters: acme}", "'acme' is no path of parameters, write it like /acme/base"),
        ("outputs: {parameters: /acme/}", "'/acme/' is no path of parameters"),
        (f"outputs: {{parameters: {'/a' * 14}}}", f"'{'/a' * 14}' is no path of parameters"),
        (
            f"outputs: {{parameters: {'/a' * 13}}}\nsecrets: {{x/y: {{}}}}",
            f"the parameter {'/a' * 13}/secret_arns/x/y has more than 15 levels, write a shorter path",
        ),
        (
            f"{OUTPUTS}secrets: {{a+b: {{}}, a=b: {{}}}}",
            "two outputs would be the parameter /acme/base/secret_arns/a-b, rename one",
        ),
        (
            f"{OUTPUTS}key_pairs: {{'a,b': {{public_key: {KEY}}}}}",
            "a comma separates the values of /acme/base/key_pair_names, and one has a comma, rename that",
        ),
        (
            f"{OUTPUTS}key_pairs: {{{', '.join(f'k{each:0240}: {{public_key: {KEY}}}' for each in range(18))}}}",
            "/acme/base/key_pair_names is longer than the 4096 characters of a parameter, use shorter names",
        ),
    ],
    ids=["aws", "ssm", "lock", "locks", "no slash", "at its end", "deep", "too deep", "one name", "comma", "long"],
)
def test_mistake_in_outputs_gives_advice(text: str, expected: str) -> None:
    (found,) = mistakes(ACCOUNT + text, Manifest)
    assert f"outputs.parameters: {expected}" in found


def test_name_that_is_too_long_for_a_tag_is_shown() -> None:
    (found,) = mistakes(f"{ACCOUNT}{OUTPUTS}secrets: {{{'x' * 240}: {{}}}}", Manifest)
    assert "outputs: 263 characters of '/acme/base/secret_arns/xxx" in found
    assert found.endswith("parameter/ included, write at most 246")


def test_what_an_organization_keeps_instead_has_no_parameter() -> None:
    sandbox = Sandbox()
    sandbox.organization_trail("aws-controltower-BaselineCloudTrail", HOME.region)
    report = go(sandbox, "reconcile", wanted(f"audit: {{}}\n{OUTPUTS}"))
    assert problems(report) == []
    held = sandbox.client("ssm", HOME.region).get_parameters_by_path(Path="/acme/base")["Parameters"]
    assert sorted(each["Name"].rpartition("/")[2] for each in held) == ["account_id", "account_name", "region"]


def test_output_of_what_no_section_makes_has_no_parameter() -> None:
    there, nowhere = (
        Parameter(scope=HOME, name=f"/a/{name}", path="/a", values=values)
        for name, values in (("region", (HOME.region,)), ("vpc_id", (Reference("vpc/acme", "id"),)))
    )
    assert merge({"outputs": [there, nowhere]}).sections == {"outputs": [there]}
