"""`awsbase outputs` gives ids, ARNs and names by the manifest's own names, and nothing that is not there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from awsbase.engine.references import Reference
from awsbase.manifest.load import load, load_text
from awsbase.manifest.manifest import outputs
from awsbase.manifest.outputs import Output
from awsbase.sandbox import Fault
from awsbase.scripts import cli
from awsbase.view.outputs import Given, render, values
from tests.scripts.conftest import ACCOUNT, EMPTY, Served, written

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples/terraform"
GIVING = (
    EMPTY
    + """\
notify: {security: {}}
network: {}
security_groups: {web: {ingress: []}}
launch_templates: {web: {security_groups: [web], role: app}}
state: {}
secrets: {acme/database: {}}
outputs: {}
iam:
  roles: {app: {preset: instance}}
"""
)


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    return written(tmp_path / "acme.yaml", GIVING)


def awsbase(served: Served, *words: object) -> Result:
    blank: dict[str, str | None] = {name: None for name in os.environ if name.startswith("AWS_")}
    return CliRunner().invoke(cli, list(map(str, words)), env=blank | served.environment)


@pytest.mark.parametrize("name", ["-", "/dev/stdout"])
def test_a_dash_is_stdout_and_no_file(
    name: str, served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    given = awsbase(served, "outputs", written(tmp_path / "empty.yaml", EMPTY), "-o", name)
    assert json.loads(given.stdout)["account_id"] == ACCOUNT
    assert not (tmp_path / "-").exists()


def test_a_converged_account_gives_all_that_the_manifest_makes(served: Served, manifest: Path) -> None:
    before = awsbase(served, "outputs", manifest, "--complete")
    assert before.exit_code == 1
    assert json.loads(before.stdout) == {"account_id": ACCOUNT, "account_name": "acme", "region": "eu-west-1"}
    reconcile = f"`awsbase reconcile {manifest}`"
    assert f"vpc_id is left out: vpc/acme is not there yet: {reconcile} makes it\n" in before.stderr

    assert awsbase(served, "reconcile", manifest, "--yes").exit_code == 0
    served.sandbox.calls.clear()
    after = awsbase(served, "outputs", manifest, "--complete")
    assert (after.exit_code, served.writes) == (0, [])
    given = json.loads(after.stdout)
    ec2 = served.sandbox.client("ec2", "eu-west-1")
    (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["acme"]}])["Vpcs"]
    assert (given["vpc_id"], given["vpc_cidr"]) == (vpc["VpcId"], vpc["CidrBlock"])
    (group,) = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["web"]}])["SecurityGroups"]
    assert given["security_group_ids"] == {"web": group["GroupId"]}
    assert len(given["public_subnet_ids"]) == 2
    assert given["topic_arns"] == {"security": f"arn:aws:sns:eu-west-1:{ACCOUNT}:acme-security"}
    assert given["role_arns"] == {"app": f"arn:aws:iam::{ACCOUNT}:role/app"}
    assert given["instance_profile_arns"] == {"app": f"arn:aws:iam::{ACCOUNT}:instance-profile/app"}
    (template,) = ec2.describe_launch_templates()["LaunchTemplates"]
    assert given["launch_template_ids"] == {"web": template["LaunchTemplateId"]}
    assert given["state_bucket"] == "acme-state"
    assert given["state_key_arn"].startswith(f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/")
    assert given["secret_arns"]["acme/database"].startswith(f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:acme/")
    assert awsbase(served, "outputs", manifest).stdout == after.stdout
    assert kept(served) == {f"/acme/base/{'/'.join(name)}": value for name, value in flat(given)}

    listed = awsbase(served, "outputs", manifest, "--format", "env").stdout
    sourced = subprocess.run(
        ["bash", "-c", f'{listed}echo "$VPC_ID $TOPIC_ARNS_SECURITY $PUBLIC_SUBNET_IDS"'],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert sourced == [given["vpc_id"], given["topic_arns"]["security"], ",".join(given["public_subnet_ids"])]

    file = manifest.with_name("acme.auto.tfvars")
    assert awsbase(served, "outputs", manifest, "--format", "tfvars", "-o", file).exit_code == 0
    checked_by_terraform(manifest.parent, file)


def kept(served: Served) -> dict[str, str]:
    """Return the parameters that the manifest keeps, by name."""
    pages = served.sandbox.client("ssm", "eu-west-1").get_paginator("get_parameters_by_path")
    pages = pages.paginate(Path="/acme/base", Recursive=True)
    return {each["Name"]: each["Value"] for page in pages for each in page["Parameters"]}


def flat(given: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield each output with its name, that of an entry behind it; a list as text."""
    for name, value in given.items():
        if isinstance(value, dict):
            yield from (((name, key), each) for key, each in value.items())
        else:
            yield (name,), ",".join(value) if isinstance(value, list) else value


def test_what_cannot_be_read_is_named_and_ends_with_1(served: Served, manifest: Path) -> None:
    assert awsbase(served, "reconcile", manifest, "--yes").exit_code == 0
    served.sandbox.faults.add(Fault("access denied", on="kms:*", times=99))
    result = awsbase(served, "outputs", manifest)
    assert result.exit_code == 1
    assert "state_key_arn" not in json.loads(result.stdout)
    assert re.search(r"^state_key_arn is left out: key/acme-state: AccessDenied", result.stderr, re.MULTILINE)


def checked_by_terraform(folder: Path, variables: Path) -> None:
    """Let Terraform check the example with these values, where there is a Terraform; its provider too, where it is."""
    program = shutil.which("terraform") or shutil.which("tofu")
    if program is None:
        return
    there = shutil.copytree(EXAMPLE, folder / "terraform")
    shutil.copy(variables, there)

    def terraform(*words: str) -> None:
        done = subprocess.run([program, *words], cwd=there, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    terraform("fmt", "-check", "-diff", ".")
    if Path(os.environ.get("TF_CLI_CONFIG_FILE", "")).is_file():
        terraform("init", "-backend=false", "-input=false")
        terraform("validate")


GIVES_ALL = (
    EMPTY
    + """\
notify: {security: {}}
network: {}
security_groups:
  web: {ingress: [{ports: 80, cidr: [10.42.0.0/24]}]}
  db: {preset: db, port: 5432, from: [web], egress: []}
  cache: {preset: db, port: 6379, from: [web], egress: []}
certificates:
  web: {domains: [acme.example], use: [elb, cloudfront]}
iam:
  roles:
    server: {preset: instance}
    cluster: {trust: {services: [eks.amazonaws.com]}, policies: ["aws:AmazonEKSClusterPolicy"]}
    node:
      trust: {services: [ec2.amazonaws.com]}
      policies: ["aws:AmazonEKSWorkerNodePolicy", "aws:AmazonEKS_CNI_Policy", "aws:AmazonEC2ContainerRegistryPullOnly"]
launch_templates:
  web: {security_groups: [web], role: server, public_address: true}
"""
)


def test_the_example_takes_what_a_manifest_gives() -> None:
    given = {(each.name, each.key) for each in outputs(load_text(GIVES_ALL, Path("acme.yaml"), {}))}
    files = {path.name: path.read_text() for path in EXAMPLE.glob("*.tf")}
    declared = set(re.findall(r'^variable "(\w+)"', files["variables.tf"], re.MULTILINE))
    assert declared <= {name for name, _ in given}
    used = {each for text in files.values() for each in re.findall(r'var\.(\w+)(?:\["(\w+)"\])?', text)}
    assert {(name, key or None) for name, key in used if name in declared} <= given
    assert {name for name, _ in used} - declared == {"web"}


NAMED = Reference("topic/a")


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (Given(Output("vpc_id", NAMED, data=("aws_vpc", "id")), "vpc-1"), 'vpc_id = "vpc-1"\n'),
        (Given(Output("ids", NAMED, listed=True), "a"), 'ids = ["a"]\n'),
        (Given(Output("arns", NAMED, key="x/y"), "${a}"), 'arns = {\n  "x/y" = "$${a}"\n}\n'),
        (Given(Output("ids", NAMED), None, "not there"), ""),
    ],
    ids=["text", "list", "map with what Terraform would fill in", "absent"],
)
def test_variables_are_written_in_terraforms_language(given: Given, text: str) -> None:
    assert render("tfvars", [given]) == text


def test_entries_that_an_environment_cannot_tell_apart_are_numbered() -> None:
    keys = [Given(Output("secret_arns", NAMED, key=key), key) for key in ("acme-db", "acme_db")]
    assert render("env", keys) == "export SECRET_ARNS_ACME_DB=acme-db\nexport SECRET_ARNS_ACME_DB_2=acme_db\n"


def test_data_sources_have_names_of_their_own() -> None:
    source = ("aws_secretsmanager_secret", "arn")
    secrets = [Given(Output("secret_arns", NAMED, key=key, data=source), key) for key in ("a-b", "a_b", "1")]
    role = Given(Output("role_arns", NAMED, key="app", data=("aws_iam_role", "name")), "arn:aws:iam::1:role/path/app")
    blocks = render("tf", [*secrets, role])
    labels = re.findall(r'^data "(\w+)" "(\w+)" {$', blocks, re.MULTILINE)
    assert len({*labels}) == len(labels) == 4
    assert ("aws_secretsmanager_secret", "_1") in labels
    assert '  name = "app"\n' in blocks


@pytest.mark.parametrize("path", sorted((ROOT / "manifests").glob("*.yaml")), ids=lambda path: path.stem)
def test_names_of_outputs_are_one_kind_of_value_each(path: Path) -> None:
    wanted = outputs(load(path))
    shapes: dict[str, Any] = {}
    for each in wanted:
        shape = (each.listed, each.key is not None)
        assert shapes.setdefault(each.name, shape) == shape
        assert each.name.isidentifier()
    values([Given(each, "x") for each in wanted])
