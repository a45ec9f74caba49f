"""A new detector has no plan that costs more, unless the manifest names it; one that exists keeps what it has."""

from __future__ import annotations

from awsbase.engine.resource import Resource
from awsbase.ensure.detectors import FOUNDATIONS, PLANS, Detectors
from awsbase.ensure.regions import Regions
from awsbase.sandbox import Sandbox
from awsbase.sandbox.services.guardduty import optional_features
from awsbase.testing.sample import HOME, go, risky, said

REGIONS = Regions(scope=HOME, only=(HOME.region,))


def detectors(*plans: str) -> list[Resource]:
    return [REGIONS, Detectors(scope=HOME, only=(HOME.region,), plans=plans or None)]


def on(sandbox: Sandbox) -> set[str]:
    guardduty = sandbox.client("guardduty", HOME.region)
    (id,) = guardduty.list_detectors()["DetectorIds"]
    features = guardduty.get_detector(DetectorId=id)["Features"]
    return {each["Name"] for each in features if each["Status"] == "ENABLED"} - FOUNDATIONS


def test_every_feature_of_the_api_is_named() -> None:
    assert {name for name, _ in PLANS.values()} == {*optional_features()} - {"EKS_RUNTIME_MONITORING"}


def test_a_new_detector_has_the_plans_that_the_manifest_names() -> None:
    for plans, expected in [((), set()), (("s3", "runtime"), {"S3_DATA_EVENTS", "RUNTIME_MONITORING"})]:
        sandbox = Sandbox()
        go(sandbox, "reconcile", detectors(*plans))
        assert on(sandbox) == expected
        assert said(go(sandbox, "plan", detectors(*plans))) == []


def test_plans_of_a_detector_that_exists_are_switched_off_with_approval_only() -> None:
    sandbox = Sandbox()
    sandbox.client("guardduty", HOME.region).create_detector(Enable=True)
    before = on(sandbox)
    assert "LAMBDA_NETWORK_LOGS" in before
    go(sandbox, "reconcile", detectors())
    assert on(sandbox) == before
    assert risky(go(sandbox, "plan", detectors("s3"))) == ["detectors/account: update features in eu-west-1"]
    go(sandbox, "reconcile", detectors("s3"))
    assert on(sandbox) == {"S3_DATA_EVENTS"}
