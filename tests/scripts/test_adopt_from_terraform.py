"""`awsbase adopt --from-terraform` says what things were called, and what Terraform has to forget."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from awsbase.scripts import cli
from tests.scripts.conftest import ACCOUNT, Served

REGION = "eu-west-1"
HEAD = f'version: 1\naccount: {{id: "{ACCOUNT}", name: acme, region: {REGION}}}\n'


def awsbase(served: Served, *words: object) -> Result:
    blank: dict[str, str | None] = {name: None for name in os.environ if name.startswith("AWS_")}
    return CliRunner().invoke(cli, list(map(str, words)), env=blank | served.environment)


def resource(type: str, name: str, attributes: dict[str, object]) -> dict[str, object]:
    """Return a resource as a state keeps it."""
    return {"mode": "managed", "type": type, "name": name, "instances": [{"attributes": attributes}]}


@pytest.fixture
def state(served: Served, tmp_path: Path) -> Path:
    """Make a role and a group by hand, and write the state that Terraform would have of them."""
    iam = served.sandbox.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    arn = iam.create_role(RoleName="deploy", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    file = tmp_path / "state.json"
    resources = [
        resource("aws_iam_role", "deploy", {"name": "deploy", "arn": arn}),
        resource("aws_iam_access_key", "deploy", {"user": "nobody", "secret": "hunter2-of-nobody"}),
    ]
    file.write_text(json.dumps({"version": 4, "resources": resources}))
    return file


def test_the_manifest_and_the_report_say_what_terraform_has_to_forget(
    served: Served, state: Path, tmp_path: Path
) -> None:
    manifest, report = tmp_path / "acme.yaml", tmp_path / "adopt.md"
    words = ("--region", REGION, "--name", "acme", "--only", "iam", "-o", manifest, "--report", report, "-q")
    done = awsbase(served, "adopt", *words, "--from-terraform", state)
    assert done.exit_code == 0, done.output
    assert "Terraform has to forget 1 resource, so that nothing has two owners:\n" in done.stdout
    assert "terraform state rm aws_iam_role.deploy\n" in done.stdout
    assert "# was aws_iam_role.deploy\n" in manifest.read_text()
    page = report.read_text()
    assert "removed {\n  from = aws_iam_role.deploy\n" in page
    assert "hunter2" not in done.output + page + manifest.read_text()


def test_what_the_file_managed_before_has_to_be_forgotten_as_well(served: Served, state: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "acme.yaml"
    role = "deploy: {trust: {services: [ec2.amazonaws.com]}, policies: []}"
    manifest.write_text(HEAD + f"iam:\n  roles:\n    {role}\n")
    done = awsbase(served, "adopt", "--only", "iam", "--merge", "-o", manifest, "-q", "--from-terraform", state)
    assert done.exit_code == 0, done.output
    assert f"nothing was added to {manifest}" in " ".join(done.stdout.split())
    assert "terraform state rm aws_iam_role.deploy\n" in done.stdout


def test_json_has_each_state(served: Served, state: Path, tmp_path: Path) -> None:
    words = ("--region", REGION, "--name", "acme", "--only", "iam", "-o", tmp_path / "acme.yaml", "--json", "-q")
    done = awsbase(served, "adopt", *words, "--from-terraform", state)
    told = json.loads(done.stdout)["terraform"]
    assert told["handed"] == {"aws_iam_role.deploy": ["role/deploy"]}
    assert told["commands"] == ["terraform state rm aws_iam_role.deploy"]


def test_a_file_that_is_no_state_is_refused_before_anything_is_read(served: Served, tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text("{")
    served.sandbox.calls.clear()
    done = awsbase(served, "adopt", "--region", REGION, "-o", tmp_path / "acme.yaml", "--from-terraform", bad)
    assert done.exit_code == 2
    assert f"{bad} is no JSON: line 1, column 2" in done.stderr
    assert served.sandbox.calls == []
