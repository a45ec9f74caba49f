"""`awsbase coverage` of the example manifests leaves unmet only controls for a person or with a price."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest

from awsbase.aws import Aws
from awsbase.coverage import STANDARDS, Row, judge
from awsbase.coverage.answers import ANSWERS, ByCheck, ByResources
from awsbase.engine.account import check, identify
from awsbase.engine.changes import Report
from awsbase.engine.execution import execute
from awsbase.engine.facts import Facts
from awsbase.engine.resource import Resource
from awsbase.engine.scope import Scope
from awsbase.engine.wire import Wire
from awsbase.ensure import KINDS
from awsbase.ensure.ecr_repository import EcrRepository
from awsbase.ensure.registry_scanning import RegistryScanning
from awsbase.manifest.load import load
from awsbase.manifest.manifest import resources
from awsbase.sandbox import Sandbox
from awsbase.view.coverage import document, table

pytestmark = pytest.mark.slow

MANIFESTS = Path(__file__).parent.parent / "manifests"
standards = pytest.mark.parametrize("standard", STANDARDS)


def prepared(path: Path) -> tuple[Sandbox, Aws, Sequence[Resource], Callable[[str], Report]]:
    """Return an empty account, the resources of a manifest, and what runs them there in a mode."""
    manifest = load(path)
    managed = [each for section in resources(manifest).values() for each in section]
    sandbox, wire = Sandbox(), Wire()
    aws = Aws(sandbox.session(region="eu-west-1"), "eu-west-1", attach=[wire.attach])
    account = check(identify(aws, wire), manifest.account.id)

    def go(mode: str) -> Report:
        return execute(mode, managed, KINDS, account, clock=sandbox.clock)  # type: ignore[arg-type]

    return sandbox, aws, managed, go


def reconciled(path: Path) -> tuple[Sandbox, Callable[[], list[Row]]]:
    """Return an account that a manifest was reconciled with, and a look at the controls of CIS 3.0 in it."""
    sandbox, aws, managed, go = prepared(path)
    assert not go("reconcile").failed

    def look() -> list[Row]:
        plan = go("plan")
        with ThreadPoolExecutor(4) as readers:
            return judge(STANDARDS["cis-3"], managed, plan, Facts(aws, readers), sandbox.clock.now())

    return sandbox, look


def by_answer(rows: list[Row]) -> dict[str, Row]:
    return {row.control.answer: row for row in rows}


def by_id(rows: list[Row]) -> dict[str, Row]:
    return {row.control.id: row for row in rows}


@cache
def covered(name: str, converged: bool = True) -> dict[str, list[Row]]:
    """Return the rows of each standard for an example manifest, before or after a reconcile in the sandbox."""
    sandbox, aws, managed, go = prepared(MANIFESTS / name)
    if converged:
        assert not go("reconcile").failed
    plan = go("plan")
    assert not converged or not plan.changes
    with ThreadPoolExecutor(4) as readers:
        facts = Facts(aws, readers)
        return {name: judge(rows, managed, plan, facts, sandbox.clock.now()) for name, rows in STANDARDS.items()}


@standards
def test_cis_leaves_unmet_only_controls_for_a_person(standard: str) -> None:
    rows = covered("cis.yaml")[standard]
    assert {row.status for row in rows} == {"met", "needs you"}
    assert all(row.why for row in rows if row.status == "needs you")


@standards
def test_the_baseline_leaves_unmet_controls_for_a_person_and_with_a_price(standard: str) -> None:
    rows = covered("baseline.yaml")[standard]
    left = [row for row in rows if row.status not in ("met", "needs you")]
    assert [(row.control.id, row.status) for row in left if not row.price] == []
    assert left


def test_an_unreconciled_account_meets_nothing() -> None:
    rows = {row.control.answer: row for row in covered("cis.yaml", converged=False)["cis-3"]}
    assert rows["trail"].status == rows["config"].status == rows["password length"].status == "not yet"
    assert rows["trail"].why == ("trail/acme-trail is not as the manifest says",)


def test_an_alarm_without_subscribers_answers_no_control() -> None:
    row = next(row for row in covered("cis.yaml")["cis-3"] if row.control.answer == "root-use")
    assert row.status == "needs you"
    assert row.why == ("security@acme.example has to confirm the subscription to acme-security (eu-west-1)",)


def test_dependencies_and_excluded_regions_of_a_control_count_too(tmp_path: Path) -> None:
    some = (MANIFESTS / "cis.yaml").read_text().replace("protect:\n", "protect:\n  regions: [eu-west-1, us-east-1]\n")
    file = tmp_path / "cis.yaml"
    file.write_text(some.replace("security: {email: [security@acme.example]}", "security: {}"))
    sandbox, look = reconciled(file)

    rows = by_answer(look())
    for answer in ("analyzer", "volumes", "config", "flow logs", "default groups", "imdsv2", "security hub"):
        assert (rows[answer].status, len(rows[answer].why)) == ("needs you", 1)
        assert "us-west-2" in rows[answer].why[0]
        assert "us-east-1" not in rows[answer].why[0]
    assert (rows["root-use"].status, rows["root-use"].why) == ("needs you", ("acme-security has no subscribers",))
    assert rows["tls"].status == "met"

    sandbox.client("logs", "eu-west-1").delete_metric_filter(logGroupName="acme-audit", filterName="acme-root-use")
    sandbox.client("s3", "eu-west-1").delete_bucket_policy(Bucket="acme-state")
    rows = by_answer(look())
    assert rows["root-use"].why == ("metric-filter/acme-audit/acme-root-use is not as the manifest says",)
    assert rows["tls"].why == ("bucket/acme-state is not as the manifest says",)
    assert rows["root-use"].status == rows["tls"].status == "not yet"
    assert rows["vpcs"].status == "needs you"

    sandbox.client("cloudtrail", "eu-west-1").stop_logging(Name="acme-trail")
    row = by_answer(look())["vpcs"]
    assert (row.status, row.why) == ("not yet", ("trail/acme-trail is not as the manifest says",))


def test_a_control_depends_on_the_fields_that_it_is_about() -> None:
    sandbox, look = reconciled(MANIFESTS / "cis.yaml")
    before = {id: row.status for id, row in by_id(look()).items()}
    trail, bucket = sandbox.client("cloudtrail", "eu-west-1"), sandbox.client("s3", "eu-west-1")
    described = trail.describe_trails()["trailList"][0]
    arn = described["TrailARN"]

    trail.remove_tags(ResourceId=arn, TagsList=[{"Key": "owner", "Value": "platform"}])
    bucket.delete_bucket_lifecycle(Bucket=described["S3BucketName"])
    assert {id: row.status for id, row in by_id(look()).items()} == before

    trail.update_trail(Name=arn, EnableLogFileValidation=False)
    assert {id for id, row in by_id(look()).items() if row.status != before[id]} == {"3.2"}

    trail.update_trail(Name=arn, IsMultiRegionTrail=False)
    alarms = {f"4.{number}" for number in range(1, 16)}
    assert {id for id, row in by_id(look()).items() if row.status == "not yet"} == {"3.1", "3.2", "3.8", "3.9"} | alarms


def test_instances_without_a_role_or_with_imdsv1_are_named() -> None:
    sandbox, look = reconciled(MANIFESTS / "minimal.yaml")
    ec2 = sandbox.client("ec2", "us-west-2")
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    made = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, InstanceType="t3.nano")["Instances"][0]
    row = by_id(look())["1.18"]
    assert (row.status, row.why) == (
        "needs you",
        (f"the instance {made['InstanceId']} in us-west-2 has no instance profile: it may hold access keys",),
    )
    ec2.terminate_instances(InstanceIds=[made["InstanceId"]])
    assert by_id(look())["1.18"].status == "met"


def test_repositories_that_the_manifest_does_not_keep_so_are_named() -> None:
    sandbox = Sandbox()
    for name in ("app", "other"):
        sandbox.client("ecr", "eu-west-1").create_repository(repositoryName=name)
    home = Scope(sandbox.account, home="eu-west-1", region="eu-west-1", name="acme")
    ours = [
        EcrRepository(scope=home, name="app", keep_untagged=14),
        RegistryScanning(scope=home, repositories=("app",)),
    ]
    with ThreadPoolExecutor(1) as readers:
        facts = Facts(Aws(sandbox.session(region="eu-west-1"), "eu-west-1"), readers)
        for name in ("scans", "image tags", "old images"):
            answer = ANSWERS[name]
            assert isinstance(answer, ByCheck)
            [why] = answer.check(facts, ours, sandbox.clock.now())
            assert "the repository other: check" in why


def test_launch_templates_are_judged_by_their_default_version() -> None:
    sandbox = Sandbox()
    ec2 = sandbox.client("ec2", "eu-west-1")
    good = {"MetadataOptions": {"HttpTokens": "required"}}
    disk = {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 8}}
    bad = {"NetworkInterfaces": [{"DeviceIndex": 0, "AssociatePublicIpAddress": True}], "BlockDeviceMappings": [disk]}
    for name, data in (("good", good), ("bad", bad)):
        ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData=data)
    with ThreadPoolExecutor(1) as readers:
        facts = Facts(Aws(sandbox.session(region="eu-west-1"), "eu-west-1"), readers)
        for name in ("template addresses", "template tokens", "template volumes"):
            answer = ANSWERS[name]
            assert isinstance(answer, ByCheck)
            [why] = answer.check(facts, [], sandbox.clock.now())
            assert why.startswith("the launch template bad ")


@standards
def test_each_control_has_its_own_number_and_an_answer(standard: str) -> None:
    controls = STANDARDS[standard]
    assert len({control.id for control in controls}) == len(controls)
    assert {control.answer for control in controls} <= ANSWERS.keys()


def test_every_answer_belongs_to_a_control() -> None:
    assert {control.answer for controls in STANDARDS.values() for control in controls} == ANSWERS.keys()


def test_the_document_has_its_documented_keys() -> None:
    rows = covered("baseline.yaml")["cis-3"]
    result = document("cis-3", rows, account="123456789012")
    assert json.loads(json.dumps(result)) == result
    assert list(result) == ["schema", "account", "sandbox", "standard", "controls", "totals"]
    assert list(result["controls"][0]) == ["id", "title", "status", "why", "key", "price"]
    assert sum(result["totals"].values()) == len(rows)


def test_the_table_shows_what_is_left_and_its_price() -> None:
    text = "\n".join(line.text for line in table("cis-3", covered("baseline.yaml")["cis-3"]))
    assert "AWS Config is on in all regions: not managed" in text
    assert "the manifest can cover it: protect.config (priced: $0.003 for each recorded change)" in text


def test_an_opt_in_names_its_price() -> None:
    priced = {answer.key for answer in ANSWERS.values() if isinstance(answer, ByResources) and answer.price}
    opt_ins = {
        "protect.admin_ports",
        "protect.config",
        "protect.guardduty",
        "protect.security_hub",
        "protect.flow_logs",
    }
    assert priced - {"alarms.security", "root.mfa: hardware"} == opt_ins | {"audit.data_events", "audit.access_logs"}


@pytest.mark.parametrize("name", ["cis.yaml", "baseline.yaml"])
@standards
def test_the_docs_list_what_is_left(name: str, standard: str) -> None:
    rows = covered(name)[standard]
    met = sum(row.status == "met" for row in rows)
    left = {status: [row.control.id for row in rows if row.status == status] for status in ("needs you", "not managed")}
    cells = [f"`{standard}`", str(met), *(", ".join(ids) for ids in left.values() if ids)]
    docs = "\n".join(page.read_text(encoding="utf-8") for page in sorted((MANIFESTS.parent / "docs").rglob("*.md")))
    assert f"| {' | '.join(cells)} |" in docs
