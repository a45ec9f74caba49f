"""Parameter Store refuses what moto stores: names, sizes, types, tiers."""

from typing import Any

import pytest

from awsbase.sandbox import Sandbox
from tests.sandbox.refused import refused

DEEP = "/" + "/".join("abcdefghijklmno")


def held(*, strict: bool, **params: Any) -> Any:
    ssm = Sandbox(strict=strict).client("ssm", "eu-west-1")
    ssm.put_parameter(**{"Name": "/acme/held", "Value": "x", "Type": "String"} | params)
    return ssm


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"Name": "acme/lock"}, "ValidationException"),
        ({"Name": "/acme//lock"}, "ValidationException"),
        ({"Name": "/acme/lock/"}, "ValidationException"),
        ({"Name": "/acme/a lock"}, "ValidationException"),
        ({"Name": f"{DEEP}/p"}, "HierarchyLevelLimitExceededException"),
        ({"Value": "x" * 4097}, "ValidationException"),
        ({"Value": "ü" * 2049}, "ValidationException"),
        ({"Value": "x" * 8193, "Tier": "Advanced"}, "ValidationException"),
        ({"Value": "{{ssm:other}}"}, "ValidationException"),
        ({"Name": "/acme/held", "Type": "StringList", "Overwrite": True}, "HierarchyTypeMismatchException"),
    ],
)
def test_moto_stores_parameters_that_aws_refuses(params: dict[str, Any], code: str) -> None:
    wanted = {"Name": "/acme/lock", "Value": "x", "Type": "String"} | params
    assert [refused(held(strict=strict).put_parameter, **wanted) for strict in (False, True)] == [None, code]


@pytest.mark.parametrize("name", ["awsome", "/awsome", "/AWS/x", "/awsome/lock"])
def test_names_that_begin_with_aws_are_reserved_whatever_follows(name: str) -> None:
    ssm = Sandbox().client("ssm")
    assert refused(ssm.put_parameter, Name=name, Value="x", Type="String") == "AccessDeniedException"
    assert refused(ssm.delete_parameter, Name=name) == "AccessDeniedException"


@pytest.mark.parametrize(
    "params",
    [{"Name": DEEP}, {"Value": "x" * 4096}, {"Value": '{"a": {"b": 1}}'}, {"Value": "x" * 8192, "Tier": "Advanced"}],
    ids=["fifteen levels", "four kilobytes", "JSON", "advanced"],
)
def test_what_fits_is_taken(params: dict[str, Any]) -> None:
    wanted = {"Name": "/acme/lock", "Value": "x", "Type": "String"} | params
    assert refused(held(strict=True).put_parameter, **wanted) is None


def test_a_parameter_does_not_come_down_from_the_advanced_tier() -> None:
    change = {"Name": "/acme/held", "Value": "y", "Overwrite": True}
    downgrade = change | {"Tier": "Standard"}
    assert refused(held(strict=False, Tier="Advanced").put_parameter, **downgrade) is None

    ssm = held(strict=True, Tier="Advanced")
    assert refused(ssm.put_parameter, **downgrade) == "ValidationException"
    assert ssm.put_parameter(**change)["Tier"] == "Advanced"


@pytest.mark.parametrize(("length", "tier"), [(4096, "Standard"), (4097, "Advanced")])
def test_intelligent_tiering_takes_the_least_that_fits(length: int, tier: str) -> None:
    ssm, value = Sandbox().client("ssm"), "x" * length
    put = ssm.put_parameter(Name="/acme/lock", Value=value, Type="String", Tier="Intelligent-Tiering")
    assert put["Tier"] == tier


def test_only_the_first_of_two_gets_a_parameter_and_deleting_it_frees_the_name() -> None:
    ssm = held(strict=True)
    again = {"Name": "/acme/held", "Value": "y", "Type": "String"}
    assert refused(ssm.put_parameter, **again) == "ParameterAlreadyExists"
    assert (
        refused(ssm.put_parameter, **again, Overwrite=True, Tags=[{"Key": "a", "Value": "b"}]) == "ValidationException"
    )
    assert ssm.get_parameter(Name="/acme/held")["Parameter"]["Value"] == "x"

    ssm.delete_parameter(Name="/acme/held")
    assert refused(ssm.get_parameter, Name="/acme/held") == "ParameterNotFound"
    assert refused(ssm.delete_parameter, Name="/acme/held") == "ParameterNotFound"
    assert ssm.put_parameter(**again)["Version"] == 1


def test_a_path_is_read_from_the_root_ten_parameters_at_a_time() -> None:
    ssm = held(strict=True)
    for number in range(11):
        ssm.put_parameter(Name=f"/acme/locks/{number}", Value="x", Type="String")

    assert refused(ssm.get_parameters_by_path, Path="acme") == "ValidationException"
    assert refused(ssm.get_parameters_by_path, Path="/acme", MaxResults=11) == "ValidationException"
    pages = list(ssm.get_paginator("get_parameters_by_path").paginate(Path="/acme/locks"))
    assert [len(page["Parameters"]) for page in pages] == [10, 1]


def test_the_parameters_of_aws_are_none_of_the_account() -> None:
    ssm = held(strict=True)
    image = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
    assert ssm.get_parameter(Name=image)["Parameter"]["Value"]
    assert [each["Name"] for each in ssm.describe_parameters()["Parameters"]] == ["/acme/held"]
