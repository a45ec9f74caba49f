"""Protection covers every enabled region, and notes which regions it left out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from awsbase.aws import Aws
from awsbase.engine.facts import Facts
from awsbase.engine.scope import Scope
from awsbase.ensure.image_block import BLOCKED, ImageBlock
from awsbase.ensure.regions import RegionClosed, RegionFacts, Regions, covered, regions, there
from awsbase.sandbox import Refusal, Request, Rule, Sandbox
from awsbase.sandbox.common.regions import ALWAYS_ON
from tests.contract.sample import HOME, go, said
from tests.ensure.planned import planned

HERE = sorted(name for name in ALWAYS_ON if not name.startswith(("cn-", "us-gov-")))


def touched(sandbox: Sandbox) -> list[str]:
    """List the regions in which an image block was put."""
    return sorted(call.region for call in sandbox.calls if call.operation == "EnableImageBlockPublicAccess")


def protect(sandbox: Sandbox, only: tuple[str, ...] | None = None) -> Any:
    return go(sandbox, "reconcile", [Regions(scope=HOME, only=only), ImageBlock(scope=HOME, only=only)])


def test_all_enabled_regions_are_covered_and_disabled_ones_are_named() -> None:
    sandbox = Sandbox()
    sandbox.opted_in = {"eu-south-1"}
    report = protect(sandbox)
    assert touched(sandbox) == sorted([*HERE, "eu-south-1"])
    (note,) = report.outcomes[0].notes
    assert "af-south-1" in note
    assert "eu-south-1" not in note
    assert "cn-north-1" not in note


def test_region_enabled_later_is_covered_by_the_next_run() -> None:
    sandbox = Sandbox()
    protect(sandbox)
    sandbox.opted_in = {"me-south-1"}
    assert said(protect(sandbox)) == ["image-block/account: update image block in me-south-1"]


def test_only_the_named_regions_are_covered() -> None:
    sandbox = Sandbox()
    report = protect(sandbox, ("eu-west-1",))
    assert touched(sandbox) == ["eu-west-1"]
    assert "us-east-1" in report.outcomes[0].notes[0]


@pytest.mark.parametrize("name", ["af-south-1", "eu-west-9"], ids=["off", "unknown"])
def test_named_region_that_is_disabled_is_reported_once(name: str) -> None:
    sandbox = Sandbox()
    report = protect(sandbox, ("eu-west-1", name))
    assert [outcome.status for outcome in report.outcomes] == ["failed", "blocked"]
    error = report.outcomes[0].error
    assert error is not None
    assert f"region {name} is not enabled" in error.message
    assert "enable-region" in (error.hint or "")
    assert touched(sandbox) == []


def test_region_denied_by_an_organization_is_reported_with_a_fix() -> None:
    def closed(request: Request) -> None:
        if request.region == "us-west-2":
            raise Refusal("UnauthorizedOperation", "not authorized with an explicit deny in a service control policy")

    sandbox = Sandbox(rules=(Rule("ec2:GetImageBlockPublicAccessState", before=closed),))
    report = protect(sandbox)
    error = report.outcomes[1].error
    assert error is not None
    assert error.code == "RegionClosed"
    assert "a policy of the organization closes us-west-2: " in error.message
    open_ones = ", ".join(name for name in HERE if name != "us-west-2")
    assert error.hint == f"write `regions: [{open_ones}]` under protect: there the organization lets you in"
    assert protect(sandbox, ("eu-west-1",)).outcomes[1].status == "changed"


def test_what_an_organization_denies_in_every_region_is_no_matter_of_regions() -> None:
    def closed(request: Request) -> None:
        raise Refusal("UnauthorizedOperation", "not authorized with an explicit deny in a service control policy")

    error = protect(Sandbox(rules=(Rule("ec2:GetImageBlockPublicAccessState", before=closed),))).outcomes[1].error
    assert error is not None
    assert error.code == "ServiceClosed"
    assert f"in {', '.join(HERE[:5])} and {len(HERE) - 5} more" in error.message
    assert "leave out of protect what needs it" in (error.hint or "")


def test_region_without_the_service_is_reported_with_a_fix() -> None:
    def silent(facts: Facts, region: str) -> str:
        if region == "eu-west-1":
            return "here"
        raise EndpointConnectionError(endpoint_url=f"https://service.{region}.amazonaws.com/")

    with ThreadPoolExecutor(1) as pool:
        facts = Facts(Aws(Sandbox().session(), HOME.region), pool)
        assert there(facts, silent, "eu-west-1") == "here"
        with pytest.raises(RegionClosed, match="eu-north-1 does not answer") as closed:
            there(facts, silent, "eu-north-1")
    assert "protect.regions" in (closed.value.hint or "")


def test_there_is_no_note_when_no_region_is_left_out() -> None:
    assert planned(Regions(scope=HOME), {regions: RegionFacts(("eu-west-1",)), covered: ("eu-west-1",)}).notes == []


def test_china_covers_its_own_regions() -> None:
    scope = Scope(HOME.account, "cn-north-1", "cn-north-1")
    china = Sandbox().client("ec2", scope.region)
    names = {region["RegionName"] for region in china.describe_regions(AllRegions=True)["Regions"]}
    assert names == {"cn-north-1", "cn-northwest-1"}


def test_converged_plan_costs_one_read_per_region() -> None:
    sandbox = Sandbox()
    protect(sandbox)
    sandbox.calls.clear()
    report = protect(sandbox)
    assert said(report) == []
    # Which regions there are, and one look at each.
    assert [call.name for call in sandbox.calls if call.writes] == []
    assert len(sandbox.calls) == 1 + len(HERE)
    assert all(
        sandbox.client("ec2", name).get_image_block_public_access_state()["ImageBlockPublicAccessState"] == BLOCKED
        for name in HERE
    )
